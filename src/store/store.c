/*
 * store/store.c - what does not differ between engines: keys, batches, blobs while they are in
 * memory.
 *
 * Everything else goes through the engine's table.  Nothing here touches a file.
 */
#include "store/store_priv.h"

#include "base/check.h"
#include "base/codec.h"
#include "base/hash.h"
#include "base/mem.h"

#include <pthread.h>

/* ---- keys ---- */

static struct inner_key key_begin(uint64_t account, enum key_kind kind)
{
    struct inner_key k = {.n = STORE_ACCOUNT_KEY + 1};

    for (size_t i = 0; i < STORE_ACCOUNT_KEY; i++)
        k.p[i] = (unsigned char)(account >> (56 - 8 * i));
    k.p[STORE_ACCOUNT_KEY] = (unsigned char)kind;
    return k;
}

struct inner_key store_key_change(uint64_t account)
{
    return key_begin(account, KEY_CHANGE);
}

struct inner_key store_key_blob(uint64_t account, uint64_t object)
{
    struct inner_key k = key_begin(account, KEY_BLOB);

    for (size_t i = 0; i < 8; i++)
        k.p[k.n++] = (unsigned char)(object >> (56 - 8 * i));
    return k;
}

struct inner_key store_key_value(struct str key)
{
    struct inner_key k;

    check(key.n >= STORE_ACCOUNT_KEY && key.n <= STORE_MAX_KEY);
    memcpy(k.p, key.p, STORE_ACCOUNT_KEY);
    k.p[STORE_ACCOUNT_KEY] = KEY_VALUE;
    memcpy(k.p + STORE_ACCOUNT_KEY + 1, key.p + STORE_ACCOUNT_KEY, key.n - STORE_ACCOUNT_KEY);
    k.n = key.n + 1;
    return k;
}

/* ---- reading ---- */

enum err store_get(struct store *s, struct arena *a, const struct str *keys, size_t n,
                   struct str *values_out)
{
    return s->ops->get(s, a, keys, n, values_out);
}

enum err store_scan(struct store *s, struct arena *a, struct str prefix, struct str from,
                    size_t limit, struct store_row **rows_out, size_t *n_out)
{
    *rows_out = NULL;
    *n_out = 0;
    return s->ops->scan(s, a, prefix, from, limit, rows_out, n_out);
}

enum err store_change(struct store *s, uint64_t account, uint64_t *change_out)
{
    *change_out = 0;
    return s->ops->change(s, account, change_out);
}

/* ---- batches ---- */

struct store_batch *store_batch_new(uint64_t account)
{
    struct store_batch *b = NEW(struct store_batch);

    check(account != UINT64_MAX); /* an engine's own */
    b->account = account;
    return b;
}

void store_batch_free(struct store_batch *b)
{
    if (!b)
        return;
    for (size_t i = 0; i < b->n_blobs; i++)
        store_blob_abort(b->blobs[i]);
    mem_free(b->blobs);
    mem_free(b->ops);
    buf_fini(&b->bytes);
    mem_free(b);
}

static struct batch_op *batch_op_new(struct store_batch *b, enum op_kind kind)
{
    struct batch_op *op;

    if (b->n_ops == b->cap_ops) {
        b->cap_ops = b->cap_ops ? 2 * b->cap_ops : 8;
        b->ops = mem_grow(b->ops, b->cap_ops * sizeof(*b->ops));
    }
    op = &b->ops[b->n_ops++];
    *op = (struct batch_op){.kind = kind, .at = (uint32_t)b->bytes.n};
    return op;
}

/* A batch that outgrew its bounds takes nothing more, so its memory is bounded, too; its commit
 * fails. */
static bool batch_takes(struct store_batch *b, size_t bytes)
{
    if (b->n_ops >= STORE_MAX_BATCH_KEYS || b->bytes.n + bytes > STORE_MAX_BATCH_BYTES)
        b->too_big = true;
    return !b->too_big;
}

