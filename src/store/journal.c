/*
 * store/journal.c - what a journal record says, and doing it to the map.
 *
 * A group is a row of steps.  The commit thread and recovery do them with the same code, so that
 * the map is the same after a crash as it would have been without.
 */
#include "store/embedded_priv.h"

#include "base/codec.h"
#include "base/mem.h"

#include <fcntl.h>
#include <unistd.h>

enum step {
    STEP_BATCH = 1, /* account, its change number from now on */
    STEP_PUT,       /* inner key, value */
    STEP_DELETE,    /* inner key */
    STEP_DROP,      /* account, object */
    STEP_BLOB,      /* account, object, entry */
    STEP_MOVE,      /* account, object, from where, to where */
    STEP_LIVE,      /* pack, live bytes, live records: counted anew */
};

enum { LIVE_FORMAT = 1, CHANGE_FORMAT = 1 };

struct live_change {
    uint32_t pack;
    int64_t bytes, records;
};

struct own_file {
    uint64_t account, object, number;
};

struct map_changes {
    struct live_change *live;
    size_t n_live, cap_live;
    struct own_file *files; /* dropped */
    size_t n_files, cap_files;
};

struct map_changes *map_changes_new(void)
{
    return NEW(struct map_changes);
}

void map_changes_free(struct map_changes *c)
{
    if (!c)
        return;
    mem_free(c->live);
    mem_free(c->files);
    mem_free(c);
}

void map_changes_clear(struct map_changes *c)
{
    c->n_live = c->n_files = 0;
}

static void live_add(struct map_changes *c, const struct blob_entry *e, int sign)
{
    size_t i = 0;

    while (i < c->n_live && c->live[i].pack != e->place.pack)
        i++;
    if (i == c->n_live) {
        if (i == c->cap_live) {
            c->cap_live = c->cap_live ? 2 * c->cap_live : 8;
            c->live = mem_grow(c->live, c->cap_live * sizeof(*c->live));
        }
        c->live[c->n_live++] = (struct live_change){.pack = e->place.pack};
    }
    c->live[i].bytes += sign * (int64_t)record_space(e->size);
    c->live[i].records += sign;
}

static void file_add(struct map_changes *c, uint64_t account, uint64_t object, uint64_t number)
{
    if (c->n_files == c->cap_files) {
        c->cap_files = c->cap_files ? 2 * c->cap_files : 8;
        c->files = mem_grow(c->files, c->cap_files * sizeof(*c->files));
    }
    c->files[c->n_files++] = (struct own_file){account, object, number};
}

void map_changes_unlink(struct embedded *s, const struct map_changes *c)
{
    char name[BLOB_NAME_MAX];

    for (size_t i = 0; i < c->n_files; i++) {
        blob_file_name(c->files[i].account, c->files[i].object, c->files[i].number, name);
        (void)unlinkat(s->blobs_dir, name, 0); /* one that stays is found by check */
    }
}

/* ---- writing a group ---- */

void journal_add_drop(struct buf *group, uint64_t account, uint64_t object)
{
    enc_u8(group, STEP_DROP);
    enc_u64(group, account);
    enc_u64(group, object);
}

static void add_blob(struct buf *group, const struct store_blob *b)
{
    struct blob_entry e = {{b->pack, b->offset}, b->size, b->sum, b->info.date};
    struct buf entry = BUF_INIT;

    enc_u8(group, STEP_BLOB);
    enc_u64(group, b->info.account);
    enc_u64(group, b->info.object);
    blob_entry_format(&e, &entry);
    enc_str(group, buf_str(&entry));
    buf_fini(&entry);
}

static void add_op(struct buf *group, const struct store_batch *b, const struct batch_op *op)
{
    switch (op->kind) {
    case OP_PUT:
        enc_u8(group, STEP_PUT);
        enc_str(group, op_key(b, op));
        enc_str(group, op_value(b, op));
        break;
    case OP_DELETE:
        enc_u8(group, STEP_DELETE);
        enc_str(group, op_key(b, op));
        break;
    case OP_DROP:
        journal_add_drop(group, b->account, op->object);
        break;
    }
}

void journal_add_batch(struct buf *group, const struct store_batch *b, uint64_t change)
{
    enc_u8(group, STEP_BATCH);
    enc_u64(group, b->account);
    enc_u64(group, change);
    for (size_t i = 0; i < b->n_blobs; i++)
        add_blob(group, b->blobs[i]);
    for (size_t i = 0; i < b->n_ops; i++)
        add_op(group, b, &b->ops[i]);
}

void journal_add_move(struct buf *group, const struct blob_move *m)
{
    enc_u8(group, STEP_MOVE);
    enc_u64(group, m->account);
    enc_u64(group, m->object);
    enc_u32(group, m->from.pack);
    enc_u64(group, m->from.offset);
    enc_u32(group, m->to.pack);
    enc_u64(group, m->to.offset);
}

