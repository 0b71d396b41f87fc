#include "test.h"

#include "base/utf8.h"

#include <stdlib.h>

#define FFFD "\xEF\xBF\xBD"

static void every_code_point_goes_there_and_back(void **state)
{
    struct buf b = BUF_INIT;

    for (uint32_t cp = 0; cp <= 0x10FFFF; cp++) {
        bool surrogate = cp >= 0xD800 && cp <= 0xDFFF;
        uint32_t back = 0;

        buf_clear(&b);
        utf8_encode(&b, cp);
        assert_int_equal(utf8_decode(buf_str(&b), &back), b.n);
        assert_int_equal(back, surrogate ? 0xFFFD : cp);
        assert_true(utf8_valid(buf_str(&b)));
    }
    buf_clear(&b);
    utf8_encode(&b, 0x110000);
    assert_lit(buf_str(&b), FFFD);
    buf_fini(&b);
}

static void what_rfc_3629_forbids_is_not_valid(void **state)
{
    static const struct str bad[] = {
        STR_INIT("\x80"),
        STR_INIT("\xBF"),
        STR_INIT("\xC0\x80"),
        STR_INIT("\xC1\xBF"),
        STR_INIT("\xC2"),
        STR_INIT("\xC2 "),
        STR_INIT("\xE0\x80\x80"),
        STR_INIT("\xE0\x9F\xBF"),
        STR_INIT("\xE1\x80"),
        STR_INIT("\xED\xA0\x80"),
        STR_INIT("\xED\xBF\xBF"),
        STR_INIT("\xF0\x80\x80\x80"),
        STR_INIT("\xF0\x8F\xBF\xBF"),
        STR_INIT("\xF1\x80\x80"),
        STR_INIT("\xF4\x90\x80\x80"),
        STR_INIT("\xF5\x80\x80\x80"),
        STR_INIT("\xFE"),
        STR_INIT("\xFF"),
        STR_INIT("abcdefgh\x80"),
        STR_INIT("abcdefghijk\xC3"),
        STR_INIT("\xC3\xA4\xA4"),
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(utf8_valid(bad[i]));
    assert_int_equal(utf8_decode(STR(""), &(uint32_t){0}), 0);
    assert_int_equal(utf8_decode(STR("\xC3"), &(uint32_t){0}), 0);
}

static void valid_text_is_valid(void **state)
{
    assert_true(utf8_valid(STR("")));
    assert_true(utf8_valid(STR_NONE));
    assert_true(utf8_valid(STR("plain")));
    assert_true(utf8_valid(STR("a\0b")));
    assert_true(utf8_valid(STR("Gr\xC3\xBC\xC3\x9F"
                               "e \xE2\x82\xAC \xF0\x9F\x98\x80")));
}

static void assert_scrubbed(struct str in, struct str want)
{
    struct buf b = BUF_INIT;

    utf8_scrub(&b, in);
    assert_str(buf_str(&b), want);
    assert_true(utf8_valid(buf_str(&b)));
    buf_fini(&b);
}

static void each_maximal_invalid_piece_becomes_one_replacement(void **state)
{
    assert_scrubbed(STR("fine \xC3\xA4"), STR("fine \xC3\xA4"));
    assert_scrubbed(STR(""), STR(""));
    assert_scrubbed(STR("a\x80z"), STR("a" FFFD "z"));
    assert_scrubbed(STR("\xE2\x82"), STR(FFFD));
    assert_scrubbed(STR("\xF0\x9F\x98z"), STR(FFFD "z"));
    assert_scrubbed(STR("\xC3\xC3\xA4"), STR(FFFD "\xC3\xA4"));
    /* Unicode 15, 3.9, table 3-8 */
    assert_scrubbed(STR("\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41"),
                    STR(FFFD FFFD FFFD FFFD FFFD FFFD FFFD FFFD "A"));
    /* table 3-11 */
    assert_scrubbed(STR("\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41"), STR(FFFD FFFD FFFD FFFD "A"));
}

static void random_bytes_are_scrubbed_to_valid_text(void **state)
{
    unsigned seed = 9;

    for (int round = 0; round < 5000; round++) {
        struct buf b = BUF_INIT, again = BUF_INIT;
        char bytes[24];

        for (size_t i = 0; i < sizeof(bytes); i++)
            bytes[i] = (char)(rand_r(&seed) % 3 ? 0x80 | rand_r(&seed) : rand_r(&seed));
        utf8_scrub(&b, str_n(bytes, sizeof(bytes)));
        assert_true(utf8_valid(buf_str(&b)));
        utf8_scrub(&again, buf_str(&b));
        assert_str(buf_str(&again), buf_str(&b));
        buf_fini(&b);
        buf_fini(&again);
    }
}

static void a_cut_never_splits_a_character(void **state)
{
    struct str s = STR("a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80z");
    static const size_t want[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11, 11};

    for (size_t n = 0; n < sizeof(want) / sizeof(want[0]); n++)
        assert_int_equal(utf8_cut(s, n), want[n]);
    for (size_t n = 0; n < 4; n++)
        assert_int_equal(utf8_cut(STR("\xF0\x9F\x98\x80z"), n), 0);
    assert_int_equal(utf8_cut(s, SIZE_MAX), s.n);
    assert_int_equal(utf8_cut(STR("\x80\x80\x80\x80\x80\x80"), 5), 5); /* no text: cut anywhere */
}

static void normal_form_c_composes(void **state)
{
    struct arena *a = arena_new();
    struct str out;

    assert_true(utf8_nfc(a, STR("plain"), &out));
    assert_lit(out, "plain");
    assert_true(utf8_nfc(a, STR(""), &out));
    assert_lit(out, "");
    assert_true(utf8_nfc(a, STR("a\xCC\x88"), &out));
    assert_lit(out, "\xC3\xA4");
    assert_true(utf8_nfc(a, STR("\xE2\x84\xAB"), &out)); /* Angstrom sign */
    assert_lit(out, "\xC3\x85");
    assert_true(utf8_nfc(a, STR("\xEF\xAC\x81"), &out)); /* fi ligature stays: not form KC */
    assert_lit(out, "\xEF\xAC\x81");
    assert_false(utf8_nfc(a, STR("\xC3"), &out));
    assert_false(utf8_nfc(a, STR("\xED\xA0\x80"), &out));
    arena_free(a);
}

static void assert_folded(struct str in, struct str want)
{
    struct buf b = BUF_INIT;

    utf8_fold(&b, in);
    assert_str(buf_str(&b), want);
    buf_fini(&b);
}

static void folding_makes_equal_what_readers_call_equal(void **state)
{
    assert_folded(STR("Hello World"), STR("hello world"));
    assert_folded(STR(""), STR(""));
    assert_folded(STR("STRASSE"), STR("strasse"));
    assert_folded(STR("Stra\xC3\x9F"
                      "e"),
                  STR("strasse"));
    assert_folded(STR("\xC3\x84pfel"), STR("\xC3\xA4pfel"));
    assert_folded(STR("A\xCC\x88pfel"), STR("\xC3\xA4pfel"));
    assert_folded(STR("\xCE\xA3\xCF\x82"), STR("\xCF\x83\xCF\x83")); /* final sigma */
    assert_folded(STR("\xEF\xBC\xA1\xEF\xBC\xA2"), STR("ab"));       /* full width */
    assert_folded(STR("\xEF\xAC\x81n"), STR("fin"));                 /* ligature */
    assert_folded(STR("resume\xCC\x81"), STR("resum\xC3\xA9"));      /* the mark is kept */
    assert_folded(STR("co\xC2\xADop"), STR("coop"));                 /* soft hyphen */
}

static void invalid_bytes_are_scrubbed_before_folding(void **state)
{
    assert_folded(STR("A\xFFZ"), STR("a" FFFD "z"));
    assert_folded(STR("\xC3"), STR(FFFD));
}

/* Text is folded in pieces; where they meet must not show. */
static void folding_does_not_depend_on_where_ascii_stands(void **state)
{
    for (size_t before = 0; before < 80; before++) {
        for (size_t after = 0; after < 80; after += 3) {
            struct buf in = BUF_INIT, want = BUF_INIT;

            for (size_t i = 0; i < before; i++) {
                buf_add_char(&in, 'X');
                buf_add_char(&want, 'x');
            }
            BUF_LIT(&in, "A\xCC\x88\xC3\x96");
            BUF_LIT(&want, "\xC3\xA4\xC3\xB6");
            for (size_t i = 0; i < after; i++) {
                buf_add_char(&in, 'Y');
                buf_add_char(&want, 'y');
            }
            BUF_LIT(&in, "U\xCC\x88");
            BUF_LIT(&want, "\xC3\xBC");
            assert_folded(buf_str(&in), buf_str(&want));
            buf_fini(&in);
            buf_fini(&want);
        }
    }
}

static void long_text_is_folded_whole(void **state)
{
    struct buf in = BUF_INIT, want = BUF_INIT;

    for (int i = 0; i < 5000; i++) {
        BUF_LIT(&in, "\xC3\x84 B ");
        BUF_LIT(&want, "\xC3\xA4 b ");
    }
    assert_folded(buf_str(&in), buf_str(&want));
    buf_fini(&in);
    buf_fini(&want);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(every_code_point_goes_there_and_back),
    cmocka_unit_test(what_rfc_3629_forbids_is_not_valid),
    cmocka_unit_test(valid_text_is_valid),
    cmocka_unit_test(each_maximal_invalid_piece_becomes_one_replacement),
    cmocka_unit_test(random_bytes_are_scrubbed_to_valid_text),
    cmocka_unit_test(a_cut_never_splits_a_character),
    cmocka_unit_test(normal_form_c_composes),
    cmocka_unit_test(folding_makes_equal_what_readers_call_equal),
    cmocka_unit_test(invalid_bytes_are_scrubbed_before_folding),
    cmocka_unit_test(folding_does_not_depend_on_where_ascii_stands),
    cmocka_unit_test(long_text_is_folded_whole),
};

TESTS_MAIN(tests)
