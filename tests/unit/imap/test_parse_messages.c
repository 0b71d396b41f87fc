/* SELECT, LIST, APPEND, STORE, COPY: commands with lists and sets. */
#include "table.h"

static void select_takes_condstore_and_qresync(void **state)
{
    static const struct row rows[] = {
        {"SELECT INBOX", "SELECT \"INBOX\""},
        {"EXAMINE inbox (condstore)", "EXAMINE \"INBOX\" condstore"},
        {"SELECT x (QRESYNC (67890007 20050715194045000))",
         "SELECT \"x\" qresync 67890007 20050715194045000"},
        {"SELECT x (QRESYNC (1 0))", "SELECT \"x\" qresync 1 0"},
        {"SELECT x (QRESYNC (1 2 41,43:211,5))", "SELECT \"x\" qresync 1 2 known 5,41,43:211"},
        {"SELECT x (QRESYNC (1 2 9:1,4:12))", "SELECT \"x\" qresync 1 2 known 1:12"},
        {"SELECT x (QRESYNC (1 2 1:4294967295,7))", "SELECT \"x\" qresync 1 2 known 1:4294967295"},
        {"SELECT x (QRESYNC (1 2 1:29997 (5000,7500,9000 15000,22500,27000)))",
         "SELECT \"x\" qresync 1 2 known 1:29997 match 5000,7500,9000=15000,22500,27000"},
        {"SELECT x (QRESYNC (1 2 (1,3:4 10,20,30)))",
         "SELECT \"x\" qresync 1 2 match 1,3:4=10,20,30"},
        {"SELECT x (QRESYNC (1 2 (1,2 10)))", "SELECT \"x\" qresync 1 2"},
        {"SELECT x (CONDSTORE QRESYNC (1 2))", "SELECT \"x\" condstore qresync 1 2"},
        {"SELECT x (QRESYNC (0 2))", "BAD Expected a number that does not start with 0"},
        {"SELECT x (QRESYNC (1 9223372036854775807))",
         "SELECT \"x\" qresync 1 9223372036854775807"},
        {"SELECT x (QRESYNC (1 9223372036854775808))", "BAD Number too large"},
        {"SELECT x (QRESYNC (4294967296 1))", "BAD Number too large"},
        {"SELECT x (QRESYNC (1 2 1:*))", "BAD * is not allowed here"},
        {"SELECT x (QRESYNC (1 2 $))", "BAD $ is not allowed here"},
        {"SELECT x (QRESYNC (1 2 (2,1 1,2)))", "BAD Numbers must rise"},
        {"SELECT x (QRESYNC (1 2 (1,2 1,*)))", "BAD * is not allowed here"},
        {"SELECT x (QRESYNC (1 2 (1,2 1,1)))", "BAD Numbers must rise"},
        {"SELECT x (QRESYNC (1 2 (5:3 1:3)))", "BAD Numbers must rise"},
        {"SELECT x (QRESYNC (1))", "BAD Expected a space and an argument"},
        {"SELECT x (QRESYNC)", "BAD Expected a space and an argument"},
        {"SELECT x (QRESYNC (1 2) QRESYNC (1 2))", "BAD Unknown parameter of SELECT"},
        {"SELECT x (ANNOTATE)", "BAD Unknown parameter of SELECT"},
        {"SELECT x ()", "BAD Unknown parameter of SELECT"},
        {"SELECT x (CONDSTORE", "BAD Expected the end of the parameters"},
        {"SELECT x CONDSTORE", "BAD Expected a list of parameters"},
    };

    TABLE_CHECK(rows);
}

