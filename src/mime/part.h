/* What a message is made of: a tree of parts with their places in the message's bytes.  Made once, while the
 * message streams in (mime/parser.h); pure data afterwards, living in the arena given to the parser.
 *
 * Whatever the bytes are, the tree is one that can be told to an IMAP client: depth and number of parts are limited
 * here and only here, so that BODYSTRUCTURE, BODY[n] and SEARCH agree.  A part beyond a limit is a leaf of its
 * declared type if that type is a single one, otherwise application/octet-stream.  When MIME_MAX_PARTS is reached, the
 * boundaries of further parts are text of the part before them.
 *
 * A header block in which no line is a field is none: it is the beginning of the body. */
#ifndef MIME_PART_H
#define MIME_PART_H

#include "base/arena.h"
#include "base/str.h"
#include "mime/address.h"

enum {
    MIME_MAX_DEPTH = 100,
    MIME_MAX_PARTS = 10000,
    MIME_MAX_PARAMS = 128,               /* of one field; the rest are dropped */
    MIME_MAX_HEADER = 10 * 1024 * 1024,  /* bytes of one header block that are understood; the rest is kept, not read */
    MIME_MAX_FIELD_KEPT = 64 * 1024,     /* bytes of one field's value that ENVELOPE etc. look at */
    MIME_MAX_ADDRESSES = 10000,          /* of one message with those inside it; the rest are dropped from ENVELOPE */
};

enum mime_kind {
    MIME_SINGLE,    /* text, image, ...: a leaf */
    MIME_MULTIPART, /* children, at least one (an empty text/plain if there is none in the bytes) */
    MIME_MESSAGE,   /* message/rfc822 or message/global: one child, whose envelope is set.  In a transfer encoding it
                     * would be none (RFC 2046 5.2.1) and is a leaf, application/octet-stream */
};

enum mime_cte { CTE_7BIT, CTE_8BIT, CTE_BINARY, CTE_QP, CTE_BASE64, CTE_UUENCODE, CTE_UNKNOWN };

/* name: lower case ASCII, without the marks of RFC 2231.  value: valid UTF-8 without NUL, CR and LF, decoded (RFC 2231,
 * RFC 2047) where the charset is known. */
struct mime_param {
    struct mime_param *next;
    struct str name;
    struct str value;
    bool extended; /* had a charset (RFC 2231, 4): BODYSTRUCTURE names it "name*" (RFC 9051, 7.5.2) */
};

/* ENVELOPE's fields (RFC 9051, 7.5.2).  Values are unfolded but not decoded: RFC 2047 words stay as they stand.
 * An absent field has p == NULL.  Lists are NULL where empty. */
struct mime_envelope {
    struct str date;
    struct str subject;
    struct mime_address *from, *sender, *reply_to, *to, *cc, *bcc; /* sender, reply_to: defaulted to from */
    struct str in_reply_to;
    struct str message_id;
};

struct mime_part {
    struct mime_part *parent; /* NULL: the message itself */
    struct mime_part *next;   /* sibling */
    struct mime_part *child;  /* first of a multipart; the message inside a MIME_MESSAGE */
    enum mime_kind kind;

    /* Offsets in the message: the header block [header_at, body_at) with its empty line, the body [body_at, end). */
    uint64_t header_at;
    uint64_t body_at;
    uint64_t end;
    uint64_t lines; /* line ends in the body, plus one if the last line has none */

    struct str type;    /* never absent; upper case ASCII as IMAP shows them: "TEXT", "PLAIN" */
    struct str subtype;
    struct mime_param *params; /* of Content-Type */
    enum mime_cte cte;
    struct str encoding; /* never absent: "7BIT", "BASE64", or the unknown token in upper case */
    struct str id;
    struct str description;
    struct str md5;
    struct str disposition; /* lower case token, or absent */
    struct mime_param *disposition_params;
    struct str *languages;
    size_t n_languages;
    struct str location;

    struct mime_envelope *envelope; /* of the message itself and of each message inside a MIME_MESSAGE */
    struct str references;          /* of the message itself: raw References field, unfolded; may be absent */
};

/* The n-th child (from 1) of a multipart, or NULL. */
struct mime_part *mime_part_child(const struct mime_part *p, uint32_t n);

/* Follows IMAP section numbers ("1.2.3") from the message `root` (RFC 9051, 6.4.5.1): steps into the message of a
 * message/rfc822 part; part 1 of a message that is no multipart is its body.  NULL: no such part. */
struct mime_part *mime_part_find(struct mime_part *root, const uint32_t *numbers, size_t n);

/* An extended parameter goes before a plain one of the same name.  Absent: p NULL. */
struct str mime_param_get(const struct mime_param *params, struct str name_lower);

#endif
