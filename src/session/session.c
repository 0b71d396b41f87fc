/*
 * session/session.c - one client's conversation: bytes in, commands one at a time, replies out.
 *
 *               a whole command, or an
 *               APPEND's message begins             CMD_DONE
 *   PHASE_IDLE -----------------------> PHASE_RUN -----------> PHASE_SYNC ---> tagged reply
 *       ^                                |    ^                                     |
 *       |                                +----+ MORE, YIELD, INPUT, WAIT            |
 *       +---------------------------------------------------------------------------+
 *   PHASE_BYE: nothing is read any more; the connection closes.
 *
 *  (1) A command is read only when the one before it has been answered (RFC 9051, 5.5).
 *  (2) Nothing untagged is written outside a command (7.5.1), so a session between commands holds
 *      no memory but itself and its view.
 *  (3) What a literal may cost is decided before a byte of it is taken.
 */
#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "net/pool.h"
#include "session/door_priv.h"
#include "session/session_priv.h"

enum {
    BAD_COMMANDS_MAX = 20, /* in a row */
    LITERAL_SMALL = 4 * 1024,
    UNKNOWN_LITERALS_MAX = 8 * 1024, /* bytes of one command's literals before login */
    UNKNOWN_SKIP_MAX = 64 * 1024, /* bytes of one thrown away before login; more ends the session */
};

/* ---- leaving ---- */

bool session_pause(struct session *s, enum cmd_step *step_out)
{
    if (conn_out_full(s->conn)) {
        *step_out = CMD_MORE;
        return true;
    }
    *step_out = CMD_YIELD;
    return conn_turn_over(s->conn);
}

void session_bye(struct session *s, const char *code, const char *text)
{
    if (s->phase == PHASE_BYE)
        return;
    reply_bye(s, code, text);
    s->phase = PHASE_BYE;
}

/* ---- commands: their life ---- */

static struct cmd *cmd_new(struct session *s)
{
    struct cmd *c = NEW(struct cmd);

    c->s = s;
    c->arena = arena_new();
    return c;
}

static void cmd_free(struct cmd *c)
{
    if (c == NULL)
        return;
    if (c->end != NULL)
        c->end(c);
    ticket_unref(c->ticket);
    login_unref(c->login);
    ranges_fini(&c->force);
    ranges_fini(&c->silent);
    arena_free(c->arena);
    mem_free(c);
}

static void cmd_drop(struct session *s)
{
    sync_abort(s);
    cmd_free(s->cmd);
    s->cmd = NULL;
}

static void completed(void *handle)
{
    conn_complete(handle);
}

struct ticket *session_submit(struct cmd *c, const struct intent *in)
{
    return account_submit(c->s->account, in, completed, c->s->handle);
}

enum cmd_step wait_commit(struct cmd *c, struct ticket *t, cmd_fn *finish)
{
    ticket_unref(c->ticket);
    c->ticket = t;
    c->then = finish;
    return CMD_WAIT;
}

void session_unselect(struct session *s)
{
    sync_abort(s);
    view_close(s->view);
    s->view = NULL;
    ranges_fini(&s->saved);
    if (s->state == STATE_SELECTED)
        s->state = STATE_AUTH;
}

void session_enable_condstore(struct session *s)
{
    if (s->condstore)
        return;
    s->condstore = true;
    if (s->view == NULL)
        return;
    s->view->modseq_told = view_modseq(s->view);
    reply_modseq(s);
}

/* ---- beginning and end ---- */

void *session_open(struct door *d, struct conn *conn)
{
    struct session *s = NEW(struct session);
    const struct session_options *o = &((struct session_door *)d)->options;

    s->door = (struct session_door *)d;
    s->conn = conn;
    s->handle = conn_handle(conn);
    s->state = STATE_NONE;
    imap_input_init(&s->input);
    if (!o->drive) {
        conn_set_timeout(conn, o->login_seconds);
        s->login_by = clock_mono_ms() + INT64_C(1000) * o->login_seconds;
    }
    conn_set_bye(conn, "* BYE The server is stopping\r\n");
    BUF_LIT(session_out(s), "* OK [CAPABILITY ");
    capability_put(s, session_out(s));
    BUF_LIT(session_out(s), "] Tern is ready\r\n");
    return s;
}

