/*
 * Random clients in one mailbox, each believing only what it is told; commits end late, out of
 * turn, or fail.  In the end every belief must be the mailbox as a newcomer finds it; on the way no
 * response may contradict what was told before.  Those with QRESYNC lose their connections at any
 * moment and come back with what they have kept.
 *
 *   agree [FIRST-SEED [SEEDS [STEPS]]]
 */
#include "world.h"

#include "base/check.h"
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { SIMS = 5, MESSAGES_MAX = 400, LINE = 700 };

enum { F_SEEN = 1, F_DELETED = 2, F_FLAGGED = 4, F_WORD = 8, F_UNKNOWN = 128 };

struct message {
    uint32_t uid; /* 0: not known yet */
    unsigned flags;
    bool fetched; /* flags told since the STORE in progress began */
};

enum kind { NONE, ANY, NUMBERS /* no EXPUNGE may be told */, STORE_SILENT, IDLING };

struct sim {
    int client;
    bool qresync, condstore, rev2;
    struct message v[MESSAGES_MAX];
    uint32_t n;
    enum kind busy;
    unsigned tag;
    bool uid_command;
    /* a silent STORE: what it is */
    uint32_t lo, hi;
    unsigned bits;
    char mode;
    bool conditional;
    /* what a client keeps to come back with (RFC 7162, 6) */
    uint64_t uidvalidity, modseq, seen_modseq, code_modseq;
    bool resyncing;
};

static struct world *w;
static struct sim sims[SIMS + 1]; /* the last one is the newcomer */
static uint64_t seed, state;
static char last[LINE];

static uint32_t rnd(uint32_t n)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(state >> 33) % n;
}

[[gnu::noreturn]] static void wrong(const struct sim *s, const char *what)
{
    printf("not ok 1 - seed %llu: client %c: %s\n# %s\n", (unsigned long long)seed, 'A' + s->client,
           what, last);
    exit(1);
}

#define MUST(cond, what)                                                                           \
    do {                                                                                           \
        if (!(cond))                                                                               \
            wrong(s, (what));                                                                      \
    } while (0)

/* ---- what is told ---- */

static void remove_at(struct sim *s, uint32_t i)
{
    memmove(&s->v[i], &s->v[i + 1], (s->n - i - 1) * sizeof(s->v[0]));
    s->n--;
}

static void on_exists(struct sim *s, uint32_t n)
{
    MUST(n >= s->n && n < MESSAGES_MAX, "EXISTS falls");
    while (s->n < n)
        s->v[s->n++] = (struct message){.flags = F_UNKNOWN};
}

static void on_expunge(struct sim *s, uint32_t seq)
{
    MUST(s->busy != NONE, "EXPUNGE outside of a command");
    MUST(s->uid_command || (s->busy != NUMBERS && s->busy != STORE_SILENT),
         "EXPUNGE while numbers are in use");
    MUST(seq >= 1 && seq <= s->n, "EXPUNGE of a number that is not there");
    MUST(!s->qresync, "EXPUNGE with QRESYNC");
    remove_at(s, seq - 1);
}

/* A UID that was never told is one of those whose UID is not known, between those that are. */
static void vanish(struct sim *s, uint32_t uid, bool earlier)
{
    uint32_t i = 0, above;

    while (i < s->n && s->v[i].uid != uid)
        i++;
    if (i == s->n && earlier)
        return;
    if (i == s->n) {
        for (above = 0; above < s->n && s->v[above].uid < uid; above++)
            ;
        MUST(above > 0 && s->v[above - 1].uid == 0, "VANISHED of what is not there");
        i = above - 1;
    }
    remove_at(s, i);
}

static void on_vanished(struct sim *s, const char *set, bool earlier)
{
    MUST(earlier == s->resyncing, "VANISHED of the wrong kind");
    if (!earlier) {
        MUST(s->qresync && s->busy != NONE, "VANISHED out of place");
        MUST(s->uid_command || (s->busy != NUMBERS && s->busy != STORE_SILENT),
             "VANISHED while numbers are in use");
    }
    while (*set >= '0' && *set <= '9') {
        char *end;
        uint32_t lo = (uint32_t)strtoul(set, &end, 10), hi = lo;
        if (*end == ':')
            hi = (uint32_t)strtoul(end + 1, &end, 10);
        for (uint32_t u = lo; u <= hi; u++)
            vanish(s, u, earlier);
        set = *end == ',' ? end + 1 : end;
    }
}

