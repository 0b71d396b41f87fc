/*
 * mailbox/evaluate_append.c - messages join a mailbox.  Needs the head and the last chunk, never
 * another.
 */
#include "mailbox/batch.h"

#include "base/clock.h"
#include "base/mem.h"
#include "mailbox/stage.h"

/* The message's keywords as ids; all names are known to fit. */
static void message_keywords(struct batch *b, struct touched *t, const struct intent_message *m,
                             struct keyword_set *out)
{
    *out = (struct keyword_set){{0}};
    for (size_t i = 0; i < m->n_keywords; i++) {
        int id = batch_keyword(b, t, m->keywords[i]);

        if (id >= 0)
            out->w[id / 64] |= (uint64_t)1 << (id % 64);
    }
}

static bool keywords_fit(const struct touched *t, const struct intent *in)
{
    size_t more = 0;

    for (size_t i = 0; i < in->append.n; i++)
        more += touched_keywords_new(t, in->append.messages[i].keywords,
                                     in->append.messages[i].n_keywords);
    return t->b.v->keywords->n + more <= KEYWORDS_MAX;
}

static size_t message_bytes(const struct intent_message *m)
{
    enum { ROW = 64, KEYS = 64 };

    return ROW + KEYS + m->summary_list.n + m->summary_more.n + 2 * m->n_keywords;
}

static void append_weigh(const struct intent *in, size_t *keys, size_t *bytes)
{
    *keys = *bytes = 0;
    for (size_t i = 0; i < in->append.n; i++) {
        *keys += 3; /* two summaries, and the engine's note of where the blob is */
        *bytes += message_bytes(&in->append.messages[i]);
    }
}

static void summary_put(struct batch *b, enum key_kind kind, uint64_t object, struct str value)
{
    struct key key = key_one(b->acct->id, kind, object);

    if (!value.p)
        return;
    store_batch_put(b->sb, key_str(&key), value);
    b->changes++;
}

void batch_put_message(struct batch *b, const struct intent_message *m)
{
    summary_put(b, KEY_LIST, m->object, m->summary_list);
    summary_put(b, KEY_MORE, m->object, m->summary_more);
}

static enum err append_rows(struct batch *b, struct ticket *t, struct touched *to)
{
    struct change c = {.kind = CHANGE_APPEND, .modseq = to->b.v->head.modseq + 1};
    size_t n = t->in.append.n;
    struct row *rows = NEW_ARRAY(struct row, n);
    uint32_t first = to->b.v->head.uidnext;
    int64_t now = clock_wall();
    enum err e;

    for (size_t i = 0; i < n; i++) {
        const struct intent_message *m = &t->in.append.messages[i];

        rows[i] = (struct row){.uid = first + (uint32_t)i,
                               .flags = m->flags & FLAGS_ALL,
                               .zone_min = m->zone_min,
                               .object = m->object,
                               .size = m->size,
                               .date = m->date,
                               .saved = now,
                               .modseq = c.modseq};
        message_keywords(b, to, m, &rows[i].keywords);
    }
    c.append.rows = rows;
    c.append.n = n;
    e = batch_change(b, to, &c);
    mem_free(rows);
    ranges_add(&t->result.to_uids, first, first + (uint32_t)n - 1);
    return e;
}

enum err append_finish(struct batch *b, struct ticket *t, struct touched *to, bool summaries)
{
    const struct intent *in = &t->in;

    t->result.uidvalidity = to->b.v->head.uidvalidity;
    if (in->append.n == 0)
        return ERR_OK;
    for (size_t i = 0; summaries && i < in->append.n; i++) {
        batch_put_message(b, &in->append.messages[i]);
        b->blobs += in->append.messages[i].blob != NULL;
    }
    TRY(append_rows(b, t, to));
    t->result.modseq = to->b.v->head.modseq;
    return ERR_OK;
}

static bool summaries_fit(const struct intent *in)
{
    for (size_t i = 0; i < in->append.n; i++)
        if (in->append.messages[i].summary_list.n > STORE_MAX_VALUE ||
            in->append.messages[i].summary_more.n > STORE_MAX_VALUE)
            return false;
    return true;
}

static enum err append_check(struct ticket *t, const struct touched *to)
{
    if (t->in.append.n > UINT32_MAX - to->b.v->head.uidnext) /* RFC 9051, 2.3.1.1: never wraps */
        return ERR_LIMIT;
    if (!summaries_fit(&t->in))
        return ERR_TOO_BIG;
    t->result.keyword_limit = !keywords_fit(to, &t->in);
    return t->result.keyword_limit ? ERR_LIMIT : ERR_OK;
}

enum err evaluate_append(struct batch *b, struct ticket *t, enum outcome *how)
{
    const struct intent *in = &t->in;
    size_t keys, bytes;
    struct touched *to;

    TRY(batch_touch(b, in->mailbox, &to));
    TRY(append_check(t, to));
    append_weigh(in, &keys, &bytes);
    if (t->stage || !batch_could_have(keys, bytes))
        return stage_append(b, t, to, how);
    if (!batch_has_room(b, keys, bytes)) {
        *how = OUTCOME_LATER;
        return ERR_OK;
    }
    return append_finish(b, t, to, true);
}
