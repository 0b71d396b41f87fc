/* What store.h promises, asked of every engine. */
#include "store_test.h"

struct engine {
    struct store *s;
    struct arena *a;
    char dir[64];
};

static int memory_setup(void **state)
{
    struct engine *e = NEW(struct engine);

    e->s = memory_open();
    e->a = arena_new();
    *state = e;
    return 0;
}

static int embedded_setup(void **state)
{
    struct engine *e = NEW(struct engine);

    dir_make(e->dir);
    e->a = arena_new();
    *state = e;
    return small_open(e->dir, &e->s) == ERR_OK ? 0 : -1;
}

static int teardown(void **state)
{
    struct engine *e = *state;

    store_close(e->s);
    arena_free(e->a);
    if (e->dir[0])
        dir_remove(e->dir);
    mem_free(e);
    return 0;
}

static void a_missing_key_is_absent_and_an_empty_value_is_not(void **state)
{
    struct engine *e = *state;

    assert_ok(put_now(e->s, 1, "empty", ""));
    assert_null(get_one(e->s, e->a, 1, "missing").p);
    assert_non_null(get_one(e->s, e->a, 1, "empty").p);
    assert_int_equal(get_one(e->s, e->a, 1, "empty").n, 0);
}

static void many_keys_are_read_in_one_call_in_their_order(void **state)
{
    struct engine *e = *state;
    struct key k[3] = {key_of(1, "b"), key_of(1, "none"), key_of(1, "a")};
    struct str keys[3] = {key_str(&k[0]), key_str(&k[1]), key_str(&k[2])}, values[3];

    assert_ok(put_now(e->s, 1, "a", "first"));
    assert_ok(put_now(e->s, 1, "b", "second"));
    assert_ok(store_get(e->s, e->a, keys, 3, values));
    assert_lit(values[0], "second");
    assert_null(values[1].p);
    assert_lit(values[2], "first");
}

static void a_later_change_of_a_key_wins_within_a_batch(void **state)
{
    struct engine *e = *state;
    struct store_batch *b = store_batch_new(1);

    put(b, 1, "k", "one");
    delete_key(b, 1, "k");
    put(b, 1, "k", "two");
    put(b, 1, "gone", "x");
    delete_key(b, 1, "gone");
    delete_key(b, 1, "never was");
    assert_int_equal(store_batch_keys(b), 6);
    assert_ok(store_commit_wait(e->s, b, 0));
    assert_lit(get_one(e->s, e->a, 1, "k"), "two");
    assert_null(get_one(e->s, e->a, 1, "gone").p);
}

static void a_batch_made_against_another_state_changes_nothing(void **state)
{
    struct engine *e = *state;
    struct store_batch *b = store_batch_new(1);
    uint64_t change;

    assert_ok(put_now(e->s, 1, "k", "one"));
    assert_ok(put_now(e->s, 1, "k", "two"));
    put(b, 1, "k", "three");
    assert_int_equal(store_commit_wait(e->s, b, 1), ERR_CONFLICT);
    assert_lit(get_one(e->s, e->a, 1, "k"), "two");
    assert_ok(store_change(e->s, 1, &change));
    assert_int_equal(change, 2);
    assert_ok(store_change(e->s, 2, &change));
    assert_int_equal(change, 0);
}

static void a_scan_gives_the_keys_of_a_prefix_rising(void **state)
{
    struct engine *e = *state;
    struct store_batch *b = store_batch_new(7);
    struct key p = key_of(7, "m/"), from = key_of(7, "m/2");
    struct store_row *rows;
    size_t n;

    put(b, 7, "m/3", "c");
    put(b, 7, "m/1", "a");
    put(b, 7, "m/2", "b");
    put(b, 7, "n/0", "x");
    assert_ok(store_commit_wait(e->s, b, 0));
    assert_ok(put_now(e->s, 8, "m/1", "another account's"));
    assert_ok(store_scan(e->s, e->a, key_str(&p), STR_NONE, 10, &rows, &n));
    assert_int_equal(n, 3);
    assert_lit(rows[0].value, "a");
    assert_lit(rows[2].value, "c");
    assert_lit(str_from(rows[2].key, 8), "m/3");
    assert_ok(store_scan(e->s, e->a, key_str(&p), key_str(&from), 1, &rows, &n));
    assert_int_equal(n, 1);
    assert_lit(rows[0].value, "b");
}

static void a_scan_of_an_account_shows_its_keys_and_nothing_of_the_engine(void **state)
{
    struct engine *e = *state;
    struct key p = key_of(7, "");
    struct store_row *rows;
    size_t n;

    assert_ok(blob_now(e->s, 7, 1, 10));
    for (int i = 0; i < 200; i++) {
        char name[16];

        snprintf(name, sizeof(name), "%03d", i);
        assert_ok(put_now(e->s, 7, name, "v"));
    }
    assert_ok(store_scan(e->s, e->a, key_str(&p), STR_NONE, SIZE_MAX, &rows, &n));
    assert_int_equal(n, 200);
    assert_lit(str_from(rows[199].key, 8), "199");
}

