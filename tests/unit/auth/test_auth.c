#include "test.h"

#include "auth/auth.h"
#include "base/check.h"
#include "base/clock.h"
#include "lib/test_exec.h"
#include "store/memory.h"

#include <stdlib.h>

struct fixture {
    struct test_exec exec;
    struct store *store;
    struct mailstore *ms;
    struct directory *d;
    struct auth *auth;
    struct arena *a;
    unsigned woken;
};

static void noted(void *arg, enum err e, uint64_t account)
{
    check(e == ERR_OK);
}

static void add(struct fixture *f, struct str name, struct str password, bool disabled)
{
    struct account_record r = {.name = name, .disabled = disabled, .detail = true};

    assert_ok(auth_secret_make(f->a, password, AUTH_COST_LOW, &r.secret));
    directory_add(f->d, &r, noted, NULL);
    test_exec_run(&f->exec);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    struct auth_options o = {.domains = STR("example.org other.example")};
    enum err e;

    clock_set_for_test(1000000000, 1000000000);
    f->a = arena_new();
    test_exec_init(&f->exec);
    f->store = memory_open();
    f->ms = mailstore_new(f->store, &f->exec.exec, &(struct mailstore_options){0});
    f->d = directory_open(f->ms, &e);
    f->auth = auth_new(f->ms, f->d, &o);
    add(f, STR("alice"), STR("secret"), false);
    add(f, STR("carol@elsewhere.example"), STR("secret"), false);
    add(f, STR("gone"), STR("secret"), true);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    auth_free(f->auth);
    directory_close(f->d);
    mailstore_close(f->ms);
    test_exec_run(&f->exec);
    store_close(f->store);
    arena_free(f->a);
    free(f);
    return 0;
}

static void wake(void *arg)
{
    ((struct fixture *)arg)->woken++;
}

static enum err try(struct fixture *f, struct str peer, struct str user, struct str password)
{
    struct login *l = auth_login_from(f->auth, peer, user, password, wake, f);
    unsigned before = f->woken;
    uint64_t account;
    struct str name;

    assert_false(login_is_done(l));
    test_exec_run(&f->exec);
    assert_true(login_is_done(l));
    assert_int_equal(f->woken, before + 1);
    enum err e = login_result(l, &account, &name);
    assert_int_equal(e == ERR_OK, account != 0 && e == ERR_OK);
    login_unref(l);
    return e;
}

static void only_the_right_password_of_a_live_account_is_let_in(void **state)
{
    struct fixture *f = *state;

    assert_ok(try(f, STR(""), STR("alice"), STR("secret")));
    assert_ok(try(f, STR(""), STR("ALICE"), STR("secret")));
    assert_ok(try(f, STR(""), STR("alice@Example.ORG"), STR("secret")));
    assert_ok(try(f, STR(""), STR("carol@elsewhere.example"), STR("secret")));
    assert_int_equal(try(f, STR(""), STR("alice"), STR("Secret")), ERR_AUTH);
    assert_int_equal(try(f, STR(""), STR("alice"), STR("")), ERR_AUTH);
    assert_int_equal(try(f, STR(""), STR("alice@elsewhere.example"), STR("secret")), ERR_AUTH);
    assert_int_equal(try(f, STR(""), STR("carol"), STR("secret")), ERR_AUTH);
    assert_int_equal(try(f, STR(""), STR("alice+x"), STR("secret")), ERR_AUTH);
    assert_int_equal(try(f, STR(""), STR("gone"), STR("secret")), ERR_AUTH);
    assert_int_equal(try(f, STR(""), STR("nobody"), STR("secret")), ERR_AUTH);
    assert_int_equal(try(f, STR(""), STR("a\0b"), STR("secret")), ERR_AUTH);
    assert_int_equal(try(f, STR(""), STR("\xff\xfe"), STR("secret")), ERR_AUTH);
    assert_int_equal(try(f, STR(""), STR("../alice"), STR("secret")), ERR_AUTH);
}

static void guessing_is_stopped_but_a_known_client_goes_on(void **state)
{
    struct fixture *f = *state;
    struct str peer = STR("192.0.2.9");
    char guess[32];

    assert_ok(try(f, peer, STR("alice"), STR("secret")));
    for (int i = 0; i < 10; i++) {
        snprintf(guess, sizeof(guess), "guess%d", i);
        assert_int_equal(try(f, peer, STR("alice"), str_of(guess)), ERR_AUTH);
    }
    assert_int_equal(try(f, peer, STR("alice"), STR("guess11")), ERR_BUSY);
    assert_int_equal(try(f, peer, STR("alice"), STR("guess9")), ERR_AUTH);
    assert_ok(try(f, peer, STR("alice"), STR("secret")));
    auth_forget(f->auth, 1);
    assert_ok(try(f, STR("192.0.2.10"), STR("alice"), STR("secret")));
}

static void the_same_wrong_password_counts_once(void **state)
{
    struct fixture *f = *state;
    struct str peer = STR("192.0.2.9");

    for (int i = 0; i < 50; i++)
        assert_int_equal(try(f, peer, STR("alice"), STR("old")), ERR_AUTH);
    assert_ok(try(f, peer, STR("alice"), STR("secret")));
}

static void many_wait_for_two(void **state)
{
    struct fixture *f = *state;
    struct login *l[50];
    uint64_t account;
    struct str name;

    for (int i = 0; i < 50; i++)
        l[i] = auth_login(f->auth, STR("alice"), i % 2 ? STR("secret") : STR("wrong"), wake, f);
    login_unref(l[0]); /* who leaves is not woken */
    login_unref(l[49]);
    test_exec_run(&f->exec);
    assert_int_equal(f->woken, 48);
    for (int i = 1; i < 49; i++) {
        assert_int_equal(login_result(l[i], &account, &name), i % 2 ? ERR_OK : ERR_AUTH);
        login_unref(l[i]);
    }
}

static void recipients_are_found_with_detail(void **state)
{
    struct fixture *f = *state;
    struct account_record r;
    struct str detail;

    assert_ok(auth_account_of(f->auth, f->a, STR("alice+lists/c@example.org"), &r, &detail));
    assert_lit(r.name, "alice");
    assert_lit(detail, "lists/c");
    assert_ok(auth_account_of(f->auth, f->a, STR("Alice@other.example"), &r, &detail));
    assert_null(detail.p);
    assert_int_equal(auth_account_of(f->auth, f->a, STR("alice@not.example"), &r, &detail),
                     ERR_NO_ACCOUNT);
    assert_int_equal(auth_account_of(f->auth, f->a, STR("+x@example.org"), &r, &detail),
                     ERR_NO_ACCOUNT);
    assert_int_equal(auth_account_of(f->auth, f->a, STR("@example.org"), &r, &detail),
                     ERR_NO_ACCOUNT);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(only_the_right_password_of_a_live_account_is_let_in, setup,
                                    teardown),
    cmocka_unit_test_setup_teardown(guessing_is_stopped_but_a_known_client_goes_on, setup,
                                    teardown),
    cmocka_unit_test_setup_teardown(the_same_wrong_password_counts_once, setup, teardown),
    cmocka_unit_test_setup_teardown(many_wait_for_two, setup, teardown),
    cmocka_unit_test_setup_teardown(recipients_are_found_with_detail, setup, teardown),
};

TESTS_MAIN(tests)
