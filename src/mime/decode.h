/* Transfer encodings and charsets, in pieces. */
#ifndef MIME_DECODE_H
#define MIME_DECODE_H

#include "base/buf.h"
#include "base/err.h"
#include "mime/part.h"

/* Undoes a content transfer encoding; bytes in any pieces.  Broken input never fails: what cannot be decoded is
 * skipped (base64) or kept (quoted-printable).  CTE_UNKNOWN copies. */
struct mime_decoder {
    enum mime_cte cte;
    unsigned char held[80]; /* a quoted-printable line has 76 at most: its trailing blanks, until more is known */
    unsigned n_held;
    uint32_t bits;
    unsigned n_bits;
    unsigned state;
    unsigned left; /* bytes that a uuencoded line still has */
};

void mime_decoder_init(struct mime_decoder *d, enum mime_cte cte);
void mime_decoder_feed(struct mime_decoder *d, struct str in, struct buf *out);
void mime_decoder_end(struct mime_decoder *d, struct buf *out);

/* Is this a charset that can be converted?  (iconv, with the names mail uses: "utf-8", "ansi_x3.110", "x-sjis"...) */
bool mime_charset_known(struct str charset);
/* Appends `in` as UTF-8, unknown or wrong bytes as U+FFFD.  Empty charset: UTF-8 if valid, else windows-1252.
 * Thread: any; keeps no state across calls. */
void mime_to_utf8(struct str charset, struct str in, struct buf *out);

/* Converter for long texts in pieces (a body while it is searched).  Where bytes are wrong, what becomes of those behind
 * them may depend on the cutting. */
struct mime_charset;
struct mime_charset *mime_charset_new(struct str charset);
void mime_charset_feed(struct mime_charset *c, struct str in, struct buf *out);
void mime_charset_end(struct mime_charset *c, struct buf *out); /* and frees */

#endif
