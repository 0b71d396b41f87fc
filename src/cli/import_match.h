/* What a mailbox holds already, to leave it out. */
#ifndef CLI_IMPORT_MATCH_H
#define CLI_IMPORT_MATCH_H

#include "admin/client.h"
#include "cli/import_origin.h"

struct match;

/* Lists the mailbox. *out NULL: it is empty. */
enum err match_new(struct admin_client *c, struct str account, struct str mailbox,
                   struct match **out, struct buf *why_out);
void match_free(struct match *m); /* NULL is fine */

/* Is the message that `s` is at there, with this date?  Then its counterpart is used up.  `s` is at
 * its beginning afterwards.  No request may be unanswered. */
enum err match_take(struct match *m, struct admin_client *c, struct origin *s, int64_t date,
                    bool *taken_out, struct buf *why_out);
/* Could it be?  Asks nobody: whether one of the same date is left. */
bool match_possible(const struct match *m, int64_t date);

#endif
