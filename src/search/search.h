/* Search: a program (imap/search.h) over one version of a mailbox.  Always right: what no index
 * covers is read. */
#ifndef SEARCH_SEARCH_H
#define SEARCH_SEARCH_H

#include "imap/search.h"
#include "mailbox/account.h"

struct search;

struct search_options {
    struct ranges recent; /* UIDs that are \Recent for this session (rev1) */
};

/* Sets of UIDs in `key` must have been resolved into key->uids (no SEARCH_SEQ is left).  Holds
 * references to the version and the account; `key` must live as long.  `a` is for everything else.
 */
struct search *search_new(struct arena *a, struct account *acct, struct version *v,
                          struct search_key *key, const struct search_options *o);

/* Goes on for about `us` microseconds.  *done_out: all is in `found`. */
enum err search_run(struct search *s, int64_t us, bool *done_out);

/* UIDs that match, so far; belongs to the search. */
const struct ranges *search_found(const struct search *s);
/* The highest modseq among them, where the program has a MODSEQ key (RFC 7162, 3.1.5; for RETURN
 * MIN, MAX the caller asks for single rows); otherwise nobody wants it and it may be 0. */
uint64_t search_modseq(const struct search *s);
/* Messages looked at and all to look at: for progress. */
void search_progress(const struct search *s, uint32_t *done_out, uint32_t *all_out);
void search_free(struct search *s);

#endif
