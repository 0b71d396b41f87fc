/*
 * cli/server.c - from a configuration to a server that answers.
 *
 * Order: certificate and key are read and the ports bound while still root; then the unprivileged
 * user; then the store, whose files are that user's; only then the listeners are given to the pool,
 * so nobody is served by half a server.
 */
#include "cli/server.h"

#include "base/log.h"
#include "base/mem.h"
#include "cli/privileges.h"
#include "net/bind.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* ---- ports ---- */

enum door_kind { DOOR_IMAP, DOOR_IMAPS, DOOR_LMTP, DOORS };

struct ports {
    struct bound bound[DOORS];
};

static enum err bind_all(const struct config *c, struct ports *out, struct buf *why)
{
    const char *const addresses[DOORS] = {c->listen_imap, c->listen_imaps, c->listen_lmtp};
    static const char *const names[DOORS] = {"listen_imap", "listen_imaps", "listen_lmtp"};

    *out = (struct ports){0};
    for (int i = 0; i < DOORS; i++) {
        const char *reason = NULL;
        enum err e = net_bind(addresses[i], &out->bound[i], &reason);
        if (e != ERR_OK) {
            buf_printf(why, "%s = \"%s\": %s", names[i], addresses[i],
                       reason ? reason : err_text(e));
            for (int j = 0; j < i; j++)
                net_unbind(&out->bound[j]);
            return e;
        }
    }
    return ERR_OK;
}

static void unbind_all(struct ports *p)
{
    for (int i = 0; i < DOORS; i++)
        net_unbind(&p->bound[i]);
}

/* ---- certificate ---- */

static char *in_store(const struct config *c, const char *name)
{
    char *path = NULL;

    if (asprintf(&path, "%s/%s", c->store, name) < 0)
        abort();
    return path;
}

static const char *own_name(const struct config *c, char name[256])
{
    if (*c->hostname)
        return c->hostname;
    if (gethostname(name, 255) != 0 || !*name)
        return "localhost";
    return name;
}

static enum err load_tls(const char *cert, const char *key, struct tls_context **out,
                         struct buf *why)
{
    const char *reason = NULL;
    enum err e = tls_context_new(cert, key, out, &reason);

    if (e != ERR_OK)
        buf_printf(why, "certificate %s with key %s: %s", cert, key, reason ? reason : err_text(e));
    return e;
}

/* While still root, who may be the only one to read the key. */
static enum err configured_tls(const struct config *c, struct tls_context **out, struct buf *why)
{
    return *c->tls_cert ? load_tls(c->tls_cert, c->tls_key, out, why) : ERR_OK;
}

/* None is configured: one of our own, made by and for the unprivileged user, in the store that is
 * open by now. */
static enum err own_tls(const struct config *c, struct tls_context **out, struct buf *why)
{
    char host[256] = "";
    const char *const names[] = {own_name(c, host), "localhost"};
    const char *reason = NULL;

    if (*out)
        return ERR_OK;
    char *cert = in_store(c, "cert.pem"), *key = in_store(c, "key.pem");
    enum err e = tls_self_signed(cert, key, names, 2, &reason);
    if (e != ERR_OK)
        buf_printf(why, "certificate %s cannot be made: %s", cert, reason ? reason : err_text(e));
    else
        e = load_tls(cert, key, out, why);
    free(cert);
    free(key);
    return e;
}

/* ---- doors ---- */

static void make_doors(struct server *s, const struct config *c)
{
    struct core *k = &s->core;
    char host[256] = "";
    struct session_options so = {.max_message = (uint64_t)c->max_message,
                                 .idle_seconds = (int)c->idle_timeout,
                                 .login_seconds = (int)c->login_timeout,
                                 .plain_login = c->plain_login != 0,
                                 .max_sessions = (uint32_t)c->max_sessions_per_account};
    struct lmtp_options lo = {.max_message = (uint64_t)c->max_message,
                              .hostname = str_of(own_name(c, host)),
                              .idle_seconds = (int)c->lmtp_timeout};
    struct admin_options ao = {.max_message = (uint64_t)c->max_message};

    s->imap = session_door_new(k->ms, k->directory, k->auth, &so);
    s->lmtp = lmtp_door_new(k->ms, k->auth, &lo);
    s->admin = admin_door_new(k->ms, k->directory, k->auth, &ao);
}

