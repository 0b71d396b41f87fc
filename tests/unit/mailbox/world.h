/* A store in memory, an account in it, and short words for what tests do with them. */
#ifndef TESTS_MAILBOX_WORLD_H
#define TESTS_MAILBOX_WORLD_H

#include "test.h"

#include "mailbox/account.h"
#include "store/memory.h"
#include "test_exec.h"

struct world {
    struct test_exec exec;
    struct store *store;
    struct mailstore *ms;
    struct account *acct;
    struct mailstore_options options;
    char dir[64]; /* of an embedded store; empty: in memory */
};

void world_open(struct world *w);
void world_open_with(struct world *w, const struct mailstore_options *o);
/* Over this store, as it is. */
void world_open_on(struct world *w, struct store *store, const struct mailstore_options *o);
/* In a new directory, with the engine that people use. */
void world_open_embedded(struct world *w, const struct mailstore_options *o);
void world_close(struct world *w);
/* Runs until the ticket is done. */
void world_wait(struct world *w, struct ticket *t);
/* As after kill -9: a new store with what was durable, and the account opened from it.  (Embedded:
 * closed and opened; crashes of that engine are tested with it.) */
void world_crash(struct world *w);
/* The same store, closed and opened again. */
void world_reopen(struct world *w);

uint64_t mailbox_named(struct world *w, const char *name); /* 0: none */
/* Submits, runs to the end; the result's err.  The last ticket stays in `last`. */
enum err world_do(struct world *w, const struct intent *in, struct ticket **ticket_out);

struct ticket *submit_append(struct world *w, uint64_t mailbox, const char *body, uint8_t flags,
                             const char *keyword);
enum err do_append(struct world *w, uint64_t mailbox, uint8_t flags, const char *keyword);
void append_many(struct world *w, uint64_t mailbox, size_t n);
struct ticket *submit_flags(struct world *w, uint64_t mailbox, const struct ranges *uids,
                            enum flags_mode mode, uint8_t flags, const char *keyword);
enum err do_flags(struct world *w, uint64_t mailbox, uint32_t lo, uint32_t hi, enum flags_mode mode,
                  uint8_t flags, const char *keyword);
struct ticket *submit_copy(struct world *w, bool move, uint64_t from, const struct ranges *uids,
                           uint64_t to);
enum err do_copy(struct world *w, bool move, uint64_t from, uint32_t lo, uint32_t hi, uint64_t to);
enum err do_expunge(struct world *w, uint64_t mailbox);
enum err do_create(struct world *w, const char *name);
enum err do_delete(struct world *w, const char *name);
enum err do_rename(struct world *w, const char *from, const char *to);

/* "1:3,5" of live UIDs. */
void assert_uids(struct world *w, uint64_t mailbox, const char *want);
void assert_ranges(const struct ranges *got, const char *want);
struct row row_of(struct world *w, uint64_t mailbox, uint32_t uid);
/* All ways of reading it agree with walking it, and the difference between the two with comparing
 * all rows. */
void versions_compare(struct version *from, struct version *to);
struct version *version_of(struct world *w, uint64_t mailbox);
void ranges_of(struct ranges *out, uint32_t lo, uint32_t hi);

#endif
