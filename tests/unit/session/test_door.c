#include "test.h"

#include "session/door_priv.h"

enum { MB = 1024 * 1024 };

static void all_sessions_share_64_mb_of_literals(void **state)
{
    struct session_door *d = session_door_new(NULL, NULL, NULL, NULL);

    for (int i = 0; i < 63; i++)
        assert_true(door_hold(d, MB));
    assert_false(door_hold(d, 2 * MB));
    assert_true(door_hold(d, MB));
    assert_false(door_hold(d, 1));
    door_release(d, MB);
    assert_true(door_hold(d, MB));
    session_door_free(d);
}

static void an_account_has_as_many_sessions_as_it_may_and_others_are_not_hurt(void **state)
{
    struct session_options o = {.max_sessions = 2};
    struct session_door *d = session_door_new(NULL, NULL, NULL, &o);

    assert_true(door_enter(d, 7));
    assert_true(door_enter(d, 7));
    assert_false(door_enter(d, 7));
    assert_true(door_enter(d, 8));
    door_leave(d, 7);
    assert_true(door_enter(d, 7));
    door_leave(d, 7);
    door_leave(d, 7);
    door_leave(d, 8);
    session_door_free(d);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(all_sessions_share_64_mb_of_literals),
    cmocka_unit_test(an_account_has_as_many_sessions_as_it_may_and_others_are_not_hurt),
};

TESTS_MAIN(tests)
