#include "test.h"

#include "base/str.h"

static void equality_ignores_case_of_ascii_only(void **state)
{
    assert_true(str_eq_nocase(STR("InBoX"), STR("iNbOx")));
    assert_false(str_eq_nocase(STR("a"), STR("ab")));
    assert_false(str_eq_nocase(STR("@"), STR("`"))); /* 0x20 apart, no letters */
    assert_false(str_eq_nocase(STR("["), STR("{")));
    assert_false(str_eq_nocase(STR("\xC3\x84"), STR("\xC3\xA4")));
    assert_true(str_eq_nocase(STR_NONE, STR("")));
    assert_true(str_eq(STR("a\0b"), STR("a\0b")));
    assert_false(str_eq(STR("a\0b"), STR("a\0c")));
}

static void order_is_bytewise_with_the_shorter_first(void **state)
{
    assert_true(str_cmp(STR("a"), STR("b")) < 0);
    assert_true(str_cmp(STR("b"), STR("ab")) > 0);
    assert_true(str_cmp(STR("a"), STR("ab")) < 0);
    assert_true(str_cmp(STR("ab"), STR("a")) > 0);
    assert_int_equal(str_cmp(STR("ab"), STR("ab")), 0);
    assert_true(str_cmp(STR("\x7F"), STR("\x80")) < 0); /* bytes are unsigned */
    assert_true(str_cmp(STR_NONE, STR("a")) < 0);
    assert_true(str_cmp(STR("B"), STR("a")) < 0);
    assert_true(str_cmp_nocase(STR("B"), STR("a")) > 0);
    assert_int_equal(str_cmp_nocase(STR("aBc"), STR("AbC")), 0);
    assert_true(str_cmp_nocase(STR("ab"), STR("ABC")) < 0);
    assert_true(str_cmp_nocase(STR("z"), STR("\x80")) < 0);
}

static void prefixes_and_suffixes_are_found(void **state)
{
    assert_true(str_starts(STR("abc"), STR("ab")));
    assert_true(str_starts(STR("abc"), STR("")));
    assert_true(str_starts(STR("abc"), STR("abc")));
    assert_false(str_starts(STR("abc"), STR("abcd")));
    assert_false(str_starts(STR("abc"), STR("b")));
    assert_true(str_starts_nocase(STR("ABC"), STR("ab")));
    assert_false(str_starts_nocase(STR("A"), STR("ab")));
    assert_true(str_ends(STR("abc"), STR("bc")));
    assert_true(str_ends(STR("abc"), STR("")));
    assert_false(str_ends(STR("abc"), STR("ab")));
    assert_false(str_ends(STR("c"), STR("bc")));
    assert_true(str_starts(STR_NONE, STR("")));
}

static void parts_are_clamped_to_the_string(void **state)
{
    assert_lit(str_from(STR("abc"), 1), "bc");
    assert_lit(str_from(STR("abc"), 3), "");
    assert_lit(str_from(STR("abc"), 99), "");
    assert_lit(str_sub(STR("abcdef"), 2, 3), "cde");
    assert_lit(str_sub(STR("abc"), 1, SIZE_MAX), "bc");
    assert_lit(str_sub(STR("abc"), SIZE_MAX, SIZE_MAX), "");
    assert_non_null(str_from(STR("abc"), 99).p);
    assert_null(str_sub(STR_NONE, 1, 1).p);
}

static void trimming_takes_white_space_from_both_ends(void **state)
{
    assert_lit(str_trim(STR(" \t\r\na b\n\r\t ")), "a b");
    assert_lit(str_trim(STR("  ")), "");
    assert_lit(str_trim(STR("")), "");
    assert_lit(str_trim(STR("\0 ")), "\0");
}

static void a_character_is_found_or_the_length_is_given(void **state)
{
    assert_int_equal(str_find(STR("abcb"), 'b'), 1);
    assert_int_equal(str_find(STR("abc"), 'x'), 3);
    assert_int_equal(str_find(STR_NONE, 'x'), 0);
    assert_int_equal(str_find(STR("a\0b"), '\0'), 1);
    assert_true(str_has_char(STR("abc"), 'c'));
    assert_false(str_has_char(STR("abc"), '\0'));
    assert_false(str_has_char(STR_NONE, 'c'));
}

