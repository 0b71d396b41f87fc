/* A command as the client meant it: the result of parsing, living in the command's arena.  Pure data. */
#ifndef IMAP_COMMAND_H
#define IMAP_COMMAND_H

#include "base/arena.h"
#include "base/err.h"
#include "base/ranges.h"
#include "imap/flags.h"
#include "imap/input.h"
#include "imap/search.h"

enum imap_name {
    IMAP_UNKNOWN,
    IMAP_CAPABILITY,
    IMAP_NOOP,
    IMAP_LOGOUT,
    IMAP_ID,
    IMAP_STARTTLS,
    IMAP_AUTHENTICATE,
    IMAP_LOGIN,
    IMAP_ENABLE,
    IMAP_SELECT,
    IMAP_EXAMINE,
    IMAP_CREATE,
    IMAP_DELETE,
    IMAP_RENAME,
    IMAP_SUBSCRIBE,
    IMAP_UNSUBSCRIBE,
    IMAP_LIST,
    IMAP_LSUB,
    IMAP_NAMESPACE,
    IMAP_STATUS,
    IMAP_APPEND,
    IMAP_IDLE,
    IMAP_CHECK,
    IMAP_CLOSE,
    IMAP_UNSELECT,
    IMAP_EXPUNGE,
    IMAP_SEARCH,
    IMAP_FETCH,
    IMAP_STORE,
    IMAP_COPY,
    IMAP_MOVE,
    IMAP_NAMES
};

/* A sequence set as written.  Numbers: 0 stands for "*".  Order and overlap as given (lo may be above hi); as many
 * ranges as fit a line of IMAP_MAX_LINE. */
struct imap_set {
    struct range *v;
    size_t n;
    bool saved; /* and "$" (RFC 5182), which may stand alone */
};

/* Adds its numbers to `out`: "*" becomes `last`; 9:1 is 1:9 (RFC 9051, 9: seq-range).  With `last` 0 (nothing there) "*"
 * and ranges that end in it are nothing. */
void imap_set_resolve(const struct imap_set *set, uint32_t last, struct ranges *out);

/* A mailbox name in UTF-8.  `bad`: it was not valid modified UTF-7 (or UTF-8): no mailbox can have it; `name` is then
 * what was sent.  INBOX in any case comes as "INBOX". */
struct imap_mailbox {
    struct str name;
    bool bad;
};

enum imap_fetch_kind {
    FETCH_UID,
    FETCH_FLAGS,
    FETCH_INTERNALDATE,
    FETCH_SIZE,
    FETCH_ENVELOPE,
    FETCH_BODYSTRUCTURE,
    FETCH_BODY, /* without extension data */
    FETCH_MODSEQ,
    FETCH_SECTION,       /* BODY[...] */
    FETCH_RFC822,        /* as BODY[], told as RFC822 */
    FETCH_RFC822_HEADER, /* never sets \Seen */
    FETCH_RFC822_TEXT,
    FETCH_BINARY,
    FETCH_BINARY_SIZE,
};

enum imap_section_text { SECTION_ALL, SECTION_HEADER, SECTION_FIELDS, SECTION_FIELDS_NOT, SECTION_TEXT, SECTION_MIME };

struct imap_section {
    uint32_t *numbers; /* part numbers; none: the message */
    size_t n_numbers;
    enum imap_section_text text;
    struct str *fields; /* as written */
    size_t n_fields;
};

struct imap_fetch_item {
    enum imap_fetch_kind kind;
    bool peek;
    bool partial;
    struct imap_section section;
    uint64_t offset; /* of <offset.count> */
    uint64_t count;
};

enum imap_store_mode { STORE_SET, STORE_ADD, STORE_REMOVE };

enum imap_status_item {
    STATUS_MESSAGES = 1,
    STATUS_RECENT = 2,
    STATUS_UIDNEXT = 4,
    STATUS_UIDVALIDITY = 8,
    STATUS_UNSEEN = 16,
    STATUS_DELETED = 32,
    STATUS_SIZE = 64,
    STATUS_HIGHESTMODSEQ = 128,
};

enum imap_search_return {
    RETURN_MIN = 1,
    RETURN_MAX = 2,
    RETURN_ALL = 4,
    RETURN_COUNT = 8,
    RETURN_SAVE = 16,
};

enum imap_list_option {
    /* selection */
    LIST_SUBSCRIBED = 1,
    LIST_REMOTE = 2,
    LIST_RECURSIVEMATCH = 4,
    LIST_SPECIAL_USE = 8,
    /* return */
    LIST_RETURN_SUBSCRIBED = 16,
    LIST_RETURN_CHILDREN = 32,
    LIST_RETURN_SPECIAL_USE = 64,
    LIST_RETURN_STATUS = 128,
};

