/* A disk that fails, and a disk that forgets: file calls of the store and of LMDB (linked
 * statically, by linker wrap) are counted, failed on demand, and written down, so that the
 * directory can be rebuilt as a power loss at any point might have left it. */
#ifndef TESTS_STORE_DISK_H
#define TESTS_STORE_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Everything below looks only at files under `dir`.  What is there already counts as durable. NULL:
 * stop. */
void disk_watch(const char *dir, bool record);

/* ---- failing ---- */

enum disk_call {
    DISK_WRITE = 1, /* pwrite and its kin; with ENOSPC only those that grow the file */
    DISK_SYNC = 2,
    DISK_NAME = 4, /* making, renaming */
    DISK_READ = 8,
};
/* The n-th (from 1) of these calls fails, and with `forever` all after it. n == 0: none. */
void disk_fail(unsigned calls, unsigned n, int errnum, bool forever);
void disk_slow_syncs(unsigned ms);          /* each takes so long; 0: as long as it takes */
void disk_heal_on_unlink(const char *name); /* failing ends when the file of that name goes */
unsigned disk_calls(void);                  /* of these, since disk_fail */
unsigned disk_failed(void);                 /* how many of them failed */

/* ---- forgetting ---- */

size_t disk_events(void);      /* so far */
void disk_note(uint64_t what); /* a mark of the test's own: "this is acknowledged" */
bool disk_is_sync(size_t i);   /* is event i a sync? */
/* Calls fn for each mark before event `end`. */
void disk_notes(size_t end, void (*fn)(void *arg, uint64_t what), void *arg);
/* The directory as it may stand when the power goes after event `end`: what was synced before, and
 * of the rest, by `seed`, all, nothing, or any choice of sectors.  `dir` must not be there yet. */
void disk_rebuild(size_t end, uint64_t seed, const char *dir);

#endif
