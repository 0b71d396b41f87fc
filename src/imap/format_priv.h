/* What the formatters of this room share: a place to put bytes, how text may be told, and whether
 * the choice mattered. */
#ifndef IMAP_FORMAT_PRIV_H
#define IMAP_FORMAT_PRIV_H

#include "imap/format.h"

struct put {
    struct buf *out;
    enum imap_mode mode;
    bool saw_8bit; /* the other mode would have told it differently */
};

void put_string(struct put *p, struct str s);
void put_nstring(struct put *p, struct str s);
void put_envelope(struct put *p, const struct mime_envelope *e);
void put_body(struct put *p, const struct mime_part *part, bool extended);

#endif
