/*
 * store/blobs.c - blobs in the embedded engine: on their way in, where they are, read, proved.
 *
 *  (1) A blob is whole in its pack, or in a synced file of its own, before a batch can take it.
 *  (2) Its pack is not removed between `finish` and the end of the batch (pending); own files carry
 * a random number in their name, so one that a lost batch left can never stand for a later blob of
 * the same object.
 */
#include "store/embedded_priv.h"

#include "base/codec.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

enum { ENTRY_FORMAT = 1, LOOKS = 4 };

/* ---- where a blob is ---- */

void blob_entry_format(const struct blob_entry *e, struct buf *out)
{
    size_t start = seal_begin(out, ENTRY_FORMAT);

    enc_var(out, e->place.pack);
    enc_var(out, e->place.offset);
    enc_var(out, e->size);
    enc_u64(out, e->sum);
    enc_svar(out, e->date);
    seal_end(out, start);
}

enum err blob_entry_parse(struct str value, struct blob_entry *out)
{
    struct dec d;
    uint8_t format;

    TRY(seal_open(value, ENTRY_FORMAT, &format, &d));
    out->place.pack = (uint32_t)dec_var(&d);
    out->place.offset = dec_var(&d);
    out->size = dec_var(&d);
    out->sum = dec_u64(&d);
    out->date = dec_svar(&d);
    return d.bad ? ERR_CORRUPT : ERR_OK;
}

struct entry_call {
    struct inner_key key;
    struct blob_entry *out;
};

static enum err entry_read(void *arg, struct tree_reader *r)
{
    struct entry_call *c = arg;
    struct str v;

    TRY(tree_reader_get(r, inner_str(&c->key), &v));
    return v.p ? blob_entry_parse(v, c->out) : ERR_NOT_FOUND;
}

enum err blob_entry_find(struct embedded *s, uint64_t account, uint64_t object,
                         struct blob_entry *out)
{
    struct entry_call c = {store_key_blob(account, object), out};

    return tree_read(s->map, entry_read, &c);
}

void blob_file_name(uint64_t account, uint64_t object, uint64_t number,
                    char out[static BLOB_NAME_MAX])
{
    snprintf(out, BLOB_NAME_MAX, "%016" PRIx64 "-%016" PRIx64 "-%016" PRIx64, account, object,
             number);
}

bool blob_file_parse(const char *name, uint64_t *account_out, uint64_t *object_out,
                     uint64_t *number_out)
{
    char again[BLOB_NAME_MAX];

    if (sscanf(name, "%16" SCNx64 "-%16" SCNx64 "-%16" SCNx64, account_out, object_out,
               number_out) != 3)
        return false;
    blob_file_name(*account_out, *object_out, *number_out, again);
    return strcmp(name, again) == 0;
}

/* ---- on their way in ---- */

enum err blobs_room(struct store *store)
{
    return embedded_writable(embedded_of(store));
}

static void spool_name(const struct store_blob *b, char out[static BLOB_NAME_MAX])
{
    snprintf(out, BLOB_NAME_MAX, "%016" PRIx64, b->spool);
}

/* The disk's failure ends writing; a full disk is only this blob's. */
static enum err disk_said(struct embedded *s, enum err e, const char *what)
{
    if (e == ERR_IO || e == ERR_NOT_FOUND) {
        embedded_break(s, what);
        return ERR_STORE;
    }
    return e;
}

/* The header's place stays free until finish. */
static enum err spool_write(struct embedded *s, struct store_blob *b, struct str bytes)
{
    char name[BLOB_NAME_MAX];

    if (b->fd < 0) {
        b->spool = atomic_fetch_add(&s->spools, 1);
        spool_name(b, name);
        TRY(file_open(s->tmp_dir, name, O_RDWR | O_CREAT | O_TRUNC, &b->fd));
        b->offset = RECORD_HEADER;
    }
    TRY(file_write(b->fd, "tmp", bytes.p, bytes.n, b->offset));
    b->offset += bytes.n;
    return ERR_OK;
}

enum err blobs_spool(struct store_blob *b, struct str bytes)
{
    struct embedded *s = embedded_of(b->s);

    return disk_said(s, spool_write(s, b, bytes), "spool");
}

static void spool_end(struct embedded *s, struct store_blob *b, bool unlink_it)
{
    char name[BLOB_NAME_MAX];

    spool_name(b, name);
    close(b->fd);
    b->fd = -1;
    if (unlink_it)
        (void)unlinkat(s->tmp_dir, name, 0);
}

