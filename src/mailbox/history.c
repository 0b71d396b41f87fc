/*
 * mailbox/history.c - records of what was expunged.
 */
#include "mailbox/history.h"

#include "mailbox/head.h"
#include "mailbox/keys.h"

enum { TOMB_FORMAT = 1, SCAN_ROWS = 64 };

void history_encode(int64_t when, const struct ranges *uids, const uint64_t *objects, size_t n,
                    struct buf *out)
{
    uint64_t last = 0;

    enc_svar(out, when);
    ranges_encode(uids, out);
    enc_var(out, n);
    for (size_t i = 0; i < n; i++) {
        enc_svar(out, (int64_t)(objects[i] - last));
        last = objects[i];
    }
}

enum err history_decode(struct str record, struct arena *a, struct history *out)
{
    struct dec d = dec_of(record);
    uint64_t last = 0, n;

    *out = (struct history){.when = dec_svar(&d)};
    ranges_decode(&out->uids, &d);
    n = dec_var(&d);
    if (n > d.n)
        d.bad = true;
    else
        out->objects = ARENA_ARRAY(a, uint64_t, n);
    for (uint64_t i = 0; i < n && !d.bad; i++)
        out->objects[i] = last += (uint64_t)dec_svar(&d);
    out->n_objects = n;
    if (!d.bad && d.n == 0)
        return ERR_OK;
    history_fini(out);
    return ERR_CORRUPT;
}

void history_fini(struct history *h)
{
    ranges_fini(&h->uids);
}

static enum err history_one(const struct store_row *row, struct str record, size_t parts,
                            history_fn *fn, void *arg)
{
    struct arena *a = arena_new();
    struct history h;
    enum err e = history_decode(record, a, &h);

    if (e == ERR_OK) {
        e = fn(arg, key_modseq_of(row->key), parts, &h);
        history_fini(&h);
    }
    arena_free(a);
    return e;
}

/* The records of one scan; *next_out: the modseq to go on from. */
static enum err history_rows(const struct store_row *rows, size_t n, uint64_t upto, history_fn *fn,
                             void *arg, uint64_t *next_out)
{
    struct buf record = BUF_INIT;
    enum err e = ERR_OK;

    for (size_t i = 0, used; e == ERR_OK && i < n; i += used) {
        if (key_modseq_of(rows[i].key) > upto) {
            *next_out = UINT64_MAX;
            break;
        }
        e = record_collect(rows + i, n - i, &record, &used);
        if (e == ERR_OK)
            e = history_one(&rows[i], buf_str(&record), used, fn, arg);
        if (e == ERR_OK)
            *next_out = key_modseq_of(rows[i].key) + 1;
    }
    buf_fini(&record);
    return e;
}

enum err history_each(struct store *store, uint64_t account, uint64_t mailbox, uint64_t since,
                      uint64_t upto, history_fn *fn, void *arg)
{
    struct key prefix = key_one(account, KEY_HISTORY, mailbox);
    size_t limit = SCAN_ROWS, n = limit;
    uint64_t from = since + 1;
    enum err e = ERR_OK;

    while (e == ERR_OK && n == limit && from != UINT64_MAX) {
        struct key at = key_modseq(account, KEY_HISTORY, mailbox, from, 0);
        struct arena *a = arena_new();
        struct store_row *rows;
        uint64_t began = from;

        e = store_scan(store, a, key_str(&prefix), key_str(&at), limit, &rows, &n);
        if (e == ERR_OK)
            e = history_rows(rows, n, upto, fn, arg, &from);
        arena_free(a);
        if (e == ERR_NOT_FOUND) { /* the scan ended within a record */
            e = n == limit ? ERR_OK : ERR_CORRUPT;
            limit = n = from == began ? limit * 4 : limit;
        }
    }
    return e;
}

void tomb_encode(int64_t when, struct buf *out)
{
    size_t start = seal_begin(out, TOMB_FORMAT);

    enc_svar(out, when);
    seal_end(out, start);
}

enum err tomb_decode(struct str value, int64_t *when_out)
{
    struct dec d;
    uint8_t format;

    TRY(seal_open(value, TOMB_FORMAT, &format, &d));
    *when_out = dec_svar(&d);
    return d.bad || d.n ? ERR_CORRUPT : ERR_OK;
}