static void a_value_over_its_limit_fails_the_whole_batch(void **state)
{
    struct engine *e = *state;
    struct store_batch *b = store_batch_new(1);
    struct key k = key_of(1, "big");
    char *value = mem_new(STORE_MAX_VALUE + 1);

    put(b, 1, "small", "x");
    store_batch_put(b, key_str(&k), str_n(value, STORE_MAX_VALUE + 1));
    assert_int_equal(store_commit_wait(e->s, b, 0), ERR_LIMIT);
    assert_null(get_one(e->s, e->a, 1, "small").p);
    b = store_batch_new(1);
    store_batch_put(b, key_str(&k), str_n(value, STORE_MAX_VALUE));
    assert_ok(store_commit_wait(e->s, b, 0));
    assert_int_equal(get_one(e->s, e->a, 1, "big").n, STORE_MAX_VALUE);
    mem_free(value);
}

static void the_longest_key_is_kept_whole(void **state)
{
    struct engine *e = *state;
    struct store_batch *b = store_batch_new(1);
    char key[STORE_MAX_KEY] = {0};
    struct str keys[1] = {str_n(key, sizeof(key))}, value;

    memset(key + 8, 'k', sizeof(key) - 8);
    key[7] = 1;
    store_batch_put(b, keys[0], STR("v"));
    assert_ok(store_commit_wait(e->s, b, 0));
    assert_ok(store_get(e->s, e->a, keys, 1, &value));
    assert_lit(value, "v");
}

static void the_largest_batch_goes_through_and_one_key_more_does_not(void **state)
{
    struct engine *e = *state;

    for (int more = 0; more < 2; more++) {
        struct store_batch *b = store_batch_new(1);
        char name[16];

        for (int i = 0; i < STORE_MAX_BATCH_KEYS + more; i++) {
            snprintf(name, sizeof(name), "%d", i);
            put(b, 1, name, "some value that takes a little room");
        }
        assert_int_equal(store_commit_wait(e->s, b, (uint64_t)more), more ? ERR_LIMIT : ERR_OK);
    }
    assert_non_null(get_one(e->s, e->a, 1, "4999").p);
}

static void a_blob_of_any_size_comes_out_as_it_went_in(void **state)
{
    static const size_t sizes[] = {0, 1, 4096, 65536, 65537, 200000, 262144, 262145, 3000000};
    struct engine *e = *state;

    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        uint64_t size = 1;

        assert_ok(blob_now(e->s, 5, i + 1, sizes[i]));
        assert_ok(store_blob_stat(e->s, 5, i + 1, &size));
        assert_int_equal(size, sizes[i]);
        assert_true(blob_is(e->s, 5, i + 1, sizes[i]));
        assert_ok(store_blob_verify(e->s, 5, i + 1));
    }
    assert_true(is_sound(e->s));
}

static void a_slice_of_a_blob_ends_at_its_end(void **state)
{
    struct engine *e = *state;
    char want[1000], got[100];
    size_t n;

    assert_ok(blob_now(e->s, 5, 1, sizeof(want)));
    assert_ok(blob_now(e->s, 5, 2, 100));
    blob_bytes(want, sizeof(want), 5, 1);
    assert_ok(store_blob_read(e->s, 5, 1, 950, got, sizeof(got), &n));
    assert_int_equal(n, 50);
    assert_memory_equal(got, want + 950, 50);
    assert_ok(store_blob_read(e->s, 5, 1, 1000, got, sizeof(got), &n));
    assert_int_equal(n, 0);
    assert_ok(store_blob_read(e->s, 5, 1, UINT64_MAX, got, sizeof(got), &n));
    assert_int_equal(n, 0);
}

static void a_blob_is_not_there_before_its_batch(void **state)
{
    struct engine *e = *state;
    struct store_blob *blob = blob_new(e->s, 5, 1, 1000);
    struct store_batch *b = store_batch_new(5);
    uint64_t size;

    assert_ok(store_blob_finish(blob));
    assert_int_equal(store_blob_stat(e->s, 5, 1, &size), ERR_NOT_FOUND);
    store_batch_blob(b, blob);
    assert_int_equal(store_commit_wait(e->s, b, 99), ERR_CONFLICT);
    assert_int_equal(store_blob_stat(e->s, 5, 1, &size), ERR_NOT_FOUND);
    assert_int_equal(store_blob_stat(e->s, 6, 1, &size), ERR_NOT_FOUND);
}

