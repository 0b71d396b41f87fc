/*
 * store/pack.c - the set of pack files: finding, reserving, writing, syncing, reading.
 *
 *  (1) A reservation is never given back: what was not written stays a hole that a walk steps
 *      over.
 *  (2) `writes` counts finished writes of a pack, `synced` says how many of them are durable.
 *      Only the committer syncs, so a sync that failed is seen by it.
 *  (3) A pack is removed only when nothing is on its way into the map (`pending`); readers
 *      that have it open go on.
 */
#include "store/pack_priv.h"

#include "base/check.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>

enum { MAX_OPEN = 128 };

struct packs *packs_new(int dirfd, const struct packs_options *o)
{
    struct packs *p = NEW(struct packs);

    p->dirfd = dirfd;
    p->o = *o;
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->wanted, NULL);
    pthread_cond_init(&p->ready, NULL);
    return p;
}

void packs_free(struct packs *p)
{
    if (!p)
        return;
    if (p->helping) {
        pthread_mutex_lock(&p->lock);
        p->stopping = true;
        pthread_cond_signal(&p->wanted);
        pthread_mutex_unlock(&p->lock);
        pthread_join(p->helper, NULL);
    }
    for (size_t i = 0; i < p->n; i++)
        pack_free(p->v[i]);
    if (p->spare)
        (void)unlinkat(p->dirfd, p->spare->name, 0); /* empty: the next start makes its own */
    pack_free(p->spare);
    pthread_cond_destroy(&p->ready);
    pthread_cond_destroy(&p->wanted);
    pthread_mutex_destroy(&p->lock);
    mem_free(p->v);
    mem_free(p);
}

/* ---- which there are ---- */

void packs_insert_locked(struct packs *p, struct pack *k)
{
    size_t at = p->n;

    if (p->n == p->cap) {
        p->cap = p->cap ? 2 * p->cap : 16;
        p->v = mem_grow(p->v, p->cap * sizeof(struct pack *));
    }
    while (at > 0 && p->v[at - 1]->no > k->no)
        at--;
    memmove(p->v + at + 1, p->v + at, (p->n - at) * sizeof(struct pack *));
    p->v[at] = k;
    p->n++;
}

