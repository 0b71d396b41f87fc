/* What the auth room shares among its own files. */
#ifndef AUTH_AUTH_PRIV_H
#define AUTH_AUTH_PRIV_H

#include "auth/auth.h"

void auth_wipe(void *p, size_t n);

/* ---- remember.c: passwords verified a moment ago, as keyed hashes.  Thread: the caller's lock.
 * ---- */

enum { MAC_BYTES = 32 };

struct mac {
    unsigned char b[MAC_BYTES];
};

struct remember;

struct remember *remember_new(int seconds);
void remember_free(struct remember *r);
/* Of this password for an account with this secret; the key is this process's. */
void remember_mac(const struct remember *r, uint64_t account, struct str secret,
                  struct str password, struct mac *out);
bool remember_has(const struct remember *r, uint64_t account, const struct mac *m);
void remember_add(struct remember *r, uint64_t account, const struct mac *m);
void remember_drop(struct remember *r, uint64_t account);

/* ---- limits.c: how often somebody may fail.  Thread: the caller's lock. ---- */

struct limits;

struct limits *limits_new(void);
void limits_free(struct limits *l);
bool limits_allow(struct limits *l, struct str peer, struct str user);
/* The last password that failed for this peer and user was this one. */
bool limits_same(const struct limits *l, struct str peer, struct str user, const struct mac *m);
void limits_failed(struct limits *l, struct str peer, struct str user, const struct mac *m);
void limits_passed(struct limits *l, struct str peer, struct str user);

/* ---- resolve.c ---- */

/* ERR_NO_ACCOUNT. `detail_out` NULL: "user+detail" is not "user". */
enum err auth_resolve(const struct auth_options *o, struct directory *d, struct arena *ar,
                      struct str address, struct account_record *out, struct str *detail_out);

#endif
