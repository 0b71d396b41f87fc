/* Encoded words (RFC 2047), both ways. */
#include "test.h"

#include "base/utf8.h"
#include "mime/header.h"

static void test_decoded(struct str value, struct str want, const char *file, int line)
{
    struct arena *a = arena_new();

    test_str_equal(mime_decode_text(a, value), want, file, line);
    arena_free(a);
}

static void test_encoded(struct str text, struct str want, const char *file, int line)
{
    struct buf b = BUF_INIT;

    mime_encode_text(&b, text);
    test_str_equal(buf_str(&b), want, file, line);
    buf_fini(&b);
}

#define assert_decoded(value, want) test_decoded(STR(value), STR(want), __FILE__, __LINE__)
#define assert_encoded(text, want) test_encoded(STR(text), STR(want), __FILE__, __LINE__)

#define FFFD "\xef\xbf\xbd"

static void the_table_of_rfc_2047_8_is_decoded(void **state)
{
    assert_decoded("=?ISO-8859-1?Q?a?=", "a");
    assert_decoded("=?ISO-8859-1?Q?a?= b", "a b");
    assert_decoded("=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=", "ab");
    assert_decoded("=?ISO-8859-1?Q?a?=  =?ISO-8859-1?Q?b?=", "ab");
    assert_decoded("=?ISO-8859-1?Q?a?=\r\n    =?ISO-8859-1?Q?b?=", "ab");
    assert_decoded("=?ISO-8859-1?Q?a_b?=", "a b");
    assert_decoded("=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=", "a b");
}

static void the_examples_of_rfc_2047_8_are_decoded(void **state)
{
    assert_decoded("=?US-ASCII?Q?Keith_Moore?=", "Keith Moore");
    assert_decoded("=?ISO-8859-1?Q?Keld_J=F8rn_Simonsen?=", "Keld J\xc3\xb8rn Simonsen");
    assert_decoded("=?ISO-8859-1?Q?Andr=E9?= Pirard", "Andr\xc3\xa9 Pirard");
    assert_decoded("=?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?=\r\n"
                   " =?ISO-8859-2?B?dSB1bmRlcnN0YW5kIHRoZSBleGFtcGxlLg==?=",
                   "If you can read this you understand the example.");
    assert_decoded("=?iso-8859-8?b?7eXs+SDv4SDp7Oj08A==?=",
                   "\xd7\x9d\xd7\x95\xd7\x9c\xd7\xa9 \xd7\x9f\xd7\x91 "
                   "\xd7\x99\xd7\x9c\xd7\x98\xd7\xa4\xd7\xa0");
    assert_decoded("=?US-ASCII*EN?Q?Keith_Moore?=", "Keith Moore"); /* RFC 2231 5 */
}

static void a_character_split_between_words_is_one(void **state)
{
    assert_decoded("=?utf-8?Q?=E2=82?= =?UTF-8?Q?=AC?=", "\xe2\x82\xac");
    assert_decoded("=?utf-8?B?4oI=?= =?UTF-8?Q?=AC?= 5", "\xe2\x82\xac 5");
    assert_decoded("=?utf-8?B?4oI=?= =?iso-8859-1?Q?=AC?=", FFFD "\xc2\xac");
    assert_decoded("=?iso-2022-jp?B?GyRCRnw=?= =?iso-2022-jp?B?S1wbKEI=?=",
                   "\xe6\x97\xa5\xe6\x9c\xac"); /* the state goes on, too */
}

static void words_stand_anywhere(void **state)
{
    assert_decoded("x=?utf-8?q?a?=y", "xay");
    assert_decoded("\"=?utf-8?q?a?=\"", "\"a\"");
    assert_decoded("=?utf-8?q?a?==?utf-8?q?b?=", "ab");
    assert_decoded("=?utf-8?q?a b?=", "a b");
    assert_decoded("=?utf-8?q?=3F=5f?=", "?_");
    assert_decoded("=?utf-8?q?"
                   "?=",
                   "");
}

static void what_is_no_word_stays(void **state)
{
    assert_decoded("=?utf-8?q?a", "=?utf-8?q?a");
    assert_decoded("=?utf-8?x?a?=", "=?utf-8?x?a?=");
    assert_decoded("=?utf-8?q?a?b?=", "=?utf-8?q?a?b?=");
    assert_decoded("=?utf-8?=", "=?utf-8?=");
    assert_decoded("=?", "=?");
    assert_decoded("=?=?utf-8?q?a?=", "=?a");
    assert_decoded("a =?utf-8?q?=zz=4?=", "a =zz=4");
}

