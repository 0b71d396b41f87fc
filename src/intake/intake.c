/*
 * intake/intake.c - a message on its way in.
 *
 *  bytes -> line ends, NUL, limit -> parser
 *                                 -> one blob for each account
 *
 *  (1) Parser and blobs see the same bytes, so offsets, sizes and what is fetched agree.
 *  (2) The first error stays; what is fed behind it is only counted off.
 *  (3) A blob belongs to the intake until intake_message gives it away.
 */
#include "intake/intake.h"

#include "base/clock.h"
#include "base/mem.h"
#include "imap/summary.h"
#include "mime/parser.h"

enum { CRLF_PIECE = 16 * 1024, READ_PIECE = 64 * 1024 };

struct target {
    struct account *acct;
    uint64_t object;
    struct store_blob *blob; /* NULL: given away */
};

struct intake {
    struct intake_options o;
    struct arena *arena;
    struct mime_parser *parser;
    struct target *targets;
    size_t n_targets;
    uint64_t size;
    bool after_cr; /* the last byte was CR */
    enum err err;
    int64_t date;
    struct buf list, more;
};

struct intake *intake_new(const struct intake_options *o)
{
    struct intake *in = NEW(struct intake);

    in->o = *o;
    in->arena = arena_new();
    in->parser = mime_parser_new(in->arena);
    in->date = clock_wall();
    return in;
}

void intake_add(struct intake *in, struct account *acct)
{
    struct target *t;

    in->targets = mem_grow(in->targets, (in->n_targets + 1) * sizeof(*t));
    t = &in->targets[in->n_targets++];
    *t = (struct target){.acct = account_ref(acct), .object = account_new_object(acct)};
    struct store_blob_info info = {
        .account = account_id(acct), .object = t->object, .date = in->date};
    t->blob = store_blob_begin(mailstore_store(account_mailstore(acct)), &info);
}

/* ---- bytes ---- */

static enum err keep(struct intake *in, struct str bytes)
{
    if (in->o.max_bytes != 0 && bytes.n > in->o.max_bytes - in->size)
        return ERR_TOO_BIG;
    in->size += bytes.n;
    mime_parser_feed(in->parser, bytes);
    for (size_t i = 0; i < in->n_targets; i++)
        TRY(store_blob_append(in->targets[i].blob, bytes));
    return ERR_OK;
}

/* Appends `bytes` with CR before each bare LF. */
static void add_crlf(struct intake *in, struct str bytes, struct buf *out)
{
    while (bytes.n > 0) {
        size_t n = str_find(bytes, '\n');
        bool ended = n<bytes.n, cr = n> 0 ? bytes.p[n - 1] == '\r' : in->after_cr;
        buf_add(out, bytes.p, n);
        if (ended)
            buf_add_cstr(out, cr ? "\n" : "\r\n");
        in->after_cr = !ended && cr;
        bytes = str_from(bytes, n + ended);
    }
}

static enum err keep_crlf(struct intake *in, struct str bytes)
{
    struct buf piece = BUF_INIT;
    enum err e = ERR_OK;

    while (e == ERR_OK && bytes.n > 0) {
        buf_clear(&piece);
        add_crlf(in, str_sub(bytes, 0, CRLF_PIECE), &piece);
        e = keep(in, buf_str(&piece));
        bytes = str_from(bytes, CRLF_PIECE);
    }
    buf_fini(&piece);
    return e;
}

enum err intake_feed(struct intake *in, struct str bytes)
{
    if (in->err != ERR_OK || bytes.n == 0)
        return in->err;
    if (in->o.refuse_nul && str_has_char(bytes, '\0'))
        in->err = ERR_SYNTAX;
    else
        in->err = in->o.to_crlf ? keep_crlf(in, bytes) : keep(in, bytes);
    return in->err;
}

void intake_set_date(struct intake *in, int64_t date)
{
    in->date = date;
}

uint64_t intake_size(const struct intake *in)
{
    return in->size;
}

/* ---- the end ---- */

static enum err finish_blobs(struct intake *in)
{
    for (size_t i = 0; i < in->n_targets; i++) {
        store_blob_set_date(in->targets[i].blob, in->date);
        TRY(store_blob_finish(in->targets[i].blob));
    }
    return ERR_OK;
}

enum err intake_finish(struct intake *in)
{
    if (in->err == ERR_OK)
        in->err = finish_blobs(in);
    if (in->err == ERR_OK)
        summary_build(mime_parser_finish(in->parser), &in->list, &in->more);
    return in->err;
}

void intake_message(struct intake *in, size_t i, struct intent_message *out)
{
    struct target *t = &in->targets[i];

    out->object = t->object;
    out->blob = t->blob;
    out->size = in->size;
    out->summary_list = buf_str(&in->list);
    out->summary_more = buf_str(&in->more);
    t->blob = NULL;
}

void intake_free(struct intake *in)
{
    if (in == NULL)
        return;
    for (size_t i = 0; i < in->n_targets; i++) {
        store_blob_abort(in->targets[i].blob);
        account_unref(in->targets[i].acct);
    }
    mem_free(in->targets);
    mime_parser_free(in->parser);
    buf_fini(&in->list);
    buf_fini(&in->more);
    arena_free(in->arena);
    mem_free(in);
}

/* ---- again ---- */

static enum err read_all(struct account *acct, uint64_t object, struct mime_parser *p)
{
    char *piece = mem_raw(READ_PIECE);
    uint64_t at = 0;
    size_t got = READ_PIECE;
    enum err e = ERR_OK;

    while (e == ERR_OK && got == READ_PIECE) {
        e = account_read(acct, object, at, piece, READ_PIECE, &got);
        if (e == ERR_OK)
            mime_parser_feed(p, str_n(piece, got));
        at += got;
    }
    mem_free(piece);
    return e;
}

enum err intake_summarize(struct account *acct, uint64_t object, struct buf *list_out,
                          struct buf *more_out)
{
    struct arena *a = arena_new();
    struct mime_parser *p = mime_parser_new(a);
    enum err e = read_all(acct, object, p);

    if (e == ERR_OK)
        summary_build(mime_parser_finish(p), list_out, more_out);
    mime_parser_free(p);
    arena_free(a);
    return e;
}
