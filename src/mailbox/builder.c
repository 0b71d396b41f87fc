/*
 * mailbox/builder.c - how a change is made.
 *
 * What a builder has copied carries its number (`maker`), numbers are never used twice, so whatever
 * carries it can be changed in place and everything else is copied first.
 *
 *  (1) Nothing that a published version shows is written to.  The unused slots of the last
 *      chunk's stable half are not shown; each batch may write there, and a batch that failed
 *      leaves nothing that is read.
 *  (2) A block that becomes dirty has in the store everything up to the modseq before this
 *      batch.
 */
#include "mailbox/builder.h"

#include "base/check.h"
#include "base/mem.h"

static uint64_t maker_next(void)
{
    static atomic_uint_fast64_t last;

    return atomic_fetch_add(&last, 1) + 1;
}

void builder_of(struct builder *b, struct version *v, uint64_t modseq)
{
    b->v = v;
    b->maker = maker_next();
    b->base_modseq = modseq;
}

void builder_init(struct builder *b, const struct version *base)
{
    builder_of(b, version_copy(base), base->head.modseq);
}

void builder_fini(struct builder *b)
{
    version_unref(b->v);
    b->v = NULL;
}

struct version *builder_take(struct builder *b)
{
    struct version *v = b->v;

    b->v = NULL;
    return v;
}

/* ---- the directory ---- */

struct dirblock *builder_block(struct builder *b, size_t i, unsigned room)
{
    struct dirblock **at = &b->v->dir[i], *d = *at;

    if (d->maker == b->maker) {
        *at = dirblock_room(d, room);
    } else {
        *at = dirblock_copy(d, room);
        dirblock_unref(d);
    }
    d = *at;
    d->maker = b->maker;
    if (!d->dirty && d->asof < b->base_modseq)
        d->asof = b->base_modseq;
    d->dirty = true;
    return d;
}

static void builder_add_block(struct builder *b)
{
    struct version *v = b->v;
    struct dirblock *d = dirblock_new(1);

    if (v->n == v->cap) {
        v->cap = v->cap ? v->cap * 2 : 4;
        v->dir = mem_grow(v->dir, v->cap * sizeof(*v->dir));
    }
    d->id = v->disk.next_block++;
    d->maker = b->maker;
    d->asof = b->base_modseq;
    d->dirty = true;
    v->dir[v->n++] = d;
}

void builder_remove_block(struct builder *b, size_t i)
{
    struct version *v = b->v;

    check(v->dir[i]->n == 0);
    dirblock_unref(v->dir[i]);
    v->n--;
    memmove(v->dir + i, v->dir + i + 1, (v->n - i) * sizeof(*v->dir));
}

/* The block that a message of this modseq joins; NULL: a new one.  When the log is read again, a
 * block may be newer than the message: then the message was in one behind it, and what befell it
 * later must not be taken for done. */
static struct dirblock *builder_last_block(const struct builder *b, uint64_t modseq)
{
    struct dirblock *d = b->v->n ? b->v->dir[b->v->n - 1] : NULL;

    return d && d->asof < modseq ? d : NULL;
}

/* A new entry at the end. */
static struct chunk *builder_add_entry(struct builder *b, uint64_t modseq)
{
    struct version *v = b->v;
    struct dirblock *d = builder_last_block(b, modseq);

    if (!d || d->n == DIRBLOCK_CHUNKS)
        builder_add_block(b);
    d = builder_block(b, v->n - 1, v->dir[v->n - 1]->n + 1);
    d->c[d->n] = (struct chunk){.id = 0};
    d->grew = true;
    return &d->c[d->n++];
}

/* ---- columns that may be changed ---- */

static enum err builder_state(struct builder *b, struct chunk *c, struct state **out)
{
    struct block *old;

    if (c->state && state_of(c->state)->maker == b->maker) {
        *out = state_of(c->state);
        return ERR_OK;
    }
    TRY(version_state(b->v, c, &old));
    *out = state_copy(state_of(old), c->slots, c->slots);
    (*out)->maker = b->maker;
    block_unref(old);
    block_unref(c->state);
    c->state = &(*out)->block;
    c->state_dirty = true;
    return ERR_OK;
}

/* The stable half with room for one more slot. */
static enum err builder_stable(struct builder *b, struct chunk *c, struct stable **out)
{
    struct block *old;
    unsigned cap;

    if (!c->stable) {
        TRY(version_stable(b->v, c, &old));
        c->stable = old;
    }
    *out = stable_of(c->stable);
    c->stable_dirty = true;
    if (c->slots < (*out)->cap)
        return ERR_OK;
    cap = c->slots < 8 ? 16 : c->slots * 2u;
    *out = stable_copy(stable_of(c->stable), c->slots, cap > CHUNK_MESSAGES ? CHUNK_MESSAGES : cap);
    block_unref(c->stable);
    c->stable = &(*out)->block;
    return ERR_OK;
}