void journal_add_live(struct buf *group, uint32_t pack, const struct pack_live *l)
{
    enc_u8(group, STEP_LIVE);
    enc_u32(group, pack);
    enc_u64(group, l->bytes);
    enc_u64(group, l->records);
}

/* ---- doing a group ---- */

static enum err put_sealed(struct tree *m, struct str key, uint64_t number)
{
    struct buf v = BUF_INIT;
    size_t start = seal_begin(&v, CHANGE_FORMAT);
    enum err e;

    enc_u64(&v, number);
    seal_end(&v, start);
    e = tree_put(m, key, buf_str(&v));
    buf_fini(&v);
    return e;
}

static enum err do_batch(struct tree *m, struct dec *d)
{
    struct inner_key k = store_key_change(dec_u64(d));
    uint64_t change = dec_u64(d);

    return d->bad ? ERR_CORRUPT : put_sealed(m, inner_str(&k), change);
}

static enum err do_put(struct tree *m, struct dec *d)
{
    struct str key = dec_str(d), value = dec_str(d);

    return d->bad ? ERR_CORRUPT : tree_put(m, key, value);
}

static enum err do_delete(struct tree *m, struct dec *d)
{
    struct str key = dec_str(d);

    return d->bad ? ERR_CORRUPT : tree_delete(m, key);
}

static enum err old_entry(struct tree *m, const struct inner_key *k, struct blob_entry *out)
{
    struct str v;

    TRY(tree_get(m, inner_str(k), &v));
    return v.p ? blob_entry_parse(v, out) : ERR_NOT_FOUND;
}

/* What the map named until now, if anything, is dead.  A damaged entry counts as nothing. */
static enum err forget_old(struct tree *m, uint64_t account, uint64_t object, struct map_changes *c)
{
    struct inner_key k = store_key_blob(account, object);
    struct blob_entry old;
    enum err e = old_entry(m, &k, &old);

    if (e == ERR_OK && old.place.pack)
        live_add(c, &old, -1);
    else if (e == ERR_OK)
        file_add(c, account, object, old.place.offset);
    return e == ERR_NOT_FOUND || e == ERR_CORRUPT || e == ERR_VERSION ? ERR_OK : e;
}

static enum err do_drop(struct tree *m, struct dec *d, struct map_changes *c)
{
    uint64_t account = dec_u64(d), object = dec_u64(d);
    struct inner_key k = store_key_blob(account, object);

    if (d->bad)
        return ERR_CORRUPT;
    TRY(forget_old(m, account, object, c));
    return tree_delete(m, inner_str(&k));
}

static enum err put_entry(struct tree *m, const struct inner_key *k, const struct blob_entry *e)
{
    struct buf v = BUF_INIT;
    enum err err;

    blob_entry_format(e, &v);
    err = tree_put(m, inner_str(k), buf_str(&v));
    buf_fini(&v);
    return err;
}

static enum err do_blob(struct tree *m, struct dec *d, struct map_changes *c)
{
    uint64_t account = dec_u64(d), object = dec_u64(d);
    struct inner_key k = store_key_blob(account, object);
    struct blob_entry e;

    if (d->bad)
        return ERR_CORRUPT;
    TRY(blob_entry_parse(dec_str(d), &e));
    TRY(forget_old(m, account, object, c));
    if (e.place.pack)
        live_add(c, &e, 1);
    return put_entry(m, &k, &e);
}

static struct place dec_place(struct dec *d)
{
    struct place at;

    at.pack = dec_u32(d);
    at.offset = dec_u64(d);
    return at;
}

/* Only if the blob is still where it was moved from. */
static enum err do_move(struct tree *m, struct dec *d, struct map_changes *c)
{
    uint64_t account = dec_u64(d), object = dec_u64(d);
    struct place from = dec_place(d), to = dec_place(d);
    struct inner_key k = store_key_blob(account, object);
    struct blob_entry e;
    enum err found;

    if (d->bad)
        return ERR_CORRUPT;
    found = old_entry(m, &k, &e);
    if (found == ERR_NOT_FOUND)
        return ERR_OK;
    TRY(found);
    if (e.place.pack != from.pack || e.place.offset != from.offset)
        return ERR_OK;
    live_add(c, &e, -1);
    e.place = to;
    live_add(c, &e, 1);
    return put_entry(m, &k, &e);
}

static enum err put_live(struct tree *m, uint32_t pack, const struct pack_live *l)
{
    struct inner_key k = pack_live_key(pack);
    struct buf out = BUF_INIT;
    enum err e;

    if (l->records == 0)
        return tree_delete(m, inner_str(&k));
    pack_live_format(l, &out);
    e = tree_put(m, inner_str(&k), buf_str(&out));
    buf_fini(&out);
    return e;
}

