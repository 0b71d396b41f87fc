/*
 * mailbox/head.c - opening a mailbox: head, directory, log.
 *
 * The head is right about counts and numbers at every moment.  The directory blocks it names are as
 * old as their last fold; the log's records bring them up to date, each block only by what is newer
 * than it.  At the end the counts found must be the head's, or the mailbox is damaged.
 */
#include "mailbox/head.h"

#include "base/log.h"
#include "base/mem.h"
#include "mailbox/builder.h"
#include "mailbox/keys.h"

enum { HEAD_FORMAT = 1, SCAN_ROWS = 64 };

void head_encode(const struct version *v, uint32_t recent_from, struct buf *out)
{
    size_t start = seal_begin(out, HEAD_FORMAT), blocks = 0;
    const struct version_head *h = &v->head;
    const struct disk *d = &v->disk;

    for (size_t i = 0; i < v->n; i++)
        blocks += v->dir[i]->gen != 0;
    enc_var(out, h->mailbox);
    enc_var(out, h->uidvalidity);
    enc_var(out, h->uidnext);
    enc_var(out, h->modseq);
    enc_var(out, h->messages);
    enc_var(out, h->unseen);
    enc_var(out, h->deleted);
    enc_var(out, h->bytes);
    enc_var(out, recent_from);
    enc_var(out, d->folded);
    enc_var(out, d->floor);
    enc_var(out, d->log_records);
    enc_var(out, d->log_bytes);
    enc_var(out, d->next_chunk);
    enc_var(out, d->next_block);
    enc_var(out, d->next_gen);
    enc_var(out, d->rows_upto);
    enc_var(out, v->keywords->n);
    enc_var(out, blocks);
    for (size_t i = 0; i < v->n; i++) {
        if (v->dir[i]->gen) {
            enc_var(out, v->dir[i]->id);
            enc_var(out, v->dir[i]->gen);
        }
    }
    seal_end(out, start);
}

static uint32_t dec_var32(struct dec *d)
{
    uint64_t v = dec_var(d);

    if (v > UINT32_MAX)
        d->bad = true;
    return (uint32_t)v;
}

static void counts_decode(struct dec *d, struct version_head *h)
{
    h->mailbox = dec_var(d);
    h->uidvalidity = dec_var32(d);
    h->uidnext = dec_var32(d);
    h->modseq = dec_var(d);
    h->messages = dec_var32(d);
    h->unseen = dec_var32(d);
    h->deleted = dec_var32(d);
    h->bytes = dec_var(d);
    h->recent_from = dec_var32(d);
}

static void disk_decode(struct dec *d, struct disk *k)
{
    k->folded = dec_var(d);
    k->floor = dec_var(d);
    k->log_records = dec_var32(d);
    k->log_bytes = dec_var32(d);
    k->next_chunk = dec_var32(d);
    k->next_block = dec_var32(d);
    k->next_gen = dec_var32(d);
    k->rows_upto = dec_var32(d);
}

enum err head_decode(struct str value, struct arena *a, struct head *out)
{
    struct dec d;
    uint8_t format;
    uint64_t n;

    TRY(seal_open(value, HEAD_FORMAT, &format, &d));
    *out = (struct head){.n = 0};
    counts_decode(&d, &out->counts);
    disk_decode(&d, &out->disk);
    out->keywords = dec_var32(&d);
    n = dec_var(&d);
    if (d.bad || n > d.n / 2 || out->keywords > KEYWORDS_MAX || out->counts.uidnext == 0)
        return ERR_CORRUPT;
    out->blocks = ARENA_ARRAY(a, struct head_block, n);
    out->n = n;
    for (size_t i = 0; i < n; i++) {
        out->blocks[i].id = dec_var32(&d);
        out->blocks[i].gen = dec_var32(&d);
    }
    return d.bad || d.n ? ERR_CORRUPT : ERR_OK;
}

/* ---- log list ---- */

