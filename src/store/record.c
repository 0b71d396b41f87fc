/*
 * store/record.c - pack records and pack headers as bytes, and the walk over them.
 */
#include "store/record.h"

#include "base/codec.h"
#include "base/hash.h"
#include "base/mem.h"
#include "store/files.h"

static const char record_magic[4] = {'T', 'r', 'e', 'c'};
static const char pack_magic[8] = {'T', 'e', 'r', 'n', 'p', 'a', 'c', 'k'};

/* `b` holds all but the checksum. */
static void header_end(struct buf *b, char *out, size_t n)
{
    enc_u64(b, hash_checksum(str_n(b->p, n - 8)));
    memcpy(out, b->p, n);
    buf_fini(b);
}

static bool header_holds(const char *in, size_t n)
{
    struct dec d = dec_of(str_n(in + n - 8, 8));

    return dec_u64(&d) == hash_checksum(str_n(in, n - 8));
}

void record_format(const struct record *r, char out[static RECORD_HEADER])
{
    struct buf b = BUF_INIT;

    buf_add(&b, record_magic, sizeof(record_magic));
    enc_u8(&b, RECORD_FORMAT);
    enc_u8(&b, (uint8_t)r->kind);
    enc_u16(&b, 0); /* encoding: as is */
    enc_u64(&b, r->segment);
    enc_u64(&b, r->offset);
    enc_u64(&b, r->length);
    enc_u64(&b, r->info.account);
    enc_u64(&b, r->info.object);
    enc_u64(&b, (uint64_t)r->info.date);
    enc_u64(&b, r->sum);
    header_end(&b, out, RECORD_HEADER);
}

enum err record_parse(const char in[static RECORD_HEADER], struct record *out)
{
    struct dec d = dec_of(str_n(in + sizeof(record_magic), RECORD_HEADER - sizeof(record_magic)));
    uint8_t format;
    uint16_t encoding;

    if (memcmp(in, record_magic, sizeof(record_magic)) != 0 || !header_holds(in, RECORD_HEADER))
        return ERR_NOT_FOUND;
    format = dec_u8(&d);
    out->kind = dec_u8(&d);
    encoding = dec_u16(&d);
    out->segment = dec_u64(&d);
    out->offset = dec_u64(&d);
    out->length = dec_u64(&d);
    out->info.account = dec_u64(&d);
    out->info.object = dec_u64(&d);
    out->info.date = (int64_t)dec_u64(&d);
    out->sum = dec_u64(&d);
    return format > RECORD_FORMAT || encoding != 0 ? ERR_VERSION : ERR_OK;
}

void pack_header_format(const struct pack_header *h, char out[static PACK_HEADER])
{
    struct buf b = BUF_INIT;

    buf_add(&b, pack_magic, sizeof(pack_magic));
    enc_u32(&b, PACK_FORMAT);
    enc_u32(&b, h->no);
    enc_u64(&b, h->segment);
    enc_u64(&b, h->store[0]);
    enc_u64(&b, h->store[1]);
    while (b.n < PACK_HEADER - 8)
        enc_u8(&b, 0);
    header_end(&b, out, PACK_HEADER);
}

enum err pack_header_parse(const char in[static PACK_HEADER], struct pack_header *out)
{
    struct dec d = dec_of(str_n(in + sizeof(pack_magic), PACK_HEADER - sizeof(pack_magic)));
    uint32_t format;

    if (memcmp(in, pack_magic, sizeof(pack_magic)) != 0 || !header_holds(in, PACK_HEADER))
        return ERR_CORRUPT;
    format = dec_u32(&d);
    out->no = dec_u32(&d);
    out->segment = dec_u64(&d);
    out->store[0] = dec_u64(&d);
    out->store[1] = dec_u64(&d);
    return format > PACK_FORMAT ? ERR_VERSION : ERR_OK;
}

/* The window then holds RECORD_HEADER bytes at w->offset, or less at the end of the file. */
static enum err walk_fill(struct record_walk *w)
{
    if (w->offset >= w->window_at && w->offset + RECORD_HEADER <= w->window_at + w->window_n)
        return ERR_OK;
    w->window_at = w->offset;
    return file_read(w->fd, w->name, w->window, RECORD_WINDOW, w->offset, &w->window_n);
}

enum err record_next(struct record_walk *w, struct record *out)
{
    for (;; w->offset += RECORD_ALIGN) {
        const char *at;
        enum err e;

        TRY(walk_fill(w));
        if (w->window_at + w->window_n < w->offset + RECORD_HEADER)
            return ERR_NOT_FOUND;
        at = w->window + (w->offset - w->window_at);
        if (memcmp(at, record_magic, sizeof(record_magic)) != 0)
            continue;
        e = record_parse(at, out);
        if (e == ERR_NOT_FOUND || out->offset != w->offset ||
            (w->segment && out->segment != w->segment))
            continue;
        if (out->length > UINT64_MAX / 4)
            continue;
        w->offset += record_space(out->length);
        return e;
    }
}

enum err record_verify(int fd, const char *name, const struct record *r)
{
    struct hash_stream *h = hash_stream_new();
    char *piece = mem_raw(RECORD_WINDOW);
    enum err e = ERR_OK;
    uint64_t done = 0;

    while (e == ERR_OK && done < r->length) {
        size_t n = r->length - done < RECORD_WINDOW ? (size_t)(r->length - done) : RECORD_WINDOW,
               got;

        e = file_read(fd, name, piece, n, r->offset + RECORD_HEADER + done, &got);
        if (e == ERR_OK && got < n)
            e = ERR_CORRUPT;
        if (e == ERR_OK)
            hash_stream_add(h, str_n(piece, got));
        done += n;
    }
    if (e == ERR_OK && hash_stream_end(h) != r->sum)
        e = ERR_CORRUPT;
    hash_stream_free(h);
    mem_free(piece);
    return e;
}
