/*
 * store/compact.c - packs that are mostly dead are emptied, packs that are all dead are removed.
 *
 * Emptying copies each live body behind the journal's end and says so in a group (STEP_MOVE); a
 * blob that was dropped or moved meanwhile is left alone by that step.  Removing waits for a
 * checkpoint behind the pack, so that no replay needs it, and looks at the map once more for every
 * body in it: a count that lies must not cost mail.
 */
#include "store/embedded_priv.h"

#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"

enum { SLICE_BYTES = 1024 * 1024 };

static enum err find_at(struct embedded *s, const struct record *r, uint32_t pack)
{
    struct blob_entry e;

    TRY(blob_entry_find(s, r->info.account, r->info.object, &e));
    return e.place.pack == pack && e.place.offset == r->offset ? ERR_OK : ERR_NOT_FOUND;
}

static bool lives_at(struct embedded *s, const struct record *r, uint32_t pack)
{
    return find_at(s, r, pack) == ERR_OK;
}

/* ---- removing ---- */

static bool nothing_lives(struct embedded *s, uint32_t no)
{
    struct pack *k;
    struct record_walk w;
    struct record r;
    enum err e = ERR_IO, found = ERR_NOT_FOUND;

    if (packs_get(s->packs, no, &k) != ERR_OK)
        return false;
    w = (struct record_walk){pack_fd(k), pack_name(k), 0, PACK_HEADER, mem_raw(RECORD_WINDOW), 0,
                             0};
    while ((e = record_next(&w, &r)) == ERR_OK)
        if (r.kind == RECORD_BODY && (found = find_at(s, &r, no)) != ERR_NOT_FOUND)
            break;
    if (found == ERR_OK)
        log_event(LOG_ERROR, "pack_count_wrong", kv_cstr("file", pack_name(k)),
                  kv_cstr("hint", "it was about to be removed with mail in it; run tern check"));
    mem_free(w.window);
    packs_put(s->packs, k);
    return e == ERR_NOT_FOUND;
}

/* Every map error, too, means: not now. */
static bool removable(struct embedded *s, uint32_t no)
{
    struct pack_live live;

    return packs_idle(s->packs, no) && pack_live_find(s, no, &live) == ERR_OK &&
           live.records == 0 && nothing_lives(s, no);
}

void compact_sweep(struct embedded *s)
{
    uint32_t before = atomic_load(&s->kept_from);

    for (uint32_t no = packs_next(s->packs, 0); no && no < before; no = packs_next(s->packs, no))
        if (removable(s, no) && packs_remove(s->packs, no) != ERR_OK)
            log_event(LOG_WARN, "pack_not_removed", kv_u64("pack", no));
}

/* ---- emptying ---- */

struct slice {
    struct embedded *s;
    struct pack *from;
    struct buf part; /* moves */
    uint32_t *held;  /* packs to release when the map has the moves */
    size_t n_held, cap_held;
    uint64_t copied, bytes;
    char *body;
};

static void slice_hold(struct slice *c, uint32_t no)
{
    if (c->n_held == c->cap_held) {
        c->cap_held = c->cap_held ? 2 * c->cap_held : 64;
        c->held = mem_grow(c->held, c->cap_held * sizeof(*c->held));
    }
    c->held[c->n_held++] = no;
}

static enum err slice_end(struct slice *c)
{
    enum err e = c->part.n ? commit_raw(c->s, &c->part) : ERR_OK;

    for (size_t i = 0; i < c->n_held; i++)
        packs_release(c->s->packs, c->held[i]);
    c->n_held = 0;
    buf_clear(&c->part);
    return e;
}

/* A body whose checksum is wrong stays where it is, with its pack. */
static enum err move_one(struct slice *c, uint32_t pack, const struct record *r)
{
    struct blob_move m = {r->info.account, r->info.object, {pack, r->offset}, {0, 0}};
    struct record copy = {.kind = RECORD_BODY, .info = r->info, .sum = r->sum};
    uint64_t written;
    size_t got;