static void a_blob_may_be_given_up_at_any_time(void **state)
{
    struct engine *e = *state;
    static const size_t sizes[] = {10, 100000, 1000000};
    uint64_t size;

    store_blob_abort(NULL);
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        struct store_blob *b = blob_new(e->s, 5, 1, sizes[i]);

        store_blob_abort(b);
        b = blob_new(e->s, 5, 1, sizes[i]);
        assert_ok(store_blob_finish(b));
        assert_int_equal(store_blob_size(b), sizes[i]);
        store_blob_abort(b);
    }
    assert_int_equal(store_blob_stat(e->s, 5, 1, &size), ERR_NOT_FOUND);
    assert_true(is_sound(e->s));
}

static void a_dropped_blob_is_gone_with_its_batch(void **state)
{
    struct engine *e = *state;
    uint64_t size;

    for (uint64_t object = 1; object < 4; object++) {
        assert_ok(blob_now(e->s, 5, object, object * 200000));
        assert_ok(drop_now(e->s, 5, object));
        assert_int_equal(store_blob_stat(e->s, 5, object, &size), ERR_NOT_FOUND);
        assert_int_equal(store_blob_verify(e->s, 5, object), ERR_NOT_FOUND);
    }
    assert_ok(drop_now(e->s, 5, 77));
    assert_true(is_sound(e->s));
}

static void blobs_are_listed_by_account_rising(void **state)
{
    struct engine *e = *state;
    uint64_t *objects;
    size_t n;

    assert_ok(blob_now(e->s, 5, 300, 1));
    assert_ok(blob_now(e->s, 5, 2, 1));
    assert_ok(blob_now(e->s, 5, 10, 400000));
    assert_ok(blob_now(e->s, 6, 1, 1));
    assert_ok(store_blob_list(e->s, e->a, 5, 0, 100, &objects, &n));
    assert_int_equal(n, 3);
    assert_int_equal(objects[0], 2);
    assert_int_equal(objects[2], 300);
    assert_ok(store_blob_list(e->s, e->a, 5, 3, 1, &objects, &n));
    assert_int_equal(n, 1);
    assert_int_equal(objects[0], 10);
}

static void a_batch_is_counted_while_it_is_made(void **state)
{
    struct store_batch *b = store_batch_new(3);

    assert_int_equal(store_batch_keys(b), 0);
    put(b, 3, "key", "12345");
    store_batch_drop(b, 9);
    assert_int_equal(store_batch_keys(b), 2);
    assert_true(store_batch_bytes(b) >= 8 + 3 + 5);
    store_batch_free(b);
    store_batch_free(NULL);
}

static void a_check_counts_what_is_there(void **state)
{
    struct engine *e = *state;
    struct store_check_report r;

    assert_ok(put_now(e->s, 1, "a", "1"));
    assert_ok(put_now(e->s, 1, "b", "2"));
    assert_ok(blob_now(e->s, 1, 1, 1000));
    assert_ok(blob_now(e->s, 2, 1, 500000));
    assert_ok(store_check(e->s, false, say_line, NULL, &r));
    assert_int_equal(r.keys, 2);
    assert_int_equal(r.blobs, 2);
    assert_int_equal(r.bytes, 501000);
    assert_int_equal(r.findings, 0);
}

static void there_is_room_on_an_empty_disk(void **state)
{
    struct engine *e = *state;

    assert_true(store_has_room(e->s, 1000));
}

#define FOR(engine, test)                                                                          \
    {                                                                                              \
#test " (" #engine ")", test, engine##_setup, teardown, NULL                               \
    }
#define FOR_BOTH(test) FOR(memory, test), FOR(embedded, test)

static const struct CMUnitTest tests[] = {
    FOR_BOTH(a_missing_key_is_absent_and_an_empty_value_is_not),
    FOR_BOTH(many_keys_are_read_in_one_call_in_their_order),
    FOR_BOTH(a_later_change_of_a_key_wins_within_a_batch),
    FOR_BOTH(a_batch_made_against_another_state_changes_nothing),
    FOR_BOTH(a_scan_gives_the_keys_of_a_prefix_rising),
    FOR_BOTH(a_scan_of_an_account_shows_its_keys_and_nothing_of_the_engine),
    FOR_BOTH(a_value_over_its_limit_fails_the_whole_batch),
    FOR_BOTH(the_longest_key_is_kept_whole),
    FOR_BOTH(the_largest_batch_goes_through_and_one_key_more_does_not),
    FOR_BOTH(a_blob_of_any_size_comes_out_as_it_went_in),
    FOR_BOTH(a_slice_of_a_blob_ends_at_its_end),
    FOR_BOTH(a_blob_is_not_there_before_its_batch),
    FOR_BOTH(a_blob_may_be_given_up_at_any_time),
    FOR_BOTH(a_dropped_blob_is_gone_with_its_batch),
    FOR_BOTH(blobs_are_listed_by_account_rising),
    FOR_BOTH(a_batch_is_counted_while_it_is_made),
    FOR_BOTH(a_check_counts_what_is_there),
    FOR_BOTH(there_is_room_on_an_empty_disk),
};

TESTS_MAIN(tests)
