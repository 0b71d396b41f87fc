/*
 * mailbox/evaluate_copy.c - COPY and MOVE.
 *
 * A copy is a row more that names the same object.  Up to a few thousand travel in the log record;
 * more are written as chunks (stage.c).  Source and destination may be one mailbox: rows are
 * gathered before anything changes.
 */
#include "mailbox/stage.h"

#include "base/clock.h"
#include "base/mem.h"

enum { ROW_BYTES = 48, KEYWORD_BYTES = 2 };

void account_guard(struct account *acct, uint64_t object)
{
    pthread_mutex_lock(&acct->lock);
    if (acct->guarding) {
        if (acct->n_guard == acct->cap_guard) {
            acct->cap_guard = acct->cap_guard ? acct->cap_guard * 2 : 256;
            acct->guard = mem_grow(acct->guard, acct->cap_guard * sizeof(*acct->guard));
        }
        acct->guard[acct->n_guard++] = object;
    }
    pthread_mutex_unlock(&acct->lock);
}

static enum err rows_of(struct version *v, const struct ranges *uids, struct row *rows)
{
    struct cursor c;
    enum err e = ERR_OK;
    size_t n = 0;

    cursor_init(&c, v);
    for (size_t i = 0; e == ERR_OK && i < uids->n; i++) {
        e = cursor_seek(&c, uids->v[i].lo);
        for (uint64_t uid = uids->v[i].lo; e == ERR_OK && uid <= uids->v[i].hi; uid++) {
            bool got;

            e = cursor_next(&c, &rows[n], &got);
            if (e == ERR_OK && (!got || rows[n++].uid != uid))
                e = ERR_CORRUPT;
        }
    }
    cursor_fini(&c);
    return e;
}

static size_t rows_weigh(const struct row *rows, size_t n)
{
    size_t bytes = n * ROW_BYTES;

    for (size_t i = 0; i < n; i++)
        for (unsigned w = 0; w < ARRAY_LEN(rows[i].keywords.w); w++)
            bytes += (size_t)__builtin_popcountll(rows[i].keywords.w[w]) * KEYWORD_BYTES;
    return bytes;
}

/* `rows` are those of `uids`, which are live in `from`. */
static enum err copy_rows(struct batch *b, struct ticket *t, struct touched *from,
                          struct touched *to, const struct ranges *uids, struct row *rows, size_t n)
{
    struct change c = {.kind = CHANGE_APPEND, .modseq = to->b.v->head.modseq + 1};
    uint32_t first = to->b.v->head.uidnext;
    int64_t now = clock_wall();
    struct keyword_map map;

    keyword_map_make(from->b.v, to, &map);
    for (size_t i = 0; i < n; i++) {
        account_guard(b->acct, rows[i].object);
        keyword_map_use(b, from->b.v, to, &map, &rows[i]);
        rows[i].uid = first + (uint32_t)i;
        rows[i].modseq = c.modseq;
        rows[i].saved = now;
    }
    c.append.rows = rows;
    c.append.n = n;
    ranges_union(&t->result.from_uids, uids);
    ranges_add(&t->result.to_uids, first, first + (uint32_t)n - 1);
    return batch_change(b, to, &c);
}

/* So few that they go with one batch; an empty one has room for them. */
static enum err copy_few(struct batch *b, struct ticket *t, struct touched *from,
                         struct touched *to, const struct ranges *uids, enum outcome *how)
{
    size_t n = ranges_count(uids);
    struct row *rows = NEW_ARRAY(struct row, n);
    enum err e = rows_of(from->b.v, uids, rows);

    if (e == ERR_OK && b->first && !batch_has_room(b, 0, rows_weigh(rows, n)))
        *how = OUTCOME_LATER;
    else if (e == ERR_OK)
        e = copy_rows(b, t, from, to, uids, rows, n);
    mem_free(rows);
    return e;
}

/* Copies all of `uids`, in this batch or in several. */
static enum err copy_all(struct batch *b, struct ticket *t, struct touched *from,
                         struct touched *to, const struct ranges *uids, enum outcome *how)
{
    uint64_t n = ranges_count(uids);

    if (!t->stage && n > UINT32_MAX - to->b.v->head.uidnext)
        return ERR_LIMIT;
    if (!t->stage && n <= COPY_ROWS_MAX)
        return copy_few(b, t, from, to, uids, how);
    if (b->first) {
        *how = OUTCOME_LATER;
        return ERR_OK;
    }
    return stage_copy(b, t, from, to, uids, how);
}

/* A slice of a MOVE that is in: its messages leave the source with the same batch. */
static enum err move_slice(struct batch *b, struct ticket *t, struct touched *from,
                           const struct ranges *uids, bool more, enum outcome *how)
{
    TRY(batch_expunge(b, from, uids));
    ranges_union(&t->result.expunged, uids);
    stage_free(t->stage);
    t->stage = NULL;
    if (more) {
        *how = OUTCOME_AGAIN;
        t->sliced = true;
    }
    return ERR_OK;
}

enum err batch_copy(struct batch *b, struct ticket *t, struct touched *from, struct touched *to,
                    bool move, struct ranges *live, enum outcome *how)
{
    bool more = move && ranges_count(live) > MOVE_SLICE;

    if (live->n == 0)
        return ERR_OK;
    if (more)
        ranges_cut(live, MOVE_SLICE);
    TRY(copy_all(b, t, from, to, live, how));
    if (*how != OUTCOME_DONE)
        return ERR_OK;
    return move ? move_slice(b, t, from, live, more, how) : ERR_OK;
}

enum err evaluate_copy(struct batch *b, struct ticket *t, enum outcome *how)
{
    const struct intent *in = &t->in;
    struct ranges live = RANGES_INIT;
    struct touched *from, *to;
    enum err e;

    TRY(batch_touch(b, in->mailbox, &from));
    TRY(batch_touch(b, in->copy.to, &to));
    t->result.uidvalidity = to->b.v->head.uidvalidity;
    if (t->bound == 0 || !(t->sliced || t->stage))
        t->bound = from->b.v->head.uidnext;
    e = version_live(from->b.v, in->copy.uids, &live);
    ranges_remove(&live, t->bound, UINT32_MAX);
    if (e == ERR_OK && !t->sliced && !t->stage) {
        ranges_copy(&t->result.missing, in->copy.uids);
        ranges_subtract(&t->result.missing, &live);
        if (in->copy.whole && t->result.missing.n > 0)
            e = ERR_EXPUNGED;
    }
    if (e == ERR_OK)
        e = batch_copy(b, t, from, to, in->kind == INTENT_MOVE, &live, how);
    if (e == ERR_OK && *how == OUTCOME_DONE)
        t->result.modseq = to->b.v->head.modseq;
    ranges_fini(&live);
    return e;
}
