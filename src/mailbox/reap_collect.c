/*
 * mailbox/reap_collect.c - what the reaper has to look at.
 */
#include "mailbox/reap.h"

#include "base/clock.h"
#include "base/mem.h"

#include <stdlib.h>

void reap_object(struct reap_state *r, uint64_t object)
{
    if (r->n == r->cap) {
        r->cap = r->cap ? r->cap * 2 : 256;
        r->objects = mem_grow(r->objects, r->cap * sizeof(*r->objects));
    }
    r->objects[r->n++] = object;
}

static struct reap_key *reap_key_add(struct reap_state *r, const struct key *key)
{
    if (r->n_keys == r->cap_keys) {
        r->cap_keys = r->cap_keys ? r->cap_keys * 2 : 64;
        r->keys = mem_grow(r->keys, r->cap_keys * sizeof(*r->keys));
    }
    r->keys[r->n_keys] = (struct reap_key){*key, BUF_INIT, false};
    return &r->keys[r->n_keys++];
}

static struct key key_of(struct str name)
{
    struct key k = {.n = name.n < KEY_MAX ? name.n : KEY_MAX};

    memcpy(k.p, name.p, k.n);
    return k;
}

static void floor_add(struct reap_state *r, uint64_t mailbox, uint64_t modseq)
{
    if (r->n_floors && r->floors[r->n_floors - 1].mailbox == mailbox) {
        r->floors[r->n_floors - 1].modseq = modseq;
        return;
    }
    if (r->n_floors == r->cap_floors) {
        r->cap_floors = r->cap_floors ? r->cap_floors * 2 : 16;
        r->floors = mem_grow(r->floors, r->cap_floors * sizeof(*r->floors));
    }
    r->floors[r->n_floors++] = (struct reap_floor){mailbox, modseq};
}

void reap_round_clear(struct reap_state *r)
{
    for (size_t i = 0; i < r->n_keys; i++)
        buf_fini(&r->keys[i].value);
    r->n = r->dropped = r->n_keys = r->keys_done = r->n_floors = 0;
}

/* ---- history ---- */

struct history_walk {
    struct reap_state *r;
    uint64_t mailbox;
    uint64_t oldest_seen; /* changes above this are still to be told to somebody here */
    int64_t now;
    size_t records;
};

/* Its objects have been dealt with: the record stays without them. */
static void history_rewrite(struct history_walk *w, uint64_t modseq, size_t parts,
                            const struct history *h)
{
    struct buf body = BUF_INIT;
    size_t left;

    history_encode(h->when, &h->uids, NULL, 0, &body);
    left = record_parts(body.n);
    for (size_t i = 0; i < parts; i++) {
        struct key key = key_modseq(w->r->acct->id, KEY_HISTORY, w->mailbox, modseq, (uint16_t)i);
        struct reap_key *k = reap_key_add(w->r, &key);

        k->joined = i + 1 < parts;
        if (i < left)
            record_part(buf_str(&body), i, &k->value);
    }
    buf_fini(&body);
}

static void history_delete(struct history_walk *w, uint64_t modseq, size_t parts)
{
    for (size_t i = 0; i < parts; i++) {
        struct key key = key_modseq(w->r->acct->id, KEY_HISTORY, w->mailbox, modseq, (uint16_t)i);

        reap_key_add(w->r, &key)->joined = i + 1 < parts;
    }
    floor_add(w->r, w->mailbox, modseq);
}

static enum err history_due(void *arg, uint64_t modseq, size_t parts, const struct history *h)
{
    struct history_walk *w = arg;
    struct reap_state *r = w->r;

    if (h->when > w->now - r->acct->ms->options.expunge_grace || modseq > w->oldest_seen)
        return ERR_LIMIT; /* and so are all behind it */
    if (r->n >= ROUND_OBJECTS || w->records >= ROUND_ROWS)
        return ERR_LIMIT;
    if (h->n_objects) {
        for (size_t i = 0; i < h->n_objects; i++)
            reap_object(r, h->objects[i]);
        history_rewrite(w, modseq, parts, h);
        w->records++;
    } else if (h->when < w->now - HISTORY_SECONDS) {
        history_delete(w, modseq, parts);
        w->records++;
    }
    return ERR_OK;
}

static uint64_t oldest_seen(struct account *acct, uint64_t mailbox)
{
    uint64_t modseq = UINT64_MAX;
    struct mailbox *m;

    pthread_mutex_lock(&acct->lock);
    m = account_mailbox_find_locked(acct, mailbox);
    if (m)
        modseq = shelf_oldest_modseq(m->shelf);
    pthread_mutex_unlock(&acct->lock);
    return modseq;
}

