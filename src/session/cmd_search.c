/*
 * session/cmd_search.c - SEARCH (RFC 9051, 6.4.4 and 7.3.4; RFC 3501, 6.4.4 and 7.2.5; RFC 4731,
 * 5182; RFC 7162, 3.1.5 to 3.1.10).
 *
 * Sequence numbers become UIDs, the search room finds UIDs, and those become what was asked for.
 * Each range of found UIDs has no gap, so it is one range of sequence numbers, too.
 */
#include "search/search.h"
#include "session/wide.h"

#include "base/mem.h"

enum {
    SLICE_US = 1000,
    SAVED_MAX = 64 * 1024 / sizeof(struct range), /* ranges of "$": 64 KB of them */
    NUMBERS_A_LOOK = 500,                         /* written between two looks at the clock */
};

struct search_cmd {
    struct search *search;
    uint32_t returns; /* enum imap_search_return; 0: a SEARCH response */
    size_t at;        /* in search_found */
    struct range run; /* being written; lo > hi: none */
    bool any;         /* a number was written */
    uint64_t modseq;  /* to be told; 0: not */
};

static void search_end(struct cmd *c)
{
    struct search_cmd *sc = c->state;

    search_free(sc->search);
    conn_long_work(c->s->conn, false);
}

/* ---- sets ---- */

/* Numbers that the mailbox does not have match nothing: they are a condition here, not a demand. */
static enum err resolve_seqs(struct session *s, const struct imap_set *set, struct ranges *out)
{
    uint32_t exists = view_exists(s->view);
    struct ranges seqs = RANGES_INIT;
    enum err e = ERR_OK;

    if (exists == 0)
        return ERR_OK;
    imap_set_resolve(set, exists, &seqs);
    if (exists < UINT32_MAX)
        ranges_remove(&seqs, exists + 1, UINT32_MAX);
    const struct imap_set here = {.v = seqs.v, .n = seqs.n, .saved = set->saved};
    e = view_resolve(s->view, &here, false, &s->saved, out);
    ranges_fini(&seqs);
    return e;
}

/* The result lives as long as the command. */
static void move_to_arena(struct arena *a, struct ranges *r, struct ranges *out)
{
    *out = (struct ranges){.v = ARENA_ARRAY(a, struct range, r->n), .n = r->n, .cap = r->n};
    if (r->n)
        memcpy(out->v, r->v, r->n * sizeof(*r->v));
    ranges_fini(r);
}

static enum err resolve_set(struct cmd *c, struct search_key *key)
{
    struct ranges uids = RANGES_INIT;
    enum err e;

    if (key->kind == SEARCH_SEQ) {
        c->sync = SYNC_DATA; /* no expunge may be told, by UID neither (RFC 7162, 3.2.10.2) */
        e = resolve_seqs(c->s, key->set, &uids);
    } else {
        e = view_resolve(c->s->view, key->set, true, &c->s->saved, &uids);
    }
    key->kind = SEARCH_UID;
    move_to_arena(c->arena, &uids, &key->uids);
    return e;
}

/* Depth is bounded by the parser. */
static enum err resolve_keys(struct cmd *c, struct search_key *key)
{
    for (; key; key = key->next) {
        if (key->kind == SEARCH_SEQ || key->kind == SEARCH_UID)
            TRY(resolve_set(c, key));
        if (key->child)
            TRY(resolve_keys(c, key->child));
    }
    return ERR_OK;
}

/* ---- the answer ---- */

static enum err number_of(struct cmd *c, uint32_t uid, uint32_t *out)
{
    *out = uid;
    return c->in.uid ? ERR_OK : view_seq(c->s->view, uid, out);
}

static uint32_t found_first(const struct ranges *found)
{
    return found->v[0].lo;
}

static uint32_t found_last(const struct ranges *found)
{
    return found->v[found->n - 1].hi;
}

static enum err put_number(struct cmd *c, const char *word, uint32_t uid)
{
    struct buf *out = session_out(c->s);
    uint32_t n;

    TRY(number_of(c, uid, &n));
    buf_add_cstr(out, word);
    buf_add_u64(out, n);
    return ERR_OK;
}

/* Everything that is short; ALL's set follows. MIN and MAX are left out where nothing matches (RFC
 * 9051, 7.3.4). */