static void batch_add(struct store_batch *b, enum op_kind kind, struct str key, struct str value)
{
    struct inner_key k;
    struct batch_op *op;

    if (key.n > STORE_MAX_KEY || value.n > STORE_MAX_VALUE)
        b->too_big = true;
    if (!batch_takes(b, key.n + 1 + value.n))
        return;
    k = store_key_value(key);
    check(memcmp(k.p, store_key_change(b->account).p, STORE_ACCOUNT_KEY) == 0);
    op = batch_op_new(b, kind);
    op->key_n = (uint32_t)k.n;
    op->value_n = (uint32_t)value.n;
    buf_add(&b->bytes, k.p, k.n);
    buf_add_str(&b->bytes, value);
}

void store_batch_put(struct store_batch *b, struct str key, struct str value)
{
    batch_add(b, OP_PUT, key, value);
}

void store_batch_delete(struct store_batch *b, struct str key)
{
    batch_add(b, OP_DELETE, key, STR(""));
}

void store_batch_drop(struct store_batch *b, uint64_t object)
{
    if (batch_takes(b, 0))
        batch_op_new(b, OP_DROP)->object = object;
}

void store_batch_blob(struct store_batch *b, struct store_blob *blob)
{
    check(blob->finished && blob->failed == ERR_OK && blob->info.account == b->account);
    b->blobs = mem_grow(b->blobs, (b->n_blobs + 1) * sizeof(struct store_blob *));
    b->blobs[b->n_blobs++] = blob;
}

size_t store_batch_keys(const struct store_batch *b)
{
    return b->n_ops + b->n_blobs;
}

size_t store_batch_bytes(const struct store_batch *b)
{
    return b->bytes.n;
}

void store_batch_end(struct store_batch *b, enum err e, uint64_t change)
{
    store_done_fn *done = b->done;
    void *arg = b->arg;

    for (size_t i = 0; e == ERR_OK && i < b->n_blobs; i++)
        b->blobs[i]->committed = true;
    store_batch_free(b);
    if (done)
        done(arg, e, change);
}

void store_commit(struct store *s, struct store_batch *b, uint64_t expect, store_done_fn *done,
                  void *arg)
{
    b->expect = expect;
    b->done = done;
    b->arg = arg;
    if (b->too_big || store_batch_keys(b) > STORE_MAX_BATCH_KEYS)
        store_batch_end(b, ERR_LIMIT, expect);
    else
        s->ops->commit(s, b);
}

struct waiter {
    pthread_mutex_t lock;
    pthread_cond_t ended;
    bool over;
    enum err e;
};

static void waiter_done(void *arg, enum err e, uint64_t change)
{
    struct waiter *w = arg;

    pthread_mutex_lock(&w->lock);
    w->e = e;
    w->over = true;
    pthread_cond_signal(&w->ended);
    pthread_mutex_unlock(&w->lock);
}

enum err store_commit_wait(struct store *s, struct store_batch *b, uint64_t expect)
{
    struct waiter w = {.lock = PTHREAD_MUTEX_INITIALIZER, .ended = PTHREAD_COND_INITIALIZER};

    store_commit(s, b, expect, waiter_done, &w);
    pthread_mutex_lock(&w.lock);
    while (!w.over)
        pthread_cond_wait(&w.ended, &w.lock);
    pthread_mutex_unlock(&w.lock);
    pthread_mutex_destroy(&w.lock);
    pthread_cond_destroy(&w.ended);
    return w.e;
}

/* ---- blobs on their way in ---- */

struct store_blob *store_blob_begin(struct store *s, const struct store_blob_info *info)
{
    struct store_blob *b = NEW(struct store_blob);

    b->s = s;
    b->info = *info;
    b->fd = -1;
    return b;
}

void store_blob_set_date(struct store_blob *b, int64_t date)
{
    check(!b->finished);
    b->info.date = date;
}

uint64_t store_blob_size(const struct store_blob *b)
{
    return b->size;
}

