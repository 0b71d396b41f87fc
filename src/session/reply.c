/*
 * session/reply.c - what a command's end is told as, and the only place that maps errors to IMAP
 * codes (RFC 5530).
 *
 *  (1) Every OK, NO, BAD and BYE has human text behind its code.
 *  (2) Nothing a client sent is ever part of a reply but its tag, which the parser has checked.
 */
#include "base/log.h"
#include "base/mem.h"
#include "session/session_priv.h"

static const char *const kinds[] = {[REPLY_OK] = "OK", [REPLY_NO] = "NO", [REPLY_BAD] = "BAD"};

static void put_reply(struct buf *out, struct str tag, const char *kind, struct str code,
                      struct str text)
{
    buf_add_str(out, tag);
    buf_printf(out, " %s ", kind);
    if (code.p != NULL) {
        buf_add_char(out, '[');
        buf_add_str(out, code);
        BUF_LIT(out, "] ");
    }
    buf_add_str(out, text);
    BUF_LIT(out, "\r\n");
}

void reply_bye(struct session *s, const char *code, const char *text)
{
    put_reply(session_out(s), STR("*"), "BYE", str_of(code), str_of(text));
}

void reply_bare(struct session *s, struct str tag, enum reply_kind kind, const char *code,
                const char *text)
{
    put_reply(session_out(s), tag, kinds[kind], str_of(code), str_of(text));
}

void reply_modseq(struct session *s)
{
    buf_printf(session_out(s), "* OK [HIGHESTMODSEQ %llu] Highest\r\n",
               (unsigned long long)s->view->modseq_told);
}

/* A client that uses CONDSTORE is told how far it knows the mailbox: with each command that moved
 * it, and with every command while expunges are held back, because it may have seen higher MODSEQs
 * (RFC 7162, 3.2 and 6). */
static void tell_modseq(struct session *s, struct cmd *c)
{
    struct view *v = s->view;

    if (!s->condstore || v == NULL || v->gone)
        return;
    uint64_t modseq = view_modseq(v);
    if (modseq == v->modseq_told && v->n_ghosts == 0)
        return;
    v->modseq_told = modseq;
    if (c->reply == REPLY_OK && c->code.p == NULL)
        c->code = arena_printf(c->arena, "HIGHESTMODSEQ %llu", (unsigned long long)modseq);
    else
        reply_modseq(s);
}

void reply_put(struct session *s, struct cmd *c)
{
    tell_modseq(s, c);
    put_reply(session_out(s), c->in.tag.n > 0 ? c->in.tag : STR("*"), kinds[c->reply], c->code,
              c->text);
}

/* ---- what commands say ---- */

static enum cmd_step set(struct cmd *c, enum reply_kind kind, struct str code, const char *text)
{
    c->reply = kind;
    c->code = code;
    c->text = str_of(text);
    return CMD_DONE;
}

enum cmd_step cmd_ok(struct cmd *c, const char *text)
{
    return set(c, REPLY_OK, STR_NONE, text);
}

enum cmd_step cmd_ok_code(struct cmd *c, struct str code, const char *text)
{
    return set(c, REPLY_OK, code, text);
}

enum cmd_step cmd_no(struct cmd *c, const char *code, const char *text)
{
    return set(c, REPLY_NO, str_of(code), text);
}

enum cmd_step cmd_bad(struct cmd *c, const char *text)
{
    return set(c, REPLY_BAD, STR_NONE, text);
}

/* ---- errors ---- */

struct told_as {
    enum err err;
    enum reply_kind kind;
    const char *code;
    const char *text;
};

/* Only the client's faults and plain answers; all others are the world's. */
static const struct told_as answers[] = {
    {ERR_SYNTAX, REPLY_BAD, NULL, "That cannot be understood"},
    {ERR_LIMIT, REPLY_NO, "LIMIT", "That is more than this server allows"},
    {ERR_TOO_BIG, REPLY_NO, "TOOBIG", "The message is too large"},
    {ERR_NO_MAILBOX, REPLY_NO, "NONEXISTENT", "There is no such mailbox"},
    {ERR_MAILBOX_EXISTS, REPLY_NO, "ALREADYEXISTS", "A mailbox of that name exists"},
    {ERR_HAS_CHILDREN, REPLY_NO, "HASCHILDREN", "The mailbox has others below it"},
    {ERR_BAD_NAME, REPLY_NO, "CANNOT", "No mailbox can have that name"},
    {ERR_NO_SELECT, REPLY_NO, "NONEXISTENT", "That name is no mailbox"},
    {ERR_NO_PERM, REPLY_NO, "NOPERM", "That is not permitted"},
    {ERR_EXPUNGED, REPLY_NO, "EXPUNGEISSUED", "Some of the messages no longer exist"},
    {ERR_OVER_QUOTA, REPLY_NO, "OVERQUOTA", "There is no quota left"},
    {ERR_CHARSET, REPLY_NO, "BADCHARSET (US-ASCII UTF-8)", "That charset is not known"},
    {ERR_UNKNOWN_CTE, REPLY_NO, "UNKNOWN-CTE", "The part's transfer encoding is not known"},
    {ERR_AUTH, REPLY_NO, "AUTHENTICATIONFAILED", "Name or password is wrong"},
    {ERR_UNSUPPORTED, REPLY_NO, "CANNOT", "That is not supported"},
    {ERR_BUSY, REPLY_NO, "LIMIT", "Too much at once; try again later"},
};

/* Of no use to the client but to try later; the operator reads the log. */
static const struct told_as failures[] = {
    {ERR_NO_SPACE, REPLY_NO, "UNAVAILABLE", "The server has no room left; nothing was changed"},
    {ERR_READ_ONLY, REPLY_NO, "UNAVAILABLE", "The server accepts no changes now"},
    {ERR_CORRUPT, REPLY_NO, "CORRUPTION", "Something stored is damaged; the log says what"},
    {ERR_CLOSED, REPLY_NO, "UNAVAILABLE", "The server is stopping"},
    {ERR_OK, REPLY_NO, "UNAVAILABLE", "The server failed; nothing was changed"},
};

static const struct told_as *failure_find(enum err e)
{
    size_t i = 0;

    while (failures[i].err != ERR_OK && failures[i].err != e)
        i++;
    return &failures[i];
}

static const struct told_as *told_as(enum err e)
{
    for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
        if (answers[i].err == e)
            return &answers[i];
    }
    return NULL;
}

enum cmd_step cmd_error(struct cmd *c, enum err e, const char *what)
{
    const struct told_as *t = told_as(e);

    if (t == NULL) {
        t = failure_find(e);
        log_event(LOG_ERROR, "command-failed", kv_cstr("what", what), kv_cstr("user", c->s->user),
                  kv_err(e));
    }
    return set(c, t->kind, str_of(t->code), t->text);
}
