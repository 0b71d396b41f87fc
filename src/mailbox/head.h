/* The head of a mailbox as stored: written in every batch that touches the mailbox, and all that
 * STATUS needs. */
#ifndef MAILBOX_HEAD_H
#define MAILBOX_HEAD_H

#include "mailbox/version_priv.h"

struct head_block {
    uint32_t id, gen;
};

struct head {
    struct version_head counts;
    struct disk disk;
    uint32_t keywords; /* how many; 0: there is no table */
    size_t n;
    struct head_block *blocks; /* in the arena */
};

/* Blocks that were never written (gen 0) are left out: what is in them is in the log. */
void head_encode(const struct version *v, uint32_t recent_from, struct buf *out);
enum err head_decode(struct str value, struct arena *a, struct head *out);

/* One unfolded record of the log. */
struct log_entry {
    uint64_t modseq;
    uint32_t parts;
};

struct log_list {
    struct log_entry *v;
    size_t n, cap;
};

void log_list_add(struct log_list *l, struct log_entry e);
/* Forgets what is folded. */
void log_list_drop(struct log_list *l, uint64_t upto);
void log_list_fini(struct log_list *l);

/* The mailbox as the store has it: head, directory, log replayed.  Not published.  ERR_NO_MAILBOX.
 * *log_out: the records not folded yet; the caller's to end. */
enum err mailbox_read(struct shelf *shelf, struct version **out, struct log_list *log_out);
/* Only the head. */
enum err head_read(struct store *store, uint64_t account, uint64_t mailbox, struct arena *a,
                   struct head *out);

/* A record (log or history) from its parts, rows[0] being its first: *used_out rows are taken.
 * ERR_NOT_FOUND: the rows end before it does. */
enum err record_collect(const struct store_row *rows, size_t n, struct buf *record,
                        size_t *used_out);

#endif
