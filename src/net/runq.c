/*
 * net/runq.c - three lists and one lock.
 *
 * Idle workers all sleep in the poller, so an event wakes exactly the one that will handle it, and
 * no role is handed over.  Work that comes from inside wakes one by the kick descriptor; each that
 * finds more than it can take wakes the next.
 *
 * 1. A worker counts as idle under the same lock under which it found nothing: a push after that
 *    sees it and kicks.
 * 2. `kicked` is set from the write until somebody has harvested its event: that one will look, so
 *    nobody kicks again meanwhile, and no two writes melt into one event.
 */
#include "net/runq.h"

#include "base/check.h"

#include <string.h>
#include <unistd.h>

void job_list_add(struct job_list *l, struct job *j)
{
    j->next = NULL;
    if (l->tail)
        l->tail->next = j;
    else
        l->head = j;
    l->tail = j;
    l->n++;
}

static struct job *job_list_take(struct job_list *l)
{
    struct job *j = l->head;

    l->head = j->next;
    if (!l->head)
        l->tail = NULL;
    l->n--;
    return j;
}

static void job_list_move(struct job_list *to, struct job_list *from)
{
    if (!from->n)
        return;
    if (to->tail)
        to->tail->next = from->head;
    else
        to->head = from->head;
    to->tail = from->tail;
    to->n += from->n;
    *from = (struct job_list){0};
}

void runq_init(struct runq *q, unsigned workers, int kick_fd)
{
    *q = (struct runq){.kick_fd = kick_fd, .later_max = workers / 2 ? workers / 2 : 1};
    pthread_mutex_init(&q->lock, NULL);
}

void runq_fini(struct runq *q)
{
    pthread_mutex_destroy(&q->lock);
}

static bool later_may_run(const struct runq *q)
{
    return q->lists[RUNQ_LATER].n && q->later_running < q->later_max;
}

static bool has_work_locked(const struct runq *q)
{
    return q->lists[RUNQ_FIRST].n || q->lists[RUNQ_PUSH].n || later_may_run(q);
}

static bool should_kick_locked(struct runq *q)
{
    if (!q->idle || q->kicked)
        return false;
    q->kicked = true;
    return true;
}

static void kick(struct runq *q)
{
    uint64_t one = 1;
    ssize_t n = write(q->kick_fd, &one, sizeof(one));

    check(n == sizeof(one));
}

void runq_push(struct runq *q, struct job *j, enum runq_class class, bool wake)
{
    bool kicks;

    pthread_mutex_lock(&q->lock);
    job_list_add(&q->lists[class], j);
    kicks = wake && has_work_locked(q) && should_kick_locked(q);
    pthread_mutex_unlock(&q->lock);
    if (kicks)
        kick(q);
}

/* Of the two that come second. */
static bool choose_second_locked(struct runq *q, enum runq_class *out)
{
    bool push = q->lists[RUNQ_PUSH].n, later = later_may_run(q);

    if (!push && !later)
        return false;
    *out = later && (q->later_next || !push) ? RUNQ_LATER : RUNQ_PUSH;
    q->later_next = *out == RUNQ_PUSH;
    return true;
}

static bool choose_locked(struct runq *q, enum runq_class *out)
{
    bool first = q->lists[RUNQ_FIRST].n;

    if ((!first || q->since_second + 1 >= RUNQ_SECOND_EVERY) && choose_second_locked(q, out)) {
        q->since_second = 0;
        return true;
    }
    *out = RUNQ_FIRST;
    q->since_second++;
    return first;
}

static enum runq_next next_locked(struct runq *q, struct job **job_out, enum runq_class *class_out)
{
    if (q->since_poll >= RUNQ_POLL_EVERY && !q->ending) {
        q->since_poll = 0;
        return RUNQ_POLL;
    }
    if (!choose_locked(q, class_out)) {
        q->idle += !q->ending;
        return q->ending ? RUNQ_END : RUNQ_SLEEP;
    }
    *job_out = job_list_take(&q->lists[*class_out]);
    q->later_running += *class_out == RUNQ_LATER;
    q->since_poll++;
    return RUNQ_RUN;
}

enum runq_next runq_take(struct runq *q, struct runq_found *found, bool was_idle,
                         struct job **job_out, enum runq_class *class_out)
{
    enum runq_next next;
    bool kicks;

    pthread_mutex_lock(&q->lock);
    job_list_move(&q->lists[RUNQ_FIRST], &found->jobs);
    q->kicked = q->kicked && !found->kick;
    found->kick = false;
    if (was_idle) {
        q->since_poll = 0;
        q->idle--;
    }
    next = next_locked(q, job_out, class_out);
    kicks = next == RUNQ_END ? q->idle > 0
                             : next != RUNQ_SLEEP && has_work_locked(q) && should_kick_locked(q);
    pthread_mutex_unlock(&q->lock);
    if (kicks)
        kick(q);
    return next;
}

void runq_done(struct runq *q, enum runq_class class)
{
    if (class != RUNQ_LATER)
        return;
    pthread_mutex_lock(&q->lock);
    q->later_running--;
    pthread_mutex_unlock(&q->lock);
}

void runq_end(struct runq *q)
{
    pthread_mutex_lock(&q->lock);
    q->ending = true;
    pthread_mutex_unlock(&q->lock);
    kick(q);
}

void runq_count(struct runq *q, uint64_t *first_out, uint64_t *later_out)
{
    pthread_mutex_lock(&q->lock);
    *first_out = q->lists[RUNQ_FIRST].n;
    *later_out = q->lists[RUNQ_PUSH].n + q->lists[RUNQ_LATER].n;
    pthread_mutex_unlock(&q->lock);
}
