/* What this client believes about its mailbox: the version it was told, and ghosts: messages
 * expunged there that the client still counts because no command in progress might tell it yet (RFC
 * 9051, 7.5.1).  Sequence number = rank in (UIDs of version + ghosts).  No other file knows
 * sequence numbers.
 *
 *  (1) Data is told up to `told`; EXISTS counts its live messages and the ghosts.
 *  (2) A message that came and went untold is never a ghost.
 *  (3) While there are ghosts, the HIGHESTMODSEQ given to this client stays below the oldest
 *      ghost's expunge (RFC 7162, 3.2). */
#ifndef SESSION_VIEW_H
#define SESSION_VIEW_H

#include "imap/command.h"
#include "mailbox/account.h"

struct view {
    struct account *account;
    uint64_t mailbox;
    struct version *told;
    struct row *ghosts; /* by UID; their rows as they last were */
    size_t n_ghosts;
    uint64_t ghost_floor; /* HIGHESTMODSEQ may not be told beyond this while there are ghosts */
    bool read_only;       /* EXAMINE */
    struct ranges recent; /* UIDs \Recent in this session */
    size_t keywords_told; /* of the version's table, in the last FLAGS response */
    uint32_t exists_told;
    uint32_t recent_told;
    uint64_t modseq_told; /* the last HIGHESTMODSEQ given */
    bool gone;            /* the mailbox was deleted */
    struct watch *watch;
};

/* ERR_NO_MAILBOX.  Claims \Recent unless read_only. */
enum err view_open(struct account *acct, uint64_t mailbox, bool read_only, struct view **out);
void view_close(struct view *v); /* NULL is fine */

uint32_t view_exists(const struct view *v);
/* Sequence number of a UID the client counts; 0: it does not. */
enum err view_seq(struct view *v, uint32_t uid, uint32_t *seq_out);
/* UID of a sequence number, 0 if there is none. */
enum err view_uid(struct view *v, uint32_t seq, uint32_t *uid_out);
/* The row of a UID the client counts, a ghost's too (*ghost_out).  *got_out false: it counts no
 * such UID. */
enum err view_row(struct view *v, uint32_t uid, struct row *out, bool *ghost_out, bool *got_out);

/* A set of a command as UIDs the client counts (ghosts included).  For a set of sequence numbers,
 * one beyond EXISTS is ERR_SYNTAX (RFC 9051, 9: "it is an error"); unknown UIDs are left out
 * silently.  "$" is `saved`. */
enum err view_resolve(struct view *v, const struct imap_set *set, bool uid,
                      const struct ranges *saved, struct ranges *uids_out);
/* The members of `uids` that are ghosts. */
void view_ghosts_in(const struct view *v, const struct ranges *uids, struct ranges *out);

/* Rising walk over sequence numbers and UIDs together, cheap per step: for FETCH, SEARCH results,
 * sync. */
struct view_walk {
    struct view *view;
    struct cursor cursor;
    const struct ranges *only; /* UIDs to stop at */
    size_t range;
    uint32_t seq;
    size_t ghost;
    uint32_t next_uid;
    struct row ahead;
    bool has_ahead;
};

void view_walk_init(struct view_walk *w, struct view *v, const struct ranges *only_uids);
/* Next member of `only` that the client counts.  *got_out false: the end. */
enum err view_walk_next(struct view_walk *w, struct row *row_out, uint32_t *seq_out,
                        bool *ghost_out, bool *got_out);
void view_walk_fini(struct view_walk *w);

/* Steps to `to`: what was added, changed or (unless `keep_expunged`) expunged is told by the
 * caller.  With `keep_expunged` the messages in `expunged` become ghosts; otherwise there are none
 * afterwards.  Takes no reference of the caller's. */
enum err view_apply(struct view *v, struct version *to, const struct ranges *expunged,
                    bool keep_expunged);

/* Members of `recent` that the client counts. */
uint32_t view_recent(const struct view *v);

/* The HIGHESTMODSEQ this client may be told now. */
uint64_t view_modseq(const struct view *v);

#endif
