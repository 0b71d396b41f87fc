/* An executor that the test turns by hand: jobs wait in two queues until it says so.  Jobs may be
 * submitted from any thread (an engine's commit thread does); they run on the thread that turns. */
#ifndef TESTS_LIB_TEST_EXEC_H
#define TESTS_LIB_TEST_EXEC_H

#include "base/exec.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

struct test_exec {
    struct exec exec; /* first: &x->exec is the executor */
    pthread_mutex_t lock;
    pthread_cond_t come;
    struct job *first[2], *last[2];
    size_t waiting;
    size_t ran;
};

void test_exec_init(struct test_exec *x);
/* Runs one job, JOB_FIRST before JOB_LATER; false: there was none. */
bool test_exec_turn(struct test_exec *x);
/* Until none is left; returns how many ran. */
size_t test_exec_run(struct test_exec *x);
/* Runs jobs, and waits for more, until `done` says so; for engines with threads. */
void test_exec_until(struct test_exec *x, bool (*done)(void *), void *arg);

#endif
