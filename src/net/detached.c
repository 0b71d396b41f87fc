/*
 * net/detached.c - a connection without socket and workers: the test is the peer, the poller and
 * the worker.
 *
 * Everything between bytes and session is the server's own (turn.c, slot.c); only the transport is
 * two buffers here.
 */
#include "base/check.h"
#include "base/mem.h"
#include "net/conn_priv.h"

struct detached {
    struct conn c;
    struct buf from_peer;
    struct buf to_peer;
    bool peer_ended;
    bool stalled;
    bool ended;
};

static struct detached *detached_of(const struct conn *c)
{
    return CONTAINER_OF((struct conn *)(uintptr_t)c, struct detached, c);
}

static enum io detached_read(struct conn *c)
{
    struct detached *t = detached_of(c);
    size_t room, n;
    char *to;

    if (!t->from_peer.n)
        return t->peer_ended ? IO_EOF : IO_BLOCKED;
    to = conn_in_room(c, &room);
    n = t->from_peer.n < room ? t->from_peer.n : room;
    if (!to)
        return IO_BLOCKED;
    memcpy(to, t->from_peer.p, n);
    buf_shift(&t->from_peer, n);
    conn_heard(c, n);
    return IO_DONE;
}

static enum io detached_write(struct conn *c)
{
    struct detached *t = detached_of(c);

    if (t->stalled)
        return IO_BLOCKED;
    buf_add_str(&t->to_peer, str_from(buf_str(&c->out), c->out_at));
    conn_sent(c, conn_out_left(c));
    return IO_DONE;
}

/* What the peer said in the clear behind STARTTLS would break the handshake of a socket; here it is
 * thrown away. */
static enum io detached_secure(struct conn *c)
{
    buf_clear(&detached_of(c)->from_peer);
    return IO_DONE;
}

static enum io detached_shut(struct conn *c)
{
    return IO_DONE;
}

static bool detached_can_tls(const struct conn *c)
{
    return true;
}

static const struct conn_io detached_io = {
    .read = detached_read,
    .write = detached_write,
    .secure = detached_secure,
    .shut = detached_shut,
    .can_tls = detached_can_tls,
};

static bool detached_has_news(const struct detached *t)
{
    if (conn_wants_write(&t->c) && !t->stalled)
        return true;
    return conn_wants_read(&t->c) && (t->from_peer.n || (t->peer_ended && !t->c.eof));
}

/* As a worker does: true when there is something to run now. The clock is looked at each time. */
static bool detached_take(struct detached *t, unsigned *signs_out)
{
    struct slot *s = t->c.slot;

    if (slot_state(s) == SLOT_WAITING)
        return false;
    if (detached_has_news(t))
        slot_signal(s, t->c.generation, SLOT_EVENT);
    if (conn_deadline(&t->c) <= turn_seconds())
        slot_signal(s, t->c.generation, SLOT_TIMER);
    if (slot_state(s) != SLOT_QUEUED)
        return false;
    *signs_out = slot_take(s);
    return true;
}

static void detached_let_go(struct detached *t, enum turn why)
{
    struct slot *s = t->c.slot;

    switch (why) {
    case TURN_ARM:
        if (slot_arm(s))
            return;
        break;
    case TURN_WAIT:
        if (slot_wait(s))
            return;
        conn_completed(&t->c);
        break;
    case TURN_END:
        t->ended = true;
        return;
    default:
        break;
    }
    slot_requeue(s);
}

bool conn_detached_run(struct conn *c)
{
    struct detached *t = detached_of(c);
    unsigned signs;

    while (!t->ended && detached_take(t, &signs))
        detached_let_go(t, conn_turn(c, signs));
    return !t->ended;
}

struct conn *conn_detached_new(struct door *d, bool tls, bool loopback)
{
    struct detached *t = NEW(struct detached);

    conn_init(&t->c, d, &detached_io, NULL);
    t->c.tls = tls;
    t->c.loopback = loopback;
    memcpy(t->c.peer, loopback ? "127.0.0.1" : "192.0.2.1", 10);
    conn_detached_run(&t->c);
    return &t->c;
}

void conn_detached_feed(struct conn *c, struct str bytes)
{
    buf_add_str(&detached_of(c)->from_peer, bytes);
}

void conn_detached_eof(struct conn *c)
{
    detached_of(c)->peer_ended = true;
}

bool conn_detached_waiting(const struct conn *c)
{
    return !detached_of(c)->ended && slot_state(c->slot) == SLOT_WAITING;
}

struct str conn_detached_output(struct conn *c)
{
    return buf_str(&detached_of(c)->to_peer);
}

void conn_detached_take(struct conn *c)
{
    buf_clear(&detached_of(c)->to_peer);
}

void conn_detached_stall(struct conn *c, bool on)
{
    detached_of(c)->stalled = on;
}

void conn_detached_free(struct conn *c)
{
    struct detached *t = detached_of(c);

    /* In the server a connection ends in its runner only; the test is all threads at once. */
    if (!t->ended)
        slot_seize(c->slot);
    conn_fini(c);
    buf_fini(&t->from_peer);
    buf_fini(&t->to_peer);
    mem_free(t);
}
