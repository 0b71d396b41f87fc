/*
 * auth/remember.c - passwords verified a moment ago.
 *
 * A table of fixed size: keyed hashes, four places for each group of accounts, the oldest gives
 * way.  The hash covers the account's secret, so a changed password is unknown by itself.
 */
#include "auth/auth_priv.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/codec.h"
#include "base/hash.h"
#include "base/mem.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

enum { GROUPS = 4096, WAYS = 4 };

struct remembered {
    uint64_t account; /* 0: empty */
    int64_t until;    /* monotonic milliseconds */
    struct mac mac;
};

struct remember {
    unsigned char key[MAC_BYTES];
    int64_t keep_ms;
    struct remembered v[GROUPS][WAYS];
};

struct remember *remember_new(int seconds)
{
    struct remember *r = NEW(struct remember);

    check(RAND_bytes(r->key, sizeof(r->key)) == 1);
    r->keep_ms = INT64_C(1000) * seconds;
    return r;
}

void remember_free(struct remember *r)
{
    if (r == NULL)
        return;
    auth_wipe(r, sizeof(*r));
    mem_free(r);
}

void remember_mac(const struct remember *r, uint64_t account, struct str secret,
                  struct str password, struct mac *out)
{
    struct buf text = BUF_INIT;
    unsigned n = 0;

    enc_u64(&text, account);
    enc_str(&text, secret);
    enc_str(&text, password);
    check(HMAC(EVP_sha256(), r->key, sizeof(r->key), (const unsigned char *)text.p, text.n, out->b,
               &n) != NULL);
    auth_wipe(text.p, text.n);
    buf_fini(&text);
}

static struct remembered *group_of(const struct remember *r, uint64_t account)
{
    uint64_t h = hash_seeded(str_n(&account, sizeof(account)));

    return ((struct remember *)(uintptr_t)r)->v[h % GROUPS];
}

bool remember_has(const struct remember *r, uint64_t account, const struct mac *m)
{
    const struct remembered *g = group_of(r, account);
    int64_t now = clock_mono_ms();

    for (int i = 0; i < WAYS; i++) {
        if (g[i].account == account && now < g[i].until &&
            CRYPTO_memcmp(g[i].mac.b, m->b, MAC_BYTES) == 0)
            return true;
    }
    return false;
}

void remember_add(struct remember *r, uint64_t account, const struct mac *m)
{
    struct remembered *g = group_of(r, account), *oldest = g;

    for (int i = 0; i < WAYS && oldest->account != account; i++) {
        if (g[i].account == account || g[i].until < oldest->until)
            oldest = &g[i];
    }
    *oldest =
        (struct remembered){.account = account, .until = clock_mono_ms() + r->keep_ms, .mac = *m};
}

void remember_drop(struct remember *r, uint64_t account)
{
    struct remembered *g = group_of(r, account);

    for (int i = 0; i < WAYS; i++) {
        if (g[i].account == account)
            g[i] = (struct remembered){0};
    }
}
