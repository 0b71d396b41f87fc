/*
 * net/slot.c - the state word and the table of slots.
 *
 * 1. QUEUED is entered by exactly one thread, which then pushes; so a slot is in a run queue at
 *    most once.
 * 2. Only the thread that made QUEUED -> RUNNING leaves RUNNING.
 * 3. A sign is set before the state is looked at again: it is seen by whoever leaves the state it
 *    was set in.
 * 4. DEAD raises the generation; what still carries the old one does nothing.
 */
#include "net/slot.h"

#include "base/check.h"
#include "base/mem.h"

#include <pthread.h>

enum {
    BLOCK_SLOTS = 1024,
    BLOCKS = 4096, /* four million connections */
    STATE_MASK = 0xff,
};

/* What keeps `arm` from letting go. */
#define SIGNS ((uint64_t)(SLOT_EVENT | SLOT_WOKEN | SLOT_TIMER | SLOT_STOP))

static struct {
    pthread_mutex_t lock;
    _Atomic(struct slot *) blocks[BLOCKS];
    _Atomic uint32_t used; /* slots handed out at least once */
    struct job *free;
} table = {.lock = PTHREAD_MUTEX_INITIALIZER};

static uint32_t word_generation(uint64_t w)
{
    return (uint32_t)(w >> 32);
}

static unsigned word_state(uint64_t w)
{
    return w & STATE_MASK;
}

static uint64_t word_with(uint64_t w, enum slot_state state)
{
    return (w & ~(uint64_t)STATE_MASK) | state;
}

static bool word_cas(struct slot *s, uint64_t *from, uint64_t to)
{
    bool done;

    SLOT_ARROW();
    done = atomic_compare_exchange_weak(&s->word, from, to);
    SLOT_ARROW();
    return done;
}

/* ---- the table ---- */

static struct slot *slot_first_use(void)
{
    uint32_t index = table.used;
    uint32_t block = index / BLOCK_SLOTS;
    struct slot *slots;

    check(block < BLOCKS);
    slots = table.blocks[block];
    if (!slots) {
        slots = NEW_ARRAY(struct slot, BLOCK_SLOTS);
        table.blocks[block] = slots;
    }
    slots[index % BLOCK_SLOTS].index = index;
    table.used = index + 1;
    return &slots[index % BLOCK_SLOTS];
}

struct slot *slot_new(struct slot_queue *q, struct conn *c, uint32_t *generation_out)
{
    struct slot *s;
    uint32_t generation;

    pthread_mutex_lock(&table.lock);
    if (table.free) {
        s = CONTAINER_OF(table.free, struct slot, job);
        table.free = s->job.next;
    } else {
        s = slot_first_use();
    }
    pthread_mutex_unlock(&table.lock);

    generation = word_generation(atomic_load(&s->word));
    generation += generation == 0; /* 0 marks what is no connection in the poller's data */
    s->conn = c;
    atomic_store(&s->queue, q);
    atomic_store(&s->word, (uint64_t)generation << 32 | SLOT_QUEUED);
    *generation_out = generation;
    return s;
}

struct slot *slot_at(uint32_t index)
{
    if (index >= table.used)
        return NULL;
    return &table.blocks[index / BLOCK_SLOTS][index % BLOCK_SLOTS];
}

uint32_t slot_count(void)
{
    return table.used;
}

void slot_free(struct slot *s)
{
    uint64_t w = atomic_load(&s->word);

    check(word_state(w) == SLOT_RUNNING);
    s->conn = NULL;
    atomic_store(&s->word, (uint64_t)(word_generation(w) + 1) << 32 | SLOT_DEAD);
    SLOT_ARROW();
    pthread_mutex_lock(&table.lock);
    s->job.next = table.free;
    table.free = &s->job;
    pthread_mutex_unlock(&table.lock);
}

/* ---- from any thread ---- */

bool slot_signal(struct slot *s, uint32_t generation, enum slot_sign sign)
{
    uint64_t w = atomic_load(&s->word);
    uint64_t to;

    do {
        if (word_generation(w) != generation || word_state(w) == SLOT_DEAD)
            return false;
        to = w | sign;
        if (word_state(w) == SLOT_ARMED)
            to = word_with(to, SLOT_QUEUED);
    } while (!word_cas(s, &w, to));
    return word_state(w) == SLOT_ARMED;
}

bool slot_signal_in(struct slot *s, const struct slot_queue *q, enum slot_sign sign)
{
    uint32_t generation = word_generation(atomic_load(&s->word));

    /* If it changed hands after this look, so did the generation. */
    return atomic_load(&s->queue) == q && slot_signal(s, generation, sign);
}

bool slot_complete(struct slot *s, uint32_t generation)
{
    uint64_t w = atomic_load(&s->word);
    uint64_t to;

    do {
        if (word_generation(w) != generation || word_state(w) == SLOT_DEAD)
            return false;
        to = word_state(w) == SLOT_WAITING ? word_with(w, SLOT_QUEUED) : w | SLOT_COMPLETED;
    } while (!word_cas(s, &w, to));
    return word_state(w) == SLOT_WAITING;
}

/* ---- the runner ---- */

unsigned slot_take(struct slot *s)
{
    uint64_t w = atomic_load(&s->word);

    do {
        check(word_state(w) == SLOT_QUEUED);
    } while (!word_cas(s, &w, word_with(w & ~SIGNS, SLOT_RUNNING)));
    return (unsigned)(w & SIGNS);
}

bool slot_arm(struct slot *s)
{
    uint64_t w = atomic_load(&s->word);

    do {
        check(word_state(w) == SLOT_RUNNING);
        if (w & SIGNS)
            return false;
    } while (!word_cas(s, &w, word_with(w, SLOT_ARMED)));
    return true;
}

bool slot_wait(struct slot *s)
{
    uint64_t w = atomic_load(&s->word);
    bool completed;

    do {
        check(word_state(w) == SLOT_RUNNING);
        completed = w & SLOT_COMPLETED;
    } while (
        !word_cas(s, &w, completed ? w & ~(uint64_t)SLOT_COMPLETED : word_with(w, SLOT_WAITING)));
    return !completed;
}

void slot_requeue(struct slot *s)
{
    uint64_t w = atomic_load(&s->word);

    do {
        check(word_state(w) == SLOT_RUNNING);
    } while (!word_cas(s, &w, word_with(w, SLOT_QUEUED)));
}

void slot_seize(struct slot *s)
{
    uint64_t w = atomic_load(&s->word);

    while (!word_cas(s, &w, word_with(w, SLOT_RUNNING)))
        continue;
}

/* The queue cannot end before the push: it waits for its connections, and this one is QUEUED. */
void slot_push(struct slot *s, bool first)
{
    struct slot_queue *q = atomic_load(&s->queue);

    if (q)
        q->push(q, s, first);
}

enum slot_state slot_state(const struct slot *s)
{
    return (enum slot_state)word_state(atomic_load(&s->word));
}
