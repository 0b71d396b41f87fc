/*
 * session/cmd_copy.c - COPY and MOVE, also by UID (RFC 9051, 6.4.7 and 6.4.8; RFC 6851; RFC 4315).
 *
 * Both are one change of the account, so nothing can be copied and lost, or copied twice.  Messages
 * that are gone by UID are left out silently; by sequence number the command is refused whole (RFC
 * 2180, 4.4.1).
 */
#include "session/session_priv.h"

static const char *name_of(const struct cmd *c)
{
    return c->in.name == IMAP_MOVE ? "MOVE" : "COPY";
}

static enum cmd_step nothing_done(struct cmd *c)
{
    return cmd_ok(c, c->in.name == IMAP_MOVE ? "MOVE completed, nothing was there"
                                             : "COPY completed, nothing was there");
}

/* COPYUID: both sets rising, so they pair up in order (RFC 4315, 3). */
static void put_copyuid(struct buf *out, const struct ticket_result *r)
{
    buf_printf(out, "COPYUID %u ", r->uidvalidity);
    ranges_format(&r->from_uids, out);
    buf_add_char(out, ' ');
    ranges_format(&r->to_uids, out);
}

static enum cmd_step copy_finish(struct cmd *c)
{
    const struct ticket_result *r = ticket_result(c->ticket);

    if (r->err == ERR_NO_MAILBOX)
        return cmd_no(c, "TRYCREATE", "There is no such mailbox");
    if (r->err != ERR_OK)
        return cmd_error(c, r->err, name_of(c));
    if (r->from_uids.n == 0)
        return nothing_done(c);
    struct buf code = BUF_INIT;
    put_copyuid(&code, r);
    if (c->in.name == IMAP_MOVE) { /* before the expunges, as untagged OK (RFC 6851, 4.3) */
        buf_printf(session_out(c->s), "* OK [%.*s] Moved\r\n", STR_FMT(buf_str(&code)));
        cmd_ok(c, "MOVE completed");
    } else {
        cmd_ok_code(c, arena_str(c->arena, buf_str(&code)), "COPY completed");
    }
    buf_fini(&code);
    return CMD_DONE;
}

static enum cmd_step copy_uids(struct cmd *c, const struct ranges *uids, uint64_t to)
{
    struct ranges ghosts = RANGES_INIT, live = RANGES_INIT;
    struct intent in = {.kind = c->in.name == IMAP_MOVE ? INTENT_MOVE : INTENT_COPY,
                        .mailbox = c->s->view->mailbox};
    enum cmd_step step;

    view_ghosts_in(c->s->view, uids, &ghosts);
    ranges_copy(&live, uids);
    ranges_subtract(&live, &ghosts);
    in.copy.uids = &live;
    in.copy.to = to;
    in.copy.whole = !c->in.uid;
    if (ghosts.n > 0 && !c->in.uid)
        step = cmd_error(c, ERR_EXPUNGED, name_of(c));
    else if (live.n == 0)
        step = nothing_done(c);
    else
        step = wait_commit(c, session_submit(c, &in), copy_finish);
    ranges_fini(&ghosts);
    ranges_fini(&live);
    return step;
}

enum cmd_step cmd_copy_run(struct cmd *c)
{
    struct session *s = c->s;
    struct ranges uids = RANGES_INIT;
    uint64_t to;
    enum cmd_step step;

    enum err e = view_resolve(s->view, &c->in.copy.set, c->in.uid, &s->saved, &uids);
    if (e == ERR_SYNTAX)
        step = cmd_bad(c, "There is no message of that number");
    else if (e != ERR_OK)
        step = cmd_error(c, e, name_of(c));
    else if (cmd_mailbox(c, &c->in.copy.mailbox, true, &to, &step))
        step = copy_uids(c, &uids, to);
    ranges_fini(&uids);
    return step;
}

enum cmd_step cmd_move_run(struct cmd *c)
{
    return cmd_copy_run(c);
}
