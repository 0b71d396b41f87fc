#include "world.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/mem.h"
#include "lib/imap_grammar.h"

enum { START_MS = 1767225600, TURNS_MAX = 100000 };

static void open_rooms(struct world *w)
{
    static const struct mailstore_options mo = {.expunge_grace = -1};
    static const struct auth_options ao = {.any_domain = true};
    enum err e = ERR_OK;

    w->mailstore = mailstore_new(w->store, &w->exec.exec, &mo);
    w->directory = directory_open(w->mailstore, &e);
    check(e == ERR_OK);
    w->auth = auth_new(w->mailstore, w->directory, &ao);
}

struct world *world_new(void)
{
    struct world *w = NEW(struct world);

    w->now_ms = INT64_C(1000) * START_MS;
    clock_set_for_test(w->now_ms, w->now_ms);
    test_exec_init(&w->exec);
    w->store = memory_open();
    w->options.login_seconds = 60;
    open_rooms(w);
    return w;
}

static void close_rooms(struct world *w)
{
    for (int i = 0; i < WORLD_CLIENTS; i++)
        client_drop(w, i);
    memory_auto(w->store, true);
    while (memory_waiting(w->store) > 0)
        memory_end(w->store, 0, ERR_OK);
    test_exec_run(&w->exec);
    session_door_free(w->door);
    w->door = NULL;
    auth_free(w->auth);
    directory_close(w->directory);
    mailstore_close(w->mailstore);
    test_exec_run(&w->exec);
}

void world_free(struct world *w)
{
    close_rooms(w);
    store_close(w->store);
    buf_fini(&w->wrong);
    mem_free(w);
}

void world_crash(struct world *w)
{
    struct store *after = memory_crash(w->store);

    close_rooms(w);
    store_close(w->store);
    w->store = after;
    open_rooms(w);
}

void world_clock(struct world *w, int64_t seconds)
{
    w->now_ms += 1000 * seconds;
    clock_set_for_test(w->now_ms, w->now_ms);
    world_turn(w);
}

void world_turn(struct world *w)
{
    size_t jobs = 1;

    for (int turns = 0, quiet = 0; quiet<2; quiet = jobs> 0 ? 0 : quiet + 1) {
        check(++turns < TURNS_MAX); /* something goes round in a circle */
        jobs = test_exec_run(&w->exec);
        for (int i = 0; i < WORLD_CLIENTS; i++) {
            struct client *c = &w->clients[i];
            if (c->conn != NULL && !c->closed)
                c->closed = !conn_detached_run(c->conn);
        }
        jobs += test_exec_run(&w->exec);
    }
}

/* ---- accounts ---- */

static void noted(void *arg, enum err e, uint64_t account)
{
    check(e == ERR_OK);
}

/* Hashing is slow on purpose: a password is hashed once for all dialogues. */
static struct str secret_of(struct str password)
{
    static struct arena *kept;
    static struct str passwords[16], secrets[16];
    static size_t n;

    for (size_t i = 0; i < n; i++) {
        if (str_eq(passwords[i], password))
            return secrets[i];
    }
    check(n < ARRAY_LEN(secrets));
    kept = kept == NULL ? arena_new() : kept;
    check(auth_secret_make(kept, password, AUTH_COST_LOW, &secrets[n]) == ERR_OK);
    passwords[n] = arena_str(kept, password);
    return secrets[n++];
}

void world_account(struct world *w, struct str name, struct str password)
{
    struct account_record r = {.name = name, .secret = secret_of(password)};

    directory_add(w->directory, &r, noted, NULL);
    world_turn(w);
}

/* ---- clients ---- */

void client_connect(struct world *w, int i, bool tls, bool loopback)
{
    client_drop(w, i);
    if (w->door == NULL)
        w->door = session_door_new(w->mailstore, w->directory, w->auth, &w->options);
    w->clients[i] =
        (struct client){.conn = conn_detached_new(session_door(w->door), tls, loopback)};
    world_turn(w);
}

/* A session that waits for a commit cannot end before it, as in the server. */
void client_drop(struct world *w, int i)
{
    struct client *c = &w->clients[i];

    if (c->conn == NULL)
        return;
    conn_detached_eof(c->conn);
    while (conn_detached_waiting(c->conn)) {
        if (test_exec_run(&w->exec) == 0 && memory_waiting(w->store) > 0)
            memory_end(w->store, 0, ERR_OK);
        conn_detached_run(c->conn);
    }
    conn_detached_free(c->conn);
    *c = (struct client){0};
}

void client_send(struct world *w, int i, struct str bytes)
{
    check(w->clients[i].conn != NULL);
    conn_detached_feed(w->clients[i].conn, bytes);
    world_turn(w);
}

struct str client_rest(const struct world *w, int i)
{
    const struct client *c = &w->clients[i];

    return c->conn == NULL ? STR("") : str_from(conn_detached_output(c->conn), c->seen);
}

static void note_enabled(struct client *c, struct str response)
{
    if (str_starts(response, STR("* ENABLED")) &&
        str_search(response, STR("IMAP4rev2")) != SIZE_MAX)
        c->utf8 = true;
}

struct str client_peek(struct world *w, int i)
{
    struct client *c = &w->clients[i];
    struct str rest = client_rest(w, i);
    struct grammar_error e = {0};
    bool more = false;

    if (rest.n == 0)
        return STR_NONE;
    size_t n = grammar_response(rest, c->utf8, &more, &e);
    if (n == 0) {
        buf_printf(&w->wrong, "no valid response (%s at %zu): %.*s", more ? "incomplete" : e.what,
                   e.at, (int)(rest.n < 400 ? rest.n : 400), rest.p);
        return STR_NONE;
    }
    return str_sub(rest, 0, n);
}

void client_take(struct world *w, int i, size_t n)
{
    note_enabled(&w->clients[i], str_sub(client_rest(w, i), 0, n));
    w->clients[i].seen += n;
}
