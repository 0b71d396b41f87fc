/*
 * cli/export_mbox.c - mailboxes as mbox files: "A/B.mbox", messages in the mboxrd form.
 *
 * What stands in front of each message is told in mbox_line.h.
 */
#include "cli/export_priv.h"
#include "cli/mbox_line.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_NAME_MAX = 255, GATHER = 64 * 1024 };

struct export_box {
    int fd;
    off_t began; /* where the message begins, to throw it away */
    struct mbox_quote quote;
    char last; /* byte of the message; '\n' before the first */
    struct buf out;
};

static enum err fail(struct buf *why, const char *what)
{
    buf_printf(why, "%s: %s", what, strerror(errno));
    return errno == ENOSPC || errno == EDQUOT ? ERR_NO_SPACE : ERR_IO;
}

/* Files that would be hidden, and files that would be taken for a mailbox, get another first or
 * last dot: the index knows the name. */
static void put_level(struct buf *out, struct str level, bool last)
{
    bool suffix = str_ends(level, STR(".mbox"));

    for (size_t i = 0; i < level.n; i++) {
        bool escape = level.p[i] == '%' || (level.p[i] == '.' && i == 0) ||
                      (level.p[i] == '.' && suffix && i == level.n - 5);
        if (escape)
            buf_printf(out, "%%%02X", (unsigned)level.p[i]);
        else
            buf_add_char(out, level.p[i]);
    }
    if (last)
        BUF_LIT(out, ".mbox");
}

/* Makes the directories on the way. */
static enum err place_of(int top, struct str name, size_t number, struct buf *place,
                         struct buf *why)
{
    while (name.n > 0) {
        size_t end = str_find(name, '/'), start = place->n;
        bool last = end == name.n;
        put_level(place, str_sub(name, 0, end), last);
        if (place->n - start > FILE_NAME_MAX) {
            buf_clear(place);
            buf_printf(place, "tern-%zu.mbox", number);
            break;
        }
        if (!last) {
            buf_add_char(place, '\0');
            if (mkdirat(top, place->p, 0700) != 0 && errno != EEXIST)
                return fail(why, place->p);
            place->p[place->n - 1] = '/';
        }
        name = str_from(name, end + 1);
    }
    buf_add_char(place, '\0');
    return ERR_OK;
}

static enum err box_begin(int top, struct arena *a, struct str name, size_t number,
                          struct export_box **out, struct str *place_out, struct buf *why)
{
    struct buf place = BUF_INIT;
    int fd = -1;

    enum err e = place_of(top, name, number, &place, why);
    if (e == ERR_OK) {
        fd = openat(top, place.p, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        e = fd < 0 ? fail(why, place.p) : ERR_OK;
    }
    if (e == ERR_OK) {
        *place_out = arena_str(a, str_n(place.p, place.n - 1));
        *out = NEW(struct export_box);
        (*out)->fd = fd;
    }
    buf_fini(&place);
    return e;
}

static enum err flush(struct export_box *b, struct buf *why)
{
    enum err e = export_write(b->fd, buf_str(&b->out), why);

    buf_clear(&b->out);
    return e;
}

static enum err box_message(struct export_box *b, const struct export_message *m, struct buf *why)
{
    TRY(flush(b, why));
    b->began = lseek(b->fd, 0, SEEK_END);
    if (b->began < 0)
        return fail(why, "mbox");
    mbox_from_put(&b->out, m->date, m->zone_min);
    mbox_flags_put(&b->out, m->flags);
    if (m->n_keywords)
        BUF_LIT(&b->out, "X-Keywords:");
    for (size_t i = 0; i < m->n_keywords; i++) {
        buf_add_char(&b->out, ' ');
        buf_add_str(&b->out, m->keywords[i]);
    }
    if (m->n_keywords)
        buf_add_char(&b->out, '\n');
    buf_printf(&b->out, "X-Tern-Octets: %llu\n", (unsigned long long)m->size);
    b->quote = (struct mbox_quote){0};
    b->last = '\0';
    return ERR_OK;
}

static enum err box_bytes(struct export_box *b, struct str bytes, struct buf *why)
{
    mbox_quote(&b->quote, bytes, &b->out);
    if (bytes.n)
        b->last = bytes.p[bytes.n - 1];
    return b->out.n >= GATHER ? flush(b, why) : ERR_OK;
}

static enum err box_message_end(struct export_box *b, struct buf *why)
{
    mbox_quote_end(&b->quote, &b->out);
    if (b->last != '\n')
        buf_add_char(&b->out, '\n');
    buf_add_char(&b->out, '\n');
    return b->out.n >= GATHER ? flush(b, why) : ERR_OK;
}

static enum err box_message_drop(struct export_box *b, struct buf *why)
{
    buf_clear(&b->out);
    if (ftruncate(b->fd, b->began) != 0 || lseek(b->fd, b->began, SEEK_SET) < 0)
        return fail(why, "mbox");
    return ERR_OK;
}

static enum err box_end(struct export_box *b, struct buf *why)
{
    enum err e = flush(b, why);

    if (close(b->fd) != 0 && e == ERR_OK)
        e = fail(why, "mbox");
    buf_fini(&b->out);
    mem_free(b);
    return e;
}

const struct export_writer export_mbox = {box_begin,       box_message,      box_bytes,
                                          box_message_end, box_message_drop, box_end};
