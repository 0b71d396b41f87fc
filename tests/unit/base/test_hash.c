#include "test.h"

#include "base/hash.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void the_checksum_is_xxh3_and_stays_so(void **state)
{
    /* Written into every store: these values may never change. */
    assert_true(hash_checksum(STR("")) == 0x2D06800538D394C2u);
    assert_true(hash_checksum(STR_NONE) == 0x2D06800538D394C2u);
    assert_true(hash_checksum(STR("a")) == 0xE6C632B61E964E1Fu);
    assert_true(hash_checksum(STR("abc")) == 0x78AF5F94892F3950u);
}

static void a_stream_in_any_pieces_has_the_same_checksum(void **state)
{
    char text[5000];

    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (char)(i * 7 + i / 256);
    for (size_t piece = 1; piece < 5000; piece = piece * 2 + 1) {
        struct hash_stream *h = hash_stream_new();

        for (size_t at = 0; at < sizeof(text); at += piece)
            hash_stream_add(h, str_sub(str_n(text, sizeof(text)), at, piece));
        hash_stream_add(h, STR_NONE);
        assert_true(hash_stream_end(h) == hash_checksum(str_n(text, sizeof(text))));
        hash_stream_free(h);
    }
    hash_stream_free(NULL);
}

static void an_empty_stream_has_the_checksum_of_nothing(void **state)
{
    struct hash_stream *h = hash_stream_new();

    assert_true(hash_stream_end(h) == hash_checksum(STR("")));
    hash_stream_free(h);
}

static uint64_t seeded_in_a_new_process(void)
{
    int fds[2];
    uint64_t v = 0;

    assert_int_equal(pipe(fds), 0);
    if (fork() == 0) {
        v = hash_seeded(STR("x"));
        _exit(write(fds[1], &v, sizeof(v)) != sizeof(v));
    }
    wait(NULL);
    assert_int_equal(read(fds[0], &v, sizeof(v)), sizeof(v));
    close(fds[0]);
    close(fds[1]);
    return v;
}

/* Runs first: once this process has its seed, children inherit it. */
static void the_seed_differs_from_process_to_process(void **state)
{
    assert_true(seeded_in_a_new_process() != seeded_in_a_new_process());
    assert_true(hash_seeded(STR("x")) == hash_seeded(STR("x")));
    assert_true(hash_seeded(STR("x")) != hash_seeded(STR("y")));
}

static void a_map_gives_back_what_was_put(void **state)
{
    struct map *m = map_new();
    int one, two;

    assert_null(map_get(m, STR("a")));
    assert_null(map_put(m, STR("a"), &one));
    assert_ptr_equal(map_get(m, STR("a")), &one);
    assert_ptr_equal(map_put(m, STR("a"), &two), &one);
    assert_ptr_equal(map_get(m, STR("a")), &two);
    assert_int_equal(map_count(m), 1);
    assert_ptr_equal(map_put(m, STR("a"), NULL), &two);
    assert_null(map_get(m, STR("a")));
    assert_null(map_put(m, STR("a"), NULL));
    assert_int_equal(map_count(m), 0);
    map_free(m);
    map_free(NULL);
}

static void removing_from_an_empty_map_does_nothing(void **state)
{
    struct map *m = map_new();

    assert_null(map_put(m, STR("never"), NULL));
    assert_int_equal(map_count(m), 0);
    map_free(m);
}

static void keys_are_copied_and_may_be_empty_or_hold_nul(void **state)
{
    struct map *m = map_new();
    char key[] = "k\0y";
    int one, two;

    map_put(m, str_n(key, 3), &one);
    map_put(m, STR(""), &two);
    key[0] = 'X';
    assert_ptr_equal(map_get(m, STR("k\0y")), &one);
    assert_null(map_get(m, STR("k\0z")));
    assert_null(map_get(m, STR("k")));
    assert_ptr_equal(map_get(m, STR("")), &two);
    map_free(m);
}

enum { KEYS = 500 };

static struct str key_of(char *text, int i)
{
    return str_n(text, (size_t)snprintf(text, 16, "key%d", i));
}

static void a_map_agrees_with_an_array_over_random_changes(void **state)
{
    struct map *m = map_new();
    static char marks[KEYS];
    char *model[KEYS] = {0};
    unsigned seed = 1;
    size_t count = 0;
    char text[16];

    for (int step = 0; step < 40000; step++) {
        int i = rand_r(&seed) % KEYS;
        char *value = rand_r(&seed) % 3 ? &marks[rand_r(&seed) % KEYS] : NULL;

        assert_ptr_equal(map_put(m, key_of(text, i), value), model[i]);
        count += (value != NULL) - (model[i] != NULL);
        model[i] = value;
        assert_int_equal(map_count(m), count);
        if (step % 1000 == 0) {
            for (int k = 0; k < KEYS; k++)
                assert_ptr_equal(map_get(m, key_of(text, k)), model[k]);
        }
    }
    map_free(m);
}

static void count_key(void *arg, struct str key, void *value)
{
    int *seen = arg;
    uint32_t i;

    assert_true(str_to_u32(str_from(key, 3), &i));
    assert_true(value == &seen[i]);
    seen[i]++;
}

static void each_is_called_once_for_every_entry(void **state)
{
    struct map *m = map_new();
    int seen[KEYS] = {0};
    char text[16];

    map_each(m, count_key, seen);
    for (int i = 0; i < KEYS; i++)
        map_put(m, key_of(text, i), &seen[i]);
    map_each(m, count_key, seen);
    for (int i = 0; i < KEYS; i++)
        assert_int_equal(seen[i], 1);
    map_free(m);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(the_seed_differs_from_process_to_process),
    cmocka_unit_test(the_checksum_is_xxh3_and_stays_so),
    cmocka_unit_test(a_stream_in_any_pieces_has_the_same_checksum),
    cmocka_unit_test(an_empty_stream_has_the_checksum_of_nothing),
    cmocka_unit_test(a_map_gives_back_what_was_put),
    cmocka_unit_test(removing_from_an_empty_map_does_nothing),
    cmocka_unit_test(removing_from_an_empty_map_does_nothing),
    cmocka_unit_test(keys_are_copied_and_may_be_empty_or_hold_nul),
    cmocka_unit_test(a_map_agrees_with_an_array_over_random_changes),
    cmocka_unit_test(each_is_called_once_for_every_entry),
};

TESTS_MAIN(tests)
