/* A whole session: whatever a client sends, in whatever pieces, the answers are the same and within
 * the grammar. */
#include "fuzz.h"

#include "base/check.h"
#include "base/log.h"
#include "session/world.h"

#include <stdio.h>

static const char fill[] =
    "f1 LOGIN alice secret\r\n"
    "f2 APPEND INBOX (\\Flagged word) {33+}\r\nSubject: one\r\nFrom: a@b\r\n\r\nbody\r\n\r\n"
    "f3 APPEND INBOX {3+}\r\nabc\r\n"
    "f4 SELECT INBOX\r\n";

static struct world *fresh(bool logged_in)
{
    struct world *w = world_new();

    world_account(w, STR("alice"), STR("secret"));
    client_connect(w, 0, true,
                   true); /* STARTTLS throws away what follows, which depends on the pieces */
    if (logged_in)
        client_send(w, 0, str_of(fill));
    return w;
}

/* What only a reader stricter than the grammar minds: a message's NULs come back as they were
 * given, which by the letter only a literal8 may; and <0.4> beside <0.5> are both told as <0>. */
static bool is_asked_for(struct world *w)
{
    return str_has_char(client_rest(w, 0), '\0') ||
           str_search(buf_str(&w->wrong), STR("attribute comes twice")) != SIZE_MAX;
}

static void check_grammar(struct world *w)
{
    struct str r;

    while ((r = client_peek(w, 0)).p != NULL)
        client_take(w, 0, r.n);
    if (w->wrong.n > 0 && !is_asked_for(w)) {
        fprintf(stderr, "%.*s\n", STR_FMT(buf_str(&w->wrong)));
        check(!"the answer is within the grammar");
    }
}

/* All that was said, in pieces of `piece` bytes. */
static void talk(struct world *w, struct str said, size_t piece)
{
    for (size_t at = 0; at < said.n && !w->clients[0].closed; at += piece)
        client_send(w, 0, str_sub(said, at, piece));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    log_setup(LOG_ERROR, LOG_OFF);
    if (n < 2)
        return 0;
    bool logged_in = data[0] & 1;
    struct str said = str_n(data + 1, n - 1);
    struct world *whole = fresh(logged_in), *pieces = fresh(logged_in);

    talk(whole, said, said.n);
    talk(pieces, said, 1 + data[0] / 2);
    check(str_eq(client_rest(whole, 0), client_rest(pieces, 0)));
    check(whole->clients[0].closed == pieces->clients[0].closed);
    check_grammar(whole);
    world_free(whole);
    world_free(pieces);
    return 0;
}
