/* The pool as its own files see it: workers and poller (worker.c), sockets (sock.c), listeners
 * (listener.c). */
#ifndef NET_POOL_PRIV_H
#define NET_POOL_PRIV_H

#include "base/mem.h"
#include "net/conn_priv.h"
#include "net/peers.h"
#include "net/pool.h"
#include "net/runq.h"
#include "net/timer.h"
#include "net/tls_priv.h"

#include <stdatomic.h>

enum {
    POOL_LISTENERS = 64,
    POOL_REFRESH_S = 5, /* certificates' files are looked at */
};

/* What the poller's data says when its generation is 0. */
enum poll_special { POLL_KICK, POLL_TICK, POLL_LISTENER };

struct listener {
    struct job job;      /* something to accept */
    _Atomic bool queued; /* from the event until it is armed again */
    struct pool *pool;
    struct door *door;
    struct tls_context *tls; /* a reference, or NULL */
    bool implicit;
    int port;
    char *path; /* to unlink, or NULL */
    pthread_mutex_t lock;
    int fd;      /* -1: closed */
    bool paused; /* no descriptors left: goes on with the tick */
};

struct pool {
    struct exec exec;
    struct slot_queue queue;
    struct pool_options options;
    struct runq runq;
    struct wheel wheel;
    struct peers peers;
    int epoll_fd, kick_fd, tick_fd, stop_fd;
    struct job tick;
    _Atomic bool tick_queued;
    unsigned ticks;
    pthread_t *threads;
    unsigned threads_n; /* 0: not started */

    struct listener *listeners[POOL_LISTENERS];
    _Atomic uint32_t listeners_n;
    pthread_mutex_t spare_lock;
    int spare_fd;              /* given up to accept and refuse when descriptors end */
    _Atomic int64_t warned_ms; /* of refusals and pauses: not a line for each */

    _Atomic bool stopping;
    _Atomic uint32_t connections, unknown;
    _Atomic uint64_t accepted, refused, bytes_in, bytes_out;
    pthread_mutex_t end_lock;
    pthread_cond_t end_cond; /* a connection ended while stopping */
};

struct sock {
    struct conn c;
    struct pool *pool;
    struct listener *from; /* NULL: adopted */
    SSL *ssl;
    struct timer timer;
    struct peer_key peer;
    uint32_t timer_at; /* UINT32_MAX: not in the wheel, as far as the runner knows */
    uint32_t armed;    /* epoll's mask now; 0: its one shot is used up */
    uint32_t read_want, write_want, shut_want; /* what TLS needs to go on */
    uint32_t dropped;                          /* bytes thrown away while lingering */
    int fd;
    bool polled : 1; /* the poller knows the descriptor */
    bool counted_unknown : 1;
    bool counted_peer : 1;
    bool lingers : 1;
    bool heard : 1;  /* bytes came in and none went out since: nothing carries their acknowledgement */
};

/* worker.c */
void *worker_main(void *pool);
void pool_submit(struct exec *x, struct job *j, enum job_prio prio);
void pool_push(struct slot_queue *q, struct slot *s, bool first);
void pool_run_conn(struct job *j); /* a slot's job */
void poll_arm(struct pool *p, int op, int fd, uint32_t mask, uint64_t data);

/* sock.c: takes the descriptor.  The connection is QUEUED: the caller sets what it counts for and
 * pushes its slot. */
struct sock *sock_new(struct pool *p, struct listener *from, struct door *d, int fd);
void sock_free(struct sock *k);
uint32_t sock_wants(const struct sock *k);
void sock_acknowledge(struct sock *k);
extern const struct conn_io sock_plain_io;
/* sock_tls.c */
extern const struct conn_io sock_tls_io;
enum io sock_tls_begin(struct conn *c);
enum io sock_shut_plain(struct conn *c);

static inline struct sock *sock_of(const struct conn *c)
{
    return CONTAINER_OF((struct conn *)(uintptr_t)c, struct sock, c);
}

/* listener.c, listen.c */
void listener_accept(struct job *j);
void listener_resume(struct listener *l);
void listener_close(struct listener *l);
void listener_free(struct listener *l);

#endif
