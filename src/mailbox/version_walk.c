/*
 * mailbox/version_walk.c - reading a version: rows in order, single rows, ranks, sets.
 *
 * Where the directory alone answers, no chunk is loaded: whole chunks are counted, and a chunk with
 * every slot alive and no gap between its UIDs numbers itself.
 */
#include "mailbox/version_priv.h"

#include "base/check.h"
#include "base/mem.h"

/* ---- cursor ---- */

/* A cursor keeps its place as block * 64 + entry. */
static struct place cursor_place(const struct cursor *c)
{
    size_t block = c->chunk / DIRBLOCK_CHUNKS;
    unsigned at = c->chunk % DIRBLOCK_CHUNKS;

    if (block >= c->v->n || at >= c->v->dir[block]->n)
        return (struct place){c->v->n, 0, NULL};
    return (struct place){block, at, &c->v->dir[block]->c[at]};
}

static void cursor_move(struct cursor *c, struct place p, unsigned slot)
{
    size_t chunk = p.block * DIRBLOCK_CHUNKS + p.at;

    if (chunk != c->chunk) {
        block_unref(c->stable);
        block_unref(c->state);
        c->stable = c->state = NULL;
    }
    c->chunk = chunk;
    c->slot = slot;
}

static enum err cursor_load(struct cursor *c, const struct chunk *chunk)
{
    if (!c->stable)
        TRY(version_stable(c->v, chunk, &c->stable));
    if (!c->state)
        TRY(version_state(c->v, chunk, &c->state));
    return ERR_OK;
}

void cursor_init(struct cursor *c, struct version *v)
{
    *c = (struct cursor){.v = version_ref(v)};
}

void cursor_fini(struct cursor *c)
{
    block_unref(c->stable);
    block_unref(c->state);
    version_unref(c->v);
    *c = (struct cursor){.v = NULL};
}

/* The first slot of the chunk with a UID >= `uid`. */
static unsigned slot_from(const struct chunk *c, const struct stable *s, uint32_t uid)
{
    struct range above = {uid ? uid : 1, UINT32_MAX};
    struct ranges set = {&above, 1, 1};
    struct bits b;

    chunk_slots(c, s, &set, &b);
    return bits_next(&b, 0);
}

enum err cursor_seek(struct cursor *c, uint32_t uid)
{
    struct place p = version_find(c->v, uid);

    cursor_move(c, p, 0);
    if (!p.c || uid <= p.c->first_uid)
        return ERR_OK;
    if (p.c->last_uid - p.c->first_uid + 1 != p.c->slots)
        TRY(cursor_load(c, p.c));
    c->slot = slot_from(p.c, c->stable ? stable_of(c->stable) : NULL, uid);
    return ERR_OK;
}

/* The next live slot at or behind `slot`. */
static unsigned slot_live(const struct chunk *c, const struct state *s, unsigned slot)
{
    while (slot < c->slots && bits_has(&s->dead, slot))
        slot++;
    return slot;
}

enum err cursor_next(struct cursor *c, struct row *out, bool *got_out)
{
    struct place p = cursor_place(c);

    *got_out = false;
    for (; p.c; p = place_next(c->v, p), cursor_move(c, p, 0)) {
        if (p.c->live == 0 || c->slot >= p.c->slots)
            continue;
        TRY(cursor_load(c, p.c));
        c->slot = slot_live(p.c, state_of(c->state), c->slot);
        if (c->slot < p.c->slots) {
            row_fill(out, stable_of(c->stable), state_of(c->state), c->slot++);
            *got_out = true;
            return ERR_OK;
        }
    }
    return ERR_OK;
}

enum err version_row(struct version *v, uint32_t uid, struct row *out, bool *got_out)
{
    struct place p = version_find(v, uid);
    struct columns cols;
    unsigned slot;

    *got_out = false;
    if (!p.c || uid < p.c->first_uid)
        return ERR_OK;
    TRY(columns_load(v, p.c, &cols));
    slot = slot_from(p.c, stable_of(cols.stable), uid);
    if (slot < p.c->slots && stable_of(cols.stable)->uid[slot] == uid &&
        !bits_has(&state_of(cols.state)->dead, slot)) {
        row_fill(out, stable_of(cols.stable), state_of(cols.state), slot);
        *got_out = true;
    }
    columns_fini(&cols);
    return ERR_OK;
}

/* ---- ranks ---- */

/* Both columns, but only those that numbering needs: NULL where the directory suffices. */
static enum err numbering_load(const struct version *v, const struct chunk *c, struct columns *out)
{
    enum err e = ERR_OK;

    *out = (struct columns){NULL, NULL};
    if (c->last_uid - c->first_uid + 1 != c->slots)
        e = version_stable(v, c, &out->stable);
    if (e == ERR_OK && c->live != c->slots)
        e = version_state(v, c, &out->state);
    if (e != ERR_OK)
        columns_fini(out);
    return e;
}

static void numbering_live(const struct chunk *c, const struct columns *cols, struct bits *out)
{
    chunk_live(c, cols->state ? state_of(cols->state) : NULL, out);
}

