/*
 * mailbox/reap.c - the reaper's rounds.
 *
 *      collect --> (barrier) --> look --> drop ... --> keys ... --> collect
 *         | nothing due
 *         v
 *       sweep ... --> end
 *
 *  (1) Between barrier and the last drop, COPY and MOVE note the objects they name anew
 *      (`guard`). What was in flight before is published when the barrier completes, so a
 *      candidate is either seen by the look or in the guard.
 *  (2) History forgets objects only when they are dealt with: after a crash the round begins
 *      again, and removing what is not there is nothing.
 *  (3) Each step that waits ends with a ticket that wakes the job; nobody blocks.
 */
#include "mailbox/reap.h"

#include "base/log.h"
#include "base/mem.h"

#include <stdlib.h>

struct reap_state *reap_of(struct account *acct)
{
    if (!acct->reap) {
        acct->reap = NEW(struct reap_state);
        acct->reap->acct = acct;
    }
    return acct->reap;
}

void reap_state_free(struct reap_state *r)
{
    if (!r)
        return;
    reap_round_clear(r);
    mem_free(r->objects);
    mem_free(r->keys);
    mem_free(r->floors);
    mem_free(r);
}

/* ---- the writer's side ---- */

static int guard_order(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

void guard_sort(struct account *acct)
{
    if (acct->n_guard)
        qsort(acct->guard, acct->n_guard, sizeof(*acct->guard), guard_order);
}

bool guarded(const struct account *acct, uint64_t object)
{
    return acct->n_guard &&
           bsearch(&object, acct->guard, acct->n_guard, sizeof(object), guard_order) != NULL;
}

void reap_object_remove(struct batch *b, uint64_t object)
{
    struct key list = key_one(b->acct->id, KEY_LIST, object),
               more = key_one(b->acct->id, KEY_MORE, object);

    store_batch_delete(b->sb, key_str(&list));
    store_batch_delete(b->sb, key_str(&more));
    store_batch_drop(b->sb, object);
}

static void evaluate_drop(struct batch *b, struct reap_state *r)
{
    pthread_mutex_lock(&b->acct->lock);
    guard_sort(b->acct);
    for (size_t i = r->dropped; i < r->n && i < r->dropped + REAP_OBJECTS; i++)
        if (!guarded(b->acct, r->objects[i]))
            reap_object_remove(b, r->objects[i]);
    pthread_mutex_unlock(&b->acct->lock);
}

enum { KEYS_AT_ONCE = 500, KEY_BYTES_AT_ONCE = 1024 * 1024 };

/* How many of the round's keys go with the next batch. */
static size_t keys_next(const struct reap_state *r)
{
    size_t bytes = 0, i = r->keys_done;

    while (i < r->n_keys && i - r->keys_done < KEYS_AT_ONCE && bytes < KEY_BYTES_AT_ONCE)
        bytes += r->keys[i++].value.n;
    while (i < r->n_keys && r->keys[i - 1].joined)
        i++;
    return i - r->keys_done;
}

/* What history forgets, heads must not promise: floors go with the first batch of keys. */
static enum err evaluate_floors(struct batch *b, struct reap_state *r)
{
    for (size_t i = 0; r->keys_done == 0 && i < r->n_floors; i++) {
        struct touched *t;
        enum err e = batch_touch(b, r->floors[i].mailbox, &t);

        if (e == ERR_NO_MAILBOX)
            continue;
        TRY(e);
        if (t->b.v->disk.floor < r->floors[i].modseq)
            t->b.v->disk.floor = r->floors[i].modseq;
        t->changed = true;
        b->changes++;
    }
    return ERR_OK;
}

static enum err evaluate_keys(struct batch *b, struct reap_state *r)
{
    size_t n = keys_next(r);

    TRY(evaluate_floors(b, r));
    for (size_t i = r->keys_done; i < r->keys_done + n; i++) {
        if (r->keys[i].value.n)
            store_batch_put(b->sb, key_str(&r->keys[i].key), buf_str(&r->keys[i].value));
        else
            store_batch_delete(b->sb, key_str(&r->keys[i].key));
    }
    return ERR_OK;
}

enum err evaluate_reap(struct batch *b, struct ticket *t, enum outcome *how)
{
    struct reap_state *r = t->payload;

    if (b->first) {
        *how = OUTCOME_LATER;
        return ERR_OK;
    }
    b->closed = true;
    if (r->step == REAP_DROP)
        evaluate_drop(b, r);
    else if (r->step == REAP_KEYS)
        return evaluate_keys(b, r);
    else if (r->step == REAP_SWEEP)
        return reap_sweep(b, r->sweep_mailbox);
    return ERR_OK;
}

/* ---- the round ---- */

static void ticket_came(void *arg)
{
    struct reap_state *r = arg;

    exec_submit(r->acct->ms->exec, &r->job, JOB_LATER);
}

static void submit_and_come_back(struct reap_state *r, unsigned kind)
{
    struct intent in = {.kind = (enum intent_kind)kind};
    struct ticket *t = ticket_new(r->acct, &in);

    t->fn = ticket_came;
    t->arg = t->payload = r;
    atomic_fetch_add(&t->refs, 1);
    r->ticket = t;
    account_enqueue(r->acct, t);
}

void guard_set(struct account *acct, bool on)
{
    pthread_mutex_lock(&acct->lock);
    acct->guarding = on;
    acct->n_guard = 0;
    pthread_mutex_unlock(&acct->lock);
}

/* The next mailbox that was not swept in this life; 0: none. */
static uint64_t sweep_next(struct reap_state *r)
{
    uint64_t next = 0;

    pthread_mutex_lock(&r->acct->lock);
    for (size_t i = 0; i < r->acct->tree->n; i++) {
        uint64_t m = r->acct->tree->by_id[i]->mailbox;

        if (m > r->sweep_mailbox && (next == 0 || m < next))
            next = m;
    }
    pthread_mutex_unlock(&r->acct->lock);
    return next;
}

/* True: a ticket is on its way and the job comes back. */
static bool reap_go_on(struct reap_state *r)
{
    switch (r->step) {
    case REAP_COLLECT:
        r->err = reap_collect(r);
        if (r->err != ERR_OK)
            return false;
        r->step = r->n ? REAP_LOOK : r->n_keys ? REAP_KEYS : REAP_SWEEP;
        if (r->n == 0)
            return reap_go_on(r);
        guard_set(r->acct, true);
        submit_and_come_back(r, INTENT_BARRIER);
        return true;
    case REAP_LOOK:
        r->err = reap_look(r);
        if (r->err != ERR_OK)
            return false;
        r->step = r->n ? REAP_DROP : REAP_KEYS;
        break;
    case REAP_SWEEP:
        r->sweep_mailbox = sweep_next(r);
        if (r->sweep_mailbox == 0) {
            r->sweep_mailbox = UINT64_MAX;
            return false;
        }
        break;
    case REAP_DROP:
    case REAP_KEYS:
        break;
    }
    submit_and_come_back(r, INTENT_REAP);
    return true;
}

/* What the ticket says about the step it was for. */
static void reap_ticket_ended(struct reap_state *r)
{
    r->err = ticket_result(r->ticket)->err;
    ticket_unref(r->ticket);
    r->ticket = NULL;
    if (r->err != ERR_OK)
        return;
    if (r->step == REAP_DROP) {
        r->dropped += REAP_OBJECTS;
        if (r->dropped >= r->n)
            r->step = REAP_KEYS;
    } else if (r->step == REAP_KEYS) {
        r->keys_done += keys_next(r);
        if (r->keys_done >= r->n_keys)
            r->step = REAP_COLLECT;
    }
    if (r->step == REAP_KEYS || r->step == REAP_COLLECT)
        guard_set(r->acct, false);
}

static void reap_end(struct reap_state *r)
{
    struct account *acct = r->acct;

    if (r->err != ERR_OK)
        log_event(LOG_WARN, "reap", kv_u64("account", acct->id), kv_err(r->err));
    guard_set(acct, false);
    reap_round_clear(r);
    pthread_mutex_lock(&acct->lock);
    r->running = false;
    pthread_mutex_unlock(&acct->lock);
    account_unref(acct);
}

static void reap_job(struct job *j)
{
    struct reap_state *r = CONTAINER_OF(j, struct reap_state, job);

    reap_ticket_ended(r);
    if (r->err != ERR_OK || !reap_go_on(r))
        reap_end(r);
}

enum err account_reap(struct account *acct, bool *more_out)
{
    struct reap_state *r;
    bool start;
    enum err e;

    *more_out = false;
    pthread_mutex_lock(&acct->lock);
    r = reap_of(acct);
    start = !r->running;
    r->running = true;
    pthread_mutex_unlock(&acct->lock);
    if (!start)
        return ERR_OK;
    account_ref(acct);
    r->job.fn = reap_job;
    r->step = REAP_COLLECT;
    r->err = ERR_OK;
    if (reap_go_on(r))
        return ERR_OK;
    e = r->err;
    reap_end(r);
    return e;
}
