#include "test.h"

#include "auth/auth.h"

static bool decodes(struct str in, struct str want)
{
    struct arena *a = arena_new();
    struct str out;
    bool ok = auth_base64_decode(a, in, &out);

    if (ok)
        assert_str(out, want);
    arena_free(a);
    return ok;
}

static void base64_of_rfc_4648_decodes(void **state)
{
    assert_true(decodes(STR(""), STR("")));
    assert_true(decodes(STR("Zg=="), STR("f")));
    assert_true(decodes(STR("Zm8="), STR("fo")));
    assert_true(decodes(STR("Zm9v"), STR("foo")));
    assert_true(decodes(STR("Zm9vYmFy"), STR("foobar")));
    assert_true(decodes(STR("+/+/"), STR("\xfb\xff\xbf")));
}

static void anything_else_is_refused(void **state)
{
    static const struct str bad[] = {
        STR_INIT("Z"),        STR_INIT("Zg"),    STR_INIT("Zg="),   STR_INIT("Zg=a"),
        STR_INIT("===="),     STR_INIT("Z==="),  STR_INIT("Zm9v "), STR_INIT("Zm-v"),
        STR_INIT("Zg==Zg=="), STR_INIT("Zm9=="), STR_INIT("Zh=="),  STR_INIT("Zm9="),
        STR_INIT("Zm\0v"),    STR_INIT("*"),
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(decodes(bad[i], STR("")));
}

static void plain_is_split_at_its_nuls(void **state)
{
    struct str user, password;

    assert_ok(auth_plain_split(STR("\0tim\0tanstaaf"), &user, &password));
    assert_lit(user, "tim");
    assert_lit(password, "tanstaaf");
    assert_ok(auth_plain_split(STR("tim\0tim\0pw"), &user, &password));
    assert_int_equal(auth_plain_split(STR("Ursel\0Kurt\0pw"), &user, &password), ERR_AUTH);
}

static void messages_that_are_not_plain_are_refused(void **state)
{
    struct str user, password;

    assert_int_equal(auth_plain_split(STR(""), &user, &password), ERR_SYNTAX);
    assert_int_equal(auth_plain_split(STR("tim"), &user, &password), ERR_SYNTAX);
    assert_int_equal(auth_plain_split(STR("\0tim"), &user, &password), ERR_SYNTAX);
    assert_int_equal(auth_plain_split(STR("\0\0pw"), &user, &password), ERR_SYNTAX);
    assert_int_equal(auth_plain_split(STR("\0tim\0"), &user, &password), ERR_SYNTAX);
    assert_int_equal(auth_plain_split(STR("\0tim\0pw\0"), &user, &password), ERR_SYNTAX);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(base64_of_rfc_4648_decodes),
    cmocka_unit_test(anything_else_is_refused),
    cmocka_unit_test(plain_is_split_at_its_nuls),
    cmocka_unit_test(messages_that_are_not_plain_are_refused),
};

TESTS_MAIN(tests)