static struct record body_record(const struct store_blob *b)
{
    return (struct record){.kind = RECORD_BODY, .info = b->info, .length = b->size, .sum = b->sum};
}

static enum err finish_in_pack(struct embedded *s, struct store_blob *b, struct str body)
{
    struct record r = body_record(b);
    struct place at;

    TRY(packs_write(s->packs, &r, body, &at, &b->written));
    b->pack = at.pack;
    b->offset = at.offset;
    return ERR_OK;
}

/* A spooled one that turned out small. */
static enum err finish_from_spool(struct embedded *s, struct store_blob *b)
{
    char *body = mem_try(b->size);
    size_t got = 0;
    enum err e = body ? file_read(b->fd, "tmp", body, b->size, RECORD_HEADER, &got) : ERR_NO_MEMORY;

    if (e == ERR_OK && got < b->size)
        e = ERR_IO;
    if (e == ERR_OK)
        e = finish_in_pack(s, b, str_n(body, b->size));
    mem_free(body);
    if (e == ERR_OK)
        spool_end(s, b, true);
    return e;
}

/* Synced by who received it, file and directory, so that the commit thread never syncs a large
 * body. */
static enum err finish_own_file(struct embedded *s, struct store_blob *b)
{
    struct record r = body_record(b);
    char header[RECORD_HEADER], from[BLOB_NAME_MAX], to[BLOB_NAME_MAX];

    r.segment = random_u64();
    record_format(&r, header);
    TRY(file_write(b->fd, "blobs", header, RECORD_HEADER, 0));
    TRY(file_sync(b->fd, "blobs"));
    spool_name(b, from);
    blob_file_name(b->info.account, b->info.object, r.segment, to);
    if (renameat(s->tmp_dir, from, s->blobs_dir, to) < 0)
        return errno_err(errno);
    b->pack = 0;
    b->offset = r.segment;
    spool_end(s, b, false);
    return dir_sync(s->blobs_dir, "blobs");
}

static enum err finish(struct embedded *s, struct store_blob *b)
{
    if (b->fd < 0)
        return finish_in_pack(s, b, buf_str(&b->mem));
    if (b->size <= BLOB_OWN_FILE)
        return finish_from_spool(s, b);
    return finish_own_file(s, b);
}

enum err blobs_finish(struct store_blob *b)
{
    struct embedded *s = embedded_of(b->s);

    return disk_said(s, finish(s, b), "blob");
}

void blobs_discard(struct store_blob *b)
{
    struct embedded *s = embedded_of(b->s);
    char name[BLOB_NAME_MAX];

    if (b->fd >= 0)
        spool_end(s, b, true);
    if (!b->finished || b->failed != ERR_OK)
        return;
    if (b->pack) {
        packs_release(s->packs, b->pack);
    } else if (!b->committed && embedded_writable(s) == ERR_OK) {
        blob_file_name(b->info.account, b->info.object, b->offset, name);
        (void)unlinkat(s->blobs_dir, name, 0);
    }
}

/* ---- reading ---- */

/* ERR_NOT_FOUND: neither pack nor file (any more). */
static enum err place_read(struct embedded *s, uint64_t account, uint64_t object, struct place at,
                           uint64_t offset, void *to, size_t n, size_t *got_out)
{
    char name[BLOB_NAME_MAX];
    struct pack *k;
    enum err e;
    int fd;

    if (at.pack) {
        TRY(packs_get(s->packs, at.pack, &k));
        e = file_read(pack_fd(k), pack_name(k), to, n, at.offset + RECORD_HEADER + offset, got_out);
        packs_put(s->packs, k);
        return e;
    }
    blob_file_name(account, object, at.offset, name);
    TRY(file_open(s->blobs_dir, name, O_RDONLY, &fd));
    e = file_read(fd, name, to, n, RECORD_HEADER + offset, got_out);
    close(fd);
    return e;
}

static enum err read_lost(uint64_t account, uint64_t object, const struct blob_entry *e)
{
    log_event(LOG_ERROR, "blob_lost", kv_u64("account", account), kv_u64("object", object),
              kv_u64("pack", e->place.pack), kv_u64("offset", e->place.offset));
    return ERR_CORRUPT;
}

/* Compaction may move a blob between the look and the read: then look again. */
enum err blobs_read(struct store *store, uint64_t account, uint64_t object, uint64_t offset,
                    void *to, size_t n, size_t *got_out)
{
    struct embedded *s = embedded_of(store);
    struct blob_entry entry;
    enum err e = ERR_NOT_FOUND;

    for (int i = 0; i < LOOKS && e == ERR_NOT_FOUND; i++) {
        size_t want;

        TRY(blob_entry_find(s, account, object, &entry));
        if (offset >= entry.size)
            return ERR_OK;
        want = n < entry.size - offset ? n : (size_t)(entry.size - offset);
        e = place_read(s, account, object, entry.place, offset, to, want, got_out);
        if (e == ERR_OK && *got_out < want)
            e = ERR_NOT_FOUND;
    }
    return e == ERR_NOT_FOUND ? read_lost(account, object, &entry) : e;
}