static enum err listen_admin(struct server *s, const struct config *c, struct buf *why)
{
    char address[ADMIN_PATH_MAX + 8];
    const char *reason = NULL;

    int n = snprintf(address, sizeof address, "unix:%s/admin.sock", c->store);
    if (n >= ADMIN_PATH_MAX + 4) {
        buf_printf(why, "the path of the store, %s, is too long for a socket in it", c->store);
        return ERR_BAD_NAME;
    }
    enum err e = pool_listen(s->core.pool, admin_door(s->admin), address, NULL, false, &reason);
    if (e != ERR_OK)
        buf_printf(why, "%s: %s", address, reason ? reason : err_text(e));
    return e;
}

static enum err listen_all(struct server *s, const struct config *c, struct ports *p,
                           struct buf *why)
{
    struct pool *pool = s->core.pool;

    TRY(listen_admin(s, c, why));
    enum err e =
        pool_listen_bound(pool, session_door(s->imap), &p->bound[DOOR_IMAP], s->tls, false);
    if (e == ERR_OK)
        e = pool_listen_bound(pool, session_door(s->imap), &p->bound[DOOR_IMAPS], s->tls, true);
    if (e == ERR_OK)
        e = pool_listen_bound(pool, lmtp_door(s->lmtp), &p->bound[DOOR_LMTP], NULL, false);
    if (e != ERR_OK)
        buf_printf(why, "the listeners cannot be started: %s", err_text(e));
    return e;
}

/* ---- signals ---- */

static struct pool *running;

static void on_signal(int sig)
{
    pool_stop(running);
}

/* From here on a signal ends server_run, also one that comes before it. */
static void catch_signals(struct server *s)
{
    struct sigaction stop = {.sa_handler = on_signal};

    running = s->core.pool;
    sigaction(SIGINT, &stop, NULL);
    sigaction(SIGTERM, &stop, NULL);
}

enum err server_open(const struct config *c, struct server *out, struct buf *why_out)
{
    struct ports ports;

    *out = (struct server){0};
    TRY(privileges_directory(c->user, c->store, why_out));
    TRY(bind_all(c, &ports, why_out));
    enum err e = configured_tls(c, &out->tls, why_out);
    if (e == ERR_OK)
        e = privileges_drop(c->user, why_out);
    if (e == ERR_OK)
        e = core_open(c, &out->core, why_out);
    if (e == ERR_OK)
        e = own_tls(c, &out->tls, why_out);
    if (e == ERR_OK) {
        make_doors(out, c);
        e = listen_all(out, c, &ports, why_out);
    }
    if (e != ERR_OK) {
        unbind_all(&ports);
        server_close(out);
        return e;
    }
    catch_signals(out);
    out->keeper = keeper_start(&out->core);
    return ERR_OK;
}

void server_close(struct server *s)
{
    if (s->keeper)
        keeper_stop(s->keeper);
    if (s->core.pool)
        pool_close_all(s->core.pool);
    if (s->admin)
        admin_door_drain(s->admin);
    core_close(&s->core);
    session_door_free(s->imap);
    lmtp_door_free(s->lmtp);
    admin_door_free(s->admin);
    tls_context_free(s->tls);
    *s = (struct server){0};
}

/* ---- running ---- */

void server_run(struct server *s)
{
    server_notify("READY=1");
    pool_run(s->core.pool);
    server_notify("STOPPING=1");
    log_event(LOG_INFO, "stopping");
}

void server_notify(const char *state)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un to = {.sun_family = AF_UNIX};

    if (!path || (*path != '/' && *path != '@') || strlen(path) >= sizeof to.sun_path)
        return;
    strcpy(to.sun_path, path);
    if (*path == '@')
        to.sun_path[0] = '\0'; /* the abstract name space */
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
    if (sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&to, len) < 0)
        log_event(LOG_WARN, "notify_failed", kv_cstr("socket", path), kv_errno(errno));
    close(fd);
}