/* The first mailbox from `from` on that has history; 0: none. */
static enum err history_mailbox(struct account *acct, uint64_t from, uint64_t *mailbox_out)
{
    struct key prefix = key_kind(acct->id, KEY_HISTORY), at = key_one(acct->id, KEY_HISTORY, from);
    struct arena *a = arena_new();
    struct store_row *rows;
    size_t n;
    enum err e = store_scan(acct->ms->store, a, key_str(&prefix), key_str(&at), 1, &rows, &n);

    *mailbox_out = e == ERR_OK && n ? key_id(rows[0].key) : 0;
    arena_free(a);
    return e;
}

static bool mailbox_exists(struct account *acct, uint64_t mailbox)
{
    struct tree *t;
    bool exists;

    pthread_mutex_lock(&acct->lock);
    t = tree_ref(acct->tree);
    pthread_mutex_unlock(&acct->lock);
    exists = tree_of_mailbox(t, mailbox) != NULL;
    tree_unref(t);
    return exists;
}

static enum err collect_history(struct reap_state *r)
{
    struct history_walk w = {.r = r, .now = clock_wall()};
    enum err e = history_mailbox(r->acct, 1, &w.mailbox);

    while (e == ERR_OK && w.mailbox && w.records < ROUND_ROWS && r->n < ROUND_OBJECTS) {
        if (mailbox_exists(r->acct, w.mailbox)) {
            w.oldest_seen = oldest_seen(r->acct, w.mailbox);
            e = history_each(r->acct->ms->store, r->acct->id, w.mailbox, 0, UINT64_MAX - 1,
                             history_due, &w);
            if (e == ERR_LIMIT)
                e = ERR_OK;
        }
        if (e == ERR_OK)
            e = history_mailbox(r->acct, w.mailbox + 1, &w.mailbox);
    }
    return e;
}

/* ---- deleted mailboxes ---- */

static void stable_objects(struct reap_state *r, struct str value)
{
    unsigned slots = stable_slots(value);
    struct block *b;

    if (slots == 0 || stable_decode(value, slots, 1, &b) != ERR_OK)
        return;
    for (unsigned i = 0; i < slots; i++)
        reap_object(r, stable_of(b)->object[i]);
    block_unref(b);
}

static void record_objects(struct reap_state *r, struct str record)
{
    struct arena *a = arena_new();
    struct dec d = dec_of(record);

    while (d.n && !d.bad) {
        struct change c;

        change_decode(&d, a, &c);
        for (size_t i = 0; !d.bad && c.kind == CHANGE_APPEND && i < c.append.n; i++)
            reap_object(r, c.append.rows[i].object);
        change_fini(&c);
    }
    arena_free(a);
}

static void history_objects(struct reap_state *r, struct str record)
{
    struct arena *a = arena_new();
    struct history h;

    if (history_decode(record, a, &h) == ERR_OK) {
        for (size_t i = 0; i < h.n_objects; i++)
            reap_object(r, h.objects[i]);
        history_fini(&h);
    }
    arena_free(a);
}

/* Objects that the value names; values that cannot be read name none, and what they named is found
 * by `check`. */
static size_t row_objects(struct reap_state *r, enum key_kind kind, const struct store_row *rows,
                          size_t n)
{
    struct buf record = BUF_INIT;
    size_t used = 1;
    enum err e;

    if (kind == KEY_STABLE) {
        stable_objects(r, rows[0].value);
        return 1;
    }
    if (kind != KEY_LOG && kind != KEY_HISTORY)
        return 1;
    e = record_collect(rows, n, &record, &used);
    if (e == ERR_OK && kind == KEY_LOG)
        record_objects(r, buf_str(&record));
    else if (e == ERR_OK)
        history_objects(r, buf_str(&record));
    buf_fini(&record);
    return used ? used : 1;
}

enum { TOMB_ROWS = 200 };

static enum err objects_of_kind(struct reap_state *r, uint64_t mailbox, enum key_kind kind)
{
    struct key prefix = key_one(r->acct->id, kind, mailbox);
    struct str from = key_str(&prefix);
    struct key at;
    size_t n = RECORD_PARTS_MAX;
    enum err e = ERR_OK;

