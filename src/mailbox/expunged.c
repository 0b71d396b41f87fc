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

/* The reaper may have shortened history while it was read.  What is published may not say so yet:
 * the head in the store does, it is written with the same batch. */
static enum err floor_reaches(struct account *acct, const struct version *v, uint64_t since,
                              bool *yes_out)
{
    struct arena *a = arena_new();
    struct head h;
    enum err e = head_read(acct->ms->store, acct->id, v->head.mailbox, a, &h);

    *yes_out = e == ERR_OK && since >= h.disk.floor;
    arena_free(a);
    return e == ERR_NO_MAILBOX ? ERR_OK : e;
}

enum err account_expunged_since(struct account *acct, struct version *v, uint64_t since,
                                struct ranges *out, bool *exact_out)
{
    enum err e = ERR_OK;

    ranges_clear(out);
    *exact_out = false;
    if (since >= v->disk.floor) {
        e = history_each(acct->ms->store, acct->id, v->head.mailbox, since, v->head.modseq,
                         history_add, out);
        if (e == ERR_OK)
            e = floor_reaches(acct, v, since, exact_out);
    }
    if (e == ERR_OK && !*exact_out) {
        ranges_clear(out);
        e = never_or_gone(v, out);
    }
    return e;
}
