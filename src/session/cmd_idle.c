/*
 * session/cmd_idle.c - IDLE (RFC 2177; RFC 9051, 6.3.13).
 *
 * While it is in progress the mailbox is watched; each wake tells what is new, expunges included.  No bytes are sent
 * to keep a connection alive: TCP does that without waking the client's radio.
 */
#include "session/session_priv.h"

enum { DONE_MAX = 1000 }; /* bytes of the line that ends IDLE */

static void woken(void *handle)
{
    conn_wake(handle);
}

static void stop_watching(struct cmd *c)
{
    struct view *v = c->s->view;

    if (v == NULL)
        return;
    account_unwatch(v->watch);
    v->watch = NULL;
}

static enum cmd_step idle_end(struct cmd *c)
{
    struct str line = STR("");
    bool overlong = false;

    while (line.n == 0) {
        if (!session_line(c->s, DONE_MAX, &line, &overlong) && !overlong)
            return CMD_INPUT;
        if (overlong) {
            session_bye(c->s, NULL, "Expected DONE");
            return CMD_DONE;
        }
    }
    stop_watching(c);
    return str_eq_nocase(line, STR("DONE")) ? cmd_ok(c, "IDLE completed") : cmd_bad(c, "Expected DONE");
}

/* Tells what is new; the mailbox's end ends the session. */
static enum cmd_step idle_step(struct cmd *c)
{
    struct session *s = c->s;
    enum cmd_step step = sync_step(s, c, SYNC_ALL);

    if (step != CMD_DONE)
        return step;
    if (s->view != NULL && s->view->gone) {
        session_bye(s, NULL, "The selected mailbox was deleted");
        return CMD_DONE;
    }
    return s->phase == PHASE_BYE ? CMD_DONE : idle_end(c);
}

enum cmd_step cmd_idle_run(struct cmd *c)
{
    struct session *s = c->s;

    BUF_LIT(session_out(s), "+ idling\r\n");
    /* Watching first: what happens between the two is seen by one of them. */
    if (s->view != NULL)
        s->view->watch = account_watch(s->account, s->view->mailbox, woken, s->handle);
    c->end = stop_watching;
    c->then = idle_step;
    return idle_step(c);
}
