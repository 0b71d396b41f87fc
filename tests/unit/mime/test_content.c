/* The Content-* fields. */
#include "test.h"

#include "mime_tree.h"

static struct mime_part *parse(struct arena *a, struct str header)
{
    struct buf m = BUF_INIT;
    struct mime_part *root;

    buf_add_str(&m, header);
    buf_add_cstr(&m, "\r\n\r\n");
    root = mime_parse(a, buf_str(&m));
    mime_tree_check_root(root, buf_str(&m));
    buf_fini(&m);
    return root;
}

static void test_type(struct str value, struct str want, const char *file, int line)
{
    struct arena *a = arena_new();
    struct buf header = BUF_INIT;
    struct buf got = BUF_INIT;
    struct mime_part *root;

    buf_add_cstr(&header, "Content-Type:");
    buf_add_str(&header, value);
    root = parse(a, buf_str(&header));
    buf_printf(&got, "%.*s/%.*s", STR_FMT(root->type), STR_FMT(root->subtype));
    test_str_equal(buf_str(&got), want, file, line);
    buf_fini(&header);
    buf_fini(&got);
    arena_free(a);
}

#define assert_type(value, want) test_type(STR(value), STR(want), __FILE__, __LINE__)

static void types_are_upper_case_tokens(void **state)
{
    assert_type(" text/html; charset=x", "TEXT/HTML");
    assert_type("(comment) Image / (another) SVG+xml (third)", "IMAGE/SVG+XML");
    assert_type("\r\n text/plain", "TEXT/PLAIN");
    assert_type("application/x-a/b/c; d=e", "APPLICATION/X-A");
    assert_type("text/html charset=utf-8", "TEXT/HTML");
}

static void broken_types_are_the_default(void **state)
{
    assert_type("", "TEXT/PLAIN");
    assert_type(" ;charset=x", "TEXT/PLAIN");
    assert_type(" charset=utf-8", "TEXT/PLAIN");
    assert_type(" /plain", "TEXT/PLAIN");
    assert_type(" text", "TEXT/PLAIN");
    assert_type(" text/", "TEXT/PLAIN");
    assert_type(" multipart", "MULTIPART/MIXED");
    assert_type(" pdf; name=x", "APPLICATION/OCTET-STREAM");
    assert_type(" message", "APPLICATION/OCTET-STREAM");
    assert_type(" \xc3\xa4/\xc3\xb6", "TEXT/PLAIN");
    assert_type(" \"text\"/\"html\"", "TEXT/PLAIN");
}

static void a_part_without_type_is_ascii_text(void **state)
{
    struct arena *a = arena_new();
    struct mime_part *root = parse(a, STR("Subject: x"));

    assert_lit(root->type, "TEXT");
    assert_lit(root->subtype, "PLAIN");
    assert_lit(mime_param_get(root->params, STR("charset")), "us-ascii"); /* RFC 2045 5.2 */
    assert_lit(root->encoding, "7BIT");
    assert_int_equal(root->cte, CTE_7BIT);
    assert_null(root->id.p);
    assert_null(root->disposition.p);
    assert_int_equal(root->n_languages, 0);
    arena_free(a);
}

static void the_first_of_repeated_fields_counts(void **state)
{
    struct arena *a = arena_new();
    struct mime_part *root = parse(a, STR("Content-Type: text/html\r\nContent-Type: image/gif"));

    assert_lit(root->subtype, "HTML");
    arena_free(a);
}

static void test_encoding(struct str value, enum mime_cte cte, struct str want, const char *file,
                          int line)
{
    struct arena *a = arena_new();
    struct buf header = BUF_INIT;
    struct mime_part *root;

    buf_add_cstr(&header, "Content-Transfer-Encoding: ");
    buf_add_str(&header, value);
    root = parse(a, buf_str(&header));
    test_str_equal(root->encoding, want, file, line);
    if (root->cte != cte)
        _fail(file, line);
    buf_fini(&header);
    arena_free(a);
}

#define assert_encoding(value, cte, want)                                                          \
    test_encoding(STR(value), cte, STR(want), __FILE__, __LINE__)

