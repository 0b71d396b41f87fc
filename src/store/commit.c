/*
 * store/commit.c - the commit thread.
 *
 * It takes every batch that waits and makes them durable together:
 *
 *   queued -> (looked at, in the map's open write) -> journal record written -> packs synced -> map
 * committed -> done |                                          |                    | |
 *              ERR_CONFLICT (this batch only)          ERR_NO_SPACE (all)     ERR_STORE (all;
 * read-only from then on)
 *
 *  (1) A batch is told ERR_OK after the sync that covers its record and its bodies, and after
 *      readers see it.
 *  (2) A group's record is written only after the group before it is synced, so at most the
 *      last one can be torn.
 *  (3) After a failed sync nothing is written any more: the batch may exist after a restart,
 *      or not.
 */
#include "store/embedded_priv.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/codec.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"

#include <time.h>

enum {
    GROUP_MAX_BYTES = 8 * 1024 * 1024,
    GROUP_MAX_KEYS = 20000,
    SETTLE_SECONDS = 2, /* idle for so long: the map catches up */
};

/* One group on its way. */
struct group {
    struct store_batch *batches;
    size_t n, keys, bytes;
    struct buf body;    /* of the journal record */
    struct place place; /* of that record */
    uint64_t written;
    size_t accepted;
    bool raw;
};

/* ---- the queue ---- */

void commit_queue(struct store *store, struct store_batch *b)
{
    struct embedded *s = embedded_of(store);
    enum err e = s->o.read_only ? ERR_READ_ONLY : ERR_OK;

    b->next = NULL;
    pthread_mutex_lock(&s->queue_lock);
    if (s->stopping)
        e = ERR_CLOSED;
    if (e == ERR_OK) {
        *s->last = b;
        s->last = &b->next;
        pthread_cond_signal(&s->queued);
    }
    pthread_mutex_unlock(&s->queue_lock);
    if (e != ERR_OK)
        store_batch_end(b, e, b->expect);
}

static bool group_takes(const struct group *g, const struct store_batch *b)
{
    return g->n == 0 || (g->bytes + store_batch_bytes(b) <= GROUP_MAX_BYTES &&
                         g->keys + store_batch_keys(b) <= GROUP_MAX_KEYS);
}

static void group_take_locked(struct embedded *s, struct group *g)
{
    struct store_batch **end = &g->batches;

    while (s->first && group_takes(g, s->first)) {
        struct store_batch *b = s->first;

        s->first = b->next;
        b->next = NULL;
        *end = b;
        end = &b->next;
        g->n++;
        g->keys += store_batch_keys(b) + 1;
        g->bytes += store_batch_bytes(b);
        g->raw |= b->raw;
    }
    if (!s->first)
        s->last = &s->first;
}

static void wait_locked(struct embedded *s)
{
    struct timespec until;

    if (s->groups_since == 0) {
        pthread_cond_wait(&s->queued, &s->queue_lock);
        return;
    }
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += SETTLE_SECONDS;
    if (pthread_cond_timedwait(&s->queued, &s->queue_lock, &until) != 0)
        s->checkpoint_asked = true;
}

/* ---- one group ---- */

static void fail_rest(struct group *g, enum err e)
{
    for (struct store_batch *b = g->batches; b; b = b->next)
        if (b->result == ERR_OK) {
            b->result = e;
            b->change = b->expect;
        }
}

/* The ballast is for this: a batch that deletes must get through on a full disk. */
static bool more_room(struct embedded *s, enum err e)
{
    return e == ERR_NO_SPACE && ballast_drop(s);
}

static enum err make_room(struct embedded *s, const struct group *g)
{
    enum err e = tree_make_room(s->map, g->keys, g->bytes);

    return more_room(s, e) ? tree_make_room(s->map, g->keys, g->bytes) : e;
}

static enum err change_now(struct embedded *s, uint64_t account, uint64_t *out)
{
    struct inner_key k = store_key_change(account);
    struct dec d;
    struct str v;
    uint8_t format;

    *out = 0;
    TRY(tree_get(s->map, inner_str(&k), &v));
    if (!v.p)
        return ERR_OK;
    TRY(seal_open(v, 1, &format, &d));
    *out = dec_u64(&d);
    return d.bad ? ERR_CORRUPT : ERR_OK;
}

