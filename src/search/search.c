/*
 * search/search.c - a program over one version, cheap keys first.
 *
 *   BOUNDS    sets: what flags, keywords, UIDs and modseqs exclude is never looked at; often that
 * is the whole answer ROWS      dates and sizes from the columns; what they leave open is
 * collected, 64 messages at a time MESSAGES  their summaries with one call, then each of them is
 * read as far as the program needs
 *
 * All of it stops when its time is over and goes on in a later turn.
 */
#include "search/search_priv.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"

enum {
    ROWS_A_LOOK = 128, /* rows between two looks at the clock */
    WALK_STEP = 64,    /* gaps of UIDs up to here are walked over */
};

/* ---- the program ---- */

static bool is_text_key(enum search_kind kind)
{
    return kind == SEARCH_HEADER || kind == SEARCH_BODY || kind == SEARCH_TEXT;
}

static size_t count_text_keys(const struct search_key *key)
{
    size_t n = 0;

    for (; key; key = key->next)
        n += is_text_key(key->kind) + count_text_keys(key->child);
    return n;
}

static unsigned asks_of(enum search_kind kind)
{
    switch (kind) {
    case SEARCH_SENTBEFORE:
    case SEARCH_SENTON:
    case SEARCH_SENTSINCE:
        return ASKS_DATE;
    case SEARCH_HEADER:
        return ASKS_HEADER;
    case SEARCH_BODY:
        return ASKS_BODY;
    case SEARCH_TEXT:
        return ASKS_HEADER | ASKS_BODY;
    default:
        return 0;
    }
}

static void add_term(struct search *s, struct search_key *key)
{
    struct term *t = &s->terms[s->n_terms];
    struct buf folded = BUF_INIT;

    utf8_fold(&folded, key->text);
    t->key = key;
    t->needle.folded = arena_str(s->arena, buf_str(&folded));
    key->note = (uint32_t)s->n_terms++;
    if (key->kind == SEARCH_TEXT)
        s->header_needles[s->n_header_needles++] = &t->needle;
    if (key->kind != SEARCH_HEADER)
        s->body_needles[s->n_body_needles++] = &t->needle;
    buf_fini(&folded);
}

static void compile(struct search *s, struct search_key *key)
{
    for (; key; key = key->next) {
        s->asks |= asks_of(key->kind);
        if (key->kind == SEARCH_MODSEQ)
            s->asks_modseq = true;
        if (key->kind == SEARCH_KEYWORD)
            key->note = (uint32_t)(version_keyword_find(s->version, key->text) + 1);
        if (is_text_key(key->kind))
            add_term(s, key);
        compile(s, key->child);
    }
}

struct search *search_new(struct arena *a, struct account *acct, struct version *v,
                          struct search_key *key, const struct search_options *o)
{
    struct search *s = ARENA_NEW(a, struct search);
    size_t n = count_text_keys(key);

    s->arena = a;
    s->account = account_ref(acct);
    s->version = version_ref(v);
    s->key = key;
    s->options = *o;
    s->batch_arena = arena_new();
    s->terms = ARENA_ARRAY(a, struct term, n);
    s->header_needles = ARENA_ARRAY(a, struct needle *, n);
    s->body_needles = ARENA_ARRAY(a, struct needle *, n);
    compile(s, key);
    return s;
}

void search_free(struct search *s)
{
    if (!s)
        return;
    if (s->walking)
        cursor_fini(&s->cursor);
    reading_fini(s);
    ranges_fini(&s->candidates);
    ranges_fini(&s->found);
    arena_free(s->batch_arena);
    version_unref(s->version);
    account_unref(s->account);
}

/* ---- bounds ---- */

/* Where the set is the answer nothing is walked over, unless the highest modseq of the answer is
 * wanted, too. */
static enum err bounds_step(struct search *s)
{
    bool exact;

    TRY(search_bounds(s, &s->candidates, &exact));
    if (exact && !s->asks_modseq) {
        s->found = s->candidates;
        s->candidates = RANGES_INIT;
        s->at = AT_END;
        return ERR_OK;
    }
    cursor_init(&s->cursor, s->version);
    s->walking = true;
    reading_end(s); /* no message is being read: text keys stand at their beginning */
    s->at = AT_ROWS;
    return ERR_OK;
}

/* ---- rows ---- */

static void add_found(struct search *s, const struct row *row)
{
    ranges_add(&s->found, row->uid, row->uid);
    if (row->modseq > s->modseq)
        s->modseq = row->modseq;
}

