/*
 * store/tree.c - LMDB, held at arm's length.
 *
 *  (1) No read transaction outlives its call, but one: the pinned snapshot, whose pages LMDB
 *      therefore never reuses.
 *  (2) The pinned snapshot is on disk, and its meta pages are in the checkpoint file.  So
 *      whatever a power loss did to later pages and to the metas, putting the kept metas back
 *      gives the snapshot again.
 *  (3) Only the committer writes.  After a fault inside a write LMDB is not called again.
 */
#include "store/tree.h"

#include "base/check.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/files.h"
#include "store/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    MAX_READERS = 1024,
    GROW_STEP = 4 * 1024 * 1024, /* the data file is zero-written ahead by this much */
    OP_PAGES = 4, /* pages that a change rewrites, few share them: a generous guess */
    OP_PAGES_MAX = 4096
};
#define MAP_SIZE_DEFAULT (1ull << 40)
#define MAP_SIZE_LEAST (64ull << 20)

static const char data_name[] = "map/data.mdb";

struct tree {
    MDB_env *env;
    MDB_dbi dbi;
    MDB_txn *write;
    MDB_txn *pinned, *next_pin;
    int fd; /* LMDB's own of data.mdb */
    size_t page;
    uint64_t size;      /* of the map */
    uint64_t allocated; /* the file is written up to here */
    bool read_only, alone;
    atomic_bool faulted;
    pthread_rwlock_t growing; /* readers share it; tree_grow has it alone */
    pthread_mutex_t lock;     /* of the pool */
    struct tree_reader *idle;
    struct tree *abandoned; /* the next in the list of those */
};

static enum err lmdb_err(int rc, const char *call)
{
    switch (rc) {
    case MDB_SUCCESS:
        return ERR_OK;
    case MDB_NOTFOUND:
        return ERR_NOT_FOUND;
    case MDB_MAP_FULL:
        return ERR_LIMIT;
    case MDB_READERS_FULL:
        return ERR_BUSY;
    case ENOSPC:
    case EDQUOT:
        return ERR_NO_SPACE;
    }
    log_event(LOG_ERROR, "store_map_failed", kv_cstr("call", call), kv_cstr("file", data_name),
              kv_cstr("reason", mdb_strerror(rc)));
    return rc == MDB_CORRUPTED || rc == MDB_PAGE_NOTFOUND || rc == MDB_INVALID ? ERR_CORRUPT
                                                                               : ERR_IO;
}

/* LMDB would abort the process next. */
static void on_assert(MDB_env *env, const char *text)
{
    log_event(LOG_ERROR, "store_map_damaged", kv_cstr("file", data_name), kv_cstr("assert", text));
    guard_trip();
}

static MDB_val val_of(struct str s)
{
    return (MDB_val){s.n, (void *)(uintptr_t)s.p};
}

/* ---- opening ---- */

static uint64_t map_size(uint64_t wanted)
{
    struct rlimit as;
    uint64_t size = wanted ? wanted : MAP_SIZE_DEFAULT;

    if (getrlimit(RLIMIT_AS, &as) == 0 && as.rlim_cur != RLIM_INFINITY && size > as.rlim_cur / 2)
        size = as.rlim_cur / 2;
    return size < MAP_SIZE_LEAST && !wanted ? MAP_SIZE_LEAST : size;
}

/* The kept meta pages, if the file's are others. */
static enum err metas_restore(int dirfd, struct str meta)
{
    char *now = mem_new(meta.n);
    size_t got = 0;
    enum err e;
    int fd;

    e = file_open(dirfd, "data.mdb", O_RDWR, &fd);
    if (e == ERR_OK)
        e = file_read(fd, data_name, now, meta.n, 0, &got);
    if (e == ERR_OK && (got < meta.n || memcmp(now, meta.p, meta.n) != 0)) {
        e = file_write(fd, data_name, meta.p, meta.n, 0);
        if (e == ERR_OK)
            e = file_sync(fd, data_name);
    }
    if (fd >= 0)
        close(fd);
    mem_free(now);
    if (e == ERR_NOT_FOUND)
        log_event(LOG_ERROR, "store_file_missing", kv_cstr("file", data_name));
    return e == ERR_NOT_FOUND ? ERR_CORRUPT : e;
}