static uint32_t numbering_uid(const struct chunk *c, const struct columns *cols, unsigned slot)
{
    return cols->stable ? stable_of(cols->stable)->uid[slot] : c->first_uid + slot;
}

static enum err chunk_rank(const struct version *v, const struct chunk *c, uint32_t uid,
                           uint32_t *rank)
{
    struct columns cols;
    struct bits live, below = {0};

    TRY(numbering_load(v, c, &cols));
    numbering_live(c, &cols, &live);
    bits_set_range(&below, 0, slot_from(c, cols.stable ? stable_of(cols.stable) : NULL, uid));
    for (size_t i = 0; i < ARRAY_LEN(live.w); i++)
        live.w[i] &= below.w[i];
    *rank += bits_count(&live);
    columns_fini(&cols);
    return ERR_OK;
}

enum err version_rank(struct version *v, uint32_t uid, uint32_t *rank_out)
{
    struct place p = version_find(v, uid);
    uint32_t rank;

    check(v->before);
    rank = v->before[p.block];
    for (unsigned i = 0; p.c && i < p.at; i++)
        rank += v->dir[p.block]->c[i].live;
    if (p.c && uid > p.c->first_uid)
        TRY(chunk_rank(v, p.c, uid, &rank));
    *rank_out = rank;
    return ERR_OK;
}

static enum err chunk_nth(const struct version *v, const struct chunk *c, uint32_t n, uint32_t *uid)
{
    struct columns cols;
    struct bits live;
    unsigned slot;

    TRY(numbering_load(v, c, &cols));
    numbering_live(c, &cols, &live);
    slot = bits_next(&live, 0);
    while (n-- > 0)
        slot = bits_next(&live, slot + 1);
    *uid = numbering_uid(c, &cols, slot);
    columns_fini(&cols);
    return ERR_OK;
}

enum err version_nth(struct version *v, uint32_t n, uint32_t *uid_out)
{
    size_t lo = 0, hi = v->n;
    unsigned at = 0;

    *uid_out = 0;
    check(v->before);
    if (n >= v->before[v->n])
        return ERR_OK;
    while (hi - lo > 1) {
        size_t mid = lo + (hi - lo) / 2;

        if (v->before[mid] <= n)
            lo = mid;
        else
            hi = mid;
    }
    n -= v->before[lo];
    while (n >= v->dir[lo]->c[at].live)
        n -= v->dir[lo]->c[at++].live;
    return chunk_nth(v, &v->dir[lo]->c[at], n, uid_out);
}

/* ---- sets ---- */

/* Calls `pick` for each chunk that may have members of `within` (NULL: any), with the slots that
 * are live and in it; `pick` takes away what it does not want. */
struct selection {
    const struct ranges *within;
    bool needs_state;
    bool (*chunk_may)(const struct chunk *c, const void *arg); /* NULL: each may */
    void (*pick)(const struct chunk *c, const struct state *s, const void *arg, struct bits *slots);
    const void *arg;
};

static bool selection_covers(const struct selection *sel, const struct chunk *c)
{
    size_t lo = 0, hi;

    if (!sel->within)
        return true;
    hi = sel->within->n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (sel->within->v[mid].hi < c->last_uid)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < sel->within->n && sel->within->v[lo].lo <= c->first_uid;
}

static enum err select_chunk(struct version *v, const struct chunk *c, const struct selection *sel,
                             struct ranges *out)
{
    struct columns cols;
    struct bits live, in;

    if (!sel->pick && chunk_dense(c) && selection_covers(sel, c)) {
        ranges_add(out, c->first_uid, c->last_uid);
        return ERR_OK;
    }
    TRY(numbering_load(v, c, &cols));
    if (sel->needs_state && !cols.state) {
        enum err e = version_state(v, c, &cols.state);

        if (e != ERR_OK) {
            columns_fini(&cols);
            return e;
        }
    }
    numbering_live(c, &cols, &live);
    if (sel->within) {
        chunk_slots(c, cols.stable ? stable_of(cols.stable) : NULL, sel->within, &in);
        for (size_t i = 0; i < ARRAY_LEN(live.w); i++)
            live.w[i] &= in.w[i];
    }
    if (sel->pick)
        sel->pick(c, state_of(cols.state), sel->arg, &live);
    if (bits_any(&live) && !cols.stable && c->last_uid - c->first_uid + 1 != c->slots) {
        columns_fini(&cols);
        return ERR_CORRUPT;
    }
    chunk_uids(c, cols.stable ? stable_of(cols.stable) : NULL, &live, out);
    columns_fini(&cols);
    return ERR_OK;
}

static enum err version_select(struct version *v, const struct selection *sel, struct ranges *out)
{
    struct place p = version_first(v);

    if (sel->within) {
        if (sel->within->n == 0)
            return ERR_OK;
        p = version_find(v, sel->within->v[0].lo);
    }
    for (; p.c; p = place_next(v, p)) {
        if (sel->within && p.c->first_uid > sel->within->v[sel->within->n - 1].hi)
            break;
        if (p.c->live == 0 || (sel->chunk_may && !sel->chunk_may(p.c, sel->arg)) ||
            (sel->within && !ranges_touch(sel->within, p.c->first_uid, p.c->last_uid)))
            continue;
        TRY(select_chunk(v, p.c, sel, out));
    }
    return ERR_OK;
}

