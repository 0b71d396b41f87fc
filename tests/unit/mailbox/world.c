#include "world.h"

#include "base/check.h"

static void open_account(struct world *w)
{
    test_exec_init(&w->exec);
    w->ms = mailstore_new(w->store, &w->exec.exec, NULL);
    assert_ok(account_open(w->ms, 7, &w->acct));
    test_exec_run(&w->exec);
}

void world_open(struct world *w)
{
    w->store = memory_open();
    open_account(w);
}

static void close_account(struct world *w)
{
    memory_auto(w->store, true);
    while (memory_waiting(w->store))
        memory_end(w->store, 0, ERR_OK);
    test_exec_run(&w->exec);
    account_unref(w->acct);
    test_exec_run(&w->exec);
    mailstore_close(w->ms);
}

void world_close(struct world *w)
{
    close_account(w);
    store_close(w->store);
}

void world_crash(struct world *w)
{
    struct store *after = memory_crash(w->store);

    world_close(w);
    w->store = after;
    open_account(w);
}

void world_reopen(struct world *w)
{
    close_account(w);
    open_account(w);
}

uint64_t mailbox_named(struct world *w, const char *name)
{
    struct names *names = account_names(w->acct);
    const struct name_entry *e = names_find(names, str_of(name));
    uint64_t id = e ? e->mailbox : 0;

    names_unref(names);
    return id;
}

enum err world_do(struct world *w, const struct intent *in, struct ticket **ticket_out)
{
    struct ticket *t = account_submit(w->acct, in, NULL, NULL);
    enum err e;

    test_exec_run(&w->exec);
    check(ticket_is_done(t));
    e = ticket_result(t)->err;
    if (ticket_out)
        *ticket_out = t;
    else
        ticket_unref(t);
    return e;
}

static enum err wait_for(struct world *w, struct ticket *t)
{
    enum err e;

    test_exec_run(&w->exec);
    check(ticket_is_done(t));
    e = ticket_result(t)->err;
    ticket_unref(t);
    return e;
}

void ranges_of(struct ranges *out, uint32_t lo, uint32_t hi)
{
    *out = RANGES_INIT;
    ranges_add(out, lo, hi);
}

static struct store_blob *blob_of(struct world *w, uint64_t object, const char *body)
{
    struct store_blob_info info = {account_id(w->acct), object, 1700000000};
    struct store_blob *b = store_blob_begin(w->store, &info);

    check(store_blob_append(b, str_of(body)) == ERR_OK);
    check(store_blob_finish(b) == ERR_OK);
    return b;
}

struct ticket *submit_append(struct world *w, uint64_t mailbox, const char *body, uint8_t flags,
                             const char *keyword)
{
    struct str kw = str_of(keyword);
    struct intent_message m = {.object = account_new_object(w->acct),
                               .size = strlen(body),
                               .date = 1700000000,
                               .zone_min = 60,
                               .flags = flags,
                               .keywords = &kw,
                               .n_keywords = keyword != NULL,
                               .summary_list = STR("list"),
                               .summary_more = STR("more")};
    struct intent in = {.kind = INTENT_APPEND, .mailbox = mailbox, .append = {&m, 1}};

    m.blob = blob_of(w, m.object, body);
    return account_submit(w->acct, &in, NULL, NULL);
}

enum err do_append(struct world *w, uint64_t mailbox, uint8_t flags, const char *keyword)
{
    return wait_for(w, submit_append(w, mailbox, "Subject: x\r\n\r\nbody\r\n", flags, keyword));
}

/* Messages without bodies: rows are what is tested. */
void append_many(struct world *w, uint64_t mailbox, size_t n)
{
    enum { AT_ONCE = 1000 };
    struct intent_message m[AT_ONCE] = {0};

    while (n) {
        size_t k = n < AT_ONCE ? n : AT_ONCE;
        struct intent in = {.kind = INTENT_APPEND, .mailbox = mailbox, .append = {m, k}};

        for (size_t i = 0; i < k; i++)
            m[i] = (struct intent_message){.object = account_new_object(w->acct),
                                           .size = 1000 + i,
                                           .date = 1700000000 + (int64_t)i};
        check(world_do(w, &in, NULL) == ERR_OK);
        n -= k;
    }
}

