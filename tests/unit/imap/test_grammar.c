/* The reader of responses that other tests trust: what it takes and what it refuses. */
#include "test.h"

#include "base/buf.h"
#include "base/mem.h"
#include "lib/imap_grammar.h"

static void check_response(const char *text, bool utf8, bool good)
{
    struct grammar_error error;
    bool more;
    size_t n = grammar_response(str_of(text), utf8, &more, &error);

    if ((n == strlen(text)) != good)
        fail_msg("%s %s: %s at %zu", good ? "refused" : "taken", text, good ? error.what : "",
                 error.at);
}

/* from the examples of RFC 9051, 7162, 5258 and 2971 */
static const char *const good[] = {
    "* OK IMAP4rev1 server ready\r\n",
    "* PREAUTH IMAP4rev2 server logged in as Smith\r\n",
    "* BYE Autologout; idle for too long\r\n",
    "a1 OK [READ-WRITE] SELECT completed\r\n",
    "a1 NO [BADCHARSET (UTF-8 US-ASCII)] sorry\r\n",
    "a1 BAD what\r\n",
    "* OK [UNSEEN 17] Message 17 is the first unseen message\r\n",
    "* OK [UIDVALIDITY 3857529045] UIDs valid\r\n",
    "* OK [PERMANENTFLAGS (\\Deleted \\Seen \\*)] Limited\r\n",
    "* OK [PERMANENTFLAGS ()] No permanent flags permitted\r\n",
    "* OK [HIGHESTMODSEQ 715194045007] ok\r\n",
    "* OK [NOMODSEQ] Sorry\r\n",
    "A003 OK [APPENDUID 38505 3955] APPEND completed\r\n",
    "A004 OK [COPYUID 38505 304,319:320 3956:3958] Done\r\n",
    "d105 OK [MODIFIED 7,9] Conditional STORE failed\r\n",
    "a NO [LIMIT] too many\r\n",
    "a NO [X-FOO bar baz] text\r\n",
    "* CAPABILITY IMAP4rev1 STARTTLS AUTH=GSSAPI UTF8=ACCEPT\r\n",
    "* ENABLED CONDSTORE X-GOOD-IDEA\r\n",
    "* ENABLED\r\n",
    "* FLAGS (\\Answered \\Flagged $Junk)\r\n",
    "* 172 EXISTS\r\n",
    "* 0 EXISTS\r\n",
    "* 0 RECENT\r\n",
    "* 44 EXPUNGE\r\n",
    "* VANISHED 405,407,410,425\r\n",
    "* VANISHED (EARLIER) 41,43:116,118,120:211,214:540\r\n",
    "* SEARCH\r\n",
    "* SEARCH 2 3 6\r\n",
    "* SEARCH 2 5 6 (MODSEQ 917162500)\r\n",
    "* ESEARCH (TAG \"A282\") MIN 2 COUNT 3\r\n",
    "* ESEARCH (TAG \"A283\") ALL 2,10:11\r\n",
    "* ESEARCH (TAG \"A301\") UID ALL 17,900,901\r\n",
    "* ESEARCH (TAG \"A302\") UID\r\n",
    "* ESEARCH (TAG \"A302\")\r\n",
    "* LIST (\\Noselect) \"/\" \"\"\r\n",
    "* LIST () \"/\" ~/Mail/foo\r\n",
    "* LIST (\\HasChildren) NIL \"a b\"\r\n",
    "* LIST () \"/\" \"Foo\" (\"CHILDINFO\" (\"SUBSCRIBED\"))\r\n",
    "* LIST () \"\\\\\" {3}\r\nabc\r\n",
    "* LSUB () \".\" #news.comp.mail.misc\r\n",
    "* STATUS blurdybloop (MESSAGES 231 UIDNEXT 44292)\r\n",
    "* NAMESPACE ((\"\" \"/\")) NIL ((\"#shared/\" \"/\")(\"#public/\" \"/\"))\r\n",
    "* ID (\"name\" \"Cyrus\" \"version\" NIL)\r\n",
    "* ID NIL\r\n",
    "* 23 FETCH (FLAGS (\\Seen) RFC822.SIZE 44827)\r\n",
    "* 1 FETCH (UID 4 MODSEQ (65402) FLAGS (\\Seen \\Recent x))\r\n",
    "* 12 FETCH (BODY[HEADER] {3}\r\nabc)\r\n",
    "* 12 FETCH (BODY[] NIL BODY[1.2.HEADER.FIELDS (DATE FROM)]<0> \"\" INTERNALDATE \" 1-Jan-2026 "
    "00:00:00 +0000\")\r\n",
    "* 12 FETCH (BINARY[1] ~{3}\r\na\0c)\r\n", /* checked with its length below */
    "* 12 FETCH (BINARY.SIZE[1.2] 42 RFC822.HEADER {0}\r\n)\r\n",
    "* 1 FETCH (ENVELOPE (\"Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\" \"IMAP4rev2 WG mtg summary and "
    "minutes\" "
    "((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\")) ((\"Terry Gray\" NIL \"gray\" "
    "\"cac.washington.edu\")) "
    "((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\")) ((NIL NIL \"imap\" "
    "\"cac.washington.edu\")) "
    "((NIL NIL \"minutes\" \"CNRI.Reston.VA.US\")(\"John Klensin\" NIL \"KLENSIN\" \"MIT.EDU\")) "
    "NIL NIL "
    "\"<B27397-0100000@cac.washington.ed>\"))\r\n",
    "* 1 FETCH (BODY (\"TEXT\" \"PLAIN\" (\"CHARSET\" \"US-ASCII\") NIL NIL \"7BIT\" 3028 92))\r\n",
    "+ \r\n",
    "+ Ready for literal data\r\n",
    "+ YGgGCSqGSIb3EgECAgIAb1kwV6ADAgEFoQ==\r\n",
};

