/* A dialogue held in process: input, waits, wakes, output that stays, silence. */
#include "base/clock.h"
#include "base/mem.h"
#include "net/conn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

/* A protocol of one-character commands: what each does is what the tests are about. */
struct talk {
    struct conn *c;
    struct conn_handle *h;
    bool waiting;
    bool completes_itself;
    int more; /* pieces of 100 KB still to be said */
};

static int closed;
static int runs;

static void *talk_open(struct door *d, struct conn *c)
{
    struct talk *t;

    buf_add_cstr(conn_out(c), "hello\n");
    if (d->name[0] == '-')
        return NULL;
    t = NEW(struct talk);
    t->c = c;
    t->h = conn_handle(c);
    return t;
}

static enum conn_step talk_command(struct talk *t, char what)
{
    switch (what) {
    case 'w':
        t->waiting = true;
        return CONN_WAIT;
    case 'W': /* the completion is faster than the wait */
        t->waiting = true;
        conn_complete(t->h);
        return CONN_WAIT;
    case 'a':
        buf_add_cstr(conn_out(t->c), "again\n");
        return CONN_AGAIN;
    case 'f':
        buf_add_cstr(conn_out(t->c), "flush\n");
        return CONN_FLUSH;
    case 'g':
        t->more = 20;
        return CONN_AGAIN;
    case 's':
        buf_add_cstr(conn_out(t->c), "start\n");
        conn_start_tls(t->c);
        return CONN_READ;
    case 'q':
        buf_add_cstr(conn_out(t->c), "bye\n");
        return CONN_CLOSE;
    default:
        buf_printf(conn_out(t->c), "<%c>", what);
        return CONN_READ;
    }
}

static enum conn_step talk_more(struct talk *t)
{
    char *room = buf_reserve(conn_out(t->c), 100000);

    memset(room, 'x', 100000);
    conn_out(t->c)->n += 100000;
    t->more--;
    return conn_out_full(t->c) ? CONN_FLUSH : CONN_AGAIN;
}

static enum conn_step talk_run(void *session)
{
    struct talk *t = session;
    enum conn_step step;
    char what;

    runs++;
    if (t->waiting)
        buf_add_cstr(conn_out(t->c), "done\n");
    t->waiting = false;
    if (conn_timed_out(t->c))
        buf_add_cstr(conn_out(t->c), "silence\n");
    if (t->more)
        return talk_more(t);
    while (conn_input(t->c).n) {
        what = conn_input(t->c).p[0];
        step = talk_command(t, what);
        conn_used(t->c, 1);
        if (step != CONN_READ)
            return step;
    }
    return CONN_READ;
}

static void talk_close(void *session)
{
    struct talk *t = session;

    closed++;
    conn_handle_unref(t->h);
    mem_free(t);
}

static struct door talk_door = {
    .name = "talk", .open = talk_open, .run = talk_run, .close = talk_close};

static struct conn *begin(void)
{
    struct conn *c = conn_detached_new(&talk_door, false, true);

    closed = 0;
    conn_detached_take(c);
    runs = 0;
    return c;
}

static void say(struct conn *c, const char *text)
{
    conn_detached_feed(c, str_of(text));
    conn_detached_run(c);
}

static void expect(struct conn *c, const char *text)
{
    struct str got = conn_detached_output(c);

    assert_int_equal(got.n, strlen(text));
    assert_memory_equal(got.p, text, got.n);
    conn_detached_take(c);
}

static void a_greeting_is_there_at_once(void **state)
{
    struct conn *c = conn_detached_new(&talk_door, false, true);

    expect(c, "hello\n");
    say(c, "xy");
    expect(c, "<x><y>");
    conn_detached_free(c);
}

static void a_refused_connection_gets_its_text_and_ends(void **state)
{
    struct door d = talk_door;
    struct conn *c;

    d.name = "-";
    c = conn_detached_new(&d, false, false);
    expect(c, "hello\n");
    assert_false(conn_detached_run(c));
    conn_detached_free(c);
}

static void input_is_not_read_while_it_waits(void **state)
{
    struct conn *c = begin();
    struct conn_handle *h = conn_handle(c);

    say(c, "wx");
    assert_true(conn_detached_waiting(c));
    say(c, "y");
    expect(c, "");
    conn_complete(h);
    conn_detached_run(c);
    assert_false(conn_detached_waiting(c));
    expect(c, "done\n<x><y>");
    conn_handle_unref(h);
    conn_detached_free(c);
}

