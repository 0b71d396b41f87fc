/* What is written is within the grammar, and says what was meant. */
#include "test.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "imap/format.h"
#include "lib/imap_grammar.h"

#define PUT(want, call)                                                                            \
    do {                                                                                           \
        struct buf out_ = BUF_INIT, *out = &out_;                                                  \
        call;                                                                                      \
        assert_lit(buf_str(out), want);                                                            \
        buf_fini(out);                                                                             \
    } while (0)

#define REV1 IMAP_MODE_REV1
#define UTF8 IMAP_MODE_UTF8

static void strings_are_quoted_if_they_can_be(void **state)
{
    PUT("\"\"", imap_put_string(out, STR(""), REV1));
    PUT("\"a b\"", imap_put_string(out, STR("a b"), REV1));
    PUT("\"a\\\"b\\\\c\"", imap_put_string(out, STR("a\"b\\c"), REV1));
    PUT("\"a\tb\"", imap_put_string(out, STR("a\tb"), REV1));
    PUT("{3}\r\na\rb", imap_put_string(out, STR("a\rb"), REV1));
    PUT("{4}\r\na\"\nb", imap_put_string(out, STR("a\"\nb"), REV1));
    PUT("\"ab\"", imap_put_string(out, STR("a\0b"), REV1));
    PUT("{3}\r\na\nb", imap_put_string(out, STR("a\n\0b"), UTF8));
    PUT("NIL", imap_put_nstring(out, STR_NONE, REV1));
    PUT("\"\"", imap_put_nstring(out, STR(""), REV1));
    PUT("\"NIL\"", imap_put_nstring(out, STR("NIL"), REV1));
    PUT("{2}\r\nab", imap_put_literal(out, STR("ab")));
    PUT("\"a\\\"b\"", imap_put_quoted(out, STR("a\"b")));
}

static void eight_bit_is_told_as_the_mode_allows(void **state)
{
    struct buf told = BUF_INIT;

    PUT("\"\xC3\xA4\"", imap_put_string(out, STR("\xC3\xA4"), UTF8));
    PUT("\"a\xEF\xBF\xBD\"", imap_put_string(out, STR("a\xC3"), UTF8));
    imap_put_string(&told, STR("\xC3\xA4"), REV1);
    assert_false(str_has_8bit(buf_str(&told)));
    assert_true(str_search(buf_str(&told), STR("=?")) == 1);
    buf_clear(&told);
    imap_put_string(&told, STR("\xFF\"\r\n\x80"), REV1);
    assert_false(str_has_8bit(buf_str(&told)));
    buf_fini(&told);
}

static void astrings_are_atoms_if_they_can_be(void **state)
{
    PUT("abc]", imap_put_astring(out, STR("abc]"), REV1));
    PUT("\"\"", imap_put_astring(out, STR(""), REV1));
    PUT("\"a b\"", imap_put_astring(out, STR("a b"), REV1));
    PUT("\"a*\"", imap_put_astring(out, STR("a*"), REV1));
    PUT("\"nil\"", imap_put_astring(out, STR("nil"), REV1));
    PUT("{1}\r\n\n", imap_put_astring(out, STR("\n"), REV1));
}

static void mailboxes_are_told_in_the_form_of_the_mode(void **state)
{
    PUT("INBOX", imap_put_mailbox(out, STR("INBOX"), REV1));
    PUT("\"a b\"", imap_put_mailbox(out, STR("a b"), REV1));
    PUT("a&-b", imap_put_mailbox(out, STR("a&b"), REV1));
    PUT("a&b", imap_put_mailbox(out, STR("a&b"), UTF8));
    PUT("&AOQ-/x", imap_put_mailbox(out, STR("\xC3\xA4/x"), REV1));
    PUT("\"\xC3\xA4/x\"", imap_put_mailbox(out, STR("\xC3\xA4/x"), UTF8));
    PUT("&AAk-", imap_put_mailbox(out, STR("\t"), REV1));
    PUT("{1}\r\n\n", imap_put_mailbox(out, STR("\n"), UTF8));
    PUT("\"\"", imap_put_mailbox(out, STR(""), REV1));
}

