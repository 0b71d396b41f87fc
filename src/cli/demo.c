/*
 * cli/demo.c - `tern demo`: a server to try out, with everything it needs made on the spot.
 *
 * It is the real server with another configuration: a store of its own, loopback ports that need no
 * root, accounts made if they are missing, mail imported through the same door as `tern import`.
 */
#include "cli/admin_session.h"
#include "cli/commands.h"
#include "cli/import.h"
#include "cli/options.h"
#include "cli/server.h"

#include "admin/client.h"
#include "base/log.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

enum { USERS_MAX = 64 };

struct demo {
    const char *dir, *imap, *imaps, *lmtp, *users_file, *mail, *ready_file, *log_level;
    const char *users[USERS_MAX]; /* NAME:PASSWORD */
    size_t n_users;
    char temporary[64]; /* the store's directory if it is ours to remove */
};

static const char help[] =
    "usage: tern demo [OPTIONS]\n"
    "\n"
    "  --dir DIR              the store; kept and opened again next time (default: a temporary "
    "one, removed)\n"
    "  --imap ADDR:PORT       IMAP with STARTTLS (default 127.0.0.1:1143)\n"
    "  --imaps ADDR:PORT      IMAP over TLS (default 127.0.0.1:1993)\n"
    "  --lmtp ADDR:PORT       LMTP (default 127.0.0.1:1024)\n"
    "  --user NAME:PASSWORD   an account, made if missing; may be repeated (default demo:demo)\n"
    "  --users-file FILE      accounts, a line NAME:PASSWORD each\n"
    "  --mail DIR             mail for the first account's INBOX: Maildir, mbox or .eml files\n"
    "                         (default: samples that come with Tern)\n"
    "  --ready-file FILE      is created once connections are accepted\n"
    "  --log-level LEVEL      debug, info, warn (default) or error\n";

static const struct option long_options[] = {{"dir", required_argument, NULL, 'd'},
                                             {"imap", required_argument, NULL, 'i'},
                                             {"imaps", required_argument, NULL, 's'},
                                             {"lmtp", required_argument, NULL, 'l'},
                                             {"user", required_argument, NULL, 'u'},
                                             {"users-file", required_argument, NULL, 'f'},
                                             {"mail", required_argument, NULL, 'm'},
                                             {"ready-file", required_argument, NULL, 'r'},
                                             {"log-level", required_argument, NULL, 'L'},
                                             {"help", no_argument, NULL, 'h'},
                                             {0}};

static int take_options(struct demo *d, int argc, char **argv)
{
    *d = (struct demo){.imap = "127.0.0.1:1143",
                       .imaps = "127.0.0.1:1993",
                       .lmtp = "127.0.0.1:1024",
                       .log_level = "warn"};
    for (int c; (c = getopt_long(argc, argv, "h", long_options, NULL)) != -1;) {
        switch (c) {
        case 'd':
            d->dir = optarg;
            break;
        case 'i':
            d->imap = optarg;
            break;
        case 's':
            d->imaps = optarg;
            break;
        case 'l':
            d->lmtp = optarg;
            break;
        case 'f':
            d->users_file = optarg;
            break;
        case 'm':
            d->mail = optarg;
            break;
        case 'r':
            d->ready_file = optarg;
            break;
        case 'L':
            d->log_level = optarg;
            break;
        case 'u':
            if (d->n_users == USERS_MAX)
                return options_fail(EX_USAGE, "demo", "at most %d --user; --users-file takes more",
                                    USERS_MAX);
            d->users[d->n_users++] = optarg;
            break;
        case 'h':
            return fputs(help, stdout), -1;
        default:
            return fputs(help, stderr), EX_USAGE;
        }
    }
    if (optind < argc)
        return options_fail(EX_USAGE, "demo", "unexpected argument \"%s\"", argv[optind]);
    if (d->n_users == 0 && !d->users_file)
        d->users[d->n_users++] = "demo:demo";
    return EX_OK;
}

