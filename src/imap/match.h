/* LIST patterns (RFC 9051, 6.3.9.3): "*" matches anything, "%" anything but the delimiter.  Linear-ish: time is at most
 * pattern length x name length for any number of wildcards. */
#ifndef IMAP_MATCH_H
#define IMAP_MATCH_H

#include "base/str.h"

/* INBOX matches in any case as first component. */
bool imap_match(struct str pattern, struct str name, char delimiter);
/* Could some inferior of `name` match?  (for pruning a walk over the tree) */
bool imap_match_below(struct str pattern, struct str name, char delimiter);

#endif