static unsigned flags_of(const char *text)
{
    static const char *const names[] = {"\\Seen", "\\Deleted", "\\Flagged", "word"};
    unsigned flags = 0;
    const char *end = strchr(text, ')');

    for (unsigned i = 0; i < 4; i++) {
        const char *at = strstr(text, names[i]);
        if (at != NULL && at < end)
            flags |= 1u << i;
    }
    return flags;
}

/* By number, or, while a client comes back and knows no numbers, by UID. */
static struct message *told_message(struct sim *s, uint32_t seq, uint32_t uid)
{
    if (s->resyncing) {
        for (uint32_t i = 0; i < s->n; i++) {
            if (s->v[i].uid == uid)
                return &s->v[i];
        }
        uint32_t i = s->n++;
        MUST(i < MESSAGES_MAX, "too many");
        for (; i > 0 && s->v[i - 1].uid > uid; i--)
            s->v[i] = s->v[i - 1];
        s->v[i] = (struct message){.uid = uid};
        return &s->v[i];
    }
    MUST(seq >= 1 && seq <= s->n, "FETCH of a number that is not there");
    return &s->v[seq - 1];
}

static void on_fetch(struct sim *s, uint32_t seq, const char *rest)
{
    const char *uid_text = strstr(rest, "UID "), *flags = strstr(rest, "FLAGS ("),
               *modseq = strstr(rest, "MODSEQ (");
    uint32_t uid = uid_text != NULL ? (uint32_t)strtoul(uid_text + 4, NULL, 10) : 0;
    struct message *m = told_message(s, seq, uid);
    uint32_t i = (uint32_t)(m - s->v);

    MUST(uid != 0 || !s->condstore || modseq == NULL, "MODSEQ without UID");
    if (uid != 0) {
        MUST(m->uid == 0 || m->uid == uid, "another message under this number");
        MUST(i == 0 || s->v[i - 1].uid < uid, "UIDs do not rise");
        MUST(i + 1 == s->n || s->v[i + 1].uid == 0 || s->v[i + 1].uid > uid, "UIDs do not rise");
        m->uid = uid;
    }
    if (flags != NULL) {
        m->flags = flags_of(flags + 7);
        m->fetched = true;
    }
    if (modseq != NULL && strtoull(modseq + 8, NULL, 10) > s->seen_modseq)
        s->seen_modseq = strtoull(modseq + 8, NULL, 10);
}

static void apply_silent(struct sim *s, const char *text)
{
    bool done = strncmp(text, "OK", 2) == 0 || strstr(text, "EXPUNGEISSUED") != NULL;

    if (strstr(text, "MODIFIED") != NULL)
        done = true; /* those that failed were told by FETCH */
    for (uint32_t i = 0; done && i < s->n; i++) {
        struct message *m = &s->v[i];
        uint32_t number = s->uid_command ? m->uid : i + 1;
        if (s->uid_command && m->uid == 0 && !m->fetched)
            m->flags = F_UNKNOWN; /* was it among them? */
        if (m->fetched || number < s->lo || number > s->hi || (m->flags & F_UNKNOWN))
            continue;
        m->flags = s->mode == '+'   ? m->flags | s->bits
                   : s->mode == '-' ? m->flags & ~s->bits
                                    : s->bits;
    }
}

static void on_tagged(struct sim *s, const char *text)
{
    MUST(s->busy != NONE, "a reply to nothing");
    MUST(strncmp(text, "BAD", 3) != 0, "BAD");
    if (s->busy == STORE_SILENT)
        apply_silent(s, text);
    if (s->code_modseq != 0)
        s->modseq = s->code_modseq;
    else if (s->seen_modseq > s->modseq)
        s->modseq = s->seen_modseq;
    s->seen_modseq = s->code_modseq = 0;
    s->busy = NONE;
}

