/*
 * cli/import_match.c - messages of a mailbox by date and size; candidates are compared byte by
 * byte.
 */
#include "cli/import_match.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

struct known {
    int64_t date;
    uint64_t size;
    uint64_t object; /* 0: used up */
    size_t front;    /* of the first of some that are alike: how many from it on are used up */
};

struct match {
    struct buf account;
    struct known *v;
    size_t n, cap;
};

/* ---- listing ---- */

static void take_row(struct match *m, struct dec *d, uint32_t *uid_out)
{
    struct known k = {0};

    *uid_out = dec_u32(d);
    k.object = dec_u64(d);
    k.size = dec_u64(d);
    k.date = dec_svar(d);
    if (m->n == m->cap) {
        m->cap = 2 * m->cap + 1024;
        m->v = mem_grow(m->v, m->cap * sizeof *m->v);
    }
    m->v[m->n++] = k;
}

static enum err list_some(struct match *m, struct admin_client *c, struct str mailbox,
                          uint32_t *from, bool *more_out, struct buf *why)
{
    struct buf *b = admin_request(c, ADMIN_MESSAGES);
    size_t before = m->n;
    struct dec row;
    uint32_t last = 0;
    bool more = true;

    enc_str(b, buf_str(&m->account));
    enc_str(b, mailbox);
    enc_u32(b, *from);
    TRY(admin_send(c));
    for (;;) {
        TRY(admin_row(c, &row, &more, why));
        if (!more)
            break;
        take_row(m, &row, &last);
    }
    *more_out = m->n - before == ADMIN_ROWS && last < UINT32_MAX;
    *from = last + 1;
    return ERR_OK;
}

static int order(const void *a, const void *b)
{
    const struct known *x = a, *y = b;

    if (x->date != y->date)
        return x->date < y->date ? -1 : 1;
    if (x->size != y->size)
        return x->size < y->size ? -1 : 1;
    return (x->object > y->object) - (x->object < y->object);
}

enum err match_new(struct admin_client *c, struct str account, struct str mailbox,
                   struct match **out, struct buf *why_out)
{
    struct match *m = NEW(struct match);
    uint32_t from = 1;
    bool more = true;
    enum err e = ERR_OK;

    buf_add_str(&m->account, account);
    while (e == ERR_OK && more)
        e = list_some(m, c, mailbox, &from, &more, why_out);
    *out = NULL;
    if (e != ERR_OK || m->n == 0) {
        match_free(m);
        return e;
    }
    qsort(m->v, m->n, sizeof *m->v, order);
    *out = m;
    return ERR_OK;
}

void match_free(struct match *m)
{
    if (!m)
        return;
    buf_fini(&m->account);
    mem_free(m->v);
    mem_free(m);
}

/* ---- asking ---- */

/* The first that is not before (date, size). */
static size_t find(const struct match *m, int64_t date, uint64_t size)
{
    size_t lo = 0, hi = m->n;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        const struct known *k = &m->v[mid];
        if (k->date < date || (k->date == date && k->size < size))
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

bool match_possible(const struct match *m, int64_t date)
{
    size_t i = find(m, date, 0);

    return i < m->n && m->v[i].date == date;
}

/* A piece of a stored message; empty at its end. */
static enum err read_stored(struct match *m, struct admin_client *c, uint64_t object,
                            uint64_t offset, struct buf *out, struct buf *why)
{
    struct buf *b = admin_request(c, ADMIN_READ);
    struct dec row;
    bool more = true;

    buf_clear(out);
    enc_str(b, buf_str(&m->account));
    enc_u64(b, object);
    enc_u64(b, offset);
    TRY(admin_send(c));
    for (;;) {
        TRY(admin_row(c, &row, &more, why));
        if (!more)
            return ERR_OK;
        buf_add(out, row.p, row.n);
    }
}

static enum err same_bytes(struct match *m, struct admin_client *c, struct origin *s,
                           uint64_t object, bool *same_out, struct buf *why)
{
    struct buf stored = BUF_INIT;
    struct str piece;
    uint64_t offset = 0;
    size_t used = 0;
    enum err e = origin_rewind(s);

    *same_out = true;
    while (e == ERR_OK && *same_out && (e = origin_read(s, &piece)) == ERR_OK && piece.n > 0) {
        while (e == ERR_OK && *same_out && piece.n > 0) {
            if (used == stored.n) {
                used = 0;
                e = read_stored(m, c, object, offset, &stored, why);
                offset += stored.n;
            }
            size_t n = stored.n - used < piece.n ? stored.n - used : piece.n;
            *same_out = e != ERR_OK || (n > 0 && memcmp(stored.p + used, piece.p, n) == 0);
            used += n;
            piece = str_from(piece, n);
        }
    }
    buf_fini(&stored);
    return e;
}

enum err match_take(struct match *m, struct admin_client *c, struct origin *s, int64_t date,
                    bool *taken_out, struct buf *why_out)
{
    uint64_t size;

    *taken_out = false;
    TRY(origin_size(s, &size));
    size_t first = find(m, date, size);
    size_t i = first < m->n ? first + m->v[first].front : first;
    for (; i < m->n && !*taken_out; i++) {
        struct known *k = &m->v[i];
        if (k->date != date || k->size != size)
            break;
        if (!k->object)
            continue;
        TRY(same_bytes(m, c, s, k->object, taken_out, why_out));
        if (*taken_out) {
            k->object = 0;
            m->v[first].front += i == first + m->v[first].front;
        }
    }
    return origin_rewind(s);
}
