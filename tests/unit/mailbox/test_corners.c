/* Where two rules meet: a batch that is full of bodies, a mailbox that is deleted by the batch that
 * fills it, a message that two mailboxes lost at different times, history between two batches. */
#include "world.h"

#include "base/clock.h"
#include "base/mem.h"
#include "mailbox/account_priv.h"
#include "mailbox/history.h"
#include "mailbox/keys.h"

#include <stdio.h>

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

/* ---- heavy rows ---- */

enum { HEAVY = 2048, KEYWORD_NAMES = 500 };

static struct str keyword_names[KEYWORD_NAMES];

static void keyword_names_make(void)
{
    static char text[KEYWORD_NAMES][8];

    for (unsigned i = 0; i < KEYWORD_NAMES; i++)
        keyword_names[i] = str_n(text[i], (size_t)snprintf(text[i], sizeof(text[i]), "k%u", i));
}

/* Each has one keyword, and any 500 that follow each other have them all. */
static void append_with_a_keyword(struct world *w, uint64_t mailbox)
{
    struct intent_message m[KEYWORD_NAMES];
    struct intent in = {.kind = INTENT_APPEND, .mailbox = mailbox, .append = {m, 0}};

    for (size_t left = HEAVY; left; left -= in.append.n) {
        in.append.n = left < KEYWORD_NAMES ? left : KEYWORD_NAMES;
        for (size_t i = 0; i < in.append.n; i++)
            m[i] = (struct intent_message){.object = account_new_object(w->acct),
                                           .size = 1000,
                                           .keywords = &keyword_names[i],
                                           .n_keywords = 1};
        assert_ok(world_do(w, &in, NULL));
    }
}

static size_t log_keys(struct world *w, uint64_t mailbox)
{
    struct key prefix = key_one(7, KEY_LOG, mailbox);
    struct arena *a = arena_new();
    struct store_row *rows;
    size_t n;

    assert_ok(store_scan(w->store, a, key_str(&prefix), STR_NONE, 1000, &rows, &n));
    arena_free(a);
    return n;
}

/* 64 chunks that are new, all 500 keywords in each, then half of the messages dead: all within the
 * log. */
static void the_heaviest_block_is_folded(void **state)
{
    enum { COPIES = 16 };
    struct intent expunge = {.kind = INTENT_EXPUNGE};
    struct ticket *t[COPIES + 2];
    struct ranges all, odd = RANGES_INIT;
    struct world w;

    world_open(&w);
    keyword_names_make();
    append_with_a_keyword(&w, 1);
    assert_ok(do_create(&w, "heavy"));
    expunge.mailbox = mailbox_named(&w, "heavy");
    ranges_of(&all, 1, HEAVY);
    for (uint32_t uid = 1; uid < COPIES * HEAVY; uid += 2)
        ranges_add(&odd, uid, uid);
    for (unsigned i = 0; i < COPIES; i++)
        t[i] = submit_copy(&w, false, 1, &all, expunge.mailbox);
    t[COPIES] = submit_flags(&w, expunge.mailbox, &odd, FLAGS_ADD, FLAG_DELETED, NULL);
    t[COPIES + 1] = account_submit(w.acct, &expunge, NULL, NULL);
    test_exec_run(&w.exec);
    for (unsigned i = 0; i < ARRAY_LEN(t); i++) {
        assert_ok(ticket_result(t[i])->err);
        ticket_unref(t[i]);
    }
    for (unsigned i = 0; i < 4; i++)
        assert_ok(
            do_flags(&w, expunge.mailbox, 2, 2, i % 2 ? FLAGS_REMOVE : FLAGS_ADD, FLAG_SEEN, NULL));
    assert_true(log_keys(&w, expunge.mailbox) <= 4);
    world_reopen(&w);
    assert_int_equal(row_of(&w, expunge.mailbox, 2).flags, 0);
    ranges_fini(&all);
    ranges_fini(&odd);
    world_close(&w);
}

/* The second fills what intents may fill of a batch, the third would be more than a batch holds. */
static void rows_full_of_keywords_do_not_overfill_a_batch(void **state)
{
    static const uint32_t rows[] = {HEAVY, 740, HEAVY};
    struct intent flags = {
        .kind = INTENT_FLAGS,
        .mailbox = 1,
        .flags = {.mode = FLAGS_ADD, .keywords = keyword_names, .n_keywords = KEYWORD_NAMES}};
    struct ranges all;
    struct ticket *t[ARRAY_LEN(rows)];
    struct world w;

    world_open(&w);
    keyword_names_make();
    append_with_a_keyword(&w, 1);
    ranges_of(&all, 1, HEAVY);
    flags.flags.uids = &all;
    assert_ok(world_do(&w, &flags, NULL));
    assert_ok(do_create(&w, "copy"));
    for (unsigned i = 0; i < ARRAY_LEN(t); i++) {
        struct ranges some;

        ranges_of(&some, 1, rows[i]);
        t[i] = submit_copy(&w, false, 1, &some, mailbox_named(&w, "copy"));
        ranges_fini(&some);
    }
    test_exec_run(&w.exec);
    for (unsigned i = 0; i < ARRAY_LEN(t); i++) {
        assert_ok(ticket_result(t[i])->err);
        ticket_unref(t[i]);
    }
    ranges_fini(&all);
    world_close(&w);
}

/* So many mailboxes that one batch does not fold them all, each with more records than a batch could
 * remove: whoever comes behind is served all the same. */
static void folding_that_does_not_get_on_ends(void **state)
{
    enum { MAILBOXES = 9 };
    struct intent fold = {.kind = (enum intent_kind)INTENT_FOLD};
    struct mailstore_options o = {.log_records = 6000, .expunge_grace = -1};
    uint64_t mailbox[MAILBOXES];
    struct ranges first;
    struct world w;

    world_open_with(&w, &o);
    ranges_of(&first, 1, 1);
    for (unsigned k = 0; k < MAILBOXES; k++) {
        char name[2] = {(char)('a' + k), 0};

        assert_ok(do_create(&w, name));
        mailbox[k] = mailbox_named(&w, name);
        append_many(&w, mailbox[k], 1);
    }
    for (unsigned i = 0; i < STORE_MAX_BATCH_KEYS; i++) {
        enum flags_mode mode = i % 2 ? FLAGS_REMOVE : FLAGS_ADD;

        for (unsigned k = 0; k < MAILBOXES; k++)
            ticket_unref(submit_flags(&w, mailbox[k], &first, mode, FLAG_SEEN, NULL));
        test_exec_run(&w.exec);
    }
    account_submit_own(w.acct, ticket_new(w.acct, &fold));
    assert_ok(do_append(&w, mailbox[0], 0, NULL));
    assert_uids(&w, mailbox[0], "1:2");
    ranges_fini(&first);
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
        cmocka_unit_test(the_heaviest_block_is_folded),
        cmocka_unit_test(rows_full_of_keywords_do_not_overfill_a_batch),
        cmocka_unit_test(folding_that_does_not_get_on_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
