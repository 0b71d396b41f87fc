/*
 * bench/load.c - a load generator that believes nothing.
 *
 * One thread, epoll, any number of connections, plain or TLS.  Each client runs a small script
 * (connect, log in, select, then commands); every answer is taken apart: tagged OK, number of FETCH
 * responses, literal bytes.  A fast wrong answer ends the run with an error.  The result is one
 * line of key=value.
 *
 *   load WORKLOAD --imap HOST:PORT [--lmtp HOST:PORT] [--tls] [--clients N] [--count N] [--user
 * NAME] [--users N]
 *        [--mailbox NAME] [--command TEXT] [--expect N] [--size BYTES] [--hold FD]
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { LINE_KEPT = 512, READ_SIZE = 256 * 1024 };

struct options {
    const char *workload, *user, *mailbox, *command;
    struct sockaddr_in imap, lmtp;
    bool tls, many_boxes;
    long clients, count, users, expect, size, pipeline;
};

static struct options opt = {.user = "bench",
                             .mailbox = "INBOX",
                             .command = "NOOP",
                             .clients = 1,
                             .count = 1000,
                             .expect = -1,
                             .size = 4096,
                             .pipeline = 1};

/* What a client does next; see the scripts below. */
enum step { CONNECT, GREETING, LOGIN, SELECT, RUN, IDLE, LOGOUT, DONE };

struct client {
    int fd;
    SSL *ssl;
    bool handshaken, want_write, lmtp;
    long n;
    enum step step;
    char *out;
    size_t out_n, out_off, out_cap;
    char line[LINE_KEPT];
    size_t line_n; /* bytes of the line so far; only the first and the last ones are kept */
    char tail[32];
    uint64_t literal;
    bool continued; /* the line goes on behind a literal */
    long fetches, untagged;
    long outstanding;
    double begun;
    int lmtp_state;
};

static struct client *clients;
static int epoll_fd;
static SSL_CTX *tls;
static long started, finished, active;
static uint64_t bytes_in, literal_bytes;
static double *latencies;
static long n_latencies;
static char *message;
static size_t message_n;

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void fail(const char *what, const char *detail)
{
    fprintf(stderr, "load %s: %s: %s\n", opt.workload, what, detail);
    exit(1);
}

/* ---- output ---- */

static void put(struct client *c, const char *p, size_t n)
{
    if (c->out_n + n > c->out_cap) {
        c->out_cap = (c->out_n + n) * 2;
        c->out = realloc(c->out, c->out_cap);
    }
    memcpy(c->out + c->out_n, p, n);
    c->out_n += n;
}

