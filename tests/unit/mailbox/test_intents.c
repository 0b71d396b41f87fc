/* Each intent, what it does and what it refuses; and how intents share batches. */
#include "world.h"

#include "base/clock.h"
#include "base/mem.h"
#include "mailbox/account_priv.h"
#include "mailbox/keys.h"
#include "mailbox/reap.h"

#include <stdio.h>

static void a_new_account_has_an_inbox(void **state)
{
    struct world w;

    world_open(&w);
    assert_int_equal(mailbox_named(&w, "inbox"), 1);
    assert_uids(&w, 1, "");
    world_crash(&w);
    assert_int_equal(mailbox_named(&w, "INBOX"), 1);
    world_close(&w);
}

static void appended_messages_get_rising_uids(void **state)
{
    struct version_head h;
    struct row r;
    struct world w;

    world_open(&w);
    assert_ok(do_append(&w, 1, FLAG_SEEN, NULL));
    assert_ok(do_append(&w, 1, 0, "$Work"));
    assert_uids(&w, 1, "1:2");
    assert_int_equal(row_of(&w, 1, 1).flags, FLAG_SEEN);
    r = row_of(&w, 1, 2);
    assert_true(keyword_has(&r.keywords, 0));
    assert_ok(account_status(w.acct, 1, &h));
    assert_int_equal(h.messages, 2);
    assert_int_equal(h.unseen, 1);
    assert_int_equal(h.uidnext, 3);
    world_crash(&w);
    assert_ok(account_status(w.acct, 1, &h)); /* the mailbox is not open: one key tells */
    assert_int_equal(h.messages, 2);
    assert_int_equal(h.unseen, 1);
    assert_uids(&w, 1, "1:2");
    assert_int_equal(row_of(&w, 1, 1).zone_min, 60);
    assert_int_equal(row_of(&w, 1, 1).date, 1700000000);
    world_close(&w);
}

static void bodies_and_summaries_come_with_the_message(void **state)
{
    struct arena *a = arena_new();
    struct str list[2], more;
    uint64_t objects[2];
    char bytes[100];
    size_t got;
    struct world w;

    world_open(&w);
    assert_ok(do_append(&w, 1, 0, NULL));
    objects[0] = row_of(&w, 1, 1).object;
    objects[1] = 4711;
    assert_ok(account_summaries(w.acct, a, objects, 2, list));
    assert_lit(list[0], "list");
    assert_null(list[1].p);
    assert_ok(account_summary_more(w.acct, a, objects[0], &more));
    assert_lit(more, "more");
    assert_ok(account_read(w.acct, objects[0], 9, bytes, 1, &got));
    assert_int_equal(bytes[0], 'x');
    account_summary_renew(w.acct, objects[0], STR("new"), STR_NONE);
    test_exec_run(&w.exec);
    assert_ok(account_summaries(w.acct, a, objects, 1, list));
    assert_lit(list[0], "new");
    arena_free(a);
    world_close(&w);
}

static void many_appends_share_batches(void **state)
{
    struct ticket *t[64];
    struct world w;
    size_t batches = 0;

    world_open(&w);
    memory_auto(w.store, false);
    for (size_t i = 0; i < ARRAY_LEN(t); i++) {
        t[i] = submit_append(&w, 1, "m", 0, NULL);
        if (i == 0)
            test_exec_run(&w.exec);
    }
    while (memory_waiting(w.store)) {
        assert_int_equal(memory_waiting(w.store), 1);
        assert_false(ticket_is_done(t[63]));
        memory_end(w.store, 0, ERR_OK);
        test_exec_run(&w.exec);
        batches++;
    }
    assert_int_equal(batches, 2);
    for (size_t i = 0; i < ARRAY_LEN(t); i++) {
        assert_int_equal(ticket_result(t[i])->to_uids.v[0].lo, i + 1);
        ticket_unref(t[i]);
    }
    assert_uids(&w, 1, "1:64");
    world_close(&w);
}

