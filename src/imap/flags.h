/* System flags as bits.  The mailbox room has the same values (the session asserts it). */
#ifndef IMAP_FLAGS_H
#define IMAP_FLAGS_H

#include "base/str.h"

enum imap_flag {
    IMAP_SEEN = 1,
    IMAP_ANSWERED = 2,
    IMAP_FLAGGED = 4,
    IMAP_DELETED = 8,
    IMAP_DRAFT = 16,
};

enum { IMAP_MAX_KEYWORD = 100 }; /* bytes of one keyword */

struct imap_flags {
    uint8_t system;
    struct str *keywords; /* as written; no two equal in any case */
    size_t n_keywords;
};

/* "\Seen" etc.; NULL for more than one bit. */
const char *imap_flag_name(uint8_t flag);

#endif
