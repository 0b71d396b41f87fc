#include "test.h"

#include "base/check.h"
#include "base/log.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* Runs fn in a child; what it wrote to stderr goes to `text`. */
static int run_child(void (*fn)(void), char *text, size_t size)
{
    int fds[2], status;
    size_t n = 0;
    ssize_t got;
    pid_t child;

    assert_int_equal(pipe(fds), 0);
    child = fork();
    if (child == 0) {
        dup2(fds[1], STDERR_FILENO);
        signal(SIGABRT, SIG_DFL);
        fn();
        _exit(0);
    }
    close(fds[1]);
    while ((got = read(fds[0], text + n, size - 1 - n)) > 0)
        n += (size_t)got;
    text[n] = '\0';
    close(fds[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void one_plus_one_is_three(void)
{
    volatile int one = 1;

    check(one + one == 3);
}

static void fail_silently(void)
{
    log_setup(LOG_ERROR, LOG_OFF);
    one_plus_one_is_three();
}

static void nothing_wrong(void)
{
    volatile int one = 1;

    check(one == 1);
}

static void a_false_condition_says_what_and_where_and_aborts(void **state)
{
    char text[4096];
    int status = run_child(one_plus_one_is_three, text, sizeof(text));

    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
    assert_non_null(strstr(text, "event=check_failed"));
    assert_non_null(strstr(text, "cond=\"one + one == 3\""));
    assert_non_null(strstr(text, "test_check.c"));
    assert_non_null(strstr(text, "line="));
}

static void it_speaks_even_when_the_log_is_off(void **state)
{
    char text[4096];

    run_child(fail_silently, text, sizeof(text));
    assert_non_null(strstr(text, "event=check_failed"));
}

static void a_true_condition_does_nothing(void **state)
{
    char text[4096];
    int status = run_child(nothing_wrong, text, sizeof(text));

    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_string_equal(text, "");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_false_condition_says_what_and_where_and_aborts),
    cmocka_unit_test(it_speaks_even_when_the_log_is_off),
    cmocka_unit_test(a_true_condition_does_nothing),
};

TESTS_MAIN(tests)
