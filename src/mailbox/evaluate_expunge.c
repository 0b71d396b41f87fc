/*
 * mailbox/evaluate_expunge.c - messages leave a mailbox: head, log and history.  Bodies and
 * summaries live on for a while, for views that still show them; the reaper removes them.
 */
#include "mailbox/stage.h"

/* The objects of the slots, for the history. */
static void objects_note(struct touched *t, const struct chunk *c, const struct stable *s,
                         const struct bits *slots)
{
    for (unsigned i = bits_next(slots, 0); i < c->slots; i = bits_next(slots, i + 1))
        touched_object_gone(t, s->object[i]);
}

static enum err objects_of(struct touched *t, const struct ranges *uids)
{
    struct version *v = t->b.v;

    for (struct place p = version_find(v, uids->v[0].lo); p.c; p = place_next(v, p)) {
        struct columns cols;
        struct bits slots, live;

        if (p.c->first_uid > uids->v[uids->n - 1].hi)
            break;
        if (p.c->live == 0 || !ranges_touch(uids, p.c->first_uid, p.c->last_uid))
            continue;
        TRY(columns_load(v, p.c, &cols));
        chunk_slots(p.c, stable_of(cols.stable), uids, &slots);
        chunk_live(p.c, state_of(cols.state), &live);
        for (size_t i = 0; i < CHUNK_MESSAGES / 64; i++)
            slots.w[i] &= live.w[i];
        objects_note(t, p.c, stable_of(cols.stable), &slots);
        columns_fini(&cols);
    }
    return ERR_OK;
}

enum err batch_expunge(struct batch *b, struct touched *t, const struct ranges *uids)
{
    struct change c = {.kind = CHANGE_EXPUNGE, .modseq = t->b.v->head.modseq + 1};

    if (uids->n == 0)
        return ERR_OK;
    b->changes++;
    TRY(objects_of(t, uids));
    ranges_union(&t->expunged, uids);
    c.expunge.uids = *uids; /* lent */
    return batch_change(b, t, &c);
}

/* The first `n` members. */
void ranges_cut(struct ranges *r, uint64_t n)
{
    uint64_t before = 0;

    for (size_t i = 0; i < r->n; i++) {
        uint64_t here = (uint64_t)r->v[i].hi - r->v[i].lo + 1;

        if (before + here >= n) {
            r->v[i].hi = r->v[i].lo + (uint32_t)(n - before) - 1;
            r->n = i + 1;
            return;
        }
        before += here;
    }
}

static enum err deleted_uids(struct touched *t, const struct ranges *asked, struct ranges *out)
{
    TRY(version_uids_flags(t->b.v, FLAG_DELETED, 0, out));
    if (asked)
        ranges_intersect(out, asked);
    return ERR_OK;
}

enum err evaluate_expunge(struct batch *b, struct ticket *t, enum outcome *how)
{
    struct ranges gone = RANGES_INIT;
    struct touched *to;
    bool large;
    enum err e;

    TRY(batch_touch(b, t->in.mailbox, &to));
    e = deleted_uids(to, t->in.expunge.uids, &gone);
    large = ranges_count(&gone) > EXPUNGE_SLICE;
    if (e != ERR_OK) {
    } else if (b->first &&
               (large || !batch_has_room(b, 0, ranges_count(&gone) * 4 + gone.n * 10))) {
        *how = OUTCOME_LATER;
    } else {
        if (large) {
            ranges_cut(&gone, EXPUNGE_SLICE);
            *how = OUTCOME_AGAIN;
            t->sliced = true;
        }
        b->closed |= t->sliced;
        e = batch_expunge(b, to, &gone);
        ranges_union(&t->result.expunged, &gone);
        t->result.modseq = to->b.v->head.modseq;
    }
    ranges_fini(&gone);
    return e;
}
