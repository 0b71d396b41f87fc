#include "test.h"

#include "mime_tree.h"

#include "base/buf.h"
#include "mime/address.h"

/* Addresses as text: "name|route|mailbox|host", "-" where absent, "; " between. */
static void add_field(struct buf *b, struct str s, char end)
{
    if (s.p)
        buf_add_str(b, s);
    else
        buf_add_char(b, '-');
    if (end)
        buf_add_char(b, end);
}

static void test_addresses(struct str value, size_t limit, struct str want, const char *file,
                           int line)
{
    struct arena *a = arena_new();
    struct mime_address *first = mime_addresses(a, value, limit);
    struct buf b = BUF_INIT;

    mime_tree_check_addresses(first);
    for (struct mime_address *m = first; m; m = m->next) {
        add_field(&b, m->name, '|');
        add_field(&b, m->route, '|');
        add_field(&b, m->mailbox, '|');
        add_field(&b, m->host, '\0');
        if (m->next)
            BUF_LIT(&b, "; ");
    }
    test_str_equal(buf_str(&b), want, file, line);
    buf_fini(&b);
    arena_free(a);
}

#define assert_addresses(value, want) test_addresses(STR(value), 100, STR(want), __FILE__, __LINE__)
#define assert_limited(value, limit, want)                                                         \
    test_addresses(STR(value), limit, STR(want), __FILE__, __LINE__)

static void the_examples_of_rfc_5322_are_read(void **state)
{
    assert_addresses("John Doe <jdoe@machine.example>", "John Doe|-|jdoe|machine.example");
    assert_addresses("\"Joe Q. Public\" <john.q.public@example.com>",
                     "Joe Q. Public|-|john.q.public|example.com");
    assert_addresses("Mary Smith <mary@x.test>, jdoe@example.org, Who? <one@y.test>",
                     "Mary Smith|-|mary|x.test; -|-|jdoe|example.org; Who?|-|one|y.test");
    assert_addresses("<boss@nil.test>, \"Giant; \\\"Big\\\" Box\" <sysservices@example.net>",
                     "-|-|boss|nil.test; Giant; \"Big\" Box|-|sysservices|example.net");
    assert_addresses("A Group:Ed Jones <c@a.test>,joe@where.test,John <jdoe@one.test>;",
                     "-|-|A Group|-; Ed Jones|-|c|a.test; -|-|joe|where.test; "
                     "John|-|jdoe|one.test; -|-|-|-");
    assert_addresses("Undisclosed recipients:;", "-|-|Undisclosed recipients|-; -|-|-|-");
    assert_addresses("Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>",
                     "Pete|-|pete|silly.test");
    assert_addresses(
        "A Group(Some people)\r\n     :Chris Jones <c@(Chris's host.)public.example>,\r\n"
        "         joe@example.org,\r\n  John <jdoe@one.test> (my dear friend); (the end of the "
        "group)",
        "-|-|A Group|-; Chris Jones|-|c|public.example; -|-|joe|example.org; "
        "John|-|jdoe|one.test; -|-|-|-");
    assert_addresses("(Empty list)(start)Hidden recipients  :(nobody(that I know))  ;",
                     "-|-|Hidden recipients|-; -|-|-|-");
}

static void obsolete_forms_of_rfc_5322_are_read(void **state)
{
    assert_addresses("Joe Q. Public <john.q.public@example.com>",
                     "Joe Q. Public|-|john.q.public|example.com");
    assert_addresses("Mary Smith <@node.test:mary@example.net>, , jdoe@test  . example",
                     "Mary Smith|@node.test|mary|example.net; -|-|jdoe|test.example");
    assert_addresses("<@a.test,@b.test:c@d.test>", "-|@a.test,@b.test|c|d.test");
    assert_addresses("john . \"q\" . public @ example . com", "-|-|john.q.public|example.com");
}

static void a_comment_is_a_name_where_there_is_none(void **state)
{
    assert_addresses("gray@cac.washington.edu (Terry Gray)",
                     "Terry Gray|-|gray|cac.washington.edu");
    assert_addresses("<a@b> (Name \\(x\\))", "Name (x)|-|a|b");
    assert_addresses("Real <a@b> (Comment)", "Real|-|a|b");
    assert_addresses("a@b ()", "-|-|a|b");
    assert_addresses("a@b (one), c@d", "one|-|a|b; -|-|c|d");
}

static void a_missing_host_is_empty(void **state)
{
    assert_addresses("root", "-|-|root|");
    assert_addresses("Root <root>", "Root|-|root|");
    assert_addresses("a@", "-|-|a|");
    assert_addresses("\"quoted only\"", "-|-|quoted only|");
    assert_addresses("@host", "-|-||host");
}

static void what_has_no_address_is_a_name(void **state)
{
    assert_addresses("John Doe", "John Doe|-||");
    assert_addresses("John Doe <>", "John Doe|-||");
    assert_addresses("John Doe j@d", "John Doe|-|j|d");
}

static void nothing_gives_nothing(void **state)
{
    assert_addresses("", "");
    assert_addresses("  \r\n ", "");
    assert_addresses("<>", "");
    assert_addresses(",,;,", "");
    assert_addresses("(only a comment)", "");
}

static void names_keep_what_they_hold(void **state)
{
    assert_addresses("=?ISO-8859-1?Q?Andr=E9?= Pirard <p@u>",
                     "=?ISO-8859-1?Q?Andr=E9?= Pirard|-|p|u");
    assert_addresses("a b c d e f <g@h>", "a b c d e f|-|g|h");
    assert_addresses("a   b\r\n\tc <g@h>", "a b c|-|g|h");
    assert_addresses("first\"second\" third <g@h>", "firstsecond third|-|g|h");
    assert_addresses("me @ work [desk 5] <g@h>", "me @ work [desk 5]|-|g|h");
    assert_addresses("\"\" <a@b>", "-|-|a|b");
    assert_addresses("\"a  b\" <g@h>", "a  b|-|g|h");
}