enum err blobs_stat(struct store *store, uint64_t account, uint64_t object, uint64_t *size_out)
{
    struct blob_entry entry;

    TRY(blob_entry_find(embedded_of(store), account, object, &entry));
    *size_out = entry.size;
    return ERR_OK;
}

/* ---- proving ---- */

static enum err header_proves(int fd, const char *name, uint64_t offset, uint64_t account,
                              uint64_t object, const struct blob_entry *e, struct record *r)
{
    char header[RECORD_HEADER];
    size_t got;

    TRY(file_read(fd, name, header, sizeof(header), offset, &got));
    if (got < sizeof(header))
        return ERR_NOT_FOUND;
    TRY(record_parse(header, r));
    if (r->kind != RECORD_BODY || r->offset != offset || r->info.account != account ||
        r->info.object != object || r->length != e->size)
        return ERR_NOT_FOUND;
    return r->sum == e->sum ? ERR_OK : ERR_CORRUPT;
}

static enum err record_proves(int fd, const char *name, uint64_t offset, uint64_t account,
                              uint64_t object, const struct blob_entry *e, bool deep)
{
    struct record r;

    TRY(header_proves(fd, name, offset, account, object, e, &r));
    return deep ? record_verify(fd, name, &r) : ERR_OK;
}

enum err blob_prove(struct embedded *s, uint64_t account, uint64_t object,
                    const struct blob_entry *entry, bool deep)
{
    char name[BLOB_NAME_MAX];
    struct pack *k;
    enum err e;
    int fd;

    if (entry->place.pack) {
        TRY(packs_get(s->packs, entry->place.pack, &k));
        e = record_proves(pack_fd(k), pack_name(k), entry->place.offset, account, object, entry,
                          deep);
        packs_put(s->packs, k);
        return e;
    }
    blob_file_name(account, object, entry->place.offset, name);
    TRY(file_open(s->blobs_dir, name, O_RDONLY, &fd));
    e = record_proves(fd, name, 0, account, object, entry, deep);
    close(fd);
    return e;
}

enum err blobs_verify(struct store *store, uint64_t account, uint64_t object)
{
    struct embedded *s = embedded_of(store);
    struct blob_entry entry;
    enum err e = ERR_NOT_FOUND;

    for (int i = 0; i < LOOKS && e == ERR_NOT_FOUND; i++) {
        TRY(blob_entry_find(s, account, object, &entry));
        e = blob_prove(s, account, object, &entry, true);
    }
    return e == ERR_NOT_FOUND ? read_lost(account, object, &entry) : e;
}

/* ---- listing ---- */

struct list_call {
    struct inner_key first;
    size_t limit, n;
    uint64_t *objects;
};

static enum err list_read(void *arg, struct tree_reader *r)
{
    struct list_call *c = arg;
    MDB_val k = {c->first.n, c->first.p}, v;
    int rc = mdb_cursor_get(r->cursor, &k, &v, MDB_SET_RANGE);

    for (; rc == 0 && c->n < c->limit; rc = mdb_cursor_get(r->cursor, &k, &v, MDB_NEXT)) {
        struct str key = str_n(k.mv_data, k.mv_size);
        struct dec d = dec_of(str_from(key, STORE_ACCOUNT_KEY + 1));

        if (!str_starts(key, str_n(c->first.p, STORE_ACCOUNT_KEY + 1)))
            break;
        c->objects[c->n++] = dec_be64(&d);
    }
    return rc == 0 || rc == MDB_NOTFOUND ? ERR_OK : ERR_IO;
}

enum { LIST_MOST = 65536 };

enum err blobs_list(struct store *store, struct arena *a, uint64_t account, uint64_t from,
                    size_t limit, uint64_t **objects_out, size_t *n_out)
{
    struct list_call c = {.first = store_key_blob(account, from)};

    c.limit = limit < LIST_MOST ? limit : LIST_MOST;
    c.objects = ARENA_ARRAY(a, uint64_t, c.limit ? c.limit : 1);
    TRY(tree_read(embedded_of(store)->map, list_read, &c));
    *objects_out = c.objects;
    *n_out = c.n;
    return ERR_OK;
}
