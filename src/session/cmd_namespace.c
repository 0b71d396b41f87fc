/*
 * session/cmd_namespace.c - NAMESPACE (RFC 9051, 6.3.10; RFC 2342): everything is personal and has
 * no prefix.
 */
#include "session/session_priv.h"

enum cmd_step cmd_namespace_run(struct cmd *c)
{
    BUF_LIT(session_out(c->s), "* NAMESPACE ((\"\" \"/\")) NIL NIL\r\n");
    return cmd_ok(c, "NAMESPACE completed");
}
