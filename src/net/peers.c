/*
 * net/peers.c - counting connections by address.
 */
#include "net/peers.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

void peers_init(struct peers *p)
{
    pthread_mutex_init(&p->lock, NULL);
    p->counts = map_new();
}

void peers_fini(struct peers *p)
{
    map_free(p->counts);
    pthread_mutex_destroy(&p->lock);
}

static struct peer_key key_of(const void *bytes, uint8_t n)
{
    struct peer_key k = {.n = n};

    memcpy(k.bytes, bytes, n);
    return k;
}

static struct peer_key peer_of_v4(const void *addr, char *text, bool *loopback_out)
{
    inet_ntop(AF_INET, addr, text, INET6_ADDRSTRLEN);
    *loopback_out = *(const unsigned char *)addr == 127;
    return key_of(addr, 4);
}

struct peer_key peer_of(const struct sockaddr *sa, char *text, bool *loopback_out)
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;

    *loopback_out = true;
    strcpy(text, "local");
    if (sa->sa_family == AF_INET) {
        memcpy(&v4, sa, sizeof(v4));
        return peer_of_v4(&v4.sin_addr, text, loopback_out);
    }
    if (sa->sa_family != AF_INET6)
        return (struct peer_key){.n = 0};
    memcpy(&v6, sa, sizeof(v6));
    if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr))
        return peer_of_v4(v6.sin6_addr.s6_addr + 12, text, loopback_out);
    inet_ntop(AF_INET6, &v6.sin6_addr, text, INET6_ADDRSTRLEN);
    *loopback_out = IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr);
    return key_of(&v6.sin6_addr, 8);
}

bool peers_add(struct peers *p, struct peer_key k, uint32_t max)
{
    struct str key = str_n(k.bytes, k.n);
    uintptr_t n;

    pthread_mutex_lock(&p->lock);
    n = (uintptr_t)map_get(p->counts, key);
    if (n < max)
        map_put(p->counts, key, (void *)(n + 1));
    pthread_mutex_unlock(&p->lock);
    return n < max;
}

void peers_remove(struct peers *p, struct peer_key k)
{
    struct str key = str_n(k.bytes, k.n);

    pthread_mutex_lock(&p->lock);
    map_put(p->counts, key, (void *)((uintptr_t)map_get(p->counts, key) - 1));
    pthread_mutex_unlock(&p->lock);
}
