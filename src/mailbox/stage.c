/*
 * mailbox/stage.c - intents that need several batches.
 */
#include "mailbox/stage.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/mem.h"
#include "mailbox/reap.h"

struct stage {
    size_t appended; /* messages whose bodies are there */
    size_t dropped;  /* of them, because the rest failed */

    struct version *from; /* as it was when it began; it cannot change meanwhile */
    struct ranges uids;
    struct keyword_map keywords;
    uint32_t at_uid; /* go on from here */
    uint32_t next_uid, next_chunk, gen;
    uint64_t modseq;
    int64_t saved;
    struct chunk *chunks;
    size_t n, cap;
    uint64_t bytes;
};

void stage_free(struct stage *s)
{
    if (!s)
        return;
    version_unref(s->from);
    ranges_fini(&s->uids);
    mem_free(s->chunks);
    mem_free(s);
}

/* ---- append ---- */

static size_t message_weight(const struct intent_message *m)
{
    return m->summary_list.n + m->summary_more.n + 64;
}

enum err stage_append(struct batch *b, struct ticket *t, struct touched *to, enum outcome *how)
{
    const struct intent *in = &t->in;
    struct stage *s = t->stage;

    if (b->first) {
        *how = OUTCOME_LATER;
        return ERR_OK;
    }
    if (!s)
        t->stage = s = NEW(struct stage);
    b->closed = true;
    *how = OUTCOME_AGAIN;
    if (s->appended == in->append.n) {
        *how = OUTCOME_DONE;
        return append_finish(b, t, to, false);
    }
    while (s->appended < in->append.n) {
        struct intent_message *m =
            (struct intent_message *)(uintptr_t)&in->append.messages[s->appended];

        if (s->appended && !batch_has_room(b, 3, message_weight(m)))
            break;
        batch_put_message(b, m);
        if (m->blob)
            store_batch_blob(b->sb, m->blob);
        m->blob = NULL;
        s->appended++;
        b->changes++;
    }
    return ERR_OK;
}

bool stage_is_left(const struct ticket *t)
{
    return t->stage && t->stage->dropped < t->stage->appended;
}

/* Its first batches may have been the ones that failed: to remove what is not there is nothing. */
enum err stage_drop(struct batch *b, struct ticket *t, enum outcome *how)
{
    struct stage *s = t->stage;

    if (b->first) {
        *how = OUTCOME_LATER;
        return ERR_OK;
    }
    for (size_t i = 0; i < REAP_OBJECTS && s->dropped < s->appended; i++)
        reap_object_remove(b, t->in.append.messages[s->dropped++].object);
    b->closed = true;
    *how = OUTCOME_AGAIN;
    return ERR_OK;
}

/* ---- keywords ---- */

void keyword_map_make(const struct version *from, const struct touched *to, struct keyword_map *m)
{
    for (unsigned i = 0; i < KEYWORDS_MAX; i++)
        m->to[i] = -1;
    for (unsigned i = 0; i < from->keywords->n; i++)
        m->to[i] = (int16_t)keytable_find(to->b.v->keywords, from->keywords->name[i]);
}

/* Those that are really used and new there. */
static void keyword_map_need(struct batch *b, const struct version *from, struct touched *to,
                             const struct row *r, struct keyword_map *m)
{
    for (unsigned w = 0; w < ARRAY_LEN(r->keywords.w); w++) {
        for (uint64_t left = r->keywords.w[w]; left; left &= left - 1) {
            unsigned id = w * 64 + (unsigned)__builtin_ctzll(left);

            if (m->to[id] < 0 && id < from->keywords->n)
                m->to[id] = (int16_t)batch_keyword(b, to, from->keywords->name[id]);
        }
    }
}

static void keyword_map_row(const struct keyword_map *m, struct row *r)
{
    struct keyword_set made = {{0}};

    for (unsigned w = 0; w < ARRAY_LEN(r->keywords.w); w++) {
        for (uint64_t left = r->keywords.w[w]; left; left &= left - 1) {
            int id = m->to[w * 64 + (unsigned)__builtin_ctzll(left)];

            if (id >= 0)
                made.w[id / 64] |= (uint64_t)1 << (id % 64);
        }
    }
    r->keywords = made;
}

void keyword_map_use(struct batch *b, const struct version *from, struct touched *to,
                     struct keyword_map *m, struct row *r)
{
    keyword_map_need(b, from, to, r, m);
    keyword_map_row(m, r);
}

/* ---- copy ---- */

static struct stage *stage_begin(struct ticket *t, const struct touched *from,
                                 const struct touched *to, const struct ranges *uids)
{
    struct stage *s = NEW(struct stage);

    s->from = version_ref(from->b.v);
    ranges_copy(&s->uids, uids);
    s->at_uid = 1;
    s->next_uid = to->b.v->head.uidnext;
    s->next_chunk = to->b.v->disk.next_chunk;
    s->gen = to->b.v->disk.next_gen;
    s->modseq = to->b.v->head.modseq + 1;
    s->saved = clock_wall();
    t->stage = s;
    return s;
}

