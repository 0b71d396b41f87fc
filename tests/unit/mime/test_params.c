/* Parameters (RFC 2045 5.1, RFC 2231), through Content-Type. */
#include "test.h"

#include "mime_tree.h"

/* Parameters as text: "name=value", "name*=value" where extended, "; " between. */
static void test_params(struct str tail, struct str want, const char *file, int line)
{
    struct arena *a = arena_new();
    struct buf m = BUF_INIT;
    struct buf b = BUF_INIT;
    struct mime_part *root;

    buf_add_cstr(&m, "Content-Type: a/b");
    buf_add_str(&m, tail);
    buf_add_cstr(&m, "\r\n\r\n");
    root = mime_parse(a, buf_str(&m));
    mime_tree_check_root(root, buf_str(&m));
    for (struct mime_param *p = root->params; p; p = p->next)
        buf_printf(&b, "%.*s%s=%.*s%s", STR_FMT(p->name), p->extended ? "*" : "", STR_FMT(p->value),
                   p->next ? "; " : "");
    test_str_equal(buf_str(&b), want, file, line);
    buf_fini(&m);
    buf_fini(&b);
    arena_free(a);
}

#define assert_params(tail, want) test_params(STR(tail), STR(want), __FILE__, __LINE__)

static void plain_parameters_are_read(void **state)
{
    assert_params("; charset=us-ascii (Plain text)", "charset=us-ascii");
    assert_params("; charset=\"us-ascii\"", "charset=us-ascii");
    assert_params(";CHARSET = \"x\\\"y\\\\\" ;n=v", "charset=x\"y\\; n=v");
    assert_params(";\r\n\tboundary=\"gc0pJq0M:08jU534c0p\"", "boundary=gc0pJq0M:08jU534c0p");
    assert_params("; a=\"\"", "a=");
    assert_params("", "");
}

static void the_examples_of_rfc_2231_are_read(void **state)
{
    assert_params("; access-type=URL;\r\n URL*0=\"ftp://\";\r\n"
                  " URL*1=\"cs.utk.edu/pub/moore/bulk-mailer/bulk-mailer.tar\"",
                  "access-type=URL; url=ftp://cs.utk.edu/pub/moore/bulk-mailer/bulk-mailer.tar");
    assert_params("; title*=us-ascii'en-us'This%20is%20%2A%2A%2Afun%2A%2A%2A",
                  "title*=This is ***fun***");
    assert_params(
        "; title*0*=us-ascii'en'This%20is%20even%20more%20; title*1*=%2A%2A%2Afun%2A%2A%2A%20;"
        " title*2=\"isn't it!\"",
        "title*=This is even more ***fun*** isn't it!");
    assert_params("\r\n title*0*=us-ascii'en'This%20is%20even%20more%20\r\n"
                  " title*1*=%2A%2A%2Afun%2A%2A%2A%20\r\n title*2=\"isn't it!\"",
                  "title*=This is even more ***fun*** isn't it!"); /* as printed: without ";" */
}

static void charsets_are_converted(void **state)
{
    assert_params("; n*=iso-8859-1''%E9t%e9", "n*=\xc3\xa9t\xc3\xa9");
    assert_params("; n*0*=utf-8''%E2; n*1*=%82%AC",
                  "n*=\xe2\x82\xac"); /* a character in two pieces */
    assert_params("; n*=''%C3%A9", "n*=\xc3\xa9");
    assert_params("; n*=x-nope'de'%E9a", "n*=x-nope'de'%E9a"); /* as it stood */
    assert_params("; n*=no-quotes%41", "n*=no-quotesA");
    assert_params("; n*=utf-8''a%4", "n*=a%4");
    assert_params("; n*=\"utf-8''a%20b\"", "n*=a b");
}

static void pieces_come_in_any_order_and_end_at_a_gap(void **state)
{
    assert_params("; n*1=b; x=y; n*0=a; n*2=c", "n=abc; x=y");
    assert_params("; n*0=a; n*1=b; n*3=d", "n=ab");
    assert_params("; n*1=a; n*2=b", "n=ab"); /* some begin with 1 */
    assert_params("; n*2=a; n*3=b", "");
    assert_params("; n*0=a; n*0=b; n*1=c", "n=ac");
    assert_params("; n*2147483648=a; n*99999999999999999999=b; n*x=c; *0=d; *=e", "");
    assert_params("; n*2147483647=a", "");
}

static void the_first_of_equal_parameters_counts(void **state)
{
    assert_params("; n=a; N=b", "n=a");
    assert_params("; n=a; n*=utf-8''b", "n=a; n*=b");
}

static void encoded_words_are_decoded_except_in_a_boundary(void **state)
{
    assert_params("; name=\"=?utf-8?q?=C3=A9?=.txt\"", "name=\xc3\xa9.txt");
    assert_params("; name==?utf-8?b?w6k=?=", "name=\xc3\xa9");
    assert_params("; boundary=\"=?utf-8?q?a?=\"", "boundary==?utf-8?q?a?=");
}

static void raw_8_bit_becomes_utf_8(void **state)
{
    assert_params("; name=\"\xc3\xa9\"", "name=\xc3\xa9");
    assert_params("; name=\"\xe9\"", "name=\xc3\xa9");
}

static void line_ends_and_nul_never_get_in(void **state)
{
    assert_params("; n*=utf-8''a%00%0d%0Ab; m=\"=?utf-8?q?=00=0Ax?=\"", "n*=ab; m=x");
}

static void unquoted_values_are_met_with_blanks_and_more(void **state)
{
    assert_params("; name=my file.pdf; x=y", "name=my file.pdf; x=y");
    assert_params("; name=file(1).pdf", "name=file(1).pdf");
    assert_params(" charset=utf-8 format=flowed", "charset=utf-8; format=flowed");
    assert_params("; boundary=----=_Part_1", "boundary=----=_Part_1");
    assert_params("; name=\"a\" garbage; x=y", "name=a; x=y");
    assert_params(";;; ; a=b;;", "a=b");
    assert_params("; noval; =x; a b=c; d=e", "d=e");
    assert_params("; a=", "a=");
    assert_params("; a=;b=c", "a=; b=c");
}

static void unclosed_quotes_end_at_a_semicolon(void **state)
{
    assert_params("; name=\"unterminated", "name=unterminated");
    assert_params("; boundary=\"foo; charset=utf-8", "boundary=foo; charset=utf-8");
    assert_params("; a=\"b\\", "a=b\\");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(plain_parameters_are_read),
    cmocka_unit_test(the_examples_of_rfc_2231_are_read),
    cmocka_unit_test(charsets_are_converted),
    cmocka_unit_test(pieces_come_in_any_order_and_end_at_a_gap),
    cmocka_unit_test(the_first_of_equal_parameters_counts),
    cmocka_unit_test(encoded_words_are_decoded_except_in_a_boundary),
    cmocka_unit_test(raw_8_bit_becomes_utf_8),
    cmocka_unit_test(line_ends_and_nul_never_get_in),
    cmocka_unit_test(unquoted_values_are_met_with_blanks_and_more),
    cmocka_unit_test(unclosed_quotes_end_at_a_semicolon),
};

TESTS_MAIN(tests)
