/* LMDB, held at arm's length: guarded reads, one writer, room for its pages before they are needed,
 * and a snapshot that stays whole on disk until the next one is.
 *
 * LMDB runs without syncing by itself: the journal makes a commit durable, tree_snapshot and
 * tree_sync make the map catch up now and then (doc/store-format.md, "Why the map is never torn").
 */
#ifndef STORE_TREE_H
#define STORE_TREE_H

#include "base/buf.h"
#include "base/err.h"

#include <lmdb.h>

struct tree;

enum { TREE_META_MAX = 2 * 65536 }; /* two pages of the largest size a system has */

struct tree_options {
    uint64_t size; /* 0: as large as can be */
    bool read_only;
    bool alone; /* read_only, and nobody owns the store: not even LMDB's table of readers is touched
                 */
};

/* `dirfd`: of map/.  `meta`: the two first pages as the last checkpoint kept them (n == 0: a new
 * map); they are put back if the file's differ.  The snapshot they name is pinned.  ERR_CORRUPT:
 * the file is shorter than it says. */
enum err tree_open(int dirfd, const char *path, struct str meta, const struct tree_options *o,
                   struct tree **out);
void tree_close(struct tree *m);

/* ---- reading: any thread ---- */

struct tree_reader {
    MDB_txn *txn;
    MDB_cursor *cursor;
    MDB_dbi dbi;
    struct tree_reader *next;
};
/* Runs fn in a read transaction that ends with the call.  A bad sector under the map, or a page
 * that LMDB refuses, becomes ERR_IO.  fn must copy what it keeps, must hold no lock and may
 * allocate only from an arena. */
typedef enum err tree_read_fn(void *arg, struct tree_reader *r);
enum err tree_read(struct tree *m, tree_read_fn *fn, void *arg);
/* Within fn: the value, or p == NULL. */
enum err tree_reader_get(struct tree_reader *r, struct str key, struct str *value_out);

/* ---- writing: the committer only ---- */

/* Pages for `bytes` of values and `ops` changes exist in the file.  ERR_NO_SPACE: the disk is full.
 */
enum err tree_make_room(struct tree *m, size_t ops, size_t bytes);
enum err tree_begin(struct tree *m);
/* The world's answer in the store's words; ERR_LIMIT: the map is full (tree_grow, then again). */
enum err tree_put(struct tree *m, struct str key, struct str value);
enum err tree_delete(struct tree *m, struct str key); /* absent is fine */
enum err tree_get(struct tree *m, struct str key,
                  struct str *value_out); /* a view, until the next change */
enum err tree_commit(struct tree *m);     /* visible; not durable */
void tree_abort(struct tree *m);
enum err tree_grow(struct tree *m); /* waits for readers */

/* Pins what is committed now as the next snapshot and copies its meta pages. */
enum err tree_snapshot(struct tree *m, struct buf *meta_out);
enum err tree_sync(struct tree *m);  /* everything written so far is durable; any thread */
void tree_unpin_old(struct tree *m); /* the new snapshot is recorded: the old one's pages may go */

uint64_t tree_pages(struct tree *m);

#endif
