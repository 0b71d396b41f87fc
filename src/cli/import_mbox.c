/*
 * cli/import_mbox.c - an mbox: many messages in one file.
 *
 * A message ends before an empty line that a From line follows (mbox_line.h); some writers leave
 * the empty line out, then the From line must have a whole date with the day's name.  Or it ends
 * where its Content-Length says, if such a place is there; a wrong Content-Length is passed over.
 * Its own fields (Status and so on) are the mbox's and not the message's, so they become flags and
 * go.
 */
#include "cli/import_origin_priv.h"
#include "cli/mbox_line.h"

#include "base/mem.h"
#include "mime/header.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FROM_LINE = 1024 };

struct mbox {
    struct origin origin;
    char *path;
    int fd;
    uint64_t size;
    uint64_t at; /* the next From line */
    time_t mtime;
    /* the message */
    uint64_t from, to; /* what is read of the file, behind `head` */
    struct buf head;   /* the header without the mbox's own fields */
    bool unquote;
    /* where reading is */
    uint64_t reading;
    bool head_given;
    struct mbox_unquote quoting;
    struct buf unquoted;
    char window[ORIGIN_PIECE];
    char piece[ORIGIN_PIECE];
};

/* ---- bytes of the file ---- */

static enum err read_at(const struct mbox *m, uint64_t at, void *to, size_t n, size_t *got_out)
{
    size_t got = 0;

    while (got < n) {
        ssize_t r = pread(m->fd, (char *)to + got, n - got, (off_t)(at + got));
        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0)
            return ERR_IO;
        if (r == 0)
            break;
        got += (size_t)r;
    }
    *got_out = got;
    return ERR_OK;
}

/* The From line at `at`, if there is one. *next_out: what follows it. */
static bool from_line(const struct mbox *m, uint64_t at, struct mbox_from *out, uint64_t *next_out)
{
    char text[FROM_LINE];
    size_t n = 0;

    if (read_at(m, at, text, sizeof text, &n) != ERR_OK)
        return false;
    size_t end = str_find(str_n(text, n), '\n');
    if (end == sizeof text)
        return false;
    *next_out = at + end + (end < n);
    return mbox_from_parse(str_trim(str_n(text, end)), out);
}

/* The line end (LF or CRLF) that stands right before `at`: its length, or 0. */
static size_t line_end_before(const struct mbox *m, uint64_t at, uint64_t least)
{
    char text[2] = {0};
    size_t back = at - least < 2 ? (size_t)(at - least) : 2, n = 0;

    if (read_at(m, at - back, text + 2 - back, back, &n) != ERR_OK || n < back || text[1] != '\n')
        return 0;
    return text[0] == '\r' ? 2 : 1;
}

/* The length of the empty line right before `at`, or 0. */
static size_t empty_line_before(const struct mbox *m, uint64_t at, uint64_t least)
{
    size_t end = line_end_before(m, at, least);

    return end && (at - end == least || line_end_before(m, at - end, least)) ? end : 0;
}

static bool field_at(const struct mbox *m, uint64_t at)
{
    char text[80];
    size_t n = 0, i = 0;

    if (read_at(m, at, text, sizeof text, &n) != ERR_OK)
        return false;
    while (i < n && text[i] > ' ' && text[i] < 127 && text[i] != ':')
        i++;
    return i > 0 && i < n && text[i] == ':';
}

static bool separator_at(const struct mbox *m, uint64_t at, uint64_t least)
{
    struct mbox_from from;
    uint64_t next;

    return from_line(m, at, &from, &next) &&
           (empty_line_before(m, at, least) || (from.sure && field_at(m, next)));
}

/* The first From line that ends a message whose bytes begin at `least`, or the end of the file. */
static enum err find_separator(struct mbox *m, uint64_t least, uint64_t *at_out)
{
    uint64_t at = least;

