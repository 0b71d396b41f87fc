/*
 * session/view.c - what this client believes about its mailbox.
 *
 * Turns UIDs into this client's sequence numbers and back.  No other file knows them.
 *
 *  (1) A sequence number is the rank in (UIDs of `told` + ghosts), from 1.
 *  (2) `ghosts` are sorted by UID and disjoint from the live UIDs of `told`.
 *  (3) `told` moves only through view_apply, after everything of the step was told or kept as a
 *      ghost.
 */
#include "session/view.h"

#include "base/check.h"
#include "base/mem.h"

enum { WALK_STEP = 64 }; /* gaps up to here are walked over, larger ones sought */

enum err view_open(struct account *acct, uint64_t mailbox, bool read_only, struct view **out)
{
    struct version *told = NULL;
    TRY(account_version(acct, mailbox, &told));
    struct view *v = NEW(struct view);
    v->account = account_ref(acct);
    v->mailbox = mailbox;
    v->told = told;
    v->read_only = read_only;
    const struct version_head *h = version_head(told);
    uint32_t first = read_only ? account_recent(acct, mailbox) : account_claim_recent(acct, told);
    if (first != 0 && first < h->uidnext)
        ranges_add(&v->recent, first, h->uidnext - 1);
    *out = v;
    return ERR_OK;
}

void view_close(struct view *v)
{
    if (v == NULL)
        return;
    account_unwatch(v->watch);
    version_unref(v->told);
    account_unref(v->account);
    ranges_fini(&v->recent);
    mem_free(v->ghosts);
    mem_free(v);
}

uint32_t view_exists(const struct view *v)
{
    return version_head(v->told)->messages + (uint32_t)v->n_ghosts;
}

/* Index of the first ghost with a UID not below `uid`. */
static size_t ghost_from(const struct view *v, uint32_t uid)
{
    size_t lo = 0, hi = v->n_ghosts;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (v->ghosts[mid].uid < uid)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static const struct row *ghost_find(const struct view *v, uint32_t uid)
{
    size_t i = ghost_from(v, uid);

    return i < v->n_ghosts && v->ghosts[i].uid == uid ? &v->ghosts[i] : NULL;
}

/* How many messages the client counts below `uid`. */
static enum err rank_of(const struct view *v, uint32_t uid, uint32_t *out)
{
    uint32_t live = 0;

    TRY(version_rank(v->told, uid, &live));
    *out = live + (uint32_t)ghost_from(v, uid);
    return ERR_OK;
}

enum err view_row(struct view *v, uint32_t uid, struct row *out, bool *ghost_out, bool *got_out)
{
    const struct row *ghost = ghost_find(v, uid);

    *ghost_out = ghost != NULL;
    *got_out = true;
    if (ghost != NULL) {
        *out = *ghost;
        return ERR_OK;
    }
    return version_row(v->told, uid, out, got_out);
}

enum err view_seq(struct view *v, uint32_t uid, uint32_t *seq_out)
{
    struct row row;
    bool ghost, got;

    *seq_out = 0;
    TRY(view_row(v, uid, &row, &ghost, &got));
    if (!got)
        return ERR_OK;
    uint32_t rank = 0;
    TRY(rank_of(v, uid, &rank));
    *seq_out = rank + 1;
    return ERR_OK;
}

/* Number of ghosts whose rank among all counted messages is below `rank`; *ghost_out: one has just
 * this rank. */
static enum err ghosts_before(const struct view *v, uint32_t rank, size_t *n_out, bool *ghost_out)
{
    size_t lo = 0, hi = v->n_ghosts;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        uint32_t live = 0;
        TRY(version_rank(v->told, v->ghosts[mid].uid, &live));
        if (live + mid < rank)
            lo = mid + 1;
        else
            hi = mid;
    }
    *n_out = lo;
    *ghost_out = false;
    if (lo < v->n_ghosts) {
        uint32_t live = 0;
        TRY(version_rank(v->told, v->ghosts[lo].uid, &live));
        *ghost_out = live + lo == rank;
    }
    return ERR_OK;
}

enum err view_uid(struct view *v, uint32_t seq, uint32_t *uid_out)
{
    *uid_out = 0;
    if (seq == 0 || seq > view_exists(v))
        return ERR_OK;
    size_t ghosts = 0;
    bool ghost = false;
    TRY(ghosts_before(v, seq - 1, &ghosts, &ghost));
    if (ghost) {
        *uid_out = v->ghosts[ghosts].uid;
        return ERR_OK;
    }
    return version_nth(v->told, seq - 1 - (uint32_t)ghosts, uid_out);
}

