#include "test.h"

#include "base/buf.h"

static void bytes_are_kept_in_order(void **state)
{
    struct buf b = BUF_INIT;

    BUF_LIT(&b, "one ");
    buf_add_cstr(&b, "two ");
    buf_add_str(&b, STR("three"));
    buf_add_char(&b, ' ');
    buf_add(&b, "fo\0r", 4);
    buf_printf(&b, " %d %s", 5, "six");
    assert_lit(buf_str(&b), "one two three fo\0r 5 six");
    assert_false(b.failed);
    buf_fini(&b);
}

static void an_empty_buffer_is_an_empty_string_not_an_absent_one(void **state)
{
    struct buf b = BUF_INIT;

    assert_non_null(buf_str(&b).p);
    assert_int_equal(buf_str(&b).n, 0);
    buf_add(&b, NULL, 0);
    buf_add_str(&b, STR_NONE);
    assert_int_equal(b.n, 0);
    buf_fini(&b);
}

static void a_buffer_grows_past_any_doubling(void **state)
{
    struct buf b = BUF_INIT;

    for (int i = 0; i < 100000; i++)
        buf_add_char(&b, (char)i);
    assert_int_equal(b.n, 100000);
    for (int i = 0; i < 100000; i++)
        assert_int_equal((unsigned char)b.p[i], i & 0xFF);
    buf_fini(&b);
}

static void the_maximum_can_be_reached_and_not_passed(void **state)
{
    struct buf b = BUF_MAX(10);

    BUF_LIT(&b, "0123456789");
    assert_false(b.failed);
    buf_add_char(&b, 'x');
    assert_true(b.failed);
    assert_lit(buf_str(&b), "0123456789");
    buf_fini(&b);
    assert_int_equal(b.max, 10);
    assert_false(b.failed);
}

static void failing_is_sticky_until_the_buffer_is_cleared(void **state)
{
    struct buf b = BUF_MAX(4);

    BUF_LIT(&b, "abc");
    BUF_LIT(&b, "de");
    assert_true(b.failed);
    BUF_LIT(&b, "d"); /* would fit, but what is in front of it is missing */
    buf_add_u64(&b, 1);
    buf_printf(&b, "x");
    assert_null(buf_reserve(&b, 1));
    assert_lit(buf_str(&b), "abc");
    buf_clear(&b);
    BUF_LIT(&b, "abcd");
    assert_false(b.failed);
    assert_lit(buf_str(&b), "abcd");
    buf_fini(&b);
}

static void reserving_more_than_can_be_fails_at_once(void **state)
{
    struct buf b = BUF_MAX(SIZE_MAX);

    assert_null(buf_reserve(&b, SIZE_MAX - 5));
    assert_true(b.failed);
    buf_fini(&b);
}

static void reserved_room_is_written_by_the_caller(void **state)
{
    struct buf b = BUF_INIT;
    char *p;

    BUF_LIT(&b, "ab");
    p = buf_reserve(&b, 1000);
    memset(p, 'c', 1000);
    b.n += 1000;
    assert_int_equal(b.n, 1002);
    assert_int_equal(b.p[1], 'b');
    assert_int_equal(b.p[1001], 'c');
    buf_fini(&b);
    assert_non_null(buf_reserve(&b, 0));
    buf_fini(&b);
}

static void numbers_are_written_in_decimal(void **state)
{
    uint64_t v = 0;

    for (int i = 0; i < 2000; i++) {
        struct buf b = BUF_INIT;
        char want[32];

        snprintf(want, sizeof(want), "%llu", (unsigned long long)v);
        buf_add_u64(&b, v);
        assert_str(buf_str(&b), str_of(want));
        buf_fini(&b);
        v = i < 1100 ? v + 1 : v * 3 + (uint64_t)i;
    }
}

static void the_ends_of_the_number_range_are_written(void **state)
{
    static const struct {
        uint64_t v;
        const char *text;
    } cases[] = {
        {0, "0"},
        {9, "9"},
        {10, "10"},
        {99, "99"},
        {100, "100"},
        {UINT32_MAX, "4294967295"},
        {9999999999999999999u, "9999999999999999999"},
        {10000000000000000000u, "10000000000000000000"},
        {UINT64_MAX, "18446744073709551615"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct buf b = BUF_INIT;

        buf_add_u64(&b, cases[i].v);
        assert_str(buf_str(&b), str_of(cases[i].text));
        buf_fini(&b);
    }
}

static void printf_takes_any_length(void **state)
{
    char longer[600];

    memset(longer, 'z', sizeof(longer));
    for (int n = 250; n < 600; n++) {
        struct buf b = BUF_INIT;

        buf_printf(&b, "<%.*s>", n, longer);
        assert_int_equal(b.n, n + 2);
        assert_int_equal(b.p[n], 'z');
        assert_int_equal(b.p[n + 1], '>');
        buf_fini(&b);
    }
}

static void printf_fills_a_buffer_to_its_maximum(void **state)
{
    struct buf b = BUF_MAX(5);

    buf_printf(&b, "%s", "12345");
    assert_lit(buf_str(&b), "12345");
    assert_false(b.failed);
    buf_fini(&b);
    buf_printf(&b, "%s", "123456");
    assert_true(b.failed);
    assert_int_equal(b.n, 0);
    buf_fini(&b);
}

static void shifting_drops_from_the_front(void **state)
{
    struct buf b = BUF_INIT;

    buf_shift(&b, 0);
    BUF_LIT(&b, "abcdef");
    buf_shift(&b, 2);
    assert_lit(buf_str(&b), "cdef");
    buf_shift(&b, 4);
    assert_int_equal(b.n, 0);
    BUF_LIT(&b, "x");
    assert_lit(buf_str(&b), "x");
    buf_fini(&b);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(bytes_are_kept_in_order),
    cmocka_unit_test(an_empty_buffer_is_an_empty_string_not_an_absent_one),
    cmocka_unit_test(a_buffer_grows_past_any_doubling),
    cmocka_unit_test(the_maximum_can_be_reached_and_not_passed),
    cmocka_unit_test(failing_is_sticky_until_the_buffer_is_cleared),
    cmocka_unit_test(reserving_more_than_can_be_fails_at_once),
    cmocka_unit_test(reserved_room_is_written_by_the_caller),
    cmocka_unit_test(numbers_are_written_in_decimal),
    cmocka_unit_test(the_ends_of_the_number_range_are_written),
    cmocka_unit_test(printf_takes_any_length),
    cmocka_unit_test(printf_fills_a_buffer_to_its_maximum),
    cmocka_unit_test(shifting_drops_from_the_front),
};

TESTS_MAIN(tests)
