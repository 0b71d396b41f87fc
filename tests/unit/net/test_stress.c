/* Wakes, completions, input, ends and reused slots against each other, with a yield at each arrow
 * of the state word. Run under the thread sanitizer, too.  Prints its seed. */
#include "net/pool.h"
#include "net/slot.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "server.h"

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

enum { PAIRS = 24, WAKERS = 3, COMPLETERS = 2, ROUNDS = 60, LINES = 20 };

static uint64_t seed;

static uint32_t dice(uint32_t sides)
{
    static _Atomic uint64_t threads;
    static _Thread_local uint64_t x;

    if (!x)
        x = (seed + atomic_fetch_add(&threads, 1)) * 0x9e3779b97f4a7c15u | 1;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return (uint32_t)(x >> 33) % sides;
}

void net_test_arrow(void)
{
    uint32_t d = dice(64);

    if (d < 8)
        sched_yield();
    else if (d == 8)
        usleep(dice(50));
}

/* ---- the door: everything a protocol may do, at random ---- */

struct storm {
    struct conn *c;
    struct conn_handle *h;
    struct spot *spot;
    int inside; /* not atomic on purpose: two workers at once are a data race */
    bool waiting;
    _Atomic bool may_complete; /* a completer has been asked */
    uint64_t seen;             /* of spot->posted */
    struct job job;
};

/* Where wakers find whom to wake. */
struct spot {
    pthread_mutex_t lock;
    struct conn_handle *h;
    struct storm *session; /* under the lock */
    uint64_t posted;       /* under the lock: what the session must see after its wake */
};

static struct spot spots[PAIRS];
static _Atomic uint32_t next_spot;
static _Atomic uint64_t opened, closed;

/* completions asked for */
static pthread_mutex_t asked_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t asked_cond = PTHREAD_COND_INITIALIZER;
static struct conn_handle *asked[PAIRS * 2];
static size_t asked_n;
static _Atomic bool over;

static void ask_completion(struct conn_handle *h)
{
    pthread_mutex_lock(&asked_lock);
    check(asked_n < ARRAY_LEN(asked));
    asked[asked_n++] = h;
    pthread_cond_signal(&asked_cond);
    pthread_mutex_unlock(&asked_lock);
}

static void *completer_main(void *arg)
{
    struct conn_handle *h;

    pthread_mutex_lock(&asked_lock);
    while (!over || asked_n) {
        if (!asked_n) {
            pthread_cond_wait(&asked_cond, &asked_lock);
            continue;
        }
        h = asked[--asked_n];
        pthread_mutex_unlock(&asked_lock);
        if (dice(3) == 0)
            usleep(dice(200));
        conn_complete(h);
        conn_handle_unref(h);
        pthread_mutex_lock(&asked_lock);
    }
    pthread_mutex_unlock(&asked_lock);
    return arg;
}

static void *waker_main(void *arg)
{
    struct conn_handle *h;
    struct spot *spot;

    while (!over) {
        spot = &spots[dice(PAIRS)];
        pthread_mutex_lock(&spot->lock);
        h = spot->h;
        if (h && dice(2) == 0) {
            spot->posted++;
            conn_wake(h);
        }
        pthread_mutex_unlock(&spot->lock);
        if (dice(8) == 0)
            usleep(dice(100));
    }
    return arg;
}

static void *storm_open(struct door *d, struct conn *c)
{
    struct storm *s = NEW(struct storm);

    s->c = c;
    s->h = conn_handle(c);
    s->spot = &spots[atomic_fetch_add(&next_spot, 1) % PAIRS];
    pthread_mutex_lock(&s->spot->lock);
    if (!s->spot->h) {
        s->spot->h = conn_handle(c);
        s->spot->session = s;
        s->spot->posted = 0;
    }
    pthread_mutex_unlock(&s->spot->lock);
    atomic_fetch_add(&opened, 1);
    return s;
}

static void look(struct storm *s)
{
    pthread_mutex_lock(&s->spot->lock);
    if (s->spot->session == s)
        s->seen = s->spot->posted;
    pthread_mutex_unlock(&s->spot->lock);
}