    while (e == ERR_OK && n == RECORD_PARTS_MAX) {
        struct arena *a = arena_new();
        struct store_row *rows;
        size_t i = 0;

        e = store_scan(r->acct->ms->store, a, key_str(&prefix), from, RECORD_PARTS_MAX, &rows, &n);
        while (e == ERR_OK && i < n)
            i += row_objects(r, kind, rows + i, n - i);
        if (e == ERR_OK && n) {
            at = key_of(rows[n - 1].key);
            at.p[at.n++] = 0; /* nothing sorts in between */
            from = key_str(&at);
        }
        arena_free(a);
    }
    return e;
}

enum err reap_objects_of(struct reap_state *r, uint64_t mailbox)
{
    TRY(objects_of_kind(r, mailbox, KEY_STABLE));
    TRY(objects_of_kind(r, mailbox, KEY_LOG));
    return objects_of_kind(r, mailbox, KEY_HISTORY);
}

static enum err collect_kind(struct reap_state *r, uint64_t mailbox, enum key_kind kind)
{
    struct key prefix = key_one(r->acct->id, kind, mailbox);
    struct arena *a = arena_new();
    struct store_row *rows;
    size_t n;
    enum err e = store_scan(r->acct->ms->store, a, key_str(&prefix), STR_NONE,
                            kind == KEY_LOG || kind == KEY_HISTORY ? RECORD_PARTS_MAX : TOMB_ROWS,
                            &rows, &n);

    for (size_t i = 0, used; e == ERR_OK && i < n && i < TOMB_ROWS; i += used) {
        used = row_objects(r, kind, rows + i, n - i);
        for (size_t k = i; k < i + used && k < n; k++) {
            struct key key = key_of(rows[k].key);

            reap_key_add(r, &key);
        }
    }
    arena_free(a);
    return e;
}

/* The first deleted mailbox whose grace is over; its keys a kind at a time, the stone last. */
static enum err collect_tomb(struct reap_state *r)
{
    static const enum key_kind kinds[] = {KEY_STABLE, KEY_LOG, KEY_HISTORY,
                                          KEY_STATE,  KEY_DIR, KEY_KEYWORDS};
    struct key prefix = key_kind(r->acct->id, KEY_TOMB);
    struct arena *a = arena_new();
    struct store_row *rows;
    size_t n;
    int64_t due = clock_wall() - r->acct->ms->options.expunge_grace;
    enum err e =
        store_scan(r->acct->ms->store, a, key_str(&prefix), STR_NONE, ROUND_ROWS, &rows, &n);

    for (size_t i = 0; e == ERR_OK && i < n && r->n_keys == 0; i++) {
        int64_t when;
        struct key key = key_of(rows[i].key);

        if (tomb_decode(rows[i].value, &when) == ERR_OK && when > due)
            continue;
        for (size_t k = 0; e == ERR_OK && k < ARRAY_LEN(kinds) && r->n_keys == 0; k++)
            e = collect_kind(r, key_id(rows[i].key), kinds[k]);
        if (e == ERR_OK && r->n_keys == 0)
            reap_key_add(r, &key);
    }
    arena_free(a);
    return e;
}

