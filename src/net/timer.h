/* A wheel of one-second buckets: setting, cancelling and a tick cost the timers they touch, not the
 * timers there are. Timers are lazy: one may fire early, its owner looks at its real deadline and
 * sets it again; so silence counted anew with each byte costs nothing here. */
#ifndef NET_TIMER_H
#define NET_TIMER_H

#include <pthread.h>
#include <stdint.h>

struct slot;

enum { WHEEL_BUCKETS = 1024 };

struct timer {
    struct timer *prev, *next; /* NULL: not in the wheel */
    struct slot *slot;
    uint32_t generation;
};

struct wheel {
    pthread_mutex_t lock;
    uint32_t now; /* buckets up to here have been emptied */
    struct timer heads[WHEEL_BUCKETS];
};

void wheel_init(struct wheel *w, uint32_t now);
void wheel_fini(struct wheel *w);
/* Signals SLOT_TIMER at second `at`, or earlier.  Thread: any. */
void wheel_set(struct wheel *w, struct timer *t, uint32_t at);
void wheel_cancel(struct wheel *w, struct timer *t);
/* Signals all up to `now`. */
void wheel_tick(struct wheel *w, uint32_t now);

#endif
