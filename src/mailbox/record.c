/*
 * mailbox/record.c - change records as bytes.
 */
#include "mailbox/record.h"

#include "base/check.h"

enum { RECORD_FORMAT = 1 };

/* ---- append ---- */

static void row_encode(const struct row *r, const struct row *last, struct buf *out)
{
    unsigned n = 0;

    enc_svar(out, (int64_t)(r->object - (last ? last->object : 0)));
    enc_var(out, r->size);
    enc_svar(out, (int64_t)((uint64_t)r->date - (uint64_t)(last ? last->date : 0)));
    enc_svar(out, (int64_t)((uint64_t)r->saved - (uint64_t)(last ? last->saved : 0)));
    enc_svar(out, r->zone_min);
    enc_u8(out, r->flags);
    for (unsigned i = 0; i < KEYWORDS_MAX / 64; i++)
        n += (unsigned)__builtin_popcountll(r->keywords.w[i]);
    enc_var(out, n);
    for (unsigned id = 0; n && id < KEYWORDS_MAX; id++) {
        if (keyword_has(&r->keywords, id)) {
            enc_var(out, id);
            n--;
        }
    }
}

static void keyword_decode(struct dec *d, struct keyword_set *k)
{
    uint64_t id = dec_var(d);

    if (id >= KEYWORDS_MAX)
        d->bad = true;
    else
        k->w[id / 64] |= (uint64_t)1 << (id % 64);
}

static void keywords_decode(struct dec *d, struct keyword_set *k)
{
    uint64_t n = dec_var(d);

    *k = (struct keyword_set){{0}};
    for (uint64_t i = 0; i < n && !d->bad; i++)
        keyword_decode(d, k);
}

static void row_decode(struct dec *d, const struct row *last, struct row *r)
{
    int64_t zone;

    r->object = (uint64_t)dec_svar(d) + (last ? last->object : 0);
    r->size = dec_var(d);
    r->date = (int64_t)((uint64_t)dec_svar(d) + (uint64_t)(last ? last->date : 0));
    r->saved = (int64_t)((uint64_t)dec_svar(d) + (uint64_t)(last ? last->saved : 0));
    zone = dec_svar(d);
    r->zone_min = (int16_t)zone;
    r->flags = dec_u8(d);
    keywords_decode(d, &r->keywords);
    if (zone != r->zone_min || r->flags & ~FLAGS_ALL)
        d->bad = true;
}

static void append_encode(const struct change *c, struct buf *out)
{
    enc_var(out, c->append.n);
    for (size_t i = 0; i < c->append.n; i++) {
        const struct row *r = &c->append.rows[i];

        enc_var(out, r->uid - (i ? r[-1].uid : 0));
        row_encode(r, i ? r - 1 : NULL, out);
    }
}

enum { ROW_LEAST = 8 }; /* bytes a row takes at least */

static void append_decode(struct dec *d, struct arena *a, struct change *c)
{
    uint64_t n = dec_var(d), uid = 0;
    struct row *rows;

    if (n > d->n / ROW_LEAST) {
        d->bad = true;
        return;
    }
    rows = ARENA_ARRAY(a, struct row, n);
    for (uint64_t i = 0; i < n && !d->bad; i++) {
        uint64_t step = dec_var(d);

        if (step == 0 || step > UINT32_MAX || (uid += step) > UINT32_MAX)
            d->bad = true;
        rows[i].uid = (uint32_t)uid;
        rows[i].modseq = c->modseq;
        row_decode(d, i ? &rows[i - 1] : NULL, &rows[i]);
    }
    c->append.rows = rows;
    c->append.n = n;
}

/* ---- flags ---- */

static void flags_encode(const struct change *c, struct buf *out)
{
    unsigned n = 0;

    ranges_encode(&c->flags.uids, out);
    enc_u8(out, c->flags.how);
    enc_u8(out, c->flags.flags);
    for (unsigned id = 0; id < KEYWORDS_MAX; id++)
        n += keyword_has(&c->flags.keywords, id);
    enc_var(out, n);
    for (unsigned id = 0; id < KEYWORDS_MAX; id++)
        if (keyword_has(&c->flags.keywords, id))
            enc_var(out, id);
}

