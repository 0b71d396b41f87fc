/*
 * store/memory.c - the engine of the tests.
 *
 * Everything is in one ordered map.  A commit waits in a list until the test (or `auto`) ends it:
 * with ERR_OK the expectation is looked at and the batch applied, with anything else nothing
 * happens.
 *
 *  (1) What the map holds is durable: memory_crash copies it and nothing else.
 *  (2) `done` runs without the lock, so it may commit again.
 */
#include "store/memory.h"

#include "base/check.h"
#include "base/codec.h"
#include "base/mem.h"
#include "store/skiplist.h"
#include "store/store_priv.h"

#include <pthread.h>

struct memory {
    struct store store;
    pthread_mutex_t lock;
    struct skiplist *map;        /* inner key -> value; KEY_BLOB -> the blob's bytes */
    struct store_batch *waiting; /* oldest first */
    bool by_hand;                /* the test ends commits */
    bool full;
};

static struct memory *memory_of(struct store *s)
{
    return CONTAINER_OF(s, struct memory, store);
}

/* The value, a view into the map; absent when there is none. */
static struct str map_find(const struct memory *m, const struct inner_key *k)
{
    const struct skipnode *n = skiplist_seek(m->map, inner_str(k));

    return n && str_eq(skipnode_key(n), inner_str(k)) ? skipnode_value(n) : STR_NONE;
}

static uint64_t change_locked(const struct memory *m, uint64_t account)
{
    struct inner_key k = store_key_change(account);
    struct str v = map_find(m, &k);
    struct dec d = dec_of(v);

    return v.p ? dec_u64(&d) : 0;
}

/* ---- reading ---- */

static enum err memory_get(struct store *s, struct arena *a, const struct str *keys, size_t n,
                           struct str *values_out)
{
    struct memory *m = memory_of(s);

    pthread_mutex_lock(&m->lock);
    for (size_t i = 0; i < n; i++) {
        struct inner_key k = store_key_value(keys[i]);
        struct str v = map_find(m, &k);

        values_out[i] = v.p ? arena_str(a, v) : STR_NONE;
    }
    pthread_mutex_unlock(&m->lock);
    return ERR_OK;
}

/* A caller's key again: without the kind byte. */
static struct str outer_key(struct arena *a, struct str inner)
{
    char *p = arena_alloc(a, inner.n);

    memcpy(p, inner.p, STORE_ACCOUNT_KEY);
    memcpy(p + STORE_ACCOUNT_KEY, inner.p + STORE_ACCOUNT_KEY + 1, inner.n - STORE_ACCOUNT_KEY - 1);
    return str_n(p, inner.n - 1);
}

static enum err memory_scan(struct store *s, struct arena *a, struct str prefix, struct str from,
                            size_t limit, struct store_row **rows_out, size_t *n_out)
{
    struct memory *m = memory_of(s);
    struct inner_key pre = store_key_value(prefix), first = pre;
    struct store_row *rows;
    size_t most, n = 0;

    if (from.p && str_cmp(from, prefix) > 0)
        first = store_key_value(from);
    pthread_mutex_lock(&m->lock);
    most = limit < skiplist_count(m->map) ? limit : skiplist_count(m->map);
    rows = ARENA_ARRAY(a, struct store_row, most ? most : 1);
    for (const struct skipnode *x = skiplist_seek(m->map, inner_str(&first));
         x && n < most && str_starts(skipnode_key(x), inner_str(&pre)); x = skipnode_next(x))
        rows[n++] =
            (struct store_row){outer_key(a, skipnode_key(x)), arena_str(a, skipnode_value(x))};
    pthread_mutex_unlock(&m->lock);
    *rows_out = rows;
    *n_out = n;
    return ERR_OK;
}

static enum err memory_change(struct store *s, uint64_t account, uint64_t *change_out)
{
    struct memory *m = memory_of(s);

    pthread_mutex_lock(&m->lock);
    *change_out = change_locked(m, account);
    pthread_mutex_unlock(&m->lock);
    return ERR_OK;
}

/* ---- writing ---- */

static void apply_op(struct memory *m, const struct store_batch *b, const struct batch_op *op)
{
    struct inner_key blob;

    switch (op->kind) {
    case OP_PUT:
        skiplist_put(m->map, op_key(b, op), op_value(b, op));
        break;
    case OP_DELETE:
        skiplist_remove(m->map, op_key(b, op));
        break;
    case OP_DROP:
        blob = store_key_blob(b->account, op->object);
        skiplist_remove(m->map, inner_str(&blob));
        break;
    }
}