    for (;;) {
        size_t n, i = 0;
        TRY(read_at(m, at, m->window, sizeof m->window, &n));
        struct str in = str_n(m->window, n);
        for (size_t found; (found = str_search(str_from(in, i), STR("\nFrom "))) != SIZE_MAX;) {
            i += found + 1;
            if (separator_at(m, at + i, least)) {
                *at_out = at + i;
                return ERR_OK;
            }
        }
        if (n < sizeof m->window) {
            *at_out = m->size;
            return ERR_OK;
        }
        at += n - 5; /* what was found may begin in the last bytes */
    }
}

/* ---- one message ---- */

/* Content-Length is right if behind it, perhaps after one line end, the file ends or a From line
 * stands. */
static bool length_holds(const struct mbox *m, uint64_t end, uint64_t *next_out)
{
    struct mbox_from from;
    uint64_t next;
    char text[2];
    size_t n = 0, i = 0;

    if (end > m->size || read_at(m, end, text, sizeof text, &n) != ERR_OK)
        return false;
    if (n == 2 && text[0] == '\r' && text[1] == '\n')
        i = 2;
    else if (n > 0 && text[0] == '\n')
        i = 1;
    *next_out = end + i;
    if (end + i == m->size)
        return true;
    return (i > 0 || line_end_before(m, end, 0)) && from_line(m, end + i, &from, &next);
}

/* The header block at the start of `in`, with its empty line; without one, all whole lines. */
static struct str header_of(struct str in)
{
    size_t at = 0;

    for (;;) {
        size_t len = str_find(str_from(in, at), '\n'), end = at + len;
        if (end >= in.n)
            return str_sub(in, 0, at);
        bool empty = len == 0 || (len == 1 && in.p[at] == '\r');
        at = end + 1;
        if (empty)
            return str_sub(in, 0, at);
    }
}

/* Copies the header without the mbox's own fields. */
static void strip(struct mbox *m, struct arena *a, struct str header, struct mbox_flags *flags,
                  uint64_t *length_out)
{
    struct mime_fields fields = mime_fields_of(header);
    struct mime_field f;
    const char *copied = header.p;

    while (mime_fields_next(&fields, &f)) {
        if (!mbox_field(f.name, mime_unfold(a, f.value), flags, length_out))
            continue;
        buf_add(&m->head, copied, (size_t)(f.whole.p - copied));
        copied = f.whole.p + f.whole.n;
    }
    buf_add(&m->head, copied, (size_t)(header.p + header.n - copied));
}

/* The fields of Tern's export in front of the message.  Returns their length, or 0.  The last of
 * them is one line: the message behind it may begin with a blank. */
static size_t export_fields(struct arena *a, struct str header, struct mbox_flags *flags,
                            uint64_t *octets_out)
{
    struct mime_fields fields = mime_fields_of(header);
    struct mime_field f;
    uint64_t length;

    while (mime_fields_next(&fields, &f)) {
        if (str_eq(f.name, STR("X-Tern-Octets"))) {
            size_t line = str_find(f.whole, '\n');
            struct str value = str_from(str_sub(f.whole, 0, line), sizeof "X-Tern-Octets");
            return str_to_u64(str_trim(value), octets_out)
                       ? (size_t)(f.whole.p + line + 1 - header.p)
                       : 0;
        }
        if (!mbox_field(f.name, mime_unfold(a, f.value), flags, &length))
            return 0;
    }
    return 0;
}

static enum err unquoted_length(struct mbox *m, uint64_t from, uint64_t to, uint64_t *out)
{
    struct mbox_unquote u = {0};
    struct buf text = BUF_INIT;
    enum err e = ERR_OK;
    size_t n = 0;

    *out = 0;
    for (; from < to && e == ERR_OK; from += n) {
        e = read_at(m, from, m->window,
                    sizeof m->window < to - from ? sizeof m->window : (size_t)(to - from), &n);
        if (e != ERR_OK || n == 0)
            break;
        mbox_unquote(&u, str_n(m->window, n), &text);
        *out += text.n;
        buf_clear(&text);
    }
    mbox_unquote_end(&u, &text);
    *out += text.n;
    buf_fini(&text);
    return e;
}

