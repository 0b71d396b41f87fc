/*
 * bench/load.c - a load generator that believes nothing.
 *
 * One thread, any number of connections.  Clients log in, select, and wait until all are there;
 * then they run operations until enough are done or the time is up.  What answers must hold is told
 * by --expect; a wrong answer ends the run with an error.  With --gate it says "ready" before and
 * its results after the operations and waits for a line on standard input each time, so that the
 * server can be looked at in between.
 *
 *   load WORKLOAD [OPTIONS]
 *     login   connect, LOGIN, [SELECT,] LOGOUT         append  numbered messages, each in a command
 * of its own run     the --command's in turn                  lmtp    the same by LMTP mixed   what
 * many clients do together            idle    IDLE until a line comes push    from the OK of an
 * APPEND to the EXISTS at an idling client count   nothing: tells what the messages --from.. hold
 */
#include "mail.h"
#include "wire.h"

#include <arpa/inet.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include <unistd.h>

enum { COMMANDS_MAX = 16 };

enum workload { LOGIN, RUN, APPEND, LMTP, MIXED, IDLE, PUSH, COUNT };
static const char *const workload_names[] = {"login", "run",  "append", "lmtp",
                                             "mixed", "idle", "push",   "count"};
static const char *const seen_names[] = {"fetch", "literal", "exists", "search",
                                         "list",  "status",  "expunge"};

struct options {
    enum workload workload;
    const char *user, *mailbox, *prelude, *commands[COMMANDS_MAX];
    struct sockaddr_in imap, lmtp;
    bool tls, gate, select, marked, each;
    double seconds;
    long clients, count, users, pipeline, from, messages, expect[SEEN_N];
    size_t size, n_commands;
};

static struct options opt = {.user = "bench",
                             .mailbox = "INBOX",
                             .clients = 1,
                             .count = 1000,
                             .seconds = 1e9,
                             .pipeline = 1,
                             .messages = 1,
                             .expect = {-1, -1, -1, -1, -1, -1, -1}};

/* Where a client stands before it runs operations. */
enum step { GREETING, LOGGING_IN, PRELUDE, SELECTING, READY };

static struct client *clients;
static long started, finished, ready, open_now;
static double deadline, *latencies;
static struct mail mail;
static double appended, heard; /* push */

/* ---- operations ---- */

static bool more(const struct client *c)
{
    if (opt.each && c->begun >= opt.count / opt.clients)
        return false;
    return started < opt.count && wire_now() < deadline;
}

static void append_begin(struct client *c, const char *mailbox)
{
    mail_make(&mail, opt.from + started, opt.size ? MAIL_PLAIN : MAIL_AS_FOUND, opt.size);
    if (opt.marked)
        client_putf(c, "r APPEND %s (%s) \"%s\" {%zu+}\r\n", mailbox, mail.flags, mail.date,
                    mail.n);
    else
        client_putf(c, "r APPEND %s {%zu+}\r\n", mailbox, mail.n);
    client_put(c, mail.p, mail.n);
    client_put(c, "\r\n", 2);
}

static long dice(struct client *c, long below)
{
    c->dice = c->dice * 6364136223846793005u + 1442695040888963407u;
    return (long)((c->dice >> 33) % (uint64_t)below);
}

/* The command with each '%' replaced by the number of some message, and '#' by one that stays the same until all
 * commands had their turn. */
static void command_begin(struct client *c, const char *text)
{
    client_put(c, "r ", 2);
    for (; *text; text++) {
        if (*text == '%')
            client_putf(c, "%ld", 1 + dice(c, opt.messages));
        else if (*text == '#')
            client_putf(c, "%ld", 1 + started / (long)opt.n_commands % opt.messages);
        else
            client_put(c, text, 1);
    }
    client_put(c, "\r\n", 2);
}

/* Per hundred: what clients that people have open all day send. */
static void mixed_begin(struct client *c)
{
    long roll = dice(c, 100);

    if (roll < 30)
        command_begin(c, "NOOP");
    else if (roll < 50)
        command_begin(c, "FETCH 1:50 (FLAGS)");
    else if (roll < 70)
        command_begin(c, "FETCH % (UID FLAGS BODY.PEEK[])");
    else if (roll < 80)
        command_begin(c, dice(c, 2) ? "STORE % +FLAGS.SILENT (\\Seen)"
                                    : "STORE % -FLAGS.SILENT (\\Seen)");
    else if (roll < 88)
        append_begin(c, "INBOX");
    else if (roll < 94)
        command_begin(c, "SEARCH UNSEEN");
    else
        command_begin(c, "STATUS INBOX (MESSAGES UNSEEN UIDNEXT)");
}

