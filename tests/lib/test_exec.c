#include "lib/test_exec.h"

#include "base/mem.h"

#include <pthread.h>

struct queue {
    struct job *first;
    struct job **last;
};

struct test_exec {
    struct exec exec;
    pthread_mutex_t lock;
    struct queue queues[2]; /* by enum job_prio */
};

static void submit(struct exec *x, struct job *j, enum job_prio prio)
{
    struct test_exec *t = CONTAINER_OF(x, struct test_exec, exec);
    struct queue *q = &t->queues[prio];

    pthread_mutex_lock(&t->lock);
    j->next = NULL;
    *q->last = j;
    q->last = &j->next;
    pthread_mutex_unlock(&t->lock);
}

struct test_exec *test_exec_new(void)
{
    struct test_exec *t = NEW(struct test_exec);

    t->exec.submit = submit;
    for (int i = 0; i < 2; i++)
        t->queues[i].last = &t->queues[i].first;
    pthread_mutex_init(&t->lock, NULL);
    return t;
}

void test_exec_free(struct test_exec *t)
{
    pthread_mutex_destroy(&t->lock);
    mem_free(t);
}

struct exec *test_exec_of(struct test_exec *t)
{
    return &t->exec;
}

static struct job *take(struct queue *q)
{
    struct job *j = q->first;

    if (j != NULL)
        q->first = j->next;
    if (q->first == NULL)
        q->last = &q->first;
    return j;
}

bool test_exec_one(struct test_exec *t)
{
    pthread_mutex_lock(&t->lock);
    struct job *j = take(&t->queues[JOB_FIRST]);
    if (j == NULL)
        j = take(&t->queues[JOB_LATER]);
    pthread_mutex_unlock(&t->lock);
    if (j != NULL)
        j->fn(j);
    return j != NULL;
}

size_t test_exec_all(struct test_exec *t)
{
    size_t n = 0;

    while (test_exec_one(t))
        n++;
    return n;
}
