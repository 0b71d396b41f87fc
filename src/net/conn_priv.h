/* A connection as the rooms's own files see it: the protocol's side (conn.c), one turn of it
 * (turn.c), and what its bytes travel by: a socket (sock.c), TLS (sock_tls.c) or a test
 * (detached.c). */
#ifndef NET_CONN_PRIV_H
#define NET_CONN_PRIV_H

#include "net/conn.h"
#include "net/slot.h"

/* What a transport says. */
enum io {
    IO_DONE,    /* read: at least one byte; write: all is gone; secure, shut: finished */
    IO_BLOCKED, /* later */
    IO_EOF,     /* read: the peer will send no more */
    IO_BROKEN,  /* the peer is gone */
};

struct conn_io {
    enum io (*read)(
        struct conn *c); /* appends to c->in; clears c->ready when nothing more can be there now */
    enum io (*write)(struct conn *c);  /* from c->out; advances c->out_at */
    enum io (*secure)(struct conn *c); /* the TLS handshake */
    enum io (*shut)(struct conn *c);   /* says goodbye at the transport's level */
    bool (*can_tls)(const struct conn *c);
};

/* Where a connection stands; each has its function in turn.c. */
enum conn_phase {
    CONN_OPENING,  /* no session yet */
    CONN_SECURING, /* TLS handshake, at the start or after STARTTLS */
    CONN_TALKING,
    CONN_ENDING,   /* the last output leaves */
    CONN_SHUTTING, /* close_notify, then what the peer still sends is thrown away */
    CONN_GONE,
};

struct conn {
    struct door *door;
    void *session;
    const struct conn_io *io;
    struct slot *slot;
    struct conn_handle *handle; /* NULL until somebody asks */
    uint64_t id;

    struct buf in;
    size_t in_at; /* input before it is used */
    struct buf out;
    size_t out_at; /* output before it is sent */

    int64_t turn_began_us;
    uint64_t turn_out; /* bytes sent in this turn */

    const char *bye;
    long peer_uid; /* -1: not a local socket */
    char peer[46]; /* INET6_ADDRSTRLEN */
    uint32_t generation;
    /* Coarse seconds (turn_seconds) */
    uint32_t born_at;
    uint32_t phase_at;
    uint32_t heard_at; /* silence is counted from here */
    uint32_t sent_at;  /* a peer that does not read is counted from here */
    uint32_t stop_at;
    uint32_t timeout;       /* seconds of silence; 0: none */
    uint32_t unknown_limit; /* seconds until conn_known; 0: none */
    uint8_t phase;          /* enum conn_phase */
    uint8_t step;           /* enum conn_step: what `run` said last */
    uint8_t turn_commands;
    bool due : 1;   /* `run` has a reason */
    bool ready : 1; /* a read may bring something */
    bool eof : 1;
    bool timed_out : 1;
    bool overdue : 1; /* the unknown limit has been told */
    bool known : 1;
    bool tls : 1;
    bool loopback : 1;
    bool starting_tls : 1;
    bool long_work : 1;
    bool broken : 1;
    bool blocked : 1; /* output could not leave at the last try */
    bool stopping : 1;
    bool shut : 1; /* the transport has said goodbye */
};

enum {
    TURN_HANDSHAKE_S = 30,
    TURN_STALL_S = 300, /* a peer that takes no byte of waiting output for so long is closed */
    TURN_STALL_UNKNOWN_S = 30,
    TURN_OVERDUE_S = 10, /* after the unknown limit was told, for the goodbye */
    TURN_STOP_S = 5,     /* when the server stops: to end what is being said */
    TURN_LINGER_S = 2,
};

/* Why a turn ended. */
enum turn {
    TURN_GO_ON, /* within turn.c */
    TURN_ARM,   /* wait for the transport, a wake or the deadline */
    TURN_WAIT,  /* wait for conn_complete */
    TURN_AGAIN,
    TURN_END, /* destroy it */
};

void conn_init(struct conn *c, struct door *d, const struct conn_io *io, struct slot_queue *q);
void conn_fini(struct conn *c); /* closes the session if there still is one; slot and buffers go */

/* Runs the connection as far as it goes now. */
enum turn conn_turn(struct conn *c, unsigned signs);
/* `slot_wait` said that the completion is already there: conn_turn again. */
void conn_completed(struct conn *c);
/* What the transport is to wait for when the turn ended in TURN_ARM. */
bool conn_wants_read(const struct conn *c);
bool conn_wants_write(const struct conn *c);
/* The next coarse second at which something is due, or UINT32_MAX. */
uint32_t conn_deadline(const struct conn *c);

uint32_t turn_seconds(void); /* the coarse clock */

static inline size_t conn_out_left(const struct conn *c)
{
    return c->out.n - c->out_at;
}

/* n bytes of output have been sent. */
void conn_sent(struct conn *c, size_t n);
/* Room for input: at most CONN_IN_MAX unread; NULL and *n_out = 0 when full. */
char *conn_in_room(struct conn *c, size_t *n_out);
void conn_heard(struct conn *c, size_t n);

#endif
