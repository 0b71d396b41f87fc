/*
 * net/tls.c - the certificate in use, its reload, and the keys of session tickets.
 *
 * A reload makes a new SSL_CTX; sessions that have begun keep theirs (OpenSSL counts them).  Ticket
 * keys belong to the context above it, so a reload does not end resumption.
 */
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "net/tls_priv.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/stat.h>

enum {
    TICKET_KEY_LIFE_S = 12 * 3600, /* in use; accepted as long again */
    EXPIRY_WARN_S = 14 * 86400,
    WARN_EVERY_S = 86400,
};

/* What tells that a file is another one now. */
struct file_mark {
    struct timespec written, changed;
    off_t size;
    ino_t inode;
};

struct ticket_key {
    unsigned char name[16], aes[32], hmac[32];
    int64_t made_at; /* 0: never */
};

struct tls_context {
    _Atomic uint32_t refs;
    char *cert_file, *key_file;
    pthread_mutex_t lock; /* what follows */
    SSL_CTX *current;
    int64_t expiry;
    int64_t warned_at;
    struct file_mark cert_mark, key_mark; /* of the last try */
    bool last_try_failed;
    struct ticket_key keys[2]; /* the present one and the one before */
};

static _Thread_local char why_text[400];

const char *tls_error(void)
{
    static _Thread_local char text[200];
    unsigned long e = ERR_get_error();

    ERR_error_string_n(e, text, sizeof(text));
    ERR_clear_error();
    return e ? text : "unknown error";
}

static const char *why(const char *what, const char *file, const char *reason)
{
    snprintf(why_text, sizeof(why_text), "%s %.250s: %.100s", what, file, reason);
    return why_text;
}

/* ---- tickets ---- */

static void keys_rotate_locked(struct tls_context *t)
{
    int64_t now = clock_wall();
    struct ticket_key *k = &t->keys[0];

    if (k->made_at && now - k->made_at < TICKET_KEY_LIFE_S && now >= k->made_at)
        return;
    t->keys[1] = *k;
    if (RAND_bytes(k->name, sizeof(k->name)) != 1 || RAND_bytes(k->aes, sizeof(k->aes)) != 1 ||
        RAND_bytes(k->hmac, sizeof(k->hmac)) != 1)
        k->made_at = 0;
    else
        k->made_at = now;
}

static bool key_lives(const struct ticket_key *k)
{
    return k->made_at && clock_wall() - k->made_at < 2 * TICKET_KEY_LIFE_S;
}

/* 1: the present key, 2: the one before, 0: none. */
static int key_find(struct tls_context *t, const unsigned char *name, struct ticket_key *out)
{
    int found = 0;

    pthread_mutex_lock(&t->lock);
    keys_rotate_locked(t);
    for (int i = 0; i < 2 && !found; i++) {
        if (key_lives(&t->keys[i]) && (!name || memcmp(t->keys[i].name, name, 16) == 0)) {
            *out = t->keys[i];
            found = i + 1;
        }
    }
    pthread_mutex_unlock(&t->lock);
    return found;
}

static bool ticket_mac(EVP_MAC_CTX *mac, struct ticket_key *k)
{
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, k->hmac, sizeof(k->hmac)),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)(uintptr_t) "SHA256", 0),
        OSSL_PARAM_construct_end(),
    };

    return EVP_MAC_CTX_set_params(mac, params) == 1;
}

/* As SSL_CTX_set_tlsext_ticket_key_evp_cb asks: 1 used, 2 used and to be renewed, 0 unknown, -1
 * failed. */
static int ticket_cb(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher,
                     EVP_MAC_CTX *mac, int encrypts)
{
    struct tls_context *t = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
    struct ticket_key k;
    int found = key_find(t, encrypts ? NULL : name, &k);
    int ok;

    if (!found)
        return encrypts ? -1 : 0;
    if (encrypts) {
        memcpy(name, k.name, sizeof(k.name));
        if (RAND_bytes(iv, 16) != 1)
            return -1;
        ok = EVP_EncryptInit_ex(cipher, EVP_aes_256_cbc(), NULL, k.aes, iv);
    } else {
        ok = EVP_DecryptInit_ex(cipher, EVP_aes_256_cbc(), NULL, k.aes, iv);
    }
    ok = ok == 1 && ticket_mac(mac, &k);
    OPENSSL_cleanse(&k, sizeof(k));
    return ok ? found : -1;
}

