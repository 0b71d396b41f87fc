/* Inside the embedded engine.  Which file does what:
 *
 *   embedded.c    opening, closing, the table of the engine, reads
 *   layout.c      the directory: lock, format version, fresh or not, ballast
 *   blobs.c       blobs: on their way in, read, verified, listed
 *   commit.c      the commit thread: one journal record, one sync, then the map
 *   journal.c     what a journal record says, and doing it to the map
 *   checkpoint.c  the map catches up with the journal
 *   recover.c     opening after whatever happened; mail without a map
 *   prove.c       store_check
 *   compact.c     packs that are mostly dead, and packs that are all dead
 *   pack.c, pack_ahead.c, record.c, tree.c, guard.c, files.c   what these stand on */
#ifndef STORE_EMBEDDED_PRIV_H
#define STORE_EMBEDDED_PRIV_H

#include "store/embedded.h"
#include "store/files.h"
#include "store/pack.h"
#include "store/store_priv.h"
#include "store/tree.h"

#include <pthread.h>
#include <stdatomic.h>

enum {
    BLOB_OWN_FILE = 256 * 1024, /* a larger blob is a file under blobs/ */
    STORE_FORMAT = 1,           /* of the directory: in its lock file */
};

/* Where the journal stood when the map was last whole on disk. */
struct checkpoint {
    uint64_t turn;   /* rises; the newest of the two slots counts */
    uint64_t lsn;    /* of the last group that is in the map */
    struct place at; /* groups behind it begin here or later */
    bool clean;      /* nothing was written behind `at`: the store was closed */
    struct buf meta; /* LMDB's two first pages */
};

struct embedded {
    struct store store;
    struct embedded_options o;
    char *path;
    int dir, lock, packs_dir, map_dir, blobs_dir, tmp_dir, slots; /* descriptors; -1: not open */
    uint64_t id[2];
    struct packs *packs;
    struct tree *map;
    atomic_int broken;    /* enum err: from then on nothing is written (protocol: until restart) */
    atomic_ullong spools; /* names under tmp/ */
    /* the commit thread */
    pthread_t committer;
    pthread_mutex_t queue_lock;
    pthread_cond_t queued;
    struct store_batch *first, **last;
    bool committing, stopping;
    uint64_t lsn;          /* of the last group; the commit thread's */
    atomic_ullong lsn_now; /* the same, for looking */
    struct map_changes *changes;
    /* the checkpoint thread */
    pthread_t checkpointer;
    bool checkpointing, checkpoint_stop;
    bool checkpoint_asked; /* under queue_lock */
    pthread_mutex_t checkpoint_lock;
    pthread_cond_t checkpoint_wake, checkpoint_over;
    struct checkpoint taken; /* to be made durable by that thread */
    atomic_bool checkpoint_busy;
    uint64_t turn;
    atomic_uint kept_from;              /* packs below it are needed by no replay */
    atomic_ullong kept_lsn;             /* of the last checkpoint */
    uint64_t groups_since, bytes_since; /* the last snapshot; the commit thread's */
    uint64_t pages_then;                /* of the map, at it */
    /* room */
    pthread_mutex_t room_lock;
    int64_t room_asked; /* when, mono ms */
    uint64_t room;      /* bytes free then */
    bool ballast;       /* the file is there */
    pthread_mutex_t compact_lock;
    uint32_t stuck[16]; /* packs that compaction could not empty: they hold damage */
    size_t n_stuck;
    atomic_ullong commits, groups, syncs, blob_bytes;
};

static inline struct embedded *embedded_of(struct store *s)
{
    return (struct embedded *)((char *)s - offsetof(struct embedded, store));
}

/* The first failure of the disk ends writing; one line says so. */
void embedded_break(struct embedded *s, const char *what);
enum err embedded_writable(struct embedded *s);

/* ---- layout.c ---- */

enum err layout_open(struct embedded *s, bool *fresh_out);
enum err layout_begin(struct embedded *s); /* a fresh one: the lock file's line */
void layout_close(struct embedded *s);
void layout_tidy(struct embedded *s); /* empties tmp/ */
void ballast_make(struct embedded *s);
bool ballast_drop(struct embedded *s); /* true: there was one, room is freed */
bool room_for(struct embedded *s, uint64_t bytes);

/* ---- where a blob is ---- */

struct blob_entry {
    struct place place;
    uint64_t size, sum;
    int64_t date;
};
void blob_entry_format(const struct blob_entry *e, struct buf *out);
enum err blob_entry_parse(struct str value, struct blob_entry *out);
enum err blob_entry_find(struct embedded *s, uint64_t account, uint64_t object,
                         struct blob_entry *out);
