#include "test.h"

#include "base/clock.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

static int real_stderr;
static int log_fds[2];
static char got[70000];

static int setup(void **state)
{
    assert_int_equal(pipe(log_fds), 0);
    real_stderr = dup(STDERR_FILENO);
    dup2(log_fds[1], STDERR_FILENO);
    clock_set_for_test(1700000000123, 0); /* 2023-11-14T22:13:20.123Z */
    log_setup(LOG_DEBUG, LOG_KV);
    return 0;
}

static int teardown(void **state)
{
    dup2(real_stderr, STDERR_FILENO);
    close(real_stderr);
    close(log_fds[0]);
    close(log_fds[1]);
    clock_set_for_test(-1, 0);
    return 0;
}

/* Everything logged since the last call. */
static struct str logged(void)
{
    ssize_t n;

    fcntl(log_fds[0], F_SETFL, O_NONBLOCK);
    n = read(log_fds[0], got, sizeof(got));
    return str_n(got, n > 0 ? (size_t)n : 0);
}

static void a_line_has_time_level_event_and_pairs(void **state)
{
    log_event(LOG_INFO, "login", kv_str("user", STR("ann")), kv_u64("n", 3), kv_i64("d", -4));
    assert_lit(logged(),
               "time=2023-11-14T22:13:20.123Z level=info event=login user=ann n=3 d=-4\n");
    log_event(LOG_ERROR, "stop");
    assert_lit(logged(), "time=2023-11-14T22:13:20.123Z level=error event=stop\n");
}

static void errors_are_written_as_text(void **state)
{
    log_event(LOG_WARN, "x", kv_err(ERR_IO), kv_errno(ENOENT));
    assert_lit(logged(),
               "time=2023-11-14T22:13:20.123Z level=warn event=x err=\"input/output error\" "
               "errno=\"No such file or directory\"\n");
}

static struct str value_of(struct str line)
{
    size_t at = str_search(line, STR("v="));

    if (at == SIZE_MAX)
        at = str_search(line, STR("\"v\":")) + 2;
    return str_trim(str_from(line, at + 2));
}

static struct str logged_value(struct str v)
{
    log_event(LOG_INFO, "e", kv_str("v", v));
    return value_of(logged());
}

static void values_are_quoted_when_a_reader_could_be_misled(void **state)
{
    assert_lit(logged_value(STR("plain-1.2:3/[]")), "plain-1.2:3/[]");
    assert_lit(logged_value(STR("two words")), "\"two words\"");
    assert_lit(logged_value(STR("a=b")), "\"a=b\"");
    assert_lit(logged_value(STR("say \"x\"")), "\"say \\\"x\\\"\"");
    assert_lit(logged_value(STR("back\\slash")), "\"back\\\\slash\"");
    assert_lit(logged_value(STR("")), "\"\"");
    assert_lit(logged_value(STR_NONE), "\"\"");
}

static void no_value_can_begin_a_line_or_drive_a_terminal(void **state)
{
    assert_lit(logged_value(STR("a\r\ntime=now")), "\"a\\r\\ntime=now\"");
    assert_lit(logged_value(STR("\0\t\x1B[31m\x7F")), "\"\\x00\\t\\x1b[31m\\x7f\"");
    assert_lit(logged_value(STR("\xC2\x9B"
                                "31m")),
               "\"\\u009b31m\"");
}

static void values_are_utf8_whatever_came_in(void **state)
{
    assert_lit(logged_value(STR("\xC3\xA4")), "\"\xC3\xA4\"");
    assert_lit(logged_value(STR("a\xFFz")), "\"a\xEF\xBF\xBDz\"");
    assert_lit(logged_value(STR("\xC3")), "\"\xEF\xBF\xBD\"");
}

static void json_lines_hold_the_same(void **state)
{
    log_setup(LOG_DEBUG, LOG_JSON);
    log_event(LOG_INFO, "login", kv_str("user", STR("a\"b")), kv_u64("n", 3), kv_i64("d", -4),
              kv_str("none", STR_NONE), kv_err(ERR_AUTH));
    assert_lit(logged(),
               "{\"time\":\"2023-11-14T22:13:20.123Z\",\"level\":\"info\",\"event\":\"login\","
               "\"user\":\"a\\\"b\",\"n\":3,\"d\":-4,\"none\":null,"
               "\"err\":\"authentication failed\"}\n");
    log_event(LOG_INFO, "e", kv_str("v", STR("\0\n\x1B\\\xFF\xC3\xA4=")));
    assert_lit(value_of(logged()), "\"\\u0000\\n\\u001b\\\\\xEF\xBF\xBD\xC3\xA4=\"}");
}

