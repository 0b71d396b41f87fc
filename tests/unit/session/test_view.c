#include "test.h"

#include "base/check.h"
#include "lib/test_exec.h"
#include "session/view.h"
#include "store/memory.h"

#include <stdlib.h>

enum { MESSAGES = 1200 };

/* A mailbox with messages, one view of it, and beside it the same as a plain list. */
struct fixture {
    struct test_exec exec;
    struct store *store;
    struct mailstore *ms;
    struct account *acct;
    uint64_t inbox;
    struct view *view;
    uint32_t v[2 * MESSAGES]; /* UIDs the client counts */
    bool ghost[2 * MESSAGES];
    uint32_t n;
    uint64_t state;
};

static uint32_t rnd(struct fixture *f, uint32_t n)
{
    f->state = f->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(f->state >> 33) % n;
}

static void woken(void *arg)
{
}

static void submit(struct fixture *f, const struct intent *in)
{
    struct ticket *t = account_submit(f->acct, in, woken, NULL);

    test_exec_run(&f->exec);
    assert_ok(ticket_result(t)->err);
    ticket_unref(t);
}

static void append(struct fixture *f, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        struct store_blob_info info = {.account = 1, .object = account_new_object(f->acct)};
        struct intent_message m = {
            .object = info.object, .size = 3, .summary_list = STR("l"), .summary_more = STR("m")};
        struct intent in = {.kind = INTENT_APPEND, .mailbox = f->inbox, .append = {&m, 1}};

        m.blob = store_blob_begin(f->store, &info);
        assert_ok(store_blob_append(m.blob, STR("abc")));
        assert_ok(store_blob_finish(m.blob));
        submit(f, &in);
    }
}

static void expunge(struct fixture *f, const struct ranges *uids)
{
    struct intent flags = {.kind = INTENT_FLAGS, .mailbox = f->inbox};
    struct intent gone = {.kind = INTENT_EXPUNGE, .mailbox = f->inbox, .expunge = {uids}};

    flags.flags.uids = uids;
    flags.flags.mode = FLAGS_ADD;
    flags.flags.flags = FLAG_DELETED;
    submit(f, &flags);
    submit(f, &gone);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    f->state = 7;
    test_exec_init(&f->exec);
    f->store = memory_open();
    f->ms =
        mailstore_new(f->store, &f->exec.exec, &(struct mailstore_options){.expunge_grace = -1});
    check(account_open(f->ms, 1, &f->acct) == ERR_OK);
    test_exec_run(&f->exec);
    struct names *names = account_names(f->acct);
    f->inbox = names_find(names, STR("INBOX"))->mailbox;
    names_unref(names);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    view_close(f->view);
    account_unref(f->acct);
    test_exec_run(&f->exec);
    mailstore_close(f->ms);
    test_exec_run(&f->exec);
    store_close(f->store);
    free(f);
    return 0;
}

static void open_view(struct fixture *f)
{
    assert_ok(view_open(f->acct, f->inbox, false, &f->view));
    f->n = view_exists(f->view);
    for (uint32_t i = 0; i < f->n; i++)
        assert_ok(view_uid(f->view, i + 1, &f->v[i]));
}

/* The plain list follows: expunged ones stay as ghosts or go, new ones come behind. */
static void list_step(struct fixture *f, const struct version_delta *d, bool keep)
{
    struct ranges_iter it = {0};
    uint32_t n = 0, uid;

    for (uint32_t i = 0; i < f->n; i++) {
        bool gone = f->ghost[i] || ranges_has(&d->expunged, f->v[i]);
        if (gone && !keep)
            continue;
        f->v[n] = f->v[i];
        f->ghost[n++] = gone;
    }
    while (ranges_next(&d->added, &it, &uid)) {
        f->v[n] = uid;
        f->ghost[n++] = false;
    }
    f->n = n;
}

static void view_step(struct fixture *f, bool keep)
{
    struct version_delta d = {0};
    struct version *to;

    assert_ok(account_version(f->acct, f->inbox, &to));
    assert_ok(version_diff(f->view->told, to, &d));
    assert_ok(view_apply(f->view, to, &d.expunged, keep));
    list_step(f, &d, keep);
    version_delta_fini(&d);
    version_unref(to);
}

static void both_ways(struct fixture *f, uint32_t i)
{
    uint32_t uid, seq;
    struct row row;
    bool ghost, got;

    assert_ok(view_uid(f->view, i + 1, &uid));
    assert_int_equal(uid, f->v[i]);
    assert_ok(view_seq(f->view, uid, &seq));
    assert_int_equal(seq, i + 1);
    assert_ok(view_row(f->view, uid, &row, &ghost, &got));
    assert_true(got);
    assert_int_equal(row.uid, uid);
    assert_int_equal(ghost, f->ghost[i]);
}

static void walk(struct fixture *f, const struct ranges *only)
{
    struct view_walk w;
    struct row row;
    uint32_t seq = 0;
    bool ghost, got = true;

    view_walk_init(&w, f->view, only);
    for (uint32_t i = 0; i < f->n; i++) {
        if (only != NULL && !ranges_has(only, f->v[i]))
            continue;
        assert_ok(view_walk_next(&w, &row, &seq, &ghost, &got));
        assert_true(got);
        assert_int_equal(row.uid, f->v[i]);
        assert_int_equal(seq, i + 1);
        assert_int_equal(ghost, f->ghost[i]);
    }
    assert_ok(view_walk_next(&w, &row, &seq, &ghost, &got));
    assert_false(got);
    view_walk_fini(&w);
}

