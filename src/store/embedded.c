/*
 * store/embedded.c - the embedded engine: opening, closing, reading the map.  embedded_priv.h says
 * which file does what.
 *
 * Opening: lock -> version -> checkpoint -> packs found -> map put back to the checkpoint ->
 * journal done again -> a pack to write in -> checkpoint -> threads.  Whatever the last life ended
 * like, this is the way.
 */
#include "store/embedded.h"

#include "base/check.h"
#include "base/codec.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/embedded_priv.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static const uint64_t default_pack = 64ull << 20, default_min_free = 64ull << 20;

void embedded_break(struct embedded *s, const char *what)
{
    int none = ERR_OK;

    if (atomic_compare_exchange_strong(&s->broken, &none, (int)ERR_STORE))
        log_event(
            LOG_ERROR, "store_read_only", kv_cstr("dir", s->path), kv_cstr("failed", what),
            kv_cstr("hint",
                    "the disk failed: nothing is written until restart; look at the disk first"));
}

enum err embedded_writable(struct embedded *s)
{
    if (s->o.read_only)
        return ERR_READ_ONLY;
    return (enum err)atomic_load(&s->broken);
}

/* ---- reading ---- */

struct get_call {
    struct arena *a;
    const struct str *keys;
    size_t n;
    struct str *values;
};

static enum err get_read(void *arg, struct tree_reader *r)
{
    struct get_call *c = arg;

    for (size_t i = 0; i < c->n; i++) {
        struct inner_key k = store_key_value(c->keys[i]);
        struct str v;

        TRY(tree_reader_get(r, inner_str(&k), &v));
        c->values[i] = v.p ? arena_str(c->a, v) : STR_NONE;
    }
    return ERR_OK;
}

static enum err embedded_get(struct store *s, struct arena *a, const struct str *keys, size_t n,
                             struct str *values_out)
{
    struct get_call c = {a, keys, n, values_out};

    for (size_t i = 0; i < n; i++)
        values_out[i] = STR_NONE;
    return tree_read(embedded_of(s)->map, get_read, &c);
}

struct scan_call {
    struct arena *a;
    struct inner_key prefix, first;
    size_t limit, n, cap;
    struct store_row *rows;
};

static void scan_add(struct scan_call *c, MDB_val key, MDB_val value)
{
    char *p = arena_alloc(c->a, key.mv_size);

    if (c->n == c->cap) {
        struct store_row *more = ARENA_ARRAY(c->a, struct store_row, 2 * c->cap);

        memcpy(more, c->rows, c->n * sizeof(*more));
        c->rows = more;
        c->cap *= 2;
    }
    memcpy(p, key.mv_data, STORE_ACCOUNT_KEY);
    memcpy(p + STORE_ACCOUNT_KEY, (char *)key.mv_data + STORE_ACCOUNT_KEY + 1,
           key.mv_size - STORE_ACCOUNT_KEY - 1);
    c->rows[c->n++] = (struct store_row){
        str_n(p, key.mv_size - 1),
        arena_str(c->a, str_n(value.mv_size ? value.mv_data : "", value.mv_size))};
}

static enum err scan_read(void *arg, struct tree_reader *r)
{
    struct scan_call *c = arg;
    MDB_val k = {c->first.n, c->first.p}, v;
    int rc = mdb_cursor_get(r->cursor, &k, &v, MDB_SET_RANGE);

    for (; rc == 0 && c->n < c->limit; rc = mdb_cursor_get(r->cursor, &k, &v, MDB_NEXT)) {
        if (!str_starts(str_n(k.mv_data, k.mv_size), inner_str(&c->prefix)))
            break;
        scan_add(c, k, v);
    }
    return rc == 0 || rc == MDB_NOTFOUND ? ERR_OK : ERR_IO;
}

static enum err embedded_scan(struct store *s, struct arena *a, struct str prefix, struct str from,
                              size_t limit, struct store_row **rows_out, size_t *n_out)
{
    struct scan_call c = {.a = a, .limit = limit, .cap = limit < 64 ? limit + 1 : 64};

    c.prefix = store_key_value(prefix);
    c.first = from.p && str_cmp(from, prefix) > 0 ? store_key_value(from) : c.prefix;
    c.rows = ARENA_ARRAY(a, struct store_row, c.cap);
    TRY(tree_read(embedded_of(s)->map, scan_read, &c));
    *rows_out = c.rows;
    *n_out = c.n;
    return ERR_OK;
}