static enum conn_step storm_wait(struct storm *s)
{
    s->waiting = true;
    s->may_complete = true;
    if (dice(4) == 0) {
        conn_complete(s->h); /* before the wait */
        return CONN_WAIT;
    }
    ask_completion(conn_handle(s->c));
    return CONN_WAIT;
}

static enum conn_step storm_step(struct storm *s)
{
    struct str in;
    size_t nl;

    look(s);
    for (;;) {
        in = conn_input(s->c);
        nl = str_find(in, '\n');
        if (nl == in.n)
            return CONN_READ;
        buf_add(conn_out(s->c), in.p, nl + 1);
        conn_used(s->c, nl + 1);
        switch (dice(8)) {
        case 0:
            return storm_wait(s);
        case 1:
            return CONN_AGAIN;
        case 2:
            return CONN_FLUSH;
        default:
            break;
        }
    }
}

static enum conn_step storm_run(void *session)
{
    struct storm *s = session;
    enum conn_step step;

    check(s->inside++ == 0);
    check(!s->waiting || s->may_complete);
    s->waiting = false;
    s->may_complete = false;
    step = storm_step(s);
    s->inside--;
    return step;
}

static void storm_close(void *session)
{
    struct storm *s = session;
    struct spot *spot = s->spot;

    check(s->inside == 0 && !s->waiting);
    pthread_mutex_lock(&spot->lock);
    if (spot->session == s) {
        conn_handle_unref(spot->h);
        spot->h = NULL;
        spot->session = NULL;
    }
    pthread_mutex_unlock(&spot->lock);
    conn_handle_unref(s->h);
    mem_free(s);
    atomic_fetch_add(&closed, 1);
}

static struct door storm_door = {
    .name = "storm", .open = storm_open, .run = storm_run, .close = storm_close};

/* ---- the peers ---- */

struct peer {
    struct pool *pool;
    pthread_t thread;
};

static void peer_hear(int fd, size_t n)
{
    char got[64];
    ssize_t m;

    while (n) {
        m = recv(fd, got, n < sizeof(got) ? n : sizeof(got), 0);
        check(m > 0);
        n -= (size_t)m;
    }
}

static void peer_talk(int fd)
{
    size_t owed = 0;

    for (int i = 0; i < LINES; i++) {
        check(send(fd, "0123456\n", 8, MSG_NOSIGNAL) == 8);
        owed += 8;
        if (dice(2)) {
            peer_hear(fd, owed);
            owed = 0;
        }
    }
    if (dice(2))
        peer_hear(fd, owed);
}