static void encodings_are_known_by_name(void **state)
{
    assert_encoding("7bit", CTE_7BIT, "7BIT");
    assert_encoding("8Bit", CTE_8BIT, "8BIT");
    assert_encoding("binary", CTE_BINARY, "BINARY");
    assert_encoding("(c) quoted-printable (d)", CTE_QP, "QUOTED-PRINTABLE");
    assert_encoding("\"base64\"", CTE_BASE64, "BASE64");
    assert_encoding("base64;", CTE_BASE64, "BASE64");
    assert_encoding("x-uuencode", CTE_UUENCODE, "X-UUENCODE");
    assert_encoding("x-own", CTE_UNKNOWN, "X-OWN");
    assert_encoding("", CTE_7BIT, "7BIT");
    assert_encoding("\xc3\xa4", CTE_7BIT, "7BIT");
}

static void dispositions_are_lower_case_with_parameters(void **state)
{
    struct arena *a = arena_new();
    struct mime_part *p = parse(a, STR("Content-Disposition: ATTACHMENT; filename=genome.jpeg;\r\n"
                                       " modification-date=\"Wed, 12 Feb 1997 16:29:51 -0500\""));

    assert_lit(p->disposition, "attachment"); /* RFC 2183 3 */
    assert_lit(mime_param_get(p->disposition_params, STR("filename")), "genome.jpeg");
    assert_lit(mime_param_get(p->disposition_params, STR("modification-date")),
               "Wed, 12 Feb 1997 16:29:51 -0500");
    p = parse(a, STR("Content-Disposition: \"inline\""));
    assert_lit(p->disposition, "inline");
    assert_null(p->disposition_params);
    arena_free(a);
}

static void a_disposition_without_type_is_an_attachment(void **state)
{
    struct arena *a = arena_new();
    struct mime_part *p = parse(a, STR("Content-Disposition: ; filename=x"));

    assert_lit(p->disposition, "attachment");
    p = parse(a, STR("Content-Disposition: filename=x"));
    assert_lit(p->disposition, "attachment");
    assert_lit(mime_param_get(p->disposition_params, STR("filename")), "x");
    p = parse(a, STR("Content-Disposition:"));
    assert_null(p->disposition.p);
    assert_null(p->disposition_params);
    arena_free(a);
}

static void languages_are_a_list(void **state)
{
    struct arena *a = arena_new();
    struct mime_part *p = parse(a, STR("Content-Language: mi, en-GB (British),, de;q=1"));

    assert_int_equal(p->n_languages, 3);
    assert_lit(p->languages[0], "mi");
    assert_lit(p->languages[1], "en-GB");
    assert_lit(p->languages[2], "de");
    arena_free(a);
}

static void other_fields_are_unfolded(void **state)
{
    struct arena *a = arena_new();
    struct mime_part *p =
        parse(a, STR("Content-ID: <1@\r\n x>\r\nContent-MD5:  Q2hlY2s= \r\n"
                     "Content-Description: a\r\n  =?utf-8?q?b?=\r\n"
                     "Content-Location: http://example.org/\r\n\tlong/\r\n path\r\n"));

    assert_lit(p->id, "<1@ x>");
    assert_lit(p->md5, "Q2hlY2s=");
    assert_lit(p->description, "a  =?utf-8?q?b?=");
    assert_lit(p->location, "http://example.org/long/path"); /* RFC 2557 4.4.1 */
    p = parse(a, STR("Content-ID:\r\nContent-MD5: \r\nContent-Description:"));
    assert_null(p->id.p);
    assert_null(p->md5.p);
    assert_null(p->description.p);
    arena_free(a);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(types_are_upper_case_tokens),
    cmocka_unit_test(broken_types_are_the_default),
    cmocka_unit_test(a_part_without_type_is_ascii_text),
    cmocka_unit_test(the_first_of_repeated_fields_counts),
    cmocka_unit_test(encodings_are_known_by_name),
    cmocka_unit_test(dispositions_are_lower_case_with_parameters),
    cmocka_unit_test(a_disposition_without_type_is_an_attachment),
    cmocka_unit_test(languages_are_a_list),
    cmocka_unit_test(other_fields_are_unfolded),
};

TESTS_MAIN(tests)
