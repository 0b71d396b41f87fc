#include "world.h"

#include "base/check.h"
#include "base/mem.h"
#include "store/embedded.h"

#include <ftw.h>
#include <stdlib.h>
#include <unistd.h>

static bool is_done(void *arg)
{
    return ticket_is_done(arg);
}

void world_wait(struct world *w, struct ticket *t)
{
    if (w->dir[0])
        test_exec_until(&w->exec, is_done, t);
    else
        test_exec_run(&w->exec);
    check(ticket_is_done(t));
}

/* Everything that was asked for has happened. */
static void world_settle(struct world *w)
{
    struct intent in = {.kind = INTENT_BARRIER};
    struct ticket *t;

    test_exec_run(&w->exec);
    if (!w->dir[0])
        return;
    t = account_submit(w->acct, &in, NULL, NULL);
    world_wait(w, t);
    ticket_unref(t);
    test_exec_run(&w->exec);
}

static void open_account(struct world *w)
{
    test_exec_init(&w->exec);
    w->ms = mailstore_new(w->store, &w->exec.exec, &w->options);
    assert_ok(account_open(w->ms, 7, &w->acct));
    world_settle(w);
}

void world_open_on(struct world *w, struct store *store, const struct mailstore_options *o)
{
    *w = (struct world){.store = store};
    w->options = o ? *o : (struct mailstore_options){.expunge_grace = -1};
    open_account(w);
}

void world_open_with(struct world *w, const struct mailstore_options *o)
{
    world_open_on(w, memory_open(), o);
}

void world_open(struct world *w)
{
    world_open_with(w, NULL);
}

static void close_account(struct world *w)
{
    if (!w->dir[0]) {
        memory_auto(w->store, true);
        while (memory_waiting(w->store))
            memory_end(w->store, 0, ERR_OK);
    }
    world_settle(w);
    account_unref(w->acct);
    test_exec_run(&w->exec);
    mailstore_close(w->ms);
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    return remove(path);
}

