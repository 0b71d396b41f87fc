/* The commands' end of the local socket.  Blocking; one thread. */
#ifndef ADMIN_CLIENT_H
#define ADMIN_CLIENT_H

#include "admin/protocol.h"
#include "auth/auth.h"

struct admin_client;

/* Takes a connected descriptor. */
struct admin_client *admin_client_new(int fd);
void admin_client_free(struct admin_client *c); /* NULL is fine */

/* ---- any request ---- */

/* The fields of a request are added to the buffer that this returns; then send. */
struct buf *admin_request(struct admin_client *c, enum admin_verb verb);
enum err admin_send(struct admin_client *c);
/* The next row of the oldest unanswered request.  *row_out is valid until the next call.  *more_out
 * false: it was answered, and this is how it ended (`why_out` got the text if it failed). */
enum err admin_row(struct admin_client *c, struct dec *row_out, bool *more_out,
                   struct buf *why_out);
/* Sends, expects no rows. */
enum err admin_call(struct admin_client *c, struct buf *why_out);

/* ---- some requests ---- */

bool admin_store_is_empty(struct admin_client *c);
enum err admin_account_add(struct admin_client *c, struct str name, struct str password,
                           enum auth_cost cost, struct buf *why_out);

/* Many: sent ahead.  An account that exists already is no error.  Any other error ends it. */
enum err admin_account_add_later(struct admin_client *c, struct str name, struct str password,
                                 enum auth_cost cost, struct buf *why_out);
enum err admin_account_add_finish(struct admin_client *c, struct buf *why_out);

/* ---- messages on their way in ---- */

struct admin_message {
    struct str account, mailbox;
    int64_t date;
    int16_t zone_min;
    uint8_t flags;
    const struct str *keywords;
    size_t n_keywords;
};

enum err admin_append_begin(struct admin_client *c, const struct admin_message *m);
enum err admin_append_data(struct admin_client *c, struct str bytes); /* any size */
enum err admin_append_end(struct admin_client *c, bool forget);
/* How many requests were sent and not answered. */
size_t admin_ahead(const struct admin_client *c);

#endif
