/*
 * net/listen.c - from addresses in the configuration to bound descriptors, and from those to
 * listeners.
 *
 * Binding needs no pool, so it can be done as root, before there are any threads.
 */
#include "base/mem.h"
#include "net/bind.h"
#include "net/pool_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    BACKLOG = 4096,
    DEFAULT_MODE = 0600,
};

/* One address being bound. */
struct wish {
    const char *address;
    struct bound *bound;
    const char **why_out;
};

static _Thread_local char why_text[300];

static enum err fail(const struct wish *w, const char *reason)
{
    snprintf(why_text, sizeof(why_text), "%.150s: %.120s", w->address, reason);
    *w->why_out = why_text;
    return ERR_IO;
}

/* Takes the descriptor. */
static enum err add_bound(const struct wish *w, int fd)
{
    const char *reason;

    if (w->bound->n == BOUND_MAX || listen(fd, BACKLOG) != 0) {
        reason = w->bound->n == BOUND_MAX ? "too many addresses" : strerror(errno);
        close(fd);
        return fail(w, reason);
    }
    w->bound->fds[w->bound->n++] = fd;
    return ERR_OK;
}

static int port_of(int fd)
{
    struct sockaddr_storage sa = {0};
    socklen_t n = sizeof(sa);
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;

    if (getsockname(fd, (struct sockaddr *)&sa, &n) != 0)
        return 0;
    memcpy(&v4, &sa, sizeof(v4));
    memcpy(&v6, &sa, sizeof(v6));
    if (sa.ss_family == AF_INET)
        return ntohs(v4.sin_port);
    return sa.ss_family == AF_INET6 ? ntohs(v6.sin6_port) : 0;
}

/* ---- local sockets ---- */

/* Nobody answers: a dead process left it. */
static bool is_abandoned(const struct sockaddr_un *sa)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool dead;

    if (fd < 0)
        return false;
    dead = connect(fd, (const struct sockaddr *)sa, sizeof(*sa)) != 0 && errno == ECONNREFUSED;
    close(fd);
    return dead;
}

static bool bind_local(int fd, const struct sockaddr_un *sa, mode_t mode)
{
    /* The mode of the descriptor is that of the name bind makes (less the umask): never wider, not
     * even for a moment. */
    if (fchmod(fd, mode) != 0)
        return false;
    if (bind(fd, (const struct sockaddr *)sa, sizeof(*sa)) != 0) {
        if (errno != EADDRINUSE)
            return false;
        if (!is_abandoned(sa)) {
            errno = EADDRINUSE;
            return false;
        }
        if (unlink(sa->sun_path) != 0 || bind(fd, (const struct sockaddr *)sa, sizeof(*sa)) != 0)
            return false;
    }
    return chmod(sa->sun_path, mode) == 0;
}

/* "/path[,mode=0660]" */
static enum err bind_local_name(const struct wish *w, const char *rest)
{
    struct sockaddr_un sa = {.sun_family = AF_UNIX};
    const char *comma = strchr(rest, ',');
    size_t n = comma ? (size_t)(comma - rest) : strlen(rest);
    char *end = NULL;
    long mode = DEFAULT_MODE;
    int fd;

    if (n == 0 || n >= sizeof(sa.sun_path))
        return fail(w, "the path is empty or too long for a socket");
    memcpy(sa.sun_path, rest, n);
    if (comma) {
        if (strncmp(comma, ",mode=", 6) == 0)
            mode = strtol(comma + 6, &end, 8);
        if (!end || end == comma + 6 || *end || mode < 0 || mode > 0777)
            return fail(w, "after the path only \",mode=\" with an octal mode may follow");
    }
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return fail(w, strerror(errno));
    if (!bind_local(fd, &sa, (mode_t)mode)) {
        close(fd);
        return fail(w, strerror(errno));
    }
    return add_bound(w, fd);
}

/* ---- TCP ---- */

/* "host:port", "[v6]:port", ":port"; false: no port, or too long. */
static bool split_address(const char *address, char host[256], char port[32])
{
    const char *colon = strrchr(address, ':');
    size_t n = colon ? (size_t)(colon - address) : 0;

    if (!colon || !colon[1] || strlen(colon + 1) >= 32)
        return false;
    if (n && address[0] == '[') {
        if (address[n - 1] != ']')
            return false;
        address++;
        n -= 2;
    } else if (memchr(address, ':', n)) {
        return false; /* an IPv6 address without brackets: the port would be a guess */
    }
    if (n >= 256)
        return false;
    memcpy(host, address, n);
    host[n] = '\0';
    strcpy(port, colon + 1);
    return true;
}

static int bind_tcp(const struct addrinfo *ai)
{
    int fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int on = 1;
    int saved;

    if (fd < 0)
        return -1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
        (ai->ai_family != AF_INET6 ||
         setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) == 0) &&
        bind(fd, ai->ai_addr, ai->ai_addrlen) == 0)
        return fd;
    saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

/* ":0": the second family takes the port the first one got. */
static void set_port(struct addrinfo *ai, int port)
{
    struct sockaddr_in v4;

    if (!port)
        return;
    memcpy(&v4, ai->ai_addr, sizeof(v4)); /* the port stands at the same place in both families */
    if (v4.sin_port == 0)
        v4.sin_port = htons((uint16_t)port);
    memcpy(ai->ai_addr, &v4, sizeof(v4));
}

