#include "test.h"

#include "mime_tree.h"

/* A tree as text: containers as "SUBTYPE(...)", leaves as type, body and lines. */
static void outline(struct buf *b, struct str message, const struct mime_part *p)
{
    struct str body = str_sub(message, p->body_at, p->end - p->body_at);

    if (p->kind == MIME_SINGLE) {
        buf_printf(b, "%.*s/%.*s \"%.*s\" %d", STR_FMT(p->type), STR_FMT(p->subtype), STR_FMT(body),
                   (int)p->lines);
        return;
    }
    buf_printf(b, "%.*s(", STR_FMT(p->subtype));
    for (const struct mime_part *c = p->child; c; c = c->next) {
        outline(b, message, c);
        if (c->next)
            BUF_LIT(b, ", ");
    }
    BUF_LIT(b, ")");
}

/* Every way to cut in two gives the same tree, too. */
static void test_outline(struct str message, struct str want, const char *file, int line)
{
    for (size_t cut = 0; cut <= message.n; cut++) {
        struct arena *a = arena_new();
        struct mime_parser *p = mime_parser_new(a);
        struct mime_part *root;
        struct buf b = BUF_INIT;

        mime_parser_feed(p, str_sub(message, 0, cut));
        mime_parser_feed(p, str_from(message, cut));
        root = mime_parser_finish(p);
        mime_parser_free(p);
        mime_tree_check_root(root, message);
        outline(&b, message, root);
        test_str_equal(buf_str(&b), want, file, line);
        buf_fini(&b);
        arena_free(a);
    }
}

#define assert_outline(message, want) test_outline(STR(message), STR(want), __FILE__, __LINE__)

#define MIXED(b) "Content-Type: multipart/mixed; boundary=\"" b "\"\r\n\r\n"

static void the_example_of_rfc_2046_has_two_parts(void **state)
{
    assert_outline("From: Nathaniel Borenstein <nsb@bellcore.com>\r\n"
                   "Content-type: multipart/mixed; boundary=\"simple boundary\"\r\n"
                   "\r\n"
                   "This is the preamble.  It is to be ignored.\r\n"
                   "\r\n"
                   "--simple boundary\r\n"
                   "\r\n"
                   "It does NOT end with a linebreak.\r\n"
                   "--simple boundary\r\n"
                   "Content-type: text/plain; charset=us-ascii\r\n"
                   "\r\n"
                   "It DOES end with a linebreak.\r\n"
                   "\r\n"
                   "--simple boundary--\r\n"
                   "\r\n"
                   "This is the epilogue.  It is also to be ignored.\r\n",
                   "MIXED(TEXT/PLAIN \"It does NOT end with a linebreak.\" 1, "
                   "TEXT/PLAIN \"It DOES end with a linebreak.\r\n\" 1)");
}

static void bare_lf_and_mixed_line_ends_are_line_ends(void **state)
{
    assert_outline(
        "Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\r\n\r\ntwo\r\n\n--b--\n",
        "MIXED(TEXT/PLAIN \"one\" 1, TEXT/PLAIN \"two\r\n\" 1)");
    assert_outline("Subject: x\r\n\nbody\r\n", "TEXT/PLAIN \"body\r\n\" 1");
}

static void a_lone_cr_is_no_line_end(void **state)
{
    assert_outline("A: b\r\rC: d\r\n\r\none\rtwo\r\n", "TEXT/PLAIN \"one\rtwo\r\n\" 1");
    assert_outline(MIXED("b") "\r--b\r\n--b\r\n\r\nx\r\r\n--b--", "MIXED(TEXT/PLAIN \"x\r\" 1)");
}

static void nul_is_a_byte(void **state)
{
    struct str message = STR("A\0: b\r\nSubject: x\0y\r\n\r\nz\0\r\n");
    struct arena *a = arena_new();
    struct mime_part *root = mime_parse(a, message);

    mime_tree_check_root(root, message);
    assert_int_equal(root->body_at, 23);
    assert_lit(root->envelope->subject, "xy");
    assert_int_equal(root->lines, 1);
    arena_free(a);
}