static struct chunk *stage_chunk_add(struct stage *s)
{
    if (s->n == s->cap) {
        s->cap = s->cap ? s->cap * 2 : 64;
        s->chunks = mem_grow(s->chunks, s->cap * sizeof(*s->chunks));
    }
    return &s->chunks[s->n++];
}

static void half_put(struct batch *b, const struct touched *to, enum key_kind kind,
                     const struct stage *s, uint32_t id, const struct buf *value)
{
    struct key key = key_generation(b->acct->id, kind, to->id, id, s->gen);

    batch_put(b, &key, value);
}

static void stage_chunk_put(struct batch *b, const struct touched *to, struct stage *s,
                            const struct stable *stable, const struct state *state, unsigned n)
{
    struct chunk *c = stage_chunk_add(s);
    struct buf value = BUF_INIT;

    *c = (struct chunk){.id = s->next_chunk++,
                        .first_uid = stable->uid[0],
                        .last_uid = stable->uid[n - 1],
                        .stable_gen = s->gen,
                        .state_gen = s->gen,
                        .slots = (uint16_t)n,
                        .touched = s->modseq};
    chunk_recount(c, state);
    stable_encode(stable, n, c->first_uid, &value);
    half_put(b, to, KEY_STABLE, s, c->id, &value);
    buf_clear(&value);
    state_encode(state, n, &value);
    half_put(b, to, KEY_STATE, s, c->id, &value);
    buf_fini(&value);
}

/* One chunk full of rows, if there are so many left. */
static enum err stage_chunk(struct batch *b, struct touched *to, struct stage *s,
                            struct cursor *cur, bool *end_out)
{
    struct stable *stable = stable_new(CHUNK_MESSAGES);
    struct state *state = state_new(CHUNK_MESSAGES);
    unsigned n = 0;
    enum err e = ERR_OK;

    while (n < CHUNK_MESSAGES) {
        struct row r;
        bool got;

        e = cursor_next(cur, &r, &got);
        *end_out = e != ERR_OK || !got || r.uid > s->uids.v[s->uids.n - 1].hi;
        if (*end_out)
            break;
        s->at_uid = r.uid + 1;
        if (!ranges_has(&s->uids, r.uid))
            continue;
        account_guard(b->acct, r.object);
        keyword_map_use(b, s->from, to, &s->keywords, &r);
        r.uid = s->next_uid++;
        r.modseq = s->modseq;
        r.saved = s->saved;
        s->bytes += r.size;
        stable_set(stable, n, &r);
        state_set(state, n++, &r);
    }
    if (e == ERR_OK && n)
        stage_chunk_put(b, to, s, stable, state, n);
    block_unref(&stable->block);
    block_unref(&state->block);
    return e;
}

enum { CHUNK_BYTES = 64 * 1024 };

static enum err stage_chunks(struct batch *b, struct touched *to, struct stage *s, bool *end_out)
{
    struct cursor cur;
    enum err e;

    *end_out = false;
    cursor_init(&cur, s->from);
    e = cursor_seek(&cur, s->at_uid);
    for (unsigned i = 0;
         e == ERR_OK && !*end_out && i < STAGE_CHUNKS && batch_has_room(b, 2, CHUNK_BYTES); i++)
        e = stage_chunk(b, to, s, &cur, end_out);
    cursor_fini(&cur);
    return e;
}

static enum err stage_link(struct batch *b, struct ticket *t, struct touched *to)
{
    struct stage *s = t->stage;
    struct change c = {.kind = CHANGE_LINK, .modseq = s->modseq};
    uint32_t first = s->chunks[0].first_uid;

    check(to->b.v->head.uidnext == first && to->b.v->head.modseq < s->modseq);
    c.link.chunks = s->chunks;
    c.link.n = s->n;
    c.link.bytes = s->bytes;
    if (to->b.v->disk.next_gen <= s->gen)
        to->b.v->disk.next_gen = s->gen + 1;
    ranges_union(&t->result.from_uids, &s->uids);
    ranges_add(&t->result.to_uids, first, s->next_uid - 1);
    return batch_change(b, to, &c);
}

/* Keywords that the copies bring along enter the table with the batch in which they are met: that
 * is written, the chunks are not linked yet. */
enum err stage_copy(struct batch *b, struct ticket *t, struct touched *from, struct touched *to,
                    const struct ranges *uids, enum outcome *how)
{
    struct stage *s = t->stage;
    bool end;

    if (!s) {
        s = stage_begin(t, from, to, uids);
        keyword_map_make(s->from, to, &s->keywords);
    }
    b->closed = true;
    b->changes++;
    TRY(stage_chunks(b, to, s, &end));
    to->no_fold = !end; /* it would take numbers that the chunks to be linked have */
    if (!end) {
        *how = OUTCOME_AGAIN;
        return ERR_OK;
    }
    return s->n ? stage_link(b, t, to) : ERR_OK;
}
