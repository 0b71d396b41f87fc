/*
 * tests/lib/test_exec.c - jobs in the order they came, when the test wants.
 */
#include "test_exec.h"

static void submit(struct exec *e, struct job *j, enum job_prio prio)
{
    struct test_exec *x = (struct test_exec *)e;

    j->next = NULL;
    if (x->last[prio])
        x->last[prio]->next = j;
    else
        x->first[prio] = j;
    x->last[prio] = j;
    x->waiting++;
}

void test_exec_init(struct test_exec *x)
{
    *x = (struct test_exec){.exec = {submit}};
}

bool test_exec_turn(struct test_exec *x)
{
    enum job_prio prio = x->first[JOB_FIRST] ? JOB_FIRST : JOB_LATER;
    struct job *j = x->first[prio];

    if (!j)
        return false;
    x->first[prio] = j->next;
    if (!j->next)
        x->last[prio] = NULL;
    x->waiting--;
    x->ran++;
    j->fn(j);
    return true;
}

size_t test_exec_run(struct test_exec *x)
{
    size_t n = 0;

    while (test_exec_turn(x))
        n++;
    return n;
}
