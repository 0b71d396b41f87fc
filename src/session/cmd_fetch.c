/*
 * session/cmd_fetch.c - FETCH (RFC 9051, 6.4.5 and 7.5.2; RFC 3501; RFC 3516; RFC 7162, 3.1.4
 * and 3.2.6).
 *
 * A generator that can stop after any message and within any body:
 *
 *   vanished -> STEP_ROW -> STEP_LOOK -> STEP_MEASURE -> STEP_TELL <-> STEP_STREAM
 *                  ^                                         |
 *                  +-----------------------------------------+   ... -> \Seen is set -> the reply
 *
 *  (1) Nothing of a message is written before STEP_TELL, so one that turns out to be
 *      unreadable is simply left out, and the reply is NO.
 *  (2) In STEP_STREAM a literal's length has been promised. If its bytes cannot be had then,
 *      the connection closes without a word: any word would be taken for the message's.
 *  (3) \Seen is one change for all messages of the command, after they were told; sync.c
 *      tells it like any other.
 */
#include "base/log.h"
#include "base/mem.h"
#include "session/fetch.h"

enum {
    ROWS_A_LOOK = 64,    /* rows told between two looks at the clock */
};

static void batch_end(struct fetch *f)
{
    for (size_t i = 0; i < f->n_batch; i++)
        message_end(&f->batch[i]);
    f->n_batch = f->at_batch = 0;
}

static void contents_end(struct fetch *f)
{
    for (size_t i = 0; f->contents && i < f->plan.n; i++) {
        buf_fini(&f->contents[i].held);
        f->contents[i] = (struct content){0};
    }
    f->held = 0;
}

static void fetch_end(struct cmd *c)
{
    struct fetch *f = c->state;

    if (f->walking)
        view_walk_fini(&f->walk);
    batch_end(f);
    contents_end(f);
    fetch_source_end(f);
    ranges_fini(&f->uids);
    ranges_fini(&f->vanished);
    ranges_fini(&f->seen);
    buf_fini(&f->piece);
    arena_free(f->batch_arena);
    arena_free(f->arena);
    mem_free(f);
}

/* ---- the end ---- */

static enum cmd_step fetch_reply(struct cmd *c)
{
    struct fetch *f = c->state;

    if (f->failed == ERR_UNKNOWN_CTE)
        return cmd_no(c, "UNKNOWN-CTE", "A part has an encoding that is not known");
    if (f->failed != ERR_OK)
        return cmd_error(c, f->failed, "FETCH");
    if (f->expunged)
        return cmd_no(c, "EXPUNGEISSUED", "Some of the messages no longer exist");
    return cmd_ok(c, "FETCH completed");
}

/* The data was told; that \Seen could not be set is no reason to say that it was not. */
static enum cmd_step seen_finish(struct cmd *c)
{
    const struct ticket_result *r = ticket_result(c->ticket);

    if (r->err != ERR_OK)
        log_event(LOG_WARN, "seen", kv_cstr("user", c->s->user), kv_err(r->err));
    return fetch_reply(c);
}

static enum cmd_step fetch_finish(struct fetch *f)
{
    struct intent in = {.kind = INTENT_FLAGS, .mailbox = f->c->s->view->mailbox};

    if (f->seen.n == 0)
        return fetch_reply(f->c);
    in.flags.uids = &f->seen;
    in.flags.mode = FLAGS_ADD;
    in.flags.flags = FLAG_SEEN;
    return wait_commit(f->c, session_submit(f->c, &in), seen_finish);
}

/* ---- rows ---- */

/* The next message that is asked for. */
static enum err next_row(struct fetch *f, struct message *m, bool *got_out)
{
    do {
        TRY(view_walk_next(&f->walk, &m->row, &m->seq, &m->ghost, got_out));
    } while (*got_out && m->row.modseq <= f->since);
    return ERR_OK;
}

