/*
 * store/checkpoint.c - the map catches up with the journal.
 *
 * A snapshot of the map is pinned between two groups; a thread of its own makes it durable, writes
 * down where the journal stood and what LMDB's meta pages were, and only then lets the snapshot
 * before it go.  The file has two slots, written by turns, so one of them is whole at any time.
 *
 *   idle --tick: pin, copy metas--> taken --thread: sync map, write slot, sync slot, write mark,
 * sync mark--> unpin the old one --> idle
 *
 * The slot of the turn before may be used only until the old snapshot is unpinned: then its pages
 * are written over.  A mark behind the slots says that a turn has come so far, so a newest slot
 * that rots is told from one that was cut short.
 */
#include "store/embedded_priv.h"

#include "base/check.h"
#include "base/codec.h"
#include "base/log.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum {
    SLOT_FORMAT = 1,
    SLOT_SIZE = TREE_META_MAX + 4096,
    SLOT_MAGIC = 0x6e726554, /* "Tern" */
    MARK_FORMAT = 1,
    MARK_AT = 2 * SLOT_SIZE,
    MARK_SPACE = 4096, /* a sector of its own, however large those are */
    MARK_BYTES = 1 + 8 + 8,
    MARK_MAGIC = 0x6b72614d, /* "Mark" */
    TICK_GROUPS = 1024,
    TICK_BYTES = 16 * 1024 * 1024,
    TICK_PAGES = 4096, /* by so many the map's file may grow, because what a snapshot holds is not
                          used again */
};

static const char name[] = "checkpoint";

/* ---- the slots ---- */

static void slot_format(const struct checkpoint *c, struct buf *out)
{
    struct buf body = BUF_INIT;
    size_t start = seal_begin(&body, SLOT_FORMAT);

    enc_u64(&body, c->turn);
    enc_u64(&body, c->lsn);
    enc_u32(&body, c->at.pack);
    enc_u64(&body, c->at.offset);
    enc_u8(&body, c->clean);
    enc_str(&body, buf_str(&c->meta));
    seal_end(&body, start);
    enc_u32(out, SLOT_MAGIC);
    enc_u32(out, (uint32_t)body.n);
    buf_add_str(out, buf_str(&body));
    buf_fini(&body);
}

static enum err slot_parse(struct str bytes, struct checkpoint *out)
{
    struct dec d = dec_of(bytes), body;
    struct str meta, sealed;
    uint8_t format;

    if (dec_u32(&d) != SLOT_MAGIC)
        return ERR_CORRUPT;
    sealed = dec_bytes(&d, dec_u32(&d));
    if (d.bad)
        return ERR_CORRUPT;
    TRY(seal_open(sealed, SLOT_FORMAT, &format, &body));
    out->turn = dec_u64(&body);
    out->lsn = dec_u64(&body);
    out->at.pack = dec_u32(&body);
    out->at.offset = dec_u64(&body);
    out->clean = dec_u8(&body) != 0;
    meta = dec_str(&body);
    if (body.bad || meta.n == 0 || meta.n > TREE_META_MAX)
        return ERR_CORRUPT;
    buf_clear(&out->meta);
    buf_add_str(&out->meta, meta);
    return ERR_OK;
}

static enum err slot_read(int fd, int which, char *bytes, struct checkpoint *out)
{
    size_t got;

    TRY(file_read(fd, name, bytes, SLOT_SIZE, (uint64_t)which * SLOT_SIZE, &got));
    return slot_parse(str_n(bytes, got), out);
}

/* ---- the marks ---- */

static enum err mark_write(int fd, uint64_t turn)
{
    struct buf bytes = BUF_INIT, body = BUF_INIT;
    size_t start = seal_begin(&body, MARK_FORMAT);
    enum err e;

    enc_u64(&body, turn);
    seal_end(&body, start);
    enc_u32(&bytes, MARK_MAGIC);
    buf_add_str(&bytes, buf_str(&body));
    check(body.n == MARK_BYTES);
    e = file_write(fd, name, bytes.p, bytes.n, MARK_AT + (turn & 1) * MARK_SPACE);
    buf_fini(&body);
    buf_fini(&bytes);
    return e == ERR_OK ? file_sync(fd, name) : e;
}

/* 0: there is none that can be read.  That may be one cut short: then both slots are whole. */
static uint64_t mark_read(int fd, unsigned which)
{
    char bytes[4 + MARK_BYTES];
    struct dec d, body;
    uint8_t format;
    size_t got;

    if (file_read(fd, name, bytes, sizeof(bytes), MARK_AT + which * MARK_SPACE, &got) != ERR_OK)
        return 0;
    d = dec_of(str_n(bytes, got));
    if (dec_u32(&d) != MARK_MAGIC || d.bad ||
        seal_open(dec_bytes(&d, MARK_BYTES), MARK_FORMAT, &format, &body) != ERR_OK)
        return 0;
    return dec_u64(&body);
}

