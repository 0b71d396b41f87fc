/*
 * session/cmd_append.c - APPEND (RFC 9051, 6.3.12; RFC 3501, 6.3.11; RFC 7888; RFC 4315).
 *
 *   announced --checks--> "+" --> append_read --all bytes--> append_tail --end of line-->
 *        |                parsed whole --> commit --> APPENDUID
 *        `- refused: NO before a byte was sent, or the bytes are thrown away
 *
 * The message is streamed into its blob and its parser; memory does not follow its size.
 */
#include "base/clock.h"
#include "session/door_priv.h"
#include "session/session_priv.h"
#include "session/wide.h"

struct append {
    uint64_t mailbox;
    struct intake *intake;
    uint64_t left; /* bytes of the literal still to come */
};

static void append_end(struct cmd *c)
{
    intake_free(((struct append *)c->state)->intake);
}

/* ---- the end ---- */

/* RFC 9051, 6.3.12: "it SHOULD return an untagged LIST with an OLDNAME" */
static void tell_oldname(struct cmd *c)
{
    struct names *names = account_names(c->s->account);
    const struct name_entry *e = names_of_mailbox(names, ((struct append *)c->state)->mailbox);
    struct str supplied = c->in.append.mailbox.name;

    if (e != NULL && oldname_differs(c->s, e->name, supplied))
        oldname_tell(c->s, "", e->name, supplied);
    names_unref(names);
}

static enum cmd_step append_finish(struct cmd *c)
{
    const struct ticket_result *r = ticket_result(c->ticket);

    if (r->err == ERR_NO_MAILBOX)
        return cmd_no(c, "TRYCREATE", "There is no such mailbox");
    if (r->keyword_limit)
        return cmd_no(c, "LIMIT", "The mailbox has too many keywords");
    if (r->err != ERR_OK)
        return cmd_error(c, r->err, "APPEND");
    tell_oldname(c);
    struct str code = arena_printf(c->arena, "APPENDUID %u %u", r->uidvalidity, r->to_uids.v[0].lo);
    return cmd_ok_code(c, code, "APPEND completed");
}

static enum cmd_step append_failed(struct cmd *c, enum err e)
{
    if (e == ERR_SYNTAX) /* RFC 9051, 4.3.1: CHAR8 has no NUL */
        return cmd_no(c, "CANNOT", "The message holds NUL; send it as literal8, ~{n}");
    return cmd_error(c, e, "APPEND");
}

static enum cmd_step append_commit(struct cmd *c)
{
    struct append *ap = c->state;
    const struct imap_command *in = &c->in;
    struct intent intent = {.kind = INTENT_APPEND, .mailbox = ap->mailbox};
    struct intent_message m = {0};

    m.date = in->append.has_date ? in->append.date : clock_wall();
    m.zone_min = in->append.has_date ? in->append.zone_min : 0;
    intake_set_date(ap->intake, m.date);
    enum err e = intake_finish(ap->intake);
    if (e != ERR_OK)
        return append_failed(c, e);
    intake_message(ap->intake, 0, &m);
    m.flags = in->append.flags.system;
    m.keywords = in->append.flags.keywords;
    m.n_keywords = in->append.flags.n_keywords;
    intent.append.messages = &m;
    intent.append.n = 1;
    return wait_commit(c, session_submit(c, &intent), append_finish);
}

/* ---- what stands behind the message ---- */

static enum cmd_step append_whole(struct cmd *c)
{
    struct session *s = c->s;
    struct imap_parse_options o = {.utf8 = s->utf8, .rev2 = s->rev2};
    struct imap_parse_error why = {0};
    enum err e = imap_parse(c->arena, imap_input_text(&s->input), &o, &c->in, &why);

    session_input_next(s);
    if (e != ERR_OK && why.no)
        return cmd_no(c, why.code, why.text);
    if (e != ERR_OK)
        return cmd_bad(c, why.text ? why.text : "Syntax error");
    return append_commit(c);
}

static enum cmd_step another_literal(struct cmd *c)
{
    struct session *s = c->s;

    if (!session_can_skip(s))
        session_bye(s, NULL, "One message at a time");
    else
        session_input_refuse(s);
    return cmd_bad(c, "One message at a time");
}

static enum cmd_step append_tail(struct cmd *c)
{
    struct session *s = c->s;

    switch (session_feed(s)) {
    case IMAP_MORE:
        return CMD_INPUT;
    case IMAP_COMMAND:
        return append_whole(c);
    case IMAP_LITERAL:
        return another_literal(c);
    case IMAP_BAD:
        cmd_bad(c, s->input.why);
        session_input_next(s);
        return CMD_DONE;
    case IMAP_FATAL:
        break;
    }
    session_bye(s, NULL, "Too much at once");
    return CMD_DONE;
}

/* ---- the message ---- */

/* Errors stay in the intake until the end: the bytes must be read in any case. */
static enum cmd_step append_read(struct cmd *c)
{
    struct session *s = c->s;
    struct append *ap = c->state;

    while (ap->left > 0) {
        struct str in = conn_input(s->conn);
        if (in.n == 0)
            return CMD_INPUT;
        in = str_sub(in, 0, ap->left < in.n ? ap->left : in.n);
        (void)!intake_feed(ap->intake, in);
        conn_used(s->conn, in.n);
        ap->left -= in.n;
        if (conn_turn_over(s->conn))
            return CMD_YIELD;
    }
    c->then = append_tail;
    return append_tail(c);
}

/* ---- before it ---- */

/* All that can be known before the message is sent (protocols.md 20). */
static bool acceptable(struct cmd *c, uint64_t size, enum cmd_step *step_out)
{
    struct session *s = c->s;
    struct append *ap = c->state;

    if (!cmd_mailbox(c, &c->in.append.mailbox, true, &ap->mailbox, step_out))
        return false;
    if (size > s->door->options.max_message)
        *step_out = cmd_error(c, ERR_TOO_BIG, "APPEND");
    else if (!store_has_room(mailstore_store(s->door->mailstore), size))
        *step_out = cmd_no(c, "UNAVAILABLE", "The server has no room for the message now");
    else
        return true;
    return false;
}

static enum cmd_step refuse(struct cmd *c, enum cmd_step step)
{
    struct session *s = c->s;

    if (!c->in.append.message_is_streamed)
        return step;
    if (session_can_skip(s))
        session_input_refuse(s);
    else
        session_bye(s, "TOOBIG", "The message is too large");
    return step;
}

static void open_intake(struct cmd *c)
{
    struct append *ap = c->state;
    struct intake_options o = {.max_bytes = c->s->door->options.max_message,
                               .refuse_nul = !c->in.append.message.binary};

    ap->intake = intake_new(&o);
    intake_add(ap->intake, c->s->account);
}

enum cmd_step cmd_append_run(struct cmd *c)
{
    struct session *s = c->s;
    struct append *ap = c->state = ARENA_NEW(c->arena, struct append);
    bool streamed = c->in.append.message_is_streamed;
    enum cmd_step step;

    c->end = append_end;
    ap->left = streamed ? c->in.append.message.size : 0;
    if (!acceptable(c, streamed ? ap->left : c->in.append.message_bytes.n, &step))
        return refuse(c, step);
    open_intake(c);
    if (!streamed) {
        (void)!intake_feed(ap->intake, c->in.append.message_bytes);
        return append_commit(c);
    }
    if (c->in.append.message.sync)
        BUF_LIT(session_out(s), "+ OK\r\n");
    imap_input_stream(&s->input);
    c->then = append_read;
    return append_read(c);
}
