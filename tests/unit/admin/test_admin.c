#include "test.h"

#include "admin/admin.h"
#include "admin/protocol.h"
#include "base/codec.h"
#include "intake/intake.h"
#include "lib/rooms.h"

#include <stdlib.h>

struct fixture {
    struct rooms r;
    struct admin_door *door;
    struct conn *c;
    struct buf out; /* requests */
    struct str in;  /* replies not yet read */
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct admin_options o = {.max_message = 100000};

    rooms_open(&f->r);
    f->door = admin_door_new(f->r.ms, f->r.directory, f->r.auth, &o);
    f->c = conn_detached_new(admin_door(f->door), false, true);
    *state = f;
    return 0;
}

static void end_commits(struct fixture *f)
{
    memory_auto(f->r.store, true);
    while (memory_waiting(f->r.store) > 0)
        memory_end(f->r.store, 0, ERR_OK);
    test_exec_run(&f->r.exec);
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    end_commits(f);
    if (f->c)
        conn_detached_free(f->c);
    test_exec_run(&f->r.exec);
    admin_door_free(f->door);
    buf_fini(&f->out);
    rooms_close(&f->r);
    free(f);
    return 0;
}

/* ---- requests ---- */

static size_t begin(struct fixture *f, enum admin_verb verb)
{
    size_t at = f->out.n;

    enc_u32(&f->out, 0);
    enc_u8(&f->out, (uint8_t)verb);
    return at;
}

static void end(struct fixture *f, size_t at)
{
    uint32_t n = (uint32_t)(f->out.n - at - 4);

    for (int i = 0; i < 4; i++)
        f->out.p[at + (size_t)i] = (char)(n >> (8 * i));
}

static void strings(struct fixture *f, enum admin_verb verb, const char *a, const char *b,
                    const char *c)
{
    const char *v[] = {a, b, c};
    size_t at = begin(f, verb);

    for (int i = 0; i < 3 && v[i]; i++)
        enc_str(&f->out, str_of(v[i]));
    end(f, at);
}

static void add(struct fixture *f, const char *name)
{
    size_t at = begin(f, ADMIN_ACCOUNT_ADD);

    enc_str(&f->out, str_of(name));
    enc_str(&f->out, STR("secret"));
    enc_u8(&f->out, AUTH_COST_LOW);
    end(f, at);
}

static void append_begin(struct fixture *f, const char *account, const char *mailbox,
                         const char *keyword)
{
    size_t at = begin(f, ADMIN_APPEND);

    enc_str(&f->out, str_of(account));
    enc_str(&f->out, str_of(mailbox));
    enc_svar(&f->out, 1000);
    enc_svar(&f->out, -90);
    enc_u8(&f->out, FLAG_SEEN | FLAG_DRAFT);
    enc_var(&f->out, keyword != NULL);
    if (keyword)
        enc_str(&f->out, str_of(keyword));
    end(f, at);
}

static void data(struct fixture *f, struct str bytes)
{
    size_t at = begin(f, ADMIN_DATA);

    buf_add_str(&f->out, bytes);
    end(f, at);
}

static void data_end(struct fixture *f, bool forget)
{
    size_t at = begin(f, ADMIN_DATA_END);

    enc_u8(&f->out, forget);
    end(f, at);
}

static void append(struct fixture *f, const char *account, const char *mailbox, struct str bytes)
{
    append_begin(f, account, mailbox, NULL);
    data(f, bytes);
    data_end(f, false);
}

static void send_all(struct fixture *f)
{
    struct str before = f->in;
    struct str got = rooms_say(&f->r, f->c, buf_str(&f->out));

    struct buf both = BUF_INIT;
    buf_add_str(&both, before);
    buf_add_str(&both, got);
    f->in = arena_str(f->r.a, buf_str(&both));
    buf_fini(&both);
    buf_clear(&f->out);
}

/* ---- replies ---- */

static bool next(struct fixture *f, struct dec *row_out)
{
    struct dec d = dec_of(f->in);
    uint32_t n = dec_u32(&d);

    assert_false(d.bad);
    assert_true(d.n >= n);
    *row_out = dec_of(dec_bytes(&d, n));
    f->in = str_from(f->in, 4 + (size_t)n);
    return dec_u8(row_out) == ADMIN_ROW;
}