static enum err put_esearch(struct cmd *c, const struct search_cmd *sc)
{
    const struct ranges *found = search_found(sc->search);
    struct buf *out = session_out(c->s);

    BUF_LIT(out, "* ESEARCH (TAG ");
    imap_put_quoted(out, c->in.tag);
    buf_add_char(out, ')');
    if (c->in.uid)
        BUF_LIT(out, " UID");
    if ((sc->returns & RETURN_MIN) && found->n)
        TRY(put_number(c, " MIN ", found_first(found)));
    if ((sc->returns & RETURN_MAX) && found->n)
        TRY(put_number(c, " MAX ", found_last(found)));
    if (sc->returns & RETURN_COUNT) {
        BUF_LIT(out, " COUNT ");
        buf_add_u64(out, ranges_count(found));
    }
    if (sc->modseq) {
        BUF_LIT(out, " MODSEQ ");
        buf_add_u64(out, sc->modseq);
    }
    if ((sc->returns & RETURN_ALL) && found->n)
        BUF_LIT(out, " ALL");
    return ERR_OK;
}

/* The next range of found numbers, joined with those that follow it without a gap. */
static enum err next_run(struct cmd *c, struct search_cmd *sc, bool *more_out)
{
    const struct ranges *found = search_found(sc->search);
    uint32_t lo;

    *more_out = sc->at < found->n;
    if (!*more_out)
        return ERR_OK;
    TRY(number_of(c, found->v[sc->at].lo, &sc->run.lo));
    sc->run.hi = sc->run.lo;
    do {
        sc->run.hi += found->v[sc->at].hi - found->v[sc->at].lo;
        if (++sc->at == found->n)
            break;
        TRY(number_of(c, found->v[sc->at].lo, &lo));
        if (lo == sc->run.hi + 1)
            sc->run.hi = lo;
        else
            lo = 0;
    } while (lo);
    return ERR_OK;
}

/* " 2,4:7": the set in pieces. */
static void put_range(struct search_cmd *sc, struct buf *out)
{
    buf_add_char(out, sc->any ? ',' : ' ');
    buf_add_u64(out, sc->run.lo);
    if (sc->run.hi > sc->run.lo) {
        buf_add_char(out, ':');
        buf_add_u64(out, sc->run.hi);
    }
    sc->run.lo = sc->run.hi + 1;
}

static void put_numbers(struct search_cmd *sc, struct buf *out)
{
    for (unsigned i = 0; i < NUMBERS_A_LOOK && sc->run.lo <= sc->run.hi; i++) {
        buf_add_char(out, ' ');
        buf_add_u64(out, sc->run.lo++);
    }
}

static void put_end(struct search_cmd *sc, struct buf *out)
{
    if (sc->modseq && !sc->returns)
        buf_printf(out, " (MODSEQ %llu)", (unsigned long long)sc->modseq);
    BUF_LIT(out, "\r\n");
}

/* Numbers, as many as the client reads now. */
static enum cmd_step search_tell(struct cmd *c)
{
    struct search_cmd *sc = c->state;
    struct buf *out = session_out(c->s);
    enum cmd_step step;
    bool more = !sc->returns || (sc->returns & RETURN_ALL);

    while (more) {
        if (session_pause(c->s, &step))
            return step;
        if (sc->run.lo > sc->run.hi) {
            enum err e = next_run(c, sc, &more);

            if (e != ERR_OK)
                return session_bye(c->s, "UNAVAILABLE", "The mailbox cannot be read now"), CMD_DONE;
            if (!more)
                break;
        }
        if (sc->returns)
            put_range(sc, out);
        else
            put_numbers(sc, out);
        sc->any = true;
    }
    put_end(sc, out);
    return cmd_ok(c, "SEARCH completed");
}

/* ---- what goes with it ---- */

static enum err row_modseq(struct cmd *c, uint32_t uid, uint64_t *highest)
{
    struct row row;
    bool ghost, got;

    TRY(view_row(c->s->view, uid, &row, &ghost, &got));
    if (got && row.modseq > *highest)
        *highest = row.modseq;
    return ERR_OK;
}

