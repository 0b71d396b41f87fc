/*
 * cli/admin_session.c - to the server's socket, or to a store that nobody serves.
 *
 * A stopped store is opened by a child process, which becomes the store's owner first: so root may
 * run `tern import` on mail that only root can read, into a store whose files stay the server's.
 * The child speaks the admin door on a socket pair.  It ends when the control pipe closes, thus
 * also when this process dies.
 */
#include "cli/admin_session.h"

#include "admin/admin.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/core.h"
#include "cli/privileges.h"
#include "net/bind.h"
#include "store/embedded.h"

#include <errno.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE_MS = 5000 };

struct admin_session {
    struct admin_client *client;
    int control; /* -1: a server's socket */
    pid_t child;
};

/* ---- a server ---- */

static int connect_to(const char *dir)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};

    int n = snprintf(to.sun_path, sizeof to.sun_path, "%s/admin.sock", dir);
    if (n < 0 || (size_t)n >= sizeof to.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    if (connect(fd, (struct sockaddr *)&to, sizeof to) == 0)
        return fd;
    int err = errno;
    close(fd);
    errno = err;
    return -1;
}

static void nap(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 50 * 1000 * 1000}, NULL);
}

static enum err open_running(const char *dir, struct admin_session *s)
{
    int fd = connect_to(dir);

    if (fd < 0)
        return errno == EACCES ? ERR_NO_PERM : ERR_LOCKED;
    s->client = admin_client_new(fd);
    return ERR_OK;
}

/* ---- a stopped store: the child ---- */

/* The store's files are made by whoever owns its directory, and by nobody else. */
static enum err become_owner(const struct config *c, struct buf *why)
{
    struct stat st;
    struct passwd *pw;

    if (geteuid() != 0)
        return ERR_OK;
    if (stat(c->store, &st) != 0) {
        buf_printf(why, "%s: %s", c->store, strerror(errno));
        return ERR_IO;
    }
    if (st.st_uid == 0)
        return ERR_OK;
    pw = getpwuid(st.st_uid);
    if (!pw) {
        buf_printf(why, "%s belongs to user number %u, who has no name here", c->store,
                   (unsigned)st.st_uid);
        return ERR_NOT_FOUND;
    }
    return privileges_drop(pw->pw_name, why);
}

static void send_all(int fd, struct str s)
{
    while (s.n > 0) {
        ssize_t n = send(fd, s.p, s.n, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return;
        s = str_from(s, (size_t)n);
    }
}

/* The first byte is the error number, the rest its text; 0 means: the door is open. */
static void report(int control, enum err e, const struct buf *why)
{
    send_all(control, str_n(&(char){(char)e}, 1));
    if (e != ERR_OK)
        send_all(control, buf_str(why));
}

static void wait_for_end(int control)
{
    char byte;

    while (recv(control, &byte, 1, 0) < 0 && errno == EINTR)
        ;
}

static enum err serve_pair(const struct config *c, int control, int fd, struct buf *why)
{
    struct admin_options ao = {.max_message = (uint64_t)c->max_message};
    struct core core;

    TRY(become_owner(c, why));
    TRY(core_open(c, &core, why));
    struct admin_door *door = admin_door_new(core.ms, core.directory, core.auth, &ao);
    enum err e = pool_adopt(core.pool, admin_door(door), fd);
    if (e == ERR_OK) {
        report(control, ERR_OK, why);
        wait_for_end(control);
    } else {
        buf_printf(why, "the store cannot be spoken to: %s", err_text(e));
    }
    pool_close_all(core.pool);
    admin_door_drain(door);
    core_close(&core);
    admin_door_free(door);
    return e;
}

[[gnu::noreturn]] static void child_main(const struct config *c, int control, int fd)
{
    struct buf why = BUF_INIT;

    /* Ctrl-C is the command's to handle; it closes the pipe, and what was acknowledged is safe. */
    signal(SIGINT, SIG_IGN);
    log_setup(LOG_WARN, LOG_KV);
    enum err e = serve_pair(c, control, fd, &why);
    if (e != ERR_OK)
        report(control, e, &why);
    buf_fini(&why);
    _exit(0);
}

/* ---- a stopped store: this side ---- */

static enum err hear(struct admin_session *s, struct buf *why)
{
    char text[1024];
    ssize_t n;
    enum err e = ERR_STORE;

    do
        n = recv(s->control, text, 1, 0);
    while (n < 0 && errno == EINTR);
    if (n == 1)
        e = (enum err)(unsigned char)text[0];
    if (e == ERR_OK)
        return ERR_OK;
    while (n == 1 && (n = recv(s->control, text, sizeof text, 0)) > 0) {
        buf_add(why, text, (size_t)n);
        n = 1;
    }
    if (why->n == 0)
        buf_printf(why, "the process that opens the store has ended: the log above says why");
    return e;
}

static void end_child(struct admin_session *s)
{
    close(s->control);
    while (waitpid(s->child, NULL, 0) < 0 && errno == EINTR)
        ;
}

static enum err open_stopped(const struct config *c, struct admin_session *s, struct buf *why)
{
    int control[2], pair[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, control) != 0 ||
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
        buf_printf(why, "no socket pair: %s", strerror(errno));
        return ERR_IO;
    }
    fflush(NULL);
    s->child = fork();
    if (s->child < 0) {
        buf_printf(why, "no process: %s", strerror(errno));
        return ERR_IO;
    }
    if (s->child == 0) {
        close(control[0]);
        close(pair[0]);
        child_main(c, control[1], pair[1]);
    }
    close(control[1]);
    close(pair[1]);
    s->control = control[0];
    enum err e = hear(s, why);
    if (e == ERR_OK) {
        s->client = admin_client_new(pair[0]);
        return ERR_OK;
    }
    close(pair[0]);
    end_child(s);
    return e;
}

