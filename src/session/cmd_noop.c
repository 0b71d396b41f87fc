/*
 * session/cmd_noop.c - NOOP (RFC 9051, 6.1.2) and CHECK (RFC 3501, 6.4.1): what is new is told
 * behind every command, and everything acknowledged is on disk already.
 */
#include "session/session_priv.h"

enum cmd_step cmd_noop_run(struct cmd *c)
{
    return cmd_ok(c, c->in.name == IMAP_CHECK ? "CHECK completed" : "NOOP completed");
}
