/* One LMTP client's conversation, as its own files see it. */
#ifndef LMTP_LMTP_PRIV_H
#define LMTP_LMTP_PRIV_H

#include "intake/intake.h"
#include "lmtp/lmtp.h"
#include "lmtp/path.h"

#include <stdatomic.h>

struct lmtp_door {
    struct door door;
    struct mailstore *ms;
    struct auth *auth;
    struct lmtp_options o;
    char *hostname;
};

struct recipient {
    struct recipient *next;
    struct str address;
    struct account *account;
    uint64_t mailbox;
    size_t target; /* which of the intake's accounts */
    bool same; /* a mailbox that an earlier recipient names, too: delivered once, answered twice */
    struct ticket *ticket;
};

enum phase { PHASE_COMMAND, PHASE_DATA, PHASE_CHUNK, PHASE_DELIVER };

struct lmtp {
    struct lmtp_door *door;
    struct conn *conn;
    struct conn_handle *handle;
    bool greeted;
    enum phase phase;
    bool quit;

    /* the transaction (RFC 5321, 3.3); its arena is there from MAIL on */
    struct arena *arena;
    struct str sender;
    bool has_sender;
    struct recipient *first, **last;
    size_t n_recipients, n_targets;
    struct intake *intake;
    enum err body;   /* what became of the bytes, once they are all there */
    bool line_start; /* DATA: the last bytes were CRLF */
    bool chunking;   /* BDAT was used, so DATA may not follow (RFC 3030, 2) */
    bool skipping;   /* BDAT out of place: its octets are thrown away */
    bool last_chunk;
    uint64_t chunk_left;
    atomic_size_t pending; /* tickets not yet done, plus one while submitting */
};

void lmtp_reply(struct lmtp *l, const char *line);

/* ---- transaction.c ---- */
void lmtp_reset(struct lmtp *l);
void lmtp_mail(struct lmtp *l, struct str args);
void lmtp_rcpt(struct lmtp *l, struct str args);
void lmtp_data(struct lmtp *l, struct str args);
void lmtp_bdat(struct lmtp *l, struct str args);

/* ---- body.c: take what input there is; true: the message (or chunk) is complete ---- */
bool lmtp_take_data(struct lmtp *l);
bool lmtp_take_chunk(struct lmtp *l);

/* ---- deliver.c ---- */
enum err lmtp_begin_body(struct lmtp *l);
enum conn_step lmtp_deliver(struct lmtp *l); /* hands everything over; then CONN_WAIT */
void lmtp_delivered(struct lmtp *l);         /* one answer for each recipient */

#endif
