/*
 * cli/main.c - `tern`: which subcommand?
 */
#include "cli/commands.h"

#include "base/mem.h"
#include "base/str.h"

#include <signal.h>
#include <stdio.h>
#include <sysexits.h>

static const struct {
    const char *name;
    command_fn *run;
    const char *sentence;
} commands[] = {
    {"demo", demo_command, "a server to try out: own store, certificate, account and mail"},
    {"serve", serve_command, "the server"},
    {"account", account_command, "add, passwd, list, show, delete accounts"},
    {"mailbox", mailbox_command, "list, create, rename, delete mailboxes of an account"},
    {"import", import_command, "mail from Maildir, mbox or .eml files"},
    {"export", export_command, "mail as Maildir++ or mbox"},
    {"deliver", deliver_command, "one message from standard input to a recipient"},
    {"check", check_command, "prove the store, and repair it"},
    {"config", config_command, "check, show, default: the configuration"},
};

static int usage(FILE *to, int code)
{
    fputs("usage: tern COMMAND [OPTIONS]\n\n", to);
    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        fprintf(to, "  %-9s %s\n", commands[i].name, commands[i].sentence);
    fputs("\n`tern COMMAND --help` tells the rest; `tern --version` the version.\n", to);
    return code;
}

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    if (argc < 2)
        return usage(stderr, EX_USAGE);
    struct str name = str_of(argv[1]);
    if (str_eq(name, STR("--help")) || str_eq(name, STR("help")) || str_eq(name, STR("-h")))
        return usage(stdout, EX_OK);
    if (str_eq(name, STR("--version")) || str_eq(name, STR("-V"))) {
        puts("tern " TERN_VERSION);
        return EX_OK;
    }
    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        if (str_eq(name, str_of(commands[i].name)))
            return commands[i].run(argc - 1, argv + 1);
    fprintf(stderr, "tern: unknown command \"%s\"\n\n", argv[1]);
    return usage(stderr, EX_USAGE);
}
