/* The names of an account's mailboxes, as a value: sorted so that inferiors follow their superior.  Immutable once
 * published.  Names are UTF-8 in normal form C, levels divided by "/". */
#ifndef MAILBOX_NAMES_H
#define MAILBOX_NAMES_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

enum { NAME_DELIMITER = '/', NAME_MAX_BYTES = 1000, NAME_MAX_DEPTH = 50 };

/* RFC 6154, RFC 8457 */
enum special_use {
    USE_ALL = 1,
    USE_ARCHIVE = 2,
    USE_DRAFTS = 4,
    USE_FLAGGED = 8,
    USE_JUNK = 16,
    USE_SENT = 32,
    USE_TRASH = 64,
    USE_IMPORTANT = 128,
};

struct name_entry {
    struct str name;
    uint64_t mailbox; /* 0: no mailbox of this name (\NonExistent, \Noselect) */
    uint32_t uses;
    bool subscribed;
    bool exists;       /* false: only subscribed, or only a superior of such */
    bool has_children; /* some existing name below it */
};

struct names {
    size_t n;
    const struct name_entry *v; /* "INBOX" first, then by level */
};

void names_unref(struct names *names);

/* NULL: no such entry.  INBOX in any case. */
const struct name_entry *names_find(const struct names *names, struct str name);
/* The entry that has the mailbox (its name now). */
const struct name_entry *names_of_mailbox(const struct names *names, uint64_t mailbox);
/* The entries below `name` begin here and end before *end_out. */
size_t names_below(const struct names *names, struct str name, size_t *end_out);

/* Normal form C, INBOX in capitals, no empty level, no control character, within the limits.  ERR_BAD_NAME:
 * *why_out says what is wrong with it, for a person. */
enum err name_normalize(struct arena *a, struct str name, struct str *out, const char **why_out);

#endif
