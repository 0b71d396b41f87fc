/* FETCH: its plan, the message it is at, and the bytes it sends.  Private to the fetch files.
 *
 * A message goes through three steps, each of which may stop and go on in a later turn:
 *   look      what the items need to know: summary values, or a fresh parse where they are missing
 *   measure   lengths of what is decoded or filtered on its way out: a literal begins with its
 * length tell      "* n FETCH (...)", long bodies in pieces Nothing of a message is written before
 * all of it is known to be there. */
#ifndef SESSION_FETCH_H
#define SESSION_FETCH_H

#include "imap/summary.h"
#include "mime/decode.h"
#include "mime/parser.h"
#include "session/session_priv.h"

enum {
    FETCH_PIECE = 64 * 1024, /* bytes of a body held at once */
    FETCH_BATCH = 64,        /* messages whose summaries are read together */
    FETCH_HELD = 64 * 1024,  /* a decoded section up to here is kept from measuring */
};

/* ---- fetch_fields.c: HEADER.FIELDS and HEADER.FIELDS.NOT in pieces ---- */

struct fetch_fields {
    struct str *names; /* sorted, any case */
    size_t n;
    bool not ;
    size_t longest;
};

void fetch_fields_init(struct fetch_fields *f, struct arena *a, const struct imap_section *section);

struct fields_filter {
    const struct fetch_fields *want;
    enum { LINE_START, LINE_NAME, LINE_KEEP, LINE_DROP } at;
    bool kept;       /* the field in progress */
    struct buf name; /* of the line in progress, its blanks and colon included */
};

/* Appends what is kept of `in`.  The empty line that ends a header is kept. */
void fields_filter_feed(struct fields_filter *f, struct str in, struct buf *out);
void fields_filter_end(struct fields_filter *f, struct buf *out); /* a last line without an end */
void fields_filter_fini(struct fields_filter *f);

/* ---- fetch_section.c: where a section is, and its bytes in pieces ---- */

enum source_how { SOURCE_COPY, SOURCE_FIELDS, SOURCE_DECODE };

/* A stretch of a message and what is done to it on its way out. */
struct source {
    struct account *account;
    uint64_t object;
    uint64_t at, end; /* still to be read */
    enum source_how how;
    struct fields_filter filter;
    struct mime_decoder decoder;
    bool to_crlf; /* bare LF becomes CRLF */
    bool after_cr;
    bool ended; /* all of it has come out */
    struct buf raw, decoded;
};

void source_fini(struct source *s);
/* Reads one piece and appends what becomes of it (perhaps nothing).  ERR_IO where the message is
 * shorter than its row says. */
enum err source_next(struct source *s, struct buf *out);

/* What one item of one message will send. */
struct content {
    bool absent;      /* no such section: NIL */
    bool plain;       /* its bytes stand in the message as they are */
    uint64_t at, end; /* in the message */
    enum source_how how;
    enum mime_cte cte;
    bool text;

    /* after measuring */
    bool nul;        /* needs literal8 */
    uint64_t skip;   /* of what comes out, not told ... */
    uint64_t length; /* ... and told */
    struct buf held; /* the told bytes, if they are few; else they are made again */
    bool is_held;
};

/* ---- the plan ---- */

enum fetch_needs {
    NEEDS_LIST = 1,  /* the summary's first value */
    NEEDS_MORE = 2,  /* and its second one */
    NEEDS_BYTES = 4, /* the message itself */
};

struct fetch_item {
    const struct imap_fetch_item *in;
    struct str label; /* "BODY[1.2]<0> ": as it is told, its space included */
    unsigned needs;
    struct fetch_fields fields;
};

struct fetch_plan {
    struct fetch_item *items;
    enum imap_fetch_kind *kinds; /* of the items */
    size_t n;
    unsigned needs;
    bool rows_only; /* all of it stands in the row */
    bool sets_seen;
};

/* From the command: UID first where it must be told, each item once. */
void fetch_plan_make(struct fetch_plan *plan, struct cmd *c);

/* ---- the message in progress ---- */

struct message {
    struct row row;
    uint32_t seq;
    bool ghost;
    struct str list_value; /* as stored; p NULL: none */
    struct summary_list list;
    struct summary_more more;
    bool has_list, has_more;
    struct mime_part *tree; /* where it had to be parsed */
    struct mime_parser *parser;
    uint64_t parsed; /* bytes given to the parser */
    bool renew;      /* the summary was missing or of an older format */
};

struct fetch {
    struct cmd *c;
    struct account *account;
    enum imap_mode mode;
    struct fetch_plan plan;
    struct ranges uids;
    struct view_walk walk;
    bool walking;
    uint64_t since;         /* CHANGEDSINCE; 0: all */
    struct ranges vanished; /* to be told before anything else */
    size_t vanished_told;

    struct message batch[FETCH_BATCH];
    size_t n_batch, at_batch;
    struct arena *batch_arena;
    struct arena *arena; /* of the message */

    struct message *m;
    enum { STEP_ROW, STEP_LOOK, STEP_MEASURE, STEP_TELL, STEP_STREAM } step;
    size_t item;
    struct content *contents; /* one for each item */
    struct source source;     /* measuring or streaming item `item` */
    bool sourcing;
    uint64_t passed; /* bytes that have come out of it */
    uint64_t left;   /* bytes of the literal still to be sent */
    size_t held;     /* bytes in all contents */
    struct buf piece;

    struct ranges seen;
    bool expunged;   /* some message is no longer there */
    enum err failed; /* the first other trouble */
};

/* ---- fetch_section.c, fetch_measure.c ---- */

/* ERR_UNKNOWN_CTE for BINARY. */
enum err fetch_locate(struct fetch *f, const struct fetch_item *item, struct content *out);
/* A source of the whole section. */
void fetch_source(struct fetch *f, const struct fetch_item *item, const struct content *k,
                  struct source *out);
/* One step of knowing how long the item in->item is.  *done_out false: call again. */
enum err fetch_measure(struct fetch *f, bool *done_out);
/* One piece of the item's literal, from its source to the client.  *done_out: the last. */
enum err fetch_stream(struct fetch *f, bool *done_out);
/* Its literal follows: places the source. */
void fetch_stream_begin(struct fetch *f);
void fetch_source_end(struct fetch *f);

/* ---- fetch_summary.c ---- */

/* One step of knowing what the plan needs.  *done_out false: call again. */
enum err fetch_look(struct fetch *f, bool *done_out);
void fetch_put_envelope(struct fetch *f, struct buf *out);
void fetch_put_structure(struct fetch *f, struct buf *out, bool extended);
void message_end(struct message *m);

/* ---- fetch_tell.c ---- */

/* "* seq FETCH (...)" of items that stand in the row. */
void fetch_put_row(struct session *s, const enum imap_fetch_kind *kinds, size_t n,
                   const struct row *row, uint32_t seq);

/* Items that stand in the row. */
void fetch_put_row_item(struct session *s, struct buf *out, enum imap_fetch_kind kind,
                        const struct row *row);

#endif