static void nothing_is_seen_before_it_is_durable(void **state)
{
    struct ticket *t;
    struct world w;

    world_open(&w);
    memory_auto(w.store, false);
    t = submit_append(&w, 1, "m", 0, NULL);
    test_exec_run(&w.exec);
    assert_uids(&w, 1, "");
    memory_end(w.store, 0, ERR_OK);
    assert_false(ticket_is_done(t));
    test_exec_run(&w.exec);
    assert_uids(&w, 1, "1");
    ticket_unref(t);
    world_close(&w);
}

static void intents_of_a_batch_see_each_other(void **state)
{
    struct ticket *t[3];
    struct ranges one;
    struct world w;

    world_open(&w);
    memory_auto(w.store, false);
    t[0] = submit_append(&w, 1, "m", 0, NULL);
    test_exec_run(&w.exec);
    ranges_of(&one, 2, 2);
    t[1] = submit_append(&w, 1, "m", 0, NULL);
    t[2] = submit_flags(&w, 1, &one, FLAGS_ADD, FLAG_FLAGGED, NULL);
    memory_auto(w.store, true);
    memory_end(w.store, 0, ERR_OK);
    test_exec_run(&w.exec);
    assert_ranges(&ticket_result(t[2])->changed, "2");
    assert_int_equal(row_of(&w, 1, 2).flags, FLAG_FLAGGED);
    for (size_t i = 0; i < ARRAY_LEN(t); i++)
        ticket_unref(t[i]);
    ranges_fini(&one);
    world_close(&w);
}

static void a_failed_commit_fails_its_tickets_and_no_others(void **state)
{
    struct ticket *t[3];
    struct intent barrier = {.kind = INTENT_BARRIER};
    struct world w;

    world_open(&w);
    memory_auto(w.store, false);
    t[0] = submit_append(&w, 1, "m", 0, NULL);
    test_exec_run(&w.exec);
    t[1] = submit_append(&w, 1, "m", 0, NULL);
    t[2] = account_submit(w.acct, &barrier, NULL, NULL);
    memory_end(w.store, 0, ERR_NO_SPACE);
    test_exec_run(&w.exec);
    assert_int_equal(ticket_result(t[0])->err, ERR_NO_SPACE);
    assert_false(ticket_is_done(t[2]));
    memory_end(w.store, 0, ERR_OK);
    test_exec_run(&w.exec);
    assert_ok(ticket_result(t[1])->err);
    assert_int_equal(ticket_result(t[1])->to_uids.v[0].lo, 1);
    assert_ok(ticket_result(t[2])->err);
    for (size_t i = 0; i < ARRAY_LEN(t); i++)
        ticket_unref(t[i]);
    assert_uids(&w, 1, "1");
    world_close(&w);
}

static void flags_change_only_what_differs(void **state)
{
    struct ranges uids;
    struct ticket *t;
    uint64_t modseq;
    struct world w;

    world_open(&w);
    append_many(&w, 1, 10);
    assert_ok(do_flags(&w, 1, 3, 4, FLAGS_ADD, FLAG_SEEN, NULL));
    modseq = row_of(&w, 1, 3).modseq;
    ranges_of(&uids, 1, 20);
    t = submit_flags(&w, 1, &uids, FLAGS_ADD, FLAG_SEEN, NULL);
    test_exec_run(&w.exec);
    assert_ranges(&ticket_result(t)->changed, "1:2,5:10");
    assert_ranges(&ticket_result(t)->missing, "11:20");
    assert_int_equal(row_of(&w, 1, 3).modseq, modseq);
    assert_int_equal(row_of(&w, 1, 1).modseq, modseq + 1);
    ticket_unref(t);
    ranges_fini(&uids);
    world_close(&w);
}

/* RFC 7162, 3.1.3 */
static void unchangedsince_leaves_out_what_is_newer(void **state)
{
    struct intent in = {.kind = INTENT_FLAGS, .mailbox = 1};
    struct ranges uids;
    struct ticket *t;
    struct world w;

    world_open(&w);
    append_many(&w, 1, 10);
    assert_ok(do_flags(&w, 1, 5, 5, FLAGS_ADD, FLAG_SEEN, NULL));
    ranges_of(&uids, 4, 6);
    in.flags.uids = &uids;
    in.flags.mode = FLAGS_ADD;
    in.flags.flags = FLAG_DELETED;
    in.flags.has_unchangedsince = true;
    in.flags.unchangedsince = row_of(&w, 1, 4).modseq;
    assert_ok(world_do(&w, &in, &t));
    assert_ranges(&ticket_result(t)->modified, "5");
    assert_ranges(&ticket_result(t)->changed, "4,6");
    ticket_unref(t);
    ranges_fini(&uids);
    world_close(&w);
}