static void blob_memory_free(struct store_blob *b)
{
    atomic_fetch_sub(&b->s->blob_memory, b->mem.n);
    buf_fini(&b->mem);
}

static bool blob_fits_memory(const struct store_blob *b, size_t more)
{
    if (!b->s->ops->blob_spool)
        return true;
    return b->mem.n + more <= STORE_BLOB_MEMORY &&
           atomic_load(&b->s->blob_memory) + more <= STORE_BLOBS_MEMORY;
}

static enum err blob_spool(struct store_blob *b, struct str bytes)
{
    if (!b->hash) {
        b->hash = hash_stream_new();
        if (b->mem.n > 0) {
            hash_stream_add(b->hash, buf_str(&b->mem));
            TRY(b->s->ops->blob_spool(b, buf_str(&b->mem)));
            blob_memory_free(b);
        }
    }
    hash_stream_add(b->hash, bytes);
    return b->s->ops->blob_spool(b, bytes);
}

static enum err blob_take(struct store_blob *b, struct str bytes)
{
    TRY(b->s->ops->blob_room(b->s));
    if (b->hash || !blob_fits_memory(b, bytes.n))
        return blob_spool(b, bytes);
    buf_add_str(&b->mem, bytes);
    atomic_fetch_add(&b->s->blob_memory, bytes.n);
    return ERR_OK;
}

enum err store_blob_append(struct store_blob *b, struct str bytes)
{
    check(!b->finished);
    if (b->failed == ERR_OK && bytes.n > 0)
        b->failed = blob_take(b, bytes);
    if (b->failed == ERR_OK)
        b->size += bytes.n;
    return b->failed;
}

enum err store_blob_finish(struct store_blob *b)
{
    check(!b->finished);
    if (b->failed == ERR_OK) {
        b->sum = b->hash ? hash_stream_end(b->hash) : hash_checksum(buf_str(&b->mem));
        b->failed = b->s->ops->blob_room(b->s);
    }
    if (b->failed == ERR_OK)
        b->failed = b->s->ops->blob_finish(b);
    b->finished = true;
    if (b->s->ops->blob_spool) /* the engine has it now */
        blob_memory_free(b);
    return b->failed;
}

void store_blob_abort(struct store_blob *b)
{
    if (!b)
        return;
    b->s->ops->blob_discard(b);
    blob_memory_free(b);
    hash_stream_free(b->hash);
    mem_free(b);
}

/* ---- blobs that are ---- */

enum err store_blob_read(struct store *s, uint64_t account, uint64_t object, uint64_t offset,
                         void *to, size_t n, size_t *got_out)
{
    *got_out = 0;
    return s->ops->blob_read(s, account, object, offset, to, n, got_out);
}

enum err store_blob_stat(struct store *s, uint64_t account, uint64_t object, uint64_t *size_out)
{
    *size_out = 0;
    return s->ops->blob_stat(s, account, object, size_out);
}

enum err store_blob_verify(struct store *s, uint64_t account, uint64_t object)
{
    return s->ops->blob_verify(s, account, object);
}

enum err store_blob_list(struct store *s, struct arena *a, uint64_t account, uint64_t from,
                         size_t limit, uint64_t **objects_out, size_t *n_out)
{
    *objects_out = NULL;
    *n_out = 0;
    return s->ops->blob_list(s, a, account, from, limit, objects_out, n_out);
}

/* ---- the whole ---- */

bool store_has_room(struct store *s, uint64_t bytes)
{
    return s->ops->has_room(s, bytes);
}

enum err store_check(struct store *s, bool repair, store_say_fn *say, void *arg,
                     struct store_check_report *out)
{
    *out = (struct store_check_report){0};
    return s->ops->prove(s, repair, say, arg, out);
}

enum err store_compact(struct store *s, uint64_t bytes, bool *more_out)
{
    *more_out = false;
    return s->ops->compact(s, bytes, more_out);
}

void store_close(struct store *s)
{
    if (s)
        s->ops->close(s);
}
