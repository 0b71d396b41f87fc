/* Runs dialogues (README here says how they are written) and tells of each in TAP. */
#include "pattern.h"
#include "world.h"

#include "base/check.h"
#include "base/log.h"
#include "base/mem.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

struct script {
    const char *file;
    struct str text; /* what is left */
    unsigned line;
    struct world *world;
    struct names_known known;
    struct buf why; /* set: it has failed */
};

[[gnu::format(printf, 2, 3)]] static bool fail(struct script *s, const char *fmt, ...)
{
    char text[600];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    buf_printf(&s->why, "%s:%u: %s", s->file, s->line, text);
    if (s->world->wrong.n > 0)
        buf_printf(&s->why, "\n%.*s", STR_FMT(buf_str(&s->world->wrong)));
    return false;
}

static bool next_line(struct script *s, struct str *out)
{
    size_t n = str_find(s->text, '\n');

    if (s->text.n == 0)
        return false;
    *out = str_sub(s->text, 0, n);
    s->text = str_from(s->text, n + 1);
    s->line++;
    return true;
}

/* The next word of *rest. */
static struct str word(struct str *rest)
{
    *rest = str_trim(*rest);
    size_t n = str_find(*rest, ' ');
    struct str w = str_sub(*rest, 0, n);

    *rest = str_trim(str_from(*rest, n));
    return w;
}

static bool word_is(struct str *rest, const char *w)
{
    struct str before = *rest;

    if (str_eq(word(rest), str_of(w)))
        return true;
    *rest = before;
    return false;
}

static bool number(struct script *s, struct str *rest, uint64_t *out)
{
    return str_to_u64(word(rest), out) || fail(s, "a number is missing");
}

/* ---- what a client reads ---- */

static struct str without_crlf(struct str response)
{
    return str_ends(response, STR("\r\n")) ? str_sub(response, 0, response.n - 2) : response;
}

static bool read_next(struct script *s, int i, struct str pattern)
{
    struct str r = client_peek(s->world, i);

    if (r.p == NULL)
        return fail(s, "%c has got nothing, expected: %.*s", 'A' + i, STR_FMT(pattern));
    if (!pattern_match(&s->known, pattern, without_crlf(r)))
        return fail(s, "%c got: %.*s, expected: %.*s", 'A' + i, STR_FMT(without_crlf(r)),
                    STR_FMT(pattern));
    client_take(s->world, i, r.n);
    return true;
}

static bool read_up_to(struct script *s, int i, struct str pattern)
{
    struct str r;

    while ((r = client_peek(s->world, i)).p != NULL) {
        bool found = pattern_match(&s->known, pattern, without_crlf(r));
        client_take(s->world, i, r.n);
        if (found)
            return true;
    }
    return fail(s, "%c did not get: %.*s", 'A' + i, STR_FMT(pattern));
}

static bool read_nothing(struct script *s, int i, struct str needle)
{
    struct str rest = client_rest(s->world, i);
    size_t at = needle.n > 0 ? str_search(rest, needle) : rest.n > 0 ? 0 : SIZE_MAX;

    if (at == SIZE_MAX)
        return true;
    return fail(s, "%c got: %.*s", 'A' + i, STR_FMT(str_sub(rest, 0, 400)));
}

static bool read_any_order(struct script *s, int i)
{
    struct str patterns[NAMES_MAX], line;
    size_t n = 0;

    while (next_line(s, &line) && !str_starts(str_from(str_trim(line), 1), STR("<}"))) {
        if (n == NAMES_MAX)
            return fail(s, "too many lines");
        patterns[n++] = str_trim(line);
    }
    while (n > 0) {
        struct str r = client_peek(s->world, i);
        size_t k = 0;
        while (k < n && r.p != NULL && !pattern_match(&s->known, patterns[k], without_crlf(r)))
            k++;
        if (r.p == NULL || k == n)
            return fail(s, "%c got: %.*s, still expected: %.*s", 'A' + i, STR_FMT(without_crlf(r)),
                        STR_FMT(patterns[0]));
        client_take(s->world, i, r.n);
        patterns[k] = patterns[--n];
    }
    return true;
}