/* FETCH 1:* (FLAGS) of a large mailbox: as fast as the client reads. */
static enum cmd_step tell_rows(struct fetch *f)
{
    struct message *m = &f->batch[0];
    enum cmd_step step;
    bool got = true;

    for (;;) {
        if (session_pause(f->c->s, &step))
            return step;
        for (unsigned i = 0; got && i < ROWS_A_LOOK; i++) {
            enum err e = next_row(f, m, &got);

            if (e != ERR_OK)
                return cmd_error(f->c, e, "FETCH");
            if (got)
                fetch_put_row(f->c->s, f->plan.kinds, f->plan.n, &m->row, m->seq);
        }
        if (!got)
            return fetch_finish(f);
    }
}

/* ---- messages ---- */

/* Summaries of the batch, with one call; where that fails they are made from the messages. */
static void batch_summaries(struct fetch *f)
{
    uint64_t objects[FETCH_BATCH];
    struct str values[FETCH_BATCH] = {0};

    arena_reset(f->batch_arena);
    for (size_t i = 0; i < f->n_batch; i++)
        objects[i] = f->batch[i].row.object;
    if (account_summaries(f->account, f->batch_arena, objects, f->n_batch, values) != ERR_OK)
        return;
    for (size_t i = 0; i < f->n_batch; i++)
        f->batch[i].list_value = values[i];
}

static enum err batch_fill(struct fetch *f)
{
    bool got = true;

    batch_end(f);
    while (f->n_batch < FETCH_BATCH) {
        struct message *m = &f->batch[f->n_batch];

        *m = (struct message){0};
        TRY(next_row(f, m, &got));
        if (!got)
            break;
        f->n_batch++;
    }
    if (f->n_batch && (f->plan.needs & (NEEDS_LIST | NEEDS_MORE)))
        batch_summaries(f);
    return ERR_OK;
}

static enum err step_row(struct fetch *f, bool *got_out)
{
    contents_end(f);
    if (f->at_batch == f->n_batch)
        TRY(batch_fill(f));
    *got_out = f->n_batch > 0;
    if (!*got_out)
        return ERR_OK;
    arena_reset(f->arena);
    f->m = &f->batch[f->at_batch++];
    f->item = 0;
    f->step = STEP_LOOK;
    return ERR_OK;
}

/* A message that cannot be told: one that is gone, or one whose bytes cannot be had. */
static void leave_out(struct fetch *f, enum err e)
{
    bool gone = f->m->ghost && (e == ERR_NOT_FOUND || e == ERR_EXPUNGED);

    fetch_source_end(f);
    message_end(f->m);
    f->step = STEP_ROW;
    if (gone) {
        f->expunged = true;
        return;
    }
    if (f->failed == ERR_OK)
        f->failed = e;
    if (e != ERR_UNKNOWN_CTE)
        log_event(LOG_ERROR, "fetch", kv_cstr("user", f->c->s->user),
                  kv_u64("object", f->m->row.object), kv_err(e));
}

static enum err step_look(struct fetch *f)
{
    bool done;

    TRY(fetch_look(f, &done));
    if (done)
        f->step = STEP_MEASURE;
    return ERR_OK;
}

static enum err step_measure(struct fetch *f)
{
    bool done = true;

    if (f->item < f->plan.n && (f->plan.needs & NEEDS_BYTES)) {
        TRY(fetch_measure(f, &done));
        f->item += done;
        return ERR_OK;
    }
    f->item = 0;
    f->step = STEP_TELL;
    buf_printf(session_out(f->c->s), "* %u FETCH (", f->m->seq);
    return ERR_OK;
}

/* "{12}" and the bytes, or a word for what has none.  NUL needs a literal8, which only BINARY may
 * be (RFC 3516, 4.2). */
static void tell_bytes(struct fetch *f, struct buf *out, const struct content *k, bool binary)
{
    if (k->absent) {
        BUF_LIT(out, "NIL");
    } else if (k->length == 0) {
        BUF_LIT(out, "\"\"");
    } else {
        buf_printf(out, "%s{%llu}\r\n", binary && k->nul ? "~" : "", (unsigned long long)k->length);
        if (k->is_held) {
            buf_add_str(out, buf_str(&k->held));
            return;
        }
        fetch_stream_begin(f);
        f->step = STEP_STREAM;
    }
}

