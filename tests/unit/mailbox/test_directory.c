#include "world.h"

#include "mailbox/directory.h"

static void note(void *arg, enum err e, uint64_t account)
{
    assert_ok(e);
    *(uint64_t *)arg = account;
}

static void add(struct world *w, struct directory *d, struct str name)
{
    struct account_record r = {.name = name, .secret = STR("x")};
    uint64_t account = 0;

    directory_add(d, &r, note, &account);
    test_exec_run(&w->exec);
    while (memory_waiting(w->store)) {
        memory_end(w->store, 0, ERR_OK);
        test_exec_run(&w->exec);
    }
    assert_int_not_equal(account, 0);
}

static void accounts_are_listed_from_the_first_and_from_behind_a_name(void **state)
{
    struct world w;
    struct arena *a = arena_new();
    struct account_record *r;
    enum err e;
    size_t n;

    world_open(&w);
    struct directory *d = directory_open(w.ms, &e);
    assert_ok(e);
    assert_ok(directory_list(d, a, STR_NONE, 10, &r, &n));
    assert_int_equal(n, 0);
    add(&w, d, STR("bob"));
    add(&w, d, STR("ann"));
    add(&w, d, STR("bobby"));
    assert_ok(directory_list(d, a, STR_NONE, 10, &r, &n));
    assert_int_equal(n, 3);
    assert_true(str_eq(r[0].name, STR("ann")));
    assert_ok(directory_list(d, a, STR("bob"), 10, &r, &n));
    assert_int_equal(n, 1);
    assert_true(str_eq(r[0].name, STR("bobby")));
    assert_ok(directory_list(d, a, STR_NONE, 1, &r, &n));
    assert_int_equal(n, 1);
    directory_close(d);
    arena_free(a);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accounts_are_listed_from_the_first_and_from_behind_a_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
