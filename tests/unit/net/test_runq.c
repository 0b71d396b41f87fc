/* Which job runs next, who is woken for it; the wheel of timers; the count of peers. */
#include "net/peers.h"
#include "net/runq.h"
#include "net/slot.h"
#include "net/timer.h"

#include "base/clock.h"
#include "base/mem.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

struct queue {
    struct runq q;
    struct runq_found found;
    int kick_fd;
    struct job jobs[64];
};

static void queue_init(struct queue *t, unsigned workers)
{
    *t = (struct queue){.kick_fd = eventfd(0, EFD_NONBLOCK)};
    runq_init(&t->q, workers, t->kick_fd);
}

static void queue_fini(struct queue *t)
{
    runq_fini(&t->q);
    close(t->kick_fd);
}

static uint64_t kicks(struct queue *t)
{
    uint64_t n;

    return read(t->kick_fd, &n, sizeof(n)) == sizeof(n) ? n : 0;
}

/* What a worker would run now; the poller is looked at in between. */
static struct job *take(struct queue *t, enum runq_class *class_out)
{
    struct job *j = NULL;
    enum runq_next next;

    do {
        next = runq_take(&t->q, &t->found, false, &j, class_out);
    } while (next == RUNQ_POLL);
    return next == RUNQ_RUN ? j : NULL;
}

static void input_comes_first_but_not_always(void **state)
{
    struct queue t;
    enum runq_class class;
    int second = 0;

    queue_init(&t, 8);
    for (int i = 0; i < 32; i++)
        runq_push(&t.q, &t.jobs[i], RUNQ_FIRST, false);
    for (int i = 32; i < 48; i++)
        runq_push(&t.q, &t.jobs[i], RUNQ_PUSH, false);
    for (int i = 0; i < 32; i++) {
        assert_non_null(take(&t, &class));
        second += class != RUNQ_FIRST;
    }
    assert_int_equal(second, 32 / RUNQ_SECOND_EVERY);
    queue_fini(&t);
}

static void each_list_keeps_its_order(void **state)
{
    struct queue t;
    enum runq_class class;

    queue_init(&t, 8);
    for (int i = 0; i < 10; i++)
        runq_push(&t.q, &t.jobs[i], RUNQ_PUSH, false);
    for (int i = 0; i < 10; i++)
        assert_ptr_equal(take(&t, &class), &t.jobs[i]);
    queue_fini(&t);
}

static void long_work_is_on_half_of_the_workers(void **state)
{
    struct queue t;
    enum runq_class class;

    queue_init(&t, 8);
    for (int i = 0; i < 8; i++)
        runq_push(&t.q, &t.jobs[i], RUNQ_LATER, false);
    for (int i = 0; i < 4; i++)
        assert_non_null(take(&t, &class));
    runq_push(&t.q, &t.jobs[20], RUNQ_PUSH, false);
    assert_ptr_equal(take(&t, &class), &t.jobs[20]); /* not behind long work */
    assert_null(take(&t, &class));
    t.q.idle--; /* it was told to sleep and did not */
    runq_done(&t.q, RUNQ_LATER);
    assert_ptr_equal(take(&t, &class), &t.jobs[4]);
    queue_fini(&t);
}

static void pushes_and_long_work_take_turns(void **state)
{
    struct queue t;
    enum runq_class class;
    int later = 0;

    queue_init(&t, 64);
    for (int i = 0; i < 20; i++)
        runq_push(&t.q, &t.jobs[i], i % 2 ? RUNQ_PUSH : RUNQ_LATER, false);
    for (int i = 0; i < 10; i++) {
        assert_non_null(take(&t, &class));
        later += class == RUNQ_LATER;
    }
    assert_int_equal(later, 5);
    queue_fini(&t);
}

