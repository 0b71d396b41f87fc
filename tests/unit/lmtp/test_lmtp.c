#include "test.h"

#include "base/clock.h"
#include "lib/rooms.h"
#include "lmtp/lmtp.h"

#include <stdlib.h>

enum { MAX_MESSAGE = 4000 };

struct fixture {
    struct rooms r;
    struct lmtp_door *door;
    struct conn *c;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct lmtp_options o = {.max_message = MAX_MESSAGE, .hostname = STR("mx.example.org")};

    rooms_open(&f->r);
    rooms_account(&f->r, "ann", true, false);
    rooms_account(&f->r, "ben", false, false);
    rooms_account(&f->r, "gone", false, true);
    rooms_mailbox(&f->r, "ann", "birds");
    rooms_mailbox(&f->r, "ben", "birds");
    f->door = lmtp_door_new(f->r.ms, f->r.auth, &o);
    f->c = conn_detached_new(lmtp_door(f->door), false, true);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    memory_auto(f->r.store, true);
    while (memory_waiting(f->r.store) > 0)
        memory_end(f->r.store, 0, ERR_OK);
    test_exec_run(&f->r.exec);
    conn_detached_free(f->c);
    lmtp_door_free(f->door);
    rooms_close(&f->r);
    free(f);
    return 0;
}

static struct str say(struct fixture *f, const char *text)
{
    return rooms_say(&f->r, f->c, str_of(text));
}

/* The codes of the replies, one line each: "250 250 354". */
static struct str codes(struct fixture *f, struct str replies)
{
    struct buf out = BUF_INIT;

    while (replies.n > 0) {
        size_t end = str_search(replies, STR("\r\n"));
        assert_int_not_equal(end, SIZE_MAX);
        assert_true(end >= 4);
        if (replies.p[3] == ' ') {
            if (out.n)
                buf_add_char(&out, ' ');
            buf_add(&out, replies.p, 3);
        }
        replies = str_from(replies, end + 2);
    }
    struct str s = arena_str(f->r.a, buf_str(&out));
    buf_fini(&out);
    return s;
}

#define assert_codes(f, text, want) assert_str(codes((f), say((f), (text))), STR(want))

static void greet(struct fixture *f)
{
    assert_codes(f, "", "220");
    assert_codes(f, "LHLO client.example\r\n", "250");
}

/* The message as it was sent, behind the two trace fields (three lines or more). */
static struct str without_trace(struct str m)
{
    assert_true(str_starts(m, STR("Return-Path: <")));
    size_t at = str_search(m, STR("+0000\r\n"));
    assert_int_not_equal(at, SIZE_MAX);
    return str_from(m, at + 7);
}

/* ---- the conversation ---- */

static void the_greeting_names_what_can_be_done(void **state)
{
    struct fixture *f = *state;

    assert_true(str_starts(say(f, ""), STR("220 mx.example.org LMTP")));
    struct str caps = say(f, "LHLO c\r\n");
    static const struct str wanted[] = {STR_INIT("250-PIPELINING\r\n"),
                                        STR_INIT("250-8BITMIME\r\n"),
                                        STR_INIT("250-SMTPUTF8\r\n"),
                                        STR_INIT("250-CHUNKING\r\n"),
                                        STR_INIT("250-ENHANCEDSTATUSCODES\r\n"),
                                        STR_INIT("250 SIZE 4000\r\n")};
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
        assert_int_not_equal(str_search(caps, wanted[i]), SIZE_MAX);
}

static void smtp_is_refused_so_that_its_client_notices(void **state)
{
    struct fixture *f = *state;

    assert_codes(f, "HELO c\r\n", "220 500");
    assert_codes(f, "EHLO c\r\n", "500");
}

static void commands_out_of_place_are_refused(void **state)
{
    struct fixture *f = *state;

    assert_codes(f, "MAIL FROM:<>\r\n", "220 503");
    assert_codes(f, "LHLO\r\n", "501");
    assert_codes(f, "LHLO c\r\n", "250");
    assert_codes(f, "RCPT TO:<ann@example.org>\r\n", "503");
    assert_codes(f, "DATA\r\n", "503");
    assert_codes(f, "MAIL FROM:<a@b>\r\nMAIL FROM:<a@b>\r\n", "250 503");
    assert_codes(f, "DATA\r\n", "503");
    assert_codes(f, "NOOP\r\nVRFY ann\r\nHELP\r\nFOO\r\nRSET\r\n", "250 252 214 500 250");
    assert_codes(f, "RCPT TO:<ann@example.org>\r\n", "503");
    assert_codes(f, "QUIT\r\n", "221");
    assert_false(conn_detached_run(f->c));
}

