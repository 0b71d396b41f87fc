/*
 * net/timer.c - the wheel.
 */
#include "net/timer.h"

#include "net/slot.h"

#include <stddef.h>

void wheel_init(struct wheel *w, uint32_t now)
{
    pthread_mutex_init(&w->lock, NULL);
    w->now = now;
    for (int i = 0; i < WHEEL_BUCKETS; i++)
        w->heads[i].prev = w->heads[i].next = &w->heads[i];
}

void wheel_fini(struct wheel *w)
{
    pthread_mutex_destroy(&w->lock);
}

static void unlink_locked(struct timer *t)
{
    if (!t->next)
        return;
    t->prev->next = t->next;
    t->next->prev = t->prev;
    t->prev = t->next = NULL;
}

/* Beyond the horizon it fires early, at the horizon. */
static struct timer *bucket_locked(struct wheel *w, uint32_t at)
{
    uint32_t ahead = at > w->now ? at - w->now : 1;

    if (ahead >= WHEEL_BUCKETS)
        ahead = WHEEL_BUCKETS - 1;
    return &w->heads[(w->now + ahead) % WHEEL_BUCKETS];
}

void wheel_set(struct wheel *w, struct timer *t, uint32_t at)
{
    struct timer *head;

    pthread_mutex_lock(&w->lock);
    unlink_locked(t);
    head = bucket_locked(w, at);
    t->prev = head->prev;
    t->next = head;
    t->prev->next = t;
    head->prev = t;
    pthread_mutex_unlock(&w->lock);
}

void wheel_cancel(struct wheel *w, struct timer *t)
{
    pthread_mutex_lock(&w->lock);
    unlink_locked(t);
    pthread_mutex_unlock(&w->lock);
}

/* false: the bucket is empty. */
static bool take_one(struct wheel *w, struct timer *head, struct slot **slot_out,
                     uint32_t *generation_out)
{
    struct timer *t;

    pthread_mutex_lock(&w->lock);
    t = head->next;
    if (t != head) {
        *slot_out = t->slot;
        *generation_out = t->generation;
        unlink_locked(t);
    }
    pthread_mutex_unlock(&w->lock);
    return t != head;
}

static void signal_bucket(struct wheel *w, struct timer *head)
{
    struct slot *s;
    uint32_t generation;

    while (take_one(w, head, &s, &generation)) {
        if (slot_signal(s, generation, SLOT_TIMER))
            slot_push(s, false);
    }
}

void wheel_tick(struct wheel *w, uint32_t now)
{
    uint32_t from, steps;

    pthread_mutex_lock(&w->lock);
    from = w->now;
    steps = now > from ? now - from : 0;
    w->now = steps ? now : from;
    pthread_mutex_unlock(&w->lock);
    if (steps > WHEEL_BUCKETS)
        steps = WHEEL_BUCKETS;
    for (uint32_t i = 1; i <= steps; i++)
        signal_bucket(w, &w->heads[(from + i) % WHEEL_BUCKETS]);
}
