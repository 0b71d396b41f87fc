/*
 * session/cmd_starttls.c - STARTTLS (RFC 9051, 6.2.1).
 *
 * What was said before it counts for nothing: the connection throws unread input away with the
 * reply on its way, and the session has nothing else to forget before login.
 */
#include "session/session_priv.h"

enum cmd_step cmd_starttls_run(struct cmd *c)
{
    if (conn_is_tls(c->s->conn))
        return cmd_bad(c, "TLS is in use already");
    if (!conn_can_tls(c->s->conn))
        return cmd_no(c, "UNAVAILABLE", "TLS is not available here");
    c->s->start_tls = true;
    return cmd_ok(c, "Begin TLS negotiation now");
}
