/* Accounts from the inside: what the writer, the reaper and the directory share.  Lock order:
 * mailstore.lock before account.lock before shelf and cache locks; none is held across I/O. */
#ifndef MAILBOX_ACCOUNT_PRIV_H
#define MAILBOX_ACCOUNT_PRIV_H

#include "mailbox/account.h"
#include "mailbox/head.h"
#include "mailbox/tree.h"

#include <pthread.h>

enum {
    ACCOUNT_BUCKETS = 4096,
    OBJECTS_AHEAD = 65536, /* ids given out below a bound that is on disk */
    MAILBOXES_OPEN = 64,   /* kept open per account with nobody in them */
    LOG_BYTES_MAX = 64 * 1024,
    LOG_CLOSE_RECORDS = 16,     /* a shorter log is read again faster than it is folded */
    REMOVED_OBJECTS_MAX = 1000, /* blobs that one batch drops */
};

/* A generation that a fold replaced: goes when no version older than `serial` is alive. */
struct garbage {
    uint64_t serial;
    struct key_pair {
        char kind;
        uint32_t part, gen;
    } key;
};

/* An open mailbox.  Under account.lock, but for what only the writer touches. */
struct mailbox {
    uint64_t id;
    bool loading;            /* somebody reads it from the store; wait for account.changed */
    struct version *version; /* the published one; NULL: not read yet */
    struct shelf *shelf;
    uint32_t recent;         /* head.recent_from, as claimed */
    uint64_t used;           /* account.clock at the last use */
    unsigned pins;           /* batches that hold a pointer to it: not to be closed */
    struct log_list log;     /* writer's */
    struct garbage *garbage; /* writer's */
    size_t n_garbage, cap_garbage;
};

struct counters { /* KEY_ACCOUNT */
    uint64_t next_node;
    uint64_t next_mailbox;
    uint64_t object_bound;
    uint32_t last_uidvalidity;
    unsigned char secret[16]; /* of EMAILIDs */
};

struct reap_state; /* reap.c */
struct batch;      /* batch.h */

struct account {
    atomic_uint refs;
    uint64_t id;
    struct mailstore *ms;
    struct account *chain;                 /* in its bucket */
    struct account *idle_prev, *idle_next; /* while nobody holds it; under mailstore.lock */
    bool opening, open_failed, closing;    /* under mailstore.lock */

    pthread_mutex_t lock;
    pthread_cond_t changed; /* a mailbox was read, a callback has returned, the writer is idle */
    struct tree *tree;
    struct names *flat;         /* of `tree`, made when asked for */
    struct mailbox **mailboxes; /* open ones, by id */
    size_t n_mailboxes, cap_mailboxes;
    uint64_t clock;
    struct watch *watches;

    struct ticket *queue, **queue_end;
    bool busy;    /* the writer runs, or its batch is in flight */
    bool folding; /* a fold is queued, so that mailboxes can be closed */
    struct job job;
    atomic_uint_fast64_t next_object;

    /* the writer's */
    struct counters counters;
    bool fresh;      /* the store knows nothing of it yet */
    uint64_t change; /* the store's number */
    struct batch *batch;
    enum err batch_err;
    uint64_t batch_change;
    bool again;      /* a conflict was met; this is the second try */
    uint64_t folded; /* directory blocks, ever */

    /* while a pass of the reaper looks for objects nobody names: what was copied meanwhile */
    bool guarding;
    uint64_t *guard;
    size_t n_guard, cap_guard;
    struct reap_state *reap;
};

struct mailstore {
    struct store *store;
    struct exec *exec;
    struct cache *cache;
    struct mailstore_options options;
    pthread_mutex_t lock;
    pthread_cond_t changed; /* an account was opened or has ended */
    struct account *bucket[ACCOUNT_BUCKETS];
    struct account *idle_first, *idle_last; /* the longest idle first */
    size_t n_idle, n_accounts;
};

/* ---- mailboxes ---- */

/* The open mailbox, pinned, and its published version (a reference), read from the store if need
 * be. */
enum err account_mailbox(struct account *acct, uint64_t id, struct mailbox **out,
                         struct version **v_out);
void account_mailbox_unpin(struct account *acct, struct mailbox *m);
struct mailbox *account_mailbox_find_locked(struct account *acct, uint64_t id);
void account_mailbox_add_locked(struct account *acct, struct mailbox *m);
/* Takes it out and frees it; versions that others hold live on. */
void account_mailbox_end_locked(struct account *acct, struct mailbox *m);
struct mailbox *mailbox_new(struct account *acct, uint64_t id);
void mailbox_free(struct mailbox *m);
void mailbox_garbage(struct mailbox *m, uint64_t serial, char kind, uint32_t part, uint32_t gen);
/* The empty first version of a new mailbox. */
struct version *mailbox_first_version(struct mailbox *m, uint32_t uidvalidity);
/* Closes mailboxes nobody is in, beyond the number that is kept. */
void account_trim(struct account *acct);

/* ---- reading the account ---- */

void counters_encode(const struct counters *c, struct buf *out);
enum err counters_decode(struct str value, struct counters *out);
enum err account_load(struct account *acct);
/* Folds what is worth it and waits for it: when nobody else is left. */
void account_fold_now(struct account *acct);
/* After a conflict: names, counters and open mailboxes as the store has them now. */
enum err account_reload(struct account *acct);

/* ---- tickets ---- */

enum {                    /* intents of this room's own */
       INTENT_FOLD = 100, /* folds every log that is worth it */
       INTENT_RENEW,      /* account_summary_renew */
       INTENT_REAP,       /* `payload` is a struct reap_work */
       INTENT_REPAIR,     /* `payload` is a struct repair */
};

struct stage; /* what a large intent has written so far (stage.h) */

struct ticket {
    atomic_uint refs;
    struct account *acct;
    struct ticket *next;
    struct arena *arena;
    struct intent in; /* copied */
    void *payload;    /* in the arena */
    struct stage *stage;
    bool sliced; /* earlier batches did a part of it */
    uint32_t
        bound; /* uidnext of its source when it began: what it makes itself is not its business */
    uint64_t folded;  /* INTENT_FOLD: account.folded before its last batch */
    enum err refused; /* found out while a batch was made that had to be made again */
    struct ticket_result result;
    ticket_done_fn *fn; /* under acct->lock */
    void *arg;
    bool calling;
    atomic_bool done;
};

struct ticket *ticket_new(struct account *acct, const struct intent *in);
void ticket_result_clear(struct ticket *t);
void ticket_fail(struct ticket *t, enum err e);
/* Completes: result.err says how. */
void ticket_complete(struct ticket *t);
/* Queues, and starts the writer if it is idle.  The queue takes a reference of its own. */
void account_enqueue(struct account *acct, struct ticket *t);
/* An intent of ours that nobody waits for. */
void account_submit_own(struct account *acct, struct ticket *t);
/* Ends what a ticket holds apart from memory: blobs not taken, stages. */
void stage_free(struct stage *s);

/* True: the writer was seen idle within a few seconds, so all that the store has is published. */
bool account_quiet(struct account *acct);

/* ---- watches ---- */

void account_wake(struct account *acct, const uint64_t *mailboxes, size_t n);

/* ---- life ---- */

void account_destroy(struct account *acct);
void writer_run(struct job *j);
void reap_state_free(struct reap_state *r);

#endif