static void lines_count_a_last_one_without_end(void **state)
{
    assert_outline("A: b\r\n\r\n", "TEXT/PLAIN \"\" 0");
    assert_outline("A: b\r\n\r\nx", "TEXT/PLAIN \"x\" 1");
    assert_outline("A: b\r\n\r\nx\r\n", "TEXT/PLAIN \"x\r\n\" 1");
    assert_outline("A: b\r\n\r\nx\r\n\r\n", "TEXT/PLAIN \"x\r\n\r\n\" 2");
    assert_outline(MIXED("b") "--b\r\n\r\n\r\n\r\n--b--", "MIXED(TEXT/PLAIN \"\r\n\" 1)");
    assert_outline(MIXED("b") "--b\r\n\r\n\r\n--b--", "MIXED(TEXT/PLAIN \"\" 0)");
}

static void empty_and_headless_messages_are_messages(void **state)
{
    assert_outline("", "TEXT/PLAIN \"\" 0");
    assert_outline("\r\n", "TEXT/PLAIN \"\" 0");
    assert_outline("\n", "TEXT/PLAIN \"\" 0");
    assert_outline("\r", "TEXT/PLAIN \"\r\" 1");
    assert_outline("\r\nbody", "TEXT/PLAIN \"body\" 1");
    assert_outline("Subject: only a header\r\n", "TEXT/PLAIN \"\" 0");
    assert_outline("Subject: only a header", "TEXT/PLAIN \"\" 0");
}

static void a_block_without_any_field_is_body(void **state)
{
    assert_outline("no header\r\n\r\nat all\r\n", "TEXT/PLAIN \"no header\r\n\r\nat all\r\n\" 3");
    assert_outline(MIXED("b") "--b\r\njust text\r\n--b--\r\n", "MIXED(TEXT/PLAIN \"just text\" 1)");
    assert_outline("Content-Type: multipart/digest; boundary=b\r\n\r\n--b\r\ntext\r\n--b--\r\n",
                   "DIGEST(RFC822(TEXT/PLAIN \"text\" 1))");
}

static void a_line_that_is_no_field_does_not_end_a_header(void **state)
{
    assert_outline("From a@b Thu Jan  1 00:00:00 1970\r\nSubject: x\r\n\r\nbody",
                   "TEXT/PLAIN \"body\" 1");
    assert_outline("Subject: x\r\ngarbage\r\nContent-Type: text/html\r\n\r\nbody",
                   "TEXT/HTML \"body\" 1");
}

static void a_header_may_end_at_a_boundary(void **state)
{
    assert_outline(MIXED("b") "--b\r\nContent-Type: text/html\r\n--b\r\n\r\nx\r\n--b--",
                   "MIXED(TEXT/HTML \"\" 0, TEXT/PLAIN \"x\" 1)");
    assert_outline(MIXED("b") "--b\r\nContent-Type: text/html\r\n\r\n--b--",
                   "MIXED(TEXT/HTML \"\" 0)");
}

static void a_multipart_without_parts_gets_an_empty_one(void **state)
{
    assert_outline(MIXED("b") "never seen\r\n", "MIXED(TEXT/PLAIN \"\" 0)");
    assert_outline(MIXED("b"), "MIXED(TEXT/PLAIN \"\" 0)");
    assert_outline(MIXED("b") "--b--\r\n", "MIXED(TEXT/PLAIN \"\" 0)");
    assert_outline("Content-Type: multipart/mixed\r\n\r\n--\r\nx\r\n", "MIXED(TEXT/PLAIN \"\" 0)");
    assert_outline(MIXED("") "--\r\n\r\nsignature\r\n", "MIXED(TEXT/PLAIN \"\" 0)");
    assert_outline("Content-Type: multipart/mixed; boundary=b", "MIXED(TEXT/PLAIN \"\" 0)");
}