/* ---- loading ---- */

static const char tls12_ciphers[] = "ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL:!eNULL";

static bool ctx_set_up(SSL_CTX *ctx, struct tls_context *t)
{
    SSL_CTX_set_app_data(ctx, t);
    /* RFC 8996: nothing below 1.2.  A truncated end is only an end: IMAP tells its own. */
    SSL_CTX_set_options(ctx, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                 SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA |
                                 SSL_OP_IGNORE_UNEXPECTED_EOF);
    /* An idle connection keeps no buffers; output may move while it waits. */
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                              SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_read_ahead(ctx, 0);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(ctx, 1);
    return SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1 &&
           SSL_CTX_set_cipher_list(ctx, tls12_ciphers) == 1 &&
           SSL_CTX_set1_groups_list(ctx, "X25519:P-256:P-384") == 1 &&
           SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx, ticket_cb) == 1;
}

static bool ctx_load(SSL_CTX *ctx, struct tls_context *t, const char **why_out)
{
    if (!ctx_set_up(ctx, t))
        *why_out = why("certificate", t->cert_file, tls_error());
    else if (SSL_CTX_use_certificate_chain_file(ctx, t->cert_file) != 1)
        *why_out = why("certificate", t->cert_file, tls_error());
    else if (SSL_CTX_use_PrivateKey_file(ctx, t->key_file, SSL_FILETYPE_PEM) != 1)
        *why_out = why("key", t->key_file, tls_error());
    else if (SSL_CTX_check_private_key(ctx) != 1)
        *why_out = why("key does not belong to the certificate:", t->key_file, tls_error());
    else
        return true;
    return false;
}

static SSL_CTX *ctx_new(struct tls_context *t, const char **why_out)
{
    SSL_CTX *ctx;

    ERR_clear_error();
    ctx = SSL_CTX_new(TLS_server_method());
    if (!ctx) {
        *why_out = tls_error();
        return NULL;
    }
    if (ctx_load(ctx, t, why_out))
        return ctx;
    SSL_CTX_free(ctx);
    return NULL;
}

static int64_t ctx_expiry(const SSL_CTX *ctx)
{
    struct tm tm;
    const X509 *cert = SSL_CTX_get0_certificate(ctx);

    if (!cert || ASN1_TIME_to_tm(X509_get0_notAfter(cert), &tm) != 1)
        return 0;
    return timegm(&tm);
}

/* ---- reloading ---- */

static struct file_mark mark_of(const char *file)
{
    struct stat st;

    if (stat(file, &st) != 0)
        return (struct file_mark){.size = -1};
    return (struct file_mark){st.st_mtim, st.st_ctim, st.st_size, st.st_ino};
}

static bool mark_eq(const struct file_mark *a, const struct file_mark *b)
{
    return a->written.tv_sec == b->written.tv_sec && a->written.tv_nsec == b->written.tv_nsec &&
           a->changed.tv_sec == b->changed.tv_sec && a->changed.tv_nsec == b->changed.tv_nsec &&
           a->size == b->size && a->inode == b->inode;
}

static void warn_of_expiry(struct tls_context *t)
{
    int64_t now = clock_wall();

    if (t->expiry - now >= EXPIRY_WARN_S || (t->warned_at && now - t->warned_at < WARN_EVERY_S))
        return;
    t->warned_at = now;
    log_event(LOG_WARN, "certificate_expires", kv_cstr("file", t->cert_file),
              kv_i64("days", (t->expiry - now) / 86400));
}