static void tell_item(struct fetch *f, const struct fetch_item *item)
{
    struct buf *out = session_out(f->c->s);
    enum imap_fetch_kind kind = item->in->kind;

    if (!item->needs) {
        fetch_put_row_item(f->c->s, out, kind, &f->m->row);
        return;
    }
    buf_add_str(out, item->label);
    if (kind == FETCH_ENVELOPE)
        fetch_put_envelope(f, out);
    else if (kind == FETCH_BODYSTRUCTURE || kind == FETCH_BODY)
        fetch_put_structure(f, out, kind == FETCH_BODYSTRUCTURE);
    else if (kind == FETCH_BINARY_SIZE)
        buf_add_u64(out, f->contents[f->item].length);
    else
        tell_bytes(f, out, &f->contents[f->item], kind == FETCH_BINARY);
}

static void message_told(struct fetch *f)
{
    const struct message *m = f->m;

    BUF_LIT(session_out(f->c->s), ")\r\n");
    if (f->plan.sets_seen && !m->ghost && !(m->row.flags & FLAG_SEEN) && !f->c->s->view->read_only)
        ranges_add(&f->seen, m->row.uid, m->row.uid);
    f->step = STEP_ROW;
}

static void step_tell(struct fetch *f)
{
    if (f->item == f->plan.n) {
        message_told(f);
        return;
    }
    if (f->item)
        buf_add_char(session_out(f->c->s), ' ');
    tell_item(f, &f->plan.items[f->item]);
    f->item += f->step == STEP_TELL;
}

static enum err step_stream(struct fetch *f)
{
    bool done;

    TRY(fetch_stream(f, &done));
    if (!done)
        return ERR_OK;
    fetch_source_end(f);
    f->item++;
    f->step = STEP_TELL;
    return ERR_OK;
}

/* Invariant (2). */
static enum cmd_step cut_off(struct fetch *f, enum err e)
{
    log_event(LOG_ERROR, "fetch-cut", kv_cstr("user", f->c->s->user),
              kv_u64("object", f->m->row.object), kv_err(e));
    f->c->s->phase = PHASE_BYE;
    return CMD_DONE;
}

/* One step of the message in progress.  false: leave the generator with *out. */
static bool message_step(struct fetch *f, enum cmd_step *out)
{
    enum err e = ERR_OK;

    switch (f->step) {
    case STEP_LOOK:
        e = step_look(f);
        break;
    case STEP_MEASURE:
        e = step_measure(f);
        break;
    case STEP_TELL:
        step_tell(f);
        break;
    default:
        e = step_stream(f);
        if (e == ERR_OK)
            break;
        *out = cut_off(f, e);
        return false;
    }
    if (e != ERR_OK)
        leave_out(f, e);
    return true;
}

/* A pause is looked for where work may be long: before a message, and with each piece of one. */
static bool may_pause(const struct fetch *f)
{
    return f->step == STEP_ROW || f->sourcing || f->m->parser;
}

static enum cmd_step tell_messages(struct fetch *f)
{
    enum cmd_step step;
    bool got;

    for (;;) {
        if (may_pause(f) && session_pause(f->c->s, &step))
            return step;
        if (f->step == STEP_ROW) {
            enum err e = step_row(f, &got);

            if (e != ERR_OK)
                return cmd_error(f->c, e, "FETCH");
            if (!got)
                return fetch_finish(f);
        } else if (!message_step(f, &step)) {
            return step;
        }
    }
}

/* ---- the beginning ---- */

/* "* VANISHED (EARLIER) 1:3,7" before any FETCH (RFC 7162, 3.2.6). */
static bool tell_vanished(struct fetch *f)
{
    if (f->vanished_told == f->vanished.n)
        return false;
    f->vanished_told = vanished_put(f->c->s, &f->vanished, f->vanished_told, true);
    return true;
}

