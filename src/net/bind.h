/* Ports, bound before the process gives up root, listened on later (pool_listen_bound). */
#ifndef NET_BIND_H
#define NET_BIND_H

#include "net/pool.h"

enum { BOUND_MAX = 16 };

struct bound {
    int fds[BOUND_MAX];
    size_t n;
};

/* `addresses`: none, one or several of "ADDR:PORT", "[v6]:PORT", ":PORT" (every address of the machine), "unix:/path", by
 * blanks.  *why_out: for a person. */
enum err net_bind(const char *addresses, struct bound *out, const char **why_out);
void net_unbind(struct bound *b);

/* Takes the descriptors. */
enum err pool_listen_bound(struct pool *p, struct door *d, struct bound *b, struct tls_context *tls, bool implicit);

#endif