/* The marks are taken before the files are read: a change in between is seen the next time. */
static enum err load(struct tls_context *t, const struct file_mark *cert,
                     const struct file_mark *key, const char **why_out)
{
    SSL_CTX *fresh = ctx_new(t, why_out);
    SSL_CTX *old;

    pthread_mutex_lock(&t->lock);
    t->cert_mark = *cert;
    t->key_mark = *key;
    old = fresh ? t->current : NULL;
    if (fresh) {
        t->current = fresh;
        t->expiry = ctx_expiry(fresh);
        t->warned_at = 0;
    }
    pthread_mutex_unlock(&t->lock);
    SSL_CTX_free(old);
    return fresh ? ERR_OK : ERR_IO;
}

/* Thread: one at a time (the pool's tick), beside sessions being made. */
void tls_context_refresh(struct tls_context *t)
{
    struct file_mark cert = mark_of(t->cert_file), key = mark_of(t->key_file);
    bool changed = !mark_eq(&cert, &t->cert_mark) || !mark_eq(&key, &t->key_mark);
    const char *reason = "";

    warn_of_expiry(t);
    /* After a failure it is tried until it succeeds: the two files are not written at once. */
    if (!changed && !t->last_try_failed)
        return;
    if (load(t, &cert, &key, &reason) == ERR_OK) {
        t->last_try_failed = false;
        log_event(LOG_INFO, "certificate_loaded", kv_cstr("file", t->cert_file),
                  kv_i64("expiry", t->expiry));
        return;
    }
    t->last_try_failed = true;
    if (changed)
        log_event(LOG_ERROR, "certificate_not_loaded", kv_cstr("why", reason));
}

/* ---- the context ---- */

static char *copy_of(const char *s)
{
    size_t n = strlen(s) + 1;

    return memcpy(mem_raw(n), s, n);
}

enum err tls_context_new(const char *cert_file, const char *key_file, struct tls_context **out,
                         const char **why_out)
{
    struct tls_context *t = NEW(struct tls_context);
    struct file_mark cert = mark_of(cert_file), key = mark_of(key_file);

    t->refs = 1;
    t->cert_file = copy_of(cert_file);
    t->key_file = copy_of(key_file);
    pthread_mutex_init(&t->lock, NULL);
    if (load(t, &cert, &key, why_out) != ERR_OK) {
        tls_context_free(t);
        return ERR_IO;
    }
    warn_of_expiry(t);
    *out = t;
    return ERR_OK;
}

void tls_context_ref(struct tls_context *t)
{
    atomic_fetch_add(&t->refs, 1);
}

void tls_context_free(struct tls_context *t)
{
    if (!t || atomic_fetch_sub(&t->refs, 1) != 1)
        return;
    SSL_CTX_free(t->current);
    pthread_mutex_destroy(&t->lock);
    OPENSSL_cleanse(t->keys, sizeof(t->keys));
    mem_free(t->cert_file);
    mem_free(t->key_file);
    mem_free(t);
}

SSL *tls_session_new(struct tls_context *t, int fd)
{
    SSL *ssl;

    pthread_mutex_lock(&t->lock);
    ssl = SSL_new(t->current);
    pthread_mutex_unlock(&t->lock);
    if (ssl && SSL_set_fd(ssl, fd) != 1) {
        SSL_free(ssl);
        ssl = NULL;
    }
    return ssl;
}

int64_t tls_context_expiry(const struct tls_context *t)
{
    struct tls_context *m = (struct tls_context *)(uintptr_t)t;
    int64_t expiry;

    pthread_mutex_lock(&m->lock);
    expiry = t->expiry;
    pthread_mutex_unlock(&m->lock);
    return expiry;
}

void tls_fingerprint(const struct tls_context *t, char out[96])
{
    struct tls_context *m = (struct tls_context *)(uintptr_t)t;
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned n = 0;

    pthread_mutex_lock(&m->lock);
    if (X509_digest(SSL_CTX_get0_certificate(t->current), EVP_sha256(), digest, &n) != 1)
        n = 0;
    pthread_mutex_unlock(&m->lock);
    out[0] = '\0';
    for (unsigned i = 0; i < n && i < 32; i++)
        snprintf(out + i * 3, 4, "%02X%s", digest[i], i + 1 < n ? ":" : "");
}
