/*
 * cli/deliver.c - `tern deliver`: one message from standard input, for a mail transfer agent that
 * starts a program for each (Postfix's pipe, Exim's pipe transport).
 *
 * Exit codes are those of <sysexits.h>, which these agents understand: 75 makes them try again.
 */
#include "cli/command.h"
#include "cli/commands.h"

#include <errno.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

static const char help[] =
    "usage: tern deliver [OPTIONS] RECIPIENT < MESSAGE\n"
    "\n"
    "RECIPIENT is an account's name or address; user+detail@domain goes to the mailbox \"detail\" "
    "if the\n"
    "account wishes that (see `tern account`) and has it.\n"
    "\n"
    "  --sender ADDRESS   becomes the Return-Path field; \"\" for a bounce\n"
    "  --config FILE      default " OPTIONS_CONFIG_PATH ", if that exists\n"
    "  --store DIR        the store, in place of the configuration's\n"
    "\n"
    "Exit codes: 0 it is on disk; 64 usage; 65 too large; 67 no such recipient; 75 try again; 77 "
    "disabled.\n";

struct arguments {
    const char *sender;
};

static bool take(void *arg, int option, const char *value)
{
    struct arguments *a = arg;

    if (strpbrk(value, "\r\n<>")) {
        options_fail(0, "deliver", "--sender is an address without brackets");
        return false;
    }
    a->sender = value;
    return true;
}

/* Agents may put mbox's "From " line in front; it is no part of the message. */
static struct str without_from_line(struct str first)
{
    if (!str_starts(first, STR("From ")))
        return first;
    return str_from(first, str_find(first, '\n') + 1);
}

static enum err send_all(struct command *c)
{
    char piece[64 * 1024];
    bool first = true;

    for (;;) {
        ssize_t n = read(STDIN_FILENO, piece, sizeof piece);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            buf_printf(&c->why, "standard input: %s", strerror(errno));
            return ERR_IO;
        }
        if (n == 0)
            return ERR_OK;
        struct str bytes = str_n(piece, (size_t)n);
        TRY(admin_append_data(c->client, first ? without_from_line(bytes) : bytes));
        first = false;
    }
}

static enum err deliver(struct command *c, const char *recipient, const char *sender)
{
    struct buf *b = admin_request(c->client, ADMIN_DELIVER);
    struct dec row;
    bool more = true;

    enc_str(b, str_of(recipient));
    enc_u8(b, sender != NULL);
    enc_str(b, str_of(sender ? sender : ""));
    TRY(admin_send(c->client));
    enum err e = send_all(c);
    TRY(admin_append_end(c->client, e != ERR_OK));
    while (e == ERR_OK && more)
        e = admin_row(c->client, &row, &more, &c->why);
    return e;
}

/* What the agent must do about it.  When in doubt it keeps the message and tries again. */
static int code_of(enum err e)
{
    switch (e) {
    case ERR_OK:
        return EX_OK;
    case ERR_NO_ACCOUNT:
    case ERR_BAD_NAME:
        return EX_NOUSER;
    case ERR_NO_PERM:
        return EX_NOPERM;
    case ERR_TOO_BIG:
        return EX_DATAERR;
    default:
        return EX_TEMPFAIL;
    }
}

int deliver_command(int argc, char **argv)
{
    static const struct option own[] = {{"sender", required_argument, NULL, 's'}, {0}};
    struct arguments a = {0};
    struct options_store store;
    struct command c;

    int code = options_read(argc, argv, help, own, take, &a, &store);
    if (code != OPTIONS_GO_ON)
        return code;
    if (argc - optind != 1)
        return fputs(help, stderr), EX_USAGE;
    code = command_open(&c, "deliver", &store, false);
    if (code != EX_OK)
        return EX_TEMPFAIL; /* a mistake of ours loses no mail */
    enum err e = deliver(&c, argv[optind], a.sender);
    command_close(&c, e);
    return code_of(e);
}
