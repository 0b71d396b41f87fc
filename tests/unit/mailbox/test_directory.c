#include "world.h"

#include "base/mem.h"
#include "mailbox/directory.h"
#include "mailbox/keys.h"

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

struct answer {
    enum err e;
    uint64_t account;
    unsigned came;
};

static void answered(void *arg, enum err e, uint64_t account)
{
    struct answer *a = arg;

    *a = (struct answer){e, account, a->came + 1};
}

static struct answer changed(struct world *w, struct directory *d,
                             void (*change)(struct directory *, const struct account_record *,
                                            directory_done_fn *, void *),
                             struct account_record r)
{
    struct answer a = {.came = 0};

    change(d, &r, answered, &a);
    test_exec_run(&w->exec);
    assert_int_equal(a.came, 1);
    return a;
}

static struct answer removed(struct world *w, struct directory *d, struct str name)
{
    struct answer a = {.came = 0};

    directory_remove(d, name, answered, &a);
    test_exec_run(&w->exec);
    assert_int_equal(a.came, 1);
    return a;
}

static struct directory *opened(struct world *w)
{
    enum err e;
    struct directory *d = directory_open(w->ms, &e);

    assert_ok(e);
    test_exec_run(&w->exec);
    return d;
}

static void records_are_kept_changed_and_removed(void **state)
{
    struct arena *a = arena_new();
    struct account_record r;
    struct directory *d;
    struct answer first;
    struct world w;

    world_open(&w);
    d = opened(&w);
    first = changed(&w, d, directory_add,
                    (struct account_record){.name = STR("Ann@Example.org"), .secret = STR("s1")});
    assert_ok(first.e);
    assert_int_equal(
        changed(&w, d, directory_add, (struct account_record){.name = STR("ann@example.ORG")}).e,
        ERR_ACCOUNT_EXISTS);
    assert_int_equal(changed(&w, d, directory_add, (struct account_record){.name = STR("a/b")}).e,
                     ERR_BAD_NAME);
    assert_int_equal(
        changed(&w, d, directory_update, (struct account_record){.name = STR("nobody")}).e,
        ERR_NO_ACCOUNT);
    assert_ok(directory_find(d, a, STR("ANN@example.org"), &r));
    assert_lit(r.secret, "s1");
    assert_lit(r.name, "ann@example.org");
    assert_ok(changed(&w, d, directory_update,
                      (struct account_record){
                          .name = STR("ann@example.org"), .secret = STR("s2"), .disabled = true})
                  .e);
    directory_close(d);
    world_crash(&w);
    d = opened(&w);
    assert_ok(directory_find(d, a, STR("ann@example.org"), &r));
    assert_lit(r.secret, "s2");
    assert_true(r.disabled);
    assert_int_equal(r.id, first.account);
    assert_ok(removed(&w, d, STR("ann@example.org")).e);
    assert_int_equal(directory_find(d, a, STR("ann@example.org"), &r), ERR_NO_ACCOUNT);
    assert_true(
        changed(&w, d, directory_add, (struct account_record){.name = STR("ann@example.org")})
            .account > first.account);
    directory_close(d);
    arena_free(a);
    world_close(&w);
}

static void the_mail_of_a_removed_account_goes(void **state)
{
    struct account_record record = {.name = STR("x")};
    struct arena *a = arena_new();
    struct key key = key_one(7, KEY_NODE, 0);
    struct directory *d;
    struct store_row *rows;
    uint64_t *objects;
    struct answer added;
    struct world w;
    size_t n;

    world_open(&w);
    d = opened(&w);
    do {
        added = changed(&w, d, directory_add, record);
        assert_ok(added.e);
        if (added.account < 7)
            assert_ok(removed(&w, d, record.name).e);
    } while (added.account < 7);
    append_many(&w, 1, 3000);
    for (unsigned i = 0; i < 50; i++)
        assert_ok(do_append(&w, 1, 0, NULL));
    account_unref(w.acct);
    assert_ok(removed(&w, d, record.name).e);
    test_exec_run(&w.exec);
    assert_ok(store_scan(w.store, a, (struct str){key.p, 8}, STR_NONE, 10, &rows, &n));
    assert_int_equal(n, 0);
    assert_ok(store_blob_list(w.store, a, 7, 0, 10, &objects, &n));
    assert_int_equal(n, 0);
    key = key_kind(0, KEY_GONE);
    assert_ok(store_scan(w.store, a, key_str(&key), STR_NONE, 10, &rows, &n));
    assert_int_equal(n, 0);
    directory_close(d);
    arena_free(a);
    mailstore_close(w.ms);
    store_close(w.store);
}