static void putf(struct client *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void putf(struct client *c, const char *fmt, ...)
{
    char text[2048];
    va_list ap;

    va_start(ap, fmt);
    int n = vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    put(c, text, (size_t)n);
}

/* ---- scripts: what to send when a step begins or an answer came ---- */

static void account_of(const struct client *c, char out[64])
{
    long index = c - clients;

    if (opt.users > 0)
        snprintf(out, 64, "%s%ld", opt.user, index % opt.users);
    else
        snprintf(out, 64, "%s", opt.user);
}

static void begin_operation(struct client *c)
{
    c->begun = now();
    c->fetches = 0;
    c->outstanding++;
    started++;
    if (strcmp(opt.workload, "append") == 0) {
        putf(c, "r APPEND %s {%zu+}\r\n", opt.mailbox, message_n);
        put(c, message, message_n);
        put(c, "\r\n", 2);
    } else {
        putf(c, "r %s\r\n", opt.command);
    }
}

static void lmtp_operation(struct client *c)
{
    char user[64];

    account_of(c, user);
    c->begun = now();
    started++;
    c->lmtp_state = 3; /* answers to MAIL, RCPT, DATA */
    putf(c, "MAIL FROM:<load@example.org>\r\nRCPT TO:<%s@example.org>\r\nDATA\r\n", user);
}

static void note_latency(struct client *c)
{
    latencies[n_latencies++] = now() - c->begun;
    finished++;
}

static bool is_login_load(void)
{
    return strcmp(opt.workload, "login") == 0;
}

/* The client is through with a step; send what begins the next one. */
static void next_step(struct client *c)
{
    char user[64];

    account_of(c, user);
    switch (c->step) {
    case GREETING:
        c->step = LOGIN;
        putf(c, "l LOGIN %s %s\r\n", user, user);
        break;
    case LOGIN:
        if (is_login_load()) {
            c->step = LOGOUT;
            putf(c, "x LOGOUT\r\n");
            break;
        }
        c->step = SELECT;
        putf(c, "s SELECT %s\r\n", opt.mailbox);
        break;
    case SELECT:
        if (strcmp(opt.workload, "idle") == 0) {
            c->step = IDLE;
            putf(c, "i IDLE\r\n");
            break;
        }
        c->step = RUN;
        /* fallthrough */
    case RUN:
        while (c->outstanding < opt.pipeline && started < opt.count)
            begin_operation(c);
        if (c->outstanding == 0) {
            c->step = LOGOUT;
            putf(c, "x LOGOUT\r\n");
        }
        break;
    default:
        break;
    }
}

static void client_open(struct client *c, bool lmtp);

static void client_end(struct client *c)
{
    epoll_ctl(epoll_fd, EPOLL_CTL_DEL, c->fd, NULL);
    if (c->ssl) {
        SSL_shutdown(c->ssl);
        SSL_free(c->ssl);
    }
    close(c->fd);
    c->ssl = NULL;
    c->step = DONE;
    active--;
    if (is_login_load()) {
        note_latency(c);
        if (started < opt.count)
            client_open(c, false);
    }
}

/* ---- answers ---- */

static void imap_line(struct client *c)
{
    if (c->line[0] == '+') {
        if (c->step == IDLE)
            finished++;
        return;
    }
    if (c->step == GREETING) {
        if (strncmp(c->line, "* OK", 4) != 0)
            fail("no greeting", c->line);
        next_step(c);
        return;
    }
    if (c->line[0] == '*') {
        c->untagged++;
        char *space = strchr(c->line + 2, ' ');
        if (space && strncmp(space + 1, "FETCH ", 6) == 0)
            c->fetches++;
        if (c->step == IDLE && space && strncmp(space + 1, "EXISTS", 6) == 0)
            latencies[n_latencies++] = now();
        return;
    }
    if (strncmp(c->line + 2, "OK", 2) != 0)
        fail("not OK", c->line);
    if (c->line[0] == 'r') {
        if (opt.expect >= 0 && c->fetches != opt.expect)
            fail("wrong number of FETCH responses", c->line);
        c->fetches = 0;
        c->outstanding--;
        note_latency(c);
    }
    if (c->step != LOGOUT)
        next_step(c);
}

static void lmtp_line(struct client *c)
{
    if (c->line[3] == '-')
        return;
    if (c->line[0] != '2' && c->line[0] != '3')
        fail("refused", c->line);
    if (c->step == GREETING) {
        c->step = LOGIN;
        putf(c, "LHLO load\r\n");
    } else if (c->step == LOGIN) {
        c->step = RUN;
        lmtp_operation(c);
    } else if (c->lmtp_state > 0) {
        if (--c->lmtp_state == 0) {
            put(c, message, message_n);
            put(c, ".\r\n", 3);
        }
    } else {
        note_latency(c);
        if (started < opt.count)
            lmtp_operation(c);
        else
            client_end(c);
    }
}

/* The end of a line: does it announce a literal? */
static bool literal_ahead(struct client *c)
{
    size_t n = c->line_n < sizeof c->tail ? c->line_n : sizeof c->tail;
    char text[sizeof c->tail + 1];

    for (size_t i = 0; i < n; i++)
        text[i] = c->tail[(c->line_n - n + i) % sizeof c->tail];
    text[n] = '\0';
    char *open = strrchr(text, '{');
    if (n < 4 || strcmp(text + n - 3, "}\r\n") != 0 || !open)
        return false;
    c->literal = strtoull(open + 1, NULL, 10);
    literal_bytes += c->literal;
    return true;
}

static void take(struct client *c, const char *p, size_t n)
{
    while (n > 0 && c->step != DONE) {
        if (c->literal > 0) {
            size_t k = n < c->literal ? n : (size_t)c->literal;
            c->literal -= k;
            p += k;
            n -= k;
            continue;
        }
        const char *end = memchr(p, '\n', n);
        size_t k = end ? (size_t)(end - p) + 1 : n;
        if (!c->continued && c->line_n < LINE_KEPT - 1) {
            size_t room = LINE_KEPT - 1 - c->line_n, m = k < room ? k : room;
            memcpy(c->line + c->line_n, p, m);
            c->line[c->line_n + m] = '\0';
        }
        for (size_t i = k > sizeof c->tail ? k - sizeof c->tail : 0; i < k; i++)
            c->tail[(c->line_n + i) % sizeof c->tail] = p[i];
        c->line_n += k;
        p += k;
        n -= k;
        if (!end)
            return;
        bool more = !c->lmtp && literal_ahead(c);
        c->line_n = 0;
        if (more) {
            c->continued = true;
            continue;
        }
        c->continued = false;
        if (c->lmtp)
            lmtp_line(c);
        else
            imap_line(c);
    }
}

/* ---- sockets ---- */

static void client_open(struct client *c, bool lmtp)
{
    long n = c->n;
    char *out = c->out;
    size_t cap = c->out_cap;
    int on = 1;

    *c = (struct client){.n = n, .out = out, .out_cap = cap, .lmtp = lmtp, .step = GREETING};
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (c->fd < 0)
        fail("socket", strerror(errno));
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    /* Many connections to one port: other source addresses of loopback give more than 28,000. */
    struct sockaddr_in from = {.sin_family = AF_INET,
                               .sin_addr.s_addr =
                                   htonl(0x7f000002u + (uint32_t)((c - clients) / 20000))};
    if (c - clients >= 20000 && bind(c->fd, (struct sockaddr *)&from, sizeof from) != 0)
        fail("bind", strerror(errno));
    const struct sockaddr_in *to = lmtp ? &opt.lmtp : &opt.imap;
    if (connect(c->fd, (const struct sockaddr *)to, sizeof *to) != 0 && errno != EINPROGRESS)
        fail("connect", strerror(errno));
    if (opt.tls && !lmtp) {
        c->ssl = SSL_new(tls);
        SSL_set_fd(c->ssl, c->fd);
        SSL_set_connect_state(c->ssl);
    }
    c->begun = now();
    if (is_login_load())
        started++;
    active++;
    struct epoll_event ev = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = c};
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, c->fd, &ev);
}

