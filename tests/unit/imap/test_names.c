/* Modified UTF-7, LIST patterns, sequence sets, flag names. */
#include "test.h"

#include "base/clock.h"
#include "base/mem.h"
#include "imap/command.h"
#include "imap/flags.h"
#include "imap/match.h"
#include "imap/utf7.h"

static void names_go_to_utf7_and_back(void **state)
{
    static const struct {
        const char *utf8, *utf7;
    } rows[] = {
        {"INBOX", "INBOX"},
        {"", ""},
        {"a&b", "a&-b"},
        {"&", "&-"},
        {"&&", "&-&-"},
        {"~peter/mail/\xE5\x8F\xB0\xE5\x8C\x97/\xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E",
         "~peter/mail/&U,BTFw-/&ZeVnLIqe-"}, /* RFC 3501, 5.1.3 */
        {"Entw\xC3\xBCrfe", "Entw&APw-rfe"},
        {"\xF0\x9F\x98\x80", "&2D3eAA-"},
        {"x\xF0\x9F\x98\x80\xF0\x9F\x98\x81y", "x&2D3eANg93gE-y"},
        {"\xC3\xA4&\xC3\xB6", "&AOQ-&-&APY-"},
        {"\x7F", "&AH8-"},
        {"\t", "&AAk-"},
        {"\xEF\xBF\xBF", "&,,8-"},
        {"\xF4\x8F\xBF\xBF", "&2,,f,w-"},
    };
    struct arena *a = arena_new();

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct buf coded = BUF_INIT;
        struct str back = STR_NONE;

        imap_utf7_encode(&coded, str_of(rows[i].utf8));
        assert_str(buf_str(&coded), str_of(rows[i].utf7));
        assert_true(imap_utf7_decode(a, str_of(rows[i].utf7), &back));
        assert_str(back, str_of(rows[i].utf8));
        buf_fini(&coded);
    }
    arena_free(a);
}

static void wrong_utf7_is_refused(void **state)
{
    static const char *const bad[] = {
        "&",      "a&b",      "a&b-c",  "&A-",      "&AO-",       "&AOQ",   "&AOR-",
        "&AOQA-", "&2D0-",    "&3gA-",  "&2D0AQQ-", "&2D3YPQ-",   "&AOQ=-", "&AOQ/-",
        "&AOQ -", "\xC3\xA4", "&\xC3-", "&AAA-",    "a&AOQ-\x80",
    };
    struct arena *a = arena_new();
    struct str out;

    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        if (imap_utf7_decode(a, str_of(bad[i]), &out))
            fail_msg("taken: %s", bad[i]);
    }
    assert_false(imap_utf7_decode(a, STR("a\0b"), &out));
    arena_free(a);
}

static void needless_encoding_is_tolerated(void **state)
{
    struct arena *a = arena_new();
    struct str out;

    assert_true(imap_utf7_decode(a, STR("&AGEAYg-"), &out));
    assert_lit(out, "ab");
    assert_true(imap_utf7_decode(a, STR("&ACY-"), &out));
    assert_lit(out, "&");
    assert_true(imap_utf7_decode(a, STR("&AOQ-&APY-"), &out)); /* two runs in a row */
    assert_lit(out, "\xC3\xA4\xC3\xB6");
    arena_free(a);
}

static void broken_utf8_is_encoded_as_replacement(void **state)
{
    struct buf out = BUF_INIT;

    imap_utf7_encode(&out, STR("a\xFF"
                               "b"));
    assert_lit(buf_str(&out), "a&,,0-b");
    buf_fini(&out);
}

static void patterns_match_names(void **state)
{
    static const struct {
        const char *pattern, *name;
        bool match, below;
    } rows[] = {
        {"*", "a", true, true},
        {"*", "a/b/c", true, true},
        {"*", "", true, true},
        {"%", "a", true, false},
        {"%", "a/b", false, false},
        {"%/%", "a/b", true, false},
        {"%/%", "a", false, true},
        {"a", "a", true, false},
        {"a", "A", false, false},
        {"a/b", "a", false, true},
        {"a/b", "a/b", true, false},
        {"a/b", "b", false, false},
        {"a*", "a/b", true, true},
        {"a*", "b", false, false},
        {"*b", "a/b", true, true},
        {"*b", "ab", true, true},
        {"%b", "ab", true, false},
        {"%b", "a/b", false, false},
        {"a%c", "abc", true, false},
        {"a%c", "a/c", false, false},
        {"a%c", "ac", true, false},
        {"*%", "a/b", true, true},
        {"%*", "a/b", true, true},
        {"%%%", "ab", true, false},
        {"a%/b%/c%", "a1/b2/c3", true, false},
        {"a%/b%/c%", "a1/b2", false, true},
        {"*a*b*c*", "xxaxxbxxc", true, true},
        {"*a*b*c*", "xxcxxbxxa", false, true},
        {"*aab", "aaaab", true, true},
        {"%aab", "aaaab", true, false},
        {"", "", true, false},
        {"", "a", false, false},
        {"inbox", "INBOX", true, false},
        {"INBOX", "inbox", true, false},
        {"inB*", "INBOX", true, true},
        {"inbox/%", "INBOX/x", true, false},
        {"inbox/X", "INBOX/x", false, false},
        {"*x/inbox", "x/INBOX", false, true},
        {"inboxes", "INBOXES", false, false},
        {"i%/foo", "INBOX", false, true},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        bool match = imap_match(str_of(rows[i].pattern), str_of(rows[i].name), '/');
        bool below = imap_match_below(str_of(rows[i].pattern), str_of(rows[i].name), '/');

        if (match != rows[i].match || below != rows[i].below)
            fail_msg("\"%s\" and \"%s\": match %d, below %d", rows[i].pattern, rows[i].name, match,
                     below);
    }
}

