#include "test.h"

#include "base/codec.h"
#include "base/mem.h"
#include "imap/summary.h"
#include "mime/parser.h"

struct made {
    struct arena *a;
    struct mime_part *root;
    struct buf list_value, more_value;
    struct summary_list list;
    struct summary_more more;
};

static struct made make(struct str message)
{
    struct made m = {.a = arena_new()};

    m.root = mime_parse(m.a, message);
    summary_build(m.root, &m.list_value, &m.more_value);
    assert_ok(summary_list_read(buf_str(&m.list_value), &m.list));
    assert_ok(summary_more_read(buf_str(&m.more_value), &m.more));
    return m;
}

static void made_fini(struct made *m)
{
    arena_free(m->a);
    buf_fini(&m->list_value);
    buf_fini(&m->more_value);
}

static const char simple[] = "From: a@b\r\n"
                             "Date: Wed, 17 Jul 1996 02:44:25 -0700\r\n"
                             "Subject: hello\r\n"
                             "References: <1@x> <2@x>\r\n"
                             "\r\n"
                             "body\r\n";

static void a_summary_holds_what_fetch_tells(void **state)
{
    struct made m = make(str_of(simple));

    assert_lit(m.list.envelope, "(\"Wed, 17 Jul 1996 02:44:25 -0700\" \"hello\" ((NIL NIL \"a\" "
                                "\"b\")) ((NIL NIL \"a\" \"b\")) "
                                "((NIL NIL \"a\" \"b\")) NIL NIL NIL NIL NIL)");
    assert_true(str_starts(m.list.bodystructure, STR("(\"TEXT\" \"PLAIN\" ")));
    assert_true(str_starts(m.more.body, STR("(\"TEXT\" \"PLAIN\" ")));
    assert_false(m.list.in_more);
    assert_false(m.list.too_large);
    assert_false(m.list.has_8bit);
    assert_null(m.more.envelope.p);
    assert_null(m.more.bodystructure.p);
    assert_lit(m.more.references, "<1@x> <2@x>");
    made_fini(&m);
}

static void the_date_and_the_header_size_are_kept(void **state)
{
    struct made m = make(str_of(simple));

    assert_true(m.list.has_date);
    assert_int_equal(m.list.date, 837596665);
    assert_int_equal(m.list.zone_min, -420);
    assert_int_equal(m.list.header_size, strlen(simple) - strlen("body\r\n"));
    made_fini(&m);
    m = make(STR("Subject: no date\n\nx"));
    assert_false(m.list.has_date);
    assert_null(m.more.references.p);
    made_fini(&m);
}

static void text_that_is_not_ascii_is_noted(void **state)
{
    struct made m = make(STR("Subject: \xC3\xA4\r\n\r\n"));

    assert_true(m.list.has_8bit);
    assert_false(str_has_8bit(m.list.envelope));
    made_fini(&m);
    m = make(STR("Content-Type: text/plain; name=\"\xC3\xA4\"\r\n\r\n"));
    assert_true(m.list.has_8bit);
    made_fini(&m);
    m = make(STR("Subject: x\r\n\r\n\xC3\xA4"));
    assert_false(m.list.has_8bit); /* the body is not told here */
    made_fini(&m);
}

/* A message with an envelope and a structure of about these sizes. */
static struct made make_large(size_t envelope, size_t structure)
{
    struct buf b = BUF_INIT;
    struct made m;

    BUF_LIT(&b, "Subject: ");
    for (size_t i = 0; i < envelope; i++)
        buf_add_char(&b, 's');
    BUF_LIT(&b, "\r\nContent-Description: ");
    for (size_t i = 0; i < structure; i++)
        buf_add_char(&b, 'd');
    BUF_LIT(&b, "\r\n\r\nbody\r\n");
    m = make(buf_str(&b));
    buf_fini(&b);
    return m;
}

static void what_does_not_fit_the_list_goes_into_more(void **state)
{
    static const struct {
        size_t envelope, structure;
        bool envelope_in_list, structure_in_list;
    } rows[] = {
        {10, 10, true, true},       {10, 5000, true, false},   {5000, 10, false, true},
        {5000, 5000, false, false}, {1200, 1200, true, false},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct made m = make_large(rows[i].envelope, rows[i].structure);

        assert_true(m.list_value.n <= SUMMARY_LIST_MAX);
        assert_int_equal(m.list.envelope.p != NULL, rows[i].envelope_in_list);
        assert_int_equal(m.more.envelope.p == NULL, rows[i].envelope_in_list);
        assert_int_equal(m.list.bodystructure.p != NULL, rows[i].structure_in_list);
        assert_int_equal(m.more.bodystructure.p == NULL, rows[i].structure_in_list);
        assert_int_equal(m.list.in_more, i > 0);
        assert_false(m.list.too_large);
        made_fini(&m);
    }
}

