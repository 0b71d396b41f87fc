/* A message on its way in, by whatever door: its bytes go once through the parser and into one blob
 * for each account that will have it; at the end there is all an append intent needs. */
#ifndef INTAKE_INTAKE_H
#define INTAKE_INTAKE_H

#include "mailbox/account.h"

struct intake;

struct intake_options {
    uint64_t max_bytes; /* ERR_TOO_BIG beyond */
    bool to_crlf;    /* bare LF line ends become CRLF (import and delivery from files); APPEND keeps
                        every octet */
    bool refuse_nul; /* ERR_SYNTAX for a NUL (a literal that is no literal8) */
};

struct intake *intake_new(const struct intake_options *o);
/* One of the accounts that will have the message; before the first byte. */
void intake_add(struct intake *in, struct account *acct);
/* Any pieces.  After an error every further call gives the same error, and the rest may be fed on
 * harmlessly. */
enum err intake_feed(struct intake *in, struct str bytes);
/* INTERNALDATE, for the blob's own record; before intake_finish (otherwise: when the intake began).
 */
void intake_set_date(struct intake *in, int64_t date);
uint64_t intake_size(const struct intake *in); /* so far, as it will be stored */
/* All bytes are there: blobs are finished, the summary is built. */
enum err intake_finish(struct intake *in);
/* The i-th account's message: object, blob, size and summaries are set; date, zone and flags are
 * the caller's. The blob is then the intent's.  Summaries live as long as the intake. */
void intake_message(struct intake *in, size_t i, struct intent_message *out);
/* Blobs that no intent took are thrown away. */
void intake_free(struct intake *in);

/* Summary values of a stored message, made again from its bytes (missing, too old or too new to
 * read). */
enum err intake_summarize(struct account *acct, uint64_t object, struct buf *list_out,
                          struct buf *more_out);

#endif
