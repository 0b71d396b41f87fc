/* UTF-8 (RFC 3629): strict: no overlong forms, no surrogates, nothing above U+10FFFF. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "base/arena.h"
#include "base/buf.h"

bool utf8_valid(struct str s);
/* Length 1..4 and the code point of the character at the start of `s`, or 0 when it is not valid. */
int utf8_decode(struct str s, uint32_t *cp_out);
void utf8_encode(struct buf *b, uint32_t cp);
/* Appends `s` with each maximal invalid piece replaced by U+FFFD. */
void utf8_scrub(struct buf *out, struct str s);
/* Longest prefix of at most n bytes that ends at a character. */
size_t utf8_cut(struct str s, size_t n);

/* By utf8proc.  Normal form C; false when `s` is not valid UTF-8. */
bool utf8_nfc(struct arena *a, struct str s, struct str *out);
/* Folded for comparing and searching: NFKC casefold with marks kept; invalid bytes are scrubbed first. */
void utf8_fold(struct buf *out, struct str s);

#endif
