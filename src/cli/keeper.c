/*
 * cli/keeper.c - rounds over all accounts, in small steps.
 *
 * A step is one account or 16 MB of compaction, then a rest; a round ends with the last account and
 * the next one begins after an hour.  Nothing waits for the keeper, so it may be stopped between
 * any two steps.
 */
#include "cli/keeper.h"

#include "base/log.h"
#include "base/mem.h"

#include <pthread.h>
#include <time.h>

enum {
    ACCOUNTS_A_STEP = 16,
    COMPACT_A_STEP = 16 << 20,
    REST_MS = 200,
    ROUND_SECONDS = 3600,
    FIRST_SECONDS = 60
};

struct keeper {
    struct core *core;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t stop_cond;
    bool stop;
};

/* true: it is time to end. */
static bool rest(struct keeper *k, int64_t ms)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += ms % 1000 * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&k->mutex);
    while (!k->stop && pthread_cond_timedwait(&k->stop_cond, &k->mutex, &until) == 0)
        ;
    bool stop = k->stop;
    pthread_mutex_unlock(&k->mutex);
    return stop;
}

static void tidy_account(struct keeper *k, uint64_t id)
{
    struct account *acct = NULL;
    enum err e = account_open(k->core->ms, id, &acct);
    bool more = e == ERR_OK;

    while (e == ERR_OK && more && !rest(k, 0))
        e = account_reap(acct, &more);
    if (e != ERR_OK)
        log_event(LOG_WARN, "reap_failed", kv_u64("account", id), kv_err(e));
    if (acct)
        account_unref(acct);
}

/* One step over the directory; the name it stopped at is kept in `after`.  false: the end of the
 * round. */
static bool tidy_some(struct keeper *k, struct buf *after)
{
    struct arena *a = arena_new();
    struct account_record *records;
    size_t n = 0;
    enum err e = directory_list(k->core->directory, a, after->n ? buf_str(after) : STR_NONE,
                                ACCOUNTS_A_STEP, &records, &n);

    for (size_t i = 0; e == ERR_OK && i < n; i++)
        tidy_account(k, records[i].id);
    if (n > 0) {
        buf_clear(after);
        buf_add_str(after, records[n - 1].name);
    }
    arena_free(a);
    return e == ERR_OK && n == ACCOUNTS_A_STEP;
}

static void compact(struct keeper *k)
{
    bool more = true;

    while (more && !rest(k, REST_MS)) {
        enum err e = store_compact(k->core->store, COMPACT_A_STEP, &more);
        if (e != ERR_OK) {
            log_event(LOG_WARN, "compact_failed", kv_err(e));
            return;
        }
    }
}

static void *keeper_main(void *arg)
{
    struct keeper *k = arg;
    bool stop = rest(k, FIRST_SECONDS * 1000);

    while (!stop) {
        struct buf after = BUF_INIT;
        while (tidy_some(k, &after) && !(stop = rest(k, REST_MS)))
            ;
        buf_fini(&after);
        if (!stop)
            compact(k);
        stop = stop || rest(k, ROUND_SECONDS * 1000);
    }
    return NULL;
}

struct keeper *keeper_start(struct core *core)
{
    struct keeper *k = NEW(struct keeper);
    pthread_condattr_t attr;

    k->core = core;
    pthread_mutex_init(&k->mutex, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&k->stop_cond, &attr);
    pthread_condattr_destroy(&attr);
    if (pthread_create(&k->thread, NULL, keeper_main, k) != 0) {
        log_event(LOG_ERROR, "keeper_failed");
        mem_free(k);
        return NULL;
    }
    return k;
}

void keeper_stop(struct keeper *k)
{
    pthread_mutex_lock(&k->mutex);
    k->stop = true;
    pthread_cond_signal(&k->stop_cond);
    pthread_mutex_unlock(&k->mutex);
    pthread_join(k->thread, NULL);
    pthread_cond_destroy(&k->stop_cond);
    pthread_mutex_destroy(&k->mutex);
    mem_free(k);
}