static void set(char **option, const char *value)
{
    free(*option);
    *option = strdup(value);
}

static int configure(struct demo *d, struct config *c)
{
    config_defaults(c);
    if (!d->dir) {
        strcpy(d->temporary, "/tmp/tern-demo-XXXXXX");
        if (!mkdtemp(d->temporary))
            return options_fail(EX_CANTCREAT, "demo", "%s: %s", d->temporary, strerror(errno));
    }
    set(&c->store, d->dir ? d->dir : d->temporary);
    set(&c->listen_imap, d->imap);
    set(&c->listen_imaps, d->imaps);
    set(&c->listen_lmtp, d->lmtp);
    set(&c->domains, "*");
    set(&c->user, "");
    set(&c->log_level, d->log_level);
    /* Everybody comes from this one machine. */
    c->max_connections_per_address = c->max_sessions_per_account = 1000000;
    return EX_OK;
}

/* ---- accounts ---- */

/* "NAME:PASSWORD".  The name may not hold a colon, the password may. */
static bool split_user(struct str line, struct str *name_out, struct str *password_out)
{
    size_t colon = str_find(line, ':');

    *name_out = str_sub(line, 0, colon);
    *password_out = str_from(line, colon + 1);
    return colon > 0 && colon + 1 < line.n;
}

static enum err add_user(struct admin_client *client, struct str line, enum auth_cost cost,
                         struct buf *why)
{
    struct str name, password;

    if (!split_user(line, &name, &password)) {
        buf_printf(why, "an account is NAME:PASSWORD, with both");
        return ERR_SYNTAX;
    }
    return admin_account_add(client, name, password, cost, why);
}

/* Thousands of accounts: sent without waiting for the answers, so that they share their syncs and
 * hash in parallel. */
static enum err add_users_file(struct admin_client *client, const char *path, struct str *first_out,
                               struct arena *a, struct buf *why)
{
    FILE *f = fopen(path, "r");
    char *line = NULL;
    size_t cap = 0, number = 0;
    enum err e = ERR_OK;

    if (!f) {
        buf_printf(why, "%s: %s", path, strerror(errno));
        return ERR_IO;
    }
    for (ssize_t n; e == ERR_OK && (n = getline(&line, &cap, f)) >= 0;) {
        struct str s = str_trim(str_n(line, (size_t)n)), name, password;
        number++;
        if (s.n == 0)
            continue;
        if (!split_user(s, &name, &password)) {
            buf_printf(why, "%s:%zu: an account is NAME:PASSWORD, with both", path, number);
            e = ERR_SYNTAX;
            break;
        }
        if (!first_out->p)
            *first_out = arena_str(a, name);
        e = admin_account_add_later(client, name, password, AUTH_COST_LOW, why);
    }
    free(line);
    fclose(f);
    return e == ERR_OK ? admin_account_add_finish(client, why) : e;
}

static enum err add_users(struct demo *d, struct admin_client *client, struct arena *a,
                          struct str *first_out, struct buf *why)
{
    enum err e = ERR_OK;
    struct str password;

    *first_out = STR_NONE;
    for (size_t i = 0; i < d->n_users && e == ERR_OK; i++) {
        if (i == 0)
            (void)split_user(str_of(d->users[0]), first_out, &password);
        e = add_user(client, str_of(d->users[i]), AUTH_COST_NORMAL, why);
        if (e == ERR_ACCOUNT_EXISTS)
            e = ERR_OK;
    }
    if (e == ERR_OK && d->users_file)
        e = add_users_file(client, d->users_file, first_out, a, why);
    return e;
}

/* ---- mail ---- */

/* The samples stand beside the program: in its build's source tree or where they were installed. */
static const char *samples(void)
{
    static const char *const places[] = {TERN_SOURCE_SAMPLES, TERN_SAMPLES};

    for (size_t i = 0; i < ARRAY_LEN(places); i++)
        if (access(places[i], R_OK) == 0)
            return places[i];
    return NULL;
}

