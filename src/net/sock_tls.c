/*
 * net/sock_tls.c - the same connection behind TLS.
 *
 * What OpenSSL needs to go on (want read, want write) is not what the protocol wants: a read may
 * wait for the socket to be writable, a write for it to be readable.  read_want and write_want hold
 * the one, conn_wants_* say the other.
 *
 * OpenSSL may hold decrypted bytes while the socket is silent: `ready` stays set until it holds
 * none, and a turn does not end before that.
 */
#include "base/log.h"
#include "net/pool_priv.h"

#include <limits.h>
#include <openssl/err.h>
#include <sys/epoll.h>

/* IO_BLOCKED with *want_out set, or what else `rc` means. */
static enum io said(SSL *ssl, int rc, uint32_t *want_out)
{
    switch (SSL_get_error(ssl, rc)) {
    case SSL_ERROR_WANT_READ:
        *want_out = EPOLLIN;
        return IO_BLOCKED;
    case SSL_ERROR_WANT_WRITE:
        *want_out = EPOLLOUT;
        return IO_BLOCKED;
    case SSL_ERROR_ZERO_RETURN:
        return IO_EOF;
    default:
        return IO_BROKEN;
    }
}

static int at_most_int(size_t n)
{
    return n > INT_MAX ? INT_MAX : (int)n;
}

static enum io tls_read(struct conn *c)
{
    struct sock *k = sock_of(c);
    size_t room;
    char *to = conn_in_room(c, &room);
    int n;

    if (!to)
        return IO_BLOCKED;
    ERR_clear_error();
    n = SSL_read(k->ssl, to, at_most_int(room));
    if (n <= 0)
        return said(k->ssl, n, &k->read_want);
    k->read_want = EPOLLIN;
    c->ready = SSL_has_pending(k->ssl);
    atomic_fetch_add_explicit(&k->pool->bytes_in, (uint64_t)n, memory_order_relaxed);
    k->heard = true;
    conn_heard(c, (size_t)n);
    return IO_DONE;
}

static enum io tls_write(struct conn *c)
{
    struct sock *k = sock_of(c);
    enum io why;
    int n;

    while (conn_out_left(c)) {
        ERR_clear_error();
        n = SSL_write(k->ssl, c->out.p + c->out_at, at_most_int(conn_out_left(c)));
        if (n <= 0) {
            why = said(k->ssl, n, &k->write_want);
            return why == IO_BLOCKED ? IO_BLOCKED : IO_BROKEN;
        }
        k->write_want = EPOLLOUT;
        atomic_fetch_add_explicit(&k->pool->bytes_out, (uint64_t)n, memory_order_relaxed);
        k->heard = false;
        conn_sent(c, (size_t)n);
    }
    return IO_DONE;
}

/* close_notify is sent; the peer's is not waited for (RFC 8446, 6.1 asks for no more). */
static enum io tls_shut(struct conn *c)
{
    struct sock *k = sock_of(c);
    int rc;

    if (!c->shut) {
        ERR_clear_error();
        rc = SSL_shutdown(k->ssl);
        if (rc < 0 && said(k->ssl, rc, &k->shut_want) == IO_BLOCKED && k->shut_want == EPOLLOUT)
            return IO_BLOCKED;
        k->shut_want = EPOLLIN;
    }
    return sock_shut_plain(c);
}

static bool tls_already(const struct conn *c)
{
    return false;
}

static enum io tls_handshake(struct conn *c)
{
    struct sock *k = sock_of(c);
    enum io why;
    int rc;

    ERR_clear_error();
    rc = SSL_accept(k->ssl);
    if (rc == 1) {
        k->read_want = EPOLLIN;
        return IO_DONE;
    }
    why = said(k->ssl, rc, &k->read_want);
    if (why == IO_BLOCKED)
        return IO_BLOCKED;
    log_event(LOG_DEBUG, "tls_failed", kv_str("peer", conn_peer(c)), kv_cstr("why", tls_error()));
    return IO_BROKEN;
}

const struct conn_io sock_tls_io = {
    .read = tls_read,
    .write = tls_write,
    .secure = tls_handshake,
    .shut = tls_shut,
    .can_tls = tls_already,
};

enum io sock_tls_begin(struct conn *c)
{
    struct sock *k = sock_of(c);

    if (!k->from || !k->from->tls)
        return IO_BROKEN;
    k->ssl = tls_session_new(k->from->tls, k->fd);
    if (!k->ssl)
        return IO_BROKEN;
    c->io = &sock_tls_io;
    return tls_handshake(c);
}
