/* The pack files: bodies and the journal, one kind of file, zero-written ahead so that a sync never
 * grows it.
 *
 * Space is reserved under a short lock and written outside it.  A helper thread writes the zeros
 * and makes the next pack.  Nothing here knows the map. */
#ifndef STORE_PACK_H
#define STORE_PACK_H

#include "store/record.h"

#include <pthread.h>

struct packs;

struct packs_options {
    uint64_t pack_size;
    uint64_t store[2]; /* the store's id, for the headers */
    bool read_only;
};

/* Where a record's header stands.  pack 0: a file of its own under blobs/, `offset` is the number
 * in its name. */
struct place {
    uint32_t pack;
    uint64_t offset;
};

struct packs *packs_new(int dirfd,
                        const struct packs_options *o); /* dirfd: of packs/, stays the caller's */
/* Finds the packs that are there.  ERR_VERSION, ERR_CORRUPT: a header; the log says which. */
enum err packs_scan(struct packs *p);
uint32_t packs_last(struct packs *p); /* number of the newest; 0: none */
/* From now on records are written: behind `end` of pack `no`, or (no == 0) into a new pack. */
enum err packs_start(struct packs *p, uint32_t no, uint64_t end);
void packs_free(struct packs *p);

/* Reserves and writes.  The record is there, but not durable.  *written_out goes to packs_sync.
 * The pack is kept from removal until packs_release. */
enum err packs_write(struct packs *p, struct record *r, struct str body, struct place *place_out,
                     uint64_t *written_out);
/* The same in pieces: the body is written by the caller at place_out->offset + RECORD_HEADER of
 * *fd_out. */
enum err packs_reserve(struct packs *p, uint64_t length, struct place *place_out,
                       uint64_t *segment_out, int *fd_out);
uint64_t packs_written(struct packs *p, uint32_t no);
void packs_release(struct packs *p, uint32_t no);
/* Durable up to write number `written`.  *synced_out: a sync was needed.  Thread: the committer. */
enum err packs_sync(struct packs *p, uint32_t no, uint64_t written, bool *synced_out);
/* Everything written, wherever. */
enum err packs_sync_all(struct packs *p);
/* The place the next record will have; pack 0: nothing is written yet. */
struct place packs_end(struct packs *p);

/* An open pack, for pread; ERR_NOT_FOUND: there is none (any more).  Give back with packs_put. */
struct pack;
enum err packs_get(struct packs *p, uint32_t no, struct pack **out);
void packs_put(struct packs *p, struct pack *k);
int pack_fd(const struct pack *k);
const char *pack_name(const struct pack *k);
uint64_t pack_segment(const struct pack *k);

/* The number of the first pack behind `after`; 0: there is none. */
uint32_t packs_next(struct packs *p, uint32_t after);
/* Closed, and no record in it is on its way into the map. */
bool packs_idle(struct packs *p, uint32_t no);
uint64_t packs_size(struct packs *p, uint32_t no);
/* Gone for new readers; the file goes now. */
enum err packs_remove(struct packs *p, uint32_t no);

#endif
