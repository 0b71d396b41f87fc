/*
 * auth/limits.c - how often somebody may fail to log in.
 *
 * Buckets of failures that are left, refilled with time: one for each (peer, user), and a larger
 * one for each peer from elsewhere.  Nobody is locked out of an account by what strangers do from
 * other addresses, and who logs in right is never counted.  A table of fixed size; a newcomer takes
 * the place of who hashes alike.
 */
#include "auth/auth_priv.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/mem.h"

#include <openssl/crypto.h>

enum {
    PLACES = 8192,
    USER_BURST = 10,
    USER_REFILL_MS = 6000, /* one more each */
    PEER_BURST = 100,
    PEER_REFILL_MS = 1000,
};

struct bucket {
    uint64_t key; /* 0: empty, which is a full bucket */
    int64_t at;   /* monotonic milliseconds, when `failed` was right */
    uint32_t failed;
    struct mac last; /* the password that failed last */
};

struct limits {
    struct bucket v[PLACES];
};

struct limits *limits_new(void)
{
    return NEW(struct limits);
}

void limits_free(struct limits *l)
{
    mem_free(l);
}

static uint64_t key_of(struct str peer, struct str user)
{
    struct buf b = BUF_INIT;

    buf_add_str(&b, peer);
    buf_add_char(&b, '\0');
    buf_add_str(&b, user);
    uint64_t key = hash_seeded(buf_str(&b)) | 1;
    buf_fini(&b);
    return key;
}

static struct bucket *bucket_of(struct limits *l, uint64_t key)
{
    return &l->v[key / 2 % PLACES];
}

static void refill(struct bucket *b, int64_t each_ms)
{
    int64_t now = clock_mono_ms(), n = (now - b->at) / each_ms;

    if (n <= 0)
        return;
    b->failed = n < b->failed ? b->failed - (uint32_t)n : 0;
    b->at += n * each_ms;
}

static bool left(struct limits *l, uint64_t key, uint32_t burst, int64_t each_ms)
{
    struct bucket *b = bucket_of(l, key);

    if (b->key != key)
        return true;
    refill(b, each_ms);
    return b->failed < burst;
}

static struct bucket *fail(struct limits *l, uint64_t key, int64_t each_ms)
{
    struct bucket *b = bucket_of(l, key);

    if (b->key != key)
        *b = (struct bucket){.key = key, .at = clock_mono_ms()};
    refill(b, each_ms);
    b->failed++;
    return b;
}

/* A web mailer on this machine speaks for everybody. */
static bool is_local(struct str peer)
{
    return peer.n == 0 || str_starts(peer, STR("127.")) || str_eq(peer, STR("::1")) ||
           !(ascii_digit(peer.p[0]) || str_has_char(peer, ':'));
}

bool limits_allow(struct limits *l, struct str peer, struct str user)
{
    if (peer.n == 0)
        return true;
    return left(l, key_of(peer, user), USER_BURST, USER_REFILL_MS) &&
           (is_local(peer) || left(l, key_of(peer, STR("")), PEER_BURST, PEER_REFILL_MS));
}

bool limits_same(const struct limits *l, struct str peer, struct str user, const struct mac *m)
{
    uint64_t key = key_of(peer, user);
    const struct bucket *b = bucket_of((struct limits *)(uintptr_t)l, key);

    return peer.n > 0 && b->key == key && b->failed > 0 &&
           CRYPTO_memcmp(b->last.b, m->b, MAC_BYTES) == 0;
}

void limits_failed(struct limits *l, struct str peer, struct str user, const struct mac *m)
{
    if (peer.n == 0)
        return;
    fail(l, key_of(peer, user), USER_REFILL_MS)->last = *m;
    if (!is_local(peer))
        fail(l, key_of(peer, STR("")), PEER_REFILL_MS);
}

void limits_passed(struct limits *l, struct str peer, struct str user)
{
    uint64_t key = key_of(peer, user);
    struct bucket *b = bucket_of(l, key);

    if (b->key == key)
        *b = (struct bucket){0};
}
