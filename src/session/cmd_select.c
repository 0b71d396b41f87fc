/*
 * session/cmd_select.c - SELECT and EXAMINE (RFC 9051, 6.3.2 and 6.3.3; RFC 3501, 6.3.1; RFC
 * 7162, 3.1.8 and 3.2.5).
 *
 * What the mailbox is comes at once; what a QRESYNC client has missed may be long and comes as a
 * generator: VANISHED (EARLIER) first, then FETCHes, because the client would otherwise not know
 * which numbers are meant.
 */
#include "session/select_resync.h"
#include "session/special_use.h"
#include "session/wide.h"

struct select {
    struct resync resync;
};

static void select_end(struct cmd *c)
{
    resync_fini(&((struct select *)c->state)->resync);
}

static enum cmd_step select_done(struct cmd *c)
{
    bool read_only = c->s->view->read_only;

    return cmd_ok_code(c, read_only ? STR("READ-ONLY") : STR("READ-WRITE"),
                       c->in.name == IMAP_EXAMINE ? "EXAMINE completed" : "SELECT completed");
}

static enum cmd_step select_resync(struct cmd *c)
{
    struct resync *r = &((struct select *)c->state)->resync;
    enum cmd_step step;
    bool more = true;

    while (more) {
        if (session_pause(c->s, &step))
            return step;
        if (resync_step(c->s, r, &more) != ERR_OK) {
            session_bye(c->s, "UNAVAILABLE", "The mailbox cannot be read now");
            return CMD_DONE;
        }
    }
    return select_done(c);
}

/* IMAP4rev2: the mailbox as LIST tells it, and its name as given if that was another (RFC
 * 9051, 6.3.9.7). */
static void put_list(struct cmd *c)
{
    struct session *s = c->s;
    struct str given = c->in.select.mailbox.name;
    struct buf *out = session_out(s);
    struct names *names = account_names(s->account);
    const struct name_entry *e = names_of_mailbox(names, s->view->mailbox);

    if (e != NULL) {
        buf_add_cstr(out, e->has_children ? "* LIST (\\HasChildren" : "* LIST (\\HasNoChildren");
        if (e->subscribed)
            BUF_LIT(out, " \\Subscribed");
        special_use_put(out, e->uses);
        BUF_LIT(out, ")");
        list_put_name(s, e->name);
        if (!str_eq_nocase(e->name, given)) {
            BUF_LIT(out, " (\"OLDNAME\" (");
            imap_put_mailbox(out, given, session_mode(s));
            BUF_LIT(out, "))");
        }
        BUF_LIT(out, "\r\n");
    }
    names_unref(names);
}

/* RFC 3501 only: \Recent and the first unseen message. */
static enum err put_rev1(struct session *s)
{
    struct view *v = s->view;
    struct buf *out = session_out(s);
    uint32_t rank = 0;
    bool got = false;

    TRY(version_first_unseen(v->told, &rank, &got));
    v->recent_told = view_recent(v);
    buf_printf(out, "* %u RECENT\r\n", v->recent_told);
    if (got)
        buf_printf(out, "* OK [UNSEEN %u] First unseen\r\n", rank + 1);
    return ERR_OK;
}

static enum err put_mailbox(struct cmd *c)
{
    struct session *s = c->s;
    struct view *v = s->view;
    struct buf *out = session_out(s);
    const struct version_head *h = version_head(v->told);

    sync_put_flags(s);
    v->exists_told = view_exists(v);
    buf_printf(out, "* %u EXISTS\r\n", v->exists_told);
    if (!s->rev2)
        TRY(put_rev1(s));
    buf_printf(out, "* OK [UIDVALIDITY %u] UIDs valid\r\n", h->uidvalidity);
    buf_printf(out, "* OK [UIDNEXT %u] Predicted next UID\r\n", h->uidnext);
    v->modseq_told = view_modseq(v);
    reply_modseq(s);
    if (s->rev2)
        put_list(c);
    return ERR_OK;
}

static enum cmd_step select_opened(struct cmd *c)
{
    struct session *s = c->s;
    enum err e = put_mailbox(c);

    if (e == ERR_OK && c->in.select.qresync != NULL) {
        struct select *sel = c->state = ARENA_NEW(c->arena, struct select);
        c->end = select_end;
        e = resync_init(s, c->in.select.qresync, &sel->resync);
        c->then = select_resync;
    }
    if (e != ERR_OK) {
        session_unselect(s);
        return cmd_error(c, e, "SELECT");
    }
    s->state = STATE_SELECTED;
    s->condstore = s->condstore || c->in.select.condstore;
    return c->state != NULL ? select_resync(c) : select_done(c);
}

enum cmd_step cmd_select_run(struct cmd *c)
{
    struct session *s = c->s;
    enum cmd_step step;
    uint64_t mailbox;

    if (c->in.select.qresync != NULL && !s->qresync) /* RFC 7162, 3.2.5 */
        return cmd_bad(c, "ENABLE QRESYNC first");
    if (s->view != NULL) { /* also when the new one cannot be selected (RFC 9051, 6.3.2) */
        session_unselect(s);
        BUF_LIT(session_out(s), "* OK [CLOSED] The mailbox before is closed\r\n");
    }
    if (!cmd_mailbox(c, &c->in.select.mailbox, false, &mailbox, &step))
        return step;
    enum err e = view_open(s->account, mailbox, c->in.name == IMAP_EXAMINE, &s->view);
    return e == ERR_OK ? select_opened(c) : cmd_error(c, e, "SELECT");
}
