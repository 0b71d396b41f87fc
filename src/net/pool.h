/* Workers, poller, listeners: what turns sockets into connections and connections into turns (protocols.md 2, 3, 19).
 *
 *            poll event / conn_wake            worker takes it
 *   ARMED ------------------------> QUEUED ------------------> RUNNING --run says READ, armed--> ARMED
 *                                                               |   ^ wake while running: RUNNING_AGAIN
 *                                                               +--run says WAIT--> WAITING --conn_complete--> QUEUED
 */
#ifndef NET_POOL_H
#define NET_POOL_H

#include "net/conn.h"
#include "net/tls.h"

struct pool;

struct pool_options {
    unsigned workers;            /* 0: max(8, 4 x cores) */
    uint32_t max_connections;    /* 0: what RLIMIT_NOFILE allows (raised to its hard limit first) */
    uint32_t max_unknown;        /* connections that have not said who they are (conn_known); 0: 20,000 */
    uint32_t max_per_peer;       /* per address (IPv6: /64); 0: 1,000, and those of this machine are not counted */
    uint32_t unknown_seconds;    /* until conn_known, whatever is said meanwhile; then conn_timed_out, then closed; 0: 60 */
};

struct pool *pool_new(const struct pool_options *o, enum err *err_out);
struct exec *pool_exec(struct pool *p);
/* The workers begin: jobs run from here on, connections are accepted. For who needs them before pool_run (which calls
 * it): a sandbox of threads must be set up before. */
void pool_start(struct pool *p);

/* Listens on "ADDR:PORT", "[v6]:PORT", ":PORT" or "unix:/path[,mode=0660]" (mode 0600 if not said; a socket that a dead
 * process left is replaced).  tls: NULL no TLS at all; implicit: from the first byte.  Several addresses of a name: all
 * of them.  ERR_IO with *why_out for a person. */
struct listener;
enum err pool_listen(struct pool *p, struct door *d, const char *address, struct tls_context *tls, bool implicit,
                     const char **why_out);
/* The port of the listener made last (for ":0"), or 0. */
int pool_last_port(const struct pool *p);
/* A connected descriptor of ours (socketpair), spoken to by `d`. */
enum err pool_adopt(struct pool *p, struct door *d, int fd);

/* The peer has authenticated: it no longer counts as unknown. */
void conn_known(struct conn *c);

/* Runs until pool_stop; the calling thread sleeps. */
void pool_run(struct pool *p);
void pool_stop(struct pool *p);     /* from any thread and from signal handlers */
/* Closes every connection: one whose protocol has said CONN_READ at once, others as soon as they do, or after 5 seconds;
 * one in CONN_WAIT only after its completion.  A `bye` text is sent first (conn_set_bye), each session's `close` is
 * called.  The workers go on with jobs. */
void pool_close_all(struct pool *p);
/* That, then waits until no job is left, and ends the workers.  No job may be submitted afterwards. */
void pool_free(struct pool *p);
void conn_set_bye(struct conn *c, const char *text); /* sent as is when the server stops; static memory */

struct pool_stats {
    uint64_t connections, accepted, refused, queued_first, queued_later, bytes_in, bytes_out;
};
void pool_stats(struct pool *p, struct pool_stats *out);

#endif
