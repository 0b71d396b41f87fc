#include "test.h"

#include "base/ranges.h"

#include <stdlib.h>

enum { TOP = 64 }; /* the model knows 1..TOP-1 */

static void assert_set(const struct ranges *r, const char *want)
{
    struct buf b = BUF_INIT;

    ranges_format(r, &b);
    assert_str(buf_str(&b), str_of(want));
    buf_fini(&b);
}

/* The invariants, and the members one by one. */
static void assert_model(const struct ranges *r, const bool *model)
{
    uint64_t count = 0;

    for (size_t i = 0; i < r->n; i++) {
        assert_true(r->v[i].lo > 0 && r->v[i].lo <= r->v[i].hi);
        assert_true(i == 0 || (uint64_t)r->v[i - 1].hi + 1 < r->v[i].lo);
    }
    for (uint32_t x = 0; x < TOP; x++) {
        assert_int_equal(ranges_has(r, x), model[x]);
        assert_int_equal(ranges_rank(r, x), count);
        count += model[x];
    }
    assert_int_equal(ranges_count(r), count);
}

static void random_range(unsigned *seed, uint32_t *lo, uint32_t *hi)
{
    *lo = (uint32_t)rand_r(seed) % TOP;
    *hi = *lo + (uint32_t)rand_r(seed) % 6;
    if (*hi >= TOP)
        *hi = TOP - 1;
}

static void random_set(unsigned *seed, struct ranges *r, bool *model)
{
    memset(model, 0, TOP * sizeof(*model));
    for (int i = rand_r(seed) % 12; i > 0; i--) {
        uint32_t lo, hi;

        random_range(seed, &lo, &hi);
        ranges_add(r, lo, hi);
        for (uint32_t x = lo ? lo : 1; x <= hi; x++)
            model[x] = true;
    }
}

static void adding_and_removing_agrees_with_a_table_of_booleans(void **state)
{
    unsigned seed = 1;

    for (int round = 0; round < 200; round++) {
        struct ranges r = RANGES_INIT;
        bool model[TOP] = {0};

        for (int step = 0; step < 60; step++) {
            bool add = rand_r(&seed) % 3 != 0;
            uint32_t lo, hi;

            random_range(&seed, &lo, &hi);
            if (add)
                ranges_add(&r, lo, hi);
            else
                ranges_remove(&r, lo, hi);
            for (uint32_t x = lo ? lo : 1; x <= hi; x++)
                model[x] = add;
            assert_model(&r, model);
        }
        ranges_fini(&r);
    }
}

static void union_intersection_and_difference_agree_with_the_table(void **state)
{
    unsigned seed = 2;

    for (int round = 0; round < 1000; round++) {
        struct ranges a = RANGES_INIT, b = RANGES_INIT, r = RANGES_INIT;
        bool in_a[TOP], in_b[TOP], model[TOP];

        random_set(&seed, &a, in_a);
        random_set(&seed, &b, in_b);
        ranges_copy(&r, &a);
        assert_model(&r, in_a);
        ranges_union(&r, &b);
        for (int x = 0; x < TOP; x++)
            model[x] = in_a[x] || in_b[x];
        assert_model(&r, model);
        ranges_copy(&r, &a);
        ranges_intersect(&r, &b);
        for (int x = 0; x < TOP; x++)
            model[x] = in_a[x] && in_b[x];
        assert_model(&r, model);
        ranges_copy(&r, &a);
        ranges_subtract(&r, &b);
        for (int x = 0; x < TOP; x++)
            model[x] = in_a[x] && !in_b[x];
        assert_model(&r, model);
        ranges_fini(&a);
        ranges_fini(&b);
        ranges_fini(&r);
    }
}