static void parameters_are_checked(void **state)
{
    struct fixture *f = *state;

    greet(f);
    assert_codes(f, "MAIL FROM:<a@b> SIZE=5000\r\n", "552");
    assert_codes(f, "MAIL FROM:<a@b> SIZE=x\r\n", "501");
    assert_codes(f, "MAIL FROM:<a@b> BODY=BINARYMIME\r\n", "501");
    assert_codes(f, "MAIL FROM:<a@b> RET=FULL\r\n", "555");
    assert_codes(f, "MAIL FROM:a@b\r\n", "501");
    assert_codes(f, "mail from:<a@b> size=10 body=8bitmime smtputf8\r\n", "250");
    assert_codes(f, "RCPT TO:<ann@example.org> NOTIFY=NEVER\r\n", "555");
}

static void who_is_unknown_or_disabled_is_told_at_rcpt(void **state)
{
    struct fixture *f = *state;

    greet(f);
    assert_codes(f, "MAIL FROM:<a@b>\r\n", "250");
    assert_codes(f, "RCPT TO:<nobody@example.org>\r\n", "550");
    assert_codes(f, "RCPT TO:<ann@elsewhere.example>\r\n", "550");
    assert_codes(f, "RCPT TO:<gone@example.org>\r\n", "550");
    assert_codes(f, "RCPT TO:<>\r\n", "501");
    assert_codes(f, "RCPT TO:<ann@example.org>\r\n", "250");
}

static void a_line_that_does_not_end_ends_the_connection(void **state)
{
    struct fixture *f = *state;
    char *line = calloc(1, LMTP_MAX_LINE + 3);

    greet(f);
    memset(line, 'x', LMTP_MAX_LINE + 1);
    assert_codes(f, line, "500");
    assert_false(conn_detached_run(f->c));
    free(line);
}

static void silence_is_answered_with_421(void **state)
{
    struct fixture *f = *state;

    greet(f);
    int64_t later = clock_wall_ms() + 301 * 1000;
    clock_set_for_test(later, later);
    assert_codes(f, "", "421");
    assert_false(conn_detached_run(f->c));
}

/* ---- delivery ---- */

static void each_recipient_gets_an_answer_of_its_own(void **state)
{
    struct fixture *f = *state;

    greet(f);
    assert_codes(f, "MAIL FROM:<s@b>\r\n", "250");
    assert_codes(f, "RCPT TO:<ann@example.org>\r\n", "250");
    assert_codes(f, "RCPT TO:<nobody@example.org>\r\n", "550");
    assert_codes(f, "RCPT TO:<ben@example.org>\r\n", "250");
    assert_codes(f, "DATA\r\n", "354");
    assert_codes(f, "Subject: x\r\n\r\nhello\r\n.\r\n", "250 250");
    assert_int_equal(rooms_count(&f->r, "ann", "INBOX"), 1);
    assert_int_equal(rooms_count(&f->r, "ben", "INBOX"), 1);
    struct str m = rooms_message(&f->r, "ann", "INBOX", 0);
    assert_true(str_starts(m, STR("Return-Path: <s@b>\r\nReceived: by mx.example.org with LMTP")));
    assert_int_not_equal(str_search(m, STR("Thu, 1 Jan 2026 00:00:00 +0000\r\n")), SIZE_MAX);
    assert_lit(without_trace(m), "Subject: x\r\n\r\nhello\r\n");
}

static void everything_may_be_sent_at_once(void **state)
{
    struct fixture *f = *state;

    assert_codes(
        f,
        "LHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<ann@example.org>\r\nDATA\r\nA: 1\r\n\r\none\r\n.\r\n"
        "MAIL FROM:<>\r\nRCPT TO:<ben@example.org>\r\nDATA\r\nA: 2\r\n\r\ntwo\r\n.\r\nQUIT\r\n",
        "220 250 250 250 354 250 250 250 354 250 221");
    assert_lit(without_trace(rooms_message(&f->r, "ann", "INBOX", 0)), "A: 1\r\n\r\none\r\n");
    assert_lit(without_trace(rooms_message(&f->r, "ben", "INBOX", 0)), "A: 2\r\n\r\ntwo\r\n");
}

