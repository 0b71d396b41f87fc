/* The running server: the rooms, the doors on their listeners, and the keeper that tidies up. */
#ifndef CLI_SERVER_H
#define CLI_SERVER_H

#include "admin/admin.h"
#include "cli/core.h"
#include "cli/keeper.h"
#include "lmtp/lmtp.h"
#include "session/session.h"

struct server {
    struct core core;
    struct tls_context *tls;
    struct session_door *imap;
    struct lmtp_door *lmtp;
    struct admin_door *admin;
    struct keeper *keeper;
};

/* Binds, becomes the unprivileged user, opens the store, listens.  Clients are served from here on.
 * On failure a line for a person is in `why_out` and nothing is left open. */
enum err server_open(const struct config *c, struct server *out, struct buf *why_out);
/* Until SIGINT or SIGTERM. */
void server_run(struct server *s);
void server_close(struct server *s);

/* "READY=1" and the like to the service manager, if there is one (sd_notify(3)). */
void server_notify(const char *state);

#endif