enum { BLOB_NAME_MAX = 64 };
void blob_file_name(uint64_t account, uint64_t object, uint64_t number,
                    char out[static BLOB_NAME_MAX]);
bool blob_file_parse(const char *name, uint64_t *account_out, uint64_t *object_out,
                     uint64_t *number_out);
/* ERR_NOT_FOUND: there is no file, or no record of that blob.  ERR_CORRUPT: its checksum.  deep:
 * reads the body. */
enum err blob_prove(struct embedded *s, uint64_t account, uint64_t object,
                    const struct blob_entry *e, bool deep);

enum err blobs_room(struct store *s);
enum err blobs_spool(struct store_blob *b, struct str bytes);
enum err blobs_finish(struct store_blob *b);
void blobs_discard(struct store_blob *b);
enum err blobs_read(struct store *s, uint64_t account, uint64_t object, uint64_t offset, void *to,
                    size_t n, size_t *got_out);
enum err blobs_stat(struct store *s, uint64_t account, uint64_t object, uint64_t *size_out);
enum err blobs_verify(struct store *s, uint64_t account, uint64_t object);
enum err blobs_list(struct store *s, struct arena *a, uint64_t account, uint64_t from, size_t limit,
                    uint64_t **objects_out, size_t *n_out);

/* ---- journal.c ---- */

/* Adds `b`, which is to be change number `change`, to the body of a group. */
void journal_add_batch(struct buf *group, const struct store_batch *b, uint64_t change);
struct blob_move {
    uint64_t account, object;
    struct place from, to;
};
void journal_add_move(struct buf *group, const struct blob_move *m);
void journal_add_drop(struct buf *group, uint64_t account, uint64_t object);
struct pack_live {
    uint64_t bytes, records;
};
void journal_add_live(struct buf *group, uint32_t pack, const struct pack_live *l);

/* What a group did beside the map: live bytes of packs, files to unlink.  Applied once the group is
 * durable. */
struct map_changes;
struct map_changes *map_changes_new(void);
void map_changes_free(struct map_changes *c);
void map_changes_clear(struct map_changes *c);
/* Does a group, or a part of one, to the map's open write.  ERR_LIMIT: the map is full. */
enum err journal_apply(struct tree *m, struct str part, struct map_changes *c);
/* At the end of a group, before the map is committed: live bytes of packs. */
enum err journal_apply_packs(struct tree *m, const struct map_changes *c);
void map_changes_unlink(struct embedded *s, const struct map_changes *c);
/* The bodies in packs that a group names: fn for each.  For recovery. */
struct journal_body {
    uint64_t account, object;
    struct blob_entry entry;
};
typedef enum err journal_body_fn(void *arg, const struct journal_body *b);
enum err journal_each_body(struct str group, journal_body_fn *fn, void *arg);

struct inner_key pack_live_key(uint32_t no);
void pack_live_format(const struct pack_live *l, struct buf *out);
enum err pack_live_parse(struct str value, struct pack_live *out); /* an absent value: none */
enum err pack_live_find(struct embedded *s, uint32_t no, struct pack_live *out);
enum { KEY_PACK = 3 }; /* of account UINT64_MAX, which is nobody's: + pack number, big-endian */

/* ---- commit.c ---- */

enum err commit_start(struct embedded *s);
void commit_stop(struct embedded *s); /* after what is queued */
void commit_queue(struct store *s, struct store_batch *b);
/* A group part of the engine's own (moves, drops), waited for. */
enum err commit_raw(struct embedded *s, struct buf *part);

/* ---- checkpoint.c ---- */

enum err checkpoint_read(int dir, struct checkpoint *out); /* ERR_NOT_FOUND: there is no file */
/* At open and at close, with no thread running. */
enum err checkpoint_now(struct embedded *s, bool clean);
enum err checkpoint_start(struct embedded *s);
void checkpoint_stop(struct embedded *s);
/* The commit thread, between groups: takes a snapshot when it is time and hands it over. */
void checkpoint_tick(struct embedded *s, size_t bytes);
/* Asks for one as soon as can be and waits for it.  For compaction. */
enum err checkpoint_wait(struct embedded *s);

/* ---- the rest ---- */

enum err recover(struct embedded *s, const struct checkpoint *c);
enum err prove(struct store *s, bool repair, store_say_fn *say, void *arg,
               struct store_check_report *out);
enum err compact(struct store *s, uint64_t bytes, bool *more_out);
/* Unlinks packs that hold nothing that lives and that no replay needs. */
void compact_sweep(struct embedded *s);

#endif