static void one_kick_is_under_way_at_a_time(void **state)
{
    struct queue t;
    struct job *j;
    enum runq_class class;

    queue_init(&t, 8);
    runq_push(&t.q, &t.jobs[0], RUNQ_FIRST, true);
    assert_int_equal(kicks(&t), 0); /* nobody sleeps */
    assert_int_equal(runq_take(&t.q, &t.found, false, &j, &class), RUNQ_RUN);
    assert_int_equal(runq_take(&t.q, &t.found, false, &j, &class), RUNQ_SLEEP);
    assert_int_equal(runq_take(&t.q, &t.found, false, &j, &class), RUNQ_SLEEP);
    runq_push(&t.q, &t.jobs[1], RUNQ_FIRST, true);
    runq_push(&t.q, &t.jobs[2], RUNQ_FIRST, true);
    assert_int_equal(kicks(&t), 1);
    t.found.kick = true;
    assert_int_equal(runq_take(&t.q, &t.found, true, &j, &class), RUNQ_RUN);
    assert_int_equal(kicks(&t), 1); /* there is more: the next one is woken */
    queue_fini(&t);
}

/* A busy worker that only looks at the poller may harvest the kick of a sleeper. */
static void a_kick_harvested_by_another_does_not_silence_the_next(void **state)
{
    struct queue t;
    struct job *j;
    enum runq_class class;

    queue_init(&t, 8);
    assert_int_equal(runq_take(&t.q, &t.found, false, &j, &class), RUNQ_SLEEP);
    runq_push(&t.q, &t.jobs[0], RUNQ_FIRST, true);
    assert_int_equal(kicks(&t), 1);
    t.found.kick = true;
    assert_int_equal(runq_take(&t.q, &t.found, false, &j, &class), RUNQ_RUN);
    runq_push(&t.q, &t.jobs[1], RUNQ_FIRST, true);
    assert_int_equal(kicks(&t), 1);
    queue_fini(&t);
}

static void busy_workers_look_at_the_poller(void **state)
{
    struct queue t;
    struct job *j;
    enum runq_class class;
    int polls = 0;

    queue_init(&t, 8);
    for (int i = 0; i < 64; i++)
        runq_push(&t.q, &t.jobs[i], RUNQ_FIRST, false);
    for (int i = 0; i < 64; i++)
        polls += runq_take(&t.q, &t.found, false, &j, &class) == RUNQ_POLL;
    assert_int_equal(polls, 3);
    queue_fini(&t);
}

static void workers_leave_when_all_is_done(void **state)
{
    struct queue t;
    struct job *j;
    enum runq_class class;

    queue_init(&t, 8);
    runq_push(&t.q, &t.jobs[0], RUNQ_LATER, false);
    runq_end(&t.q);
    assert_int_equal(runq_take(&t.q, &t.found, false, &j, &class), RUNQ_RUN);
    assert_int_equal(runq_take(&t.q, &t.found, false, &j, &class), RUNQ_END);
    queue_fini(&t);
}

/* ---- the wheel ---- */

struct timed {
    struct timer timer;
    uint32_t generation;
};

static void timed_init(struct timed *t)
{
    t->timer = (struct timer){.slot = slot_new(NULL, NULL, &t->generation)};
    t->timer.generation = t->generation;
    slot_take(t->timer.slot);
    assert_true(slot_arm(t->timer.slot));
}

static bool fired(struct timed *t)
{
    return slot_state(t->timer.slot) == SLOT_QUEUED && slot_take(t->timer.slot) == SLOT_TIMER &&
           slot_arm(t->timer.slot);
}

static void timed_fini(struct timed *t)
{
    slot_seize(t->timer.slot);
    slot_free(t->timer.slot);
}

static void a_timer_fires_at_its_second(void **state)
{
    struct wheel *w = NEW(struct wheel);
    struct timed a, b, c;

    wheel_init(w, 1000);
    timed_init(&a);
    timed_init(&b);
    timed_init(&c);
    wheel_set(w, &a.timer, 1005);
    wheel_set(w, &b.timer, 1005);
    wheel_set(w, &c.timer, 1003);
    wheel_set(w, &c.timer, 1007); /* set anew */
    wheel_cancel(w, &b.timer);
    wheel_tick(w, 1004);
    assert_false(fired(&a));
    wheel_tick(w, 1005);
    assert_true(fired(&a));
    assert_false(fired(&b));
    assert_false(fired(&c));
    wheel_tick(w, 1006);
    assert_false(fired(&a));
    wheel_tick(w, 1500); /* a process that slept */
    assert_true(fired(&c));
    timed_fini(&a);
    timed_fini(&b);
    timed_fini(&c);
    wheel_fini(w);
    mem_free(w);
}