/* No rows, then this end. */
static void expect_end(struct fixture *f, enum err want)
{
    struct dec d;

    assert_false(next(f, &d));
    assert_int_equal(dec_u32(&d), want);
}

static void ask_ok(struct fixture *f)
{
    send_all(f);
    expect_end(f, ERR_OK);
    assert_int_equal(f->in.n, 0);
}

/* ---- tests ---- */

static void hello_tells_whether_there_are_accounts(void **state)
{
    struct fixture *f = *state;
    struct dec d;

    for (int accounts = 0; accounts < 2; accounts++) {
        strings(f, ADMIN_HELLO, NULL, NULL, NULL);
        send_all(f);
        assert_true(next(f, &d));
        assert_int_equal(dec_u32(&d), ADMIN_PROTOCOL);
        assert_int_equal(dec_u8(&d), accounts);
        expect_end(f, ERR_OK);
        add(f, accounts ? "ben" : "ann");
        ask_ok(f);
    }
}

static void a_new_account_has_the_mailboxes_that_everybody_expects(void **state)
{
    struct fixture *f = *state;
    struct dec d;
    int n = 0, uses = 0, subscribed = 0;

    add(f, "ann");
    ask_ok(f);
    strings(f, ADMIN_MAILBOX_LIST, "ann", NULL, NULL);
    send_all(f);
    while (next(f, &d)) {
        (void)dec_str(&d);
        n += dec_u8(&d);
        uses += dec_u32(&d) != 0;
        subscribed += dec_u8(&d);
    }
    assert_int_equal(n, 6);
    assert_int_equal(uses, 5);
    assert_int_equal(subscribed, 6);
}

static void a_name_is_given_once(void **state)
{
    struct fixture *f = *state;

    add(f, "ann");
    ask_ok(f);
    add(f, "Ann");
    send_all(f);
    expect_end(f, ERR_ACCOUNT_EXISTS);
    add(f, "a b");
    send_all(f);
    expect_end(f, ERR_BAD_NAME);
}

static void replies_come_in_the_order_of_the_requests(void **state)
{
    struct fixture *f = *state;
    struct dec d;

    add(f, "ann");                                        /* slow: a hash and two commits */
    strings(f, ADMIN_ACCOUNT_SHOW, "nobody", NULL, NULL); /* quick */
    strings(f, ADMIN_HELLO, NULL, NULL, NULL);            /* quick */
    send_all(f);
    expect_end(f, ERR_OK);
    expect_end(f, ERR_NO_ACCOUNT);
    assert_true(next(f, &d));
    expect_end(f, ERR_OK);
    assert_int_equal(f->in.n, 0);
}

static void nothing_is_answered_before_it_is_durable(void **state)
{
    struct fixture *f = *state;

    add(f, "ann");
    ask_ok(f);
    memory_auto(f->r.store, false);
    append(f, "ann", "INBOX", STR("A: 1\r\n\r\none"));
    append(f, "ann", "INBOX", STR("A: 2\r\n\r\ntwo"));
    send_all(f);
    assert_int_equal(f->in.n, 0);
    assert_int_equal(memory_waiting(f->r.store), 1);
    memory_end(f->r.store, 0, ERR_OK);
    send_all(f);
    expect_end(f, ERR_OK);
    while (memory_waiting(f->r.store) > 0) {
        memory_end(f->r.store, 0, ERR_OK);
        send_all(f);
    }
    expect_end(f, ERR_OK);
    assert_int_equal(rooms_count(&f->r, "ann", "INBOX"), 2);
}

static void what_is_sent_ahead_shares_its_commits(void **state)
{
    struct fixture *f = *state;
    size_t commits = 0;

    add(f, "ann");
    ask_ok(f);
    memory_auto(f->r.store, false);
    for (int i = 0; i < ADMIN_AHEAD; i++)
        append(f, "ann", "INBOX", STR("A: 1\r\n\r\nx"));
    send_all(f);
    for (; memory_waiting(f->r.store) > 0; commits++) {
        memory_end(f->r.store, 0, ERR_OK);
        send_all(f);
    }
    assert_true(commits <= 4);
    for (int i = 0; i < ADMIN_AHEAD; i++)
        expect_end(f, ERR_OK);
    assert_int_equal(rooms_count(&f->r, "ann", "INBOX"), ADMIN_AHEAD);
}