static void some_uids(struct fixture *f, struct ranges *out)
{
    uint32_t last = f->n ? f->v[f->n - 1] : 10;

    ranges_clear(out);
    for (unsigned i = rnd(f, 12); i > 0; i--) {
        uint32_t lo = 1 + rnd(f, last + 5);
        ranges_add(out, lo, lo + rnd(f, rnd(f, 2) ? 3 : 300));
    }
}

static void compare(struct fixture *f)
{
    struct ranges only = RANGES_INIT;
    uint32_t seq;

    assert_int_equal(view_exists(f->view), f->n);
    for (uint32_t i = 0; i < f->n; i += 1 + f->n / 50)
        both_ways(f, i);
    if (f->n > 0)
        both_ways(f, f->n - 1);
    assert_ok(view_uid(f->view, f->n + 1, &seq));
    assert_int_equal(seq, 0);
    assert_ok(view_uid(f->view, 0, &seq));
    assert_int_equal(seq, 0);
    assert_ok(view_seq(f->view, 1000000, &seq));
    assert_int_equal(seq, 0);
    walk(f, NULL);
    for (int i = 0; i < 5; i++) {
        some_uids(f, &only);
        walk(f, &only);
    }
    ranges_fini(&only);
}

static void numbers_follow_expunges_told_and_kept_back(void **state)
{
    struct fixture *f = *state;
    struct ranges gone = RANGES_INIT;

    append(f, 700);
    open_view(f);
    compare(f);
    for (int i = 0; i < 60; i++) {
        if (rnd(f, 3) == 0)
            append(f, rnd(f, 10));
        if (rnd(f, 2) == 0) {
            some_uids(f, &gone);
            if (i % 20 != 19 && ranges_count(&gone) > 60)
                ranges_clear(&gone);
            expunge(f, &gone);
        }
        view_step(f, rnd(f, 4) != 0);
        compare(f);
    }
    ranges_fini(&gone);
}

static void resolve(struct fixture *f, struct range r, bool uid, enum err want, const char *text)
{
    struct imap_set set = {.v = &r, .n = 1};
    struct ranges got = RANGES_INIT;
    struct buf out = BUF_INIT;

    assert_int_equal(view_resolve(f->view, &set, uid, NULL, &got), want);
    if (want == ERR_OK) {
        ranges_format(&got, &out);
        assert_str(buf_str(&out), str_of(text));
    }
    buf_fini(&out);
    ranges_fini(&got);
}

static void sets_are_resolved_with_ghosts(void **state)
{
    struct fixture *f = *state;
    struct ranges gone = RANGES_INIT;

    append(f, 10);
    open_view(f);
    ranges_add(&gone, 3, 4);
    ranges_add(&gone, 10, 10);
    expunge(f, &gone);
    view_step(f, true);
    resolve(f, (struct range){2, 5}, false, ERR_OK, "2:5");
    resolve(f, (struct range){5, 2}, true, ERR_OK, "2:5");
    resolve(f, (struct range){0, 0}, false, ERR_OK, "10");
    resolve(f, (struct range){77, 0}, true, ERR_OK, "10");
    resolve(f, (struct range){9, 11}, false, ERR_SYNTAX, NULL);
    resolve(f, (struct range){11, 20}, true, ERR_OK, "");
    view_step(f, false);
    resolve(f, (struct range){2, 5}, false, ERR_OK, "2,5:7");
    resolve(f, (struct range){2, 5}, true, ERR_OK, "2,5");
    resolve(f, (struct range){0, 0}, true, ERR_OK, "9");
    resolve(f, (struct range){1, 8}, false, ERR_SYNTAX, NULL);
    ranges_fini(&gone);
}

static void nothing_can_be_named_in_an_empty_mailbox(void **state)
{
    struct fixture *f = *state;

    open_view(f);
    resolve(f, (struct range){1, 0}, false, ERR_SYNTAX, NULL);
    resolve(f, (struct range){0, 0}, false, ERR_SYNTAX, NULL);
    resolve(f, (struct range){1, 0}, true, ERR_OK, "");
    compare(f);
}

static void modseq_stays_below_the_oldest_ghost(void **state)
{
    struct fixture *f = *state;
    struct ranges gone = RANGES_INIT;

    append(f, 5);
    open_view(f);
    uint64_t before = view_modseq(f->view);
    ranges_add(&gone, 2, 2);
    expunge(f, &gone);
    view_step(f, true);
    assert_true(version_head(f->view->told)->modseq > before);
    assert_int_equal(view_modseq(f->view), before);
    append(f, 1);
    view_step(f, true);
    assert_int_equal(view_modseq(f->view), before);
    view_step(f, false);
    assert_int_equal(view_modseq(f->view), version_head(f->view->told)->modseq);
    ranges_fini(&gone);
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

static const struct CMUnitTest tests[] = {
    WITH_STORE(numbers_follow_expunges_told_and_kept_back),
    WITH_STORE(sets_are_resolved_with_ghosts),
    WITH_STORE(nothing_can_be_named_in_an_empty_mailbox),
    WITH_STORE(modseq_stays_below_the_oldest_ghost),
};

TESTS_MAIN(tests)
