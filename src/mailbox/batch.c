/*
 * mailbox/batch.c - making a batch: touching mailboxes, changing them, and what goes to the store
 * in the end.
 *
 * While intents are evaluated only summaries are put into the store batch; a mailbox's record,
 * history and head are written once, at the end, however many intents touched it.
 */
#include "mailbox/batch.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/mem.h"
#include "mailbox/history.h"

enum {
    /* What intents may fill; the rest is for heads, records and folding. */
    ROOM_KEYS = STORE_MAX_BATCH_KEYS - 1500,
    ROOM_BYTES = STORE_MAX_BATCH_BYTES - (1024 + 512) * 1024,
    CLEAN_KEYS = 200, /* old generations removed with one batch */
};

struct batch *batch_new(struct account *acct)
{
    struct batch *b = NEW(struct batch);

    b->acct = acct;
    b->end = &b->first;
    b->touched_end = &b->touched;
    b->sb = store_batch_new(acct->id);
    b->counters = acct->counters;
    return b;
}

static void touched_free(struct account *acct, struct touched *t)
{
    if (t->b.v)
        builder_fini(&t->b);
    if (t->created)
        mailbox_free(t->m);
    else if (t->m)
        account_mailbox_unpin(acct, t->m);
    buf_fini(&t->record);
    ranges_fini(&t->expunged);
    for (size_t i = 0; i < t->n_fresh; i++)
        block_unref(t->fresh[i].block);
    mem_free(t->fresh);
    mem_free(t->garbage);
    mem_free(t->objects);
    mem_free(t);
}

void batch_free(struct batch *b)
{
    while (b->touched) {
        struct touched *t = b->touched;

        b->touched = t->next;
        touched_free(b->acct, t);
    }
    store_batch_free(b->sb);
    tree_unref(b->tree);
    mem_free(b);
}

bool batch_is_empty(const struct batch *b)
{
    for (const struct touched *t = b->touched; t; t = t->next)
        if (t->changed)
            return false;
    return !b->tree && !b->counters_changed && !b->acct->fresh && store_batch_keys(b->sb) == 0;
}

static void batch_weigh(const struct batch *b, size_t *keys, size_t *bytes)
{
    *keys = store_batch_keys(b->sb) + b->blobs;
    *bytes = store_batch_bytes(b->sb);
    for (const struct touched *t = b->touched; t; t = t->next) {
        size_t record = t->record.n + t->expunged.n * 10 + t->n_objects * 4;

        *keys += TOUCHED_KEYS + record / RECORD_PART_BYTES;
        *bytes += TOUCHED_BYTES + record;
    }
}

bool batch_has_room(const struct batch *b, size_t keys, size_t bytes)
{
    size_t k, n;

    batch_weigh(b, &k, &n);
    return k + keys <= ROOM_KEYS && n + bytes <= ROOM_BYTES;
}

bool batch_could_have(size_t keys, size_t bytes)
{
    return keys + 8 * TOUCHED_KEYS <= ROOM_KEYS && bytes + 8 * TOUCHED_BYTES <= ROOM_BYTES;
}

/* ---- touching ---- */

static struct touched *touched_add(struct batch *b, uint64_t mailbox)
{
    struct touched *t = NEW(struct touched);

    t->id = mailbox;
    *b->touched_end = t;
    b->touched_end = &t->next;
    return t;
}

static struct touched *touched_find(const struct batch *b, uint64_t mailbox)
{
    struct touched *t = b->touched;

    while (t && t->id != mailbox)
        t = t->next;
    return t;
}

enum err batch_touch(struct batch *b, uint64_t mailbox, struct touched **out)
{
    struct touched *t = touched_find(b, mailbox);
    struct mailbox *m;
    struct version *v;

    if (!t) {
        TRY(account_mailbox(b->acct, mailbox, &m, &v));
        t = touched_add(b, mailbox);
        t->m = m;
        builder_init(&t->b, v);
        version_unref(v);
    }
    *out = t;
    return t->deleted ? ERR_NO_MAILBOX : ERR_OK;
}

struct touched *batch_touch_blind(struct batch *b, uint64_t mailbox)
{
    return touched_add(b, mailbox);
}

struct touched *batch_create(struct batch *b)
{
    struct touched *t = touched_add(b, b->counters.next_mailbox++);
    struct version *v;

