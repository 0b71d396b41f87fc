/*
 * cli/import_tree.c - where under a path there is mail, and which mailboxes it makes.
 *
 *   DIR/cur, DIR/new                 a Maildir; ".A.B" directories beside them: Maildir++, mailbox
 * A/B DIR/A/B/cur                      a tree of Maildirs: mailbox A/B DIR/A/x.eml .eml files:
 * mailbox A FILE, DIR/A/B, DIR/A/B.mbox      mbox, recognised by its first line: mailbox A/B
 *   DIR/A.sbd/B                      Thunderbird's form of A/B
 *
 * Symbolic links below the path are not followed.  What an export of Tern's says of a name goes
 * before what its path says.
 */
#include "cli/import_origin.h"
#include "cli/mailbox_index.h"
#include "cli/maildir_name.h"
#include "cli/mbox_line.h"

#include "base/mem.h"
#include "base/utf8.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DEPTH_MAX = 60, INDEX_BYTES_MAX = 64 << 20 };

struct tree {
    struct arena *a;
    struct places *out;
    const char *top;
    struct index_entry *index;
    size_t n_index;
};

/* ---- small things ---- */

static void note(struct tree *t, const char *path, const char *what)
{
    buf_printf(&t->out->notes, "%s: %s\n", path, what);
}