static void levels_below_the_least_are_not_written(void **state)
{
    log_setup(LOG_WARN, LOG_KV);
    assert_false(log_wants(LOG_INFO));
    assert_true(log_wants(LOG_WARN));
    log_event(LOG_INFO, "no");
    log_event(LOG_DEBUG, "no");
    assert_int_equal(logged().n, 0);
    log_event(LOG_ERROR, "yes");
    assert_int_not_equal(str_search(logged(), STR("event=yes")), SIZE_MAX);
}

static void off_is_off_but_for_the_last_words(void **state)
{
    log_setup(LOG_DEBUG, LOG_OFF);
    assert_false(log_wants(LOG_ERROR));
    log_event(LOG_ERROR, "no");
    log_write(LOG_ERROR, "no", (const struct kv[]){{0}});
    assert_int_equal(logged().n, 0);
    log_write_always(LOG_ERROR, "yes", (const struct kv[]){{0}});
    assert_int_not_equal(str_search(logged(), STR("event=yes")), SIZE_MAX);
}

static void a_long_value_is_cut_at_a_character(void **state)
{
    char text[3000];
    struct str v;

    for (size_t i = 0; i < sizeof(text); i += 3)
        memcpy(text + i, "\xE2\x82\xAC", 3);
    v = logged_value(str_n(text, sizeof(text)));
    assert_true(v.n > 1000 && v.n < 1100);
    assert_true(str_ends(v, STR("\xE2\x82\xAC...\"")));
}

static void a_line_fits_in_a_pipe_whatever_it_holds(void **state)
{
    static const char nasty[] = {'\x01', '"', 'x', '\n', (char)0xFF};
    char text[3000];

    for (int form = LOG_KV; form <= LOG_JSON; form++) {
        log_setup(LOG_DEBUG, (enum log_form)form);
        for (size_t n = 0; n < 3000; n += 37) {
            struct str line;

            memset(text, nasty[n % sizeof(nasty)], n);
            struct kv v = kv_str("some_key", str_n(text, n));
            log_event(LOG_INFO, "e", v, v, v, v, v, v, kv_u64("tail", UINT64_MAX));
            line = logged();
            assert_true(line.n > 0 && line.n <= 4096);
            assert_int_equal(line.p[line.n - 1], '\n');
            assert_int_equal(str_find(line, '\n'), line.n - 1);
            if (form == LOG_JSON)
                assert_true(str_ends(line, STR("}\n")));
        }
    }
}

static void logging_leaves_errno_alone(void **state)
{
    errno = EXDEV;
    log_event(LOG_INFO, "e");
    assert_int_equal(errno, EXDEV);
    logged();
}

static void *write_many(void *arg)
{
    char letters[200];

    memset(letters, *(char *)arg, sizeof(letters));
    for (int i = 0; i < 50; i++)
        log_event(LOG_INFO, "e", kv_str("v", str_n(letters, sizeof(letters))));
    return NULL;
}

static void lines_of_several_threads_do_not_mix(void **state)
{
    static char letters[] = "abcd";
    pthread_t threads[4];
    struct str all;
    int lines = 0;

    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_many, &letters[i]), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    for (all = logged(); all.n; lines++) {
        size_t end = str_find(all, '\n');
        struct str v = value_of(str_sub(all, 0, end));

        assert_int_equal(v.n, 200);
        for (size_t i = 1; i < v.n; i++)
            assert_int_equal(v.p[i], v.p[0]);
        all = str_from(all, end + 1);
    }
    assert_int_equal(lines, 200);
}

#define LOG_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

static const struct CMUnitTest tests[] = {
    LOG_TEST(a_line_has_time_level_event_and_pairs),
    LOG_TEST(errors_are_written_as_text),
    LOG_TEST(values_are_quoted_when_a_reader_could_be_misled),
    LOG_TEST(no_value_can_begin_a_line_or_drive_a_terminal),
    LOG_TEST(values_are_utf8_whatever_came_in),
    LOG_TEST(json_lines_hold_the_same),
    LOG_TEST(levels_below_the_least_are_not_written),
    LOG_TEST(off_is_off_but_for_the_last_words),
    LOG_TEST(a_long_value_is_cut_at_a_character),
    LOG_TEST(a_line_fits_in_a_pipe_whatever_it_holds),
    LOG_TEST(logging_leaves_errno_alone),
    LOG_TEST(lines_of_several_threads_do_not_mix),
};

TESTS_MAIN(tests)
