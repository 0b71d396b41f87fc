/*
 * cli/account.c - `tern account`: who has one.
 */
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/password.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

static const char help[] =
    "usage: tern account add NAME [--detail on]    a new account, with the usual mailboxes\n"
    "       tern account passwd NAME               another password; ends what was remembered\n"
    "       tern account list\n"
    "       tern account show NAME                 with its mailboxes, messages and bytes\n"
    "       tern account set NAME --detail on|off  NAME+box@... goes to the mailbox \"box\" if "
    "there is one\n"
    "       tern account disable NAME              no login, no delivery; the mail stays\n"
    "       tern account enable NAME\n"
    "       tern account delete NAME [--yes]       the account and all its mail, for good\n"
    "\n"
    "  --password-file FILE   its first line; - is standard input.  Without it the password is "
    "asked\n"
    "                         for at a terminal, else it is the first line of standard input\n"
    "  --yes                  do not ask\n"
    "  --config FILE          default " OPTIONS_CONFIG_PATH ", if that exists\n"
    "  --store DIR            the store, in place of the configuration's\n"
    "\n"
    "Works with a running server and on a stopped store.\n";

enum { LEAVE = 2 };

struct arguments {
    const char *name; /* of the account */
    const char *password_file;
    int detail; /* 0, 1, LEAVE */
    bool yes;
};

static bool take(void *arg, int option, const char *value)
{
    struct arguments *a = arg;

    if (option == 'p') {
        a->password_file = value;
    } else if (option == 'y') {
        a->yes = true;
    } else if (strcmp(value, "on") == 0 || strcmp(value, "off") == 0) {
        a->detail = strcmp(value, "on") == 0;
    } else {
        options_fail(0, "account", "--detail is on or off, not \"%s\"", value);
        return false;
    }
    return true;
}

/* ---- changes ---- */

static enum err send_set(struct command *c, const char *name, int disabled, int detail)
{
    struct buf *b = admin_request(c->client, ADMIN_ACCOUNT_SET);

    enc_str(b, str_of(name));
    enc_u8(b, (uint8_t)disabled);
    enc_u8(b, (uint8_t)detail);
    return admin_call(c->client, &c->why);
}

static enum err add(struct command *c, const struct arguments *a)
{
    struct buf password = BUF_INIT;

    enum err e = password_read(a->password_file, &password, &c->why);
    if (e == ERR_OK)
        e = admin_account_add(c->client, str_of(a->name), buf_str(&password), AUTH_COST_NORMAL,
                              &c->why);
    password_wipe(&password);
    if (e == ERR_OK && a->detail == 1)
        e = send_set(c, a->name, LEAVE, 1);
    if (e == ERR_OK)
        printf("account %s added\n", a->name);
    return e;
}

static enum err passwd(struct command *c, const struct arguments *a)
{
    struct buf password = BUF_INIT;

    enum err e = password_read(a->password_file, &password, &c->why);
    if (e == ERR_OK) {
        struct buf *b = admin_request(c->client, ADMIN_ACCOUNT_PASSWORD);
        enc_str(b, str_of(a->name));
        enc_str(b, buf_str(&password));
        e = admin_call(c->client, &c->why);
    }
    password_wipe(&password);
    if (e == ERR_OK)
        printf("password of %s changed\n", a->name);
    return e;
}

static enum err set(struct command *c, const struct arguments *a)
{
    if (a->detail == LEAVE) {
        buf_printf(&c->why, "what is to be set?  --detail on, or --detail off");
        return ERR_SYNTAX;
    }
    return send_set(c, a->name, LEAVE, a->detail);
}

static enum err enable(struct command *c, const struct arguments *a)
{
    return send_set(c, a->name, 0, LEAVE);
}

static enum err disable(struct command *c, const struct arguments *a)
{
    return send_set(c, a->name, 1, LEAVE);
}

static enum err delete (struct command *c, const struct arguments *a) {
    if (!a->yes &&
        !command_confirm("The account and all its mail will be gone for good.", a->name)){
        buf_printf(&c->why, "nothing was deleted; --yes deletes without asking");
        return ERR_SYNTAX;}
enc_str(admin_request(c->client, ADMIN_ACCOUNT_DELETE), str_of(a->name));
enum err e = admin_call(c->client, &c->why);
if (e == ERR_OK)
    printf("account %s deleted\n", a->name);
return e;
}

