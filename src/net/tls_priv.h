/* TLS as the transport needs it (sock_tls.c). */
#ifndef NET_TLS_PRIV_H
#define NET_TLS_PRIV_H

#include "net/tls.h"

#include <openssl/ssl.h>

void tls_context_ref(struct tls_context *t);
/* A session on `fd` with the certificate of now; NULL when memory ends. */
SSL *tls_session_new(struct tls_context *t, int fd);
/* The oldest error of this thread's queue in words; empties the queue. */
const char *tls_error(void);

#endif