/* ---- sets ---- */

void view_ghosts_in(const struct view *v, const struct ranges *uids, struct ranges *out)
{
    for (size_t i = 0; i < v->n_ghosts; i++) {
        if (ranges_has(uids, v->ghosts[i].uid))
            ranges_add(out, v->ghosts[i].uid, v->ghosts[i].uid);
    }
}

/* The members of `uids` that the client counts. */
static enum err counted(struct view *v, const struct ranges *uids, struct ranges *out)
{
    struct ranges ghosts = RANGES_INIT;

    TRY(version_live(v->told, uids, out));
    view_ghosts_in(v, uids, &ghosts);
    ranges_union(out, &ghosts);
    ranges_fini(&ghosts);
    return ERR_OK;
}

static enum err resolve_uids(struct view *v, const struct imap_set *set, struct ranges *out)
{
    uint32_t last = 0;

    TRY(view_uid(v, view_exists(v), &last));
    if (last == 0)
        return ERR_OK; /* nothing there: "*" names nothing, and neither does any number */
    struct ranges asked = RANGES_INIT;
    imap_set_resolve(set, last, &asked);
    enum err e = counted(v, &asked, out);
    ranges_fini(&asked);
    return e;
}

/* A number beyond EXISTS, or "*" in an empty mailbox, is an error (RFC 9051, 9: seq-number). */
static bool seqs_valid(const struct imap_set *set, uint32_t exists)
{
    for (size_t i = 0; i < set->n; i++) {
        if (set->v[i].lo > exists || set->v[i].hi > exists)
            return false;
    }
    return exists > 0 || set->n == 0;
}

static enum err add_seq_range(struct view *v, struct range seqs, struct ranges *asked)
{
    uint32_t lo = 0, hi = 0;

    TRY(view_uid(v, seqs.lo, &lo));
    TRY(view_uid(v, seqs.hi, &hi));
    ranges_add(asked, lo, hi);
    return ERR_OK;
}

static enum err resolve_seqs(struct view *v, const struct imap_set *set, struct ranges *out)
{
    uint32_t exists = view_exists(v);

    if (!seqs_valid(set, exists))
        return ERR_SYNTAX;
    struct ranges seqs = RANGES_INIT, asked = RANGES_INIT;
    enum err e = ERR_OK;
    imap_set_resolve(set, exists, &seqs);
    for (size_t i = 0; i < seqs.n && e == ERR_OK; i++)
        e = add_seq_range(v, seqs.v[i], &asked);
    if (e == ERR_OK)
        e = counted(v, &asked, out);
    ranges_fini(&seqs);
    ranges_fini(&asked);
    return e;
}

enum err view_resolve(struct view *v, const struct imap_set *set, bool uid,
                      const struct ranges *saved, struct ranges *uids_out)
{
    struct ranges more = RANGES_INIT;

    ranges_clear(uids_out);
    if (set->n > 0)
        TRY(uid ? resolve_uids(v, set, uids_out) : resolve_seqs(v, set, uids_out));
    if (!set->saved)
        return ERR_OK;
    enum err e = counted(v, saved, &more);
    ranges_union(uids_out, &more);
    ranges_fini(&more);
    return e;
}

/* ---- walking ---- */

void view_walk_init(struct view_walk *w, struct view *v, const struct ranges *only_uids)
{
    *w = (struct view_walk){.view = v, .only = only_uids, .next_uid = 0};
    cursor_init(&w->cursor, v->told);
}

void view_walk_fini(struct view_walk *w)
{
    cursor_fini(&w->cursor);
}

/* Stands before the first counted message with a UID not below `uid`. */
static enum err walk_seek(struct view_walk *w, uint32_t uid)
{
    TRY(cursor_seek(&w->cursor, uid));
    TRY(rank_of(w->view, uid, &w->seq));
    w->ghost = ghost_from(w->view, uid);
    w->has_ahead = false;
    w->next_uid = uid;
    return ERR_OK;
}

/* The next counted message, whether asked for or not. */
static enum err walk_any(struct view_walk *w, struct row *out, bool *ghost_out, bool *got_out)
{
    const struct view *v = w->view;

