/*
 * cli/import_command.c - `tern import`: what is asked, and the account of it at the end.
 */
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/import.h"

#include "base/clock.h"

#include <string.h>
#include <sysexits.h>

static const char help[] =
    "usage: tern import --account NAME [OPTIONS] PATH\n"
    "\n"
    "PATH is a Maildir (with its Maildir++ folders), a tree of Maildirs, an mbox, a tree of "
    "mboxes, "
    "a\n"
    "directory of .eml files, or what `tern export` wrote.  Dates, flags, keywords, names and\n"
    "subscriptions come along.  The source is only read.  Run it again after an interruption: what "
    "is\n"
    "there already is left out.\n"
    "\n"
    "  --account NAME   whose mail it becomes\n"
    "  --mailbox NAME   where PATH's own mail goes (default INBOX); its folders go below NAME\n"
    "  --dates WHAT     Maildir's INTERNALDATE: file (default: the file's time), name (the number "
    "the\n"
    "                   file's name begins with) or header (the topmost Received field, else "
    "Date)\n"
    "  --mboxrd         in mbox, \">From \" at the start of a line was \"From \" once\n"
    "  --again          import also what is there already\n"
    "  --quiet          no bar, and only the last line of the account\n"
    "  --config FILE    default " OPTIONS_CONFIG_PATH ", if that exists\n"
    "  --store DIR      the store, in place of the configuration's\n"
    "\n"
    "Exit codes: 0 every message is there; 65 some are not, each has its line; others: it ended "
    "early.\n"
    "Works with a running server and on a stopped store.\n";

static bool take(void *arg, int option, const char *value)
{
    struct import_options *o = arg;

    if (option == 'a') {
        o->account = value;
    } else if (option == 'm') {
        o->mailbox = value;
    } else if (option == 'r') {
        o->origin.mboxrd = true;
    } else if (option == 'n') {
        o->resume = false;
    } else if (option == 'q') {
        o->progress = false;
        o->mailbox_done = NULL;
    } else if (strcmp(value, "file") == 0) {
        o->origin.dates = DATES_USUAL;
    } else if (strcmp(value, "name") == 0) {
        o->origin.dates = DATES_NAME;
    } else if (strcmp(value, "header") == 0) {
        o->origin.dates = DATES_HEADER;
    } else {
        options_fail(0, "import", "--dates is file, name or header, not \"%s\"", value);
        return false;
    }
    return true;
}

static void mailbox_done(void *arg, const struct import_mailbox *m)
{
    bool *headed = arg;

    if (!*headed)
        printf("%9s  %9s  %9s  %9s  %s\n", "found", "imported", "there", "failed", "mailbox");
    *headed = true;
    printf("%9llu  %9llu  %9llu  %9llu  ", (unsigned long long)m->found,
           (unsigned long long)m->imported, (unsigned long long)m->skipped,
           (unsigned long long)m->failed);
    command_print(stdout, m->name);
    putchar('\n');
    fflush(stdout);
}

static void sum_up(const struct import_report *r, int64_t ms)
{
    printf(
        "%llu messages found: %llu imported (%s), %llu there already, %llu failed; %llu mailboxes "
        "made; %.1f s, %.0f messages/s\n",
        (unsigned long long)r->found, (unsigned long long)r->imported, command_size(r->bytes).text,
        (unsigned long long)r->skipped, (unsigned long long)r->failed,
        (unsigned long long)r->mailboxes, (double)ms / 1000,
        (double)r->imported * 1000 / (double)(ms > 0 ? ms : 1));
}

int import_command(int argc, char **argv)
{
    static const struct option own[] = {{"account", required_argument, NULL, 'a'},
                                        {"mailbox", required_argument, NULL, 'm'},
                                        {"dates", required_argument, NULL, 'd'},
                                        {"mboxrd", no_argument, NULL, 'r'},
                                        {"again", no_argument, NULL, 'n'},
                                        {"quiet", no_argument, NULL, 'q'},
                                        {0}};
    bool headed = false;
    struct import_options o = {
        .progress = true, .resume = true, .mailbox_done = mailbox_done, .arg = &headed};
    struct import_report report;
    struct options_store store;
    struct command c;

    int code = options_read(argc, argv, help, own, take, &o, &store);
    if (code != OPTIONS_GO_ON)
        return code;
    if (!o.account || argc - optind != 1)
        return fputs(help, stderr), EX_USAGE;
    o.path = argv[optind];
    code = command_open(&c, "import", &store, false);
    if (code != EX_OK)
        return code;
    int64_t began = clock_mono_ms();
    enum err e = import_run(c.client, &o, &report, &c.why);
    sum_up(&report, clock_mono_ms() - began);
    fflush(stdout);
    code = command_close(&c, e);
    return code == EX_OK && report.failed ? EX_DATAERR : code;
}