static void more_than_may_be_sent_ahead_waits_and_is_done(void **state)
{
    struct fixture *f = *state;
    enum { N = 3 * ADMIN_AHEAD + 7 };

    add(f, "ann");
    ask_ok(f);
    memory_auto(f->r.store, false);
    for (int i = 0; i < N; i++)
        append(f, "ann", "INBOX", STR("A: 1\r\n\r\nx"));
    send_all(f);
    assert_true(conn_detached_waiting(f->c));
    while (memory_waiting(f->r.store) > 0) {
        memory_end(f->r.store, 0, ERR_OK);
        send_all(f);
    }
    for (int i = 0; i < N; i++)
        expect_end(f, ERR_OK);
    assert_int_equal(f->in.n, 0);
    assert_int_equal(rooms_count(&f->r, "ann", "INBOX"), N);
}

static void a_message_keeps_its_octets_date_zone_flags_and_keywords(void **state)
{
    static const struct str bytes = STR_INIT("A: 1\n\n\0\r\r\n\nbare \xff");
    struct fixture *f = *state;
    struct dec d;

    add(f, "ann");
    ask_ok(f);
    append_begin(f, "ann", "INBOX", "$work");
    for (size_t i = 0; i < bytes.n; i++)
        data(f, str_sub(bytes, i, 1));
    data_end(f, false);
    ask_ok(f);
    assert_str(rooms_message(&f->r, "ann", "INBOX", 0), bytes);
    size_t at = begin(f, ADMIN_MESSAGES);
    enc_str(&f->out, STR("ann"));
    enc_str(&f->out, STR("inbox"));
    enc_u32(&f->out, 1);
    end(f, at);
    send_all(f);
    assert_true(next(f, &d));
    assert_int_equal(dec_u32(&d), 1);
    uint64_t object = dec_u64(&d);
    assert_int_equal(dec_u64(&d), bytes.n);
    assert_int_equal(dec_svar(&d), 1000);
    assert_int_equal(dec_svar(&d), -90);
    assert_int_equal(dec_u8(&d), FLAG_SEEN | FLAG_DRAFT);
    assert_int_equal(dec_var(&d), 1);
    assert_str(dec_str(&d), STR("$work"));
    expect_end(f, ERR_OK);
    at = begin(f, ADMIN_READ);
    enc_str(&f->out, STR("ann"));
    enc_u64(&f->out, object);
    enc_u64(&f->out, 3);
    end(f, at);
    send_all(f);
    assert_true(next(f, &d));
    assert_str(str_n(d.p, d.n), str_from(bytes, 3));
    expect_end(f, ERR_OK);
}

static void a_message_in_error_takes_its_bytes_and_is_answered_once(void **state)
{
    struct fixture *f = *state;
    char big[20000];

    memset(big, 'x', sizeof big);
    add(f, "ann");
    ask_ok(f);
    append(f, "nobody", "INBOX", STR("x"));
    append(f, "ann", "Nowhere", STR("x"));
    append_begin(f, "ann", "INBOX", NULL);
    for (int i = 0; i < 6; i++)
        data(f, str_n(big, sizeof big));
    data_end(f, false);
    append_begin(f, "ann", "INBOX", NULL);
    data(f, STR("x"));
    data_end(f, true);
    append(f, "ann", "INBOX", STR("x"));
    send_all(f);
    expect_end(f, ERR_NO_ACCOUNT);
    expect_end(f, ERR_NO_MAILBOX);
    expect_end(f, ERR_TOO_BIG);
    expect_end(f, ERR_OK);
    expect_end(f, ERR_OK);
    assert_int_equal(rooms_count(&f->r, "ann", "INBOX"), 1);
}

