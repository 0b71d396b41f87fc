/*
 * net/tls_self.c - a certificate of our own, so that a first run speaks TLS.
 */
#include "base/clock.h"
#include "net/tls_priv.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SELF_LIFE_DAYS = 3650 };

static _Thread_local char why_text[400];

static enum err fail(const char **why_out, const char *file, const char *reason)
{
    snprintf(why_text, sizeof(why_text), "%.300s: %.80s", file, reason);
    *why_out = why_text;
    return ERR_IO;
}

static bool is_address(const char *name)
{
    unsigned char room[sizeof(struct in6_addr)];

    return inet_pton(AF_INET, name, room) == 1 || inet_pton(AF_INET6, name, room) == 1;
}

/* RFC 6125: clients look at subjectAltName only. */
static bool add_names(X509 *x, const char *const *names, size_t n)
{
    GENERAL_NAMES *all = GENERAL_NAMES_new();
    bool ok = all != NULL;

    for (size_t i = 0; i < n && ok; i++) {
        GENERAL_NAME *one =
            a2i_GENERAL_NAME(NULL, NULL, NULL, is_address(names[i]) ? GEN_IPADD : GEN_DNS,
                             (char *)(uintptr_t)names[i], 0);

        ok = one && sk_GENERAL_NAME_push(all, one) > 0;
    }
    ok = ok && (n == 0 || X509_add1_ext_i2d(x, NID_subject_alt_name, all, 0, 0) == 1);
    GENERAL_NAMES_free(all);
    return ok;
}

static bool set_subject(X509 *x, const char *name)
{
    X509_NAME *subject = X509_get_subject_name(x);

    return X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)name, -1,
                                      -1, 0) == 1 &&
           X509_set_issuer_name(x, subject) == 1;
}

static bool set_serial(X509 *x)
{
    unsigned char bytes[8];
    BIGNUM *bn;
    bool ok;

    if (RAND_bytes(bytes, sizeof(bytes)) != 1)
        return false;
    bytes[0] &= 0x7f; /* RFC 5280, 4.1.2.2: positive */
    bn = BN_bin2bn(bytes, sizeof(bytes), NULL);
    ok = bn && BN_to_ASN1_INTEGER(bn, X509_get_serialNumber(x));
    BN_free(bn);
    return ok;
}

static X509 *make_cert(EVP_PKEY *key, const char *const *names, size_t n)
{
    X509 *x = X509_new();
    bool ok = x && X509_set_version(x, X509_VERSION_3) == 1 && set_serial(x) &&
              X509_gmtime_adj(X509_getm_notBefore(x), -3600) &&
              X509_gmtime_adj(X509_getm_notAfter(x), SELF_LIFE_DAYS * 86400L) &&
              X509_set_pubkey(x, key) == 1 && set_subject(x, n ? names[0] : "localhost") &&
              add_names(x, names, n) && X509_sign(x, key, EVP_sha256()) > 0;

    if (ok)
        return x;
    X509_free(x);
    return NULL;
}

/* Whole or not at all: a temporary name, synced, renamed. */
static enum err write_file(const char *file, mode_t mode, X509 *cert, EVP_PKEY *key,
                           const char **why_out)
{
    char tmp[4096];
    int fd = -1;
    FILE *f = NULL;
    bool ok;

    if ((size_t)snprintf(tmp, sizeof(tmp), "%s.new", file) >= sizeof(tmp))
        return fail(why_out, file, "the name is too long");
    unlink(tmp);
    fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd >= 0)
        f = fdopen(fd, "w");
    if (!f)
        return fail(why_out, tmp, strerror(errno));
    ok = cert ? PEM_write_X509(f, cert) == 1
              : PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL) == 1;
    ok = fflush(f) == 0 && ok && fsync(fd) == 0;
    ok = fclose(f) == 0 && ok && rename(tmp, file) == 0;
    return ok ? ERR_OK : fail(why_out, file, strerror(errno));
}

static bool exists(const char *file)
{
    struct stat st;

    return stat(file, &st) == 0;
}

/* A key that is there is used: a first run may have been cut short between the two files. */
static EVP_PKEY *read_or_make_key(const char *file)
{
    FILE *f = fopen(file, "re");
    EVP_PKEY *key;

    if (!f)
        return exists(file) ? NULL : EVP_EC_gen("P-256");
    key = PEM_read_PrivateKey(f, NULL, NULL, NULL);
    fclose(f);
    return key;
}

enum err tls_self_signed(const char *cert_file, const char *key_file, const char *const *names,
                         size_t n, const char **why_out)
{
    EVP_PKEY *key;
    X509 *cert;
    enum err e = ERR_OK;

    if (exists(cert_file) && exists(key_file))
        return ERR_OK;
    if (exists(cert_file))
        return fail(why_out, key_file, "missing, but its certificate is there");
    key = read_or_make_key(key_file);
    cert = key ? make_cert(key, names, n) : NULL;
    if (!cert)
        e = fail(why_out, key_file, tls_error());
    if (e == ERR_OK && !exists(key_file))
        e = write_file(key_file, 0600, NULL, key, why_out);
    if (e == ERR_OK)
        e = write_file(cert_file, 0644, cert, NULL, why_out);
    X509_free(cert);
    EVP_PKEY_free(key);
    return e;
}
