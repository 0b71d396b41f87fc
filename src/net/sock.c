/*
 * net/sock.c - a connection on a socket: reading, writing, ending, in the clear.
 *
 * Nothing here waits.  What is wanted of the poller is said by sock_wants.
 */
#include "base/check.h"
#include "base/mem.h"
#include "net/pool_priv.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    LINGER_BYTES = 1024 * 1024, /* thrown away from a peer that goes on sending after the end */
    KEEPALIVE_IDLE_S = 300,
    KEEPALIVE_STEP_S = 60,
    KEEPALIVE_TRIES = 5,
};

/* ---- transport ---- */

static enum io io_of_errno(int e)
{
    return e == EAGAIN || e == EWOULDBLOCK || e == EINTR ? IO_BLOCKED : IO_BROKEN;
}

static enum io sock_read(struct conn *c)
{
    struct sock *k = sock_of(c);
    size_t room;
    char *to = conn_in_room(c, &room);
    ssize_t n;

    if (!to)
        return IO_BLOCKED;
    n = recv(k->fd, to, room, 0);
    if (n == 0)
        return IO_EOF;
    if (n < 0)
        return io_of_errno(errno);
    c->ready = (size_t)n == room;
    atomic_fetch_add_explicit(&k->pool->bytes_in, (uint64_t)n, memory_order_relaxed);
    k->heard = true;
    conn_heard(c, (size_t)n);
    return IO_DONE;
}

static enum io sock_write(struct conn *c)
{
    struct sock *k = sock_of(c);
    ssize_t n;

    while (conn_out_left(c)) {
        n = send(k->fd, c->out.p + c->out_at, conn_out_left(c), MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return io_of_errno(errno);
        atomic_fetch_add_explicit(&k->pool->bytes_out, (uint64_t)n, memory_order_relaxed);
        k->heard = false;
        conn_sent(c, (size_t)n);
    }
    return IO_DONE;
}

/* Closing a socket with unread input resets it, and the peer may lose our last words: throw the
 * input away first. */
static enum io linger(struct sock *k)
{
    char junk[4096];
    ssize_t n;

    while ((n = recv(k->fd, junk, sizeof(junk), 0)) > 0) {
        k->lingers = true;
        k->dropped += (uint32_t)n;
        if (k->dropped >= LINGER_BYTES)
            return IO_DONE;
    }
    if (n == 0 || io_of_errno(errno) == IO_BROKEN || !k->lingers)
        return IO_DONE;
    return IO_BLOCKED;
}

enum io sock_shut_plain(struct conn *c)
{
    struct sock *k = sock_of(c);

    if (!c->shut) {
        c->shut = true;
        k->lingers = c->in.n > c->in_at;
        if (shutdown(k->fd, SHUT_WR) != 0)
            return IO_DONE;
    }
    return c->eof ? IO_DONE : linger(k);
}

static bool sock_can_tls(const struct conn *c)
{
    return sock_of(c)->from && sock_of(c)->from->tls;
}

const struct conn_io sock_plain_io = {
    .read = sock_read,
    .write = sock_write,
    .secure = sock_tls_begin,
    .shut = sock_shut_plain,
    .can_tls = sock_can_tls,
};

uint32_t sock_wants(const struct sock *k)
{
    uint32_t mask = 0;

    if (k->c.phase == CONN_SECURING)
        return k->read_want;
    if (k->c.phase == CONN_SHUTTING)
        return k->shut_want;
    if (conn_wants_read(&k->c))
        mask |= k->read_want;
    if (conn_wants_write(&k->c))
        mask |= k->write_want;
    return mask;
}

/* A client that writes a literal in two small pieces waits, by Nagle's rule, for the first to be
 * acknowledged; the kernel would let it wait 40 ms for an answer of ours to carry that.  There is
 * none before the second piece. */
void sock_acknowledge(struct sock *k)
{
    int on = 1;

    if (k->heard)
        (void)setsockopt(k->fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof(on));
    k->heard = false;
}

/* ---- beginning and end ---- */

static void set_option(int fd, int level, int name, int value)
{
    /* An older kernel may not know one: the connection works without. */
    (void)setsockopt(fd, level, name, &value, sizeof(value));
}

static void set_up_tcp(int fd)
{
    set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE_S);
    set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_STEP_S);
    set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_TRIES);
}

static void know_peer(struct sock *k)
{
    struct sockaddr_storage sa = {.ss_family = AF_UNSPEC};
    socklen_t n = sizeof(sa);
    struct ucred cred;
    socklen_t cred_n = sizeof(cred);
    bool loopback;

    if (getpeername(k->fd, (struct sockaddr *)&sa, &n) != 0)
        sa.ss_family = AF_UNSPEC;
    k->peer = peer_of((const struct sockaddr *)&sa, k->c.peer, &loopback);
    k->c.loopback = loopback;
    if (k->peer.n) {
        set_up_tcp(k->fd);
        return;
    }
    k->c.known = true; /* who may open the socket is the file system's decision */
    if (getsockopt(k->fd, SOL_SOCKET, SO_PEERCRED, &cred, &cred_n) == 0)
        k->c.peer_uid = (long)cred.uid;
}

struct sock *sock_new(struct pool *p, struct listener *from, struct door *d, int fd)
{
    struct sock *k = NEW(struct sock);

    conn_init(&k->c, d, &sock_plain_io, &p->queue);
    k->c.slot->job.fn = pool_run_conn;
    k->c.unknown_limit = p->options.unknown_seconds;
    k->c.starting_tls = from && from->implicit;
    k->pool = p;
    k->from = from;
    k->fd = fd;
    k->timer = (struct timer){.slot = k->c.slot, .generation = k->c.generation};
    k->timer_at = UINT32_MAX;
    k->read_want = EPOLLIN;
    k->write_want = EPOLLOUT;
    k->shut_want = EPOLLIN;
    know_peer(k);
    return k;
}

void sock_free(struct sock *k)
{
    struct pool *p = k->pool;

    wheel_cancel(&p->wheel, &k->timer);
    if (k->counted_peer)
        peers_remove(&p->peers, k->peer);
    if (k->counted_unknown)
        atomic_fetch_sub(&p->unknown, 1);
    conn_fini(&k->c);
    SSL_free(k->ssl);
    if (k->fd >= 0)
        close(k->fd);
    mem_free(k);

    pthread_mutex_lock(&p->end_lock);
    if (atomic_fetch_sub(&p->connections, 1) == 1)
        pthread_cond_broadcast(&p->end_cond);
    pthread_mutex_unlock(&p->end_lock);
}
