/* What an export of Tern's says beside the mail, in two files of its top directory:
 *   tern-mailboxes   first line "tern-mailboxes 1", then for each mailbox: file or directory
 * (relative), TAB, its name, TAB, its special uses as words subscriptions    as Dovecot writes
 * them: "V\t2", an empty line, then a name a line, levels in modified UTF-7 divided by TABs; its
 * older form (levels divided by ".") is read */
#ifndef CLI_MAILBOX_INDEX_H
#define CLI_MAILBOX_INDEX_H

#include "base/arena.h"
#include "base/buf.h"

#define INDEX_FILE "tern-mailboxes"
#define SUBSCRIPTIONS_FILE "subscriptions"

struct index_entry {
    struct str place;
    struct str name;
    uint32_t uses;
};

void index_begin(struct buf *out);
void index_put(struct buf *out, struct str place, struct str name, uint32_t uses);
void subscriptions_begin(struct buf *out);
void subscriptions_put(struct buf *out, struct str name);

/* false: this is no such file. */
bool index_parse(struct arena *a, struct str text, struct index_entry **out, size_t *n_out);
void subscriptions_parse(struct arena *a, struct str text, struct str **out, size_t *n_out);

#endif