static void list_takes_patterns_and_options(void **state)
{
    static const struct row rows[] = {
        {"LIST \"\" \"\"", "LIST \"\" (\"\")"},
        {"LIST \"\" *", "LIST \"\" (\"*\")"},
        {"LIST ~/Mail/ %", "LIST \"~/Mail/\" (\"%\")"},
        {"LIST \"\" &AOQ-*", "LIST \"\" (\"\xC3\xA4*\")"},
        {"LIST \"\" &*", "LIST \"\" (\"&*\")"},
        {"LIST \"\" a]b", "LIST \"\" (\"a]b\")"},
        {"LIST \"\" {2}\r\n%a", "LIST \"\" (\"%a\")"},
        {"LIST () \"\" *", "LIST \"\" (\"*\") extended"},
        {"LIST (SUBSCRIBED) \"\" *", "LIST \"\" (\"*\") extended subscribed"},
        {"list (remote subscribed recursivematch) \"\" (a b% \"c\")",
         "LIST \"\" (\"a\" \"b%\" \"c\") extended subscribed remote recursivematch"},
        {"LIST (SPECIAL-USE) \"\" *", "LIST \"\" (\"*\") extended special-use"},
        {"LIST (SPECIAL-USE RECURSIVEMATCH) \"\" *",
         "LIST \"\" (\"*\") extended recursivematch special-use"},
        {"LIST \"\" * RETURN ()", "LIST \"\" (\"*\") extended"},
        {"LIST \"\" % RETURN (SUBSCRIBED CHILDREN SPECIAL-USE)",
         "LIST \"\" (\"%\") extended return-subscribed return-children return-special-use"},
        {"LIST \"\" % RETURN (STATUS (MESSAGES UNSEEN))",
         "LIST \"\" (\"%\") extended return-status : messages unseen"},
        {"LIST (SUBSCRIBED) \"\" % RETURN (STATUS (SIZE) CHILDREN)",
         "LIST \"\" (\"%\") extended subscribed return-children return-status : size"},
        {"LIST (RECURSIVEMATCH) \"\" *", "BAD RECURSIVEMATCH needs SUBSCRIBED beside it"},
        {"LIST (REMOTE RECURSIVEMATCH) \"\" *", "BAD RECURSIVEMATCH needs SUBSCRIBED beside it"},
        {"LIST (CHILDREN) \"\" *", "BAD Unknown option of LIST"},
        {"LIST \"\" * RETURN (REMOTE)", "BAD Unknown option of LIST"},
        {"LIST \"\" * RETURN (STATUS)", "BAD Expected a space and an argument"},
        {"LIST \"\" * RETURN (STATUS ())", "BAD Expected a status item"},
        {"LIST \"\" * RETURN", "BAD Expected a space and an argument"},
        {"LIST \"\" * FOO", "BAD Expected RETURN"},
        {"LIST \"\" ()", "BAD Expected an atom or a string"},
        {"LIST \"\"", "BAD Expected a space and an argument"},
        {"LIST % \"\"", "BAD Expected an atom or a string"},
        {"LSUB \"#news.\" \"comp.mail.*\"", "LSUB \"#news.\" (\"comp.mail.*\")"},
        {"LSUB () \"\" *", "BAD Expected an atom or a string"},
        {"LSUB \"\" * RETURN ()", "BAD Unexpected text behind the command's arguments"},
    };

    TABLE_CHECK(rows);
}

static void append_takes_flags_and_dates(void **state)
{
    static const struct row rows[] = {
        {"APPEND x {3}\r\nabc", "APPEND \"x\" () sync 3 \"abc\""},
        {"APPEND x {3+}\r\nabc", "APPEND \"x\" () 3 \"abc\""},
        {"APPEND x ~{3+}\r\nabc", "APPEND \"x\" () binary 3 \"abc\""},
        {"APPEND x {0}\r\n", "APPEND \"x\" () sync 0 \"\""},
        {"APPEND saved (\\Seen $Junk) {1}\r\na", "APPEND \"saved\" (\\Seen $Junk) sync 1 \"a\""},
        {"APPEND x () \" 1-Jan-1970 00:00:00 +0000\" {1}\r\na",
         "APPEND \"x\" () date 0+0 sync 1 \"a\""},
        {"APPEND x \"17-Jul-1996 02:44:25 -0700\" {1}\r\na",
         "APPEND \"x\" () date 837596665-420 sync 1 \"a\""},
        {"APPEND x \"1-jan-1970 00:00:60 +0100\" {1}\r\na",
         "APPEND \"x\" () date -3540+60 sync 1 \"a\""},
        {"APPEND x UTF8 (~{3}\r\nabc)", "APPEND \"x\" () binary sync 3 \"abc\""},
        {"APPEND x (\\Seen) utf8 (~{3+}\r\nabc)", "APPEND \"x\" (\\Seen) binary 3 \"abc\""},
        {"APPEND x UTF8 ({3}\r\nabc)", "BAD Expected a literal8"},
        {"APPEND x UTF8 (~{3}\r\nabc", "BAD Expected ) behind the literal8"},
        {"APPEND x {3}\r\nabcd", "BAD Unexpected text behind the command's arguments"},
        {"APPEND x {3}\r\nabc {3}\r\ndef", "BAD Unexpected text behind the command's arguments"},
        {"APPEND x {5}\r\nabc", "BAD Unexpected text behind the command's arguments"},
        {"APPEND x \"abc\"", "BAD Expected a date and time such as \" 1-Feb-1994 21:52:25 -0800\""},
        {"APPEND x \"31-Feb-2000 00:00:00 +0000\" {1}\r\na",
         "BAD Expected a date and time such as \" 1-Feb-1994 21:52:25 -0800\""},
        {"APPEND x \"01-Feb-2000 24:00:00 +0000\" {1}\r\na",
         "BAD Expected a date and time such as \" 1-Feb-1994 21:52:25 -0800\""},
        {"APPEND x \"01-Feb-2000 00:00:00 +0060\" {1}\r\na",
         "BAD Expected a date and time such as \" 1-Feb-1994 21:52:25 -0800\""},
        {"APPEND x \"01-Feb-2000 00:00:00 GMT\" {1}\r\na",
         "BAD Expected a date and time such as \" 1-Feb-1994 21:52:25 -0800\""},
        {"APPEND x \"01-Fev-2000 00:00:00 +0000\" {1}\r\na",
         "BAD Expected a date and time such as \" 1-Feb-1994 21:52:25 -0800\""},
        {"APPEND x abc", "BAD Expected a literal"},
        {"APPEND x", "BAD Expected a space and an argument"},
        {"APPEND x (\\Seen {1}\r\na", "BAD Expected a flag"},
    };

    TABLE_CHECK(rows);
}

