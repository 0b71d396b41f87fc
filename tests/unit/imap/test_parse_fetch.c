#include "table.h"

static void items_are_known_alone_and_in_lists(void **state)
{
    static const struct row rows[] = {
        {"FETCH 1 FLAGS", "FETCH 1 flags"},
        {"FETCH 1:* (UID FLAGS INTERNALDATE RFC822.SIZE)", "FETCH 1:* uid flags internaldate size"},
        {"UID FETCH 1 (envelope bodystructure body modseq)",
         "UID FETCH 1 envelope bodystructure body modseq"},
        {"FETCH 1 ALL", "FETCH 1 flags internaldate size envelope"},
        {"FETCH 1 fast", "FETCH 1 flags internaldate size"},
        {"FETCH 1 Full", "FETCH 1 flags internaldate size envelope body"},
        {"FETCH 1 (RFC822 RFC822.HEADER RFC822.TEXT)",
         "FETCH 1 rfc822 rfc822.header.peek rfc822.text"},
        {"FETCH 1 (FLAGS UID flags UID)", "FETCH 1 flags uid"},
        {"FETCH $ UID", "FETCH $ uid"},
        {"FETCH 1 (ALL)", "BAD Unknown item of FETCH"},
        {"FETCH 1 ()", "BAD Expected an item of FETCH"},
        {"FETCH 1 (FLAGS UID", "BAD Expected an item of FETCH or the end of the list"},
        {"FETCH 1 (FLAGS,UID)", "BAD Expected an item of FETCH or the end of the list"},
        {"FETCH 1 FLAGS UID", "BAD Expected a list of modifiers"},
        {"FETCH 1 NONSENSE", "BAD Unknown item of FETCH"},
        {"FETCH 1 RFC822.PEEK", "BAD Unknown item of FETCH"},
        {"FETCH 1", "BAD Expected a space and an argument"},
        {"FETCH", "BAD Expected a space and an argument"},
    };

    TABLE_CHECK(rows);
}

static void sections_name_parts_and_texts(void **state)
{
    static const struct row rows[] = {
        {"FETCH 1 BODY[]", "FETCH 1 section[]"},
        {"FETCH 1 body.peek[]", "FETCH 1 section.peek[]"},
        {"FETCH 1 BODY[HEADER]", "FETCH 1 section[HEADER]"},
        {"FETCH 1 BODY[text]", "FETCH 1 section[TEXT]"},
        {"FETCH 1 BODY[1]", "FETCH 1 section[1]"},
        {"FETCH 1 BODY[1.2.3.MIME]", "FETCH 1 section[1.2.3.MIME]"},
        {"FETCH 1 BODY[4294967295.HEADER]", "FETCH 1 section[4294967295.HEADER]"},
        {"FETCH 1 BODY[HEADER.FIELDS (DATE \"From\" {2}\r\nTo)]",
         "FETCH 1 section[HEADER.FIELDS (DATE From To)]"},
        {"FETCH 1 BODY[3.header.fields.not (a)]", "FETCH 1 section[3.HEADER.FIELDS.NOT (a)]"},
        {"FETCH 1 (BODY.PEEK[HEADER.FIELDS (a b)] UID)",
         "FETCH 1 section.peek[HEADER.FIELDS (a b)] uid"},
        {"FETCH 1 (BODY[] BODY[])", "FETCH 1 section[] section[]"},
        {"FETCH 1 BINARY[]", "FETCH 1 binary[]"},
        {"FETCH 1 BINARY.PEEK[1.2]<3.4>", "FETCH 1 binary.peek[1.2]<3.4>"},
        {"FETCH 1 BINARY.SIZE[2]", "FETCH 1 binary.size.peek[2]"},
        {"FETCH 1 BODY[MIME]", "BAD Unknown section"},
        {"FETCH 1 BODY[HEADER.FIELDS]", "BAD Expected a space and an argument"},
        {"FETCH 1 BODY[HEADER.FIELDS ()]", "BAD Expected an atom or a string"},
        {"FETCH 1 BODY[HEADER.FIELDS (a]", "BAD Expected a header field or the end of the list"},
        {"FETCH 1 BODY[HEADER (a)]", "BAD Expected the ] of a section"},
        {"FETCH 1 BODY[1.]", "BAD Expected HEADER, TEXT, MIME or a part number"},
        {"FETCH 1 BODY[.1]", "BAD Unknown section"},
        {"FETCH 1 BODY[0]", "BAD Expected a number that does not start with 0"},
        {"FETCH 1 BODY[4294967296]", "BAD Number too large"},
        {"FETCH 1 BODY[1", "BAD Expected the ] of a section"},
        {"FETCH 1 BODY[", "BAD Expected HEADER, TEXT, MIME or a part number"},
        {"FETCH 1 BODY []", "BAD Expected a list of modifiers"},
        {"FETCH 1 BINARY[HEADER]", "BAD Expected a part number"},
        {"FETCH 1 BINARY[1.TEXT]", "BAD Expected a part number"},
        {"FETCH 1 BINARY", "BAD Unknown item of FETCH"},
        {"FETCH 1 BODY.PEEK", "BAD Unknown item of FETCH"},
        {"FETCH 1 UID[1]", "BAD Unknown item of FETCH"},
        {"FETCH 1 BINARY.SIZE[1]<0.1>", "BAD Unexpected text behind the command's arguments"},
    };

    TABLE_CHECK(rows);
}