static void a_missing_last_boundary_ends_with_the_message(void **state)
{
    assert_outline(MIXED("b") "--b\r\n\r\none\r\n--b\r\n\r\ntwo\r\n",
                   "MIXED(TEXT/PLAIN \"one\" 1, TEXT/PLAIN \"two\r\n\" 1)");
    assert_outline(MIXED("b") "--b\r\n\r\none\r\n--b",
                   "MIXED(TEXT/PLAIN \"one\" 1, TEXT/PLAIN \"\" 0)");
    assert_outline(MIXED("b") "--b\r\n\r\none\r\n-", "MIXED(TEXT/PLAIN \"one\r\n-\" 2)");
}

static void an_outer_boundary_ends_all_inside(void **state)
{
    assert_outline(
        MIXED("out") "--out\r\n" MIXED("in") "--in\r\n\r\na\r\n--out\r\n\r\nb\r\n--out--",
        "MIXED(MIXED(TEXT/PLAIN \"a\" 1), TEXT/PLAIN \"b\" 1)");
    assert_outline(MIXED("out") "--out\r\n" MIXED("in") "--out\r\n\r\nb\r\n--in\r\n--out--",
                   "MIXED(MIXED(TEXT/PLAIN \"\" 0), TEXT/PLAIN \"b\r\n--in\" 2)");
    assert_outline(MIXED("out") "--out\r\n" MIXED("in") "--in\r\n--out--",
                   "MIXED(MIXED(TEXT/PLAIN \"\" 0))");
}

static void boundaries_may_begin_alike(void **state)
{
    assert_outline(
        MIXED("foo") "--foo\r\n" MIXED("foobar") "--foobar\r\n\r\na\r\n--foobar\r\n\r\nb\r\n"
                                                 "--foobar--\r\n--foo\r\n\r\nc\r\n--foo--",
        "MIXED(MIXED(TEXT/PLAIN \"a\" 1, TEXT/PLAIN \"b\" 1), TEXT/PLAIN \"c\" 1)");
    assert_outline(
        MIXED("foobar") "--foobar\r\n" MIXED("foo") "--foo\r\n\r\na\r\n--foobar\r\n\r\nb\r\n"
                                                    "--foobar--",
        "MIXED(MIXED(TEXT/PLAIN \"a\" 1), TEXT/PLAIN \"b\" 1)");
    assert_outline(
        MIXED("foo") "--foo\r\n" MIXED("foo--") "--foo--\r\n\r\na\r\n--foo----\r\n--foo--",
        "MIXED(MIXED(TEXT/PLAIN \"a\" 1))");
    assert_outline(MIXED("b") "--b\r\n\r\n--bonus\r\n--b-x\r\n--b--y\r\n-- b\r\n--b--",
                   "MIXED(TEXT/PLAIN \"--bonus\r\n--b-x\r\n--b--y\r\n-- b\" 4)");
}

static void the_simplest_boundary_is_a_hyphen(void **state)
{
    /* RFC 2046 5.1.1: "---", closed by "-----" */
    assert_outline(MIXED("-") "---\r\n\r\na\r\n---\r\n\r\nb\r\n-----\r\nc",
                   "MIXED(TEXT/PLAIN \"a\" 1, TEXT/PLAIN \"b\" 1)");
}

static void what_follows_a_boundary_on_its_line_is_ignored(void **state)
{
    assert_outline(MIXED("b") "--b \t\r\n\r\na\r\n--b garbage\r\n\r\nb\r\n--b-- \r\nepilogue",
                   "MIXED(TEXT/PLAIN \"a\" 1, TEXT/PLAIN \"b\" 1)");
    assert_outline("Content-Type: multipart/mixed; boundary=\"b  \"\r\n\r\n--b\r\n\r\na\r\n--b--",
                   "MIXED(TEXT/PLAIN \"a\" 1)");
    assert_outline(MIXED("b  ") "--b  \r\n\r\na\r\n--b  --\r\n--b", "MIXED(TEXT/PLAIN \"a\" 1)");
}

