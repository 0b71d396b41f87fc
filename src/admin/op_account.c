/*
 * admin/op_account.c - accounts: the verbs about who has one.
 *
 * Adding: the slow hash as a job, then the directory, then the mailboxes everybody expects (RFC
 * 6154's special uses), as one group of intents.
 */
#include "admin/admin_priv.h"

#include "base/clock.h"

/* ---- add ---- */

static const struct {
    struct str name;
    uint32_t use;
} first_mailboxes[] = {
    {STR_INIT("Drafts"), USE_DRAFTS},   {STR_INIT("Sent"), USE_SENT},
    {STR_INIT("Junk"), USE_JUNK},       {STR_INIT("Trash"), USE_TRASH},
    {STR_INIT("Archive"), USE_ARCHIVE},
};

enum { FIRST_MAILBOXES = sizeof first_mailboxes / sizeof first_mailboxes[0] };

static void add_mailboxes(struct job *j)
{
    struct op *op = op_of_job(j);
    struct intent in[2 * FIRST_MAILBOXES + 1];
    size_t n = 0;

    enum err e = account_open(op->door->ms, op->record.id, &op->account);
    if (e != ERR_OK) {
        op_end(op, e, NULL);
        return;
    }
    in[n++] = (struct intent){.kind = INTENT_SUBSCRIBE, .subscribe.name = STR("INBOX")};
    for (size_t i = 0; i < FIRST_MAILBOXES; i++) {
        in[n++] = (struct intent){.kind = INTENT_CREATE,
                                  .create = {first_mailboxes[i].name, first_mailboxes[i].use}};
        in[n++] =
            (struct intent){.kind = INTENT_SUBSCRIBE, .subscribe.name = first_mailboxes[i].name};
    }
    op_submit(op, in, n);
}

static void added(void *arg, enum err e, uint64_t account)
{
    struct op *op = arg;

    if (e != ERR_OK) {
        op_end(op, e, e == ERR_ACCOUNT_EXISTS ? "there is an account of that name" : NULL);
        return;
    }
    op->record.id = account;
    op_later(op, add_mailboxes);
}

static enum err make_secret(struct op *op)
{
    return auth_secret_make(op->arena, op->password, op->cost, &op->record.secret);
}

static void hash_and_add(struct job *j)
{
    struct op *op = op_of_job(j);
    enum err e = make_secret(op);

    if (e != ERR_OK) {
        op_end(op, e, "a password is 1 to 1024 bytes of UTF-8 without NUL");
        return;
    }
    op->record.created = clock_wall();
    directory_add(op->door->directory, &op->record, added, op);
}

void op_account_add(struct op *op, struct dec *d)
{
    struct account_record existing;
    struct str name = dec_str(d);

    op->password = arena_str(op->arena, dec_str(d));
    op->cost = (enum auth_cost)dec_u8(d);
    enum err e = d->bad ? ERR_SYNTAX : account_name_normalize(op->arena, name, &op->record.name);
    if (e == ERR_OK &&
        directory_find(op->door->directory, op->arena, op->record.name, &existing) == ERR_OK)
        e = ERR_ACCOUNT_EXISTS;
    if (e == ERR_OK)
        op_later(op, hash_and_add);
    else
        op_end(op, e,
               e == ERR_ACCOUNT_EXISTS
                   ? "there is an account of that name"
                   : "an account name is UTF-8 without blanks, \"/\" or control characters");
}

/* ---- change ---- */

static void changed(void *arg, enum err e, uint64_t account)
{
    struct op *op = arg;

    if (e == ERR_OK)
        auth_forget(op->door->auth, op->record.id);
    op_end(op, e, NULL);
}

/* The record as it is, for changing; ends the op where there is none. */
static bool find(struct op *op, struct str name)
{
    struct str normal;
    enum err e = account_name_normalize(op->arena, name, &normal);

    if (e == ERR_OK)
        e = directory_find(op->door->directory, op->arena, normal, &op->record);
    if (e != ERR_OK)
        op_end(op, e == ERR_BAD_NAME ? ERR_NO_ACCOUNT : e,
               e == ERR_NO_ACCOUNT ? "no account of that name" : NULL);
    return e == ERR_OK;
}

static void hash_and_update(struct job *j)
{
    struct op *op = op_of_job(j);
    enum err e = make_secret(op);

    if (e != ERR_OK)
        op_end(op, e, "a password is 1 to 1024 bytes of UTF-8 without NUL");
    else
        directory_update(op->door->directory, &op->record, changed, op);
}

void op_account_password(struct op *op, struct dec *d)
{
    struct str name = dec_str(d);

    op->password = arena_str(op->arena, dec_str(d));
    op->cost = AUTH_COST_NORMAL;
    if (find(op, name))
        op_later(op, hash_and_update);
}

void op_account_set(struct op *op, struct dec *d)
{
    struct str name = dec_str(d);
    uint8_t disabled = dec_u8(d), detail = dec_u8(d);

    if (!find(op, name))
        return;
    if (disabled < 2)
        op->record.disabled = disabled;
    if (detail < 2)
        op->record.detail = detail;
    directory_update(op->door->directory, &op->record, changed, op);
}

void op_account_delete(struct op *op, struct dec *d)
{
    if (find(op, dec_str(d)))
        directory_remove(op->door->directory, op->record.name, changed, op);
}

/* ---- look ---- */

static struct buf *put_record(struct op *op, const struct account_record *r, size_t *place)
{
    struct buf *b = op_row(op, place);

    enc_str(b, r->name);
    enc_u64(b, r->id);
    enc_u8(b, r->disabled);
    enc_u8(b, r->detail);
    enc_svar(b, r->created);
    return b;
}

void op_account_list(struct op *op, struct dec *d)
{
    struct str after = dec_str(d);
    struct account_record *records;
    size_t n = 0, place;

    enum err e = directory_list(op->door->directory, op->arena, after.n ? after : STR_NONE,
                                ADMIN_ROWS, &records, &n);
    for (size_t i = 0; e == ERR_OK && i < n; i++) {
        put_record(op, &records[i], &place);
        op_row_end(op, place);
    }
    op_end(op, e, NULL);
}

void op_account_show(struct op *op, struct dec *d)
{
    uint64_t mailboxes = 0, messages = 0, bytes = 0;
    struct version_head h;
    size_t place;

    if (!find(op, dec_str(d)))
        return;
    enum err e = account_open(op->door->ms, op->record.id, &op->account);
    struct names *names = e == ERR_OK ? account_names(op->account) : NULL;
    for (size_t i = 0; e == ERR_OK && i < names->n; i++) {
        if (!names->v[i].mailbox)
            continue;
        e = account_status(op->account, names->v[i].mailbox, &h);
        mailboxes++;
        messages += e == ERR_OK ? h.messages : 0;
        bytes += e == ERR_OK ? h.bytes : 0;
    }
    if (names)
        names_unref(names);
    if (e == ERR_OK) {
        struct buf *b = put_record(op, &op->record, &place);
        enc_u64(b, mailboxes);
        enc_u64(b, messages);
        enc_u64(b, bytes);
        op_row_end(op, place);
    }
    op_end(op, e, NULL);
}

void op_hello(struct op *op, struct dec *d)
{
    struct account_record *records;
    size_t n = 0, place;

    enum err e = directory_list(op->door->directory, op->arena, STR_NONE, 1, &records, &n);
    struct buf *b = op_row(op, &place);
    enc_u32(b, ADMIN_PROTOCOL);
    enc_u8(b, n > 0);
    op_row_end(op, place);
    op_end(op, e, NULL);
}
