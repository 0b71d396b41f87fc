/* What the engines share: the table an engine fills, batches and blobs from the inside.
 *
 * Inside, every record of an account stands under one key space, so that what a commit touches lies
 * together: account (8 bytes big-endian), a kind byte, and what the kind asks for.  See
 * store_key_*. */
#ifndef STORE_STORE_PRIV_H
#define STORE_STORE_PRIV_H

#include "store/store.h"

#include <stdatomic.h>

enum {
    STORE_ACCOUNT_KEY = 8,
    STORE_INNER_MAX = STORE_MAX_KEY + 1,
    STORE_BLOB_MEMORY = 64 * 1024,        /* a larger blob goes to a spool file */
    STORE_BLOBS_MEMORY = 64 * 1024 * 1024 /* all of them; beyond, every blob does */
};

enum key_kind {
    KEY_CHANGE = 0, /* the account's change number */
    KEY_BLOB = 1,   /* + object (8 bytes big-endian): where the blob is */
    KEY_VALUE = 2,  /* + what follows the account in the caller's key */
};

struct inner_key {
    unsigned char p[STORE_INNER_MAX];
    size_t n;
};

struct inner_key store_key_change(uint64_t account);
struct inner_key store_key_blob(uint64_t account, uint64_t object);
struct inner_key store_key_value(struct str key); /* of a caller's key or prefix */

static inline struct str inner_str(const struct inner_key *k)
{
    return str_n(k->p, k->n);
}

/* ---- batches ---- */

enum op_kind { OP_PUT = 1, OP_DELETE, OP_DROP };

struct batch_op {
    enum op_kind kind;
    uint32_t at, key_n, value_n; /* in `bytes`: the inner key, then the value */
    uint64_t object;             /* OP_DROP */
};

struct store_batch {
    uint64_t account;
    struct buf bytes;
    struct batch_op *ops; /* in the order given; a later one of a key wins */
    size_t n_ops, cap_ops;
    struct store_blob **blobs;
    size_t n_blobs;
    bool too_big; /* a key or value over its limit: the commit fails */
    bool raw; /* an engine's own: `bytes` is what it makes of a batch; no account, no expectation */

    /* in flight */
    struct store_batch *next;
    uint64_t expect;
    store_done_fn *done;
    void *arg;
    enum err result;
    uint64_t change;
};

static inline struct str op_key(const struct store_batch *b, const struct batch_op *op)
{
    return str_n(b->bytes.p + op->at, op->key_n);
}

static inline struct str op_value(const struct store_batch *b, const struct batch_op *op)
{
    return str_n(b->bytes.p + op->at + op->key_n, op->value_n);
}

/* Tells the committer and frees. */
void store_batch_end(struct store_batch *b, enum err e, uint64_t change);

/* ---- blobs on their way in ---- */

struct store_blob {
    struct store *s;
    struct store_blob_info info;
    struct buf mem;           /* its bytes while they are in memory */
    struct hash_stream *hash; /* of what was spooled; NULL: all is in `mem` */
    uint64_t size, sum;       /* sum: from finish on */
    enum err failed;          /* the first failure; everything later answers it */
    bool finished, committed;
    /* the engine's */
    int fd;           /* spool file; -1: none */
    uint64_t spool;   /* number of its name */
    uint32_t pack;    /* where finish put it: pack, or its own file (0) */
    uint64_t offset;  /* in the pack; of its own file the number in its name */
    uint64_t written; /* the pack's write count behind it */
};

/* ---- engines ---- */

struct store_ops {
    enum err (*get)(struct store *s, struct arena *a, const struct str *keys, size_t n,
                    struct str *values_out);
    enum err (*scan)(struct store *s, struct arena *a, struct str prefix, struct str from,
                     size_t limit, struct store_row **rows_out, size_t *n_out);
    enum err (*change)(struct store *s, uint64_t account, uint64_t *change_out);
    void (*commit)(struct store *s, struct store_batch *b);
    enum err (*blob_room)(struct store *s);                         /* may more be taken? */
    enum err (*blob_spool)(struct store_blob *b, struct str bytes); /* NULL: blobs stay in memory */
    enum err (*blob_finish)(struct store_blob *b);
    void (*blob_discard)(struct store_blob *b); /* it was not committed */
    enum err (*blob_read)(struct store *s, uint64_t account, uint64_t object, uint64_t offset,
                          void *to, size_t n, size_t *got_out);
    enum err (*blob_stat)(struct store *s, uint64_t account, uint64_t object, uint64_t *size_out);
    enum err (*blob_verify)(struct store *s, uint64_t account, uint64_t object);
    enum err (*blob_list)(struct store *s, struct arena *a, uint64_t account, uint64_t from,
                          size_t limit, uint64_t **objects_out, size_t *n_out);
    bool (*has_room)(struct store *s, uint64_t bytes);
    enum err (*prove)(struct store *s, bool repair, store_say_fn *say, void *arg,
                      struct store_check_report *out);
    enum err (*compact)(struct store *s, uint64_t bytes, bool *more_out);
    void (*close)(struct store *s);
};

struct store {
    const struct store_ops *ops;
    atomic_size_t blob_memory; /* bytes of blobs held in memory now */
};

#endif
