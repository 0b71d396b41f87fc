/*
 * session/cmd_close.c - CLOSE (RFC 9051, 6.4.1) and UNSELECT (RFC 3691).
 *
 * No expunge and no HIGHESTMODSEQ is told: the client would take it for what it knows (RFC
 * 7162, 3.2.8).
 */
#include "session/session_priv.h"

static enum cmd_step close_done(struct cmd *c)
{
    session_unselect(c->s);
    return cmd_ok(c, c->in.name == IMAP_CLOSE ? "CLOSE completed" : "UNSELECT completed");
}

static enum cmd_step close_finish(struct cmd *c)
{
    enum err e = ticket_result(c->ticket)->err;

    if (e != ERR_OK && e != ERR_NO_MAILBOX)
        return cmd_error(c, e, "CLOSE");
    return close_done(c);
}

/* Is there anything that CLOSE would remove? */
static bool has_deleted(const struct view *v)
{
    struct version_head now;

    return account_status(v->account, v->mailbox, &now) != ERR_OK || now.deleted > 0;
}

enum cmd_step cmd_close_run(struct cmd *c)
{
    struct view *v = c->s->view;
    struct intent in = {.kind = INTENT_EXPUNGE, .mailbox = v->mailbox};

    if (c->in.name == IMAP_UNSELECT || v->read_only || !has_deleted(v))
        return close_done(c);
    return wait_commit(c, session_submit(c, &in), close_finish);
}
