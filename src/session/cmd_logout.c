/*
 * session/cmd_logout.c - LOGOUT (RFC 9051, 6.1.3).
 */
#include "session/session_priv.h"

enum cmd_step cmd_logout_run(struct cmd *c)
{
    reply_bye(c->s, NULL, "Logging out");
    c->s->closing = true;
    return cmd_ok(c, "LOGOUT completed");
}
