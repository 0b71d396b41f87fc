/* Inside the pack files: pack.c reserves and writes, pack_ahead.c is the helper thread. */
#ifndef STORE_PACK_PRIV_H
#define STORE_PACK_PRIV_H

#include "store/pack.h"

enum { PACK_AHEAD = 4 * 1024 * 1024, PACK_NAME_MAX = 24 };

struct pack {
    uint32_t no;
    char name[PACK_NAME_MAX];
    uint64_t segment;
    int fd;           /* -1: not open now */
    unsigned users;   /* readers, between packs_get and packs_put */
    unsigned pending; /* records on their way into the map */
    uint64_t end;     /* reserved up to here */
    uint64_t zeroed;  /* zeros are written and durable up to here */
    uint64_t size;    /* of the file, when it was met or closed */
    uint64_t writes, synced;
    uint64_t used_at; /* for closing the one unused longest */
    bool removed;
};

struct packs {
    int dirfd;
    struct packs_options o;
    pthread_mutex_t lock;
    pthread_cond_t wanted; /* the helper waits here */
    pthread_cond_t ready;  /* writers wait here */
    pthread_t helper;
    bool helping, stopping;
    struct pack **v; /* rising numbers */
    size_t n, cap, open;
    uint64_t clock;
    struct pack *active; /* records go here */
    struct pack *spare;  /* the next one, ready; not in `v` yet */
    uint64_t want_end;   /* a writer needs `active` zeroed up to here */
    bool want_spare;
    uint64_t round; /* of the helper: a writer waits for one that began after it asked */
    enum err ahead; /* how the last round ended */
};

/* Makes pack `no` with its header and its first zeros, durable.  Thread: the helper, or before it
 * runs. */
enum err pack_create(struct packs *p, uint32_t no, struct pack **out);
void pack_free(struct pack *k);
void packs_insert_locked(struct packs *p, struct pack *k);
void *packs_help(void *arg); /* the helper's main */

#endif
