/*
 * admin/op_check.c - `tern check` of one account or all, and of the engine below.
 */
#include "admin/admin_priv.h"
#include "admin/check_summaries.h"

#include "base/mem.h"

struct total {
    struct op *op;
    uint64_t accounts, mailboxes, messages, findings, repaired;
    bool silent;
};

/* A store in ruins has more to say than one reply holds: the rest is only counted. */
static void say(void *arg, struct str line)
{
    struct total *t = arg;
    size_t place;

    if (t->silent)
        return;
    t->silent = t->op->reply.n + line.n > ADMIN_REPLY_MAX / 2;
    buf_add_str(op_row(t->op, &place), t->silent ? STR("and more, which are only counted") : line);
    op_row_end(t->op, place);
}

static enum err check_one(struct total *t, const struct account_record *r)
{
    struct account_check_report report = {0};
    struct account *acct;
    bool more;

    TRY(account_open(t->op->door->ms, r->id, &acct));
    enum err e = account_check(acct, t->op->deep, t->op->repair, say, t, &report);
    if (e == ERR_OK && t->op->deep)
        e = check_summaries(acct, r->name, t->op->repair, say, t, &report);
    if (e == ERR_OK && t->op->repair)
        e = account_reap(acct, &more); /* goes on by itself */
    account_unref(acct);
    t->accounts++;
    t->mailboxes += report.mailboxes;
    t->messages += report.messages;
    t->findings += report.findings;
    t->repaired += report.repaired;
    return e;
}

static enum err check_all(struct total *t)
{
    struct buf after = BUF_INIT;
    enum err e = ERR_OK;

    for (size_t n = 1; e == ERR_OK && n > 0;) {
        struct arena *a = arena_new();
        struct account_record *records;
        e = directory_list(t->op->door->directory, a, after.n ? buf_str(&after) : STR_NONE, 100,
                           &records, &n);
        for (size_t i = 0; e == ERR_OK && i < n; i++)
            e = check_one(t, &records[i]);
        if (e == ERR_OK && n > 0) {
            buf_clear(&after);
            buf_add_str(&after, records[n - 1].name);
        }
        arena_free(a);
    }
    buf_fini(&after);
    return e;
}

static enum err check_store(struct total *t)
{
    struct store_check_report report = {0};

    TRY(store_check(mailstore_store(t->op->door->ms), t->op->repair, say, t, &report));
    t->findings += report.findings;
    t->repaired += report.repaired;
    return ERR_OK;
}

static void run(struct job *j)
{
    struct op *op = op_of_job(j);
    struct total t = {.op = op};
    enum err e = op->record.id ? check_one(&t, &op->record) : check_store(&t);
    size_t place;

    if (e == ERR_OK && !op->record.id)
        e = check_all(&t);
    struct str line = arena_printf(
        op->arena, "%llu accounts, %llu mailboxes, %llu messages: %llu findings, %llu repaired",
        (unsigned long long)t.accounts, (unsigned long long)t.mailboxes,
        (unsigned long long)t.messages, (unsigned long long)t.findings,
        (unsigned long long)t.repaired);
    if (e == ERR_OK) {
        buf_add_str(op_row(op, &place), line);
        op_row_end(op, place);
        if (t.findings > t.repaired)
            e = ERR_CORRUPT;
    }
    op_end(op, e, e == ERR_CORRUPT ? "there are findings" : NULL);
}

void op_check(struct op *op, struct dec *d)
{
    struct str account = dec_str(d), name;
    enum err e = ERR_OK;

    op->deep = dec_u8(d) != 0;
    op->repair = dec_u8(d) != 0;
    if (account.n) {
        e = account_name_normalize(op->arena, account, &name);
        if (e == ERR_OK)
            e = directory_find(op->door->directory, op->arena, name, &op->record);
    }
    if (e != ERR_OK)
        op_end(op, e, "no account of that name");
    else
        op_later(op, run);
}