static void a_charset_nobody_knows_leaves_its_ascii(void **state)
{
    assert_decoded("=?x-nope?q?a=E9b?=", "a" FFFD "b");
    assert_decoded("=??q?=C3=A9=?=", "\xc3\xa9=");
    assert_decoded("=?utf-8?q?=E9?=", FFFD);
}

static void raw_8_bit_is_read_as_what_it_most_likely_is(void **state)
{
    assert_decoded("J\xc3\xb6rg", "J\xc3\xb6rg");
    assert_decoded("J\xf6rg \x80", "J\xc3\xb6rg \xe2\x82\xac");
}

static void decoded_text_has_no_line_ends_and_no_nul(void **state)
{
    assert_decoded("=?utf-8?q?a=0D=0Ab=00c?=", "abc");
    assert_decoded(" a\r\n\0 b ", "a b");
}

static void ascii_is_not_encoded(void **state)
{
    assert_encoded("", "");
    assert_encoded("plain =?utf-8?q?a?= text", "plain =?utf-8?q?a?= text");
}

static void words_with_8_bit_are_encoded_and_others_stay(void **state)
{
    assert_encoded("J\xc3\xb6rg", "=?UTF-8?B?SsO2cmc=?=");
    assert_encoded("an J\xc3\xb6rg und Bob", "an =?UTF-8?B?SsO2cmc=?= und Bob");
    assert_encoded("J\xc3\xb6rg  \xc3\x84rger x", "=?UTF-8?B?SsO2cmcgIMOEcmdlcg==?= x");
    assert_encoded("\xe6\x97\xa5\xe6\x9c\xac", "=?UTF-8?B?5pel5pys?=");
    assert_encoded("Geschichte_J\xc3\xb6", "=?UTF-8?Q?Geschichte=5FJ=C3=B6?=");
    assert_encoded("J\xf6rg", "=?UTF-8?B?SsO2cmc=?=");
    assert_encoded(" \xc3\xb6 ", " =?UTF-8?B?w7Y=?= ");
}

/* What a reader gets back is the text, and no word is longer than 75 (RFC 2047 2). */
static void check_round_trip(struct str text)
{
    struct arena *a = arena_new();
    struct buf b = BUF_INIT;
    size_t word = 0;

    mime_encode_text(&b, text);
    for (size_t i = 0; i < b.n; i++) {
        assert_true((unsigned char)b.p[i] < 0x80);
        word = b.p[i] == ' ' ? 0 : word + 1;
        assert_true(word <= 75);
    }
    assert_str(mime_decode_text(a, buf_str(&b)), text);
    buf_fini(&b);
    arena_free(a);
}

static void encoding_and_decoding_give_the_text_back(void **state)
{
    struct buf b = BUF_INIT;

    check_round_trip(STR("\xc3\xb6 =?UTF-8?Q?b?"));
    check_round_trip(STR("\xc3\xb6 \xc3\xb6 a \xc3\xb6"));
    for (int i = 0; i < 200; i++) {
        utf8_encode(&b, i % 3 == 0 ? 'a' : i % 5 == 0 ? ' ' : (uint32_t)(0x80 << i % 14));
        if (b.p[b.n - 1] != ' ')
            check_round_trip(buf_str(&b));
    }
    buf_fini(&b);
}

static void a_blank_beside_an_encoded_word_is_kept(void **state)
{
    struct arena *a = arena_new();
    struct buf b = BUF_INIT;

    mime_encode_text(&b, STR("\xc3\xb6 =?utf-8?q?b?= \xc3\xb6"));
    assert_lit(mime_decode_text(a, buf_str(&b)), "\xc3\xb6 b \xc3\xb6");
    buf_fini(&b);
    arena_free(a);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(the_table_of_rfc_2047_8_is_decoded),
    cmocka_unit_test(the_examples_of_rfc_2047_8_are_decoded),
    cmocka_unit_test(a_character_split_between_words_is_one),
    cmocka_unit_test(words_stand_anywhere),
    cmocka_unit_test(what_is_no_word_stays),
    cmocka_unit_test(a_charset_nobody_knows_leaves_its_ascii),
    cmocka_unit_test(raw_8_bit_is_read_as_what_it_most_likely_is),
    cmocka_unit_test(decoded_text_has_no_line_ends_and_no_nul),
    cmocka_unit_test(ascii_is_not_encoded),
    cmocka_unit_test(words_with_8_bit_are_encoded_and_others_stay),
    cmocka_unit_test(encoding_and_decoding_give_the_text_back),
    cmocka_unit_test(a_blank_beside_an_encoded_word_is_kept),
};

TESTS_MAIN(tests)
