/*
 * mailbox/evaluate_flags.c - STORE.
 *
 * By bitmap, chunk by chunk: which of the messages asked for live, which may be changed
 * (UNCHANGEDSINCE, RFC 7162, 3.1.3), which would really be different.  The change names exactly
 * those, so a message whose flags stay as they are keeps its modseq.
 */
#include "mailbox/batch.h"

#include "base/mem.h"

struct wish {
    const struct intent *in;
    enum flags_how how;
    struct keyword_set keywords; /* known ones */
    bool unknown; /* ... and there are others, to be added: every message is different then */
};

static void bits_and(struct bits *b, const struct bits *with)
{
    for (size_t i = 0; i < ARRAY_LEN(b->w); i++)
        b->w[i] &= with->w[i];
}

static void newer_than(const struct chunk *c, const struct state *s, uint64_t modseq,
                       struct bits *out)
{
    memset(out, 0, sizeof(*out));
    for (unsigned i = 0; i < c->slots; i++)
        out->w[i / 64] |= (uint64_t)(s->modseq[i] > modseq) << (i % 64);
}

/* Those that have not what is wanted (`want`), or have what is not. */
static void differ(struct bits *d, const struct bits *has, bool want)
{
    for (size_t i = 0; i < ARRAY_LEN(d->w); i++)
        d->w[i] |= want ? ~(has ? has->w[i] : 0) : has ? has->w[i] : 0;
}

static void chunk_different(const struct wish *w, const struct state *s, struct bits *out)
{
    bool want = w->how != FLAGS_HOW_REMOVE;

    memset(out, w->unknown ? 0xff : 0, sizeof(*out));
    for (unsigned f = 0; f < STATE_FLAGS; f++) {
        if (w->in->flags.flags >> f & 1)
            differ(out, &s->flag[f], want);
        else if (w->how == FLAGS_HOW_SET)
            differ(out, &s->flag[f], false);
    }
    for (unsigned i = 0; i < ARRAY_LEN(w->keywords.w); i++)
        for (uint64_t left = w->keywords.w[i]; left; left &= left - 1)
            differ(out, state_keyword(s, i * 64 + (unsigned)__builtin_ctzll(left)), want);
    for (unsigned i = 0; w->how == FLAGS_HOW_SET && i < s->n_keywords; i++)
        if (!keyword_has(&w->keywords, s->keywords[i].id))
            differ(out, &s->keywords[i].bits, false);
}

struct outcome_sets {
    struct ranges live, modified, changed;
};

static enum err flags_chunk(struct touched *t, const struct wish *w, const struct chunk *c,
                            struct outcome_sets *out)
{
    const struct stable *stable;
    struct columns cols = {NULL, NULL};
    struct bits asked, live, set;
    enum err e = version_state(t->b.v, c, &cols.state);

    if (e == ERR_OK && c->last_uid - c->first_uid + 1 != c->slots)
        e = version_stable(t->b.v, c, &cols.stable);
    if (e != ERR_OK) {
        columns_fini(&cols);
        return e;
    }
    stable = cols.stable ? stable_of(cols.stable) : NULL;
    chunk_slots(c, stable, w->in->flags.uids, &asked);
    chunk_live(c, state_of(cols.state), &live);
    bits_and(&asked, &live);
    chunk_uids(c, stable, &asked, &out->live);
    if (w->in->flags.has_unchangedsince) {
        newer_than(c, state_of(cols.state), w->in->flags.unchangedsince, &set);
        bits_and(&set, &asked);
        chunk_uids(c, stable, &set, &out->modified);
        for (size_t i = 0; i < ARRAY_LEN(set.w); i++)
            asked.w[i] &= ~set.w[i];
    }
    chunk_different(w, state_of(cols.state), &set);
    bits_and(&set, &asked);
    chunk_uids(c, stable, &set, &out->changed);
    columns_fini(&cols);
    return ERR_OK;
}

static enum err flags_look(struct touched *t, const struct wish *w, struct outcome_sets *out)
{
    const struct ranges *uids = w->in->flags.uids;
    struct version *v = t->b.v;

    if (uids->n == 0)
        return ERR_OK;
    for (struct place p = version_find(v, uids->v[0].lo); p.c; p = place_next(v, p)) {
        if (p.c->first_uid > uids->v[uids->n - 1].hi)
            break;
        if (p.c->live && ranges_touch(uids, p.c->first_uid, p.c->last_uid))
            TRY(flags_chunk(t, w, p.c, out));
    }
    return ERR_OK;
}

static void wish_of(const struct touched *t, const struct intent *in, struct wish *w)
{
    static const enum flags_how how[] = {[FLAGS_SET] = FLAGS_HOW_SET,
                                         [FLAGS_ADD] = FLAGS_HOW_ADD,
                                         [FLAGS_REMOVE] = FLAGS_HOW_REMOVE};

    *w = (struct wish){.in = in, .how = how[in->flags.mode]};
    for (size_t i = 0; i < in->flags.n_keywords; i++) {
        int id = keytable_find(t->b.v->keywords, in->flags.keywords[i]);

        if (id >= 0)
            w->keywords.w[id / 64] |= (uint64_t)1 << (id % 64);
        else if (in->flags.mode != FLAGS_REMOVE)
            w->unknown = true;
    }
}

/* New keywords enter the table only when a message gets them. */
static enum err flags_change(struct batch *b, struct ticket *t, struct touched *to, struct wish *w)
{
    const struct intent *in = &t->in;
    struct change c = {.kind = CHANGE_FLAGS, .modseq = to->b.v->head.modseq + 1};

    if (w->unknown) {
        for (size_t i = 0; i < in->flags.n_keywords; i++) {
            int id = batch_keyword(b, to, in->flags.keywords[i]);

            w->keywords.w[id / 64] |= (uint64_t)1 << (id % 64);
        }
    }
    c.flags.uids = t->result.changed; /* lent */
    c.flags.how = w->how;
    c.flags.flags = in->flags.flags & FLAGS_ALL;
    c.flags.keywords = w->keywords;
    return batch_change(b, to, &c);
}

/* What fits into one record. */
enum { RANGES_MOST = 500 * 1000 };

enum err evaluate_flags(struct batch *b, struct ticket *t, enum outcome *how)
{
    const struct intent *in = &t->in;
    struct outcome_sets sets = {RANGES_INIT, RANGES_INIT, RANGES_INIT};
    struct touched *to;
    struct wish w;
    enum err e;

    TRY(batch_touch(b, in->mailbox, &to));
    wish_of(to, in, &w);
    if (w.unknown &&
        to->b.v->keywords->n + touched_keywords_new(to, in->flags.keywords, in->flags.n_keywords) >
            KEYWORDS_MAX) {
        t->result.keyword_limit = true;
        return ERR_LIMIT;
    }
    e = flags_look(to, &w, &sets);
    if (e == ERR_OK && sets.changed.n > RANGES_MOST)
        e = ERR_LIMIT;
    if (e == ERR_OK && !batch_has_room(b, 0, sets.changed.n * 10) && b->first) {
        *how = OUTCOME_LATER;
    } else if (e == ERR_OK) {
        ranges_copy(&t->result.missing, in->flags.uids);
        ranges_subtract(&t->result.missing, &sets.live);
        t->result.modified = sets.modified;
        t->result.changed = sets.changed;
        sets.modified = sets.changed = RANGES_INIT;
        if (t->result.changed.n)
            e = flags_change(b, t, to, &w);
        t->result.modseq = to->b.v->head.modseq;
    }
    ranges_fini(&sets.live);
    ranges_fini(&sets.modified);
    ranges_fini(&sets.changed);
    return e;
}
