#include "test.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "imap/match.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patterns_match_names),
        cmocka_unit_test(all_short_patterns_match_as_the_obvious_way_does),
        cmocka_unit_test(hard_patterns_take_no_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
