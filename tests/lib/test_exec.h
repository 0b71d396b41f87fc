/* An executor that the test turns by hand: nothing runs until asked, in the order the server's would. */
#ifndef TESTS_TEST_EXEC_H
#define TESTS_TEST_EXEC_H

#include "base/exec.h"

#include <stdbool.h>
#include <stddef.h>

struct test_exec;

struct test_exec *test_exec_new(void);
void test_exec_free(struct test_exec *t);
struct exec *test_exec_of(struct test_exec *t);
/* Runs one job, JOB_FIRST before JOB_LATER, each in the order they came.  false: there is none. */
bool test_exec_one(struct test_exec *t);
/* Runs until there is none; returns how many. */
size_t test_exec_all(struct test_exec *t);

#endif
