/* One IMAP client's conversation, as its own files see it.
 *
 * How a command runs:  input cut into a command -> parsed into the command's arena -> commands.c
 * table: allowed here? -> `run` (a generator: may be called again and again) -> sync (what changed,
 * at the level the table allows) -> the tagged reply.  A command writes its own untagged data and
 * sets its reply; EXISTS, EXPUNGE, VANISHED and unsolicited FETCH come from sync.c alone, for the
 * actor and for the others by the same path. */
#ifndef SESSION_SESSION_PRIV_H
#define SESSION_SESSION_PRIV_H

#include "auth/auth.h"
#include "imap/command.h"
#include "imap/format.h"
#include "intake/intake.h"
#include "mailbox/directory.h"
#include "net/conn.h"
#include "session/session.h"
#include "session/view.h"

_Static_assert((int)IMAP_SEEN == FLAG_SEEN && (int)IMAP_ANSWERED == FLAG_ANSWERED &&
                   (int)IMAP_FLAGGED == FLAG_FLAGGED && (int)IMAP_DELETED == FLAG_DELETED &&
                   (int)IMAP_DRAFT == FLAG_DRAFT,
               "imap and mailbox agree on flags");

enum state {
    STATE_NONE = 1, /* not authenticated */
    STATE_AUTH = 2,
    STATE_SELECTED = 4,
    STATE_ANY = 7,
};

enum sync_level { SYNC_NONE, SYNC_DATA, SYNC_ALL };

struct session;
struct cmd;

enum cmd_step {
    CMD_DONE,  /* the reply is set (cmd_ok, cmd_no, cmd_bad) */
    CMD_MORE,  /* output is full: call again when it has left */
    CMD_YIELD, /* the turn is over: call again later */
    CMD_INPUT, /* needs more from the client (IDLE, AUTHENTICATE, APPEND's literal): call again when
                  there is */
    CMD_WAIT,  /* waits for a ticket or login: `then` is called when it has completed */
};

typedef enum cmd_step cmd_fn(struct cmd *c);

struct command {
    enum imap_name name;
    unsigned states; /* where it is allowed */
    enum sync_level sync;
    unsigned flags;
    cmd_fn *run;
};

enum command_flag {
    CMD_NEEDS_WRITE = 1, /* NO in a mailbox opened by EXAMINE */
    CMD_SEQS = 2,        /* without UID, no expunge may be told before its reply (sync is DATA) */
};

enum reply_kind { REPLY_OK, REPLY_NO, REPLY_BAD };

struct cmd {
    struct session *s;
    struct arena *arena; /* ends with the reply; NULL while IDLE waits */
    struct imap_command in;
    const struct command *def;
    cmd_fn *then; /* what is called next: run, or the finish of a wait */
    void *state;  /* the generator's own place, in the arena (or with `end` to free it) */
    void (*end)(struct cmd *c); /* called once when the command ends however it ends, the
                                   connection's end included */
    struct ticket *ticket;
    struct login *login;
    enum reply_kind reply;
    struct str code; /* without brackets; p NULL: none */
    struct str text;
    struct ranges force;  /* STORE: UIDs whose FETCH is told even if nothing changed */
    struct ranges silent; /* STORE .SILENT: not told if the flags are what the client expects from
                             its own change */
    bool silent_modseq;   /* ... but MODSEQ is told of each, changed or not (RFC 7162, 3.1.3) */
    enum sync_level sync; /* from the table; a command may lower it */
};

struct session {
    struct session_door *door;
    struct conn *conn;
    struct conn_handle *handle;
    struct imap_input input;
    enum state state;
    enum { PHASE_IDLE, PHASE_RUN, PHASE_SYNC, PHASE_BYE } phase;
    struct cmd *cmd; /* in progress, or NULL */
    struct account *account;
    char *user;                          /* for logs */
    bool rev2, utf8, condstore, qresync; /* what was enabled */
    struct view *view;                   /* the selected mailbox */
    struct ranges saved;                 /* "$", UIDs */
    void *sync;                          /* sync.c's place while it is telling */
    unsigned bad_commands;               /* in a row; too many end the session */
    uint64_t held;    /* bytes of the arriving command's large literals */
    int64_t login_by; /* monotonic milliseconds; 0: no limit */
    unsigned failed_logins;
    bool counted;   /* among the account's sessions */
    bool closing;   /* close after this reply (LOGOUT) */
    bool start_tls; /* after this reply */
};

/* ---- session.c ---- */

static inline enum imap_mode session_mode(const struct session *s)
{
    return s->utf8 ? IMAP_MODE_UTF8 : IMAP_MODE_REV1;
}

static inline struct buf *session_out(struct session *s)
{
    return conn_out(s->conn);
}

/* For generators: leave now?  (output full or turn over); *step_out is then what to return. */
bool session_pause(struct session *s, enum cmd_step *step_out);

/* Hands an intent over; the session leaves the worker and `finish` is called with c->ticket done.
 */
enum cmd_step wait_commit(struct cmd *c, struct ticket *t, cmd_fn *finish);
struct ticket *session_submit(struct cmd *c, const struct intent *in);

/* The client has used something of CONDSTORE: from now on MODSEQ is told, and HIGHESTMODSEQ once if
 * a mailbox is selected (RFC 7162, 3.1).  For SELECT (CONDSTORE), STATUS (HIGHESTMODSEQ), FETCH and
 * SEARCH with MODSEQ ... */
void session_enable_condstore(struct session *s);

/* The selected mailbox, if any, is no longer; without EXPUNGE (CLOSE does that itself). */
void session_unselect(struct session *s);