static void the_keyword_table_ends_at_its_limit(void **state)
{
    struct ticket *t;
    struct ranges uids;
    char longest[KEYWORD_MAX_BYTES + 2] = "";
    struct row r;
    struct world w;
    char name[16];

    world_open(&w);
    append_many(&w, 1, 1);
    for (unsigned i = 0; i < KEYWORDS_MAX; i++) {
        snprintf(name, sizeof(name), "k%u", i);
        assert_ok(do_flags(&w, 1, 1, 1, FLAGS_ADD, 0, name));
    }
    ranges_of(&uids, 1, 1);
    t = submit_flags(&w, 1, &uids, FLAGS_ADD, FLAG_SEEN, "one-too-many");
    test_exec_run(&w.exec);
    assert_int_equal(ticket_result(t)->err, ERR_LIMIT);
    assert_true(ticket_result(t)->keyword_limit);
    assert_int_equal(row_of(&w, 1, 1).flags, 0);
    ticket_unref(t);
    ranges_fini(&uids);
    assert_int_equal(do_append(&w, 1, 0, "another"), ERR_LIMIT);
    memset(longest, 'x', sizeof(longest) - 1);
    assert_int_equal(do_append(&w, 1, 0, longest), ERR_LIMIT);
    assert_ok(do_append(&w, 1, 0, "K5")); /* case does not make another keyword */
    world_crash(&w);
    r = row_of(&w, 1, 2);
    assert_true(keyword_has(&r.keywords, 5));
    world_close(&w);
}

static void copies_name_the_same_object_and_keep_flags(void **state)
{
    struct ticket *t;
    struct ranges uids;
    struct row a, b;
    uint64_t to;
    struct world w;

    world_open(&w);
    append_many(&w, 1, 5);
    assert_ok(do_flags(&w, 1, 2, 2, FLAGS_ADD, FLAG_FLAGGED, "x"));
    assert_ok(do_create(&w, "to"));
    to = mailbox_named(&w, "to");
    assert_ok(do_append(&w, to, 0, "y"));
    ranges_of(&uids, 2, 9);
    t = submit_copy(&w, false, 1, &uids, to);
    test_exec_run(&w.exec);
    assert_ranges(&ticket_result(t)->from_uids, "2:5");
    assert_ranges(&ticket_result(t)->to_uids, "2:5");
    assert_ranges(&ticket_result(t)->missing, "6:9");
    a = row_of(&w, 1, 2);
    b = row_of(&w, to, 2);
    assert_int_equal(a.object, b.object);
    assert_int_equal(b.flags, FLAG_FLAGGED);
    assert_true(keyword_has(&b.keywords, 1)); /* "x" comes behind "y" there */
    assert_false(keyword_has(&b.keywords, 0));
    ticket_unref(t);
    ranges_fini(&uids);
    assert_int_equal(do_copy(&w, false, 1, 1, 1, 99), ERR_NO_MAILBOX);
    world_close(&w);
}

static void a_copy_into_the_same_mailbox_is_a_message_more(void **state)
{
    struct world w;

    world_open(&w);
    append_many(&w, 1, 3);
    assert_ok(do_copy(&w, false, 1, 1, 3, 1));
    assert_uids(&w, 1, "1:6");
    assert_ok(do_copy(&w, true, 1, 2, 5, 1));
    assert_uids(&w, 1, "1,6:10");
    world_close(&w);
}

