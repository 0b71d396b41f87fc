/*
 * session/fetch_measure.c - a section's length before its literal is announced, and then its bytes.
 *
 * The length of what is decoded or filtered is found by doing it once; what is short is kept from
 * that, what is long is done again while it is sent.  A short plain section is read here, too, so
 * that a message whose bytes are gone is found out before anything of it was told.
 */
#include "session/fetch.h"

enum { HELD_MAX = 4 * FETCH_HELD }; /* of one message, all items together */

static struct content *content_now(struct fetch *f)
{
    return &f->contents[f->item];
}

/* "<o.n>": what of `total` bytes is told. Beyond the end it is nothing (RFC 9051, 6.4.5). */
static void window(const struct imap_fetch_item *in, uint64_t total, struct content *k)
{
    k->skip = in->partial && in->offset < total ? in->offset : in->partial ? total : 0;
    k->length = total - k->skip;
    if (in->partial && in->count < k->length)
        k->length = in->count;
}

static bool may_hold(const struct fetch *f, uint64_t n)
{
    return n <= FETCH_HELD && f->held + n <= HELD_MAX;
}

/* ---- plain sections ---- */

static enum err read_whole(struct fetch *f, struct content *k)
{
    char *to = buf_reserve(&k->held, (size_t)k->length);
    uint64_t from = k->at + k->skip;

    while (k->held.n < k->length) {
        size_t got = 0;

        TRY(account_read(f->account, f->m->row.object, from + k->held.n, to + k->held.n,
                         (size_t)k->length - k->held.n, &got));
        if (got == 0)
            return ERR_IO;
        k->held.n += got;
    }
    f->held += k->held.n;
    k->is_held = true;
    return ERR_OK;
}

static enum err measure_plain(struct fetch *f, const struct imap_fetch_item *in, struct content *k)
{
    char probe;
    size_t got = 0;

    window(in, k->end - k->at, k);
    if (k->length == 0)
        return ERR_OK;
    if (may_hold(f, k->length))
        return read_whole(f, k);
    TRY(account_read(f->account, f->m->row.object, k->at + k->skip + k->length - 1, &probe, 1,
                     &got));
    return got == 1 ? ERR_OK : ERR_IO;
}

/* ---- sections that are made ---- */

/* The part of a piece that came out at `passed` which lies in [from, from + count). */
static struct str piece_window(struct str piece, uint64_t passed, uint64_t from, uint64_t count)
{
    uint64_t drop = from > passed ? from - passed : 0;

    if (drop >= piece.n)
        return STR("");
    piece = str_from(piece, (size_t)drop);
    uint64_t before = passed + drop - from; /* told already */
    uint64_t left = count > before ? count - before : 0;
    return str_sub(piece, 0, left < piece.n ? (size_t)left : piece.n);
}

static void drop_held(struct fetch *f, struct content *k)
{
    f->held -= k->held.n;
    buf_fini(&k->held);
    k->is_held = false;
}

static void count_piece(struct fetch *f, struct content *k, struct str told)
{
    k->length += told.n;
    k->nul = k->nul || str_has_char(told, '\0');
    if (k->is_held && !may_hold(f, told.n + k->held.n))
        drop_held(f, k);
    if (!k->is_held)
        return;
    buf_add_str(&k->held, told);
    f->held += told.n;
}

static void measure_begin(struct fetch *f, const struct fetch_item *item, struct content *k)
{
    fetch_source(f, item, k, &f->source);
    f->sourcing = true;
    f->passed = 0;
    k->skip = item->in->partial ? item->in->offset : 0;
    k->is_held = item->in->kind != FETCH_BINARY_SIZE;
}

static enum err measure_made(struct fetch *f, const struct fetch_item *item, struct content *k,
                             bool *done_out)
{
    uint64_t count = item->in->partial ? item->in->count : UINT64_MAX;

    if (!f->sourcing)
        measure_begin(f, item, k);
    buf_clear(&f->piece);
    TRY(source_next(&f->source, &f->piece));
    count_piece(f, k, piece_window(buf_str(&f->piece), f->passed, k->skip, count));
    f->passed += f->piece.n;
    *done_out = f->source.ended || k->length == count;
    if (*done_out)
        fetch_source_end(f);
    return ERR_OK;
}

enum err fetch_measure(struct fetch *f, bool *done_out)
{
    const struct fetch_item *item = &f->plan.items[f->item];
    struct content *k = content_now(f);

    *done_out = true;
    if (!(item->needs & NEEDS_BYTES))
        return ERR_OK;
    if (!f->sourcing)
        TRY(fetch_locate(f, item, k));
    if (k->absent)
        return ERR_OK;
    return k->plain ? measure_plain(f, item->in, k) : measure_made(f, item, k, done_out);
}

/* ---- sending ---- */

void fetch_stream_begin(struct fetch *f)
{
    struct content *k = content_now(f);

    fetch_source(f, &f->plan.items[f->item], k, &f->source);
    f->sourcing = true;
    f->passed = 0;
    f->left = k->length;
    if (!k->plain)
        return;
    f->source.at = k->at + k->skip;
    f->source.end = f->source.at + k->length;
    f->passed = k->skip;
}

enum err fetch_stream(struct fetch *f, bool *done_out)
{
    struct content *k = content_now(f);
    struct buf *out = session_out(f->c->s);
    size_t before = out->n;

    buf_clear(&f->piece);
    TRY(source_next(&f->source, k->plain ? out : &f->piece));
    if (!k->plain) {
        buf_add_str(out, piece_window(buf_str(&f->piece), f->passed, k->skip, k->length));
        f->passed += f->piece.n;
    }
    f->left -= out->n - before;
    *done_out = f->left == 0;
    return f->left && f->source.ended ? ERR_IO : ERR_OK;
}

void fetch_source_end(struct fetch *f)
{
    if (f->sourcing)
        source_fini(&f->source);
    f->sourcing = false;
}
