/* How many durable commits a second: a 4 KB blob and three keys each, one client alone and 64
 * clients in 64 accounts.
 *
 *   bench_store DIRECTORY [SECONDS]
 *
 * The directory must be on the disk to be measured; it is filled with stores and left to be removed
 * by hand. */
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/embedded.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

enum { CLIENTS_MAX = 256, BLOB = 4096 };

struct client {
    struct store *s;
    uint64_t account;
    int64_t until;
    uint64_t done;
    int64_t worst_us;
};

static void key_put(struct store_batch *b, uint64_t account, const char *kind, uint64_t n,
                    size_t size)
{
    char key[64], value[2048] = {0};
    size_t k = 8;

    for (int i = 0; i < 8; i++)
        key[i] = (char)(account >> (56 - 8 * i));
    k += (size_t)snprintf(key + 8, sizeof(key) - 8, "%s/%012llu", kind, (unsigned long long)n);
    store_batch_put(b, str_n(key, k), str_n(value, size));
}

/* As a delivery: the body, its summary, a log record, the head. */
static enum err deliver(struct client *c, uint64_t n)
{
    static const char body[BLOB] = "Subject: a message of four kilobytes\r\n\r\n";
    struct store_blob_info info = {c->account, n + 1, 0};
    struct store_blob *blob = store_blob_begin(c->s, &info);
    struct store_batch *b = store_batch_new(c->account);

    TRY(store_blob_append(blob, str_n(body, sizeof(body))));
    TRY(store_blob_finish(blob));
    store_batch_blob(b, blob);
    key_put(b, c->account, "summary", n, 600);
    key_put(b, c->account, "log", n, 60);
    key_put(b, c->account, "head", 0, 200);
    return store_commit_wait(c->s, b, n);
}

static void *client_main(void *arg)
{
    struct client *c = arg;

    while (clock_mono_ms() < c->until) {
        int64_t begun = clock_mono_us(), took;

        if (deliver(c, c->done) != ERR_OK) {
            fprintf(stderr, "a commit failed\n");
            exit(1);
        }
        took = clock_mono_us() - begun;
        c->worst_us = took > c->worst_us ? took : c->worst_us;
        c->done++;
    }
    return NULL;
}

static void run(const char *top, size_t clients, int seconds)
{
    static struct client c[CLIENTS_MAX];
    pthread_t threads[CLIENTS_MAX];
    struct embedded_stats st;
    struct store *s;
    char dir[512];
    uint64_t done = 0;
    int64_t begun, took, worst = 0;

    snprintf(dir, sizeof(dir), "%s/bench-%zu-%lld", top, clients, (long long)clock_mono_us());
    if (embedded_open(dir, NULL, &s) != ERR_OK)
        exit(1);
    begun = clock_mono_ms();
    for (size_t i = 0; i < clients; i++) {
        c[i] = (struct client){.s = s, .account = i + 1, .until = begun + seconds * 1000};
        pthread_create(&threads[i], NULL, client_main, &c[i]);
    }
    for (size_t i = 0; i < clients; i++) {
        pthread_join(threads[i], NULL);
        done += c[i].done;
        worst = c[i].worst_us > worst ? c[i].worst_us : worst;
    }
    took = clock_mono_ms() - begun;
    embedded_stats(s, &st);
    printf("%3zu clients: %8.0f commits/s, %5.2f commits a group, %.3f syncs a group, mean %.0f "
           "us, worst %lld us\n",
           clients, (double)done * 1000 / (double)took, (double)st.commits / (double)st.groups,
           (double)st.syncs / (double)st.groups,
           (double)took * 1000 * (double)clients / (double)done, (long long)worst);
    store_close(s);
}

int main(int argc, char **argv)
{
    int seconds = argc > 2 ? atoi(argv[2]) : 5;

    if (argc < 2) {
        fprintf(stderr, "usage: %s DIRECTORY [SECONDS]\n", argv[0]);
        return 2;
    }
    log_setup(LOG_WARN, LOG_KV);
    run(argv[1], 1, seconds);
    run(argv[1], 8, seconds);
    run(argv[1], 64, seconds);
    return 0;
}
