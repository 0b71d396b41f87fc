/* Memory with one end: a command's, a batch's, a test's.  A function that allocates for its caller takes the arena
 * first and its result lives as long as the arena.  Free space is poisoned under the address sanitizer. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/str.h"

#include <stddef.h>

struct arena;

struct arena *arena_new(void);
void arena_free(struct arena *a);          /* NULL is fine */
void arena_reset(struct arena *a);         /* everything in it ends; keeps one small block */
size_t arena_bytes(const struct arena *a); /* taken from the heap now */

/* Aligned for any type, zeroed. */
[[gnu::returns_nonnull]] void *arena_alloc(struct arena *a, size_t n);
[[gnu::returns_nonnull]] void *arena_array(struct arena *a, size_t n, size_t size);
/* A copy of `s` with a NUL behind it (not counted). */
struct str arena_str(struct arena *a, struct str s);
const char *arena_cstr(struct arena *a, struct str s);
struct str arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#define ARENA_NEW(a, type) ((type *)arena_alloc((a), sizeof(type)))
#define ARENA_ARRAY(a, type, n) ((type *)arena_array((a), (n), sizeof(type)))

#endif
