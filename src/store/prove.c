/*
 * store/prove.c - store_check: everything the engine can prove of its own files.
 *
 * One pass over the map, in slices, so that no read transaction lasts; each blob it names is read
 * whole.  Then one pass over packs and own files for what the map does not name.
 */
#include "store/embedded_priv.h"

#include "base/clock.h"
#include "base/codec.h"
#include "base/log.h"
#include "base/mem.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SLICE_ROWS = 256, ORPHAN_AGE = 86400 };

struct pack_count {
    uint32_t no;
    struct pack_live found, told;
};

struct proof {
    struct embedded *s;
    bool repair;
    store_say_fn *say;
    void *arg;
    struct store_check_report *out;
    struct pack_count *packs; /* rising */
    size_t n_packs, cap_packs;
    uint64_t unnamed, unnamed_bytes;
};

__attribute__((format(printf, 2, 3))) static void finding(struct proof *p, const char *fmt, ...)
{
    char line[512];
    va_list args;

    p->out->findings++;
    va_start(args, fmt);
    vsnprintf(line, sizeof(line), fmt, args);
    va_end(args);
    if (p->say)
        p->say(p->arg, str_of(line));
}

static struct pack_count *count_of(struct proof *p, uint32_t no)
{
    size_t i = p->n_packs;

    while (i > 0 && p->packs[i - 1].no > no)
        i--;
    if (i > 0 && p->packs[i - 1].no == no)
        return &p->packs[i - 1];
    if (p->n_packs == p->cap_packs) {
        p->cap_packs = p->cap_packs ? 2 * p->cap_packs : 64;
        p->packs = mem_grow(p->packs, p->cap_packs * sizeof(*p->packs));
    }
    memmove(p->packs + i + 1, p->packs + i, (p->n_packs - i) * sizeof(*p->packs));
    p->n_packs++;
    p->packs[i] = (struct pack_count){.no = no};
    return &p->packs[i];
}

/* ---- the map ---- */

struct slice_row {
    enum key_kind kind;
    uint64_t account, object;
    uint32_t pack;
    enum err parsed;
    struct blob_entry entry;
    struct pack_live live;
};

struct slice {
    struct inner_key from; /* the next key to look at */
    struct slice_row rows[SLICE_ROWS];
    size_t n;
    uint64_t values;
    uint64_t odd; /* keys of no kind we know */
    bool over;
};

static void row_take(struct slice *c, struct str key, struct str value)
{
    struct dec d = dec_of(key);
    struct slice_row *r = &c->rows[c->n];

    r->account = dec_be64(&d);
    r->kind = dec_u8(&d);
    r->parsed = ERR_OK;
    if (r->kind == KEY_BLOB) {
        r->object = dec_be64(&d);
        r->parsed = blob_entry_parse(value, &r->entry);
    } else if (r->kind == (enum key_kind)KEY_PACK && r->account == UINT64_MAX) {
        r->pack = dec_be32(&d);
        r->parsed = pack_live_parse(value, &r->live);
    } else if (r->kind == KEY_CHANGE) {
        uint8_t format;
        struct dec body;

        r->parsed = seal_open(value, 1, &format, &body);
    } else {
        if (r->kind == KEY_VALUE)
            c->values++;
        else
            c->odd++;
        return;
    }
    c->n++;
}

static enum err slice_read(void *arg, struct tree_reader *r)
{
    struct slice *c = arg;
    MDB_val k = {c->from.n, c->from.p}, v;
    int rc = mdb_cursor_get(r->cursor, &k, &v, MDB_SET_RANGE);
    size_t seen = 0;

    for (; rc == 0 && seen < SLICE_ROWS; rc = mdb_cursor_get(r->cursor, &k, &v, MDB_NEXT), seen++)
        row_take(c, str_n(k.mv_data, k.mv_size), str_n(v.mv_data, v.mv_size));
    c->over = rc == MDB_NOTFOUND;
    if (rc == 0) {
        if (k.mv_size > sizeof(c->from.p))
            return ERR_CORRUPT;
        memcpy(c->from.p, k.mv_data, k.mv_size);
        c->from.n = k.mv_size;
    }
    return rc == 0 || rc == MDB_NOTFOUND ? ERR_OK : ERR_IO;
}

