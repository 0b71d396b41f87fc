/* STORE, COPY and MOVE; flags and sets. */
#include "table.h"

static void store_takes_flags_with_and_without_parentheses(void **state)
{
    static const struct row rows[] = {
        {"STORE 2:4 +FLAGS (\\Deleted)", "STORE 2:4 add (\\Deleted)"},
        {"UID STORE 1 -FLAGS.SILENT ($Forwarded \\seen)",
         "UID STORE 1 remove silent (\\Seen $Forwarded)"},
        {"STORE $ FLAGS ()", "STORE $ set ()"},
        {"STORE * flags \\Answered Foo foo FOO", "STORE * set (\\Answered Foo)"},
        {"STORE 1 (UNCHANGEDSINCE 0) FLAGS.SILENT ()", "STORE 1 unchangedsince 0 set silent ()"},
        {"STORE 1 (UNCHANGEDSINCE 9223372036854775807) +FLAGS x",
         "STORE 1 unchangedsince 9223372036854775807 add (x)"},
        {"STORE 1 (UNCHANGEDSINCE 9223372036854775808) +FLAGS x", "BAD Number too large"},
        {"STORE 1 (FOO 1) +FLAGS x", "BAD Unknown modifier of STORE"},
        {"STORE 1 FLAGS (\\Recent \\Seen \\Nonsense)", "STORE 1 set (\\Seen)"},
        {"STORE 1 FLAGS (\\*)", "BAD Expected the name of a system flag"},
        {"STORE 1 FLAGS (\\)", "BAD Expected the name of a system flag"},
        {"STORE 1 FLAGS (a  b)", "BAD Expected a flag or the end of the list"},
        {"STORE 1 FLAGS (a b", "BAD Expected a flag or the end of the list"},
        {"STORE 1 FLAGS", "BAD Expected a space and an argument"},
        {"STORE 1 FLAGS ", "BAD Expected a flag"},
        {"STORE 1 FLAG (a)", "BAD Expected FLAGS, +FLAGS or -FLAGS, with or without .SILENT"},
        {"STORE 1 FLAGS.LOUD (a)", "BAD Expected FLAGS, +FLAGS or -FLAGS, with or without .SILENT"},
        {"STORE 1 +-FLAGS (a)", "BAD Expected FLAGS, +FLAGS or -FLAGS, with or without .SILENT"},
        {"STORE FLAGS (a)", "BAD Expected a number"},
        {"STORE 1 FLAGS (\"a\")", "BAD Expected a flag"},
    };

    TABLE_CHECK(rows);
}

static void keywords_have_a_length_and_a_count(void **state)
{
    static const struct imap_parse_options o = {0};
    struct buf line = BUF_INIT;

    BUF_LIT(&line, "STORE 1 FLAGS ");
    for (int i = 0; i < 101; i++)
        buf_add_char(&line, 'k');
    table_check_row(buf_str(&line), &o, "NO [LIMIT] Keyword is longer than 100 bytes");
    buf_clear(&line);
    BUF_LIT(&line, "STORE 1 FLAGS (");
    for (int i = 0; i < 1001; i++)
        buf_printf(&line, "%sk%d", i > 0 ? " " : "", i);
    BUF_LIT(&line, ")");
    table_check_row(buf_str(&line), &o, "NO [LIMIT] Too many flags");
    buf_fini(&line);
}

static void copy_and_move_take_a_set_and_a_name(void **state)
{
    static const struct row rows[] = {
        {"COPY 2:4 MEETING", "COPY 2:4 \"MEETING\""},
        {"UID COPY 1,2 inbox", "UID COPY 1,2 \"INBOX\""},
        {"MOVE * \"a b\"", "MOVE * \"a b\""},
        {"UID MOVE $ x", "UID MOVE $ \"x\""},
        {"COPY x 1", "BAD Expected a number"},
        {"COPY 1", "BAD Expected a space and an argument"},
        {"COPY $,1 x", "BAD Expected a space and an argument"},
        {"COPY 4,2:3,$ x", "COPY 4,2:3,$ \"x\""},
        {"COPY 1:$ x", "BAD Expected a number"},
    };

    TABLE_CHECK(rows);
}

static void sets_are_kept_as_written(void **state)
{
    static const struct row rows[] = {
        {"COPY * x", "COPY * \"x\""},
        {"COPY *:5 x", "COPY *:5 \"x\""},
        {"COPY 5:* x", "COPY 5:* \"x\""},
        {"COPY *:* x", "COPY * \"x\""},
        {"COPY 9:1 x", "COPY 9:1 \"x\""},
        {"COPY 2,4:7,9,12:*,3:5 x", "COPY 2,4:7,9,12:*,3:5 \"x\""},
        {"COPY 4294967295 x", "COPY 4294967295 \"x\""},
        {"COPY 4294967296 x", "BAD Number too large"},
        {"COPY 1:18446744073709551617 x", "BAD Number too large"},
        {"COPY 0 x", "BAD Expected a number that does not start with 0"},
        {"COPY 1:0 x", "BAD Expected a number that does not start with 0"},
        {"COPY 01 x", "BAD Expected a number that does not start with 0"},
        {"COPY 1,,2 x", "BAD Expected a number"},
        {"COPY 1, x", "BAD Expected a number"},
        {"COPY ,1 x", "BAD Expected a number"},
        {"COPY 1: x", "BAD Expected a number"},
        {"COPY 1:2:3 x", "BAD Expected a space and an argument"},
        {"COPY -1 x", "BAD Expected a number"},
        {"COPY \"1\" x", "BAD Expected a number"},
    };

    TABLE_CHECK(rows);
}

static void a_full_line_of_numbers_is_a_set(void **state)
{
    static const struct imap_parse_options o = {0};
    struct arena *a = arena_new();
    struct imap_parse_error error;
    struct buf line = BUF_INIT;
    struct imap_command c;

    BUF_LIT(&line, "a UID FETCH 1");
    while (line.n < IMAP_MAX_LINE - 20)
        BUF_LIT(&line, ",1");
    BUF_LIT(&line, " FLAGS\r\n");
    assert_ok(imap_parse(a, (struct imap_text){.bytes = buf_str(&line)}, &o, &c, &error));
    assert_true(c.fetch.set.n > 32000);
    buf_fini(&line);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(store_takes_flags_with_and_without_parentheses),
        cmocka_unit_test(keywords_have_a_length_and_a_count),
        cmocka_unit_test(copy_and_move_take_a_set_and_a_name),
        cmocka_unit_test(sets_are_kept_as_written),
        cmocka_unit_test(a_full_line_of_numbers_is_a_set),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