static void lmtp_begin(struct client *c)
{
    long user = opt.users > 1 ? started % opt.users : 0;

    c->replies = 3; /* to MAIL, RCPT, DATA */
    client_putf(c, "MAIL FROM:<load@example.org>\r\nRCPT TO:<%s%ld@example.org>\r\nDATA\r\n",
                opt.user, user);
}

static void operation_begin(struct client *c)
{
    c->since[c->begun++ % PIPELINE_MAX] = wire_now();
    c->outstanding++;
    if (c->outstanding == 1)
        memset(c->seen, 0, sizeof c->seen);
    if (opt.workload == APPEND || opt.workload == PUSH)
        append_begin(c, opt.mailbox);
    else if (opt.workload == LMTP)
        lmtp_begin(c);
    else if (opt.workload == MIXED)
        mixed_begin(c);
    else
        command_begin(c, opt.commands[started % (long)opt.n_commands]);
    started++;
}

static void operations_begin(struct client *c)
{
    if (opt.workload == PUSH && c->number > 0) /* the one who idles */
        return;
    while (c->outstanding < opt.pipeline && more(c))
        operation_begin(c);
}

static void operation_check(struct client *c, const char *line)
{
    char text[512];

    for (int i = 0; i < SEEN_N; i++) {
        if (opt.expect[i] >= 0 && c->seen[i] != opt.expect[i]) {
            snprintf(text, sizeof text, "%s %ld instead of %ld: %.100s", seen_names[i], c->seen[i],
                     opt.expect[i], line);
            wire_fail(opt.n_commands ? opt.commands[0] : "wrong answer", text);
        }
    }
    memset(c->seen, 0, sizeof c->seen);
}

static void operation_end(struct client *c)
{
    double since = c->since[(c->begun - c->outstanding) % PIPELINE_MAX];

    c->outstanding--;
    latencies[finished++] = wire_now() - since;
}

/* ---- push: one appends, the other hears ---- */

static void push_step(void)
{
    if (appended == 0 || heard == 0)
        return;
    latencies[finished++] = heard > appended ? heard - appended : 0;
    appended = heard = 0;
    usleep(2000); /* so that the next one does not meet the end of this one */
    operations_begin(&clients[0]);
    client_flush(&clients[0]);
}

/* ---- the way to READY ---- */

static void account_of(const struct client *c, char out[64])
{
    if (opt.users > 0)
        snprintf(out, 64, "%s%ld", opt.user, opt.workload == PUSH ? 0 : c->number % opt.users);
    else
        snprintf(out, 64, "%s", opt.user);
}

static void open_client(struct client *c)
{
    client_open(c, opt.workload == LMTP ? &opt.lmtp : &opt.imap, opt.workload == LMTP, c->number);
    open_now++;
    if (opt.workload == LOGIN) {
        c->since[0] = wire_now();
        started++;
    }
}

static void log_out(struct client *c)
{
    c->quitting = true;
    client_putf(c, "x LOGOUT\r\n");
}

static void client_ready(struct client *c)
{
    c->step = READY;
    if (opt.workload == LOGIN) {
        log_out(c);
    } else if (opt.workload == IDLE || (opt.workload == PUSH && c->number == 1)) {
        client_putf(c, "i IDLE\r\n");
    } else {
        ready++;
    }
}

static void next_step(struct client *c)
{
    char user[64];

    account_of(c, user);
    switch (c->step++) {
    case GREETING:
        client_putf(c, "l LOGIN %s %s\r\n", user, user);
        return;
    case LOGGING_IN:
        if (opt.prelude) {
            client_putf(c, "p %s\r\n", opt.prelude);
            return;
        }
        c->step++;
        /* fallthrough */
    case PRELUDE:
        if (opt.select) {
            client_putf(c, "s SELECT %s\r\n", opt.mailbox);
            return;
        }
        /* fallthrough */
    default:
        client_ready(c);
    }
}

void client_gone(struct client *c)
{
    open_now--;
    if (opt.workload != LOGIN)
        return;
    latencies[finished++] = wire_now() - c->since[0];
    if (more(c))
        open_client(c);
}

/* ---- answers ---- */

static void lmtp_answered(struct client *c, const char *line)
{
    if (line[3] == '-')
        return;
    if (line[0] != '2' && line[0] != '3')
        wire_fail("refused", line);
    if (c->step == GREETING) {
        c->step = LOGGING_IN;
        client_putf(c, "LHLO load\r\n");
    } else if (c->step == LOGGING_IN) {
        client_ready(c);
    } else if (c->replies > 1) {
        c->replies--;
    } else if (c->replies == 1) {
        c->replies = 0;
        mail_make(&mail, opt.from + started, MAIL_PLAIN, opt.size);
        client_put(c, mail.p, mail.n);
        client_put(c, ".\r\n", 3);
    } else {
        operation_end(c);
        operations_begin(c);
    }
}