/* ---- either ---- */

/* A new store made by root belongs to the server's user.  Where there is none (a container, a
 * trial) it stays root's. */
static enum err make_directory(const struct config *c, struct buf *why)
{
    const char *user = c->user;

    if (access(c->store, F_OK) == 0)
        return ERR_OK;
    if (*user && geteuid() == 0 && !getpwnam(user)) {
        fprintf(stderr, "tern: there is no user \"%s\" here: the new store in %s belongs to root\n",
                user, c->store);
        user = "";
    }
    return privileges_directory(user, c->store, why);
}

static enum err open_either(const struct config *c, bool create, struct admin_session *s,
                            struct buf *why)
{
    if (embedded_is_owned(c->store))
        return open_running(c->store, s);
    if (!embedded_is_store(c->store) && !create) {
        buf_printf(why,
                   "there is no store in %s; `tern account add` makes one there, --store DIR names "
                   "another place",
                   c->store);
        return ERR_NOT_FOUND;
    }
    TRY(make_directory(c, why));
    return open_stopped(c, s, why);
}

/* The owner may be a server that listens in a moment, or another command that ends in a moment:
 * this tries for PATIENCE_MS. */
static enum err open_patiently(const struct config *c, bool create, struct admin_session *s,
                               struct buf *why)
{
    int64_t until = clock_mono_ms() + PATIENCE_MS;

    for (;;) {
        enum err e = open_either(c, create, s, why);
        if (e == ERR_NO_PERM && why->n == 0)
            buf_printf(why,
                       "%s/admin.sock: permission denied; run this as root or as the user of the "
                       "server",
                       c->store);
        if (e != ERR_LOCKED)
            return e;
        buf_clear(why);
        if (clock_mono_ms() >= until)
            break;
        nap();
    }
    buf_printf(why,
               "the store %s is in use by a process that does not answer at %s/admin.sock: another "
               "tern command?  Try again when it has ended",
               c->store, c->store);
    return ERR_LOCKED;
}

enum err admin_session_open(const struct config *c, bool create, struct admin_session **out,
                            struct buf *why_out)
{
    struct admin_session *s = NEW(struct admin_session);

    s->control = -1;
    enum err e = open_patiently(c, create, s, why_out);
    if (e != ERR_OK) {
        mem_free(s);
        return e;
    }
    *out = s;
    return ERR_OK;
}

struct admin_client *admin_session_client(struct admin_session *s)
{
    return s->client;
}

void admin_session_close(struct admin_session *s)
{
    if (!s)
        return;
    admin_client_free(s->client);
    if (s->control >= 0)
        end_child(s);
    mem_free(s);
}
