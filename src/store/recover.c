/*
 * store/recover.c - opening after whatever happened, and mail without a map.
 *
 * The map stands at the checkpoint; the groups behind it are done again, in the order of their
 * numbers.
 *
 *  (1) Group n+1 is written after group n is synced.  So of all groups only the last may be
 *      torn, or name bodies that never arrived: then nobody was told of it, and it is void.
 *      A gap before a valid group is damage; a torn try at n before a whole n is none, and a
 *      torn n+1 proves n.
 *  (2) The last group, if it is whole, is written and synced once more: after a failed sync
 *      the kernel may hold it in memory only.
 *  (3) What is void stays void: the next groups go to a new pack, and the checkpoint that
 *      open takes begins there.
 */
#include "store/embedded_priv.h"

#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

struct replay {
    struct embedded *s;
    uint64_t done;   /* the last group that the map has */
    uint64_t seen;   /* the highest number met */
    struct buf held; /* the group behind `done`: it waits until the next is met, or for its proof */
    struct record held_record;
    uint32_t held_pack;
    bool holding;
    uint64_t groups;
};

/* ---- doing a group again ---- */

static enum err do_group(struct replay *r, struct map_changes *c)
{
    struct tree *m = r->s->map;
    enum err e;

    TRY(tree_make_room(m, r->held.n / 32 + 16, r->held.n));
    TRY(tree_begin(m));
    map_changes_clear(c);
    e = journal_apply(m, buf_str(&r->held), c);
    if (e == ERR_OK)
        e = journal_apply_packs(m, c);
    if (e == ERR_OK)
        return tree_commit(m);
    tree_abort(m);
    return e;
}

static enum err held_apply(struct replay *r)
{
    struct map_changes *c = map_changes_new();
    enum err e = do_group(r, c);

    while (e == ERR_LIMIT && (e = tree_grow(r->s->map)) == ERR_OK)
        e = do_group(r, c);
    if (e == ERR_NO_SPACE && ballast_drop(r->s))
        e = do_group(r, c);
    if (e == ERR_OK) {
        map_changes_unlink(r->s, c);
        r->done = r->held_record.info.object;
        r->groups++;
    }
    map_changes_free(c);
    r->holding = false;
    return e;
}

/* ---- meeting groups ---- */

static enum err damage(struct replay *r, const struct record *rec, uint32_t pack)
{
    struct embedded *s = r->s;

    log_event(
        LOG_ERROR, "journal_damaged", kv_cstr("dir", s->path), kv_u64("pack", pack),
        kv_u64("offset", rec->offset), kv_u64("group", rec->info.object),
        kv_u64("expected", r->done + 1 + r->holding),
        kv_cstr("hint", "restore a backup, or open past the damage with tern check --repair"));
    return s->o.past_damage ? ERR_NOT_FOUND : ERR_CORRUPT;
}

static enum err group_read(int fd, const char *name, const struct record *rec, struct buf *out)
{
    char *to;
    size_t got;

    buf_clear(out);
    to = buf_reserve(out, rec->length);
    TRY(file_read(fd, name, to, rec->length, rec->offset + RECORD_HEADER, &got));
    out->n = got;
    return got == rec->length && hash_checksum(buf_str(out)) == rec->sum ? ERR_OK : ERR_CORRUPT;
}

static enum err meet_group(struct replay *r, struct pack *k, uint32_t no, const struct record *rec)
{
    uint64_t expected = r->done + 1 + r->holding;
    struct buf body = BUF_INIT;
    enum err e;

    if (rec->info.object <= r->s->lsn)
        return ERR_OK; /* of before the checkpoint */
    if (rec->length > packs_size(r->s->packs, no))
        return ERR_OK; /* cut off: a tail */
    e = group_read(pack_fd(k), pack_name(k), rec, &body);
    if (rec->info.object > r->seen)
        r->seen = rec->info.object;
    if (e == ERR_CORRUPT) {
        e = ERR_OK; /* it was cut short; on a full disk the same number is tried once more */
    } else if (e == ERR_OK && rec->info.object != expected) {
        e = damage(r, rec, no);
    } else if (e == ERR_OK) {
        if (r->holding)
            e = held_apply(r);
        buf_fini(&r->held);
        r->held = body;
        body = BUF_INIT;
        r->held_record = *rec;
        r->held_pack = no;
        r->holding = true;
    }
    buf_fini(&body);
    return e;
}

