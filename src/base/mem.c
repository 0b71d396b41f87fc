/*
 * base/mem.c - the heap, with one answer to its end.
 */
#include "base/mem.h"

#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

/* Allocates nothing and needs no log: there is no memory left for either. */
static void *mem_or_die(void *p)
{
    static const char text[] = "level=error event=out_of_memory\n";

    if (p)
        return p;
    if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
        abort();
    abort();
}

void *mem_new(size_t n)
{
    return mem_or_die(calloc(1, n ? n : 1));
}

void *mem_raw(size_t n)
{
    return mem_or_die(malloc(n ? n : 1));
}

void *mem_grow(void *p, size_t n)
{
    return mem_or_die(realloc(p, n ? n : 1));
}

void *mem_try(size_t n)
{
    return malloc(n ? n : 1);
}

void mem_free(void *p)
{
    free(p);
}

void *mem_new_array(size_t n, size_t size)
{
    return mem_or_die(calloc(n ? n : 1, size ? size : 1)); /* calloc checks the multiplication */
}
