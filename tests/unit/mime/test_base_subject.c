/* RFC 5256 2.1, step by step. */
#include "test.h"

#include "mime/header.h"

static void test_base(struct str subject, struct str want, bool want_reply, const char *file,
                      int line)
{
    struct arena *a = arena_new();
    bool reply = !want_reply;

    test_str_equal(mime_base_subject(a, subject, &reply), want, file, line);
    if (reply != want_reply)
        _fail(file, line);
    arena_free(a);
}

#define assert_base(subject, want) test_base(STR(subject), STR(want), false, __FILE__, __LINE__)
#define assert_reply(subject, want) test_base(STR(subject), STR(want), true, __FILE__, __LINE__)

static void blanks_become_one(void **state)
{
    assert_base("Hello", "hello");
    assert_base("  a\tb \t c\r\n d  ", "a b c d");
    assert_base("", "");
    assert_base("   ", "");
}

static void trailers_go(void **state)
{
    assert_reply("a (fwd)", "a");
    assert_reply("a (FWD) (fwd)  ", "a");
    assert_reply("(fwd)", "");
    assert_base("a (fwd) b", "a (fwd) b");
}

static void leaders_go(void **state)
{
    assert_reply("Re: a", "a");
    assert_reply("RE : a", "a");
    assert_reply("re:re:Fwd: FW: a", "a");
    assert_reply("Re[4]: a", "a");
    assert_reply("Re [4] : a", "a");
    assert_reply("[list] Re: a", "a");
    assert_reply("[x][y] fwd [z]: a", "a");
    assert_base("Reply: a", "reply: a");
    assert_base("re a", "re a");
    assert_base("fwdx: a", "fwdx: a");
    assert_reply("Re:", "");
}

static void blobs_go_unless_nothing_stays(void **state)
{
    assert_base("[list] a", "a");
    assert_base("[x] [y] a", "a");
    assert_base("[only]", "[only]");
    assert_base("[x][only]", "[only]");
    assert_base("[open a", "[open a");
    assert_base("[a [b] c", "[a [b] c");
    assert_reply("Re: [list] Re: a", "a");
    assert_reply("[list] Re: [only]", "[only]");
}

static void forwards_in_brackets_go(void **state)
{
    assert_reply("[Fwd: a]", "a");
    assert_reply("[fwd: [Fwd: Re: a]]", "a");
    assert_reply("[fwd: a (fwd)] ", "a");
    assert_base("[fwd: a", "[fwd: a");
    assert_reply("[fwd:]", "");
    assert_reply("Re: [fwd: [list] a]", "a");
}

static void encoded_words_are_decoded_first(void **state)
{
    assert_reply("=?utf-8?q?Re:_=C3=84rger?=", "\xc3\xa4rger");
    assert_reply("=?utf-8?q?Re?=: a", "a");
}

static void case_is_folded(void **state)
{
    assert_base("\xc3\x84RGER", "\xc3\xa4rger");
    assert_base("Stra\xc3\x9f"
                "e",
                "strasse");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(blanks_become_one),
    cmocka_unit_test(trailers_go),
    cmocka_unit_test(leaders_go),
    cmocka_unit_test(blobs_go_unless_nothing_stays),
    cmocka_unit_test(forwards_in_brackets_go),
    cmocka_unit_test(encoded_words_are_decoded_first),
    cmocka_unit_test(case_is_folded),
};

TESTS_MAIN(tests)
