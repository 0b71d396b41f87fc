/*
 * cli/export_command.c - `tern export`.
 */
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/export.h"

#include <string.h>
#include <sysexits.h>

static const char help[] =
    "usage: tern export --account NAME [OPTIONS] DIR\n"
    "\n"
    "Writes the account's mail to DIR, which must be missing or empty.  `tern import` reads it "
    "back\n"
    "exactly: bytes, flags, keywords, dates, names, subscriptions, special uses.\n"
    "\n"
    "  --account NAME   whose mail\n"
    "  --format FORM    maildir (default: Maildir++, as Dovecot and Courier use it) or mbox (a "
    "file "
    "for\n"
    "                   each mailbox, mboxrd)\n"
    "  --mailbox NAME   only this mailbox\n"
    "  --force          what is at DIR is renamed to DIR.old first\n"
    "  --quiet          no bar\n"
    "  --config FILE    default " OPTIONS_CONFIG_PATH ", if that exists\n"
    "  --store DIR      the store, in place of the configuration's\n"
    "\n"
    "Exit codes: 0 every message is there; 65 some could not be read, each has its line.\n"
    "Works with a running server and on a stopped store.\n";

static bool take(void *arg, int option, const char *value)
{
    struct export_options *o = arg;

    if (option == 'a') {
        o->account = value;
    } else if (option == 'm') {
        o->mailbox = value;
    } else if (option == 'F') {
        o->force = true;
    } else if (option == 'q') {
        o->progress = false;
    } else if (strcmp(value, "maildir") == 0) {
        o->form = EXPORT_MAILDIR;
    } else if (strcmp(value, "mbox") == 0) {
        o->form = EXPORT_MBOX;
    } else {
        options_fail(0, "export", "--format is maildir or mbox, not \"%s\"", value);
        return false;
    }
    return true;
}

int export_command(int argc, char **argv)
{
    static const struct option own[] = {
        {"account", required_argument, NULL, 'a'}, {"mailbox", required_argument, NULL, 'm'},
        {"format", required_argument, NULL, 'f'},  {"force", no_argument, NULL, 'F'},
        {"quiet", no_argument, NULL, 'q'},         {0}};
    struct export_options o = {.progress = true};
    struct export_report report;
    struct options_store store;
    struct command c;

    int code = options_read(argc, argv, help, own, take, &o, &store);
    if (code != OPTIONS_GO_ON)
        return code;
    if (!o.account || argc - optind != 1)
        return fputs(help, stderr), EX_USAGE;
    o.path = argv[optind];
    code = command_open(&c, "export", &store, false);
    if (code != EX_OK)
        return code;
    enum err e = export_run(c.client, &o, &report, &c.why);
    printf("%llu messages (%s) of %llu mailboxes written to %s, %llu failed\n",
           (unsigned long long)report.messages, command_size(report.bytes).text,
           (unsigned long long)report.mailboxes, o.path, (unsigned long long)report.failed);
    fflush(stdout);
    code = command_close(&c, e);
    return code == EX_OK && report.failed ? EX_DATAERR : code;
}
