/* A batch while the writer makes it: which mailboxes it touches, their new versions, what goes to
 * the store. */
#ifndef MAILBOX_BATCH_H
#define MAILBOX_BATCH_H

#include "mailbox/account_priv.h"
#include "mailbox/builder.h"
#include "mailbox/keys.h"

enum {
    TOUCHED_KEYS = 8, /* what a mailbox in a batch takes, beside its records */
    TOUCHED_BYTES = 4096,
    SEAL_BYTES = STORE_MAX_BATCH_BYTES - 64 * 1024, /* what folding may fill */
    SEAL_KEYS = STORE_MAX_BATCH_KEYS - 100,
};

/* A mailbox in a batch. */
struct touched {
    struct touched *next;
    struct mailbox *m;
    uint64_t id;
    struct builder b;      /* b.v: the version so far */
    bool changed;          /* something is to be written */
    bool created, deleted; /* in this batch; a deleted one may have no version */
    bool keywords_grew;
    bool fold, no_fold;     /* wanted, however short the log; not now, however long */
    struct buf record;      /* its changes */
    struct ranges expunged; /* and for the history: UIDs ... */
    uint64_t *objects;      /* ... and objects that went */
    size_t n_objects, cap_objects;
    uint64_t folded_upto; /* log records that this batch removes; 0: none */
    unsigned folded_blocks;
    struct garbage *garbage; /* generations that this batch replaces */
    size_t n_garbage, cap_garbage;
    struct fresh_block { /* generations it writes, for the cache */
        struct cache_key key;
        struct block *block;
    } * fresh;
    size_t n_fresh, cap_fresh;
    size_t n_cleaned; /* garbage of the mailbox that goes with this batch */
};

struct batch {
    struct account *acct;
    struct ticket *first, **end; /* evaluated, in order */
    struct touched *touched, **touched_end;
    struct store_batch *sb;
    struct tree *tree;        /* NULL: names as published */
    struct counters counters; /* as they will be */
    bool counters_changed;
    size_t blobs;     /* that sealing will add */
    uint64_t changes; /* how many were made: an intent that fails after one spoils the batch */
    bool sealed;
    bool closed;          /* takes no more intents */
    struct ticket *again; /* only a part of it is in this batch */
};

/* What an intent that was evaluated wants. */
enum outcome {
    OUTCOME_DONE,
    OUTCOME_LATER, /* nothing was done: it needs an emptier batch */
    OUTCOME_AGAIN, /* something is in the batch; when that is durable, evaluate again */
};

struct batch *batch_new(struct account *acct);
/* Tickets and account stay; all else goes. */
void batch_free(struct batch *b);
bool batch_is_empty(const struct batch *b);
/* Room for so much more beside what sealing will add? */
bool batch_has_room(const struct batch *b, size_t keys, size_t bytes);
/* So small that a fresh batch would have it. */
bool batch_could_have(size_t keys, size_t bytes);

/* The mailbox as this batch will leave it.  ERR_NO_MAILBOX. */
enum err batch_touch(struct batch *b, uint64_t mailbox, struct touched **out);
/* A mailbox that cannot be read, to be deleted. */
struct touched *batch_touch_blind(struct batch *b, uint64_t mailbox);
/* A mailbox that this batch makes. */
struct touched *batch_create(struct batch *b);
struct tree *batch_tree(struct batch *b);        /* for reading */
struct tree *batch_tree_change(struct batch *b); /* for changing */
uint32_t batch_uidvalidity(struct batch *b);
void batch_put(struct batch *b, const struct key *key, const struct buf *value);

/* Makes the change and notes it for the log. */
enum err batch_change(struct batch *b, struct touched *t, const struct change *c);
void touched_object_gone(struct touched *t, uint64_t object);
/* The keyword's id, made if need be; -1: the table is full. */
int batch_keyword(struct batch *b, struct touched *t, struct str name);
/* How many of these are not in the table?  More than it could ever hold if one cannot be a
 * keyword. */
size_t touched_keywords_new(const struct touched *t, const struct str *names, size_t n);

/* Everything into the store batch: records, history, heads, folds, counters. */
void batch_seal(struct batch *b);
/* Folds what fits (fold.c): blocks of chunks at new generations. */
void batch_fold(struct batch *b, struct touched *t, size_t max_keys, size_t max_bytes);
bool fold_is_due(const struct batch *b, const struct touched *t);
/* The batch is durable: what it made becomes what everybody sees. */
void batch_publish(struct batch *b);

/* ---- intents, one file each ---- */

typedef enum err evaluate_fn(struct batch *b, struct ticket *t, enum outcome *how);
evaluate_fn evaluate_append;
evaluate_fn evaluate_flags;
evaluate_fn evaluate_copy; /* and MOVE */
evaluate_fn evaluate_expunge;
evaluate_fn evaluate_create;
evaluate_fn evaluate_delete;
evaluate_fn evaluate_rename;
evaluate_fn evaluate_subscribe;
evaluate_fn evaluate_unsubscribe;
evaluate_fn evaluate_fold;
evaluate_fn evaluate_renew;
evaluate_fn evaluate_reap;
evaluate_fn evaluate_repair;

/* A mailbox of that name, with its superiors (evaluate_names.c).  ERR_MAILBOX_EXISTS. */
enum err mailbox_make(struct batch *b, struct str name, uint32_t uses, struct touched **to_out,
                      enum outcome *how);
/* A node of the first level for a mailbox that is there and has no name. */
void node_adopt(struct batch *b, struct str leaf, uint64_t mailbox);

/* The removal of live messages, by any intent: change, history. `slots` are chosen per chunk. */
enum err batch_expunge(struct batch *b, struct touched *t, const struct ranges *uids);

#endif
