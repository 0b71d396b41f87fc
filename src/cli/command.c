/*
 * cli/command.c - what the subcommands that work on a store share.
 */
#include "cli/command.h"

#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

int command_open(struct command *c, const char *name, const struct options_store *o, bool create)
{
    *c = (struct command){.name = name};
    int code = options_config(o->config, o->store, &c->config);
    if (code != EX_OK)
        return code;
    c->config.past_damage = o->past_damage;
    enum err e = admin_session_open(&c->config, create, &c->session, &c->why);
    if (e != ERR_OK)
        return command_close(c, e);
    c->client = admin_session_client(c->session);
    return EX_OK;
}

int command_code(enum err e)
{
    switch (e) {
    case ERR_OK:
        return EX_OK;
    case ERR_NO_ACCOUNT:
        return EX_NOUSER;
    case ERR_SYNTAX:
    case ERR_BAD_NAME:
    case ERR_LIMIT:
        return EX_USAGE;
    case ERR_NO_MAILBOX:
    case ERR_NOT_FOUND:
        return EX_NOINPUT;
    case ERR_ACCOUNT_EXISTS:
    case ERR_MAILBOX_EXISTS:
    case ERR_HAS_CHILDREN:
        return EX_CANTCREAT;
    case ERR_NO_PERM:
        return EX_NOPERM;
    case ERR_CORRUPT:
    case ERR_VERSION:
        return EX_DATAERR;
    case ERR_IO:
        return EX_IOERR;
    default:
        return EX_TEMPFAIL;
    }
}

int command_close(struct command *c, enum err e)
{
    if (e != ERR_OK)
        options_fail(0, c->name, "%.*s",
                     STR_FMT(c->why.n ? buf_str(&c->why) : str_of(err_text(e))));
    admin_session_close(c->session);
    buf_fini(&c->why);
    config_fini(&c->config);
    return command_code(e);
}

bool command_confirm(const char *question, const char *word)
{
    char *line = NULL;
    size_t cap = 0;

    if (!isatty(STDIN_FILENO))
        return false;
    fprintf(stderr, "%s  Type \"%s\" to go on: ", question, word);
    ssize_t n = getline(&line, &cap, stdin);
    bool yes = n > 0 && str_eq(str_trim(str_n(line, (size_t)n)), str_of(word));
    free(line);
    return yes;
}

enum err command_rows(struct command *c, command_row_fn *row, void *arg)
{
    struct dec d;
    bool more = true;

    TRY(admin_send(c->client));
    for (;;) {
        TRY(admin_row(c->client, &d, &more, &c->why));
        if (!more)
            return ERR_OK;
        row(arg, &d);
    }
}

struct command_size command_size(uint64_t bytes)
{
    static const char *const units[] = {"kB", "MB", "GB", "TB", "PB", "EB"};
    struct command_size out;
    double v = (double)bytes / 1000;
    size_t u = 0;

    if (bytes < 1000) {
        snprintf(out.text, sizeof out.text, "%u B", (unsigned)bytes);
        return out;
    }
    for (; v >= 999.5 && u + 1 < sizeof units / sizeof units[0]; u++)
        v /= 1000;
    snprintf(out.text, sizeof out.text, v < 9.95 ? "%.1f %s" : "%.0f %s", v, units[u]);
    return out;
}

void command_print(FILE *to, struct str s)
{
    struct buf clean = BUF_INIT;

    utf8_scrub(&clean, s);
    for (size_t i = 0; i < clean.n; i++)
        if ((unsigned char)clean.p[i] < ' ' || clean.p[i] == 127)
            clean.p[i] = '?';
    fwrite(buf_str(&clean).p, 1, clean.n, to);
    buf_fini(&clean);
}
