#include "test.h"

#include "base/mem.h"
#include "mime/decode.h"

#define FFFD "\xef\xbf\xbd"

static void convert_in_pieces(struct str charset, struct str in, size_t piece, struct buf *out)
{
    struct mime_charset *c = mime_charset_new(charset);

    for (; in.n > 0; in = str_from(in, piece))
        mime_charset_feed(c, str_sub(in, 0, piece), out);
    mime_charset_end(c, out);
}

static void test_utf8(struct str charset, struct str in, struct str want, const char *file,
                      int line)
{
    struct buf b = BUF_INIT;

    mime_to_utf8(charset, in, &b);
    test_str_equal(buf_str(&b), want, file, line);
    for (size_t piece = 1; piece <= in.n; piece++) {
        buf_clear(&b);
        convert_in_pieces(charset, in, piece, &b);
        test_str_equal(buf_str(&b), want, file, line);
    }
    buf_fini(&b);
}

#define assert_utf8(charset, in, want)                                                             \
    test_utf8(STR(charset), STR(in), STR(want), __FILE__, __LINE__)

static void the_names_that_mail_uses_are_known(void **state)
{
    static const char *const names[] = {
        "utf-8",
        "UTF8",
        "us-ascii",
        "ISO-8859-1",
        "iso_8859-1:1987",
        "latin1",
        "ISO-8859-15",
        "iso-8859-8-i",
        "windows-1252",
        "cp1251",
        "Windows-1256",
        "x-cp1250",
        "koi8-r",
        "KOI8-U",
        "gb2312",
        "GBK",
        "gb18030",
        "big5",
        "big5-hkscs",
        "shift_jis",
        "x-sjis",
        "euc-jp",
        "iso-2022-jp",
        "euc-kr",
        "ks_c_5601-1987",
        "iso-2022-kr",
        "tis-620",
        "utf-7",
        "unicode-1-1-utf-7",
        "utf-16",
        "utf-16le",
        "utf-32",
        "macintosh",
        "ansi_x3.110-1983",
        "ansi_x3.4-1968",
        "ibm850",
        "cp437",
        "viscii",
        "hp-roman8",
        "iso-8859-16",
        "x-mac-cyrillic",
        "johab",
        "iso-2022-cn",
        "windows-874",
        "cp949",
        "armscii-8",
        "ibm1047",
        "euc-tw",
        "x-user-defined",
    };

    for (size_t i = 0; i + 1 < ARRAY_LEN(names); i++) {
        if (!mime_charset_known(str_of(names[i]))) {
            print_error("%s\n", names[i]);
            fail();
        }
    }
    assert_false(mime_charset_known(str_of(names[ARRAY_LEN(names) - 1])));
}

static void other_names_never_reach_iconv(void **state)
{
    assert_false(mime_charset_known(STR("")));
    assert_false(mime_charset_known(STR("-")));
    assert_false(mime_charset_known(STR("../../x")));
    assert_false(mime_charset_known(STR("UTF-8//TRANSLIT")));
    assert_false(mime_charset_known(STR("INTERNAL")));
    assert_false(mime_charset_known(STR("iso88591iso88591iso88591iso88591iso88591iso88591")));
}

static void charsets_are_converted(void **state)
{
    assert_utf8("utf-8", "\xe2\x82\xac", "\xe2\x82\xac");
    assert_utf8("iso-8859-15", "\xa4", "\xe2\x82\xac");
    assert_utf8("windows-1252", "\x80", "\xe2\x82\xac");
    assert_utf8("iso-8859-1", "\xe9\x93", "\xc3\xa9\xe2\x80\x9c"); /* means windows-1252 */
    assert_utf8("koi8-r", "\xcd\xc9\xd2", "\xd0\xbc\xd0\xb8\xd1\x80");
    assert_utf8("windows-1251", "\xec\xe8\xf0", "\xd0\xbc\xd0\xb8\xd1\x80");
    assert_utf8("gb2312", "\xd6\xd0\xce\xc4", "\xe4\xb8\xad\xe6\x96\x87");
    assert_utf8("big5", "\xa4\xa4\xa4\xe5", "\xe4\xb8\xad\xe6\x96\x87");
    assert_utf8("shift_jis", "\x93\xfa\x96\x7b", "\xe6\x97\xa5\xe6\x9c\xac");
    assert_utf8("euc-kr", "\xc7\xd1", "\xed\x95\x9c");
    assert_utf8("iso-2022-jp", "\x1b$BF|K\\\x1b(B.", "\xe6\x97\xa5\xe6\x9c\xac.");
    assert_utf8("utf-7", "Hi Mom -+Jjo--!", "Hi Mom -\xe2\x98\xba-!"); /* RFC 2152 */
    assert_utf8("utf-16le", "a\0\xac\x20", "a\xe2\x82\xac");
    assert_utf8("utf-16be", "\0a\xd8\x3d\xde\x00", "a\xf0\x9f\x98\x80");
}

static void wrong_bytes_are_replaced(void **state)
{
    assert_utf8("utf-8", "a\xff\xe2\x82z", "a" FFFD FFFD "z");
    assert_utf8("utf-8", "a\xe2\x82", "a" FFFD);
    assert_utf8("windows-1252", "\x81", FFFD);
    assert_utf8("shift_jis", "a\x93", "a" FFFD);
    assert_utf8("gb18030",
                "a\xff"
                "b",
                "a" FFFD "b");
}

static void unknown_charsets_leave_their_ascii(void **state)
{
    assert_utf8("x-nope", "a\xe9\xe9z", "a" FFFD FFFD "z");
}

static void a_missing_charset_is_guessed(void **state)
{
    assert_utf8("", "\xc3\xa9", "\xc3\xa9");
    assert_utf8("", "\xe9t\xe9", "\xc3\xa9t\xc3\xa9");
    assert_utf8("us-ascii", "\xc3\xa9", "\xc3\xa9"); /* ASCII that lies */
    assert_utf8("", "abc\xe2\x82", "abc\xc3\xa2\xe2\x80\x9a");
}

static void a_guess_is_kept_for_the_rest_of_a_stream(void **state)
{
    struct buf b = BUF_INIT;

    for (size_t piece = 1; piece < 9; piece++) {
        buf_clear(&b);
        convert_in_pieces(STR(""), STR("\xc3\xa9\xe9 \xc3\xa9"), piece, &b);
        assert_lit(buf_str(&b), "\xc3\xa9\xc3\xa9 \xc3\x83\xc2\xa9");
    }
    buf_fini(&b);
}

static void a_full_buffer_ends_the_conversion(void **state)
{
    struct buf b = BUF_MAX(3);

    mime_to_utf8(STR("koi8-r"), STR("\xcd\xc9\xd2\xcd\xc9\xd2"), &b);
    assert_true(b.failed);
    buf_fini(&b);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(the_names_that_mail_uses_are_known),
    cmocka_unit_test(other_names_never_reach_iconv),
    cmocka_unit_test(charsets_are_converted),
    cmocka_unit_test(wrong_bytes_are_replaced),
    cmocka_unit_test(unknown_charsets_leave_their_ascii),
    cmocka_unit_test(a_missing_charset_is_guessed),
    cmocka_unit_test(a_guess_is_kept_for_the_rest_of_a_stream),
    cmocka_unit_test(a_full_buffer_ends_the_conversion),
};

TESTS_MAIN(tests)