static enum cmd_step fetch_go(struct cmd *c)
{
    struct fetch *f = c->state;
    enum cmd_step step;

    do {
        if (session_pause(c->s, &step))
            return step;
    } while (tell_vanished(f));
    return f->plan.rows_only ? tell_rows(f) : tell_messages(f);
}

/* UIDs of the set, there or not, that were expunged since; those the client still counts are told
 * otherwise. */
static enum err find_vanished(struct fetch *f)
{
    struct view *v = f->c->s->view;
    uint32_t last = version_head(v->told)->uidnext - 1;
    struct ranges asked = RANGES_INIT;
    bool exact;
    enum err e;

    imap_set_resolve(&f->c->in.fetch.set, last ? last : 1, &asked);
    if (f->c->in.fetch.set.saved)
        ranges_union(&asked, &f->c->s->saved);
    e = account_expunged_since(f->account, v->told, f->c->in.fetch.changedsince, &f->vanished,
                               &exact);
    ranges_intersect(&f->vanished, &asked);
    ranges_clear(&asked);
    for (size_t i = 0; i < v->n_ghosts; i++)
        ranges_add(&asked, v->ghosts[i].uid, v->ghosts[i].uid);
    ranges_subtract(&f->vanished, &asked);
    ranges_fini(&asked);
    return e;
}

/* Only what changed is walked over; ghosts are looked at one by one. */
static enum err narrow_to_changed(struct fetch *f)
{
    struct view *v = f->c->s->view;
    struct ranges changed = RANGES_INIT;
    enum err e;

    f->since = f->c->in.fetch.changedsince;
    e = version_changed_since(v->told, f->since, &changed);
    for (size_t i = 0; i < v->n_ghosts; i++)
        ranges_add(&changed, v->ghosts[i].uid, v->ghosts[i].uid);
    ranges_intersect(&f->uids, &changed);
    ranges_fini(&changed);
    return e;
}

static enum err fetch_resolve(struct fetch *f)
{
    struct cmd *c = f->c;

    TRY(view_resolve(c->s->view, &c->in.fetch.set, c->in.uid, &c->s->saved, &f->uids));
    if (c->in.fetch.vanished)
        TRY(find_vanished(f));
    return c->in.fetch.has_changedsince ? narrow_to_changed(f) : ERR_OK;
}

static bool asks_modseq(const struct cmd *c)
{
    for (size_t i = 0; i < c->in.fetch.n_items; i++) {
        if (c->in.fetch.items[i].kind == FETCH_MODSEQ)
            return true;
    }
    return c->in.fetch.has_changedsince;
}

static struct fetch *fetch_new(struct cmd *c)
{
    struct fetch *f = NEW(struct fetch);

    f->c = c;
    f->account = c->s->account;
    f->mode = session_mode(c->s);
    f->batch_arena = arena_new();
    f->arena = arena_new();
    c->state = f;
    c->end = fetch_end;
    fetch_plan_make(&f->plan, c);
    f->contents = ARENA_ARRAY(c->arena, struct content, f->plan.n);
    return f;
}

enum cmd_step cmd_fetch_run(struct cmd *c)
{
    struct fetch *f;
    enum err e;

    if (c->in.fetch.vanished && !c->s->qresync)
        return cmd_bad(c, "VANISHED needs ENABLE QRESYNC");
    f = fetch_new(c);
    e = fetch_resolve(f);
    if (e == ERR_SYNTAX)
        return cmd_bad(c, "There is no message of that number");
    if (e != ERR_OK)
        return cmd_error(c, e, "FETCH");
    if (asks_modseq(c))
        session_enable_condstore(c->s);
    view_walk_init(&f->walk, c->s->view, &f->uids);
    f->walking = true;
    c->then = fetch_go;
    return fetch_go(c);
}
