/*
 * bench/wire.c - sockets and answers.
 *
 * Reads are taken apart where they lie; only a line that a read has cut is copied.
 */
#include "wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { READ_SIZE = 512 * 1024, SOURCES = 20000 };

uint64_t wire_bytes_in;
static int epoll_fd;
static SSL_CTX *tls;

double wire_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void wire_fail(const char *what, const char *detail)
{
    fprintf(stderr, "load: %s: %.200s\n", what, detail);
    exit(1);
}

void wire_setup(bool with_tls)
{
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (!with_tls)
        return;
    tls = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_mode(tls, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                              SSL_MODE_RELEASE_BUFFERS);
}

/* ---- bytes ---- */

static void bytes_add(struct bytes *b, const void *p, size_t n)
{
    if (b->n + n > b->cap) {
        b->cap = (b->n + n) * 2;
        b->p = realloc(b->p, b->cap);
    }
    memcpy(b->p + b->n, p, n);
    b->n += n;
}

void client_put(struct client *c, const void *p, size_t n)
{
    bytes_add(&c->out, p, n);
}

void client_putf(struct client *c, const char *fmt, ...)
{
    char text[4096];
    va_list ap;

    va_start(ap, fmt);
    int n = vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    bytes_add(&c->out, text, (size_t)n);
}

/* ---- answers ---- */

static bool starts(const char *p, size_t n, const char *word)
{
    size_t k = strlen(word);

    return n >= k && strncasecmp(p, word, k) == 0;
}

/* Numbers in `p`, a range a:b counted as all it holds. */
static long numbers_in(const char *p, size_t n)
{
    long sum = 0, from = -1, value = -1;

    for (size_t i = 0; i <= n; i++) {
        char ch = i < n ? p[i] : ' ';
        if (ch >= '0' && ch <= '9') {
            value = (value < 0 ? 0 : value) * 10 + (ch - '0');
        } else {
            if (ch == ':')
                from = value;
            else if (value >= 0)
                sum += from >= 0 ? value - from + 1 : 1;
            if (ch != ':')
                from = -1;
            value = -1;
        }
    }
    return sum;
}

/* VANISHED (EARLIER) tells of other times; only what this command expunged is counted. */
static void count_untagged(struct client *c, const char *p, size_t n)
{
    long number = 0;
    size_t i = 2;

    while (i < n && p[i] >= '0' && p[i] <= '9')
        number = number * 10 + (p[i++] - '0');
    if (i > 2) {
        p += i + 1;
        n -= i + 1 < n ? i + 1 : n;
        c->seen[SEEN_FETCH] += starts(p, n, "FETCH");
        c->seen[SEEN_EXPUNGE] += starts(p, n, "EXPUNGE");
        if (starts(p, n, "EXISTS"))
            c->seen[SEEN_EXISTS] = number;
        return;
    }
    p += 2;
    n -= 2;
    c->seen[SEEN_LIST] += starts(p, n, "LIST ");
    c->seen[SEEN_STATUS] += starts(p, n, "STATUS ");
    if (starts(p, n, "SEARCH"))
        c->seen[SEEN_SEARCH] += numbers_in(p + 6, n - 6);
    else if (starts(p, n, "VANISHED ") && p[9] != '(')
        c->seen[SEEN_EXPUNGE] += numbers_in(p + 9, n - 9);
}

static size_t literal_ahead(const char *p, size_t n)
{
    size_t i = n - 3;

    if (n < 5 || p[n - 2] != '\r' || p[n - 3] != '}')
        return 0;
    while (i > 0 && p[i - 1] >= '0' && p[i - 1] <= '9')
        i--;
    return i > 0 && p[i - 1] == '{' ? strtoull(p + i, NULL, 10) : 0;
}

static void take_line(struct client *c, const char *p, size_t n)
{
    bool first = !c->continued;

    if (c->lmtp) {
        client_answered(c, p, n);
        return;
    }
    c->literal = literal_ahead(p, n);
    c->continued = c->literal > 0;
    c->seen[SEEN_LITERAL] += (long)c->literal;
    if (!first)
        return;
    if (n > 2 && p[0] == '*')
        count_untagged(c, p, n);
    client_answered(c, p, n);
}

