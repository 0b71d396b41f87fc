/*
 * cli/import_origin.c - what all sources do: line ends of the wire, dates from headers, keywords.
 *
 * A message is stored with CRLF line ends, as IMAP shows it; files mostly have LF.  Where a file
 * says that it is in the wire's form already (see maildir_name.h, mbox_line.h), not a byte is
 * changed.
 */
#include "cli/import_origin_priv.h"

#include "base/mem.h"
#include "imap/flags.h"
#include "mailbox/version.h"
#include "mime/date.h"
#include "mime/header.h"

enum err origin_open(const struct place *p, const struct origin_options *o, struct origin **out,
                     struct buf *why_out)
{
    if (p->kind == PLACE_MBOX)
        TRY(origin_mbox_open(p, out, why_out));
    else
        TRY(origin_files_open(p, out, why_out));
    (*out)->o = *o;
    return ERR_OK;
}

void origin_close(struct origin *s)
{
    if (!s)
        return;
    buf_fini(&s->wire);
    s->kind->close(s);
}

enum err origin_next(struct origin *s, struct arena *a, struct origin_message *out, bool *got_out,
                     struct buf *why_out)
{
    s->last_cr = false;
    s->as_is = false;
    return s->kind->next(s, a, out, got_out, why_out);
}

/* LF without CR before it becomes CRLF. */
static void to_wire(struct origin *s, struct str in)
{
    buf_clear(&s->wire);
    while (in.n > 0) {
        size_t line = str_find(in, '\n');
        buf_add(&s->wire, in.p, line);
        if (line > 0)
            s->last_cr = in.p[line - 1] == '\r';
        if (line == in.n)
            return;
        if (s->last_cr)
            buf_add_char(&s->wire, '\n');
        else
            BUF_LIT(&s->wire, "\r\n");
        s->last_cr = false;
        in = str_from(in, line + 1);
    }
}

enum err origin_read(struct origin *s, struct str *piece_out)
{
    struct str raw;

    TRY(s->kind->read(s, &raw));
    *piece_out = raw;
    if (s->as_is || raw.n == 0)
        return ERR_OK;
    to_wire(s, raw);
    *piece_out = buf_str(&s->wire);
    return ERR_OK;
}

enum err origin_rewind(struct origin *s)
{
    s->last_cr = false;
    return s->kind->rewind(s);
}

enum err origin_size(struct origin *s, uint64_t *size_out)
{
    struct str piece;
    uint64_t size = 0;

    TRY(origin_rewind(s));
    do {
        TRY(origin_read(s, &piece));
        size += piece.n;
    } while (piece.n > 0);
    *size_out = size;
    return origin_rewind(s);
}

void origin_progress(const struct origin *s, uint64_t *done_out, uint64_t *all_out)
{
    s->kind->progress(s, done_out, all_out);
}

/* ---- dates ---- */

static bool take_date(struct str value, int64_t *date_out, int16_t *zone_out)
{
    struct mime_date d;

    if (!mime_date_parse(value, &d))
        return false;
    *date_out = d.utc;
    *zone_out = d.zone_min;
    return true;
}

/* Behind the last ";" (RFC 5322, 3.6.7). */
static struct str received_date(struct str value)
{
    size_t at = value.n;

    while (at > 0 && value.p[at - 1] != ';')
        at--;
    return str_from(value, at);
}

bool origin_header_date(struct arena *a, struct str header, int64_t *date_out, int16_t *zone_out)
{
    struct mime_fields fields = mime_fields_of(header);
    struct mime_field f;
    struct str date = STR_NONE;

    while (mime_fields_next(&fields, &f)) {
        struct str value = mime_unfold(a, f.value);
        if (str_eq_nocase(f.name, STR("Received")) &&
            take_date(received_date(value), date_out, zone_out))
            return true;
        if (!date.p && str_eq_nocase(f.name, STR("Date")))
            date = value;
    }
    return date.p && take_date(date, date_out, zone_out);
}

/* ---- keywords ---- */

/* An atom without resp-specials (RFC 9051, 9: flag-keyword). */
static bool keyword_char(unsigned char c)
{
    return c > ' ' && c < 127 && !strchr("(){%*\"\\]", c);
}

void keywords_add(struct arena *a, struct keywords *k, struct str word)
{
    if (word.n == 0 || k->n == KEYWORDS_MAX)
        return;
    char *clean = (char *)arena_str(a, str_sub(word, 0, IMAP_MAX_KEYWORD)).p;
    size_t n = word.n < IMAP_MAX_KEYWORD ? word.n : IMAP_MAX_KEYWORD;
    for (size_t i = 0; i < n; i++)
        if (!keyword_char((unsigned char)clean[i]))
            clean[i] = '_';
    for (size_t i = 0; i < k->n; i++)
        if (str_eq_nocase(k->v[i], str_n(clean, n)))
            return;
    if (k->n == k->cap) {
        struct str *v = ARENA_ARRAY(a, struct str, 2 * k->cap + 8);
        if (k->n)
            memcpy(v, k->v, k->n * sizeof *v);
        k->v = v;
        k->cap = 2 * k->cap + 8;
    }
    k->v[k->n++] = str_n(clean, n);
}
