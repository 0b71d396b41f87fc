/* The directory from the inside: its records, its cache, its one writer, and the removal of
 * accounts that are gone. */
#ifndef MAILBOX_DIRECTORY_PRIV_H
#define MAILBOX_DIRECTORY_PRIV_H

#include "base/hash.h"
#include "mailbox/directory.h"
#include "mailbox/keys.h"

#include <pthread.h>

enum { DIRECTORY_ACCOUNT = 0, CACHED_MAX = 20000 };

struct directory {
    struct mailstore *ms;
    struct store *store;
    struct exec *exec;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct map *cache;   /* name -> struct account_record, in one piece of memory */
    uint64_t generation; /* of the cache: raised by each publication */

    struct dchange *queue, **queue_end;
    bool busy;
    struct job job;

    /* the writer's */
    uint64_t next_id;
    uint64_t change;
    struct dbatch *batch;
    enum err batch_err;
    bool again;

    /* the removal's: one batch at a time */
    struct job gone_job;
    bool gone_busy, gone_again, closing;
    enum err gone_err;
};

struct key_name {
    char p[16 + ACCOUNT_NAME_MAX];
    size_t n;
};

struct key_name key_user(struct str name);
void user_encode(const struct account_record *r, struct buf *out);
/* Strings are views into the value; `name` is not in it. */
enum err user_decode(struct str value, struct account_record *out);
struct account_record *record_copy(const struct account_record *r);

/* From cache or store.  ERR_NO_ACCOUNT. */
enum err directory_lookup(struct directory *d, struct arena *a, struct str name,
                          struct account_record *out);
void directory_remember_locked(struct directory *d, struct str name, struct account_record *copy);

void directory_run(struct job *j);
void directory_gone_run(struct job *j);
/* Looks for accounts to remove, if it is not at it already. */
void directory_gone_start(struct directory *d);

/* Nothing is left of a removed account. */
void directory_forget_gone(struct directory *d, uint64_t account, directory_done_fn *done,
                           void *arg);

#endif