static void nul_in_a_message_needs_a_literal8(void **state)
{
    static const struct imap_parse_options o = {0};

    table_check_row(STR("APPEND x ~{3}\r\na\0b"), &o, "APPEND \"x\" () binary sync 3 \"a\\00b\"");
    table_check_row(STR("APPEND x {3}\r\na\0b"), &o,
                    "BAD NUL in a literal: such a message must be sent as literal8, ~{n}");
}

static struct imap_command append_start(struct arena *a, struct str text, bool *is_out)
{
    static const struct imap_parse_options o = {0};
    struct imap_command c;

    *is_out = imap_parse_append_start(a, (struct imap_text){.bytes = text}, &o, &c);
    return c;
}

static void append_is_known_before_its_message(void **state)
{
    static const struct {
        const char *text;
        bool is;
    } rows[] = {
        {"a APPEND x {3}\r\n", true},
        {"a APPEND x {3+}\n", true},
        {"a append x (\\Seen) \"17-Jul-1996 02:44:25 -0700\" ~{99999999999}\r\n", true},
        {"a APPEND x UTF8 (~{3}\r\n", true},
        {"a APPEND {3}\r\nbox {3}\r\n", true},
        {"a APPEND {0}\r\n", false}, /* the name */
        {"a APPEND {3}\r\n", false},
        {"a APPEND x (foo {3}\r\n", false},
        {"a APPEND x {3}\r\nabc {3}\r\n", false},
        {"a SEARCH SUBJECT {3}\r\n", false},
        {"a APPEND x y\r\n", false},
        {"{3}\r\n", false},
        {"", false},
    };
    struct arena *a = arena_new();
    struct imap_command c;
    bool is;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        append_start(a, str_of(rows[i].text), &is);
        assert_int_equal(is, rows[i].is);
    }
    c = append_start(
        a, STR("a1 APPEND box (\\Draft x) \"17-Jul-1996 02:44:25 -0700\" ~{70000+}\r\n"), &is);
    assert_true(is);
    assert_lit(c.tag, "a1");
    assert_lit(c.append.mailbox.name, "box");
    assert_int_equal(c.append.flags.system, IMAP_DRAFT);
    assert_int_equal(c.append.flags.n_keywords, 1);
    assert_int_equal(c.append.date, 837596665);
    assert_int_equal(c.append.zone_min, -420);
    assert_int_equal(c.append.message.size, 70000);
    assert_true(c.append.message.binary);
    assert_false(c.append.message.sync);
    assert_true(c.append.message_is_streamed);
    arena_free(a);
}

static void a_streamed_message_stands_outside_the_text(void **state)
{
    static const struct imap_parse_options o = {0};
    struct arena *a = arena_new();
    struct str bytes = STR("a APPEND x UTF8 (~{70000}\r\n)\r\n");
    size_t external = strlen("a APPEND x UTF8 (~{70000}\r\n");
    struct buf got = BUF_INIT;

    parse_dump(a, (struct imap_text){bytes, &external, 1}, &o, &got);
    assert_lit(buf_str(&got), "a APPEND \"x\" () binary sync 70000 streamed");
    buf_clear(&got);
    external = strlen("a LOGIN {3}\r\n");
    parse_dump(a, (struct imap_text){STR("a LOGIN {3}\r\n pass\r\n"), &external, 1}, &o, &got);
    assert_lit(buf_str(&got), "BAD Unexpected literal");
    buf_fini(&got);
    arena_free(a);
}

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
        cmocka_unit_test(select_takes_condstore_and_qresync),
        cmocka_unit_test(list_takes_patterns_and_options),
        cmocka_unit_test(append_takes_flags_and_dates),
        cmocka_unit_test(nul_in_a_message_needs_a_literal8),
        cmocka_unit_test(append_is_known_before_its_message),
        cmocka_unit_test(a_streamed_message_stands_outside_the_text),
        cmocka_unit_test(store_takes_flags_with_and_without_parentheses),
        cmocka_unit_test(keywords_have_a_length_and_a_count),
        cmocka_unit_test(copy_and_move_take_a_set_and_a_name),
        cmocka_unit_test(sets_are_kept_as_written),
        cmocka_unit_test(a_full_line_of_numbers_is_a_set),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