static void *peer_main(void *arg)
{
    struct peer *p = arg;
    struct timeval limit = {.tv_sec = 30};
    int pair[2];

    for (int i = 0; i < test_scale(ROUNDS); i++) {
        check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
        setsockopt(pair[1], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
        check(pool_adopt(p->pool, &storm_door, pair[0]) == ERR_OK);
        peer_talk(pair[1]);
        if (dice(2))
            shutdown(pair[1], SHUT_WR);
        close(pair[1]);
    }
    return NULL;
}

static void set_over(bool on)
{
    pthread_mutex_lock(&asked_lock);
    over = on;
    pthread_cond_broadcast(&asked_cond);
    pthread_mutex_unlock(&asked_lock);
}

static void every_session_runs_alone_and_ends_once(void **state)
{
    struct pool_options o = {.workers = 8};
    struct peer peers[PAIRS];
    pthread_t helpers[WAKERS + COMPLETERS];
    enum err e;
    struct pool *p = pool_new(&o, &e);

    set_over(false);
    opened = closed = 0;
    for (int i = 0; i < PAIRS; i++)
        pthread_mutex_init(&spots[i].lock, NULL);
    for (int i = 0; i < WAKERS + COMPLETERS; i++)
        pthread_create(&helpers[i], NULL, i < WAKERS ? waker_main : completer_main, NULL);
    pool_start(p);
    for (int i = 0; i < PAIRS; i++) {
        peers[i].pool = p;
        pthread_create(&peers[i].thread, NULL, peer_main, &peers[i]);
    }
    for (int i = 0; i < PAIRS; i++)
        pthread_join(peers[i].thread, NULL);
    assert_true(test_until(&closed, (uint64_t)PAIRS * (uint64_t)test_scale(ROUNDS)));
    assert_int_equal(opened, closed);
    set_over(true);
    for (int i = 0; i < WAKERS + COMPLETERS; i++)
        pthread_join(helpers[i], NULL);
    pool_free(p);
}

static bool spot_is_told(struct spot *spot)
{
    bool told = false;

    for (int i = 0; i < 1000 && !told; i++) {
        pthread_mutex_lock(&spot->lock);
        told = spot->posted > 0 && spot->session->seen == spot->posted;
        pthread_mutex_unlock(&spot->lock);
        usleep(told ? 0 : 10000);
    }
    return told;
}

/* A wake is never lost: after the storm each session has seen what was posted before its last wake.
 */
static void no_wake_is_lost(void **state)
{
    struct pool_options o = {.workers = 8};
    pthread_t wakers[WAKERS];
    int fds[PAIRS][2];
    enum err e;
    struct pool *p = pool_new(&o, &e);

    set_over(false);
    opened = closed = 0;
    next_spot = 0;
    pool_start(p);
    for (int i = 0; i < PAIRS; i++) {
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds[i]), 0);
        assert_int_equal(pool_adopt(p, &storm_door, fds[i][0]), ERR_OK);
    }
    assert_true(test_until(&opened, PAIRS));
    for (int i = 0; i < WAKERS; i++)
        pthread_create(&wakers[i], NULL, waker_main, NULL);
    for (int i = 0; i < test_scale(50); i++)
        usleep(10000);
    set_over(true);
    for (int i = 0; i < WAKERS; i++)
        pthread_join(wakers[i], NULL);
    for (int i = 0; i < PAIRS; i++)
        assert_true(spot_is_told(&spots[i]));
    for (int i = 0; i < PAIRS; i++)
        close(fds[i][1]);
    pool_free(p);
    assert_int_equal(closed, PAIRS);
}

/* Jobs from everywhere, of both kinds: each runs once, long ones on at most half of the workers. */
struct work {
    struct job job;
    struct exec *x;
    _Atomic int runs;
};

static _Atomic int long_now, long_most;
static _Atomic uint64_t jobs_done;

static void long_job(struct job *j)
{
    int now = atomic_fetch_add(&long_now, 1) + 1;

    while (now > long_most)
        long_most = now;
    usleep(dice(300));
    atomic_fetch_sub(&long_now, 1);
    atomic_fetch_add(&CONTAINER_OF(j, struct work, job)->runs, 1);
    atomic_fetch_add(&jobs_done, 1);
}

static void short_job(struct job *j)
{
    atomic_fetch_add(&CONTAINER_OF(j, struct work, job)->runs, 1);
    atomic_fetch_add(&jobs_done, 1);
}

static void jobs_run_once_and_leave_workers_free(void **state)
{
    enum { JOBS = 400 };
    static struct work work[JOBS];
    struct pool_options o = {.workers = 8};
    enum err e;
    struct pool *p = pool_new(&o, &e);

    pool_start(p);
    for (int i = 0; i < JOBS; i++) {
        work[i].job.fn = i % 2 ? long_job : short_job;
        exec_submit(pool_exec(p), &work[i].job, i % 2 ? JOB_LATER : JOB_FIRST);
        if (dice(10) == 0)
            usleep(dice(300));
    }
    pool_free(p); /* waits for all of them */
    assert_int_equal(jobs_done, JOBS);
    assert_true(long_most <= 4);
    for (int i = 0; i < JOBS; i++)
        assert_int_equal(work[i].runs, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_session_runs_alone_and_ends_once),
        cmocka_unit_test(no_wake_is_lost),
        cmocka_unit_test(jobs_run_once_and_leave_workers_free),
    };
    const char *given = getenv("SEED");

    seed = given ? strtoull(given, NULL, 10) : (uint64_t)clock_mono_us();
    printf("SEED=%llu\n", (unsigned long long)seed);
    log_setup(LOG_ERROR, LOG_OFF);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
