/*
 * mailbox/expunged.c - what was expunged since a modseq (RFC 7162, 3.2.5.2 and 3.2.6).
 *
 * From history as far back as it reaches; below that every UID that is not there, which is more
 * than was asked for and allowed.
 */
#include "mailbox/account_priv.h"
#include "mailbox/history.h"

static enum err history_add(void *arg, uint64_t modseq, size_t parts, const struct history *h)
{
    ranges_union(arg, &h->uids);
    return ERR_OK;
}

static enum err never_or_gone(struct version *v, struct ranges *out)
{
    struct ranges live = RANGES_INIT;
    enum err e = version_uids(v, 1, UINT32_MAX, &live);

    if (v->head.uidnext > 1)
        ranges_add(out, 1, v->head.uidnext - 1);
    ranges_subtract(out, &live);
    ranges_fini(&live);
    return e;
}

/* The reaper may have shortened history while it was read. */
static uint64_t floor_now(struct account *acct, const struct version *v)
{
    uint64_t floor = v->disk.floor;
    struct mailbox *m;

    pthread_mutex_lock(&acct->lock);
    m = account_mailbox_find_locked(acct, v->head.mailbox);
    if (m && m->version && m->version->disk.floor > floor)
        floor = m->version->disk.floor;
    pthread_mutex_unlock(&acct->lock);
    return floor;
}

enum err account_expunged_since(struct account *acct, struct version *v, uint64_t since,
                                struct ranges *out, bool *exact_out)
{
    enum err e = ERR_OK;

    ranges_clear(out);
    if (since >= v->disk.floor)
        e = history_each(acct->ms->store, acct->id, v->head.mailbox, since, v->head.modseq,
                         history_add, out);
    *exact_out = e == ERR_OK && since >= floor_now(acct, v);
    if (e == ERR_OK && !*exact_out) {
        ranges_clear(out);
        e = never_or_gone(v, out);
    }
    return e;
}