static void tagged(struct client *c, const char *line, size_t n)
{
    snprintf(c->text, sizeof c->text, "%.*s", (int)n, line);
    if (n < 4 || strncmp(line + 2, "OK", 2) != 0)
        wire_fail(opt.n_commands ? opt.commands[0] : workload_names[opt.workload], c->text);
    if (line[0] == 'r') {
        operation_check(c, c->text);
        if (opt.workload == PUSH) {
            c->outstanding--;
            appended = wire_now();
            push_step();
        } else {
            operation_end(c);
            operations_begin(c);
        }
    } else if (line[0] != 'x' && line[0] != 'i') {
        next_step(c);
    }
}

void client_answered(struct client *c, const char *line, size_t n)
{
    if (c->lmtp) {
        lmtp_answered(c, line);
    } else if (line[0] == '+') {
        ready += c->step == READY;
    } else if (c->step == GREETING) {
        if (n < 4 || strncmp(line, "* OK", 4) != 0)
            wire_fail("no greeting", line);
        next_step(c);
    } else if (line[0] != '*') {
        tagged(c, line, n);
    } else if (opt.workload == PUSH && c->number == 1 && c->step == READY &&
               c->seen[SEEN_EXISTS] > 0) {
        c->seen[SEEN_EXISTS] = 0;
        heard = wire_now();
        push_step();
    }
}

/* ---- the whole ---- */

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

static double percentile(double p)
{
    return finished ? latencies[(long)((double)(finished - 1) * p)] * 1e3 : 0;
}

static void gate(void)
{
    char line[64];

    fflush(stdout);
    if (opt.gate && !fgets(line, sizeof line, stdin))
        exit(1);
}

static void report(double seconds)
{
    qsort(latencies, (size_t)finished, sizeof *latencies, by_value);
    printf("ops=%ld seconds=%.6f p50=%.4f p95=%.4f p99=%.4f worst=%.4f bytes=%llu\n", finished,
           seconds, percentile(0.5), percentile(0.95), percentile(0.99), percentile(1),
           (unsigned long long)wire_bytes_in);
}

/* What a server must answer about the messages from..from+count. */
static void count_mail(void)
{
    size_t bytes = 0, fields = 0, parts = 0;
    long hits[6] = {0};
    static const int each[6] = {MAIL_UNSEEN_EACH, MAIL_FLAGGED_EACH, MAIL_SUBJECT_EACH,
                                MAIL_INSIDE_EACH, MAIL_FROM_EACH,    MAIL_WORD_EACH};

    for (long i = opt.from; i < opt.from + opt.count; i++) {
        mail_make(&mail, i, opt.size ? MAIL_PLAIN : MAIL_AS_FOUND, opt.size);
        bytes += mail.n;
        fields += mail.fields_n;
        parts += mail.part_n;
        for (int k = 0; k < 6; k++)
            hits[k] += i % each[k] == 0;
    }
    printf("bytes=%zu fields=%zu parts=%zu unseen=%ld flagged=%ld subject=%ld inside=%ld from=%ld "
           "word=%ld\n",
           bytes, fields, parts, hits[0], hits[1], hits[2], hits[3], hits[4], hits[5]);
}

static struct sockaddr_in address(const char *text)
{
    struct sockaddr_in a = {.sin_family = AF_INET};
    char host[64];
    int port;

    if (sscanf(text, "%63[^:]:%d", host, &port) != 2 || inet_pton(AF_INET, host, &a.sin_addr) != 1)
        wire_fail("not HOST:PORT", text);
    a.sin_port = htons((uint16_t)port);
    return a;
}

static void expect(const char *text)
{
    char name[32];
    long value;

    if (sscanf(text, "%31[a-z]=%ld", name, &value) == 2)
        for (int i = 0; i < SEEN_N; i++)
            if (strcmp(name, seen_names[i]) == 0) {
                opt.expect[i] = value;
                return;
            }
    wire_fail("no such expectation", text);
}

enum option_id {
    O_IMAP = 1,
    O_LMTP,
    O_TLS,
    O_GATE,
    O_SELECT,
    O_MARKED,
    O_EACH,
    O_CLIENTS,
    O_COUNT,
    O_SECONDS,
    O_USER,
    O_USERS,
    O_MAILBOX,
    O_PRELUDE,
    O_COMMAND,
    O_EXPECT,
    O_SIZE,
    O_PIPELINE,
    O_FROM,
    O_MESSAGES
};

