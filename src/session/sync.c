/*
 * session/sync.c - tells this client what has happened in its mailbox.
 *
 * The only place that writes EXISTS, RECENT, EXPUNGE, VANISHED, unsolicited FETCH and FLAGS: for
 * the actor and for the others by the same path.  What is told is the difference between the
 * version told so far and the one that is published now; a step is told whole before the next one
 * begins, in as many turns as the client's reading needs.
 *
 *   STAGE_EXPUNGES (numbers of the old view)
 *   STAGE_APPLY    the view steps on; counts and keywords are told
 *   STAGE_FETCHES  (numbers of the new view)
 *
 *  (1) At SYNC_DATA expunged messages become ghosts instead of being told (RFC 9051, 7.5.1).
 *  (2) Once an expunge has been written the step must be finished; if that is impossible the
 *      session ends.
 */
#include "base/log.h"
#include "base/mem.h"
#include "session/session_priv.h"

enum {
    GHOSTS_MAX = 20000,      /* beyond, nothing is told until expunges may be told, too */
    VANISHED_LINE_MAX = 4000 /* bytes of UIDs in one VANISHED response */
};

enum stage { STAGE_EXPUNGES, STAGE_APPLY, STAGE_FETCHES };

struct sync {
    enum stage stage;
    enum sync_level level;
    struct version *from;
    struct version *to;
    struct version_delta delta;
    struct ranges gone; /* to be told as expunged now: delta.expunged and the ghosts */
    struct ranges tell; /* to be told by FETCH */
    struct view_walk walk;
    bool walking;
    uint32_t told;   /* EXPUNGE responses so far */
    size_t vanished; /* ranges of `gone` told so far */
};

static void sync_free(struct sync *y)
{
    if (y->walking)
        view_walk_fini(&y->walk);
    version_delta_fini(&y->delta);
    ranges_fini(&y->gone);
    ranges_fini(&y->tell);
    version_unref(y->from);
    version_unref(y->to);
    mem_free(y);
}

void sync_abort(struct session *s)
{
    if (s->sync != NULL)
        sync_free(s->sync);
    s->sync = NULL;
}

static void walk_begin(struct sync *y, struct view *v, const struct ranges *only)
{
    view_walk_init(&y->walk, v, only);
    y->walking = true;
}

static void walk_end(struct sync *y)
{
    view_walk_fini(&y->walk);
    y->walking = false;
}

/* ---- beginning ---- */

static void add_ghost_uids(const struct view *v, struct ranges *out)
{
    struct ranges uids = RANGES_INIT;

    for (size_t i = 0; i < v->n_ghosts; i++)
        ranges_add(&uids, v->ghosts[i].uid, v->ghosts[i].uid);
    ranges_union(out, &uids);
    ranges_fini(&uids);
}

/* STORE's messages are told even if nothing changed; with MODSEQ those of .SILENT, too. */
static void add_forced(struct sync *y, const struct cmd *c)
{
    if (c == NULL)
        return;
    ranges_union(&y->tell, &c->force);
    if (c->silent_modseq)
        ranges_union(&y->tell, &c->silent);
    ranges_subtract(&y->tell, &y->delta.expunged);
}

static bool nothing_to_tell(const struct view *v, const struct cmd *c, struct version *to,
                            enum sync_level level)
{
    bool forced = c != NULL && (c->force.n > 0 || (c->silent_modseq && c->silent.n > 0));

    return to == v->told && !forced && (v->n_ghosts == 0 || level == SYNC_DATA);
}

/* *out NULL: nothing to tell. */
static enum err sync_begin(struct view *v, const struct cmd *c, enum sync_level level,
                           struct sync **out)
{
    struct version *to = NULL;

    *out = NULL;
    TRY(account_version(v->account, v->mailbox, &to));
    if (nothing_to_tell(v, c, to, level)) {
        version_unref(to);
        return ERR_OK;
    }
    struct sync *y = NEW(struct sync);
    y->level = level;
    y->from = version_ref(v->told);
    y->to = to;
    enum err e = to == v->told ? ERR_OK : version_diff(v->told, to, &y->delta);
    bool too_far =
        level == SYNC_DATA && ranges_count(&y->delta.expunged) + v->n_ghosts > GHOSTS_MAX;
    if (e != ERR_OK || too_far) {
        sync_free(y);
        return e;
    }
    if (level == SYNC_ALL) {
        ranges_copy(&y->gone, &y->delta.expunged);
        add_ghost_uids(v, &y->gone);
    }
    ranges_copy(&y->tell, &y->delta.changed);
    add_forced(y, c);
    *out = y;
    return ERR_OK;
}

/* ---- expunges ---- */

