/*
 * bench/wire.h - one connection of the load: bytes out, answers in, taken apart far enough to be
 * believed.
 *
 * Knows sockets, TLS and the shape of IMAP and LMTP answers; what to send and when is load.c's.
 */
#pragma once

#include <netinet/in.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a command's answers are counted by; EXISTS is the last number told. */
enum seen {
    SEEN_FETCH,
    SEEN_LITERAL, /* bytes of literals */
    SEEN_EXISTS,
    SEEN_SEARCH, /* numbers in SEARCH or ESEARCH */
    SEEN_LIST,
    SEEN_STATUS,
    SEEN_EXPUNGE, /* EXPUNGE responses or numbers in VANISHED */
    SEEN_N,
};

enum { PIPELINE_MAX = 64 };

struct bytes {
    char *p;
    size_t n, off, cap;
};

struct client {
    long number;
    int fd;
    SSL *ssl;
    bool lmtp, open, quitting;
    struct bytes out, line; /* `line`: the beginning of one that is not complete */
    uint64_t literal;       /* bytes of it that are still to come */
    bool continued;         /* the line goes on behind a literal */
    int step;
    long seen[SEEN_N];
    long begun, outstanding; /* operations */
    double since[PIPELINE_MAX];
    int replies; /* LMTP: still to come before the message is sent */
    char text[128];
    uint64_t dice;
};

extern uint64_t wire_bytes_in;

double wire_now(void);
void wire_fail(const char *what, const char *detail) __attribute__((noreturn));
void wire_setup(bool tls);

void client_open(struct client *c, const struct sockaddr_in *to, bool lmtp, long source);
void client_close(struct client *c);
void client_put(struct client *c, const void *p, size_t n);
void client_putf(struct client *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Sends what was put by others than the client's own answers. */
void client_flush(struct client *c);
/* Waits for whatever comes first and hands it on. */
void wire_turn(int timeout_ms);

/* load.c: a whole first line of an answer; untagged IMAP data is already counted in `seen`. */
void client_answered(struct client *c, const char *line, size_t n);
void client_gone(struct client *c);
