/*
 * base/buf.c - bytes that grow.
 *
 * A buffer without a maximum holds what our code chooses, and stops the process when memory ends;
 * one with a maximum may hold what a client chooses, and fails.
 */
#include "base/buf.h"

#include "base/check.h"
#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { FIRST_CAP = 64 };

static const char two_digits[] =
    "00010203040506070809101112131415161718192021222324252627282930313233343536373839"
    "40414243444546474849505152535455565758596061626364656667686970717273747576777879"
    "8081828384858687888990919293949596979899";

static bool buf_set_cap(struct buf *b, size_t cap)
{
    char *p = b->max ? realloc(b->p, cap) : mem_grow(b->p, cap);

    if (!p)
        return false;
    b->p = p;
    b->cap = cap;
    return true;
}

/* n is more than the room there is. */
static bool buf_grow(struct buf *b, size_t n)
{
    size_t need, cap = b->cap < FIRST_CAP ? FIRST_CAP : b->cap;

    if (__builtin_add_overflow(b->n, n, &need) || need > SIZE_MAX / 2)
        return false;
    if (b->max && need > b->max)
        return false;
    while (cap < need)
        cap *= 2;
    if (b->max && cap > b->max)
        cap = b->max;
    return buf_set_cap(b, cap);
}

void buf_fini(struct buf *b)
{
    mem_free(b->p);
    *b = (struct buf){.max = b->max};
}

void buf_clear(struct buf *b)
{
    b->n = 0;
    b->failed = false;
}

char *buf_reserve(struct buf *b, size_t n)
{
    if (b->failed)
        return NULL;
    if ((n > b->cap - b->n || !b->p) && !buf_grow(b, n)) {
        b->failed = true;
        return NULL;
    }
    return b->p + b->n;
}

void buf_add(struct buf *b, const void *p, size_t n)
{
    char *to;

    if (n == 0)
        return;
    to = buf_reserve(b, n);
    if (!to)
        return;
    memcpy(to, p, n);
    b->n += n;
}

void buf_add_str(struct buf *b, struct str s)
{
    buf_add(b, s.p, s.n);
}

void buf_add_cstr(struct buf *b, const char *s)
{
    buf_add(b, s, strlen(s));
}

void buf_add_char(struct buf *b, char c)
{
    char *to = buf_reserve(b, 1);

    if (!to)
        return;
    *to = c;
    b->n++;
}

void buf_add_u64(struct buf *b, uint64_t v)
{
    char digits[20];
    char *p = digits + sizeof(digits);

    while (v >= 100) {
        p -= 2;
        memcpy(p, two_digits + v % 100 * 2, 2);
        v /= 100;
    }
    if (v >= 10) {
        p -= 2;
        memcpy(p, two_digits + v * 2, 2);
    } else {
        *--p = (char)('0' + v);
    }
    buf_add(b, p, (size_t)(digits + sizeof(digits) - p));
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
    char small[256];
    char *big;
    va_list ap, again;
    int n;

    va_start(ap, fmt);
    va_copy(again, ap);
    n = vsnprintf(small, sizeof(small), fmt, ap);
    va_end(ap);
    check(n >= 0);
    if ((size_t)n < sizeof(small)) {
        buf_add(b, small, (size_t)n);
    } else {
        big = mem_raw((size_t)n + 1);
        vsnprintf(big, (size_t)n + 1, fmt, again);
        buf_add(b, big, (size_t)n);
        mem_free(big);
    }
    va_end(again);
}

void buf_shift(struct buf *b, size_t n)
{
    check(n <= b->n);
    if (n == 0)
        return;
    b->n -= n;
    memmove(b->p, b->p + n, b->n);
}