static void a_completion_before_the_wait_is_not_lost(void **state)
{
    struct conn *c = begin();

    say(c, "Wx");
    expect(c, "done\n<x>");
    say(c, "w");
    assert_true(conn_detached_waiting(c)); /* and is used up */
    conn_detached_free(c);
}

static void a_wake_during_a_wait_is_remembered(void **state)
{
    struct conn *c = begin();
    struct conn_handle *h = conn_handle(c);

    say(c, "w");
    runs = 0;
    conn_wake(h);
    conn_detached_run(c);
    assert_int_equal(runs, 0);
    conn_complete(h);
    conn_detached_run(c);
    assert_int_equal(runs, 1);
    expect(c, "done\n");
    conn_handle_unref(h);
    conn_detached_free(c);
}

static void wakes_merge_and_run_once(void **state)
{
    struct conn *c = begin();
    struct conn_handle *h = conn_handle(c);

    conn_wake(h);
    conn_wake(h);
    conn_detached_run(c);
    assert_int_equal(runs, 1);
    conn_detached_run(c);
    assert_int_equal(runs, 1);
    conn_handle_unref(h);
    conn_detached_free(c);
}

static void a_wake_after_the_end_is_harmless(void **state)
{
    struct conn *c = begin();
    struct conn_handle *h = conn_handle(c);
    struct conn *next;

    conn_detached_free(c);
    next = begin(); /* likely in the same slot */
    conn_wake(h);
    conn_complete(h);
    conn_detached_run(next);
    assert_int_equal(runs, 0);
    conn_handle_unref(h);
    conn_detached_free(next);
}

static void again_goes_on_without_new_input(void **state)
{
    struct conn *c = begin();

    say(c, "axfy");
    expect(c, "again\n<x>flush\n<y>");
    conn_detached_free(c);
}

static void a_slow_reader_holds_the_generator_back(void **state)
{
    struct conn *c = begin();
    struct conn_handle *h = conn_handle(c);
    int before;

    conn_detached_stall(c, true);
    say(c, "gx");
    expect(c, "");
    assert_true(conn_out(c)->n >= CONN_OUT_HIGH);
    assert_true(conn_out(c)->n < CONN_OUT_HIGH + 200000);
    before = runs;
    conn_wake(h);
    conn_detached_run(c);
    assert_int_equal(runs, before);
    conn_detached_stall(c, false);
    conn_detached_run(c);
    assert_int_equal(conn_detached_output(c).n, 20 * 100000 + 3);
    conn_handle_unref(h);
    conn_detached_free(c);
}

static void what_came_behind_starttls_is_never_run(void **state)
{
    struct conn *c = begin();

    assert_true(conn_can_tls(c));
    say(c, "sxyz");
    expect(c, "start\n");
    assert_true(conn_is_tls(c));
    assert_false(conn_can_tls(c));
    say(c, "u");
    expect(c, "<u>");
    conn_detached_free(c);
}

static void what_came_before_the_end_is_answered(void **state)
{
    struct conn *c = begin();

    conn_detached_feed(c, STR("xa"));
    conn_detached_feed(c, STR("y"));
    conn_detached_eof(c);
    assert_false(conn_detached_run(c));
    expect(c, "<x>again\n<y>");
    assert_int_equal(closed, 1);
    conn_detached_free(c);
    assert_int_equal(closed, 1);
}

static void the_end_during_a_wait_comes_after_its_completion(void **state)
{
    struct conn *c = begin();
    struct conn_handle *h = conn_handle(c);

    say(c, "w");
    conn_detached_eof(c);
    assert_true(conn_detached_run(c));
    assert_int_equal(closed, 0);
    conn_complete(h);
    assert_false(conn_detached_run(c));
    expect(c, "done\n");
    assert_int_equal(closed, 1);
    conn_handle_unref(h);
    conn_detached_free(c);
}

static void close_sends_what_is_queued(void **state)
{
    struct conn *c = begin();

    conn_detached_stall(c, true);
    say(c, "xqy");
    expect(c, "");
    conn_detached_stall(c, false);
    assert_false(conn_detached_run(c));
    expect(c, "<x>bye\n");
    conn_detached_free(c);
}

static void silence_is_told_once_and_starts_anew(void **state)
{
    struct conn *c;

    clock_set_for_test(1000, 5000);
    c = begin();
    conn_set_timeout(c, 60);
    clock_set_for_test(1000, 5000 + 59 * 1000);
    conn_detached_run(c);
    expect(c, "");
    say(c, "x");
    expect(c, "<x>");
    clock_set_for_test(1000, 5000 + 100 * 1000);
    conn_detached_run(c);
    expect(c, "");
    clock_set_for_test(1000, 5000 + 119 * 1000);
    conn_detached_run(c);
    expect(c, "silence\n");
    conn_detached_run(c);
    expect(c, "");
    conn_detached_free(c);
    clock_set_for_test(-1, 0);
}