struct imap_id_pair {
    struct str name;
    struct str value; /* NIL: p NULL */
};

/* CONDSTORE/QRESYNC parameters of SELECT and EXAMINE (RFC 7162, 3.2.5). */
struct imap_qresync {
    uint32_t uidvalidity;
    uint64_t modseq;
    bool has_known;
    struct ranges known; /* UIDs; in the arena, not to be grown */
    bool has_match;
    struct imap_set match_seqs; /* rising, no "*", as many numbers as match_uids */
    struct imap_set match_uids;
};

struct imap_command {
    enum imap_name name;
    struct str tag;
    struct str name_text; /* as written, for messages: upper case ASCII letters only */
    bool uid;             /* "UID FETCH" etc. */

    union {
        struct {
            struct imap_id_pair *pairs;
            size_t n;
        } id;
        struct {
            struct str mechanism; /* upper case */
            bool has_initial;
            struct str initial; /* base64 as sent; "=" is the empty one (RFC 4959) */
        } authenticate;
        struct {
            struct str user, password;
        } login;
        struct {
            struct str *names; /* upper case */
            size_t n;
        } enable;
        struct {
            struct imap_mailbox mailbox;
            bool condstore;
            struct imap_qresync *qresync; /* NULL: not asked */
        } select;
        struct {
            struct imap_mailbox mailbox;
            bool trailing_delimiter; /* "a/b/": the client will create inferiors (RFC 9051, 6.3.4) */
            struct str *uses;        /* CREATE (USE (\Drafts ...)): attributes as written */
            size_t n_uses;
            bool has_uses;
        } create;
        struct {
            struct imap_mailbox mailbox;
        } mailbox; /* DELETE, SUBSCRIBE, UNSUBSCRIBE */
        struct {
            struct imap_mailbox from, to;
        } rename;
        struct {
            struct str reference;  /* UTF-8 */
            struct str *patterns;  /* UTF-8 */
            size_t n_patterns;
            uint32_t options;      /* enum imap_list_option */
            bool extended;         /* any extended syntax was used */
            uint32_t status;       /* enum imap_status_item */
        } list; /* LIST and LSUB */
        struct {
            struct imap_mailbox mailbox;
            uint32_t items;
        } status;
        struct {
            struct imap_mailbox mailbox;
            struct imap_flags flags;
            bool has_date;
            int64_t date; /* INTERNALDATE, UTC seconds */
            int16_t zone_min;
            struct imap_literal message;
            bool message_is_streamed; /* else `message_bytes` */
            struct str message_bytes;
        } append;
        struct {
            struct imap_set set; /* UID EXPUNGE */
        } expunge;
        struct {
            struct search_key *key;
            uint32_t returns;
            bool has_return;
            bool has_modseq; /* a MODSEQ key was used */
        } search;
        struct {
            struct imap_set set;
            struct imap_fetch_item *items;
            size_t n_items;
            bool has_changedsince;
            uint64_t changedsince;
            bool vanished;
        } fetch;
        struct {
            struct imap_set set;
            enum imap_store_mode mode;
            bool silent;
            bool has_unchangedsince;
            uint64_t unchangedsince;
            struct imap_flags flags;
        } store;
        struct {
            struct imap_set set;
            struct imap_mailbox mailbox;
        } copy; /* COPY and MOVE */
    };
};

/* What the session has enabled changes the grammar. */
struct imap_parse_options {
    bool utf8; /* mailbox names and quoted strings are UTF-8 (IMAP4rev2 or UTF8=ACCEPT enabled) */
    bool rev2;
};

struct imap_parse_error {
    const char *text;     /* for BAD: what was expected, never the client's bytes */
    const char *code;     /* response code without brackets ("BADCHARSET (US-ASCII UTF-8)"), or NULL */
    bool no;              /* the tagged answer is NO rather than BAD */
    size_t at;            /* offset in the text */
};

/* Parses a whole command.  ERR_SYNTAX: *error_out says why; out->tag and out->name are set as far as they were
 * understood (tag absent: none, answer with "*").  Unknown commands are ERR_SYNTAX with name IMAP_UNKNOWN.
 * Everything in `out` lives in `a`; `text` may end. */
enum err imap_parse(struct arena *a, struct imap_text text, const struct imap_parse_options *o,
                    struct imap_command *out, struct imap_parse_error *error_out);

/* What has arrived before a literal: an APPEND whose announced literal is the message?  Then its mailbox, flags and
 * date are in *out as in imap_parse, before a byte of the message was sent. */
bool imap_parse_append_start(struct arena *a, struct imap_text text, const struct imap_parse_options *o,
                             struct imap_command *out);

/* The name of the command that is arriving (for deciding on literals before login etc.). */
enum imap_name imap_peek_name(struct imap_text text, bool *uid_out);

#endif
