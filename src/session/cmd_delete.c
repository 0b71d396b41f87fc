/*
 * session/cmd_delete.c - DELETE (RFC 9051, 6.3.5).
 *
 * A mailbox with inferiors may be deleted: its name stays as \Noselect.  Such a name itself can
 * only go with the last of its inferiors.
 */
#include "session/wide.h"

static enum cmd_step delete_finish(struct cmd *c)
{
    const struct ticket_result *r = ticket_result(c->ticket);
    const struct str *name = c->state;

    if (r->err != ERR_OK)
        return cmd_error(c, r->err, "DELETE");
    if (oldname_differs(c->s, *name, c->in.mailbox.mailbox.name))
        oldname_tell(c->s, "\\NonExistent", *name, c->in.mailbox.mailbox.name);
    return cmd_ok(c, "DELETE completed");
}

/* What there is of that name: a mailbox, or the reply is set. */
static bool delete_target(struct cmd *c, struct str name, uint64_t *mailbox_out,
                          enum cmd_step *step_out)
{
    struct names *names = account_names(c->s->account);
    const struct name_entry *e = names_find(names, name);

    *mailbox_out = e ? e->mailbox : 0;
    if (str_eq(name, STR("INBOX")))
        *step_out = cmd_no(c, "CANNOT", "INBOX cannot be deleted");
    else if (e == NULL || !e->exists)
        *step_out = cmd_no(c, "NONEXISTENT", "No such mailbox");
    else if (e->mailbox == 0)
        *step_out = cmd_no(c, "HASCHILDREN", "It is no mailbox, but a level above other mailboxes");
    else
        *step_out = CMD_DONE;
    bool found = *mailbox_out != 0 && !str_eq(name, STR("INBOX"));
    names_unref(names);
    return found;
}

enum cmd_step cmd_delete_run(struct cmd *c)
{
    struct str *name = ARENA_NEW(c->arena, struct str);
    struct intent in = {.kind = INTENT_DELETE};
    enum cmd_step step;

    if (!cmd_name(c, &c->in.mailbox.mailbox, name, &step))
        return step;
    if (!delete_target(c, *name, &in.mailbox, &step))
        return step;
    c->state = name;
    return wait_commit(c, session_submit(c, &in), delete_finish);
}
