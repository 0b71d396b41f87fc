/* The local door: how `tern account`, `mailbox`, `import`, `export`, `deliver` and `check` work on
 * a store, running or stopped.  A running server listens on a socket in its store; on a stopped
 * store the command opens the rooms itself and speaks to this same door over a socket pair, so
 * there is one way. */
#ifndef ADMIN_ADMIN_H
#define ADMIN_ADMIN_H

#include "auth/auth.h"
#include "net/conn.h"

struct admin_door; /* begins with its struct door */

struct admin_options {
    uint64_t max_message;
};

struct admin_door *admin_door_new(struct mailstore *ms, struct directory *d, struct auth *a,
                                  const struct admin_options *o);
struct door *admin_door(struct admin_door *d);
/* Waits for what sessions whose connections are closed have left under way.  Before the rooms below
 * are closed; the workers must still run. */
void admin_door_drain(struct admin_door *d);
void admin_door_free(struct admin_door *d); /* NULL is fine */

/* Where the socket of a store is: "DIR/admin.sock". */
enum { ADMIN_PATH_MAX = 108 };

#endif