static enum err import_mail(struct demo *d, struct admin_client *client, const char *account,
                            bool fresh, struct import_report *report, struct buf *why)
{
    struct import_options o = {
        .account = account, .path = d->mail, .progress = true, .resume = true};

    if (!o.path && fresh)
        o.path = samples();
    if (!o.path)
        return ERR_OK;
    return import_run(client, &o, report, why);
}

/* ---- what to do now ---- */

static void tell(const struct demo *d, struct str first, const struct import_report *report,
                 const struct server *s)
{
    char fingerprint[96];
    struct str name = {0}, password = {0};

    if (d->n_users)
        (void)split_user(str_of(d->users[0]), &name, &password);
    tls_fingerprint(s->tls, fingerprint);
    printf("Tern is running.  Point a mail program at it:\n\n"
           "  IMAP           %s   (TLS by STARTTLS, or none from this machine)\n"
           "  IMAP over TLS  %s   (self-signed certificate, SHA-256 %.23s...)\n"
           "  LMTP           %s   (any domain)\n"
           "  account        %.*s",
           d->imap, d->imaps, fingerprint, d->lmtp, STR_FMT(first));
    if (password.n)
        printf("   password %.*s", STR_FMT(password));
    if (report->imported)
        printf("\n  mail           %llu messages in INBOX", (unsigned long long)report->imported);
    if (password.n)
        printf("\n\nOr paste this, it shows a message at once:\n\n"
               "  curl -sk --user '%.*s' 'imaps://%s/INBOX;MAILINDEX=1'\n",
               STR_FMT(str_of(d->users[0])), d->imaps);
    printf("\nStore: %s%s.  Ctrl-C ends it.\n", d->dir ? d->dir : d->temporary,
           d->dir ? "" : " (temporary: removed at the end; --dir keeps one)");
    fflush(stdout);
}

static enum err make_ready_file(const char *path, struct buf *why)
{
    int fd = path ? open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644) : -1;

    if (path && fd < 0) {
        buf_printf(why, "%s: %s", path, strerror(errno));
        return ERR_IO;
    }
    if (fd >= 0)
        close(fd);
    return ERR_OK;
}

static enum err prepare(struct demo *d, const struct config *c, struct server *s, struct buf *why)
{
    struct admin_session *session = NULL;
    struct import_report report = {0};
    struct arena *a = arena_new();
    struct str first;

    /* The server owns the store, so this goes through its socket as any `tern account add` would.
     */
    enum err e = admin_session_open(c, false, &session, why);
    struct admin_client *client = e == ERR_OK ? admin_session_client(session) : NULL;
    bool fresh = e == ERR_OK && admin_store_is_empty(client);
    if (e == ERR_OK)
        e = add_users(d, client, a, &first, why);
    if (e == ERR_OK && first.p)
        e = import_mail(d, client, arena_cstr(a, first), fresh, &report, why);
    admin_session_close(session);
    if (e == ERR_OK)
        e = make_ready_file(d->ready_file, why);
    if (e == ERR_OK)
        tell(d, first.p ? first : STR(""), &report, s);
    arena_free(a);
    return e;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    return remove(path);
}

int demo_command(int argc, char **argv)
{
    struct buf why = BUF_INIT;
    struct config config;
    struct server server;
    struct demo demo;

    int code = take_options(&demo, argc, argv);
    if (code != EX_OK)
        return code < 0 ? EX_OK : code;
    code = configure(&demo, &config);
    if (code != EX_OK)
        return code;
    options_log(&config);
    enum err e = server_open(&config, &server, &why);
    if (e == ERR_OK) {
        e = prepare(&demo, &config, &server, &why);
        if (e == ERR_OK)
            server_run(&server);
        server_close(&server);
    }
    if (e != ERR_OK)
        code = options_fail(EX_UNAVAILABLE, "demo", "%.*s", STR_FMT(buf_str(&why)));
    if (*demo.temporary)
        nftw(demo.temporary, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    buf_fini(&why);
    config_fini(&config);
    return code;
}