/* Only what cannot be read at all is given up: a body with a wrong checksum is still mostly a
 * message. */
static enum err blob_lost(struct proof *p, const struct slice_row *r, enum err why)
{
    struct buf part = BUF_INIT;
    bool gone = why == ERR_NOT_FOUND || why == ERR_IO;

    finding(p, "blob %" PRIu64 "/%" PRIu64 " (%" PRIu64 " bytes, pack %u at %" PRIu64 "): %s%s",
            r->account, r->object, r->entry.size, r->entry.place.pack, r->entry.place.offset,
            gone ? "there is no such record" : "the bytes do not have their checksum",
            !gone       ? "; left as it is"
            : p->repair ? "; its entry is dropped"
                        : "");
    if (!gone || !p->repair)
        return ERR_OK;
    journal_add_drop(&part, r->account, r->object);
    TRY(commit_raw(p->s, &part));
    p->out->repaired++;
    return ERR_OK;
}

static enum err blob_check(struct proof *p, const struct slice_row *r)
{
    struct blob_entry now;
    enum err e;

    if (r->parsed != ERR_OK) {
        finding(p, "blob %" PRIu64 "/%" PRIu64 ": its entry in the map is damaged", r->account,
                r->object);
        return ERR_OK;
    }
    p->out->blobs++;
    p->out->bytes += r->entry.size;
    e = blob_prove(p->s, r->account, r->object, &r->entry, true);
    if (e != ERR_OK &&
        (blob_entry_find(p->s, r->account, r->object, &now) != ERR_OK ||
         now.place.pack != r->entry.place.pack || now.place.offset != r->entry.place.offset))
        return ERR_OK; /* dropped or moved since we looked */
    if (e == ERR_OK && r->entry.place.pack) {
        struct pack_count *c = count_of(p, r->entry.place.pack);

        c->found.records++;
        c->found.bytes += record_space(r->entry.size);
    }
    return e == ERR_OK ? ERR_OK : blob_lost(p, r, e);
}

static enum err row_check(struct proof *p, const struct slice_row *r)
{
    if (r->kind == KEY_BLOB)
        return blob_check(p, r);
    if (r->kind == KEY_CHANGE) {
        if (r->parsed != ERR_OK)
            finding(p, "account %" PRIu64 ": its change number is damaged", r->account);
        return ERR_OK;
    }
    if (r->parsed == ERR_OK)
        count_of(p, r->pack)->told = r->live;
    return ERR_OK;
}

static enum err map_check(struct proof *p)
{
    struct slice *c = NEW(struct slice);
    enum err e = ERR_OK;

    c->from.n = 1; /* one zero byte: LMDB takes no empty key, and no key is below it */
    while (e == ERR_OK && !c->over) {
        c->n = 0;
        e = tree_read(p->s->map, slice_read, c);
        for (size_t i = 0; i < c->n && e == ERR_OK; i++)
            e = row_check(p, &c->rows[i]);
    }
    p->out->keys = c->values;
    if (c->odd)
        finding(p, "%" PRIu64 " keys of the map are of no known kind", c->odd);
    if (e == ERR_IO || e == ERR_CORRUPT)
        finding(p, "the map cannot be read to its end: restore a backup, or salvage the packs");
    mem_free(c);
    return e;
}

/* ---- packs ---- */

/* Counts taken while commits went on are compared with nothing. */
static enum err counts_check(struct proof *p, uint64_t lsn)
{
    struct buf part = BUF_INIT;

