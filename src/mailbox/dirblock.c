/*
 * mailbox/dirblock.c - blocks of 64 directory entries, in memory and as stored.
 */
#include "mailbox/dirblock.h"

#include "base/check.h"
#include "base/mem.h"

enum { DIR_FORMAT = 1 };

struct dirblock *dirblock_new(unsigned cap)
{
    struct dirblock *d = mem_new(sizeof(*d) + cap * sizeof(d->c[0]));

    atomic_init(&d->refs, 1);
    d->cap = cap;
    return d;
}

struct dirblock *dirblock_ref(struct dirblock *d)
{
    atomic_fetch_add_explicit(&d->refs, 1, memory_order_relaxed);
    return d;
}

void dirblock_unref(struct dirblock *d)
{
    if (!d || atomic_fetch_sub_explicit(&d->refs, 1, memory_order_acq_rel) != 1)
        return;
    for (unsigned i = 0; i < d->n; i++) {
        block_unref(d->c[i].stable);
        block_unref(d->c[i].state);
    }
    mem_free(d);
}

struct dirblock *dirblock_copy(const struct dirblock *from, unsigned cap)
{
    struct dirblock *d = dirblock_new(cap > from->n ? cap : from->n);

    d->id = from->id;
    d->gen = from->gen;
    d->asof = from->asof;
    d->dirty = from->dirty;
    d->grew = from->grew;
    d->n = from->n;
    memcpy(d->c, from->c, from->n * sizeof(d->c[0]));
    for (unsigned i = 0; i < d->n; i++) {
        if (d->c[i].stable)
            block_ref(d->c[i].stable);
        if (d->c[i].state)
            block_ref(d->c[i].state);
    }
    return d;
}

struct dirblock *dirblock_room(struct dirblock *d, unsigned n)
{
    unsigned cap = d->cap ? d->cap : 1;

    check(n <= DIRBLOCK_CHUNKS && atomic_load(&d->refs) == 1);
    if (n <= d->cap)
        return d;
    while (cap < n)
        cap *= 2;
    d = mem_grow(d, sizeof(*d) + cap * sizeof(d->c[0]));
    d->cap = cap;
    return d;
}

void dirblock_remove(struct dirblock *d, unsigned at, unsigned count)
{
    check(at + count <= d->n);
    for (unsigned i = at; i < at + count; i++) {
        block_unref(d->c[i].stable);
        block_unref(d->c[i].state);
    }
    memmove(d->c + at, d->c + at + count, (d->n - at - count) * sizeof(d->c[0]));
    d->n -= count;
}

uint32_t dirblock_live(const struct dirblock *d)
{
    uint32_t n = 0;

    for (unsigned i = 0; i < d->n; i++)
        n += d->c[i].live;
    return n;
}

uint32_t dirblock_unseen(const struct dirblock *d)
{
    uint32_t n = 0;

    for (unsigned i = 0; i < d->n; i++)
        n += d->c[i].unseen;
    return n;
}

uint32_t dirblock_deleted(const struct dirblock *d)
{
    uint32_t n = 0;

    for (unsigned i = 0; i < d->n; i++)
        n += d->c[i].deleted;
    return n;
}

uint64_t dirblock_max_modseq(const struct dirblock *d)
{
    uint64_t max = 0;

    for (unsigned i = 0; i < d->n; i++)
        if (d->c[i].max_modseq > max)
            max = d->c[i].max_modseq;
    return max;
}

void chunk_encode(const struct chunk *c, struct buf *out)
{
    enc_var(out, c->id);
    enc_var(out, c->first_uid);
    enc_var(out, c->last_uid - c->first_uid);
    enc_var(out, c->slots);
    enc_var(out, c->live);
    enc_var(out, c->unseen);
    enc_var(out, c->deleted);
    enc_var(out, c->max_modseq);
    enc_var(out, c->touched);
    enc_var(out, c->stable_gen);
    enc_var(out, c->state_gen);
}

static uint64_t dec_upto(struct dec *d, uint64_t most)
{
    uint64_t v = dec_var(d);

    if (v <= most)
        return v;
    d->bad = true;
    return 0;
}

void chunk_decode(struct dec *d, struct chunk *c)
{
    *c = (struct chunk){.id = (uint32_t)dec_upto(d, UINT32_MAX)};
    c->first_uid = (uint32_t)dec_upto(d, UINT32_MAX);
    c->last_uid = c->first_uid + (uint32_t)dec_upto(d, UINT32_MAX - c->first_uid);
    c->slots = (uint16_t)dec_upto(d, CHUNK_MESSAGES);
    c->live = (uint16_t)dec_upto(d, c->slots);
    c->unseen = (uint16_t)dec_upto(d, c->live);
    c->deleted = (uint16_t)dec_upto(d, c->live);
    c->max_modseq = dec_var(d);
    c->touched = dec_var(d);
    c->stable_gen = (uint32_t)dec_upto(d, UINT32_MAX);
    c->state_gen = (uint32_t)dec_upto(d, UINT32_MAX);
    if (c->first_uid == 0 || c->slots == 0 || c->last_uid - c->first_uid + 1 < c->slots)
        d->bad = true;
}

void dirblock_encode(const struct dirblock *d, struct buf *out)
{
    size_t start = seal_begin(out, DIR_FORMAT);

    enc_var(out, d->id);
    enc_var(out, d->asof);
    enc_var(out, d->n);
    for (unsigned i = 0; i < d->n; i++)
        chunk_encode(&d->c[i], out);
    seal_end(out, start);
}

enum err dirblock_decode(struct str value, struct dirblock **out)
{
    struct dirblock *b;
    struct dec d;
    uint8_t format;
    uint64_t id, asof, n;

    TRY(seal_open(value, DIR_FORMAT, &format, &d));
    id = dec_upto(&d, UINT32_MAX);
    asof = dec_var(&d);
    n = dec_upto(&d, DIRBLOCK_CHUNKS);
    b = dirblock_new((unsigned)n);
    b->id = (uint32_t)id;
    b->asof = asof;
    b->n = (unsigned)n;
    for (unsigned i = 0; i < n; i++) {
        chunk_decode(&d, &b->c[i]);
        if ((i && b->c[i].first_uid <= b->c[i - 1].last_uid) || b->c[i].stable_gen == 0 ||
            b->c[i].state_gen == 0)
            d.bad = true;
    }
    if (d.bad || d.n || n == 0) {
        dirblock_unref(b);
        return ERR_CORRUPT;
    }
    *out = b;
    return ERR_OK;
}
