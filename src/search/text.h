/* Seeking many needles in one text that comes in pieces. */
#ifndef SEARCH_TEXT_H
#define SEARCH_TEXT_H

#include "search/fold.h"

struct needle {
    struct str folded;
    bool found;
};

/* The text so far, as far as it is still needed. */
struct text {
    struct needle **needles; /* those found are passed over */
    size_t n;
    size_t
        keep; /* the longest needle less one byte: it may begin in one piece and end in the next */
    struct fold fold;
    struct buf window; /* folded; its first `seen` bytes were looked at */
    size_t seen;
};

void text_begin(struct text *t, struct needle **needles, size_t n);
/* true: a needle was found that was not before. */
bool text_feed(struct text *t, struct str utf8);
bool text_end(struct text *t); /* of this text; another may begin */
void text_fini(struct text *t);

#endif
