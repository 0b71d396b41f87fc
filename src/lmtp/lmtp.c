/*
 * lmtp/lmtp.c - the conversation: lines to commands, and the phases of a transaction.
 *
 *   COMMAND --DATA--> DATA --CRLF.CRLF--> DELIVER --all tickets done--> COMMAND
 *   COMMAND --BDAT--> CHUNK --octets--> COMMAND (LAST: DELIVER)
 *
 * RFC 2033 (LMTP), RFC 5321 (what it takes from SMTP), RFC 1870 (SIZE), RFC 2034 and 3463 (codes),
 * RFC 2920 (PIPELINING), RFC 3030 (CHUNKING), RFC 6152 (8BITMIME), RFC 6531 (SMTPUTF8).
 */
#include "lmtp/lmtp_priv.h"

#include "base/log.h"
#include "base/mem.h"
#include "net/pool.h"

#include <stdio.h>

void lmtp_reply(struct lmtp *l, const char *line)
{
    struct buf *out = conn_out(l->conn);

    buf_add_cstr(out, line);
    BUF_LIT(out, "\r\n");
}

/* ---- the simple commands ---- */

static void cmd_lhlo(struct lmtp *l, struct str args)
{
    if (args.n == 0) {
        lmtp_reply(l, "501 5.5.4 LHLO needs the name of the client");
        return;
    }
    lmtp_reset(l);
    l->greeted = true;
    buf_printf(conn_out(l->conn),
               "250-%s\r\n250-PIPELINING\r\n250-ENHANCEDSTATUSCODES\r\n250-8BITMIME\r\n"
               "250-SMTPUTF8\r\n250-CHUNKING\r\n250 SIZE %llu\r\n",
               l->door->hostname, (unsigned long long)l->door->o.max_message);
}

/* RFC 2033, 4.1: SMTP's greetings are refused, so that an SMTP client notices where it is. */
static void cmd_helo(struct lmtp *l, struct str args)
{
    lmtp_reply(l, "500 5.5.1 This is LMTP: say LHLO");
}

static void cmd_rset(struct lmtp *l, struct str args)
{
    lmtp_reset(l);
    lmtp_reply(l, "250 2.0.0 Reset");
}

static void cmd_noop(struct lmtp *l, struct str args)
{
    lmtp_reply(l, "250 2.0.0 Done nothing");
}

static void cmd_vrfy(struct lmtp *l, struct str args)
{
    lmtp_reply(l, "252 2.5.0 Try RCPT");
}

static void cmd_help(struct lmtp *l, struct str args)
{
    lmtp_reply(l, "214 2.0.0 LHLO MAIL RCPT DATA BDAT RSET NOOP VRFY QUIT (RFC 2033)");
}

static void cmd_quit(struct lmtp *l, struct str args)
{
    lmtp_reply(l, "221 2.0.0 Bye");
    l->quit = true;
}

static const struct {
    const char *name;
    bool needs_greeting;
    void (*run)(struct lmtp *l, struct str args);
} commands[] = {
    {"LHLO", false, cmd_lhlo}, {"MAIL", true, lmtp_mail}, {"RCPT", true, lmtp_rcpt},
    {"DATA", true, lmtp_data}, {"BDAT", false, lmtp_bdat}, {"RSET", false, cmd_rset},
    {"NOOP", false, cmd_noop}, {"QUIT", false, cmd_quit}, {"VRFY", false, cmd_vrfy},
    {"HELP", false, cmd_help}, {"HELO", false, cmd_helo}, {"EHLO", false, cmd_helo},
}; /* BDAT checks by itself: whatever the answer, the octets behind it are no commands */

static void run_line(struct lmtp *l, struct str line)
{
    size_t space = str_find(line, ' ');
    struct str verb = str_sub(line, 0, space), args = str_trim(str_from(line, space));

    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        if (!str_eq_nocase(verb, str_of(commands[i].name)))
            continue;
        if (commands[i].needs_greeting && !l->greeted)
            lmtp_reply(l, "503 5.5.1 Say LHLO first");
        else
            commands[i].run(l, args);
        return;
    }
    lmtp_reply(l, "500 5.5.1 Unknown command");
}

/* One command line.  Only CRLF and LF end it; a line that is too long is answered once and the
 * connection ends, since nobody knows where its end is. */
