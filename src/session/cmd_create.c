/*
 * session/cmd_create.c - CREATE (RFC 9051, 6.3.4; RFC 6154, 3 for USE).
 */
#include "session/special_use.h"
#include "session/wide.h"

static enum cmd_step create_finish(struct cmd *c)
{
    const struct ticket_result *r = ticket_result(c->ticket);
    const struct str *name = c->state;

    if (r->err != ERR_OK)
        return cmd_error(c, r->err, "CREATE");
    if (oldname_differs(c->s, *name, c->in.create.mailbox.name))
        oldname_tell(c->s, "", *name, c->in.create.mailbox.name);
    return cmd_ok(c, "CREATE completed");
}

/* false: one of them is nothing a mailbox can be created with. */
static bool create_uses(const struct cmd *c, uint32_t *uses_out)
{
    *uses_out = 0;
    for (size_t i = 0; i < c->in.create.n_uses; i++) {
        uint32_t bit = special_use_creatable(c->in.create.uses[i]);

        if (bit == 0)
            return false;
        *uses_out |= bit;
    }
    return true;
}

enum cmd_step cmd_create_run(struct cmd *c)
{
    struct str *name = ARENA_NEW(c->arena, struct str);
    struct intent in = {.kind = INTENT_CREATE};
    enum cmd_step step;

    if (!cmd_name(c, &c->in.create.mailbox, name, &step))
        return step;
    if (!create_uses(c, &in.create.uses))
        return cmd_no(c, "USEATTR", "No mailbox can be created with that special use");
    in.create.name = *name;
    c->state = name;
    return wait_commit(c, session_submit(c, &in), create_finish);
}
