/* One atomic word per connection: who may touch it now.  Every thread that has something for a
 * connection goes through these functions; only the worker that holds it in SLOT_RUNNING touches
 * the connection itself (protocols.md 3).
 *
 *            signal                     take                      arm, no sign
 *   ARMED ------------> QUEUED ------------------> RUNNING -----------------------> ARMED
 *                         ^  ^                      | | |
 *                         |  +-------requeue--------+ | +---free---> DEAD (next generation)
 *                         +--complete-- WAITING <-wait+
 *
 * A signal in any other state than ARMED only leaves its sign, which `take`, `arm` and `requeue`
 * see; a completion in any other state than WAITING leaves SLOT_COMPLETED, which the next `wait`
 * sees. */
#ifndef NET_SLOT_H
#define NET_SLOT_H

#include "base/exec.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct conn;
struct slot;

/* Where a slot goes when it becomes QUEUED. */
struct slot_queue {
    void (*push)(struct slot_queue *q, struct slot *s, bool first);
};

enum slot_state { SLOT_DEAD, SLOT_ARMED, SLOT_QUEUED, SLOT_RUNNING, SLOT_WAITING };

enum slot_sign {
    SLOT_EVENT = 1 << 8, /* the poller saw something; its one shot is used up */
    SLOT_WOKEN = 1 << 9,
    SLOT_TIMER = 1 << 10,
    SLOT_STOP = 1 << 11,
    SLOT_COMPLETED = 1 << 12,
};

struct slot {
    _Atomic uint64_t word;              /* generation << 32 | signs | state */
    struct job job;                     /* in the run queue while QUEUED */
    struct conn *conn;                  /* the runner's */
    _Atomic(struct slot_queue *) queue; /* NULL: detached */
    uint32_t index;
};

/* Slots live as long as the process, so a late event or wake finds a word it can compare. New ones
 * are QUEUED, but in no queue yet. */
struct slot *slot_new(struct slot_queue *q, struct conn *c, uint32_t *generation_out);
/* NULL: there never was one of this number.  Thread: any. */
struct slot *slot_at(uint32_t index);
uint32_t slot_count(void); /* slots there have ever been */

/* true: the slot went to QUEUED and the caller puts it on its queue (slot_push).  Thread: any. */
bool slot_signal(struct slot *s, uint32_t generation, enum slot_sign sign);
bool slot_complete(struct slot *s, uint32_t generation);
/* As slot_signal, whichever connection of `q` lives there now. */
bool slot_signal_in(struct slot *s, const struct slot_queue *q, enum slot_sign sign);

/* Thread: whoever took it from the run queue. Returns the signs, without SLOT_COMPLETED. */
unsigned slot_take(struct slot *s);
bool slot_arm(struct slot *s);     /* false: a sign came, it is still running */
bool slot_wait(struct slot *s);    /* false: already completed, it is still running */
void slot_requeue(struct slot *s); /* the caller puts it on its queue */
void slot_free(struct slot *s);
/* Takes it in whatever state it is.  Thread: all others are known to leave it alone. */
void slot_seize(struct slot *s);

void slot_push(struct slot *s, bool first);

enum slot_state slot_state(const struct slot *s);

/* Tests are compiled with a function here that may yield, at each arrow. */
#ifdef NET_TEST_ARROW
void net_test_arrow(void);
#define SLOT_ARROW() net_test_arrow()
#else
#define SLOT_ARROW() ((void)0)
#endif

#endif
