/*
 * mailbox/chunk_codec.c - chunk halves as stored.
 *
 * Column after column, each as differences from the row before, so that a run of similar messages
 * takes a byte or two each.  The directory's entry says how many rows there are; a value that holds
 * another number is damage.
 */
#include "mailbox/chunk.h"

#include "base/check.h"
#include "base/mem.h"

enum { STABLE_FORMAT = 1, STATE_FORMAT = 1 };

/* ---- stable ---- */

static void signed_column(const int64_t *v, unsigned n, struct buf *out)
{
    uint64_t last = 0;

    for (unsigned i = 0; i < n; i++) {
        enc_svar(out, (int64_t)((uint64_t)v[i] - last));
        last = (uint64_t)v[i];
    }
}

static void signed_column_read(struct dec *d, int64_t *v, unsigned n)
{
    uint64_t last = 0;

    for (unsigned i = 0; i < n; i++) {
        last += (uint64_t)dec_svar(d);
        v[i] = (int64_t)last;
    }
}

void stable_encode(const struct stable *s, unsigned slots, uint32_t first_uid, struct buf *out)
{
    size_t start = seal_begin(out, STABLE_FORMAT);
    bool dense = slots && s->uid[slots - 1] - first_uid + 1 == slots;

    enc_var(out, slots);
    enc_u8(out, dense);
    for (unsigned i = 0; i < slots && !dense; i++)
        enc_var(out, s->uid[i] - (i ? s->uid[i - 1] : first_uid));
    signed_column((const int64_t *)s->object, slots, out);
    for (unsigned i = 0; i < slots; i++)
        enc_var(out, s->size[i]);
    signed_column(s->date, slots, out);
    signed_column(s->saved, slots, out);
    for (unsigned i = 0; i < slots; i++)
        enc_svar(out, s->zone[i] - (i ? s->zone[i - 1] : 0));
    seal_end(out, start);
}

static void uids_read(struct dec *d, uint32_t *uid, unsigned slots, uint32_t first_uid)
{
    bool dense = dec_u8(d);
    uint64_t at = first_uid;

    for (unsigned i = 0; i < slots; i++) {
        uint64_t step = dense ? i > 0 : dec_var(d);

        if (step > UINT32_MAX || (i && step == 0) || at + step > UINT32_MAX)
            d->bad = true;
        at += step;
        uid[i] = (uint32_t)at;
    }
}

static void zones_read(struct dec *d, int16_t *zone, unsigned slots)
{
    int64_t at = 0;

    for (unsigned i = 0; i < slots; i++) {
        int64_t step = dec_svar(d);

        if (step > INT16_MAX * 2 || step < INT16_MIN * 2)
            step = 0, d->bad = true;
        at += step;
        if (at > INT16_MAX || at < INT16_MIN)
            at = 0, d->bad = true;
        zone[i] = (int16_t)at;
    }
}

unsigned stable_slots(struct str value)
{
    struct dec d;
    uint8_t format;
    uint64_t slots;

    if (seal_open(value, STABLE_FORMAT, &format, &d) != ERR_OK)
        return 0;
    slots = dec_var(&d);
    return slots <= CHUNK_MESSAGES ? (unsigned)slots : 0;
}

enum err stable_decode(struct str value, unsigned slots, uint32_t first_uid, struct block **out)
{
    struct stable *s;
    struct dec d;
    uint8_t format;

    TRY(seal_open(value, STABLE_FORMAT, &format, &d));
    if (dec_var(&d) != slots || slots > CHUNK_MESSAGES)
        return ERR_CORRUPT;
    s = stable_new(slots);
    uids_read(&d, s->uid, slots, first_uid);
    signed_column_read(&d, (int64_t *)s->object, slots);
    for (unsigned i = 0; i < slots; i++)
        s->size[i] = dec_var(&d);
    signed_column_read(&d, s->date, slots);
    signed_column_read(&d, s->saved, slots);
    zones_read(&d, s->zone, slots);
    if (d.bad || d.n) {
        block_unref(&s->block);
        return ERR_CORRUPT;
    }
    *out = &s->block;
    return ERR_OK;
}

/* ---- state ---- */

enum { BITS_NONE, BITS_ALL, BITS_SOME };

