/* A whole server in the hands of a dialogue: memory store, executor turned by hand, detached
 * connections. */
#ifndef TESTS_SESSION_WORLD_H
#define TESTS_SESSION_WORLD_H

#include "auth/auth.h"
#include "lib/test_exec.h"
#include "session/session.h"
#include "store/memory.h"

enum { WORLD_CLIENTS = 26 };

struct client {
    struct conn *conn; /* NULL: not connected */
    size_t seen;       /* bytes of its output that were expected so far */
    bool utf8;         /* IMAP4rev2 was enabled: responses are checked as such */
    bool closed;
};

struct world {
    struct test_exec exec;
    struct store *store;
    struct mailstore *mailstore;
    struct directory *directory;
    struct auth *auth;
    struct session_door *door; /* made with the first connection, so options can be set before */
    struct session_options options;
    struct client clients[WORLD_CLIENTS];
    struct buf wrong; /* what a client of the strict kind would refuse */
    int64_t now_ms;
};

struct world *world_new(void);
void world_free(struct world *w);
/* Until nothing is left to do without input, a commit's end or the clock. */
void world_turn(struct world *w);
void world_account(struct world *w, struct str name, struct str password);
/* kill -9 and a new start: what is durable is there, connections are not. */
void world_crash(struct world *w);
void world_clock(struct world *w, int64_t seconds);

void client_connect(struct world *w, int i, bool tls, bool loopback);
void client_drop(struct world *w, int i);
void client_send(struct world *w, int i, struct str bytes);
/* The next response, checked against the grammar; p NULL: there is none (or it is wrong, see
 * w->wrong). */
struct str client_peek(struct world *w, int i);
struct str client_rest(const struct world *w, int i);
void client_take(struct world *w, int i, size_t n);

#endif