static const struct option long_options[] = {
    {"imap", 1, 0, O_IMAP},       {"lmtp", 1, 0, O_LMTP},         {"tls", 0, 0, O_TLS},
    {"gate", 0, 0, O_GATE},       {"select", 0, 0, O_SELECT},     {"marked", 0, 0, O_MARKED},
    {"each", 0, 0, O_EACH},       {"clients", 1, 0, O_CLIENTS},   {"count", 1, 0, O_COUNT},
    {"seconds", 1, 0, O_SECONDS}, {"user", 1, 0, O_USER},         {"users", 1, 0, O_USERS},
    {"mailbox", 1, 0, O_MAILBOX}, {"prelude", 1, 0, O_PRELUDE},   {"command", 1, 0, O_COMMAND},
    {"expect", 1, 0, O_EXPECT},   {"size", 1, 0, O_SIZE},         {"pipeline", 1, 0, O_PIPELINE},
    {"from", 1, 0, O_FROM},       {"messages", 1, 0, O_MESSAGES}, {0}};

static void take_option(int o)
{
    switch (o) {
    case O_IMAP:
        opt.imap = address(optarg);
        break;
    case O_LMTP:
        opt.lmtp = address(optarg);
        break;
    case O_TLS:
        opt.tls = true;
        break;
    case O_GATE:
        opt.gate = true;
        break;
    case O_SELECT:
        opt.select = true;
        break;
    case O_MARKED:
        opt.marked = true;
        break;
    case O_EACH:
        opt.each = true;
        break;
    case O_CLIENTS:
        opt.clients = atol(optarg);
        break;
    case O_COUNT:
        opt.count = atol(optarg);
        break;
    case O_SECONDS:
        opt.seconds = atof(optarg);
        break;
    case O_USER:
        opt.user = optarg;
        break;
    case O_USERS:
        opt.users = atol(optarg);
        break;
    case O_MAILBOX:
        opt.mailbox = optarg;
        break;
    case O_PRELUDE:
        opt.prelude = optarg;
        break;
    case O_COMMAND:
        opt.commands[opt.n_commands++ % COMMANDS_MAX] = optarg;
        break;
    case O_EXPECT:
        expect(optarg);
        break;
    case O_SIZE:
        opt.size = (size_t)atol(optarg);
        break;
    case O_PIPELINE:
        opt.pipeline = atol(optarg);
        break;
    case O_FROM:
        opt.from = atol(optarg);
        break;
    case O_MESSAGES:
        opt.messages = atol(optarg);
        break;
    default:
        exit(2);
    }
}

static void take_options(int argc, char **argv)
{
    int workload = 0;

    while (argc > 1 && workload < COUNT && strcmp(argv[1], workload_names[workload]) != 0)
        workload++;
    if (argc < 2 || strcmp(argv[1], workload_names[workload]) != 0)
        wire_fail("usage", "load WORKLOAD OPTIONS");
    opt.workload = (enum workload)workload;
    for (int o; (o = getopt_long(argc - 1, argv + 1, "", long_options, NULL)) != -1;)
        take_option(o);
    if (opt.pipeline > PIPELINE_MAX)
        opt.pipeline = PIPELINE_MAX;
}

static void all_ready(void)
{
    for (long i = 0; i < opt.clients; i++) {
        open_client(&clients[i]);
        while (i - ready > 100) /* not a storm: that is another workload */
            wire_turn(100);
    }
    while (ready < opt.clients)
        wire_turn(100);
}

static void begin(void)
{
    deadline = wire_now() + opt.seconds;
    for (long i = 0; i < opt.clients; i++) {
        if (opt.workload == LOGIN) {
            open_client(&clients[i]);
        } else if (opt.workload != IDLE) {
            operations_begin(&clients[i]);
            client_flush(&clients[i]);
        }
    }
}

static bool running(void)
{
    if (opt.workload == LOGIN)
        return open_now > 0;
    return opt.workload != IDLE && (finished < started || (finished == 0 && started == 0));
}

int main(int argc, char **argv)
{
    struct rlimit files;

    take_options(argc, argv);
    if (opt.workload == COUNT) {
        count_mail();
        return 0;
    }
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    wire_setup(opt.tls);
    clients = calloc((size_t)opt.clients, sizeof *clients);
    latencies = calloc((size_t)(opt.count + opt.clients), sizeof *latencies);
    for (long i = 0; i < opt.clients; i++)
        clients[i] = (struct client){.number = i, .dice = (uint64_t)i * 2654435761u + 1};
    if (opt.workload != LOGIN)
        all_ready();
    printf("ready\n");
    gate();
    double since = wire_now();
    wire_bytes_in = 0;
    begin();
    while (running())
        wire_turn(1000);
    report(wire_now() - since);
    gate();
    return 0;
}