static int env_open(struct tree *m, const char *path, uint64_t size)
{
    unsigned flags =
        MDB_NOTLS | (m->read_only ? MDB_RDONLY : MDB_NOSYNC) | (m->alone ? MDB_NOLOCK : 0);
    int rc = mdb_env_create(&m->env);

    if (rc)
        return rc;
    mdb_env_set_maxreaders(m->env, MAX_READERS);
    mdb_env_set_assert(m->env, on_assert);
    mdb_env_set_mapsize(m->env, size);
    return mdb_env_open(m->env, path, flags, 0600);
}

/* Address space may be short even without a limit: then a smaller map has to do. */
static enum err env_open_fitting(struct tree *m, const char *path)
{
    uint64_t size = m->size;
    int rc = env_open(m, path, size);

    while (rc == ENOMEM && size > MAP_SIZE_LEAST) {
        mdb_env_close(m->env);
        m->env = NULL;
        size /= 2;
        rc = env_open(m, path, size);
    }
    m->size = size;
    return lmdb_err(rc, "mdb_env_open");
}

static enum err whole(struct tree *m)
{
    MDB_envinfo info;
    MDB_stat stat;
    mdb_filehandle_t fd;

    if (mdb_env_info(m->env, &info) || mdb_env_stat(m->env, &stat) || mdb_env_get_fd(m->env, &fd))
        return ERR_CORRUPT;
    m->fd = fd;
    m->page = stat.ms_psize;
    TRY(file_size(fd, data_name, &m->allocated));
    if (m->allocated / m->page > info.me_last_pgno || info.me_last_pgno <= 1)
        return ERR_OK;
    log_event(LOG_ERROR, "store_file_short", kv_cstr("file", data_name),
              kv_u64("size", m->allocated), kv_u64("pages", info.me_last_pgno + 1));
    return ERR_CORRUPT;
}

static enum err pin(struct tree *m, MDB_txn **out)
{
    return lmdb_err(mdb_txn_begin(m->env, NULL, MDB_RDONLY, out), "mdb_txn_begin");
}

static enum err first_use(struct tree *m)
{
    MDB_txn *txn;

    TRY(lmdb_err(mdb_txn_begin(m->env, NULL, m->read_only ? MDB_RDONLY : 0, &txn),
                 "mdb_txn_begin"));
    TRY(lmdb_err(mdb_dbi_open(txn, NULL, 0, &m->dbi), "mdb_dbi_open"));
    return lmdb_err(mdb_txn_commit(txn), "mdb_txn_commit");
}

/* LMDB's table of readers also says which meta page is the newest.  Who has it to himself begins it
 * anew; while a process that only looks has it open it would be believed, although the metas were
 * put back.  The owner's lock is ours, so nobody writes by the old one. */
static enum err readers_forget(int dirfd)
{
    struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1}; /* as LMDB locks it */
    bool used;
    int fd = openat(dirfd, "lock.mdb", O_RDWR | O_CLOEXEC);

    if (fd < 0)
        return errno == ENOENT ? ERR_OK : errno_err(errno);
    used = fcntl(fd, F_GETLK, &l) < 0 || l.l_type != F_UNLCK;
    close(fd);
    return !used || unlinkat(dirfd, "lock.mdb", 0) == 0 ? ERR_OK : errno_err(errno);
}

static enum err db_open(struct tree *m, int dirfd, const char *path, struct str meta)
{
    if (!m->read_only) {
        if (meta.n)
            TRY(metas_restore(dirfd, meta));
        else if (unlinkat(dirfd, "data.mdb", 0) < 0 && errno != ENOENT)
            return errno_err(errno);
        TRY(readers_forget(dirfd));
    }
    TRY(env_open_fitting(m, path));
    if (!m->read_only)
        mdb_reader_check(m->env, NULL); /* those of a process that is gone */
    TRY(whole(m));
    TRY(first_use(m));
    return m->read_only ? ERR_OK : pin(m, &m->pinned);
}

enum err tree_open(int dirfd, const char *path, struct str meta, const struct tree_options *o,
                   struct tree **out)
{
    struct tree *m = NEW(struct tree);
    pthread_rwlockattr_t attr;
    enum err e;

