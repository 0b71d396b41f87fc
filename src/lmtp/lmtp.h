/* The LMTP door (RFC 2033): how mail is delivered.  One answer for each recipient, 250 only when it
 * is on disk. */
#ifndef LMTP_LMTP_H
#define LMTP_LMTP_H

#include "auth/auth.h"
#include "net/conn.h"

enum {
    LMTP_MAX_RECIPIENTS = 1000,
    LMTP_MAX_LINE = 8192,
    LMTP_MAX_MEMORY = 16 << 20, /* of one transaction's addresses */
};

struct lmtp_options {
    uint64_t max_message; /* bytes; 0: 100,000,000 */
    struct str hostname;  /* in the greeting and in Received */
    int idle_seconds;     /* 0: 300 (RFC 5321, 4.5.3.2.7) */
};

struct lmtp_door; /* begins with its struct door */

struct lmtp_door *lmtp_door_new(struct mailstore *ms, struct auth *a, const struct lmtp_options *o);
struct door *lmtp_door(struct lmtp_door *d);
void lmtp_door_free(struct lmtp_door *d);

#endif