static void moved_messages_are_expunged_at_their_source(void **state)
{
    struct ticket *t;
    struct ranges uids;
    uint64_t to;
    struct world w;

    world_open(&w);
    append_many(&w, 1, 5);
    assert_ok(do_create(&w, "to"));
    to = mailbox_named(&w, "to");
    ranges_of(&uids, 2, 3);
    t = submit_copy(&w, true, 1, &uids, to);
    test_exec_run(&w.exec);
    assert_ranges(&ticket_result(t)->expunged, "2:3");
    assert_uids(&w, 1, "1,4:5");
    assert_uids(&w, to, "1:2");
    ticket_unref(t);
    ranges_fini(&uids);
    world_close(&w);
}

static void expunge_may_be_held_to_a_set(void **state)
{
    struct intent in = {.kind = INTENT_EXPUNGE, .mailbox = 1};
    struct ranges uids;
    struct ticket *t;
    struct world w;

    world_open(&w);
    append_many(&w, 1, 9);
    assert_ok(do_flags(&w, 1, 2, 6, FLAGS_ADD, FLAG_DELETED, NULL));
    ranges_of(&uids, 5, 9);
    in.expunge.uids = &uids;
    assert_ok(world_do(&w, &in, &t));
    assert_ranges(&ticket_result(t)->expunged, "5:6");
    ticket_unref(t);
    ranges_fini(&uids);
    assert_uids(&w, 1, "1:4,7:9");
    world_close(&w);
}

static void history_says_what_was_expunged_since(void **state)
{
    struct ranges gone = RANGES_INIT;
    struct version *v;
    uint64_t modseq;
    bool exact;
    struct world w;

    world_open(&w);
    append_many(&w, 1, 9);
    assert_ok(do_flags(&w, 1, 2, 3, FLAGS_ADD, FLAG_DELETED, NULL));
    assert_ok(do_expunge(&w, 1));
    v = version_of(&w, 1);
    modseq = version_head(v)->modseq;
    version_unref(v);
    assert_ok(do_flags(&w, 1, 7, 7, FLAGS_ADD, FLAG_DELETED, NULL));
    assert_ok(do_expunge(&w, 1));
    v = version_of(&w, 1);
    assert_ok(account_expunged_since(w.acct, v, modseq, &gone, &exact));
    assert_true(exact);
    assert_ranges(&gone, "7");
    assert_ok(account_expunged_since(w.acct, v, 1, &gone, &exact));
    assert_ranges(&gone, "2:3,7");
    version_unref(v);
    ranges_fini(&gone);
    world_close(&w);
}

/* The mailbox as if it had had so many messages. */
static void set_uidnext(struct world *w, uint32_t uidnext)
{
    struct key key = key_one(7, KEY_HEAD, 1);
    struct version *v = version_of(w, 1), *later = version_copy(v);
    struct store_batch *b = store_batch_new(7);
    struct buf head = BUF_INIT;
    uint64_t change;

    later->head.uidnext = uidnext;
    head_encode(later, 1, &head);
    store_batch_put(b, key_str(&key), buf_str(&head));
    assert_ok(store_change(w->store, 7, &change));
    assert_ok(store_commit_wait(w->store, b, change));
    buf_fini(&head);
    version_unref(later);
    version_unref(v);
    world_crash(w);
}