/* A machine without IPv6 (or without IPv4) still serves the other, when no address was named. */
static bool may_be_missing(int errnum, const char *host)
{
    return !host[0] && (errnum == EAFNOSUPPORT || errnum == EADDRNOTAVAIL);
}

static enum err bind_each(const struct wish *w, struct addrinfo *all, const char *host)
{
    int port = 0, fd;
    enum err e = ERR_IO;

    for (struct addrinfo *ai = all; ai; ai = ai->ai_next) {
        set_port(ai, port);
        fd = bind_tcp(ai);
        if (fd < 0 && may_be_missing(errno, host))
            continue;
        if (fd < 0)
            return fail(w, strerror(errno));
        port = port_of(fd);
        e = add_bound(w, fd);
        if (e != ERR_OK)
            return e;
    }
    return e == ERR_OK ? e : fail(w, "no address to listen on");
}

static enum err bind_tcp_name(const struct wish *w)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    struct addrinfo *all = NULL;
    char host[256], port[32];
    enum err e;
    int rc;

    if (!split_address(w->address, host, port))
        return fail(w, "not an address: \"HOST:PORT\", \"[IPV6]:PORT\" or \":PORT\"");
    rc = getaddrinfo(host[0] ? host : NULL, port, &hints, &all);
    if (rc != 0)
        return fail(w, gai_strerror(rc));
    e = bind_each(w, all, host);
    freeaddrinfo(all);
    return e;
}

static enum err bind_one(const struct wish *w)
{
    if (strncmp(w->address, "unix:", 5) == 0)
        return bind_local_name(w, w->address + 5);
    return bind_tcp_name(w);
}

/* `address` is one of a list: n bytes. */
static enum err bind_nth(const char *address, size_t n, struct bound *out, const char **why_out)
{
    char one[300];
    struct wish w = {one, out, why_out};

    if (n >= sizeof(one)) {
        w.address = "an address";
        return fail(&w, "too long");
    }
    memcpy(one, address, n);
    one[n] = '\0';
    return bind_one(&w);
}

enum err net_bind(const char *addresses, struct bound *out, const char **why_out)
{
    const char *p = addresses + strspn(addresses, " \t");
    size_t n;
    enum err e;

    *out = (struct bound){0};
    for (; *p; p += n, p += strspn(p, " \t")) {
        n = strcspn(p, " \t");
        e = bind_nth(p, n, out, why_out);
        if (e != ERR_OK) {
            net_unbind(out);
            return e;
        }
    }
    return ERR_OK;
}

/* The path of a local socket, to be unlinked at the end; NULL for others. */
static char *path_of(int fd)
{
    struct sockaddr_un sa = {0};
    socklen_t n = sizeof(sa);
    size_t len;
    char *path;

    if (getsockname(fd, (struct sockaddr *)&sa, &n) != 0 || sa.sun_family != AF_UNIX ||
        !sa.sun_path[0])
        return NULL;
    len = strnlen(sa.sun_path, sizeof(sa.sun_path));
    path = mem_new(len + 1);
    return memcpy(path, sa.sun_path, len);
}

void net_unbind(struct bound *b)
{
    char *path;

    for (size_t i = 0; i < b->n; i++) {
        path = path_of(b->fds[i]);
        if (path)
            unlink(path);
        mem_free(path);
        close(b->fds[i]);
    }
    b->n = 0;
}

/* ---- listeners ---- */

static void add_listener(struct pool *p, struct door *d, int fd, struct tls_context *tls,
                         bool implicit)
{
    uint32_t i = p->listeners_n;
    struct listener *l = NEW(struct listener);

    l->job.fn = listener_accept;
    l->pool = p;
    l->door = d;
    l->implicit = implicit && tls;
    l->fd = fd;
    l->port = port_of(fd);
    l->path = path_of(fd);
    l->tls = tls;
    if (l->tls)
        tls_context_ref(l->tls);
    pthread_mutex_init(&l->lock, NULL);
    p->listeners[i] = l;
    atomic_store(&p->listeners_n, i + 1);
    poll_arm(p, EPOLL_CTL_ADD, fd, EPOLLIN, POLL_LISTENER + i);
}

enum err pool_listen_bound(struct pool *p, struct door *d, struct bound *b, struct tls_context *tls,
                           bool implicit)
{
    if (p->listeners_n + b->n > POOL_LISTENERS)
        return ERR_LIMIT;
    for (size_t i = 0; i < b->n; i++)
        add_listener(p, d, b->fds[i], tls, implicit);
    b->n = 0;
    return ERR_OK;
}

enum err pool_listen(struct pool *p, struct door *d, const char *address, struct tls_context *tls,
                     bool implicit, const char **why_out)
{
    struct bound b;
    enum err e;

    TRY(net_bind(address, &b, why_out));
    e = pool_listen_bound(p, d, &b, tls, implicit);
    if (e != ERR_OK)
        *why_out = "too many listeners";
    net_unbind(&b);
    return e;
}

int pool_last_port(const struct pool *p)
{
    return p->listeners_n ? p->listeners[p->listeners_n - 1]->port : 0;
}