static bool reads(struct script *s, int i, struct str rest)
{
    if (str_starts(rest, STR("{")))
        return read_any_order(s, i);
    if (str_starts(rest, STR("~")))
        return read_up_to(s, i, str_trim(str_from(rest, 1)));
    if (str_starts(rest, STR("!")))
        return read_nothing(s, i, str_trim(str_from(rest, 1)));
    return read_next(s, i, str_starts(rest, STR(" ")) ? str_from(rest, 1) : rest);
}

/* ---- what a client does ---- */

static bool sends(struct script *s, int i, struct str rest)
{
    bool raw = str_starts(rest, STR(">"));
    struct buf bytes = BUF_INIT;

    rest = str_from(rest, raw);
    rest = str_from(rest, str_starts(rest, STR(" ")));
    bool ok = s->world->clients[i].conn != NULL || fail(s, "%c is not connected", 'A' + i);
    ok = ok && (pattern_expand(&s->known, rest, &bytes) || fail(s, "a name is not known"));
    if (ok && !raw)
        BUF_LIT(&bytes, "\r\n");
    if (ok)
        client_send(s->world, i, buf_str(&bytes));
    buf_fini(&bytes);
    return ok;
}

static bool does(struct script *s, int i, struct str rest)
{
    struct client *c = &s->world->clients[i];

    if (word_is(&rest, "closed"))
        return c->closed ? read_nothing(s, i, STR("")) : fail(s, "%c is still connected", 'A' + i);
    if (word_is(&rest, "open"))
        return !c->closed || fail(s, "%c was disconnected", 'A' + i);
    if (word_is(&rest, "drops"))
        client_drop(s->world, i);
    else if (word_is(&rest, "ends"))
        conn_detached_eof(c->conn);
    else if (word_is(&rest, "stalls"))
        conn_detached_stall(c->conn, str_eq(rest, STR("on")));
    else
        return fail(s, "what does %c do?", 'A' + i);
    world_turn(s->world);
    return true;
}

static bool client_line(struct script *s, struct str line)
{
    int i = line.p[0] - 'A';

    switch (line.n > 1 ? line.p[1] : '\0') {
    case '>':
        return sends(s, i, str_from(line, 2));
    case '<':
        return reads(s, i, str_from(line, 2));
    default:
        return does(s, i, str_from(line, 1));
    }
}

/* ---- what happens otherwise ---- */

static bool client_name(struct script *s, struct str *rest, int *i_out)
{
    struct str w = word(rest);

    *i_out = w.n == 1 ? w.p[0] - 'A' : -1;
    return (*i_out >= 0 && *i_out < WORLD_CLIENTS) || fail(s, "a client's letter is missing");
}

static bool do_connect(struct script *s, struct str rest)
{
    int i;

    if (!client_name(s, &rest, &i))
        return false;
    bool tls = word_is(&rest, "tls"), remote = word_is(&rest, "remote");
    client_connect(s->world, i, tls, !remote);
    return true;
}

static bool do_login(struct script *s, struct str rest)
{
    struct buf line = BUF_INIT;
    int i;

    if (!client_name(s, &rest, &i))
        return false;
    client_connect(s->world, i, false, true);
    buf_printf(&line, "login LOGIN %.*s secret\r\n", STR_FMT(rest.n > 0 ? rest : STR("alice")));
    client_send(s->world, i, buf_str(&line));
    buf_fini(&line);
    return read_up_to(s, i, STR("login OK %*"));
}

static void message_line(struct buf *text, struct str line)
{
    for (size_t i = 0; i < line.n; i++) {
        struct str here = str_from(line, i);
        if (str_starts(here, STR("%0")) || str_starts(here, STR("%n")) ||
            str_starts(here, STR("%l"))) {
            buf_add(text,
                    here.p[1] == '0'   ? "\0"
                    : here.p[1] == 'n' ? "\r\n"
                                       : "\n",
                    here.p[1] == 'n' ? 2 : 1);
            i++;
        } else {
            buf_add_char(text, line.p[i]);
        }
    }
    BUF_LIT(text, "\r\n");
}

