/* Where work goes that nobody waits for: in the server the worker pool, in tests one loop that the test turns.
 * A job is embedded in what it works on; submitting allocates nothing.  Its owner must not submit it again before
 * it has begun to run. */
#ifndef BASE_EXEC_H
#define BASE_EXEC_H

struct job {
    void (*fn)(struct job *);
    struct job *next; /* the executor's */
};

enum job_prio {
    JOB_FIRST, /* finished commits: somebody waits for the answer */
    JOB_LATER, /* pushes, folding, reaping, slow hashes: at most half of the workers */
};

struct exec {
    void (*submit)(struct exec *x, struct job *j, enum job_prio prio); /* any thread, never blocks */
};

static inline void exec_submit(struct exec *x, struct job *j, enum job_prio prio)
{
    x->submit(x, j, prio);
}

#endif