    b->counters_changed = true;
    t->m = mailbox_new(b->acct, t->id);
    v = mailbox_first_version(t->m, batch_uidvalidity(b));
    builder_of(&t->b, v, v->head.modseq);
    t->created = t->changed = true;
    b->changes++;
    return t;
}

struct tree *batch_tree(struct batch *b)
{
    return b->tree ? b->tree : b->acct->tree;
}

struct tree *batch_tree_change(struct batch *b)
{
    if (!b->tree)
        b->tree = tree_copy(b->acct->tree);
    b->changes++;
    return b->tree;
}

/* Never given twice in an account, so a name that is deleted and made again has another (RFC
 * 9051, 2.3.1.1). */
uint32_t batch_uidvalidity(struct batch *b)
{
    int64_t now = clock_wall();
    uint32_t last = b->counters.last_uidvalidity;

    b->counters.last_uidvalidity = now > last && now < UINT32_MAX ? (uint32_t)now : last + 1;
    b->counters_changed = true;
    return b->counters.last_uidvalidity;
}

void batch_put(struct batch *b, const struct key *key, const struct buf *value)
{
    store_batch_put(b->sb, key_str(key), buf_str(value));
    b->changes++;
}

/* ---- changing ---- */

enum err batch_change(struct batch *b, struct touched *t, const struct change *c)
{
    b->changes++;
    t->changed = true;
    change_encode(c, &t->record);
    return builder_apply(&t->b, c);
}

void touched_object_gone(struct touched *t, uint64_t object)
{
    if (t->n_objects == t->cap_objects) {
        t->cap_objects = t->cap_objects ? t->cap_objects * 2 : 64;
        t->objects = mem_grow(t->objects, t->cap_objects * sizeof(*t->objects));
    }
    t->objects[t->n_objects++] = object;
}

int batch_keyword(struct batch *b, struct touched *t, struct str name)
{
    struct version *v = t->b.v;
    int id = keytable_find(v->keywords, name);
    struct keytable *grown;

    if (id >= 0)
        return id;
    if (v->keywords->n == KEYWORDS_MAX)
        return -1;
    grown = keytable_add(v->keywords, name);
    keytable_unref(v->keywords);
    v->keywords = grown;
    t->keywords_grew = t->changed = true;
    b->changes++;
    return (int)grown->n - 1;
}

size_t touched_keywords_new(const struct touched *t, const struct str *names, size_t n)
{
    size_t count = 0;

    for (size_t i = 0; i < n; i++) {
        if (names[i].n == 0 || names[i].n > KEYWORD_MAX_BYTES)
            return KEYWORDS_MAX + 1;
        count += keytable_find(t->b.v->keywords, names[i]) < 0;
    }
    return count;
}

/* ---- sealing ---- */

static void seal_record(struct batch *b, struct touched *t)
{
    struct version *v = t->b.v;

    for (size_t i = 0; i < record_parts(t->record.n); i++) {
        struct key key = key_modseq(b->acct->id, KEY_LOG, t->id, v->head.modseq, (uint16_t)i);
        struct buf value = BUF_INIT;

        record_part(buf_str(&t->record), i, &value);
        batch_put(b, &key, &value);
        buf_fini(&value);
    }
}

/* One record of history per batch: when, which UIDs, which objects. */
static void seal_history(struct batch *b, struct touched *t)
{
    struct buf body = BUF_INIT;

    if (t->expunged.n == 0)
        return;
    history_encode(clock_wall(), &t->expunged, t->objects, t->n_objects, &body);
    for (size_t i = 0; i < record_parts(body.n); i++) {
        struct key key =
            key_modseq(b->acct->id, KEY_HISTORY, t->id, t->b.v->head.modseq, (uint16_t)i);
        struct buf value = BUF_INIT;

        record_part(buf_str(&body), i, &value);
        batch_put(b, &key, &value);
        buf_fini(&value);
    }
    buf_fini(&body);
}

static void seal_keywords(struct batch *b, struct touched *t)
{
    struct key key = key_one(b->acct->id, KEY_KEYWORDS, t->id);
    struct buf value = BUF_INIT;

    if (!t->keywords_grew)
        return;
    keytable_encode(t->b.v->keywords, &value);
    batch_put(b, &key, &value);
    buf_fini(&value);
}

