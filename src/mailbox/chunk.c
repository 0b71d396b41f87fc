/*
 * mailbox/chunk.c - the columns of a chunk in memory: making, copying, setting.
 */
#include "mailbox/chunk.h"

#include "base/check.h"
#include "base/mem.h"

struct block *block_ref(struct block *b)
{
    atomic_fetch_add_explicit(&b->refs, 1, memory_order_relaxed);
    return b;
}

static void block_free(struct block *b)
{
    if (b->kind == BLOCK_STATE) {
        struct state *s = state_of(b);

        mem_free(s->modseq);
        mem_free(s->keywords);
    }
    mem_free(b);
}

void block_unref(struct block *b)
{
    if (b && atomic_fetch_sub_explicit(&b->refs, 1, memory_order_acq_rel) == 1)
        block_free(b);
}

enum { STABLE_ROW = sizeof(uint32_t) + 4 * sizeof(uint64_t) + sizeof(int16_t) };

size_t block_bytes(const struct block *b)
{
    const struct state *s;

    if (b->kind == BLOCK_STABLE)
        return sizeof(struct stable) + ((const struct stable *)b)->cap * (size_t)STABLE_ROW;
    s = (const struct state *)b;
    return sizeof(*s) + s->cap * sizeof(uint64_t) + s->cap_keywords * sizeof(*s->keywords);
}

/* ---- bits ---- */

void bits_set_range(struct bits *b, unsigned lo, unsigned end)
{
    for (unsigned i = lo; i < end;) {
        unsigned upto = (i | 63) + 1 < end ? (i | 63) + 1 : end;
        uint64_t mask = UINT64_MAX << (i % 64);

        if (upto % 64)
            mask &= UINT64_MAX >> (64 - upto % 64);
        b->w[i / 64] |= mask;
        i = upto;
    }
}

unsigned bits_count(const struct bits *b)
{
    unsigned n = 0;

    for (size_t i = 0; i < ARRAY_LEN(b->w); i++)
        n += (unsigned)__builtin_popcountll(b->w[i]);
    return n;
}

bool bits_any(const struct bits *b)
{
    for (size_t i = 0; i < ARRAY_LEN(b->w); i++)
        if (b->w[i])
            return true;
    return false;
}

unsigned bits_next(const struct bits *b, unsigned from)
{
    for (unsigned i = from / 64; i < ARRAY_LEN(b->w); i++) {
        uint64_t w = b->w[i];

        if (i == from / 64)
            w &= UINT64_MAX << (from % 64);
        if (w)
            return i * 64 + (unsigned)__builtin_ctzll(w);
    }
    return CHUNK_MESSAGES;
}

/* ---- stable ---- */

struct stable *stable_new(unsigned cap)
{
    struct stable *s;
    char *p;

    check(cap <= CHUNK_MESSAGES);
    s = mem_raw(sizeof(*s) + cap * (size_t)STABLE_ROW);
    p = (char *)(s + 1);
    atomic_init(&s->block.refs, 1);
    s->block.kind = BLOCK_STABLE;
    s->cap = cap;
    s->object = (uint64_t *)(void *)p;
    s->size = s->object + cap;
    s->date = (int64_t *)(s->size + cap);
    s->saved = s->date + cap;
    s->uid = (uint32_t *)(s->saved + cap);
    s->zone = (int16_t *)(s->uid + cap);
    return s;
}

struct stable *stable_copy(const struct stable *from, unsigned slots, unsigned cap)
{
    struct stable *s = stable_new(cap);

    check(slots <= cap && slots <= from->cap);
    memcpy(s->object, from->object, slots * sizeof(*s->object));
    memcpy(s->size, from->size, slots * sizeof(*s->size));
    memcpy(s->date, from->date, slots * sizeof(*s->date));
    memcpy(s->saved, from->saved, slots * sizeof(*s->saved));
    memcpy(s->uid, from->uid, slots * sizeof(*s->uid));
    memcpy(s->zone, from->zone, slots * sizeof(*s->zone));
    return s;
}

void stable_set(struct stable *s, unsigned slot, const struct row *r)
{
    check(slot < s->cap);
    s->uid[slot] = r->uid;
    s->object[slot] = r->object;
    s->size[slot] = r->size;
    s->date[slot] = r->date;
    s->saved[slot] = r->saved;
    s->zone[slot] = r->zone_min;
}

/* ---- state ---- */

struct state *state_new(unsigned cap)
{
    struct state *s = NEW(struct state);

    check(cap <= CHUNK_MESSAGES);
    atomic_init(&s->block.refs, 1);
    s->block.kind = BLOCK_STATE;
    s->cap = cap;
    s->modseq = NEW_ARRAY(uint64_t, cap ? cap : 1);
    return s;
}

