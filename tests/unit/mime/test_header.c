#include "test.h"

#include "mime/header.h"

static void fields_are_found_with_their_folds(void **state)
{
    struct mime_fields f =
        mime_fields_of(STR("Subject: a\r\n b\r\nX-Y :c\nZ:\r\n\r\nTo: body\r\n"));
    struct mime_field got;

    assert_true(mime_fields_next(&f, &got));
    assert_lit(got.name, "Subject");
    assert_lit(got.value, " a\r\n b");
    assert_lit(got.whole, "Subject: a\r\n b\r\n");
    assert_true(mime_fields_next(&f, &got));
    assert_lit(got.name, "X-Y");
    assert_lit(got.value, "c");
    assert_true(mime_fields_next(&f, &got));
    assert_lit(got.name, "Z");
    assert_lit(got.value, "");
    assert_lit(got.whole, "Z:\r\n");
    assert_false(mime_fields_next(&f, &got));
    assert_false(mime_fields_next(&f, &got));
}

static void lines_that_are_no_field_are_skipped_with_their_folds(void **state)
{
    struct mime_fields f = mime_fields_of(
        STR(" leading: fold\r\nFrom a@b Mon 1:2\r\n folded: too\r\n: x\r\nN\xc3\xa4me: x\r\nA: b"));
    struct mime_field got;

    assert_true(mime_fields_next(&f, &got));
    assert_lit(got.name, "A");
    assert_lit(got.value, " b");
    assert_lit(got.whole, "A: b");
    assert_false(mime_fields_next(&f, &got));
}

static void a_line_of_blanks_is_a_fold_and_a_lone_cr_no_line_end(void **state)
{
    struct mime_fields f = mime_fields_of(STR("A: b\r\n \r\n c\rD: e\r\n\nF: g\r\n"));
    struct mime_field got;

    assert_true(mime_fields_next(&f, &got));
    assert_lit(got.value, " b\r\n \r\n c\rD: e");
    assert_false(mime_fields_next(&f, &got));
}

static void nothing_has_no_fields(void **state)
{
    struct mime_fields f = mime_fields_of(STR(""));
    struct mime_field got;

    assert_false(mime_fields_next(&f, &got));
    f = mime_fields_of(STR("\n"));
    assert_false(mime_fields_next(&f, &got));
}

static void unfolding_drops_line_ends_and_nul(void **state)
{
    struct arena *a = arena_new();

    assert_lit(mime_unfold(a, STR("  a\r\n  b\tc\r\n")), "a  b\tc");
    assert_lit(mime_unfold(a, STR("a\rb\nc\0d")), "abcd");
    assert_lit(mime_unfold(a, STR("\0 a \0")), "a");
    assert_lit(mime_unfold(a, STR("")), "");
    arena_free(a);
}

static void message_ids_lose_brackets_blanks_and_quotes(void **state)
{
    struct arena *a = arena_new();
    struct str *ids;

    assert_int_equal(mime_message_ids(a, STR("<a@b> <c\r\n @d>,text<e@f>"), &ids), 3);
    assert_lit(ids[0], "a@b");
    assert_lit(ids[1], "c@d");
    assert_lit(ids[2], "e@f");
    assert_int_equal(mime_message_ids(a, STR("<\"01KF8JCEOCBS0045PS\"@xxx.yyy.com>"), &ids), 1);
    assert_lit(ids[0], "01KF8JCEOCBS0045PS@xxx.yyy.com"); /* RFC 5256 3 */
    assert_int_equal(mime_message_ids(a, STR("<\"a b\\\"c\"@d>"), &ids), 1);
    assert_lit(ids[0], "a b\"c@d");
    arena_free(a);
}

static void broken_message_ids_are_left_out(void **state)
{
    struct arena *a = arena_new();
    struct str *ids;

    assert_int_equal(mime_message_ids(a, STR(""), &ids), 0);
    assert_int_equal(mime_message_ids(a, STR("no id"), &ids), 0);
    assert_int_equal(mime_message_ids(a, STR("<> < > <open"), &ids), 0);
    assert_int_equal(mime_message_ids(a, STR("<open <a@b> > <c@d"), &ids), 1);
    assert_lit(ids[0], "a@b");
    arena_free(a);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(fields_are_found_with_their_folds),
    cmocka_unit_test(lines_that_are_no_field_are_skipped_with_their_folds),
    cmocka_unit_test(a_line_of_blanks_is_a_fold_and_a_lone_cr_no_line_end),
    cmocka_unit_test(nothing_has_no_fields),
    cmocka_unit_test(unfolding_drops_line_ends_and_nul),
    cmocka_unit_test(message_ids_lose_brackets_blanks_and_quotes),
    cmocka_unit_test(broken_message_ids_are_left_out),
};

TESTS_MAIN(tests)