static ssize_t io_result(struct client *c, int rc)
{
    int e = SSL_get_error(c->ssl, rc);

    if (e == SSL_ERROR_WANT_READ || e == SSL_ERROR_WANT_WRITE) {
        errno = EAGAIN;
        return -1;
    }
    return 0;
}

static void pump(struct client *c)
{
    static char data[READ_SIZE];

    for (;;) {
        bool progress = false;
        while (c->out_off < c->out_n) {
            ssize_t n;
            if (c->ssl) {
                int rc = SSL_write(c->ssl, c->out + c->out_off, (int)(c->out_n - c->out_off));
                n = rc > 0 ? rc : io_result(c, rc);
            } else {
                n = send(c->fd, c->out + c->out_off, c->out_n - c->out_off, MSG_NOSIGNAL);
            }
            if (n < 0 && (errno == EAGAIN || errno == ENOTCONN || errno == EINPROGRESS))
                break;
            if (n <= 0)
                fail("write", strerror(errno));
            c->out_off += (size_t)n;
            progress = true;
        }
        if (c->out_off == c->out_n)
            c->out_off = c->out_n = 0;
        ssize_t n;
        if (c->ssl) {
            int rc = SSL_read(c->ssl, data, sizeof data);
            n = rc > 0 ? rc : io_result(c, rc);
        } else {
            n = recv(c->fd, data, sizeof data, 0);
        }
        if (n > 0) {
            bytes_in += (uint64_t)n;
            take(c, data, (size_t)n);
            if (c->step == DONE || c->fd < 0)
                return;
            progress = true;
        } else if (n == 0 || (n < 0 && errno != EAGAIN && errno != ENOTCONN)) {
            if (c->step != LOGOUT)
                fail("closed by the server", c->line);
            client_end(c);
            return;
        }
        if (!progress)
            return;
    }
}

/* ---- the whole ---- */

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

static double percentile(double p)
{
    return n_latencies ? latencies[(long)((double)(n_latencies - 1) * p)] * 1e3 : 0;
}

static void report(double seconds)
{
    qsort(latencies, (size_t)n_latencies, sizeof *latencies, by_value);
    printf("workload=%s clients=%ld tls=%d ops=%ld seconds=%.4f rate=%.1f p50_ms=%.3f p95_ms=%.3f "
           "p99_ms=%.3f "
           "bytes=%llu literal_bytes=%llu\n",
           opt.workload, opt.clients, opt.tls, finished, seconds, (double)finished / seconds,
           percentile(0.5), percentile(0.95), percentile(0.99), (unsigned long long)bytes_in,
           (unsigned long long)literal_bytes);
}

static void turn(int timeout_ms)
{
    struct epoll_event events[256];
    int n = epoll_wait(epoll_fd, events, 256, timeout_ms);

    for (int i = 0; i < n; i++) {
        struct client *c = events[i].data.ptr;
        if (c->step != DONE)
            pump(c);
    }
}

/* All clients idle; then, for each line on standard input, how long after it the first and the last
 * of them heard. */
