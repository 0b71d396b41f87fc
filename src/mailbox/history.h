/* Expunge history: what QRESYNC is told (RFC 7162), and what the reaper looks at.  One record per
 * batch and mailbox that expunged something.  The reaper takes the objects out of a record when it
 * has dealt with them; the UIDs stay for as long as history is kept. */
#ifndef MAILBOX_HISTORY_H
#define MAILBOX_HISTORY_H

#include "base/arena.h"
#include "base/ranges.h"
#include "store/store.h"

struct history {
    int64_t when;
    struct ranges uids; /* history_fini */
    uint64_t *objects;  /* in the arena; none: dealt with */
    size_t n_objects;
};

void history_encode(int64_t when, const struct ranges *uids, const uint64_t *objects, size_t n,
                    struct buf *out);
enum err history_decode(struct str record, struct arena *a, struct history *out);
void history_fini(struct history *h);

/* Calls `fn` for each record of the mailbox with a modseq above `since` and at most `upto`; what it
 * returns ends the walk (not ERR_NOT_FOUND, which has a meaning here). */
typedef enum err history_fn(void *arg, uint64_t modseq, size_t parts, const struct history *h);
enum err history_each(struct store *store, uint64_t account, uint64_t mailbox, uint64_t since,
                      uint64_t upto, history_fn *fn, void *arg);

/* A mailbox that was deleted: when. */
void tomb_encode(int64_t when, struct buf *out);
enum err tomb_decode(struct str value, int64_t *when_out);

#endif