static void a_wait_is_not_the_peers_silence(void **state)
{
    struct conn *c;
    struct conn_handle *h;

    clock_set_for_test(1000, 5000);
    c = begin();
    h = conn_handle(c);
    conn_set_timeout(c, 60);
    say(c, "w");
    clock_set_for_test(1000, 5000 + 100 * 1000);
    conn_detached_run(c);
    conn_complete(h);
    conn_detached_run(c);
    expect(c, "done\n");
    conn_handle_unref(h);
    conn_detached_free(c);
    clock_set_for_test(-1, 0);
}

static void reading_slowly_is_not_silence(void **state)
{
    struct conn *c;

    clock_set_for_test(1000, 5000);
    c = begin();
    conn_set_timeout(c, 20);
    conn_detached_stall(c, true);
    say(c, "x");
    clock_set_for_test(1000, 5000 + 25 * 1000);
    conn_detached_run(c);
    conn_detached_stall(c, false);
    conn_detached_run(c);
    expect(c, "<x>");
    conn_detached_run(c);
    expect(c, "");
    clock_set_for_test(1000, 5000 + 45 * 1000);
    conn_detached_run(c);
    expect(c, "silence\n");
    conn_detached_free(c);
    clock_set_for_test(-1, 0);
}

static void a_wake_between_starttls_and_tls_waits(void **state)
{
    struct conn *c = begin();
    struct conn_handle *h = conn_handle(c);

    conn_detached_stall(c, true);
    say(c, "s");
    runs = 0;
    conn_wake(h);
    say(c, "x");
    assert_int_equal(runs, 0);
    assert_false(conn_is_tls(c));
    conn_detached_stall(c, false);
    conn_detached_run(c);
    assert_true(conn_is_tls(c));
    assert_int_equal(runs, 1);
    expect(c, "start\n");
    conn_handle_unref(h);
    conn_detached_free(c);
}

static void a_peer_that_never_reads_is_given_up(void **state)
{
    struct conn *c;

    clock_set_for_test(1000, 5000);
    c = begin();
    conn_detached_stall(c, true);
    say(c, "g");
    clock_set_for_test(1000, 5000 + 20 * 1000);
    assert_true(conn_detached_run(c));
    clock_set_for_test(1000, 5000 + 400 * 1000);
    assert_false(conn_detached_run(c));
    assert_int_equal(closed, 1);
    conn_detached_free(c);
    clock_set_for_test(-1, 0);
}

static void a_turn_is_over_after_sixteen_commands(void **state)
{
    struct conn *c = begin();

    clock_set_for_test(1000, 5000);
    say(c, "x");
    for (int i = 0; i < CONN_TURN_COMMANDS; i++) {
        assert_false(conn_turn_over(c));
        conn_command_done(c);
    }
    assert_true(conn_turn_over(c));
    clock_set_for_test(-1, 0);
    conn_detached_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_greeting_is_there_at_once),
        cmocka_unit_test(a_refused_connection_gets_its_text_and_ends),
        cmocka_unit_test(input_is_not_read_while_it_waits),
        cmocka_unit_test(a_completion_before_the_wait_is_not_lost),
        cmocka_unit_test(a_wake_during_a_wait_is_remembered),
        cmocka_unit_test(wakes_merge_and_run_once),
        cmocka_unit_test(a_wake_after_the_end_is_harmless),
        cmocka_unit_test(again_goes_on_without_new_input),
        cmocka_unit_test(a_slow_reader_holds_the_generator_back),
        cmocka_unit_test(what_came_behind_starttls_is_never_run),
        cmocka_unit_test(what_came_before_the_end_is_answered),
        cmocka_unit_test(the_end_during_a_wait_comes_after_its_completion),
        cmocka_unit_test(close_sends_what_is_queued),
        cmocka_unit_test(silence_is_told_once_and_starts_anew),
        cmocka_unit_test(a_wait_is_not_the_peers_silence),
        cmocka_unit_test(reading_slowly_is_not_silence),
        cmocka_unit_test(a_wake_between_starttls_and_tls_waits),
        cmocka_unit_test(a_peer_that_never_reads_is_given_up),
        cmocka_unit_test(a_turn_is_over_after_sixteen_commands),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
