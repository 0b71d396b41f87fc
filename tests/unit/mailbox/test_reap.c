/* What is removed, and when: bodies of expunged messages, deleted mailboxes, old history, leftovers
 * of a crash. */
#include "world.h"

#include "base/clock.h"
#include "base/mem.h"
#include "mailbox/account_priv.h"
#include "mailbox/keys.h"

enum { DAY = 24 * 3600, COPIED = 200000 };

static const int64_t start = 1700000000;

static void at(int64_t seconds)
{
    clock_set_for_test((start + seconds) * 1000, seconds * 1000);
}

static void reap(struct world *w)
{
    bool more;

    assert_ok(account_reap(w->acct, &more));
    test_exec_run(&w->exec);
}

static bool body_is_there(struct world *w, uint64_t object)
{
    uint64_t size;

    return store_blob_stat(w->store, 7, object, &size) == ERR_OK;
}

static size_t keys_of(struct world *w, enum key_kind kind)
{
    struct key prefix = key_kind(7, kind);
    struct arena *a = arena_new();
    struct store_row *rows;
    size_t n;

    assert_ok(store_scan(w->store, a, key_str(&prefix), STR_NONE, 100000, &rows, &n));
    arena_free(a);
    return n;
}

static void expunged_bodies_go_when_the_grace_is_over(void **state)
{
    struct world w;
    uint64_t object;

    at(0);
    world_open(&w);
    assert_ok(do_append(&w, 1, FLAG_DELETED, NULL));
    assert_ok(do_append(&w, 1, 0, NULL));
    object = row_of(&w, 1, 1).object;
    assert_ok(do_expunge(&w, 1));
    at(DAY - 10);
    reap(&w);
    assert_true(body_is_there(&w, object));
    at(DAY + 10);
    reap(&w);
    assert_false(body_is_there(&w, object));
    assert_true(body_is_there(&w, row_of(&w, 1, 2).object));
    assert_int_equal(keys_of(&w, KEY_LIST), 1);
    assert_int_equal(keys_of(&w, KEY_MORE), 1);
    world_close(&w);
}

static void a_message_that_was_moved_keeps_its_body(void **state)
{
    struct world w;
    uint64_t object, to;

    at(0);
    world_open(&w);
    assert_ok(do_append(&w, 1, 0, NULL));
    object = row_of(&w, 1, 1).object;
    assert_ok(do_create(&w, "to"));
    to = mailbox_named(&w, "to");
    assert_ok(do_copy(&w, true, 1, 1, 1, to));
    at(2 * DAY);
    reap(&w);
    assert_true(body_is_there(&w, object));
    world_close(&w);
}

/* The move is on its way while the reaper looks: it sees the message in neither mailbox, but the
 * guard has it. */
static void a_message_on_the_move_keeps_its_body(void **state)
{
    struct ranges one;
    struct ticket *t;
    struct world w;
    uint64_t object, a, b;
    bool more;

    for (unsigned turns = 0; turns < 30; turns++) {
        at(0);
        world_open(&w);
        assert_ok(do_create(&w, "a"));
        assert_ok(do_create(&w, "b"));
        a = mailbox_named(&w, "a");
        b = mailbox_named(&w, "b");
        assert_ok(do_append(&w, 1, 0, NULL));
        object = row_of(&w, 1, 1).object;
        assert_ok(do_copy(&w, true, 1, 1, 1, a)); /* INBOX's history names it from now on */
        at(2 * DAY);
        memory_auto(w.store, false);
        assert_ok(account_reap(w.acct, &more));
        for (unsigned i = 0; i < turns; i++)
            if (!test_exec_turn(&w.exec) && memory_waiting(w.store))
                memory_end(w.store, 0, ERR_OK);
        ranges_of(&one, 1, 1);
        t = submit_copy(&w, true, a, &one, b);
        while (test_exec_run(&w.exec) || memory_waiting(w.store))
            if (memory_waiting(w.store))
                memory_end(w.store, 0, ERR_OK);
        assert_ranges(&ticket_result(t)->to_uids, "1");
        assert_true(body_is_there(&w, object));
        ticket_unref(t);
        ranges_fini(&one);
        world_close(&w);
    }
}

static void a_version_that_shows_it_keeps_the_body(void **state)
{
    struct version *v;
    struct world w;
    uint64_t object;

    at(0);
    world_open(&w);
    assert_ok(do_append(&w, 1, FLAG_DELETED, NULL));
    object = row_of(&w, 1, 1).object;
    v = version_of(&w, 1);
    assert_ok(do_expunge(&w, 1));
    at(3 * DAY);
    reap(&w);
    assert_true(body_is_there(&w, object));
    version_unref(v);
    reap(&w);
    assert_false(body_is_there(&w, object));
    world_close(&w);
}

static void deleted_mailboxes_leave_nothing_behind(void **state)
{
    struct world w;
    uint64_t x, object;

    at(0);
    world_open(&w);
    assert_ok(do_create(&w, "x"));
    x = mailbox_named(&w, "x");
    assert_ok(do_append(&w, x, 0, "$k"));
    object = row_of(&w, x, 1).object;
    append_many(&w, x, 2500);
    assert_ok(do_flags(&w, x, 100, 200, FLAGS_ADD, FLAG_DELETED, NULL));
    assert_ok(do_expunge(&w, x));
    world_reopen(&w);
    assert_ok(do_delete(&w, "x"));
    assert_int_equal(keys_of(&w, KEY_TOMB), 1);
    reap(&w);
    assert_int_equal(keys_of(&w, KEY_TOMB), 1);
    assert_true(body_is_there(&w, object));
    at(2 * DAY);
    reap(&w);
    assert_int_equal(keys_of(&w, KEY_TOMB), 0);
    assert_int_equal(keys_of(&w, KEY_STABLE) + keys_of(&w, KEY_STATE) + keys_of(&w, KEY_LOG), 0);
    assert_int_equal(keys_of(&w, KEY_HISTORY) + keys_of(&w, KEY_KEYWORDS) + keys_of(&w, KEY_LIST),
                     0);
    assert_false(body_is_there(&w, object));
    assert_int_equal(keys_of(&w, KEY_HEAD), 1);
    world_close(&w);
}