void world_close(struct world *w)
{
    close_account(w);
    store_close(w->store);
    if (w->dir[0])
        nftw(w->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void open_directory(struct world *w)
{
    struct embedded_options eo = {.pack_size = 1 << 20};

    assert_ok(embedded_open(w->dir, &eo, &w->store));
}

void world_open_embedded(struct world *w, const struct mailstore_options *o)
{
    *w = (struct world){.options = o ? *o : (struct mailstore_options){.expunge_grace = -1}};
    strcpy(w->dir, "/tmp/tern-mailbox-XXXXXX");
    check(mkdtemp(w->dir) != NULL);
    open_directory(w);
    open_account(w);
}

void world_crash(struct world *w)
{
    struct store *after;

    if (w->dir[0]) {
        close_account(w);
        store_close(w->store);
        open_directory(w);
        open_account(w);
        return;
    }
    after = memory_crash(w->store);
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

    world_wait(w, t);
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

    world_wait(w, t);
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

struct ticket *submit_flags(struct world *w, uint64_t mailbox, const struct ranges *uids,
                            enum flags_mode mode, uint8_t flags, const char *keyword)
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

struct ticket *submit_copy(struct world *w, bool move, uint64_t from, const struct ranges *uids,
                           uint64_t to)
{
    struct intent in = {.kind = move ? INTENT_MOVE : INTENT_COPY,
                        .mailbox = from,
                        .copy = {.uids = uids, .to = to}};

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

/* ---- brute force ---- */

struct all_rows {
    struct row *v;
    size_t n;
};

static struct all_rows rows_all(struct version *v)
{
    struct all_rows all = {NEW_ARRAY(struct row, version_head(v)->messages + 1), 0};
    struct cursor c;
    bool got = true;

    cursor_init(&c, v);
    while (got) {
        assert_true(all.n <= version_head(v)->messages);
        assert_ok(cursor_next(&c, &all.v[all.n], &got));
        all.n += got;
    }
    cursor_fini(&c);
    assert_int_equal(all.n, version_head(v)->messages);
    return all;
}

static void assert_same_set(const struct ranges *got, const struct ranges *want)
{
    struct buf b = BUF_INIT;

    ranges_format(want, &b);
    buf_add_char(&b, '\0');
    assert_ranges(got, b.p);
    buf_fini(&b);
}

static void compare_ranks(struct version *v, const struct all_rows *all)
{
    uint32_t rank, uid, step = all->n > 500 ? 37 : 1;
    struct row r;
    bool got;

    for (size_t i = 0; i < all->n; i += step) {
        assert_ok(version_rank(v, all->v[i].uid, &rank));
        assert_int_equal(rank, i);
        assert_ok(version_rank(v, all->v[i].uid + 1, &rank));
        assert_int_equal(rank, i + 1);
        assert_ok(version_nth(v, (uint32_t)i, &uid));
        assert_int_equal(uid, all->v[i].uid);
        assert_ok(version_row(v, uid, &r, &got));
        assert_true(got);
        assert_memory_equal(&r.keywords, &all->v[i].keywords, sizeof(r.keywords));
        assert_int_equal(r.object, all->v[i].object);
    }
    assert_ok(version_nth(v, (uint32_t)all->n, &uid));
    assert_int_equal(uid, 0);
}

static void compare_flag_sets(struct version *v, const struct all_rows *all, uint8_t has,
                              uint8_t hasnt)
{
    struct ranges got = RANGES_INIT, want = RANGES_INIT;

    for (size_t i = 0; i < all->n; i++)
        if ((all->v[i].flags & has) == has && !(all->v[i].flags & hasnt))
            ranges_add(&want, all->v[i].uid, all->v[i].uid);
    assert_ok(version_uids_flags(v, has, hasnt, &got));
    assert_same_set(&got, &want);
    ranges_fini(&got);
    ranges_fini(&want);
}

static void compare_keyword_sets(struct version *v, const struct all_rows *all)
{
    for (unsigned id = 0; id < version_keywords(v); id++) {
        struct ranges got = RANGES_INIT, want = RANGES_INIT;

        for (size_t i = 0; i < all->n; i++)
            if (keyword_has(&all->v[i].keywords, id))
                ranges_add(&want, all->v[i].uid, all->v[i].uid);
        assert_ok(version_uids_keyword(v, id, &got));
        assert_same_set(&got, &want);
        ranges_fini(&got);
        ranges_fini(&want);
    }
}

static void compare_changed_since(struct version *v, const struct all_rows *all, uint64_t modseq)
{
    struct ranges got = RANGES_INIT, want = RANGES_INIT;

    for (size_t i = 0; i < all->n; i++)
        if (all->v[i].modseq > modseq)
            ranges_add(&want, all->v[i].uid, all->v[i].uid);
    assert_ok(version_changed_since(v, modseq, &got));
    assert_same_set(&got, &want);
    ranges_fini(&got);
    ranges_fini(&want);
}

static void compare_unseen(struct version *v, const struct all_rows *all)
{
    uint32_t rank;
    size_t i = 0;
    bool got;

    while (i < all->n && all->v[i].flags & FLAG_SEEN)
        i++;
    assert_ok(version_first_unseen(v, &rank, &got));
    assert_int_equal(got, i < all->n);
    if (got)
        assert_int_equal(rank, i);
}

static void compare_delta(struct version *from, struct version *to, const struct all_rows *a,
                          const struct all_rows *b)
{
    struct ranges gone = RANGES_INIT, came = RANGES_INIT, changed = RANGES_INIT;
    struct version_delta d;
    size_t i = 0, k = 0;

    while (i < a->n || k < b->n) {
        if (k == b->n || (i < a->n && a->v[i].uid < b->v[k].uid)) {
            ranges_add(&gone, a->v[i].uid, a->v[i].uid);
            i++;
        } else if (i == a->n || b->v[k].uid < a->v[i].uid) {
            ranges_add(&came, b->v[k].uid, b->v[k].uid);
            k++;
        } else {
            if (a->v[i].modseq != b->v[k].modseq)
                ranges_add(&changed, a->v[i].uid, a->v[i].uid);
            i++, k++;
        }
    }
    assert_ok(version_diff(from, to, &d));
    assert_same_set(&d.expunged, &gone);
    assert_same_set(&d.added, &came);
    assert_same_set(&d.changed, &changed);
    version_delta_fini(&d);
    ranges_fini(&gone);
    ranges_fini(&came);
    ranges_fini(&changed);
}

void versions_compare(struct version *from, struct version *to)
{
    struct all_rows a = rows_all(from), b = rows_all(to);

    compare_delta(from, to, &a, &b);
    compare_ranks(to, &b);
    compare_unseen(to, &b);
    compare_flag_sets(to, &b, FLAG_DELETED, FLAG_SEEN);
    compare_flag_sets(to, &b, FLAG_SEEN | FLAG_FLAGGED, 0);
    compare_flag_sets(to, &b, 0, FLAG_DELETED);
    compare_keyword_sets(to, &b);
    compare_changed_since(to, &b, version_head(from)->modseq);
    mem_free(a.v);
    mem_free(b.v);
}
