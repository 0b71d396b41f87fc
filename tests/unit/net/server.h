/* A pool with a door of one-line commands, and blocking clients for it: what the tests of sockets
 * stand on. */
#ifndef TESTS_NET_SERVER_H
#define TESTS_NET_SERVER_H

#include "base/arena.h"
#include "net/pool.h"

#include <openssl/ssl.h>
#include <pthread.h>
#include <stdatomic.h>

/* The door: a greeting "hello\n", then for each line
 *   anything     the same line again; "long" for one of 1,000 bytes or more
 *   wait         "done\n" once a helper thread has completed it
 *   big N        N bytes of 'x', then "end\n", as fast as the client reads
 *   starttls     "start\n", then TLS
 *   known        conn_known
 *   timeout N    conn_set_timeout
 *   quit         "bye\n", and closes
 * A wake says "woken\n"; silence says "silence\n" and closes. */
extern struct door line_door;

struct line_counts {
    _Atomic uint64_t opened, closed, runs, lines;
};
extern struct line_counts line_counts;
/* Wakes the session that was opened last (a reference; NULL: none). */
struct conn_handle *line_last_handle(void);

struct server {
    struct pool *pool;
    pthread_t thread;
    char dir[64];
    char cert[96], key[96];
    struct tls_context *tls;
};

struct server_wish {
    struct pool_options options;
    bool tls, implicit;
    const char *address; /* NULL: 127.0.0.1:0 */
};

void server_start(struct server *s, const struct server_wish *w);
void server_stop(struct server *s);
/* A certificate of its own in the server's directory, made anew. */
void server_make_certificate(struct server *s, const char *name);

struct client {
    int fd;
    SSL *ssl;
    char buf[4096];
    size_t n;
};

void client_connect(struct client *k, const struct server *s);
void client_connect_port(struct client *k, int port);
void client_tls(struct client *k);
void client_send(struct client *k, const char *text);
/* Reads a line and compares; "" expects the end. */
void client_expect(struct client *k, const char *line);
/* Reads and drops n bytes; false: it ended before. */
bool client_skip(struct client *k, size_t n);
void client_close(struct client *k);

/* Under sanitizers and on small machines: fewer. */
int test_scale(int n);
void test_sleep_ms(int ms);
/* Until *v == want, at most 10 seconds. */
bool test_until(const _Atomic uint64_t *v, uint64_t want);

#endif
