#include "server.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- the door ---- */

struct line_counts line_counts;

struct line {
    struct conn *c;
    struct conn_handle *h;
    struct job job;
    bool waiting;
    _Atomic bool woken;
    size_t big;
};

static pthread_mutex_t last_lock = PTHREAD_MUTEX_INITIALIZER;
static struct conn_handle *last;
static _Atomic(struct exec *) helper;

static void *line_open(struct door *d, struct conn *c)
{
    struct line *l = NEW(struct line);

    l->c = c;
    l->h = conn_handle(c);
    pthread_mutex_lock(&last_lock);
    if (last)
        conn_handle_unref(last);
    last = conn_handle(c);
    pthread_mutex_unlock(&last_lock);
    conn_set_bye(c, "stopping\n");
    buf_add_cstr(conn_out(c), "hello\n");
    atomic_fetch_add(&line_counts.opened, 1);
    return l;
}

struct conn_handle *line_last_handle(void)
{
    struct conn_handle *h;

    pthread_mutex_lock(&last_lock);
    h = last;
    last = NULL;
    pthread_mutex_unlock(&last_lock);
    return h;
}

static void line_complete(struct job *j)
{
    conn_complete(CONTAINER_OF(j, struct line, job)->h);
}

static enum conn_step line_big(struct line *l)
{
    while (l->big && !conn_out_full(l->c)) {
        size_t n = l->big < 10000 ? l->big : 10000;
        char *to = buf_reserve(conn_out(l->c), n);

        memset(to, 'x', n);
        conn_out(l->c)->n += n;
        l->big -= n;
    }
    if (l->big)
        return CONN_FLUSH;
    buf_add_cstr(conn_out(l->c), "end\n");
    return CONN_AGAIN;
}

static enum conn_step line_command(struct line *l, struct str s)
{
    struct buf *out = conn_out(l->c);
    uint64_t n;

    if (str_eq(s, STR("wait"))) {
        l->waiting = true;
        l->job.fn = line_complete;
        exec_submit(helper, &l->job, JOB_FIRST);
        return CONN_WAIT;
    }
    if (str_starts(s, STR("big ")) && str_to_u64(str_from(s, 4), &n)) {
        l->big = n;
        return line_big(l);
    }
    if (str_starts(s, STR("timeout ")) && str_to_u64(str_from(s, 8), &n)) {
        conn_set_timeout(l->c, (int)n);
    } else if (str_eq(s, STR("known"))) {
        conn_known(l->c);
    } else if (str_eq(s, STR("starttls"))) {
        buf_add_cstr(out, "start\n");
        conn_start_tls(l->c);
        return CONN_READ;
    } else if (str_eq(s, STR("quit"))) {
        buf_add_cstr(out, "bye\n");
        return CONN_CLOSE;
    }
    buf_add_str(out, s);
    buf_add_char(out, '\n');
    return CONN_READ;
}

static enum conn_step line_one(struct line *l, bool *more_out)
{
    struct str in = conn_input(l->c);
    size_t n = str_find(in, '\n');
    char copy[1000];

    *more_out = n < in.n;
    if (!*more_out)
        return CONN_READ;
    memcpy(copy, in.p, n < sizeof(copy) ? n : 0);
    conn_used(l->c, n + 1);
    conn_command_done(l->c);
    atomic_fetch_add(&line_counts.lines, 1);
    return line_command(l, n < sizeof(copy) ? str_n(copy, n) : STR("long"));
}

static enum conn_step line_run(void *session)
{
    struct line *l = session;
    enum conn_step step;
    bool more = true;

    atomic_fetch_add(&line_counts.runs, 1);
    if (l->waiting)
        buf_add_cstr(conn_out(l->c), "done\n");
    l->waiting = false;
    if (conn_timed_out(l->c)) {
        buf_add_cstr(conn_out(l->c), "silence\n");
        return CONN_CLOSE;
    }
    if (l->big)
        return line_big(l);
    while (more) {
        if (conn_out_full(l->c))
            return CONN_FLUSH;
        if (conn_turn_over(l->c))
            return CONN_AGAIN;
        step = line_one(l, &more);
        if (step != CONN_READ)
            return step;
    }
    return CONN_READ;
}

static void line_close(void *session)
{
    struct line *l = session;

    check(!l->waiting);
    conn_handle_unref(l->h);
    mem_free(l);
    atomic_fetch_add(&line_counts.closed, 1);
}

struct door line_door = {
    .name = "line", .open = line_open, .run = line_run, .close = line_close, .busy = "busy\n"};

/* ---- the server ---- */

static void *server_main(void *arg)
{
    struct server *s = arg;

    pool_run(s->pool);
    return NULL;
}

void server_make_certificate(struct server *s, const char *name)
{
    const char *why = "";
    enum err e;

    unlink(s->cert);
    unlink(s->key);
    e = tls_self_signed(s->cert, s->key, &name, 1, &why);
    check(e == ERR_OK);
}

static void server_tls(struct server *s)
{
    const char *why = "";
    enum err e;

    server_make_certificate(s, "localhost");
    e = tls_context_new(s->cert, s->key, &s->tls, &why);
    check(e == ERR_OK);
}