static void flags_are_a_list(void **state)
{
    const struct str keywords[] = {STR("$Junk"), STR("not an atom"), STR(""), STR("x")};

    PUT("()", imap_put_flags(out, 0, false, NULL, 0));
    PUT("(\\Seen \\Answered \\Flagged \\Deleted \\Draft \\Recent)",
        imap_put_flags(out, 31, true, NULL, 0));
    PUT("(\\Recent $Junk x)", imap_put_flags(out, 0, true, keywords, 4));
    PUT("($Junk x)", imap_put_flags(out, 0, false, keywords, 4));
}

static void dates_are_always_dates(void **state)
{
    PUT("\" 1-Jan-1970 00:00:00 +0000\"", imap_put_internaldate(out, 0, 0));
    PUT("\"17-Jul-1996 02:44:25 -0700\"", imap_put_internaldate(out, 837596665, -420));
    PUT("\"31-Dec-1969 23:59:59 +0000\"", imap_put_internaldate(out, -1, 0));
    PUT("\" 1-Jan-1970 05:45:00 +0545\"", imap_put_internaldate(out, 0, 345));
    PUT("\"31-Dec-1969 23:30:00 -0030\"", imap_put_internaldate(out, 0, -30));
    PUT("\" 1-Jan-1970 00:00:00 +0000\"", imap_put_internaldate(out, 0, 1440));
    PUT("\"29-Feb-2000 12:00:00 +0000\"", imap_put_internaldate(out, 951825600, 0));
}

static void dates_that_cannot_be_told_are_clamped(void **state)
{
    static const int64_t times[] = {INT64_MIN,    INT64_MIN / 2, -1,       0,
                                    253402300799, 253402300800,  INT64_MAX};
    static const int16_t zones[] = {INT16_MIN, -1440, -1439, 0, 1439, 1440, INT16_MAX};

    for (size_t i = 0; i < ARRAY_LEN(times); i++) {
        for (size_t k = 0; k < ARRAY_LEN(zones); k++) {
            struct buf out = BUF_INIT;
            struct grammar_error error;

            BUF_LIT(&out, "* 1 FETCH (INTERNALDATE ");
            imap_put_internaldate(&out, times[i], zones[k]);
            BUF_LIT(&out, ")\r\n");
            if (!grammar_responses(buf_str(&out), false, &error))
                fail_msg("%.*s: %s", STR_FMT(buf_str(&out)), error.what);
            buf_fini(&out);
        }
    }
}

static void sections_are_told_as_they_were_asked(void **state)
{
    uint32_t numbers[] = {1, 22, 4294967295};
    struct str fields[] = {STR("Date"), STR("a b"), STR("")};

    PUT("", imap_put_section(out, &(struct imap_section){0}));
    PUT("TEXT", imap_put_section(out, &(struct imap_section){.text = SECTION_TEXT}));
    PUT("1.22.4294967295",
        imap_put_section(out, &(struct imap_section){.numbers = numbers, .n_numbers = 3}));
    PUT("1.MIME",
        imap_put_section(
            out, &(struct imap_section){.numbers = numbers, .n_numbers = 1, .text = SECTION_MIME}));
    PUT("HEADER.FIELDS (Date \"a b\" \"\")",
        imap_put_section(
            out, &(struct imap_section){.text = SECTION_FIELDS, .fields = fields, .n_fields = 3}));
    PUT("1.HEADER.FIELDS.NOT (Date)",
        imap_put_section(out, &(struct imap_section){.numbers = numbers,
                                                     .n_numbers = 1,
                                                     .text = SECTION_FIELDS_NOT,
                                                     .fields = fields,
                                                     .n_fields = 1}));
}

static void text_for_humans_is_harmless(void **state)
{
    PUT("a bOK x", imap_put_text(out, STR("a\xC3\xA4 b]\r\n\0O\x7FK\t x")));
}

static struct mime_address *address(struct mime_address a, struct mime_address *next)
{
    struct mime_address *copy = NEW(struct mime_address);

    *copy = a;
    copy->next = next;
    return copy;
}

static void addresses_free(struct mime_address *a)
{
    while (a != NULL) {
        struct mime_address *next = a->next;

        mem_free(a);
        a = next;
    }
}

