/*
 * cli/export_maildir.c - mailboxes as Maildir++: INBOX at the top, the others ".A.B" beside it.
 *
 * Each file holds the message as it is stored, and its name says all that is known of it
 * (maildir_name.h).  Keywords are dovecot-keywords' numbers.
 */
#include "cli/export_priv.h"
#include "cli/maildir_name.h"

#include "base/mem.h"
#include "mailbox/version.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_NAME_MAX = 255 };

struct export_box {
    int dir, cur;
    int fd; /* of the message; -1 */
    int64_t date;
    struct buf name;
    struct arena *a;
    struct str keywords[MAILDIR_KEYWORDS];
    unsigned n_keywords;
};

static enum err fail(struct buf *why, const char *what)
{
    buf_printf(why, "%s: %s", what, strerror(errno));
    return errno == ENOSPC || errno == EDQUOT ? ERR_NO_SPACE : ERR_IO;
}

static enum err make_dirs(int dir, struct buf *why)
{
    static const char *const names[] = {"cur", "new", "tmp"};

    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (mkdirat(dir, names[i], 0700) != 0)
            return fail(why, names[i]);
    return ERR_OK;
}

/* A name that is too long for a file system is told by the index alone. */
static struct str folder_of(struct arena *a, struct str name, size_t number)
{
    struct buf folder = BUF_INIT;

    if (!str_eq(name, STR("INBOX")))
        maildir_folder_encode(&folder, name);
    if (folder.n > FILE_NAME_MAX) {
        buf_clear(&folder);
        buf_printf(&folder, ".tern-%zu", number);
    }
    struct str out = folder.n ? arena_str(a, buf_str(&folder)) : STR(".");
    buf_fini(&folder);
    return out;
}

static enum err box_end(struct export_box *b, struct buf *why);

static enum err box_begin(int top, struct arena *a, struct str name, size_t number,
                          struct export_box **out, struct str *place_out, struct buf *why)
{
    *place_out = folder_of(a, name, number);
    const char *place = arena_cstr(a, *place_out);

    if (strcmp(place, ".") != 0 && mkdirat(top, place, 0700) != 0)
        return fail(why, place);
    struct export_box *b = NEW(struct export_box);
    b->fd = b->cur = -1;
    b->a = arena_new();
    b->dir = openat(top, place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    enum err e = b->dir < 0 ? fail(why, place) : make_dirs(b->dir, why);
    /* Courier and Dovecot mark folders with it. */
    if (e == ERR_OK && strcmp(place, ".") != 0)
        e = export_file(b->dir, "maildirfolder", STR(""), why);
    if (e == ERR_OK) {
        b->cur = openat(b->dir, "cur", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        e = b->cur < 0 ? fail(why, "cur") : ERR_OK;
    }
    *out = b;
    if (e != ERR_OK)
        (void)!box_end(b, why);
    return e;
}

static unsigned keyword_id(struct export_box *b, struct str keyword)
{
    unsigned id = 0;

    while (id < b->n_keywords && !str_eq(b->keywords[id], keyword))
        id++;
    if (id == b->n_keywords && id < MAILDIR_KEYWORDS)
        b->keywords[b->n_keywords++] = arena_str(b->a, keyword);
    return id;
}

static enum err box_message(struct export_box *b, const struct export_message *m, struct buf *why)
{
    struct maildir_name name = {.seconds = m->date,
                                .size = m->size,
                                .wire_size = m->size,
                                .uid = m->uid,
                                .zone_min = m->zone_min,
                                .flags = m->flags,
                                .date = m->date};

    name.has_date = m->date < 0 || m->date > INT32_MAX;
    for (size_t i = 0; i < m->n_keywords; i++) {
        unsigned id = keyword_id(b, m->keywords[i]);
        if (id < MAILDIR_KEYWORDS)
            name.keywords[id / 64] |= 1ull << (id % 64);
        name.passed = name.passed || str_eq_nocase(m->keywords[i], STR("$Forwarded"));
    }
    buf_clear(&b->name);
    maildir_name_put(&b->name, &name);
    buf_add_char(&b->name, '\0');
    b->date = m->date;
    b->fd = openat(b->cur, b->name.p, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    return b->fd < 0 ? fail(why, b->name.p) : ERR_OK;
}

static enum err box_bytes(struct export_box *b, struct str bytes, struct buf *why)
{
    return export_write(b->fd, bytes, why);
}

static enum err close_message(struct export_box *b, struct buf *why)
{
    int rc = close(b->fd);

    b->fd = -1;
    return rc == 0 ? ERR_OK : fail(why, b->name.p);
}

/* The file's time is INTERNALDATE for Dovecot, Courier and `tern import`. */
static enum err box_message_end(struct export_box *b, struct buf *why)
{
    struct timespec times[2] = {{.tv_sec = b->date}, {.tv_sec = b->date}};

    if (futimens(b->fd, times) != 0)
        return fail(why, b->name.p);
    return close_message(b, why);
}

static enum err box_message_drop(struct export_box *b, struct buf *why)
{
    TRY(close_message(b, why));
    return unlinkat(b->cur, b->name.p, 0) == 0 ? ERR_OK : fail(why, b->name.p);
}

static enum err put_keywords(struct export_box *b, struct buf *why)
{
    struct buf text = BUF_INIT;

    for (unsigned i = 0; i < b->n_keywords; i++)
        buf_printf(&text, "%u %.*s\n", i, STR_FMT(b->keywords[i]));
    enum err e = text.n ? export_file(b->dir, "dovecot-keywords", buf_str(&text), why) : ERR_OK;
    buf_fini(&text);
    return e;
}

static enum err box_end(struct export_box *b, struct buf *why)
{
    enum err e = b->cur >= 0 ? put_keywords(b, why) : ERR_OK;

    if (b->fd >= 0)
        close(b->fd);
    if (b->cur >= 0)
        close(b->cur);
    if (b->dir >= 0)
        close(b->dir);
    buf_fini(&b->name);
    arena_free(b->a);
    mem_free(b);
    return e;
}

const struct export_writer export_maildir = {box_begin,       box_message,      box_bytes,
                                             box_message_end, box_message_drop, box_end};