static void seal_head(struct batch *b, struct touched *t)
{
    struct key key = key_one(b->acct->id, KEY_HEAD, t->id);
    struct buf value = BUF_INIT;
    uint32_t recent;

    pthread_mutex_lock(&b->acct->lock);
    recent = t->m->recent;
    pthread_mutex_unlock(&b->acct->lock);
    head_encode(t->b.v, recent, &value);
    batch_put(b, &key, &value);
    buf_fini(&value);
}

/* Generations that no live version names any more. */
static void seal_garbage(struct batch *b, struct touched *t)
{
    uint64_t oldest = shelf_oldest(t->m->shelf);

    while (t->n_cleaned < t->m->n_garbage && t->n_cleaned < CLEAN_KEYS) {
        const struct garbage *g = &t->m->garbage[t->n_cleaned];
        struct key key;

        if (g->serial > oldest || store_batch_keys(b->sb) >= SEAL_KEYS)
            break;
        key =
            key_generation(b->acct->id, (enum key_kind)g->key.kind, t->id, g->key.part, g->key.gen);
        store_batch_delete(b->sb, key_str(&key));
        t->n_cleaned++;
    }
}

static void seal_log(struct batch *b, struct touched *t)
{
    struct disk *d = &t->b.v->disk;

    if (t->record.n == 0 || t->folded_upto >= t->b.v->head.modseq)
        return;
    seal_record(b, t);
    d->log_records++;
    d->log_bytes += (uint32_t)t->record.n;
}

/* Log records that are in the chunks now. */
static void seal_folded(struct batch *b, struct touched *t)
{
    const struct log_list *log = &t->m->log;
    uint32_t left = 0;

    if (!t->folded_upto)
        return;
    for (size_t i = 0; i < log->n; i++) {
        for (uint32_t part = 0; part < log->v[i].parts && log->v[i].modseq <= t->folded_upto;
             part++) {
            struct key key =
                key_modseq(b->acct->id, KEY_LOG, t->id, log->v[i].modseq, (uint16_t)part);

            store_batch_delete(b->sb, key_str(&key));
        }
        left += log->v[i].modseq > t->folded_upto;
    }
    t->b.v->disk.log_records = left;
    if (left == 0)
        t->b.v->disk.log_bytes = 0;
    t->b.v->disk.folded = t->folded_upto;
}

static void seal_deleted(struct batch *b, struct touched *t)
{
    struct key head = key_one(b->acct->id, KEY_HEAD, t->id);
    struct key tomb = key_one(b->acct->id, KEY_TOMB, t->id);
    struct buf value = BUF_INIT;

    if (t->created)
        return;
    if (t->record.n) /* the reaper learns from it what came with this very batch */
        seal_record(b, t);
    tomb_encode(clock_wall(), &value);
    store_batch_delete(b->sb, key_str(&head));
    batch_put(b, &tomb, &value);
    buf_fini(&value);
}

/* What a fold may take: all that the records and heads of this batch will not need. */
static void seal_fold(struct batch *b, struct touched *t)
{
    size_t keys, bytes;

    if (!fold_is_due(b, t))
        return;
    batch_weigh(b, &keys, &bytes);
    for (size_t i = 0; i < t->m->log.n; i++)
        keys += t->m->log.v[i].parts; /* may all be deleted */
    if (keys < SEAL_KEYS && bytes < SEAL_BYTES)
        batch_fold(b, t, SEAL_KEYS - keys, SEAL_BYTES - bytes);
}

static void seal_touched(struct batch *b, struct touched *t)
{
    if (t->deleted) {
        seal_deleted(b, t);
        return;
    }
    seal_history(b, t);
    seal_keywords(b, t);
    seal_fold(b, t);
    seal_folded(b, t);
    seal_log(b, t);
    seal_garbage(b, t);
    seal_head(b, t);
}

static void seal_counters(struct batch *b)
{
    struct key key = key_kind(b->acct->id, KEY_ACCOUNT);
    uint64_t next = atomic_load(&b->acct->next_object);
    struct buf value = BUF_INIT;

    if (next + OBJECTS_AHEAD / 2 > b->counters.object_bound) {
        b->counters.object_bound = next + OBJECTS_AHEAD;
        b->counters_changed = true;
    }
    if (b->counters_changed) {
        counters_encode(&b->counters, &value);
        batch_put(b, &key, &value);
    }
    buf_fini(&value);
}