static void a_mailbox_named_twice_gets_one_message_and_two_answers(void **state)
{
    struct fixture *f = *state;

    greet(f);
    assert_codes(f,
                 "MAIL FROM:<>\r\nRCPT TO:<ann@example.org>\r\nRCPT TO:<ANN@example.org>\r\n"
                 "RCPT TO:<ann+birds@example.org>\r\nDATA\r\n",
                 "250 250 250 250 354");
    assert_codes(f, "A: 1\r\n\r\n.\r\n", "250 250 250");
    assert_int_equal(rooms_count(&f->r, "ann", "INBOX"), 1);
    assert_int_equal(rooms_count(&f->r, "ann", "birds"), 1);
}

static void the_detail_is_a_mailbox_only_where_the_account_wishes_it_and_has_it(void **state)
{
    struct fixture *f = *state;

    greet(f);
    assert_codes(
        f,
        "MAIL FROM:<>\r\nRCPT TO:<ann+birds@example.org>\r\nRCPT TO:<ann+none@example.org>\r\n"
        "RCPT TO:<ben+birds@example.org>\r\nDATA\r\nA: 1\r\n\r\n.\r\n",
        "250 250 250 250 354 250 250 250");
    assert_int_equal(rooms_count(&f->r, "ann", "birds"), 1);
    assert_int_equal(rooms_count(&f->r, "ann", "INBOX"), 1);
    assert_int_equal(rooms_count(&f->r, "ann", "none"), -1);
    assert_int_equal(rooms_count(&f->r, "ben", "birds"), 0);
    assert_int_equal(rooms_count(&f->r, "ben", "INBOX"), 1);
}

/* ---- bytes ---- */

static const struct str stuffed = STR_INIT("..one\r\n.\r.\r\ntwo\r\n..\r\n...\r\nthree\r\n.x\r\n");
static const struct str unstuffed = STR_INIT(".one\r\n\r.\r\ntwo\r\n.\r\n..\r\nthree\r\nx\r\n");

static void start_data(struct fixture *f)
{
    assert_codes(f, "MAIL FROM:<>\r\nRCPT TO:<ann@example.org>\r\nDATA\r\n", "250 250 354");
}

static void dots_are_undone_wherever_the_bytes_are_cut(void **state)
{
    struct fixture *f = *state;
    struct str all = arena_printf(f->r.a, "%.*s.\r\n", STR_FMT(stuffed));

    greet(f);
    for (size_t cut = 0; cut <= all.n; cut++) {
        start_data(f);
        assert_int_equal(rooms_say(&f->r, f->c, str_sub(all, 0, cut)).n > 0, cut == all.n);
        if (cut < all.n)
            assert_lit(codes(f, rooms_say(&f->r, f->c, str_from(all, cut))), "250");
        assert_str(without_trace(rooms_message(&f->r, "ann", "INBOX", (uint32_t)cut)), unstuffed);
    }
    start_data(f);
    for (size_t i = 0; i + 1 < all.n; i++)
        assert_int_equal(rooms_say(&f->r, f->c, str_sub(all, i, 1)).n, 0);
    assert_lit(codes(f, say(f, "\n")), "250");
    assert_str(without_trace(rooms_message(&f->r, "ann", "INBOX", (uint32_t)all.n + 1)), unstuffed);
}

/* What others took for the end of the data (SMTP smuggling, 2023): here it is part of the message.
 */
static void only_crlf_dot_crlf_ends_the_data(void **state)
{
    static const struct str ends[] = {STR_INIT("\n.\n"),       STR_INIT("\n.\r\n"),
                                      STR_INIT("\r\n.\n"),     STR_INIT("\r.\r"),
                                      STR_INIT("\r\n.\r"),     STR_INIT("\n.\r"),
                                      STR_INIT("\r\n\0.\r\n"), STR_INIT("\r\n.\0\r\n"),
                                      STR_INIT("\r.\r\n"),     STR_INIT("\r\r\n.x\r\n")};
    struct fixture *f = *state;

    greet(f);
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        struct buf text = BUF_INIT;
        start_data(f);
        BUF_LIT(&text, "A: 1\r\n\r\nbefore");
        buf_add_str(&text, ends[i]);
        BUF_LIT(
            &text,
            "MAIL FROM:<evil@b>\r\nRCPT TO:<ben@example.org>\r\nDATA\r\nB: 2\r\n\r\nx\r\n.\r\n");
        assert_lit(codes(f, rooms_say(&f->r, f->c, buf_str(&text))), "250");
        assert_int_equal(rooms_count(&f->r, "ann", "INBOX"), (int)i + 1);
        assert_int_equal(rooms_count(&f->r, "ben", "INBOX"), 0);
        struct str m = rooms_message(&f->r, "ann", "INBOX", (uint32_t)i);
        assert_int_not_equal(str_search(m, STR("RCPT TO:<ben@example.org>")), SIZE_MAX);
        buf_fini(&text);
    }
}

