/*
 * mailbox/mailstore.c - which accounts are open, and until when.
 *
 * An account is opened by whoever asks first; others who ask meanwhile wait for him.  With its last
 * reference it becomes idle and stays; beyond the number kept, the one idle longest folds its logs
 * and ends.
 */
#include "mailbox/account_priv.h"

#include "base/check.h"
#include "base/log.h"
#include "base/mem.h"

static const struct mailstore_options defaults = {
    .cache_bytes = (size_t)256 << 20,
    .idle_accounts = 1000,
    .expunge_grace = 24 * 3600,
    .max_mailboxes = 20000,
    .log_records = 256,
    .fold_blocks = 16,
};

struct mailstore *mailstore_new(struct store *s, struct exec *x, const struct mailstore_options *o)
{
    struct mailstore *ms = NEW(struct mailstore);

    ms->store = s;
    ms->exec = x;
    ms->options = o ? *o : (struct mailstore_options){.expunge_grace = -1};
    if (ms->options.cache_bytes == 0)
        ms->options.cache_bytes = defaults.cache_bytes;
    if (ms->options.idle_accounts == 0)
        ms->options.idle_accounts = defaults.idle_accounts;
    if (ms->options.expunge_grace < 0)
        ms->options.expunge_grace = defaults.expunge_grace;
    if (ms->options.max_mailboxes == 0)
        ms->options.max_mailboxes = defaults.max_mailboxes;
    if (ms->options.log_records == 0)
        ms->options.log_records = defaults.log_records;
    if (ms->options.fold_blocks == 0)
        ms->options.fold_blocks = defaults.fold_blocks;
    ms->cache = cache_new(ms->options.cache_bytes);
    pthread_mutex_init(&ms->lock, NULL);
    pthread_cond_init(&ms->changed, NULL);
    return ms;
}

struct store *mailstore_store(struct mailstore *ms)
{
    return ms->store;
}

struct exec *mailstore_exec(struct mailstore *ms)
{
    return ms->exec;
}

/* ---- the table ---- */

static struct account **account_at(struct mailstore *ms, uint64_t id)
{
    struct account **at = &ms->bucket[(id ^ id >> 12) % ACCOUNT_BUCKETS];

    while (*at && (*at)->id != id)
        at = &(*at)->chain;
    return at;
}

static void idle_out(struct account *acct)
{
    struct mailstore *ms = acct->ms;

    *(acct->idle_prev ? &acct->idle_prev->idle_next : &ms->idle_first) = acct->idle_next;
    *(acct->idle_next ? &acct->idle_next->idle_prev : &ms->idle_last) = acct->idle_prev;
    acct->idle_prev = acct->idle_next = NULL;
    ms->n_idle--;
}

static void idle_in(struct account *acct)
{
    struct mailstore *ms = acct->ms;

    acct->idle_prev = ms->idle_last;
    *(ms->idle_last ? &ms->idle_last->idle_next : &ms->idle_first) = acct;
    ms->idle_last = acct;
    ms->n_idle++;
}

static void table_out(struct account *acct)
{
    struct account **at = account_at(acct->ms, acct->id);

    check(*at == acct);
    *at = acct->chain;
    acct->ms->n_accounts--;
}

static struct account *account_new(struct mailstore *ms, uint64_t id)
{
    struct account *acct = NEW(struct account);

    atomic_init(&acct->refs, 1);
    acct->id = id;
    acct->ms = ms;
    acct->opening = true;
    pthread_mutex_init(&acct->lock, NULL);
    pthread_cond_init(&acct->changed, NULL);
    acct->queue_end = &acct->queue;
    acct->job.fn = writer_run;
    return acct;
}

/* ---- opening ---- */

/* An open account with a reference more, or NULL. */
static struct account *account_join(struct mailstore *ms, uint64_t id)
{
    struct account *acct;

    for (;;) {
        acct = *account_at(ms, id);
        if (!acct || !acct->opening)
            break;
        pthread_cond_wait(&ms->changed, &ms->lock);
    }
    if (!acct)
        return NULL;
    if (atomic_fetch_add(&acct->refs, 1) == 0)
        idle_out(acct);
    acct->closing = false;
    return acct;
}