static bool do_message(struct script *s, struct str rest)
{
    struct names_known *k = &s->known;
    struct str name = word(&rest), line;
    struct buf text = BUF_INIT;
    uint64_t lines = 0;

    if (word_is(&rest, "of") && number(s, &rest, &lines)) {
        BUF_LIT(&text, "Subject: long\r\n\r\n");
        while (lines-- > 0)
            BUF_LIT(&text,
                    "0123456789012345678901234567890123456789012345678901234567890123456789\r\n");
    } else {
        while (next_line(s, &line) && !str_eq(line, STR(".")))
            message_line(&text, line);
    }
    check(k->n_messages < NAMES_MAX);
    k->messages[k->n_messages++] = (struct named){name, arena_str(k->arena, buf_str(&text))};
    buf_fini(&text);
    return true;
}

/* By a client of its own, Z, which is gone afterwards. */
static bool do_mail(struct script *s, struct str rest)
{
    int z = WORLD_CLIENTS - 1;
    uint64_t n;

    if (!number(s, &rest, &n) || !do_login(s, STR("Z alice")))
        return false;
    for (uint64_t i = 1; i <= n; i++) {
        struct buf line = BUF_INIT, text = BUF_INIT;
        buf_printf(&text, "Subject: mail %d\r\n\r\nbody %d\r\n", (int)i, (int)i);
        buf_printf(&line, "m APPEND %.*s {%zu+}\r\n%.*s\r\n",
                   STR_FMT(rest.n > 0 ? rest : STR("INBOX")), text.n, STR_FMT(buf_str(&text)));
        client_send(s->world, z, buf_str(&line));
        buf_fini(&line);
        buf_fini(&text);
        if (!read_up_to(s, z, STR("m OK %*")))
            return false;
    }
    client_drop(s->world, z);
    return true;
}

static bool do_account(struct script *s, struct str rest)
{
    struct str name = word(&rest);

    world_account(s->world, name, rest.n > 0 ? rest : STR("secret"));
    return true;
}

static bool do_option(struct script *s, struct str rest)
{
    struct session_options *o = &s->world->options;
    struct str name = word(&rest);
    uint64_t n;

    if (!number(s, &rest, &n))
        return false;
    if (str_eq(name, STR("max_message")))
        o->max_message = n;
    else if (str_eq(name, STR("max_sessions")))
        o->max_sessions = (uint32_t)n;
    else if (str_eq(name, STR("idle_seconds")))
        o->idle_seconds = (int)n;
    else if (str_eq(name, STR("plain_login")))
        o->plain_login = n != 0;
    else
        return fail(s, "no such option");
    return true;
}

static bool end_commit(struct script *s, struct str rest)
{
    uint64_t n;

    if (!number(s, &rest, &n))
        return false;
    if (n >= memory_waiting(s->world->store))
        return fail(s, "no such commit waits");
    enum err how = str_eq(rest, STR("ok"))     ? ERR_OK
                   : str_eq(rest, STR("full")) ? ERR_NO_SPACE
                                               : ERR_IO;
    memory_end(s->world->store, n, how);
    world_turn(s->world);
    return true;
}

static bool do_commits(struct script *s, struct str rest)
{
    struct store *store = s->world->store;
    uint64_t n;

    if (word_is(&rest, "end"))
        return end_commit(s, rest);
    if (word_is(&rest, "waiting")) {
        size_t waiting = memory_waiting(store);
        return number(s, &rest, &n) && (waiting == n || fail(s, "%zu commits wait", waiting));
    }
    bool go = word_is(&rest, "go");
    memory_auto(store, go);
    while (go && memory_waiting(store) > 0) {
        memory_end(store, 0, ERR_OK);
        world_turn(s->world);
    }
    return true;
}

static bool do_disk(struct script *s, struct str rest)
{
    memory_full(s->world->store, str_eq(rest, STR("full")));
    return true;
}

static bool do_clock(struct script *s, struct str rest)
{
    uint64_t n;

    rest = str_from(rest, str_starts(rest, STR("+")));
    if (!number(s, &rest, &n))
        return false;
    world_clock(s->world, (int64_t)n);
    return true;
}

static bool do_crash(struct script *s, struct str rest)
{
    world_crash(s->world);
    return true;
}

static bool run_line(struct script *s, struct str line);