struct state *state_copy(const struct state *from, unsigned slots, unsigned cap)
{
    struct state *s = state_new(cap);

    check(slots <= cap && slots <= from->cap);
    memcpy(s->flag, from->flag, sizeof(s->flag));
    s->dead = from->dead;
    memcpy(s->modseq, from->modseq, slots * sizeof(*s->modseq));
    if (from->n_keywords) {
        s->keywords = NEW_ARRAY(struct keyword_bits, from->n_keywords);
        memcpy(s->keywords, from->keywords, from->n_keywords * sizeof(*s->keywords));
        s->n_keywords = s->cap_keywords = from->n_keywords;
    }
    return s;
}

void state_room(struct state *s, unsigned slots)
{
    unsigned cap = s->cap ? s->cap : 16;

    check(slots <= CHUNK_MESSAGES);
    if (slots <= s->cap)
        return;
    while (cap < slots)
        cap *= 2;
    if (cap > CHUNK_MESSAGES)
        cap = CHUNK_MESSAGES;
    s->modseq = mem_grow(s->modseq, cap * sizeof(*s->modseq));
    s->cap = cap;
}

/* Where the keyword is, or where it belongs. */
static unsigned state_keyword_at(const struct state *s, unsigned id)
{
    unsigned i = 0;

    while (i < s->n_keywords && s->keywords[i].id < id)
        i++;
    return i;
}

static struct bits *state_keyword_make(struct state *s, unsigned id)
{
    unsigned at = state_keyword_at(s, id);

    if (at < s->n_keywords && s->keywords[at].id == id)
        return &s->keywords[at].bits;
    if (s->n_keywords == s->cap_keywords) {
        s->cap_keywords = s->cap_keywords ? s->cap_keywords * 2 : 2;
        s->keywords = mem_grow(s->keywords, s->cap_keywords * sizeof(*s->keywords));
    }
    memmove(s->keywords + at + 1, s->keywords + at, (s->n_keywords - at) * sizeof(*s->keywords));
    s->n_keywords++;
    s->keywords[at] = (struct keyword_bits){.id = id};
    return &s->keywords[at].bits;
}

void state_set_keyword(struct state *s, unsigned id, const struct bits *add)
{
    struct bits *b;

    if (!bits_any(add))
        return;
    b = state_keyword_make(s, id);
    for (size_t i = 0; i < ARRAY_LEN(b->w); i++)
        b->w[i] |= add->w[i];
}

void state_clear_keyword(struct state *s, unsigned id, const struct bits *drop)
{
    unsigned at = state_keyword_at(s, id);
    struct bits *b;

    if (at == s->n_keywords || s->keywords[at].id != id)
        return;
    b = &s->keywords[at].bits;
    for (size_t i = 0; i < ARRAY_LEN(b->w); i++)
        b->w[i] &= ~drop->w[i];
    if (bits_any(b))
        return;
    s->n_keywords--;
    memmove(s->keywords + at, s->keywords + at + 1, (s->n_keywords - at) * sizeof(*s->keywords));
}

const struct bits *state_keyword(const struct state *s, unsigned id)
{
    unsigned at = state_keyword_at(s, id);

    return at < s->n_keywords && s->keywords[at].id == id ? &s->keywords[at].bits : NULL;
}

void state_set(struct state *s, unsigned slot, const struct row *r)
{
    state_room(s, slot + 1);
    for (unsigned f = 0; f < STATE_FLAGS; f++)
        if (r->flags >> f & 1)
            bits_set(&s->flag[f], slot);
    for (unsigned w = 0; w < ARRAY_LEN(r->keywords.w); w++)
        for (uint64_t left = r->keywords.w[w]; left; left &= left - 1)
            bits_set(state_keyword_make(s, w * 64 + (unsigned)__builtin_ctzll(left)), slot);
    s->modseq[slot] = r->modseq;
}

void row_fill(struct row *r, const struct stable *s, const struct state *t, unsigned slot)
{
    r->uid = s->uid[slot];
    r->object = s->object[slot];
    r->size = s->size[slot];
    r->date = s->date[slot];
    r->saved = s->saved[slot];
    r->zone_min = s->zone[slot];
    r->modseq = t->modseq[slot];
    r->flags = 0;
    for (unsigned f = 0; f < STATE_FLAGS; f++)
        r->flags |= (uint8_t)(bits_has(&t->flag[f], slot) << f);
    memset(&r->keywords, 0, sizeof(r->keywords));
    for (unsigned i = 0; i < t->n_keywords; i++)
        if (bits_has(&t->keywords[i].bits, slot))
            r->keywords.w[t->keywords[i].id / 64] |= (uint64_t)1 << (t->keywords[i].id % 64);
}
