/* How many connections each address has.  An IPv6 peer is its /64: a customer has at least that
 * many. */
#ifndef NET_PEERS_H
#define NET_PEERS_H

#include "base/hash.h"

#include <pthread.h>
#include <sys/socket.h>

struct peer_key {
    unsigned char bytes[8];
    uint8_t n; /* 4, 8; 0: no address */
};

struct peers {
    pthread_mutex_t lock;
    struct map *counts;
};

void peers_init(struct peers *p);
void peers_fini(struct peers *p);
/* Address and key of `sa`; *loopback_out: on this machine. `text` has room for INET6_ADDRSTRLEN. */
struct peer_key peer_of(const struct sockaddr *sa, char *text, bool *loopback_out);
/* false: it has `max` already.  Thread: any. */
bool peers_add(struct peers *p, struct peer_key k, uint32_t max);
void peers_remove(struct peers *p, struct peer_key k);

#endif
