/*
 * mailbox/fold.c - bringing the log into the chunks.
 *
 * Block by block: a directory block is written together with every half of its chunks that is newer
 * than the store's, all at new generations, so a block in the store is always the state at one
 * modseq (`asof`).  Not all blocks need to go with one batch: the log is removed only up to the
 * oldest block that still lags.
 *
 * Blocks with new messages go in their order: what the store's blocks hold is always the beginning
 * of all messages, so one number in the head (`rows_upto`) says which messages of the log are there
 * already when it is read again.
 *
 * On the way chunks that are at least half dead are written anew, together with their neighbours
 * where they fit; but not the last chunk of a mailbox, which the next message will change anyway.
 */
#include "mailbox/batch.h"

#include "base/check.h"
#include "base/mem.h"

bool fold_is_due(const struct batch *b, const struct touched *t)
{
    const struct disk *d = &t->b.v->disk;

    if (t->no_fold)
        return false;
    return t->fold || d->log_records + (t->record.n != 0) > b->acct->ms->options.log_records ||
           d->log_bytes + t->record.n > LOG_BYTES_MAX;
}

/* ---- what a block would take ---- */

enum {
    ROW_MOST = 48,
    MODSEQ_MOST = 10,
    BITS_MOST = 66,
    ENTRY_MOST = 80,
    FIXED = 64,
    SLOT_MOST = ROW_MOST + MODSEQ_MOST,
    BITMAPS_MOST = STATE_FLAGS + 1 + KEYWORDS_MAX,
    CHUNK_MOST = ENTRY_MOST + 2 * FIXED + CHUNK_MESSAGES * SLOT_MOST + BITMAPS_MOST * BITS_MOST,
    FOLD_MAILBOXES = 4, /* of one intent */
};

/* A batch that only folds has room for at least one block, whatever is in it: folding always gets
 * on. */
_Static_assert(FIXED + DIRBLOCK_CHUNKS * CHUNK_MOST + FOLD_MAILBOXES * TOUCHED_BYTES < SEAL_BYTES,
               "a directory block fits a batch");

struct weight {
    size_t keys, bytes;
};

static struct weight chunk_weigh(const struct chunk *c)
{
    struct weight w = {0, ENTRY_MOST};

    if (c->stable_dirty) {
        w.keys++;
        w.bytes += FIXED + c->slots * (size_t)ROW_MOST;
    }
    if (c->state_dirty) {
        w.keys++;
        w.bytes += FIXED + c->slots * (size_t)MODSEQ_MOST +
                   (STATE_FLAGS + 1 + state_of(c->state)->n_keywords) * (size_t)BITS_MOST;
    }
    return w;
}

/* As its share of a chunk that is laid out anew. */
static struct weight chunk_weigh_anew(const struct chunk *c, unsigned keywords)
{
    return (struct weight){2, ENTRY_MOST + 2 * FIXED + c->live * (size_t)SLOT_MOST +
                                  (STATE_FLAGS + 1 + keywords) * (size_t)BITS_MOST};
}

static bool chunk_is_thin(const struct chunk *c)
{
    return c->live * 2 <= c->slots;
}

/* A thin chunk is laid out anew, and may take any of its neighbours with it. */
static void block_weigh(const struct dirblock *d, unsigned keywords, size_t *keys, size_t *bytes)
{
    bool thin = false;

    for (unsigned i = 0; i < d->n && !thin; i++)
        thin = chunk_is_thin(&d->c[i]);
    *keys = 1;
    *bytes = FIXED;
    for (unsigned i = 0; i < d->n; i++) {
        struct weight as_it_is = chunk_weigh(&d->c[i]), anew = {0, 0};

        if (thin)
            anew = chunk_weigh_anew(&d->c[i], keywords);
        *keys += as_it_is.keys > anew.keys ? as_it_is.keys : anew.keys;
        *bytes += as_it_is.bytes > anew.bytes ? as_it_is.bytes : anew.bytes;
    }
}

