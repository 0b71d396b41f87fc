/* Changes of one mailbox, as made by the writer and as kept in its log.  A record holds what one
 * batch did to the mailbox, in order.  builder_apply is the only way a change takes effect: when it
 * is made, and when the log is read again. */
#ifndef MAILBOX_RECORD_H
#define MAILBOX_RECORD_H

#include "base/arena.h"
#include "mailbox/dirblock.h"

enum change_kind {
    CHANGE_APPEND = 1,
    CHANGE_FLAGS = 2,
    CHANGE_EXPUNGE = 3,
    CHANGE_LINK = 4, /* chunks that were written before become part of the mailbox */
};

enum flags_how { FLAGS_HOW_SET, FLAGS_HOW_ADD, FLAGS_HOW_REMOVE };

struct change {
    enum change_kind kind;
    uint64_t modseq;
    union {
        struct {
            const struct row *rows; /* modseq is the change's */
            size_t n;
        } append;
        struct {
            struct ranges uids; /* all live, each really changes */
            enum flags_how how;
            uint8_t flags;
            struct keyword_set keywords;
        } flags;
        struct {
            struct ranges uids; /* all live */
        } expunge;
        struct {
            const struct chunk *chunks;
            size_t n;
            uint64_t bytes; /* of their messages */
        } link;
    };
};

void change_encode(const struct change *c, struct buf *out);
/* Allocates in `a`, but for ranges: change_fini.  d->bad when it is none. */
void change_decode(struct dec *d, struct arena *a, struct change *out);
void change_fini(struct change *c);

/* A record's value may be larger than a value in the store may be: it is cut into parts, each
 * sealed. */
enum { RECORD_PART_BYTES = 60 * 1024, RECORD_PARTS_MAX = 4096 };
size_t record_parts(size_t bytes);
/* Appends the sealed value of one part. */
void record_part(struct str record, size_t part, struct buf *out);
/* Checks a part and appends what is in it to `record`; *more_out: there are further parts. */
enum err record_join(struct str value, size_t part, struct buf *record, bool *more_out);

#endif
