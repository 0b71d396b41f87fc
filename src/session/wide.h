/* What the commands about names and messages share among themselves. */
#ifndef SESSION_WIDE_H
#define SESSION_WIDE_H

#include "session/session_priv.h"

/* " "/" name" of a LIST or LSUB response. */
void list_put_name(struct session *s, struct str name);
/* Is the client to be told that the name it supplied was brought into normal form? */
bool oldname_differs(const struct session *s, struct str name, struct str supplied);
/* "* LIST (attribute) "/" name ("OLDNAME" (supplied))"; attribute may be "". */
void oldname_tell(struct session *s, const char *attribute, struct str name, struct str supplied);
/* Counts for status_put, as this session may be told them. */
enum err status_read(struct session *s, uint64_t mailbox, uint32_t items,
                     struct version_head *head_out, uint32_t *recent_out);

#endif
