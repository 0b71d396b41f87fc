/*
 * session/cmd_store.c - STORE and UID STORE (RFC 9051, 6.4.6; RFC 7162, 3.1.3).
 *
 * The FETCH responses are sync's: the command only says of which messages they must come in any
 * case.
 */
#include "session/session_priv.h"

struct store {
    struct ranges uids;
    bool some_gone; /* by sequence number, and expunged */
};

static void store_end(struct cmd *c)
{
    ranges_fini(&((struct store *)c->state)->uids);
}

/* The MODIFIED code: in the numbers the client used, which sync has not changed yet. */
static enum err modified_code(struct cmd *c, const struct ranges *uids, struct str *out)
{
    struct view *v = c->s->view;
    struct ranges numbers = RANGES_INIT;
    struct ranges_iter it = {0};
    struct buf text = BUF_INIT;
    enum err e = ERR_OK;
    uint32_t uid, seq = 0;

    while (e == ERR_OK && ranges_next(uids, &it, &uid)) {
        if (!c->in.uid)
            e = view_seq(v, uid, &seq);
        ranges_add(&numbers, c->in.uid ? uid : seq, c->in.uid ? uid : seq);
    }
    BUF_LIT(&text, "MODIFIED ");
    ranges_format(&numbers, &text);
    *out = arena_str(c->arena, buf_str(&text));
    buf_fini(&text);
    ranges_fini(&numbers);
    return e;
}

/* What sync is to tell: all of it, or with .SILENT only what the client does not expect.  Messages
 * that failed UNCHANGEDSINCE are told so that the client need not ask (RFC 7162, 3.1.3). */
static void tell(struct cmd *c, const struct ticket_result *r)
{
    struct store *st = c->state;

    ranges_copy(c->in.store.silent ? &c->silent : &c->force, &st->uids);
    ranges_subtract(&c->silent, &r->modified);
    ranges_union(&c->force, &r->modified);
    c->silent_modseq = c->in.store.has_unchangedsince;
}

/* All that is there was done; some of it is not there.  With .SILENT that is OK all the same (RFC
 * 2180, 4.2.1). */
static enum cmd_step store_gone(struct cmd *c)
{
    static const char text[] = "Some of the messages no longer exist";

    return c->in.store.silent ? cmd_ok_code(c, STR("EXPUNGEISSUED"), text)
                              : cmd_no(c, "EXPUNGEISSUED", text);
}

static enum cmd_step store_finish(struct cmd *c)
{
    const struct ticket_result *r = ticket_result(c->ticket);
    struct store *st = c->state;

    if (r->err != ERR_OK)
        return r->keyword_limit ? cmd_no(c, "LIMIT", "The mailbox has too many keywords")
                                : cmd_error(c, r->err, "STORE");
    tell(c, r);
    bool gone = st->some_gone || (!c->in.uid && r->missing.n > 0);
    if (r->modified.n > 0) {
        struct str code;
        enum err e = modified_code(c, &r->modified, &code);
        if (e != ERR_OK)
            return cmd_error(c, e, "STORE");
        cmd_ok_code(c, code, "Conditional STORE failed for some messages");
        c->reply = gone ? REPLY_NO : REPLY_OK;
        return CMD_DONE;
    }
    return gone ? store_gone(c) : cmd_ok(c, "STORE completed");
}

static enum cmd_step store_submit(struct cmd *c, const struct store *st)
{
    const struct imap_flags *flags = &c->in.store.flags;
    static const enum flags_mode modes[] = {
        [STORE_SET] = FLAGS_SET, [STORE_ADD] = FLAGS_ADD, [STORE_REMOVE] = FLAGS_REMOVE};
    struct intent in = {.kind = INTENT_FLAGS, .mailbox = c->s->view->mailbox};

    in.flags.uids = &st->uids;
    in.flags.mode = modes[c->in.store.mode];
    in.flags.flags = flags->system;
    in.flags.keywords = flags->keywords;
    in.flags.n_keywords = flags->n_keywords;
    in.flags.has_unchangedsince = c->in.store.has_unchangedsince;
    in.flags.unchangedsince = c->in.store.unchangedsince;
    return wait_commit(c, session_submit(c, &in), store_finish);
}

enum cmd_step cmd_store_run(struct cmd *c)
{
    struct session *s = c->s;
    struct store *st = c->state = ARENA_NEW(c->arena, struct store);
    struct ranges ghosts = RANGES_INIT;

    c->end = store_end;
    enum err e = view_resolve(s->view, &c->in.store.set, c->in.uid, &s->saved, &st->uids);
    if (e == ERR_SYNTAX)
        return cmd_bad(c, "There is no message of that number");
    if (e != ERR_OK)
        return cmd_error(c, e, "STORE");
    if (c->in.store.has_unchangedsince)
        session_enable_condstore(s);
    view_ghosts_in(s->view, &st->uids, &ghosts);
    ranges_subtract(&st->uids, &ghosts);
    st->some_gone = ghosts.n > 0 && !c->in.uid;
    ranges_fini(&ghosts);
    if (st->uids.n == 0)
        return st->some_gone ? store_gone(c) : cmd_ok(c, "STORE completed");
    return store_submit(c, st);
}
