/* The IMAP door, as the session room sees it. */
#ifndef SESSION_DOOR_PRIV_H
#define SESSION_DOOR_PRIV_H

#include "base/hash.h"
#include "session/session.h"

#include <pthread.h>

struct session_door {
    struct door door;
    struct mailstore *mailstore;
    struct directory *directory;
    struct auth *auth;
    struct session_options options; /* defaults filled in */
    pthread_mutex_t lock;           /* of `sessions` only */
    struct map *sessions;           /* account number -> how many */
    _Atomic uint64_t literals; /* bytes of large literals that commands in all sessions may hold */
};

/* session.c: what the door calls. */
void *session_open(struct door *d, struct conn *c);
enum conn_step session_run(void *session);
void session_close(void *session);

/* One more session of the account; false: it has as many as it may. */
bool door_enter(struct session_door *d, uint64_t account);
void door_leave(struct session_door *d, uint64_t account);

/* Room for `bytes` of literals more, all sessions together; false: there is none now. */
bool door_hold(struct session_door *d, uint64_t bytes);
void door_release(struct session_door *d, uint64_t bytes);

#endif
