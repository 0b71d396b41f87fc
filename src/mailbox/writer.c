/*
 * mailbox/writer.c - the one writer of an account.
 *
 *  idle --submit--> evaluating --store_commit--> committing --done--> publishing --> evaluating or idle
 *
 *  (1) `busy` is set from the submit that starts it until the queue is found empty; only then
 *      may another start.
 *  (2) Nothing is published before it is durable; a batch that fails leaves what is published
 *      as it was.
 *  (3) Tickets of a batch complete in the order of the queue, after publication.
 *  (4) An intent that needs several batches has each of them alone, and nothing is evaluated
 *      in between.
 *  (5) store_commit may run `done` before it returns, and the job it submits may run on
 *      another worker at once: the account is not touched behind that call.
 */
#include "mailbox/batch.h"

#include "base/check.h"
#include "base/log.h"
#include "base/mem.h"
#include "mailbox/stage.h"

static const struct {
    unsigned kind;
    evaluate_fn *fn;
} evaluators[] = {
    {INTENT_APPEND, evaluate_append},       {INTENT_FLAGS, evaluate_flags},
    {INTENT_COPY, evaluate_copy},           {INTENT_MOVE, evaluate_copy},
    {INTENT_EXPUNGE, evaluate_expunge},     {INTENT_CREATE, evaluate_create},
    {INTENT_DELETE, evaluate_delete},       {INTENT_RENAME, evaluate_rename},
    {INTENT_SUBSCRIBE, evaluate_subscribe}, {INTENT_UNSUBSCRIBE, evaluate_unsubscribe},
    {INTENT_FOLD, evaluate_fold},           {INTENT_RENEW, evaluate_renew},
    {INTENT_REAP, evaluate_reap},           {INTENT_REPAIR, evaluate_repair},
};

static enum err intent_evaluate(struct batch *b, struct ticket *t, enum outcome *how)
{
    for (size_t i = 0; i < ARRAY_LEN(evaluators); i++)
        if (evaluators[i].kind == (unsigned)t->in.kind)
            return evaluators[i].fn(b, t, how);
    return ERR_OK; /* a barrier */
}

/* One that fails behind its first batch takes back what that wrote, before it ends. */
static enum err ticket_evaluate(struct batch *b, struct ticket *t, enum outcome *how)
{
    uint64_t before = b->changes;
    enum err e = t->refused;

    *how = OUTCOME_DONE;
    if (e == ERR_OK)
        e = intent_evaluate(b, t, how);
    if (e == ERR_OK || b->changes != before || !stage_is_left(t))
        return e;
    t->refused = e;
    return stage_drop(b, t, how);
}

/* ---- the queue ---- */

static struct ticket *queue_first(struct account *acct)
{
    struct ticket *t;

    pthread_mutex_lock(&acct->lock);
    t = acct->queue;
    pthread_mutex_unlock(&acct->lock);
    return t;
}

static void queue_to_batch(struct account *acct, struct batch *b)
{
    struct ticket *t;

    pthread_mutex_lock(&acct->lock);
    t = acct->queue;
    acct->queue = t->next;
    if (!acct->queue)
        acct->queue_end = &acct->queue;
    pthread_mutex_unlock(&acct->lock);
    t->next = NULL;
    *b->end = t;
    b->end = &t->next;
}

/* The batch's tickets go back, in front, to be evaluated again. */
static void queue_take_back(struct account *acct, struct batch *b)
{
    if (!b->first)
        return;
    pthread_mutex_lock(&acct->lock);
    *b->end = acct->queue;
    if (!acct->queue)
        acct->queue_end = b->end;
    acct->queue = b->first;
    pthread_mutex_unlock(&acct->lock);
    b->first = NULL;
    b->end = &b->first;
}

/* True: the writer is idle now. */
static bool queue_rest(struct account *acct)
{
    bool empty;

    pthread_mutex_lock(&acct->lock);
    empty = !acct->queue;
    if (empty)
        acct->busy = false;
    pthread_cond_broadcast(&acct->changed);
    pthread_mutex_unlock(&acct->lock);
    return empty;
}

/* ---- evaluating ---- */

/* An intent failed half-way: what it left in the batch must go.  The others are evaluated again,
 * without it. */
static void batch_spoiled(struct account *acct, struct batch **b, struct ticket *by, enum err e)
{
    log_event(LOG_ERROR, "intent", kv_u64("account", acct->id), kv_u64("kind", by->in.kind),
              kv_err(e));
    by->refused = e;
    for (struct ticket *t = (*b)->first; t; t = t->next)
        ticket_result_clear(t);
    queue_take_back(acct, *b);
    batch_free(*b);
    *b = batch_new(acct);
}

/* The whole queue, as far as the store's bounds allow. */
static struct batch *writer_evaluate(struct account *acct)
{
    struct batch *b = batch_new(acct);
    enum outcome how = OUTCOME_DONE;
    struct ticket *t;