static void examples_of_the_standards_are_taken(void **state)
{
    struct grammar_error error;
    bool more;

    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        if (strstr(good[i], "~{3}") == NULL)
            check_response(good[i], false, true);
    }
    assert_true(
        grammar_response(STR("* 12 FETCH (BINARY[1] ~{3}\r\na\0c)\r\n"), false, &more, &error) > 0);
}

/* A message's own bytes are told as they were given; nothing else may hold NUL. */
static void nul_stands_only_in_the_bytes_of_a_message(void **state)
{
    struct grammar_error error;
    bool more;

    assert_true(grammar_response(STR("* 1 FETCH (BODY[1] {3}\r\na\0c)\r\n"), false, &more, &error) >
                0);
    assert_int_equal(
        grammar_response(STR("* 1 FETCH (BODY[1] \"a\0c\")\r\n"), false, &more, &error), 0);
    assert_int_equal(grammar_response(STR("* LIST () NIL {3}\r\na\0c\r\n"), false, &more, &error),
                     0);
    assert_int_equal(grammar_response(STR("* OK a\0c\r\n"), false, &more, &error), 0);
    assert_false(
        grammar_body(STR("(\"A\" \"B\" NIL {1}\r\n\0 NIL \"7BIT\" 0)"), false, false, &error));
}

static void near_misses_are_refused(void **state)
{
    static const char *const bad[] = {
        "* OK\r\n",
        "* OK \r\n",
        "* OK [UNSEEN 17]\r\n",
        "* OK [UNSEEN 0] x\r\n",
        "* OK [UIDNEXT x] x\r\n",
        "* OK [HIGHESTMODSEQ 0] x\r\n",
        "* OK x\n",
        "* OK \xC3\xA4\r\n",
        "a+b OK x\r\n",
        " OK x\r\n",
        "a OKAY x\r\n",
        "+\r\n",
        "* SEARCH \r\n",
        "* SEARCH 0\r\n",
        "* SEARCH 1  2\r\n",
        "* ESEARCH (TAG A282) COUNT 3\r\n",
        "* ESEARCH (TAG \"a\") ALL\r\n",
        "* ESEARCH (TAG \"a\") MIN 0\r\n",
        "* ESEARCH (TAG \"a\") ALL $\r\n",
        "* 0 EXPUNGE\r\n",
        "* 0 FETCH (UID 1)\r\n",
        "* 1 FETCH ()\r\n",
        "* 1 FETCH (UID 0)\r\n",
        "* 1 FETCH (UID 1 UID 1)\r\n",
        "* 1 FETCH (BODY[1] NIL BODY[1] NIL)\r\n",
        "* 1 FETCH (UID 1) \r\n",
        "* 1 FETCH (FLAGS \\Seen)\r\n",
        "* 1 FETCH (MODSEQ 1)\r\n",
        "* 1 FETCH (MODSEQ (0))\r\n",
        "* 1 FETCH (RFC822.SIZE -1)\r\n",
        "* 1 FETCH (RFC822.SIZE 9.3e+06)\r\n",
        "* 1 FETCH (BODY[] {4}\r\nabc)\r\n",
        "* 1 FETCH (BODY[] {4+}\r\nabcd)\r\n",
        "* 1 FETCH (BODY[MIME] NIL)\r\n",
        "* 1 FETCH (BODY[HEADER.FIELDS ()] NIL)\r\n",
        "* 1 FETCH (BODY[1.] NIL)\r\n",
        "* 1 FETCH (INTERNALDATE \"00-Jan-0000 00:00:00 +0000\")\r\n",
        "* 1 FETCH (INTERNALDATE \"1-Jan-2000 00:00:00 +0000\")\r\n",
        "* 1 FETCH (INTERNALDATE \" 1-Jan-2000 24:00:00 +0000\")\r\n",
        "* LIST \"/\" x\r\n",
        "* LIST (\\) \"/\" x\r\n",
        "* LIST (Noselect) \"/\" x\r\n",
        "* LIST ( \\Noselect) \"/\" x\r\n",
        "* LIST () / x\r\n",
        "* LIST () \"/\" a b\r\n",
        "* LIST () \"/\" \"\xC3\xA4\"\r\n",
        "* STATUS x ()\r\n",
        "* STATUS x (MESSAGES)\r\n",
        "* STATUS x (UIDNEXT 0)\r\n",
        "* FLAGS \\Seen\r\n",
        "* CAPABILITY\r\n",
        "* NAMESPACE () NIL NIL\r\n",
        "* NONSENSE\r\n",
        "* 1 NONSENSE\r\n",
        "* VANISHED (EARLIER)\r\n",
        "* VANISHED *\r\n",
        "* 4294967296 EXISTS\r\n",
    };

    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        check_response(bad[i], false, false);
    check_response("* LIST () \"/\" \"\xC3\xA4\"\r\n", true, true);
    check_response("* LIST () \"/\" \"\xC3\"\r\n", true, false);
    check_response("* OK \xC3\xA4\r\n", true, true);
}