/* Lines of bounded length, so the whole set is told in as many turns as it takes (RFC
 * 7162, 3.2.10). */
size_t vanished_put(struct session *s, const struct ranges *uids, size_t from, bool earlier)
{
    struct buf *out = session_out(s);
    size_t start = out->n;

    buf_add_cstr(out, earlier ? "* VANISHED (EARLIER) " : "* VANISHED ");
    do {
        struct range r = uids->v[from++];
        buf_add_u64(out, r.lo);
        if (r.hi != r.lo)
            buf_printf(out, ":%u", r.hi);
        buf_add_char(out, ',');
    } while (from < uids->n && out->n - start < VANISHED_LINE_MAX);
    out->n--; /* the last comma */
    BUF_LIT(out, "\r\n");
    return from;
}

static bool tell_vanished(struct session *s, struct sync *y)
{
    if (y->vanished < y->gone.n)
        y->vanished = vanished_put(s, &y->gone, y->vanished, false);
    return y->vanished < y->gone.n;
}

/* "* 3 EXPUNGE": rising, so each number is less by those told before it. */
static enum err tell_expunge(struct session *s, struct sync *y, bool *more_out)
{
    struct row row;
    uint32_t seq;
    bool ghost;

    if (!y->walking)
        walk_begin(y, s->view, &y->gone);
    TRY(view_walk_next(&y->walk, &row, &seq, &ghost, more_out));
    if (*more_out)
        buf_printf(session_out(s), "* %u EXPUNGE\r\n", seq - y->told++);
    else
        walk_end(y);
    return ERR_OK;
}

static enum err expunges_step(struct session *s, struct sync *y, bool *more_out)
{
    if (y->gone.n == 0 || s->qresync) {
        *more_out = tell_vanished(s, y);
        return ERR_OK;
    }
    return tell_expunge(s, y, more_out);
}

/* ---- the step itself ---- */

static void put_flag_names(struct buf *out, const struct version *v, bool any_more)
{
    BUF_LIT(out, "(\\Answered \\Flagged \\Deleted \\Seen \\Draft");
    for (size_t i = 0; i < version_keywords(v); i++) {
        buf_add_char(out, ' ');
        buf_add_str(out, version_keyword(v, (unsigned)i));
    }
    if (any_more)
        BUF_LIT(out, " \\*");
    buf_add_char(out, ')');
}

/* "\*" stands only in PERMANENTFLAGS, while keywords can still be added (RFC 9051, 7.1). */
void sync_put_flags(struct session *s)
{
    struct buf *out = session_out(s);
    struct view *v = s->view;
    size_t keywords = version_keywords(v->told);

    BUF_LIT(out, "* FLAGS ");
    put_flag_names(out, v->told, false);
    BUF_LIT(out, "\r\n* OK [PERMANENTFLAGS ");
    if (v->read_only)
        BUF_LIT(out, "()");
    else
        put_flag_names(out, v->told, keywords < KEYWORDS_MAX);
    buf_printf(out, "] %s\r\n",
               v->read_only ? "No flag can be changed" : "Flags that can be changed");
    v->keywords_told = keywords;
}

/* Of the messages that are new here, those no other session was told of.  EXAMINE takes none (RFC
 * 3501, 6.3.2). */
static void claim_recent(struct view *v, const struct version *from)
{
    uint32_t end = version_head(v->told)->uidnext, known = version_head(from)->uidnext;
    uint32_t first = v->read_only ? account_recent(v->account, v->mailbox)
                                  : account_claim_recent(v->account, v->told);

    if (first != 0)
        ranges_add(&v->recent, first < known ? known : first, end - 1);
}

static void tell_counts(struct session *s, bool grew)
{
    struct view *v = s->view;
    uint32_t exists = view_exists(v), recent = view_recent(v);

    if (grew || exists != v->exists_told)
        buf_printf(session_out(s), "* %u EXISTS\r\n", exists);
    if (grew && !s->rev2 && recent != v->recent_told)
        buf_printf(session_out(s), "* %u RECENT\r\n", recent);
    v->exists_told = exists;
    v->recent_told = recent;
}

static enum err apply(struct session *s, struct sync *y)
{
    struct view *v = s->view;
    bool grew = y->delta.added.n > 0;

    TRY(view_apply(v, y->to, &y->delta.expunged, y->level == SYNC_DATA));
    v->exists_told -= (uint32_t)ranges_count(&y->gone);
    ranges_subtract(&s->saved, &y->gone); /* RFC 5182, 2.1: "$" loses what is told as expunged */
    ranges_subtract(&v->recent, &y->gone);
    if (grew)
        claim_recent(v, y->from);
    tell_counts(s, grew);
    if (version_keywords(v->told) > v->keywords_told)
        sync_put_flags(s);
    return ERR_OK;
}

