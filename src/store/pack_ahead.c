/*
 * store/pack_ahead.c - the helper: zeros ahead of the writers, and the next pack before it is
 * needed.
 *
 * fallocate would be quicker, but the first write into such an extent costs the next fdatasync a
 * journal commit of the file system; real zeros make it an overwrite in place.
 *
 *  (1) `zeroed` is raised when the zeros are durable, so a commit's sync never has to grow
 *      the file.
 *  (2) The helper syncs through a descriptor of its own: the kernel reports a write error
 *      once per descriptor, and the committer must see it, too.
 */
#include "store/pack_priv.h"

#include "base/mem.h"
#include "store/files.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

void pack_free(struct pack *k)
{
    if (!k)
        return;
    if (k->fd >= 0)
        close(k->fd);
    mem_free(k);
}

static uint64_t ahead_of(const struct packs *p, uint64_t end)
{
    uint64_t to = end + PACK_AHEAD;

    return to < p->o.pack_size ? to : p->o.pack_size;
}

static enum err create_in(struct packs *p, struct pack *k, int fd)
{
    struct pack_header h = {.segment = k->segment, .no = k->no};
    char bytes[PACK_HEADER];
    uint64_t reached;

    h.store[0] = p->o.store[0];
    h.store[1] = p->o.store[1];
    pack_header_format(&h, bytes);
    TRY(file_zero(fd, k->name, 0, ahead_of(p, 0), &reached));
    TRY(file_write(fd, k->name, bytes, PACK_HEADER, 0));
    TRY(file_sync(fd, k->name));
    TRY(dir_sync(p->dirfd, "packs"));
    k->zeroed = k->size = reached;
    return ERR_OK;
}

enum err pack_create(struct packs *p, uint32_t no, struct pack **out)
{
    struct pack *k = NEW(struct pack);
    enum err e;

    k->no = no;
    k->segment = random_u64();
    k->end = PACK_HEADER;
    snprintf(k->name, sizeof(k->name), "%08u.pack", no);
    e = file_open(p->dirfd, k->name, O_RDWR | O_CREAT | O_TRUNC, &k->fd);
    if (e == ERR_OK)
        e = create_in(p, k, k->fd);
    if (e != ERR_OK) {
        if (k->fd >= 0)
            (void)unlinkat(p->dirfd, k->name, 0); /* an empty one that stays is harmless */
        pack_free(k);
        k = NULL;
    }
    *out = k;
    return e;
}

/* Zeros of `k` up to `to`, durable; `to` is lowered when the disk is full before. */
static enum err zero_ahead(struct packs *p, const char *name, uint64_t from, uint64_t *to)
{
    uint64_t reached;
    enum err e, synced;
    int fd;

    TRY(file_open(p->dirfd, name, O_WRONLY, &fd));
    e = file_zero(fd, name, from, *to, &reached);
    synced = reached > from ? file_sync(fd, name) : ERR_OK;
    close(fd);
    *to = reached;
    return synced != ERR_OK ? synced : e;
}

static bool wants_zeros(const struct packs *p)
{
    const struct pack *k = p->active;

    return p->want_end > k->zeroed ||
           (k->zeroed < p->o.pack_size && k->zeroed - k->end < PACK_AHEAD / 2);
}

static bool wants_spare(const struct packs *p)
{
    return !p->spare && (p->want_spare || p->active->end > p->o.pack_size / 2);
}

static enum err round_zeros_locked(struct packs *p)
{
    struct pack *k = p->active;
    uint64_t from = k->zeroed, to = ahead_of(p, k->end);
    char name[PACK_NAME_MAX];
    enum err e;

    if (to < p->want_end)
        to = p->want_end;
    memcpy(name, k->name, sizeof(name));
    k->users++; /* the pack stays while its zeros are written */
    pthread_mutex_unlock(&p->lock);
    e = zero_ahead(p, name, from, &to);
    pthread_mutex_lock(&p->lock);
    k->users--;
    if (e != ERR_IO && to > k->zeroed)
        k->zeroed = to;
    if (k->zeroed > k->size)
        k->size = k->zeroed;
    return e;
}

static enum err round_spare_locked(struct packs *p)
{
    uint32_t no = p->v[p->n - 1]->no + 1;
    struct pack *k;
    enum err e;

    pthread_mutex_unlock(&p->lock);
    e = pack_create(p, no, &k);
    pthread_mutex_lock(&p->lock);
    p->spare = k;
    p->want_spare = false;
    return e;
}

static enum err round_locked(struct packs *p)
{
    enum err e = ERR_OK, e2 = ERR_OK;

    if (wants_zeros(p))
        e = round_zeros_locked(p);
    if (wants_spare(p))
        e2 = round_spare_locked(p);
    return e != ERR_OK ? e : e2;
}

void *packs_help(void *arg)
{
    struct packs *p = arg;

    pthread_mutex_lock(&p->lock);
    while (!p->stopping) {
        bool asked = p->want_end || p->want_spare;

        if (asked || (p->ahead == ERR_OK && (wants_zeros(p) || wants_spare(p)))) {
            p->ahead = round_locked(p);
            p->want_end = 0;
            p->want_spare = false;
            p->round++;
            pthread_cond_broadcast(&p->ready);
        } else {
            pthread_cond_wait(&p->wanted, &p->lock);
        }
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}
