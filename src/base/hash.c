/*
 * base/hash.c - checksums by XXH3, and the map.
 *
 * The map probes linearly and never fills more than three quarters; removing shifts back what stood
 * behind, so there are no grave stones and a miss ends at the first empty slot.
 */
#include "base/hash.h"

#include "base/check.h"
#include "base/mem.h"

#include <pthread.h>
#include <sys/random.h>
#include <xxhash.h>

enum { FIRST_SLOTS = 16 };

struct slot {
    uint64_t hash;
    char *key; /* NULL: empty */
    size_t key_n;
    void *value;
};

struct map {
    struct slot *slots;
    size_t mask; /* slots - 1; 0: no slots yet */
    size_t count;
    uint64_t changes;
};

struct hash_stream {
    XXH3_state_t *state;
};

static unsigned char secret[XXH3_SECRET_SIZE_MIN + 56];

uint64_t hash_checksum(struct str s)
{
    return XXH3_64bits(s.p ? s.p : "", s.n);
}

struct hash_stream *hash_stream_new(void)
{
    struct hash_stream *h = NEW(struct hash_stream);

    h->state = XXH3_createState();
    check(h->state);
    XXH3_64bits_reset(h->state);
    return h;
}

void hash_stream_free(struct hash_stream *h)
{
    if (!h)
        return;
    XXH3_freeState(h->state);
    mem_free(h);
}

void hash_stream_add(struct hash_stream *h, struct str s)
{
    if (s.n)
        XXH3_64bits_update(h->state, s.p, s.n);
}

uint64_t hash_stream_end(const struct hash_stream *h)
{
    return XXH3_64bits_digest(h->state);
}

static void secret_make(void)
{
    ssize_t n = getrandom(secret, sizeof(secret), 0);

    check(n == (ssize_t)sizeof(secret)); /* up to 256 bytes come whole, getrandom(2) */
}

uint64_t hash_seeded(struct str s)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, secret_make);
    return XXH3_64bits_withSecret(s.p ? s.p : "", s.n, secret, sizeof(secret));
}

struct map *map_new(void)
{
    return NEW(struct map);
}

void map_free(struct map *m)
{
    if (!m)
        return;
    for (size_t i = 0; m->slots && i <= m->mask; i++)
        mem_free(m->slots[i].key);
    mem_free(m->slots);
    mem_free(m);
}

static bool slot_is(const struct slot *s, uint64_t hash, struct str key)
{
    return s->hash == hash && str_eq((struct str){s->key, s->key_n}, key);
}

/* Where `key` is, or the empty slot where it would go.  There are slots. */
static size_t map_find(const struct map *m, uint64_t hash, struct str key)
{
    size_t i = hash & m->mask;

    while (m->slots[i].key && !slot_is(&m->slots[i], hash, key))
        i = (i + 1) & m->mask;
    return i;
}

static void map_resize(struct map *m, size_t slots)
{
    struct slot *old = m->slots;
    size_t old_n = old ? m->mask + 1 : 0;

    m->slots = NEW_ARRAY(struct slot, slots);
    m->mask = slots - 1;
    for (size_t i = 0; i < old_n; i++) {
        size_t to;

        if (!old[i].key)
            continue;
        to = old[i].hash & m->mask;
        while (m->slots[to].key)
            to = (to + 1) & m->mask;
        m->slots[to] = old[i];
    }
    mem_free(old);
}

static char *key_copy(struct str key)
{
    char *p = mem_raw(key.n);

    if (key.n)
        memcpy(p, key.p, key.n);
    return p;
}

static void map_add(struct map *m, uint64_t hash, struct str key, void *value)
{
    size_t slots = m->slots ? m->mask + 1 : 0;

    if ((m->count + 1) * 4 > slots * 3)
        map_resize(m, slots ? slots * 2 : FIRST_SLOTS);
    m->slots[map_find(m, hash, key)] =
        (struct slot){.hash = hash, .key = key_copy(key), .key_n = key.n, .value = value};
    m->count++;
}

/* Empties slot `hole` and moves back every entry behind it that may stand nearer to its home. */
static void map_cut(struct map *m, size_t hole)
{
    mem_free(m->slots[hole].key);
    for (size_t i = (hole + 1) & m->mask; m->slots[i].key; i = (i + 1) & m->mask) {
        size_t home = m->slots[i].hash & m->mask;

        if (((i - home) & m->mask) < ((i - hole) & m->mask))
            continue; /* its home lies behind the hole */
        m->slots[hole] = m->slots[i];
        hole = i;
    }
    m->slots[hole] = (struct slot){0};
    m->count--;
}

void *map_get(const struct map *m, struct str key)
{
    return m->count ? m->slots[map_find(m, hash_seeded(key), key)].value : NULL;
}

void *map_put(struct map *m, struct str key, void *value)
{
    uint64_t hash = hash_seeded(key);
    size_t at = m->slots ? map_find(m, hash, key) : 0;
    void *old = m->slots ? m->slots[at].value : NULL;

    m->changes++;
    if (old && value)
        m->slots[at].value = value;
    else if (old)
        map_cut(m, at);
    else if (value)
        map_add(m, hash, key, value);
    return old;
}

size_t map_count(const struct map *m)
{
    return m->count;
}

void map_each(const struct map *m, void (*fn)(void *arg, struct str key, void *value), void *arg)
{
    uint64_t changes = m->changes;

    for (size_t i = 0; m->slots && i <= m->mask; i++) {
        const struct slot *s = &m->slots[i];

        if (s->key)
            fn(arg, (struct str){s->key, s->key_n}, s->value);
        check(m->changes == changes);
    }
}
