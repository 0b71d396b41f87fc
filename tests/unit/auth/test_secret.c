#include "test.h"

#include "auth/auth.h"

static struct str made(struct arena *a, struct str password)
{
    struct str secret = STR_NONE;

    assert_ok(auth_secret_make(a, password, AUTH_COST_LOW, &secret));
    return secret;
}

static void the_right_password_verifies_and_others_do_not(void **state)
{
    struct arena *a = arena_new();
    struct str secret = made(a, STR("correct horse"));

    assert_true(auth_secret_verify(secret, STR("correct horse")));
    assert_false(auth_secret_verify(secret, STR("correct hors")));
    assert_false(auth_secret_verify(secret, STR("correct horse ")));
    assert_false(auth_secret_verify(secret, STR("Correct horse")));
    assert_false(auth_secret_verify(secret, STR("")));
    arena_free(a);
}

static void the_same_password_gives_another_secret_each_time(void **state)
{
    struct arena *a = arena_new();
    struct str one = made(a, STR("pw")), two = made(a, STR("pw"));

    assert_false(str_eq(one, two));
    assert_true(str_search(one, STR("pw")) == SIZE_MAX);
    assert_true(one.n < ACCOUNT_SECRET_MAX);
    arena_free(a);
}

static void composed_and_decomposed_letters_are_the_same_password(void **state)
{
    struct arena *a = arena_new();
    struct str secret = made(a, STR("caf\xc3\xa9"));

    assert_true(auth_secret_verify(secret, STR("cafe\xcc\x81")));
    arena_free(a);
}

static void passwords_that_cannot_be_are_refused(void **state)
{
    static char longest[PASSWORD_MAX + 1];
    struct arena *a = arena_new();
    struct str secret;

    memset(longest, 'x', sizeof(longest));
    assert_int_equal(auth_secret_make(a, STR(""), AUTH_COST_LOW, &secret), ERR_SYNTAX);
    assert_int_equal(auth_secret_make(a, STR("a\0b"), AUTH_COST_LOW, &secret), ERR_SYNTAX);
    assert_int_equal(auth_secret_make(a, STR("\xff"), AUTH_COST_LOW, &secret), ERR_SYNTAX);
    assert_int_equal(auth_secret_make(a, str_n(longest, sizeof(longest)), AUTH_COST_LOW, &secret),
                     ERR_SYNTAX);
    assert_ok(auth_secret_make(a, str_n(longest, sizeof(longest) - 1), AUTH_COST_LOW, &secret));
    assert_true(auth_secret_verify(secret, str_n(longest, sizeof(longest) - 1)));
    arena_free(a);
}

static void a_broken_secret_verifies_nothing(void **state)
{
    struct arena *a = arena_new();
    struct str secret = made(a, STR("pw"));

    assert_false(auth_secret_verify(STR(""), STR("pw")));
    assert_false(auth_secret_verify(STR("1;"), STR("pw")));
    assert_false(auth_secret_verify(STR("1;*0;"), STR("*0")));
    assert_false(auth_secret_verify(STR("pw"), STR("pw")));
    for (size_t n = 0; n + 1 < str_find(secret, ';') + 60; n += 7)
        assert_false(auth_secret_verify(str_sub(secret, 0, n), STR("pw")));
    arena_free(a);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(the_right_password_verifies_and_others_do_not),
    cmocka_unit_test(the_same_password_gives_another_secret_each_time),
    cmocka_unit_test(composed_and_decomposed_letters_are_the_same_password),
    cmocka_unit_test(passwords_that_cannot_be_are_refused),
    cmocka_unit_test(a_broken_secret_verifies_nothing),
};

TESTS_MAIN(tests)