/* ---- flags ---- */

static void keywords_expect(struct keyword_set *k, const struct imap_command *in,
                            const struct version *v)
{
    if (in->store.mode == STORE_SET)
        *k = (struct keyword_set){0};
    for (size_t i = 0; i < in->store.flags.n_keywords; i++) {
        int id = version_keyword_find(v, in->store.flags.keywords[i]);
        if (id < 0)
            continue;
        uint64_t bit = UINT64_C(1) << (id % 64);
        if (in->store.mode == STORE_REMOVE)
            k->w[id / 64] &= ~bit;
        else
            k->w[id / 64] |= bit;
    }
}

/* Has the message just the flags that the client must expect after its own STORE? */
static bool as_expected(const struct sync *y, const struct cmd *c, const struct row *now)
{
    const struct imap_command *in = &c->in;
    struct row was;
    bool got = false;

    if (version_row(y->from, now->uid, &was, &got) != ERR_OK || !got)
        return false;
    uint8_t flags = in->store.flags.system;
    if (in->store.mode == STORE_ADD)
        flags = was.flags | flags;
    else if (in->store.mode == STORE_REMOVE)
        flags = was.flags & (uint8_t)~flags;
    keywords_expect(&was.keywords, in, y->to);
    return flags == now->flags && memcmp(&was.keywords, &now->keywords, sizeof(was.keywords)) == 0;
}

/* RFC 7162, 3.2.4: with CONDSTORE every unsolicited FETCH has UID and MODSEQ.  RFC 9051, 6.4.9:
 * within a UID command every FETCH has the UID. */
static void tell_row(struct session *s, const struct sync *y, const struct cmd *c,
                     const struct row *row, uint32_t seq)
{
    unsigned what = FETCH_TELL_FLAGS;

    if (s->condstore)
        what |= FETCH_TELL_UID | FETCH_TELL_MODSEQ;
    if (s->rev2 || (c != NULL && c->in.uid))
        what |= FETCH_TELL_UID;
    if (c != NULL && ranges_has(&c->silent, row->uid) && as_expected(y, c, row)) {
        if (!s->condstore)
            return;
        what &= ~(unsigned)FETCH_TELL_FLAGS;
    }
    fetch_tell(s, row, seq, what);
}

static enum err fetches_step(struct session *s, struct sync *y, const struct cmd *c, bool *more_out)
{
    struct row row;
    uint32_t seq;
    bool ghost;

    if (!y->walking)
        walk_begin(y, s->view, &y->tell);
    TRY(view_walk_next(&y->walk, &row, &seq, &ghost, more_out));
    if (!*more_out)
        walk_end(y);
    else if (!ghost)
        tell_row(s, y, c, &row, seq);
    return ERR_OK;
}

/* ---- all ---- */

static enum err one_step(struct session *s, struct sync *y, const struct cmd *c, bool *more_out)
{
    *more_out = true;
    switch (y->stage) {
    case STAGE_EXPUNGES:
        TRY(expunges_step(s, y, more_out));
        break;
    case STAGE_APPLY:
        TRY(apply(s, y));
        *more_out = false;
        break;
    case STAGE_FETCHES:
        return fetches_step(s, y, c, more_out);
    }
    if (!*more_out)
        y->stage++;
    *more_out = true;
    return ERR_OK;
}

/* An error before anything was told only postpones the telling. */
static enum cmd_step sync_failed(struct session *s, enum err e)
{
    struct sync *y = s->sync;
    bool told = y != NULL && (y->told > 0 || y->vanished > 0 || y->stage > STAGE_EXPUNGES);

    sync_abort(s);
    if (e == ERR_NO_MAILBOX) {
        s->view->gone = true;
        return CMD_DONE;
    }
    log_event(LOG_ERROR, "sync", kv_cstr("user", s->user), kv_err(e));
    if (told)
        session_bye(s, "UNAVAILABLE", "The mailbox cannot be read now");
    return CMD_DONE;
}

enum cmd_step sync_step(struct session *s, struct cmd *c, enum sync_level level)
{
    enum cmd_step step;
    struct sync *y = s->sync;
    bool more = true;

    if (s->view == NULL || level == SYNC_NONE || s->view->gone)
        return CMD_DONE;
    if (y == NULL) {
        enum err e = sync_begin(s->view, c, level, &y);
        s->sync = y;
        if (e != ERR_OK)
            return sync_failed(s, e);
        if (y == NULL)
            return CMD_DONE;
    }
    while (more) {
        if (session_pause(s, &step))
            return step;
        enum err e = one_step(s, y, c, &more);
        if (e != ERR_OK)
            return sync_failed(s, e);
    }
    sync_abort(s);
    return CMD_DONE;
}
