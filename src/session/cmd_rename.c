/*
 * session/cmd_rename.c - RENAME (RFC 9051, 6.3.6).
 *
 * Inferiors go along.  INBOX cannot go: its messages move to the new mailbox and it stays, empty.
 * Subscriptions stay with the old name, as the client expects ("RENAME X Y, SUBSCRIBE Y,
 * UNSUBSCRIBE X").
 */
#include "session/wide.h"

struct rename_names {
    struct str from, to;
};

static enum cmd_step rename_finish(struct cmd *c)
{
    const struct ticket_result *r = ticket_result(c->ticket);
    const struct rename_names *n = c->state;

    if (r->err != ERR_OK)
        return cmd_error(c, r->err, "RENAME");
    /* RFC 9051, 6.3.6: the old name as supplied, the new one as it is. */
    if (oldname_differs(c->s, n->from, c->in.rename.from.name) ||
        oldname_differs(c->s, n->to, c->in.rename.to.name))
        oldname_tell(c->s, "", n->to, c->in.rename.from.name);
    return cmd_ok(c, "RENAME completed");
}

static bool is_below(struct str name, struct str above)
{
    return name.n > above.n && str_starts(name, above) && name.p[above.n] == NAME_DELIMITER;
}

/* A level without a mailbox can be renamed, too: its inferiors go along (RFC 9051, 6.3.6, example).
 */
static bool rename_source(struct session *s, struct str name, uint64_t *mailbox_out)
{
    struct names *names = account_names(s->account);
    const struct name_entry *e = names_find(names, name);
    bool exists = e && e->exists;

    *mailbox_out = exists ? e->mailbox : 0;
    names_unref(names);
    return exists;
}

enum cmd_step cmd_rename_run(struct cmd *c)
{
    struct rename_names *n = ARENA_NEW(c->arena, struct rename_names);
    struct intent in = {.kind = INTENT_RENAME};
    enum cmd_step step;

    if (!cmd_name(c, &c->in.rename.from, &n->from, &step) ||
        !cmd_name(c, &c->in.rename.to, &n->to, &step))
        return step;
    if (!rename_source(c->s, n->from, &in.mailbox))
        return cmd_no(c, "NONEXISTENT", "There is no such mailbox");
    /* INBOX stays where it is, so what it held may well go below it. */
    if (is_below(n->to, n->from) && !str_eq(n->from, STR("INBOX")))
        return cmd_no(c, "CANNOT", "A mailbox cannot be put below itself");
    in.rename.name = n->to;
    in.rename.from = n->from;
    c->state = n;
    return wait_commit(c, session_submit(c, &in), rename_finish);
}
