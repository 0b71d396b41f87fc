#include "lib/rooms.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"

static const int64_t began = INT64_C(1767225600) * 1000;

void rooms_open(struct rooms *r)
{
    static const struct mailstore_options mo = {.expunge_grace = -1};
    struct auth_options ao = {.domains = STR("example.org")};
    enum err e = ERR_OK;

    *r = (struct rooms){.a = arena_new()};
    log_setup(LOG_ERROR, LOG_OFF);
    clock_set_for_test(began, began);
    test_exec_init(&r->exec);
    r->store = memory_open();
    r->ms = mailstore_new(r->store, &r->exec.exec, &mo);
    r->directory = directory_open(r->ms, &e);
    check(e == ERR_OK);
    r->auth = auth_new(r->ms, r->directory, &ao);
}

void rooms_close(struct rooms *r)
{
    memory_auto(r->store, true);
    while (memory_waiting(r->store) > 0)
        memory_end(r->store, 0, ERR_OK);
    test_exec_run(&r->exec);
    auth_free(r->auth);
    directory_close(r->directory);
    mailstore_close(r->ms);
    test_exec_run(&r->exec);
    store_close(r->store);
    arena_free(r->a);
    clock_set_for_test(-1, -1);
}

/* ---- accounts ---- */

static void added(void *arg, enum err e, uint64_t account)
{
    check(e == ERR_OK);
}

static void nobody(void *arg)
{
}

static struct account *open_account(struct rooms *r, const char *name)
{
    struct account_record rec;
    struct account *acct;

    check(directory_find(r->directory, r->a, str_of(name), &rec) == ERR_OK);
    check(account_open(r->ms, rec.id, &acct) == ERR_OK);
    test_exec_run(&r->exec);
    return acct;
}

void rooms_account(struct rooms *r, const char *name, bool detail, bool disabled)
{
    struct account_record rec = {.name = str_of(name), .detail = detail, .disabled = disabled};

    check(auth_secret_make(r->a, STR("secret"), AUTH_COST_LOW, &rec.secret) == ERR_OK);
    directory_add(r->directory, &rec, added, NULL);
    test_exec_run(&r->exec);
    account_unref(open_account(r, name));
}

void rooms_mailbox(struct rooms *r, const char *account, const char *name)
{
    struct account *acct = open_account(r, account);
    struct intent in = {.kind = INTENT_CREATE, .create.name = str_of(name)};
    struct ticket *t = account_submit(acct, &in, nobody, NULL);

    test_exec_run(&r->exec);
    check(ticket_is_done(t) && ticket_result(t)->err == ERR_OK);
    ticket_unref(t);
    account_unref(acct);
}

/* ---- turning ---- */

bool rooms_turn(struct rooms *r, struct conn *c)
{
    bool open = true;

    for (int quiet = 0; quiet < 2;) {
        size_t ran = test_exec_run(&r->exec);
        open = conn_detached_run(c) && open;
        ran += test_exec_run(&r->exec);
        quiet = ran ? 0 : quiet + 1;
    }
    return open;
}

struct str rooms_say(struct rooms *r, struct conn *c, struct str bytes)
{
    /* As a socket would: no more at once than the connection holds. */
    while (bytes.n > 0) {
        struct str piece = str_sub(bytes, 0, CONN_IN_MAX / 2);
        conn_detached_feed(c, piece);
        bytes = str_from(bytes, piece.n);
        rooms_turn(r, c);
    }
    rooms_turn(r, c);
    struct str out = arena_str(r->a, conn_detached_output(c));
    conn_detached_take(c);
    return out;
}

/* ---- looking ---- */

static struct version *version_of(struct rooms *r, struct account *acct, const char *mailbox)
{
    struct names *names = account_names(acct);
    const struct name_entry *e = names_find(names, str_of(mailbox));
    struct version *v = NULL;

    if (e && e->mailbox)
        check(account_version(acct, e->mailbox, &v) == ERR_OK);
    names_unref(names);
    return v;
}

int rooms_count(struct rooms *r, const char *account, const char *mailbox)
{
    struct account *acct = open_account(r, account);
    struct version *v = version_of(r, acct, mailbox);
    int n = v ? (int)version_head(v)->messages : -1;

    version_unref(v);
    account_unref(acct);
    return n;
}

struct str rooms_message(struct rooms *r, const char *account, const char *mailbox, uint32_t n)
{
    struct account *acct = open_account(r, account);
    struct version *v = version_of(r, acct, mailbox);
    struct row row;
    uint32_t uid;
    size_t got_bytes = 0;
    bool got;

    check(v && version_nth(v, n, &uid) == ERR_OK && uid);
    check(version_row(v, uid, &row, &got) == ERR_OK && got);
    char *bytes = arena_alloc(r->a, row.size + 1);
    check(account_read(acct, row.object, 0, bytes, row.size + 1, &got_bytes) == ERR_OK);
    check(got_bytes == row.size);
    version_unref(v);
    account_unref(acct);
    return str_n(bytes, got_bytes);
}
