/* Addresses of RFC 5322 3.4 with everything obsolete and much that is broken; RFC 6532 UTF-8 included. */
#ifndef MIME_ADDRESS_H
#define MIME_ADDRESS_H

#include "base/arena.h"
#include "base/str.h"

/* As ENVELOPE shows them.  A group is a start (mailbox = its name, host absent), its members, and an end (mailbox
 * and host absent) (RFC 9051, 7.5.2).  An address without a domain has an empty host. */
struct mime_address {
    struct mime_address *next;
    struct str name;    /* display name, not decoded, quotes removed; or absent */
    struct str route;   /* obsolete source route; or absent */
    struct str mailbox; /* local part, quotes removed */
    struct str host;
};

/* Parses a field's value; at most `limit` addresses.  Never fails; what makes no sense is left out. */
struct mime_address *mime_addresses(struct arena *a, struct str value, size_t limit);

#endif
