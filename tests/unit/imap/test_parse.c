/* Tags, names, and the commands with few arguments. */
#include "table.h"

static void names_are_known_in_any_case(void **state)
{
    static const struct row rows[] = {
        {"NOOP", "NOOP"},
        {"noop", "NOOP"},
        {"nOoP", "NOOP"},
        {"CAPABILITY", "CAPABILITY"},
        {"LOGOUT", "LOGOUT"},
        {"STARTTLS", "STARTTLS"},
        {"IDLE", "IDLE"},
        {"CHECK", "CHECK"},
        {"CLOSE", "CLOSE"},
        {"UNSELECT", "UNSELECT"},
        {"NAMESPACE", "NAMESPACE"},
        {"EXPUNGE", "EXPUNGE"},
        {"uid expunge 1:3", "UID EXPUNGE 1:3"},
    };

    TABLE_CHECK(rows);
}

static void spaces_before_the_line_end_are_tolerated(void **state)
{
    static const struct row rows[] = {
        {"NOOP ", "NOOP"},
        {"NOOP   ", "NOOP"},
        {"SELECT box ", "SELECT \"box\""},
        {"SEARCH ALL ", "SEARCH (all)"},
        {"STORE 1 FLAGS \\Seen ", "STORE 1 set (\\Seen)"},
        {"FETCH 1 UID ", "FETCH 1 uid"},
        {"ENABLE CONDSTORE ", "ENABLE (\"CONDSTORE\")"},
        {"AUTHENTICATE PLAIN ", "AUTHENTICATE PLAIN"},
        {"LIST \"\" * ", "LIST \"\" (\"*\")"},
        {"CREATE x ", "CREATE \"x\""},
    };

    TABLE_CHECK(rows);
}

static void what_is_no_command_is_bad(void **state)
{
    static const struct row rows[] = {
        {"", "BAD Unknown command"},
        {"XYZZY", "BAD Unknown command"},
        {"NOOPS", "BAD Unknown command"},
        {"NOO", "BAD Unknown command"},
        {"UID", "BAD Unknown command"},
        {"UID ", "BAD Unknown command"},
        {"UID NOOP", "BAD Unknown command"},
        {"UID UID FETCH 1 FLAGS", "BAD Unknown command"},
        {"UID LIST \"\" *", "BAD Unknown command"},
        {" NOOP", "BAD Unknown command"},
        {"NOOP x", "BAD Unexpected text behind the command's arguments"},
        {"NOOP\t", "BAD Unexpected text behind the command's arguments"},
        {"NOOP\r", "BAD Unexpected text behind the command's arguments"},
        {"NOOP\r\nNOOP", "BAD Unexpected text behind the command's arguments"},
        {"EXPUNGE 1", "BAD Unexpected text behind the command's arguments"},
        {"UID EXPUNGE", "BAD Expected a space and an argument"},
    };

    TABLE_CHECK(rows);
}

static struct imap_command parse_raw(struct arena *a, struct str line,
                                     struct imap_parse_error *error)
{
    static const struct imap_parse_options o = {0};
    struct imap_command c;

    if (imap_parse(a, (struct imap_text){.bytes = line}, &o, &c, error) == ERR_OK)
        error->text = NULL;
    return c;
}

static void the_tag_is_told_as_far_as_it_was_understood(void **state)
{
    struct arena *a = arena_new();
    struct imap_parse_error error;

    assert_lit(parse_raw(a, STR("A.1-b]# NOOP\r\n"), &error).tag, "A.1-b]#");
    assert_null(error.text);
    assert_lit(parse_raw(a, STR("a NONSENSE\r\n"), &error).tag, "a");
    assert_string_equal(error.text, "Unknown command");
    assert_lit(parse_raw(a, STR("a\r\n"), &error).tag, "a");
    assert_string_equal(error.text, "Expected a command behind the tag");
    assert_null(parse_raw(a, STR("+a NOOP\r\n"), &error).tag.p);
    assert_string_equal(error.text, "Expected a tag");
    assert_null(parse_raw(a, STR("a+b NOOP\r\n"), &error).tag.p);
    assert_null(parse_raw(a, STR("a(b NOOP\r\n"), &error).tag.p);
    assert_null(parse_raw(a, STR(" NOOP\r\n"), &error).tag.p);
    assert_null(parse_raw(a, STR("* NOOP\r\n"), &error).tag.p);
    assert_null(parse_raw(a, STR("a\0b NOOP\r\n"), &error).tag.p);
    assert_null(parse_raw(a, STR("\xC3\xA4 NOOP\r\n"), &error).tag.p);
    assert_null(parse_raw(a, STR(""), &error).tag.p);
    arena_free(a);
}

