/* Where commands end.  Events are written as text and compared; every script runs whole and in
 * pieces. */
#include "test.h"

#include "base/mem.h"
#include "imap/input.h"
#include "input_run.h"

static void check_run(struct str s, const enum answer *answers, size_t n, size_t piece,
                      const char *want)
{
    struct run r = {.answers = answers, .n_answers = n};

    imap_input_init(&r.in);
    run_pieces(&r, s, piece);
    assert_str(buf_str(&r.log), str_of(want));
    buf_fini(&r.log);
    imap_input_fini(&r.in);
}

static void check_events(struct str s, const enum answer *answers, size_t n, const char *want)
{
    static const size_t pieces[] = {1, 2, 3, 7, 1000, SIZE_MAX / 2};

    for (size_t i = 0; i < ARRAY_LEN(pieces); i++) {
        if (s.n / pieces[i] < 1000000)
            check_run(s, answers, n, pieces[i], want);
    }
}

/* Every literal is taken. */
#define EVENTS(lit, want) check_events(STR(lit), NULL, 0, (want))
/* The literals are answered like this. */
#define ANSWERED(lit, want, ...)                                                                   \
    do {                                                                                           \
        const enum answer answers_[] = {__VA_ARGS__};                                              \
        check_events(STR(lit), answers_, ARRAY_LEN(answers_), want);                               \
    } while (0)

static void lines_are_commands(void **state)
{
    EVENTS("a NOOP\r\nb NOOP\nc NO\rOP\r\nd",
           "command a NOOP\\r\\n\ncommand b NOOP\\n\ncommand c NO\\rOP\\r\\n\n");
}

static void empty_lines_before_a_command_are_skipped(void **state)
{
    EVENTS("\r\n\n\r\na NOOP\r\n\r\n", "command a NOOP\\r\\n\n");
    EVENTS(" \r\n", "command  \\r\\n\n");
}

static void literals_are_asked_for_and_taken(void **state)
{
    EVENTS("a LOGIN {1}\r\nb {2+}\r\ncd\r\n",
           "literal 1\nliteral 2+\ncommand a LOGIN {1}\\r\\nb {2+}\\r\\ncd\\r\\n\n");
    EVENTS("a APPEND x ~{3}\r\na\0b\r\n",
           "literal 3 binary\ncommand a APPEND x ~{3}\\r\\na\\0b\\r\\n\n");
    EVENTS("a APPEND x ~{0+}\r\n\r\nb\r\n",
           "literal 0+ binary\ncommand a APPEND x ~{0+}\\r\\n\\r\\n\ncommand b\\r\\n\n");
    EVENTS("a X {4}\n{9}\n b\n", "literal 4\ncommand a X {4}\\n{9}\\n b\\n\n");
    EVENTS("a X {0000000005}\r\nabcde\r\n",
           "literal 5\ncommand a X {0000000005}\\r\\nabcde\\r\\n\n");
    EVENTS("a X {4}\r\n\"{1}\r\n", "literal 4\ncommand a X {4}\\r\\n\"{1}\\r\\n\n");
    EVENTS("a X {1}\r\n\" {1}\r\nb\r\n", /* the quote is in the literal */
           "literal 1\nliteral 1\ncommand a X {1}\\r\\n\" {1}\\r\\nb\\r\\n\n");
    EVENTS("a X {2}\r\n\" {1}\r\nb\r\n",
           "literal 2\nliteral 1\ncommand a X {2}\\r\\n\" {1}\\r\\nb\\r\\n\n");
}