static void on_response(struct sim *s, const char *r)
{
    const char *code = strstr(r, "[HIGHESTMODSEQ "), *validity = strstr(r, "[UIDVALIDITY ");
    char *rest;

    if (code != NULL)
        s->code_modseq = strtoull(code + 15, NULL, 10);
    if (validity != NULL)
        s->uidvalidity = strtoull(validity + 13, NULL, 10);
    if (r[0] == 't') {
        MUST(strtoul(r + 1, &rest, 10) == s->tag, "the tag of another command");
        on_tagged(s, rest + 1);
        return;
    }
    if (strncmp(r, "* VANISHED (EARLIER) ", 21) == 0)
        on_vanished(s, r + 21, true);
    else if (strncmp(r, "* VANISHED ", 11) == 0)
        on_vanished(s, r + 11, false);
    if (r[0] != '*' || r[2] < '0' || r[2] > '9')
        return;
    uint32_t n = (uint32_t)strtoul(r + 2, &rest, 10);
    if (strncmp(rest, " EXISTS", 7) == 0 && !s->resyncing)
        on_exists(s, n);
    else if (strncmp(rest, " EXPUNGE", 8) == 0)
        on_expunge(s, n);
    else if (strncmp(rest, " FETCH ", 7) == 0)
        on_fetch(s, n, rest + 7);
}

static void read_all(struct sim *s)
{
    struct str r;

    while ((r = client_peek(w, s->client)).p != NULL) {
        snprintf(last, sizeof(last), "%.*s", STR_FMT(r));
        if (getenv("AGREE_TRACE"))
            printf("# %c< %s", 'A' + s->client, last);
        char *copy = strndup(r.p, r.n);
        client_take(w, s->client, r.n);
        on_response(s, copy);
        free(copy);
    }
    MUST(client_rest(w, s->client).n == 0, "not a valid response");
}

static void read_everybody(void)
{
    world_turn(w);
    for (int i = 0; i <= SIMS; i++)
        read_all(&sims[i]);
}

/* ---- what is said ---- */

[[gnu::format(printf, 3, 4)]] static void say(struct sim *s, enum kind kind, const char *fmt, ...)
{
    char text[8192], line[8300];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    s->busy = kind;
    s->uid_command = strncmp(text, "UID ", 4) == 0;
    for (uint32_t i = 0; i < s->n; i++)
        s->v[i].fetched = false;
    int n = snprintf(line, sizeof(line), "t%u %s\r\n", ++s->tag, text);
    if (getenv("AGREE_TRACE"))
        printf("# %c> %s", 'A' + s->client, line);
    client_send(w, s->client, str_n(line, (size_t)n));
    read_everybody();
}

static void settle(struct sim *s)
{
    if (s->busy == IDLING) {
        client_send(w, s->client, STR("DONE\r\n"));
        read_everybody();
    }
    while (s->busy != NONE) {
        MUST(memory_waiting(w->store) > 0, "a command never ends");
        memory_end(w->store, 0, ERR_OK);
        read_everybody();
    }
}

static void connect_sim(struct sim *s)
{
    client_connect(w, s->client, false, true);
    s->busy = NONE;
    s->n = 0;
    s->seen_modseq = s->code_modseq = 0;
    read_all(s);
    say(s, ANY, "LOGIN alice secret");
    settle(s);
    if (s->qresync)
        say(s, ANY, "ENABLE QRESYNC");
    if (s->rev2)
        say(s, ANY, "ENABLE IMAP4rev2");
    settle(s);
}

static void select_sim(struct sim *s)
{
    say(s, ANY, s->condstore && !s->qresync ? "SELECT INBOX (CONDSTORE)" : "SELECT INBOX");
    settle(s);
    if (s->n > 0)
        say(s, NUMBERS, "FETCH 1:* (UID FLAGS)");
    settle(s);
}

