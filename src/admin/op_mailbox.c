/*
 * admin/op_mailbox.c - the mailboxes of an account.
 */
#include "admin/admin_priv.h"

static const char *text_of(enum err e)
{
    switch (e) {
    case ERR_NO_ACCOUNT:
    case ERR_BAD_NAME:
        return "no account of that name";
    case ERR_NO_MAILBOX:
        return "no mailbox of that name";
    default:
        return NULL;
    }
}

static void put_entry(struct op *op, const struct name_entry *n, const struct version_head *h)
{
    size_t place;
    struct buf *b = op_row(op, &place);

    enc_str(b, n->name);
    enc_u8(b, n->mailbox != 0);
    enc_u32(b, n->uses);
    enc_u8(b, n->subscribed);
    enc_u32(b, h->uidvalidity);
    enc_u32(b, h->uidnext);
    enc_u32(b, h->messages);
    enc_u32(b, h->unseen);
    enc_u64(b, h->bytes);
    op_row_end(op, place);
}

void op_mailbox_list(struct op *op, struct dec *d)
{
    enum err e = op_account(op, dec_str(d));
    struct names *names = e == ERR_OK ? account_names(op->account) : NULL;

    for (size_t i = 0; e == ERR_OK && i < names->n; i++) {
        struct version_head h = {0};
        if (names->v[i].mailbox)
            e = account_status(op->account, names->v[i].mailbox, &h);
        if (e == ERR_OK)
            put_entry(op, &names->v[i], &h);
    }
    if (names)
        names_unref(names);
    op_end(op, e, text_of(e));
}

/* Account and a name that need not exist. */
static bool begin(struct op *op, struct dec *d, struct str *name_out)
{
    struct str account = dec_str(d), name = dec_str(d);
    enum err e = op_account(op, account);

    if (e != ERR_OK) {
        op_end(op, e, text_of(e));
        return false;
    }
    e = name_normalize(op->arena, name, name_out, &op->why);
    if (e != ERR_OK)
        op_end(op, e, op->why);
    return e == ERR_OK;
}

/* Account and a mailbox that must exist. */
static bool begin_existing(struct op *op, struct dec *d)
{
    struct str name;

    if (!begin(op, d, &name))
        return false;
    enum err e = op_mailbox(op, name, &op->mailbox);
    if (e != ERR_OK)
        op_end(op, e, text_of(e));
    return e == ERR_OK;
}

void op_mailbox_create(struct op *op, struct dec *d)
{
    struct intent in = {.kind = INTENT_CREATE};

    if (!begin(op, d, &in.create.name))
        return;
    in.create.uses = dec_u32(d);
    op_submit(op, &in, 1);
}

void op_mailbox_rename(struct op *op, struct dec *d)
{
    struct intent in = {.kind = INTENT_RENAME};

    if (!begin_existing(op, d))
        return;
    enum err e = name_normalize(op->arena, dec_str(d), &in.rename.name, &op->why);
    if (e != ERR_OK) {
        op_end(op, e, op->why);
        return;
    }
    in.mailbox = op->mailbox;
    op_submit(op, &in, 1);
}

void op_mailbox_delete(struct op *op, struct dec *d)
{
    struct intent in = {.kind = INTENT_DELETE};

    if (!begin_existing(op, d))
        return;
    in.mailbox = op->mailbox;
    op_submit(op, &in, 1);
}

void op_mailbox_subscribe(struct op *op, struct dec *d)
{
    struct intent in = {0};

    if (!begin(op, d, &in.subscribe.name))
        return;
    in.kind = dec_u8(d) ? INTENT_SUBSCRIBE : INTENT_UNSUBSCRIBE;
    op_submit(op, &in, 1);
}