static void a_bare_lf_ends_a_command(void **state)
{
    struct arena *a = arena_new();
    struct imap_parse_error error;

    parse_raw(a, STR("a NOOP\n"), &error);
    assert_null(error.text);
    parse_raw(a, STR("a SELECT {3}\nbox\n"), &error);
    assert_null(error.text);
    parse_raw(a, STR("a NOOP\r\r\n"), &error);
    assert_non_null(error.text);
    parse_raw(a, STR("a NOOP"), &error);
    assert_non_null(error.text);
    arena_free(a);
}

static void the_text_may_end_before_the_command(void **state)
{
    struct arena *a = arena_new();
    char line[] = "tag LOGIN \"fr\\\"ed\" {4}\r\npass\r\n";
    struct imap_parse_error error;
    struct imap_command c = parse_raw(a, str_n(line, sizeof(line) - 1), &error);

    memset(line, 'x', sizeof(line));
    assert_lit(c.tag, "tag");
    assert_lit(c.name_text, "LOGIN");
    assert_lit(c.login.user, "fr\"ed");
    assert_lit(c.login.password, "pass");
    arena_free(a);
}

static void the_place_of_an_error_is_told(void **state)
{
    struct arena *a = arena_new();
    struct imap_parse_error error;

    parse_raw(a, STR("a STORE 1 FLAGS (\\Seen]\r\n"), &error);
    assert_int_equal(error.at, strlen("a STORE 1 FLAGS (\\Seen"));
    arena_free(a);
}

static void strings_come_in_three_forms(void **state)
{
    static const struct row rows[] = {
        {"LOGIN a b", "LOGIN \"a\" \"b\""},
        {"LOGIN \"a b\" \"\"", "LOGIN \"a b\" \"\""},
        {"LOGIN \"a\\\\b\\\"c\" d", "LOGIN \"a\\b\"c\" \"d\""},
        {"LOGIN {1}\r\na {3}\r\nb\r\n", "LOGIN \"a\" \"b\\0d\\0a\""},
        {"LOGIN {1}\r\na {3+}\r\nbcde", "BAD Unexpected text behind the command's arguments"},
        {"LOGIN {1+}\r\na {3}\r\nb c", "LOGIN \"a\" \"b c\""},
        {"LOGIN {0}\r\n {4}\r\n\r\n()", "LOGIN \"\" \"\\0d\\0a()\""},
        {"LOGIN a]b}c NIL", "LOGIN \"a]b}c\" \"NIL\""},
        {"LOGIN \xC3\xA4 b", "BAD Expected an atom or a string"},
        {"LOGIN \"\xC3\xA4\" b", "LOGIN \"\xC3\xA4\" \"b\""},
        {"LOGIN a", "BAD Expected a space and an argument"},
        {"LOGIN  a b", "BAD Expected an atom or a string"},
        {"LOGIN a  b", "BAD Expected an atom or a string"},
        {"LOGIN \"a b", "BAD Quoted string without its closing quote"},
        {"LOGIN \"a\\b\" c", "BAD Only \\\" and \\\\ may be escaped in a quoted string"},
        {"LOGIN \"a\\", "BAD Only \\\" and \\\\ may be escaped in a quoted string"},
        {"LOGIN \"a\r\nb\" c", "BAD Quoted string without its closing quote"},
        {"LOGIN a%b c", "BAD Expected a space and an argument"},
        {"LOGIN a\"b c", "BAD Expected a space and an argument"},
        {"LOGIN {9}\r\nab c", "BAD Unexpected literal"},
        {"LOGIN {9223372036854775807}\r\nab c", "BAD Unexpected literal"},
        {"LOGIN {9223372036854775808}\r\nab c", "BAD Number too large"},
        {"LOGIN {18446744073709551616}\r\nab c", "BAD Number too large"},
        {"LOGIN {}\r\n c", "BAD Expected a number"},
        {"LOGIN {1 }\r\na c", "BAD Expected the } of a literal"},
        {"LOGIN {1-}\r\na c", "BAD Expected the } of a literal"},
        {"LOGIN {1++}\r\na c", "BAD Expected the } of a literal"},
        {"LOGIN {1}a c", "BAD A literal's size must end its line"},
        {"LOGIN {1}\ra c", "BAD A literal's size must end its line"},
        {"LOGIN ~{1}\r\na c", "BAD Expected a space and an argument"},
    };

    TABLE_CHECK(rows);
}

