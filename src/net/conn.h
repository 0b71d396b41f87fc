/* One client's connection, as a door's protocol sees it: bytes in, bytes out, turns, waits and wakes.  Sockets, TLS and
 * workers are behind it (net/pool.h); a detached connection has none of them and is how tests hold a dialogue in
 * process.
 *
 * A protocol runs on at most one worker at a time, so its code has no locks.  It never blocks: its `run` uses what
 * input there is, adds output and says why it stops.  From outside only conn_wake and conn_complete touch it. */
#ifndef NET_CONN_H
#define NET_CONN_H

#include "base/buf.h"
#include "base/err.h"
#include "base/exec.h"

enum {
    CONN_OUT_HIGH = 256 * 1024, /* a generator stops adding here (conn_out_full) */
    CONN_IN_MAX = 64 * 1024,    /* input held unread */
    CONN_TURN_US = 2000,        /* a turn's time (conn_turn_over) */
    CONN_TURN_COMMANDS = 16,
};

struct conn;

/* Why `run` stops. */
enum conn_step {
    CONN_READ,  /* used all input it can use; run again when there is more, or when woken */
    CONN_FLUSH, /* output is full (or must leave first); run again when it has been sent */
    CONN_WAIT,  /* waits for conn_complete; input is not read, conn_wake is remembered */
    CONN_AGAIN, /* the turn is over but there is more to do: tail of the run queue */
    CONN_CLOSE, /* send what is queued, then close */
};

/* A door: what is spoken on a listener. */
struct door {
    const char *name; /* "imap", "lmtp", "admin" */
    /* A new connection: may queue a greeting.  NULL: refuse (what is queued is sent, then closed). */
    void *(*open)(struct door *d, struct conn *c);
    enum conn_step (*run)(void *session);
    /* The peer is gone or CONN_CLOSE is done; frees the session.  Never while a CONN_WAIT is not completed: then
     * `run` is called first, even if nobody will read its answer. */
    void (*close)(void *session);
    const char *busy; /* said to a peer refused for a limit before its session exists, CRLF included; may be NULL */
    /* Nobody logs in here: peers count as known from the start (conn_known). */
    bool trusts_all;
};

/* ---- input ---- */

struct str conn_input(struct conn *c); /* unread bytes; valid until the next conn_ call but conn_out */
void conn_used(struct conn *c, size_t n);
bool conn_eof(const struct conn *c);   /* the peer will send no more */
/* Nothing arrived for as long as conn_set_timeout said; cleared by reading it.  `run` is called then. */
bool conn_timed_out(struct conn *c);

/* ---- output ---- */

struct buf *conn_out(struct conn *c); /* append here */
bool conn_out_full(const struct conn *c);
bool conn_turn_over(struct conn *c);  /* this turn had its time: leave with CONN_AGAIN at the next good place */
void conn_command_done(struct conn *c); /* the turn is over, too, after CONN_TURN_COMMANDS of these */
/* While on, CONN_AGAIN queues behind input (SEARCH, SORT, import: at most half of the workers). */
void conn_long_work(struct conn *c, bool on);

/* ---- the connection ---- */

void conn_set_timeout(struct conn *c, int seconds); /* of silence; 0: none. Starts anew with each byte from the peer */
bool conn_is_tls(const struct conn *c);
bool conn_is_loopback(const struct conn *c);        /* peer on this machine (also a local socket) */
bool conn_can_tls(const struct conn *c);            /* a certificate is there and TLS is not yet on */
struct str conn_peer(const struct conn *c);         /* address in text, for logs */
uint64_t conn_id(const struct conn *c);             /* for logs: differs for every connection of this process */
/* STARTTLS: everything queued is sent in the clear, unread input is thrown away (RFC 9051, 6.2.1: nothing said before
 * TLS survives it), then the handshake.  The protocol goes on with CONN_READ. */
void conn_start_tls(struct conn *c);
/* The peer's credentials of a local socket: uid, or -1. */
long conn_peer_uid(const struct conn *c);

/* ---- from any thread ---- */

/* A counted handle that outlives the connection: wakes through it are harmless after the end. */
struct conn_handle;
struct conn_handle *conn_handle(struct conn *c);             /* a reference */
void conn_handle_unref(struct conn_handle *h);
/* Something may be there to tell: `run` will be called (after CONN_WAIT: once it is completed). */
void conn_wake(struct conn_handle *h);
/* What CONN_WAIT waits for has happened (it may come before `run` returned CONN_WAIT; never lost). Exactly one per
 * CONN_WAIT. */
void conn_complete(struct conn_handle *h);

/* ---- detached: for tests ---- */

/* No socket, no worker: the test feeds, turns and reads. `tls`, `loopback`: what the protocol shall believe.  Time is
 * base/clock.h's: a test that sets the clock and turns sees conn_timed_out. */
struct conn *conn_detached_new(struct door *d, bool tls, bool loopback);
void conn_detached_feed(struct conn *c, struct str bytes);
void conn_detached_eof(struct conn *c);
/* Runs until nothing is left to do without new input, a wake or a completion.  false: it is closed. */
bool conn_detached_run(struct conn *c);
bool conn_detached_waiting(const struct conn *c); /* in CONN_WAIT and not completed */
struct str conn_detached_output(struct conn *c);  /* all since the last take */
void conn_detached_take(struct conn *c);
/* The slow reader: output is not taken until off again (CONN_FLUSH then stays). */
void conn_detached_stall(struct conn *c, bool on);
void conn_detached_free(struct conn *c);

#endif
