/*
 * tests/lib/test_exec.c - jobs in the order they came, when the test wants.
 */
#include "test_exec.h"

static void submit(struct exec *e, struct job *j, enum job_prio prio)
{
    struct test_exec *x = (struct test_exec *)e;

    j->next = NULL;
    pthread_mutex_lock(&x->lock);
    if (x->last[prio])
        x->last[prio]->next = j;
    else
        x->first[prio] = j;
    x->last[prio] = j;
    x->waiting++;
    pthread_cond_signal(&x->come);
    pthread_mutex_unlock(&x->lock);
}

void test_exec_init(struct test_exec *x)
{
    *x = (struct test_exec){.exec = {submit}};
    pthread_mutex_init(&x->lock, NULL);
    pthread_cond_init(&x->come, NULL);
}

static struct job *take(struct test_exec *x)
{
    enum job_prio prio = x->first[JOB_FIRST] ? JOB_FIRST : JOB_LATER;
    struct job *j = x->first[prio];

    if (!j)
        return NULL;
    x->first[prio] = j->next;
    if (!j->next)
        x->last[prio] = NULL;
    x->waiting--;
    x->ran++;
    return j;
}

bool test_exec_turn(struct test_exec *x)
{
    struct job *j;

    pthread_mutex_lock(&x->lock);
    j = take(x);
    pthread_mutex_unlock(&x->lock);
    if (j)
        j->fn(j);
    return j != NULL;
}

size_t test_exec_run(struct test_exec *x)
{
    size_t n = 0;

    while (test_exec_turn(x))
        n++;
    return n;
}

void test_exec_until(struct test_exec *x, bool (*done)(void *), void *arg)
{
    while (!done(arg)) {
        if (test_exec_turn(x))
            continue;
        pthread_mutex_lock(&x->lock);
        while (x->waiting == 0)
            pthread_cond_wait(&x->come, &x->lock);
        pthread_mutex_unlock(&x->lock);
    }
}
