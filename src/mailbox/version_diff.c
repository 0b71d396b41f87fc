/*
 * mailbox/version_diff.c - what became different between two versions of a mailbox.
 *
 * Both directories are walked side by side.  Blocks that both share are skipped whole, entries that
 * are the same by id and `touched` without a look at their columns.  The same chunk in two states
 * is compared slot by slot: a slot keeps its message for ever, a change raises its modseq.  Only
 * where folding has laid chunks out anew are rows compared by UID.
 */
#include "mailbox/version_priv.h"

#include "base/mem.h"

void version_delta_fini(struct version_delta *d)
{
    ranges_fini(&d->expunged);
    ranges_fini(&d->added);
    ranges_fini(&d->changed);
}

struct diff {
    struct version *from, *to;
    struct version_delta *d;
};

/* ---- one chunk in two states ---- */

static void bits_remove(struct bits *b, const struct bits *other)
{
    for (size_t i = 0; i < ARRAY_LEN(b->w); i++)
        b->w[i] &= ~other->w[i];
}

static void modseqs_differ(const struct state *a, const struct state *b, unsigned slots,
                           struct bits *out)
{
    memset(out, 0, sizeof(*out));
    for (unsigned i = 0; i < slots; i++)
        out->w[i / 64] |= (uint64_t)(a->modseq[i] != b->modseq[i]) << (i % 64);
}

/* `a`, `b`: states of `ca` and `cb`, the same chunk; `s`: its stable half, or NULL if its UIDs have
 * no gap. */
static void diff_slots(struct diff *df, const struct chunk *ca, const struct chunk *cb,
                       const struct state *a, const struct state *b, const struct stable *s)
{
    struct bits old, now, gone, changed, added;

    chunk_live(ca, a, &old);
    chunk_live(cb, b, &now);
    gone = old;
    bits_remove(&gone, &now);
    modseqs_differ(a, b, ca->slots, &changed);
    added = now;
    for (size_t i = 0; i < ARRAY_LEN(now.w); i++)
        changed.w[i] &= old.w[i] & now.w[i];
    memset(&old, 0, sizeof(old));
    bits_set_range(&old, 0, ca->slots);
    bits_remove(&added, &old);
    chunk_uids(ca, s, &gone, &df->d->expunged);
    chunk_uids(ca, s, &changed, &df->d->changed);
    chunk_uids(cb, s, &added, &df->d->added);
}

static enum err diff_chunk(struct diff *df, const struct chunk *ca, const struct chunk *cb)
{
    struct columns a = {NULL, NULL}, b = {NULL, NULL};
    enum err e = version_state(df->from, ca, &a.state);

    if (e == ERR_OK)
        e = version_state(df->to, cb, &b.state);
    if (e == ERR_OK && cb->last_uid - cb->first_uid + 1 != cb->slots)
        e = version_stable(df->to, cb, &b.stable);
    if (e == ERR_OK)
        diff_slots(df, ca, cb, state_of(a.state), state_of(b.state),
                   b.stable ? stable_of(b.stable) : NULL);
    columns_fini(&a);
    columns_fini(&b);
    return e;
}

/* ---- rows by UID ---- */

static void row_gone(struct diff *df, uint32_t uid)
{
    ranges_add(&df->d->expunged, uid, uid);
}

static void row_came(struct diff *df, uint32_t uid)
{
    ranges_add(&df->d->added, uid, uid);
}

/* Live rows of both in [lo, hi], merged. */
static enum err diff_rows_with(struct diff *df, struct cursor *a, struct cursor *b, uint32_t lo,
                               uint32_t hi)
{
    struct row ra, rb;
    bool has_a, has_b;

    TRY(cursor_seek(a, lo));
    TRY(cursor_seek(b, lo));
    TRY(cursor_next(a, &ra, &has_a));
    TRY(cursor_next(b, &rb, &has_b));
    for (;;) {
        has_a = has_a && ra.uid <= hi;
        has_b = has_b && rb.uid <= hi;
        if (!has_a && !has_b)
            return ERR_OK;
        bool take_a = has_a && (!has_b || ra.uid <= rb.uid);
        bool take_b = has_b && (!has_a || rb.uid <= ra.uid);

        if (take_a && !take_b)
            row_gone(df, ra.uid);
        else if (take_b && !take_a)
            row_came(df, rb.uid);
        else if (ra.modseq != rb.modseq)
            ranges_add(&df->d->changed, ra.uid, ra.uid);
        if (take_a)
            TRY(cursor_next(a, &ra, &has_a));
        if (take_b)
            TRY(cursor_next(b, &rb, &has_b));
    }
}

static enum err diff_rows(struct diff *df, uint32_t lo, uint32_t hi)
{
    struct cursor a, b;
    enum err e;

    cursor_init(&a, df->from);
    cursor_init(&b, df->to);
    e = diff_rows_with(df, &a, &b, lo, hi);
    cursor_fini(&a);
    cursor_fini(&b);
    return e;
}

/* ---- side by side ---- */

/* Both stand at the first entry of one shared block: behind it. */
static bool skip_block(struct diff *df, struct place *a, struct place *b)
{
    if (a->at || b->at || df->from->dir[a->block] != df->to->dir[b->block])
        return false;
    a->at = b->at = df->from->dir[a->block]->n - 1;
    *a = place_next(df->from, *a);
    *b = place_next(df->to, *b);
    return true;
}

/* Laid out anew: the span of UIDs from where both stand to where both have a chunk that ends, or do
 * not overlap any more.  Moves both behind it. */
static uint32_t span_end(struct diff *df, struct place *a, struct place *b)
{
    uint32_t hi = 0;

    for (;;) {
        bool take_a = a->c && (hi == 0 || a->c->first_uid <= hi);
        bool take_b = b->c && (hi == 0 || b->c->first_uid <= hi);

        if (hi && a->c && b->c && a->c->id == b->c->id)
            take_a = take_b = false;
        if (!take_a && !take_b)
            return hi;
        if (take_a && take_b)
            take_b = b->c->first_uid <= a->c->first_uid, take_a = !take_b;
        struct place *p = take_a ? a : b;

        if (p->c->last_uid > hi)
            hi = p->c->last_uid;
        *p = place_next(take_a ? df->from : df->to, *p);
    }
}

static enum err diff_walk(struct diff *df)
{
    struct place a = version_first(df->from), b = version_first(df->to);

    while (a.c || b.c) {
        if (!a.c)
            return version_uids(df->to, b.c->first_uid, UINT32_MAX, &df->d->added);
        if (!b.c)
            return version_uids(df->from, a.c->first_uid, UINT32_MAX, &df->d->expunged);
        if (skip_block(df, &a, &b))
            continue;
        if (a.c->id == b.c->id) {
            if (!chunk_same(a.c, b.c))
                TRY(diff_chunk(df, a.c, b.c));
            a = place_next(df->from, a);
            b = place_next(df->to, b);
            continue;
        }
        uint32_t lo = b.c->first_uid < a.c->first_uid ? b.c->first_uid : a.c->first_uid;

        TRY(diff_rows(df, lo, span_end(df, &a, &b)));
    }
    return ERR_OK;
}

enum err version_diff(struct version *from, struct version *to, struct version_delta *out)
{
    struct diff df = {from, to, out};
    enum err e = ERR_OK;

    *out = (struct version_delta){.keywords_grew = to->keywords->n > from->keywords->n};
    if (from != to)
        e = diff_walk(&df);
    if (e != ERR_OK)
        version_delta_fini(out);
    return e;
}
