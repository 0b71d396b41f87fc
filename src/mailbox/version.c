/*
 * mailbox/version.c - versions: life, finding chunks, loading their columns.
 *
 *  (1) A published version and everything it names never changes, but for the unused slots of
 *      a stable half.
 *  (2) While a version is alive in its shelf, no generation that it names is deleted from the
 *      store.
 *  (3) Directory blocks are not empty; first_uid rises over all entries, and ranges do not
 *      overlap.
 */
#include "mailbox/version_priv.h"

#include "base/check.h"
#include "base/log.h"
#include "base/mem.h"
#include "mailbox/keys.h"

struct version *version_new(struct shelf *shelf)
{
    struct version *v = NEW(struct version);

    atomic_init(&v->refs, 1);
    v->shelf = shelf_ref(shelf);
    v->head.mailbox = shelf->mailbox;
    return v;
}

struct version *version_copy(const struct version *from)
{
    struct version *v = version_new(from->shelf);

    v->head = from->head;
    v->disk = from->disk;
    v->keywords = keytable_ref(from->keywords);
    v->n = v->cap = from->n;
    v->dir = NEW_ARRAY(struct dirblock *, v->cap ? v->cap : 1);
    for (size_t i = 0; i < v->n; i++)
        v->dir[i] = dirblock_ref(from->dir[i]);
    return v;
}

void version_seal(struct version *v)
{
    mem_free(v->before);
    v->before = NEW_ARRAY(uint32_t, v->n + 1);
    for (size_t i = 0; i < v->n; i++)
        v->before[i + 1] = v->before[i] + dirblock_live(v->dir[i]);
}

void version_publish(struct version *v)
{
    struct shelf *s = v->shelf;

    check(v->serial == 0);
    version_seal(v);
    pthread_mutex_lock(&s->lock);
    v->serial = ++s->serial;
    v->older = s->newest;
    if (s->newest)
        s->newest->newer = v;
    else
        s->oldest = v;
    s->newest = v;
    pthread_mutex_unlock(&s->lock);
}

struct version *version_ref(struct version *v)
{
    atomic_fetch_add_explicit(&v->refs, 1, memory_order_relaxed);
    return v;
}

static void version_leave_shelf(struct version *v)
{
    struct shelf *s = v->shelf;

    pthread_mutex_lock(&s->lock);
    if (v->older)
        v->older->newer = v->newer;
    else
        s->oldest = v->newer;
    if (v->newer)
        v->newer->older = v->older;
    else
        s->newest = v->older;
    pthread_mutex_unlock(&s->lock);
}

void version_unref(struct version *v)
{
    if (!v || atomic_fetch_sub_explicit(&v->refs, 1, memory_order_acq_rel) != 1)
        return;
    if (v->serial)
        version_leave_shelf(v);
    for (size_t i = 0; i < v->n; i++)
        dirblock_unref(v->dir[i]);
    keytable_unref(v->keywords);
    shelf_unref(v->shelf);
    mem_free(v->before);
    mem_free(v->dir);
    mem_free(v);
}

const struct version_head *version_head(const struct version *v)
{
    return &v->head;
}

size_t version_keywords(const struct version *v)
{
    return v->keywords->n;
}

struct str version_keyword(const struct version *v, unsigned id)
{
    check(id < v->keywords->n);
    return v->keywords->name[id];
}

int version_keyword_find(const struct version *v, struct str name)
{
    return keytable_find(v->keywords, name);
}

/* ---- finding chunks ---- */

static struct place place_at(const struct version *v, size_t block, unsigned at)
{
    if (block < v->n && at == v->dir[block]->n) {
        block++;
        at = 0;
    }
    if (block >= v->n)
        return (struct place){v->n, 0, NULL};
    return (struct place){block, at, &v->dir[block]->c[at]};
}

struct place version_first(const struct version *v)
{
    return place_at(v, 0, 0);
}

struct place place_next(const struct version *v, struct place p)
{
    return place_at(v, p.block, p.at + 1);
}

struct place version_last(const struct version *v)
{
    if (v->n == 0)
        return (struct place){0, 0, NULL};
    return place_at(v, v->n - 1, v->dir[v->n - 1]->n - 1);
}

struct place version_find(const struct version *v, uint32_t uid)
{
    size_t lo = 0, hi = v->n;
    unsigned from = 0, to;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (v->dir[mid]->c[v->dir[mid]->n - 1].last_uid < uid)
            lo = mid + 1;
        else
            hi = mid;
    }
    if (lo == v->n)
        return place_at(v, v->n, 0);
    to = v->dir[lo]->n;
    while (from < to) {
        unsigned mid = from + (to - from) / 2;

        if (v->dir[lo]->c[mid].last_uid < uid)
            from = mid + 1;
        else
            to = mid;
    }
    return place_at(v, lo, from);
}

/* ---- columns ---- */

/* A state belongs to its entry only if it counts as the entry does. */
static bool state_fits(const struct chunk *c, const struct state *s)
{
    unsigned live = 0, unseen = 0, deleted = 0;

    for (unsigned i = 0; i < c->slots; i++) {
        if (bits_has(&s->dead, i))
            continue;
        live++;
        unseen += !bits_has(&s->flag[0], i);
        deleted += bits_has(&s->flag[3], i);
    }
    return live == c->live && unseen == c->unseen && deleted == c->deleted;
}

