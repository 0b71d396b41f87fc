/*
 * cli/progress.c - "[=====>     ]  47 %   12345 messages, 8123/s   Archive/2025"
 */
#include "cli/progress.h"

#include "base/clock.h"

#include <stdio.h>
#include <unistd.h>

enum { WIDTH = 24, EVERY_MS = 100 };

void progress_begin(struct progress *p, bool wanted)
{
    *p = (struct progress){.on = wanted && isatty(STDERR_FILENO), .began = clock_mono_ms()};
}

void progress_show(struct progress *p, struct str what, uint64_t done, uint64_t all,
                   uint64_t messages)
{
    char bar[WIDTH + 1] = "";
    int64_t now = clock_mono_ms();

    if (!p->on || now - p->shown < EVERY_MS)
        return;
    p->shown = now;
    double part = all ? (double)done / (double)all : 1;
    for (int i = 0; i < WIDTH; i++)
        bar[i] = i < (int)(part * WIDTH) ? '=' : ' ';
    fprintf(stderr, "\r[%s] %3d %%   %llu messages, %.0f/s   %.*s\033[K", bar, (int)(part * 100),
            (unsigned long long)messages,
            (double)messages * 1000 / (double)(now - p->began > 0 ? now - p->began : 1),
            (int)(what.n < 40 ? what.n : 40), what.p);
}

void progress_clear(struct progress *p)
{
    if (p->on && p->shown)
        fputs("\r\033[K", stderr);
    p->shown = 0;
}
