/* An account's mail as files that others understand, and that `tern import` reads back exactly:
 * bytes, flags, keywords, INTERNALDATE, order, names, subscriptions and special uses.
 *
 * Written beside its place under another name, synced, then renamed: what stands at the place is
 * whole. */
#ifndef CLI_EXPORT_H
#define CLI_EXPORT_H

#include "admin/client.h"

enum export_form { EXPORT_MAILDIR, EXPORT_MBOX };

struct export_options {
    const char *account;
    const char *mailbox; /* only this one; NULL: all */
    const char *path;
    enum export_form form;
    bool force; /* what is at `path` is renamed to "PATH.old" first */
    bool progress;
};

struct export_report {
    uint64_t mailboxes, messages, bytes;
    uint64_t failed; /* each with its line on standard error */
};

enum err export_run(struct admin_client *client, const struct export_options *o,
                    struct export_report *out, struct buf *why_out);

#endif