static void history_is_kept_for_a_month(void **state)
{
    struct ranges gone = RANGES_INIT;
    struct version *v;
    struct world w;
    bool exact;

    at(0);
    world_open(&w);
    append_many(&w, 1, 10);
    assert_ok(do_flags(&w, 1, 3, 4, FLAGS_ADD, FLAG_DELETED, NULL));
    assert_ok(do_expunge(&w, 1));
    at(20 * DAY);
    assert_ok(do_flags(&w, 1, 8, 8, FLAGS_ADD, FLAG_DELETED, NULL));
    assert_ok(do_expunge(&w, 1));
    at(25 * DAY);
    reap(&w);
    v = version_of(&w, 1);
    assert_ok(account_expunged_since(w.acct, v, 1, &gone, &exact));
    assert_true(exact);
    assert_ranges(&gone, "3:4,8");
    version_unref(v);
    at(40 * DAY);
    reap(&w);
    v = version_of(&w, 1);
    assert_int_equal(keys_of(&w, KEY_HISTORY), 1);
    assert_ok(account_expunged_since(w.acct, v, 1, &gone, &exact));
    assert_false(exact); /* every UID below uidnext that is not there */
    assert_ranges(&gone, "3:4,8");
    assert_ok(account_expunged_since(w.acct, v, version_head(v)->modseq - 2, &gone, &exact));
    assert_true(exact);
    assert_ranges(&gone, "8");
    version_unref(v);
    ranges_fini(&gone);
    world_crash(&w);
    v = version_of(&w, 1);
    assert_ok(account_expunged_since(w.acct, v, 1, &gone, &exact));
    assert_false(exact);
    version_unref(v);
    ranges_fini(&gone);
    world_close(&w);
}

static void many_expunged_objects_go_in_several_batches(void **state)
{
    struct mailstore_options o = {.expunge_grace = 0};
    struct world w;

    at(0);
    world_open_with(&w, &o);
    for (unsigned i = 0; i < 40; i++)
        assert_ok(do_append(&w, 1, 0, NULL));
    for (unsigned i = 0; i < 7; i++)
        assert_ok(do_copy(&w, false, 1, 1, UINT32_MAX - 1, 1));
    append_many(&w, 1, 3000);
    assert_ok(do_flags(&w, 1, 41, UINT32_MAX - 1, FLAGS_ADD, FLAG_DELETED, NULL));
    assert_ok(do_expunge(&w, 1));
    at(10);
    reap(&w);
    assert_int_equal(keys_of(&w, KEY_LIST),
                     40); /* the copies are gone, their objects are named by the originals */
    assert_ok(do_flags(&w, 1, 1, UINT32_MAX - 1, FLAGS_ADD, FLAG_DELETED, NULL));
    assert_ok(do_expunge(&w, 1));
    at(20);
    reap(&w);
    assert_int_equal(keys_of(&w, KEY_LIST), 0);
    world_close(&w);
}

/* A large COPY is cut short: its pieces are there, nobody names them. */
static void pieces_of_a_copy_that_crashed_are_swept(void **state)
{
    struct ranges all;
    struct ticket *t;
    struct world w;
    uint64_t to;

    at(0);
    world_open(&w);
    append_many(&w, 1, COPIED);
    world_reopen(&w);
    assert_ok(do_create(&w, "to"));
    to = mailbox_named(&w, "to");
    ranges_of(&all, 1, COPIED);
    memory_auto(w.store, false);
    t = submit_copy(&w, false, 1, &all, to);
    test_exec_run(&w.exec);
    memory_end(w.store, 0, ERR_OK);
    test_exec_run(&w.exec);
    assert_false(ticket_is_done(t));
    {
        struct store *after = memory_crash(w.store);
        struct world w2;
        size_t before;

        world_open_on(&w2, after, NULL);
        assert_uids(&w2, to, "");
        before = keys_of(&w2, KEY_STABLE);
        reap(&w2);
        assert_true(keys_of(&w2, KEY_STABLE) < before);
        assert_int_equal(keys_of(&w2, KEY_STABLE), keys_of(&w2, KEY_STATE));
        assert_uids(&w2, 1, "1:200000");
        world_reopen(&w2);
        assert_ok(do_copy(&w2, false, 1, 1, COPIED, to));
        assert_uids(&w2, to, "1:200000");
        reap(&w2);
        world_reopen(&w2);
        assert_int_equal(row_of(&w2, to, COPIED).size, row_of(&w2, 1, COPIED).size);
        world_close(&w2);
    }
    memory_auto(w.store, true);
    memory_end(w.store, 0, ERR_OK);
    test_exec_run(&w.exec);
    assert_ok(ticket_result(t)->err);
    ticket_unref(t);
    ranges_fini(&all);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(expunged_bodies_go_when_the_grace_is_over),
        cmocka_unit_test(a_message_that_was_moved_keeps_its_body),
        cmocka_unit_test(a_message_on_the_move_keeps_its_body),
        cmocka_unit_test(a_version_that_shows_it_keeps_the_body),
        cmocka_unit_test(deleted_mailboxes_leave_nothing_behind),
        cmocka_unit_test(history_is_kept_for_a_month),
        cmocka_unit_test(many_expunged_objects_go_in_several_batches),
        cmocka_unit_test(pieces_of_a_copy_that_crashed_are_swept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