static void the_same_boundary_nested_is_the_inner_one(void **state)
{
    assert_outline(MIXED("b") "--b\r\n" MIXED("b") "--b\r\n\r\na\r\n--b--\r\n--b\r\n\r\nc\r\n--b--",
                   "MIXED(MIXED(TEXT/PLAIN \"a\" 1), TEXT/PLAIN \"c\" 1)");
}

static void nothing_begins_behind_the_last_boundary(void **state)
{
    assert_outline(MIXED("b") "--b\r\n\r\na\r\n--b--\r\n--b\r\n\r\nno part\r\n",
                   "MIXED(TEXT/PLAIN \"a\" 1)");
}

static void parts_of_a_digest_are_messages_unless_they_say_otherwise(void **state)
{
    assert_outline("Content-Type: multipart/digest; boundary=b\r\n\r\n"
                   "--b\r\n\r\nSubject: one\r\n\r\nfirst\r\n"
                   "--b\r\nContent-Type: text/html\r\n\r\nsecond\r\n"
                   "--b--",
                   "DIGEST(RFC822(TEXT/PLAIN \"first\" 1), TEXT/HTML \"second\" 1)");
}

static void messages_nest(void **state)
{
    assert_outline("Content-Type: message/rfc822\r\n\r\nContent-Type: message/global\r\n\r\n"
                   "Content-Type: text/html\r\n\r\nx\r\n",
                   "RFC822(GLOBAL(TEXT/HTML \"x\r\n\" 1))");
    assert_outline("Content-Type: message/rfc822\r\n\r\n" MIXED("b") "--b\r\n\r\nx\r\n--b--",
                   "RFC822(MIXED(TEXT/PLAIN \"x\" 1))");
}

static void a_nested_message_may_be_cut_short(void **state)
{
    assert_outline("Content-Type: message/rfc822", "RFC822(TEXT/PLAIN \"\" 0)");
    assert_outline("Content-Type: message/rfc822\r\n\r\n", "RFC822(TEXT/PLAIN \"\" 0)");
    assert_outline("Content-Type: message/rfc822\r\n\r\nContent-Type: message/rfc822\r\n",
                   "RFC822(RFC822(TEXT/PLAIN \"\" 0))");
    assert_outline(MIXED("b") "--b\r\nContent-Type: message/rfc822\r\n--b--\r\n",
                   "MIXED(RFC822(TEXT/PLAIN \"\" 0))");
    assert_outline(
        MIXED("b") "--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\n--b--\r\n",
        "MIXED(RFC822(TEXT/PLAIN \"\" 0))");
    assert_outline(MIXED("b") "--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: x\r\n--b--\r\n",
                   "MIXED(RFC822(TEXT/PLAIN \"\" 0))");
}

static void an_encoded_message_is_a_leaf(void **state)
{
    /* RFC 2046 5.2.1; RFC 9051 9 has no message/rfc822 without an envelope */
    assert_outline(
        "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\nQQ==\r\n",
        "APPLICATION/OCTET-STREAM \"QQ==\r\n\" 1");
    assert_outline(
        "Content-Type: message/global\r\nContent-Transfer-Encoding: x-own\r\n\r\nA: b\r\n",
        "APPLICATION/OCTET-STREAM \"A: b\r\n\" 1");
    assert_outline("Content-Type: message/delivery-status\r\n\r\nA: b\r\n",
                   "MESSAGE/DELIVERY-STATUS \"A: b\r\n\" 1");
}

static void boundaries_longer_than_a_line_may_be_are_not_looked_for(void **state)
{
    struct arena *a = arena_new();
    struct buf message = BUF_INIT;
    struct mime_part *root;

    for (size_t n = 999; n <= 1001; n++) {
        struct str boundary = arena_printf(a, "%0*d", (int)n, 0);

        buf_clear(&message);
        buf_printf(&message, MIXED("%.*s") "--%.*s\r\n\r\nx\r\n--%.*s--\r\n", STR_FMT(boundary),
                   STR_FMT(boundary), STR_FMT(boundary));
        root = mime_parse(a, buf_str(&message));
        mime_tree_check_root(root, buf_str(&message));
        assert_int_equal(root->child->end - root->child->body_at, n <= 1000 ? 1 : 0);
    }
    buf_fini(&message);
    arena_free(a);
}

