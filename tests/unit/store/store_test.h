/* What the tests of the store share: a directory that goes away, short ways to put and get, and
 * both engines. */
#ifndef TESTS_STORE_TEST_H
#define TESTS_STORE_TEST_H

#include "test.h"

#include "base/codec.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/embedded.h"
#include "store/memory.h"

#include <ftw.h>
#include <stdlib.h>
#include <unistd.h>

static inline int dir_unlink_one(const char *path, const struct stat *st, int flag, struct FTW *f)
{
    return remove(path);
}

static inline void dir_remove(const char *path)
{
    nftw(path, dir_unlink_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Kept in `path`, which has room for it. */
static inline void dir_make(char path[static 64])
{
    snprintf(path, 64, "%s/tern-store-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    assert_non_null(mkdtemp(path));
}

/* Small packs, so that a test meets more than one. */
static inline enum err small_open(const char *dir, struct store **out)
{
    struct embedded_options o = {.pack_size = 1024 * 1024, .min_free = 1, .map_size = 1ull << 30};

    return embedded_open(dir, &o, out);
}

struct key {
    char p[64];
    size_t n;
};

static inline struct key key_of(uint64_t account, const char *rest)
{
    struct key k = {.n = 8};

    for (int i = 0; i < 8; i++)
        k.p[i] = (char)(account >> (56 - 8 * i));
    k.n += (size_t)snprintf(k.p + 8, sizeof(k.p) - 8, "%s", rest);
    return k;
}

static inline struct str key_str(const struct key *k)
{
    return str_n(k->p, k->n);
}

static inline void put(struct store_batch *b, uint64_t account, const char *rest, const char *value)
{
    struct key k = key_of(account, rest);

    store_batch_put(b, key_str(&k), str_of(value));
}

static inline void delete_key(struct store_batch *b, uint64_t account, const char *rest)
{
    struct key k = key_of(account, rest);

    store_batch_delete(b, key_str(&k));
}

/* One key, one batch, at the account's present number. */
static inline enum err put_now(struct store *s, uint64_t account, const char *rest,
                               const char *value)
{
    struct store_batch *b = store_batch_new(account);
    uint64_t change;

    enum err e = store_change(s, account, &change);

    put(b, account, rest, value);
    if (e != ERR_OK) {
        store_batch_free(b);
        return e;
    }
    return store_commit_wait(s, b, change);
}

static inline struct str get_one(struct store *s, struct arena *a, uint64_t account,
                                 const char *rest)
{
    struct key k = key_of(account, rest);
    struct str keys[1] = {key_str(&k)}, value;

    assert_int_equal(store_get(s, a, keys, 1, &value), ERR_OK);
    return value;
}

/* Bytes that say which blob they are of. */
static inline void blob_bytes(char *p, size_t n, uint64_t account, uint64_t object)
{
    uint64_t x = account * 1000003 + object * 7919 + 1;

    for (size_t i = 0; i < n; i++) {
        x = x * 6364136223846793005u + 1442695040888963407u;
        p[i] = (char)(x >> 56);
    }
}

static inline struct store_blob *blob_new(struct store *s, uint64_t account, uint64_t object,
                                          size_t n)
{
    struct store_blob_info info = {account, object, 1000 + (int64_t)object};
    struct store_blob *b = store_blob_begin(s, &info);
    char *p = mem_raw(n);

    blob_bytes(p, n, account, object);
    for (size_t at = 0; at < n; at += 50000)
        if (store_blob_append(b, str_n(p + at, n - at < 50000 ? n - at : 50000)) != ERR_OK)
            break;
    mem_free(p);
    return b;
}

static inline enum err blob_now(struct store *s, uint64_t account, uint64_t object, size_t n)
{
    struct store_blob *blob = blob_new(s, account, object, n);
    enum err e = store_blob_finish(blob);
    struct store_batch *b;
    uint64_t change;

    if (e != ERR_OK) {
        store_blob_abort(blob);
        return e;
    }
    b = store_batch_new(account);
    store_batch_blob(b, blob);
    e = store_change(s, account, &change);
    if (e != ERR_OK) {
        store_batch_free(b);
        return e;
    }
    return store_commit_wait(s, b, change);
}

static inline enum err drop_now(struct store *s, uint64_t account, uint64_t object)
{
    struct store_batch *b = store_batch_new(account);
    uint64_t change;

    store_batch_drop(b, object);
    if (store_change(s, account, &change) != ERR_OK)
        change = UINT64_MAX;
    return store_commit_wait(s, b, change);
}

/* Is the blob there, of n bytes, every one right? */
static inline bool blob_is(struct store *s, uint64_t account, uint64_t object, size_t n)
{
    char *want = mem_raw(n + 1), *got = mem_raw(n + 1);
    size_t n_got = 0;
    bool ok;

    blob_bytes(want, n, account, object);
    ok = store_blob_read(s, account, object, 0, got, n + 1, &n_got) == ERR_OK && n_got == n &&
         memcmp(want, got, n) == 0;
    mem_free(want);
    mem_free(got);
    return ok;
}

static inline void say_line(void *arg, struct str line)
{
    print_message("%.*s\n", STR_FMT(line));
}

/* No finding at all. */
static inline bool is_sound(struct store *s)
{
    struct store_check_report r;

    return store_check(s, false, say_line, NULL, &r) == ERR_OK && r.findings == 0;
}

#endif
