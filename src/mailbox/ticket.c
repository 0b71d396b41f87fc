/*
 * mailbox/ticket.c - intents on their way: copied, queued, completed.
 *
 *  (1) A ticket is done exactly once; its result does not change afterwards.
 *  (2) `fn` is called at most once, after `done` is set; once ticket_unref of the submitter has
 * returned it is not running and will not run.
 */
#include "mailbox/account_priv.h"

#include "base/check.h"
#include "base/mem.h"

#include <time.h>

/* ---- copying ---- */

static struct str *strs_copy(struct arena *a, const struct str *v, size_t n)
{
    struct str *to = ARENA_ARRAY(a, struct str, n);

    for (size_t i = 0; i < n; i++)
        to[i] = arena_str(a, v[i]);
    return to;
}

static struct str str_copy(struct arena *a, struct str s)
{
    return s.p ? arena_str(a, s) : s;
}

static void append_copy(struct arena *a, struct intent *in)
{
    struct intent_message *m = ARENA_ARRAY(a, struct intent_message, in->append.n);

    for (size_t i = 0; i < in->append.n; i++) {
        m[i] = in->append.messages[i];
        m[i].keywords = strs_copy(a, m[i].keywords, m[i].n_keywords);
        m[i].summary_list = str_copy(a, m[i].summary_list);
        m[i].summary_more = str_copy(a, m[i].summary_more);
    }
    in->append.messages = m;
}

static const struct ranges *uids_copy(struct arena *a, const struct ranges *from)
{
    struct ranges *to;

    if (!from)
        return NULL;
    to = ARENA_NEW(a, struct ranges);
    to->v = ARENA_ARRAY(a, struct range, from->n);
    to->n = to->cap = from->n;
    if (from->n)
        memcpy(to->v, from->v, from->n * sizeof(*to->v));
    return to;
}

static void intent_copy(struct arena *a, struct intent *in)
{
    switch (in->kind) {
    case INTENT_APPEND:
        append_copy(a, in);
        break;
    case INTENT_FLAGS:
        in->flags.uids = uids_copy(a, in->flags.uids);
        in->flags.keywords = strs_copy(a, in->flags.keywords, in->flags.n_keywords);
        break;
    case INTENT_COPY:
    case INTENT_MOVE:
        in->copy.uids = uids_copy(a, in->copy.uids);
        break;
    case INTENT_EXPUNGE:
        in->expunge.uids = uids_copy(a, in->expunge.uids);
        break;
    case INTENT_CREATE:
        in->create.name = arena_str(a, in->create.name);
        break;
    case INTENT_RENAME:
        in->rename.name = arena_str(a, in->rename.name);
        in->rename.from = arena_str(a, in->rename.from);
        break;
    case INTENT_SUBSCRIBE:
    case INTENT_UNSUBSCRIBE:
        in->subscribe.name = arena_str(a, in->subscribe.name);
        break;
    default:
        break;
    }
}

struct ticket *ticket_new(struct account *acct, const struct intent *in)
{
    struct ticket *t = NEW(struct ticket);

    atomic_init(&t->refs, 1);
    t->acct = account_ref(acct);
    t->arena = arena_new();
    t->in = *in;
    intent_copy(t->arena, &t->in);
    return t;
}

/* ---- ending ---- */

void ticket_result_clear(struct ticket *t)
{
    struct ticket_result *r = &t->result;

    ranges_fini(&r->from_uids);
    ranges_fini(&r->to_uids);
    ranges_fini(&r->expunged);
    ranges_fini(&r->modified);
    ranges_fini(&r->missing);
    ranges_fini(&r->changed);
    *r = (struct ticket_result){.err = ERR_OK};
}

void ticket_fail(struct ticket *t, enum err e)
{
    bool keyword_limit = t->result.keyword_limit;

    ticket_result_clear(t);
    t->result.err = e;
    t->result.keyword_limit = keyword_limit;
}

static void ticket_free_blobs(struct ticket *t)
{
    for (size_t i = 0; t->in.kind == INTENT_APPEND && i < t->in.append.n; i++)
        store_blob_abort(t->in.append.messages[i].blob);
}

static void ticket_drop(struct ticket *t)
{
    struct account *acct = t->acct;

    if (atomic_fetch_sub(&t->refs, 1) != 1)
        return;
    ticket_free_blobs(t);
    stage_free(t->stage);
    ticket_result_clear(t);
    arena_free(t->arena);
    mem_free(t);
    account_unref(acct);
}

/* Drops the queue's reference. */
void ticket_complete(struct ticket *t)
{
    struct account *acct = t->acct;
    ticket_done_fn *fn;

    pthread_mutex_lock(&acct->lock);
    check(!atomic_load(&t->done));
    atomic_store(&t->done, true);
    fn = t->fn;
    t->calling = fn != NULL;
    pthread_mutex_unlock(&acct->lock);
    if (fn) {
        fn(t->arg);
        pthread_mutex_lock(&acct->lock);
        t->calling = false;
        pthread_cond_broadcast(&acct->changed);
        pthread_mutex_unlock(&acct->lock);
    }
    ticket_drop(t);
}

void ticket_unref(struct ticket *t)
{
    struct account *acct;

    if (!t)
        return;
    acct = t->acct;
    pthread_mutex_lock(&acct->lock);
    while (t->calling)
        pthread_cond_wait(&acct->changed, &acct->lock);
    t->fn = NULL;
    pthread_mutex_unlock(&acct->lock);
    ticket_drop(t);
}

bool ticket_is_done(const struct ticket *t)
{
    return atomic_load(&t->done);
}

const struct ticket_result *ticket_result(const struct ticket *t)
{
    check(ticket_is_done(t));
    return &t->result;
}

/* ---- queueing ---- */

void account_enqueue(struct account *acct, struct ticket *t)
{
    bool start;

    pthread_mutex_lock(&acct->lock);
    t->next = NULL;
    *acct->queue_end = t;
    acct->queue_end = &t->next;
    start = !acct->busy;
    acct->busy = true;
    pthread_mutex_unlock(&acct->lock);
    if (start) {
        account_ref(acct); /* the writer's */
        exec_submit(acct->ms->exec, &acct->job, JOB_FIRST);
    }
}

void account_submit_own(struct account *acct, struct ticket *t)
{
    account_enqueue(acct, t);
}

struct ticket *account_submit(struct account *acct, const struct intent *in, ticket_done_fn *done,
                              void *arg)
{
    struct ticket *t = ticket_new(acct, in);

    t->fn = done;
    t->arg = arg;
    atomic_fetch_add(&t->refs, 1); /* the submitter's */
    account_enqueue(acct, t);
    return t;
}

enum { QUIET_SECONDS = 5 };

bool account_quiet(struct account *acct)
{
    struct timespec until;
    bool quiet;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += QUIET_SECONDS;
    pthread_mutex_lock(&acct->lock);
    while (acct->busy && pthread_cond_timedwait(&acct->changed, &acct->lock, &until) == 0)
        ;
    quiet = !acct->busy;
    pthread_mutex_unlock(&acct->lock);
    return quiet;
}
