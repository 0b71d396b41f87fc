/* Work whose result after any number of batches is known: batch n of an account is a function of
 * both numbers. */
#ifndef TESTS_STORE_WORKLOAD_H
#define TESTS_STORE_WORKLOAD_H

#include "../unit/store/store_test.h"

enum { WORK_KEYS = 12, WORK_OBJECTS = 64 };

/* What an account is after some batches. */
struct work_state {
    uint64_t value[WORK_KEYS];   /* the batch that put it; 0: absent */
    size_t object[WORK_OBJECTS]; /* size + 1; 0: absent.  Object n came with batch n. */
};

static inline uint64_t work_random(uint64_t account, uint64_t n, uint64_t what)
{
    uint64_t z =
        account * 0x9e3779b97f4a7c15u + n * 0xbf58476d1ce4e5b9u + what * 0x94d049bb133111ebu;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static inline void work_value(uint64_t account, uint64_t batch, int key, struct buf *out)
{
    size_t n = work_random(account, batch, 100 + (uint64_t)key) % 900;

    buf_clear(out);
    buf_printf(out, "%llu/%llu/%d:", (unsigned long long)account, (unsigned long long)batch, key);
    while (out->n < n)
        buf_add_char(out, (char)('a' + out->n % 26));
}

/* 0: batch n brings none. */
static inline size_t work_blob_size(uint64_t account, uint64_t n)
{
    uint64_t r = work_random(account, n, 1);

    if (n >= WORK_OBJECTS || r % 4 == 0)
        return 0;
    if (r % 17 == 1)
        return 262145 + r % 50000;
    return 1 + (r >> 8) % 9000;
}

/* Which keys batch n touches, and how: 0 not, 1 put, 2 delete. */
static inline int work_touch(uint64_t account, uint64_t n, int key)
{
    uint64_t r = work_random(account, n, 10 + (uint64_t)key) % 10;

    return r < 3 ? 1 : r == 3 ? 2 : 0;
}

/* The object that batch n drops; 0: none. */
static inline uint64_t work_drop(uint64_t account, uint64_t n)
{
    return n > 3 && work_random(account, n, 2) % 2 ? n - 3 : 0;
}

static inline struct work_state work_after(uint64_t account, uint64_t batches)
{
    struct work_state w = {0};

    for (uint64_t n = 1; n <= batches; n++) {
        if (work_blob_size(account, n))
            w.object[n] = work_blob_size(account, n) + 1;
        if (work_drop(account, n) && work_drop(account, n) < WORK_OBJECTS)
            w.object[work_drop(account, n)] = 0;
        for (int k = 0; k < WORK_KEYS; k++)
            if (work_touch(account, n, k))
                w.value[k] = work_touch(account, n, k) == 1 ? n : 0;
    }
    return w;
}

/* Batch n, ready to be committed against n - 1; NULL: its blob was refused. */
static inline struct store_batch *work_batch(struct store *s, uint64_t account, uint64_t n)
{
    struct store_batch *b = store_batch_new(account);
    struct buf value = BUF_INIT;
    char name[16];

    if (work_blob_size(account, n)) {
        struct store_blob *blob = blob_new(s, account, n, work_blob_size(account, n));

        if (store_blob_finish(blob) != ERR_OK) {
            store_blob_abort(blob);
            store_batch_free(b);
            return NULL;
        }
        store_batch_blob(b, blob);
    }
    if (work_drop(account, n))
        store_batch_drop(b, work_drop(account, n));
    for (int k = 0; k < WORK_KEYS; k++) {
        struct key key;

        snprintf(name, sizeof(name), "key%02d", k);
        key = key_of(account, name);
        work_value(account, n, k, &value);
        if (work_touch(account, n, k) == 1)
            store_batch_put(b, key_str(&key), buf_str(&value));
        else if (work_touch(account, n, k) == 2)
            store_batch_delete(b, key_str(&key));
    }
    buf_fini(&value);
    return b;
}

static inline bool work_keys_are(struct store *s, struct arena *a, uint64_t account,
                                 const struct work_state *w)
{
    struct buf want = BUF_INIT;
    bool ok = true;
    char name[16];

    for (int k = 0; k < WORK_KEYS && ok; k++) {
        struct str got;

        snprintf(name, sizeof(name), "key%02d", k);
        got = get_one(s, a, account, name);
        work_value(account, w->value[k], k, &want);
        ok = w->value[k] ? got.p && str_eq(got, buf_str(&want)) : !got.p;
        if (!ok)
            print_error("account %llu %s is not of batch %llu\n", (unsigned long long)account, name,
                        (unsigned long long)w->value[k]);
    }
    buf_fini(&want);
    return ok;
}

static inline bool work_blobs_are(struct store *s, struct arena *a, uint64_t account,
                                  const struct work_state *w)
{
    uint64_t *objects;
    size_t n, want = 0;

    for (uint64_t o = 1; o < WORK_OBJECTS; o++) {
        if (!w->object[o])
            continue;
        want++;
        if (!blob_is(s, account, o, w->object[o] - 1)) {
            print_error("account %llu blob %llu is not whole\n", (unsigned long long)account,
                        (unsigned long long)o);
            return false;
        }
    }
    if (store_blob_list(s, a, account, 0, 1000, &objects, &n) != ERR_OK)
        return false;
    if (n != want)
        print_error("account %llu has %zu blobs, not %zu\n", (unsigned long long)account, n, want);
    return n == want;
}

/* Is the account whole, after at least `least` and at most `most` batches? */
static inline bool work_is(struct store *s, uint64_t account, uint64_t least, uint64_t most)
{
    struct arena *a = arena_new();
    struct work_state w;
    uint64_t change = 0;
    bool ok = store_change(s, account, &change) == ERR_OK && change >= least && change <= most;

    if (!ok)
        print_error("account %llu stands at %llu, not in %llu..%llu\n", (unsigned long long)account,
                    (unsigned long long)change, (unsigned long long)least,
                    (unsigned long long)most);
    w = work_after(account, change);
    ok = ok && work_keys_are(s, a, account, &w) && work_blobs_are(s, a, account, &w);
    arena_free(a);
    return ok;
}

#endif
