/* What an attacker sends stays a valid tree.  That it also stays linear shows in the time the test
 * may take: each of these is a few megabytes, and anything quadratic would need minutes. */
#include "test.h"

#include "mime_tree.h"

#include "mime/date.h"
#include "mime/decode.h"
#include "mime/header.h"

static void repeat(struct buf *b, size_t n, const char *s)
{
    for (size_t i = 0; i < n; i++)
        buf_add_cstr(b, s);
}

static size_t count_parts(const struct mime_part *p)
{
    size_t n = 1;

    for (const struct mime_part *c = p->child; c; c = c->next)
        n += count_parts(c);
    return n;
}

static size_t count_addresses(const struct mime_address *a)
{
    size_t n = 0;

    for (; a; a = a->next)
        n++;
    return n;
}

static struct mime_part *parse(struct arena *a, struct buf *message)
{
    struct mime_part *root = mime_parse(a, buf_str(message));

    mime_tree_check_root(root, buf_str(message));
    return root;
}

static void a_million_parts_are_ten_thousand(void **state)
{
    struct arena *a = arena_new();
    struct buf m = BUF_INIT;
    struct mime_part *root;

    buf_add_cstr(&m, "Content-Type: multipart/mixed; boundary=b\r\n\r\n");
    repeat(&m, 1000000, "--b\r\n\r\n");
    root = parse(a, &m);
    assert_int_equal(count_parts(root), MIME_MAX_PARTS);
    assert_true(mime_part_child(root, MIME_MAX_PARTS - 1)->end ==
                m.n); /* the last holds the rest */
    buf_fini(&m);
    arena_free(a);
}

static void containers_at_the_limit_of_parts_have_their_child(void **state)
{
    static const char *const kinds[] = {"message/rfc822", "multipart/mixed; boundary=c",
                                        "multipart/mixed"};

    for (size_t k = 0; k < 3; k++) {
        for (size_t before = MIME_MAX_PARTS - 5; before <= MIME_MAX_PARTS; before++) {
            struct arena *a = arena_new();
            struct buf m = BUF_INIT;

            buf_add_cstr(&m, "Content-Type: multipart/mixed; boundary=b\r\n\r\n");
            repeat(&m, before, "--b\r\n\r\n");
            for (int i = 0; i < 5; i++)
                buf_printf(&m, "--b\r\nContent-Type: %s\r\n\r\n--c\r\n", kinds[k]);
            assert_true(count_parts(parse(a, &m)) <= MIME_MAX_PARTS);
            buf_fini(&m);
            arena_free(a);
        }
    }
}

/* Each container inside the last one, with a boundary of its own. */
static void nest(struct buf *m, size_t depth, const char *head)
{
    for (size_t i = 0; i < depth; i++) {
        buf_printf(m, "Content-Type: %s; boundary=b%zu\r\n\r\n", head, i);
        if (strcmp(head, "multipart/mixed") == 0)
            buf_printf(m, "--b%zu\r\n", i);
    }
    buf_add_cstr(m, "Content-Type: text/plain\r\n\r\nx\r\n");
    for (size_t i = depth; i > 0 && strcmp(head, "multipart/mixed") == 0; i--)
        buf_printf(m, "--b%zu--\r\n", i - 1);
}

static size_t depth_of(const struct mime_part *p)
{
    size_t n = 0;

    for (; p; p = p->child)
        n++;
    return n;
}

static const struct mime_part *deepest(const struct mime_part *p)
{
    while (p->child)
        p = p->child;
    return p;
}

static void beyond_the_depth_all_is_a_leaf(void **state)
{
    static const char *const kinds[] = {"message/rfc822", "multipart/mixed"};

    for (size_t k = 0; k < 2; k++) {
        for (size_t depth = MIME_MAX_DEPTH - 2; depth <= MIME_MAX_DEPTH; depth++) {
            struct arena *a = arena_new();
            struct buf m = BUF_INIT;
            struct mime_part *root;
            bool fits = depth < MIME_MAX_DEPTH;

            nest(&m, depth, kinds[k]);
            root = parse(a, &m);
            assert_int_equal(depth_of(root), fits ? depth + 1 : MIME_MAX_DEPTH);
            if (fits)
                assert_lit(deepest(root)->type, "TEXT");
            else
                assert_lit(deepest(root)->subtype, "OCTET-STREAM");
            buf_fini(&m);
            arena_free(a);
        }
    }
}

