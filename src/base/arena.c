/*
 * base/arena.c - a list of blocks that end together.
 *
 * The newest block is in front and is the one with room.  Blocks double up to BLOCK_MAX; something
 * bigger than a quarter of that gets a block of its own, behind the front one, so that the room in
 * front is not lost.
 *
 *  (1) bytes of a block from `used` on are poisoned under the address sanitizer.
 *  (2) `used` is a multiple of ALIGN.
 */
#include "base/arena.h"

#include "base/check.h"
#include "base/mem.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>

#ifndef __has_feature
#define __has_feature(x) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
#define GAP 16 /* between two allocations, so that running over an end is seen */
#else
#define ASAN_POISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#define ASAN_UNPOISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#define GAP 0
#endif

enum {
    ALIGN = 16,
    BLOCK_MIN = 2048,
    BLOCK_MAX = 65536,
};

struct block {
    struct block *next;
    size_t size; /* of bytes[] */
    size_t used;
    alignas(ALIGN) char bytes[];
};

struct arena {
    struct block *front;
    size_t bytes;
};

static struct block *block_new(struct arena *a, size_t size)
{
    struct block *b = mem_raw(sizeof(*b) + size);

    b->next = NULL;
    b->size = size;
    b->used = 0;
    ASAN_POISON_MEMORY_REGION(b->bytes, size);
    a->bytes += sizeof(*b) + size;
    return b;
}

static void block_free(struct arena *a, struct block *b)
{
    a->bytes -= sizeof(*b) + b->size;
    ASAN_UNPOISON_MEMORY_REGION(b->bytes, b->size);
    mem_free(b);
}

static void *block_take(struct block *b, size_t room, size_t n)
{
    char *p = b->bytes + b->used;

    b->used += room;
    ASAN_UNPOISON_MEMORY_REGION(p, n);
    return p;
}

static struct block *arena_block_for(struct arena *a, size_t room)
{
    struct block *front = a->front;
    size_t size = front ? front->size * 2 : BLOCK_MIN - sizeof(*front);
    struct block *b;

    if (size > BLOCK_MAX)
        size = BLOCK_MAX;
    if (front && room > BLOCK_MAX / 4) {
        b = block_new(a, room);
        b->next = front->next;
        front->next = b;
        return b;
    }
    b = block_new(a, room > size ? room : size);
    b->next = front;
    a->front = b;
    return b;
}

/* Not zeroed. */
static void *arena_take(struct arena *a, size_t n)
{
    size_t room;
    struct block *b = a->front;

    check(n < SIZE_MAX / 2);
    room = (n + GAP + ALIGN - 1) / ALIGN * ALIGN;
    if (room == 0)
        room = ALIGN;
    if (!b || b->size - b->used < room)
        b = arena_block_for(a, room);
    return block_take(b, room, n);
}

struct arena *arena_new(void)
{
    struct arena *a = NEW(struct arena);

    a->bytes = sizeof(*a);
    return a;
}

void arena_free(struct arena *a)
{
    if (!a)
        return;
    while (a->front) {
        struct block *b = a->front;

        a->front = b->next;
        block_free(a, b);
    }
    mem_free(a);
}

void arena_reset(struct arena *a)
{
    struct block *kept = NULL;

    while (a->front) {
        struct block *b = a->front;

        a->front = b->next;
        if (!kept && b->size < BLOCK_MIN)
            kept = b;
        else
            block_free(a, b);
    }
    if (kept) {
        kept->next = NULL;
        kept->used = 0;
        ASAN_POISON_MEMORY_REGION(kept->bytes, kept->size);
    }
    a->front = kept;
}

size_t arena_bytes(const struct arena *a)
{
    return a->bytes;
}

void *arena_alloc(struct arena *a, size_t n)
{
    return memset(arena_take(a, n), 0, n);
}

void *arena_array(struct arena *a, size_t n, size_t size)
{
    size_t bytes;
    bool too_many = __builtin_mul_overflow(n, size, &bytes);

    check(!too_many);
    return arena_alloc(a, bytes);
}

struct str arena_str(struct arena *a, struct str s)
{
    char *p = arena_take(a, s.n + 1);

    if (s.n)
        memcpy(p, s.p, s.n);
    p[s.n] = '\0';
    return (struct str){p, s.n};
}

const char *arena_cstr(struct arena *a, struct str s)
{
    return arena_str(a, s).p;
}

struct str arena_printf(struct arena *a, const char *fmt, ...)
{
    char small[256];
    va_list ap, again;
    struct str made;
    int n;

    va_start(ap, fmt);
    va_copy(again, ap);
    n = vsnprintf(small, sizeof(small), fmt, ap);
    va_end(ap);
    check(n >= 0);
    if ((size_t)n < sizeof(small)) {
        made = arena_str(a, str_n(small, (size_t)n));
    } else {
        char *p = arena_take(a, (size_t)n + 1);

        vsnprintf(p, (size_t)n + 1, fmt, again);
        made = str_n(p, (size_t)n);
    }
    va_end(again);
    return made;
}
