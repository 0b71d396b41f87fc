/* Who somebody is.  Passwords are kept as SCRAM-SHA-256 keys (RFC 5802, RFC 7677) and a yescrypt
 * hash; a password just verified is remembered for some minutes as a keyed hash in memory, so that
 * a login storm does not pay the slow hash each time.  An unknown user costs the same as a wrong
 * password. */
#ifndef AUTH_AUTH_H
#define AUTH_AUTH_H

#include "mailbox/directory.h"

enum { PASSWORD_MAX = 1024 };

enum auth_cost {
    AUTH_COST_NORMAL, /* tens of milliseconds */
    AUTH_COST_LOW,    /* about a millisecond: for demonstration accounts by the thousand */
};

/* ---- secrets: slow, never on a turn ---- */

/* The encoded secret of a password for struct account_record.  ERR_SYNTAX: empty, too long, NUL or
 * not UTF-8. */
enum err auth_secret_make(struct arena *a, struct str password, enum auth_cost cost,
                          struct str *secret_out);
bool auth_secret_verify(struct str secret, struct str password);

/* ---- logins ---- */

struct auth;

struct auth_options {
    int remember_seconds; /* 0: 600 */
    struct str domains;   /* space-separated; "user@domain" of these is also account "user" */
    bool any_domain;      /* the demo: any domain */
};

struct auth *auth_new(struct mailstore *ms, struct directory *d, const struct auth_options *o);
void auth_free(struct auth *a);

/* A login being checked. */
struct login; /* counted like a ticket */

/* `done(arg)` is called once, on any thread, perhaps within the call; it must only wake somebody.
 * Owns: copies user and password; the copy is wiped.  Thread: any; never blocks. */
typedef void login_done_fn(void *arg);
struct login *auth_login(struct auth *a, struct str user, struct str password, login_done_fn *done,
                         void *arg);
/* The same for a client somewhere: `peer` (its address as text, may be empty) and user together may
 * fail a number of times, then only slowly; over that the answer is ERR_BUSY without a look at the
 * password, unless it is one that was verified a moment ago.  The same wrong password again and
 * again counts once. */
struct login *auth_login_from(struct auth *a, struct str peer, struct str user, struct str password,
                              login_done_fn *done, void *arg);
bool login_is_done(const struct login *l);
/* Once done.  ERR_OK, ERR_AUTH (whatever was wrong), ERR_BUSY (too many fail or wait), ERR_STORE.
 */
enum err login_result(const struct login *l, uint64_t *account_out, struct str *name_out);
/* `done` will not be called any more once this returns. */
void login_unref(struct login *l);

/* The account's secret has changed or it is gone: nothing remembered of it counts any more. */
void auth_forget(struct auth *a, uint64_t account);

/* A recipient's or a user's name to an account: full address, or local part for our domains;
 * "user+detail": the part behind "+" in *detail_out (p NULL: none).  ERR_NO_ACCOUNT.  May block for
 * a read. */
enum err auth_account_of(struct auth *a, struct arena *ar, struct str address,
                         struct account_record *out, struct str *detail_out);

/* ---- SASL PLAIN (RFC 4616) ---- */

/* Splits the decoded message.  ERR_SYNTAX; ERR_AUTH: an authorisation identity that is not the user
 * itself. */
enum err auth_plain_split(struct str message, struct str *user_out, struct str *password_out);
/* base64 with strict alphabet and padding (RFC 4648, 4). */
bool auth_base64_decode(struct arena *a, struct str in, struct str *out);

#endif
