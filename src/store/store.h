/* Bytes, durable.  The narrow contract between mail and what keeps it: a map of keys to values changed by atomic
 * batches, and blobs (message bodies) beside it.  It knows accounts (numbers) and bytes, no mail.  Engines: embedded
 * (LMDB and pack files), memory (tests).
 *
 * No snapshots: values that belong together are reached from one head through generation-named keys, and a reader
 * that misses one reads the head again.  No range deletes, no reference counts.
 *
 * Keys: an account number (8 bytes big-endian), then anything; at most STORE_MAX_KEY bytes.  Account 0 is the
 * directory of accounts. */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

enum {
    STORE_MAX_KEY = 500,
    STORE_MAX_VALUE = 64 * 1024, /* larger things are blobs */
    STORE_MAX_BATCH_BYTES = 4 * 1024 * 1024,
    STORE_MAX_BATCH_KEYS = 5000,
};

struct store;

/* ---- reading: any worker, blocks for the disk at most ---- */

/* values_out[i]: a copy in `a`, or p == NULL where there is no such key. */
enum err store_get(struct store *s, struct arena *a, const struct str *keys, size_t n,
                   struct str *values_out);

struct store_row {
    struct str key;
    struct str value;
};

/* Keys with `prefix`, rising, from `from` on (included; absent: from the first), at most `limit`. */
enum err store_scan(struct store *s, struct arena *a, struct str prefix, struct str from, size_t limit,
                    struct store_row **rows_out, size_t *n_out);

/* The account's change number: how many batches it has had.  0: never one. */
enum err store_change(struct store *s, uint64_t account, uint64_t *change_out);

/* ---- writing ---- */

struct store_batch; /* puts, deletes and blob drops, all of one account; later ones of a key win */

struct store_batch *store_batch_new(uint64_t account);
void store_batch_free(struct store_batch *b);
void store_batch_put(struct store_batch *b, struct str key, struct str value); /* copies */
void store_batch_delete(struct store_batch *b, struct str key);
void store_batch_drop(struct store_batch *b, uint64_t object); /* the blob goes with this batch */
/* Makes a finished blob of this account part of the batch: it exists from the commit on, and not before. */
struct store_blob;
void store_batch_blob(struct store_batch *b, struct store_blob *blob);
size_t store_batch_keys(const struct store_batch *b);
size_t store_batch_bytes(const struct store_batch *b);

/* Once, from any thread of the engine's or from within store_commit: must only note and hand on (exec_submit).
 * ERR_OK: durable.  ERR_CONFLICT: the expectation did not hold; nothing was done.  Otherwise nothing that can be
 * read was done, and the engine has said in the log what failed.  `change`: the account's number now. */
typedef void store_done_fn(void *arg, enum err e, uint64_t change);

/* Takes `b`; frees it (blobs attached to it too).  Never blocks.  `expect`: the account's change number this batch
 * was made against; the batch makes it expect + 1.  At most one batch of an account is in flight. */
void store_commit(struct store *s, struct store_batch *b, uint64_t expect, store_done_fn *done, void *arg);

/* Commits and waits: for start-up, tools and tests only, never on a worker. */
enum err store_commit_wait(struct store *s, struct store_batch *b, uint64_t expect);

/* ---- blobs ---- */

/* What a pack record says of itself, so that mail survives the loss of the key-value map. */
struct store_blob_info {
    uint64_t account;
    uint64_t object; /* chosen by the caller, never used twice in an account */
    int64_t date;    /* INTERNALDATE, seconds */
};

/* A blob on its way in.  Small ones stay in memory until `finish`, large ones go to a file of their own, so any
 * number can arrive at once, slowly.  Thread: one at a time. */
struct store_blob *store_blob_begin(struct store *s, const struct store_blob_info *info);
enum err store_blob_append(struct store_blob *b, struct str bytes);
enum err store_blob_finish(struct store_blob *b); /* then: store_batch_blob, or abort */
void store_blob_abort(struct store_blob *b);      /* NULL is fine; at any time before the batch took it */
uint64_t store_blob_size(const struct store_blob *b);
/* The INTERNALDATE may be known only at the end. */
void store_blob_set_date(struct store_blob *b, int64_t date);

/* Reads up to n bytes at `offset`; *got_out is less only at the end of the blob.
 * ERR_NOT_FOUND: no such blob.  Checksums are verified by store_blob_verify and `tern check`, not here. */
enum err store_blob_read(struct store *s, uint64_t account, uint64_t object, uint64_t offset, void *to,
                         size_t n, size_t *got_out);
enum err store_blob_stat(struct store *s, uint64_t account, uint64_t object, uint64_t *size_out);
enum err store_blob_verify(struct store *s, uint64_t account, uint64_t object); /* reads it all */
/* Objects of an account that have a blob, rising, from `from` on. */
enum err store_blob_list(struct store *s, struct arena *a, uint64_t account, uint64_t from, size_t limit,
                         uint64_t **objects_out, size_t *n_out);

/* ---- the whole ---- */

/* Enough room for `bytes` more?  Asked before a message is accepted; false also once the engine is read-only. */
bool store_has_room(struct store *s, uint64_t bytes);

/* Everything the engine can prove of its own files: format versions, checksums, pack records against the map.
 * `say` gets one line per finding that a person can act on. */
struct store_check_report {
    uint64_t keys, blobs, bytes, findings, repaired;
};
typedef void store_say_fn(void *arg, struct str line);
enum err store_check(struct store *s, bool repair, store_say_fn *say, void *arg, struct store_check_report *out);

/* Moves what lives out of packs that are mostly dead.  In slices: returns after about `bytes` were copied. */
enum err store_compact(struct store *s, uint64_t bytes, bool *more_out);

/* Waits for commits in flight, then closes. */
void store_close(struct store *s);

#endif
