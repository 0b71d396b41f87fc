/*
 * net/turn.c - one turn of one connection: from signs and bytes to calls of the door, and back to
 * bytes.
 *
 * The same for sockets and for tests.  Runs on the thread that holds the slot; takes no lock and
 * never blocks.
 *
 * 1. `run` is called only for a reason (`due`): input, end of input, a wake, a completion, silence,
 *    output that has left after CONN_FLUSH, CONN_AGAIN.
 * 2. `run` is never called between CONN_WAIT and its completion, and the session is never closed
 *    there.
 * 3. `run` is never called while more than CONN_OUT_HIGH of output waits: memory is bounded,
 *    whatever it adds.
 * 4. Nothing read before a TLS handshake is seen after it.
 */
#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "net/conn_priv.h"

uint32_t turn_seconds(void)
{
    return (uint32_t)(clock_mono_ms() / 1000);
}

static void enter(struct conn *c, enum conn_phase phase)
{
    c->phase = (uint8_t)phase;
    c->phase_at = turn_seconds();
}

void conn_completed(struct conn *c)
{
    c->due = true;
    c->heard_at = turn_seconds(); /* it was we who were silent */
}

/* ---- output ---- */

/* false: the peer is gone. */
static bool flush(struct conn *c)
{
    enum io said;

    if (!conn_out_left(c))
        return true;
    said = c->broken ? IO_BROKEN : c->io->write(c);
    if (said == IO_BROKEN) {
        c->broken = true;
        conn_sent(c, conn_out_left(c)); /* nobody reads it */
        return false;
    }
    if (said == IO_BLOCKED && !c->blocked)
        c->sent_at = turn_seconds(); /* the stall is counted from here, then from each byte taken */
    if (said == IO_DONE && c->blocked)
        c->heard_at = turn_seconds(); /* it was busy reading, not silent */
    c->blocked = said == IO_BLOCKED;
    return true;
}

bool conn_wants_write(const struct conn *c)
{
    return conn_out_left(c) > 0;
}

bool conn_wants_read(const struct conn *c)
{
    switch ((enum conn_phase)c->phase) {
    case CONN_SHUTTING:
        return true;
    case CONN_TALKING:
        return c->step == CONN_READ && !c->due && !c->eof && !c->starting_tls;
    default:
        return false;
    }
}

/* ---- deadlines ---- */

static uint32_t stall_limit(const struct conn *c)
{
    if (c->stopping || c->phase == CONN_ENDING)
        return c->stopping ? TURN_STOP_S : TURN_STALL_UNKNOWN_S;
    return c->known ? TURN_STALL_S : TURN_STALL_UNKNOWN_S;
}

static bool counts_silence(const struct conn *c)
{
    return c->timeout && c->phase == CONN_TALKING && c->step == CONN_READ && !conn_out_left(c);
}

static bool counts_unknown(const struct conn *c)
{
    return c->unknown_limit && !c->known && c->phase <= CONN_TALKING;
}

static uint32_t unknown_deadline(const struct conn *c)
{
    return c->born_at + c->unknown_limit + (c->overdue ? TURN_OVERDUE_S : 0);
}

/* When the peer is given up, whatever the protocol thinks. */
static uint32_t hard_deadline(const struct conn *c)
{
    uint32_t at = UINT32_MAX;

    if (c->phase == CONN_SHUTTING)
        return c->phase_at + TURN_LINGER_S;
    if (c->phase == CONN_SECURING)
        at = c->phase_at + TURN_HANDSHAKE_S;
    if (conn_out_left(c) && c->sent_at + stall_limit(c) < at)
        at = c->sent_at + stall_limit(c);
    if (c->stopping && c->stop_at + TURN_STOP_S < at)
        at = c->stop_at + TURN_STOP_S;
    if (counts_unknown(c) && (c->overdue || c->phase < CONN_TALKING) && unknown_deadline(c) < at)
        at = unknown_deadline(c);
    return at;
}

/* When the protocol is told. */
static uint32_t soft_deadline(const struct conn *c)
{
    uint32_t at = UINT32_MAX;

    if (counts_silence(c))
        at = c->heard_at + c->timeout;
    if (counts_unknown(c) && !c->overdue && unknown_deadline(c) < at)
        at = unknown_deadline(c);
    return at;
}

uint32_t conn_deadline(const struct conn *c)
{
    uint32_t hard = hard_deadline(c), soft = soft_deadline(c);

    return hard < soft ? hard : soft;
}

static void look_at_clock(struct conn *c)
{
    uint32_t now = turn_seconds();

    if (hard_deadline(c) <= now)
        c->broken = true;
    if (soft_deadline(c) > now)
        return;
    c->overdue = counts_unknown(c) && unknown_deadline(c) <= now;
    c->timed_out = true;
    c->due = true;
    c->heard_at = now;
}

/* ---- phases ---- */

/* The session is closed as soon as nothing more will be said to it. */
static void close_session(struct conn *c)
{
    if (c->session)
        c->door->close(c->session);
    c->session = NULL;
}

static enum turn phase_gone(struct conn *c)
{
    close_session(c);
    return TURN_END;
}

static enum turn phase_opening(struct conn *c)
{
    if (c->starting_tls) { /* TLS from the first byte */
        enter(c, CONN_SECURING);
        return TURN_GO_ON;
    }
    c->session = c->door->open(c->door, c);
    c->step = CONN_READ;
    enter(c, c->session ? CONN_TALKING : CONN_ENDING);
    return TURN_GO_ON;
}

