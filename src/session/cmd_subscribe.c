/*
 * session/cmd_subscribe.c - SUBSCRIBE and UNSUBSCRIBE (RFC 9051, 6.3.7 and 6.3.8).
 *
 * A name need not exist to be subscribed: mailboxes come and go, the wish to see them stays.
 */
#include "session/wide.h"

static enum cmd_step subscribe_finish(struct cmd *c)
{
    const struct ticket_result *r = ticket_result(c->ticket);
    bool add = c->in.name == IMAP_SUBSCRIBE;

    if (r->err != ERR_OK)
        return cmd_error(c, r->err, add ? "SUBSCRIBE" : "UNSUBSCRIBE");
    return cmd_ok(c, add ? "SUBSCRIBE completed" : "UNSUBSCRIBE completed");
}

enum cmd_step cmd_subscribe_run(struct cmd *c)
{
    bool add = c->in.name == IMAP_SUBSCRIBE;
    struct intent in = {.kind = add ? INTENT_SUBSCRIBE : INTENT_UNSUBSCRIBE};
    enum cmd_step step;

    if (!cmd_name(c, &c->in.mailbox.mailbox, &in.subscribe.name, &step))
        return step;
    return wait_commit(c, session_submit(c, &in), subscribe_finish);
}