static void a_far_timer_fires_early_and_a_past_one_soon(void **state)
{
    struct wheel *w = NEW(struct wheel);
    struct timed far, past;

    wheel_init(w, 1000);
    timed_init(&far);
    timed_init(&past);
    wheel_set(w, &far.timer, 1000 + 86400);
    wheel_set(w, &past.timer, 10);
    wheel_tick(w, 1001);
    assert_true(fired(&past));
    assert_false(fired(&far));
    wheel_tick(w, 1000 + WHEEL_BUCKETS);
    assert_true(fired(&far));
    timed_fini(&far);
    timed_fini(&past);
    wheel_fini(w);
    mem_free(w);
}

static void a_timer_of_an_ended_connection_does_nothing(void **state)
{
    struct wheel *w = NEW(struct wheel);
    struct timed old, next;

    wheel_init(w, 1000);
    timed_init(&old);
    wheel_set(w, &old.timer, 1001);
    timed_fini(&old);
    timed_init(&next);
    assert_ptr_equal(next.timer.slot, old.timer.slot);
    wheel_tick(w, 1001);
    assert_false(fired(&next));
    timed_fini(&next);
    wheel_fini(w);
    mem_free(w);
}

/* ---- peers ---- */

static struct peer_key peer(const char *text, char *said, bool *loopback)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};

    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
        return peer_of((struct sockaddr *)&v4, said, loopback);
    assert_int_equal(inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
    return peer_of((struct sockaddr *)&v6, said, loopback);
}

static void peers_are_named_and_told_apart(void **state)
{
    static const struct {
        const char *address, *text;
        bool loopback;
        int key;
    } rows[] = {
        {"192.0.2.1", "192.0.2.1", false, 4},
        {"127.0.0.9", "127.0.0.9", true, 4},
        {"::1", "::1", true, 8},
        {"2001:db8:1:2:3:4:5:6", "2001:db8:1:2:3:4:5:6", false, 8},
        {"::ffff:192.0.2.1", "192.0.2.1", false, 4},
        {"::ffff:127.0.0.1", "127.0.0.1", true, 4},
    };
    char said[46];
    bool loopback;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_int_equal(peer(rows[i].address, said, &loopback).n, rows[i].key);
        assert_string_equal(said, rows[i].text);
        assert_int_equal(loopback, rows[i].loopback);
    }
}

static void a_network_of_addresses_is_one_peer(void **state)
{
    struct peers p;
    char said[46];
    bool loopback;

    peers_init(&p);
    assert_true(peers_add(&p, peer("2001:db8::1", said, &loopback), 2));
    assert_true(peers_add(&p, peer("2001:db8::2", said, &loopback), 2));
    assert_false(peers_add(&p, peer("2001:db8::3", said, &loopback), 2));
    assert_true(peers_add(&p, peer("2001:db8:0:1::3", said, &loopback), 2));
    peers_remove(&p, peer("2001:db8::2", said, &loopback));
    assert_true(peers_add(&p, peer("2001:db8::3", said, &loopback), 2));
    peers_remove(&p, peer("2001:db8::1", said, &loopback));
    peers_remove(&p, peer("2001:db8::3", said, &loopback));
    peers_remove(&p, peer("2001:db8:0:1::3", said, &loopback));
    assert_int_equal(map_count(p.counts), 0); /* who is gone takes no room */
    peers_fini(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(input_comes_first_but_not_always),
        cmocka_unit_test(each_list_keeps_its_order),
        cmocka_unit_test(long_work_is_on_half_of_the_workers),
        cmocka_unit_test(pushes_and_long_work_take_turns),
        cmocka_unit_test(one_kick_is_under_way_at_a_time),
        cmocka_unit_test(a_kick_harvested_by_another_does_not_silence_the_next),
        cmocka_unit_test(busy_workers_look_at_the_poller),
        cmocka_unit_test(workers_leave_when_all_is_done),
        cmocka_unit_test(a_timer_fires_at_its_second),
        cmocka_unit_test(a_far_timer_fires_early_and_a_past_one_soon),
        cmocka_unit_test(a_timer_of_an_ended_connection_does_nothing),
        cmocka_unit_test(peers_are_named_and_told_apart),
        cmocka_unit_test(a_network_of_addresses_is_one_peer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