/* Behind the message the export writes a line end if it has none, and an empty line. */
static enum err take_export(struct mbox *m, uint64_t from, uint64_t octets, bool *holds_out)
{
    uint64_t next, length;

    TRY(find_separator(m, from, &next));
    TRY(unquoted_length(m, from, next, &length));
    *holds_out = length == octets + 1 || length == octets + 2;
    if (!*holds_out)
        return ERR_OK;
    m->from = from;
    m->to = next - (length - octets);
    m->at = next;
    m->origin.as_is = m->unquote = true;
    return ERR_OK;
}

/* An ordinary message: up to the next separator, if its Content-Length does not know better. */
static enum err take_other(struct mbox *m, struct arena *a, uint64_t start, struct str piece,
                           struct mbox_flags *flags)
{
    uint64_t length = UINT64_MAX, next;

    TRY(find_separator(m, start, &m->at));
    if (piece.n > m->at - start)
        piece.n = (size_t)(m->at - start);
    struct str header = header_of(piece);
    strip(m, a, header, flags, &length);
    m->unquote = m->origin.o.mboxrd;
    m->from = start + header.n;
    if (length < m->size && length_holds(m, m->from + length, &next)) {
        m->to = m->from + length;
        m->at = next;
    } else {
        m->to = m->at - empty_line_before(m, m->at, m->from);
    }
    return ERR_OK;
}

static enum err take_message(struct mbox *m, struct arena *a, uint64_t start,
                             struct mbox_flags *flags)
{
    struct mbox_flags own = {0};
    uint64_t octets = 0;
    bool holds = false;
    size_t n;

    TRY(read_at(m, start, m->piece, sizeof m->piece, &n));
    size_t front = export_fields(a, header_of(str_n(m->piece, n)), &own, &octets);
    if (front)
        TRY(take_export(m, start + front, octets, &holds));
    if (!holds)
        return take_other(m, a, start, str_n(m->piece, n), flags);
    *flags = own;
    return ERR_OK;
}

static void take_flags(struct arena *a, struct mbox_flags *flags, struct origin_message *out)
{
    struct keywords k = {0};

    while (flags->keywords.n > 0) {
        size_t end = 0;
        while (end < flags->keywords.n && !strchr(" \t", flags->keywords.p[end]))
            end++;
        keywords_add(a, &k, str_sub(flags->keywords, 0, end));
        flags->keywords = str_from(flags->keywords, end + 1);
    }
    if (flags->forwarded)
        keywords_add(a, &k, STR("$Forwarded"));
    out->flags = flags->flags;
    out->keywords = k.v;
    out->n_keywords = k.n;
}

/* The first message of some mboxes holds a mail reader's own data. */
static bool is_internal(const struct mbox *m, uint64_t start)
{
    char text[2048];
    size_t n = 0;

    if (start > FROM_LINE || read_at(m, start, text, sizeof text, &n) != ERR_OK)
        return false;
    return str_search(header_of(str_n(text, n)),
                      STR("\nSubject: DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA")) !=
           SIZE_MAX;
}

static enum err mbox_next(struct origin *s, struct arena *a, struct origin_message *out,
                          bool *got_out, struct buf *why)
{
    struct mbox *m = CONTAINER_OF(s, struct mbox, origin);
    struct mbox_flags flags = {0};
    struct mbox_from from;
    uint64_t start;

    *out = (struct origin_message){0};
    *got_out = m->at < m->size;
    if (!*got_out)
        return ERR_OK;
    out->label = arena_printf(a, "%s, byte %llu", m->path, (unsigned long long)m->at);
    buf_clear(&m->head);
    if (!from_line(m, m->at, &from, &start)) {
        m->at = m->size;
        buf_printf(why, "no From line where one was");
        return ERR_IO;
    }
    bool internal = m->at == 0 && is_internal(m, start);
    enum err e = take_message(m, a, start, &flags);
    if (e != ERR_OK) {
        m->at = m->size;
        buf_printf(why, "%s; the rest of the file was left", strerror(errno));
        return e;
    }
    if (internal && !s->as_is) /* one of an export of ours is somebody's message */
        return mbox_next(s, a, out, got_out, why);
    take_flags(a, &flags, out);
    out->date = m->mtime;
    if (from.has_date) {
        out->date = from.date;
        out->zone_min = from.zone_min;
    }
    if (!from.has_date || s->o.dates == DATES_HEADER)
        (void)origin_header_date(a, buf_str(&m->head), &out->date, &out->zone_min);
    return origin_rewind(s);
}

