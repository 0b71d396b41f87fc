/* A search in progress, as its own files see it. */
#ifndef SEARCH_SEARCH_PRIV_H
#define SEARCH_SEARCH_PRIV_H

#include "imap/summary.h"
#include "mime/decode.h"
#include "mime/header.h"
#include "mime/parser.h"
#include "search/search.h"
#include "search/text.h"

enum { SEARCH_BATCH = 64 }; /* messages whose summaries are read together */

enum truth { FALSE_, UNKNOWN_, TRUE_ };

/* A key that asks for text.  key->note is its number. */
struct term {
    const struct search_key *key;
    struct needle needle;
    bool decided; /* for the message in progress; the answer is needle.found */
};

/* What a program asks of a message beyond its row. */
enum search_asks { ASKS_DATE = 1, ASKS_HEADER = 2, ASKS_BODY = 4 };

/* What is known of the message in progress. */
struct known {
    struct row row;
    bool has_date, date_known;
    int64_t sent_day;
};

struct candidate {
    struct row row;
    struct str list_value;
};

/* ---- message.c: one message, read at most once ---- */

struct reading {
    enum {
        READ_SUMMARY,
        READ_PARSE,
        READ_HEADER,
        READ_FIELDS,
        READ_PARTS,
        READ_PART,
        READ_DONE
    } step;
    struct arena *arena; /* of the message */
    struct arena *scratch;
    struct summary_list list;
    bool has_list;
    struct mime_parser *parser;
    struct mime_part *tree;
    uint64_t header_size;
    struct summary_part *parts;
    size_t n_parts, part;
    bool in_header;   /* of the part */
    uint64_t at, end; /* of the stretch in progress */
    struct buf whole; /* a small message, all of it */
    bool has_whole;
    struct buf header; /* the header block in progress */
    struct mime_fields fields;
    struct buf piece, decoded, utf8;
    struct mime_decoder decoder;
    struct mime_charset *charset;
    struct text text;
    bool texting; /* a text has begun and not ended */
};

struct search {
    struct arena *arena;
    struct account *account;
    struct version *version;
    struct search_key *key;
    struct search_options options;
    unsigned asks;
    bool asks_modseq;

    struct term *terms;
    size_t n_terms;
    struct needle **header_needles; /* of TEXT */
    size_t n_header_needles;
    struct needle **body_needles; /* of TEXT and BODY */
    size_t n_body_needles;

    enum { AT_BOUNDS, AT_ROWS, AT_MESSAGES, AT_END } at;
    struct ranges candidates;
    size_t range;      /* of candidates */
    uint32_t next_uid; /* rows below it were looked at */
    struct cursor cursor;
    bool walking;
    uint32_t looked;

    struct candidate batch[SEARCH_BATCH];
    size_t n_batch, at_batch;
    struct arena *batch_arena;
    struct known known;
    struct reading reading;

    struct ranges found;
    uint64_t modseq;
};

/* truth.c */
enum truth search_truth(const struct search *s, const struct search_key *key);
/* The day of a moment, in the zone it was given. */
int64_t search_day(int64_t utc, int zone_min);

/* bounds.c: UIDs among which all matches are; *exact_out: all of them match.  Appended to `out`,
 * which is empty. */
enum err search_bounds(struct search *s, struct ranges *out, bool *exact_out);

/* message.c */
void reading_begin(struct search *s, const struct candidate *c);
/* Goes on with the message until the program has a value, all was read, or it was a good while.
 * *more_out: call again. */
enum err reading_step(struct search *s, bool *more_out);
void reading_end(struct search *s);
void reading_fini(struct search *s);

#endif
