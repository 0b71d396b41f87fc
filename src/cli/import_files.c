/*
 * cli/import_files.c - a Maildir, or a directory of .eml files: one file, one message.
 *
 * Messages come in the order of their names.  To sort a directory of any size in bounded memory its
 * names are taken in batches: each pass over the directory keeps the BATCH smallest names above the
 * last one that was given.
 */
#include "cli/import_origin_priv.h"
#include "cli/maildir_name.h"

#include "base/mem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BATCH = 50000 };

struct entry {
    const char *name;
    unsigned char dir; /* which of `dirs` */
};

struct files {
    struct origin origin;
    bool maildir;
    char *path;
    int dirs[2]; /* Maildir: cur, new */
    unsigned n_dirs;
    struct arena *names;
    struct entry *v; /* room for 2 * BATCH */
    size_t n, at;
    bool last_batch;
    uint64_t done, all;
    struct str keywords[MAILDIR_KEYWORDS]; /* dovecot-keywords; in `kept` */
    struct arena *kept;
    int fd; /* of the message; -1 */
    char piece[ORIGIN_PIECE];
};

static const char *const maildir_dirs[] = {"cur", "new"};

/* ---- names in order ---- */

static int entry_cmp(const struct files *f, const struct entry *a, const struct entry *b)
{
    int d = f->maildir ? maildir_name_cmp(a->name, b->name) : strverscmp(a->name, b->name);

    return d ? d : (int)a->dir - (int)b->dir;
}

static int entry_order(const void *a, const void *b, void *arg)
{
    return entry_cmp(arg, a, b);
}

static bool wanted(const struct files *f, const struct dirent *e)
{
    if (e->d_name[0] == '.' || e->d_type == DT_DIR)
        return false;
    return f->maildir ||
           (str_of(e->d_name).n > 4 &&
            str_eq_nocase(str_from(str_of(e->d_name), str_of(e->d_name).n - 4), STR(".eml")));
}

/* The smaller half stays; its names move to a new arena, so that the dropped ones are gone. */
static void keep_smallest(struct files *f)
{
    struct arena *names = arena_new();

    qsort_r(f->v, f->n, sizeof *f->v, entry_order, f);
    if (f->n > BATCH) {
        f->n = BATCH;
        f->last_batch = false;
    }
    for (size_t i = 0; i < f->n; i++)
        f->v[i].name = arena_cstr(names, str_of(f->v[i].name));
    arena_free(f->names);
    f->names = names;
}

static DIR *open_again(int dir)
{
    int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = fd < 0 ? NULL : fdopendir(fd);

    if (!d && fd >= 0)
        close(fd);
    return d;
}

static enum err scan_one(struct files *f, unsigned char dir, const struct entry *after)
{
    DIR *d = open_again(f->dirs[dir]);

    if (!d)
        return ERR_IO;
    for (const struct dirent *e; (e = readdir(d));) {
        struct entry entry = {e->d_name, dir};
        if (!wanted(f, e) || (after && entry_cmp(f, &entry, after) <= 0))
            continue;
        /* Once a batch is full nothing above its greatest can be in it. */
        if (!f->last_batch && entry_cmp(f, &entry, &f->v[BATCH - 1]) > 0)
            continue;
        entry.name = arena_cstr(f->names, str_of(e->d_name));
        f->v[f->n++] = entry;
        if (f->n == 2 * BATCH)
            keep_smallest(f);
    }
    closedir(d);
    return ERR_OK;
}

static enum err next_batch(struct files *f)
{
    char last_name[NAME_MAX + 1];
    struct entry last = {last_name, 0};
    bool first = f->n == 0;

    if (!first) {
        last.dir = f->v[f->n - 1].dir;
        strcpy(last_name, f->v[f->n - 1].name);
    }
    arena_reset(f->names);
    f->n = f->at = 0;
    f->last_batch = true;
    for (unsigned i = 0; i < f->n_dirs; i++)
        TRY(scan_one(f, (unsigned char)i, first ? NULL : &last));
    keep_smallest(f);
    return ERR_OK;
}