/* The obvious way, which takes for ever on hard patterns. */
static bool match_slow(struct str p, struct str s)
{
    if (p.n == 0)
        return s.n == 0;
    if (p.p[0] == '*' || p.p[0] == '%')
        return match_slow(str_from(p, 1), s) ||
               (s.n > 0 && (p.p[0] == '*' || s.p[0] != '/') && match_slow(p, str_from(s, 1)));
    return s.n > 0 && p.p[0] == s.p[0] && match_slow(str_from(p, 1), str_from(s, 1));
}

static void all_short_patterns_match_as_the_obvious_way_does(void **state)
{
    static const char alphabet[] = "a/*%";
    char pattern[5], name[5];

    for (int i = 0; i < 1024; i++) {
        for (int k = 0; k < 5; k++)
            pattern[k] = alphabet[i >> 2 * k & 3];
        for (int j = 0; j < 32; j++) {
            for (int k = 0; k < 5; k++)
                name[k] = alphabet[j >> k & 1];
            for (size_t n = 0; n <= 5; n++) {
                struct str p = str_n(pattern, 5), s = str_n(name, n);

                if (imap_match(p, s, '/') != match_slow(p, s))
                    fail_msg("\"%.*s\" and \"%.*s\"", STR_FMT(p), STR_FMT(s));
            }
        }
    }
}

static void hard_patterns_take_no_time(void **state)
{
    struct buf pattern = BUF_INIT, name = BUF_INIT;
    int64_t start = clock_mono_ms();

    for (int i = 0; i < 30000; i++)
        buf_add_cstr(&pattern, i % 2 ? "a*" : "a%");
    for (int i = 0; i < 2000; i++)
        buf_add_char(&name, i % 50 == 49 ? '/' : 'a');
    assert_false(imap_match(buf_str(&pattern), buf_str(&name), '/'));
    pattern.n = 1500;
    buf_add_char(&pattern, 'b');
    assert_false(imap_match(buf_str(&pattern), buf_str(&name), '/'));
    assert_true(imap_match_below(buf_str(&pattern), buf_str(&name), '/'));
    assert_true(clock_mono_ms() - start < 20000); /* exponential would be years */
    buf_fini(&pattern);
    buf_fini(&name);
}

static void check_resolve(struct range *v, size_t n, uint32_t last, const char *want)
{
    struct imap_set set = {.v = v, .n = n};
    struct ranges r = RANGES_INIT;
    struct buf out = BUF_INIT;

    imap_set_resolve(&set, last, &r);
    ranges_format(&r, &out);
    assert_str(buf_str(&out), str_of(want));
    buf_fini(&out);
    ranges_fini(&r);
}

#define RESOLVE(last, want, ...)                                                                   \
    do {                                                                                           \
        struct range v_[] = {__VA_ARGS__};                                                         \
        check_resolve(v_, ARRAY_LEN(v_), (last), (want));                                          \
    } while (0)

static void sets_resolve_to_numbers(void **state)
{
    RESOLVE(15, "2,4:7,9,12:15", {2, 2}, {4, 7}, {9, 9}, {12, 0});
    RESOLVE(10, "4:10", {0, 4}, {5, 7}); /* RFC 9051, 9: *:4,5:7 */
    RESOLVE(3, "1:3", {3, 1});
    RESOLVE(7, "7", {0, 0});
    RESOLVE(7, "7:9999", {9999, 0}); /* the last message is in it */
    RESOLVE(7, "1:4294967295", {1, UINT32_MAX});
    RESOLVE(0, "", {0, 0});
    RESOLVE(0, "", {1, 0});
    RESOLVE(0, "1:5", {1, 5});
}

static void flags_have_names(void **state)
{
    assert_string_equal(imap_flag_name(IMAP_SEEN), "\\Seen");
    assert_string_equal(imap_flag_name(IMAP_DRAFT), "\\Draft");
    assert_null(imap_flag_name(IMAP_SEEN | IMAP_DRAFT));
    assert_null(imap_flag_name(0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_go_to_utf7_and_back),
        cmocka_unit_test(wrong_utf7_is_refused),
        cmocka_unit_test(needless_encoding_is_tolerated),
        cmocka_unit_test(broken_utf8_is_encoded_as_replacement),
        cmocka_unit_test(patterns_match_names),
        cmocka_unit_test(all_short_patterns_match_as_the_obvious_way_does),
        cmocka_unit_test(hard_patterns_take_no_time),
        cmocka_unit_test(sets_resolve_to_numbers),
        cmocka_unit_test(flags_have_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