static void nul_is_refused_wherever_it_stands(void **state)
{
    static const struct imap_parse_options o = {0};

    table_check_row(STR("LOGIN \"a\0\" b"), &o, "BAD NUL in a quoted string");
    table_check_row(STR("LOGIN \"\0"), &o, "BAD NUL in a quoted string");
    table_check_row(STR("LOGIN \"a\\\0\" b"), &o,
                    "BAD Only \\\" and \\\\ may be escaped in a quoted string");
    table_check_row(STR("LOGIN a\0 b"), &o, "BAD Expected a space and an argument");
    table_check_row(STR("LOGIN {2}\r\na\0 b"), &o, "BAD NUL in a literal");
    table_check_row(STR("\0NOOP"), &o, "BAD Unknown command");
    table_check_row(STR("NO\0OP"), &o, "BAD Unknown command");
    table_check_row(STR("NOOP\0"), &o, "BAD Unexpected text behind the command's arguments");
    table_check_row(STR("FETCH 1\0 FLAGS"), &o, "BAD Expected a space and an argument");
}

static void id_takes_pairs_or_nil(void **state)
{
    static const struct row rows[] = {
        {"ID NIL", "ID"},
        {"ID nil", "ID"},
        {"ID ()", "ID"},
        {"ID (\"name\" \"iPhone Mail\" \"version\" NIL)",
         "ID \"name\"=\"iPhone Mail\" \"version\"=-"},
        {"ID (\"name\" {1}\r\nx)", "ID \"name\"=\"x\""},
        {"ID", "BAD Expected a space and an argument"},
        {"ID (\"name\")", "BAD Expected a space and an argument"},
        {"ID (name x)", "BAD Expected a string"},
        {"ID (\"a\" \"b\"", "BAD Expected a pair or the end of the list"},
        {"ID \"a\"", "BAD Expected NIL or a list of pairs"},
    };

    TABLE_CHECK(rows);
}

static void id_takes_thirty_pairs(void **state)
{
    static const struct imap_parse_options o = {0};
    struct buf line = BUF_INIT;

    BUF_LIT(&line, "ID (");
    for (int i = 0; i < 31; i++)
        buf_add_cstr(&line, i == 0 ? "\"a\" NIL" : " \"a\" NIL");
    BUF_LIT(&line, ")");
    table_check_row(buf_str(&line), &o, "BAD More than 30 pairs in ID");
    buf_fini(&line);
}

static void authenticate_takes_an_initial_response(void **state)
{
    static const struct row rows[] = {
        {"AUTHENTICATE plain", "AUTHENTICATE PLAIN"},
        {"AUTHENTICATE PLAIN =", "AUTHENTICATE PLAIN initial ="},
        {"AUTHENTICATE PLAIN AGEAYg==", "AUTHENTICATE PLAIN initial AGEAYg=="},
        {"AUTHENTICATE SCRAM-SHA-256-PLUS a+/9", "AUTHENTICATE SCRAM-SHA-256-PLUS initial a+/9"},
        {"AUTHENTICATE", "BAD Expected a space and an argument"},
        {"AUTHENTICATE PLAIN *", "BAD Expected base64"},
        {"AUTHENTICATE PLAIN a b", "BAD Unexpected text behind the command's arguments"},
        {"AUTHENTICATE \"PLAIN\"", "BAD Expected the name of a mechanism"},
    };

    TABLE_CHECK(rows);
}

static void enable_takes_names(void **state)
{
    static const struct row rows[] = {
        {"ENABLE condstore", "ENABLE (\"CONDSTORE\")"},
        {"ENABLE UTF8=ACCEPT X-good qresync", "ENABLE (\"UTF8=ACCEPT\" \"X-GOOD\" \"QRESYNC\")"},
        {"ENABLE", "BAD Expected a space and an argument"},
        {"ENABLE (CONDSTORE)", "BAD Expected the name of a capability"},
    };

    TABLE_CHECK(rows);
}

static void mailbox_commands_take_names(void **state)
{
    static const struct row rows[] = {
        {"DELETE inbox", "DELETE \"INBOX\""},
        {"DELETE \"iNbOx\"", "DELETE \"INBOX\""},
        {"DELETE {5}\r\nInBox", "DELETE \"INBOX\""},
        {"DELETE Inbox/x", "DELETE \"Inbox/x\""},
        {"SUBSCRIBE &AOQ-", "SUBSCRIBE \"\xC3\xA4\""},
        {"SUBSCRIBE a&-b", "SUBSCRIBE \"a&b\""},
        {"UNSUBSCRIBE a&b", "UNSUBSCRIBE \"a&b\"!"},
        {"UNSUBSCRIBE \"\xC3\xA4\"", "UNSUBSCRIBE \"\xC3\xA4\"!"},
        {"UNSUBSCRIBE \"\"", "UNSUBSCRIBE \"\""},
        {"RENAME a \"b c\"", "RENAME \"a\" \"b c\""},
        {"RENAME a", "BAD Expected a space and an argument"},
        {"DELETE a b", "BAD Unexpected text behind the command's arguments"},
        {"DELETE (a)", "BAD Expected an atom or a string"},
    };
    static const struct row utf8_rows[] = {
        {"DELETE \"\xC3\xA4\"", "DELETE \"\xC3\xA4\""},
        {"DELETE {2}\r\n\xC3\xA4", "DELETE \"\xC3\xA4\""},
        {"DELETE a&b", "DELETE \"a&b\""},
        {"DELETE &AOQ-", "DELETE \"&AOQ-\""},
        {"DELETE \"\xC3\"", "DELETE \"\xC3\"!"},
        {"DELETE \xC3\xA4", "BAD Expected an atom or a string"},
    };

    TABLE_CHECK(rows);
    TABLE_CHECK_UTF8(utf8_rows);
}

