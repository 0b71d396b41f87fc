/*
 * cli/mailbox.c - `tern mailbox`: the mailboxes of an account.
 */
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/uses.h"

#include "base/mem.h"

#include <string.h>
#include <sysexits.h>

static const char help[] =
    "usage: tern mailbox list ACCOUNT\n"
    "       tern mailbox create ACCOUNT NAME [--use USE]...\n"
    "       tern mailbox rename ACCOUNT NAME NEWNAME\n"
    "       tern mailbox delete ACCOUNT NAME [--yes]      with all messages in it\n"
    "       tern mailbox subscribe ACCOUNT NAME\n"
    "       tern mailbox unsubscribe ACCOUNT NAME\n"
    "\n"
    "Names are UTF-8, levels divided by \"/\".  USE is what mail programs shall use the mailbox "
    "for:\n"
    "all, archive, drafts, flagged, junk, sent, trash or important (RFC 6154, RFC 8457).\n"
    "\n"
    "  --yes           do not ask\n"
    "  --config FILE   default " OPTIONS_CONFIG_PATH ", if that exists\n"
    "  --store DIR     the store, in place of the configuration's\n"
    "\n"
    "Works with a running server and on a stopped store.\n";

struct arguments {
    char **names; /* account, mailbox, new name */
    uint32_t uses;
    bool yes;
};

static bool take(void *arg, int option, const char *value)
{
    struct arguments *a = arg;

    if (option == 'y') {
        a->yes = true;
        return true;
    }
    uint32_t use = use_of_word(str_of(value));
    a->uses |= use;
    if (!use)
        options_fail(0, "mailbox",
                     "there is no use \"%s\": all, archive, drafts, flagged, junk, sent, trash, "
                     "important",
                     value);
    return use != 0;
}

/* ---- list ---- */

static void list_row(void *arg, struct dec *d)
{
    struct buf uses = BUF_INIT;
    struct str name = dec_str(d);
    bool exists = dec_u8(d);

    uses_put(&uses, dec_u32(d));
    bool subscribed = dec_u8(d);
    (void)dec_u32(d); /* uidvalidity */
    (void)dec_u32(d); /* uidnext */
    uint32_t messages = dec_u32(d), unseen = dec_u32(d);
    uint64_t bytes = dec_u64(d);
    if (exists)
        printf("%9u  %9u  %8s  %c  ", messages, unseen, command_size(bytes).text,
               subscribed ? 's' : '-');
    else
        printf("%9s  %9s  %8s  %c  ", "-", "-", "-", subscribed ? 's' : '-');
    command_print(stdout, name);
    if (uses.n)
        printf("  (%.*s)", STR_FMT(buf_str(&uses)));
    putchar('\n');
    buf_fini(&uses);
}

static enum err list(struct command *c, const struct arguments *a)
{
    printf("%9s  %9s  %8s  %c  %s\n", "messages", "unseen", "size", 's', "name");
    enc_str(admin_request(c->client, ADMIN_MAILBOX_LIST), str_of(a->names[0]));
    return command_rows(c, list_row, NULL);
}

/* ---- changes ---- */

static struct buf *request(struct command *c, enum admin_verb verb, const struct arguments *a)
{
    struct buf *b = admin_request(c->client, verb);

    enc_str(b, str_of(a->names[0]));
    enc_str(b, str_of(a->names[1]));
    return b;
}

static enum err create(struct command *c, const struct arguments *a)
{
    enc_u32(request(c, ADMIN_MAILBOX_CREATE, a), a->uses);
    TRY(admin_call(c->client, &c->why));
    enc_u8(request(c, ADMIN_MAILBOX_SUBSCRIBE, a), 1);
    return admin_call(c->client, &c->why);
}

static enum err rename_it(struct command *c, const struct arguments *a)
{
    enc_str(request(c, ADMIN_MAILBOX_RENAME, a), str_of(a->names[2]));
    return admin_call(c->client, &c->why);
}

static enum err delete (struct command *c, const struct arguments *a) {
    if (!a->yes && !command_confirm("The mailbox and all its messages will be gone.", a->names[1])){
        buf_printf(&c->why, "nothing was deleted; --yes deletes without asking");
        return ERR_SYNTAX;}
(void)request(c, ADMIN_MAILBOX_DELETE, a);
return admin_call(c->client, &c->why);
}

static enum err subscribe(struct command *c, const struct arguments *a)
{
    enc_u8(request(c, ADMIN_MAILBOX_SUBSCRIBE, a), 1);
    return admin_call(c->client, &c->why);
}

static enum err unsubscribe(struct command *c, const struct arguments *a)
{
    enc_u8(request(c, ADMIN_MAILBOX_SUBSCRIBE, a), 0);
    return admin_call(c->client, &c->why);
}

/* ---- which ---- */

static const struct verb {
    const char *name;
    int names;
    enum err (*run)(struct command *c, const struct arguments *a);
} verbs[] = {
    {"list", 1, list},     {"create", 2, create},       {"rename", 3, rename_it},
    {"delete", 2, delete}, {"subscribe", 2, subscribe}, {"unsubscribe", 2, unsubscribe},
};

static const struct verb *find(const char *name)
{
    for (size_t i = 0; name && i < ARRAY_LEN(verbs); i++)
        if (strcmp(verbs[i].name, name) == 0)
            return &verbs[i];
    return NULL;
}

int mailbox_command(int argc, char **argv)
{
    static const struct option own[] = {
        {"use", required_argument, NULL, 'u'}, {"yes", no_argument, NULL, 'y'}, {0}};
    struct arguments a = {0};
    struct options_store store;
    struct command c;

    int code = options_read(argc, argv, help, own, take, &a, &store);
    if (code != OPTIONS_GO_ON)
        return code;
    const struct verb *verb = find(argv[optind]);
    if (!verb || argc - optind != 1 + verb->names)
        return fputs(help, stderr), EX_USAGE;
    a.names = argv + optind + 1;
    code = command_open(&c, "mailbox", &store, false);
    if (code != EX_OK)
        return code;
    return command_close(&c, verb->run(&c, &a));
}
