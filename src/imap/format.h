/* The IMAP language, outwards: values to bytes, always within the grammar of RFC 9051 section 9, whatever the value. */
#ifndef IMAP_FORMAT_H
#define IMAP_FORMAT_H

#include "imap/command.h"
#include "mime/part.h"

/* How text that is not ASCII may be told. */
enum imap_mode {
    IMAP_MODE_REV1, /* strings are 7-bit: names in modified UTF-7, headers as RFC 2047 words */
    IMAP_MODE_UTF8, /* IMAP4rev2 or UTF8=ACCEPT: UTF-8 in strings and names */
};

void imap_put_quoted(struct buf *out, struct str s); /* s must be quotable: no CR, LF, NUL */
void imap_put_literal(struct buf *out, struct str s);
/* Quoted if it can be, else a literal; NUL is dropped.
 * 8-bit bytes: as RFC 2047 words in REV1; in UTF8 mode as UTF-8, scrubbed. */
void imap_put_string(struct buf *out, struct str s, enum imap_mode mode);
void imap_put_nstring(struct buf *out, struct str s, enum imap_mode mode); /* p NULL: NIL */
void imap_put_astring(struct buf *out, struct str s, enum imap_mode mode);
void imap_put_mailbox(struct buf *out, struct str name_utf8, enum imap_mode mode);
/* In parentheses: "(\Seen $Forwarded)". */
void imap_put_flags(struct buf *out, uint8_t system, bool recent, const struct str *keywords, size_t n);
/* " 1-Jan-2026 00:00:00 +0000" in quotes; always valid: dates that cannot be told are clamped. */
void imap_put_internaldate(struct buf *out, int64_t utc, int16_t zone_min);
void imap_put_section(struct buf *out, const struct imap_section *section); /* what stands within BODY[ ] */

void imap_put_envelope(struct buf *out, const struct mime_envelope *e, enum imap_mode mode);
/* BODYSTRUCTURE (extended) or BODY. */
void imap_put_body(struct buf *out, const struct mime_part *p, bool extended, enum imap_mode mode);

/* Text for humans in a response: CR, LF, NUL, 8-bit and "]" removed. */
void imap_put_text(struct buf *out, struct str s);

#endif