    guard_install();
    m->read_only = o->read_only;
    m->alone = o->read_only && o->alone;
    m->size = map_size(o->size);
    pthread_rwlockattr_init(&attr);
    pthread_rwlockattr_setkind_np(&attr, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    pthread_rwlock_init(&m->growing, &attr); /* readers never end on a busy server */
    pthread_rwlockattr_destroy(&attr);
    pthread_mutex_init(&m->lock, NULL);
    e = db_open(m, dirfd, path, meta);
    if (e != ERR_OK) {
        tree_close(m);
        m = NULL;
    }
    *out = m;
    return e;
}

static void reader_free(struct tree_reader *r)
{
    if (r->cursor)
        mdb_cursor_close(r->cursor);
    if (r->txn)
        mdb_txn_abort(r->txn);
    mem_free(r);
}

/* After a fault in a write LMDB's lists are half done; what it holds stays until the process ends.
 */
static _Atomic(struct tree *) abandoned;

void tree_close(struct tree *m)
{
    struct tree_reader *next;

    if (!m)
        return;
    for (struct tree_reader *r = m->idle; r; r = next) {
        next = r->next;
        reader_free(r);
    }
    if (m->next_pin)
        mdb_txn_abort(m->next_pin);
    if (m->pinned)
        mdb_txn_abort(m->pinned);
    if (m->faulted) {
        m->abandoned = abandoned;
        abandoned = m;
        return;
    }
    if (m->env)
        mdb_env_close(m->env);
    pthread_mutex_destroy(&m->lock);
    pthread_rwlock_destroy(&m->growing);
    mem_free(m);
}

/* ---- reading ---- */

static enum err reader_open(struct tree *m, struct tree_reader *r)
{
    r->dbi = m->dbi;
    if (r->txn)
        TRY(lmdb_err(mdb_txn_renew(r->txn), "mdb_txn_renew"));
    else
        TRY(lmdb_err(mdb_txn_begin(m->env, NULL, MDB_RDONLY, &r->txn), "mdb_txn_begin"));
    if (r->cursor)
        return lmdb_err(mdb_cursor_renew(r->txn, r->cursor), "mdb_cursor_renew");
    return lmdb_err(mdb_cursor_open(r->txn, m->dbi, &r->cursor), "mdb_cursor_open");
}

static enum err reader_take(struct tree *m, struct tree_reader **out)
{
    struct tree_reader *r;
    enum err e;

    pthread_mutex_lock(&m->lock);
    r = m->idle;
    if (r)
        m->idle = r->next;
    pthread_mutex_unlock(&m->lock);
    if (!r)
        r = NEW(struct tree_reader);
    e = reader_open(m, r);
    if (e != ERR_OK) {
        reader_free(r);
        r = NULL;
    }
    *out = r;
    return e;
}

static void reader_give(struct tree *m, struct tree_reader *r)
{
    mdb_txn_reset(r->txn);
    pthread_mutex_lock(&m->lock);
    r->next = m->idle;
    m->idle = r;
    pthread_mutex_unlock(&m->lock);
}

struct read_call {
    tree_read_fn *fn;
    void *arg;
    struct tree_reader *reader;
};

static enum err read_guarded(void *arg)
{
    struct read_call *c = arg;

    return c->fn(c->arg, c->reader);
}

enum err tree_read(struct tree *m, tree_read_fn *fn, void *arg)
{
    struct read_call c = {fn, arg, NULL};
    enum err e;

    pthread_rwlock_rdlock(&m->growing);
    e = reader_take(m, &c.reader);
    if (e == ERR_OK) {
        e = guard_run(read_guarded, &c);
        reader_give(m, c.reader);
    }
    pthread_rwlock_unlock(&m->growing);
    if (e == ERR_IO)
        log_event(LOG_ERROR, "store_read_failed", kv_cstr("file", data_name));
    return e;
}

enum err tree_reader_get(struct tree_reader *r, struct str key, struct str *value_out)
{
    MDB_val k = val_of(key), v;
    int rc = mdb_get(r->txn, r->dbi, &k, &v);

    *value_out = rc == 0 ? str_n(v.mv_data ? v.mv_data : "", v.mv_size) : STR_NONE;
    return rc == MDB_NOTFOUND ? ERR_OK : lmdb_err(rc, "mdb_get");
}

/* ---- writing ---- */

struct write_call {
    struct tree *m;
    MDB_val key, value;
    int rc;
};

/* A fault in the middle of a change leaves LMDB's own lists half done: it is not called for writing
 * again. */
static enum err write_run(struct write_call *c, enum err (*fn)(void *), const char *call)
{
    if (c->m->faulted)
        return ERR_IO;
    if (guard_run(fn, c) != ERR_OK) {
        c->m->faulted = true;
        log_event(LOG_ERROR, "store_map_failed", kv_cstr("call", call), kv_cstr("file", data_name));
        return ERR_IO;
    }
    return lmdb_err(c->rc, call);
}

static enum err begin_guarded(void *arg)
{
    struct write_call *c = arg;