/* The first whose number is not below `no`; p->n: none. */
static size_t index_locked(const struct packs *p, uint32_t no)
{
    size_t lo = 0, hi = p->n;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (p->v[mid]->no < no)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static struct pack *find_locked(const struct packs *p, uint32_t no)
{
    size_t i = index_locked(p, no);

    return i < p->n && p->v[i]->no == no ? p->v[i] : NULL;
}

static struct pack *pack_met(uint32_t no)
{
    struct pack *k = NEW(struct pack);

    k->no = no;
    k->fd = -1;
    snprintf(k->name, sizeof(k->name), "%08u.pack", no);
    return k;
}

static enum err read_header(struct packs *p, struct pack *k)
{
    struct pack_header h;
    char bytes[PACK_HEADER] = {0};
    size_t got;
    enum err e;
    int fd;

    TRY(file_open(p->dirfd, k->name, O_RDONLY, &fd));
    e = file_size(fd, k->name, &k->size);
    if (e == ERR_OK)
        e = file_read(fd, k->name, bytes, sizeof(bytes), 0, &got);
    close(fd);
    k->end = k->size;
    TRY(e);
    TRY(pack_header_parse(bytes, &h));
    k->segment = h.segment;
    return h.no == k->no ? ERR_OK : ERR_CORRUPT;
}

/* Its records say all that is needed, so a bad header costs nothing but this line. */
static enum err meet(struct packs *p, uint32_t no)
{
    struct pack *k = pack_met(no);
    enum err e = read_header(p, k);

    if (e == ERR_CORRUPT)
        log_event(LOG_WARN, "pack_header_bad", kv_cstr("file", k->name), kv_u64("size", k->size));
    if (e == ERR_OK || e == ERR_CORRUPT) {
        packs_insert_locked(p, k);
        return ERR_OK;
    }
    if (e == ERR_VERSION)
        log_event(LOG_ERROR, "store_is_newer", kv_cstr("file", k->name));
    pack_free(k);
    return e;
}

static bool pack_number(const char *name, uint32_t *no_out)
{
    struct str s = str_of(name);

    return str_ends(s, STR(".pack")) && s.n >= 13 && str_to_u32(str_sub(s, 0, s.n - 5), no_out) &&
           *no_out > 0;
}

enum err packs_scan(struct packs *p)
{
    int fd = openat(p->dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *entry;
    enum err e = ERR_OK;
    uint32_t no;

    if (!d) {
        if (fd >= 0)
            close(fd);
        return ERR_IO;
    }
    while (e == ERR_OK && (entry = readdir(d)))
        if (pack_number(entry->d_name, &no))
            e = meet(p, no);
    closedir(d);
    return e;
}

uint32_t packs_last(struct packs *p)
{
    uint32_t no;

    pthread_mutex_lock(&p->lock);
    no = p->n ? p->v[p->n - 1]->no : 0;
    pthread_mutex_unlock(&p->lock);
    return no;
}

/* ---- writing ---- */

static enum err go_on_in(struct packs *p, struct pack *k, uint64_t end)
{
    if (k->fd < 0) {
        TRY(file_open(p->dirfd, k->name, O_RDWR, &k->fd));
        p->open++;
    }
    k->end = end;
    k->zeroed = k->size; /* it was zeroed and synced that far, or recovery would not go on in it */
    p->active = k;
    return ERR_OK;
}

enum err packs_start(struct packs *p, uint32_t no, uint64_t end)
{
    struct pack *k = no ? find_locked(p, no) : NULL;

    if (k) {
        TRY(go_on_in(p, k, end));
    } else {
        TRY(pack_create(p, packs_last(p) + 1, &k));
        packs_insert_locked(p, k);
        p->open++;
        p->active = k;
    }
    p->helping = pthread_create(&p->helper, NULL, packs_help, p) == 0;
    return p->helping ? ERR_OK : ERR_NO_MEMORY;
}

/* A pack with writes that are to be synced stays open: another descriptor would not be told of
 * their failure.  Writes that nobody waits for were synced, or given up. */
static bool closable(const struct packs *p, const struct pack *k)
{
    return k->fd >= 0 && k != p->active && k->users == 0 && k->pending == 0;
}

static void close_one_locked(struct packs *p)
{
    struct pack *oldest = NULL;

    for (size_t i = 0; i < p->n; i++)
        if (closable(p, p->v[i]) && (!oldest || p->v[i]->used_at < oldest->used_at))
            oldest = p->v[i];
    if (oldest) {
        close(oldest->fd);
        oldest->fd = -1;
        oldest->synced = oldest->writes;
        p->open--;
    }
}

/* Closes the active pack and goes on in the spare one. */
static void roll_locked(struct packs *p)
{
    if (p->open >= MAX_OPEN)
        close_one_locked(p);
    packs_insert_locked(p, p->spare);
    p->open++;
    p->active = p->spare;
    p->spare = NULL;
    p->want_end = 0;
    pthread_cond_signal(&p->wanted); /* the next spare */
}

/* A record larger than a pack gets one for itself. */
static bool fits_pack(const struct packs *p, uint64_t space)
{
    return p->active->end == PACK_HEADER || p->active->end + space <= p->o.pack_size;
}

static bool try_reserve_locked(struct packs *p, uint64_t space)
{
    if (!fits_pack(p, space)) {
        if (!p->spare) {
            p->want_spare = true;
            return false;
        }
        roll_locked(p);
    }
    if (p->active->end + space > p->active->zeroed) {
        if (p->active->end + space > p->want_end)
            p->want_end = p->active->end + space;
        return false;
    }
    return true;
}

static enum err reserve_locked(struct packs *p, uint64_t space)
{
    bool asked = false;

    while (!try_reserve_locked(p, space)) {
        uint64_t round = p->round;

        if (p->ahead == ERR_IO || (asked && p->ahead != ERR_OK))
            return p->ahead;
        asked = true;
        pthread_cond_signal(&p->wanted);
        while (p->round == round && !p->stopping)
            pthread_cond_wait(&p->ready, &p->lock);
    }
    return ERR_OK;
}

enum err packs_reserve(struct packs *p, uint64_t length, struct place *place_out,
                       uint64_t *segment_out, int *fd_out)
{
    uint64_t space = record_space(length);
    struct pack *k;
    enum err e;

    pthread_mutex_lock(&p->lock);
    e = reserve_locked(p, space);
    if (e == ERR_OK) {
        k = p->active;
        *place_out = (struct place){k->no, k->end};
        *segment_out = k->segment;
        *fd_out = k->fd;
        k->end += space;
        k->pending++;
        if (k->zeroed - k->end < PACK_AHEAD / 2 && k->zeroed < p->o.pack_size)
            pthread_cond_signal(&p->wanted);
    }
    pthread_mutex_unlock(&p->lock);
    return e;
}

uint64_t packs_written(struct packs *p, uint32_t no)
{
    struct pack *k;
    uint64_t n = 0;

    pthread_mutex_lock(&p->lock);
    k = find_locked(p, no);
    if (k)
        n = ++k->writes;
    pthread_mutex_unlock(&p->lock);
    return n;
}

void packs_release(struct packs *p, uint32_t no)
{
    struct pack *k;

    pthread_mutex_lock(&p->lock);
    k = find_locked(p, no);
    check(k && k->pending > 0);
    k->pending--;
    pthread_mutex_unlock(&p->lock);
}

/* Header and body in one write. */
static enum err write_both(int fd, const char *header, struct str body, uint64_t offset)
{
    struct iovec iov[2] = {{(void *)(uintptr_t)header, RECORD_HEADER},
                           {(void *)(uintptr_t)body.p, body.n}};
    ssize_t done = pwritev(fd, iov, 2, (off_t)offset);
    size_t n = done > 0 ? (size_t)done : 0;

    if (n == RECORD_HEADER + body.n)
        return ERR_OK;
    if (n < RECORD_HEADER) /* cut short, or an error that the second try will name */
        TRY(file_write(fd, "pack", header + n, RECORD_HEADER - n, offset + n));
    n = n < RECORD_HEADER ? 0 : n - RECORD_HEADER;
    return file_write(fd, "pack", body.p + n, body.n - n, offset + RECORD_HEADER + n);
}

enum err packs_write(struct packs *p, struct record *r, struct str body, struct place *place_out,
                     uint64_t *written_out)
{
    char header[RECORD_HEADER];
    enum err e;
    int fd;

    TRY(packs_reserve(p, body.n, place_out, &r->segment, &fd));
    r->offset = place_out->offset;
    r->length = body.n;
    record_format(r, header);
    e = write_both(fd, header, body, r->offset);
    if (e == ERR_OK)
        *written_out = packs_written(p, place_out->pack);
    else
        packs_release(p, place_out->pack);
    return e;
}

enum err packs_sync(struct packs *p, uint32_t no, uint64_t written, bool *synced_out)
{
    struct pack *k;
    uint64_t writes;
    enum err e;

    *synced_out = false;
    TRY(packs_get(p, no, &k));
    pthread_mutex_lock(&p->lock);
    writes = k->writes;
    *synced_out = k->synced < written;
    pthread_mutex_unlock(&p->lock);
    e = *synced_out ? file_sync(k->fd, k->name) : ERR_OK;
    if (e == ERR_OK && *synced_out) {
        pthread_mutex_lock(&p->lock);
        k->synced = writes;
        pthread_mutex_unlock(&p->lock);
    }
    packs_put(p, k);
    return e;
}

/* A pack behind `after` with writes that are not durable. */
static uint32_t unsynced_next(struct packs *p, uint32_t after, uint64_t *written_out)
{
    uint32_t no = 0;

    pthread_mutex_lock(&p->lock);
    for (size_t i = 0; i < p->n && no == 0; i++)
        if (p->v[i]->no > after && p->v[i]->synced < p->v[i]->writes) {
            no = p->v[i]->no;
            *written_out = p->v[i]->writes;
        }
    pthread_mutex_unlock(&p->lock);
    return no;
}

enum err packs_sync_all(struct packs *p)
{
    uint64_t written;
    bool synced;

    for (uint32_t no = 0; (no = unsynced_next(p, no, &written));)
        TRY(packs_sync(p, no, written, &synced));
    return ERR_OK;
}

struct place packs_end(struct packs *p)
{
    struct place at = {0};

    pthread_mutex_lock(&p->lock);
    if (p->active)
        at = (struct place){p->active->no, p->active->end};
    pthread_mutex_unlock(&p->lock);
    return at;
}

/* ---- reading ---- */

static enum err open_locked(struct packs *p, struct pack *k)
{
    if (k->fd >= 0)
        return ERR_OK;
    if (p->open >= MAX_OPEN)
        close_one_locked(p);
    TRY(file_open(p->dirfd, k->name, p->o.read_only ? O_RDONLY : O_RDWR, &k->fd));
    p->open++;
    return ERR_OK;
}

/* A looker-on meets packs that the owner has made since. */
static struct pack *meet_late_locked(struct packs *p, uint32_t no)
{
    if (!p->o.read_only || meet(p, no) != ERR_OK)
        return NULL;
    return find_locked(p, no);
}

enum err packs_get(struct packs *p, uint32_t no, struct pack **out)
{
    struct pack *k;
    enum err e;

    pthread_mutex_lock(&p->lock);
    k = find_locked(p, no);
    if (!k)
        k = meet_late_locked(p, no);
    e = k ? open_locked(p, k) : ERR_NOT_FOUND;
    if (e == ERR_OK) {
        k->users++;
        k->used_at = ++p->clock;
    }
    pthread_mutex_unlock(&p->lock);
    *out = e == ERR_OK ? k : NULL;
    return e;
}

void packs_put(struct packs *p, struct pack *k)
{
    bool last;

    pthread_mutex_lock(&p->lock);
    k->users--;
    last = k->removed && k->users == 0;
    pthread_mutex_unlock(&p->lock);
    if (last)
        pack_free(k);
}

int pack_fd(const struct pack *k)
{
    return k->fd;
}

const char *pack_name(const struct pack *k)
{
    return k->name;
}

uint64_t pack_segment(const struct pack *k)
{
    return k->segment;
}

/* ---- removing ---- */

uint32_t packs_next(struct packs *p, uint32_t after)
{
    uint32_t no = 0;
    size_t i;

    pthread_mutex_lock(&p->lock);
    i = after < UINT32_MAX ? index_locked(p, after + 1) : p->n;
    if (i < p->n)
        no = p->v[i]->no;
    pthread_mutex_unlock(&p->lock);
    return no;
}

static bool idle_locked(const struct packs *p, const struct pack *k)
{
    return k && k != p->active && k->pending == 0;
}

bool packs_idle(struct packs *p, uint32_t no)
{
    bool idle;

    pthread_mutex_lock(&p->lock);
    idle = idle_locked(p, find_locked(p, no));
    pthread_mutex_unlock(&p->lock);
    return idle;
}

uint64_t packs_size(struct packs *p, uint32_t no)
{
    struct pack *k;
    uint64_t size;

    pthread_mutex_lock(&p->lock);
    k = find_locked(p, no);
    size = k ? k->size : 0;
    pthread_mutex_unlock(&p->lock);
    return size;
}

enum err packs_remove(struct packs *p, uint32_t no)
{
    char name[PACK_NAME_MAX] = "";
    struct pack *k;
    bool unused = false;

    pthread_mutex_lock(&p->lock);
    k = find_locked(p, no);
    if (idle_locked(p, k)) {
        size_t i = index_locked(p, no);

        memmove(p->v + i, p->v + i + 1, (p->n - i - 1) * sizeof(struct pack *));
        p->n--;
        p->open -= k->fd >= 0;
        k->removed = true;
        unused = k->users == 0;
        memcpy(name, k->name, sizeof(name));
    }
    pthread_mutex_unlock(&p->lock);
    if (name[0] == 0)
        return ERR_BUSY;
    if (unused)
        pack_free(k);
    return unlinkat(p->dirfd, name, 0) == 0 ? ERR_OK : ERR_IO;
}
