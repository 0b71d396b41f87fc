/* The two halves of a chunk, as columns.  A block is counted and, once a published version names
 * it, immutable but for the room behind its used slots: the one lineage of versions may append
 * there, because no published version counts those slots.  How many slots are used is said by the
 * directory entry, never by the block. */
#ifndef MAILBOX_CHUNK_H
#define MAILBOX_CHUNK_H

#include "base/codec.h"
#include "mailbox/version.h"

#include <stdatomic.h>

enum block_kind { BLOCK_STABLE, BLOCK_STATE };

struct block {
    atomic_uint refs;
    enum block_kind kind;
};

struct block *block_ref(struct block *b);
void block_unref(struct block *b); /* NULL is fine */
size_t block_bytes(const struct block *b);

/* One bit per slot. */
struct bits {
    uint64_t w[CHUNK_MESSAGES / 64];
};

static inline bool bits_has(const struct bits *b, unsigned i)
{
    return b->w[i / 64] >> (i % 64) & 1;
}

static inline void bits_set(struct bits *b, unsigned i)
{
    b->w[i / 64] |= (uint64_t)1 << (i % 64);
}

void bits_set_range(struct bits *b, unsigned lo, unsigned end); /* [lo, end) */
unsigned bits_count(const struct bits *b);
bool bits_any(const struct bits *b);
/* The first set bit at or behind `from`; CHUNK_MESSAGES: none. */
unsigned bits_next(const struct bits *b, unsigned from);

/* Written once. */
struct stable {
    struct block block;
    unsigned cap;
    uint32_t *uid;
    uint64_t *object;
    uint64_t *size;
    int64_t *date;
    int64_t *saved;
    int16_t *zone;
};

enum { STATE_FLAGS = 5 }; /* bits of enum msgflag, in that order */

struct keyword_bits {
    unsigned id;
    struct bits bits;
};

struct state {
    struct block block;
    uint64_t maker; /* the builder that may still change it; see builder.c */
    unsigned cap;
    struct bits flag[STATE_FLAGS];
    struct bits dead;
    uint64_t *modseq;
    unsigned n_keywords; /* those present, by rising id */
    unsigned cap_keywords;
    struct keyword_bits *keywords;
};

static inline struct stable *stable_of(struct block *b)
{
    return (struct stable *)b;
}

static inline struct state *state_of(struct block *b)
{
    return (struct state *)b;
}

struct stable *stable_new(unsigned cap);
/* A copy of the first `slots`, with room for `cap`. */
struct stable *stable_copy(const struct stable *from, unsigned slots, unsigned cap);
void stable_set(struct stable *s, unsigned slot, const struct row *r);

struct state *state_new(unsigned cap);
struct state *state_copy(const struct state *from, unsigned slots, unsigned cap);
void state_room(struct state *s, unsigned slots);
void state_set_keyword(struct state *s, unsigned id, const struct bits *add);
void state_clear_keyword(struct state *s, unsigned id, const struct bits *drop);
const struct bits *state_keyword(const struct state *s, unsigned id); /* NULL: nobody has it */
/* Flags, keywords and modseq of `r`; the slot was not used before. */
void state_set(struct state *s, unsigned slot, const struct row *r);

void row_fill(struct row *r, const struct stable *s, const struct state *t, unsigned slot);

/* As stored (doc/store-format.md); UIDs are relative to `first_uid`, which the directory knows. */
void stable_encode(const struct stable *s, unsigned slots, uint32_t first_uid, struct buf *out);
unsigned stable_slots(struct str value); /* how many it says; 0: it cannot be read */
enum err stable_decode(struct str value, unsigned slots, uint32_t first_uid, struct block **out);
void state_encode(const struct state *s, unsigned slots, struct buf *out);
enum err state_decode(struct str value, unsigned slots, struct block **out);

#endif