static int object_order(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

static void objects_sort(struct reap_state *r)
{
    size_t k = 0;

    if (r->n)
        qsort(r->objects, r->n, sizeof(*r->objects), object_order);
    for (size_t i = 0; i < r->n; i++)
        if (k == 0 || r->objects[k - 1] != r->objects[i])
            r->objects[k++] = r->objects[i];
    r->n = k;
}

enum err reap_collect(struct reap_state *r)
{
    reap_round_clear(r);
    TRY(collect_history(r));
    if (r->n_keys == 0)
        TRY(collect_tomb(r));
    objects_sort(r);
    return ERR_OK;
}

/* ---- which of them are named ---- */

static void mark_chunk(struct reap_state *r, const struct chunk *c, const struct stable *s,
                       const struct state *t, unsigned char *named)
{
    for (unsigned i = 0; i < c->slots; i++) {
        const uint64_t *at;

        if (s->object[i] < r->objects[0] || s->object[i] > r->objects[r->n - 1] ||
            bits_has(&t->dead, i))
            continue;
        at = bsearch(&s->object[i], r->objects, r->n, sizeof(*at), object_order);
        if (at)
            named[at - r->objects] = 1;
    }
}

static enum err mark_mailbox(struct reap_state *r, uint64_t mailbox, unsigned char *named)
{
    struct version *v;
    enum err e = account_version(r->acct, mailbox, &v);

    if (e != ERR_OK)
        return e == ERR_NO_MAILBOX || r->tolerant ? ERR_OK : e;
    for (struct place p = version_first(v); e == ERR_OK && p.c; p = place_next(v, p)) {
        struct columns cols;

        if (p.c->live == 0)
            continue;
        e = columns_load(v, p.c, &cols);
        if (e != ERR_OK && r->tolerant) {
            e = ERR_OK;
        } else if (e == ERR_OK) {
            mark_chunk(r, p.c, stable_of(cols.stable), state_of(cols.state), named);
            columns_fini(&cols);
        }
    }
    version_unref(v);
    return e;
}

static void mark_objects(struct reap_state *r, const uint64_t *objects, size_t n,
                         unsigned char *named)
{
    for (size_t i = 0; i < n; i++) {
        const uint64_t *at = bsearch(&objects[i], r->objects, r->n, sizeof(*at), object_order);

        if (at)
            named[at - r->objects] = 1;
    }
}

struct young {
    struct reap_state *r;
    unsigned char *named;
    int64_t since;
    uint64_t oldest_seen;
};

static enum err mark_young(void *arg, uint64_t modseq, size_t parts, const struct history *h)
{
    struct young *y = arg;

    if (h->when > y->since || modseq > y->oldest_seen)
        mark_objects(y->r, h->objects, h->n_objects, y->named);
    return ERR_OK;
}

/* What one mailbox lost long ago, another may have lost just now: there its grace is not over. */
static enum err mark_history(struct reap_state *r, unsigned char *named)
{
    struct young y = {
        .r = r, .named = named, .since = clock_wall() - r->acct->ms->options.expunge_grace};
    uint64_t mailbox;
    enum err e = history_mailbox(r->acct, 1, &mailbox);

    while (e == ERR_OK && mailbox) {
        if (mailbox_exists(r->acct, mailbox)) {
            y.oldest_seen = oldest_seen(r->acct, mailbox);
            e = history_each(r->acct->ms->store, r->acct->id, mailbox, 0, UINT64_MAX - 1,
                             mark_young, &y);
        }
        if (e == ERR_OK)
            e = history_mailbox(r->acct, mailbox + 1, &mailbox);
    }
    return e;
}

static enum err mark_grave(struct reap_state *r, const struct store_row *row, unsigned char *named)
{
    int64_t when, due = clock_wall() - r->acct->ms->options.expunge_grace;
    struct reap_state there = {.acct = r->acct};
    enum err e = ERR_OK;

    if (tomb_decode(row->value, &when) == ERR_OK && when > due)
        e = reap_objects_of(&there, key_id(row->key));
    mark_objects(r, there.objects, there.n, named);
    mem_free(there.objects);
    return e;
}

/* And so with mailboxes that were deleted just now. */
static enum err mark_graves(struct reap_state *r, unsigned char *named)
{
    struct key prefix = key_kind(r->acct->id, KEY_TOMB), from = prefix;
    size_t n = TOMB_ROWS;
    enum err e = ERR_OK;

    while (e == ERR_OK && n == TOMB_ROWS) {
        struct arena *a = arena_new();
        struct store_row *rows;

        e = store_scan(r->acct->ms->store, a, key_str(&prefix), key_str(&from), TOMB_ROWS, &rows,
                       &n);
        for (size_t i = 0; e == ERR_OK && i < n; i++) {
            e = mark_grave(r, &rows[i], named);
            from = key_one(r->acct->id, KEY_TOMB, key_id(rows[i].key) + 1);
        }
        arena_free(a);
    }
    return e;
}

/* A mailbox that cannot be read might name anything: then nothing is removed.  History and graves
 * come last: what leaves a mailbox meanwhile is in them by then. */
enum err reap_look(struct reap_state *r)
{
    unsigned char *named;
    struct tree *t;
    enum err e = ERR_OK;
    size_t k = 0;

    if (r->n == 0)
        return ERR_OK;
    named = mem_new(r->n);
    pthread_mutex_lock(&r->acct->lock);
    t = tree_ref(r->acct->tree);
    pthread_mutex_unlock(&r->acct->lock);
    for (size_t i = 0; e == ERR_OK && i < t->n; i++)
        if (t->by_id[i]->mailbox)
            e = mark_mailbox(r, t->by_id[i]->mailbox, named);
    if (e == ERR_OK && !r->tolerant)
        e = mark_history(r, named);
    if (e == ERR_OK && !r->tolerant)
        e = mark_graves(r, named);
    for (size_t i = 0; i < r->n; i++)
        if (!named[i])
            r->objects[k++] = r->objects[i];
    r->n = k;
    tree_unref(t);
    mem_free(named);
    return e;
}
