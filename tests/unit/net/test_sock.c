/* Connections on real sockets: in the clear, behind TLS, local; slow, silent, too many. */
#include "server.h"

#include "base/clock.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

static const struct server_wish plain = {0};
static const struct server_wish with_tls = {.tls = true};
static const struct server_wish implicit_tls = {.tls = true, .implicit = true};

static void meet(struct client *k, const struct server *s)
{
    client_connect(k, s);
    client_expect(k, "hello\n");
}

static void lines_come_back_in_order(void **state)
{
    struct server s;
    struct client k;

    server_start(&s, &plain);
    meet(&k, &s);
    client_send(&k, "one\ntwo\nwait\nthr");
    client_expect(&k, "one\n");
    client_expect(&k, "two\n");
    client_expect(&k, "done\n");
    client_send(&k, "ee\nquit\nnever\n");
    client_expect(&k, "three\n");
    client_expect(&k, "bye\n");
    client_expect(&k, "");
    client_close(&k);
    server_stop(&s);
}

static void pipelined_lines_are_all_answered(void **state)
{
    struct server s;
    struct client k;

    server_start(&s, &plain);
    meet(&k, &s);
    for (int i = 0; i < 2000; i++)
        client_send(&k, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\nwait\n");
    for (int i = 0; i < 2000; i++) {
        client_expect(&k, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n");
        client_expect(&k, "done\n");
    }
    client_close(&k);
    server_stop(&s);
}

static void half_closed_peer_gets_its_answers(void **state)
{
    struct server s;
    struct client k;

    server_start(&s, &plain);
    meet(&k, &s);
    client_send(&k, "wait\nbig 3000000\nlast\n");
    shutdown(k.fd, SHUT_WR);
    client_expect(&k, "done\n");
    assert_true(client_skip(&k, 3000000));
    client_expect(&k, "end\n");
    client_expect(&k, "last\n");
    client_expect(&k, "");
    client_close(&k);
    server_stop(&s);
}

/* A socket closed with unread input is reset, and a reset takes with it what was not yet delivered.
 */
static void who_talks_on_after_the_end_still_hears_it(void **state)
{
    struct server s;
    struct client k;
    static char junk[150001];

    server_start(&s, &plain);
    meet(&k, &s);
    memset(junk, '\n', sizeof(junk) - 1);
    memcpy(junk, "big 1000000\nquit\n", 17);
    client_send(&k, junk);
    test_sleep_ms(300);
    assert_true(client_skip(&k, 1000000));
    client_expect(&k, "end\n");
    client_expect(&k, "bye\n");
    client_expect(&k, "");
    client_close(&k);
    server_stop(&s);
}

static void slow_reader_gets_everything_and_takes_no_memory(void **state)
{
    struct server s;
    struct client k;
    uint64_t before;

    server_start(&s, &plain);
    meet(&k, &s);
    client_send(&k, "big 30000000\n");
    test_sleep_ms(200);
    before = line_counts.runs;
    test_sleep_ms(300);
    assert_true(line_counts.runs - before <= 2); /* it waits, it does not try */
    assert_true(client_skip(&k, 30000000));
    client_expect(&k, "end\n");
    client_close(&k);
    server_stop(&s);
}

static void a_wake_reaches_an_idle_session(void **state)
{
    struct server s;
    struct client k;
    struct conn_handle *h;
    uint64_t runs;

    server_start(&s, &plain);
    meet(&k, &s);
    h = line_last_handle();
    runs = line_counts.runs;
    conn_wake(h);
    assert_true(test_until(&line_counts.runs, runs + 1));
    client_close(&k);
    assert_true(test_until(&line_counts.closed, 1));
    conn_wake(h);
    conn_handle_unref(h);
    server_stop(&s);
}

static void tls_from_the_first_byte(void **state)
{
    struct server s;
    struct client k;

    server_start(&s, &implicit_tls);
    client_connect(&k, &s);
    client_tls(&k);
    client_expect(&k, "hello\n");
    client_send(&k, "one\nwait\nbig 1000000\n");
    client_expect(&k, "one\n");
    client_expect(&k, "done\n");
    assert_true(client_skip(&k, 1000000));
    client_expect(&k, "end\n");
    client_send(&k, "quit\n");
    client_expect(&k, "bye\n");
    client_expect(&k, "");
    assert_true(SSL_get_shutdown(k.ssl) &
                SSL_RECEIVED_SHUTDOWN); /* close_notify, not only an end */
    client_close(&k);
    server_stop(&s);
}

static void many_lines_in_a_record_are_all_answered(void **state)
{
    struct server s;
    struct client k;
    char text[16001], line[101] = "";

    server_start(&s, &implicit_tls);
    client_connect(&k, &s);
    client_tls(&k);
    client_expect(&k, "hello\n");
    for (int i = 0; i < 16000; i += 100)
        snprintf(text + i, 101, "%098d%c\n", i, 'e');
    for (int round = 0; round < 20; round++) {
        client_send(&k, text);
        for (int i = 0; i < 16000; i += 100) {
            memcpy(line, text + i, 100);
            client_expect(&k, line);
        }
    }
    client_close(&k);
    server_stop(&s);
}

/* A nearly full input buffer takes only a part of a record: the rest is in OpenSSL, and the socket
 * is silent. */
static void input_pending_inside_tls_is_not_forgotten(void **state)
{
    struct server s;
    struct client k;
    char piece[16385];

    server_start(&s, &implicit_tls);
    client_connect(&k, &s);
    client_tls(&k);
    client_expect(&k, "hello\n");
    memset(piece, 'x', 16384);
    piece[16384] = '\0';
    client_send(&k, piece + 6384);
    for (int i = 0; i < 3; i++)
        client_send(&k, piece);
    test_sleep_ms(100);
    piece[3000] = '\n';
    memcpy(piece + 15000, "\nlast\n", 6);
    piece[15006] = '\0';
    client_send(&k, piece);
    client_expect(&k, "long\n");
    client_expect(&k, "long\n");
    client_expect(&k, "last\n");
    client_close(&k);
    server_stop(&s);
}

static void starttls_then_goes_on(void **state)
{
    struct server s;
    struct client k;

    server_start(&s, &with_tls);
    meet(&k, &s);
    client_send(&k, "starttls\n");
    client_expect(&k, "start\n");
    client_tls(&k);
    client_send(&k, "inside\n");
    client_expect(&k, "inside\n");
    client_close(&k);
    server_stop(&s);
}

static void bytes_behind_starttls_are_never_run(void **state)
{
    struct server s;
    struct client k;

    server_start(&s, &with_tls);
    meet(&k, &s);
    client_send(&k, "starttls\ninjected\ninjected\n");
    client_expect(&k, "start\n");
    client_tls(&k);
    client_send(&k, "mine\n");
    client_expect(&k, "mine\n");
    assert_int_equal(line_counts.lines, 2);
    client_close(&k);
    server_stop(&s);
}

static void clear_text_instead_of_a_handshake_ends_it(void **state)
{
    struct server s;
    struct client k;

    server_start(&s, &with_tls);
    meet(&k, &s);
    client_send(&k, "starttls\n");
    client_expect(&k, "start\n");
    client_send(&k, "injected\n");
    /* An alert may come; no line does. */
    while (client_skip(&k, 1))
        continue;
    assert_int_equal(line_counts.lines, 1);
    assert_true(test_until(&line_counts.closed, 1));
    client_close(&k);
    server_stop(&s);
}

static void old_tls_is_refused(void **state)
{
    struct server s;
    struct client k;
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

    server_start(&s, &implicit_tls);
    client_connect(&k, &s);
    SSL_CTX_set_security_level(ctx, 0);
    SSL_CTX_set_max_proto_version(ctx, TLS1_1_VERSION);
    k.ssl = SSL_new(ctx);
    SSL_set_fd(k.ssl, k.fd);
    assert_int_not_equal(SSL_connect(k.ssl), 1);
    client_close(&k);
    SSL_CTX_free(ctx);
    server_stop(&s);
}

static void a_tls_session_is_resumed_by_ticket(void **state)
{
    struct server s;
    struct client k;
    SSL_SESSION *session;
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

    server_start(&s, &implicit_tls);
    server_make_certificate(&s, "other");
    client_connect(&k, &s);
    k.ssl = SSL_new(ctx);
    SSL_set_fd(k.ssl, k.fd);
    assert_int_equal(SSL_connect(k.ssl), 1);
    client_expect(&k, "hello\n");
    session = SSL_get1_session(k.ssl);
    client_close(&k);

    tls_context_refresh(s.tls); /* the keys outlive the certificate */
    client_connect(&k, &s);
    k.ssl = SSL_new(ctx);
    SSL_set_fd(k.ssl, k.fd);
    SSL_set_session(k.ssl, session);
    assert_int_equal(SSL_connect(k.ssl), 1);
    client_expect(&k, "hello\n");
    assert_true(SSL_session_reused(k.ssl));
    SSL_SESSION_free(session);
    client_close(&k);
    SSL_CTX_free(ctx);
    server_stop(&s);
}

static int first_name(SSL *ssl, char *out, int n)
{
    X509 *cert = SSL_get1_peer_certificate(ssl);
    int rc = X509_NAME_get_text_by_NID(X509_get_subject_name(cert), NID_commonName, out, n);

    X509_free(cert);
    return rc;
}

static void a_new_certificate_drops_no_session(void **state)
{
    struct server s;
    struct client old, fresh;
    char name[64], before[96], after[96];

    server_start(&s, &implicit_tls);
    client_connect(&old, &s);
    client_tls(&old);
    client_expect(&old, "hello\n");
    tls_fingerprint(s.tls, before);
    assert_int_equal(strlen(before), 95);
    server_make_certificate(&s, "renewed");
    for (int i = 0; i < 200; i++) { /* the pool looks every few seconds by itself */
        tls_fingerprint(s.tls, after);
        if (strcmp(before, after) != 0)
            break;
        test_sleep_ms(50);
    }
    assert_string_not_equal(before, after);

    client_connect(&fresh, &s);
    client_tls(&fresh);
    assert_true(first_name(fresh.ssl, name, sizeof(name)) > 0);
    assert_string_equal(name, "renewed");
    client_send(&old, "still\n");
    client_expect(&old, "still\n");
    client_close(&old);
    client_close(&fresh);
    server_stop(&s);
}

static void a_broken_certificate_leaves_the_old_one(void **state)
{
    struct server s;
    struct client k;
    char before[96], after[96];
    FILE *f;

    server_start(&s, &implicit_tls);
    tls_fingerprint(s.tls, before);
    f = fopen(s.cert, "w");
    fputs("nothing\n", f);
    fclose(f);
    tls_context_refresh(s.tls);
    tls_fingerprint(s.tls, after);
    assert_string_equal(before, after);
    client_connect(&k, &s);
    client_tls(&k);
    client_expect(&k, "hello\n");
    client_close(&k);
    server_stop(&s);
}

static void silence_ends_a_session(void **state)
{
    struct server s;
    struct client k;

    server_start(&s, &plain);
    meet(&k, &s);
    client_send(&k, "known\ntimeout 1\n");
    client_expect(&k, "known\n");
    client_expect(&k, "timeout 1\n");
    client_expect(&k, "silence\n");
    client_expect(&k, "");
    client_close(&k);
    server_stop(&s);
}

static void who_does_not_log_in_is_told_to_go(void **state)
{
    struct server_wish w = {.options.unknown_seconds = 1};
    struct server s;
    struct client known, unknown;

    server_start(&s, &w);
    meet(&known, &s);
    client_send(&known, "known\n");
    client_expect(&known, "known\n");
    meet(&unknown, &s);
    for (int i = 0; i < 100 && !line_counts.closed; i++) {
        send(unknown.fd, "x", 1, MSG_NOSIGNAL); /* a byte now and then does not help */
        test_sleep_ms(50);
    }
    client_expect(&unknown, "silence\n");
    client_send(&known, "here\n");
    client_expect(&known, "here\n");
    client_close(&known);
    client_close(&unknown);
    server_stop(&s);
}

static void a_handshake_that_never_comes_is_given_up(void **state)
{
    struct server_wish w = {.options.unknown_seconds = 1, .tls = true, .implicit = true};
    struct server s;
    struct client k;

    server_start(&s, &w);
    client_connect(&k, &s);
    client_expect(&k, "");
    assert_int_equal(line_counts.opened, 0);
    client_close(&k);
    server_stop(&s);
}

static void a_peer_has_so_many_and_no_more(void **state)
{
    struct server_wish w = {.options.max_per_peer = 3};
    struct server s;
    struct client k[3], more;
    struct pool_stats stats;

    server_start(&s, &w);
    for (int i = 0; i < 3; i++)
        meet(&k[i], &s);
    client_connect(&more, &s);
    client_expect(&more, "busy\n");
    client_expect(&more, "");
    client_close(&more);
    client_close(&k[0]);
    assert_true(test_until(&line_counts.closed, 1));
    for (int i = 0; i < 100; i++) { /* the count falls a moment after the session's end */
        pool_stats(s.pool, &stats);
        if (stats.connections == 2)
            break;
        test_sleep_ms(10);
    }
    meet(&k[0], &s);
    pool_stats(s.pool, &stats);
    assert_int_equal(stats.refused, 1);
    for (int i = 0; i < 3; i++)
        client_close(&k[i]);
    server_stop(&s);
}

static void unknown_peers_do_not_crowd_out_known_ones(void **state)
{
    struct server_wish w = {.options.max_unknown = 2};
    struct server s;
    struct client known[4], unknown[2], more;

    server_start(&s, &w);
    for (int i = 0; i < 4; i++) {
        meet(&known[i], &s);
        client_send(&known[i], "known\nyes\n");
        client_expect(&known[i], "known\n");
        client_expect(&known[i], "yes\n");
        client_send(&known[i], "yes\n"); /* a turn after the one that said it */
        client_expect(&known[i], "yes\n");
    }
    for (int i = 0; i < 2; i++)
        meet(&unknown[i], &s);
    client_connect(&more, &s);
    client_expect(&more, "busy\n");
    client_close(&more);
    for (int i = 0; i < 4; i++)
        client_close(&known[i]);
    for (int i = 0; i < 2; i++)
        client_close(&unknown[i]);
    server_stop(&s);
}

/* Leaves one descriptor free. */
static int take_all_descriptors(int fds[256])
{
    int n = 0;

    test_sleep_ms(100); /* accept takes one for a moment, even when nobody is there */
    while (n < 256 && (fds[n] = dup(0)) >= 0)
        n++;
    assert_true(n > 0 && n < 256);
    close(fds[--n]);
    return n;
}

static void the_end_of_descriptors_is_told_and_passes(void **state)
{
    struct server s;
    struct client first, told;
    struct rlimit before, small;
    int fds[256];
    int n;

    server_start(&s, &plain);
    meet(&first, &s);
    getrlimit(RLIMIT_NOFILE, &before);
    small = before;
    small.rlim_cur = 128;
    setrlimit(RLIMIT_NOFILE, &small);
    n = take_all_descriptors(fds);
    client_connect(&told, &s);
    client_expect(&told, "busy\n");
    test_sleep_ms(100); /* who comes while others are refused is refused, too */
    while (n)
        close(fds[--n]);
    setrlimit(RLIMIT_NOFILE, &before);
    client_close(&told);
    meet(&told, &s); /* the next second accepts again */
    client_send(&first, "fine\n");
    client_expect(&first, "fine\n");
    client_close(&told);
    client_close(&first);
    server_stop(&s);
}

static void a_stopping_server_says_goodbye(void **state)
{
    struct pool_stats before, now;
    struct server s;
    struct client k, waits;

    server_start(&s, &plain);
    meet(&k, &s);
    meet(&waits, &s);
    pool_stats(s.pool, &before);
    client_send(&waits, "wait\n");
    do /* it has arrived */
        pool_stats(s.pool, &now);
    while (now.bytes_in < before.bytes_in + 5);
    server_stop(&s);
    client_expect(&k, "stopping\n");
    client_expect(&k, "");
    client_expect(&waits, "done\n");
    client_expect(&waits, "stopping\n");
    client_close(&k);
    client_close(&waits);
}

/* ---- local sockets ---- */

static int connect_local(const char *path)
{
    struct sockaddr_un sa = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    strncpy(sa.sun_path, path, sizeof(sa.sun_path) - 1);
    if (connect(fd, (struct sockaddr *)&sa, sizeof(sa)) == 0)
        return fd;
    close(fd);
    return -1;
}

static long seen_uid;

static void *uid_open(struct door *d, struct conn *c)
{
    assert_true(conn_is_loopback(c));
    seen_uid = conn_peer_uid(c);
    buf_add_cstr(conn_out(c), "who\n");
    return NULL;
}

static void a_local_socket_has_a_mode_and_knows_its_peer(void **state)
{
    static struct door d = {.name = "uid", .open = uid_open};
    struct pool_options o = {0};
    const char *path = "/tmp/net-test-local";
    char address[64];
    const char *why = "";
    struct stat st;
    enum err e;

    for (int round = 0; round < 2; round++) { /* twice: the second finds the name free again */
        struct pool *p = pool_new(&o, &e);
        struct client k = {0};
        struct pool *other = pool_new(&o, &e);

        snprintf(address, sizeof(address), "unix:%s,mode=0660", path);
        assert_int_equal(pool_listen(p, &d, address, NULL, false, &why), ERR_OK);
        assert_int_equal(pool_listen(other, &d, address, NULL, false, &why),
                         ERR_IO); /* somebody answers there */
        assert_non_null(strstr(why, path));
        pool_free(other);
        pool_start(p);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0660);
        k.fd = connect_local(path);
        assert_true(k.fd >= 0);
        client_expect(&k, "who\n");
        client_expect(&k, "");
        assert_int_equal(seen_uid, getuid());
        client_close(&k);
        pool_free(p);
        assert_int_equal(stat(path, &st), -1);
    }
}

static void a_socket_left_by_a_dead_process_is_replaced(void **state)
{
    static struct door d = {.name = "uid", .open = uid_open};
    struct sockaddr_un sa = {.sun_family = AF_UNIX, .sun_path = "/tmp/net-test-dead"};
    struct pool_options o = {0};
    const char *why = "";
    struct pool *p;
    enum err e;
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    unlink(sa.sun_path);
    assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
    close(fd);
    p = pool_new(&o, &e);
    assert_int_equal(pool_listen(p, &d, "unix:/tmp/net-test-dead", NULL, false, &why), ERR_OK);
    pool_free(p);
}

static void an_adopted_descriptor_is_a_connection(void **state)
{
    struct server s;
    struct client k = {0};
    int pair[2];

    server_start(&s, &plain);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_int_equal(pool_adopt(s.pool, &line_door, pair[0]), ERR_OK);
    k.fd = pair[1];
    client_expect(&k, "hello\n");
    client_send(&k, "mine\n");
    client_expect(&k, "mine\n");
    client_close(&k);
    server_stop(&s);
}

static void bad_addresses_are_named(void **state)
{
    static const char *const bad[] = {"nowhere",
                                      "127.0.0.1",
                                      "::1:143",
                                      "[::1:143",
                                      "127.0.0.1:",
                                      "unix:",
                                      "unix:/tmp/x,mode=9",
                                      "unix:/tmp/x,group=y",
                                      "127.0.0.1:143x",
                                      "192.0.2.77:0",
                                      "127.0.0.1:0 nowhere"};
    struct pool_options o = {0};
    enum err e;
    struct pool *p = pool_new(&o, &e);
    const char *why;

    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        why = NULL;
        assert_int_equal(pool_listen(p, &line_door, bad[i], NULL, false, &why), ERR_IO);
        assert_non_null(why);
    }
    pool_free(p);
}