static void check_from(struct mime_address *from, const char *want)
{
    struct mime_envelope e = {.from = from};
    struct buf out = BUF_INIT, whole = BUF_INIT;
    struct grammar_error error;

    imap_put_envelope(&out, &e, REV1);
    buf_printf(&whole, "(NIL NIL %s NIL NIL NIL NIL NIL NIL NIL)", want);
    assert_str(buf_str(&out), buf_str(&whole));
    assert_true(grammar_envelope(buf_str(&out), false, &error));
    buf_fini(&out);
    buf_fini(&whole);
    addresses_free(from);
}

#define ADDRESS(next, ...) address((struct mime_address){__VA_ARGS__}, next)
#define MEMBER(next) ADDRESS(next, .mailbox = STR("a"), .host = STR("b"))
#define START(next) ADDRESS(next, .mailbox = STR("group"))
#define END(next) address((struct mime_address){0}, next)

static void addresses_are_four_tuples(void **state)
{
    check_from(NULL, "NIL");
    check_from(MEMBER(NULL), "((NIL NIL \"a\" \"b\"))");
    check_from(
        ADDRESS(NULL, .name = STR(""), .route = STR("@r"), .mailbox = STR("x"), .host = STR("")),
        "((\"\" \"@r\" \"x\" \"\"))");
    check_from(ADDRESS(NULL, .host = STR("h")), "((NIL NIL \"\" \"h\"))");
    check_from(
        START(MEMBER(END(MEMBER(NULL)))),
        "((NIL NIL \"group\" NIL)(NIL NIL \"a\" \"b\")(NIL NIL NIL NIL)(NIL NIL \"a\" \"b\"))");
    check_from(START(END(NULL)), "((NIL NIL \"group\" NIL)(NIL NIL NIL NIL))");
}

static void groups_begin_and_end_whatever_they_were(void **state)
{
    check_from(END(NULL), "NIL");
    check_from(END(MEMBER(END(NULL))), "((NIL NIL \"a\" \"b\"))");
    check_from(START(NULL), "((NIL NIL \"group\" NIL)(NIL NIL NIL NIL))");
    check_from(START(START(MEMBER(NULL))), "((NIL NIL \"group\" NIL)(NIL NIL NIL NIL)(NIL NIL "
                                           "\"group\" NIL)(NIL NIL \"a\" \"b\")(NIL NIL NIL NIL))");
}

static void an_envelope_has_ten_fields(void **state)
{
    PUT("(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)", imap_put_envelope(out, NULL, REV1));
    PUT("(\"d\" \"\" NIL NIL NIL NIL NIL NIL \"<i>\" \"<m>\")",
        imap_put_envelope(out,
                          &(struct mime_envelope){.date = STR("d"),
                                                  .subject = STR(""),
                                                  .in_reply_to = STR("<i>"),
                                                  .message_id = STR("<m>")},
                          REV1));
}

static struct mime_part leaf(const char *type, const char *subtype)
{
    return (struct mime_part){
        .type = str_of(type),
        .subtype = str_of(subtype),
        .encoding = STR("7BIT"),
        .body_at = 10,
        .end = 15,
        .lines = 2,
    };
}

static void check_body(const struct mime_part *p, const char *body, const char *structure)
{
    struct buf out = BUF_INIT;
    struct grammar_error error;

    imap_put_body(&out, p, false, REV1);
    assert_str(buf_str(&out), str_of(body));
    assert_true(grammar_body(buf_str(&out), false, false, &error));
    buf_clear(&out);
    imap_put_body(&out, p, true, REV1);
    assert_str(buf_str(&out), str_of(structure));
    assert_true(grammar_body(buf_str(&out), true, false, &error));
    buf_fini(&out);
}

static void single_parts_are_told_by_their_type(void **state)
{
    struct mime_part text = leaf("TEXT", "PLAIN"), image = leaf("IMAGE", "PNG");

    check_body(&text, "(\"TEXT\" \"PLAIN\" NIL NIL NIL \"7BIT\" 5 2)",
               "(\"TEXT\" \"PLAIN\" NIL NIL NIL \"7BIT\" 5 2 NIL NIL NIL NIL)");
    check_body(&image, "(\"IMAGE\" \"PNG\" NIL NIL NIL \"7BIT\" 5)",
               "(\"IMAGE\" \"PNG\" NIL NIL NIL \"7BIT\" 5 NIL NIL NIL NIL)");
}

