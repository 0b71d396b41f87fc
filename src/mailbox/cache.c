/*
 * mailbox/cache.c - the byte-budgeted LRU of chunk halves.
 *
 *  (1) An entry is in one hash chain, in the global list and in its account's list; the lists
 *      are in order of use.
 *  (2) bytes = the sum over entries; share->bytes = the sum over the account's.
 */
#include "mailbox/cache.h"

#include "base/mem.h"

#include <pthread.h>

enum { BUCKETS = 1 << 14, SHARE_BUCKETS = 1 << 10, SHARE_OF_ONE = 4 };

struct link {
    struct link *prev, *next;
};

struct share { /* of one account */
    uint64_t account;
    size_t bytes;
    struct link used;
    struct share *chain;
};

struct entry {
    struct link all;  /* in cache.used */
    struct link mine; /* in share.used */
    struct entry *chain;
    struct share *share;
    struct cache_key key;
    struct block *block;
    size_t bytes;
};

struct cache {
    pthread_mutex_t lock;
    size_t budget, bytes;
    struct link used; /* the longest unused first */
    struct entry *bucket[BUCKETS];
    struct share *shares[SHARE_BUCKETS];
};

static void link_init(struct link *l)
{
    l->prev = l->next = l;
}

static void link_out(struct link *l)
{
    l->prev->next = l->next;
    l->next->prev = l->prev;
}

static void link_last(struct link *list, struct link *l)
{
    l->prev = list->prev;
    l->next = list;
    list->prev->next = l;
    list->prev = l;
}

static uint64_t mix(uint64_t x)
{
    x ^= x >> 33;
    x *= 0xff51afd7ed558ccdull;
    x ^= x >> 33;
    x *= 0xc4ceb9fe1a85ec53ull;
    return x ^ x >> 33;
}

static struct entry **bucket_of(struct cache *c, const struct cache_key *k)
{
    uint64_t h = mix(k->account) + 31 * mix(k->mailbox);

    return &c->bucket[mix(h + ((uint64_t)k->chunk << 33) + ((uint64_t)k->gen << 1) + k->kind) %
                      BUCKETS];
}

static bool key_same(const struct cache_key *a, const struct cache_key *b)
{
    return a->chunk == b->chunk && a->gen == b->gen && a->kind == b->kind &&
           a->mailbox == b->mailbox && a->account == b->account;
}

static struct entry *entry_find(struct cache *c, const struct cache_key *key)
{
    struct entry *e = *bucket_of(c, key);

    while (e && !key_same(&e->key, key))
        e = e->chain;
    return e;
}

static struct share *share_of(struct cache *c, uint64_t account)
{
    struct share **at = &c->shares[mix(account) % SHARE_BUCKETS], *s = *at;

    while (s && s->account != account)
        s = s->chain;
    if (s)
        return s;
    s = NEW(struct share);
    s->account = account;
    link_init(&s->used);
    s->chain = *at;
    *at = s;
    return s;
}

static void share_end_if_empty(struct cache *c, struct share *s)
{
    struct share **at = &c->shares[mix(s->account) % SHARE_BUCKETS];

    if (s->used.next != &s->used)
        return;
    while (*at != s)
        at = &(*at)->chain;
    *at = s->chain;
    mem_free(s);
}

static void entry_end(struct cache *c, struct entry *e)
{
    struct entry **at = bucket_of(c, &e->key);

    while (*at != e)
        at = &(*at)->chain;
    *at = e->chain;
    link_out(&e->all);
    link_out(&e->mine);
    c->bytes -= e->bytes;
    e->share->bytes -= e->bytes;
    share_end_if_empty(c, e->share);
    block_unref(e->block);
    mem_free(e);
}

static void entry_used(struct cache *c, struct entry *e)
{
    link_out(&e->all);
    link_last(&c->used, &e->all);
    link_out(&e->mine);
    link_last(&e->share->used, &e->mine);
}

static void entry_add(struct cache *c, const struct cache_key *key, struct block *b)
{
    struct entry *e = NEW(struct entry), **at = bucket_of(c, key);

    e->key = *key;
    e->block = b;
    e->bytes = sizeof(*e) + block_bytes(b);
    e->share = share_of(c, key->account);
    e->chain = *at;
    *at = e;
    link_last(&c->used, &e->all);
    link_last(&e->share->used, &e->mine);
    c->bytes += e->bytes;
    e->share->bytes += e->bytes;
}

/* The newest entry stays, however small the budget. */
static void cache_shrink(struct cache *c, struct share *s)
{
    while (s->bytes > c->budget / SHARE_OF_ONE && s->used.next->next != &s->used)
        entry_end(c, CONTAINER_OF(s->used.next, struct entry, mine));
    while (c->bytes > c->budget && c->used.next->next != &c->used)
        entry_end(c, CONTAINER_OF(c->used.next, struct entry, all));
}

struct cache *cache_new(size_t budget)
{
    struct cache *c = NEW(struct cache);

    pthread_mutex_init(&c->lock, NULL);
    c->budget = budget;
    link_init(&c->used);
    return c;
}

void cache_free(struct cache *c)
{
    while (c->used.next != &c->used)
        entry_end(c, CONTAINER_OF(c->used.next, struct entry, all));
    pthread_mutex_destroy(&c->lock);
    mem_free(c);
}

struct block *cache_get(struct cache *c, const struct cache_key *key)
{
    struct block *b = NULL;
    struct entry *e;

    pthread_mutex_lock(&c->lock);
    e = entry_find(c, key);
    if (e) {
        entry_used(c, e);
        b = block_ref(e->block);
    }
    pthread_mutex_unlock(&c->lock);
    return b;
}

struct block *cache_put(struct cache *c, const struct cache_key *key, struct block *b)
{
    struct entry *e;
    struct block *kept;

    pthread_mutex_lock(&c->lock);
    e = entry_find(c, key);
    if (e) {
        kept = block_ref(e->block);
    } else {
        kept = block_ref(b);
        entry_add(c, key, b);
        cache_shrink(c, share_of(c, key->account));
        b = NULL;
    }
    pthread_mutex_unlock(&c->lock);
    block_unref(b);
    return kept;
}

void cache_forget(struct cache *c, uint64_t account)
{
    struct link *l;

    pthread_mutex_lock(&c->lock);
    l = c->used.next;
    while (l != &c->used) {
        struct entry *e = CONTAINER_OF(l, struct entry, all);

        l = l->next;
        if (e->key.account == account)
            entry_end(c, e);
    }
    pthread_mutex_unlock(&c->lock);
}

size_t cache_bytes(struct cache *c)
{
    size_t n;

    pthread_mutex_lock(&c->lock);
    n = c->bytes;
    pthread_mutex_unlock(&c->lock);
    return n;
}