/* ---- laying out anew ---- */

static void replace(struct touched *t, char kind, uint32_t part, uint32_t gen)
{
    if (gen == 0)
        return;
    if (t->n_garbage == t->cap_garbage) {
        t->cap_garbage = t->cap_garbage ? t->cap_garbage * 2 : 16;
        t->garbage = mem_grow(t->garbage, t->cap_garbage * sizeof(*t->garbage));
    }
    t->garbage[t->n_garbage++] = (struct garbage){0, {kind, part, gen}};
}

static void replace_chunk(struct touched *t, const struct chunk *c)
{
    replace(t, KEY_STABLE, c->id, c->stable_gen);
    replace(t, KEY_STATE, c->id, c->state_gen);
}

/* The live rows of `c`, appended to the halves. */
static enum err rows_gather(struct version *v, const struct chunk *c, struct stable *stable,
                            struct state *state, unsigned *slot)
{
    struct columns cols;
    struct bits live;
    struct row r;

    if (c->live == 0)
        return ERR_OK;
    TRY(columns_load(v, c, &cols));
    chunk_live(c, state_of(cols.state), &live);
    for (unsigned i = bits_next(&live, 0); i < c->slots; i = bits_next(&live, i + 1)) {
        row_fill(&r, stable_of(cols.stable), state_of(cols.state), i);
        stable_set(stable, *slot, &r);
        state_set(state, (*slot)++, &r);
    }
    columns_fini(&cols);
    return ERR_OK;
}

/* Entries [at, at + n) become one, or none if nobody lives there. */
static enum err chunks_merge(struct touched *t, struct dirblock *d, unsigned at, unsigned n)
{
    struct version *v = t->b.v;
    struct chunk made = {.id = v->disk.next_chunk};
    struct stable *stable;
    struct state *state;
    unsigned slots = 0, live = 0;
    enum err e = ERR_OK;

    for (unsigned i = at; i < at + n; i++)
        live += d->c[i].live;
    stable = stable_new(live);
    state = state_new(live);
    for (unsigned i = at; e == ERR_OK && i < at + n; i++) {
        e = rows_gather(v, &d->c[i], stable, state, &slots);
        if (d->c[i].touched > made.touched)
            made.touched = d->c[i].touched;
    }
    if (e != ERR_OK || live == 0) {
        block_unref(&stable->block);
        block_unref(&state->block);
        TRY(e);
    } else {
        made.first_uid = stable->uid[0];
        made.last_uid = stable->uid[slots - 1];
        made.slots = (uint16_t)slots;
        made.stable = &stable->block;
        made.state = &state->block;
        made.stable_dirty = made.state_dirty = true;
        chunk_recount(&made, state);
        v->disk.next_chunk++;
    }
    for (unsigned i = at; i < at + n; i++)
        replace_chunk(t, &d->c[i]);
    dirblock_remove(d, at + (live ? 1 : 0), n - (live ? 1 : 0));
    if (live) {
        block_unref(d->c[at].stable);
        block_unref(d->c[at].state);
        d->c[at] = made;
    }
    return ERR_OK;
}

/* How many entries from `at` on should become one: 0 or 1 thin one alone, or with neighbours. */
static unsigned chunks_to_merge(const struct dirblock *d, unsigned at, unsigned end)
{
    unsigned live = d->c[at].live, n = 1;
    bool thin = chunk_is_thin(&d->c[at]);

    while (at + n < end && live + d->c[at + n].live <= CHUNK_MESSAGES &&
           (thin || chunk_is_thin(&d->c[at + n]))) {
        thin |= chunk_is_thin(&d->c[at + n]);
        live += d->c[at + n].live;
        n++;
    }
    return thin ? n : 0;
}

/* A chunk that cannot be read stays as it is: its fault is told to those who ask for it.  Behind a
 * merge the place holds the made chunk, which is not thin, or the next one if nobody lived. */
