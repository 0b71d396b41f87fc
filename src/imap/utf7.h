/* Modified UTF-7 of mailbox names (RFC 3501, 5.1.3). */
#ifndef IMAP_UTF7_H
#define IMAP_UTF7_H

#include "base/arena.h"
#include "base/buf.h"

/* false: not valid (bad base64, needless encoding of printable ASCII is tolerated, lone surrogates are not). */
bool imap_utf7_decode(struct arena *a, struct str in, struct str *utf8_out);
void imap_utf7_encode(struct buf *out, struct str utf8);

#endif
