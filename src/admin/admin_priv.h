/* The local door, as its own files see it.
 *
 * Each request becomes an op.  Ops run at the same time where they can; their replies leave in
 * order.  An op that waits (a hash, a commit) ends by op_end on whatever thread; the session is
 * then woken and sends what is complete. The session's struct outlives its connection until the
 * last op is done. */
#ifndef ADMIN_ADMIN_PRIV_H
#define ADMIN_ADMIN_PRIV_H

#include "admin/admin.h"
#include "admin/protocol.h"
#include "base/codec.h"
#include "intake/intake.h"

#include <pthread.h>
#include <stdatomic.h>

struct admin_door {
    struct door door;
    struct mailstore *ms;
    struct directory *directory;
    struct auth *auth;
    struct admin_options o;
    pthread_mutex_t mutex;
    pthread_cond_t idle;
    size_t sessions; /* whose struct is there still */
};

struct admin;

struct op {
    struct op *next;
    struct admin *session; /* a reference, until the op is done */
    struct admin_door *door;
    struct arena *arena;
    struct buf reply;
    struct job job;
    atomic_size_t left; /* things that are still to complete */
    atomic_bool done;
    /* account ops */
    struct account_record record;
    struct str password;
    enum auth_cost cost;
    /* ops that change an account */
    struct account *account;
    struct ticket *tickets[16];
    size_t n_tickets;
    /* message ops */
    struct intake *intake;
    uint64_t mailbox;
    struct intent_message message;
    enum err e; /* the first error, told at the end */
    const char *why;
    /* check */
    bool deep, repair;
};

struct admin {
    atomic_size_t refs; /* the connection's, and one of each op that is not done */
    struct admin_door *door;
    struct conn *conn;
    struct conn_handle *handle;
    struct op *first, **last; /* unanswered */
    size_t n_ops;
    struct op *incoming; /* the APPEND or DELIVER whose bytes are coming */
    atomic_bool parked;  /* in CONN_WAIT: the next op that is done completes it */
    struct job end;
};

/* ---- admin.c ---- */

struct buf *op_row(struct op *op,
                   size_t *place_out); /* begins a row; fields are added to the buffer */
void op_row_end(struct op *op, size_t place);
/* The op is complete: exactly once.  Any thread; the op may be freed when this returns. */
void op_end(struct op *op, enum err e, const char *text);
/* One of `left` is done; the last one returns true. */
bool op_one_done(struct op *op);
void op_later(struct op *op, void (*fn)(struct job *)); /* goes on as a job */
struct op *op_of_job(struct job *j);
/* Opens the account named in the request.  ERR_NO_ACCOUNT. */
enum err op_account(struct op *op, struct str name);
/* The id of one of its mailboxes. */
enum err op_mailbox(struct op *op, struct str name, uint64_t *id_out);
/* Hands intents over; when all are done the op ends with the first error. */
void op_submit(struct op *op, const struct intent *in, size_t n);

/* ---- the verbs: each takes the request's fields, ends the op now or later ---- */

typedef void op_fn(struct op *op, struct dec *d);
op_fn op_hello, op_account_add, op_account_password, op_account_set, op_account_delete,
    op_account_show, op_account_list, op_mailbox_list, op_mailbox_create, op_mailbox_rename,
    op_mailbox_delete, op_mailbox_subscribe, op_messages, op_read, op_check;

/* Message verbs: begin, bytes, end. */
op_fn op_append, op_deliver;
void op_message_data(struct op *op, struct str bytes);
void op_message_end(struct op *op, bool forget);

#endif