static void a_message_of_thousands_of_parts_is_only_noted(void **state)
{
    struct buf b = BUF_INIT;
    struct made m;

    BUF_LIT(&b, "Content-Type: multipart/mixed; boundary=x\r\n\r\n");
    for (int i = 0; i < 5000; i++)
        BUF_LIT(&b, "--x\r\n\r\npart\r\n");
    BUF_LIT(&b, "--x--\r\n");
    m = make(buf_str(&b));
    assert_true(m.list.too_large);
    assert_null(m.list.envelope.p);
    assert_null(m.list.bodystructure.p);
    assert_null(m.more.parts.p);
    assert_true(m.list_value.n < 100 && m.more_value.n < 100);
    assert_int_equal(m.list.header_size,
                     strlen("Content-Type: multipart/mixed; boundary=x\r\n\r\n"));
    made_fini(&m);
    buf_fini(&b);
}

static void of_long_references_the_oldest_and_the_newest_are_kept(void **state)
{
    struct buf b = BUF_INIT;
    struct made m;

    BUF_LIT(&b, "References:");
    for (int i = 0; i < 2000; i++)
        buf_printf(&b, " <message-%d@example.com>\r\n", i);
    BUF_LIT(&b, "\r\n");
    m = make(buf_str(&b));
    assert_true(m.more.references.n <= 8192);
    assert_true(str_starts(m.more.references, STR("<message-0@example.com>")));
    assert_true(str_ends(m.more.references, STR("<message-1999@example.com>")));
    assert_true(str_search(m.more.references, STR("><message-17")) != SIZE_MAX ||
                str_search(m.more.references, STR("> <message-17")) != SIZE_MAX);
    made_fini(&m);
    buf_fini(&b);
}

static void damage_is_seen(void **state)
{
    struct made m = make(str_of(simple));
    struct summary_list list;
    struct summary_more more;

    for (size_t i = 0; i < m.list_value.n; i++) {
        m.list_value.p[i] ^= 1;
        assert_int_not_equal(summary_list_read(buf_str(&m.list_value), &list), ERR_OK);
        assert_int_not_equal(summary_list_read(str_sub(buf_str(&m.list_value), 0, i), &list),
                             ERR_OK);
        m.list_value.p[i] ^= 1;
    }
    for (size_t i = 0; i < m.more_value.n; i++) {
        m.more_value.p[i] ^= 1;
        assert_int_not_equal(summary_more_read(buf_str(&m.more_value), &more), ERR_OK);
        m.more_value.p[i] ^= 1;
    }
    made_fini(&m);
}

static void a_newer_format_is_left_alone(void **state)
{
    struct buf b = BUF_INIT;
    size_t start = seal_begin(&b, 200);
    struct summary_list list;
    struct summary_more more;

    enc_u8(&b, 0);
    seal_end(&b, start);
    assert_int_equal(summary_list_read(buf_str(&b), &list), ERR_VERSION);
    assert_int_equal(summary_more_read(buf_str(&b), &more), ERR_VERSION);
    buf_fini(&b);
}

static const char nested[] = "Content-Type: multipart/mixed; boundary=a\r\n"
                             "\r\n"
                             "--a\r\n"
                             "Content-Type: text/plain; charset=utf-8\r\n"
                             "\r\n"
                             "one\r\n"
                             "--a\r\n"
                             "Content-Type: message/rfc822\r\n"
                             "\r\n"
                             "Subject: inner\r\n"
                             "Content-Type: multipart/alternative; boundary=b\r\n"
                             "\r\n"
                             "--b\r\n"
                             "\r\n"
                             "two one\r\n"
                             "--b\r\n"
                             "Content-Type: text/html\r\n"
                             "Content-Transfer-Encoding: base64\r\n"
                             "\r\n"
                             "dHdvIHR3bw==\r\n"
                             "--b--\r\n"
                             "--a\r\n"
                             "Content-Type: message/rfc822\r\n"
                             "\r\n"
                             "Subject: single\r\n"
                             "\r\n"
                             "three\r\n"
                             "--a--\r\n";

