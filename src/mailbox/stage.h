/* Large intents: what they write does not fit one batch.  Pieces that nothing names yet go with
 * batches of their own, the last and small one makes them part of the mailbox, so all of it is
 * there or nothing (RFC 9051, 6.4.7).  The writer takes nothing else in between.  After a crash the
 * pieces of a COPY are the reaper's, and those of an APPEND are found by `check`. */
#ifndef MAILBOX_STAGE_H
#define MAILBOX_STAGE_H

#include "mailbox/batch.h"

#ifdef MAILBOX_SMALL
enum { COPY_ROWS_MAX = 40, STAGE_CHUNKS = 1 };
#else
enum {
    COPY_ROWS_MAX = 2048, /* as rows of a log record; more are written as chunks */
    STAGE_CHUNKS = 256,   /* with one batch, if it has room */
};
#endif
enum {
    MOVE_SLICE = 200 * 1000, /* MOVE may be done message by message (RFC 6851, 3.3) */
    EXPUNGE_SLICE = 400 * 1000,
};

/* Bodies and summaries of many messages, then their rows. */
enum err stage_append(struct batch *b, struct ticket *t, struct touched *to, enum outcome *how);
/* When that has failed: are there any which were written?  Removes some; *how says "again" until all
 * have been. */
bool stage_is_left(const struct ticket *t);
enum err stage_drop(struct batch *b, struct ticket *t, enum outcome *how);
enum err append_finish(struct batch *b, struct ticket *t, struct touched *to, bool summaries);
void batch_put_message(struct batch *b, const struct intent_message *m);

/* Rows of `uids` (live in `from`) as finished chunks of `to`, then the link.  *how says whether it
 * is done. */
enum err stage_copy(struct batch *b, struct ticket *t, struct touched *from, struct touched *to,
                    const struct ranges *uids, enum outcome *how);

/* Keywords of one mailbox as those of another. */
struct keyword_map {
    int16_t to[KEYWORDS_MAX]; /* -1: not there yet, or never, where the table is full: then it is
                                 lost */
};

void keyword_map_make(const struct version *from, const struct touched *to, struct keyword_map *m);
/* The row of `from` as one of `to`; makes keywords that are needed and not there. */
void keyword_map_use(struct batch *b, const struct version *from, struct touched *to,
                     struct keyword_map *m, struct row *r);

/* COPY or MOVE of live UIDs, as far as this batch goes. */
enum err batch_copy(struct batch *b, struct ticket *t, struct touched *from, struct touched *to,
                    bool move, struct ranges *live, enum outcome *how);

void ranges_cut(struct ranges *r, uint64_t n);
/* Notes objects that a running pass of the reaper must not take for dead. */
void account_guard(struct account *acct, uint64_t object);

#endif
