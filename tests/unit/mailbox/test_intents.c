#include "world.h"

static void a_new_account_has_an_inbox(void **state)
{
    struct world w;

    world_open(&w);
    assert_int_equal(mailbox_named(&w, "inbox"), 1);
    assert_uids(&w, 1, "");
    world_close(&w);
}

static void appended_messages_get_rising_uids(void **state)
{
    struct world w;

    world_open(&w);
    assert_ok(do_append(&w, 1, FLAG_SEEN, NULL));
    assert_ok(do_append(&w, 1, 0, "$Work"));
    assert_uids(&w, 1, "1:2");
    assert_int_equal(row_of(&w, 1, 1).flags, FLAG_SEEN);
    assert_true(keyword_has(&(struct keyword_set){{row_of(&w, 1, 2).keywords.w[0]}}, 0));
    world_crash(&w);
    assert_uids(&w, 1, "1:2");
    assert_int_equal(row_of(&w, 1, 1).flags, FLAG_SEEN);
    assert_int_equal(row_of(&w, 1, 1).zone_min, 60);
    world_close(&w);
}

static void flags_are_set_and_survive(void **state)
{
    struct world w;

    world_open(&w);
    append_many(&w, 1, 2000);
    assert_ok(do_flags(&w, 1, 500, 1500, FLAGS_ADD, FLAG_DELETED, NULL));
    assert_int_equal(row_of(&w, 1, 500).flags, FLAG_DELETED);
    assert_int_equal(row_of(&w, 1, 499).flags, 0);
    assert_ok(do_expunge(&w, 1));
    assert_uids(&w, 1, "1:499,1501:2000");
    world_crash(&w);
    assert_uids(&w, 1, "1:499,1501:2000");
    world_reopen(&w);
    assert_uids(&w, 1, "1:499,1501:2000");
    world_close(&w);
}

static void mailboxes_are_made_with_their_superiors(void **state)
{
    struct world w;

    world_open(&w);
    assert_ok(do_create(&w, "a/b/c"));
    assert_int_equal(do_create(&w, "a/b"), ERR_MAILBOX_EXISTS);
    assert_int_not_equal(mailbox_named(&w, "a"), 0);
    assert_ok(do_copy(&w, false, 1, 1, 1, mailbox_named(&w, "a/b/c")));
    world_crash(&w);
    assert_int_not_equal(mailbox_named(&w, "a/b/c"), 0);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_account_has_an_inbox),
        cmocka_unit_test(appended_messages_get_rising_uids),
        cmocka_unit_test(flags_are_set_and_survive),
        cmocka_unit_test(mailboxes_are_made_with_their_superiors),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
