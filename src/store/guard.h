/* Reading memory that a disk stands behind: a bad sector there is SIGBUS.  Inside guard_run it ends
 * the function instead of the process. */
#ifndef STORE_GUARD_H
#define STORE_GUARD_H

#include "base/err.h"

/* ERR_IO: fn was cut off by SIGBUS (or by guard_trip): what it had allocated or locked stays so. */
enum err guard_run(enum err (*fn)(void *arg), void *arg);
/* From code called inside guard_run: ends fn.  Outside: returns. */
void guard_trip(void);
void guard_install(void); /* when a store is opened; more is fine */

#endif