void log_list_add(struct log_list *l, struct log_entry e)
{
    if (l->n == l->cap) {
        l->cap = l->cap ? l->cap * 2 : 8;
        l->v = mem_grow(l->v, l->cap * sizeof(*l->v));
    }
    l->v[l->n++] = e;
}

void log_list_drop(struct log_list *l, uint64_t upto)
{
    size_t k = 0;

    while (k < l->n && l->v[k].modseq <= upto)
        k++;
    if (k)
        memmove(l->v, l->v + k, (l->n - k) * sizeof(*l->v));
    l->n -= k;
}

void log_list_fini(struct log_list *l)
{
    mem_free(l->v);
    *l = (struct log_list){NULL, 0, 0};
}

/* ---- reading ---- */

enum err head_read(struct store *store, uint64_t account, uint64_t mailbox, struct arena *a,
                   struct head *out)
{
    struct key key = key_one(account, KEY_HEAD, mailbox);
    struct str name = key_str(&key), value;

    TRY(store_get(store, a, &name, 1, &value));
    if (!value.p)
        return ERR_NO_MAILBOX;
    TRY(head_decode(value, a, out));
    return out->counts.mailbox == mailbox ? ERR_OK : ERR_CORRUPT;
}

static enum err keywords_read(struct shelf *s, struct arena *a, const struct head *h,
                              struct version *v)
{
    struct key key = key_one(s->account, KEY_KEYWORDS, s->mailbox);
    struct str name = key_str(&key), value;

    if (h->keywords == 0) {
        v->keywords = keytable_new();
        return ERR_OK;
    }
    TRY(store_get(s->store, a, &name, 1, &value));
    if (!value.p)
        return ERR_CORRUPT;
    TRY(keytable_decode(value, &v->keywords));
    return v->keywords->n >= h->keywords ? ERR_OK : ERR_CORRUPT;
}

static enum err directory_read(struct shelf *s, struct arena *a, const struct head *h,
                               struct version *v)
{
    struct key *keys = ARENA_ARRAY(a, struct key, h->n);
    struct str *names = ARENA_ARRAY(a, struct str, h->n),
               *values = ARENA_ARRAY(a, struct str, h->n);
    uint32_t last = 0;

    for (size_t i = 0; i < h->n; i++) {
        keys[i] =
            key_generation(s->account, KEY_DIR, s->mailbox, h->blocks[i].id, h->blocks[i].gen);
        names[i] = key_str(&keys[i]);
    }
    TRY(store_get(s->store, a, names, h->n, values));
    v->dir = NEW_ARRAY(struct dirblock *, h->n ? h->n : 1);
    v->cap = h->n ? h->n : 1;
    for (size_t i = 0; i < h->n; i++) {
        struct dirblock *d;

        if (!values[i].p)
            return ERR_CORRUPT;
        TRY(dirblock_decode(values[i], &d));
        d->gen = h->blocks[i].gen;
        v->dir[v->n++] = d;
        if (d->id != h->blocks[i].id || d->c[0].first_uid <= last)
            return ERR_CORRUPT;
        last = d->c[d->n - 1].last_uid;
    }
    return ERR_OK;
}

enum err record_collect(const struct store_row *rows, size_t n, struct buf *record,
                        size_t *used_out)
{
    uint64_t modseq = n ? key_modseq_of(rows[0].key) : 0;
    bool more = true;
    size_t i = 0;

    buf_clear(record);
    for (; more && i < n; i++) {
        if (key_modseq_of(rows[i].key) != modseq || key_part_of(rows[i].key) != i)
            return ERR_CORRUPT;
        TRY(record_join(rows[i].value, i, record, &more));
    }
    *used_out = i;
    return more ? ERR_NOT_FOUND : ERR_OK;
}

static enum err record_replay(struct builder *b, struct str record)
{
    struct arena *a = arena_new();
    struct dec d = dec_of(record);
    enum err e = ERR_OK;