static void a_delivery_goes_to_the_detail_and_gets_crlf_and_a_return_path(void **state)
{
    struct fixture *f = *state;

    add(f, "ann");
    ask_ok(f);
    size_t at = begin(f, ADMIN_ACCOUNT_SET);
    enc_str(&f->out, STR("ann"));
    enc_u8(&f->out, 2);
    enc_u8(&f->out, 1);
    end(f, at);
    ask_ok(f);
    at = begin(f, ADMIN_DELIVER);
    enc_str(&f->out, STR("ann+Archive@example.org"));
    enc_u8(&f->out, 1);
    enc_str(&f->out, STR("s@b"));
    end(f, at);
    data(f, STR("A: 1\n\nx\n"));
    data_end(f, false);
    ask_ok(f);
    assert_lit(rooms_message(&f->r, "ann", "Archive", 0),
               "Return-Path: <s@b>\r\nA: 1\r\n\r\nx\r\n");
}

static void a_deleted_account_is_gone_and_its_name_free(void **state)
{
    struct fixture *f = *state;

    add(f, "ann");
    ask_ok(f);
    append(f, "ann", "INBOX", STR("A: 1\r\n\r\nx"));
    ask_ok(f);
    strings(f, ADMIN_ACCOUNT_DELETE, "ann", NULL, NULL);
    ask_ok(f);
    append(f, "ann", "INBOX", STR("A: 1\r\n\r\nx"));
    send_all(f);
    expect_end(f, ERR_NO_ACCOUNT);
    add(f, "ann");
    ask_ok(f);
    assert_int_equal(rooms_count(&f->r, "ann", "INBOX"), 0);
}

static void names_that_make_no_sense_are_refused_with_a_reason(void **state)
{
    struct fixture *f = *state;
    struct dec d;

    add(f, "ann");
    ask_ok(f);
    size_t at = begin(f, ADMIN_MAILBOX_CREATE);
    enc_str(&f->out, STR("ann"));
    enc_str(&f->out, STR("a//b"));
    enc_u32(&f->out, 0);
    end(f, at);
    strings(f, ADMIN_MAILBOX_RENAME, "ann", "Nowhere", "x");
    strings(f, ADMIN_MAILBOX_DELETE, "ann", "INBOX", NULL);
    send_all(f);
    assert_false(next(f, &d));
    assert_int_equal(dec_u32(&d), ERR_BAD_NAME);
    assert_true(dec_str(&d).n > 0);
    expect_end(f, ERR_NO_MAILBOX);
    assert_false(next(f, &d));
    assert_int_not_equal(dec_u32(&d), ERR_OK);
}

/* ---- those who do not speak this ---- */

static void expect_closed(struct fixture *f, struct str bytes)
{
    struct conn *c = conn_detached_new(admin_door(f->door), false, true);

    conn_detached_feed(c, bytes);
    assert_false(rooms_turn(&f->r, c));
    conn_detached_free(c);
}

static void frames_that_are_none_end_the_connection(void **state)
{
    struct fixture *f = *state;

    expect_closed(f, STR("\0\0\0\0"));
    expect_closed(f, STR("GET / HTTP/1.0\r\n\r\n"));
    expect_closed(f, STR("\1\0\0\0\377"));
    expect_closed(f, STR("\1\0\0\0\0"));
    expect_closed(f, STR("\2\0\0\0\21x")); /* DATA without a message */
    expect_closed(f, STR("\1\0\0\0\22"));  /* its end */
}

static void requests_cut_off_in_their_fields_are_refused(void **state)
{
    struct fixture *f = *state;
    struct dec d;

    for (int verb = ADMIN_HELLO; verb <= ADMIN_CHECK; verb++) {
        if (verb == ADMIN_DATA || verb == ADMIN_DATA_END || verb == ADMIN_HELLO ||
            verb == ADMIN_ACCOUNT_LIST || verb == ADMIN_CHECK)
            continue;
        size_t at = begin(f, (enum admin_verb)verb);
        enc_u8(&f->out, 200); /* a string of 200 bytes that is not there */
        end(f, at);
        if (verb == ADMIN_APPEND || verb == ADMIN_DELIVER)
            data_end(f, false);
        send_all(f);
        assert_false(next(f, &d));
        assert_int_not_equal(dec_u32(&d), ERR_OK);
        assert_int_equal(f->in.n, 0);
    }
}

