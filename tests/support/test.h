/* What every C test includes first: cmocka with what it needs, and how to compare the strings of
 * base. */
#ifndef TESTS_TEST_H
#define TESTS_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/str.h"

#include <stdio.h>

static inline void test_str_equal(struct str got, struct str want, const char *file, int line)
{
    if (str_eq(got, want))
        return;
    print_error("got  (%zu bytes): \"%.*s\"\nwant (%zu bytes): \"%.*s\"\n", got.n, STR_FMT(got),
                want.n, STR_FMT(want));
    _fail(file, line);
}

/* A view against a view, and against a literal, which may hold NUL. */
#define assert_str(got, want) test_str_equal((got), (want), __FILE__, __LINE__)
#define assert_lit(got, lit) test_str_equal((got), STR(lit), __FILE__, __LINE__)
#define assert_ok(expr) assert_int_equal((expr), ERR_OK)

#define TESTS_MAIN(tests)                                                                          \
    int main(void)                                                                                 \
    {                                                                                              \
        return cmocka_run_group_tests((tests), NULL, NULL);                                        \
    }

#endif
