/*
 * cli/check.c - `tern check`: proves the store, and mends it.
 */
#include "cli/command.h"
#include "cli/commands.h"

#include <sysexits.h>

static const char help[] =
    "usage: tern check [OPTIONS]\n"
    "\n"
    "Proves that numbers, indexes and bodies agree; a line for each finding, at the end the "
    "counts.\n"
    "\n"
    "  --repair         mend what can be mended; no message is ever removed, what has lost its "
    "place\n"
    "                   goes to the mailbox \"Recovered\"\n"
    "  --deep           read every body and compare its checksum\n"
    "  --account NAME   only this account (otherwise all, and the files below them)\n"
    "  --config FILE    default " OPTIONS_CONFIG_PATH ", if that exists\n"
    "  --store DIR      the store, in place of the configuration's\n"
    "\n"
    "Exit codes: 0 nothing was found, or all of it mended; 65 there are findings.\n"
    "Works with a running server and on a stopped store.\n";

struct arguments {
    const char *account;
    bool repair, deep;
};

static bool take(void *arg, int option, const char *value)
{
    struct arguments *a = arg;

    if (option == 'a')
        a->account = value;
    else if (option == 'r')
        a->repair = true;
    else
        a->deep = true;
    return true;
}

static void line(void *arg, struct dec *d)
{
    command_print(stdout, str_n(d->p, d->n));
    putchar('\n');
}

int check_command(int argc, char **argv)
{
    static const struct option own[] = {{"account", required_argument, NULL, 'a'},
                                        {"repair", no_argument, NULL, 'r'},
                                        {"deep", no_argument, NULL, 'd'},
                                        {0}};
    struct arguments a = {0};
    struct options_store store;
    struct command c;

    int code = options_read(argc, argv, help, own, take, &a, &store);
    if (code != OPTIONS_GO_ON)
        return code;
    if (optind < argc)
        return options_fail(EX_USAGE, "check", "unexpected argument \"%s\"", argv[optind]);
    store.past_damage = a.repair;
    code = command_open(&c, "check", &store, false);
    if (code != EX_OK)
        return code;
    struct buf *b = admin_request(c.client, ADMIN_CHECK);
    enc_str(b, str_of(a.account ? a.account : ""));
    enc_u8(b, a.deep);
    enc_u8(b, a.repair);
    enum err e = command_rows(&c, line, NULL);
    fflush(stdout);
    return command_close(&c, e);
}
