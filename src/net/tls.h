/* TLS by OpenSSL: 1.2 and 1.3, certificate reloaded when its files change, without dropping a session. */
#ifndef NET_TLS_H
#define NET_TLS_H

#include "base/err.h"
#include "base/str.h"

#include <stdint.h>

struct tls_context; /* counted by its listeners; reloads itself */

/* *why_out: file and reason, for a person. */
enum err tls_context_new(const char *cert_file, const char *key_file, struct tls_context **out, const char **why_out);
void tls_context_free(struct tls_context *t);
/* Looks at the files' times; loads them anew if they changed and are sound (otherwise keeps the old ones and logs).
 * The pool calls it every few seconds. */
void tls_context_refresh(struct tls_context *t);
int64_t tls_context_expiry(const struct tls_context *t); /* of the certificate, seconds since 1970 */

/* A self-signed ECDSA P-256 certificate for `names`, written with mode 0600 (key) if missing. */
enum err tls_self_signed(const char *cert_file, const char *key_file, const char *const *names, size_t n,
                         const char **why_out);
/* SHA-256 of the certificate in hex with colons, for a person to compare; `out` has room for 96. */
void tls_fingerprint(const struct tls_context *t, char out[96]);

#endif