static void ten_thousand_deep_is_no_burden(void **state)
{
    struct arena *a = arena_new();
    struct buf m = BUF_INIT;

    nest(&m, 10000, "multipart/mixed");
    assert_int_equal(depth_of(parse(a, &m)), MIME_MAX_DEPTH);
    buf_clear(&m);
    nest(&m, 10000, "message/rfc822");
    assert_int_equal(depth_of(parse(a, &m)), MIME_MAX_DEPTH);
    buf_fini(&m);
    arena_free(a);
}

static void lines_of_hyphens_inside_deep_nesting_are_no_burden(void **state)
{
    struct arena *a = arena_new();
    struct buf m = BUF_INIT;

    nest(&m, 98, "multipart/mixed");
    m.n = (size_t)((char *)memmem(m.p, m.n, "x\r\n--b", 6) - m.p);
    repeat(&m, 300000, "--b\r\n");
    assert_int_equal(depth_of(parse(a, &m)), 99);
    buf_fini(&m);
    arena_free(a);
}

static void half_a_million_to_lines_end_at_the_limit(void **state)
{
    struct arena *a = arena_new();
    struct buf m = BUF_INIT;

    repeat(&m, 500000, "To: a@b.c\r\n");
    assert_int_equal(count_addresses(parse(a, &m)->envelope->to), MIME_MAX_ADDRESSES);
    buf_fini(&m);
    arena_free(a);
}

static void a_million_addresses_in_one_field_are_cut(void **state)
{
    struct arena *a = arena_new();
    struct buf m = BUF_INIT;
    struct mime_address *last;
    size_t n;

    buf_add_cstr(&m, "To: ");
    repeat(&m, 1000000, "abc@def.gh, ");
    last = parse(a, &m)->envelope->to;
    n = count_addresses(last);
    assert_true(n > 5000 && n <= MIME_MAX_FIELD_KEPT / 12 + 1);
    while (last->next)
        last = last->next;
    assert_lit(last->host, "def.gh"); /* not half an address */
    buf_fini(&m);
    arena_free(a);
}

static void addresses_of_all_nested_messages_count_together(void **state)
{
    struct arena *a = arena_new();
    struct buf m = BUF_INIT;
    struct mime_part *root;
    size_t n = 0;

    buf_add_cstr(&m, "Content-Type: multipart/digest; boundary=b\r\n\r\n");
    for (int i = 0; i < 30; i++) {
        buf_add_cstr(&m, "--b\r\n\r\nTo: ");
        repeat(&m, 1000, "a,");
        buf_add_cstr(&m, "\r\n\r\n\r\n");
    }
    root = parse(a, &m);
    for (struct mime_part *c = root->child; c; c = c->next)
        n += count_addresses(c->child->envelope->to);
    assert_int_equal(n, MIME_MAX_ADDRESSES);
    buf_fini(&m);
    arena_free(a);
}

static void a_header_of_a_hundred_megabytes_is_kept_but_not_read(void **state)
{
    struct arena *a = arena_new();
    struct mime_parser *p = mime_parser_new(a);
    struct buf piece = BUF_INIT;
    struct mime_part *root;

    repeat(&piece, 1000000, "0123456789");
    mime_parser_feed(p, STR("Subject: "));
    for (int i = 0; i < 10; i++)
        mime_parser_feed(p, buf_str(&piece));
    mime_parser_feed(p, STR("\r\nFrom: a@b\r\n\r\nbody"));
    root = mime_parser_finish(p);
    mime_parser_free(p);
    assert_int_equal(root->body_at, 9 + 100000000 + 2 + 11 + 2);
    assert_int_equal(root->end - root->body_at, 4);
    assert_int_equal(root->envelope->subject.n,
                     MIME_MAX_FIELD_KEPT - 1); /* the blank behind the colon */
    assert_null(root->envelope->from);
    buf_fini(&piece);
    arena_free(a);
}