static void a_needle_is_found_or_size_max_is_given(void **state)
{
    assert_int_equal(str_search(STR("hello"), STR("ll")), 2);
    assert_int_equal(str_search(STR("hello"), STR("hello")), 0);
    assert_int_equal(str_search(STR("hello"), STR("")), 0);
    assert_int_equal(str_search(STR_NONE, STR("")), 0);
    assert_int_equal(str_search(STR("hello"), STR("x")), SIZE_MAX);
    assert_int_equal(str_search(STR("hell"), STR("hello")), SIZE_MAX);
    assert_int_equal(str_search(STR("aaab"), STR("aab")), 1);
    assert_int_equal(str_search(STR_NONE, STR("x")), SIZE_MAX);
}

static void one_byte_of_8_bit_is_seen_anywhere(void **state)
{
    char text[40];

    memset(text, 0x7F, sizeof(text));
    for (size_t n = 0; n <= sizeof(text); n++) {
        assert_false(str_has_8bit(str_n(text, n)));
        for (size_t i = 0; i < n; i++) {
            text[i] = (char)0x80;
            assert_true(str_has_8bit(str_n(text, n)));
            text[i] = 0x7F;
        }
    }
}

static void numbers_are_digits_only_and_fit(void **state)
{
    static const struct str bad[] = {
        STR_INIT(""),
        STR_INIT("-1"),
        STR_INIT("+1"),
        STR_INIT(" 1"),
        STR_INIT("1 "),
        STR_INIT("a"),
        STR_INIT("1a"),
        STR_INIT("1\0"),
        STR_INIT("18446744073709551616"),
        STR_INIT("99999999999999999999"),
        STR_INIT("100000000000000000000"),
        STR_INIT("0x10"),
    };
    uint64_t v = 7;
    uint32_t w = 7;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(str_to_u64(bad[i], &v));
        assert_false(str_to_u32(bad[i], &w));
    }
    assert_false(str_to_u64(STR_NONE, &v));
    assert_false(str_to_u32(STR("4294967296"), &w));
    assert_int_equal(v, 7); /* untouched */
    assert_int_equal(w, 7);
    assert_true(str_to_u64(STR("18446744073709551615"), &v));
    assert_true(v == UINT64_MAX);
    assert_true(str_to_u64(STR("00000000000000000000000000042"), &v));
    assert_int_equal(v, 42);
    assert_true(str_to_u32(STR("4294967295"), &w));
    assert_true(w == UINT32_MAX);
    assert_true(str_to_u32(STR("0"), &w));
    assert_int_equal(w, 0);
}

static void character_classes_are_those_of_ascii(void **state)
{
    for (int c = 0; c < 256; c++) {
        bool upper = c >= 'A' && c <= 'Z', lower = c >= 'a' && c <= 'z';

        assert_int_equal((unsigned char)ascii_lower((char)c), upper ? c + 32 : c);
        assert_int_equal((unsigned char)ascii_upper((char)c), lower ? c - 32 : c);
        assert_int_equal(ascii_alpha((char)c), upper || lower);
        assert_int_equal(ascii_digit((char)c), c >= '0' && c <= '9');
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(equality_ignores_case_of_ascii_only),
    cmocka_unit_test(order_is_bytewise_with_the_shorter_first),
    cmocka_unit_test(prefixes_and_suffixes_are_found),
    cmocka_unit_test(parts_are_clamped_to_the_string),
    cmocka_unit_test(trimming_takes_white_space_from_both_ends),
    cmocka_unit_test(a_character_is_found_or_the_length_is_given),
    cmocka_unit_test(a_needle_is_found_or_size_max_is_given),
    cmocka_unit_test(one_byte_of_8_bit_is_seen_anywhere),
    cmocka_unit_test(numbers_are_digits_only_and_fit),
    cmocka_unit_test(character_classes_are_those_of_ascii),
};

TESTS_MAIN(tests)