static void local_parts_lose_their_quotes(void **state)
{
    assert_addresses("\"john doe\"@x.test", "-|-|john doe|x.test");
    assert_addresses("\"a\\\"b\\\\c\"@x", "-|-|a\"b\\c|x");
    assert_addresses("\"a@b,c\"@d", "-|-|a@b,c|d");
    assert_addresses("a@b@c", "-|-|a@b|c");
    assert_addresses(".a@b", "-|-|.a|b");
    assert_addresses("a..b.@c", "-|-|a..b.|c");
}

static void hosts_may_be_literals(void **state)
{
    assert_addresses("a@[192.168.1.1]", "-|-|a|[192.168.1.1]");
    assert_addresses("A <a@[IPv6:2001:db8::1]>, b@c", "A|-|a|[IPv6:2001:db8::1]; -|-|b|c");
    assert_addresses("a@[1.2.3.4, b@c", "-|-|a|[1.2.3.4; -|-|b|c");
}

static void utf_8_is_kept(void **state)
{
    assert_addresses("J\xc3\xb6hn <jd\xc3\xb6@m\xc3\xa4"
                     "chine.example>",
                     "J\xc3\xb6hn|-|jd\xc3\xb6|m\xc3\xa4"
                     "chine.example");
}

static void groups_are_always_closed(void **state)
{
    assert_addresses("g:;", "-|-|g|-; -|-|-|-");
    assert_addresses("g:", "-|-|g|-; -|-|-|-");
    assert_addresses("g: a@b", "-|-|g|-; -|-|a|b; -|-|-|-");
    assert_addresses("g: a@b; h: c@d", "-|-|g|-; -|-|a|b; -|-|-|-; -|-|h|-; -|-|c|d; -|-|-|-");
    assert_addresses(":;", "-|-||-; -|-|-|-");
    assert_addresses("\"a: b\": c@d;", "-|-|a: b|-; -|-|c|d; -|-|-|-");
    assert_addresses("g: a@b, h: c@d;, e@f",
                     "-|-|g|-; -|-|a|b; h:|-|c|d; -|-|-|-; -|-|e|f"); /* groups do not nest */
}

static void a_semicolon_separates_outside_of_groups(void **state)
{
    assert_addresses("a@b; C <c@d>; e@f", "-|-|a|b; C|-|c|d; -|-|e|f");
}

static void unclosed_quotes_count_as_nothing(void **state)
{
    assert_addresses("\"John Doe <j@d>, b@c", "John Doe|-|j|d; -|-|b|c");
    assert_addresses("\"A, B\" <a@b>, \"C <c@d>", "A, B|-|a|b; C|-|c|d");
    assert_addresses("\"", "");
    assert_addresses("\"\\", "-|-|\\|");
}

static void unclosed_comments_go_to_the_end(void **state)
{
    assert_addresses("(abc\\", "");
    assert_addresses("a@b (c, d@e", "c, d@e|-|a|b");
    assert_addresses("a@b ((c) d", "(c) d|-|a|b");
    assert_addresses("(((((((", "");
}

static void unclosed_angles_end_at_a_comma(void **state)
{
    assert_addresses("A <a@b, c@d", "A|-|a|b; -|-|c|d");
    assert_addresses("A <a@b", "A|-|a|b");
    assert_addresses("a@b>", "-|-|a|b");
    assert_addresses("<<a@b>>", "-|-|a|b");
    assert_addresses("A <a@b> <c@d>", "A|-|a|b; -|-|c|d");
    assert_addresses("A <a@b> behind, c@d", "A|-|a|b; -|-|c|d");
    assert_addresses("<@a", "-|-||a");
    assert_addresses("<@a\":\"b@c>", "-|-|@a:b|c");
}

static void the_limit_leaves_groups_balanced(void **state)
{
    assert_limited("a@b, c@d, e@f", 2, "-|-|a|b; -|-|c|d");
    assert_limited("a@b", 0, "");
    assert_limited("g: a@b, c@d, e@f;", 3, "-|-|g|-; -|-|a|b; -|-|-|-");
    assert_limited("g: a@b;", 2, "-|-|g|-; -|-|-|-");
    assert_limited("g: a@b;", 1, "-|-|a|b");
}

static void line_ends_and_nul_never_get_in(void **state)
{
    assert_addresses("\"a\\\r\nb\0c\" <d\r\n@e>", "abc|-|d|e");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(the_examples_of_rfc_5322_are_read),
    cmocka_unit_test(obsolete_forms_of_rfc_5322_are_read),
    cmocka_unit_test(a_comment_is_a_name_where_there_is_none),
    cmocka_unit_test(a_missing_host_is_empty),
    cmocka_unit_test(what_has_no_address_is_a_name),
    cmocka_unit_test(nothing_gives_nothing),
    cmocka_unit_test(names_keep_what_they_hold),
    cmocka_unit_test(local_parts_lose_their_quotes),
    cmocka_unit_test(hosts_may_be_literals),
    cmocka_unit_test(utf_8_is_kept),
    cmocka_unit_test(groups_are_always_closed),
    cmocka_unit_test(a_semicolon_separates_outside_of_groups),
    cmocka_unit_test(unclosed_quotes_count_as_nothing),
    cmocka_unit_test(unclosed_comments_go_to_the_end),
    cmocka_unit_test(unclosed_angles_end_at_a_comma),
    cmocka_unit_test(the_limit_leaves_groups_balanced),
    cmocka_unit_test(line_ends_and_nul_never_get_in),
};

TESTS_MAIN(tests)
