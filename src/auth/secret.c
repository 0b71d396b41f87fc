/*
 * auth/secret.c - passwords as they are kept.
 *
 *   "1;" yescrypt hash ";" iterations "," salt "," StoredKey "," ServerKey
 *
 * (the last three in base64)
 *
 * The hash is what a password is verified against; the keys are those of SCRAM-SHA-256 (RFC 5802,
 * 3; RFC 7677), so that the mechanism can be offered without asking anybody for a new password.
 */
#include "auth/auth.h"
#include "auth/auth_priv.h"
#include "base/mem.h"
#include "base/utf8.h"

#include <crypt.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>

enum { SALT_BYTES = 16, KEY_BYTES = 32 };

struct cost {
    unsigned long yescrypt;
    int iterations;
};

static const struct cost costs[] = {
    [AUTH_COST_NORMAL] = {5, 16384}, [AUTH_COST_LOW] = {1, 4096}, /* RFC 7677, 4: not below 4096 */
};

void auth_wipe(void *p, size_t n)
{
    OPENSSL_cleanse(p, n);
}

/* The password as it is hashed: normal form C, NUL behind it (RFC 8265, 4.2, without the mapping of
 * spaces). */
static enum err prepare(struct arena *a, struct str password, struct str *out)
{
    if (password.n == 0 || password.n > PASSWORD_MAX || str_has_char(password, '\0'))
        return ERR_SYNTAX;
    struct str nfc;
    if (!utf8_nfc(a, password, &nfc))
        return ERR_SYNTAX;
    *out = arena_str(a, nfc);
    return ERR_OK;
}

/* libcrypt takes phrases below CRYPT_MAX_PASSPHRASE_SIZE (512); longer passwords are hashed first,
 * which loses nothing that could be guessed. */
static const char *phrase_of(struct str password, char short_form[2 * SHA256_DIGEST_LENGTH + 1])
{
    unsigned char digest[SHA256_DIGEST_LENGTH];

    if (password.n < CRYPT_MAX_PASSPHRASE_SIZE)
        return password.p;
    SHA256((const unsigned char *)password.p, password.n, digest);
    for (size_t i = 0; i < sizeof(digest); i++)
        snprintf(short_form + 2 * i, 3, "%02x", digest[i]);
    return short_form;
}

/* Appends the yescrypt hash of `phrase` under `setting` (a hash does as well: it begins with its
 * setting). */
static bool add_hash(struct str password, const char *setting, struct buf *out)
{
    char short_form[2 * SHA256_DIGEST_LENGTH + 1] = "";
    void *data = NULL;
    int size = 0;
    const char *hash = crypt_ra(phrase_of(password, short_form), setting, &data, &size);
    bool ok = hash != NULL && hash[0] != '*';

    if (ok)
        buf_add_cstr(out, hash);
    if (data != NULL)
        OPENSSL_cleanse(data, (size_t)size);
    free(data);
    return ok;
}

static bool add_new_hash(struct str password, unsigned long cost, struct buf *out)
{
    char *setting = crypt_gensalt_ra("$y$", cost, NULL, 0);
    bool ok = setting != NULL && add_hash(password, setting, out);

    free(setting);
    return ok;
}

static void add_base64(struct buf *out, const unsigned char *p, int n)
{
    unsigned char text[64];
    int len = EVP_EncodeBlock(text, p, n);

    buf_add_char(out, ',');
    buf_add(out, text, (size_t)len);
}

static bool hmac(const unsigned char *key, const char *text, unsigned char *out)
{
    unsigned n = 0;

    return HMAC(EVP_sha256(), key, KEY_BYTES, (const unsigned char *)text, strlen(text), out, &n) !=
           NULL;
}

static bool add_scram(struct str password, int iterations, struct buf *out)
{
    unsigned char salt[SALT_BYTES], salted[KEY_BYTES], client[KEY_BYTES], stored[KEY_BYTES],
        server[KEY_BYTES];
    bool ok = RAND_bytes(salt, sizeof(salt)) == 1 &&
              PKCS5_PBKDF2_HMAC(password.p, (int)password.n, salt, sizeof(salt), iterations,
                                EVP_sha256(), sizeof(salted), salted) == 1 &&
              hmac(salted, "Client Key", client) && hmac(salted, "Server Key", server) &&
              SHA256(client, sizeof(client), stored) != NULL;

    buf_printf(out, ";%d", iterations);
    add_base64(out, salt, sizeof(salt));
    add_base64(out, stored, sizeof(stored));
    add_base64(out, server, sizeof(server));
    OPENSSL_cleanse(salted, sizeof(salted));
    OPENSSL_cleanse(client, sizeof(client));
    return ok;
}

enum err auth_secret_make(struct arena *a, struct str password, enum auth_cost cost,
                          struct str *secret_out)
{
    struct arena *own = arena_new();
    struct buf out = BUF_INIT;
    struct str phrase;
    enum err e = prepare(own, password, &phrase);

    if (e == ERR_OK) {
        BUF_LIT(&out, "1;");
        bool ok = add_new_hash(phrase, costs[cost].yescrypt, &out) &&
                  add_scram(phrase, costs[cost].iterations, &out);
        e = ok ? ERR_OK : ERR_NO_MEMORY;
        OPENSSL_cleanse((char *)(uintptr_t)phrase.p, phrase.n);
    }
    if (e == ERR_OK)
        *secret_out = arena_str(a, buf_str(&out));
    buf_fini(&out);
    arena_free(own);
    return e;
}

/* The hash within a secret, or p NULL. */
static struct str hash_of(struct arena *a, struct str secret)
{
    if (!str_starts(secret, STR("1;")))
        return STR_NONE;
    secret = str_from(secret, 2);
    return arena_str(a, str_sub(secret, 0, str_find(secret, ';')));
}

bool auth_secret_verify(struct str secret, struct str password)
{
    struct arena *a = arena_new();
    struct buf got = BUF_INIT;
    struct str hash = hash_of(a, secret), phrase;
    bool ok = hash.p != NULL && prepare(a, password, &phrase) == ERR_OK;

    if (ok) {
        ok = add_hash(phrase, hash.p, &got) && got.n == hash.n &&
             CRYPTO_memcmp(got.p, hash.p, got.n) == 0;
        OPENSSL_cleanse((char *)(uintptr_t)phrase.p, phrase.n);
    }
    buf_fini(&got);
    arena_free(a);
    return ok;
}
