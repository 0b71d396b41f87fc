#include "test.h"

#include "auth/auth_priv.h"
#include "base/clock.h"

static const struct mac macs[200];

static struct mac password(unsigned n)
{
    struct mac m = {{0}};

    m.b[0] = (unsigned char)n;
    m.b[1] = (unsigned char)(n >> 8);
    m.b[2] = 1;
    return m;
}

static void fail_times(struct limits *l, struct str peer, struct str user, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        struct mac m = password(i);
        limits_failed(l, peer, user, &m);
    }
}

static void ten_failures_are_free_and_then_time_must_pass(void **state)
{
    struct limits *l = limits_new();
    struct str peer = STR("192.0.2.1"), user = STR("alice");

    clock_set_for_test(0, 1000000);
    fail_times(l, peer, user, 9);
    assert_true(limits_allow(l, peer, user));
    fail_times(l, peer, user, 1);
    assert_false(limits_allow(l, peer, user));
    clock_set_for_test(0, 1000000 + 5999);
    assert_false(limits_allow(l, peer, user));
    clock_set_for_test(0, 1000000 + 6000);
    assert_true(limits_allow(l, peer, user));
    limits_free(l);
}

static void others_are_not_hurt(void **state)
{
    struct limits *l = limits_new();

    clock_set_for_test(0, 1000000);
    fail_times(l, STR("192.0.2.1"), STR("alice"), 50);
    assert_true(limits_allow(l, STR("192.0.2.1"), STR("bob")));
    assert_true(limits_allow(l, STR("192.0.2.2"), STR("alice")));
    limits_free(l);
}

static void one_address_cannot_try_the_names_of_everybody(void **state)
{
    struct limits *l = limits_new();
    char user[16];

    clock_set_for_test(0, 1000000);
    for (unsigned i = 0; i < 100; i++) {
        snprintf(user, sizeof(user), "user%u", i);
        fail_times(l, STR("2001:db8::1"), str_of(user), 1);
        fail_times(l, STR("127.0.0.1"), str_of(user), 1);
    }
    assert_false(limits_allow(l, STR("2001:db8::1"), STR("new")));
    assert_true(limits_allow(l, STR("127.0.0.1"), STR("new"))); /* a web mailer */
    clock_set_for_test(0, 1000000 + 1000);
    assert_true(limits_allow(l, STR("2001:db8::1"), STR("new")));
    limits_free(l);
}

static void the_last_wrong_password_is_known_again(void **state)
{
    struct limits *l = limits_new();
    struct mac one = password(1), two = password(2);

    clock_set_for_test(0, 1000000);
    assert_false(limits_same(l, STR("192.0.2.1"), STR("alice"), &macs[0]));
    limits_failed(l, STR("192.0.2.1"), STR("alice"), &one);
    assert_true(limits_same(l, STR("192.0.2.1"), STR("alice"), &one));
    assert_false(limits_same(l, STR("192.0.2.1"), STR("alice"), &two));
    assert_false(limits_same(l, STR("192.0.2.1"), STR("bob"), &one));
    limits_passed(l, STR("192.0.2.1"), STR("alice"));
    assert_false(limits_same(l, STR("192.0.2.1"), STR("alice"), &one));
    limits_free(l);
}

static void a_remembered_password_is_forgotten_in_time_and_on_demand(void **state)
{
    struct remember *r = remember_new(60);
    struct mac m, other, changed;

    clock_set_for_test(0, 1000000);
    remember_mac(r, 7, STR("secret"), STR("pw"), &m);
    remember_mac(r, 7, STR("secret"), STR("pW"), &other);
    remember_mac(r, 7, STR("new secret"), STR("pw"), &changed);
    remember_add(r, 7, &m);
    assert_true(remember_has(r, 7, &m));
    assert_false(remember_has(r, 8, &m));
    assert_false(remember_has(r, 7, &other));
    assert_false(remember_has(r, 7, &changed));
    clock_set_for_test(0, 1000000 + 59999);
    assert_true(remember_has(r, 7, &m));
    clock_set_for_test(0, 1000000 + 60000);
    assert_false(remember_has(r, 7, &m));
    remember_add(r, 7, &m);
    remember_drop(r, 7);
    assert_false(remember_has(r, 7, &m));
    remember_free(r);
}

static void many_accounts_are_remembered_in_bounded_memory(void **state)
{
    struct remember *r = remember_new(60);
    struct mac m = password(1);
    unsigned known = 0;

    clock_set_for_test(0, 1000000);
    for (uint64_t i = 1; i <= 100000; i++)
        remember_add(r, i, &m);
    for (uint64_t i = 1; i <= 100000; i++)
        known += remember_has(r, i, &m);
    assert_in_range(known, 10000, 16384);
    assert_true(remember_has(r, 100000, &m));
    remember_free(r);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(ten_failures_are_free_and_then_time_must_pass),
    cmocka_unit_test(others_are_not_hurt),
    cmocka_unit_test(one_address_cannot_try_the_names_of_everybody),
    cmocka_unit_test(the_last_wrong_password_is_known_again),
    cmocka_unit_test(a_remembered_password_is_forgotten_in_time_and_on_demand),
    cmocka_unit_test(many_accounts_are_remembered_in_bounded_memory),
};

TESTS_MAIN(tests)