static void known_uids(const struct sim *s, char *out, size_t size)
{
    size_t at = 0;

    out[0] = '\0';
    for (uint32_t i = 0; i < s->n && s->v[i].uid != 0 && at + 16 < size; i++)
        at += (size_t)snprintf(out + at, size - at, "%s%u", at ? "," : " ", s->v[i].uid);
}

static struct sim *newcomer(void)
{
    struct sim *s = &sims[SIMS];

    connect_sim(s);
    say(s, ANY, "EXAMINE INBOX");
    settle(s);
    if (s->n > 0) {
        say(s, NUMBERS, "FETCH 1:* (UID FLAGS)");
        settle(s);
    }
    return s;
}

/* All that `s` believes is so, and there is nothing it does not know of. */
static void compare(struct sim *s, const struct sim *truth)
{
    snprintf(last, sizeof(last), "believes in %u messages, there are %u", s->n, truth->n);
    MUST(s->n == truth->n, "counts differ");
    for (uint32_t i = 0; i < s->n; i++) {
        const struct message *a = &s->v[i], *b = &truth->v[i];
        snprintf(last, sizeof(last), "number %u: uid %u flags %x, is uid %u flags %x", i + 1,
                 a->uid, a->flags, b->uid, b->flags);
        MUST(a->uid == 0 || a->uid == b->uid, "another message");
        MUST((a->flags & F_UNKNOWN) || a->flags == b->flags, "other flags");
    }
}

/* The connection breaks; what was kept is brought back. */
static void come_back(struct sim *s)
{
    struct message kept[MESSAGES_MAX];
    uint32_t n = 0;
    char known[4000] = "";
    bool give_known = rnd(2);

    while (n < s->n && s->v[n].uid != 0 && !(s->v[n].flags & F_UNKNOWN)) {
        kept[n] = s->v[n];
        n++;
    }
    if (s->busy == STORE_SILENT) { /* what became of it is not known: all is asked for again */
        n = 0;
        s->modseq = 0;
    }
    client_drop(w, s->client);
    uint64_t modseq = s->modseq;
    connect_sim(s);
    memcpy(s->v, kept, n * sizeof(kept[0]));
    s->n = n;
    if (give_known && n > 0)
        known_uids(s, known, sizeof(known));
    if (modseq == 0) {
        s->n = 0;
        select_sim(s);
        return;
    }
    s->resyncing = true;
    say(s, ANY, "SELECT INBOX (QRESYNC (%llu %llu%s))", (unsigned long long)s->uidvalidity,
        (unsigned long long)modseq, known);
    settle(s);
    s->resyncing = false;
    s->resyncing = true; /* what came behind what was known */
    say(s, ANY, "UID FETCH %u:* (FLAGS)", n > 0 ? kept[n - 1].uid + 1 : 1);
    settle(s);
    s->resyncing = false;
}

/* ---- random doings ---- */

static void do_store(struct sim *s)
{
    static const char *const names[] = {"\\Seen", "\\Deleted", "\\Flagged", "word"};
    bool uid = rnd(2), silent = rnd(2);
    uint32_t a = 1 + rnd(s->n), b = 1 + rnd(s->n), f = rnd(4);
    char unchanged[64] = "";

    s->lo = a < b ? a : b;
    s->hi = a < b ? b : a;
    if (uid && (s->v[s->lo - 1].uid == 0 || s->v[s->hi - 1].uid == 0))
        uid = false;
    if (uid) {
        s->lo = s->v[s->lo - 1].uid;
        s->hi = s->v[s->hi - 1].uid;
    }
    s->bits = 1u << f;
    s->mode = "+- "[rnd(3)];
    if (s->condstore && s->modseq > 0 && rnd(3) == 0)
        snprintf(unchanged, sizeof(unchanged), "(UNCHANGEDSINCE %llu) ",
                 (unsigned long long)s->modseq);
    char mode[2] = {s->mode == ' ' ? '\0' : s->mode, '\0'};
    say(s, silent ? STORE_SILENT : NUMBERS, "%sSTORE %u:%u %s%sFLAGS%s (%s)", uid ? "UID " : "",
        s->lo, s->hi, unchanged, mode, silent ? ".SILENT" : "", names[f]);
}

