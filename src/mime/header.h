/* Header fields of a header block, as they stand in the bytes. */
#ifndef MIME_HEADER_H
#define MIME_HEADER_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"

struct mime_field {
    struct str name;  /* as written, without blanks before the colon */
    struct str value; /* behind the colon up to, not including, the last line end; folds as they stand */
    struct str whole; /* name to and including the last line end */
};

struct mime_fields {
    struct str rest;
};

static inline struct mime_fields mime_fields_of(struct str block)
{
    return (struct mime_fields){block};
}

/* The next field; lines that are no field are skipped.  false at the empty line or the end. */
bool mime_fields_next(struct mime_fields *f, struct mime_field *out);

/* Folds removed (CR and LF dropped, RFC 5322 2.2.3), outer blanks trimmed; NULs dropped. */
struct str mime_unfold(struct arena *a, struct str value);

/* Unfolded and RFC 2047 decoded, as UTF-8: what a person would read.  Unknown charsets: U+FFFD for 8-bit bytes. */
struct str mime_decode_text(struct arena *a, struct str value);

/* Message-IDs ("<...>", without the brackets) of a References or In-Reply-To value. */
size_t mime_message_ids(struct arena *a, struct str value, struct str **ids_out);

/* The base subject of RFC 5256 2.1, UTF-8, folded for comparing. *is_reply_out: was "Re:" or "Fwd:". */
struct str mime_base_subject(struct arena *a, struct str raw_subject, bool *is_reply_out);

/* RFC 2047 encodes UTF-8 (or raw 8-bit) text so that the result is ASCII; ASCII goes through unchanged. */
void mime_encode_text(struct buf *out, struct str text);

#endif