    c->rc = mdb_txn_begin(c->m->env, NULL, 0, &c->m->write);
    return ERR_OK;
}

static enum err put_guarded(void *arg)
{
    struct write_call *c = arg;

    c->rc = mdb_put(c->m->write, c->m->dbi, &c->key, &c->value, 0);
    return ERR_OK;
}

static enum err delete_guarded(void *arg)
{
    struct write_call *c = arg;

    c->rc = mdb_del(c->m->write, c->m->dbi, &c->key, NULL);
    return ERR_OK;
}

static enum err get_guarded(void *arg)
{
    struct write_call *c = arg;

    c->rc = mdb_get(c->m->write, c->m->dbi, &c->key, &c->value);
    return ERR_OK;
}

static enum err commit_guarded(void *arg)
{
    struct write_call *c = arg;

    c->rc = mdb_txn_commit(c->m->write);
    return ERR_OK;
}

enum err tree_begin(struct tree *m)
{
    struct write_call c = {.m = m};

    check(!m->write);
    return write_run(&c, begin_guarded, "mdb_txn_begin");
}

enum err tree_put(struct tree *m, struct str key, struct str value)
{
    struct write_call c = {m, val_of(key), val_of(value), 0};

    return write_run(&c, put_guarded, "mdb_put");
}

enum err tree_delete(struct tree *m, struct str key)
{
    struct write_call c = {m, val_of(key), {0}, 0};
    enum err e = write_run(&c, delete_guarded, "mdb_del");

    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err tree_get(struct tree *m, struct str key, struct str *value_out)
{
    struct write_call c = {m, val_of(key), {0}, 0};
    enum err e = write_run(&c, get_guarded, "mdb_get");

    *value_out =
        e == ERR_OK ? str_n(c.value.mv_data ? c.value.mv_data : "", c.value.mv_size) : STR_NONE;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err tree_commit(struct tree *m)
{
    struct write_call c = {.m = m};
    enum err e = write_run(&c, commit_guarded, "mdb_txn_commit");

    m->write = NULL;
    return e;
}

void tree_abort(struct tree *m)
{
    if (m->write && !m->faulted)
        mdb_txn_abort(m->write);
    m->write = NULL;
}

uint64_t tree_pages(struct tree *m)
{
    MDB_envinfo info;

    return mdb_env_info(m->env, &info) == 0 ? info.me_last_pgno + 1 : 0;
}

enum err tree_grow(struct tree *m)
{
    enum err e;

    /* The pins stay: they hold a place in the reader table and look at nothing. */
    pthread_rwlock_wrlock(&m->growing);
    e = lmdb_err(mdb_env_set_mapsize(m->env, 2 * m->size), "mdb_env_set_mapsize");
    if (e == ERR_OK)
        m->size *= 2;
    pthread_rwlock_unlock(&m->growing);
    return e;
}

enum err tree_make_room(struct tree *m, size_t ops, size_t bytes)
{
    size_t changed = ops * OP_PAGES < OP_PAGES_MAX ? ops * OP_PAGES : OP_PAGES_MAX;
    uint64_t need = (tree_pages(m) + changed + 64) * m->page + 2 * (uint64_t)bytes, reached;
    enum err e;

    while (need > m->size)
        TRY(tree_grow(m));
    if (need <= m->allocated)
        return ERR_OK;
    e = file_zero(m->fd, data_name, m->allocated, (need + GROW_STEP) / m->page * m->page, &reached);
    if (reached > m->allocated)
        m->allocated = reached;
    return e == ERR_NO_SPACE && m->allocated >= need ? ERR_OK : e;
}

/* ---- snapshots ---- */

enum err tree_snapshot(struct tree *m, struct buf *meta_out)
{
    size_t n = 2 * m->page, got;
    char *to = buf_reserve(meta_out, n);

    check(to && n <= TREE_META_MAX && !m->next_pin);
    TRY(pin(m, &m->next_pin));
    TRY(file_read(m->fd, data_name, to, n, 0, &got));
    if (got < n)
        return ERR_IO;
    meta_out->n += n;
    return ERR_OK;
}

enum err tree_sync(struct tree *m)
{
    return file_sync(m->fd, data_name);
}

void tree_unpin_old(struct tree *m)
{
    mdb_txn_abort(m->pinned);
    m->pinned = m->next_pin;
    m->next_pin = NULL;
}