static void many_accounts_share_batches(void **state)
{
    enum { N = 10000 };
    static struct answer answers[N];
    struct arena *a = arena_new();
    struct account_record r;
    uint64_t before, after;
    struct directory *d;
    struct world w;

    world_open(&w);
    d = opened(&w);
    assert_ok(store_change(w.store, 0, &before));
    for (unsigned i = 0; i < N; i++) {
        struct account_record one = {.name = arena_printf(a, "user%u@example.org", i),
                                     .secret = STR("x")};

        answers[i].came = 0;
        directory_add(d, &one, answered, &answers[i]);
    }
    test_exec_run(&w.exec);
    for (unsigned i = 0; i < N; i++)
        assert_true(answers[i].came == 1 && answers[i].e == ERR_OK && answers[i].account == i + 1);
    assert_ok(store_change(w.store, 0, &after));
    assert_true(after - before <= 12);
    assert_ok(directory_find(d, a, STR("user9999@example.org"), &r));
    directory_close(d);
    arena_free(a);
    world_close(&w);
}

static void a_failed_batch_changes_nothing(void **state)
{
    struct account_record ann = {.name = STR("ann")};
    struct answer one = {.came = 0}, two = {.came = 0};
    struct arena *a = arena_new();
    struct account_record r;
    struct directory *d;
    struct world w;

    world_open(&w);
    d = opened(&w);
    memory_auto(w.store, false);
    directory_add(d, &ann, answered, &one);
    directory_add(d, &ann, answered, &two);
    test_exec_run(&w.exec);
    memory_end(w.store, 0, ERR_IO);
    test_exec_run(&w.exec);
    assert_int_equal(one.e, ERR_IO);
    assert_int_equal(two.e, ERR_IO);
    assert_int_equal(directory_find(d, a, STR("ann"), &r), ERR_NO_ACCOUNT);
    directory_add(d, &ann, answered, &one);
    directory_add(d, &ann, answered, &two);
    test_exec_run(&w.exec);
    memory_end(w.store, 0, ERR_CONFLICT); /* evaluated again */
    test_exec_run(&w.exec);
    memory_end(w.store, 0, ERR_OK);
    test_exec_run(&w.exec);
    assert_ok(one.e);
    assert_int_equal(two.e, ERR_ACCOUNT_EXISTS);
    assert_ok(directory_find(d, a, STR("ann"), &r));
    directory_close(d);
    arena_free(a);
    world_close(&w);
}

static void names_are_compared_folded(void **state)
{
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"Bob", "bob"},
        {"B\xc3\x96"
         "B",
         "b\xc3\xb6"
         "b"},
        {"o\xcc\x88", "\xc3\xb6"},
        {"", NULL},
        {"a b", NULL},
        {"a/b", NULL},
        {"a\x01", NULL},
        {"\xff", NULL},
        {"a@b.c", "a@b.c"},
    };
    struct arena *a = arena_new();

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct str out;
        enum err e = account_name_normalize(a, str_of(cases[i].in), &out);

        assert_int_equal(e, cases[i].out ? ERR_OK : ERR_BAD_NAME);
        if (cases[i].out)
            assert_str(out, str_of(cases[i].out));
    }
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accounts_are_listed_from_the_first_and_from_behind_a_name),
        cmocka_unit_test(records_are_kept_changed_and_removed),
        cmocka_unit_test(the_mail_of_a_removed_account_goes),
        cmocka_unit_test(many_accounts_share_batches),
        cmocka_unit_test(a_failed_batch_changes_nothing),
        cmocka_unit_test(names_are_compared_folded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
