/* The reaper: removes what was expunged longer ago than the grace, what deleted mailboxes left, and
 * generations that a crash left over.  A round: collect candidates, look which of them no mailbox
 * names, remove those batch by batch, then take the candidates out of the history. */
#ifndef MAILBOX_REAP_H
#define MAILBOX_REAP_H

#include "mailbox/batch.h"
#include "mailbox/history.h"

enum {
    ROUND_OBJECTS = 200 * 1000,
    ROUND_ROWS = 500,
    HISTORY_SECONDS = 30 * 24 * 3600, /* how long QRESYNC is answered exactly */
    REAP_OBJECTS = 1000,              /* removed with one batch */
};

/* Keys to be deleted or replaced when the objects are gone. */
struct reap_key {
    struct key key;
    struct buf value; /* empty: deleted */
    bool joined;      /* goes with the same batch as the one behind it */
};

struct reap_floor {
    uint64_t mailbox, modseq;
};

struct reap_state {
    struct account *acct;
    struct job job;
    bool running; /* under acct->lock */
    struct ticket *ticket;
    enum { REAP_COLLECT, REAP_LOOK, REAP_DROP, REAP_KEYS, REAP_SWEEP } step;
    enum err err;

    uint64_t *objects; /* candidates, then the dead, sorted */
    size_t n, cap;
    size_t dropped;
    struct reap_key *keys;
    size_t n_keys, cap_keys, keys_done;
    struct reap_floor *floors;
    size_t n_floors, cap_floors;

    bool tolerant;          /* of mailboxes that cannot be read: they name nothing */
    uint64_t sweep_mailbox; /* mailboxes up to this were swept in this life */
};

/* What is due: history records first, then a deleted mailbox.  Nothing due: no objects and no keys.
 */
enum err reap_collect(struct reap_state *r);
/* Leaves only the candidates that no mailbox names, nor history or a grave whose grace is not over.
 */
enum err reap_look(struct reap_state *r);
/* Adds every object that the mailbox's values name, in whatever state they are. */
enum err reap_objects_of(struct reap_state *r, uint64_t mailbox);
struct reap_state *reap_of(struct account *acct);
void guard_set(struct account *acct, bool on);
bool guarded(const struct account *acct, uint64_t object); /* the guard is sorted */
void guard_sort(struct account *acct);
void reap_round_clear(struct reap_state *r);
void reap_object(struct reap_state *r, uint64_t object);
/* Body and summaries go with this batch. */
void reap_object_remove(struct batch *b, uint64_t object);

/* Deletes generations of one mailbox that no version names; the writer's turn makes sure none is
 * being staged. */
enum err reap_sweep(struct batch *b, uint64_t mailbox);

#endif