/* A chunk's stable half is lost: what needs it fails, half-way, and takes nobody along. */
static void an_intent_that_fails_half_way_leaves_the_others(void **state)
{
    struct intent expunge = {.kind = INTENT_EXPUNGE, .mailbox = 1};
    struct key prefix = key_one(7, KEY_STABLE, 1);
    struct arena *a = arena_new();
    struct store_batch *b = store_batch_new(7);
    struct store_row *rows;
    struct ticket *t[4];
    struct ranges one;
    uint64_t change;
    struct world w;
    size_t n;

    world_open(&w);
    append_many(&w, 1, 2000);
    for (unsigned i = 0; i < 20; i++)
        assert_ok(do_flags(&w, 1, 700, 700, i % 2 ? FLAGS_REMOVE : FLAGS_ADD, FLAG_SEEN, NULL));
    assert_ok(do_flags(&w, 1, 10, 1000, FLAGS_ADD, FLAG_DELETED, NULL));
    world_reopen(&w);
    assert_ok(store_scan(w.store, a, key_str(&prefix), STR_NONE, 10, &rows, &n));
    assert_true(n >= 4);
    store_batch_delete(b, rows[1].key);
    assert_ok(store_change(w.store, 7, &change));
    assert_ok(store_commit_wait(w.store, b, change));
    world_crash(&w);
    ranges_of(&one, 1500, 1500);
    t[0] = submit_append(&w, 1, "m", 0, NULL);
    t[1] = account_submit(w.acct, &expunge, NULL, NULL);
    t[2] = submit_flags(&w, 1, &one, FLAGS_ADD, FLAG_SEEN, NULL);
    t[3] = submit_append(&w, 1, "m", 0, NULL);
    test_exec_run(&w.exec);
    assert_ranges(&ticket_result(t[0])->to_uids, "2001");
    assert_int_equal(ticket_result(t[1])->err, ERR_CORRUPT);
    assert_ranges(&ticket_result(t[2])->changed, "1500");
    assert_ranges(&ticket_result(t[3])->to_uids, "2002");
    for (size_t i = 0; i < ARRAY_LEN(t); i++)
        ticket_unref(t[i]);
    assert_int_equal(row_of(&w, 1, 10).flags, FLAG_DELETED);
    ranges_fini(&one);
    arena_free(a);
    world_close(&w);
}

/* RFC 9051, 2.3.1.1 */
static void uids_end_before_they_wrap(void **state)
{
    struct world w;

    world_open(&w);
    append_many(&w, 1, 3);
    set_uidnext(&w, UINT32_MAX - 3);
    assert_ok(do_append(&w, 1, 0, NULL));
    assert_int_equal(do_copy(&w, false, 1, 1, 3, 1), ERR_LIMIT);
    assert_ok(do_copy(&w, false, 1, 1, 2, 1));
    assert_int_equal(do_append(&w, 1, 0, NULL), ERR_LIMIT);
    assert_uids(&w, 1, "1:3,4294967292:4294967294");
    world_crash(&w);
    assert_uids(&w, 1, "1:3,4294967292:4294967294");
    world_close(&w);
}

static void a_new_mailbox_of_an_old_name_has_another_uidvalidity(void **state)
{
    struct version_head a, b;
    struct world w;

    world_open(&w);
    clock_set_for_test(1700000000000, 0);
    assert_ok(do_create(&w, "x"));
    assert_ok(account_status(w.acct, mailbox_named(&w, "x"), &a));
    assert_ok(do_delete(&w, "x"));
    clock_set_for_test(1600000000000, 0); /* the clock goes back */
    assert_ok(do_create(&w, "x"));
    assert_ok(account_status(w.acct, mailbox_named(&w, "x"), &b));
    assert_true(b.uidvalidity > a.uidvalidity);
    clock_set_for_test(-1, 0);
    world_close(&w);
}

static void recent_messages_are_claimed_once(void **state)
{
    struct version *v;
    struct world w;

    world_open(&w);
    append_many(&w, 1, 3);
    v = version_of(&w, 1);
    assert_int_equal(account_recent(w.acct, 1), 1);
    assert_int_equal(account_claim_recent(w.acct, v), 1);
    assert_int_equal(account_claim_recent(w.acct, v), 4);
    version_unref(v);
    append_many(&w, 1, 1); /* writes the claim along */
    world_crash(&w);
    v = version_of(&w, 1);
    assert_int_equal(account_claim_recent(w.acct, v), 4);
    version_unref(v);
    world_close(&w);
}

static void count_wakes(void *arg)
{
    ++*(unsigned *)arg;
}

static void watchers_are_woken_by_what_they_watch(void **state)
{
    unsigned inbox = 0, other = 0, all = 0;
    struct watch *w1, *w2, *w3;
    struct world w;

    world_open(&w);
    assert_ok(do_create(&w, "other"));
    w1 = account_watch(w.acct, 1, count_wakes, &inbox);
    w2 = account_watch(w.acct, mailbox_named(&w, "other"), count_wakes, &other);
    w3 = account_watch(w.acct, 0, count_wakes, &all);
    append_many(&w, 1, 1);
    assert_true(inbox == 1 && other == 0 && all == 1);
    assert_ok(do_create(&w, "third"));
    assert_true(inbox == 1 && other == 0 && all == 2);
    account_unwatch(w1);
    account_unwatch(w2);
    account_unwatch(w3);
    append_many(&w, 1, 1);
    assert_int_equal(all, 2);
    world_close(&w);
}