static void a_set_may_meet_itself(void **state)
{
    struct ranges r = RANGES_INIT;

    ranges_add(&r, 1, 3);
    ranges_add(&r, 7, 7);
    ranges_union(&r, &r);
    assert_set(&r, "1:3,7");
    ranges_intersect(&r, &r);
    assert_set(&r, "1:3,7");
    ranges_copy(&r, &r);
    assert_set(&r, "1:3,7");
    ranges_subtract(&r, &r);
    assert_set(&r, "");
    ranges_fini(&r);
}

static void many_at_once_are_the_same_as_one_by_one(void **state)
{
    unsigned seed = 3;

    for (int round = 0; round < 300; round++) {
        struct ranges r = RANGES_INIT;
        struct range v[20];
        bool model[TOP];
        size_t n = (size_t)rand_r(&seed) % 20;

        random_set(&seed, &r, model);
        for (size_t i = 0; i < n; i++) {
            random_range(&seed, &v[i].lo, &v[i].hi);
            for (uint32_t x = v[i].lo ? v[i].lo : 1; x <= v[i].hi; x++)
                model[x] = true;
        }
        ranges_add_many(&r, v, n);
        assert_model(&r, model);
        ranges_fini(&r);
    }
}

static void a_hundred_thousand_scattered_ranges_are_added_at_once(void **state)
{
    enum { N = 100000 };
    struct ranges r = RANGES_INIT;
    struct range *v = calloc(N, sizeof(*v));

    for (uint32_t i = 0; i < N; i++)
        v[i].lo = v[i].hi =
            (uint32_t)((uint64_t)i * 7919 % N) * 2 + 1; /* 7919 is prime: all of them once */
    ranges_add_many(&r, v, N);
    assert_int_equal(r.n, N);
    assert_int_equal(ranges_count(&r), N);
    assert_true(ranges_has(&r, 2 * N - 1));
    assert_false(ranges_has(&r, 2 * N - 2));
    free(v);
    ranges_fini(&r);
}

static void the_highest_number_is_a_number_like_others(void **state)
{
    struct ranges r = RANGES_INIT;

    ranges_add(&r, UINT32_MAX, UINT32_MAX);
    ranges_add(&r, UINT32_MAX - 1, UINT32_MAX - 1);
    assert_set(&r, "4294967294:4294967295");
    assert_true(ranges_has(&r, UINT32_MAX));
    ranges_add(&r, 1, UINT32_MAX);
    assert_int_equal(ranges_count(&r), UINT32_MAX);
    assert_int_equal(ranges_rank(&r, UINT32_MAX), UINT32_MAX - 1u);
    ranges_remove(&r, UINT32_MAX, UINT32_MAX);
    assert_set(&r, "1:4294967294");
    ranges_remove(&r, 0, UINT32_MAX);
    assert_set(&r, "");
    ranges_fini(&r);
}

static void subtracting_up_to_the_highest_number_ends(void **state)
{
    struct ranges a = RANGES_INIT, b = RANGES_INIT;

    ranges_add(&a, 5, UINT32_MAX);
    ranges_add(&b, 10, UINT32_MAX);
    ranges_subtract(&a, &b);
    assert_set(&a, "5:9");
    ranges_fini(&a);
    ranges_fini(&b);
}

static void zero_is_never_a_member(void **state)
{
    struct ranges r = RANGES_INIT;

    ranges_add(&r, 0, 0);
    assert_set(&r, "");
    ranges_add(&r, 0, 2);
    assert_set(&r, "1:2");
    ranges_add_many(&r, (const struct range[]){{0, 0}, {0, 4}}, 2);
    assert_set(&r, "1:4");
    assert_false(ranges_has(&r, 0));
    ranges_fini(&r);
}

static void a_range_that_ends_before_it_begins_is_empty(void **state)
{
    struct ranges r = RANGES_INIT;

    ranges_add(&r, 5, 4);
    ranges_add_many(&r, (const struct range[]){{9, 8}}, 1);
    assert_set(&r, "");
    ranges_add(&r, 1, 10);
    ranges_remove(&r, 5, 4);
    assert_set(&r, "1:10");
    ranges_fini(&r);
}