    c->body = mem_grow(c->body, r->length);
    TRY(file_read(pack_fd(c->from), pack_name(c->from), c->body, r->length,
                  r->offset + RECORD_HEADER, &got));
    if (got < r->length || hash_checksum(str_n(c->body, got)) != r->sum) {
        log_event(LOG_ERROR, "blob_damaged", kv_u64("account", r->info.account),
                  kv_u64("object", r->info.object), kv_cstr("file", pack_name(c->from)));
        return ERR_OK;
    }
    TRY(packs_write(c->s->packs, &copy, str_n(c->body, got), &m.to, &written));
    slice_hold(c, m.to.pack);
    journal_add_move(&c->part, &m);
    c->copied += r->length;
    return c->copied % SLICE_BYTES + r->length > SLICE_BYTES ? slice_end(c) : ERR_OK;
}

static enum err empty_pack(struct slice *c, uint32_t no)
{
    struct record_walk w = {pack_fd(c->from), pack_name(c->from), 0, PACK_HEADER, NULL, 0, 0};
    struct record r;
    enum err e = ERR_OK;

    w.window = mem_raw(RECORD_WINDOW);
    while (e == ERR_OK && c->copied < c->bytes && (e = record_next(&w, &r)) == ERR_OK)
        if (r.kind == RECORD_BODY && r.length <= BLOB_OWN_FILE && lives_at(c->s, &r, no))
            e = move_one(c, no, &r);
    mem_free(w.window);
    return e;
}

/* ERR_NOT_FOUND: the whole pack was walked. */
static enum err slice_run(struct embedded *s, uint32_t no, uint64_t bytes)
{
    struct slice c = {.s = s, .bytes = bytes};
    enum err e, end;

    TRY(packs_get(s->packs, no, &c.from));
    e = empty_pack(&c, no);
    end = slice_end(&c);
    packs_put(s->packs, c.from);
    mem_free(c.held);
    mem_free(c.body);
    buf_fini(&c.part);
    return e == ERR_OK || e == ERR_NOT_FOUND ? (end != ERR_OK ? end : e) : e;
}

static bool is_stuck(const struct embedded *s, uint32_t no)
{
    for (size_t i = 0; i < s->n_stuck; i++)
        if (s->stuck[i] == no)
            return true;
    return s->n_stuck == ARRAY_LEN(s->stuck);
}

static bool mostly_dead(struct embedded *s, uint32_t no)
{
    struct pack_live live;

    return packs_idle(s->packs, no) && pack_live_find(s, no, &live) == ERR_OK && live.records > 0 &&
           live.bytes < packs_size(s->packs, no) / 2 && !is_stuck(s, no);
}

static uint32_t candidate(struct embedded *s)
{
    uint32_t before = packs_end(s->packs).pack, no = packs_next(s->packs, 0);

    while (no && no < before && !mostly_dead(s, no))
        no = packs_next(s->packs, no);
    return no < before ? no : 0;
}

static void note_stuck(struct embedded *s, uint32_t no)
{
    struct pack_live live;

    if (pack_live_find(s, no, &live) == ERR_OK && live.records > 0 &&
        s->n_stuck < ARRAY_LEN(s->stuck))
        s->stuck[s->n_stuck++] = no;
}

static enum err compact_locked(struct embedded *s, uint64_t bytes, bool *more_out)
{
    uint32_t no = candidate(s);
    enum err e;

    if (no) {
        e = slice_run(s, no, bytes ? bytes : 1);
        if (e != ERR_OK && e != ERR_NOT_FOUND)
            return e;
        if (e == ERR_NOT_FOUND)
            note_stuck(s, no);
    }
    *more_out = candidate(s) != 0;
    if (*more_out)
        return ERR_OK;
    TRY(checkpoint_wait(s));
    compact_sweep(s);
    return ERR_OK;
}

enum err compact(struct store *store, uint64_t bytes, bool *more_out)
{
    struct embedded *s = embedded_of(store);
    enum err e;

    TRY(embedded_writable(s));
    pthread_mutex_lock(&s->compact_lock);
    e = compact_locked(s, bytes, more_out);
    pthread_mutex_unlock(&s->compact_lock);
    return e;
}