/* ---- looking ---- */

struct record {
    struct str name;
    uint64_t id;
    bool disabled, detail;
    int64_t created;
};

static struct record record_of(struct dec *d)
{
    struct record r = {.name = dec_str(d)};

    r.id = dec_u64(d);
    r.disabled = dec_u8(d);
    r.detail = dec_u8(d);
    r.created = dec_svar(d);
    return r;
}

static const char *date_of(int64_t when, char text[16])
{
    time_t t = (time_t)when;
    struct tm tm;

    if (!gmtime_r(&t, &tm) || strftime(text, 16, "%Y-%m-%d", &tm) == 0)
        strcpy(text, "-");
    return text;
}

struct listing {
    struct buf last;
    size_t n;
};

static void list_row(void *arg, struct dec *d)
{
    struct listing *l = arg;
    struct record r = record_of(d);
    char text[16];

    printf("%-8s  %-9s  %s  ", r.disabled ? "disabled" : "enabled", r.detail ? "detail" : "-",
           date_of(r.created, text));
    command_print(stdout, r.name);
    putchar('\n');
    buf_clear(&l->last);
    buf_add_str(&l->last, r.name);
    l->n++;
}

static enum err list(struct command *c, const struct arguments *a)
{
    struct listing l = {0};
    enum err e = ERR_OK;
    size_t before;

    do {
        before = l.n;
        enc_str(admin_request(c->client, ADMIN_ACCOUNT_LIST), buf_str(&l.last));
        e = command_rows(c, list_row, &l);
    } while (e == ERR_OK && l.n - before == ADMIN_ROWS);
    buf_fini(&l.last);
    return e;
}

static void show_row(void *arg, struct dec *d)
{
    struct record r = record_of(d);
    char text[16];
    uint64_t mailboxes = dec_u64(d), messages = dec_u64(d), bytes = dec_u64(d);

    fputs("name       ", stdout);
    command_print(stdout, r.name);
    printf("\nnumber     %llu\nstate      %s\ndetail     %s\ncreated    %s\n",
           (unsigned long long)r.id, r.disabled ? "disabled" : "enabled", r.detail ? "on" : "off",
           date_of(r.created, text));
    printf("mailboxes  %llu\nmessages   %llu\nsize       %llu bytes (%s)\n",
           (unsigned long long)mailboxes, (unsigned long long)messages, (unsigned long long)bytes,
           command_size(bytes).text);
}

static enum err show(struct command *c, const struct arguments *a)
{
    enc_str(admin_request(c->client, ADMIN_ACCOUNT_SHOW), str_of(a->name));
    return command_rows(c, show_row, NULL);
}

/* ---- which ---- */

static const struct verb {
    const char *name;
    bool takes_name;
    bool makes_store; /* the first account makes the store, too */
    enum err (*run)(struct command *c, const struct arguments *a);
} verbs[] = {
    {"add", true, true, add},          {"passwd", true, false, passwd},
    {"list", false, false, list},      {"show", true, false, show},
    {"set", true, false, set},         {"enable", true, false, enable},
    {"disable", true, false, disable}, {"delete", true, false, delete},
};

static const struct verb *find(const char *name)
{
    for (size_t i = 0; name && i < ARRAY_LEN(verbs); i++)
        if (strcmp(verbs[i].name, name) == 0)
            return &verbs[i];
    return NULL;
}

int account_command(int argc, char **argv)
{
    static const struct option own[] = {{"password-file", required_argument, NULL, 'p'},
                                        {"detail", required_argument, NULL, 'd'},
                                        {"yes", no_argument, NULL, 'y'},
                                        {0}};
    struct arguments a = {.detail = LEAVE};
    struct options_store store;
    struct command c;

    int code = options_read(argc, argv, help, own, take, &a, &store);
    if (code != OPTIONS_GO_ON)
        return code;
    const struct verb *verb = find(argv[optind]);
    if (!verb || argc - optind != 1 + verb->takes_name)
        return fputs(help, stderr), EX_USAGE;
    a.name = verb->takes_name ? argv[optind + 1] : NULL;
    code = command_open(&c, "account", &store, verb->makes_store);
    if (code != EX_OK)
        return code;
    return command_close(&c, verb->run(&c, &a));
}