static bool do_repeat(struct script *s, struct str rest)
{
    uint64_t n;
    bool ok = number(s, &rest, &n);

    for (uint64_t i = 1; ok && i <= n; i++) {
        struct buf line = BUF_INIT;
        for (struct str left = rest; left.n > 0;) {
            size_t at = str_search(left, STR("%i"));
            at = at == SIZE_MAX ? left.n : at;
            buf_add(&line, left.p, at);
            if (at < left.n)
                buf_add_u64(&line, i);
            left = str_from(left, at + 2);
        }
        ok = run_line(s, arena_str(s->known.arena, buf_str(&line)));
        buf_fini(&line);
    }
    return ok;
}

static const struct {
    const char *name;
    bool (*fn)(struct script *s, struct str rest);
} verbs[] = {
    {"login", do_login},     {"connect", do_connect}, {"message", do_message},
    {"account", do_account}, {"option", do_option},   {"commits", do_commits},
    {"disk", do_disk},       {"clock", do_clock},     {"crash", do_crash},
    {"repeat", do_repeat},   {"mail", do_mail},
};

static bool run_line(struct script *s, struct str line)
{
    struct str rest = line;

    if (line.n == 0 || line.p[0] == '#')
        return true;
    if (line.p[0] >= 'A' && line.p[0] <= 'Z')
        return client_line(s, line);
    struct str verb = word(&rest);
    for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
        if (str_eq(verb, str_of(verbs[i].name)))
            return verbs[i].fn(s, rest);
    }
    return fail(s, "what is that?");
}

/* ---- files ---- */

static struct str read_file(struct arena *a, const char *path)
{
    struct buf text = BUF_INIT;
    char piece[4096];
    size_t n;
    FILE *f = fopen(path, "r");

    check(f != NULL);
    while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
        buf_add(&text, piece, n);
    fclose(f);
    struct str out = arena_str(a, buf_str(&text));
    buf_fini(&text);
    return out;
}

/* What nobody read must at least be valid. */
static bool rest_is_valid(struct script *s)
{
    for (int i = 0; i < WORLD_CLIENTS; i++) {
        struct str r;
        while ((r = client_peek(s->world, i)).p != NULL)
            client_take(s->world, i, r.n);
        if (client_rest(s->world, i).n > 0)
            return fail(s, "%c got something invalid", 'A' + i);
    }
    return true;
}

static void run_file(const char *path, unsigned no, unsigned *failed)
{
    struct script s = {.file = path, .known.arena = arena_new(), .world = world_new()};
    struct str line;
    bool ok = true;

    world_account(s.world, STR("alice"), STR("secret"));
    world_account(s.world, STR("bob"), STR("secret"));
    s.text = read_file(s.known.arena, path);
    while (ok && next_line(&s, &line))
        ok = run_line(&s, line);
    ok = ok && rest_is_valid(&s);
    printf("%sok %u - %s\n", ok ? "" : "not ", no, path);
    for (struct str why = buf_str(&s.why); !ok && why.n > 0;) {
        size_t n = str_find(why, '\n');
        printf("# %.*s\n", STR_FMT(str_sub(why, 0, n)));
        why = str_from(why, n + 1);
    }
    fflush(stdout);
    *failed += !ok;
    world_free(s.world);
    buf_fini(&s.why);
    arena_free(s.known.arena);
}

struct paths {
    char *v[2000];
    unsigned n;
};

static void collect(struct paths *p, const char *path)
{
    struct stat st;
    struct dirent **entries;

    check(stat(path, &st) == 0 && p->n < ARRAY_LEN(p->v));
    if (!S_ISDIR(st.st_mode)) {
        if (str_ends(str_of(path), STR(".t")))
            p->v[p->n++] = strdup(path);
        return;
    }
    int n = scandir(path, &entries, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        char below[4096];
        snprintf(below, sizeof(below), "%s/%s", path, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.')
            collect(p, below);
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
}

int main(int argc, char **argv)
{
    static struct paths paths;
    unsigned failed = 0;

    log_setup(LOG_ERROR, getenv("TERN_TEST_LOG") ? LOG_KV : LOG_OFF);
    for (int i = 1; i < argc; i++)
        collect(&paths, argv[i]);
    printf("1..%u\n", paths.n);
    for (unsigned i = 0; i < paths.n; i++) {
        run_file(paths.v[i], i + 1, &failed);
        free(paths.v[i]);
    }
    return failed > 0;
}
