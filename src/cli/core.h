/* What every `tern` that owns a store has: the store and the rooms above it, without any listener.
 */
#ifndef CLI_CORE_H
#define CLI_CORE_H

#include "auth/auth.h"
#include "cli/config.h"
#include "net/pool.h"

struct core {
    struct store *store;
    struct pool *pool;
    struct mailstore *ms;
    struct directory *directory;
    struct auth *auth;
};

/* On failure nothing is left open and a line for a person is in `why_out`. */
enum err core_open(const struct config *c, struct core *out, struct buf *why_out);
/* The pool must have been freed of connections by then; closes it as well. */
void core_close(struct core *core);

#endif