static void both_families_share_a_port(void **state)
{
    struct server_wish w = {.address = ":0"};
    struct server s;
    struct client k;

    server_start(&s, &w);
    assert_true(pool_last_port(s.pool) > 0);
    meet(&k, &s);
    client_close(&k);
    server_stop(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_come_back_in_order),
        cmocka_unit_test(pipelined_lines_are_all_answered),
        cmocka_unit_test(half_closed_peer_gets_its_answers),
        cmocka_unit_test(who_talks_on_after_the_end_still_hears_it),
        cmocka_unit_test(slow_reader_gets_everything_and_takes_no_memory),
        cmocka_unit_test(a_wake_reaches_an_idle_session),
        cmocka_unit_test(tls_from_the_first_byte),
        cmocka_unit_test(many_lines_in_a_record_are_all_answered),
        cmocka_unit_test(input_pending_inside_tls_is_not_forgotten),
        cmocka_unit_test(starttls_then_goes_on),
        cmocka_unit_test(bytes_behind_starttls_are_never_run),
        cmocka_unit_test(clear_text_instead_of_a_handshake_ends_it),
        cmocka_unit_test(old_tls_is_refused),
        cmocka_unit_test(a_tls_session_is_resumed_by_ticket),
        cmocka_unit_test(a_new_certificate_drops_no_session),
        cmocka_unit_test(a_broken_certificate_leaves_the_old_one),
        cmocka_unit_test(silence_ends_a_session),
        cmocka_unit_test(who_does_not_log_in_is_told_to_go),
        cmocka_unit_test(a_handshake_that_never_comes_is_given_up),
        cmocka_unit_test(a_peer_has_so_many_and_no_more),
        cmocka_unit_test(unknown_peers_do_not_crowd_out_known_ones),
        cmocka_unit_test(the_end_of_descriptors_is_told_and_passes),
        cmocka_unit_test(a_stopping_server_says_goodbye),
        cmocka_unit_test(a_local_socket_has_a_mode_and_knows_its_peer),
        cmocka_unit_test(a_socket_left_by_a_dead_process_is_replaced),
        cmocka_unit_test(an_adopted_descriptor_is_a_connection),
        cmocka_unit_test(bad_addresses_are_named),
        cmocka_unit_test(both_families_share_a_port),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
