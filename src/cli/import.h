/* Mail from elsewhere into an account: Maildir, Maildir++, mbox, directories of .eml files.  Every
 * message is counted.
 *
 * Going on after an interruption needs no notes: with `resume` a message is left out if the mailbox
 * holds one of the same INTERNALDATE and the very same bytes (each of the mailbox's stands for one
 * of the source's, so messages that are there twice stay twice).  Without such messages in the
 * mailbox this costs nothing; otherwise 24 bytes of memory for each of them. */
#ifndef CLI_IMPORT_H
#define CLI_IMPORT_H

#include "admin/client.h"
#include "cli/import_origin.h"

/* One mailbox is done. */
struct import_mailbox {
    struct str name;
    uint64_t found, imported, skipped, failed;
};

struct import_options {
    const char *account;
    const char *mailbox; /* where the top goes; NULL: INBOX */
    const char *path;
    bool progress; /* a bar, if standard error is a terminal */
    bool resume;   /* leave out what is there already */
    struct origin_options origin;
    void (*mailbox_done)(void *arg, const struct import_mailbox *m); /* may be NULL */
    void *arg;
};

struct import_report {
    uint64_t found; /* messages in the source */
    uint64_t imported;
    uint64_t skipped; /* there already (resumed) */
    uint64_t failed;  /* each with its line on standard error */
    uint64_t bytes;
    uint64_t mailboxes; /* made */
};

/* An error ends it: the rest was not looked at; the report counts what was done until then. */
enum err import_run(struct admin_client *client, const struct import_options *o,
                    struct import_report *out, struct buf *why_out);

#endif