/* Its answer when it alone is refused stands in b->result; an error is everybody's. */
static enum err prepare_batch(struct embedded *s, struct group *g, struct store_batch *b)
{
    size_t start = g->body.n;
    enum err e;

    b->result = ERR_OK;
    if (b->raw) {
        buf_add_str(&g->body, buf_str(&b->bytes));
    } else {
        e = change_now(s, b->account, &b->change);
        if (e == ERR_CORRUPT || e == ERR_VERSION) {
            log_event(LOG_ERROR, "change_number_bad", kv_u64("account", b->account), kv_err(e));
            b->result = e;
            return ERR_OK;
        }
        TRY(e);
        if (b->change != b->expect) {
            b->result = ERR_CONFLICT;
            return ERR_OK;
        }
        journal_add_batch(&g->body, b, ++b->change);
    }
    g->accepted++;
    return journal_apply(s->map, str_from(buf_str(&g->body), start), s->changes);
}

static enum err prepare_once(struct embedded *s, struct group *g)
{
    enum err e;

    buf_clear(&g->body);
    map_changes_clear(s->changes);
    g->accepted = 0;
    TRY(tree_begin(s->map));
    for (struct store_batch *b = g->batches; b; b = b->next) {
        e = prepare_batch(s, g, b);
        if (e != ERR_OK)
            return e;
    }
    return journal_apply_packs(s->map, s->changes);
}

/* Leaves the map's write open when something was accepted. */
static enum err prepare(struct embedded *s, struct group *g)
{
    enum err e;

    TRY(make_room(s, g));
    e = prepare_once(s, g);
    while (e == ERR_LIMIT) {
        tree_abort(s->map);
        TRY(tree_grow(s->map));
        e = prepare_once(s, g);
    }
    if (e != ERR_OK || g->accepted == 0)
        tree_abort(s->map);
    return e;
}

static enum err write_record(struct embedded *s, struct group *g)
{
    struct record r = {.kind = RECORD_GROUP, .info = {g->accepted, s->lsn + 1, clock_wall()}};
    enum err e;

    r.sum = hash_checksum(buf_str(&g->body));
    e = packs_write(s->packs, &r, buf_str(&g->body), &g->place, &g->written);
    return more_room(s, e) ? packs_write(s->packs, &r, buf_str(&g->body), &g->place, &g->written)
                           : e;
}

static enum err sync_pack(struct embedded *s, uint32_t no, uint64_t written)
{
    bool synced;

    TRY(packs_sync(s->packs, no, written, &synced));
    if (synced)
        atomic_fetch_add(&s->syncs, 1);
    return ERR_OK;
}

/* The journal's pack first: it holds nearly all bodies, and then the others need nothing. */
static enum err sync_group(struct embedded *s, const struct group *g)
{
    TRY(sync_pack(s, g->place.pack, g->written));
    for (const struct store_batch *b = g->batches; b; b = b->next)
        for (size_t i = 0; b->result == ERR_OK && i < b->n_blobs; i++)
            if (b->blobs[i]->pack)
                TRY(sync_pack(s, b->blobs[i]->pack, b->blobs[i]->written));
    return ERR_OK;
}

static enum err apply_again(struct embedded *s, const struct group *g)
{
    enum err e;

    TRY(tree_begin(s->map));
    map_changes_clear(s->changes);
    e = journal_apply(s->map, buf_str(&g->body), s->changes);
    if (e == ERR_OK)
        e = journal_apply_packs(s->map, s->changes);
    if (e == ERR_OK)
        return tree_commit(s->map);
    tree_abort(s->map);
    return e;
}

/* The journal has it, so the map must: LMDB may need pages at its commit that make_room did not
 * foresee. */
static enum err commit_map(struct embedded *s, const struct group *g)
{
    enum err e = tree_commit(s->map);

    if (e == ERR_NO_SPACE && ballast_drop(s))
        e = apply_again(s, g);
    while (e == ERR_LIMIT && (e = tree_grow(s->map)) == ERR_OK)
        e = apply_again(s, g);
    return e;
}

/* From the record to the map.  What fails before the record is written may pass; behind it
 * everything is final. */