static void a_million_fields_are_read_once_each(void **state)
{
    struct arena *a = arena_new();
    struct buf m = BUF_INIT;

    repeat(&m, 500000, "Content-Type: text/html\r\nX: y\r\n");
    assert_lit(parse(a, &m)->subtype, "HTML");
    buf_fini(&m);
    arena_free(a);
}

static void a_million_parameter_pieces_are_a_few(void **state)
{
    struct arena *a = arena_new();
    struct buf m = BUF_INIT;
    struct mime_part *root;

    buf_add_cstr(&m, "Content-Type: text/plain");
    for (int i = 0; i < 1000000; i++)
        buf_printf(&m, ";a*%d*=x", i);
    root = parse(a, &m);
    assert_int_equal(root->params->value.n, MIME_MAX_PARAMS);
    assert_null(root->params->next);
    buf_fini(&m);
    arena_free(a);
}

static void a_thousand_languages_are_a_few(void **state)
{
    struct arena *a = arena_new();
    struct buf m = BUF_INIT;

    buf_add_cstr(&m, "Content-Language: ");
    repeat(&m, 1000, "de,");
    assert_int_equal(parse(a, &m)->n_languages, MIME_MAX_PARAMS);
    buf_fini(&m);
    arena_free(a);
}

/* Megabytes of what could make a reader look at the same bytes again and again. */
static void text_that_never_ends_is_read_once(void **state)
{
    static const char *const traps[] = {
        "=?",  "=?a",  "=?utf-8?q?", "=?utf-8?q?a?= ", "=?x?b?", "=?koi8-r?q?a?= =?utf-8?q?b?=",
        "(",   "(\\",  "\"",         "\\\"",           "<",      "<@a:",
        "a@[", "a:b;", "[a]",        "re[a",           "[fwd:",  "re: ",
        "@",   "\r\n", ";",          "a=\"",           "a*0*='", ">"};

    for (size_t i = 0; i < sizeof(traps) / sizeof(traps[0]); i++) {
        struct arena *a = arena_new();
        struct buf b = BUF_INIT;
        struct mime_date date;
        struct str *ids;
        bool reply;

        while (b.n < 300000)
            buf_add_cstr(&b, traps[i]);
        mime_tree_check_addresses(mime_addresses(a, buf_str(&b), MIME_MAX_ADDRESSES));
        mime_tree_check_addresses(mime_addresses(a, buf_str(&b), 1000000));
        assert_true(utf8_valid(mime_decode_text(a, buf_str(&b))));
        assert_true(utf8_valid(mime_base_subject(a, buf_str(&b), &reply)));
        assert_true(mime_message_ids(a, buf_str(&b), &ids) <= b.n);
        assert_false(mime_date_parse(buf_str(&b), &date));
        buf_fini(&b);
        arena_free(a);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_million_parts_are_ten_thousand),
    cmocka_unit_test(containers_at_the_limit_of_parts_have_their_child),
    cmocka_unit_test(beyond_the_depth_all_is_a_leaf),
    cmocka_unit_test(ten_thousand_deep_is_no_burden),
    cmocka_unit_test(lines_of_hyphens_inside_deep_nesting_are_no_burden),
    cmocka_unit_test(half_a_million_to_lines_end_at_the_limit),
    cmocka_unit_test(a_million_addresses_in_one_field_are_cut),
    cmocka_unit_test(addresses_of_all_nested_messages_count_together),
    cmocka_unit_test(a_header_of_a_hundred_megabytes_is_kept_but_not_read),
    cmocka_unit_test(a_million_fields_are_read_once_each),
    cmocka_unit_test(a_million_parameter_pieces_are_a_few),
    cmocka_unit_test(a_thousand_languages_are_a_few),
    cmocka_unit_test(text_that_never_ends_is_read_once),
};

TESTS_MAIN(tests)
