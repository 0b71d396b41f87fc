/*
 * mailbox/watch.c - who wants to know that something was published.
 *
 * `wake` runs without a lock, so a watch that is being called is marked; whoever takes it out waits
 * for that.
 */
#include "mailbox/account_priv.h"

#include "base/mem.h"

struct watch {
    struct account *acct;
    struct watch *prev, *next; /* under acct->lock, as all below */
    uint64_t mailbox;
    watch_fn *wake;
    void *arg;
    unsigned calling;
};

struct watch *account_watch(struct account *acct, uint64_t mailbox, watch_fn *wake, void *arg)
{
    struct watch *w = NEW(struct watch);

    *w = (struct watch){.acct = account_ref(acct), .mailbox = mailbox, .wake = wake, .arg = arg};
    pthread_mutex_lock(&acct->lock);
    w->next = acct->watches;
    if (w->next)
        w->next->prev = w;
    acct->watches = w;
    pthread_mutex_unlock(&acct->lock);
    return w;
}

void account_unwatch(struct watch *w)
{
    struct account *acct;

    if (!w)
        return;
    acct = w->acct;
    pthread_mutex_lock(&acct->lock);
    while (w->calling)
        pthread_cond_wait(&acct->changed, &acct->lock);
    if (w->next)
        w->next->prev = w->prev;
    *(w->prev ? &w->prev->next : &acct->watches) = w->next;
    pthread_mutex_unlock(&acct->lock);
    mem_free(w);
    account_unref(acct);
}

static bool watch_wants(const struct watch *w, const uint64_t *mailboxes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (w->mailbox == mailboxes[i])
            return true;
    return w->mailbox == 0;
}

/* A marked watch stays in the list until it is unmarked, so its `next` is good when the lock is
 * taken again. */
void account_wake(struct account *acct, const uint64_t *mailboxes, size_t n)
{
    pthread_mutex_lock(&acct->lock);
    for (struct watch *w = acct->watches; w; w = w->next) {
        if (!watch_wants(w, mailboxes, n))
            continue;
        w->calling++;
        pthread_mutex_unlock(&acct->lock);
        w->wake(w->arg);
        pthread_mutex_lock(&acct->lock);
        w->calling--;
        pthread_cond_broadcast(&acct->changed);
    }
    pthread_mutex_unlock(&acct->lock);
}
