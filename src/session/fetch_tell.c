/*
 * session/fetch_tell.c - FETCH data that stands in the row: flags, UID, dates, size, modseq.
 *
 * This is what is told a hundred thousand times in one command, so it is written with no allocation
 * and few branches: system flags come ready from a table, keywords are looked at only where there
 * are any.
 */
#include "session/fetch.h"

#include "base/mem.h"

/* Every combination of system flags, ready to be sent. */
#define F1 "\\Answered"
#define F2 "\\Flagged"
#define F3 "\\Deleted"
#define F4 "\\Draft"
#define S " "
static const char *const flag_texts[32] = {
    "",
    "\\Seen",
    F1,
    "\\Seen" S F1,
    F2,
    "\\Seen" S F2,
    F1 S F2,
    "\\Seen" S F1 S F2,
    F3,
    "\\Seen" S F3,
    F1 S F3,
    "\\Seen" S F1 S F3,
    F2 S F3,
    "\\Seen" S F2 S F3,
    F1 S F2 S F3,
    "\\Seen" S F1 S F2 S F3,
    F4,
    "\\Seen" S F4,
    F1 S F4,
    "\\Seen" S F1 S F4,
    F2 S F4,
    "\\Seen" S F2 S F4,
    F1 S F2 S F4,
    "\\Seen" S F1 S F2 S F4,
    F3 S F4,
    "\\Seen" S F3 S F4,
    F1 S F3 S F4,
    "\\Seen" S F1 S F3 S F4,
    F2 S F3 S F4,
    "\\Seen" S F2 S F3 S F4,
    F1 S F2 S F3 S F4,
    "\\Seen" S F1 S F2 S F3 S F4,
};
#undef F1
#undef F2
#undef F3
#undef F4
#undef S

_Static_assert(FLAG_SEEN == 1 && FLAG_ANSWERED == 2 && FLAG_FLAGGED == 4 && FLAG_DELETED == 8 &&
                   FLAG_DRAFT == 16,
               "the order of flag_texts");

static void put_keywords(const struct version *v, struct buf *out, const struct keyword_set *k,
                         size_t start)
{
    size_t known = version_keywords(v);

    for (unsigned w = 0; w < ARRAY_LEN(k->w); w++) {
        for (uint64_t bits = k->w[w]; bits; bits &= bits - 1) {
            unsigned id = w * 64 + (unsigned)__builtin_ctzll(bits);

            if (id >= known)
                return;
            if (out->n > start)
                buf_add_char(out, ' ');
            buf_add_str(out, version_keyword(v, id));
        }
    }
}

void fetch_put_flags(struct session *s, struct buf *out, const struct row *row)
{
    const char *system = flag_texts[row->flags & FLAGS_ALL];
    size_t start;

    BUF_LIT(out, "FLAGS (");
    start = out->n;
    buf_add_cstr(out, system);
    /* \Recent is no flag of IMAP4rev2 (RFC 9051, appendix E). */
    if (!s->rev2 && s->view->recent.n && ranges_has(&s->view->recent, row->uid)) {
        if (out->n > start)
            buf_add_char(out, ' ');
        BUF_LIT(out, "\\Recent");
    }
    put_keywords(s->view->told, out, &row->keywords, start);
    buf_add_char(out, ')');
}

void fetch_put_row_item(struct session *s, struct buf *out, enum imap_fetch_kind kind,
                        const struct row *row)
{
    switch (kind) {
    case FETCH_UID:
        BUF_LIT(out, "UID ");
        buf_add_u64(out, row->uid);
        break;
    case FETCH_FLAGS:
        fetch_put_flags(s, out, row);
        break;
    case FETCH_INTERNALDATE:
        BUF_LIT(out, "INTERNALDATE ");
        imap_put_internaldate(out, row->date, row->zone_min);
        break;
    case FETCH_SIZE:
        BUF_LIT(out, "RFC822.SIZE ");
        buf_add_u64(out, row->size);
        break;
    case FETCH_MODSEQ:
        BUF_LIT(out, "MODSEQ (");
        buf_add_u64(out, row->modseq);
        buf_add_char(out, ')');
        break;
    default:
        break;
    }
}

void fetch_tell(struct session *s, const struct row *row, uint32_t seq, unsigned what)
{
    static const struct {
        unsigned bit;
        enum imap_fetch_kind kind;
    } items[] = {{FETCH_TELL_UID, FETCH_UID},
                 {FETCH_TELL_FLAGS, FETCH_FLAGS},
                 {FETCH_TELL_MODSEQ, FETCH_MODSEQ}};
    struct buf *out = session_out(s);
    const char *before = " FETCH (";

    BUF_LIT(out, "* ");
    buf_add_u64(out, seq);
    for (size_t i = 0; i < ARRAY_LEN(items); i++) {
        if (!(what & items[i].bit))
            continue;
        buf_add_cstr(out, before);
        fetch_put_row_item(s, out, items[i].kind, row);
        before = " ";
    }
    BUF_LIT(out, ")\r\n");
}
