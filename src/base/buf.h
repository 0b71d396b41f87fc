/* Bytes that grow, up to a maximum.  Overflow is sticky: the buffer keeps what it had, `failed` is set and further
 * adds do nothing, so a caller checks once, at the end. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/str.h"

struct buf {
    char *p;
    size_t n;
    size_t cap;
    size_t max; /* 0: no limit but memory */
    bool failed;
};

#define BUF_INIT ((struct buf){0})
#define BUF_MAX(limit) ((struct buf){.max = (limit)})

void buf_fini(struct buf *b);  /* frees; the struct is as after BUF_INIT with its max kept */
void buf_clear(struct buf *b); /* empties, keeps the memory */

void buf_add(struct buf *b, const void *p, size_t n);
void buf_add_str(struct buf *b, struct str s);
void buf_add_cstr(struct buf *b, const char *s);
void buf_add_char(struct buf *b, char c);
void buf_add_u64(struct buf *b, uint64_t v); /* decimal */
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Room for n more bytes; returns where they go (then raise b->n), or NULL when over the maximum. */
char *buf_reserve(struct buf *b, size_t n);
/* Drops the first n bytes. */
void buf_shift(struct buf *b, size_t n);

#define BUF_LIT(b, lit) buf_add((b), "" lit, sizeof(lit) - 1)

static inline struct str buf_str(const struct buf *b)
{
    return (struct str){b->p ? b->p : "", b->n};
}

#endif