static void unfinished_responses_ask_for_more(void **state)
{
    static const char *const unfinished[] = {
        "",
        "*",
        "* 1 FE",
        "* OK x",
        "* OK x\r",
        "* 1 FETCH (BODY[] {10}\r\nabc",
        "* 1 FETCH (BODY[] {10",
        "* LIST () \"",
    };
    struct grammar_error error;
    bool more;

    for (size_t i = 0; i < ARRAY_LEN(unfinished); i++) {
        assert_int_equal(grammar_response(str_of(unfinished[i]), false, &more, &error), 0);
        if (!more)
            fail_msg("not asked for more: %s", unfinished[i]);
    }
    grammar_response(STR("* NONSENSE\r\n"), false, &more, &error);
    assert_false(more);
}

static void responses_in_a_row_are_all_read(void **state)
{
    struct grammar_error error;

    assert_true(grammar_responses(STR("* 1 EXISTS\r\n* OK x\r\na OK y\r\n"), false, &error));
    assert_true(grammar_responses(STR(""), false, &error));
    assert_false(grammar_responses(STR("* 1 EXISTS\r\n* OK\r\na OK y\r\n"), false, &error));
    assert_int_equal(error.at, strlen("* 1 EXISTS\r\n* OK"));
}

static void bodies_are_read_to_the_letter(void **state)
{
    static const struct {
        const char *text;
        bool body, structure;
    } rows[] = {
        {"(\"TEXT\" \"PLAIN\" NIL NIL NIL \"7BIT\" 0 0)", true, false},
        {"(\"TEXT\" \"PLAIN\" NIL NIL NIL \"7BIT\" 0 0 NIL NIL NIL NIL)", false, true},
        {"(\"TEXT\" \"PLAIN\" NIL NIL NIL \"7BIT\" 0)", false, false},
        {"(\"text\" \"plain\" (\"a\" \"b\" \"c\" \"d\") \"id\" \"desc\" \"base64\" 1 2)", true,
         false},
        {"(\"TEXT\" \"PLAIN\" (\"a\" NIL) NIL NIL \"7BIT\" 0 0)", false, false},
        {"(\"TEXT\" \"PLAIN\" (\"a\") NIL NIL \"7BIT\" 0 0)", false, false},
        {"(\"TEXT\" \"PLAIN\" () NIL NIL \"7BIT\" 0 0)", false, false},
        {"(\"TEXT\" NIL NIL NIL NIL \"7BIT\" 0 0)", false, false},
        {"(NIL \"PLAIN\" NIL NIL NIL \"7BIT\" 0)", false, false},
        {"(\"TEXT\" \"PLAIN\" NIL NIL NIL NIL 0 0)", false, false},
        {"(\"TEXT\" \"PLAIN\" NIL NIL NIL \"7BIT\" -1 0)", false, false},
        {"(\"IMAGE\" \"PNG\" NIL NIL NIL \"BASE64\" 0)", true, false},
        {"(\"IMAGE\" \"PNG\" NIL NIL NIL \"BASE64\" 0 0)", false, false},
        {"(\"IMAGE\" \"PNG\" NIL NIL NIL \"BASE64\" 0 NIL (\"attachment\" (\"filename\" \"x\")) "
         "(\"de\" \"en\") \"loc\")",
         false, true},
        {"(\"IMAGE\" \"PNG\" NIL NIL NIL \"BASE64\" 0 \"md5\" (\"inline\" NIL) \"de\" NIL)", false,
         true},
        {"(\"IMAGE\" \"PNG\" NIL NIL NIL \"BASE64\" 0 NIL \"inline\" NIL NIL)", false, false},
        {"(\"IMAGE\" \"PNG\" NIL NIL NIL \"BASE64\" 0 NIL (\"inline\") NIL NIL)", false, false},
        {"(\"IMAGE\" \"PNG\" NIL NIL NIL \"BASE64\" 0 NIL NIL () NIL)", false, false},
        {"((\"A\" \"B\" NIL NIL NIL \"7BIT\" 0)(\"A\" \"B\" NIL NIL NIL \"7BIT\" 0) \"MIXED\")",
         true, false},
        {"((\"A\" \"B\" NIL NIL NIL \"7BIT\" 0) (\"A\" \"B\" NIL NIL NIL \"7BIT\" 0) \"MIXED\")",
         false, false},
        {"((\"A\" \"B\" NIL NIL NIL \"7BIT\" 0 NIL NIL NIL NIL) \"MIXED\" (\"boundary\" \"x\") NIL "
         "NIL NIL)",
         false, true},
        {"(\"MIXED\")", false, false},
        {"(\"MULTIPART\" \"MIXED\" NIL NIL NIL \"7BIT\" 0)", false, false},
        {"()", false, false},
        {"(\"MESSAGE\" \"RFC822\" NIL NIL NIL \"7BIT\" 0 (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL) "
         "(\"TEXT\" \"PLAIN\" NIL NIL NIL \"7BIT\" 0 0) 0)",
         true, false},
        {"(\"MESSAGE\" \"RFC822\" NIL NIL NIL \"7BIT\" 0)", false, false},
        {"(\"MESSAGE\" \"DELIVERY-STATUS\" NIL NIL NIL \"7BIT\" 0)", true, false},
        {"(\"A\" \"B\" NIL {2}\r\nid NIL \"7BIT\" 0)", true, false},
        {"(\"A\" \"B\" NIL {1}\r\n\xFF NIL \"7BIT\" 0)", false, false},
        {"(\"A\" \"B\" NIL \"\xC3\xA4\" NIL \"7BIT\" 0)", false, false},
    };
    struct grammar_error error;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct str s = str_of(rows[i].text);

        if (grammar_body(s, false, false, &error) != rows[i].body ||
            grammar_body(s, true, false, &error) != rows[i].structure)
            fail_msg("%s: %s", rows[i].text, error.what);
    }
}