void session_close(void *session)
{
    struct session *s = session;

    cmd_drop(s);
    session_unselect(s);
    if (s->counted)
        door_leave(s->door, account_id(s->account));
    door_release(s->door, s->held);
    account_unref(s->account);
    mem_free(s->user);
    imap_input_fini(&s->input);
    conn_handle_unref(s->handle);
    mem_free(s);
}

enum err session_login(struct session *s, uint64_t account, struct str user)
{
    struct account *acct = NULL;

    if (!door_enter(s->door, account))
        return ERR_BUSY;
    enum err e = account_open(s->door->mailstore, account, &acct);
    if (e != ERR_OK) {
        door_leave(s->door, account);
        return e;
    }
    s->account = acct;
    s->counted = true;
    s->user = mem_new(user.n + 1);
    memcpy(s->user, user.p, user.n);
    s->state = STATE_AUTH;
    s->login_by = 0;
    if (!s->door->options.drive)
        conn_set_timeout(s->conn, s->door->options.idle_seconds);
    conn_known(s->conn);
    return ERR_OK;
}

/* The input between commands: what it held is given back. */
static void release_held(struct session *s)
{
    door_release(s->door, s->held);
    s->held = 0;
}

void session_input_next(struct session *s)
{
    imap_input_next(&s->input);
    release_held(s);
}

void session_input_refuse(struct session *s)
{
    imap_input_refuse(&s->input);
    release_held(s);
}

/* ---- a command has arrived ---- */

static struct imap_parse_options parse_options(const struct session *s)
{
    return (struct imap_parse_options){.utf8 = s->utf8, .rev2 = s->rev2};
}

static void begin(struct session *s, struct cmd *c)
{
    s->cmd = c;
    s->phase = PHASE_RUN;
}

static enum cmd_step not_allowed_run(struct cmd *c)
{
    return cmd_bad(c, "This command is not allowed now");
}

static enum cmd_step read_only_run(struct cmd *c)
{
    return cmd_no(c, NULL, "The mailbox was opened read-only");
}

/* What the table says of the command here and now. */
static void allow(struct session *s, struct cmd *c)
{
    const struct command *def = command_find(c->in.name);

    c->def = def;
    c->then = def == NULL || !(def->states & (unsigned)s->state) ? not_allowed_run : def->run;
    if (def == NULL)
        return;
    if (c->then == def->run && (def->flags & CMD_NEEDS_WRITE) && s->view->read_only)
        c->then = read_only_run;
    c->sync = def->sync;
    if ((def->flags & CMD_SEQS) && !c->in.uid)
        c->sync = SYNC_DATA;
}

static void count_bad(struct session *s, bool bad)
{
    s->bad_commands = bad ? s->bad_commands + 1 : 0;
    if (s->bad_commands >= BAD_COMMANDS_MAX)
        session_bye(s, NULL, "Too many bad commands");
}

static void command_arrived(struct session *s)
{
    struct imap_parse_options o = parse_options(s);
    struct imap_parse_error why = {0};
    struct cmd *c = cmd_new(s);
    enum err e = imap_parse(c->arena, imap_input_text(&s->input), &o, &c->in, &why);

    if (e != ERR_OK) {
        struct str tag = c->in.tag.n > 0 ? c->in.tag : STR("*");
        /* RFC 9051, 6.4.4.1: a search that was to be saved and answers NO leaves "$" empty. */
        if (why.no && c->in.name == IMAP_SEARCH && (c->in.search.returns & RETURN_SAVE))
            ranges_clear(&s->saved);
        reply_bare(s, tag, why.no ? REPLY_NO : REPLY_BAD, why.code,
                   why.text ? why.text : "Syntax error");
        count_bad(s, !why.no);
        cmd_free(c);
    } else {
        allow(s, c);
        begin(s, c);
    }
    session_input_next(s);
}

/* ---- literals ---- */

/* The message of an APPEND: the command begins now and reads it itself.  false: it is some other
 * literal. */