    if (!w->has_ahead) {
        TRY(cursor_next(&w->cursor, &w->ahead, &w->has_ahead));
        if (!w->has_ahead)
            w->ahead.uid = 0; /* the end */
    }
    bool ghost =
        w->ghost < v->n_ghosts && (!w->has_ahead || v->ghosts[w->ghost].uid < w->ahead.uid);
    *ghost_out = ghost;
    *got_out = ghost || w->has_ahead;
    if (!*got_out)
        return ERR_OK;
    *out = ghost ? v->ghosts[w->ghost++] : w->ahead;
    if (!ghost)
        w->has_ahead = false;
    w->seq++;
    w->next_uid = out->uid;
    return ERR_OK;
}

/* Goes to where the next range asked for begins; false: there is none. */
static enum err walk_to_range(struct view_walk *w, bool *more_out)
{
    while (w->range < w->only->n && w->only->v[w->range].hi <= w->next_uid)
        w->range++;
    *more_out = w->range < w->only->n;
    if (!*more_out)
        return ERR_OK;
    uint32_t lo = w->only->v[w->range].lo;
    if (w->next_uid == 0 || (lo > w->next_uid && lo - w->next_uid > WALK_STEP))
        return walk_seek(w, lo);
    return ERR_OK;
}

enum err view_walk_next(struct view_walk *w, struct row *row_out, uint32_t *seq_out,
                        bool *ghost_out, bool *got_out)
{
    for (;;) {
        bool more = true;
        if (w->only != NULL)
            TRY(walk_to_range(w, &more));
        *got_out = false;
        if (!more)
            return ERR_OK;
        TRY(walk_any(w, row_out, ghost_out, got_out));
        if (!*got_out)
            return ERR_OK;
        *seq_out = w->seq;
        if (w->only == NULL || ranges_has(w->only, row_out->uid))
            return ERR_OK;
    }
}

/* ---- stepping on ---- */

static enum err add_ghosts(struct view *v, const struct ranges *uids)
{
    uint64_t n = ranges_count(uids);
    struct row *all = NEW_ARRAY(struct row, v->n_ghosts + n);
    struct ranges_iter it = {0};
    size_t old = 0, at = 0;
    uint32_t uid;
    enum err e = ERR_OK;

    while (e == ERR_OK && ranges_next(uids, &it, &uid)) {
        bool got = false;
        while (old < v->n_ghosts && v->ghosts[old].uid < uid)
            all[at++] = v->ghosts[old++];
        e = version_row(v->told, uid, &all[at], &got);
        check(e != ERR_OK || got);
        at++;
    }
    if (e != ERR_OK) {
        mem_free(all);
        return e;
    }
    while (old < v->n_ghosts)
        all[at++] = v->ghosts[old++];
    mem_free(v->ghosts);
    v->ghosts = all;
    v->n_ghosts = at;
    return ERR_OK;
}

enum err view_apply(struct view *v, struct version *to, const struct ranges *expunged,
                    bool keep_expunged)
{
    if (keep_expunged && expunged->n > 0) {
        /* The expunges happened after the version told so far: nothing up to it is lost to a client
         * that stores its modseq (RFC 7162, 3.2). */
        if (v->n_ghosts == 0)
            v->ghost_floor = version_head(v->told)->modseq;
        TRY(add_ghosts(v, expunged));
    }
    if (!keep_expunged) {
        mem_free(v->ghosts);
        v->ghosts = NULL;
        v->n_ghosts = 0;
    }
    struct version *old = v->told;
    v->told = version_ref(to);
    version_unref(old);
    return ERR_OK;
}

/* Claims are few ranges at the end, so this looks at little. */
uint32_t view_recent(const struct view *v)
{
    uint32_t n = 0;

    for (size_t i = 0; i < v->recent.n; i++) {
        uint32_t lo = 0, hi = 0;
        struct range r = v->recent.v[i];
        uint32_t end = r.hi == UINT32_MAX ? r.hi : r.hi + 1;
        if (rank_of(v, r.lo, &lo) == ERR_OK && rank_of(v, end, &hi) == ERR_OK)
            n += hi - lo;
    }
    return n;
}

uint64_t view_modseq(const struct view *v)
{
    uint64_t told = version_head(v->told)->modseq;

    return v->n_ghosts > 0 && v->ghost_floor < told ? v->ghost_floor : told;
}