static uint64_t count(struct files *f)
{
    uint64_t n = 0;

    for (unsigned i = 0; i < f->n_dirs; i++) {
        DIR *d = open_again(f->dirs[i]);
        for (const struct dirent *e; d && (e = readdir(d));)
            n += wanted(f, e);
        if (d)
            closedir(d);
    }
    return n;
}

/* ---- one message ---- */

static struct str path_of(struct files *f, struct arena *a, const struct entry *e)
{
    const char *dir = f->maildir ? maildir_dirs[e->dir] : "";

    return arena_printf(a, "%s/%s%s%s", f->path, dir, *dir ? "/" : "", e->name);
}

/* Never a link, a device or a pipe: see import_origin.h. */
static enum err open_message(struct files *f, const struct entry *e, struct stat *st,
                             struct buf *why)
{
    if (f->fd >= 0)
        close(f->fd);
    f->fd = openat(f->dirs[e->dir], e->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (f->fd < 0 || fstat(f->fd, st) != 0) {
        buf_printf(why, "%s",
                   errno == ELOOP ? "a symbolic link, which is not followed" : strerror(errno));
        return errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
    }
    if (!S_ISREG(st->st_mode)) {
        buf_printf(why, "not a regular file");
        return ERR_IO;
    }
    return ERR_OK;
}

static void use_header_date(struct files *f, struct arena *a, struct origin_message *out)
{
    char *header = mem_raw(ORIGIN_HEADER);
    size_t n = 0;

    for (ssize_t got; n < ORIGIN_HEADER; n += (size_t)got)
        if ((got = pread(f->fd, header + n, ORIGIN_HEADER - n, (off_t)n)) <= 0)
            break;
    (void)origin_header_date(a, str_n(header, n), &out->date, &out->zone_min);
    mem_free(header);
}

static void use_name(struct files *f, struct arena *a, const struct entry *e, const struct stat *st,
                     struct origin_message *out)
{
    struct maildir_name m;
    struct keywords k = {0};

    maildir_name_parse(str_of(e->name), &m);
    f->origin.as_is = m.has_wire_size && m.wire_size == (uint64_t)st->st_size;
    out->zone_min = m.zone_min;
    if (f->origin.o.dates == DATES_NAME && m.seconds >= 0)
        out->date = m.seconds;
    if (m.has_date)
        out->date = m.date;
    out->flags = m.flags;
    for (unsigned id = 0; id < MAILDIR_KEYWORDS; id++)
        if (maildir_has_keyword(&m, id) && f->keywords[id].n)
            keywords_add(a, &k, f->keywords[id]);
    if (m.passed)
        keywords_add(a, &k, STR("$Forwarded"));
    out->keywords = k.v;
    out->n_keywords = k.n;
}

static enum err files_next(struct origin *s, struct arena *a, struct origin_message *out,
                           bool *got_out, struct buf *why)
{
    struct files *f = CONTAINER_OF(s, struct files, origin);
    struct stat st;

    *out = (struct origin_message){0};
    *got_out = false;
    if (f->at == f->n && !f->last_batch && next_batch(f) != ERR_OK) {
        f->n = f->at = 0;
        f->last_batch = true;
        out->label = arena_str(a, str_of(f->path));
        buf_printf(why, "the directory: %s", strerror(errno));
        return ERR_IO;
    }
    if (f->at == f->n)
        return ERR_OK;
    const struct entry *e = &f->v[f->at++];
    f->done++;
    *got_out = true;
    out->label = path_of(f, a, e);
    TRY(open_message(f, e, &st, why));
    out->date = st.st_mtime;
    if (f->maildir)
        use_name(f, a, e, &st, out);
    if (f->maildir ? s->o.dates == DATES_HEADER : s->o.dates != DATES_NAME)
        use_header_date(f, a, out);
    return ERR_OK;
}

static enum err files_read(struct origin *s, struct str *piece_out)
{
    struct files *f = CONTAINER_OF(s, struct files, origin);
    ssize_t n;