static void block_compact(struct touched *t, struct dirblock *d, bool last_block)
{
    unsigned keep = last_block ? 1 : 0;

    for (unsigned at = 0; at + keep < d->n;) {
        unsigned n = chunks_to_merge(d, at, d->n - keep), live = 0;

        for (unsigned i = at; i < at + n; i++)
            live += d->c[i].live;
        if (n == 0 || chunks_merge(t, d, at, n) != ERR_OK || live)
            at++;
    }
}

/* ---- writing ---- */

static void fresh_add(struct touched *t, const struct cache_key *key, struct block *block)
{
    if (t->n_fresh == t->cap_fresh) {
        t->cap_fresh = t->cap_fresh ? t->cap_fresh * 2 : 16;
        t->fresh = mem_grow(t->fresh, t->cap_fresh * sizeof(*t->fresh));
    }
    t->fresh[t->n_fresh++] = (struct fresh_block){*key, block_ref(block)};
}

static uint32_t half_write(struct batch *b, struct touched *t, const struct chunk *c,
                           enum block_kind kind)
{
    enum key_kind letter = kind == BLOCK_STABLE ? KEY_STABLE : KEY_STATE;
    struct cache_key id = {b->acct->id, t->id, c->id, t->b.v->disk.next_gen++, kind};
    struct key key = key_generation(b->acct->id, letter, t->id, c->id, id.gen);
    struct block *block = kind == BLOCK_STABLE ? c->stable : c->state;
    struct buf value = BUF_INIT;

    if (kind == BLOCK_STABLE)
        stable_encode(stable_of(block), c->slots, c->first_uid, &value);
    else
        state_encode(state_of(block), c->slots, &value);
    batch_put(b, &key, &value);
    buf_fini(&value);
    fresh_add(t, &id, block);
    return id.gen;
}

/* Its halves are in the store then; the tail's stay pinned, because it will be changed next. */
static void chunk_write(struct batch *b, struct touched *t, struct chunk *c, bool tail)
{
    if (c->stable_dirty) {
        replace(t, KEY_STABLE, c->id, c->stable_gen);
        c->stable_gen = half_write(b, t, c, BLOCK_STABLE);
    }
    if (c->state_dirty) {
        replace(t, KEY_STATE, c->id, c->state_gen);
        c->state_gen = half_write(b, t, c, BLOCK_STATE);
    }
    c->stable_dirty = c->state_dirty = false;
    if (tail)
        return;
    block_unref(c->stable);
    block_unref(c->state);
    c->stable = c->state = NULL;
}

static void block_write(struct batch *b, struct touched *t, struct dirblock *d)
{
    uint32_t gen = t->b.v->disk.next_gen++;
    struct key key = key_generation(b->acct->id, KEY_DIR, t->id, d->id, gen);
    struct buf value = BUF_INIT;

    replace(t, KEY_DIR, d->id, d->gen);
    d->gen = gen;
    d->asof = t->b.v->head.modseq;
    d->dirty = d->grew = false;
    dirblock_encode(d, &value);
    batch_put(b, &key, &value);
    buf_fini(&value);
}

/* A block in which nobody lives any more goes. */
static void block_fold(struct batch *b, struct touched *t, size_t i)
{
    struct version *v = t->b.v;
    bool last = i + 1 == v->n;
    struct dirblock *d = builder_block(&t->b, i, v->dir[i]->n);
    uint32_t upto = d->c[d->n - 1].last_uid;

    if (upto > v->disk.rows_upto)
        v->disk.rows_upto = upto;
    block_compact(t, d, last);
    if (d->n == 0) {
        replace(t, KEY_DIR, d->id, d->gen);
        builder_remove_block(&t->b, i);
        return;
    }
    for (unsigned k = 0; k < d->n; k++)
        chunk_write(b, t, &d->c[k], last && k + 1 == d->n);
    block_write(b, t, d);
}

static uint64_t folded_upto(const struct version *v)
{
    uint64_t upto = v->head.modseq;

    for (size_t i = 0; i < v->n; i++)
        if (v->dir[i]->dirty && v->dir[i]->asof < upto)
            upto = v->dir[i]->asof;
    return upto;
}