static uint64_t marks_read(int fd)
{
    uint64_t a = mark_read(fd, 0), b = mark_read(fd, 1);

    return a > b ? a : b;
}

/* ---- which slot counts ---- */

static void take_newer(struct checkpoint *best, struct checkpoint *other, enum err *e,
                       enum err other_e)
{
    if (other_e == ERR_OK && (*e != ERR_OK || other->turn > best->turn)) {
        struct checkpoint old = *best;

        *best = *other;
        *other = old;
        *e = ERR_OK;
    } else if (*e != ERR_OK && other_e != ERR_CORRUPT) {
        *e = other_e;
    }
}

static void read_failed(enum err e, const char *hint)
{
    if (e == ERR_VERSION)
        log_event(LOG_ERROR, "store_is_newer", kv_cstr("file", name));
    else if (e == ERR_CORRUPT)
        log_event(LOG_ERROR, "store_file_damaged", kv_cstr("file", name), kv_cstr("hint", hint));
}

/* The marks first: beside a live owner the slots may only be newer than what they say. */
enum err checkpoint_read(int dir, struct checkpoint *out)
{
    const char *hint = "neither of its two slots can be read; restore a backup of the whole store";
    struct checkpoint other = {0};
    uint64_t durable;
    char *bytes;
    enum err e, second;
    int fd;

    TRY(file_open(dir, name, O_RDONLY, &fd));
    durable = marks_read(fd);
    bytes = mem_raw(SLOT_SIZE);
    e = slot_read(fd, 0, bytes, out);
    second = slot_read(fd, 1, bytes, &other);
    if (e == ERR_VERSION || second == ERR_VERSION)
        e = ERR_VERSION; /* the newer program may have gone on from the older slot */
    else
        take_newer(out, &other, &e, second);
    buf_fini(&other.meta);
    mem_free(bytes);
    close(fd);
    if (e == ERR_OK && out->turn < durable) {
        hint = "its newest slot cannot be read, and the map of the older one is written over; "
               "restore a backup of the whole store";
        e = ERR_CORRUPT;
    }
    read_failed(e, hint);
    return e;
}

static enum err slot_write(int fd, const struct checkpoint *c)
{
    struct buf bytes = BUF_INIT;
    enum err e;

    slot_format(c, &bytes);
    check(bytes.n <= SLOT_SIZE);
    e = file_write(fd, name, bytes.p, bytes.n, (c->turn & 1) * SLOT_SIZE);
    buf_fini(&bytes);
    return e == ERR_OK ? file_sync(fd, name) : e;
}

/* It gets its name when it is whole, because without it the store counts as not made yet. */
static enum err slots_create(struct embedded *s, const struct checkpoint *c)
{
    uint64_t reached;

    TRY(file_open(s->tmp_dir, name, O_RDWR | O_CREAT | O_TRUNC, &s->slots));
    TRY(file_zero(s->slots, name, 0, MARK_AT + 2 * MARK_SPACE, &reached));
    TRY(slot_write(s->slots, c));
    if (renameat(s->tmp_dir, name, s->dir, name) < 0)
        return errno_err(errno);
    return dir_sync(s->dir, s->path);
}

static enum err slots_write(struct embedded *s, const struct checkpoint *c)
{
    if (s->slots < 0 && faccessat(s->dir, name, F_OK, 0) < 0)
        return slots_create(s, c);
    if (s->slots < 0)
        TRY(file_open(s->dir, name, O_RDWR, &s->slots));
    return slot_write(s->slots, c);
}

/* ---- taking one ---- */

static enum err take(struct embedded *s, bool clean, struct checkpoint *out)
{
    buf_clear(&out->meta);
    out->turn = s->turn + 1;
    out->lsn = s->lsn;
    out->at = packs_end(s->packs);
    out->clean = clean;
    s->pages_then = tree_pages(s->map);
    return tree_snapshot(s->map, &out->meta);
}

static enum err keep(struct embedded *s, const struct checkpoint *c)
{
    TRY(tree_sync(s->map));
    TRY(slots_write(s, c));
    TRY(mark_write(s->slots, c->turn));
    s->turn = c->turn;
    tree_unpin_old(s->map);
    atomic_store(&s->kept_from, c->at.pack);
    atomic_store(&s->kept_lsn, c->lsn);
    return ERR_OK;
}