struct ticket *submit_flags(struct world *w, uint64_t mailbox, const struct ranges *uids, enum flags_mode mode,
                            uint8_t flags, const char *keyword)
{
    struct str kw = str_of(keyword);
    struct intent in = {.kind = INTENT_FLAGS,
                        .mailbox = mailbox,
                        .flags = {.uids = uids,
                                  .mode = mode,
                                  .flags = flags,
                                  .keywords = &kw,
                                  .n_keywords = keyword != NULL}};

    return account_submit(w->acct, &in, NULL, NULL);
}

enum err do_flags(struct world *w, uint64_t mailbox, uint32_t lo, uint32_t hi, enum flags_mode mode,
                  uint8_t flags, const char *keyword)
{
    struct ranges uids;
    enum err e;

    ranges_of(&uids, lo, hi);
    e = wait_for(w, submit_flags(w, mailbox, &uids, mode, flags, keyword));
    ranges_fini(&uids);
    return e;
}

struct ticket *submit_copy(struct world *w, bool move, uint64_t from, const struct ranges *uids, uint64_t to)
{
    struct intent in = {
        .kind = move ? INTENT_MOVE : INTENT_COPY, .mailbox = from, .copy = {.uids = uids, .to = to}};

    return account_submit(w->acct, &in, NULL, NULL);
}

enum err do_copy(struct world *w, bool move, uint64_t from, uint32_t lo, uint32_t hi, uint64_t to)
{
    struct ranges uids;
    enum err e;

    ranges_of(&uids, lo, hi);
    e = wait_for(w, submit_copy(w, move, from, &uids, to));
    ranges_fini(&uids);
    return e;
}

enum err do_expunge(struct world *w, uint64_t mailbox)
{
    struct intent in = {.kind = INTENT_EXPUNGE, .mailbox = mailbox};

    return world_do(w, &in, NULL);
}

enum err do_create(struct world *w, const char *name)
{
    struct intent in = {.kind = INTENT_CREATE, .create.name = str_of(name)};

    return world_do(w, &in, NULL);
}

enum err do_delete(struct world *w, const char *name)
{
    struct intent in = {.kind = INTENT_DELETE, .mailbox = mailbox_named(w, name)};

    return world_do(w, &in, NULL);
}

enum err do_rename(struct world *w, const char *from, const char *to)
{
    struct intent in = {
        .kind = INTENT_RENAME, .mailbox = mailbox_named(w, from), .rename.name = str_of(to)};

    return world_do(w, &in, NULL);
}

void assert_ranges(const struct ranges *got, const char *want)
{
    struct buf b = BUF_INIT;

    ranges_format(got, &b);
    assert_str(buf_str(&b), str_of(want));
    buf_fini(&b);
}

struct version *version_of(struct world *w, uint64_t mailbox)
{
    struct version *v;

    assert_ok(account_version(w->acct, mailbox, &v));
    return v;
}

void assert_uids(struct world *w, uint64_t mailbox, const char *want)
{
    struct version *v = version_of(w, mailbox);
    struct ranges live = RANGES_INIT;

    assert_ok(version_uids(v, 1, UINT32_MAX, &live));
    assert_ranges(&live, want);
    assert_int_equal(version_head(v)->messages, ranges_count(&live));
    ranges_fini(&live);
    version_unref(v);
}

struct row row_of(struct world *w, uint64_t mailbox, uint32_t uid)
{
    struct version *v = version_of(w, mailbox);
    struct row r;
    bool got;

    assert_ok(version_row(v, uid, &r, &got));
    assert_true(got);
    version_unref(v);
    return r;
}