static void what_looks_like_a_literal_need_not_be_one(void **state)
{
    EVENTS("a X {3} \r\n", "command a X {3} \\r\\n\n");
    EVENTS("a X {3}b\r\n", "command a X {3}b\\r\\n\n");
    EVENTS("a X {}\r\n", "command a X {}\\r\\n\n");
    EVENTS("a X {+}\r\n", "command a X {+}\\r\\n\n");
    EVENTS("a X {3-}\r\n", "command a X {3-}\\r\\n\n");
    EVENTS("a X {-3}\r\n", "command a X {-3}\\r\\n\n");
    EVENTS("a X 3}\r\n", "command a X 3}\\r\\n\n");
    EVENTS("3}\r\n", "command 3}\\r\\n\n");
    EVENTS("a X {x3}\r\n", "command a X {x3}\\r\\n\n");
    EVENTS("a X \"{3}\r\n", "command a X \"{3}\\r\\n\n");
    EVENTS("a X \"\\\"{3}\r\n", "command a X \"\\\"{3}\\r\\n\n");
    EVENTS("a X \"\\\\\"{3}\r\nabc\r\n", "literal 3\ncommand a X \"\\\\\"{3}\\r\\nabc\\r\\n\n");
    EVENTS("a X \"b\" {1}\r\nc\r\n", "literal 1\ncommand a X \"b\" {1}\\r\\nc\\r\\n\n");
}

static void streamed_bytes_stay_outside(void **state)
{
    ANSWERED("a APPEND x {5}\r\nhello\r\nb NOOP\r\n",
             "literal 5\ncommand a APPEND x {5}\\r\\n\\r\\n external 16\ncommand b NOOP\\r\\n\n",
             STREAM);
    ANSWERED(
        "a X {1}\r\nb {5+}\r\n{1}\r\n {1}\r\nc)\r\n",
        "literal 1\nliteral 5+\nliteral 1\ncommand a X {1}\\r\\nb {5+}\\r\\n {1}\\r\\nc)\\r\\n "
        "external 17\n",
        TAKE, STREAM);
}

static void a_command_has_few_streamed_literals(void **state)
{
    ANSWERED("a X {1+}\r\nb {1+}\r\nb {1+}\r\nb {1+}\r\nb {1+}\r\nb\r\nc NOOP\r\n",
             "literal 1+\nliteral 1+\nliteral 1+\nliteral 1+\nbad a Too many literals\n"
             "command c NOOP\\r\\n\n",
             STREAM, STREAM, STREAM, STREAM, STREAM);
}

static void refused_literals_end_their_command(void **state)
{
    ANSWERED("a LOGIN {5}\r\nb NOOP\r\n", "literal 5\ncommand b NOOP\\r\\n\n", REFUSE);
    ANSWERED("a LOGIN {5+}\r\nb NO\n {7+}\r\nc NOOP\n x\r\nd NOOP\r\n",
             "literal 5+\ncommand d NOOP\\r\\n\n", REFUSE);
    ANSWERED("a LOGIN {5+}\r\nb NO\n {7}\r\nc NOOP\r\n", "literal 5+\ncommand c NOOP\\r\\n\n",
             REFUSE);
}

static void skipped_literals_never_become_commands(void **state)
{
    ANSWERED("a APPEND x {6+}\r\nc NOOP\r\nb NOOP\r\n",
             "literal 6+\nbad a skipped\ncommand b NOOP\\r\\n\n", SKIP);
    ANSWERED("a X {8+}\r\nc NOOP\r\n {8+}\r\nd NOOP\r\n\r\nb NOOP\r\n",
             "literal 8+\nbad a skipped\ncommand b NOOP\\r\\n\n", SKIP);
    ANSWERED("a X {8+}\r\nc NOOP\r\n {8}\r\nb NOOP\r\n",
             "literal 8+\nbad a skipped\ncommand b NOOP\\r\\n\n", SKIP);
    ANSWERED("a X {8}\r\nb NOOP\r\n", "literal 8\nbad a skipped\ncommand b NOOP\\r\\n\n", SKIP);
    ANSWERED("a X {0+}\r\n\r\nb NOOP\r\n", "literal 0+\nbad a skipped\ncommand b NOOP\\r\\n\n",
             SKIP);
}

static void sizes_have_a_limit(void **state)
{
    EVENTS("a X {9223372036854775808}\r\nb NOOP\r\n",
           "bad a Literal too large\ncommand b NOOP\\r\\n\n");
    EVENTS("a X {18446744073709551616}\r\nb NOOP\r\n",
           "bad a Literal too large\ncommand b NOOP\\r\\n\n");
    EVENTS("a X ~{99999999999999999999999999999999999999999999999999}\r\nb NOOP\r\n",
           "bad a Literal too large\ncommand b NOOP\\r\\n\n");
    EVENTS("a X {18446744073709551616+}\r\nb NOOP\r\n", "fatal Literal too large\n");
    ANSWERED("a X {9223372036854775807}\r\nb NOOP\r\n",
             "literal 9223372036854775807\ncommand b NOOP\\r\\n\n", REFUSE);
}

