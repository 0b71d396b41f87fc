/* The memory engine's own promises: the test decides when and how a commit ends. */
#include "store_test.h"

struct end {
    int times;
    enum err e;
    uint64_t change;
};

static void note_end(void *arg, enum err e, uint64_t change)
{
    struct end *end = arg;

    *end = (struct end){end->times + 1, e, change};
}

static void begin(struct store *s, uint64_t account, const char *value, uint64_t expect,
                  struct end *end)
{
    struct store_batch *b = store_batch_new(account);

    put(b, account, "k", value);
    store_commit(s, b, expect, note_end, end);
}

static void a_commit_waits_until_the_test_ends_it(void **state)
{
    struct arena *a = arena_new();
    struct store *s = memory_open();
    struct end end = {0};

    memory_auto(s, false);
    begin(s, 1, "v", 0, &end);
    assert_int_equal(memory_waiting(s), 1);
    assert_int_equal(end.times, 0);
    assert_null(get_one(s, a, 1, "k").p);
    memory_end(s, 0, ERR_OK);
    assert_int_equal(end.times, 1);
    assert_int_equal(end.change, 1);
    assert_lit(get_one(s, a, 1, "k"), "v");
    assert_int_equal(memory_waiting(s), 0);
    store_close(s);
    arena_free(a);
}

static void commits_end_in_any_order_and_any_way(void **state)
{
    struct arena *a = arena_new();
    struct store *s = memory_open();
    struct end one = {0}, two = {0}, three = {0};

    memory_auto(s, false);
    begin(s, 1, "one", 0, &one);
    begin(s, 2, "two", 0, &two);
    begin(s, 3, "three", 7, &three);
    memory_end(s, 1, ERR_STORE);
    memory_end(s, 1, ERR_OK);
    memory_end(s, 0, ERR_OK);
    assert_int_equal(one.e, ERR_OK);
    assert_int_equal(two.e, ERR_STORE);
    assert_int_equal(three.e, ERR_CONFLICT);
    assert_int_equal(three.change, 0);
    assert_null(get_one(s, a, 2, "k").p);
    assert_null(get_one(s, a, 3, "k").p);
    store_close(s);
    arena_free(a);
}

static void a_crash_keeps_what_was_durable_and_nothing_in_flight(void **state)
{
    struct arena *a = arena_new();
    struct store *s = memory_open(), *after;
    struct end end = {0};
    uint64_t change;

    assert_ok(put_now(s, 1, "k", "durable"));
    assert_ok(blob_now(s, 1, 5, 1000));
    memory_auto(s, false);
    begin(s, 1, "in flight", 2, &end);
    after = memory_crash(s);
    memory_end(s, 0, ERR_OK);
    assert_lit(get_one(after, a, 1, "k"), "durable");
    assert_lit(get_one(s, a, 1, "k"), "in flight");
    assert_true(blob_is(after, 1, 5, 1000));
    assert_ok(store_change(after, 1, &change));
    assert_int_equal(change, 2);
    store_close(s);
    store_close(after);
    arena_free(a);
}

static void a_full_store_takes_nothing_until_it_is_not(void **state)
{
    struct store *s = memory_open();

    memory_full(s, true);
    assert_false(store_has_room(s, 1));
    assert_int_equal(put_now(s, 1, "k", "v"), ERR_NO_SPACE);
    assert_int_equal(blob_now(s, 1, 1, 10), ERR_NO_SPACE);
    memory_full(s, false);
    assert_true(store_has_room(s, 1));
    assert_ok(put_now(s, 1, "k", "v"));
    assert_ok(blob_now(s, 1, 1, 10));
    store_close(s);
}

static void closing_ends_what_waits(void **state)
{
    struct store *s = memory_open();
    struct end end = {0};

    memory_auto(s, false);
    begin(s, 1, "v", 0, &end);
    store_close(s);
    assert_int_equal(end.times, 1);
    assert_int_equal(end.e, ERR_CLOSED);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_commit_waits_until_the_test_ends_it),
    cmocka_unit_test(commits_end_in_any_order_and_any_way),
    cmocka_unit_test(a_crash_keeps_what_was_durable_and_nothing_in_flight),
    cmocka_unit_test(a_full_store_takes_nothing_until_it_is_not),
    cmocka_unit_test(closing_ends_what_waits),
};

TESTS_MAIN(tests)
