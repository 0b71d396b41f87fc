/* A bar on standard error, if that is a terminal. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include "base/str.h"

struct progress {
    bool on;
    int64_t began, shown;
};

void progress_begin(struct progress *p, bool wanted);
/* Draws now and then only. */
void progress_show(struct progress *p, struct str what, uint64_t done, uint64_t all,
                   uint64_t messages);
/* Takes the bar away; also before other lines are written. */
void progress_clear(struct progress *p);

#endif