struct change_call {
    struct inner_key key;
    uint64_t change;
};

static enum err change_read(void *arg, struct tree_reader *r)
{
    struct change_call *c = arg;
    struct dec d;
    struct str v;
    uint8_t format;

    TRY(tree_reader_get(r, inner_str(&c->key), &v));
    if (!v.p)
        return ERR_OK;
    TRY(seal_open(v, 1, &format, &d));
    c->change = dec_u64(&d);
    return d.bad ? ERR_CORRUPT : ERR_OK;
}

static enum err embedded_change(struct store *s, uint64_t account, uint64_t *change_out)
{
    struct change_call c = {store_key_change(account), 0};

    TRY(tree_read(embedded_of(s)->map, change_read, &c));
    *change_out = c.change;
    return ERR_OK;
}

static bool embedded_has_room(struct store *store, uint64_t bytes)
{
    struct embedded *s = embedded_of(store);

    return embedded_writable(s) == ERR_OK && room_for(s, bytes);
}

void embedded_stats(struct store *store, struct embedded_stats *out)
{
    struct embedded *s = embedded_of(store);

    out->commits = atomic_load(&s->commits);
    out->groups = atomic_load(&s->groups);
    out->syncs = atomic_load(&s->syncs);
    out->blob_bytes = atomic_load(&s->blob_bytes);
}

/* ---- closing ---- */

static void locks_init(struct embedded *s)
{
    pthread_condattr_t attr;

    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&s->queued, &attr);
    pthread_condattr_destroy(&attr);
    pthread_mutex_init(&s->queue_lock, NULL);
    pthread_mutex_init(&s->checkpoint_lock, NULL);
    pthread_cond_init(&s->checkpoint_wake, NULL);
    pthread_cond_init(&s->checkpoint_over, NULL);
    pthread_mutex_init(&s->room_lock, NULL);
    pthread_mutex_init(&s->compact_lock, NULL);
    s->last = &s->first;
}

static void locks_fini(struct embedded *s)
{
    pthread_mutex_destroy(&s->compact_lock);
    pthread_mutex_destroy(&s->room_lock);
    pthread_cond_destroy(&s->checkpoint_over);
    pthread_cond_destroy(&s->checkpoint_wake);
    pthread_mutex_destroy(&s->checkpoint_lock);
    pthread_cond_destroy(&s->queued);
    pthread_mutex_destroy(&s->queue_lock);
}

static void embedded_free(struct embedded *s)
{
    commit_stop(s);
    checkpoint_stop(s);
    packs_free(s->packs);
    tree_close(s->map);
    layout_close(s);
    buf_fini(&s->taken.meta);
    locks_fini(s);
    mem_free(s->path);
    mem_free(s);
}

static void embedded_close(struct store *store)
{
    struct embedded *s = embedded_of(store);

    commit_stop(s);
    checkpoint_stop(s);
    if (embedded_writable(s) == ERR_OK && checkpoint_now(s, true) != ERR_OK)
        log_event(LOG_WARN, "store_close_unclean",
                  kv_cstr("dir", s->path)); /* the journal has it all */
    embedded_free(s);
}

/* ---- opening ---- */

static const struct store_ops embedded_ops = {
    .get = embedded_get,
    .scan = embedded_scan,
    .change = embedded_change,
    .commit = commit_queue,
    .blob_room = blobs_room,
    .blob_spool = blobs_spool,
    .blob_finish = blobs_finish,
    .blob_discard = blobs_discard,
    .blob_read = blobs_read,
    .blob_stat = blobs_stat,
    .blob_verify = blobs_verify,
    .blob_list = blobs_list,
    .has_room = embedded_has_room,
    .prove = prove,
    .compact = compact,
    .close = embedded_close,
};

static char *path_copy(const char *dir)
{
    size_t n = strlen(dir) + 1;

    return memcpy(mem_raw(n), dir, n);
}

static struct embedded *embedded_new(const char *dir, const struct embedded_options *o)
{
    struct embedded *s = NEW(struct embedded);

