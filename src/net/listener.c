/*
 * net/listener.c - accepting, and refusing.
 *
 * A listener is one-shot in the poller, so one worker at a time accepts from it.  When descriptors
 * end, the spare one is given up to accept and refuse, and accepting pauses until the next tick:
 * never a spin, never a silent hang.
 */
#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "net/pool_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    ACCEPT_AT_ONCE = 64,
    SHED_AT_ONCE = 16,
    WARN_EVERY_MS = 30000,
    DEFAULT_PER_PEER = 1000,
};

/* ---- accepting ---- */

static void warn_seldom(struct pool *p, const char *event, const char *peer, int errnum)
{
    int64_t now = clock_mono_ms();
    int64_t last = atomic_load(&p->warned_ms);

    if (last && now - last < WARN_EVERY_MS)
        return;
    if (!atomic_compare_exchange_strong(&p->warned_ms, &last, now))
        return;
    log_event(LOG_WARN, event, kv_cstr("peer", peer), kv_u64("connections", p->connections),
              kv_u64("unknown", p->unknown), kv_u64("refused", p->refused), kv_errno(errnum));
}

/* One try to say why: a peer that does not take a line at once does not get it. */
static void refuse(struct listener *l, int fd)
{
    const char *busy = l->door->busy;
    ssize_t n = 0;

    if (busy && !l->implicit)
        n = send(fd, busy, strlen(busy), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n > 0)
        shutdown(fd, SHUT_WR);
    close(fd);
    atomic_fetch_add(&l->pool->refused, 1);
}

static bool count_peer(struct pool *p, struct sock *k)
{
    uint32_t max = p->options.max_per_peer;

    if (!k->peer.n || (!max && k->c.loopback))
        return true;
    k->counted_peer = peers_add(&p->peers, k->peer, max ? max : DEFAULT_PER_PEER);
    return k->counted_peer;
}

static bool count_unknown(struct pool *p, struct sock *k)
{
    if (k->c.known)
        return true;
    k->counted_unknown = true;
    return atomic_fetch_add(&p->unknown, 1) < p->options.max_unknown;
}

/* Over a limit the connection ends here, before its door hears of it. */
static void refuse_sock(struct listener *l, struct sock *k)
{
    int fd = k->fd;

    warn_seldom(l->pool, "connection_refused", k->c.peer, 0);
    k->fd = -1;
    slot_take(k->c.slot);
    sock_free(k);
    refuse(l, fd);
}

static void greet(struct listener *l, int fd)
{
    struct pool *p = l->pool;
    struct sock *k;

    if (atomic_fetch_add(&p->connections, 1) >= p->options.max_connections) {
        atomic_fetch_sub(&p->connections, 1);
        warn_seldom(p, "connections_full", "", 0);
        refuse(l, fd);
        return;
    }
    k = sock_new(p, l, l->door, fd);
    if (!count_peer(p, k) || !count_unknown(p, k)) {
        refuse_sock(l, k);
        return;
    }
    atomic_fetch_add(&p->accepted, 1);
    slot_push(k->c.slot, true);
}

static int accept_one(const struct listener *l)
{
    return accept4(l->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

/* No descriptors: with the spare one some who wait are told. */
static void shed(struct listener *l)
{
    struct pool *p = l->pool;
    int fd = -1;

    pthread_mutex_lock(&p->spare_lock);
    for (int i = 0; i < SHED_AT_ONCE && p->spare_fd >= 0; i++) {
        close(p->spare_fd);
        fd = accept_one(l);
        if (fd >= 0)
            refuse(l, fd);
        p->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
        if (fd < 0)
            break;
    }
    if (p->spare_fd < 0)
        p->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    pthread_mutex_unlock(&p->spare_lock);
}

/* true: there may be more. */
static bool accept_failed(struct listener *l, int errnum)
{
    switch (errnum) {
    case EAGAIN:
        return false;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
        warn_seldom(l->pool, "accept_paused", "", errnum);
        shed(l);
        l->paused = true;
        return false;
    default:
        return true; /* that peer's own trouble (accept(2)) */
    }
}

static uint64_t listener_data(const struct listener *l)
{
    uint32_t i = 0;

    while (l->pool->listeners[i] != l)
        i++;
    return POLL_LISTENER + i;
}

static void listener_arm(struct listener *l)
{
    atomic_store(&l->queued, false);
    poll_arm(l->pool, EPOLL_CTL_MOD, l->fd, EPOLLIN, listener_data(l));
}

void listener_accept(struct job *j)
{
    struct listener *l = CONTAINER_OF(j, struct listener, job);
    int fd;

    pthread_mutex_lock(&l->lock);
    for (int i = 0; i < ACCEPT_AT_ONCE && l->fd >= 0; i++) {
        fd = accept_one(l);
        if (fd >= 0)
            greet(l, fd);
        else if (!accept_failed(l, errno))
            break;
    }
    if (l->fd >= 0 && !l->paused)
        listener_arm(l);
    pthread_mutex_unlock(&l->lock);
}

void listener_resume(struct listener *l)
{
    pthread_mutex_lock(&l->lock);
    if (l->fd >= 0 && l->paused) {
        l->paused = false;
        listener_arm(l);
    }
    pthread_mutex_unlock(&l->lock);
}

void listener_close(struct listener *l)
{
    pthread_mutex_lock(&l->lock);
    if (l->fd >= 0) {
        close(l->fd);
        if (l->path)
            unlink(l->path);
    }
    l->fd = -1;
    pthread_mutex_unlock(&l->lock);
}

void listener_free(struct listener *l)
{
    pthread_mutex_destroy(&l->lock);
    tls_context_free(l->tls);
    mem_free(l->path);
    mem_free(l);
}

enum err pool_adopt(struct pool *p, struct door *d, int fd)
{
    if (p->stopping)
        return ERR_CLOSED;
    if (fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) != 0 ||
        fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
        return ERR_IO;
    atomic_fetch_add(&p->connections, 1);
    slot_push(sock_new(p, NULL, d, fd)->c.slot, true);
    return ERR_OK;
}
