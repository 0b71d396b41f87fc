/*
 * base/ranges.c - sets of numbers as ranges.
 *
 *  (1) v[i].lo <= v[i].hi, and v[i].hi + 1 < v[i + 1].lo: sorted, disjoint, not adjacent.
 *  (2) v[0].lo > 0.
 */
#include "base/ranges.h"

#include "base/mem.h"

#include <stdlib.h>

static void ranges_room(struct ranges *r, size_t n)
{
    size_t cap = r->cap ? r->cap : 4;

    if (n <= r->cap)
        return;
    while (cap < n)
        cap *= 2;
    r->v = mem_grow(r->v, cap * sizeof(*r->v));
    r->cap = cap;
}

void ranges_fini(struct ranges *r)
{
    mem_free(r->v);
    *r = RANGES_INIT;
}

void ranges_clear(struct ranges *r)
{
    r->n = 0;
}

/* The first range with hi >= x; r->n when there is none. */
static size_t ranges_at(const struct ranges *r, uint64_t x)
{
    size_t lo = 0, hi = r->n;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (r->v[mid].hi < x)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

/* Replaces v[from..to) by the k ranges at `with`. */
static void ranges_splice(struct ranges *r, size_t from, size_t to, const struct range *with,
                          size_t k)
{
    size_t tail = r->n - to;

    ranges_room(r, from + k + tail);
    if (tail && from + k != to)
        memmove(r->v + from + k, r->v + to, tail * sizeof(*r->v));
    if (k)
        memcpy(r->v + from, with, k * sizeof(*with));
    r->n = from + k + tail;
}

/* Behind or touching the last range; lo > 0. */
static void ranges_push(struct ranges *r, uint32_t lo, uint32_t hi)
{
    struct range *last = r->n ? &r->v[r->n - 1] : NULL;

    if (last && (uint64_t)last->hi + 1 >= lo) {
        if (hi > last->hi)
            last->hi = hi;
        return;
    }
    ranges_room(r, r->n + 1);
    r->v[r->n++] = (struct range){lo, hi};
}

void ranges_add(struct ranges *r, uint32_t lo, uint32_t hi)
{
    struct range whole;
    size_t from, to;

    if (lo == 0)
        lo = 1;
    if (lo > hi)
        return;
    if (r->n == 0 || lo >= r->v[r->n - 1].lo) {
        ranges_push(r, lo, hi);
        return;
    }
    from = ranges_at(r, lo - 1); /* the first that touches lo, or lies behind it */
    to = from;
    whole = (struct range){lo, hi};
    while (to < r->n && r->v[to].lo <= (uint64_t)hi + 1) {
        if (r->v[to].lo < whole.lo)
            whole.lo = r->v[to].lo;
        if (r->v[to].hi > whole.hi)
            whole.hi = r->v[to].hi;
        to++;
    }
    ranges_splice(r, from, to, &whole, 1);
}

static int range_order(const void *a, const void *b)
{
    const struct range *x = a, *y = b;

    return (x->lo > y->lo) - (x->lo < y->lo);
}

/* dst = a and b, both sorted by lo; they may overlap. */
static void ranges_merge(struct ranges *dst, const struct range *a, size_t na,
                         const struct range *b, size_t nb)
{
    size_t i = 0, j = 0;

    while (i < na || j < nb) {
        bool first = j == nb || (i < na && a[i].lo <= b[j].lo);
        struct range x = first ? a[i++] : b[j++];

        if (x.lo == 0)
            x.lo = 1;
        if (x.lo <= x.hi)
            ranges_push(dst, x.lo, x.hi);
    }
}

static void ranges_replace(struct ranges *r, struct ranges by)
{
    ranges_fini(r);
    *r = by;
}

void ranges_add_many(struct ranges *r, const struct range *v, size_t n)
{
    struct ranges sum = RANGES_INIT;
    struct range *sorted;

    if (n == 0)
        return;
    sorted = NEW_ARRAY(struct range, n);
    memcpy(sorted, v, n * sizeof(*v));
    qsort(sorted, n, sizeof(*sorted), range_order);
    ranges_merge(&sum, r->v, r->n, sorted, n);
    mem_free(sorted);
    ranges_replace(r, sum);
}

void ranges_remove(struct ranges *r, uint32_t lo, uint32_t hi)
{
    struct range rest[2];
    size_t from, to, k = 0;

    if (lo > hi)
        return;
    from = ranges_at(r, lo);
    to = from;
    while (to < r->n && r->v[to].lo <= hi)
        to++;
    if (from == to)
        return;
    if (r->v[from].lo < lo)
        rest[k++] = (struct range){r->v[from].lo, lo - 1};
    if (r->v[to - 1].hi > hi)
        rest[k++] = (struct range){hi + 1, r->v[to - 1].hi};
    ranges_splice(r, from, to, rest, k);
}

bool ranges_has(const struct ranges *r, uint32_t x)
{
    size_t i = ranges_at(r, x);

    return i < r->n && r->v[i].lo <= x;
}

uint64_t ranges_count(const struct ranges *r)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < r->n; i++)
        sum += (uint64_t)r->v[i].hi - r->v[i].lo + 1;
    return sum;
}