static bool append_arrived(struct session *s)
{
    struct imap_parse_options o = parse_options(s);

    if (s->state == STATE_NONE)
        return false;
    struct cmd *c = cmd_new(s);
    if (!imap_parse_append_start(c->arena, imap_input_text(&s->input), &o, &c->in)) {
        cmd_free(c);
        return false;
    }
    c->in.append.message = s->input.literal;
    c->in.append.message_is_streamed = true;
    allow(s, c);
    begin(s, c);
    return true;
}

/* NO at once, also for a non-synchronising one: its bytes and the rest of its command are then
 * thrown away.  What is too large even for that ends the session (RFC 7888, 4). */
static void refuse_literal(struct session *s, enum reply_kind kind, const char *code,
                           const char *text)
{
    if (!session_can_skip(s)) {
        session_bye(s, code, text);
        return;
    }
    reply_bare(s, imap_input_tag(&s->input), kind, code, text);
    session_input_refuse(s);
    count_bad(s, kind == REPLY_BAD);
}

/* What is no command, or none now, gets no "+" (RFC 9051, 7.6, example).  NULL: it may go on. */
static const char *literal_useless(struct session *s)
{
    bool uid;
    const struct command *def = command_find(imap_peek_name(imap_input_text(&s->input), &uid));

    if (def == NULL)
        return "Unknown command";
    return def->states & (unsigned)s->state ? NULL : "This command is not allowed now";
}

bool session_can_skip(const struct session *s)
{
    const struct imap_literal *l = &s->input.literal;
    uint64_t most = s->state == STATE_NONE ? UNKNOWN_SKIP_MAX : 4 * s->door->options.max_message;

    return l->sync || l->size <= most;
}

/* Small ones are part of any session's cost; of the large ones there is a budget for all. */
static bool hold_literal(struct session *s, uint64_t size)
{
    if (size <= LITERAL_SMALL)
        return true;
    if (!door_hold(s->door, size))
        return false;
    s->held += size;
    return true;
}

static void literal_arrived(struct session *s)
{
    const struct imap_literal *l = &s->input.literal;
    const char *useless = literal_useless(s);
    bool fits = imap_input_fits(&s->input);

    if (useless != NULL) {
        refuse_literal(s, REPLY_BAD, NULL, useless);
        return;
    }
    if (append_arrived(s))
        return;
    if (s->state == STATE_NONE)
        fits = fits && imap_input_text(&s->input).bytes.n + l->size <= UNKNOWN_LITERALS_MAX;
    if (!fits) {
        refuse_literal(s, REPLY_NO, "TOOBIG", "The literal is too large");
        return;
    }
    if (!hold_literal(s, l->size)) {
        refuse_literal(s, REPLY_NO, "UNAVAILABLE", "Too much is arriving at once; try again");
        return;
    }
    if (l->sync)
        BUF_LIT(session_out(s), "+ OK\r\n");
    imap_input_take(&s->input);
}

static void bad_arrived(struct session *s)
{
    reply_bare(s, imap_input_tag(&s->input), REPLY_BAD, NULL, s->input.why);
    count_bad(s, true);
    session_input_next(s);
}

/* ---- input ---- */

bool session_line(struct session *s, size_t max, struct str *line_out, bool *overlong_out)
{
    struct str in = conn_input(s->conn);
    size_t at = str_find(in, '\n');

    *overlong_out = at > max;
    if (at == in.n || at > max)
        return false;
    struct str line = str_sub(in, 0, at);
    if (line.n > 0 && line.p[line.n - 1] == '\r')
        line.n--;
    *line_out = arena_str(s->cmd->arena, line);
    conn_used(s->conn, at + 1);
    return true;
}

enum imap_event session_feed(struct session *s)
{
    size_t used = 0;
    struct str in = conn_input(s->conn);

    if (in.n == 0)
        return IMAP_MORE;
    enum imap_event event = imap_input_feed(&s->input, in, &used);
    conn_used(s->conn, used);
    return event;
}

