/* Where `tern account` gets a password: never from the command line, which every user of the
 * machine can read. */
#ifndef CLI_PASSWORD_H
#define CLI_PASSWORD_H

#include "base/buf.h"
#include "base/err.h"

/* The first line of `file` ("-" or NULL without a terminal: standard input); at a terminal asks
 * twice, without echo.  Ends at LF, CR LF or the end. */
enum err password_read(const char *file, struct buf *out, struct buf *why_out);
void password_wipe(struct buf *password);

#endif