enum err version_uids(struct version *v, uint32_t lo, uint32_t hi, struct ranges *out)
{
    struct range one = {lo ? lo : 1, hi};
    struct ranges set = {&one, one.lo <= one.hi, 1};

    return version_live(v, &set, out);
}

enum err version_live(struct version *v, const struct ranges *set, struct ranges *out)
{
    struct selection sel = {.within = set};

    return version_select(v, &sel, out);
}

struct flag_test {
    uint8_t has, hasnt;
};

static bool flags_may(const struct chunk *c, const void *arg)
{
    const struct flag_test *t = arg;

    return !((t->hasnt & FLAG_SEEN && c->unseen == 0) ||
             (t->has & FLAG_SEEN && c->unseen == c->live) ||
             (t->has & FLAG_DELETED && c->deleted == 0) ||
             (t->hasnt & FLAG_DELETED && c->deleted == c->live));
}

static void flags_pick(const struct chunk *c, const struct state *s, const void *arg,
                       struct bits *slots)
{
    const struct flag_test *t = arg;

    for (unsigned f = 0; f < STATE_FLAGS; f++) {
        for (size_t i = 0; i < ARRAY_LEN(slots->w); i++) {
            if (t->has >> f & 1)
                slots->w[i] &= s->flag[f].w[i];
            if (t->hasnt >> f & 1)
                slots->w[i] &= ~s->flag[f].w[i];
        }
    }
}

enum err version_uids_flags(struct version *v, uint8_t has, uint8_t hasnt, struct ranges *out)
{
    struct flag_test t = {has & FLAGS_ALL, hasnt & FLAGS_ALL};
    struct selection sel = {
        .needs_state = true, .chunk_may = flags_may, .pick = flags_pick, .arg = &t};

    if (t.has == 0 && t.hasnt == 0)
        return version_uids(v, 1, UINT32_MAX, out);
    return version_select(v, &sel, out);
}

static void keyword_pick(const struct chunk *c, const struct state *s, const void *arg,
                         struct bits *slots)
{
    const struct bits *b = state_keyword(s, *(const unsigned *)arg);

    for (size_t i = 0; i < ARRAY_LEN(slots->w); i++)
        slots->w[i] &= b ? b->w[i] : 0;
}

enum err version_uids_keyword(struct version *v, unsigned id, struct ranges *out)
{
    struct selection sel = {.needs_state = true, .pick = keyword_pick, .arg = &id};

    return version_select(v, &sel, out);
}

static bool modseq_may(const struct chunk *c, const void *arg)
{
    return c->max_modseq > *(const uint64_t *)arg;
}

static void modseq_pick(const struct chunk *c, const struct state *s, const void *arg,
                        struct bits *slots)
{
    uint64_t since = *(const uint64_t *)arg;

    for (unsigned i = 0; i < c->slots; i++)
        if (s->modseq[i] <= since)
            slots->w[i / 64] &= ~((uint64_t)1 << (i % 64));
}

enum err version_changed_since(struct version *v, uint64_t modseq, struct ranges *out)
{
    struct selection sel = {
        .needs_state = true, .chunk_may = modseq_may, .pick = modseq_pick, .arg = &modseq};

    return version_select(v, &sel, out);
}

/* ---- single questions ---- */

enum err version_first_unseen(struct version *v, uint32_t *rank_out, bool *got_out)
{
    struct flag_test t = {.hasnt = FLAG_SEEN};
    uint32_t rank = 0;

    *got_out = false;
    for (struct place p = version_first(v); p.c; rank += p.c->live, p = place_next(v, p)) {
        struct block *state;
        struct bits live, unseen;

        if (p.c->unseen == 0)
            continue;
        TRY(version_state(v, p.c, &state));
        chunk_live(p.c, state_of(state), &live);
        unseen = live;
        flags_pick(p.c, state_of(state), &t, &unseen);
        block_unref(state);
        for (unsigned i = bits_next(&live, 0); i < bits_next(&unseen, 0);
             i = bits_next(&live, i + 1))
            rank++;
        *rank_out = rank;
        *got_out = true;
        return ERR_OK;
    }
    return ERR_OK;
}

/* Looking at every chunk of a large mailbox is not worth an exact answer. */
enum { KEYWORD_LOOKS = 8 };

bool version_keyword_used(const struct version *v, unsigned id)
{
    unsigned looks = 0;

    for (struct place p = version_first(v); p.c; p = place_next(v, p)) {
        struct block *state;
        bool used;

        if (p.c->live == 0)
            continue;
        if (looks++ == KEYWORD_LOOKS || version_state(v, p.c, &state) != ERR_OK)
            return true;
        used = state_keyword(state_of(state), id) != NULL;
        block_unref(state);
        if (used)
            return true;
    }
    return false;
}