/* Of the messages that are told: of MIN and MAX alone only theirs (RFC 4731, 3.2). */
static enum err find_modseq(struct cmd *c, struct search_cmd *sc)
{
    const struct ranges *found = search_found(sc->search);
    bool some = sc->returns & (RETURN_MIN | RETURN_MAX);

    if (!c->in.search.has_modseq || found->n == 0)
        return ERR_OK;
    if (!some || (sc->returns & (RETURN_ALL | RETURN_COUNT))) {
        sc->modseq = search_modseq(sc->search);
        return ERR_OK;
    }
    if (sc->returns & RETURN_MIN)
        TRY(row_modseq(c, found_first(found), &sc->modseq));
    return sc->returns & RETURN_MAX ? row_modseq(c, found_last(found), &sc->modseq) : ERR_OK;
}

/* RFC 9051, 6.4.4.1, table 4. false: too much to be kept. */
static bool save_result(struct cmd *c, const struct search_cmd *sc)
{
    const struct ranges *found = search_found(sc->search);
    struct ranges *saved = &c->s->saved;

    ranges_clear(saved);
    if (!(sc->returns & (RETURN_MIN | RETURN_MAX)) || (sc->returns & (RETURN_ALL | RETURN_COUNT))) {
        if (found->n > SAVED_MAX)
            return false;
        ranges_copy(saved, found);
        return true;
    }
    if (found->n && (sc->returns & RETURN_MIN))
        ranges_add(saved, found_first(found), found_first(found));
    if (found->n && (sc->returns & RETURN_MAX))
        ranges_add(saved, found_last(found), found_last(found));
    return true;
}

/* ---- the search itself ---- */

/* A search that was to be saved and answers NO leaves "$" empty (RFC 9051, 6.4.4.1). */
static enum cmd_step search_failed(struct cmd *c, enum err e)
{
    if (c->in.search.returns & RETURN_SAVE)
        ranges_clear(&c->s->saved);
    return cmd_error(c, e, "SEARCH");
}

static enum cmd_step search_found_all(struct cmd *c)
{
    struct search_cmd *sc = c->state;
    bool save = sc->returns & RETURN_SAVE;
    enum err e;

    if (save && !save_result(c, sc))
        return cmd_no(c, "NOTSAVED", "The result is too large to be saved");
    sc->returns &= ~(uint32_t)RETURN_SAVE;
    if (save && !sc->returns) /* SAVE alone is told nothing (RFC 5182, 2.1) */
        return cmd_ok(c, "SEARCH completed, result saved");
    e = find_modseq(c, sc);
    if (e != ERR_OK)
        return search_failed(c, e);
    if (!sc->returns) {
        BUF_LIT(session_out(c->s), "* SEARCH");
    } else if (put_esearch(c, sc) != ERR_OK) {
        session_bye(c->s, "UNAVAILABLE", "The mailbox cannot be read now");
        return CMD_DONE;
    }
    c->then = search_tell;
    return search_tell(c);
}

static enum cmd_step search_go(struct cmd *c)
{
    struct search_cmd *sc = c->state;
    enum cmd_step step;
    bool done = false;

    while (!done) {
        if (session_pause(c->s, &step)) {
            /* More than one slice: from now on behind those who want little. */
            conn_long_work(c->s->conn, true);
            return step;
        }
        enum err e = search_run(sc->search, SLICE_US, &done);

        if (e != ERR_OK)
            return search_failed(c, e);
    }
    return search_found_all(c);
}

enum cmd_step cmd_search_run(struct cmd *c)
{
    struct session *s = c->s;
    struct search_cmd *sc = ARENA_NEW(c->arena, struct search_cmd);
    struct search_options o = {.recent = s->view->recent};
    enum err e = resolve_keys(c, c->in.search.key);

    if (e != ERR_OK)
        return search_failed(c, e);
    if (c->in.search.has_modseq)
        session_enable_condstore(s);
    /* IMAP4rev2 knows no SEARCH response (RFC 9051, 7.3.4). */
    sc->returns = c->in.search.has_return ? c->in.search.returns : s->rev2 ? RETURN_ALL : 0;
    sc->run = (struct range){1, 0};
    sc->search = search_new(c->arena, s->account, s->view->told, c->in.search.key, &o);
    c->state = sc;
    c->end = search_end;
    c->then = search_go;
    return search_go(c);
}