static void a_part_has_all_its_fields(void **state)
{
    struct mime_param second = {.name = STR("x"), .value = STR("")};
    struct mime_param first = {.name = STR("charset"), .value = STR("us-ascii"), .next = &second};
    struct str languages[] = {STR("de"), STR("en")};
    struct mime_part p = leaf("TEXT", "PLAIN");

    p.params = p.disposition_params = &first;
    p.id = STR("<id>");
    p.description = STR("");
    p.md5 = STR("md5");
    p.disposition = STR("inline");
    p.languages = languages;
    p.n_languages = 1;
    p.location = STR("loc");
    check_body(
        &p, "(\"TEXT\" \"PLAIN\" (\"charset\" \"us-ascii\" \"x\" \"\") \"<id>\" \"\" \"7BIT\" 5 2)",
        "(\"TEXT\" \"PLAIN\" (\"charset\" \"us-ascii\" \"x\" \"\") \"<id>\" \"\" \"7BIT\" 5 2 "
        "\"md5\" "
        "(\"inline\" (\"charset\" \"us-ascii\" \"x\" \"\")) \"de\" \"loc\")");
    p.params = p.disposition_params = NULL;
    p.n_languages = 2;
    check_body(&p, "(\"TEXT\" \"PLAIN\" NIL \"<id>\" \"\" \"7BIT\" 5 2)",
               "(\"TEXT\" \"PLAIN\" NIL \"<id>\" \"\" \"7BIT\" 5 2 \"md5\" (\"inline\" NIL) "
               "(\"de\" \"en\") \"loc\")");
}

static void multiparts_have_children_and_a_subtype(void **state)
{
    struct mime_param boundary = {.name = STR("boundary"), .value = STR("b")};
    struct mime_part two = leaf("IMAGE", "PNG"), one = leaf("TEXT", "PLAIN");
    struct mime_part p = leaf("MULTIPART", "MIXED");

    one.next = &two;
    p.kind = MIME_MULTIPART;
    p.child = &one;
    p.params = &boundary;
    check_body(&p,
               "((\"TEXT\" \"PLAIN\" NIL NIL NIL \"7BIT\" 5 2)(\"IMAGE\" \"PNG\" NIL NIL NIL "
               "\"7BIT\" 5) \"MIXED\")",
               "((\"TEXT\" \"PLAIN\" NIL NIL NIL \"7BIT\" 5 2 NIL NIL NIL NIL)"
               "(\"IMAGE\" \"PNG\" NIL NIL NIL \"7BIT\" 5 NIL NIL NIL NIL) \"MIXED\" (\"boundary\" "
               "\"b\") NIL NIL NIL)");
}

static void messages_have_an_envelope_a_body_and_lines(void **state)
{
    struct mime_envelope e = {.subject = STR("s")};
    struct mime_part inner = leaf("TEXT", "PLAIN"), p = leaf("MESSAGE", "RFC822");

    inner.envelope = &e;
    p.kind = MIME_MESSAGE;
    p.child = &inner;
    check_body(&p,
               "(\"MESSAGE\" \"RFC822\" NIL NIL NIL \"7BIT\" 5 (NIL \"s\" NIL NIL NIL NIL NIL NIL "
               "NIL NIL) "
               "(\"TEXT\" \"PLAIN\" NIL NIL NIL \"7BIT\" 5 2) 2)",
               "(\"MESSAGE\" \"RFC822\" NIL NIL NIL \"7BIT\" 5 (NIL \"s\" NIL NIL NIL NIL NIL NIL "
               "NIL NIL) "
               "(\"TEXT\" \"PLAIN\" NIL NIL NIL \"7BIT\" 5 2 NIL NIL NIL NIL) 2 NIL NIL NIL NIL)");
}

