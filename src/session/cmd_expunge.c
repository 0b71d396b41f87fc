/*
 * session/cmd_expunge.c - EXPUNGE and UID EXPUNGE (RFC 9051, 6.4.3 and 6.4.9; RFC 7162, 3.2.7
 * and 3.2.9).
 *
 * What went is told by sync, as any other expunge.
 */
#include "session/session_priv.h"

static enum cmd_step expunge_finish(struct cmd *c)
{
    enum err e = ticket_result(c->ticket)->err;

    return e == ERR_OK ? cmd_ok(c, "EXPUNGE completed") : cmd_error(c, e, "EXPUNGE");
}

enum cmd_step cmd_expunge_run(struct cmd *c)
{
    struct session *s = c->s;
    struct ranges uids = RANGES_INIT;
    struct intent in = {.kind = INTENT_EXPUNGE, .mailbox = s->view->mailbox};

    if (c->in.uid) {
        enum err e = view_resolve(s->view, &c->in.expunge.set, true, &s->saved, &uids);
        if (e != ERR_OK)
            return cmd_error(c, e, "UID EXPUNGE");
        in.expunge.uids = &uids;
    }
    struct ticket *t = session_submit(c, &in);
    ranges_fini(&uids);
    return wait_commit(c, t, expunge_finish);
}
