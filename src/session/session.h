/* The IMAP door: RFC 3501 and RFC 9051 with their extensions, one session per connection. */
#ifndef SESSION_SESSION_H
#define SESSION_SESSION_H

#include "auth/auth.h"
#include "net/conn.h"

struct session_options {
    uint64_t max_message; /* bytes; 0: 100,000,000 */
    int idle_seconds; /* silence of a client that is logged in; 0: 1,860 (RFC 9051, 5.4: at least 30
                         minutes) */
    int login_seconds;     /* to log in; 0: 60 */
    bool plain_login;      /* passwords without TLS also from elsewhere than this machine: off */
    uint32_t max_sessions; /* of one account; 0: 1,000.  Over it: NO [LIMIT] */
    bool drive;            /* no timeouts (tests) */
};

struct session_door; /* begins with its struct door */

struct session_door *session_door_new(struct mailstore *ms, struct directory *d, struct auth *a,
                                      const struct session_options *o);
struct door *session_door(struct session_door *d);
void session_door_free(struct session_door *d);

#endif