void server_start(struct server *s, const struct server_wish *w)
{
    const char *why = "";
    enum err e;

    *s = (struct server){0};
    strcpy(s->dir, "/tmp/net-test-XXXXXX");
    check(mkdtemp(s->dir) != NULL);
    snprintf(s->cert, sizeof(s->cert), "%s/cert", s->dir);
    snprintf(s->key, sizeof(s->key), "%s/key", s->dir);
    log_setup(LOG_ERROR, LOG_OFF);
    signal(SIGPIPE, SIG_IGN); /* the clients' */
    memset(&line_counts, 0, sizeof(line_counts));
    if (w->tls)
        server_tls(s);
    s->pool = pool_new(&w->options, &e);
    check(s->pool != NULL);
    helper = pool_exec(s->pool);
    e = pool_listen(s->pool, &line_door, w->address ? w->address : "127.0.0.1:0", s->tls,
                    w->implicit, &why);
    check(e == ERR_OK);
    check(pthread_create(&s->thread, NULL, server_main, s) == 0);
}

void server_stop(struct server *s)
{
    pool_stop(s->pool);
    pthread_join(s->thread, NULL);
    pool_free(s->pool);
    tls_context_free(s->tls);
    unlink(s->cert);
    unlink(s->key);
    rmdir(s->dir);
    pthread_mutex_lock(&last_lock);
    if (last)
        conn_handle_unref(last);
    last = NULL;
    pthread_mutex_unlock(&last_lock);
    check(line_counts.opened == line_counts.closed);
}

/* ---- the client ---- */

void client_connect(struct client *k, const struct server *s)
{
    client_connect_port(k, pool_last_port(s->pool));
}

void client_connect_port(struct client *k, int port)
{
    struct sockaddr_in sa = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    struct timeval limit = {.tv_sec = 20};
    int on = 1;

    *k = (struct client){0};
    sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    k->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    check(k->fd >= 0);
    check(connect(k->fd, (struct sockaddr *)&sa, sizeof(sa)) == 0);
    setsockopt(k->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    setsockopt(k->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

void client_tls(struct client *k)
{
    static SSL_CTX *ctx;
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    int rc;

    pthread_mutex_lock(&lock);
    if (!ctx)
        ctx = SSL_CTX_new(TLS_client_method());
    k->ssl = SSL_new(ctx);
    pthread_mutex_unlock(&lock);
    check(k->ssl && SSL_set_fd(k->ssl, k->fd) == 1);
    rc = SSL_connect(k->ssl);
    check(rc == 1);
}

void client_send(struct client *k, const char *text)
{
    size_t n = strlen(text);
    ssize_t sent = k->ssl ? SSL_write(k->ssl, text, (int)n) : send(k->fd, text, n, MSG_NOSIGNAL);

    check(sent == (ssize_t)n);
}

static ssize_t client_recv(struct client *k, void *to, size_t n)
{
    ssize_t got;

    if (k->ssl) {
        ERR_clear_error();
        got = SSL_read(k->ssl, to, (int)n);
        return got > 0 ? got : 0;
    }
    got = recv(k->fd, to, n, 0);
    return got > 0 ? got : 0;
}

static size_t client_line(struct client *k)
{
    char *nl;
    ssize_t n;

    while (!(nl = memchr(k->buf, '\n', k->n))) {
        n = client_recv(k, k->buf + k->n, sizeof(k->buf) - k->n);
        if (n <= 0)
            return 0;
        k->n += (size_t)n;
    }
    return (size_t)(nl - k->buf) + 1;
}

static void client_drop(struct client *k, size_t n)
{
    k->n -= n;
    memmove(k->buf, k->buf + n, k->n);
}

void client_expect(struct client *k, const char *line)
{
    size_t n = client_line(k);

    if (n != strlen(line) || memcmp(k->buf, line, n) != 0)
        print_error("expected %s, got %.*s\n", line, (int)n, k->buf);
    assert_int_equal(n, strlen(line));
    assert_memory_equal(k->buf, line, n);
    client_drop(k, n);
}

bool client_skip(struct client *k, size_t n)
{
    char junk[65536];
    size_t have = k->n < n ? k->n : n;
    ssize_t got;

    client_drop(k, have);
    for (n -= have; n; n -= (size_t)got) {
        got = client_recv(k, junk, n < sizeof(junk) ? n : sizeof(junk));
        if (got <= 0)
            return false;
    }
    return true;
}

void client_close(struct client *k)
{
    if (k->ssl) {
        ERR_clear_error();
        SSL_shutdown(k->ssl); /* or OpenSSL forgets the session */
        SSL_free(k->ssl);
    }
    close(k->fd);
}

/* ---- small things ---- */

int test_scale(int n)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return n / 5 ? n / 5 : 1;
#else
    return n;
#endif
}

void test_sleep_ms(int ms)
{
    usleep((useconds_t)ms * 1000);
}

bool test_until(const _Atomic uint64_t *v, uint64_t want)
{
    for (int i = 0; i < 2000 && *v != want; i++)
        test_sleep_ms(5);
    return *v == want;
}
