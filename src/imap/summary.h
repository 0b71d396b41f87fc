/* What is told of a message again and again, made once when it enters: two sealed values per message object.
 *   list: ENVELOPE and BODYSTRUCTURE in IMAP_MODE_REV1, ready to send, sent date; at most SUMMARY_LIST_MAX bytes
 *   more: BODY, the table of parts, references
 * Derived data: any reader may throw it away and make it again from the message.  A message whose values would be
 * too large for the store (thousands of parts) has a list that says so, and is parsed when asked. */
#ifndef IMAP_SUMMARY_H
#define IMAP_SUMMARY_H

#include "imap/format.h"
#include "mime/part.h"

enum { SUMMARY_LIST_MAX = 2000, SUMMARY_MORE_MAX = 60 * 1024 };

/* Appends the sealed values.  list_out and more_out are cleared first. */
void summary_build(const struct mime_part *root, struct buf *list_out, struct buf *more_out);

struct summary_list {
    struct str envelope;      /* p NULL: it is in `more` */
    struct str bodystructure; /* p NULL: it is in `more` */
    bool in_more;
    bool too_large;  /* neither: parse the message */
    bool has_8bit;   /* told differently in IMAP_MODE_UTF8: render from the message there */
    bool has_date;   /* the Date field could be read */
    int64_t date;    /* UTC seconds */
    int16_t zone_min;
    uint64_t header_size; /* of the message's header block, its empty line included */
};

/* Views into `value`.  ERR_CORRUPT, ERR_VERSION: make it again from the message. */
enum err summary_list_read(struct str value, struct summary_list *out);

struct summary_more {
    struct str envelope, bodystructure; /* only where the list says so */
    struct str body;
    struct str references;
    struct str parts; /* encoded table: use summary_part_find */
};

enum err summary_more_read(struct str value, struct summary_more *out);

/* A part as FETCH needs it, from the table or from a tree. */
struct summary_part {
    uint64_t header_at, body_at, end;
    enum mime_cte cte;
    enum mime_kind kind;
    bool is_message_root; /* a message: HEADER and TEXT mean something here */
    /* of a MIME_MESSAGE part: the message inside, for n.HEADER and n.TEXT */
    uint64_t inner_header_at, inner_body_at, inner_end;
    struct str charset; /* of text parts; absent if none */
    bool is_text;
};

/* Section numbers to part, as mime_part_find. false: no such part. */
bool summary_part_find(struct str table, const uint32_t *numbers, size_t n, struct summary_part *out);
/* All of them, each before those within it (the message inside a MIME_MESSAGE is one of them); returns how many. */
size_t summary_parts_all(struct arena *a, struct str table, struct summary_part **out);
bool summary_part_of_tree(struct mime_part *root, const uint32_t *numbers, size_t n, struct summary_part *out);

#endif