/* Gives what has arrived to the input; IMAP_MORE where there is nothing. */
enum imap_event session_feed(struct session *s);

/* imap_input_next and imap_input_refuse, which also give back what the literals held. */
void session_input_next(struct session *s);
void session_input_refuse(struct session *s);

/* Can the announced literal be thrown away?  Otherwise refusing it means BYE. */
bool session_can_skip(const struct session *s);

/* If the selected mailbox was deleted: leaves it, or returns false where only BYE can say so. */
bool session_leave_gone(struct session *s, const struct cmd *c);

/* The next whole line the client sent while a command is in progress (IDLE, AUTHENTICATE), without
 * its line end. false: not there yet, or too long (*overlong_out).  The line lives in the command's
 * arena. */
bool session_line(struct session *s, size_t max, struct str *line_out, bool *overlong_out);

/* The account is known: the session is now authenticated.  ERR_BUSY: too many sessions. */
enum err session_login(struct session *s, uint64_t account, struct str user);

/* Ends with BYE; what cannot be told truly is not told. */
void session_bye(struct session *s, const char *code, const char *text);

/* ---- reply.c: the only place that maps errors to IMAP codes ---- */

enum cmd_step cmd_ok(struct cmd *c, const char *text);                       /* "STORE completed" */
enum cmd_step cmd_ok_code(struct cmd *c, struct str code, const char *text); /* code in the arena */
enum cmd_step cmd_no(struct cmd *c, const char *code, const char *text);     /* code NULL: none */
enum cmd_step cmd_bad(struct cmd *c, const char *text);
/* NO (or BAD) with the code that belongs to the error (RFC 5530); `what` was being done, for the
 * log and the text. */
enum cmd_step cmd_error(struct cmd *c, enum err e, const char *what);

/* Writes the tagged reply of `c`. */
void reply_put(struct session *s, struct cmd *c);
/* "* BYE [code] text" */
void reply_bye(struct session *s, const char *code, const char *text);
/* "* OK [HIGHESTMODSEQ n]" of the view, as it was last told. */
void reply_modseq(struct session *s);
/* "tag BAD text" and the like where there is no command; tag "*" if there is none. */
void reply_bare(struct session *s, struct str tag, enum reply_kind kind, const char *code,
                const char *text);

/* ---- sync.c: the only place that tells EXISTS, EXPUNGE, VANISHED and unsolicited FETCH ---- */

/* Tells what has happened since, at most at `level`.  CMD_DONE: all is told; CMD_MORE, CMD_YIELD:
 * call again. `c`: the command in progress (its force and silent sets). */
enum cmd_step sync_step(struct session *s, struct cmd *c, enum sync_level level);
void sync_abort(struct session *s);
/* "* FLAGS (...)" and PERMANENTFLAGS of the view as it is now. */
void sync_put_flags(struct session *s);

/* One "* VANISHED [(EARLIER) ]set" of bounded length with the ranges of `uids` from index `from`
 * on; returns the index of the first one that did not fit any more. */
size_t vanished_put(struct session *s, const struct ranges *uids, size_t from, bool earlier);

/* ---- commands.c ---- */

/* NULL: no such command. */
const struct command *command_find(enum imap_name name);
/* The capabilities as they are now, for CAPABILITY and for response codes, without "CAPABILITY ".
 */
void capability_put(struct session *s, struct buf *out);

/* RFC 9051, 6.2.3: passwords over TLS or within this machine only. */
bool session_may_send_password(const struct session *s);

/* ---- lookups ---- */

/* A mailbox argument to its entry.  Sets the reply and returns false if there is none: NO
 * [NONEXISTENT], with [TRYCREATE] where `trycreate`.  The mailbox's id is returned; names are a
 * value and need not be kept. */
bool cmd_mailbox(struct cmd *c, const struct imap_mailbox *m, bool trycreate, uint64_t *mailbox_out,
                 enum cmd_step *step_out);
/* Its normalised name in the arena; false (reply set) if no mailbox can have that name. */
bool cmd_name(struct cmd *c, const struct imap_mailbox *m, struct str *name_out,
              enum cmd_step *step_out);

/* ---- fetch, for FETCH and for sync ---- */

/* "* seq FETCH (UID u FLAGS (...) MODSEQ (m))" with what is asked for. */
enum { FETCH_TELL_UID = 1, FETCH_TELL_FLAGS = 2, FETCH_TELL_MODSEQ = 4 };
void fetch_tell(struct session *s, const struct row *row, uint32_t seq, unsigned what);
void fetch_put_flags(struct session *s, struct buf *out, const struct row *row);

/* ---- the commands: one file each, cmd_<name>.c ---- */

cmd_fn cmd_capability_run, cmd_noop_run, cmd_logout_run, cmd_id_run, cmd_starttls_run,
    cmd_authenticate_run, cmd_login_run, cmd_enable_run, cmd_select_run, cmd_create_run,
    cmd_delete_run, cmd_rename_run, cmd_subscribe_run, cmd_list_run, cmd_lsub_run,
    cmd_namespace_run, cmd_status_run, cmd_append_run, cmd_idle_run, cmd_close_run, cmd_expunge_run,
    cmd_search_run, cmd_fetch_run, cmd_store_run, cmd_copy_run, cmd_move_run;

/* "* STATUS name (...)" for STATUS and LIST RETURN (STATUS ...). */
void status_put(struct session *s, struct str name, const struct version_head *h, uint32_t recent,
                uint32_t items);

#endif
