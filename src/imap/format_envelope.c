/*
 * imap/format_envelope.c - ENVELOPE (RFC 9051, 7.5.2): ten fields, whatever the message had.
 */
#include "imap/format_priv.h"

/* Is it the start or the end of a group, or neither? */
static bool is_group_start(const struct mime_address *a)
{
    return a->host.p == NULL && a->mailbox.p != NULL;
}

static bool is_group_end(const struct mime_address *a)
{
    return a->host.p == NULL && a->mailbox.p == NULL;
}

static void put_address(struct put *p, const struct mime_address *a)
{
    buf_add_char(p->out, '(');
    put_nstring(p, a->name);
    buf_add_char(p->out, ' ');
    put_nstring(p, a->route);
    buf_add_char(p->out, ' ');
    /* NIL here means the end of a group. */
    put_nstring(p, a->mailbox.p == NULL && a->host.p != NULL ? STR("") : a->mailbox);
    buf_add_char(p->out, ' ');
    put_nstring(p, a->host);
    buf_add_char(p->out, ')');
}

/* "(" 1*address ")" / nil.  Groups are told whole: a start has an end, an end a start. */
static void put_addresses(struct put *p, const struct mime_address *a)
{
    static const struct mime_address group_end = {0};
    size_t start = p->out->n;
    bool in_group = false;

    buf_add_char(p->out, '(');
    for (; a != NULL; a = a->next) {
        if (is_group_end(a) && !in_group)
            continue;
        if (is_group_start(a) && in_group)
            put_address(p, &group_end);
        in_group = is_group_start(a) || (in_group && !is_group_end(a));
        put_address(p, a);
    }
    if (in_group)
        put_address(p, &group_end);
    if (p->out->n == start + 1) {
        p->out->n = start;
        BUF_LIT(p->out, "NIL");
        return;
    }
    buf_add_char(p->out, ')');
}

void put_envelope(struct put *p, const struct mime_envelope *e)
{
    static const struct mime_envelope none = {0};
    const struct mime_address *lists[6];

    e = e != NULL ? e : &none;
    memcpy(lists,
           (const struct mime_address *[]){e->from, e->sender, e->reply_to, e->to, e->cc, e->bcc},
           sizeof(lists));
    buf_add_char(p->out, '(');
    put_nstring(p, e->date);
    buf_add_char(p->out, ' ');
    put_nstring(p, e->subject);
    for (size_t i = 0; i < 6; i++) {
        buf_add_char(p->out, ' ');
        put_addresses(p, lists[i]);
    }
    buf_add_char(p->out, ' ');
    put_nstring(p, e->in_reply_to);
    buf_add_char(p->out, ' ');
    put_nstring(p, e->message_id);
    buf_add_char(p->out, ')');
}

void imap_put_envelope(struct buf *out, const struct mime_envelope *e, enum imap_mode mode)
{
    put_envelope(&(struct put){.out = out, .mode = mode}, e);
}
