/*
 * session/select_resync.c - what a client that comes back with QRESYNC has missed.
 */
#include "session/select_resync.h"

/* The n-th number (from 0) of a rising set; 0 beyond its end. */
static uint32_t set_nth(const struct imap_set *set, uint64_t n)
{
    for (size_t i = 0; i < set->n; i++) {
        uint64_t here = (uint64_t)set->v[i].hi - set->v[i].lo + 1;
        if (n < here)
            return set->v[i].lo + (uint32_t)n;
        n -= here;
    }
    return 0;
}

static uint64_t set_count(const struct imap_set *set)
{
    uint64_t n = 0;

    for (size_t i = 0; i < set->n; i++)
        n += (uint64_t)set->v[i].hi - set->v[i].lo + 1;
    return n;
}

/* The highest UID up to which the client knows of every expunge: its n-th number is that UID here,
 * too.  If one pair matches, so do all before it, because numbers only ever fall; hence the binary
 * search (RFC 7162, 3.2.5.2). */
static enum err known_up_to(struct view *v, const struct imap_qresync *q, uint32_t *uid_out)
{
    uint64_t seqs = set_count(&q->match_seqs), uids = set_count(&q->match_uids);
    uint64_t lo = 0, hi = seqs < uids ? seqs : uids;

    *uid_out = 0;
    while (lo < hi) {
        uint64_t mid = lo + (hi - lo) / 2;
        uint32_t here = 0, known = set_nth(&q->match_uids, mid);
        TRY(view_uid(v, set_nth(&q->match_seqs, mid), &here));
        if (here != 0 && here == known) {
            *uid_out = known;
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return ERR_OK;
}

static enum err find_vanished(struct session *s, const struct imap_qresync *q,
                              const struct ranges *known, struct ranges *out)
{
    struct view *v = s->view;
    uint32_t up_to = 0;
    bool exact;

    TRY(account_expunged_since(s->account, v->told, q->modseq, out, &exact));
    ranges_intersect(out, known);
    if (!q->has_match)
        return ERR_OK;
    TRY(known_up_to(v, q, &up_to));
    if (up_to > 0)
        ranges_remove(out, 1, up_to);
    return ERR_OK;
}

enum err resync_init(struct session *s, const struct imap_qresync *q, struct resync *out)
{
    const struct version_head *h = version_head(s->view->told);
    struct ranges known = RANGES_INIT;

    *out = (struct resync){0};
    if (q->uidvalidity != h->uidvalidity)
        return ERR_OK;
    if (q->has_known)
        ranges_copy(&known, &q->known);
    else
        ranges_add(&known, 1, h->uidnext - 1);
    enum err e = find_vanished(s, q, &known, &out->vanished);
    if (e == ERR_OK)
        e = version_changed_since(s->view->told, q->modseq, &out->changed);
    ranges_intersect(&out->changed, &known);
    ranges_fini(&known);
    return e;
}

enum err resync_step(struct session *s, struct resync *r, bool *more_out)
{
    struct row row;
    uint32_t seq;
    bool ghost;

    *more_out = true;
    if (r->told < r->vanished.n) {
        r->told = vanished_put(s, &r->vanished, r->told, true);
        return ERR_OK;
    }
    if (!r->walking) {
        view_walk_init(&r->walk, s->view, &r->changed);
        r->walking = true;
    }
    TRY(view_walk_next(&r->walk, &row, &seq, &ghost, more_out));
    if (*more_out)
        fetch_tell(s, &row, seq, FETCH_TELL_UID | FETCH_TELL_FLAGS | FETCH_TELL_MODSEQ);
    return ERR_OK;
}

void resync_fini(struct resync *r)
{
    if (r->walking)
        view_walk_fini(&r->walk);
    ranges_fini(&r->vanished);
    ranges_fini(&r->changed);
}
