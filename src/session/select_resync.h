/* What a client that comes back with QRESYNC has missed (RFC 7162, 3.2.5). */
#ifndef SESSION_SELECT_RESYNC_H
#define SESSION_SELECT_RESYNC_H

#include "session/session_priv.h"

struct resync {
    struct ranges vanished;
    struct ranges changed;
    size_t told; /* ranges of `vanished` */
    struct view_walk walk;
    bool walking;
};

/* Of the selected mailbox, as the view has it.  Nothing, where UIDVALIDITY is another. */
enum err resync_init(struct session *s, const struct imap_qresync *q, struct resync *out);
/* One response. */
enum err resync_step(struct session *s, struct resync *r, bool *more_out);
void resync_fini(struct resync *r);

#endif