    while (e == ERR_OK && d.n && !d.bad) {
        struct change c;

        change_decode(&d, a, &c);
        e = d.bad ? ERR_CORRUPT : builder_apply(b, &c);
        change_fini(&c);
    }
    arena_free(a);
    return e;
}

/* A record with more parts than a scan returns is fetched again, with a wider one. */
static enum err log_replay(struct shelf *s, struct builder *b, uint64_t folded,
                           struct log_list *log)
{
    struct key prefix = key_one(s->account, KEY_LOG, s->mailbox);
    struct buf record = BUF_INIT;
    size_t limit = SCAN_ROWS, n = limit;
    uint64_t from = folded + 1;
    enum err e = ERR_OK;

    while (e == ERR_OK && n == limit) {
        struct key at = key_modseq(s->account, KEY_LOG, s->mailbox, from, 0);
        struct arena *a = arena_new();
        struct store_row *rows;
        size_t used, i = 0;

        e = store_scan(s->store, a, key_str(&prefix), key_str(&at), limit, &rows, &n);
        while (e == ERR_OK && i < n) {
            e = record_collect(rows + i, n - i, &record, &used);
            if (e == ERR_OK)
                e = record_replay(b, buf_str(&record));
            if (e != ERR_OK)
                break;
            from = key_modseq_of(rows[i].key) + 1;
            log_list_add(log, (struct log_entry){from - 1, (uint32_t)used});
            i += used;
        }
        arena_free(a);
        if (e == ERR_NOT_FOUND) {
            e = n == limit ? ERR_OK : ERR_CORRUPT;
            limit = n = i ? limit : limit * 4;
        }
    }
    buf_fini(&record);
    return e;
}

static bool counts_agree(const struct version_head *a, const struct version_head *b)
{
    return a->messages == b->messages && a->unseen == b->unseen && a->deleted == b->deleted &&
           a->modseq == b->modseq && a->uidnext <= b->uidnext;
}

/* The counts of what the directory says, for the replay to go on from. */
static void counts_of_directory(struct version *v)
{
    struct place last = version_last(v);

    for (size_t i = 0; i < v->n; i++) {
        v->head.messages += dirblock_live(v->dir[i]);
        v->head.unseen += dirblock_unseen(v->dir[i]);
        v->head.deleted += dirblock_deleted(v->dir[i]);
    }
    v->head.uidnext = last.c ? last.c->last_uid + 1 : 1;
}

static enum err version_read(struct shelf *s, struct arena *a, struct version *v,
                             struct log_list *log)
{
    struct builder b;
    struct head h;

    TRY(head_read(s->store, s->account, s->mailbox, a, &h));
    TRY(keywords_read(s, a, &h, v));
    TRY(directory_read(s, a, &h, v));
    v->disk = h.disk;
    counts_of_directory(v);
    v->head.modseq = h.disk.folded;
    builder_of(&b, v, h.disk.folded);
    TRY(log_replay(s, &b, h.disk.folded, log));
    if (!counts_agree(&v->head, &h.counts))
        return ERR_CORRUPT;
    v->head = h.counts;
    v->disk.log_records = (uint32_t)log->n;
    return ERR_OK;
}

enum err mailbox_read(struct shelf *shelf, struct version **out, struct log_list *log_out)
{
    struct version *v = version_new(shelf);
    struct arena *a = arena_new();
    enum err e;

    *log_out = (struct log_list){NULL, 0, 0};
    e = version_read(shelf, a, v, log_out);
    arena_free(a);
    if (e == ERR_OK) {
        *out = v;
        return ERR_OK;
    }
    if (e != ERR_NO_MAILBOX)
        log_event(LOG_ERROR, "mailbox", kv_u64("account", shelf->account),
                  kv_u64("mailbox", shelf->mailbox), kv_err(e));
    log_list_fini(log_out);
    version_unref(v);
    return e;
}