    while (how == OUTCOME_DONE && (t = queue_first(acct))) {
        uint64_t before = b->changes;
        enum err e;

        if (b->closed || !batch_has_room(b, 0, 0))
            break;
        e = ticket_evaluate(b, t, &how);
        if (e != ERR_OK && b->changes != before) {
            how = OUTCOME_DONE;
            batch_spoiled(acct, &b, t, e);
            continue;
        }
        if (e != ERR_OK)
            how = OUTCOME_DONE;
        if (how == OUTCOME_AGAIN)
            b->again = t;
        if (how != OUTCOME_DONE)
            break;
        if (e != ERR_OK)
            ticket_fail(t, e);
        queue_to_batch(acct, b);
    }
    return b;
}

static void batch_complete(struct batch *b)
{
    struct ticket *t = b->first;

    while (t) {
        struct ticket *next = t->next;

        ticket_complete(t);
        t = next;
    }
    b->first = NULL;
    b->end = &b->first;
}

/* ---- committing ---- */

static void writer_committed(void *arg, enum err e, uint64_t change)
{
    struct account *acct = arg;

    acct->batch_err = e;
    acct->batch_change = change;
    exec_submit(acct->ms->exec, &acct->job, JOB_FIRST);
}

static void writer_commit(struct account *acct, struct batch *b)
{
    struct store_batch *sb;

    batch_seal(b);
    sb = b->sb;
    b->sb = NULL;
    acct->batch = b;
    store_commit(acct->ms->store, sb, acct->change, writer_committed, acct);
}

static void writer_wake(struct account *acct, const struct batch *b)
{
    uint64_t ids[64];
    size_t n = 0;
    bool any = b->tree != NULL;

    for (const struct touched *t = b->touched; t; t = t->next) {
        if (!t->changed)
            continue;
        any = true;
        if (n == ARRAY_LEN(ids)) {
            account_wake(acct, ids, n);
            n = 0;
        }
        ids[n++] = t->id;
    }
    if (any)
        account_wake(acct, ids, n);
}

/* Full batches leave no room for folding; before a log grows without end it gets a batch of its
 * own. */
static void writer_fold_if_urgent(struct account *acct, const struct batch *b)
{
    struct intent in = {.kind = (enum intent_kind)INTENT_FOLD};

    uint32_t most = acct->ms->options.log_records;

    for (const struct touched *t = b->touched; t; t = t->next) {
        uint32_t records = t->changed && !t->deleted ? t->m->version->disk.log_records : 0;

        if (records > 2 * most && records % most == 0) {
            account_submit_own(acct, ticket_new(acct, &in));
            return;
        }
    }
}

static void writer_succeeded(struct account *acct, struct batch *b)
{
    acct->change = acct->batch_change;
    acct->again = false;
    batch_publish(b);
    batch_complete(b);
    writer_wake(acct, b);
    writer_fold_if_urgent(acct, b);
    account_trim(acct);
}

static void writer_failed(struct account *acct, struct batch *b, enum err e)
{
    for (struct ticket *t = b->first; t; t = t->next)
        ticket_fail(t, e);
    batch_complete(b);
    if (b->again)
        b->again->refused = e;
}

static bool ticket_lost_blobs(const struct ticket *t)
{
    return t->in.kind == INTENT_APPEND && t->in.append.n && !t->in.append.messages[0].blob;
}

/* Somebody else has written: what is known of the account is read again, and the intents are
 * evaluated against that, once. */
static void writer_conflict(struct account *acct, struct batch *b)
{
    enum err e = acct->again ? ERR_CONFLICT : account_reload(acct);

    log_event(LOG_WARN, "conflict", kv_u64("account", acct->id),
              kv_u64("change", acct->batch_change));
    if (e != ERR_OK) {
        acct->again = false;
        writer_failed(acct, b, e);
        return;
    }
    acct->again = true;
    for (struct ticket *t = b->first; t; t = t->next) {
        ticket_result_clear(t);
        if (t->stage || t->sliced || ticket_lost_blobs(t))
            t->refused = ERR_CONFLICT;
    }
    if (b->again)
        b->again->refused = ERR_CONFLICT;
    queue_take_back(acct, b);
}

static void writer_finish(struct account *acct)
{
    struct batch *b = acct->batch;

    acct->batch = NULL;
    if (acct->batch_err == ERR_OK)
        writer_succeeded(acct, b);
    else if (acct->batch_err == ERR_CONFLICT)
        writer_conflict(acct, b);
    else
        writer_failed(acct, b, acct->batch_err);
    batch_free(b);
}

void writer_run(struct job *j)
{
    struct account *acct = CONTAINER_OF(j, struct account, job);

    if (acct->batch)
        writer_finish(acct);
    while (!queue_rest(acct)) {
        struct batch *b = writer_evaluate(acct);

        if (!batch_is_empty(b)) {
            writer_commit(acct, b);
            return;
        }
        batch_complete(b);
        batch_free(b);
    }
    account_unref(acct);
}