static enum err walk_pack(struct replay *r, struct pack *k, uint32_t no, uint64_t from,
                          char *window)
{
    struct record_walk w = {pack_fd(k), pack_name(k), pack_segment(k), from, window, 0, 0};
    struct record rec;
    enum err e;

    while ((e = record_next(&w, &rec)) == ERR_OK)
        if (rec.kind == RECORD_GROUP) {
            e = meet_group(r, k, no, &rec);
            if (e != ERR_OK)
                return e;
        }
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* ERR_NOT_FOUND: damage, and we were told to stop before it. */
static enum err walk(struct replay *r, struct place from)
{
    char *window = mem_raw(RECORD_WINDOW);
    enum err e = ERR_OK;

    for (uint32_t no = packs_next(r->s->packs, from.pack ? from.pack - 1 : 0); no && e == ERR_OK;
         no = packs_next(r->s->packs, no)) {
        struct pack *k;

        e = packs_get(r->s->packs, no, &k);
        if (e != ERR_OK)
            break;
        e = walk_pack(r, k, no, no == from.pack ? from.offset : PACK_HEADER, window);
        packs_put(r->s->packs, k);
    }
    mem_free(window);
    return e;
}

/* ---- the last group ---- */

static enum err body_is_there(void *arg, const struct journal_body *b)
{
    return blob_prove(arg, b->account, b->object, &b->entry, true);
}

static enum err rewrite(struct embedded *s, uint32_t no, uint64_t offset, uint64_t length)
{
    size_t n = RECORD_HEADER + length, got = 0;
    struct pack *k;
    char *p;
    enum err e;

    TRY(packs_get(s->packs, no, &k));
    p = mem_raw(n);
    e = file_read(pack_fd(k), pack_name(k), p, n, offset, &got);
    if (e == ERR_OK)
        e = file_write(pack_fd(k), pack_name(k), p, got, offset);
    if (e == ERR_OK)
        e = file_sync(pack_fd(k), pack_name(k));
    packs_put(s->packs, k);
    mem_free(p);
    return e;
}

static enum err body_again(void *arg, const struct journal_body *b)
{
    const struct place *at = &b->entry.place;

    return at->pack ? rewrite(arg, at->pack, at->offset, b->entry.size) : ERR_OK;
}

static enum err last_group(struct replay *r)
{
    enum err e = journal_each_body(buf_str(&r->held), body_is_there, r->s);

    if (e == ERR_NOT_FOUND || e == ERR_CORRUPT) {
        log_event(LOG_WARN, "journal_tail_void", kv_cstr("dir", r->s->path),
                  kv_u64("group", r->held_record.info.object),
                  kv_cstr("reason", "not all of it had reached the disk; nobody was told it had"));
        r->holding = false;
        return ERR_OK;
    }
    TRY(e);
    TRY(journal_each_body(buf_str(&r->held), body_again, r->s));
    TRY(rewrite(r->s, r->held_pack, r->held_record.offset, r->held_record.length));
    return held_apply(r);
}

enum err recover(struct embedded *s, const struct checkpoint *c)
{
    struct replay r = {.s = s, .done = c->lsn, .seen = c->lsn};
    enum err e;

    s->lsn = c->lsn;
    e = walk(&r, c->at);
    if (e == ERR_NOT_FOUND) /* stopped before damage: what is held was followed by something */
        e = r.holding ? held_apply(&r) : ERR_OK;
    else if (e == ERR_OK && r.holding)
        e = r.seen > r.held_record.info.object ? held_apply(&r) : last_group(&r);
    buf_fini(&r.held);
    s->lsn = r.seen;
    if (r.groups)
        log_event(LOG_INFO, "journal_replayed", kv_cstr("dir", s->path),
                  kv_u64("groups", r.groups));
    return e;
}

/* ---- mail without a map ---- */

struct salvage {
    embedded_record_fn *fn;
    void *arg;
    char *window;
};

static enum err salvage_file(struct salvage *v, int fd, const char *name, uint64_t segment,
                             uint64_t from)
{
    struct record_walk w = {fd, name, segment, from, v->window, 0, 0};
    struct record rec;
    enum err e;

    while ((e = record_next(&w, &rec)) == ERR_OK || e == ERR_VERSION) {
        struct embedded_record out = {.info = rec.info, .size = rec.length};

        if (e == ERR_VERSION || rec.kind != RECORD_BODY)
            continue;
        out.sound = record_verify(fd, name, &rec) == ERR_OK;
        TRY(v->fn(v->arg, &out, fd, rec.offset + RECORD_HEADER));
    }
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static enum err salvage_packs(struct salvage *v, int dirfd)
{
    struct packs *p = packs_new(dirfd, &(struct packs_options){.read_only = true});
    enum err e = packs_scan(p);

    for (uint32_t no = packs_next(p, 0); no && e == ERR_OK; no = packs_next(p, no)) {
        struct pack *k;

        if (packs_get(p, no, &k) != ERR_OK)
            continue; /* its name is in the log */
        e = salvage_file(v, pack_fd(k), pack_name(k), pack_segment(k), PACK_HEADER);
        packs_put(p, k);
    }
    packs_free(p);
    return e;
}

static enum err salvage_own(struct salvage *v, int dirfd, const char *name)
{
    uint64_t account, object, number;
    enum err e;
    int fd;

    if (!blob_file_parse(name, &account, &object, &number))
        return ERR_OK;
    TRY(file_open(dirfd, name, O_RDONLY, &fd));
    e = salvage_file(v, fd, name, number, 0);
    close(fd);
    return e;
}

static enum err salvage_blobs(struct salvage *v, int dirfd)
{
    int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *entry;
    enum err e = ERR_OK;

    if (!d) {
        if (fd >= 0)
            close(fd);
        return ERR_IO;
    }
    while (e == ERR_OK && (entry = readdir(d)))
        e = salvage_own(v, dirfd, entry->d_name);
    closedir(d);
    return e;
}

static enum err salvage_sub(int top, const char *sub, enum err (*fn)(struct salvage *, int),
                            struct salvage *v)
{
    enum err e;
    int fd;

    e = file_open(top, sub, O_RDONLY | O_DIRECTORY, &fd);
    if (e == ERR_NOT_FOUND)
        return ERR_OK;
    TRY(e);
    e = fn(v, fd);
    close(fd);
    return e;
}

enum err embedded_each_record(const char *dir, embedded_record_fn *fn, void *arg)
{
    struct salvage v = {fn, arg, NULL};
    enum err e;
    int top;

    TRY(file_open(AT_FDCWD, dir, O_RDONLY | O_DIRECTORY, &top));
    v.window = mem_raw(RECORD_WINDOW);
    e = salvage_sub(top, "packs", salvage_packs, &v);
    if (e == ERR_OK)
        e = salvage_sub(top, "blobs", salvage_blobs, &v);
    mem_free(v.window);
    close(top);
    return e;
}
