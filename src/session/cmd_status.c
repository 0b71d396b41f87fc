/*
 * session/cmd_status.c - STATUS (RFC 9051, 6.3.11; RFC 3501 for RECENT; RFC 7162, 3.1.7; RFC 8438
 * for SIZE), and what LIST RETURN (STATUS ...) tells with it (RFC 5819).
 */
#include "session/wide.h"

#include "base/mem.h"

static const struct status_word {
    uint32_t item;
    const char *word;
} words[] = {
    {STATUS_MESSAGES, "MESSAGES"}, {STATUS_RECENT, "RECENT"},
    {STATUS_UIDNEXT, "UIDNEXT"},   {STATUS_UIDVALIDITY, "UIDVALIDITY"},
    {STATUS_UNSEEN, "UNSEEN"},     {STATUS_DELETED, "DELETED"},
    {STATUS_SIZE, "SIZE"},         {STATUS_HIGHESTMODSEQ, "HIGHESTMODSEQ"},
};

static uint64_t status_value(const struct version_head *h, uint32_t recent, uint32_t item)
{
    switch (item) {
    case STATUS_MESSAGES:
        return h->messages;
    case STATUS_RECENT:
        return recent;
    case STATUS_UIDNEXT:
        return h->uidnext;
    case STATUS_UIDVALIDITY:
        return h->uidvalidity;
    case STATUS_UNSEEN:
        return h->unseen;
    case STATUS_DELETED:
        return h->deleted;
    case STATUS_SIZE:
        return h->bytes;
    default:
        return h->modseq;
    }
}

void status_put(struct session *s, struct str name, const struct version_head *h, uint32_t recent,
                uint32_t items)
{
    struct buf *out = session_out(s);
    char before = '(';

    BUF_LIT(out, "* STATUS ");
    imap_put_mailbox(out, name, session_mode(s));
    buf_add_char(out, ' ');
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (!(items & words[i].item))
            continue;
        buf_add_char(out, before);
        buf_add_cstr(out, words[i].word);
        buf_add_char(out, ' ');
        buf_add_u64(out, status_value(h, recent, words[i].item));
        before = ' ';
    }
    BUF_LIT(out, ")\r\n");
}

/* Messages that no session was told of yet: almost always none, and then the mailbox is not opened.
 */
static enum err status_recent(struct session *s, const struct version_head *h, uint32_t *out)
{
    uint32_t first = account_recent(s->account, h->mailbox);
    struct version *v;
    uint32_t below = 0;

    *out = 0;
    if (first == 0 || first >= h->uidnext)
        return ERR_OK;
    TRY(account_version(s->account, h->mailbox, &v));
    enum err e = version_rank(v, first, &below);
    *out = version_head(v)->messages - below;
    version_unref(v);
    return e;
}

enum err status_read(struct session *s, uint64_t mailbox, uint32_t items,
                     struct version_head *head_out, uint32_t *recent_out)
{
    *recent_out = 0;
    TRY(account_status(s->account, mailbox, head_out));
    /* Of the selected mailbox no modseq is told beyond an expunge that this client has not heard of
     * (RFC 7162, 3.2). */
    if (s->view && s->view->mailbox == mailbox && view_modseq(s->view) < head_out->modseq)
        head_out->modseq = view_modseq(s->view);
    return items & STATUS_RECENT ? status_recent(s, head_out, recent_out) : ERR_OK;
}

enum cmd_step cmd_status_run(struct cmd *c)
{
    uint32_t items = c->in.status.items;
    struct version_head head;
    struct str name;
    uint64_t mailbox;
    uint32_t recent;
    enum cmd_step step;
    enum err e;

    if (!cmd_name(c, &c->in.status.mailbox, &name, &step) ||
        !cmd_mailbox(c, &c->in.status.mailbox, false, &mailbox, &step))
        return step;
    if (items & STATUS_HIGHESTMODSEQ)
        session_enable_condstore(c->s);
    e = status_read(c->s, mailbox, items, &head, &recent);
    if (e != ERR_OK)
        return cmd_error(c, e, "STATUS");
    status_put(c->s, name, &head, recent, items);
    return cmd_ok(c, "STATUS completed");
}
