/*
 * base/codec.c - numbers and strings of records, and the envelope around a record.
 *
 * Envelope: one byte of format, the body, eight bytes (little-endian) XXH3 of format and body.
 */
#include "base/codec.h"

#include "base/check.h"
#include "base/hash.h"

enum { SEAL_HEAD = 1, SEAL_TAIL = 8 };

static void enc_le(struct buf *b, uint64_t v, size_t n)
{
    char *to = buf_reserve(b, n);

    if (!to)
        return;
    for (size_t i = 0; i < n; i++)
        to[i] = (char)(v >> (8 * i));
    b->n += n;
}

static void enc_be(struct buf *b, uint64_t v, size_t n)
{
    char *to = buf_reserve(b, n);

    if (!to)
        return;
    for (size_t i = 0; i < n; i++)
        to[i] = (char)(v >> (8 * (n - 1 - i)));
    b->n += n;
}

void enc_u8(struct buf *b, uint8_t v)
{
    buf_add_char(b, (char)v);
}

void enc_u16(struct buf *b, uint16_t v)
{
    enc_le(b, v, 2);
}

void enc_u32(struct buf *b, uint32_t v)
{
    enc_le(b, v, 4);
}

void enc_u64(struct buf *b, uint64_t v)
{
    enc_le(b, v, 8);
}

void enc_var(struct buf *b, uint64_t v)
{
    char bytes[10];
    size_t n = 0;

    while (v >= 0x80) {
        bytes[n++] = (char)(v | 0x80);
        v >>= 7;
    }
    bytes[n++] = (char)v;
    buf_add(b, bytes, n);
}

void enc_svar(struct buf *b, int64_t v)
{
    uint64_t u = (uint64_t)v << 1;

    enc_var(b, v < 0 ? ~u : u);
}

void enc_str(struct buf *b, struct str s)
{
    enc_var(b, s.n);
    buf_add_str(b, s);
}

void enc_be64(struct buf *b, uint64_t v)
{
    enc_be(b, v, 8);
}

void enc_be32(struct buf *b, uint32_t v)
{
    enc_be(b, v, 4);
}

/* The next n bytes, or NULL and nothing is left. */
static const unsigned char *dec_take(struct dec *d, size_t n)
{
    const unsigned char *p = d->p;

    if (d->bad || n > d->n) {
        d->bad = true;
        d->n = 0;
        return NULL;
    }
    if (n) {
        d->p += n;
        d->n -= n;
    }
    return p;
}

static uint64_t dec_le(struct dec *d, size_t n)
{
    const unsigned char *p = dec_take(d, n);
    uint64_t v = 0;

    if (!p)
        return 0;
    for (size_t i = 0; i < n; i++)
        v |= (uint64_t)p[i] << (8 * i);
    return v;
}

static uint64_t dec_be(struct dec *d, size_t n)
{
    const unsigned char *p = dec_take(d, n);
    uint64_t v = 0;

    if (!p)
        return 0;
    for (size_t i = 0; i < n; i++)
        v = v << 8 | p[i];
    return v;
}

uint8_t dec_u8(struct dec *d)
{
    return (uint8_t)dec_le(d, 1);
}

uint16_t dec_u16(struct dec *d)
{
    return (uint16_t)dec_le(d, 2);
}

uint32_t dec_u32(struct dec *d)
{
    return (uint32_t)dec_le(d, 4);
}

uint64_t dec_u64(struct dec *d)
{
    return dec_le(d, 8);
}

uint64_t dec_var(struct dec *d)
{
    uint64_t v = 0;

    for (unsigned shift = 0; shift < 64; shift += 7) {
        const unsigned char *p = dec_take(d, 1);

        if (!p)
            return 0;
        if (shift == 63 && *p > 1)
            break; /* more than 64 bits */
        v |= (uint64_t)(*p & 0x7f) << shift;
        if (*p < 0x80)
            return v;
    }
    d->bad = true;
    d->n = 0;
    return 0;
}

int64_t dec_svar(struct dec *d)
{
    uint64_t u = dec_var(d);

    return (int64_t)(u >> 1 ^ (u & 1 ? UINT64_MAX : 0));
}

struct str dec_str(struct dec *d)
{
    uint64_t n = dec_var(d);

    return dec_bytes(d, n);
}

struct str dec_bytes(struct dec *d, size_t n)
{
    const unsigned char *p = dec_take(d, n);

    return p ? str_n(p, n) : (struct str){"", 0};
}

uint64_t dec_be64(struct dec *d)
{
    return dec_be(d, 8);
}

uint32_t dec_be32(struct dec *d)
{
    return (uint32_t)dec_be(d, 4);
}

size_t seal_begin(struct buf *b, uint8_t format)
{
    size_t start = b->n;

    enc_u8(b, format);
    return start;
}

void seal_end(struct buf *b, size_t start)
{
    check(b->failed || b->n >= start + SEAL_HEAD);
    if (!b->failed)
        enc_u64(b, hash_checksum(str_from(buf_str(b), start)));
}

enum err seal_open(struct str value, uint8_t newest, uint8_t *format_out, struct dec *body_out)
{
    struct str sealed;
    struct dec tail;

    if (value.n < SEAL_HEAD + SEAL_TAIL)
        return ERR_CORRUPT;
    sealed = str_sub(value, 0, value.n - SEAL_TAIL);
    tail = dec_of(str_from(value, sealed.n));
    if (dec_u64(&tail) != hash_checksum(sealed))
        return ERR_CORRUPT;
    *body_out = dec_of(sealed);
    *format_out = dec_u8(body_out);
    return *format_out > newest ? ERR_VERSION : ERR_OK;
}
