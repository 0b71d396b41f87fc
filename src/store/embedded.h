/* The engine that needs nothing beside it: LMDB for keys and values, pack files for blobs, one directory, one owner.
 * Commits of all accounts that wait share their syncs. */
#ifndef STORE_EMBEDDED_H
#define STORE_EMBEDDED_H

#include "store/store.h"

struct embedded_options {
    uint64_t map_size;       /* 0: 1 TiB of address space, less under RLIMIT_AS */
    uint64_t pack_size;      /* 0: 64 MiB; a pack is closed when it has grown to this */
    uint64_t min_free;       /* 0: 64 MiB; below this much free space no message is accepted */
    bool read_only;          /* for looking: takes no lock, changes nothing */
    bool past_damage;        /* a hole in the journal: go on with what stands before it (repair, after a backup) */
};

/* Opens, or creates when the directory is empty or missing.  Takes the directory's lock for the life of the store.
 * ERR_LOCKED: another process owns it.  ERR_VERSION: made by a newer Tern; nothing was touched.
 * ERR_CORRUPT: damaged; the log says where and what to do. */
enum err embedded_open(const char *dir, const struct embedded_options *o, struct store **out);

/* Is the directory a store, and does a process own it now? */
bool embedded_is_store(const char *dir);
bool embedded_is_owned(const char *dir);

/* Mail of a store whose key-value map is lost: each live pack record. */
struct embedded_record {
    struct store_blob_info info;
    uint64_t size;
    bool sound; /* its checksum holds */
};
typedef enum err embedded_record_fn(void *arg, const struct embedded_record *r, int fd, uint64_t offset);
enum err embedded_each_record(const char *dir, embedded_record_fn *fn, void *arg);

/* How the engine did: for the benchmark and metrics. */
struct embedded_stats {
    uint64_t commits, groups, syncs, blob_bytes;
};
void embedded_stats(struct store *s, struct embedded_stats *out);

#endif
