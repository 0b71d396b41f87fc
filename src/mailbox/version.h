/* A mailbox is a value.  A version is one state of a mailbox, immutable: head, directory, chunks of 512 messages in a
 * stable half (uid, dates, size, object: written once) and a state half (flags, keywords, modseqs).  A change makes
 * a new version that shares everything it did not touch.  Readers hold a reference and take no lock; columns are
 * loaded at first use into one byte-budgeted cache (mailbox/cache.h).
 *
 * No sequence numbers here: only ranks among the live messages of this version. */
#ifndef MAILBOX_VERSION_H
#define MAILBOX_VERSION_H

#include "base/err.h"
#include "base/ranges.h"
#include "base/str.h"

enum msgflag {
    FLAG_SEEN = 1,
    FLAG_ANSWERED = 2,
    FLAG_FLAGGED = 4,
    FLAG_DELETED = 8,
    FLAG_DRAFT = 16,
    FLAGS_ALL = 31,
};

#ifdef MAILBOX_SMALL /* tests: a few hundred messages are many chunks */
enum { CHUNK_MESSAGES = 64 };
#else
enum { CHUNK_MESSAGES = 512 };
#endif
enum { KEYWORDS_MAX = 512, KEYWORD_MAX_BYTES = 100 };

struct keyword_set {
    uint64_t w[KEYWORDS_MAX / 64];
};

static inline bool keyword_has(const struct keyword_set *k, unsigned id)
{
    return k->w[id / 64] >> (id % 64) & 1;
}

/* One message of one version. */
struct row {
    uint32_t uid;
    uint8_t flags; /* enum msgflag */
    int16_t zone_min;
    uint64_t object; /* names body and summary within the account */
    uint64_t size;   /* RFC822.SIZE: the body's bytes, exactly */
    int64_t date;    /* INTERNALDATE, UTC seconds */
    int64_t saved;   /* when it came into this mailbox (RFC 8514) */
    uint64_t modseq;
    struct keyword_set keywords;
};

struct version; /* counted */

struct version *version_ref(struct version *v);
void version_unref(struct version *v); /* NULL is fine */

struct version_head {
    uint64_t mailbox;
    uint32_t uidvalidity;
    uint32_t uidnext;
    uint64_t modseq; /* HIGHESTMODSEQ, >= 1 */
    uint32_t messages;
    uint32_t unseen;
    uint32_t deleted;
    uint64_t bytes; /* sum of sizes */
    uint32_t recent_from; /* UIDs from here on were told to no session */
};

const struct version_head *version_head(const struct version *v);

/* Keywords of the mailbox, as first written; ids are dense from 0. Comparison ignores ASCII case. */
size_t version_keywords(const struct version *v);
struct str version_keyword(const struct version *v, unsigned id);
int version_keyword_find(const struct version *v, struct str name); /* -1: unknown */
bool version_keyword_used(const struct version *v, unsigned id);    /* some live message has it, or may have */

/* ---- walking ---- */

/* Rows in UID order.  Holds what it stands on, so it is cheap to go on; fini it.  A cursor may be kept across turns
 * of a session: it holds its own reference to the version. */
struct cursor {
    struct version *v;
    size_t chunk;
    unsigned slot;
    struct block *stable;
    struct block *state;
};

void cursor_init(struct cursor *c, struct version *v); /* before the first row */
void cursor_fini(struct cursor *c);
/* Places it before the first live row with uid >= `uid`. */
enum err cursor_seek(struct cursor *c, uint32_t uid);
/* *got_out false: the end. */
enum err cursor_next(struct cursor *c, struct row *out, bool *got_out);

/* The row of a UID.  *got_out false: not live in this version. */
enum err version_row(struct version *v, uint32_t uid, struct row *out, bool *got_out);

/* How many live messages have a UID below `uid`; the uid of the n-th (from 0) live message, 0 if there is none. */
enum err version_rank(struct version *v, uint32_t uid, uint32_t *rank_out);
enum err version_nth(struct version *v, uint32_t n, uint32_t *uid_out);
/* Live UIDs among [lo, hi], as ranges, appended to `out`; needs few chunks where UIDs are dense. */
enum err version_uids(struct version *v, uint32_t lo, uint32_t hi, struct ranges *out);
/* Members of `set` that are live. */
enum err version_live(struct version *v, const struct ranges *set, struct ranges *out);
/* Rank of the first message without \Seen; *got_out false: none. */
enum err version_first_unseen(struct version *v, uint32_t *rank_out, bool *got_out);
/* UIDs with all of `has` and none of `hasnt` (system flags), by bitmap; and with a keyword. */
enum err version_uids_flags(struct version *v, uint8_t has, uint8_t hasnt, struct ranges *out);
enum err version_uids_keyword(struct version *v, unsigned id, struct ranges *out);
/* Live UIDs whose modseq is above `modseq`; skips chunks by the directory. */
enum err version_changed_since(struct version *v, uint64_t modseq, struct ranges *out);

/* ---- two versions of one mailbox ---- */

/* What a client that knew `from` must be told to know `to`.  UIDs; rising.  Cost follows what differs. */
struct version_delta {
    struct ranges expunged; /* live in `from`, not in `to` */
    struct ranges added;    /* live in `to`, uid >= from's uidnext */
    struct ranges changed;  /* live in both, flags or keywords differ, or modseq does */
    bool keywords_grew;
};

void version_delta_fini(struct version_delta *d);
enum err version_diff(struct version *from, struct version *to, struct version_delta *out);

#endif