static struct str part_bytes(const struct summary_part *p)
{
    return str_sub(str_of(nested), p->body_at, p->end - p->body_at);
}

static struct summary_part find(const struct made *m, const uint32_t *numbers, size_t n)
{
    struct summary_part found = {0};

    assert_true(summary_part_find(m->more.parts, numbers, n, &found));
    return found;
}

static void find_nothing(const struct made *m, const uint32_t *numbers, size_t n)
{
    struct summary_part found;

    assert_false(summary_part_find(m->more.parts, numbers, n, &found));
}

#define NUMBERS(...) (const uint32_t[]){__VA_ARGS__}, ARRAY_LEN(((const uint32_t[]){__VA_ARGS__}))
#define FIND(m, ...) find(&(m), NUMBERS(__VA_ARGS__))
#define NOT_THERE(m, ...) find_nothing(&(m), NUMBERS(__VA_ARGS__))

static void parts_are_found_by_their_numbers(void **state)
{
    struct made m = make(str_of(nested));
    struct summary_part p;

    p = FIND(m, 1);
    assert_lit(part_bytes(&p), "one");
    assert_lit(p.charset, "utf-8");
    assert_true(p.is_text);
    assert_false(p.is_message_root);
    p = FIND(m, 2, 1);
    assert_lit(part_bytes(&p), "two one");
    p = FIND(m, 2, 2);
    assert_lit(part_bytes(&p), "dHdvIHR3bw==");
    assert_int_equal(p.cte, CTE_BASE64);
    assert_null(p.charset.p);
    p = FIND(m, 3, 1);
    assert_lit(part_bytes(&p), "three");
    NOT_THERE(m, 0);
    NOT_THERE(m, 4);
    NOT_THERE(m, 1, 1);
    NOT_THERE(m, 2, 3);
    NOT_THERE(m, 2, 2, 1);
    NOT_THERE(m, 3, 2);
    NOT_THERE(m, 3, 1, 1);
    made_fini(&m);
}

static void a_message_in_a_message_has_its_own_places(void **state)
{
    struct made m = make(str_of(nested));
    struct summary_part p = FIND(m, 3);

    assert_int_equal(p.kind, MIME_MESSAGE);
    assert_lit(str_sub(str_of(nested), p.inner_header_at, p.inner_body_at - p.inner_header_at),
               "Subject: single\r\n\r\n");
    assert_lit(str_sub(str_of(nested), p.inner_body_at, p.inner_end - p.inner_body_at), "three");
    assert_true(summary_part_find(m.more.parts, NULL, 0, &p));
    assert_true(p.is_message_root);
    assert_int_equal(p.kind, MIME_MULTIPART);
    made_fini(&m);
}

static void broken_tables_are_read_without_harm(void **state)
{
    struct made m = make(str_of(nested));
    char *copy = mem_raw(m.more.parts.n);
    const uint32_t numbers[] = {2, 2};
    struct summary_part p;

    for (size_t n = 0; n < m.more.parts.n; n++) {
        for (unsigned c = 0; c < 256; c += 51) {
            memcpy(copy, m.more.parts.p, m.more.parts.n);
            copy[n] = (char)c;
            summary_part_find(str_n(copy, m.more.parts.n), numbers, 2, &p);
        }
        assert_false(summary_part_find(str_sub(m.more.parts, 0, n), numbers, 0, &p));
    }
    mem_free(copy);
    made_fini(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_summary_holds_what_fetch_tells),
        cmocka_unit_test(the_date_and_the_header_size_are_kept),
        cmocka_unit_test(text_that_is_not_ascii_is_noted),
        cmocka_unit_test(what_does_not_fit_the_list_goes_into_more),
        cmocka_unit_test(a_message_of_thousands_of_parts_is_only_noted),
        cmocka_unit_test(of_long_references_the_oldest_and_the_newest_are_kept),
        cmocka_unit_test(damage_is_seen),
        cmocka_unit_test(a_newer_format_is_left_alone),
        cmocka_unit_test(parts_are_found_by_their_numbers),
        cmocka_unit_test(a_message_in_a_message_has_its_own_places),
        cmocka_unit_test(broken_tables_are_read_without_harm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
