/* The run queues of the workers: what runs next, and who is woken for it (protocols.md 19). */
#ifndef NET_RUNQ_H
#define NET_RUNQ_H

#include "base/exec.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

enum runq_class {
    RUNQ_FIRST, /* input, finished commits */
    RUNQ_PUSH,  /* wakes and timers of connections */
    RUNQ_LATER, /* long work: on at most half of the workers */
    RUNQ_CLASSES,
};

enum {
    RUNQ_SECOND_EVERY = 8, /* at least one in so many is not of RUNQ_FIRST */
    RUNQ_POLL_EVERY = 16,  /* busy workers look at the poller after so many jobs */
};

struct job_list {
    struct job *head, *tail;
    uint64_t n;
};

void job_list_add(struct job_list *l, struct job *j);

/* What a worker brings from the poller. */
struct runq_found {
    struct job_list jobs;
    bool kick;
};

struct runq {
    pthread_mutex_t lock;
    struct job_list lists[RUNQ_CLASSES];
    unsigned idle; /* workers that sleep in the poller */
    unsigned later_running, later_max;
    unsigned since_second;
    unsigned since_poll;
    bool later_next; /* pushes and long work take turns */
    bool kicked;     /* a kick has been written and not been harvested yet */
    bool ending;
    int kick_fd; /* edge-triggered in the poller: one write wakes one idle worker */
};

enum runq_next {
    RUNQ_RUN,   /* *job_out, of *class_out: call runq_done afterwards */
    RUNQ_POLL,  /* look at the poller without waiting */
    RUNQ_SLEEP, /* wait in the poller; the caller counts as idle */
    RUNQ_END,
};

void runq_init(struct runq *q, unsigned workers, int kick_fd);
void runq_fini(struct runq *q);

/* `wake`: another worker may be woken for it; no when the caller takes the next job itself anyway.
 */
void runq_push(struct runq *q, struct job *j, enum runq_class class, bool wake);
/* A worker asks what to do. `found`: what it brings from the poller; emptied.  `was_idle`: it was
 * told RUNQ_SLEEP. */
enum runq_next runq_take(struct runq *q, struct runq_found *found, bool was_idle,
                         struct job **job_out, enum runq_class *class_out);
void runq_done(struct runq *q, enum runq_class class);
/* Workers leave once the queues are empty. */
void runq_end(struct runq *q);
void runq_count(struct runq *q, uint64_t *first_out, uint64_t *later_out);

#endif