    for (size_t i = 0; i < p->n_packs && atomic_load(&p->s->lsn_now) == lsn; i++) {
        struct pack_count *c = &p->packs[i];

        if (c->found.records == c->told.records && c->found.bytes == c->told.bytes)
            continue;
        finding(p, "pack %u: %" PRIu64 " records live in it, the map counts %" PRIu64, c->no,
                c->found.records, c->told.records);
        if (!p->repair)
            continue;
        journal_add_live(&part, c->no, &c->found);
        p->out->repaired++;
    }
    return part.n ? commit_raw(p->s, &part) : ERR_OK;
}

static void pack_walk(struct proof *p, struct pack *k, uint32_t no, char *window)
{
    struct record_walk w = {pack_fd(k), pack_name(k), 0, PACK_HEADER, window, 0, 0};
    struct blob_entry e;
    struct record r;
    enum err got;

    while ((got = record_next(&w, &r)) == ERR_OK) {
        if (r.kind != RECORD_BODY)
            continue;
        if (blob_entry_find(p->s, r.info.account, r.info.object, &e) == ERR_OK &&
            e.place.pack == no && e.place.offset == r.offset)
            continue;
        p->unnamed++;
        p->unnamed_bytes += record_space(r.length);
    }
    if (got == ERR_VERSION)
        finding(p, "packs/%s: holds records of a newer Tern", pack_name(k));
    else if (got != ERR_NOT_FOUND)
        finding(p, "packs/%s: cannot be read to its end", pack_name(k));
}

static void packs_check(struct proof *p)
{
    char *window = mem_raw(RECORD_WINDOW);

    for (uint32_t no = packs_next(p->s->packs, 0); no; no = packs_next(p->s->packs, no)) {
        struct pack *k;

        if (packs_get(p->s->packs, no, &k) != ERR_OK)
            continue;
        if (pack_segment(k) == 0)
            finding(p, "packs/%s: its header is damaged; its records are found without it",
                    pack_name(k));
        pack_walk(p, k, no, window);
        packs_put(p->s->packs, k);
    }
    mem_free(window);
}

/* ---- own files ---- */

static void orphan_check(struct proof *p, const char *name)
{
    uint64_t account, object, number;
    struct blob_entry e;
    struct stat st;
    enum err found;

    if (!blob_file_parse(name, &account, &object, &number))
        return;
    found = blob_entry_find(p->s, account, object, &e);
    if (found == ERR_OK && e.place.pack == 0 && e.place.offset == number)
        return;
    if (found != ERR_OK && found != ERR_NOT_FOUND)
        return;
    if (fstatat(p->s->blobs_dir, name, &st, 0) < 0 || clock_wall() - st.st_mtime < ORPHAN_AGE)
        return; /* perhaps on its way in */
    finding(p, "blobs/%s: named by nothing, %lld bytes%s", name, (long long)st.st_size,
            p->repair ? "; removed" : "");
    if (p->repair && unlinkat(p->s->blobs_dir, name, 0) == 0)
        p->out->repaired++;
}

static enum err orphans_check(struct proof *p)
{
    int fd = openat(p->s->blobs_dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *entry;

    if (!d) {
        if (fd >= 0)
            close(fd);
        return ERR_IO;
    }
    while ((entry = readdir(d)))
        orphan_check(p, entry->d_name);
    closedir(d);
    return ERR_OK;
}

enum err prove(struct store *store, bool repair, store_say_fn *say, void *arg,
               struct store_check_report *out)
{
    struct embedded *s = embedded_of(store);
    struct proof p = {.s = s, .repair = repair, .say = say, .arg = arg, .out = out};
    uint64_t lsn = atomic_load(&s->lsn_now);
    enum err e;

    if (repair)
        TRY(embedded_writable(s));
    e = map_check(&p);
    if (e == ERR_OK && out->findings == 0)
        e = counts_check(&p, lsn);
    if (e == ERR_OK) {
        packs_check(&p);
        e = orphans_check(&p);
    }
    log_event(LOG_DEBUG, "store_checked", kv_u64("dead_records", p.unnamed),
              kv_u64("dead_bytes", p.unnamed_bytes));
    mem_free(p.packs);
    return e;
}