uint64_t ranges_rank(const struct ranges *r, uint32_t x)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < r->n && r->v[i].lo < x; i++) {
        uint32_t last = r->v[i].hi < x ? r->v[i].hi : x - 1;

        sum += (uint64_t)last - r->v[i].lo + 1;
    }
    return sum;
}

void ranges_copy(struct ranges *dst, const struct ranges *src)
{
    if (dst == src)
        return;
    dst->n = 0;
    ranges_splice(dst, 0, 0, src->v, src->n);
}

void ranges_union(struct ranges *dst, const struct ranges *src)
{
    struct ranges sum = RANGES_INIT;

    if (src->n == 0)
        return;
    if (dst->n == 0 || src->v[0].lo >= dst->v[dst->n - 1].lo) {
        for (size_t i = 0, n = src->n; i < n; i++)
            ranges_push(dst, src->v[i].lo, src->v[i].hi);
        return;
    }
    ranges_merge(&sum, dst->v, dst->n, src->v, src->n);
    ranges_replace(dst, sum);
}

void ranges_intersect(struct ranges *dst, const struct ranges *with)
{
    struct ranges both = RANGES_INIT;
    size_t i = 0, j = 0;

    while (i < dst->n && j < with->n) {
        struct range a = dst->v[i], b = with->v[j];
        uint32_t lo = a.lo > b.lo ? a.lo : b.lo;
        uint32_t hi = a.hi < b.hi ? a.hi : b.hi;

        if (lo <= hi)
            ranges_push(&both, lo, hi);
        if (a.hi < b.hi)
            i++;
        else
            j++;
    }
    ranges_replace(dst, both);
}

void ranges_subtract(struct ranges *dst, const struct ranges *with)
{
    struct ranges rest = RANGES_INIT;
    size_t j = 0;

    for (size_t i = 0; i < dst->n; i++) {
        uint64_t lo = dst->v[i].lo;
        uint32_t hi = dst->v[i].hi;

        while (j < with->n && with->v[j].hi < lo)
            j++;
        for (size_t k = j; k < with->n && with->v[k].lo <= hi && lo <= hi; k++) {
            if (with->v[k].lo > lo)
                ranges_push(&rest, (uint32_t)lo, with->v[k].lo - 1);
            lo = (uint64_t)with->v[k].hi + 1;
            j = k;
        }
        if (lo <= hi)
            ranges_push(&rest, (uint32_t)lo, hi);
    }
    ranges_replace(dst, rest);
}

void ranges_format(const struct ranges *r, struct buf *out)
{
    for (size_t i = 0; i < r->n; i++) {
        if (i)
            buf_add_char(out, ',');
        buf_add_u64(out, r->v[i].lo);
        if (r->v[i].hi == r->v[i].lo)
            continue;
        buf_add_char(out, ':');
        buf_add_u64(out, r->v[i].hi);
    }
}

/* Each range as its distance from the end of the one before, and its length less one. */
void ranges_encode(const struct ranges *r, struct buf *out)
{
    uint32_t last = 0;

    enc_var(out, r->n);
    for (size_t i = 0; i < r->n; i++) {
        enc_var(out, r->v[i].lo - last);
        enc_var(out, r->v[i].hi - r->v[i].lo);
        last = r->v[i].hi;
    }
}

bool ranges_decode(struct ranges *r, struct dec *d)
{
    uint64_t n = dec_var(d), last = 0;

    r->n = 0;
    if (d->bad || n > d->n / 2) { /* a range takes two bytes at least */
        d->bad = true;
        return false;
    }
    ranges_room(r, n);
    for (uint64_t i = 0; i < n; i++) {
        uint64_t gap = dec_var(d), more = dec_var(d);

        if (d->bad || gap > UINT32_MAX || more > UINT32_MAX || gap < (i ? 2 : 1) ||
            last + gap + more > UINT32_MAX) {
            d->bad = true;
            r->n = 0;
            return false;
        }
        r->v[r->n++] = (struct range){(uint32_t)(last + gap), (uint32_t)(last + gap + more)};
        last += gap + more;
    }
    return true;
}

bool ranges_next(const struct ranges *r, struct ranges_iter *it, uint32_t *x_out)
{
    const struct range *now;

    if (it->i >= r->n)
        return false;
    now = &r->v[it->i];
    if (it->x < now->lo)
        it->x = now->lo;
    *x_out = (uint32_t)it->x;
    if (it->x++ == now->hi)
        it->i++;
    return true;
}