/* ---- append ---- */

static struct chunk *builder_new_chunk(struct builder *b, uint32_t uid, uint64_t modseq)
{
    struct chunk *c = builder_add_entry(b, modseq);
    struct state *s = state_new(0);

    s->maker = b->maker;
    *c = (struct chunk){
        .id = b->v->disk.next_chunk++,
        .first_uid = uid,
        .last_uid = uid,
        .stable = &stable_new(4)->block,
        .state = &s->block,
        .stable_dirty = true,
        .state_dirty = true,
    };
    return c;
}

/* The chunk that the next message goes to. */
static struct chunk *builder_tail(struct builder *b, uint32_t uid, uint64_t modseq)
{
    struct version *v = b->v;
    struct dirblock *d = builder_last_block(b, modseq);

    if (!d || d->c[d->n - 1].slots == CHUNK_MESSAGES)
        return builder_new_chunk(b, uid, modseq);
    d = builder_block(b, v->n - 1, d->n);
    d->grew = true;
    return &d->c[d->n - 1];
}

static void head_count(struct version_head *h, const struct row *r)
{
    h->messages++;
    h->unseen += !(r->flags & FLAG_SEEN);
    h->deleted += (r->flags & FLAG_DELETED) != 0;
    h->bytes += r->size;
    h->uidnext = r->uid + 1;
}

static enum err builder_append_row(struct builder *b, struct chunk *c, const struct row *r)
{
    struct stable *stable;
    struct state *state;

    TRY(builder_stable(b, c, &stable));
    TRY(builder_state(b, c, &state));
    stable_set(stable, c->slots, r);
    state_set(state, c->slots, r);
    c->slots++;
    c->live++;
    c->unseen += !(r->flags & FLAG_SEEN);
    c->deleted += (r->flags & FLAG_DELETED) != 0;
    c->last_uid = r->uid;
    c->max_modseq = c->touched = r->modseq;
    head_count(&b->v->head, r);
    return ERR_OK;
}

/* Read again from the log, some of the rows may be there already, or may have been and be dead. */
static enum err apply_append(struct builder *b, const struct change *ch)
{
    for (size_t i = 0; i < ch->append.n; i++) {
        struct row r = ch->append.rows[i];

        if (r.uid <= b->v->disk.rows_upto)
            continue;
        if (r.uid < b->v->head.uidnext || r.uid == UINT32_MAX)
            return ERR_CORRUPT;
        r.modseq = ch->modseq;
        TRY(builder_append_row(b, builder_tail(b, r.uid, r.modseq), &r));
    }
    return ERR_OK;
}

static enum err apply_link(struct builder *b, const struct change *ch)
{
    struct version *v = b->v;

    for (size_t i = 0; i < ch->link.n; i++) {
        const struct chunk *c = &ch->link.chunks[i];

        if (c->first_uid <= v->disk.rows_upto)
            continue;
        if (c->first_uid < v->head.uidnext || c->last_uid == UINT32_MAX)
            return ERR_CORRUPT;
        *builder_add_entry(b, ch->modseq) = *c;
        v->head.messages += c->live;
        v->head.unseen += c->unseen;
        v->head.deleted += c->deleted;
        v->head.uidnext = c->last_uid + 1;
        if (v->disk.next_chunk <= c->id)
            v->disk.next_chunk = c->id + 1;
    }
    v->head.bytes += ch->link.bytes;
    return ERR_OK;
}

/* ---- flags and expunge ---- */

void chunk_recount(struct chunk *c, const struct state *s)
{
    struct bits live, unseen, deleted;

    chunk_live(c, s, &live);
    for (size_t i = 0; i < ARRAY_LEN(live.w); i++) {
        unseen.w[i] = live.w[i] & ~s->flag[0].w[i];
        deleted.w[i] = live.w[i] & s->flag[3].w[i];
    }
    c->live = (uint16_t)bits_count(&live);
    c->unseen = (uint16_t)bits_count(&unseen);
    c->deleted = (uint16_t)bits_count(&deleted);
    c->max_modseq = 0;
    for (unsigned i = 0; i < c->slots; i++)
        if (s->modseq[i] > c->max_modseq && bits_has(&live, i))
            c->max_modseq = s->modseq[i];
}

static void builder_recount(struct builder *b, struct chunk *c, const struct state *s,
                            uint64_t modseq)
{
    struct version_head *h = &b->v->head;

    h->messages -= c->live;
    h->unseen -= c->unseen;
    h->deleted -= c->deleted;
    chunk_recount(c, s);
    c->touched = modseq;
    h->messages += c->live;
    h->unseen += c->unseen;
    h->deleted += c->deleted;
}

