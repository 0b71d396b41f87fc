/* A set of 32-bit numbers as sorted, disjoint, non-adjacent ranges: UIDs (or, in session and imap only, sequence
 * numbers).  Zero is never a member.  Memory follows the number of ranges, not of members. */
#ifndef BASE_RANGES_H
#define BASE_RANGES_H

#include "base/buf.h"
#include "base/codec.h"

struct range {
    uint32_t lo, hi; /* both included, lo <= hi */
};

struct ranges {
    struct range *v;
    size_t n;
    size_t cap;
};

#define RANGES_INIT ((struct ranges){0})

void ranges_fini(struct ranges *r);
void ranges_clear(struct ranges *r);
/* lo > hi adds (removes) nothing. */
void ranges_add(struct ranges *r, uint32_t lo, uint32_t hi); /* fast at the end, O(n) in the middle */
/* Adds all of `v` (any order, may overlap): one sort, O(n log n). */
void ranges_add_many(struct ranges *r, const struct range *v, size_t n);
void ranges_remove(struct ranges *r, uint32_t lo, uint32_t hi);
bool ranges_has(const struct ranges *r, uint32_t x); /* binary search */
uint64_t ranges_count(const struct ranges *r);
/* Members below x; linear in the ranges in front of it. */
uint64_t ranges_rank(const struct ranges *r, uint32_t x);
void ranges_copy(struct ranges *dst, const struct ranges *src);
void ranges_union(struct ranges *dst, const struct ranges *src);
void ranges_intersect(struct ranges *dst, const struct ranges *with);
void ranges_subtract(struct ranges *dst, const struct ranges *with);

/* "1:3,5" as IMAP writes sets; an empty set writes nothing. */
void ranges_format(const struct ranges *r, struct buf *out);
void ranges_encode(const struct ranges *r, struct buf *out);
bool ranges_decode(struct ranges *r, struct dec *d);

/* for (RANGES_EACH(r, x)): every member, rising */
struct ranges_iter {
    size_t i;
    uint64_t x;
};
bool ranges_next(const struct ranges *r, struct ranges_iter *it, uint32_t *x_out);

#endif
