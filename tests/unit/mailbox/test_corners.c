/* Where two rules meet: a batch that is full of bodies, a mailbox that is deleted by the batch that
 * fills it, a message that two mailboxes lost at different times, history between two batches. */
#include "world.h"

#include "base/clock.h"
#include "base/mem.h"
#include "mailbox/history.h"

enum { DAY = 24 * 3600, APPENDS = 1900 };

static void at(int64_t seconds)
{
    clock_set_for_test((1700000000 + seconds) * 1000, seconds * 1000);
}

static void reap(struct world *w)
{
    bool more;

    assert_ok(account_reap(w->acct, &more));
    test_exec_run(&w->exec);
}

static size_t bodies(struct world *w)
{
    struct arena *a = arena_new();
    uint64_t *objects;
    size_t n;

    assert_ok(store_blob_list(w->store, a, 7, 0, 1000, &objects, &n));
    arena_free(a);
    return n;
}

static bool body_is_there(struct world *w, uint64_t object)
{
    uint64_t size;

    return store_blob_stat(w->store, 7, object, &size) == ERR_OK;
}

static void bodies_count_for_the_bounds_of_a_batch(void **state)
{
    static struct ticket *t[APPENDS];
    struct world w;

    at(0);
    world_open(&w);
    for (unsigned i = 0; i < APPENDS; i++)
        t[i] = submit_append(&w, 1, "Subject: x\r\n\r\nbody\r\n", 0, NULL);
    test_exec_run(&w.exec);
    for (unsigned i = 0; i < APPENDS; i++) {
        assert_ok(ticket_result(t[i])->err);
        ticket_unref(t[i]);
    }
    world_close(&w);
}

static void a_message_that_came_with_the_end_of_its_mailbox_leaves_no_body(void **state)
{
    struct intent end = {.kind = INTENT_DELETE};
    struct ticket *append, *delete;
    struct world w;

    at(0);
    world_open(&w);
    assert_ok(do_create(&w, "x"));
    end.mailbox = mailbox_named(&w, "x");
    append = submit_append(&w, end.mailbox, "body", 0, NULL);
    delete = account_submit(w.acct, &end, NULL, NULL);
    test_exec_run(&w.exec);
    assert_ok(ticket_result(append)->err);
    assert_ok(ticket_result(delete)->err);
    ticket_unref(append);
    ticket_unref(delete);
    assert_int_equal(bodies(&w), 1);
    at(DAY + 10);
    reap(&w);
    assert_int_equal(bodies(&w), 0);
    world_close(&w);
}

static uint64_t moved_to_trash(struct world *w, uint64_t *trash_out)
{
    assert_ok(do_create(w, "Trash"));
    *trash_out = mailbox_named(w, "Trash");
    assert_ok(do_append(w, 1, 0, NULL));
    assert_ok(do_copy(w, true, 1, 1, 1, *trash_out));
    return row_of(w, *trash_out, 1).object;
}

/* INBOX lost it a day ago, but a view of Trash may still show it. */
static void a_body_lives_for_the_grace_of_the_mailbox_that_lost_it_last(void **state)
{
    uint64_t trash, object;
    struct world w;

    at(0);
    world_open(&w);
    object = moved_to_trash(&w, &trash);
    at(DAY - 10);
    assert_ok(do_flags(&w, trash, 1, 1, FLAGS_ADD, FLAG_DELETED, NULL));
    assert_ok(do_expunge(&w, trash));
    at(DAY + 10);
    reap(&w);
    assert_true(body_is_there(&w, object));
    at(2 * DAY);
    reap(&w);
    assert_false(body_is_there(&w, object));
    world_close(&w);
}

static void a_body_lives_for_the_grace_of_a_deleted_mailbox(void **state)
{
    uint64_t trash, object;
    struct world w;

    at(0);
    world_open(&w);
    object = moved_to_trash(&w, &trash);
    at(DAY - 10);
    assert_ok(do_delete(&w, "Trash"));
    at(DAY + 10);
    reap(&w);
    assert_true(body_is_there(&w, object));
    at(2 * DAY);
    reap(&w);
    assert_false(body_is_there(&w, object));
    world_close(&w);
}

static enum err history_seen(void *arg, uint64_t modseq, size_t parts, const struct history *h)
{
    *(size_t *)arg += ranges_count(&h->uids);
    return ERR_OK;
}

enum { SINGLES = 499, MANY = 62000 }; /* so many objects take a record of two parts */

static void expunge_one(struct world *w, uint32_t uid)
{
    assert_ok(do_flags(w, 1, uid, uid, FLAGS_ADD, FLAG_DELETED, NULL));
    assert_ok(do_expunge(w, 1));
}

/* Its last key but one is the five hundredth of the round. */
static void a_record_of_history_is_whole_after_every_batch_of_the_reaper(void **state)
{
    struct world w;
    bool more;

    at(0);
    world_open(&w);
    append_many(&w, 1, SINGLES + MANY);
    for (uint32_t uid = 1; uid <= SINGLES; uid++)
        expunge_one(&w, uid);
    assert_ok(do_flags(&w, 1, 1, UINT32_MAX, FLAGS_ADD, FLAG_DELETED, NULL));
    assert_ok(do_expunge(&w, 1));
    at(DAY + 10);
    memory_auto(w.store, false);
    assert_ok(account_reap(w.acct, &more));
    for (test_exec_run(&w.exec); memory_waiting(w.store); test_exec_run(&w.exec)) {
        size_t seen = 0;

        memory_end(w.store, 0, ERR_OK);
        assert_ok(history_each(w.store, 7, 1, 0, UINT64_MAX - 1, history_seen, &seen));
        assert_int_equal(seen, SINGLES + MANY);
    }
    world_close(&w);
}

/* The floor is on disk with the batch that shortens history, and published a moment later. */
static void history_that_was_just_shortened_is_not_taken_for_whole(void **state)
{
    struct ranges gone = RANGES_INIT;
    struct version *v;
    struct world w;
    bool more, exact = false;

    at(0);
    world_open(&w);
    append_many(&w, 1, 3);
    expunge_one(&w, 2);
    at(2 * DAY);
    reap(&w); /* its object is dealt with */
    at(40 * DAY);
    v = version_of(&w, 1);
    memory_auto(w.store, false);
    assert_ok(account_reap(w.acct, &more));
    test_exec_run(&w.exec);
    assert_int_equal(memory_waiting(w.store), 1);
    assert_ok(account_expunged_since(w.acct, v, 1, &gone, &exact));
    assert_true(exact);
    assert_ranges(&gone, "2");
    memory_end(w.store, 0, ERR_OK);
    assert_ok(account_expunged_since(w.acct, v, 1, &gone, &exact));
    assert_false(exact);
    assert_ranges(&gone, "2");
    ranges_fini(&gone);
    version_unref(v);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bodies_count_for_the_bounds_of_a_batch),
        cmocka_unit_test(a_message_that_came_with_the_end_of_its_mailbox_leaves_no_body),
        cmocka_unit_test(a_body_lives_for_the_grace_of_the_mailbox_that_lost_it_last),
        cmocka_unit_test(a_body_lives_for_the_grace_of_a_deleted_mailbox),
        cmocka_unit_test(a_record_of_history_is_whole_after_every_batch_of_the_reaper),
        cmocka_unit_test(history_that_was_just_shortened_is_not_taken_for_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