static enum err do_live(struct tree *m, struct dec *d)
{
    uint32_t pack = dec_u32(d);
    struct pack_live l;

    l.bytes = dec_u64(d);
    l.records = dec_u64(d);
    return d->bad ? ERR_CORRUPT : put_live(m, pack, &l);
}

static enum err do_step(struct tree *m, struct dec *d, struct map_changes *c)
{
    switch ((enum step)dec_u8(d)) {
    case STEP_BATCH:
        return do_batch(m, d);
    case STEP_PUT:
        return do_put(m, d);
    case STEP_DELETE:
        return do_delete(m, d);
    case STEP_DROP:
        return do_drop(m, d, c);
    case STEP_BLOB:
        return do_blob(m, d, c);
    case STEP_MOVE:
        return do_move(m, d, c);
    case STEP_LIVE:
        return do_live(m, d);
    }
    return ERR_CORRUPT;
}

enum err journal_apply(struct tree *m, struct str part, struct map_changes *c)
{
    struct dec d = dec_of(part);

    while (d.n > 0)
        TRY(do_step(m, &d, c));
    return d.bad ? ERR_CORRUPT : ERR_OK;
}

/* ---- the bodies a group names ---- */

static void skip(struct dec *d, size_t n)
{
    (void)dec_bytes(d, n);
}

enum err journal_each_body(struct str group, journal_body_fn *fn, void *arg)
{
    struct dec d = dec_of(group);
    struct journal_body b;

    while (d.n > 0) {
        switch ((enum step)dec_u8(&d)) {
        case STEP_BATCH:
        case STEP_DROP:
            skip(&d, 16);
            continue;
        case STEP_PUT:
            (void)dec_str(&d);
            (void)dec_str(&d);
            continue;
        case STEP_DELETE:
            (void)dec_str(&d);
            continue;
        case STEP_BLOB:
            b.account = dec_u64(&d);
            b.object = dec_u64(&d);
            TRY(blob_entry_parse(dec_str(&d), &b.entry));
            TRY(fn(arg, &b));
            continue;
        case STEP_MOVE:
            skip(&d, 40); /* compaction syncs what it copied before it says so */
            continue;
        case STEP_LIVE:
            skip(&d, 20);
            continue;
        }
        return ERR_CORRUPT;
    }
    return d.bad ? ERR_CORRUPT : ERR_OK;
}

/* ---- live bytes of packs ---- */

struct inner_key pack_live_key(uint32_t no)
{
    struct inner_key k = store_key_change(UINT64_MAX);

    k.p[STORE_ACCOUNT_KEY] = KEY_PACK;
    for (int i = 0; i < 4; i++)
        k.p[k.n++] = (unsigned char)(no >> (24 - 8 * i));
    return k;
}

void pack_live_format(const struct pack_live *l, struct buf *out)
{
    size_t start = seal_begin(out, LIVE_FORMAT);

    enc_u64(out, l->bytes);
    enc_u64(out, l->records);
    seal_end(out, start);
}

enum err pack_live_parse(struct str value, struct pack_live *out)
{
    struct dec d;
    uint8_t format;

    *out = (struct pack_live){0};
    if (!value.p)
        return ERR_OK;
    TRY(seal_open(value, LIVE_FORMAT, &format, &d));
    out->bytes = dec_u64(&d);
    out->records = dec_u64(&d);
    return d.bad ? ERR_CORRUPT : ERR_OK;
}

static uint64_t moved(uint64_t from, int64_t by)
{
    return by < 0 && (uint64_t)-by > from ? 0 : from + (uint64_t)by;
}

static enum err apply_live(struct tree *m, const struct live_change *c)
{
    struct inner_key k = pack_live_key(c->pack);
    struct pack_live l;
    struct str v;

    TRY(tree_get(m, inner_str(&k), &v));
    if (pack_live_parse(v, &l) != ERR_OK)
        l = (struct pack_live){0};
    l.bytes = moved(l.bytes, c->bytes);
    l.records = moved(l.records, c->records);
    return put_live(m, c->pack, &l);
}

enum err journal_apply_packs(struct tree *m, const struct map_changes *c)
{
    for (size_t i = 0; i < c->n_live; i++)
        if (c->live[i].bytes || c->live[i].records)
            TRY(apply_live(m, &c->live[i]));
    return ERR_OK;
}

struct live_call {
    struct inner_key key;
    struct pack_live *out;
};

static enum err live_read(void *arg, struct tree_reader *r)
{
    struct live_call *c = arg;
    struct str v;

    TRY(tree_reader_get(r, inner_str(&c->key), &v));
    return pack_live_parse(v, c->out);
}

enum err pack_live_find(struct embedded *s, uint32_t no, struct pack_live *out)
{
    struct live_call c = {pack_live_key(no), out};

    return tree_read(s->map, live_read, &c);
}
