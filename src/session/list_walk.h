/* Which names LIST and LSUB tell, apart from how they are told. */
#ifndef SESSION_LIST_WALK_H
#define SESSION_LIST_WALK_H

#include "mailbox/names.h"

struct list_walk {
    const struct names *names;
    struct str *patterns; /* canonical: the reference is in them */
    size_t n_patterns;
    bool subscribed, special_use; /* the selection; neither: what exists */
    bool children;                /* tell, too, what only has inferiors that are selected */
    size_t summed;                /* names that are in the sums: */
    uint32_t *selected;           /* of the names before i ... */
    uint32_t *hidden;             /* ... and of these, those that match no pattern */
};

/* What one name is to the command. */
struct list_verdict {
    bool matches;  /* a pattern; nothing of the rest is set otherwise */
    bool selected; /* the name itself */
    bool below;    /* some name below it is selected ... */
    bool hidden;   /* ... and matches no pattern, so only this name can tell of it */
};

/* Makes the patterns canonical. */
void list_walk_init(struct list_walk *w, struct arena *a, const struct names *names,
                    struct str reference, const struct str *patterns, size_t n_patterns);
/* `children` from now on. */
void list_walk_children(struct list_walk *w, struct arena *a);
/* One step of the sums over all names that `children` needs before the first judgement.  false:
 * they are made. */
bool list_walk_sum(struct list_walk *w);
struct list_verdict list_walk_judge(const struct list_walk *w, size_t i);

#endif