static void memory_follows_the_ranges_and_not_the_members(void **state)
{
    struct ranges r = RANGES_INIT;

    for (uint32_t x = 1; x <= 100000; x++)
        ranges_add(&r, x, x);
    assert_int_equal(r.n, 1);
    assert_true(r.cap <= 4);
    ranges_clear(&r);
    assert_set(&r, "");
    ranges_fini(&r);
}

static void every_member_is_visited_rising(void **state)
{
    struct ranges r = RANGES_INIT;
    struct ranges_iter it = {0};
    static const uint32_t want[] = {1, 4, 5, 6, UINT32_MAX - 1, UINT32_MAX};
    uint32_t x;

    assert_false(ranges_next(&r, &it, &x));
    ranges_add(&r, UINT32_MAX - 1, UINT32_MAX);
    ranges_add(&r, 1, 1);
    ranges_add(&r, 4, 6);
    for (size_t i = 0; i < 6; i++) {
        assert_true(ranges_next(&r, &it, &x));
        assert_int_equal(x, want[i]);
    }
    assert_false(ranges_next(&r, &it, &x));
    assert_false(ranges_next(&r, &it, &x));
    ranges_fini(&r);
}

static void an_encoded_set_comes_back(void **state)
{
    unsigned seed = 5;

    for (int round = 0; round < 300; round++) {
        struct ranges r = RANGES_INIT, back = RANGES_INIT;
        struct buf b = BUF_INIT;
        struct dec d;
        bool model[TOP];

        random_set(&seed, &r, model);
        ranges_add(&back, 3, 9); /* decoding replaces */
        ranges_encode(&r, &b);
        BUF_LIT(&b, "x");
        d = dec_of(buf_str(&b));
        assert_true(ranges_decode(&back, &d));
        assert_int_equal(d.n, 1);
        assert_model(&back, model);
        ranges_fini(&r);
        ranges_fini(&back);
        buf_fini(&b);
    }
}

static void what_is_no_set_is_not_decoded(void **state)
{
    static const struct str bad[] = {
        STR_INIT(""),
        STR_INIT("\x01"),
        STR_INIT("\x01\x01"),
        STR_INIT("\x01\x00\x00"),                                 /* zero */
        STR_INIT("\x02\x01\x00\x01\x00"),                         /* adjacent */
        STR_INIT("\x02\x01\x00\x00\x00"),                         /* twice the same */
        STR_INIT("\x01\x01\xFF\xFF\xFF\xFF\x0F"),                 /* past the end */
        STR_INIT("\x01\x80\x80\x80\x80\x10\x00"),                 /* more than 32 bits */
        STR_INIT("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F\x01\x00"), /* more ranges than bytes */
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct ranges r = RANGES_INIT;
        struct dec d = dec_of(bad[i]);

        assert_false(ranges_decode(&r, &d));
        assert_true(d.bad);
        assert_int_equal(r.n, 0);
        ranges_fini(&r);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(adding_and_removing_agrees_with_a_table_of_booleans),
    cmocka_unit_test(union_intersection_and_difference_agree_with_the_table),
    cmocka_unit_test(a_set_may_meet_itself),
    cmocka_unit_test(many_at_once_are_the_same_as_one_by_one),
    cmocka_unit_test(a_hundred_thousand_scattered_ranges_are_added_at_once),
    cmocka_unit_test(the_highest_number_is_a_number_like_others),
    cmocka_unit_test(subtracting_up_to_the_highest_number_ends),
    cmocka_unit_test(zero_is_never_a_member),
    cmocka_unit_test(a_range_that_ends_before_it_begins_is_empty),
    cmocka_unit_test(memory_follows_the_ranges_and_not_the_members),
    cmocka_unit_test(every_member_is_visited_rising),
    cmocka_unit_test(an_encoded_set_comes_back),
    cmocka_unit_test(what_is_no_set_is_not_decoded),
};

TESTS_MAIN(tests)