    do
        n = read(f->fd, f->piece, sizeof f->piece);
    while (n < 0 && errno == EINTR);
    *piece_out = str_n(f->piece, n > 0 ? (size_t)n : 0);
    return n < 0 ? ERR_IO : ERR_OK;
}

static enum err files_rewind(struct origin *s)
{
    return lseek(CONTAINER_OF(s, struct files, origin)->fd, 0, SEEK_SET) == 0 ? ERR_OK : ERR_IO;
}

static void files_progress(const struct origin *s, uint64_t *done_out, uint64_t *all_out)
{
    const struct files *f = (const struct files *)s;

    *done_out = f->done;
    *all_out = f->all > f->done ? f->all : f->done;
}

static void files_close(struct origin *s)
{
    struct files *f = CONTAINER_OF(s, struct files, origin);

    for (unsigned i = 0; i < f->n_dirs; i++)
        close(f->dirs[i]);
    if (f->fd >= 0)
        close(f->fd);
    arena_free(f->names);
    arena_free(f->kept);
    mem_free(f->v);
    mem_free(f->path);
    mem_free(f);
}

static const struct origin_kind files_kind = {files_close, files_next, files_read, files_rewind,
                                              files_progress};

/* ---- opening ---- */

/* Lines "NUMBER KEYWORD"; numbers 0 to 25 are the letters a to z in names. */
static void read_keywords(struct files *f, int top)
{
    int fd = openat(top, "dovecot-keywords", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
    char *line = NULL;
    size_t cap = 0;

    for (ssize_t n; file && (n = getline(&line, &cap, file)) > 0;) {
        struct str s = str_trim(str_n(line, (size_t)n));
        size_t blank = str_find(s, ' ');
        uint32_t id;
        if (str_to_u32(str_sub(s, 0, blank), &id) && id < MAILDIR_KEYWORDS)
            f->keywords[id] = arena_str(f->kept, str_trim(str_from(s, blank)));
    }
    free(line);
    if (file)
        fclose(file);
    else if (fd >= 0)
        close(fd);
}

static enum err open_dirs(struct files *f, int top)
{
    if (!f->maildir) {
        f->dirs[f->n_dirs++] = dup(top);
        return f->dirs[0] >= 0 ? ERR_OK : ERR_IO;
    }
    for (unsigned i = 0; i < 2; i++) {
        int fd = openat(top, maildir_dirs[i], O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0 && errno != ENOENT)
            return ERR_IO;
        /* dirs[1] is `new` always, so a missing `cur` stops here. */
        if (fd < 0 && i == 0)
            return ERR_IO;
        if (fd >= 0)
            f->dirs[f->n_dirs++] = fd;
    }
    return ERR_OK;
}

static char *copy(struct str s)
{
    return memcpy(mem_new(s.n + 1), s.p, s.n);
}

/* One .eml file: its directory, of which nothing else is looked at. */
static void only_file(struct files *f, const char *path)
{
    const char *slash = strrchr(path, '/');
    struct str dir = slash ? str_n(path, (size_t)(slash - path)) : STR(".");

    mem_free(f->path);
    f->path = copy(slash == path ? STR("/") : dir);
    f->v[0] = (struct entry){arena_cstr(f->names, str_of(slash ? slash + 1 : path)), 0};
    f->n = f->all = 1;
    f->last_batch = true;
}

enum err origin_files_open(const struct place *p, struct origin **out, struct buf *why_out)
{
    struct files *f = NEW(struct files);
    struct stat st;

    f->origin.kind = &files_kind;
    f->maildir = p->kind == PLACE_MAILDIR;
    f->path = copy(str_of(p->path));
    f->names = arena_new();
    f->kept = arena_new();
    f->v = NEW_ARRAY(struct entry, 2 * BATCH);
    f->fd = -1;
    if (!f->maildir && stat(p->path, &st) == 0 && S_ISREG(st.st_mode))
        only_file(f, p->path);
    int top = open(f->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    enum err e = top < 0 ? ERR_IO : open_dirs(f, top);
    if (e != ERR_OK) {
        buf_printf(why_out, "%s: %s", p->path, strerror(errno));
        files_close(&f->origin);
    } else {
        if (f->maildir)
            read_keywords(f, top);
        if (!f->all)
            f->all = count(f);
        *out = &f->origin;
    }
    if (top >= 0)
        close(top);
    return e;
}
