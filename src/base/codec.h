/* How records are written: fixed little-endian numbers, LEB128 varints, counted strings; and keys: big-endian, so
 * that bytes sort as numbers do.  Reading is bounds-checked and sticky: after the first fault everything reads as
 * zero and `bad` is set, so a decoder checks once, at the end. */
#ifndef BASE_CODEC_H
#define BASE_CODEC_H

#include "base/buf.h"
#include "base/err.h"

void enc_u8(struct buf *b, uint8_t v);
void enc_u16(struct buf *b, uint16_t v);
void enc_u32(struct buf *b, uint32_t v);
void enc_u64(struct buf *b, uint64_t v);
void enc_var(struct buf *b, uint64_t v);  /* LEB128 */
void enc_svar(struct buf *b, int64_t v);  /* zigzag LEB128 */
void enc_str(struct buf *b, struct str s); /* varint length, bytes */
void enc_be64(struct buf *b, uint64_t v); /* for keys */
void enc_be32(struct buf *b, uint32_t v);

struct dec {
    const unsigned char *p;
    size_t n; /* bytes left */
    bool bad;
};

static inline struct dec dec_of(struct str s)
{
    return (struct dec){(const unsigned char *)s.p, s.n, false};
}

uint8_t dec_u8(struct dec *d);
uint16_t dec_u16(struct dec *d);
uint32_t dec_u32(struct dec *d);
uint64_t dec_u64(struct dec *d);
uint64_t dec_var(struct dec *d);
int64_t dec_svar(struct dec *d);
struct str dec_str(struct dec *d); /* a view into the input */
struct str dec_bytes(struct dec *d, size_t n);
uint64_t dec_be64(struct dec *d);
uint32_t dec_be32(struct dec *d);

/* Checksummed envelope of every stored value: format version, body, XXH3 of both.
 * seal: appends to `b` what was written since `start` as is, plus the trailer; begin returns `start`. */
size_t seal_begin(struct buf *b, uint8_t format);
void seal_end(struct buf *b, size_t start);
/* Checks and strips.  ERR_CORRUPT: checksum; ERR_VERSION: format newer than `newest`. */
enum err seal_open(struct str value, uint8_t newest, uint8_t *format_out, struct dec *body_out);

#endif
