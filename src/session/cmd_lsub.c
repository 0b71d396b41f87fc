/*
 * session/cmd_lsub.c - LSUB (RFC 3501, 6.3.9).
 *
 * "%" must not hide what is subscribed further down: the level that it stops at is then told as
 * \Noselect, which here means just that: not subscribed, but something below it is (RFC 5258, 3.1).
 * A subscribed name that does not exist is told without it.  Special uses are told, too: old
 * Outlook looks for them only here.
 */
#include "session/list_walk.h"
#include "session/special_use.h"
#include "session/wide.h"

struct lsub {
    struct names *names;
    size_t at;
    struct list_walk walk;
    bool levels; /* a pattern has "%" */
};

static void lsub_end(struct cmd *c)
{
    struct lsub *l = c->state;

    names_unref(l->names);
}

static void put_entry(struct cmd *c, const struct name_entry *e, bool selected)
{
    struct buf *out = session_out(c->s);

    BUF_LIT(out, "* LSUB (");
    if (!selected)
        BUF_LIT(out, "\\Noselect ");
    buf_add_cstr(out, e->has_children ? "\\HasChildren" : "\\HasNoChildren");
    special_use_put(out, e->uses);
    buf_add_char(out, ')');
    list_put_name(c->s, e->name);
    BUF_LIT(out, "\r\n");
}

static void lsub_one(struct cmd *c, struct lsub *l, size_t i)
{
    struct list_verdict v = list_walk_judge(&l->walk, i);

    if (v.matches && (v.selected || (l->levels && v.hidden)))
        put_entry(c, &l->names->v[i], v.selected);
}

static enum cmd_step lsub_go(struct cmd *c)
{
    struct lsub *l = c->state;
    enum cmd_step step;

    do {
        if (session_pause(c->s, &step))
            return step;
    } while (list_walk_sum(&l->walk));
    while (l->at < l->names->n) {
        if (session_pause(c->s, &step))
            return step;
        lsub_one(c, l, l->at++);
    }
    return cmd_ok(c, "LSUB completed");
}

enum cmd_step cmd_lsub_run(struct cmd *c)
{
    struct lsub *l = ARENA_NEW(c->arena, struct lsub);

    if (c->in.list.patterns[0].n == 0) {
        BUF_LIT(session_out(c->s), "* LSUB (\\Noselect) \"/\" \"\"\r\n");
        return cmd_ok(c, "LSUB completed");
    }
    l->names = account_names(c->s->account);
    l->walk.subscribed = true;
    l->levels = str_has_char(c->in.list.patterns[0], '%');
    list_walk_init(&l->walk, c->arena, l->names, c->in.list.reference, c->in.list.patterns,
                   c->in.list.n_patterns);
    list_walk_children(&l->walk, c->arena);
    c->state = l;
    c->end = lsub_end;
    c->then = lsub_go;
    return lsub_go(c);
}