/* Stands before the next candidate. *more_out false: there is none. */
static enum err seek_candidate(struct search *s, bool *more_out)
{
    const struct ranges *c = &s->candidates;
    uint32_t lo;

    while (s->range < c->n && c->v[s->range].hi < s->next_uid)
        s->range++;
    *more_out = s->range < c->n;
    if (!*more_out)
        return ERR_OK;
    lo = c->v[s->range].lo;
    if (lo <= s->next_uid || (s->next_uid && lo - s->next_uid <= WALK_STEP))
        return ERR_OK;
    return cursor_seek(&s->cursor, lo);
}

static enum err next_candidate(struct search *s, struct row *out, bool *got_out)
{
    do {
        TRY(seek_candidate(s, got_out));
        if (!*got_out)
            return ERR_OK;
        TRY(cursor_next(&s->cursor, out, got_out));
        if (!*got_out || out->uid == UINT32_MAX) {
            s->range = s->candidates.n;
            if (!*got_out)
                return ERR_OK;
        }
        s->next_uid = out->uid + 1;
    } while (!ranges_has(&s->candidates, out->uid));
    s->looked++;
    return ERR_OK;
}

static void judge_row(struct search *s, const struct row *row)
{
    enum truth t;

    s->known = (struct known){.row = *row};
    t = search_truth(s, s->key);
    if (t == TRUE_)
        add_found(s, row);
    else if (t == UNKNOWN_)
        s->batch[s->n_batch++] = (struct candidate){.row = *row};
}

/* Summaries of the batch; where there is none the message is parsed. */
static void batch_begin(struct search *s)
{
    uint64_t objects[SEARCH_BATCH];
    struct str values[SEARCH_BATCH] = {0};

    arena_reset(s->batch_arena);
    for (size_t i = 0; i < s->n_batch; i++)
        objects[i] = s->batch[i].row.object;
    if (account_summaries(s->account, s->batch_arena, objects, s->n_batch, values) == ERR_OK) {
        for (size_t i = 0; i < s->n_batch; i++)
            s->batch[i].list_value = values[i];
    }
    s->at_batch = 0;
    reading_begin(s, &s->batch[0]);
    s->at = AT_MESSAGES;
}

static enum err rows_step(struct search *s)
{
    struct row row;
    bool got = true;

    for (unsigned i = 0; i < ROWS_A_LOOK && s->n_batch < SEARCH_BATCH; i++) {
        TRY(next_candidate(s, &row, &got));
        if (!got)
            break;
        judge_row(s, &row);
    }
    if (s->n_batch == SEARCH_BATCH || (!got && s->n_batch))
        batch_begin(s);
    else if (!got)
        s->at = AT_END;
    return ERR_OK;
}

/* ---- messages ---- */

static enum err messages_step(struct search *s)
{
    bool more;

    TRY(reading_step(s, &more));
    if (more)
        return ERR_OK;
    if (search_truth(s, s->key) == TRUE_)
        add_found(s, &s->known.row);
    reading_end(s);
    if (++s->at_batch < s->n_batch) {
        reading_begin(s, &s->batch[s->at_batch]);
        return ERR_OK;
    }
    s->n_batch = s->at_batch = 0;
    s->at = AT_ROWS;
    return ERR_OK;
}

/* ---- all ---- */

enum err search_run(struct search *s, int64_t us, bool *done_out)
{
    int64_t end = clock_mono_us() + us;

    do {
        switch (s->at) {
        case AT_BOUNDS:
            TRY(bounds_step(s));
            break;
        case AT_ROWS:
            TRY(rows_step(s));
            break;
        case AT_MESSAGES:
            TRY(messages_step(s));
            break;
        case AT_END:
            break;
        }
    } while (s->at != AT_END && clock_mono_us() < end);
    *done_out = s->at == AT_END;
    return ERR_OK;
}

const struct ranges *search_found(const struct search *s)
{
    return &s->found;
}

uint64_t search_modseq(const struct search *s)
{
    return s->modseq;
}

void search_progress(const struct search *s, uint32_t *done_out, uint32_t *all_out)
{
    *all_out = s->at == AT_BOUNDS ? version_head(s->version)->messages
                                  : (uint32_t)ranges_count(&s->candidates);
    *done_out = s->looked - (uint32_t)(s->n_batch - s->at_batch);
}
