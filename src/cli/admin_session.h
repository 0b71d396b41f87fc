/* A command's way to the store: the socket of the server that owns it, or, if none does, the rooms
 * opened in this very process.  Either way what comes back is a client of the admin door. */
#ifndef CLI_ADMIN_SESSION_H
#define CLI_ADMIN_SESSION_H

#include "admin/client.h"
#include "cli/config.h"

struct admin_session;

/* `create`: make the store if there is none.  On failure a line for a person is in `why_out`. */
enum err admin_session_open(const struct config *c, bool create, struct admin_session **out,
                            struct buf *why_out);
struct admin_client *admin_session_client(struct admin_session *s);
void admin_session_close(struct admin_session *s); /* NULL is fine */

#endif
