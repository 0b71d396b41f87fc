/* Section numbers (RFC 9051, 6.4.5.1). */
#include "test.h"

#include "mime/parser.h"

#define PART(...)                                                                                  \
    (const uint32_t[]){__VA_ARGS__}, sizeof((uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t)

/* The complex message of RFC 9051, 6.4.5.1; each leaf holds its own section number. */
#define COMPLEX                                                                                    \
    "Subject: outer\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n"                          \
    "--a\r\n\r\n1\r\n"                                                                             \
    "--a\r\nContent-Type: application/octet-stream\r\n\r\n2\r\n"                                   \
    "--a\r\nContent-Type: message/rfc822\r\n\r\n"                                                  \
    "Subject: three\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"                          \
    "--b\r\n\r\n3.1\r\n"                                                                           \
    "--b\r\nContent-Type: application/octet-stream\r\n\r\n3.2\r\n--b--\r\n"                        \
    "--a\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n"                                     \
    "--c\r\nContent-Type: image/gif\r\n\r\n4.1\r\n"                                                \
    "--c\r\nContent-Type: message/rfc822\r\n\r\n"                                                  \
    "Subject: four-two\r\nContent-Type: multipart/mixed; boundary=d\r\n\r\n"                       \
    "--d\r\n\r\n4.2.1\r\n"                                                                         \
    "--d\r\nContent-Type: multipart/alternative; boundary=e\r\n\r\n"                               \
    "--e\r\n\r\n4.2.2.1\r\n"                                                                       \
    "--e\r\nContent-Type: text/richtext\r\n\r\n4.2.2.2\r\n--e--\r\n--d--\r\n--c--\r\n--a--\r\n"

struct fixture {
    struct arena *a;
    struct str message;
    struct mime_part *root;
};

static struct fixture fixture_of(struct str message)
{
    struct fixture f = {arena_new(), message, NULL};

    f.root = mime_parse(f.a, message);
    return f;
}

static struct str body(const struct fixture *f, const uint32_t *numbers, size_t n)
{
    struct mime_part *p = mime_part_find(f->root, numbers, n);

    return p ? str_sub(f->message, p->body_at, p->end - p->body_at) : STR_NONE;
}

static void leaves_of_the_rfcs_example_are_found(void **state)
{
    struct fixture f = fixture_of(STR(COMPLEX));

    assert_lit(body(&f, PART(1)), "1");
    assert_lit(body(&f, PART(2)), "2");
    assert_lit(body(&f, PART(3, 1)), "3.1");
    assert_lit(body(&f, PART(3, 2)), "3.2");
    assert_lit(body(&f, PART(4, 1)), "4.1");
    assert_lit(body(&f, PART(4, 2, 1)), "4.2.1");
    assert_lit(body(&f, PART(4, 2, 2, 1)), "4.2.2.1");
    assert_lit(body(&f, PART(4, 2, 2, 2)), "4.2.2.2");
    arena_free(f.a);
}

static void containers_of_the_rfcs_example_are_found(void **state)
{
    struct fixture f = fixture_of(STR(COMPLEX));
    struct mime_part *three = mime_part_find(f.root, PART(3));
    struct mime_part *four_two = mime_part_find(f.root, PART(4, 2));

    assert_ptr_equal(mime_part_find(f.root, NULL, 0), f.root);
    assert_int_equal(three->kind, MIME_MESSAGE);
    assert_lit(three->child->envelope->subject, "three"); /* 3.HEADER */
    assert_int_equal(mime_part_find(f.root, PART(4))->kind, MIME_MULTIPART);
    assert_lit(four_two->child->envelope->subject, "four-two");
    assert_lit(mime_part_find(f.root, PART(4, 2, 2))->subtype, "ALTERNATIVE");
    arena_free(f.a);
}

static void what_is_not_there_is_not_found(void **state)
{
    struct fixture f = fixture_of(STR(COMPLEX));

    assert_null(mime_part_find(f.root, PART(0)));
    assert_null(mime_part_find(f.root, PART(5)));
    assert_null(mime_part_find(f.root, PART(1, 1)));
    assert_null(mime_part_find(f.root, PART(3, 3)));
    assert_null(mime_part_find(f.root, PART(3, 0)));
    assert_null(mime_part_find(f.root, PART(4, 2, 2, 2, 1)));
    assert_null(mime_part_find(f.root, PART(4294967295u)));
    arena_free(f.a);
}

static void a_message_without_parts_has_part_1(void **state)
{
    struct fixture f = fixture_of(STR("Subject: x\r\n\r\nbody"));

    assert_lit(body(&f, PART(1)), "body");
    assert_null(mime_part_find(f.root, PART(2)));
    assert_null(mime_part_find(f.root, PART(1, 1)));
    arena_free(f.a);
}

static void a_nested_message_without_parts_has_part_1(void **state)
{
    struct fixture f = fixture_of(STR("Content-Type: multipart/mixed; boundary=a\r\n\r\n"
                                      "--a\r\nContent-Type: message/rfc822\r\n\r\n"
                                      "Subject: in\r\n\r\nbody\r\n--a--\r\n"));

    assert_lit(body(&f, PART(1)), "Subject: in\r\n\r\nbody");
    assert_lit(body(&f, PART(1, 1)), "body");
    assert_null(mime_part_find(f.root, PART(1, 2)));
    assert_null(mime_part_find(f.root, PART(1, 1, 1)));
    arena_free(f.a);
}

static void a_message_that_is_a_message_has_it_as_part_1(void **state)
{
    struct fixture f =
        fixture_of(STR("Content-Type: message/rfc822\r\n\r\n"
                       "Content-Type: message/rfc822\r\n\r\nSubject: in\r\n\r\nbody"));

    assert_int_equal(mime_part_find(f.root, PART(1))->kind, MIME_MESSAGE);
    assert_int_equal(mime_part_find(f.root, PART(1, 1))->kind, MIME_MESSAGE);
    assert_lit(body(&f, PART(1, 1, 1)), "body");
    assert_null(mime_part_find(f.root, PART(1, 1, 1, 1)));
    assert_null(mime_part_find(f.root, PART(1, 2)));
    arena_free(f.a);
}

static void children_are_counted_from_1_and_only_in_multiparts(void **state)
{
    struct fixture f = fixture_of(STR(COMPLEX));

    assert_null(mime_part_child(f.root, 0));
    assert_ptr_equal(mime_part_child(f.root, 1), f.root->child);
    assert_ptr_equal(mime_part_child(f.root, 4)->parent, f.root);
    assert_null(mime_part_child(f.root, 5));
    assert_null(mime_part_child(mime_part_child(f.root, 3), 1)); /* a message is no multipart */
    arena_free(f.a);
}

static void an_extended_parameter_goes_before_a_plain_one(void **state)
{
    struct mime_param third = {NULL, STR("name"), STR("third"), true};
    struct mime_param second = {&third, STR("other"), STR("second"), false};
    struct mime_param first = {&second, STR("name"), STR("first"), false};

    assert_lit(mime_param_get(&first, STR("name")), "third");
    assert_lit(mime_param_get(&first, STR("other")), "second");
    assert_null(mime_param_get(&first, STR("none")).p);
    assert_null(mime_param_get(NULL, STR("none")).p);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(leaves_of_the_rfcs_example_are_found),
    cmocka_unit_test(containers_of_the_rfcs_example_are_found),
    cmocka_unit_test(what_is_not_there_is_not_found),
    cmocka_unit_test(a_message_without_parts_has_part_1),
    cmocka_unit_test(a_nested_message_without_parts_has_part_1),
    cmocka_unit_test(a_message_that_is_a_message_has_it_as_part_1),
    cmocka_unit_test(children_are_counted_from_1_and_only_in_multiparts),
    cmocka_unit_test(an_extended_parameter_goes_before_a_plain_one),
};

TESTS_MAIN(tests)
