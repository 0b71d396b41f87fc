/* A parsed search program (RFC 9051, 6.4.4; RFC 3501, 6.4.4; RFC 7162, 3.1.5).  The search room evaluates this
 * very tree: translating forty keys into a twin of it would help nobody. */
#ifndef IMAP_SEARCH_H
#define IMAP_SEARCH_H

#include "base/ranges.h"
#include "base/str.h"

enum { IMAP_SEARCH_MAX_KEYS = 1000, IMAP_SEARCH_MAX_DEPTH = 100 };

enum search_kind {
    SEARCH_ALL,
    SEARCH_AND, /* child, its siblings */
    SEARCH_OR,  /* child, its sibling */
    SEARCH_NOT, /* child */
    SEARCH_SEQ, /* set: sequence numbers; the session turns it into SEARCH_UID before anyone evaluates it */
    SEARCH_UID, /* set (or "$"); '*' is resolved by the session */
    SEARCH_FLAG,    /* flag: one system flag bit (imap/flags.h) */
    SEARCH_KEYWORD, /* text: the keyword, any case */
    SEARCH_RECENT,
    SEARCH_NEW,        /* RECENT and not SEEN */
    SEARCH_HEADER,     /* name, text (empty: the field is there) */
    SEARCH_BODY,       /* text */
    SEARCH_TEXT,       /* text */
    SEARCH_BEFORE,     /* date: INTERNALDATE's day, in the zone it was given */
    SEARCH_ON,
    SEARCH_SINCE,
    SEARCH_SENTBEFORE, /* date: the Date field's day, as written */
    SEARCH_SENTON,
    SEARCH_SENTSINCE,
    SEARCH_LARGER,  /* number */
    SEARCH_SMALLER, /* number */
    SEARCH_MODSEQ,  /* number; entry name and type are parsed and, with no per-flag modseqs, ignored */
};

struct imap_set; /* imap/command.h */

struct search_key {
    struct search_key *next;  /* sibling */
    struct search_key *child;
    enum search_kind kind;
    uint8_t flag;
    struct str name; /* header field name; FROM, TO, CC, BCC, SUBJECT come as SEARCH_HEADER with their names */
    struct str text; /* UTF-8, as the CHARSET said */
    uint64_t number;
    int64_t day; /* days since 1970-01-01 */
    struct imap_set *set;
    struct ranges uids; /* filled by the session, in the command's arena */
    uint32_t note;      /* the evaluator's own */
};

#endif
