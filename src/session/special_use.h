/* Special-use attributes as words (RFC 6154, 2; RFC 8457, 3). */
#ifndef SESSION_SPECIAL_USE_H
#define SESSION_SPECIAL_USE_H

#include "base/buf.h"

/* The attributes of `uses` (enum special_use), each with a space before it. */
void special_use_put(struct buf *out, uint32_t uses);
/* The bit of an attribute as written; 0: none that a mailbox can be created with (RFC 6154, 3). */
uint32_t special_use_creatable(struct str attribute);

#endif