static bool take_line(struct lmtp *l, enum conn_step *step_out)
{
    struct str in = conn_input(l->conn);
    size_t end = str_find(in, '\n');

    if (end == in.n) {
        *step_out = CONN_READ;
        if (in.n <= LMTP_MAX_LINE && !conn_eof(l->conn))
            return false;
        if (in.n > LMTP_MAX_LINE)
            lmtp_reply(l, "500 5.5.2 Line too long");
        *step_out = CONN_CLOSE;
        return false;
    }
    size_t len = end > 0 && in.p[end - 1] == '\r' ? end - 1 : end;
    char line[LMTP_MAX_LINE];
    if (len > sizeof line) {
        lmtp_reply(l, "500 5.5.2 Line too long");
        *step_out = CONN_CLOSE;
        return false;
    }
    memcpy(line, in.p, len);
    conn_used(l->conn, end + 1);
    run_line(l, str_n(line, len));
    return true;
}

/* ---- the turns ---- */

static bool timed_out(struct lmtp *l)
{
    if (l->phase == PHASE_DELIVER || !conn_timed_out(l->conn))
        return false;
    lmtp_reply(l, "421 4.4.2 Silent for too long, closing");
    return true;
}

static bool input_ended(struct lmtp *l)
{
    return conn_eof(l->conn) && conn_input(l->conn).n == 0;
}

/* One step of the phase.  false: stop with *step_out. */
static bool step(struct lmtp *l, enum conn_step *step_out)
{
    bool complete;

    switch (l->phase) {
    case PHASE_COMMAND:
        return take_line(l, step_out);
    case PHASE_DATA:
    case PHASE_CHUNK:
        complete = l->phase == PHASE_DATA ? lmtp_take_data(l) : lmtp_take_chunk(l);
        if (!complete) {
            *step_out = conn_turn_over(l->conn) ? CONN_AGAIN
                        : conn_eof(l->conn)     ? CONN_CLOSE
                                                : CONN_READ;
            return false;
        }
        if (l->phase == PHASE_COMMAND)
            return true;
        *step_out = lmtp_deliver(l);
        return false;
    case PHASE_DELIVER:
        lmtp_delivered(l);
        l->phase = PHASE_COMMAND;
        return true;
    }
    return false;
}

static enum conn_step lmtp_run(void *session)
{
    struct lmtp *l = session;
    enum conn_step out = CONN_READ;

    if (timed_out(l))
        return CONN_CLOSE;
    /* A wake that is no completion: the tickets are not all done yet. */
    if (l->phase == PHASE_DELIVER && atomic_load(&l->pending) > 0)
        return CONN_WAIT;
    while (!l->quit) {
        if (conn_out_full(l->conn))
            return CONN_FLUSH;
        if (conn_turn_over(l->conn))
            return CONN_AGAIN;
        if (l->phase == PHASE_COMMAND && input_ended(l))
            return CONN_CLOSE;
        if (!step(l, &out))
            return out;
    }
    return CONN_CLOSE;
}

static void *lmtp_open(struct door *door, struct conn *c)
{
    struct lmtp *l = NEW(struct lmtp);

    l->door = CONTAINER_OF(door, struct lmtp_door, door);
    l->conn = c;
    l->handle = conn_handle(c);
    l->last = &l->first;
    conn_set_timeout(c, l->door->o.idle_seconds);
    conn_known(c);
    buf_printf(conn_out(c), "220 %s LMTP Tern\r\n", l->door->hostname);
    return l;
}

static void lmtp_close(void *session)
{
    struct lmtp *l = session;

    lmtp_reset(l);
    conn_handle_unref(l->handle);
    mem_free(l);
}

struct lmtp_door *lmtp_door_new(struct mailstore *ms, struct auth *a, const struct lmtp_options *o)
{
    struct lmtp_door *d = NEW(struct lmtp_door);

    d->door =
        (struct door){.name = "lmtp", .open = lmtp_open, .run = lmtp_run, .close = lmtp_close};
    d->ms = ms;
    d->auth = a;
    d->o = *o;
    if (d->o.max_message == 0)
        d->o.max_message = 100 * 1000 * 1000;
    if (d->o.idle_seconds == 0)
        d->o.idle_seconds = 300;
    struct str host = o->hostname.n ? o->hostname : STR("localhost");
    d->hostname = mem_new(host.n + 1);
    memcpy(d->hostname, host.p, host.n);
    return d;
}

struct door *lmtp_door(struct lmtp_door *d)
{
    return &d->door;
}

void lmtp_door_free(struct lmtp_door *d)
{
    if (!d)
        return;
    mem_free(d->hostname);
    mem_free(d);
}
