/*
 * net/worker.c - what a worker does: takes from the run queues, runs connections' turns and jobs,
 * and sleeps in the poller when there is nothing.
 *
 * The one place where the state word meets the poller (protocols.md 3).  One-shot arming: an event
 * is delivered once and turned into a sign.  The runner arms first and lets go of the word
 * afterwards; an event between the two leaves SLOT_EVENT, and letting go fails.  A connection that
 * is still armed for what it wants (it ran because of a wake) is not armed again.
 */
#include "base/check.h"
#include "base/mem.h"
#include "net/pool_priv.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

enum {
    EVENTS = 64,
    OUT_FIRST = 16 * 1024,
    OUT_KEEP = 2 * CONN_OUT_HIGH, /* a buffer larger than this is not kept for the next turn */
};

/* ---- buffers ---- */

/* The worker's own buffers serve each turn; an idle connection has none, and one with a part of a
 * command only so many bytes as that has. */
static _Thread_local struct buf spare_in, spare_out;

static void lend_buffers(struct conn *c)
{
    struct buf mine = c->in;

    if (!spare_in.p)
        spare_in = (struct buf){.p = mem_raw(CONN_IN_MAX), .cap = CONN_IN_MAX, .max = CONN_IN_MAX};
    c->in = spare_in;
    c->in.n = mine.n;
    if (mine.n)
        memcpy(c->in.p, mine.p, mine.n);
    spare_in = BUF_INIT;
    buf_fini(&mine);

    if (c->out.p)
        return;
    if (!spare_out.p)
        spare_out = (struct buf){.p = mem_raw(OUT_FIRST), .cap = OUT_FIRST};
    c->out = spare_out;
    spare_out = BUF_INIT;
}

static void take_in_back(struct conn *c)
{
    struct str rest = conn_input(c);
    struct buf mine = BUF_MAX(CONN_IN_MAX);

    if (!c->in.p)
        return; /* thrown away by STARTTLS */
    if (rest.n)
        mine = (struct buf){.p = mem_raw(rest.n), .n = rest.n, .cap = rest.n, .max = CONN_IN_MAX};
    if (rest.n)
        memcpy(mine.p, rest.p, rest.n);
    spare_in = c->in;
    spare_in.n = 0;
    c->in = mine;
    c->in_at = 0;
}

static void take_buffers_back(struct conn *c)
{
    take_in_back(c);
    if (conn_out_left(c))
        return;
    buf_clear(&c->out);
    c->out_at = 0;
    if (spare_out.p || c->out.cap > OUT_KEEP) {
        buf_fini(&c->out);
        return;
    }
    spare_out = c->out;
    c->out = BUF_INIT;
}

static void free_spares(void)
{
    buf_fini(&spare_in);
    buf_fini(&spare_out);
}

/* ---- one turn ---- */

void poll_arm(struct pool *p, int op, int fd, uint32_t mask, uint64_t data)
{
    struct epoll_event ev = {.events = mask | EPOLLONESHOT, .data.u64 = data};
    int rc = epoll_ctl(p->epoll_fd, op, fd, &ev);

    check(rc == 0);
}

/* false: the kernel has no room for one more descriptor (max_user_watches). */
static bool sock_arm(struct sock *k)
{
    uint32_t mask = sock_wants(k);
    struct epoll_event ev = {.events = mask | EPOLLONESHOT,
                             .data.u64 = (uint64_t)k->c.generation << 32 | k->c.slot->index};
    int rc;

    sock_acknowledge(k);
    SLOT_ARROW();
    if (k->polled && k->armed == mask)
        return true;
    rc = epoll_ctl(k->pool->epoll_fd, k->polled ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, k->fd, &ev);
    check(rc == 0 || !k->polled);
    k->polled = rc == 0;
    k->armed = mask;
    SLOT_ARROW();
    return rc == 0;
}

/* The timer in the wheel is never later than the deadline; it may be earlier. */
static void sock_set_timer(struct sock *k)
{
    uint32_t at = conn_deadline(&k->c);

    if (at >= k->timer_at)
        return;
    k->timer_at = at;
    wheel_set(&k->pool->wheel, &k->timer, at);
}