/* Only the first `slots` bits count. */
static void bits_encode(const struct bits *b, unsigned slots, struct buf *out)
{
    struct bits all = {0};
    bool none = true, full = true;

    bits_set_range(&all, 0, slots);
    for (size_t i = 0; i < ARRAY_LEN(b->w); i++) {
        none &= (b->w[i] & all.w[i]) == 0;
        full &= (b->w[i] & all.w[i]) == all.w[i];
    }
    enc_u8(out, none ? BITS_NONE : full ? BITS_ALL : BITS_SOME);
    for (unsigned i = 0; i < slots && !none && !full; i += 8)
        enc_u8(out, (uint8_t)((b->w[i / 64] & all.w[i / 64]) >> (i % 64)));
}

static void bits_decode(struct dec *d, unsigned slots, struct bits *b)
{
    struct bits all = {0};
    uint8_t form = dec_u8(d);

    memset(b, 0, sizeof(*b));
    bits_set_range(&all, 0, slots);
    if (form == BITS_ALL)
        *b = all;
    for (unsigned i = 0; i < slots && form == BITS_SOME; i += 8)
        b->w[i / 64] |= (uint64_t)dec_u8(d) << (i % 64);
    for (size_t i = 0; i < ARRAY_LEN(b->w); i++)
        if (b->w[i] & ~all.w[i])
            d->bad = true;
    if (form > BITS_SOME)
        d->bad = true;
}

static uint64_t modseq_least(const struct state *s, unsigned slots)
{
    uint64_t least = slots ? s->modseq[0] : 0;

    for (unsigned i = 1; i < slots; i++)
        if (s->modseq[i] < least)
            least = s->modseq[i];
    return least;
}

static void modseqs_encode(const struct state *s, unsigned slots, struct buf *out)
{
    uint64_t base = modseq_least(s, slots);
    bool same = true;

    for (unsigned i = 0; i < slots; i++)
        same &= s->modseq[i] == base;
    enc_var(out, base);
    enc_u8(out, same);
    for (unsigned i = 0; i < slots && !same; i++)
        enc_var(out, s->modseq[i] - base);
}

static void modseqs_decode(struct dec *d, struct state *s, unsigned slots)
{
    uint64_t base = dec_var(d);
    bool same = dec_u8(d);

    for (unsigned i = 0; i < slots; i++)
        s->modseq[i] = base + (same ? 0 : dec_var(d));
}

void state_encode(const struct state *s, unsigned slots, struct buf *out)
{
    size_t start = seal_begin(out, STATE_FORMAT);

    enc_var(out, slots);
    for (unsigned f = 0; f < STATE_FLAGS; f++)
        bits_encode(&s->flag[f], slots, out);
    bits_encode(&s->dead, slots, out);
    enc_var(out, s->n_keywords);
    for (unsigned i = 0; i < s->n_keywords; i++) {
        enc_var(out, s->keywords[i].id);
        bits_encode(&s->keywords[i].bits, slots, out);
    }
    modseqs_encode(s, slots, out);
    seal_end(out, start);
}

static void keywords_decode(struct dec *d, struct state *s, unsigned slots)
{
    uint64_t n = dec_var(d);

    if (n > KEYWORDS_MAX || n > d->n / 2) {
        d->bad = true;
        return;
    }
    s->keywords = NEW_ARRAY(struct keyword_bits, n ? n : 1);
    s->cap_keywords = (unsigned)(n ? n : 1);
    for (unsigned i = 0; i < n; i++) {
        uint64_t id = dec_var(d);

        if (id >= KEYWORDS_MAX || (i && id <= s->keywords[i - 1].id))
            id = 0, d->bad = true;
        s->keywords[i].id = (unsigned)id;
        bits_decode(d, slots, &s->keywords[i].bits);
    }
    s->n_keywords = (unsigned)n;
}

enum err state_decode(struct str value, unsigned slots, struct block **out)
{
    struct state *s;
    struct dec d;
    uint8_t format;

    TRY(seal_open(value, STATE_FORMAT, &format, &d));
    if (dec_var(&d) != slots || slots > CHUNK_MESSAGES)
        return ERR_CORRUPT;
    s = state_new(slots);
    for (unsigned f = 0; f < STATE_FLAGS; f++)
        bits_decode(&d, slots, &s->flag[f]);
    bits_decode(&d, slots, &s->dead);
    keywords_decode(&d, s, slots);
    modseqs_decode(&d, s, slots);
    if (d.bad || d.n) {
        block_unref(&s->block);
        return ERR_CORRUPT;
    }
    *out = &s->block;
    return ERR_OK;
}
