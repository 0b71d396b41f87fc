/* A version being made from a published one.  Only the writer (and opening) has one; nothing it
 * makes is seen before version_publish. */
#ifndef MAILBOX_BUILDER_H
#define MAILBOX_BUILDER_H

#include "mailbox/record.h"
#include "mailbox/version_priv.h"

struct builder {
    struct version *v;    /* the version so far: all reading functions but ranks work on it */
    uint64_t maker;       /* marks what this builder made and may still change */
    uint64_t base_modseq; /* changes up to here are in the blocks that are not dirty */
};

void builder_init(struct builder *b, const struct version *base);
/* On a version that nobody else has: when a mailbox is opened, its log folded up to `modseq`. */
void builder_of(struct builder *b, struct version *v, uint64_t modseq);
/* Ends it; the version, if not taken, too. */
void builder_fini(struct builder *b);
struct version *builder_take(struct builder *b);

/* Makes the change in the version: directory, states, counts, modseq and uidnext.  May load chunks;
 * after an error the builder is of no use any more. */
enum err builder_apply(struct builder *b, const struct change *c);

/* The directory block for changing; the pointer may change with each call. */
struct dirblock *builder_block(struct builder *b, size_t i, unsigned room);
/* Removes a directory block that has no entries left. */
void builder_remove_block(struct builder *b, size_t i);
/* live, unseen, deleted and max_modseq of the entry, from its state. */
void chunk_recount(struct chunk *c, const struct state *s);

#endif