static void a_part_that_is_not_what_it_says_is_disguised(void **state)
{
    static const char body[] = "(\"APPLICATION\" \"OCTET-STREAM\" NIL NIL NIL \"7BIT\" 5)";
    static const char structure[] =
        "(\"APPLICATION\" \"OCTET-STREAM\" NIL NIL NIL \"7BIT\" 5 NIL NIL NIL NIL)";
    struct mime_part message = leaf("MESSAGE", "RFC822"), global = leaf("MESSAGE", "GLOBAL");
    struct mime_part multipart = leaf("MULTIPART", "MIXED"), nothing = leaf("", "");
    struct mime_part childless = leaf("MULTIPART", "MIXED");

    childless.kind = MIME_MULTIPART;
    check_body(&message, body, structure);
    check_body(&global, body, structure);
    check_body(&multipart, body, structure);
    check_body(&nothing, body, structure);
    check_body(&childless, body, structure);
}

static void sizes_that_cannot_be_told_are_clamped(void **state)
{
    struct mime_part p = leaf("IMAGE", "PNG");

    p.end = p.body_at + 5000000000;
    check_body(&p, "(\"IMAGE\" \"PNG\" NIL NIL NIL \"7BIT\" 4294967295)",
               "(\"IMAGE\" \"PNG\" NIL NIL NIL \"7BIT\" 4294967295 NIL NIL NIL NIL)");
}

static void a_parameter_with_a_charset_is_told_under_its_starred_name(void **state)
{
    struct mime_param name = {
        .name = STR("name"), .value = STR("caf\xC3\xA9 1.txt"), .extended = true};
    struct mime_part p = leaf("IMAGE", "PNG");
    struct buf out = BUF_INIT;

    p.params = &name;
    check_body(&p,
               "(\"IMAGE\" \"PNG\" (\"name*\" \"utf-8''caf%C3%A9%201.txt\") NIL NIL \"7BIT\" 5)",
               "(\"IMAGE\" \"PNG\" (\"name*\" \"utf-8''caf%C3%A9%201.txt\") NIL NIL \"7BIT\" 5 "
               "NIL NIL NIL NIL)");
    imap_put_body(&out, &p, false, UTF8);
    assert_lit(buf_str(&out),
               "(\"IMAGE\" \"PNG\" (\"name*\" \"caf\xC3\xA9 1.txt\") NIL NIL \"7BIT\" 5)");
    buf_fini(&out);
}

static void strange_text_in_a_structure_stays_in_the_grammar(void **state)
{
    struct mime_param param = {.name = STR("na\"me"), .value = STR("v\r\n\0\xFF\xC3\xA4")};
    struct mime_part p = leaf("X\"Y", "\xC3\xA4");
    struct buf out = BUF_INIT;
    struct grammar_error error;

    p.params = &param;
    p.encoding = STR("x\xFFy");
    for (int i = 0; i < 4; i++) {
        buf_clear(&out);
        imap_put_body(&out, &p, i & 1, i & 2 ? UTF8 : REV1);
        if (!grammar_body(buf_str(&out), i & 1, i & 2, &error))
            fail_msg("%.*s: %s", STR_FMT(buf_str(&out)), error.what);
    }
    buf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strings_are_quoted_if_they_can_be),
        cmocka_unit_test(eight_bit_is_told_as_the_mode_allows),
        cmocka_unit_test(astrings_are_atoms_if_they_can_be),
        cmocka_unit_test(mailboxes_are_told_in_the_form_of_the_mode),
        cmocka_unit_test(flags_are_a_list),
        cmocka_unit_test(dates_are_always_dates),
        cmocka_unit_test(dates_that_cannot_be_told_are_clamped),
        cmocka_unit_test(sections_are_told_as_they_were_asked),
        cmocka_unit_test(text_for_humans_is_harmless),
        cmocka_unit_test(addresses_are_four_tuples),
        cmocka_unit_test(groups_begin_and_end_whatever_they_were),
        cmocka_unit_test(an_envelope_has_ten_fields),
        cmocka_unit_test(single_parts_are_told_by_their_type),
        cmocka_unit_test(a_part_has_all_its_fields),
        cmocka_unit_test(multiparts_have_children_and_a_subtype),
        cmocka_unit_test(messages_have_an_envelope_a_body_and_lines),
        cmocka_unit_test(a_part_that_is_not_what_it_says_is_disguised),
        cmocka_unit_test(sizes_that_cannot_be_told_are_clamped),
        cmocka_unit_test(a_parameter_with_a_charset_is_told_under_its_starred_name),
        cmocka_unit_test(strange_text_in_a_structure_stays_in_the_grammar),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
