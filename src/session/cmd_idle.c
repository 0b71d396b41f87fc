/*
 * session/cmd_idle.c - IDLE (RFC 2177; RFC 9051, 6.3.13).
 *
 * While it is in progress the mailbox is watched; each wake tells what is new, expunges included.
 * No bytes are sent to keep a connection alive: TCP does that without waking the client's radio.
 */
#include "base/mem.h"
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

/* Thousands of sessions wait here: all they keep of the command is its tag. */
static void wait_small(struct cmd *c)
{
    char *tag = mem_raw(c->in.tag.n);

    memcpy(tag, c->in.tag.p, c->in.tag.n);
    c->in = (struct imap_command){.name = IMAP_IDLE, .tag = {tag, c->in.tag.n}};
    c->state = tag;
    arena_free(c->arena);
    c->arena = NULL;
}

static void idle_close(struct cmd *c)
{
    stop_watching(c);
    mem_free(c->state);
}

static enum cmd_step idle_end(struct cmd *c)
{
    struct str line = STR("");
    bool overlong = false;

    if (conn_input(c->s->conn).n == 0)
        return CMD_INPUT;
    c->arena = c->arena == NULL ? arena_new() : c->arena;
    while (line.n == 0) {
        if (!session_line(c->s, DONE_MAX, &line, &overlong) && !overlong)
            return CMD_INPUT;
        if (overlong) {
            session_bye(c->s, NULL, "Expected DONE");
            return CMD_DONE;
        }
    }
    stop_watching(c);
    return str_eq_nocase(line, STR("DONE")) ? cmd_ok(c, "IDLE completed")
                                            : cmd_bad(c, "Expected DONE");
}

/* Tells what is new; the mailbox's end ends the session. */
static enum cmd_step idle_step(struct cmd *c)
{
    struct session *s = c->s;
    enum cmd_step step = sync_step(s, c, SYNC_ALL);

    if (step != CMD_DONE)
        return step;
    if (!session_leave_gone(s, c)) {
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
    wait_small(c);
    c->end = idle_close;
    c->then = idle_step;
    return idle_step(c);
}
