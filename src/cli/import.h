/* Mail from elsewhere: Maildir, Maildir++, mbox, directories of .eml files.  Constant memory;
 * resumable; every message is counted. */
#ifndef CLI_IMPORT_H
#define CLI_IMPORT_H

#include "admin/client.h"

struct import_options {
    const char *account;
    const char *mailbox; /* where the top goes; NULL: INBOX */
    const char *path;
    bool progress; /* a bar, if standard error is a terminal */
    bool resume;   /* go on where an interrupted import of the same path stopped */
};

struct import_report {
    uint64_t found; /* messages in the source */
    uint64_t imported;
    uint64_t skipped; /* there already (resumed) */
    uint64_t failed;  /* each with its line in `why` of import_run or on standard error */
    uint64_t bytes;
    uint64_t mailboxes;
};

enum err import_run(struct admin_client *client, const struct import_options *o,
                    struct import_report *out, struct buf *why_out);

#endif