static void the_envelope_holds_what_the_header_says(void **state)
{
    struct arena *a = arena_new();
    struct mime_part *root =
        mime_parse(a, STR("DATE : Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\r\n"
                          "Subject: IMAP4rev2 WG\r\n  mtg\tsummary \r\n"
                          "Subject: a second one\r\n"
                          "From: Terry Gray <gray@cac.washington.edu>\r\n"
                          "Sender:\r\n"
                          "To: one@example.org\r\nTo: two@example.org,\r\n three@example.org\r\n"
                          "Message-Id: <B27397-0100000@cac.washington.edu>\r\n"
                          "In-Reply-To:\r\n"
                          "References: <1@a>\r\n <2@b>\r\n"
                          "\r\n"));
    const struct mime_envelope *e = root->envelope;

    assert_lit(e->date, "Wed, 17 Jul 1996 02:23:25 -0700 (PDT)");
    assert_lit(e->subject, "IMAP4rev2 WG  mtg\tsummary");
    assert_lit(e->from->name, "Terry Gray");
    assert_ptr_equal(e->sender, e->from);
    assert_ptr_equal(e->reply_to, e->from);
    assert_lit(e->to->mailbox, "one");
    assert_lit(e->to->next->next->mailbox, "three");
    assert_null(e->to->next->next->next);
    assert_null(e->cc);
    assert_lit(e->message_id, "<B27397-0100000@cac.washington.edu>");
    assert_true(e->in_reply_to.p != NULL && e->in_reply_to.n == 0); /* present but empty */
    assert_lit(root->references, "<1@a> <2@b>");
    arena_free(a);
}

static void an_absent_envelope_field_is_absent(void **state)
{
    struct arena *a = arena_new();
    struct mime_part *root = mime_parse(a, STR("From:\r\n\r\n"));
    const struct mime_envelope *e = root->envelope;

    assert_null(e->date.p);
    assert_null(e->subject.p);
    assert_null(e->in_reply_to.p);
    assert_null(e->message_id.p);
    assert_null(e->from);
    assert_null(e->sender);
    assert_null(root->references.p);
    arena_free(a);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(the_example_of_rfc_2046_has_two_parts),
    cmocka_unit_test(bare_lf_and_mixed_line_ends_are_line_ends),
    cmocka_unit_test(a_lone_cr_is_no_line_end),
    cmocka_unit_test(nul_is_a_byte),
    cmocka_unit_test(lines_count_a_last_one_without_end),
    cmocka_unit_test(empty_and_headless_messages_are_messages),
    cmocka_unit_test(a_block_without_any_field_is_body),
    cmocka_unit_test(a_line_that_is_no_field_does_not_end_a_header),
    cmocka_unit_test(a_header_may_end_at_a_boundary),
    cmocka_unit_test(a_multipart_without_parts_gets_an_empty_one),
    cmocka_unit_test(a_missing_last_boundary_ends_with_the_message),
    cmocka_unit_test(an_outer_boundary_ends_all_inside),
    cmocka_unit_test(boundaries_may_begin_alike),
    cmocka_unit_test(the_simplest_boundary_is_a_hyphen),
    cmocka_unit_test(what_follows_a_boundary_on_its_line_is_ignored),
    cmocka_unit_test(the_same_boundary_nested_is_the_inner_one),
    cmocka_unit_test(nothing_begins_behind_the_last_boundary),
    cmocka_unit_test(parts_of_a_digest_are_messages_unless_they_say_otherwise),
    cmocka_unit_test(messages_nest),
    cmocka_unit_test(a_nested_message_may_be_cut_short),
    cmocka_unit_test(an_encoded_message_is_a_leaf),
    cmocka_unit_test(boundaries_longer_than_a_line_may_be_are_not_looked_for),
    cmocka_unit_test(the_envelope_holds_what_the_header_says),
    cmocka_unit_test(an_absent_envelope_field_is_absent),
};

TESTS_MAIN(tests)
