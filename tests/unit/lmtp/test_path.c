#include "test.h"

#include "lmtp/path.h"

#include <stdlib.h>

static const struct {
    const char *in;
    const char *address; /* NULL: must be refused */
    size_t n_params;
} cases[] = {
    {"<ann@example.org>", "ann@example.org", 0},
    {"<>", "", 0},
    {" <ann@example.org>", "ann@example.org", 0},
    {"<postmaster>", "postmaster", 0},
    {"<ann+box@example.org>", "ann+box@example.org", 0},
    {"<\"ann\"@example.org>", "ann@example.org", 0},
    {"<\"a b\"@example.org>", "a b@example.org", 0},
    {"<\"a\\\"b\"@example.org>", "a\"b@example.org", 0},
    {"<\"a>b\"@example.org>", "a>b@example.org", 0},
    {"<@relay.example,@other.example:ann@example.org>", "ann@example.org", 0},
    {"<ann@[192.0.2.1]>", "ann@[192.0.2.1]", 0},
    {"<ann@[IPv6:2001:db8::1]>", "ann@[IPv6:2001:db8::1]", 0},
    {"<j\xc3\xb6rg@example.org> SMTPUTF8", "j\xc3\xb6rg@example.org", 1},
    {"<ann@example.org> SIZE=100 BODY=8BITMIME", "ann@example.org", 2},
    {"<ann@example.org>  SIZE=100  ", "ann@example.org", 1},
    {"ann@example.org", NULL, 0},
    {"<ann@example.org", NULL, 0},
    {"<ann@>", NULL, 0},
    {"<@example.org>", NULL, 0},
    {"<@relay.example ann@example.org>", NULL, 0},
    {"<an n@example.org>", NULL, 0},
    {"<ann@example.org>SIZE=1", NULL, 0},
    {"<ann@example.org> =1", NULL, 0},
    {"<\"ann@example.org>", NULL, 0},
    {"<\"an\rn\"@example.org>", NULL, 0},
    {"<ann\x01@example.org>", NULL, 0},
    {"<ann@exa<mple.org>", NULL, 0},
    {"<ann\xc3@example.org>", NULL, 0},
    {"", NULL, 0},
    {"<", NULL, 0},
    {"<ann@example.org> A=1 B=1 C=1 D=1 E=1 F=1 G=1 H=1 I=1 J=1 K=1 L=1 M=1 N=1 O=1 P=1 Q=1 R=1 "
     "S=1 T=1 U=1",
     NULL, 0},
};

static void an_address_is_taken_out_of_its_brackets_or_refused(void **state)
{
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct arena *a = arena_new();
        struct lmtp_path path;
        bool ok = lmtp_path_parse(a, str_of(cases[i].in), &path);
        if (ok != (cases[i].address != NULL))
            print_error("case %zu: %s\n", i, cases[i].in);
        assert_int_equal(ok, cases[i].address != NULL);
        if (ok) {
            assert_str(path.address, str_of(cases[i].address));
            assert_int_equal(path.n_params, cases[i].n_params);
        }
        arena_free(a);
    }
}

static void parameters_have_upper_case_names_and_perhaps_values(void **state)
{
    struct arena *a = arena_new();
    struct lmtp_path path;

    assert_true(lmtp_path_parse(a, STR("<a@b> size=12 SmtpUtf8 x-y=a=b"), &path));
    assert_int_equal(path.n_params, 3);
    assert_lit(path.params[0].name, "SIZE");
    assert_lit(path.params[0].value, "12");
    assert_lit(path.params[1].name, "SMTPUTF8");
    assert_null(path.params[1].value.p);
    assert_lit(path.params[2].name, "X-Y");
    assert_lit(path.params[2].value, "a=b");
    arena_free(a);
}

static void a_path_that_is_cut_off_is_refused(void **state)
{
    struct str whole = STR("<@r:\"a\\b\"@example.org> SIZE=1");

    for (size_t n = 0; n < whole.n; n++) {
        struct arena *a = arena_new();
        struct lmtp_path path;
        char *copy = malloc(n ? n : 1);
        memcpy(copy, whole.p, n);
        bool ok = lmtp_path_parse(a, str_n(copy, n), &path);
        assert_int_equal(ok, n > str_find(whole, '>'));
        free(copy);
        arena_free(a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_is_taken_out_of_its_brackets_or_refused),
        cmocka_unit_test(parameters_have_upper_case_names_and_perhaps_values),
        cmocka_unit_test(a_path_that_is_cut_off_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
