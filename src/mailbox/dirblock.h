/* The directory: one entry per chunk, in blocks of 64 that versions share.  It answers counts,
 * ranks and "what changed since" without loading a chunk. */
#ifndef MAILBOX_DIRBLOCK_H
#define MAILBOX_DIRBLOCK_H

#include "mailbox/chunk.h"

#ifdef MAILBOX_SMALL
enum { DIRBLOCK_CHUNKS = 2 };
#else
enum { DIRBLOCK_CHUNKS = 64 };
#endif

/* Same id and same `touched` mean the same messages in the same state: ids are never given twice in
 * a mailbox, a slot's message never changes, and every change of a state raises `touched`. */
struct chunk {
    uint32_t id;
    uint32_t first_uid, last_uid;          /* bounds, also of dead slots */
    uint32_t stable_gen, state_gen;        /* in the store; 0: never written */
    uint16_t slots, live, unseen, deleted; /* the last two: of the live */
    uint64_t max_modseq;                   /* of the live */
    uint64_t touched;                      /* modseq of the last change, expunges too */
    struct block *stable, *state;   /* pinned here, or NULL: by generation through the cache */
    bool stable_dirty, state_dirty; /* pinned, and newer than what the generation names */
};

struct dirblock {
    atomic_uint refs;
    uint64_t maker;   /* the builder that may still change it */
    uint32_t id, gen; /* gen 0: never written */
    uint64_t asof; /* changes up to here are in what `gen` names (or concern none of its chunks) */
    bool dirty;    /* differs from what `gen` names */
    bool grew;     /* ... and has messages which that has not */
    unsigned n, cap;
    struct chunk c[];
};

struct dirblock *dirblock_new(unsigned cap);
struct dirblock *dirblock_ref(struct dirblock *d);
void dirblock_unref(struct dirblock *d);
/* Room for `cap`; the references its entries hold are taken again. */
struct dirblock *dirblock_copy(const struct dirblock *from, unsigned cap);
/* For a block that nobody else holds; may move it. */
struct dirblock *dirblock_room(struct dirblock *d, unsigned n);
/* Forgets `count` entries from `at` on. */
void dirblock_remove(struct dirblock *d, unsigned at, unsigned count);

uint32_t dirblock_live(const struct dirblock *d);
uint32_t dirblock_unseen(const struct dirblock *d);
uint32_t dirblock_deleted(const struct dirblock *d);
uint64_t dirblock_max_modseq(const struct dirblock *d);

void dirblock_encode(const struct dirblock *d, struct buf *out);
enum err dirblock_decode(struct str value, struct dirblock **out);

/* One entry, as in a directory block and in a LINK record. */
void chunk_encode(const struct chunk *c, struct buf *out);
void chunk_decode(struct dec *d, struct chunk *c);

/* Every slot used and alive, and no gap between the UIDs: then no column is needed to number them.
 */
static inline bool chunk_dense(const struct chunk *c)
{
    return c->live == c->slots && c->last_uid - c->first_uid + 1 == c->slots;
}

static inline bool chunk_same(const struct chunk *a, const struct chunk *b)
{
    return a->id == b->id && a->touched == b->touched && a->slots == b->slots;
}

#endif