static void partials_have_an_offset_and_a_count(void **state)
{
    static const struct row rows[] = {
        {"FETCH 1 BODY[]<0.1>", "FETCH 1 section[]<0.1>"},
        {"FETCH 1 BODY[]<4294967295.4294967295>", "FETCH 1 section[]<4294967295.4294967295>"},
        {"FETCH 1 BODY[]<4294967296.1>", "BAD Number too large"},
        {"FETCH 1 BODY[]<9223372036854775808.1>", "BAD Number too large"},
        {"FETCH 1 BODY[]<0.18446744073709551616>", "BAD Number too large"},
        {"FETCH 1 BODY[]<0.0>", "BAD The count of <offset.count> is 0"},
        {"FETCH 1 BODY[]<0>", "BAD Expected <offset.count>"},
        {"FETCH 1 BODY[]<0.1", "BAD Expected the > of <offset.count>"},
        {"FETCH 1 BODY[]<-1.1>", "BAD Expected a number"},
        {"FETCH 1 BODY<0.1>", "BAD Unexpected text behind the command's arguments"},
    };
    static const struct row rev2_rows[] = {
        {"FETCH 1 BODY[]<9223372036854775807.9223372036854775807>",
         "FETCH 1 section[]<9223372036854775807.9223372036854775807>"},
        {"FETCH 1 BODY[]<9223372036854775808.1>", "BAD Number too large"},
    };

    TABLE_CHECK(rows);
    TABLE_CHECK_UTF8(rev2_rows);
}

static void modifiers_follow_the_items(void **state)
{
    static const struct row rows[] = {
        {"FETCH 1:* FLAGS (CHANGEDSINCE 12345)", "FETCH 1:* flags changedsince 12345"},
        {"FETCH 1 (FLAGS) (changedsince 0)", "FETCH 1 flags changedsince 0"},
        {"UID FETCH 1 (UID) (CHANGEDSINCE 9223372036854775807 VANISHED)",
         "UID FETCH 1 uid changedsince 9223372036854775807 vanished"},
        {"UID FETCH 1 UID (VANISHED CHANGEDSINCE 1)", "UID FETCH 1 uid changedsince 1 vanished"},
        {"UID FETCH 1 UID (CHANGEDSINCE 9223372036854775808)", "BAD Number too large"},
        {"UID FETCH 1 UID (CHANGEDSINCE -1)", "BAD Expected a number"},
        {"UID FETCH 1 UID (VANISHED)", "BAD VANISHED needs UID FETCH with CHANGEDSINCE"},
        {"FETCH 1 UID (CHANGEDSINCE 1 VANISHED)", "BAD VANISHED needs UID FETCH with CHANGEDSINCE"},
        {"FETCH 1 UID (CHANGEDSINCE 1 CHANGEDSINCE 2)", "BAD Unknown modifier of FETCH"},
        {"FETCH 1 UID (PARTIAL 1:5)", "BAD Unknown modifier of FETCH"},
        {"FETCH 1 UID ()", "BAD Unknown modifier of FETCH"},
        {"FETCH 1 UID (CHANGEDSINCE 1", "BAD Expected a modifier of FETCH or the end of the list"},
    };

    TABLE_CHECK(rows);
}

static void items_have_a_count(void **state)
{
    static const struct imap_parse_options o = {0};
    struct buf line = BUF_INIT;

    BUF_LIT(&line, "FETCH 1 (BODY[]");
    for (int i = 0; i < 1000; i++)
        BUF_LIT(&line, " BODY[]");
    BUF_LIT(&line, ")");
    table_check_row(buf_str(&line), &o, "NO [LIMIT] Too many items in FETCH");
    buf_fini(&line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_are_known_alone_and_in_lists),
        cmocka_unit_test(sections_name_parts_and_texts),
        cmocka_unit_test(partials_have_an_offset_and_a_count),
        cmocka_unit_test(modifiers_follow_the_items),
        cmocka_unit_test(items_have_a_count),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
