#include "test.h"

#include "base/mem.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

struct outer {
    int first;
    char inner;
};

static void new_memory_is_zeroed(void **state)
{
    char *p = mem_new(5000);
    int *v = NEW_ARRAY(int, 100);

    for (int i = 0; i < 5000; i++)
        assert_int_equal(p[i], 0);
    for (int i = 0; i < 100; i++)
        assert_int_equal(v[i], 0);
    mem_free(p);
    mem_free(v);
}

static void nothing_is_an_allocation_too(void **state)
{
    void *p = mem_new(0), *q = mem_raw(0), *r = mem_grow(NULL, 0), *t = mem_try(0);

    assert_non_null(p);
    assert_non_null(q);
    assert_non_null(r);
    assert_non_null(t);
    mem_free(p);
    mem_free(q);
    mem_free(r);
    mem_free(t);
    mem_free(NULL);
}

static void growing_keeps_the_content(void **state)
{
    char *p = mem_raw(3);

    memcpy(p, "abc", 3);
    p = mem_grow(p, 100000);
    assert_memory_equal(p, "abc", 3);
    mem_free(p);
}

static int death_of(void (*fn)(void))
{
    int status;
    pid_t child = fork();

    if (child == 0) {
        close(STDERR_FILENO);
        signal(SIGABRT, SIG_DFL);
        fn();
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) || WEXITSTATUS(status) != 0;
}

static void overflow(void)
{
    volatile size_t n = SIZE_MAX / 4;

    mem_free(mem_new_array(n, 8));
}

static void an_array_whose_size_overflows_stops_the_process(void **state)
{
    assert_true(death_of(overflow));
}

static void the_container_of_a_member_is_found(void **state)
{
    struct outer o = {1, 'x'};

    assert_ptr_equal(CONTAINER_OF(&o.inner, struct outer, inner), &o);
    assert_int_equal(ARRAY_LEN("abc"), 4);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(new_memory_is_zeroed),
    cmocka_unit_test(nothing_is_an_allocation_too),
    cmocka_unit_test(growing_keeps_the_content),
    cmocka_unit_test(an_array_whose_size_overflows_stops_the_process),
    cmocka_unit_test(the_container_of_a_member_is_found),
};

TESTS_MAIN(tests)
