/*
 * session/cmd_list.c - LIST (RFC 9051, 6.3.9 and 7.3.1; RFC 3501, 6.3.8; RFC 5258, 5819, 6154).
 *
 * A generator: one name a step.  \HasChildren and \HasNoChildren, and special uses, are always
 * told: knowing them costs nothing here, and clients look for them without asking.
 */
#include "session/list_walk.h"
#include "session/special_use.h"
#include "session/wide.h"

enum { PATTERNS_MAX = 1000 }; /* each is held against each name */

struct list {
    struct names *names;
    size_t at;
    struct list_walk walk;
};

static void list_end(struct cmd *c)
{
    struct list *l = c->state;

    names_unref(l->names);
}

/* "CHILDINFO" ("SUBSCRIBED"): by what the names below are selected (RFC 9051, 6.3.9.6). */
static void put_childinfo(struct session *s, uint32_t options)
{
    struct buf *out = session_out(s);

    BUF_LIT(out, " (\"CHILDINFO\" (");
    if (options & LIST_SUBSCRIBED)
        BUF_LIT(out, "\"SUBSCRIBED\"");
    if ((options & LIST_SUBSCRIBED) && (options & LIST_SPECIAL_USE))
        buf_add_char(out, ' ');
    if (options & LIST_SPECIAL_USE)
        BUF_LIT(out, "\"SPECIAL-USE\"");
    BUF_LIT(out, "))");
}

static void put_entry(struct cmd *c, const struct name_entry *e, bool selectable, bool childinfo)
{
    struct buf *out = session_out(c->s);

    BUF_LIT(out, "* LIST (");
    if (!e->exists)
        BUF_LIT(out, "\\NonExistent ");
    else if (!selectable)
        BUF_LIT(out, "\\Noselect ");
    buf_add_cstr(out, e->has_children ? "\\HasChildren" : "\\HasNoChildren");
    if (e->subscribed && (c->in.list.options & (LIST_SUBSCRIBED | LIST_RETURN_SUBSCRIBED)))
        BUF_LIT(out, " \\Subscribed");
    special_use_put(out, e->uses);
    buf_add_char(out, ')');
    list_put_name(c->s, e->name);
    if (childinfo)
        put_childinfo(c->s, c->in.list.options);
    BUF_LIT(out, "\r\n");
}

/* A mailbox whose counts cannot be had is told as \Noselect and has no STATUS (RFC 9051, 6.3.9.2).
 */
static void put_with_status(struct cmd *c, const struct name_entry *e, bool childinfo)
{
    uint32_t items = c->in.list.status;
    struct version_head head;
    uint32_t recent;
    bool readable = status_read(c->s, e->mailbox, items, &head, &recent) == ERR_OK;

    put_entry(c, e, readable, childinfo);
    if (readable)
        status_put(c->s, e->name, &head, recent, items);
}

/* RFC 9051, 6.3.9.3: a name is told because it is selected, or because it alone can tell of a
 * selected name below. */
static void list_one(struct cmd *c, struct list *l, size_t i)
{
    const struct name_entry *e = &l->names->v[i];
    struct list_verdict v = list_walk_judge(&l->walk, i);

    if (!v.matches || (!v.selected && !v.hidden))
        return;
    if (v.selected && e->mailbox != 0 && (c->in.list.options & LIST_RETURN_STATUS))
        put_with_status(c, e, v.below);
    else
        put_entry(c, e, e->mailbox != 0, v.below);
}

static enum cmd_step list_go(struct cmd *c)
{
    struct list *l = c->state;
    enum cmd_step step;

    do {
        if (session_pause(c->s, &step))
            return step;
    } while (list_walk_sum(&l->walk));
    while (l->at < l->names->n) {
        if (session_pause(c->s, &step))
            return step;
        list_one(c, l, l->at++);
    }
    return cmd_ok(c, "LIST completed");
}

/* LIST "" "": what divides the levels of a name (RFC 9051, 6.3.9). */
static enum cmd_step list_delimiter(struct cmd *c)
{
    BUF_LIT(session_out(c->s), "* LIST (\\Noselect) \"/\" \"\"\r\n");
    return cmd_ok(c, "LIST completed");
}

static void list_start(struct cmd *c)
{
    struct list *l = ARENA_NEW(c->arena, struct list);
    uint32_t options = c->in.list.options;

    l->names = account_names(c->s->account);
    l->walk.subscribed = options & LIST_SUBSCRIBED;
    l->walk.special_use = options & LIST_SPECIAL_USE;
    list_walk_init(&l->walk, c->arena, l->names, c->in.list.reference, c->in.list.patterns,
                   c->in.list.n_patterns);
    if (options & LIST_RECURSIVEMATCH)
        list_walk_children(&l->walk, c->arena);
    c->state = l;
    c->end = list_end;
    c->then = list_go;
}

enum cmd_step cmd_list_run(struct cmd *c)
{
    if (c->in.list.n_patterns > PATTERNS_MAX)
        return cmd_no(c, "LIMIT", "Too many patterns");
    if (!c->in.list.extended && c->in.list.patterns[0].n == 0)
        return list_delimiter(c);
    if ((c->in.list.options & LIST_RETURN_STATUS) && (c->in.list.status & STATUS_HIGHESTMODSEQ))
        session_enable_condstore(c->s);
    list_start(c);
    return list_go(c);
}
