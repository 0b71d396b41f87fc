/*
 * mailbox/directory_gone.c - the mail of removed accounts, a batch at a time.
 *
 * The account's keys and blobs go in batches of its own; when nothing is left its KEY_GONE goes, by
 * the same road as every change of the directory.  Found again at each start, so a crash only
 * delays it.
 */
#include "mailbox/directory_priv.h"

#include "base/log.h"
#include "base/mem.h"

enum { GONE_KEYS = 1000 };

void directory_gone_start(struct directory *d)
{
    bool start;

    pthread_mutex_lock(&d->lock);
    start = !d->gone_busy && !d->closing;
    d->gone_busy |= start;
    d->gone_again = true;
    pthread_mutex_unlock(&d->lock);
    if (start)
        exec_submit(d->exec, &d->gone_job, JOB_LATER);
}

/* After an error it rests until the next removal or start. */
static void gone_rest(struct directory *d, bool failed)
{
    bool again;

    pthread_mutex_lock(&d->lock);
    again = d->gone_again && !d->closing && !failed;
    d->gone_again = false;
    d->gone_busy = again;
    pthread_cond_broadcast(&d->changed);
    pthread_mutex_unlock(&d->lock);
    if (again)
        exec_submit(d->exec, &d->gone_job, JOB_LATER);
}

static void gone_committed(void *arg, enum err e, uint64_t change)
{
    struct directory *d = arg;

    d->gone_err = e;
    exec_submit(d->exec, &d->gone_job, JOB_LATER);
}

/* A removed account; 0: none. */
static enum err gone_first(struct directory *d, uint64_t *account_out)
{
    struct key prefix = key_kind(DIRECTORY_ACCOUNT, KEY_GONE);
    struct arena *a = arena_new();
    struct store_row *rows;
    size_t n;
    enum err e = store_scan(d->store, a, key_str(&prefix), STR_NONE, 1, &rows, &n);

    *account_out = e == ERR_OK && n ? key_id(rows[0].key) : 0;
    arena_free(a);
    return e;
}

/* Up to a thousand of its keys and blobs. */
static enum err gone_collect(struct directory *d, uint64_t account, struct store_batch *b)
{
    struct key name = key_one(account, KEY_NODE, 0);
    struct str prefix = {name.p, sizeof(account)};
    struct arena *a = arena_new();
    struct store_row *rows;
    uint64_t *objects;
    size_t n, n_objects = 0;
    enum err e = store_scan(d->store, a, prefix, STR_NONE, GONE_KEYS, &rows, &n);

    if (e == ERR_OK)
        e = store_blob_list(d->store, a, account, 0, GONE_KEYS, &objects, &n_objects);
    for (size_t i = 0; e == ERR_OK && i < n; i++)
        store_batch_delete(b, rows[i].key);
    for (size_t i = 0; e == ERR_OK && i < n_objects; i++)
        store_batch_drop(b, objects[i]);
    arena_free(a);
    return e;
}

static enum err gone_slice(struct directory *d, uint64_t account, bool *waits_out)
{
    struct store_batch *b = store_batch_new(account);
    uint64_t change;
    enum err e = gone_collect(d, account, b);

    *waits_out = e == ERR_OK;
    if (e == ERR_OK && store_batch_keys(b) == 0) {
        store_batch_free(b);
        directory_forget_gone(d, account, gone_committed, d);
        return ERR_OK;
    }
    if (e == ERR_OK)
        e = store_change(d->store, account, &change);
    if (e != ERR_OK) {
        *waits_out = false;
        store_batch_free(b);
        return e;
    }
    store_commit(d->store, b, change, gone_committed, d);
    return ERR_OK;
}

static bool is_closing(struct directory *d)
{
    pthread_mutex_lock(&d->lock);
    bool closing = d->closing;
    pthread_mutex_unlock(&d->lock);
    return closing;
}

void directory_gone_run(struct job *j)
{
    struct directory *d = CONTAINER_OF(j, struct directory, gone_job);
    enum err e = d->gone_err == ERR_CONFLICT ? ERR_OK : d->gone_err;
    uint64_t account = 0;
    bool waits = false;

    d->gone_err = ERR_OK;
    if (e == ERR_OK && !is_closing(d))
        e = gone_first(d, &account);
    if (e == ERR_OK && account)
        e = gone_slice(d, account, &waits);
    if (e != ERR_OK)
        log_event(LOG_ERROR, "removal", kv_u64("account", account), kv_err(e));
    if (!waits)
        gone_rest(d, e != ERR_OK);
}