static void sock_count(struct sock *k)
{
    if (!k->counted_unknown || !k->c.known)
        return;
    k->counted_unknown = false;
    atomic_fetch_sub(&k->pool->unknown, 1);
}

static void requeue(struct pool *p, struct slot *s, enum runq_class class)
{
    slot_requeue(s);
    runq_push(&p->runq, &s->job, class, false);
}

void pool_run_conn(struct job *j)
{
    struct slot *s = CONTAINER_OF(j, struct slot, job);
    unsigned signs = slot_take(s);
    struct conn *c = s->conn;
    struct sock *k = sock_of(c);
    struct pool *p = k->pool;
    enum turn why;

    if (signs & SLOT_EVENT)
        k->armed = 0;
    if (signs & SLOT_TIMER)
        k->timer_at = UINT32_MAX;
    lend_buffers(c);
    why = conn_turn(c, signs);
    take_buffers_back(c);
    if (why == TURN_END) {
        sock_free(k);
        return;
    }
    sock_count(k);
    sock_set_timer(k);
    if (why == TURN_ARM) {
        c->broken |= !sock_arm(k);
        if (!c->broken && slot_arm(s))
            return; /* from here on it may be another worker's */
    } else if (why == TURN_WAIT) {
        if (slot_wait(s))
            return;
        conn_completed(c);
    }
    requeue(p, s, why == TURN_AGAIN && c->long_work ? RUNQ_LATER : RUNQ_FIRST);
}

/* ---- pushing ---- */

void pool_push(struct slot_queue *q, struct slot *s, bool first)
{
    struct pool *p = CONTAINER_OF(q, struct pool, queue);

    runq_push(&p->runq, &s->job, first ? RUNQ_FIRST : RUNQ_PUSH, true);
}

void pool_submit(struct exec *x, struct job *j, enum job_prio prio)
{
    struct pool *p = CONTAINER_OF(x, struct pool, exec);

    runq_push(&p->runq, j, prio == JOB_FIRST ? RUNQ_FIRST : RUNQ_LATER, true);
}

/* ---- the poller ---- */

static void special_event(struct pool *p, uint32_t which, struct runq_found *found)
{
    struct listener *l;

    found->kick |= which == POLL_KICK;
    if (which == POLL_TICK && !atomic_exchange(&p->tick_queued, true))
        job_list_add(&found->jobs, &p->tick);
    if (which < POLL_LISTENER)
        return;
    l = p->listeners[which - POLL_LISTENER];
    if (!atomic_exchange(&l->queued, true))
        job_list_add(&found->jobs, &l->job);
}

static void conn_event(uint32_t index, uint32_t generation, struct runq_found *found)
{
    struct slot *s = slot_at(index);

    if (s && slot_signal(s, generation, SLOT_EVENT))
        job_list_add(&found->jobs, &s->job);
}

static void poll_once(struct pool *p, int timeout, struct runq_found *found)
{
    struct epoll_event ev[EVENTS];
    int n = epoll_wait(p->epoll_fd, ev, EVENTS, timeout);

    check(n >= 0 || errno == EINTR);
    for (int i = 0; i < n; i++) {
        uint32_t generation = (uint32_t)(ev[i].data.u64 >> 32);

        SLOT_ARROW();
        if (generation)
            conn_event((uint32_t)ev[i].data.u64, generation, found);
        else
            special_event(p, (uint32_t)ev[i].data.u64, found);
    }
}

void *worker_main(void *pool)
{
    struct pool *p = pool;
    struct runq_found found = {0};
    struct job *j = NULL;
    enum runq_class class = RUNQ_FIRST;
    enum runq_next next = runq_take(&p->runq, &found, false, &j, &class);

    while (next != RUNQ_END) {
        if (next == RUNQ_RUN) {
            j->fn(j);
            runq_done(&p->runq, class);
        } else {
            poll_once(p, next == RUNQ_SLEEP ? -1 : 0, &found);
        }
        next = runq_take(&p->runq, &found, next == RUNQ_SLEEP, &j, &class);
    }
    free_spares();
    return NULL;
}
