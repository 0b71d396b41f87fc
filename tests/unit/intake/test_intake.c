#include "test.h"

#include "base/check.h"
#include "imap/summary.h"
#include "intake/intake.h"
#include "lib/test_exec.h"
#include "store/memory.h"

#include <stdlib.h>

struct fixture {
    struct test_exec exec;
    struct store *store;
    struct mailstore *ms;
    struct account *one, *two;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    test_exec_init(&f->exec);
    f->store = memory_open();
    f->ms = mailstore_new(f->store, &f->exec.exec, &(struct mailstore_options){0});
    check(account_open(f->ms, 1, &f->one) == ERR_OK);
    check(account_open(f->ms, 2, &f->two) == ERR_OK);
    test_exec_run(&f->exec);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    account_unref(f->one);
    account_unref(f->two);
    test_exec_run(&f->exec);
    mailstore_close(f->ms);
    test_exec_run(&f->exec);
    store_close(f->store);
    free(f);
    return 0;
}

static uint64_t inbox_of(struct account *acct)
{
    struct names *names = account_names(acct);
    uint64_t mailbox = names_find(names, STR("INBOX"))->mailbox;

    names_unref(names);
    return mailbox;
}

static void woken(void *arg)
{
}

/* The message's bytes as the account has them. */
static struct str deliver(struct fixture *f, struct arena *a, struct account *acct,
                          struct intake *in, size_t i)
{
    struct intent_message m = {0};
    struct intent intent = {.kind = INTENT_APPEND, .mailbox = inbox_of(acct)};

    intake_message(in, i, &m);
    intent.append.messages = &m;
    intent.append.n = 1;
    struct ticket *t = account_submit(acct, &intent, woken, NULL);
    test_exec_run(&f->exec);
    assert_true(ticket_is_done(t));
    assert_ok(ticket_result(t)->err);
    ticket_unref(t);
    char *to = arena_alloc(a, m.size + 1);
    size_t got = 0;
    assert_ok(account_read(acct, m.object, 0, to, m.size + 1, &got));
    assert_int_equal(got, m.size);
    return str_n(to, got);
}

static struct str taken(struct fixture *f, struct arena *a, struct str text, size_t piece,
                        bool to_crlf)
{
    struct intake_options o = {.max_bytes = 1000, .to_crlf = to_crlf};
    struct intake *in = intake_new(&o);

    intake_add(in, f->one);
    for (size_t at = 0; at < text.n; at += piece)
        assert_ok(intake_feed(in, str_sub(text, at, piece)));
    assert_ok(intake_finish(in));
    struct str got = deliver(f, a, f->one, in, 0);
    assert_int_equal(intake_size(in), got.n);
    intake_free(in);
    return got;
}

static void bytes_in_are_bytes_out_however_they_are_cut(void **state)
{
    struct fixture *f = *state;
    struct arena *a = arena_new();
    struct str text = STR("Subject: x\nA: b\r\n\n\rbody\r\r\n\0 no end");

    for (size_t piece = 1; piece <= text.n; piece++)
        assert_str(taken(f, a, text, piece, false), text);
    arena_free(a);
}

static void line_ends_become_crlf_however_they_are_cut(void **state)
{
    struct fixture *f = *state;
    struct arena *a = arena_new();
    struct str text = STR("\nSubject: x\nA: b\r\n\n\rbody\r\r\n\n\n no end\r");

    for (size_t piece = 1; piece <= text.n; piece++)
        assert_lit(taken(f, a, text, piece, true),
                   "\r\nSubject: x\r\nA: b\r\n\r\n\rbody\r\r\n\r\n\r\n no end\r");
    arena_free(a);
}

static void every_account_gets_the_message(void **state)
{
    struct fixture *f = *state;
    struct arena *a = arena_new();
    struct intake *in = intake_new(&(struct intake_options){.max_bytes = 1000});

    intake_add(in, f->one);
    intake_add(in, f->two);
    assert_ok(intake_feed(in, STR("Subject: x\r\n\r\n")));
    assert_ok(intake_feed(in, STR("body\r\n")));
    assert_ok(intake_finish(in));
    assert_lit(deliver(f, a, f->two, in, 1), "Subject: x\r\n\r\nbody\r\n");
    assert_lit(deliver(f, a, f->one, in, 0), "Subject: x\r\n\r\nbody\r\n");
    intake_free(in);
    arena_free(a);
}

static void the_summary_tells_the_envelope_and_can_be_made_again(void **state)
{
    struct fixture *f = *state;
    struct arena *a = arena_new();
    struct intake *in = intake_new(&(struct intake_options){.max_bytes = 1000});
    struct intent_message m = {0};
    struct summary_list list;
    struct buf again = BUF_INIT, more = BUF_INIT;

    intake_add(in, f->one);
    assert_ok(intake_feed(in, STR("Subject: what it is about\r\n\r\nbody\r\n")));
    assert_ok(intake_finish(in));
    deliver(f, a, f->one, in, 0);
    intake_message(in, 0, &m);
    assert_null(m.blob); /* given away once only */
    assert_ok(summary_list_read(m.summary_list, &list));
    assert_true(str_search(list.envelope, STR("\"what it is about\"")) != SIZE_MAX);
    assert_ok(intake_summarize(f->one, m.object, &again, &more));
    assert_str(buf_str(&again), m.summary_list);
    assert_str(buf_str(&more), m.summary_more);
    buf_fini(&again);
    buf_fini(&more);
    intake_free(in);
    arena_free(a);
}

static void what_is_too_big_or_holds_nul_is_refused_to_the_end(void **state)
{
    struct fixture *f = *state;
    struct intake *in = intake_new(&(struct intake_options){.max_bytes = 10});

    intake_add(in, f->one);
    assert_ok(intake_feed(in, STR("0123456789")));
    assert_int_equal(intake_feed(in, STR("x")), ERR_TOO_BIG);
    assert_int_equal(intake_feed(in, STR("")), ERR_TOO_BIG);
    assert_int_equal(intake_finish(in), ERR_TOO_BIG);
    intake_free(in);

    in = intake_new(&(struct intake_options){.max_bytes = 10, .refuse_nul = true});
    intake_add(in, f->one);
    assert_ok(intake_feed(in, STR("abc")));
    assert_int_equal(intake_feed(in, STR("\0")), ERR_SYNTAX);
    assert_int_equal(intake_feed(in, STR("abc")), ERR_SYNTAX);
    assert_int_equal(intake_finish(in), ERR_SYNTAX);
    intake_free(in);
}

static void a_full_disk_is_an_error_and_nothing_else(void **state)
{
    struct fixture *f = *state;
    struct intake *in = intake_new(&(struct intake_options){.max_bytes = 1000});

    memory_full(f->store, true);
    intake_add(in, f->one);
    (void)!intake_feed(in, STR("Subject: x\r\n\r\n"));
    assert_int_equal(intake_finish(in), ERR_NO_SPACE);
    intake_free(in);
    memory_full(f->store, false);
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

static const struct CMUnitTest tests[] = {
    WITH_STORE(bytes_in_are_bytes_out_however_they_are_cut),
    WITH_STORE(line_ends_become_crlf_however_they_are_cut),
    WITH_STORE(every_account_gets_the_message),
    WITH_STORE(the_summary_tells_the_envelope_and_can_be_made_again),
    WITH_STORE(what_is_too_big_or_holds_nul_is_refused_to_the_end),
    WITH_STORE(a_full_disk_is_an_error_and_nothing_else),
};

TESTS_MAIN(tests)
