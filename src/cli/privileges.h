/* From root to a user that may do nothing else. */
#ifndef CLI_PRIVILEGES_H
#define CLI_PRIVILEGES_H

#include "base/buf.h"
#include "base/err.h"

/* Makes the directory (mode 0700, superiors 0755) if it is missing; as root gives it to `user`. */
enum err privileges_directory(const char *user, const char *dir, struct buf *why_out);
/* As root: becomes `user` for good, with its groups, and can gain nothing back.  Otherwise nothing.
 */
enum err privileges_drop(const char *user, struct buf *why_out);

#endif
