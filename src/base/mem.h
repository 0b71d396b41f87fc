/* Heap.  Small allocations (sizes our code chooses) never fail: the process stops, which loses nothing that was
 * acknowledged.  Sizes a client chooses are compared with a limit first and use mem_try. */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

#define MEM_ALLOC [[gnu::malloc, gnu::returns_nonnull]]

MEM_ALLOC void *mem_new(size_t n);  /* zeroed */
MEM_ALLOC void *mem_raw(size_t n);  /* not zeroed */
[[gnu::returns_nonnull]] void *mem_grow(void *p, size_t n);
void *mem_try(size_t n);            /* NULL when there is none */
void mem_free(void *p);             /* NULL is fine */

#define NEW(type) ((type *)mem_new(sizeof(type)))
#define NEW_ARRAY(type, n) ((type *)mem_new_array((n), sizeof(type)))
MEM_ALLOC void *mem_new_array(size_t n, size_t size); /* checked multiplication */

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define CONTAINER_OF(ptr, type, member) ((type *)((char *)(ptr) - offsetof(type, member)))

#endif