static bool is_dir(const char *path, const char *name)
{
    struct stat st;
    char full[4096];

    return snprintf(full, sizeof full, "%s/%s", path, name) < (int)sizeof full &&
           lstat(full, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool is_maildir(const char *path)
{
    return is_dir(path, "cur");
}

static bool is_mbox(const char *path)
{
    char text[1024];
    struct mbox_from from;
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text);

    if (fd >= 0)
        close(fd);
    if (n <= 0)
        return false;
    struct str s = str_trim(str_n(text, (size_t)n));
    return mbox_from_parse(str_trim(str_sub(s, 0, str_find(s, '\n'))), &from);
}

static enum err read_file(const char *dir, const char *name, struct buf *out)
{
    char path[4096];
    int fd = -1;

    if (snprintf(path, sizeof path, "%s/%s", dir, name) < (int)sizeof path)
        fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return ERR_NOT_FOUND;
    out->max = INDEX_BYTES_MAX;
    for (char *to; (to = buf_reserve(out, 65536));) {
        ssize_t n = read(fd, to, 65536);
        if (n <= 0)
            break;
        out->n += (size_t)n;
    }
    close(fd);
    return ERR_OK;
}

static struct str relative(const struct tree *t, const char *path)
{
    size_t n = strlen(t->top);

    if (strcmp(path, t->top) == 0)
        return STR(".");
    return str_of(path + n + (path[n] == '/'));
}

static void add(struct tree *t, enum place_kind kind, const char *path, struct str name)
{
    struct places *p = t->out;
    struct str place = relative(t, path);
    uint32_t uses = 0;

    for (size_t i = 0; i < t->n_index; i++) {
        if (!str_eq(t->index[i].place, place))
            continue;
        if (!str_eq(place, STR(".")))
            name = t->index[i].name;
        uses = t->index[i].uses;
    }
    if (p->n == p->cap) {
        p->cap = 2 * p->cap + 16;
        p->v = mem_grow(p->v, p->cap * sizeof *p->v);
    }
    p->v[p->n++] = (struct place){kind, arena_cstr(t->a, str_of(path)), name, uses};
}

/* Nothing in it tells what it is, but its name or the index does: a mailbox without messages. */
static bool is_empty_mbox(const struct tree *t, const char *path)
{
    struct stat st;

    if (stat(path, &st) != 0 || st.st_size != 0)
        return false;
    for (size_t i = 0; i < t->n_index; i++)
        if (str_eq(t->index[i].place, relative(t, path)))
            return true;
    return str_ends(str_of(path), STR(".mbox"));
}

/* A level of a name from a path; what a name may not hold becomes "_". */
static struct str join(struct tree *t, struct str name, struct str level)
{
    struct buf clean = BUF_INIT;

    utf8_scrub(&clean, level);
    for (size_t i = 0; i < clean.n; i++)
        if ((unsigned char)clean.p[i] < ' ' || clean.p[i] == 127)
            clean.p[i] = '_';
    struct str out = name.n
                         ? arena_printf(t->a, "%.*s/%.*s", STR_FMT(name), STR_FMT(buf_str(&clean)))
                         : arena_str(t->a, buf_str(&clean));
    buf_fini(&clean);
    return out;
}

static struct str without_suffix(struct str s, struct str suffix)
{
    return s.n > suffix.n && str_ends(s, suffix) ? str_sub(s, 0, s.n - suffix.n) : s;
}

static bool is_eml(struct str name)
{
    return name.n > 4 && str_eq_nocase(str_from(name, name.n - 4), STR(".eml"));
}

/* ---- the walk ---- */

static void walk(struct tree *t, const char *path, struct str name, unsigned depth);

static void walk_dir(struct tree *t, const char *path, struct str entry, struct str name,
                     bool in_maildir, unsigned depth)
{
    struct str folder;

    if ((in_maildir || depth == 0) && str_starts(entry, STR("."))) {
        if (is_maildir(path) && maildir_folder_decode(t->a, entry, &folder))
            add(t, PLACE_MAILDIR, path, name.n ? join(t, name, folder) : folder);
        return;
    }
    if (in_maildir &&
        (str_eq(entry, STR("cur")) || str_eq(entry, STR("new")) || str_eq(entry, STR("tmp"))))
        return;
    if (!str_starts(entry, STR(".")))
        walk(t, path, join(t, name, without_suffix(entry, STR(".sbd"))), depth + 1);
}

static void walk_file(struct tree *t, const char *path, struct str entry, struct str name,
                      bool in_maildir)
{
    if (in_maildir || str_starts(entry, STR(".")) || is_eml(entry))
        return;
    if (is_mbox(path) || is_empty_mbox(t, path))
        add(t, PLACE_MBOX, path, join(t, name, without_suffix(entry, STR(".mbox"))));
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strverscmp((*a)->d_name, (*b)->d_name);
}

static void walk_entry(struct tree *t, const char *dir, struct str entry, struct str name,
                       bool in_maildir, unsigned depth)
{
    bool slash = str_ends(str_of(dir), STR("/"));
    const char *path =
        arena_cstr(t->a, arena_printf(t->a, "%s%s%.*s", dir, slash ? "" : "/", STR_FMT(entry)));
    struct stat st;

    if (lstat(path, &st) != 0)
        note(t, path, strerror(errno));
    else if (S_ISLNK(st.st_mode))
        note(t, path, "a symbolic link, which is not followed");
    else if (S_ISDIR(st.st_mode))
        walk_dir(t, path, entry, name, in_maildir, depth);
    else if (S_ISREG(st.st_mode))
        walk_file(t, path, entry, name, in_maildir);
}

static void walk(struct tree *t, const char *path, struct str name, unsigned depth)
{
    bool maildir = is_maildir(path), eml = false;
    struct dirent **list = NULL;
    int n = depth < DEPTH_MAX ? scandir(path, &list, NULL, by_name) : -1;

    if (n < 0)
        note(t, path, depth < DEPTH_MAX ? strerror(errno) : "too deep");
    if (maildir)
        add(t, PLACE_MAILDIR, path, name);
    for (int i = 0; i < n; i++)
        eml = eml || (is_eml(str_of(list[i]->d_name)) && list[i]->d_name[0] != '.');
    if (eml && !maildir)
        add(t, PLACE_EML, path, name);
    for (int i = 0; i < n; i++) {
        struct str entry = str_of(list[i]->d_name);
        if (!str_eq(entry, STR(".")) && !str_eq(entry, STR("..")))
            walk_entry(t, path, entry, name, maildir, depth);
        free(list[i]);
    }
    free(list);
}

/* ---- the whole ---- */

static void read_sides(struct tree *t, const char *path)
{
    struct buf text = BUF_INIT;

    if (read_file(path, INDEX_FILE, &text) == ERR_OK)
        (void)index_parse(t->a, arena_str(t->a, buf_str(&text)), &t->index, &t->n_index);
    buf_clear(&text);
    if (read_file(path, SUBSCRIPTIONS_FILE, &text) == ERR_OK) {
        t->out->has_subscriptions = true;
        subscriptions_parse(t->a, arena_str(t->a, buf_str(&text)), &t->out->subscriptions,
                            &t->out->n_subscriptions);
    }
    buf_fini(&text);
}

static enum err find_file(struct tree *t, const char *path, struct buf *why)
{
    struct stat st;

    if (is_mbox(path)) {
        add(t, PLACE_MBOX, path, STR(""));
    } else if (is_eml(str_of(path))) {
        add(t, PLACE_EML, path, STR(""));
    } else if (stat(path, &st) == 0 && st.st_size == 0) {
        return ERR_OK; /* an empty mbox */
    } else {
        buf_printf(
            why,
            "%s: no mail: not an mbox (it does not begin with a \"From \" line) and not named "
            "*.eml",
            path);
        return ERR_NOT_FOUND;
    }
    return ERR_OK;
}

enum err places_find(struct arena *a, const char *path, struct places *out, struct buf *why_out)
{
    struct tree t = {.a = a, .out = out};
    struct str top = str_of(path);
    struct stat st;

    *out = (struct places){0};
    while (top.n > 1 && top.p[top.n - 1] == '/')
        top.n--;
    t.top = path = arena_cstr(a, top);
    if (stat(path, &st) != 0) {
        buf_printf(why_out, "%s: %s", path, strerror(errno));
        return errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
    }
    if (!S_ISDIR(st.st_mode))
        return find_file(&t, path, why_out);
    out->maildir = is_maildir(path);
    read_sides(&t, path);
    walk(&t, path, STR(""), 0);
    if (out->n == 0) {
        buf_printf(why_out, "%s: no mail there: no Maildir (cur, new), no mbox, no .eml files",
                   path);
        places_fini(out);
        return ERR_NOT_FOUND;
    }
    return ERR_OK;
}

void places_fini(struct places *p)
{
    mem_free(p->v);
    buf_fini(&p->notes);
    *p = (struct places){0};
}