static void chunks_are_taken_octet_for_octet(void **state)
{
    struct fixture *f = *state;

    greet(f);
    assert_codes(f, "MAIL FROM:<>\r\nRCPT TO:<ann@example.org>\r\nRCPT TO:<ben@example.org>\r\n",
                 "250 250 250");
    assert_codes(f, "BDAT 6\r\nA: 1\r\n", "250");
    assert_codes(f, "DATA\r\n", "503");
    assert_codes(f, "RCPT TO:<ann@example.org>\r\n", "503");
    assert_codes(f, "BDAT 8 LAST\r\n\r\n.\r\n.\nx", "250 250");
    assert_lit(without_trace(rooms_message(&f->r, "ann", "INBOX", 0)), "A: 1\r\n\r\n.\r\n.\nx");
    assert_codes(f, "MAIL FROM:<>\r\nRCPT TO:<ann@example.org>\r\nBDAT 2\r\nabBDAT 0 LAST\r\n",
                 "250 250 250 250");
    assert_lit(without_trace(rooms_message(&f->r, "ann", "INBOX", 1)), "ab");
}

static void a_chunk_out_of_place_is_read_and_forgotten(void **state)
{
    struct fixture *f = *state;

    greet(f);
    assert_codes(f, "BDAT 6 LAST\r\nQUIT\r\n", "503");
    assert_codes(f, "MAIL FROM:<>\r\nBDAT 6 LAST\r\nQUIT\r\n", "250 503");
    assert_codes(f, "NOOP\r\n", "250");
    assert_codes(f, "BDAT x\r\n", "501");
    assert_false(conn_detached_run(f->c));
}

/* ---- what fails ---- */

static void a_message_that_is_too_big_is_read_to_its_end_and_refused(void **state)
{
    struct fixture *f = *state;
    struct buf big = BUF_INIT;

    greet(f);
    for (int i = 0; i < 200000; i++)
        BUF_LIT(&big, "0123456789abcdef\r\n");
    BUF_LIT(&big, ".\r\n");
    start_data(f);
    assert_lit(codes(f, rooms_say(&f->r, f->c, buf_str(&big))), "552");
    assert_int_equal(rooms_count(&f->r, "ann", "INBOX"), 0);
    start_data(f);
    assert_codes(f, "A: 1\r\n\r\n.\r\n", "250");
    buf_fini(&big);
}

static void a_message_of_exactly_the_limit_is_taken(void **state)
{
    struct fixture *f = *state;
    char text[MAX_MESSAGE + 8] = "";

    greet(f);
    memset(text, 'x', MAX_MESSAGE);
    memcpy(text + MAX_MESSAGE - 2, "\r\n.\r\n", 5);
    start_data(f);
    assert_codes(f, text, "250");
    memset(text, 'x', MAX_MESSAGE);
    memcpy(text + MAX_MESSAGE - 1, "\r\n.\r\n", 5);
    start_data(f);
    assert_codes(f, text, "552");
}

static void no_250_before_the_commit_and_451_when_it_fails(void **state)
{
    struct fixture *f = *state;

    greet(f);
    memory_auto(f->r.store, false);
    assert_codes(
        f, "MAIL FROM:<>\r\nRCPT TO:<ann@example.org>\r\nRCPT TO:<ben@example.org>\r\nDATA\r\n",
        "250 250 250 354");
    assert_codes(f, "A: 1\r\n\r\n.\r\nNOOP\r\n", "");
    assert_true(conn_detached_waiting(f->c));
    assert_int_equal(memory_waiting(f->r.store), 2);
    memory_end(f->r.store, 0, ERR_OK);
    assert_codes(f, "", "");
    memory_end(f->r.store, 0, ERR_IO);
    assert_codes(f, "", "250 451 250");
    assert_int_equal(rooms_count(&f->r, "ann", "INBOX"), 1);
    assert_int_equal(rooms_count(&f->r, "ben", "INBOX"), 0);
}

