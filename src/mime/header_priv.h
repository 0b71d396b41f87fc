/* What makes a line a header field; parser and reader of header blocks must agree on it. */
#ifndef MIME_HEADER_PRIV_H
#define MIME_HEADER_PRIV_H

#include "mime/header.h"

/* `line` begins a field (RFC 5322 2.2 and 4.5: printable ASCII, blanks allowed before the colon).
 * Returns the length of its name, or 0 when it is none; then *colon_out is untouched. */
size_t mime_field_name(struct str line, size_t *colon_out);

/* Bytes up to and including the first line end, or all. */
static inline size_t mime_line_len(struct str s)
{
    size_t lf = str_find(s, '\n');

    return lf < s.n ? lf + 1 : s.n;
}

#endif
