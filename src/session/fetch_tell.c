/*
 * session/fetch_tell.c - FETCH data that stands in the row: flags, UID, dates, size, modseq.
 *
 * This is what is told a hundred thousand times in one command, so a row is written straight into
 * the output with one look at its room: system flags come ready from a table, keywords are looked
 * at only where there are any.
 */
#include "session/fetch.h"

#include "base/mem.h"

/* ---- bytes ---- */

enum {
    ITEM_MAX = 160, /* bytes of any item but keywords */
    START_MAX = 32, /* "* 4294967295 FETCH (" and the end of the line */
};

static char *put(char *p, struct str s)
{
    memcpy(p, s.p, s.n);
    return p + s.n;
}

#define PUT_LIT(p, lit) put((p), STR(lit))

static char *put_number(char *p, uint64_t v)
{
    char digits[20];
    size_t at = sizeof(digits);

    do {
        digits[--at] = (char)('0' + v % 10);
        v /= 10;
    } while (v);
    return put(p, str_n(digits + at, sizeof(digits) - at));
}

/* ---- flags ---- */

#define F1 "\\Answered"
#define F2 "\\Flagged"
#define F3 "\\Deleted"
#define F4 "\\Draft"
#define BOTH(rest) STR_INIT(rest), STR_INIT("\\Seen " rest)

/* Every combination of system flags, ready to be sent. */
static const struct str flag_texts[32] = {
    STR_INIT(""),
    STR_INIT("\\Seen"),
    BOTH(F1),
    BOTH(F2),
    BOTH(F1 " " F2),
    BOTH(F3),
    BOTH(F1 " " F3),
    BOTH(F2 " " F3),
    BOTH(F1 " " F2 " " F3),
    BOTH(F4),
    BOTH(F1 " " F4),
    BOTH(F2 " " F4),
    BOTH(F1 " " F2 " " F4),
    BOTH(F3 " " F4),
    BOTH(F1 " " F3 " " F4),
    BOTH(F2 " " F3 " " F4),
    BOTH(F1 " " F2 " " F3 " " F4),
};
#undef F1
#undef F2
#undef F3
#undef F4
#undef BOTH

_Static_assert(FLAG_SEEN == 1 && FLAG_ANSWERED == 2 && FLAG_FLAGGED == 4 && FLAG_DELETED == 8 &&
                   FLAG_DRAFT == 16,
               "the order of flag_texts");

static bool has_keywords(const struct keyword_set *k)
{
    uint64_t any = 0;

    for (size_t w = 0; w < ARRAY_LEN(k->w); w++)
        any |= k->w[w];
    return any;
}

static void put_keywords(const struct version *v, struct buf *out, const struct keyword_set *k,
                         bool first)
{
    for (unsigned w = 0; w < ARRAY_LEN(k->w); w++) {
        for (uint64_t bits = k->w[w]; bits; bits &= bits - 1) {
            unsigned id = w * 64 + (unsigned)__builtin_ctzll(bits);

            if (id >= version_keywords(v))
                return;
            if (!first)
                buf_add_char(out, ' ');
            first = false;
            buf_add_str(out, version_keyword(v, id));
        }
    }
}

/* \Recent is no flag of IMAP4rev2 (RFC 9051, appendix E). */
static bool is_recent(const struct session *s, uint32_t uid)
{
    const struct ranges *recent = &s->view->recent;

    return !s->rev2 && recent->n && uid >= recent->v[0].lo && ranges_has(recent, uid);
}

/* ITEM_MAX bytes are there; more where keywords are. */
static char *put_flags(struct session *s, struct buf *out, char *p, const struct row *row)
{
    struct str system = flag_texts[row->flags & FLAGS_ALL];
    bool recent = is_recent(s, row->uid);

    p = PUT_LIT(p, "FLAGS (");
    p = put(p, system);
    if (recent)
        p = system.n ? PUT_LIT(p, " \\Recent") : PUT_LIT(p, "\\Recent");
    if (has_keywords(&row->keywords)) {
        out->n = (size_t)(p - out->p);
        put_keywords(s->view->told, out, &row->keywords, !system.n && !recent);
        p = buf_reserve(out, ITEM_MAX);
    }
    *p++ = ')';
    return p;
}

/* ---- items ---- */

static char *put_date(struct buf *out, char *p, const struct row *row)
{
    out->n = (size_t)(p - out->p);
    BUF_LIT(out, "INTERNALDATE ");
    imap_put_internaldate(out, row->date, row->zone_min);
    return buf_reserve(out, ITEM_MAX);
}

static char *put_item(struct session *s, struct buf *out, char *p, enum imap_fetch_kind kind,
                      const struct row *row)
{
    switch (kind) {
    case FETCH_UID:
        return put_number(PUT_LIT(p, "UID "), row->uid);
    case FETCH_FLAGS:
        return put_flags(s, out, p, row);
    case FETCH_INTERNALDATE:
        return put_date(out, p, row);
    case FETCH_SIZE:
        return put_number(PUT_LIT(p, "RFC822.SIZE "), row->size);
    case FETCH_MODSEQ:
        p = put_number(PUT_LIT(p, "MODSEQ ("), row->modseq);
        *p++ = ')';
        return p;
    default:
        return p;
    }
}

void fetch_put_row_item(struct session *s, struct buf *out, enum imap_fetch_kind kind,
                        const struct row *row)
{
    char *p = put_item(s, out, buf_reserve(out, ITEM_MAX), kind, row);

    out->n = (size_t)(p - out->p);
}

void fetch_put_flags(struct session *s, struct buf *out, const struct row *row)
{
    fetch_put_row_item(s, out, FETCH_FLAGS, row);
}

void fetch_put_row(struct session *s, const enum imap_fetch_kind *kinds, size_t n,
                   const struct row *row, uint32_t seq)
{
    struct buf *out = session_out(s);
    char *p = buf_reserve(out, START_MAX + ITEM_MAX);

    p = PUT_LIT(p, "* ");
    p = put_number(p, seq);
    p = PUT_LIT(p, " FETCH (");
    for (size_t i = 0; i < n; i++) {
        if (i) {
            *p++ = ' ';
            out->n = (size_t)(p - out->p);
            p = buf_reserve(out, ITEM_MAX);
        }
        p = put_item(s, out, p, kinds[i], row);
    }
    p = PUT_LIT(p, ")\r\n");
    out->n = (size_t)(p - out->p);
}

void fetch_tell(struct session *s, const struct row *row, uint32_t seq, unsigned what)
{
    enum imap_fetch_kind kinds[3];
    size_t n = 0;

    if (what & FETCH_TELL_UID)
        kinds[n++] = FETCH_UID;
    if (what & FETCH_TELL_FLAGS)
        kinds[n++] = FETCH_FLAGS;
    if (what & FETCH_TELL_MODSEQ)
        kinds[n++] = FETCH_MODSEQ;
    fetch_put_row(s, kinds, n, row, seq);
}
