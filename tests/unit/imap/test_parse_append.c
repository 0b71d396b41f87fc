#include "table.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(append_takes_flags_and_dates),
        cmocka_unit_test(nul_in_a_message_needs_a_literal8),
        cmocka_unit_test(append_is_known_before_its_message),
        cmocka_unit_test(a_streamed_message_stands_outside_the_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