static enum turn phase_securing(struct conn *c)
{
    switch (c->io->secure(c)) {
    case IO_BLOCKED:
        return TURN_ARM;
    case IO_DONE:
        c->starting_tls = false;
        c->tls = true;
        c->ready = true;
        c->heard_at = turn_seconds();
        enter(c, c->session ? CONN_TALKING : CONN_OPENING);
        return TURN_GO_ON;
    default:
        enter(c, CONN_GONE);
        return TURN_GO_ON;
    }
}

static enum turn phase_ending(struct conn *c)
{
    if (!flush(c))
        enter(c, CONN_GONE);
    else if (conn_out_left(c))
        return TURN_ARM;
    else
        enter(c, CONN_SHUTTING);
    close_session(c);
    return TURN_GO_ON;
}

static enum turn phase_shutting(struct conn *c)
{
    if (c->io->shut(c) == IO_BLOCKED)
        return TURN_ARM;
    enter(c, CONN_GONE);
    return TURN_GO_ON;
}

/* ---- talking ---- */

static bool may_run(const struct conn *c)
{
    if (!c->due || c->starting_tls)
        return false;
    return !conn_out_left(c) || (c->step != CONN_FLUSH && !conn_out_full(c));
}

static bool spent(const struct conn *c)
{
    return c->turn_out >= CONN_OUT_HIGH || clock_mono_us() - c->turn_began_us >= CONN_TURN_US;
}

/* Said READ, but nothing can be read any more. */
static bool nothing_to_read(struct conn *c)
{
    if (c->eof)
        return true;
    if (c->in.n - c->in_at < CONN_IN_MAX)
        return false;
    log_event(LOG_WARN, "input_not_used", kv_cstr("door", c->door->name),
              kv_str("peer", conn_peer(c)));
    return true;
}

static enum turn call_run(struct conn *c)
{
    bool after_wait = c->step == CONN_WAIT;

    c->due = false;
    c->step = (uint8_t)c->door->run(c->session);
    if (c->step == CONN_CLOSE || (c->step == CONN_READ && !c->starting_tls && nothing_to_read(c))) {
        enter(c, CONN_ENDING);
        return TURN_GO_ON;
    }
    if (c->broken && after_wait && c->step != CONN_WAIT) {
        enter(c, CONN_GONE);
        return TURN_GO_ON;
    }
    c->due = c->step == CONN_FLUSH || c->step == CONN_AGAIN;
    if (c->step != CONN_AGAIN)
        return TURN_GO_ON;
    flush(c);
    return TURN_AGAIN;
}

static enum turn read_more(struct conn *c)
{
    switch (c->io->read(c)) {
    case IO_DONE:
        c->due = true;
        break;
    case IO_EOF:
        c->eof = true;
        c->due = true;
        c->ready = false;
        break;
    case IO_BLOCKED:
        c->ready = false;
        break;
    case IO_BROKEN:
        c->broken = true;
        break;
    }
    return TURN_GO_ON;
}

/* The server stops: a good place is where the client could speak. */
static bool says_goodbye(struct conn *c)
{
    if (!c->stopping || c->step != CONN_READ || c->due || c->starting_tls)
        return false;
    if (c->bye)
        buf_add_cstr(&c->out, c->bye);
    enter(c, CONN_ENDING);
    return true;
}

static enum turn phase_talking(struct conn *c)
{
    bool waits = c->step == CONN_WAIT && !c->due;

    flush(c);
    if (waits)
        return TURN_WAIT;
    if (c->broken && c->step != CONN_WAIT) {
        enter(c, CONN_GONE);
        return TURN_GO_ON;
    }
    if (c->starting_tls && !conn_out_left(c)) {
        enter(c, CONN_SECURING);
        return TURN_GO_ON;
    }
    if ((c->due || c->ready) && spent(c))
        return TURN_AGAIN;
    if (may_run(c))
        return call_run(c);
    if (says_goodbye(c))
        return TURN_GO_ON;
    if (c->ready && conn_wants_read(c))
        return read_more(c);
    return TURN_ARM;
}

static enum turn (*const phases[])(struct conn *c) = {
    [CONN_OPENING] = phase_opening,   [CONN_SECURING] = phase_securing,
    [CONN_TALKING] = phase_talking,   [CONN_ENDING] = phase_ending,
    [CONN_SHUTTING] = phase_shutting, [CONN_GONE] = phase_gone,
};

static void heed(struct conn *c, unsigned signs)
{
    if (c->phase == CONN_TALKING && c->step == CONN_WAIT && !c->due)
        conn_completed(c); /* nothing else takes it out of WAITING */
    if (signs & SLOT_WOKEN)
        c->due = true;
    if (signs & SLOT_EVENT)
        c->ready = true;
    if (signs & SLOT_STOP && !c->stopping) {
        c->stopping = true;
        c->stop_at = turn_seconds();
    }
    if (signs & SLOT_TIMER)
        look_at_clock(c);
}

enum turn conn_turn(struct conn *c, unsigned signs)
{
    enum turn t;

    c->turn_began_us = clock_mono_us();
    c->turn_out = 0;
    c->turn_commands = 0;
    heed(c, signs);
    if (c->broken && c->phase != CONN_TALKING)
        enter(c, CONN_GONE);
    do {
        t = phases[c->phase](c);
    } while (t == TURN_GO_ON);
    return t;
}
