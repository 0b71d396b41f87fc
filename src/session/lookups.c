/*
 * session/lookups.c - mailbox arguments to mailboxes.
 */
#include "session/session_priv.h"

bool cmd_name(struct cmd *c, const struct imap_mailbox *m, struct str *name_out,
              enum cmd_step *step_out)
{
    const char *why =
        c->s->utf8 ? "The name is not valid UTF-8" : "The name is not valid modified UTF-7";

    if (!m->bad && name_normalize(c->arena, m->name, name_out, &why) == ERR_OK)
        return true;
    *step_out = cmd_no(c, "CANNOT", why);
    return false;
}

/* What no mailbox can be called does not exist; creating it would not help either. */
bool cmd_mailbox(struct cmd *c, const struct imap_mailbox *m, bool trycreate, uint64_t *mailbox_out,
                 enum cmd_step *step_out)
{
    struct str name;
    const char *why;

    if (m->bad || name_normalize(c->arena, m->name, &name, &why) != ERR_OK) {
        *step_out = cmd_no(c, "NONEXISTENT", "There is no such mailbox");
        return false;
    }
    struct names *names = account_names(c->s->account);
    const struct name_entry *e = names_find(names, name);
    *mailbox_out = e == NULL ? 0 : e->mailbox;
    names_unref(names);
    if (*mailbox_out == 0)
        *step_out = cmd_no(c, trycreate ? "TRYCREATE" : "NONEXISTENT", "There is no such mailbox");
    return *mailbox_out != 0;
}
