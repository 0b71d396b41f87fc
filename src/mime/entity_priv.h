/* One header block understood: a part's Content-* fields and, for a message, its envelope. */
#ifndef MIME_ENTITY_PRIV_H
#define MIME_ENTITY_PRIV_H

#include "mime/part.h"

struct mime_entity {
    struct arena *arena;
    struct mime_part *part;
    bool in_digest;         /* the part stands in a multipart/digest */
    size_t *addresses_left; /* of the whole message (MIME_MAX_ADDRESSES) */
    struct str boundary;    /* out: what "boundary" says, byte for byte; or absent */
};

/* Reads `block` into e->part.  Its envelope, if it has one, is filled in, too.  Kind and places
 * stay untouched. */
void mime_entity_read(struct mime_entity *e, struct str block);

#endif