/* The dirty block that lags most; v->n: none that fits.  One that grew waits for those before it
 * that did. */
static size_t block_next(const struct version *v, size_t *max_keys, size_t *max_bytes)
{
    size_t best = v->n, best_keys = 0, best_bytes = 0;
    bool grew = false;

    for (size_t i = 0; i < v->n; i++) {
        const struct dirblock *d = v->dir[i];
        bool waits = d->grew && grew;
        size_t keys, bytes;

        grew |= d->grew;
        if (!d->dirty || waits || (best < v->n && d->asof >= v->dir[best]->asof))
            continue;
        block_weigh(d, v->keywords->n, &keys, &bytes);
        if (keys > *max_keys || bytes > *max_bytes)
            continue;
        best = i;
        best_keys = keys;
        best_bytes = bytes;
    }
    *max_keys -= best_keys;
    *max_bytes -= best_bytes;
    return best;
}

void batch_fold(struct batch *b, struct touched *t, size_t max_keys, size_t max_bytes)
{
    struct version *v = t->b.v;
    uint64_t upto;

    for (uint32_t n = 0; n < b->acct->ms->options.fold_blocks; n++) {
        size_t i = block_next(v, &max_keys, &max_bytes);

        if (i == v->n)
            break;
        block_fold(b, t, i);
        t->folded_blocks++;
    }
    upto = folded_upto(v);
    if (upto > v->disk.folded)
        t->folded_upto = upto;
}

/* ---- as an intent ---- */

static struct mailbox *mailbox_to_fold(struct account *acct, uint64_t *after)
{
    struct mailbox *found = NULL;

    pthread_mutex_lock(&acct->lock);
    for (size_t i = 0; i < acct->n_mailboxes && !found; i++) {
        struct mailbox *m = acct->mailboxes[i];

        if (m->id > *after && m->version && m->version->disk.log_records >= LOG_CLOSE_RECORDS)
            found = m;
    }
    pthread_mutex_unlock(&acct->lock);
    if (found)
        *after = found->id;
    return found;
}

/* Batch after batch, as long as there is something to fold and they fold something: the account
 * waits meanwhile. */
enum err evaluate_fold(struct batch *b, struct ticket *t, enum outcome *how)
{
    uint64_t after = 0;

    if (b->first) {
        *how = OUTCOME_LATER;
        return ERR_OK;
    }
    b->closed = true;
    pthread_mutex_lock(&b->acct->lock);
    b->acct->folding = false;
    pthread_mutex_unlock(&b->acct->lock);
    if (t->sliced && t->folded == b->acct->folded)
        return ERR_OK;
    t->sliced = true;
    t->folded = b->acct->folded;
    for (unsigned i = 0; i < FOLD_MAILBOXES && mailbox_to_fold(b->acct, &after); i++) {
        struct touched *touched;

        TRY(batch_touch(b, after, &touched));
        touched->changed = touched->fold = true;
        b->changes++;
    }
    if (mailbox_to_fold(b->acct, &after))
        *how = OUTCOME_AGAIN;
    return ERR_OK;
}

enum { FOLD_BATCHES = 1000 };

void account_fold_now(struct account *acct)
{
    enum outcome how = OUTCOME_AGAIN;
    struct ticket t = {.acct = acct};
    enum err e = ERR_OK;

    for (unsigned i = 0; e == ERR_OK && how == OUTCOME_AGAIN && i < FOLD_BATCHES; i++) {
        struct batch *b = batch_new(acct);

        how = OUTCOME_DONE;
        e = evaluate_fold(b, &t, &how);
        if (e == ERR_OK && !batch_is_empty(b)) {
            batch_seal(b);
            e = store_commit_wait(acct->ms->store, b->sb, acct->change);
            b->sb = NULL;
            if (e == ERR_OK) {
                acct->change++;
                batch_publish(b);
            }
        }
        batch_free(b);
    }
}
