/* Store, accounts and passwords in memory, for tests of what stands on them.  One thread: the test
 * turns. */
#ifndef TESTS_LIB_ROOMS_H
#define TESTS_LIB_ROOMS_H

#include "auth/auth.h"
#include "lib/test_exec.h"
#include "net/conn.h"
#include "store/memory.h"

struct rooms {
    struct test_exec exec;
    struct store *store;
    struct mailstore *ms;
    struct directory *directory;
    struct auth *auth;
    struct arena *a;
};

/* Domain example.org; wall clock at 2026-01-01 00:00:00 UTC. */
void rooms_open(struct rooms *r);
/* Commits that wait are ended first.  No connection may be left. */
void rooms_close(struct rooms *r);
/* An account with an INBOX; its password is "secret". */
void rooms_account(struct rooms *r, const char *name, bool detail, bool disabled);
void rooms_mailbox(struct rooms *r, const char *account, const char *name);

/* Runs connection and jobs until nothing moves.  false: the connection is closed. */
bool rooms_turn(struct rooms *r, struct conn *c);
/* Feeds, turns, and returns what came back; valid until the next call. */
struct str rooms_say(struct rooms *r, struct conn *c, struct str bytes);

/* How many messages a mailbox has; -1: there is no such mailbox. */
int rooms_count(struct rooms *r, const char *account, const char *mailbox);
/* The n-th of them (from 0), in the rooms' arena. */
struct str rooms_message(struct rooms *r, const char *account, const char *mailbox, uint32_t n);

#endif