static void apply_locked(struct memory *m, const struct store_batch *b)
{
    struct inner_key k = store_key_change(b->account);
    struct buf number = BUF_INIT;

    for (size_t i = 0; i < b->n_blobs; i++) {
        struct inner_key blob = store_key_blob(b->account, b->blobs[i]->info.object);

        skiplist_put(m->map, inner_str(&blob), buf_str(&b->blobs[i]->mem));
    }
    for (size_t i = 0; i < b->n_ops; i++)
        apply_op(m, b, &b->ops[i]);
    enc_u64(&number, b->expect + 1);
    skiplist_put(m->map, inner_str(&k), buf_str(&number));
    buf_fini(&number);
}

/* `b` is in no list any more. */
static void batch_end(struct memory *m, struct store_batch *b, enum err how)
{
    uint64_t change;

    pthread_mutex_lock(&m->lock);
    change = change_locked(m, b->account);
    if (how == ERR_OK && m->full)
        how = ERR_NO_SPACE;
    if (how == ERR_OK && change != b->expect)
        how = ERR_CONFLICT;
    if (how == ERR_OK) {
        apply_locked(m, b);
        change++;
    }
    pthread_mutex_unlock(&m->lock);
    store_batch_end(b, how, change);
}

static void memory_commit(struct store *s, struct store_batch *b)
{
    struct memory *m = memory_of(s);
    struct store_batch **last = &m->waiting;
    bool by_hand;

    pthread_mutex_lock(&m->lock);
    by_hand = m->by_hand;
    if (by_hand) {
        while (*last)
            last = &(*last)->next;
        b->next = NULL;
        *last = b;
    }
    pthread_mutex_unlock(&m->lock);
    if (!by_hand)
        batch_end(m, b, ERR_OK);
}

static struct store_batch *waiting_take(struct memory *m, size_t i)
{
    struct store_batch **at = &m->waiting, *b;

    pthread_mutex_lock(&m->lock);
    while (*at && i-- > 0)
        at = &(*at)->next;
    b = *at;
    if (b)
        *at = b->next;
    pthread_mutex_unlock(&m->lock);
    return b;
}

/* ---- blobs ---- */

static enum err memory_blob_room(struct store *s)
{
    struct memory *m = memory_of(s);
    bool full;

    pthread_mutex_lock(&m->lock);
    full = m->full;
    pthread_mutex_unlock(&m->lock);
    return full ? ERR_NO_SPACE : ERR_OK;
}

static enum err memory_blob_finish(struct store_blob *b)
{
    return ERR_OK;
}

static void memory_blob_discard(struct store_blob *b)
{
}

static enum err memory_blob_read(struct store *s, uint64_t account, uint64_t object,
                                 uint64_t offset, void *to, size_t n, size_t *got_out)
{
    struct memory *m = memory_of(s);
    struct inner_key k = store_key_blob(account, object);
    struct str v;

    pthread_mutex_lock(&m->lock);
    v = map_find(m, &k);
    if (v.p && offset < v.n) {
        *got_out = n < v.n - offset ? n : v.n - offset;
        memcpy(to, v.p + offset, *got_out);
    }
    pthread_mutex_unlock(&m->lock);
    return v.p ? ERR_OK : ERR_NOT_FOUND;
}

static enum err memory_blob_stat(struct store *s, uint64_t account, uint64_t object,
                                 uint64_t *size_out)
{
    struct memory *m = memory_of(s);
    struct inner_key k = store_key_blob(account, object);
    struct str v;

    pthread_mutex_lock(&m->lock);
    v = map_find(m, &k);
    *size_out = v.n;
    pthread_mutex_unlock(&m->lock);
    return v.p ? ERR_OK : ERR_NOT_FOUND;
}

static enum err memory_blob_verify(struct store *s, uint64_t account, uint64_t object)
{
    uint64_t size;

    return memory_blob_stat(s, account, object, &size);
}

