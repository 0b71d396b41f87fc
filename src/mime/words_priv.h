/* Encoded words inside text that has been unfolded already. */
#ifndef MIME_WORDS_PRIV_H
#define MIME_WORDS_PRIV_H

#include "base/buf.h"

/* Appends `s` with its encoded words decoded (RFC 2047), all as UTF-8 without NUL, CR and LF. */
void mime_decode_words(struct buf *out, struct str s);

#endif