static void take(struct client *c, const char *p, size_t n)
{
    while (n > 0 && c->open) {
        if (c->literal > 0) {
            size_t k = n < c->literal ? n : (size_t)c->literal;
            c->literal -= k;
            p += k;
            n -= k;
            continue;
        }
        const char *end = memchr(p, '\n', n);
        size_t k = end ? (size_t)(end - p) + 1 : n;
        if (!end || c->line.n > 0)
            bytes_add(&c->line, p, k);
        if (end && c->line.n > 0) {
            size_t whole = c->line.n;
            c->line.n = 0;
            take_line(c, c->line.p, whole);
        } else if (end) {
            take_line(c, p, k);
        }
        p += k;
        n -= k;
    }
}

/* ---- sockets ---- */

void client_open(struct client *c, const struct sockaddr_in *to, bool lmtp, long source)
{
    int on = 1;
    struct bytes out = c->out, line = c->line;

    out.n = out.off = line.n = 0;
    *c = (struct client){
        .number = c->number, .out = out, .line = line, .lmtp = lmtp, .open = true, .dice = c->dice};
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (c->fd < 0)
        wire_fail("socket", strerror(errno));
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    /* Other source addresses of loopback give more than the 28,000 ports of one. */
    struct sockaddr_in from = {.sin_family = AF_INET};
    from.sin_addr.s_addr = htonl(0x7f000002u + (uint32_t)(source / SOURCES));
    if (source >= SOURCES && bind(c->fd, (struct sockaddr *)&from, sizeof from) != 0)
        wire_fail("bind", strerror(errno));
    if (connect(c->fd, (const struct sockaddr *)to, sizeof *to) != 0 && errno != EINPROGRESS)
        wire_fail("connect", strerror(errno));
    if (tls && !lmtp) {
        c->ssl = SSL_new(tls);
        SSL_set_fd(c->ssl, c->fd);
        SSL_set_connect_state(c->ssl);
    }
    struct epoll_event ev = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = c};
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, c->fd, &ev);
}

void client_close(struct client *c)
{
    if (c->ssl) {
        SSL_shutdown(c->ssl);
        SSL_free(c->ssl);
        c->ssl = NULL;
    }
    close(c->fd);
    c->open = false;
}

static ssize_t tls_result(struct client *c, int rc)
{
    int e = SSL_get_error(c->ssl, rc);

    errno = EAGAIN;
    return e == SSL_ERROR_WANT_READ || e == SSL_ERROR_WANT_WRITE ? -1 : 0;
}

static ssize_t write_some(struct client *c, const char *p, size_t n)
{
    if (!c->ssl)
        return send(c->fd, p, n, MSG_NOSIGNAL);
    int rc = SSL_write(c->ssl, p, (int)n);
    return rc > 0 ? rc : tls_result(c, rc);
}

static ssize_t read_some(struct client *c, char *p, size_t n)
{
    if (!c->ssl)
        return recv(c->fd, p, n, 0);
    int rc = SSL_read(c->ssl, p, (int)n);
    return rc > 0 ? rc : tls_result(c, rc);
}

static bool would_wait(ssize_t n)
{
    return n < 0 && (errno == EAGAIN || errno == ENOTCONN || errno == EINPROGRESS);
}

void client_flush(struct client *c)
{
    while (c->out.off < c->out.n) {
        ssize_t n = write_some(c, c->out.p + c->out.off, c->out.n - c->out.off);
        if (would_wait(n))
            return;
        if (n <= 0)
            wire_fail("write", strerror(errno));
        c->out.off += (size_t)n;
    }
    c->out.n = c->out.off = 0;
}

static void pump(struct client *c)
{
    static char data[READ_SIZE];

    while (c->open) {
        client_flush(c);
        ssize_t n = read_some(c, data, sizeof data);
        if (would_wait(n))
            return;
        if (n <= 0) {
            if (!c->quitting)
                wire_fail("closed by the server", c->text);
            client_close(c);
            client_gone(c);
            return;
        }
        wire_bytes_in += (uint64_t)n;
        take(c, data, (size_t)n);
    }
}

void wire_turn(int timeout_ms)
{
    struct epoll_event events[256];
    int n = epoll_wait(epoll_fd, events, 256, timeout_ms);

    for (int i = 0; i < n; i++)
        pump(events[i].data.ptr);
}