static void hold_idle(double begun)
{
    char line[64];

    printf("idle clients=%ld seconds=%.3f\n", opt.clients, now() - begun);
    fflush(stdout);
    struct epoll_event ev = {.events = EPOLLIN, .data.ptr = NULL};
    (void)ev;
    fcntl(0, F_SETFL, fcntl(0, F_GETFL) | O_NONBLOCK);
    for (;;) {
        turn(20);
        ssize_t n = read(0, line, sizeof line);
        if (n == 0 || (n > 0 && line[0] == 'q'))
            return;
        if (n > 0) { /* "t": tell what has been heard */
            printf("heard=%ld last=%.6f\n", n_latencies,
                   n_latencies ? latencies[n_latencies - 1] : 0);
            fflush(stdout);
        }
    }
}

static void make_message(void)
{
    static const char head[] =
        "From: Load <load@example.org>\r\nTo: bench@example.org\r\nSubject: message of the load\r\n"
        "Date: Mon, 2 Mar 2026 10:00:00 +0100\r\nMessage-ID: <load@example.org>\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n\r\n";

    message = malloc((size_t)opt.size + sizeof head + 128);
    memcpy(message, head, sizeof head - 1);
    message_n = sizeof head - 1;
    while (message_n < (size_t)opt.size) {
        memset(message + message_n, 'a' + (int)(message_n % 26), 76);
        memcpy(message + message_n + 76, "\r\n", 2);
        message_n += 78;
    }
}

static struct sockaddr_in address(const char *text)
{
    struct sockaddr_in a = {.sin_family = AF_INET};
    char host[64];
    int port;

    if (sscanf(text, "%63[^:]:%d", host, &port) != 2 || inet_pton(AF_INET, host, &a.sin_addr) != 1)
        fail("not HOST:PORT", text);
    a.sin_port = htons((uint16_t)port);
    return a;
}

static void take_options(int argc, char **argv)
{
    static const struct option longs[] = {{"imap", 1, 0, 'i'},
                                          {"lmtp", 1, 0, 'l'},
                                          {"tls", 0, 0, 't'},
                                          {"clients", 1, 0, 'c'},
                                          {"count", 1, 0, 'n'},
                                          {"user", 1, 0, 'u'},
                                          {"users", 1, 0, 'U'},
                                          {"mailbox", 1, 0, 'm'},
                                          {"command", 1, 0, 'C'},
                                          {"expect", 1, 0, 'e'},
                                          {"size", 1, 0, 's'},
                                          {"pipeline", 1, 0, 'p'},
                                          {0}};

    if (argc < 2)
        fail("usage", "load WORKLOAD --imap HOST:PORT ...");
    opt.workload = argv[1];
    for (int o; (o = getopt_long(argc - 1, argv + 1, "", longs, NULL)) != -1;) {
        switch (o) {
        case 'i':
            opt.imap = address(optarg);
            break;
        case 'l':
            opt.lmtp = address(optarg);
            break;
        case 't':
            opt.tls = true;
            break;
        case 'c':
            opt.clients = atol(optarg);
            break;
        case 'n':
            opt.count = atol(optarg);
            break;
        case 'u':
            opt.user = optarg;
            break;
        case 'U':
            opt.users = atol(optarg);
            break;
        case 'm':
            opt.mailbox = optarg;
            break;
        case 'C':
            opt.command = optarg;
            break;
        case 'e':
            opt.expect = atol(optarg);
            break;
        case 's':
            opt.size = atol(optarg);
            break;
        case 'p':
            opt.pipeline = atol(optarg);
            break;
        default:
            exit(2);
        }
    }
}

int main(int argc, char **argv)
{
    struct rlimit files;

    take_options(argc, argv);
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    make_message();
    tls = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_mode(tls, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    clients = calloc((size_t)opt.clients, sizeof *clients);
    latencies = calloc((size_t)(opt.count + opt.clients * 100), sizeof *latencies);
    bool lmtp = strcmp(opt.workload, "lmtp") == 0, idle = strcmp(opt.workload, "idle") == 0;
    double begun = now();

    for (long i = 0; i < opt.clients; i++) {
        clients[i].n = i;
        client_open(&clients[i], lmtp);
        if (idle && i % 50 == 49) /* not a storm: that is another workload */
            while (finished < i - 200)
                turn(100);
    }
    if (idle) {
        while (finished < opt.clients)
            turn(100);
        hold_idle(begun);
        return 0;
    }
    while (active > 0)
        turn(1000);
    report(now() - begun);
    return finished == opt.count || is_login_load() ? 0 : 1;
}
