/*
 * mailbox/sweep.c - generations that nobody names: pieces of a large COPY that a crash cut short,
 * blocks that a fold replaced before a crash.  Runs in the writer's turn, alone, so no piece is on
 * its way.
 */
#include "mailbox/reap.h"

#include "base/mem.h"

#include <stdlib.h>

enum { SWEEP_ROWS = 256, SWEEP_KEYS = 2000 };

struct named {
    uint64_t *v; /* part << 32 | generation */
    size_t n, cap;
};

static void named_add(struct named *s, uint32_t part, uint32_t gen)
{
    if (s->n == s->cap) {
        s->cap = s->cap ? s->cap * 2 : 256;
        s->v = mem_grow(s->v, s->cap * sizeof(*s->v));
    }
    s->v[s->n++] = (uint64_t)part << 32 | gen;
}

static int named_order(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

/* By the published version, and by older ones that somebody still reads (those wait in the
 * garbage).  A LINK record in the log names what the version names, or what its directory block has
 * replaced since. */
static void named_collect(const struct touched *t, enum key_kind kind, struct named *s)
{
    const struct version *v = t->b.v;

    for (size_t i = 0; kind == KEY_DIR && i < v->n; i++)
        named_add(s, v->dir[i]->id, v->dir[i]->gen);
    for (struct place p = version_first(v); kind != KEY_DIR && p.c; p = place_next(v, p))
        named_add(s, p.c->id, kind == KEY_STABLE ? p.c->stable_gen : p.c->state_gen);
    for (size_t i = 0; i < t->m->n_garbage; i++)
        if (t->m->garbage[i].key.kind == (char)kind)
            named_add(s, t->m->garbage[i].key.part, t->m->garbage[i].key.gen);
    if (s->n)
        qsort(s->v, s->n, sizeof(*s->v), named_order);
}

static uint64_t generation_of(struct str key)
{
    uint64_t id = 0;

    for (size_t i = key.n - 8; i < key.n; i++)
        id = id << 8 | (unsigned char)key.p[i];
    return id;
}

static enum err sweep_kind(struct batch *b, const struct touched *t, enum key_kind kind,
                           const struct named *s)
{
    struct key prefix = key_one(b->acct->id, kind, t->id);
    struct key from = prefix;
    size_t n = SWEEP_ROWS;
    enum err e = ERR_OK;

    while (e == ERR_OK && n == SWEEP_ROWS && store_batch_keys(b->sb) < SWEEP_KEYS) {
        struct arena *a = arena_new();
        struct store_row *rows;

        e = store_scan(b->acct->ms->store, a, key_str(&prefix), key_str(&from), SWEEP_ROWS, &rows,
                       &n);
        for (size_t i = 0; e == ERR_OK && i < n; i++) {
            uint64_t id = generation_of(rows[i].key);

            if (!s->n || !bsearch(&id, s->v, s->n, sizeof(id), named_order))
                store_batch_delete(b->sb, rows[i].key);
            from = key_generation(b->acct->id, kind, t->id, (uint32_t)(id >> 32), (uint32_t)id + 1);
        }
        arena_free(a);
    }
    return e;
}

enum err reap_sweep(struct batch *b, uint64_t mailbox)
{
    static const enum key_kind kinds[] = {KEY_STABLE, KEY_STATE, KEY_DIR};
    struct touched *t;
    enum err e = batch_touch(b, mailbox, &t);

    if (e != ERR_OK)
        return e == ERR_NO_MAILBOX ? ERR_OK : e;
    for (size_t i = 0; e == ERR_OK && i < ARRAY_LEN(kinds); i++) {
        struct named s = {NULL, 0, 0};

        named_collect(t, kinds[i], &s);
        e = sweep_kind(b, t, kinds[i], &s);
        mem_free(s.v);
    }
    return e;
}
