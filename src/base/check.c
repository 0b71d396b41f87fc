/*
 * base/check.c - the end of the process after a mistake of ours.
 */
#include "base/check.h"

#include "base/log.h"

#include <stdatomic.h>
#include <stdlib.h>

void check_failed(const char *cond, const char *file, int line)
{
    static atomic_flag dying = ATOMIC_FLAG_INIT;

    /* Only once: the log itself may be what failed. */
    if (!atomic_flag_test_and_set(&dying)) {
        log_write_always(LOG_ERROR, "check_failed",
                         (const struct kv[]){kv_cstr("cond", cond), kv_cstr("file", file),
                                             kv_i64("line", line), (struct kv){0}});
    }
    abort();
}
