/* What a version is made of, for this room.  A version being built has the same form (builder.h);
 * it becomes immutable when it is published. */
#ifndef MAILBOX_VERSION_PRIV_H
#define MAILBOX_VERSION_PRIV_H

#include "mailbox/cache.h"
#include "mailbox/dirblock.h"
#include "mailbox/version.h"
#include "store/store.h"

#include <pthread.h>

/* Where the versions of one mailbox stand: which of them are alive, and from where chunks are
 * loaded.  Counted; a version holds one reference, so it may outlive the mailbox. */
struct shelf {
    atomic_uint refs;
    uint64_t account, mailbox;
    struct store *store;
    struct cache *cache;
    pthread_mutex_t lock;
    uint64_t serial;                 /* of the newest published version */
    struct version *oldest, *newest; /* published and alive, by serial */
};

struct shelf *shelf_new(struct store *store, struct cache *cache, uint64_t account,
                        uint64_t mailbox);
struct shelf *shelf_ref(struct shelf *s);
void shelf_unref(struct shelf *s);
/* No live version is older than this. */
uint64_t shelf_oldest(struct shelf *s);
/* The modseq of the oldest live version; UINT64_MAX: none lives. */
uint64_t shelf_oldest_modseq(struct shelf *s);
uint64_t shelf_serial(struct shelf *s);
size_t shelf_alive(struct shelf *s);

/* Keywords in the order of their ids.  Immutable; a longer one shares nothing. */
struct keytable {
    atomic_uint refs;
    unsigned n;
    struct str name[];
};

struct keytable *keytable_ref(struct keytable *t);
void keytable_unref(struct keytable *t);
int keytable_find(const struct keytable *t, struct str name);
/* `t` with one more at its end; `t` stays the caller's. */
struct keytable *keytable_add(const struct keytable *t, struct str name);
struct keytable *keytable_new(void);
void keytable_encode(const struct keytable *t, struct buf *out);
enum err keytable_decode(struct str value, struct keytable **out);

/* What the head holds beside the counts: how the mailbox lies in the store. */
struct disk {
    uint64_t folded;      /* log records up to here are in the chunks */
    uint64_t floor;       /* expunge history is complete for changes above this */
    uint32_t log_records; /* not folded yet */
    uint32_t log_bytes;
    uint32_t next_chunk, next_block, next_gen;
    uint32_t rows_upto; /* messages up to this UID are in the blocks that are in the store, or were
                           and are dead */
};

struct version {
    atomic_uint refs;
    struct version_head head;
    struct disk disk;
    struct shelf *shelf;
    struct keytable *keywords;
    size_t n, cap; /* directory blocks, none of them empty */
    struct dirblock **dir;
    uint32_t *before; /* live messages before each block, n + 1 numbers; set when published */
    uint64_t serial;  /* 0: not published */
    struct version *older, *newer; /* alive in the shelf */
};

struct version *version_new(struct shelf *shelf);
/* A copy that shares all blocks; to be changed by a builder. */
struct version *version_copy(const struct version *from);
/* Counts what stands before each block: the form that ranks need. */
void version_seal(struct version *v);
/* Sealed, numbered, alive. */
void version_publish(struct version *v);

/* ---- finding chunks ---- */

/* A place in the directory.  c == NULL: behind the end. */
struct place {
    size_t block;
    unsigned at;
    struct chunk *c;
};

/* The first chunk with last_uid >= `uid`. */
struct place version_find(const struct version *v, uint32_t uid);
struct place version_first(const struct version *v);
struct place place_next(const struct version *v, struct place p);
/* The last chunk of all. */
struct place version_last(const struct version *v);

/* Columns: a reference each.  Blocks for the store. */
enum err version_stable(const struct version *v, const struct chunk *c, struct block **out);
enum err version_state(const struct version *v, const struct chunk *c, struct block **out);
/* Both. */
struct columns {
    struct block *stable, *state;
};
enum err columns_load(const struct version *v, const struct chunk *c, struct columns *out);
void columns_fini(struct columns *c);

/* Slots whose UIDs are in `set`, dead ones too. */
void chunk_slots(const struct chunk *c, const struct stable *s, const struct ranges *set,
                 struct bits *out);
/* Appends the UIDs of the slots. */
void chunk_uids(const struct chunk *c, const struct stable *s, const struct bits *slots,
                struct ranges *out);
/* Slots in use and not dead; `s` may be NULL where none is dead. */
void chunk_live(const struct chunk *c, const struct state *s, struct bits *out);
/* Does some range of `set` reach into [lo, hi]? */
bool ranges_touch(const struct ranges *set, uint32_t lo, uint32_t hi);

#endif