/* What a new account begins with goes with its first batch. */
static void seal_fresh(struct batch *b)
{
    const struct node *inbox = tree_node(b->acct->tree, 1);
    struct key key = key_one(b->acct->id, KEY_NODE, 1);
    struct buf value = BUF_INIT;
    struct touched *t;

    node_encode(inbox, &value);
    batch_put(b, &key, &value);
    buf_fini(&value);
    check(batch_touch(b, inbox->mailbox, &t) == ERR_OK);
    t->changed = true;
    b->counters_changed = true;
}

/* Blobs join last: until now the batch could be given up and its intents evaluated again. */
static void seal_blobs(struct batch *b)
{
    for (struct ticket *t = b->first; t; t = t->next) {
        for (size_t i = 0;
             t->in.kind == INTENT_APPEND && t->result.err == ERR_OK && i < t->in.append.n; i++) {
            struct intent_message *m =
                (struct intent_message *)(uintptr_t)&t->in.append.messages[i];

            if (m->blob)
                store_batch_blob(b->sb, m->blob);
            m->blob = NULL;
        }
    }
}

void batch_seal(struct batch *b)
{
    check(!b->sealed);
    if (b->acct->fresh)
        seal_fresh(b);
    for (struct touched *t = b->touched; t; t = t->next)
        if (t->changed)
            seal_touched(b, t);
    seal_counters(b);
    seal_blobs(b);
    b->sealed = true;
}

/* ---- publishing ---- */

static void publish_changes(struct batch *b, struct touched *t)
{
    struct mailbox *m = t->m;
    struct version *v = builder_take(&t->b), *old = m->version;

    if (t->created) {
        account_mailbox_add_locked(b->acct, m);
        m->pins = 1;
    }
    t->created = false;
    if (t->folded_upto)
        log_list_drop(&m->log, t->folded_upto);
    if (t->record.n && t->folded_upto < v->head.modseq)
        log_list_add(&m->log,
                     (struct log_entry){v->head.modseq, (uint32_t)record_parts(t->record.n)});
    version_publish(v);
    m->version = v;
    m->used = ++b->acct->clock;
    version_unref(old);
}

/* The blocks it wrote can be had from the cache; the generations they replace go when nobody can
 * name them. */
static void publish_generations(struct batch *b, struct touched *t)
{
    struct mailbox *m = t->m;

    for (size_t i = 0; i < t->n_fresh; i++)
        block_unref(cache_put(b->acct->ms->cache, &t->fresh[i].key, t->fresh[i].block));
    t->n_fresh = 0;
    if (t->n_cleaned)
        memmove(m->garbage, m->garbage + t->n_cleaned,
                (m->n_garbage - t->n_cleaned) * sizeof(*m->garbage));
    m->n_garbage -= t->n_cleaned;
    for (size_t i = 0; i < t->n_garbage; i++)
        mailbox_garbage(m, m->version->serial, t->garbage[i].key.kind, t->garbage[i].key.part,
                        t->garbage[i].key.gen);
}

static void publish_touched(struct batch *b, struct touched *t)
{
    if (t->deleted && !t->created) {
        if (t->m)
            account_mailbox_end_locked(b->acct, t->m);
        t->m = NULL;
    } else if (t->changed && !t->deleted) {
        b->acct->folded += t->folded_blocks;
        publish_changes(b, t);
        publish_generations(b, t);
    }
}

void batch_publish(struct batch *b)
{
    struct account *acct = b->acct;
    struct names *flat = NULL;
    struct tree *tree = NULL;

    pthread_mutex_lock(&acct->lock);
    for (struct touched *t = b->touched; t; t = t->next)
        publish_touched(b, t);
    if (b->tree) {
        tree = acct->tree;
        flat = acct->flat;
        acct->tree = tree_ref(b->tree);
        acct->flat = NULL;
    }
    acct->fresh = false;
    pthread_mutex_unlock(&acct->lock);
    acct->counters = b->counters;
    tree_unref(tree);
    names_unref(flat);
}