/* ---- reading it ---- */

static enum err mbox_rewind(struct origin *s)
{
    struct mbox *m = CONTAINER_OF(s, struct mbox, origin);

    m->reading = m->from;
    m->head_given = m->head.n == 0;
    m->quoting = (struct mbox_unquote){0};
    return ERR_OK;
}

/* Quoting is undone in the body; in an export also in the header, which is then not in `head`. */
static enum err mbox_read(struct origin *s, struct str *piece_out)
{
    struct mbox *m = CONTAINER_OF(s, struct mbox, origin);
    uint64_t left = m->to - m->reading;
    size_t n = 0;

    if (!m->head_given) {
        m->head_given = true;
        *piece_out = buf_str(&m->head);
        return ERR_OK;
    }
    TRY(read_at(m, m->reading, m->piece, left < sizeof m->piece ? (size_t)left : sizeof m->piece,
                &n));
    m->reading += n;
    *piece_out = str_n(m->piece, n);
    if (!m->unquote)
        return ERR_OK;
    buf_clear(&m->unquoted);
    mbox_unquote(&m->quoting, *piece_out, &m->unquoted);
    if (m->reading == m->to || n == 0)
        mbox_unquote_end(&m->quoting, &m->unquoted);
    *piece_out = buf_str(&m->unquoted);
    /* A piece may be held back whole; only the end is an empty one. */
    return piece_out->n == 0 && n > 0 ? mbox_read(s, piece_out) : ERR_OK;
}

static void mbox_progress(const struct origin *s, uint64_t *done_out, uint64_t *all_out)
{
    const struct mbox *m = (const struct mbox *)s;

    *done_out = m->at;
    *all_out = m->size;
}

static void mbox_close(struct origin *s)
{
    struct mbox *m = CONTAINER_OF(s, struct mbox, origin);

    if (m->fd >= 0)
        close(m->fd);
    buf_fini(&m->head);
    buf_fini(&m->unquoted);
    mem_free(m->path);
    mem_free(m);
}

static const struct origin_kind mbox_kind = {mbox_close, mbox_next, mbox_read, mbox_rewind,
                                             mbox_progress};

/* Some writers begin the file with empty lines. */
static uint64_t first_from(const struct mbox *m)
{
    char text[16];
    size_t n = 0, i = 0;

    (void)!read_at(m, 0, text, sizeof text, &n);
    while (i < n && (text[i] == '\n' || text[i] == '\r'))
        i++;
    return i;
}

enum err origin_mbox_open(const struct place *p, struct origin **out, struct buf *why_out)
{
    struct mbox *m = NEW(struct mbox);
    size_t n = strlen(p->path);
    struct stat st;

    m->origin.kind = &mbox_kind;
    m->path = memcpy(mem_new(n + 1), p->path, n);
    m->fd = open(p->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (m->fd < 0 || fstat(m->fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        buf_printf(why_out, "%s: %s", p->path, m->fd < 0 ? strerror(errno) : "not a regular file");
        mbox_close(&m->origin);
        return ERR_IO;
    }
    m->size = (uint64_t)st.st_size;
    m->mtime = st.st_mtime;
    m->at = first_from(m);
    *out = &m->origin;
    return ERR_OK;
}