enum err checkpoint_now(struct embedded *s, bool clean)
{
    TRY(take(s, clean, &s->taken));
    return keep(s, &s->taken);
}

/* ---- the thread ---- */

static void keep_and_tidy(struct embedded *s)
{
    enum err e = keep(s, &s->taken);

    if (e != ERR_OK) {
        embedded_break(s, name);
        return;
    }
    compact_sweep(s);
    ballast_make(s);
}

static void committer_wake(struct embedded *s, bool ask)
{
    pthread_mutex_lock(&s->queue_lock);
    if (ask)
        s->checkpoint_asked = true;
    pthread_cond_signal(&s->queued);
    pthread_mutex_unlock(&s->queue_lock);
}

static void *checkpoint_main(void *arg)
{
    struct embedded *s = arg;

    pthread_mutex_lock(&s->checkpoint_lock);
    for (;;) {
        while (!s->checkpoint_busy && !s->checkpoint_stop)
            pthread_cond_wait(&s->checkpoint_wake, &s->checkpoint_lock);
        if (!s->checkpoint_busy)
            break;
        pthread_mutex_unlock(&s->checkpoint_lock);
        if (embedded_writable(s) == ERR_OK)
            keep_and_tidy(s);
        pthread_mutex_lock(&s->checkpoint_lock);
        s->checkpoint_busy = false;
        pthread_cond_broadcast(&s->checkpoint_over);
        committer_wake(s, false);
    }
    pthread_mutex_unlock(&s->checkpoint_lock);
    return NULL;
}

static bool is_time(struct embedded *s)
{
    bool asked;

    pthread_mutex_lock(&s->queue_lock);
    asked = s->checkpoint_asked;
    if (!s->checkpoint_busy)
        s->checkpoint_asked = false;
    pthread_mutex_unlock(&s->queue_lock);
    return asked || s->groups_since >= TICK_GROUPS || s->bytes_since >= TICK_BYTES ||
           tree_pages(s->map) >= s->pages_then + TICK_PAGES;
}

/* One that is asked for while another is being kept stays asked for: it must be a new one. */
void checkpoint_tick(struct embedded *s, size_t bytes)
{
    enum err e;

    s->groups_since += bytes > 0;
    s->bytes_since += bytes;
    if (!is_time(s))
        return;
    pthread_mutex_lock(&s->checkpoint_lock);
    if (embedded_writable(s) != ERR_OK) { /* there will be none: who waits for it need not */
        pthread_cond_broadcast(&s->checkpoint_over);
        pthread_mutex_unlock(&s->checkpoint_lock);
        return;
    }
    while (s->checkpoint_busy && (s->bytes_since >= 4 * TICK_BYTES ||
                                  tree_pages(s->map) >= s->pages_then + 4 * TICK_PAGES))
        pthread_cond_wait(&s->checkpoint_over,
                          &s->checkpoint_lock); /* the disk is behind: so are commits */
    if (!s->checkpoint_busy) {
        e = take(s, false, &s->taken);
        s->groups_since = s->bytes_since = 0;
        s->checkpoint_busy = e == ERR_OK;
        if (e != ERR_OK)
            embedded_break(s, name);
        pthread_cond_signal(&s->checkpoint_wake);
        pthread_cond_broadcast(&s->checkpoint_over); /* a break ends waiting, too */
    }
    pthread_mutex_unlock(&s->checkpoint_lock);
}

enum err checkpoint_wait(struct embedded *s)
{
    uint64_t lsn = atomic_load(&s->lsn_now);

    if (atomic_load(&s->kept_lsn) >= lsn)
        return ERR_OK;
    committer_wake(s, true);
    pthread_mutex_lock(&s->checkpoint_lock);
    while (atomic_load(&s->kept_lsn) < lsn && embedded_writable(s) == ERR_OK)
        pthread_cond_wait(&s->checkpoint_over, &s->checkpoint_lock);
    pthread_mutex_unlock(&s->checkpoint_lock);
    return embedded_writable(s);
}

enum err checkpoint_start(struct embedded *s)
{
    s->checkpointing = pthread_create(&s->checkpointer, NULL, checkpoint_main, s) == 0;
    return s->checkpointing ? ERR_OK : ERR_NO_MEMORY;
}

void checkpoint_stop(struct embedded *s)
{
    if (!s->checkpointing)
        return;
    pthread_mutex_lock(&s->checkpoint_lock);
    s->checkpoint_stop = true;
    pthread_cond_signal(&s->checkpoint_wake);
    pthread_mutex_unlock(&s->checkpoint_lock);
    pthread_join(s->checkpointer, NULL);
    s->checkpointing = false;
}