static void account_opened(struct account *acct, enum err e)
{
    struct mailstore *ms = acct->ms;

    pthread_mutex_lock(&ms->lock);
    acct->opening = false;
    if (e != ERR_OK)
        table_out(acct);
    pthread_cond_broadcast(&ms->changed);
    pthread_mutex_unlock(&ms->lock);
    if (e != ERR_OK)
        account_destroy(acct);
}

/* What a new account has is made durable soon, but nobody waits for it: the first batch holds it,
 * whatever else is in that batch. */
static void account_make_durable(struct account *acct)
{
    struct intent in = {.kind = INTENT_BARRIER};

    account_submit_own(acct, ticket_new(acct, &in));
}

enum err account_open(struct mailstore *ms, uint64_t id, struct account **out)
{
    struct account *acct;
    bool fresh;
    enum err e;

    pthread_mutex_lock(&ms->lock);
    acct = account_join(ms, id);
    if (!acct) {
        acct = account_new(ms, id);
        *account_at(ms, id) = acct;
        ms->n_accounts++;
        pthread_mutex_unlock(&ms->lock);
        e = account_load(acct);
        fresh = e == ERR_OK && acct->fresh;
        account_opened(acct, e);
        TRY(e);
        if (fresh)
            account_make_durable(acct);
        *out = acct;
        return ERR_OK;
    }
    pthread_mutex_unlock(&ms->lock);
    *out = acct;
    return ERR_OK;
}

struct account *account_ref(struct account *acct)
{
    atomic_fetch_add(&acct->refs, 1);
    return acct;
}

/* ---- closing ---- */

/* Somebody idle too long, to be closed; he has a reference again then. */
static struct account *idle_victim(struct mailstore *ms)
{
    struct account *victim = ms->idle_first;

    if (ms->n_idle <= ms->options.idle_accounts)
        return NULL;
    idle_out(victim);
    atomic_fetch_add(&victim->refs, 1);
    victim->closing = true;
    return victim;
}

static void account_close_begin(struct account *acct)
{
    struct intent in = {.kind = (enum intent_kind)INTENT_FOLD};

    account_submit_own(acct, ticket_new(acct, &in));
    account_unref(acct);
}

/* The last reference goes: idle, or ended. */
static void account_rest(struct account *acct)
{
    struct mailstore *ms = acct->ms;
    struct account *victim = NULL;
    bool end = false;

    pthread_mutex_lock(&ms->lock);
    if (atomic_fetch_sub(&acct->refs, 1) == 1) {
        end = acct->closing;
        if (end)
            table_out(acct);
        else
            idle_in(acct);
        victim = idle_victim(ms);
    }
    pthread_cond_broadcast(&ms->changed);
    pthread_mutex_unlock(&ms->lock);
    if (end)
        account_destroy(acct);
    if (victim)
        account_close_begin(victim);
}

void account_unref(struct account *acct)
{
    unsigned refs;

    if (!acct)
        return;
    refs = atomic_load(&acct->refs);
    while (refs > 1)
        if (atomic_compare_exchange_weak(&acct->refs, &refs, refs - 1))
            return;
    account_rest(acct);
}

/* All that are idle, one after the other; those that are not have work in flight, which ends. */
void mailstore_close(struct mailstore *ms)
{
    pthread_mutex_lock(&ms->lock);
    while (ms->n_accounts) {
        struct account *acct = ms->idle_first;

        if (!acct) {
            pthread_cond_wait(&ms->changed, &ms->lock);
            continue;
        }
        idle_out(acct);
        table_out(acct);
        pthread_mutex_unlock(&ms->lock);
        account_fold_now(acct);
        account_destroy(acct);
        pthread_mutex_lock(&ms->lock);
    }
    pthread_mutex_unlock(&ms->lock);
    cache_free(ms->cache);
    pthread_cond_destroy(&ms->changed);
    pthread_mutex_destroy(&ms->lock);
    mem_free(ms);
}