static enum err make_durable(struct embedded *s, struct group *g)
{
    enum err e = g->raw ? packs_sync_all(s->packs) : ERR_OK;

    if (e == ERR_OK)
        e = write_record(s, g);
    if (e != ERR_OK) {
        tree_abort(s->map);
        return e;
    }
    e = sync_group(s, g);
    if (e == ERR_OK)
        e = commit_map(s, g);
    else
        tree_abort(s->map);
    packs_release(s->packs, g->place.pack);
    return e == ERR_OK ? ERR_OK : ERR_IO;
}

static void group_done(struct embedded *s, struct group *g)
{
    s->lsn++;
    atomic_store(&s->lsn_now, s->lsn);
    map_changes_unlink(s, s->changes);
    atomic_fetch_add(&s->commits, g->accepted);
    atomic_fetch_add(&s->groups, 1);
}

static void count_blobs(struct embedded *s, const struct store_batch *b)
{
    for (size_t i = 0; i < b->n_blobs; i++)
        atomic_fetch_add(&s->blob_bytes, b->blobs[i]->size);
}

static void group_end(struct embedded *s, struct group *g)
{
    struct store_batch *next;

    for (struct store_batch *b = g->batches; b; b = next) {
        next = b->next;
        if (b->result == ERR_OK)
            count_blobs(s, b);
        store_batch_end(b, b->result, b->change);
    }
}

static enum err group_run(struct embedded *s, struct group *g)
{
    TRY(embedded_writable(s));
    TRY(prepare(s, g));
    if (g->accepted == 0)
        return ERR_OK;
    TRY(make_durable(s, g));
    group_done(s, g);
    return ERR_OK;
}

/* Says nothing about the disk, and nothing was done. */
static bool is_passing(enum err e)
{
    return e == ERR_OK || e == ERR_NO_SPACE || e == ERR_BUSY || e == ERR_NO_MEMORY ||
           e == ERR_STORE;
}

static void run(struct embedded *s, struct group *g)
{
    enum err e = group_run(s, g);

    if (!is_passing(e)) {
        embedded_break(s, "commit");
        e = ERR_STORE;
    }
    if (e != ERR_OK)
        fail_rest(g, e);
    group_end(s, g);
    checkpoint_tick(s, e == ERR_OK && g->accepted ? g->body.n : 0);
}

/* One that is being kept wakes us when it is. */
static bool checkpoint_wanted(struct embedded *s)
{
    return s->checkpoint_asked && !atomic_load(&s->checkpoint_busy);
}

static void *commit_main(void *arg)
{
    struct embedded *s = arg;
    struct buf body = BUF_INIT;

    pthread_mutex_lock(&s->queue_lock);
    for (;;) {
        struct group g = {.body = body};

        while (!s->first && !s->stopping && !checkpoint_wanted(s))
            wait_locked(s);
        if (!s->first && s->stopping)
            break;
        group_take_locked(s, &g);
        pthread_mutex_unlock(&s->queue_lock);
        if (g.n)
            run(s, &g);
        else
            checkpoint_tick(s, 0);
        body = g.body; /* its memory serves the next group */
        if (body.cap > GROUP_MAX_BYTES / 8)
            buf_fini(&body);
        pthread_mutex_lock(&s->queue_lock);
    }
    pthread_mutex_unlock(&s->queue_lock);
    buf_fini(&body);
    return NULL;
}

/* ---- for the others ---- */

enum err commit_raw(struct embedded *s, struct buf *part)
{
    struct store_batch *b = store_batch_new(0);

    b->raw = true;
    b->bytes = *part;
    *part = BUF_INIT;
    return store_commit_wait(&s->store, b, 0);
}

enum err commit_start(struct embedded *s)
{
    s->changes = map_changes_new();
    s->committing = pthread_create(&s->committer, NULL, commit_main, s) == 0;
    return s->committing ? ERR_OK : ERR_NO_MEMORY;
}

void commit_stop(struct embedded *s)
{
    if (s->committing) {
        pthread_mutex_lock(&s->queue_lock);
        s->stopping = true;
        pthread_cond_signal(&s->queued);
        pthread_mutex_unlock(&s->queue_lock);
        pthread_join(s->committer, NULL);
        s->committing = false;
    }
    map_changes_free(s->changes);
    s->changes = NULL;
}
