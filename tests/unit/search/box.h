/* A mailbox in memory whose messages the test keeps, too. */
#ifndef TESTS_SEARCH_BOX_H
#define TESTS_SEARCH_BOX_H

#include "test.h"

#include "mailbox/account.h"
#include "search/search.h"
#include "store/memory.h"
#include "test_exec.h"

enum { BOX_MAX = 400 };

struct kept {
    uint32_t uid;
    struct str bytes;
    bool expunged;
};

struct box {
    struct test_exec exec;
    struct store *store;
    struct mailstore *ms;
    struct account *acct;
    uint64_t mailbox;
    struct arena *arena;
    struct kept kept[BOX_MAX];
    size_t n;
};

struct box_message {
    struct str bytes;
    uint8_t flags;
    const char *keyword; /* NULL: none */
    int64_t date;
    int16_t zone_min;
    bool no_summary; /* as if it had been lost */
};

void box_open(struct box *b);
void box_close(struct box *b);
void box_add(struct box *b, const struct box_message *m);
void box_expunge(struct box *b, uint32_t lo, uint32_t hi);
struct version *box_version(struct box *b); /* a reference */

/* UIDs that match; us: the length of a slice. */
void box_search(struct box *b, struct search_key *key, const struct ranges *recent, int64_t us,
                struct ranges *out);

#endif