static enum err column_decode(const struct chunk *c, enum block_kind kind, struct str value,
                              struct block **out)
{
    if (!value.p)
        return ERR_CORRUPT;
    if (kind == BLOCK_STABLE)
        return stable_decode(value, c->slots, c->first_uid, out);
    TRY(state_decode(value, c->slots, out));
    if (state_fits(c, state_of(*out)))
        return ERR_OK;
    block_unref(*out);
    return ERR_CORRUPT;
}

static enum err column_read(struct shelf *s, const struct chunk *c, const struct cache_key *id,
                            struct block **out)
{
    enum key_kind letter = id->kind == BLOCK_STABLE ? KEY_STABLE : KEY_STATE;
    struct key key = key_generation(s->account, letter, s->mailbox, id->chunk, id->gen);
    struct str name = key_str(&key), value;
    struct arena *a = arena_new();
    enum err e = store_get(s->store, a, &name, 1, &value);

    if (e == ERR_OK)
        e = column_decode(c, id->kind, value, out);
    arena_free(a);
    if (e != ERR_OK)
        log_event(LOG_ERROR, "chunk", kv_u64("account", s->account), kv_u64("mailbox", s->mailbox),
                  kv_u64("chunk", id->chunk), kv_u64("generation", id->gen), kv_err(e));
    return e;
}

static enum err column_load(const struct version *v, const struct chunk *c, enum block_kind kind,
                            uint32_t gen, struct block **out)
{
    struct shelf *s = v->shelf;
    struct cache_key id = {s->account, s->mailbox, c->id, gen, kind};
    struct block *b = cache_get(s->cache, &id);

    check(gen != 0);
    if (!b) {
        TRY(column_read(s, c, &id, &b));
        b = cache_put(s->cache, &id, b);
    }
    *out = b;
    return ERR_OK;
}

enum err version_stable(const struct version *v, const struct chunk *c, struct block **out)
{
    if (!c->stable)
        return column_load(v, c, BLOCK_STABLE, c->stable_gen, out);
    *out = block_ref(c->stable);
    return ERR_OK;
}

enum err version_state(const struct version *v, const struct chunk *c, struct block **out)
{
    if (!c->state)
        return column_load(v, c, BLOCK_STATE, c->state_gen, out);
    *out = block_ref(c->state);
    return ERR_OK;
}

enum err columns_load(const struct version *v, const struct chunk *c, struct columns *out)
{
    *out = (struct columns){NULL, NULL};
    TRY(version_stable(v, c, &out->stable));
    enum err e = version_state(v, c, &out->state);

    if (e != ERR_OK)
        columns_fini(out);
    return e;
}

void columns_fini(struct columns *c)
{
    block_unref(c->stable);
    block_unref(c->state);
    *c = (struct columns){NULL, NULL};
}

/* ---- slots and UIDs ---- */

/* The first slot with a UID >= `uid`. */
static unsigned slot_of(const struct chunk *c, const struct stable *s, uint32_t uid)
{
    unsigned lo = 0, hi = c->slots;

    if (c->last_uid - c->first_uid + 1 == c->slots)
        return uid <= c->first_uid ? 0 : uid > c->last_uid ? hi : uid - c->first_uid;
    while (lo < hi) {
        unsigned mid = lo + (hi - lo) / 2;

        if (s->uid[mid] < uid)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

/* The first range that reaches `uid` or lies behind it. */
static size_t ranges_from(const struct ranges *set, uint32_t uid)
{
    size_t lo = 0, hi = set->n;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (set->v[mid].hi < uid)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

bool ranges_touch(const struct ranges *set, uint32_t lo, uint32_t hi)
{
    size_t i = ranges_from(set, lo);

    return i < set->n && set->v[i].lo <= hi;
}

void chunk_slots(const struct chunk *c, const struct stable *s, const struct ranges *set,
                 struct bits *out)
{
    memset(out, 0, sizeof(*out));
    for (size_t i = ranges_from(set, c->first_uid); i < set->n && set->v[i].lo <= c->last_uid;
         i++) {
        unsigned end = set->v[i].hi >= c->last_uid ? c->slots : slot_of(c, s, set->v[i].hi + 1);

        bits_set_range(out, slot_of(c, s, set->v[i].lo), end);
    }
}

void chunk_uids(const struct chunk *c, const struct stable *s, const struct bits *slots,
                struct ranges *out)
{
    bool dense = c->last_uid - c->first_uid + 1 == c->slots;

    for (unsigned i = bits_next(slots, 0); i < c->slots; i = bits_next(slots, i + 1)) {
        uint32_t uid = dense ? c->first_uid + i : s->uid[i];

        ranges_add(out, uid, uid);
    }
}

void chunk_live(const struct chunk *c, const struct state *s, struct bits *out)
{
    memset(out, 0, sizeof(*out));
    bits_set_range(out, 0, c->slots);
    for (size_t i = 0; s && i < ARRAY_LEN(out->w); i++)
        out->w[i] &= ~s->dead.w[i];
}