static void bits_assign(struct bits *b, const struct bits *slots, bool on)
{
    for (size_t i = 0; i < ARRAY_LEN(b->w); i++)
        b->w[i] = on ? b->w[i] | slots->w[i] : b->w[i] & ~slots->w[i];
}

static void state_clear_keywords(struct state *s, const struct keyword_set *but,
                                 const struct bits *slots)
{
    for (unsigned i = s->n_keywords; i-- > 0;)
        if (!keyword_has(but, s->keywords[i].id))
            state_clear_keyword(s, s->keywords[i].id, slots);
}

static void state_flags(struct state *s, const struct change *ch, const struct bits *slots)
{
    bool on = ch->flags.how != FLAGS_HOW_REMOVE;

    for (unsigned f = 0; f < STATE_FLAGS; f++) {
        if (ch->flags.flags >> f & 1)
            bits_assign(&s->flag[f], slots, on);
        else if (ch->flags.how == FLAGS_HOW_SET)
            bits_assign(&s->flag[f], slots, false);
    }
    if (ch->flags.how == FLAGS_HOW_SET)
        state_clear_keywords(s, &ch->flags.keywords, slots);
    for (unsigned w = 0; w < ARRAY_LEN(ch->flags.keywords.w); w++) {
        for (uint64_t left = ch->flags.keywords.w[w]; left; left &= left - 1) {
            unsigned id = w * 64 + (unsigned)__builtin_ctzll(left);

            if (on)
                state_set_keyword(s, id, slots);
            else
                state_clear_keyword(s, id, slots);
        }
    }
    for (unsigned i = bits_next(slots, 0); i < CHUNK_MESSAGES; i = bits_next(slots, i + 1))
        s->modseq[i] = ch->modseq;
}

static void state_expunge(struct builder *b, struct state *s, const struct stable *stable,
                          const struct bits *slots)
{
    for (unsigned i = bits_next(slots, 0); i < CHUNK_MESSAGES; i = bits_next(slots, i + 1))
        b->v->head.bytes -= stable->size[i];
    bits_assign(&s->dead, slots, true);
}

static enum err apply_to_chunk(struct builder *b, struct chunk *c, const struct change *ch,
                               const struct ranges *uids)
{
    struct block *stable = NULL;
    struct bits slots, live;
    struct state *s;

    TRY(builder_state(b, c, &s));
    if (ch->kind == CHANGE_EXPUNGE || c->last_uid - c->first_uid + 1 != c->slots)
        TRY(version_stable(b->v, c, &stable));
    chunk_slots(c, stable ? stable_of(stable) : NULL, uids, &slots);
    chunk_live(c, s, &live);
    for (size_t i = 0; i < ARRAY_LEN(slots.w); i++)
        slots.w[i] &= live.w[i];
    if (ch->kind == CHANGE_EXPUNGE)
        state_expunge(b, s, stable_of(stable), &slots);
    else
        state_flags(s, ch, &slots);
    if (bits_any(&slots))
        builder_recount(b, c, s, ch->modseq);
    block_unref(stable);
    return ERR_OK;
}

/* A block that was written when this change had been made has it already. */
static bool block_has(const struct dirblock *d, const struct change *ch)
{
    return ch->modseq <= d->asof;
}

static enum err apply_in_place(struct builder *b, const struct change *ch,
                               const struct ranges *uids)
{
    struct version *v = b->v;

    if (uids->n == 0)
        return ERR_OK;
    for (struct place p = version_find(v, uids->v[0].lo); p.c; p = place_next(v, p)) {
        if (p.c->first_uid > uids->v[uids->n - 1].hi)
            break;
        if (p.c->live == 0 || block_has(v->dir[p.block], ch) ||
            !ranges_touch(uids, p.c->first_uid, p.c->last_uid))
            continue;
        struct dirblock *d = builder_block(b, p.block, v->dir[p.block]->n);

        TRY(apply_to_chunk(b, &d->c[p.at], ch, uids));
    }
    return ERR_OK;
}

enum err builder_apply(struct builder *b, const struct change *c)
{
    enum err e = ERR_OK;

    if (c->modseq > b->v->head.modseq)
        b->v->head.modseq = c->modseq;
    switch (c->kind) {
    case CHANGE_APPEND:
        e = apply_append(b, c);
        break;
    case CHANGE_FLAGS:
        e = apply_in_place(b, c, &c->flags.uids);
        break;
    case CHANGE_EXPUNGE:
        e = apply_in_place(b, c, &c->expunge.uids);
        break;
    case CHANGE_LINK:
        e = apply_link(b, c);
        break;
    }
    return e;
}