static void envelopes_are_read_to_the_letter(void **state)
{
    static const struct {
        const char *from;
        bool good;
    } rows[] = {
        {"NIL", true},
        {"((NIL NIL \"a\" \"b\"))", true},
        {"((\"n\" \"@r\" \"a\" \"b\")(NIL NIL \"\" \"\"))", true},
        {"((NIL NIL \"g\" NIL)(NIL NIL \"a\" \"b\")(NIL NIL NIL NIL))", true},
        {"((NIL NIL \"g\" NIL)(NIL NIL NIL NIL))", true},
        {"()", false},
        {"\"a@b\"", false},
        {"((NIL NIL \"a\" \"b\") (NIL NIL \"a\" \"b\"))", false},
        {"((NIL NIL \"a\"))", false},
        {"((NIL NIL \"a\" \"b\" NIL))", false},
        {"((NIL NIL NIL \"b\"))", false},
        {"((NIL NIL NIL NIL))", false},
        {"((NIL NIL \"g\" NIL))", false},
        {"((NIL NIL \"g\" NIL)(NIL NIL \"h\" NIL)(NIL NIL NIL NIL))", false},
    };
    struct grammar_error error;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct buf b = BUF_INIT;

        buf_printf(&b, "(\"date\" {3}\r\nabc %s NIL NIL NIL NIL NIL NIL \"id\")", rows[i].from);
        if (grammar_envelope(buf_str(&b), false, &error) != rows[i].good)
            fail_msg("%s: %s", rows[i].from, rows[i].good ? error.what : "taken");
        buf_fini(&b);
    }
    assert_false(grammar_envelope(STR("(NIL NIL NIL NIL NIL NIL NIL NIL NIL)"), false, &error));
    assert_false(
        grammar_envelope(STR("(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)"), false, &error));
    assert_false(grammar_envelope(STR("NIL"), false, &error));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(examples_of_the_standards_are_taken),
        cmocka_unit_test(nul_stands_only_in_the_bytes_of_a_message),
        cmocka_unit_test(near_misses_are_refused),
        cmocka_unit_test(unfinished_responses_ask_for_more),
        cmocka_unit_test(responses_in_a_row_are_all_read),
        cmocka_unit_test(bodies_are_read_to_the_letter),
        cmocka_unit_test(envelopes_are_read_to_the_letter),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