static void a_client_that_leaves_during_the_commit_leaves_nothing_behind(void **state)
{
    struct fixture *f = *state;

    greet(f);
    memory_auto(f->r.store, false);
    start_data(f);
    assert_codes(f, "A: 1\r\n\r\n.\r\n", "");
    conn_detached_eof(f->c);
    assert_true(rooms_turn(&f->r, f->c));
    memory_end(f->r.store, 0, ERR_OK);
    assert_false(rooms_turn(&f->r, f->c));
    assert_int_equal(rooms_count(&f->r, "ann", "INBOX"), 1);
}

static void a_client_that_leaves_within_the_data_delivers_nothing(void **state)
{
    struct fixture *f = *state;

    greet(f);
    start_data(f);
    assert_codes(f, "A: 1\r\n\r\nhalf", "");
    conn_detached_eof(f->c);
    assert_false(rooms_turn(&f->r, f->c));
    assert_int_equal(rooms_count(&f->r, "ann", "INBOX"), 0);
}

static void a_full_disk_is_452_before_the_message_is_sent(void **state)
{
    struct fixture *f = *state;

    greet(f);
    memory_full(f->r.store, true);
    assert_codes(f, "MAIL FROM:<a@b> SIZE=100\r\n", "452");
    assert_codes(f, "MAIL FROM:<a@b>\r\nRCPT TO:<ann@example.org>\r\nDATA\r\n", "250 250 452");
    assert_codes(f, "MAIL FROM:<a@b>\r\nRCPT TO:<ann@example.org>\r\nBDAT 6 LAST\r\nQUIT\r\n",
                 "250 250 452");
    memory_full(f->r.store, false);
    start_data(f);
    assert_codes(f, "A: 1\r\n\r\n.\r\n", "250");
}

static void recipients_have_a_limit(void **state)
{
    struct fixture *f = *state;

    greet(f);
    assert_codes(f, "MAIL FROM:<>\r\n", "250");
    for (int i = 0; i < LMTP_MAX_RECIPIENTS; i++)
        assert_codes(f, "RCPT TO:<ann@example.org>\r\n", "250");
    assert_codes(f, "RCPT TO:<ben@example.org>\r\n", "452");
    assert_codes(f, "RSET\r\n", "250");
}

static void refused_addresses_take_no_memory_without_end(void **state)
{
    struct fixture *f = *state;
    char name[4001] = "", line[5000];
    int refused = 0;

    greet(f);
    memset(name, 'x', 4000);
    snprintf(line, sizeof line, "MAIL FROM:<%s@b> X=1\r\n", name);
    for (int i = 0; i < 10000; i++)
        rooms_say(&f->r, f->c, str_of(line));
    assert_codes(f, "MAIL FROM:<>\r\nRCPT TO:<ann@example.org>\r\n", "250 250");
    snprintf(line, sizeof line, "RCPT TO:<%s@example.org>\r\n", name);
    while (str_starts(rooms_say(&f->r, f->c, str_of(line)), STR("550 ")))
        assert_true(++refused < 10000);
    assert_codes(f, line, "452");
    assert_codes(f, "DATA\r\nA: 1\r\n\r\n.\r\n", "354 250");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_greeting_names_what_can_be_done),
        TEST(smtp_is_refused_so_that_its_client_notices),
        TEST(commands_out_of_place_are_refused),
        TEST(parameters_are_checked),
        TEST(who_is_unknown_or_disabled_is_told_at_rcpt),
        TEST(a_line_that_does_not_end_ends_the_connection),
        TEST(silence_is_answered_with_421),
        TEST(each_recipient_gets_an_answer_of_its_own),
        TEST(everything_may_be_sent_at_once),
        TEST(a_mailbox_named_twice_gets_one_message_and_two_answers),
        TEST(the_detail_is_a_mailbox_only_where_the_account_wishes_it_and_has_it),
        TEST(dots_are_undone_wherever_the_bytes_are_cut),
        TEST(only_crlf_dot_crlf_ends_the_data),
        TEST(chunks_are_taken_octet_for_octet),
        TEST(a_chunk_out_of_place_is_read_and_forgotten),
        TEST(a_message_that_is_too_big_is_read_to_its_end_and_refused),
        TEST(a_message_of_exactly_the_limit_is_taken),
        TEST(no_250_before_the_commit_and_451_when_it_fails),
        TEST(a_client_that_leaves_during_the_commit_leaves_nothing_behind),
        TEST(a_client_that_leaves_within_the_data_delivers_nothing),
        TEST(a_full_disk_is_452_before_the_message_is_sent),
        TEST(recipients_have_a_limit),
        TEST(refused_addresses_take_no_memory_without_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