static void create_takes_special_uses(void **state)
{
    static const struct row rows[] = {
        {"CREATE a/b/", "CREATE \"a/b\" trailing"},
        {"CREATE /", "CREATE \"/\""},
        {"CREATE inbox/", "CREATE \"INBOX\" trailing"},
        {"CREATE x (USE (\\Drafts \\Sent))", "CREATE \"x\" use (\"\\Drafts\" \"\\Sent\")"},
        {"CREATE x (use ())", "CREATE \"x\" use ()"},
        {"CREATE x (USE \\Drafts)", "BAD Expected a list of special uses"},
        {"CREATE x (USE (Drafts))", "BAD Expected a special use such as \\Drafts"},
        {"CREATE x (USE (\\))", "BAD Expected a special use such as \\Drafts"},
        {"CREATE x (FOO)", "BAD Unknown parameter of CREATE"},
        {"CREATE x (USE () USE ())", "BAD Unknown parameter of CREATE"},
        {"CREATE x ()", "BAD Unknown parameter of CREATE"},
        {"CREATE x USE", "BAD Expected a list of parameters"},
    };

    TABLE_CHECK(rows);
}

static void status_takes_items(void **state)
{
    static const struct row rows[] = {
        {"STATUS blurdybloop (UIDNEXT MESSAGES)", "STATUS \"blurdybloop\" messages uidnext"},
        {"STATUS x (recent unseen uidvalidity deleted size HighestModSeq)",
         "STATUS \"x\" recent uidvalidity unseen deleted size highestmodseq"},
        {"STATUS x ()", "BAD Expected a status item"},
        {"STATUS x MESSAGES", "BAD Expected a list of status items"},
        {"STATUS x (MESSAGES  UNSEEN)", "BAD Expected a status item"},
        {"STATUS x (FOO)", "BAD Unknown status item"},
        {"STATUS x (MESSAGES", "BAD Expected a status item or the end of the list"},
    };

    TABLE_CHECK(rows);
}

static void the_arriving_name_is_seen_early(void **state)
{
    static const struct {
        const char *text;
        enum imap_name name;
        bool uid;
    } rows[] = {
        {"a APPEND x {3}\r\n", IMAP_APPEND, false},
        {"a login {3}\r\n", IMAP_LOGIN, false},
        {"a UID fetch {3}\r\n", IMAP_FETCH, true},
        {"a {3}\r\n", IMAP_UNKNOWN, false},
        {"{3}\r\n", IMAP_UNKNOWN, false},
        {"a", IMAP_UNKNOWN, false},
        {"", IMAP_UNKNOWN, false},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        bool uid;

        assert_int_equal(imap_peek_name((struct imap_text){.bytes = str_of(rows[i].text)}, &uid),
                         rows[i].name);
        assert_int_equal(uid, rows[i].uid);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_known_in_any_case),
        cmocka_unit_test(spaces_before_the_line_end_are_tolerated),
        cmocka_unit_test(what_is_no_command_is_bad),
        cmocka_unit_test(the_tag_is_told_as_far_as_it_was_understood),
        cmocka_unit_test(a_bare_lf_ends_a_command),
        cmocka_unit_test(the_text_may_end_before_the_command),
        cmocka_unit_test(the_place_of_an_error_is_told),
        cmocka_unit_test(strings_come_in_three_forms),
        cmocka_unit_test(nul_is_refused_wherever_it_stands),
        cmocka_unit_test(id_takes_pairs_or_nil),
        cmocka_unit_test(id_takes_thirty_pairs),
        cmocka_unit_test(authenticate_takes_an_initial_response),
        cmocka_unit_test(enable_takes_names),
        cmocka_unit_test(mailbox_commands_take_names),
        cmocka_unit_test(create_takes_special_uses),
        cmocka_unit_test(status_takes_items),
        cmocka_unit_test(the_arriving_name_is_seen_early),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