    s->store.ops = &embedded_ops;
    if (o)
        s->o = *o;
    if (!s->o.pack_size)
        s->o.pack_size = default_pack;
    if (!s->o.min_free)
        s->o.min_free = default_min_free;
    s->path = path_copy(dir);
    s->dir = s->lock = s->packs_dir = s->map_dir = s->blobs_dir = s->tmp_dir = s->slots = -1;
    locks_init(s);
    return s;
}

static enum err map_open(struct embedded *s, struct str meta, bool alone)
{
    struct tree_options o = {.size = s->o.map_size, .read_only = s->o.read_only, .alone = alone};
    struct str dir = str_of(s->path);
    char *path = mem_raw(dir.n + 5);
    enum err e;

    memcpy(path, dir.p, dir.n);
    memcpy(path + dir.n, "/map", 5);
    e = tree_open(s->map_dir, path, meta, &o, &s->map);
    mem_free(path);
    return e;
}

/* A full disk must not keep the server from starting: mail could not be deleted either. */
static enum err begin_writing(struct embedded *s, uint32_t pack, uint64_t end)
{
    enum err e = packs_start(s->packs, pack, end);

    return e == ERR_NO_SPACE && ballast_drop(s) ? packs_start(s->packs, pack, end) : e;
}

static enum err start(struct embedded *s, const struct checkpoint *c, bool nothing_new)
{
    bool go_on = c->clean && nothing_new && packs_last(s->packs) == c->at.pack;

    TRY(begin_writing(s, go_on ? c->at.pack : 0, c->at.offset));
    TRY(checkpoint_now(s, false));
    layout_tidy(s);
    ballast_make(s);
    atomic_store(&s->lsn_now, s->lsn);
    compact_sweep(s); /* packs that a cut-off life had only begun */
    TRY(commit_start(s));
    return checkpoint_start(s);
}

/* The first checkpoint names no pack, so that there is one before there is a pack: see is_fresh in
 * layout.c. */
static enum err create(struct embedded *s)
{
    struct checkpoint none = {0};

    TRY(layout_begin(s));
    TRY(map_open(s, STR_NONE, false));
    TRY(dir_sync(s->map_dir, "map"));
    TRY(checkpoint_now(s, false));
    return start(s, &none, false);
}

static enum err open_again(struct embedded *s, struct checkpoint *c)
{
    TRY(checkpoint_read(s->dir, c));
    TRY(packs_scan(s->packs));
    TRY(map_open(s, buf_str(&c->meta), false));
    s->turn = c->turn;
    TRY(recover(s, c));
    return start(s, c, s->lsn == c->lsn);
}

/* For looking.  While a process owns the store its map is good as it stands; otherwise only when it
 * was closed. */
static enum err look(struct embedded *s, struct checkpoint *c)
{
    bool alone = !embedded_is_owned(s->path);

    TRY(checkpoint_read(s->dir, c));
    if (alone && !c->clean) {
        log_event(
            LOG_ERROR, "store_not_closed", kv_cstr("dir", s->path),
            kv_cstr("hint", "its owner was killed: open it for writing once, that recovers it"));
        return ERR_CORRUPT;
    }
    TRY(packs_scan(s->packs));
    return map_open(s, STR_NONE, alone);
}

static enum err open_in(struct embedded *s)
{
    struct packs_options po = {.pack_size = s->o.pack_size, .read_only = s->o.read_only};
    struct checkpoint c = {0};
    bool fresh;
    enum err e;

    TRY(layout_open(s, &fresh));
    po.store[0] = s->id[0];
    po.store[1] = s->id[1];
    s->packs = packs_new(s->packs_dir, &po);
    if (fresh)
        return create(s);
    e = s->o.read_only ? look(s, &c) : open_again(s, &c);
    buf_fini(&c.meta);
    if (e == ERR_NOT_FOUND) {
        log_event(LOG_ERROR, "store_file_missing", kv_cstr("dir", s->path),
                  kv_cstr("hint", "not all files of a store are here; restore a backup"));
        e = ERR_CORRUPT;
    }
    return e;
}

enum err embedded_open(const char *dir, const struct embedded_options *o, struct store **out)
{
    struct embedded *s = embedded_new(dir, o);
    enum err e = open_in(s);

    *out = NULL;
    if (e == ERR_OK)
        *out = &s->store;
    else
        embedded_free(s);
    return e;
}
