/* Commands as text, for tables of tests: one line that shows every field that was set. */
#ifndef TESTS_IMAP_COMMAND_DUMP_H
#define TESTS_IMAP_COMMAND_DUMP_H

#include "base/buf.h"
#include "imap/command.h"

void command_dump(const struct imap_command *c, struct buf *out);
void search_dump(const struct search_key *key, struct buf *out);

/* The whole way: parses `line` (its CRLF included) and dumps the command, or "BAD text", "NO [code]
 * text". */
void parse_dump(struct arena *a, struct imap_text text, const struct imap_parse_options *o,
                struct buf *out);

#endif