static void a_connection_that_ends_with_ops_under_way_leaves_them_to_end_by_themselves(void **state)
{
    struct fixture *f = *state;

    add(f, "ann");
    ask_ok(f);
    memory_auto(f->r.store, false);
    append(f, "ann", "INBOX", STR("A: 1\r\n\r\nx"));
    append(f, "ann", "INBOX", STR("A: 2\r\n\r\nx"));
    append_begin(f, "ann", "INBOX", NULL);
    data(f, STR("never ended"));
    send_all(f);
    conn_detached_eof(f->c);
    assert_false(rooms_turn(&f->r, f->c));
    conn_detached_free(f->c);
    f->c = NULL;
    end_commits(f);
    assert_int_equal(rooms_count(&f->r, "ann", "INBOX"), 2);
}

static void a_commit_that_fails_is_told(void **state)
{
    struct fixture *f = *state;

    add(f, "ann");
    ask_ok(f);
    memory_auto(f->r.store, false);
    append(f, "ann", "INBOX", STR("A: 1\r\n\r\nx"));
    send_all(f);
    memory_end(f->r.store, 0, ERR_NO_SPACE);
    send_all(f);
    expect_end(f, ERR_NO_SPACE);
    assert_int_equal(rooms_count(&f->r, "ann", "INBOX"), 0);
}

static void check(struct fixture *f, bool repair, enum err want, int rows)
{
    size_t at = begin(f, ADMIN_CHECK);
    struct dec d;

    enc_str(&f->out, STR("ann"));
    enc_u8(&f->out, 1);
    enc_u8(&f->out, repair);
    end(f, at);
    send_all(f);
    for (int i = 0; i < rows; i++)
        assert_true(next(f, &d));
    expect_end(f, want);
}

static void a_summary_that_is_another_messages_is_found_and_made_again(void **state)
{
    struct fixture *f = *state;
    struct buf list = BUF_INIT, more = BUF_INIT;
    struct account_record ann;
    struct account *acct;
    struct version *v;
    struct row one, two;
    bool got;

    add(f, "ann");
    ask_ok(f);
    append(f, "ann", "INBOX", STR("Subject: one\r\n\r\none"));
    append(f, "ann", "INBOX", STR("Subject: two\r\n\r\ntwo"));
    send_all(f);
    f->in = STR("");
    assert_ok(directory_find(f->r.directory, f->r.a, STR("ann"), &ann));
    assert_ok(account_open(f->r.ms, ann.id, &acct));
    struct names *names = account_names(acct);
    assert_ok(account_version(acct, names_find(names, STR("INBOX"))->mailbox, &v));
    names_unref(names);
    assert_ok(version_row(v, 1, &one, &got));
    assert_ok(version_row(v, 2, &two, &got));
    version_unref(v);
    check(f, false, ERR_OK, 1);
    assert_ok(intake_summarize(acct, two.object, &list, &more));
    account_summary_renew(acct, one.object, buf_str(&list), buf_str(&more));
    test_exec_run(&f->r.exec);
    check(f, false, ERR_CORRUPT, 2);
    check(f, true, ERR_OK, 2);
    check(f, false, ERR_OK, 1);
    buf_fini(&list);
    buf_fini(&more);
    account_unref(acct);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(hello_tells_whether_there_are_accounts),
        TEST(a_new_account_has_the_mailboxes_that_everybody_expects),
        TEST(a_name_is_given_once),
        TEST(replies_come_in_the_order_of_the_requests),
        TEST(nothing_is_answered_before_it_is_durable),
        TEST(what_is_sent_ahead_shares_its_commits),
        TEST(more_than_may_be_sent_ahead_waits_and_is_done),
        TEST(a_message_keeps_its_octets_date_zone_flags_and_keywords),
        TEST(a_message_in_error_takes_its_bytes_and_is_answered_once),
        TEST(a_delivery_goes_to_the_detail_and_gets_crlf_and_a_return_path),
        TEST(a_deleted_account_is_gone_and_its_name_free),
        TEST(names_that_make_no_sense_are_refused_with_a_reason),
        TEST(frames_that_are_none_end_the_connection),
        TEST(requests_cut_off_in_their_fields_are_refused),
        TEST(a_connection_that_ends_with_ops_under_way_leaves_them_to_end_by_themselves),
        TEST(a_commit_that_fails_is_told),
        TEST(a_summary_that_is_another_messages_is_found_and_made_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