static void do_something(struct sim *s)
{
    switch (rnd(s->n > 0 ? 12 : 4)) {
    case 0:
        say(s, ANY, "NOOP");
        break;
    case 1:
        if (s->n < 60)
            say(s, ANY, "APPEND INBOX (\\Seen) {3+}\r\nabc");
        break;
    case 2:
        say(s, ANY, "EXPUNGE");
        break;
    case 3:
        say(s, IDLING, "IDLE");
        break;
    case 4:
        say(s, NUMBERS, "FETCH %u:* (UID FLAGS)", 1 + rnd(s->n));
        break;
    case 5:
        say(s, ANY, "UID FETCH %u:* (FLAGS)", 1 + rnd(100));
        break;
    case 6:
        if (s->n < 60)
            say(s, ANY, "COPY %u INBOX", 1 + rnd(s->n));
        break;
    case 7:
        say(s, ANY, "MOVE %u %s", 1 + rnd(s->n), rnd(2) ? "INBOX" : "other");
        break;
    case 8:
        say(s, ANY, "UID EXPUNGE %u:%u", 1 + rnd(50), 1 + rnd(100));
        break;
    default:
        do_store(s);
    }
}

static void end_some_commit(void)
{
    size_t waiting = memory_waiting(w->store);

    if (waiting == 0)
        return;
    memory_end(w->store, rnd((uint32_t)waiting), rnd(8) == 0 ? ERR_IO : ERR_OK);
    read_everybody();
}

static void step(void)
{
    struct sim *s = &sims[rnd(SIMS)];

    if (rnd(20) == 0)
        memory_auto(w->store, rnd(2));
    if (rnd(2) == 0)
        end_some_commit();
    if (s->qresync && rnd(15) == 0) {
        come_back(s);
        return;
    }
    if (s->busy == IDLING && rnd(3) == 0)
        settle(s);
    if (s->busy == NONE)
        do_something(s);
}

static void all_agree(void)
{
    memory_auto(w->store, true);
    while (memory_waiting(w->store) > 0) {
        memory_end(w->store, 0, ERR_OK);
        read_everybody();
    }
    for (int i = 0; i < SIMS; i++) {
        settle(&sims[i]);
        say(&sims[i], ANY, "NOOP");
        settle(&sims[i]);
    }
    struct sim *truth = newcomer();
    for (int i = 0; i < SIMS; i++)
        compare(&sims[i], truth);
    for (int i = 0; i < SIMS; i++) {
        if (!sims[i].qresync)
            continue;
        come_back(&sims[i]);
        compare(&sims[i], truth);
    }
}

static void run(uint64_t with_seed, unsigned steps)
{
    seed = state = with_seed;
    w = world_new();
    world_account(w, STR("alice"), STR("secret"));
    memset(sims, 0, sizeof(sims));
    for (int i = 0; i <= SIMS; i++)
        sims[i].client = i;
    for (int i = 0; i < SIMS; i++) {
        sims[i].qresync = i >= 3;
        sims[i].condstore = i >= 2;
        sims[i].rev2 = i == 1 || i == 4;
        connect_sim(&sims[i]);
        select_sim(&sims[i]);
    }
    say(&sims[0], ANY, "CREATE other");
    settle(&sims[0]);
    for (unsigned i = 0; i < steps; i++) {
        step();
        if (i % 100 == 99)
            all_agree();
    }
    all_agree();
    world_free(w);
}

int main(int argc, char **argv)
{
    uint64_t first = argc > 1 ? strtoull(argv[1], NULL, 10) : 1,
             seeds = argc > 2 ? strtoull(argv[2], NULL, 10) : 30;
    unsigned steps = argc > 3 ? (unsigned)atoi(argv[3]) : 300;

    log_setup(LOG_ERROR, getenv("TERN_TEST_LOG") ? LOG_KV : LOG_OFF);
    printf("1..1\n");
    for (uint64_t i = 0; i < seeds; i++)
        run(first + i, steps);
    printf("ok 1 - %llu random dialogues\n", (unsigned long long)seeds);
    return 0;
}
