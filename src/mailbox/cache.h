/* Chunk halves in memory, by generation: one byte-budgeted LRU for all accounts, of which one
 * account gets a quarter at most.  What is in it is also in the store; whoever uses a block holds a
 * reference, so it may be dropped here at any time.  Thread: any; one mutex, held for a few lines.
 */
#ifndef MAILBOX_CACHE_H
#define MAILBOX_CACHE_H

#include "mailbox/chunk.h"

struct cache;

struct cache_key {
    uint64_t account;
    uint64_t mailbox;
    uint32_t chunk;
    uint32_t gen;
    enum block_kind kind;
};

struct cache *cache_new(size_t budget);
void cache_free(struct cache *c);
struct block *cache_get(struct cache *c, const struct cache_key *key); /* a reference, or NULL */
/* Takes the caller's reference to `b`, returns one to what is under `key` now: what was there first
 * stays. */
struct block *cache_put(struct cache *c, const struct cache_key *key, struct block *b);
void cache_forget(struct cache *c, uint64_t account);
size_t cache_bytes(struct cache *c);

#endif
