/* Many threads commit, read, drop and compact at once.  Also meant for the thread sanitizer
 * (tests/tsan.supp). */
#include "store_test.h"

#include <pthread.h>
#include <stdatomic.h>

enum { WRITERS = 6, READERS = 3, ROUNDS = 60 };

struct shared {
    struct store *s;
    atomic_bool over;
    atomic_uint reads, wrong;
};

struct writer {
    struct shared *sh;
    uint64_t account;
};

/* Batch n puts "n" under two keys, brings blob n and drops blob n - 5. */
static void *writer_main(void *arg)
{
    struct writer *w = arg;

    for (uint64_t n = 1; n <= ROUNDS; n++) {
        struct store_blob *blob = blob_new(w->sh->s, w->account, n, 1 + n * 997 % 80000);
        struct store_batch *b = store_batch_new(w->account);
        char text[32];

        snprintf(text, sizeof(text), "%llu", (unsigned long long)n);
        put(b, w->account, "a", text);
        put(b, w->account, "b", text);
        if (n > 5)
            store_batch_drop(b, n - 5);
        if (store_blob_finish(blob) == ERR_OK)
            store_batch_blob(b, blob);
        else
            store_blob_abort(blob);
        if (store_commit_wait(w->sh->s, b, n - 1) != ERR_OK)
            atomic_fetch_add(&w->sh->wrong, 1);
    }
    return NULL;
}

/* Both keys in one call are of one batch; a blob that is there is whole. */
static void read_once(struct shared *sh, struct arena *a, uint64_t account)
{
    struct key k[2] = {key_of(account, "a"), key_of(account, "b")};
    struct str keys[2] = {key_str(&k[0]), key_str(&k[1])}, v[2];
    uint64_t *objects;
    size_t n;

    arena_reset(a);
    if (store_get(sh->s, a, keys, 2, v) != ERR_OK || !str_eq(v[0], v[1]))
        atomic_fetch_add(&sh->wrong, 1);
    if (store_blob_list(sh->s, a, account, 0, 10, &objects, &n) != ERR_OK)
        atomic_fetch_add(&sh->wrong, 1);
    for (size_t i = 0; i < n; i++) {
        enum err e = store_blob_verify(sh->s, account, objects[i]);

        if (e != ERR_OK && e != ERR_NOT_FOUND)
            atomic_fetch_add(&sh->wrong, 1);
    }
    atomic_fetch_add(&sh->reads, 1);
}

static void *reader_main(void *arg)
{
    struct shared *sh = arg;
    struct arena *a = arena_new();

    for (uint64_t i = 0; !atomic_load(&sh->over); i++)
        read_once(sh, a, 1 + i % WRITERS);
    arena_free(a);
    return NULL;
}

static void *compactor_main(void *arg)
{
    struct shared *sh = arg;
    bool more;

    while (!atomic_load(&sh->over))
        if (store_compact(sh->s, 300000, &more) != ERR_OK)
            atomic_fetch_add(&sh->wrong, 1);
    return NULL;
}

static void stress(struct store *s)
{
    struct shared sh = {.s = s};
    struct writer w[WRITERS];
    pthread_t writers[WRITERS], readers[READERS], compactor;

    for (size_t i = 0; i < WRITERS; i++) {
        w[i] = (struct writer){&sh, i + 1};
        assert_int_equal(pthread_create(&writers[i], NULL, writer_main, &w[i]), 0);
    }
    for (size_t i = 0; i < READERS; i++)
        assert_int_equal(pthread_create(&readers[i], NULL, reader_main, &sh), 0);
    assert_int_equal(pthread_create(&compactor, NULL, compactor_main, &sh), 0);
    for (size_t i = 0; i < WRITERS; i++)
        pthread_join(writers[i], NULL);
    atomic_store(&sh.over, true);
    for (size_t i = 0; i < READERS; i++)
        pthread_join(readers[i], NULL);
    pthread_join(compactor, NULL);
    assert_int_equal(atomic_load(&sh.wrong), 0);
    assert_true(atomic_load(&sh.reads) > 0);
}

static void look_at_the_end(struct store *s)
{
    for (uint64_t account = 1; account <= WRITERS; account++) {
        uint64_t change;

        assert_ok(store_change(s, account, &change));
        assert_int_equal(change, ROUNDS);
        for (uint64_t n = ROUNDS - 4; n <= ROUNDS; n++)
            assert_true(blob_is(s, account, n, 1 + n * 997 % 80000));
    }
    assert_true(is_sound(s));
}

static void the_embedded_engine_keeps_its_promises_under_many_threads(void **state)
{
    struct store *s;
    char dir[64];

    dir_make(dir);
    assert_ok(small_open(dir, &s));
    stress(s);
    look_at_the_end(s);
    store_close(s);
    assert_ok(small_open(dir, &s));
    look_at_the_end(s);
    store_close(s);
    dir_remove(dir);
}

static void the_memory_engine_keeps_its_promises_under_many_threads(void **state)
{
    struct store *s = memory_open();

    stress(s);
    look_at_the_end(s);
    store_close(s);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(the_embedded_engine_keeps_its_promises_under_many_threads),
    cmocka_unit_test(the_memory_engine_keeps_its_promises_under_many_threads),
};

TESTS_MAIN(tests)
