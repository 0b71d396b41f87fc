/* Hashes by libxxhash: checksums of records, and hash tables seeded per process so that a client cannot choose
 * colliding names. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include "base/str.h"

uint64_t hash_checksum(struct str s);
/* Streaming checksum: the same value as hash_checksum over the concatenation. */
struct hash_stream;
struct hash_stream *hash_stream_new(void);
void hash_stream_free(struct hash_stream *h);
void hash_stream_add(struct hash_stream *h, struct str s);
uint64_t hash_stream_end(const struct hash_stream *h);

uint64_t hash_seeded(struct str s); /* differs from process to process */

/* A map from bytes to pointers.  Keys are copied.  Thread: the caller's lock. */
struct map;
struct map *map_new(void);
void map_free(struct map *m);
void *map_get(const struct map *m, struct str key);
/* Returns the value that was there (NULL if none). A NULL value removes. */
void *map_put(struct map *m, struct str key, void *value);
size_t map_count(const struct map *m);
/* Calls fn for each; fn may not change the map. */
void map_each(const struct map *m, void (*fn)(void *arg, struct str key, void *value), void *arg);

#endif
