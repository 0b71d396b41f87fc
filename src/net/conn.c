/*
 * net/conn.c - a connection as its protocol sees it, and the doors in from outside.
 *
 * Knows no socket: bytes come and go through turn.c and its transports.
 */
#include "net/conn.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/mem.h"
#include "net/conn_priv.h"
#include "net/pool.h"

#include <stdatomic.h>

struct conn_handle {
    _Atomic uint32_t refs;
    uint32_t generation;
    struct slot *slot;
};

static _Atomic uint64_t next_id = 1;

void conn_init(struct conn *c, struct door *d, const struct conn_io *io, struct slot_queue *q)
{
    c->door = d;
    c->io = io;
    c->in = BUF_MAX(CONN_IN_MAX);
    c->out = BUF_INIT;
    c->id = atomic_fetch_add(&next_id, 1);
    c->known = d->trusts_all;
    c->peer_uid = -1;
    c->born_at = c->phase_at = c->heard_at = c->sent_at = turn_seconds();
    c->phase = CONN_OPENING;
    c->step = CONN_READ;
    c->slot = slot_new(q, c, &c->generation);
}

void conn_fini(struct conn *c)
{
    if (c->session)
        c->door->close(c->session);
    c->session = NULL;
    slot_free(c->slot);
    if (c->handle)
        conn_handle_unref(c->handle);
    buf_fini(&c->in);
    buf_fini(&c->out);
}

/* ---- input ---- */

struct str conn_input(struct conn *c)
{
    return str_from(buf_str(&c->in), c->in_at);
}

void conn_used(struct conn *c, size_t n)
{
    if (c->starting_tls)
        return; /* already thrown away */
    check(n <= c->in.n - c->in_at);
    c->in_at += n;
    if (c->in_at == c->in.n) {
        c->in_at = 0;
        buf_clear(&c->in);
    }
}

bool conn_eof(const struct conn *c)
{
    return c->eof;
}

bool conn_timed_out(struct conn *c)
{
    bool was = c->timed_out;

    c->timed_out = false;
    return was;
}

char *conn_in_room(struct conn *c, size_t *n_out)
{
    if (c->in_at) {
        buf_shift(&c->in, c->in_at);
        c->in_at = 0;
    }
    *n_out = CONN_IN_MAX - c->in.n;
    return *n_out ? buf_reserve(&c->in, *n_out) : NULL;
}

void conn_heard(struct conn *c, size_t n)
{
    c->in.n += n;
    c->heard_at = turn_seconds();
}

/* ---- output ---- */

struct buf *conn_out(struct conn *c)
{
    return &c->out;
}

bool conn_out_full(const struct conn *c)
{
    return conn_out_left(c) >= CONN_OUT_HIGH;
}

bool conn_turn_over(struct conn *c)
{
    return c->turn_commands >= CONN_TURN_COMMANDS ||
           clock_mono_us() - c->turn_began_us >= CONN_TURN_US;
}

void conn_command_done(struct conn *c)
{
    if (c->turn_commands < UINT8_MAX)
        c->turn_commands++;
}

void conn_long_work(struct conn *c, bool on)
{
    c->long_work = on;
}

void conn_sent(struct conn *c, size_t n)
{
    c->out_at += n;
    c->turn_out += n;
    c->sent_at = turn_seconds();
    if (c->out_at == c->out.n) {
        c->out_at = 0;
        buf_clear(&c->out);
    } else if (c->out_at >= c->out.n / 2) {
        buf_shift(&c->out, c->out_at); /* each byte is moved at most once for each that was sent */
        c->out_at = 0;
    }
}

/* ---- the connection ---- */

void conn_set_timeout(struct conn *c, int seconds)
{
    c->timeout = seconds > 0 ? (uint32_t)seconds : 0;
}

bool conn_is_tls(const struct conn *c)
{
    return c->tls;
}

bool conn_is_loopback(const struct conn *c)
{
    return c->loopback;
}

bool conn_can_tls(const struct conn *c)
{
    return !c->tls && !c->starting_tls && c->io->can_tls(c);
}

struct str conn_peer(const struct conn *c)
{
    return str_of(c->peer);
}

uint64_t conn_id(const struct conn *c)
{
    return c->id;
}

void conn_start_tls(struct conn *c)
{
    check(!c->tls && !c->starting_tls);
    c->starting_tls = true;
    c->in_at = 0;
    buf_fini(&c->in);
}

long conn_peer_uid(const struct conn *c)
{
    return c->peer_uid;
}

void conn_known(struct conn *c)
{
    c->known = true;
}

void conn_set_bye(struct conn *c, const char *text)
{
    c->bye = text;
}

/* ---- from any thread ---- */

struct conn_handle *conn_handle(struct conn *c)
{
    if (!c->handle) {
        c->handle = NEW(struct conn_handle);
        c->handle->refs = 1;
        c->handle->slot = c->slot;
        c->handle->generation = c->generation;
    }
    atomic_fetch_add(&c->handle->refs, 1);
    return c->handle;
}

void conn_handle_unref(struct conn_handle *h)
{
    if (atomic_fetch_sub(&h->refs, 1) == 1)
        mem_free(h);
}

void conn_wake(struct conn_handle *h)
{
    if (slot_signal(h->slot, h->generation, SLOT_WOKEN))
        slot_push(h->slot, false);
}

void conn_complete(struct conn_handle *h)
{
    if (slot_complete(h->slot, h->generation))
        slot_push(h->slot, true);
}