static enum err memory_blob_list(struct store *s, struct arena *a, uint64_t account, uint64_t from,
                                 size_t limit, uint64_t **objects_out, size_t *n_out)
{
    struct memory *m = memory_of(s);
    struct inner_key first = store_key_blob(account, from);
    struct str prefix = str_n(first.p, STORE_ACCOUNT_KEY + 1);
    size_t most, n = 0;

    pthread_mutex_lock(&m->lock);
    most = limit < skiplist_count(m->map) ? limit : skiplist_count(m->map);
    *objects_out = ARENA_ARRAY(a, uint64_t, most ? most : 1);
    for (const struct skipnode *x = skiplist_seek(m->map, inner_str(&first));
         x && n < most && str_starts(skipnode_key(x), prefix); x = skipnode_next(x)) {
        struct dec d = dec_of(str_from(skipnode_key(x), prefix.n));

        (*objects_out)[n++] = dec_be64(&d);
    }
    pthread_mutex_unlock(&m->lock);
    *n_out = n;
    return ERR_OK;
}

/* ---- the whole ---- */

static bool memory_has_room(struct store *s, uint64_t bytes)
{
    return memory_blob_room(s) == ERR_OK;
}

/* Nothing can be wrong with it; counts only. */
static enum err memory_prove(struct store *s, bool repair, store_say_fn *say, void *arg,
                             struct store_check_report *out)
{
    struct memory *m = memory_of(s);

    pthread_mutex_lock(&m->lock);
    for (const struct skipnode *x = skiplist_seek(m->map, STR("")); x; x = skipnode_next(x)) {
        switch (skipnode_key(x).p[STORE_ACCOUNT_KEY]) {
        case KEY_VALUE:
            out->keys++;
            break;
        case KEY_BLOB:
            out->blobs++;
            out->bytes += skipnode_value(x).n;
            break;
        }
    }
    pthread_mutex_unlock(&m->lock);
    return ERR_OK;
}

static enum err memory_compact(struct store *s, uint64_t bytes, bool *more_out)
{
    return ERR_OK;
}

static void memory_close(struct store *s)
{
    struct memory *m = memory_of(s);
    struct store_batch *b;

    while ((b = waiting_take(m, 0)))
        batch_end(m, b, ERR_CLOSED);
    skiplist_free(m->map);
    pthread_mutex_destroy(&m->lock);
    mem_free(m);
}

static const struct store_ops memory_ops = {
    .get = memory_get,
    .scan = memory_scan,
    .change = memory_change,
    .commit = memory_commit,
    .blob_room = memory_blob_room,
    .blob_finish = memory_blob_finish,
    .blob_discard = memory_blob_discard,
    .blob_read = memory_blob_read,
    .blob_stat = memory_blob_stat,
    .blob_verify = memory_blob_verify,
    .blob_list = memory_blob_list,
    .has_room = memory_has_room,
    .prove = memory_prove,
    .compact = memory_compact,
    .close = memory_close,
};

static struct memory *memory_new(struct skiplist *map)
{
    struct memory *m = NEW(struct memory);

    m->store.ops = &memory_ops;
    m->map = map;
    pthread_mutex_init(&m->lock, NULL);
    return m;
}

struct store *memory_open(void)
{
    return &memory_new(skiplist_new())->store;
}

void memory_auto(struct store *s, bool on)
{
    struct memory *m = memory_of(s);

    pthread_mutex_lock(&m->lock);
    m->by_hand = !on;
    pthread_mutex_unlock(&m->lock);
}

size_t memory_waiting(struct store *s)
{
    struct memory *m = memory_of(s);
    size_t n = 0;

    pthread_mutex_lock(&m->lock);
    for (const struct store_batch *b = m->waiting; b; b = b->next)
        n++;
    pthread_mutex_unlock(&m->lock);
    return n;
}

void memory_end(struct store *s, size_t i, enum err how)
{
    struct memory *m = memory_of(s);
    struct store_batch *b = waiting_take(m, i);

    check(b); /* the test ends only what waits */
    batch_end(m, b, how);
}

void memory_full(struct store *s, bool on)
{
    struct memory *m = memory_of(s);

    pthread_mutex_lock(&m->lock);
    m->full = on;
    pthread_mutex_unlock(&m->lock);
}

struct store *memory_crash(struct store *s)
{
    struct memory *m = memory_of(s);
    struct skiplist *map;

    pthread_mutex_lock(&m->lock);
    map = skiplist_copy(m->map);
    pthread_mutex_unlock(&m->lock);
    return &memory_new(map)->store;
}
