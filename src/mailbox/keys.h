/* The keys of this room in the store; doc/store-format.md says what is under each.  All begin with
 * the account, 8 bytes big-endian, then one letter. */
#ifndef MAILBOX_KEYS_H
#define MAILBOX_KEYS_H

#include "base/str.h"

enum key_kind {
    KEY_ACCOUNT = 'P',  /* -> counters, secret */
    KEY_NODE = 'N',     /* node -> a name */
    KEY_SUB = 'S',      /* number -> a subscribed name */
    KEY_HEAD = 'H',     /* mailbox -> head */
    KEY_KEYWORDS = 'K', /* mailbox -> keyword table */
    KEY_DIR = 'D',      /* mailbox, block, generation -> directory block */
    KEY_STABLE = 'B',   /* mailbox, chunk, generation -> stable half */
    KEY_STATE = 'A',    /* mailbox, chunk, generation -> state half */
    KEY_LOG = 'L',      /* mailbox, modseq, part -> change record */
    KEY_HISTORY = 'X',  /* mailbox, modseq, part -> expunge history */
    KEY_TOMB = 'Z',     /* mailbox -> deleted, its keys not yet removed */
    KEY_LIST = 'E',     /* object -> summary, list */
    KEY_MORE = 'F',     /* object -> summary, more */

    /* account 0 */
    KEY_USER = 'U', /* name -> account record */
    KEY_GONE = 'Q', /* account -> removed, its mail not yet */
};

enum { KEY_MAX = 32 }; /* but those of KEY_USER, which hold a name */

struct key {
    char p[KEY_MAX];
    size_t n;
};

static inline struct str key_str(const struct key *k)
{
    return (struct str){k->p, k->n};
}

struct key key_kind(uint64_t account,
                    enum key_kind kind); /* a prefix; of KEY_ACCOUNT the whole key */
struct key key_one(uint64_t account, enum key_kind kind, uint64_t id);
struct key key_generation(uint64_t account, enum key_kind kind, uint64_t mailbox, uint32_t part,
                          uint32_t gen);
struct key key_modseq(uint64_t account, enum key_kind kind, uint64_t mailbox, uint64_t modseq,
                      uint16_t part);

/* What stands behind account, letter and mailbox (or object); 0 where the key is too short. */
uint64_t key_id(struct str key);
uint64_t key_modseq_of(struct str key);
unsigned key_part_of(struct str key);

#endif
