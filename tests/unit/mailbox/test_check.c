/* `tern check`: silent about what is sound, one line for each thing that is not; mending never
 * removes a message. */
#include "world.h"

#include "base/mem.h"
#include "mailbox/keys.h"

#include <stdio.h>

struct said {
    char lines[4000];
    size_t n;
};

static void say(void *arg, struct str line)
{
    struct said *s = arg;

    s->n += (size_t)snprintf(s->lines + s->n, sizeof(s->lines) - s->n, "%.*s\n", STR_FMT(line));
}

static struct account_check_report check_it(struct world *w, bool repair, struct said *s)
{
    struct account_check_report r;

    *s = (struct said){.n = 0};
    assert_ok(account_check(w->acct, true, repair, say, s, &r));
    test_exec_run(&w->exec);
    return r;
}

static void some_mail(struct world *w)
{
    assert_ok(do_create(w, "a/b"));
    for (unsigned i = 0; i < 20; i++)
        assert_ok(do_append(w, 1, i % 3 ? FLAG_SEEN : FLAG_DELETED, i % 2 ? "$k" : NULL));
    assert_ok(do_copy(w, false, 1, 1, 10, mailbox_named(w, "a/b")));
    assert_ok(do_expunge(w, 1));
}

/* A change behind everybody's back. */
static void tamper(struct world *w, const struct key *key, struct str value)
{
    struct store_batch *b = store_batch_new(7);
    uint64_t change;

    assert_ok(store_change(w->store, 7, &change));
    if (value.p)
        store_batch_put(b, key_str(key), value);
    else
        store_batch_delete(b, key_str(key));
    assert_ok(store_commit_wait(w->store, b, change));
}

static void drop_body(struct world *w, uint64_t object)
{
    struct store_batch *b = store_batch_new(7);
    uint64_t change;

    assert_ok(store_change(w->store, 7, &change));
    store_batch_drop(b, object);
    assert_ok(store_commit_wait(w->store, b, change));
}

static void a_sound_account_has_no_findings(void **state)
{
    struct account_check_report r;
    struct said s;
    struct world w;

    world_open(&w);
    some_mail(&w);
    r = check_it(&w, false, &s);
    if (r.findings)
        print_message("%s", s.lines);
    assert_int_equal(r.findings, 0);
    assert_int_equal(r.mailboxes, 3);
    assert_int_equal(r.messages, 13 + 10);
    world_reopen(&w);
    r = check_it(&w, true, &s);
    assert_int_equal(r.findings, 0);
    assert_int_equal(r.repaired, 0);
    world_close(&w);
}

static void a_missing_body_is_found(void **state)
{
    struct account_check_report r;
    struct said s;
    struct world w;

    world_open(&w);
    some_mail(&w);
    drop_body(&w, row_of(&w, 1, 2).object);
    r = check_it(&w, false, &s);
    assert_int_equal(r.findings, 2); /* the copy has none, either */
    assert_non_null(strstr(s.lines, "UID 2 has no body"));
    world_close(&w);
}

static void a_damaged_head_is_found(void **state)
{
    struct key key = key_one(7, KEY_HEAD, 1);
    struct account_check_report r;
    struct said s;
    struct world w;

    world_open(&w);
    some_mail(&w);
    tamper(&w, &key, STR("this is no head at all"));
    world_crash(&w);
    r = check_it(&w, false, &s);
    assert_true(r.findings >= 1);
    assert_non_null(strstr(s.lines, "\"INBOX\" cannot be opened"));
    world_close(&w);
}

/* The messages of a mailbox that cannot be read are found a place; the mailbox itself is left
 * alone. */
static void messages_without_a_place_are_put_into_recovered(void **state)
{
    struct key key = key_one(7, KEY_HEAD, 1);
    struct account_check_report r;
    struct said s;
    struct world w;

    world_open(&w);
    some_mail(&w);
    tamper(&w, &key, STR("this is no head at all"));
    world_crash(&w);
    r = check_it(&w, true, &s);
    assert_int_equal(r.repaired, 10); /* the other ten are in a/b, too */
    assert_uids(&w, mailbox_named(&w, "Recovered"), "1:10");
    assert_int_equal(row_of(&w, mailbox_named(&w, "Recovered"), 1).size, 20);
    r = check_it(&w, true, &s);
    assert_int_equal(r.repaired, 0);
    world_close(&w);
}

static void a_mailbox_without_a_name_gets_one(void **state)
{
    struct account_check_report r;
    struct said s;
    struct key key;
    struct world w;
    uint64_t ab;

    world_open(&w);
    some_mail(&w);
    ab = mailbox_named(&w, "a/b");
    key = key_one(7, KEY_NODE, 3);
    tamper(&w, &key, STR_NONE);
    world_crash(&w);
    assert_int_equal(mailbox_named(&w, "a/b"), 0);
    r = check_it(&w, true, &s);
    assert_int_equal(r.findings, 1);
    assert_int_equal(r.repaired, 1);
    assert_int_equal(mailbox_named(&w, "Recovered-3"), ab);
    assert_uids(&w, ab, "1:10");
    r = check_it(&w, false, &s);
    assert_int_equal(r.findings, 0);
    world_close(&w);
}

static void what_waits_for_the_reaper_is_no_finding(void **state)
{
    struct account_check_report r;
    struct said s;
    struct world w;

    world_open(&w);
    some_mail(&w);
    assert_ok(do_append(&w, mailbox_named(&w, "a"), 0, NULL));
    assert_ok(do_delete(&w, "a"));
    assert_ok(do_flags(&w, 1, 1, 100, FLAGS_ADD, FLAG_DELETED, NULL));
    assert_ok(do_expunge(&w, 1));
    r = check_it(&w, true, &s);
    if (r.findings)
        print_message("%s", s.lines);
    assert_int_equal(r.findings, 0);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sound_account_has_no_findings),
        cmocka_unit_test(a_missing_body_is_found),
        cmocka_unit_test(a_damaged_head_is_found),
        cmocka_unit_test(messages_without_a_place_are_put_into_recovered),
        cmocka_unit_test(a_mailbox_without_a_name_gets_one),
        cmocka_unit_test(what_waits_for_the_reaper_is_no_finding),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