static struct str repeat(struct buf *b, const char *head, const char *unit, size_t n,
                         const char *tail)
{
    buf_clear(b);
    buf_add_cstr(b, head);
    for (size_t i = 0; i < n; i++)
        buf_add_cstr(b, unit);
    buf_add_cstr(b, tail);
    return buf_str(b);
}

static void a_line_has_a_limit(void **state)
{
    struct buf b = BUF_INIT;
    const size_t fill = IMAP_MAX_LINE - strlen("a X \r\n");

    check_events(repeat(&b, "a X ", "y", fill, "\r\nb NOOP\r\n"), NULL, 0,
                 "command 65536 bytes\ncommand b NOOP\\r\\n\n");
    check_events(repeat(&b, "a X ", "y", fill + 1, "\r\nb NOOP\r\n"), NULL, 0,
                 "bad a Command line too long\ncommand b NOOP\\r\\n\n");
    check_events(repeat(&b, "a X ", "y", 200000, "\r\nb NOOP\r\n"), NULL, 0,
                 "bad a Command line too long\ncommand b NOOP\\r\\n\n");
    check_events(repeat(&b, "", "y", 100000, " NOOP\r\nb NOOP\r\n"), NULL, 0,
                 "bad * Command line too long\ncommand b NOOP\\r\\n\n");
    check_events(repeat(&b, "a X ", "y", 70000, " {8+}\r\nc NOOP\r\n\r\nb NOOP\r\n"), NULL, 0,
                 "bad a Command line too long\ncommand b NOOP\\r\\n\n");
    check_events(repeat(&b, "a X \"", "y", 70000, " {8+}\r\nb NOOP\r\n"), NULL, 0,
                 "bad a Command line too long\ncommand b NOOP\\r\\n\n");
    check_events(repeat(&b, "a X ", "y", 70000, " {8}\r\nb NOOP\r\n"), NULL, 0,
                 "bad a Command line too long\ncommand b NOOP\\r\\n\n");
    check_events(repeat(&b, "a X ", "(", 70000, " {20000000+}\r\nb NOOP\r\n"), NULL, 0,
                 "bad a Command line too long\nfatal Too much of one command\n");
    buf_fini(&b);
}

static void the_limit_of_a_line_counts_all_of_a_commands_text(void **state)
{
    struct buf b = BUF_INIT;

    repeat(&b, "a X ", "y", 40000, " {3+}\r\nabc");
    for (int i = 0; i < 40000; i++)
        buf_add_char(&b, 'z');
    BUF_LIT(&b, "\r\nb NOOP\r\n");
    check_events(buf_str(&b), NULL, 0,
                 "literal 3+\nbad a Command line too long\ncommand b NOOP\\r\\n\n");
    buf_fini(&b);
}

static void a_client_that_does_not_stop_is_cut_off(void **state)
{
    struct run r = {0};
    char block[65536];
    size_t fed = 0;

    memset(block, '(', sizeof(block));
    imap_input_init(&r.in);
    while (!r.fatal && fed < (size_t)100 << 20) {
        run_piece(&r, str_n(block, sizeof(block)));
        fed += sizeof(block);
        assert_true(r.in.buf.cap <= 2 * IMAP_MAX_LINE);
    }
    assert_lit(buf_str(&r.log), "bad * Command line too long\nfatal Command line far too long\n");
    assert_true(fed > IMAP_MAX_SKIPPED && fed < IMAP_MAX_SKIPPED + 3 * sizeof(block));
    buf_fini(&r.log);
    imap_input_fini(&r.in);
}

static void a_command_has_a_number_of_literals(void **state)
{
    struct buf b = BUF_INIT, want = BUF_INIT;

    for (int i = 0; i < IMAP_MAX_LITERALS; i++)
        BUF_LIT(&want, "literal 1+\n");
    BUF_LIT(&want, "bad a Too many literals\ncommand b NOOP\\r\\n\n");
    buf_add_char(&want, '\0');
    check_events(repeat(&b, "a X", " {1+}\r\nx", 5000, "\r\nb NOOP\r\n"), NULL, 0, want.p);
    buf_fini(&b);
    buf_fini(&want);
}