static void a_multiappend_larger_than_a_batch_is_all_or_nothing(void **state)
{
    enum { N = 3000 };
    struct intent_message *m = NEW_ARRAY(struct intent_message, N);
    struct intent in = {.kind = INTENT_APPEND, .mailbox = 1, .append = {m, N}};
    struct str more = {mem_new(3000), 3000};
    struct ticket *t;
    struct world w;

    world_open(&w);
    for (size_t i = 0; i < N; i++) {
        struct store_blob_info info = {7, account_new_object(w.acct), 0};

        m[i] = (struct intent_message){
            .object = info.object, .size = 1, .summary_list = STR("l"), .summary_more = more};
        m[i].blob = store_blob_begin(w.store, &info);
        assert_ok(store_blob_append(m[i].blob, STR("b")));
        assert_ok(store_blob_finish(m[i].blob));
    }
    memory_auto(w.store, false);
    t = account_submit(w.acct, &in, NULL, NULL);
    test_exec_run(&w.exec);
    memory_end(w.store, 0, ERR_OK);
    test_exec_run(&w.exec);
    assert_false(ticket_is_done(t));
    assert_uids(&w, 1, "");
    memory_auto(w.store, true);
    memory_end(w.store, 0, ERR_OK);
    test_exec_run(&w.exec);
    assert_ok(ticket_result(t)->err);
    assert_uids(&w, 1, "1:3000");
    ticket_unref(t);
    mem_free((void *)(uintptr_t)more.p);
    mem_free(m);
    world_close(&w);
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

static void a_multiappend_that_fails_behind_its_first_batch_leaves_nothing(void **state)
{
    enum { N = 3000 };
    struct intent_message *m = NEW_ARRAY(struct intent_message, N);
    struct intent in = {.kind = INTENT_APPEND, .mailbox = 1, .append = {m, N}};
    struct arena *a = arena_new();
    uint64_t *objects;
    struct ticket *t;
    struct world w;
    size_t n;

    world_open(&w);
    for (size_t i = 0; i < N; i++) {
        struct store_blob_info info = {7, account_new_object(w.acct), 0};

        m[i] = (struct intent_message){
            .object = info.object, .summary_list = STR("l"), .summary_more = STR("m")};
        m[i].blob = store_blob_begin(w.store, &info);
        assert_ok(store_blob_finish(m[i].blob));
    }
    memory_auto(w.store, false);
    t = account_submit(w.acct, &in, NULL, NULL);
    test_exec_run(&w.exec);
    memory_end(w.store, 0, ERR_OK);
    test_exec_run(&w.exec);
    assert_true(keys_of(&w, KEY_LIST) > REAP_OBJECTS);
    assert_false(ticket_is_done(t));
    memory_end(w.store, 0, ERR_NO_SPACE);
    memory_auto(w.store, true);
    test_exec_run(&w.exec);
    assert_int_equal(ticket_result(t)->err, ERR_NO_SPACE);
    assert_ok(store_blob_list(w.store, a, 7, 0, N, &objects, &n));
    assert_int_equal(n, 0);
    assert_int_equal(keys_of(&w, KEY_LIST), 0);
    assert_int_equal(keys_of(&w, KEY_MORE), 0);
    ticket_unref(t);
    arena_free(a);
    mem_free(m);
    world_close(&w);
}

static void object_numbers_are_never_given_again(void **state)
{
    uint64_t most = 0;
    struct world w;

    world_open(&w);
    for (unsigned i = 0; i < 5; i++) {
        uint64_t object = account_new_object(w.acct);

        assert_true(object > most);
        for (unsigned k = 0; k < 40000; k++)
            object = account_new_object(w.acct);
        most = object;
        append_many(&w, 1, 1);
        world_crash(&w);
    }
    world_close(&w);
}

/* Logs too long to be read again are folded, so that the mailboxes can be closed. */
static void busy_mailboxes_are_closed_too(void **state)
{
    struct world w;
    char name[16];

    world_open(&w);
    for (unsigned i = 0; i < 150; i++) {
        snprintf(name, sizeof(name), "m%u", i);
        assert_ok(do_create(&w, name));
        for (unsigned k = 0; k < 20; k++)
            append_many(&w, mailbox_named(&w, name), 1);
    }
    assert_true(w.acct->n_mailboxes < 100);
    assert_uids(&w, mailbox_named(&w, "m17"), "1:20");
    world_close(&w);
}

static void accounts_nobody_is_in_are_closed(void **state)
{
    struct mailstore_options o = {.idle_accounts = 3, .expunge_grace = -1};
    struct account *acct, *first = NULL;
    struct world w;

    world_open_with(&w, &o);
    first = w.acct;
    for (unsigned round = 0; round < 3; round++) {
        for (uint64_t id = 100; id < 150; id++) {
            assert_ok(account_open(w.ms, id, &acct));
            test_exec_run(&w.exec);
            w.acct = acct;
            for (unsigned k = 0; k < 20; k++)
                append_many(&w, 1, 1);
            w.acct = first;
            account_unref(acct);
            test_exec_run(&w.exec);
            assert_true(w.ms->n_accounts <= 5);
        }
    }
    assert_ok(account_open(w.ms, 120, &w.acct));
    assert_uids(&w, 1, "1:60");
    account_unref(w.acct);
    w.acct = first;
    world_close(&w);
}

static void many_mailboxes_are_open_and_closed_again(void **state)
{
    struct world w;
    char name[16];

    world_open(&w);
    for (unsigned i = 0; i < 300; i++) {
        snprintf(name, sizeof(name), "m%u", i);
        assert_ok(do_create(&w, name));
        append_many(&w, mailbox_named(&w, name), 1 + i % 3);
    }
    for (unsigned i = 0; i < 300; i += 7) {
        snprintf(name, sizeof(name), "m%u", i);
        assert_uids(&w, mailbox_named(&w, name), (const char *[]){"1", "1:2", "1:3"}[i % 3]);
    }
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_account_has_an_inbox),
        cmocka_unit_test(appended_messages_get_rising_uids),
        cmocka_unit_test(bodies_and_summaries_come_with_the_message),
        cmocka_unit_test(many_appends_share_batches),
        cmocka_unit_test(nothing_is_seen_before_it_is_durable),
        cmocka_unit_test(intents_of_a_batch_see_each_other),
        cmocka_unit_test(a_failed_commit_fails_its_tickets_and_no_others),
        cmocka_unit_test(flags_change_only_what_differs),
        cmocka_unit_test(unchangedsince_leaves_out_what_is_newer),
        cmocka_unit_test(the_keyword_table_ends_at_its_limit),
        cmocka_unit_test(copies_name_the_same_object_and_keep_flags),
        cmocka_unit_test(a_copy_into_the_same_mailbox_is_a_message_more),
        cmocka_unit_test(moved_messages_are_expunged_at_their_source),
        cmocka_unit_test(expunge_may_be_held_to_a_set),
        cmocka_unit_test(history_says_what_was_expunged_since),
        cmocka_unit_test(an_intent_that_fails_half_way_leaves_the_others),
        cmocka_unit_test(uids_end_before_they_wrap),
        cmocka_unit_test(a_new_mailbox_of_an_old_name_has_another_uidvalidity),
        cmocka_unit_test(recent_messages_are_claimed_once),
        cmocka_unit_test(watchers_are_woken_by_what_they_watch),
        cmocka_unit_test(a_multiappend_larger_than_a_batch_is_all_or_nothing),
        cmocka_unit_test(a_multiappend_that_fails_behind_its_first_batch_leaves_nothing),
        cmocka_unit_test(object_numbers_are_never_given_again),
        cmocka_unit_test(busy_mailboxes_are_closed_too),
        cmocka_unit_test(accounts_nobody_is_in_are_closed),
        cmocka_unit_test(many_mailboxes_are_open_and_closed_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
