/* Content transfer encodings (RFC 2045 6), in any pieces. */
#include "test.h"

#include "mime/decode.h"

static void decode(enum mime_cte cte, struct str in, size_t piece, struct buf *out)
{
    struct mime_decoder d;

    mime_decoder_init(&d, cte);
    for (; in.n > 0; in = str_from(in, piece))
        mime_decoder_feed(&d, str_sub(in, 0, piece), out);
    mime_decoder_end(&d, out);
}

static void test_decoded(enum mime_cte cte, struct str in, struct str want, const char *file,
                         int line)
{
    for (size_t piece = 1; piece <= in.n + 1; piece++) {
        struct buf b = BUF_INIT;

        decode(cte, in, piece, &b);
        test_str_equal(buf_str(&b), want, file, line);
        buf_fini(&b);
    }
}

#define assert_base64(in, want) test_decoded(CTE_BASE64, STR(in), STR(want), __FILE__, __LINE__)
#define assert_qp(in, want) test_decoded(CTE_QP, STR(in), STR(want), __FILE__, __LINE__)
#define assert_uu(in, want) test_decoded(CTE_UUENCODE, STR(in), STR(want), __FILE__, __LINE__)

static void base64_is_decoded(void **state)
{
    assert_base64("", "");
    assert_base64("Zg==", "f");
    assert_base64("Zm8=", "fo");
    assert_base64("Zm9v", "foo");
    assert_base64("Zm9v\r\nYmFy\r\n", "foobar");
    assert_base64("+/+/", "\xfb\xff\xbf");
    assert_base64("AAD/", "\0\0\xff");
    assert_base64("QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5eg==",
                  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
}

static void broken_base64_gives_what_it_can(void **state)
{
    assert_base64("Zg", "f");
    assert_base64("Zm8", "fo");
    assert_base64("Zm9vY", "foo");
    assert_base64("Z m\t9\0v!*-_\xff", "foo");
    assert_base64("Zm8=Zm8=", "fofo"); /* one behind the other */
    assert_base64("Zg==Zg==", "ff");
    assert_base64("====", "");
    assert_base64("=Zm9v", "foo");
}

static void quoted_printable_is_decoded(void **state)
{
    assert_qp(
        "Now's the time =\r\nfor all folk to come=\r\n to the aid of their country.",
        "Now's the time for all folk to come to the aid of their country."); /* RFC 2045 6.7 */
    assert_qp("=3D=e4=E4", "=\xe4\xe4");
    assert_qp("a\r\nb\nc", "a\r\nb\nc");
    assert_qp("=00=0D=0A", "\0\r\n");
}

static void blanks_at_the_end_of_a_line_go(void **state)
{
    assert_qp("a \t \r\nb \nc  d\t\r\n", "a\r\nb\nc  d\r\n");
    assert_qp("a=20 \r\n", "a \r\n");
    assert_qp("a = \t\r\nb", "a b");
    assert_qp("a  ", "a");
    assert_qp(" \t", "");
}

static void broken_quoted_printable_is_kept(void **state)
{
    assert_qp("=", "");
    assert_qp("a=", "a");
    assert_qp("=4", "=4");
    assert_qp("=4\r\nx", "=4\r\nx");
    assert_qp("=zz =4z ==41 =\rx", "=zz =4z =A =\rx");
    assert_qp("a\rb\r\r\nc", "a\rb\r\r\nc");
    assert_qp("\xe4\0", "\xe4\0");
    assert_qp("= x", "= x");
}

static void runs_of_blanks_longer_than_a_line_are_kept(void **state)
{
    struct str blanks =
        STR("                                                                                "
            "                                                                                ");
    struct buf in = BUF_INIT;

    buf_add_str(&in, blanks);
    buf_add_char(&in, 'x');
    test_decoded(CTE_QP, buf_str(&in), buf_str(&in), __FILE__, __LINE__);
    buf_fini(&in);
}

static void uuencoded_files_are_decoded(void **state)
{
    assert_uu("begin 644 cat.txt\n#0V%T\n`\nend\n", "Cat");
    assert_uu("text before\r\nbegin 644 x\r\n&8V%T8V%T\r\n#0V%T\r\n`\r\nend\r\ntext after\r\n",
              "catcatCat");
    assert_uu("begin 644 x\n$86)C9```\nend\n", "abcd");
    assert_uu("begin 644 x\n!80``\n \nend", "a");
}

static void broken_uuencoding_gives_what_it_can(void **state)
{
    assert_uu("", "");
    assert_uu("no file here\n", "");
    assert_uu("beginning\nbegi", "");
    assert_uu("begin 644 x\nM0V%T\n", "Cat");
    assert_uu("begin 644 x\n#0V%T~~~~\n#0V%T", "CatCat");
    assert_uu("begin 644 x\n#0V%T\nend\nbegin 644 y\n#0V%T\n", "Cat"); /* one file a part */
}

static void other_encodings_copy(void **state)
{
    static const enum mime_cte ctes[] = {CTE_7BIT, CTE_8BIT, CTE_BINARY, CTE_UNKNOWN};

    for (size_t i = 0; i < 4; i++)
        test_decoded(ctes[i], STR("=41 \r\n\0\xff"), STR("=41 \r\n\0\xff"), __FILE__, __LINE__);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(base64_is_decoded),
    cmocka_unit_test(broken_base64_gives_what_it_can),
    cmocka_unit_test(quoted_printable_is_decoded),
    cmocka_unit_test(blanks_at_the_end_of_a_line_go),
    cmocka_unit_test(broken_quoted_printable_is_kept),
    cmocka_unit_test(runs_of_blanks_longer_than_a_line_are_kept),
    cmocka_unit_test(uuencoded_files_are_decoded),
    cmocka_unit_test(broken_uuencoding_gives_what_it_can),
    cmocka_unit_test(other_encodings_copy),
};

TESTS_MAIN(tests)