static void flags_decode(struct dec *d, struct change *c)
{
    c->flags.uids = RANGES_INIT;
    ranges_decode(&c->flags.uids, d);
    c->flags.how = dec_u8(d);
    c->flags.flags = dec_u8(d);
    keywords_decode(d, &c->flags.keywords);
    if (c->flags.how > FLAGS_HOW_REMOVE || c->flags.flags & ~FLAGS_ALL)
        d->bad = true;
}

/* ---- link ---- */

static void link_encode(const struct change *c, struct buf *out)
{
    enc_var(out, c->link.bytes);
    enc_var(out, c->link.n);
    for (size_t i = 0; i < c->link.n; i++)
        chunk_encode(&c->link.chunks[i], out);
}

enum { CHUNK_LEAST = 11 };

static void link_decode(struct dec *d, struct arena *a, struct change *c)
{
    struct chunk *chunks;
    uint64_t n;

    c->link.bytes = dec_var(d);
    n = dec_var(d);
    if (n > d->n / CHUNK_LEAST) {
        d->bad = true;
        return;
    }
    chunks = ARENA_ARRAY(a, struct chunk, n);
    for (uint64_t i = 0; i < n; i++) {
        chunk_decode(d, &chunks[i]);
        if ((i && chunks[i].first_uid <= chunks[i - 1].last_uid) || !chunks[i].stable_gen ||
            !chunks[i].state_gen)
            d->bad = true;
    }
    c->link.chunks = chunks;
    c->link.n = n;
}

/* ---- a change ---- */

void change_encode(const struct change *c, struct buf *out)
{
    enc_u8(out, c->kind);
    enc_var(out, c->modseq);
    switch (c->kind) {
    case CHANGE_APPEND:
        append_encode(c, out);
        break;
    case CHANGE_FLAGS:
        flags_encode(c, out);
        break;
    case CHANGE_EXPUNGE:
        ranges_encode(&c->expunge.uids, out);
        break;
    case CHANGE_LINK:
        link_encode(c, out);
        break;
    }
}

void change_decode(struct dec *d, struct arena *a, struct change *out)
{
    *out = (struct change){.kind = dec_u8(d)};
    out->modseq = dec_var(d);
    switch (out->kind) {
    case CHANGE_APPEND:
        append_decode(d, a, out);
        break;
    case CHANGE_FLAGS:
        flags_decode(d, out);
        break;
    case CHANGE_EXPUNGE:
        ranges_decode(&out->expunge.uids, d);
        break;
    case CHANGE_LINK:
        link_decode(d, a, out);
        break;
    default:
        d->bad = true;
    }
}

void change_fini(struct change *c)
{
    if (c->kind == CHANGE_FLAGS)
        ranges_fini(&c->flags.uids);
    else if (c->kind == CHANGE_EXPUNGE)
        ranges_fini(&c->expunge.uids);
}

/* ---- parts ---- */

size_t record_parts(size_t bytes)
{
    return bytes ? (bytes + RECORD_PART_BYTES - 1) / RECORD_PART_BYTES : 1;
}

void record_part(struct str record, size_t part, struct buf *out)
{
    size_t start = seal_begin(out, RECORD_FORMAT);

    check(part < record_parts(record.n));
    enc_var(out, record_parts(record.n));
    enc_var(out, part);
    buf_add_str(out, str_sub(record, part * RECORD_PART_BYTES, RECORD_PART_BYTES));
    seal_end(out, start);
}

enum err record_join(struct str value, size_t part, struct buf *record, bool *more_out)
{
    struct dec d;
    uint8_t format;
    uint64_t parts, at;

    TRY(seal_open(value, RECORD_FORMAT, &format, &d));
    parts = dec_var(&d);
    at = dec_var(&d);
    if (d.bad || parts > RECORD_PARTS_MAX || at >= parts || at != part)
        return ERR_CORRUPT;
    buf_add(record, d.p, d.n);
    *more_out = part + 1 < parts;
    return ERR_OK;
}