static void input_step(struct session *s)
{
    switch (session_feed(s)) {
    case IMAP_MORE:
        break;
    case IMAP_COMMAND:
        command_arrived(s);
        break;
    case IMAP_LITERAL:
        literal_arrived(s);
        break;
    case IMAP_BAD:
        bad_arrived(s);
        break;
    case IMAP_FATAL:
        session_bye(s, NULL, s->input.why ? s->input.why : "Too much at once");
        break;
    }
}

/* ---- turns: each returns true to leave the worker, with *out ---- */

static bool turn_over(struct session *s, enum conn_step *out)
{
    if (conn_out_full(s->conn)) {
        *out = CONN_FLUSH;
        return true;
    }
    *out = CONN_AGAIN;
    return conn_turn_over(s->conn);
}

static bool idle_turn(struct session *s, enum conn_step *out)
{
    if (conn_input(s->conn).n == 0) {
        *out = conn_eof(s->conn) ? CONN_CLOSE : CONN_READ;
        return true;
    }
    if (turn_over(s, out))
        return true;
    input_step(s);
    return false;
}

static bool run_turn(struct session *s, enum conn_step *out)
{
    struct cmd *c = s->cmd;

    switch (c->then(c)) {
    case CMD_DONE:
        if (s->phase == PHASE_RUN)
            s->phase = PHASE_SYNC;
        return false;
    case CMD_MORE:
        *out = CONN_FLUSH;
        break;
    case CMD_YIELD:
        *out = CONN_AGAIN;
        break;
    case CMD_INPUT:
        *out = conn_eof(s->conn) && conn_input(s->conn).n == 0 ? CONN_CLOSE : CONN_READ;
        break;
    case CMD_WAIT:
        *out = CONN_WAIT;
        break;
    }
    return s->phase != PHASE_BYE;
}

/* Who has deleted it himself is simply no longer in it, and IMAP4rev2 has a word for the others
 * (RFC 9051, 3: "unsolicited CLOSED").  To those of RFC 3501 it cannot be told but by the end (RFC
 * 2180, 3.3). */
bool session_leave_gone(struct session *s, const struct cmd *c)
{
    if (s->view == NULL || !s->view->gone)
        return true;
    if (c->in.name != IMAP_DELETE && !s->rev2)
        return false;
    session_unselect(s);
    BUF_LIT(session_out(s), "* OK [CLOSED] The selected mailbox was deleted\r\n");
    return true;
}

static void answer(struct session *s, struct cmd *c)
{
    bool stays = session_leave_gone(s, c);

    reply_put(s, c);
    count_bad(s, c->reply == REPLY_BAD);
    if (!stays)
        session_bye(s, NULL, "The selected mailbox was deleted");
    conn_command_done(s->conn);
}

static bool sync_turn(struct session *s, enum conn_step *out)
{
    struct cmd *c = s->cmd;
    enum cmd_step step = sync_step(s, c, c->sync);

    if (step != CMD_DONE) {
        *out = step == CMD_MORE ? CONN_FLUSH : CONN_AGAIN;
        return true;
    }
    if (s->phase == PHASE_BYE)
        return false;
    s->phase = s->closing ? PHASE_BYE : PHASE_IDLE;
    answer(s, c);
    cmd_drop(s);
    if (!s->start_tls)
        return false;
    s->start_tls = false;
    conn_start_tls(s->conn);
    *out = CONN_READ;
    return true;
}

static bool too_late(struct session *s)
{
    bool silent = conn_timed_out(s->conn);

    return silent || (s->login_by != 0 && clock_mono_ms() > s->login_by);
}

enum conn_step session_run(void *session)
{
    struct session *s = session;
    enum conn_step out = CONN_CLOSE;
    bool leave = false;

    if (too_late(s))
        session_bye(s, NULL, s->state == STATE_NONE ? "Too slow to log in" : "Idle for too long");
    while (!leave) {
        switch (s->phase) {
        case PHASE_IDLE:
            leave = idle_turn(s, &out);
            break;
        case PHASE_RUN:
            leave = run_turn(s, &out);
            break;
        case PHASE_SYNC:
            leave = sync_turn(s, &out);
            break;
        case PHASE_BYE:
            return CONN_CLOSE;
        }
    }
    return out;
}
