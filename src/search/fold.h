/* Case folding of a text that comes in pieces: what comes out is the same for every way of cutting
 * it. */
#ifndef SEARCH_FOLD_H
#define SEARCH_FOLD_H

#include "base/buf.h"

struct fold {
    struct buf held; /* the last characters: what follows may compose with them */
};

/* `in` is UTF-8; a character may be cut. */
void fold_feed(struct fold *f, struct str in, struct buf *out);
void fold_end(struct fold *f, struct buf *out);
void fold_fini(struct fold *f);

#endif