static void a_command_has_a_size(void **state)
{
    struct buf b = BUF_INIT;

    check_events(repeat(&b, "a X {300000+}\r\n", "yyy", 100000, "\r\nb NOOP\r\n"), NULL, 0,
                 "literal 300000+\nbad a Command too large\ncommand b NOOP\\r\\n\n");
    check_events(repeat(&b, "a X {200000+}\r\n", "yy", 100000, " {70000+}\r\nb NOOP\r\n"), NULL, 0,
                 "literal 200000+\nliteral 70000+\n");
    buf_fini(&b);
}

static void room_for_a_literal_is_known_before_it_comes(void **state)
{
    struct imap_input in;
    size_t used;

    imap_input_init(&in);
    assert_int_equal(imap_input_feed(&in, STR("a X {262132}\r\n"), &used), IMAP_LITERAL);
    assert_false(imap_input_fits(&in)); /* 14 bytes of text before it */
    imap_input_refuse(&in);
    assert_int_equal(imap_input_feed(&in, STR("a X {262130}\r\n"), &used), IMAP_LITERAL);
    assert_true(imap_input_fits(&in));
    imap_input_refuse(&in);
    assert_int_equal(imap_input_feed(&in, STR("a X {9223372036854775807}\r\n"), &used),
                     IMAP_LITERAL);
    assert_false(imap_input_fits(&in));
    imap_input_fini(&in);
}

static void nothing_is_held_between_commands(void **state)
{
    struct imap_input in;
    size_t used;

    imap_input_init(&in);
    assert_true(imap_input_idle(&in));
    assert_int_equal(imap_input_feed(&in, STR("a NO"), &used), IMAP_MORE);
    assert_false(imap_input_idle(&in));
    assert_int_equal(imap_input_feed(&in, STR("OP\r\nb"), &used), IMAP_COMMAND);
    assert_int_equal(used, 4);
    assert_false(imap_input_idle(&in));
    imap_input_next(&in);
    assert_true(imap_input_idle(&in));
    assert_null(in.buf.p);
    imap_input_fini(&in);
}

static void the_tag_is_known_for_bad_answers(void **state)
{
    static const struct {
        const char *text, *tag;
    } rows[] = {
        {"a1 {9999999999999999999999}\r\n", "a1"},  {"a{9999999999999999999999}\r\n", "*"},
        {"+ {9999999999999999999999}\r\n", "*"},    {"{9999999999999999999999}\r\n", "*"},
        {"\x01 {9999999999999999999999}\r\n", "*"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct imap_input in;
        size_t used;

        imap_input_init(&in);
        assert_int_equal(imap_input_feed(&in, str_of(rows[i].text), &used), IMAP_BAD);
        assert_str(imap_input_tag(&in), str_of(rows[i].tag));
        imap_input_fini(&in);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_commands),
        cmocka_unit_test(empty_lines_before_a_command_are_skipped),
        cmocka_unit_test(literals_are_asked_for_and_taken),
        cmocka_unit_test(what_looks_like_a_literal_need_not_be_one),
        cmocka_unit_test(streamed_bytes_stay_outside),
        cmocka_unit_test(a_command_has_few_streamed_literals),
        cmocka_unit_test(refused_literals_end_their_command),
        cmocka_unit_test(skipped_literals_never_become_commands),
        cmocka_unit_test(sizes_have_a_limit),
        cmocka_unit_test(a_line_has_a_limit),
        cmocka_unit_test(the_limit_of_a_line_counts_all_of_a_commands_text),
        cmocka_unit_test(a_client_that_does_not_stop_is_cut_off),
        cmocka_unit_test(a_command_has_a_number_of_literals),
        cmocka_unit_test(a_command_has_a_size),
        cmocka_unit_test(room_for_a_literal_is_known_before_it_comes),
        cmocka_unit_test(nothing_is_held_between_commands),
        cmocka_unit_test(the_tag_is_known_for_bad_answers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
