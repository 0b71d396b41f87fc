/* Not a test: what a connection costs.  measure [connections] prints the server's memory for each
 * idle connection in the clear and behind TLS, and how fast it answers, accepts and wakes. */
#include "server.h"

#include "base/check.h"
#include "base/clock.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

struct shared {
    _Atomic int port;
};

static struct shared *shared;

static void on_term(int signum)
{
    exit(0);
}

/* The server is another process, so that only its memory is counted. */
static pid_t server_fork(struct server *s, const struct server_wish *w)
{
    pid_t pid;

    shared->port = 0;
    pid = fork();
    check(pid >= 0);
    if (pid == 0) {
        signal(SIGTERM, on_term);
        server_start(s, w);
        shared->port = pool_last_port(s->pool);
        for (;;)
            pause();
    }
    while (!shared->port)
        usleep(1000);
    return pid;
}

static long rollup(pid_t pid, const char *what)
{
    char path[64], line[256];
    long kb = -1;
    FILE *f;

    snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", pid);
    f = fopen(path, "r");
    check(f != NULL);
    while (fgets(line, sizeof(line), f)) {
        if (strncmp(line, what, strlen(what)) == 0)
            kb = strtol(line + strlen(what), NULL, 10);
    }
    fclose(f);
    return kb;
}

static double cpu_of(pid_t pid)
{
    char path[64], text[1024];
    unsigned long user, sys;
    FILE *f;
    char *p;

    snprintf(path, sizeof(path), "/proc/%d/stat", pid);
    f = fopen(path, "r");
    check(f && fgets(text, sizeof(text), f));
    fclose(f);
    p = strrchr(text, ')');
    check(p &&
          sscanf(p + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &sys) == 2);
    return (double)(user + sys) / (double)sysconf(_SC_CLK_TCK);
}

static void connect_port(struct client *k)
{
    client_connect_port(k, shared->port);
}

static void measure_idle(const char *name, const struct server_wish *w, int n)
{
    struct server s;
    pid_t pid = server_fork(&s, w);
    struct client *clients = calloc((size_t)n, sizeof(*clients));
    long before, after;
    int64_t began;

    for (int i = 0; i < 20; i++) { /* what the first ones cost once */
        connect_port(&clients[i]);
        if (w->implicit)
            client_tls(&clients[i]);
        client_expect(&clients[i], "hello\n");
        client_close(&clients[i]);
    }
    usleep(300000);
    before = rollup(pid, "Pss:");
    began = clock_mono_us();
    for (int i = 0; i < n; i++) {
        connect_port(&clients[i]);
        if (w->implicit)
            client_tls(&clients[i]);
        client_expect(&clients[i], "hello\n");
        client_send(&clients[i], "one\n");
        client_expect(&clients[i], "one\n");
    }
    printf("%s: %d connections in %.2f s\n", name, n, (double)(clock_mono_us() - began) / 1e6);
    sleep(1);
    after = rollup(pid, "Pss:");
    printf("%s: %ld KB before, %ld KB after: %.2f KB each\n", name, before, after,
           (double)(after - before) / n);
    for (int i = 0; i < n; i++)
        close(clients[i].fd);
    kill(pid, SIGTERM);
    waitpid(pid, NULL, 0);
    free(clients);
}

static void measure_echo(const char *name, const struct server_wish *w, int rounds)
{
    struct server s;
    pid_t pid = server_fork(&s, w);
    struct client k;
    int64_t began;
    double cpu, took;

    connect_port(&k);
    if (w->implicit)
        client_tls(&k);
    client_expect(&k, "hello\n");
    cpu = cpu_of(pid);
    began = clock_mono_us();
    for (int i = 0; i < rounds; i++) {
        client_send(&k, "one\n");
        client_expect(&k, "one\n");
    }
    took = (double)(clock_mono_us() - began) / 1e6;
    printf("%s: %.0f round trips/s with one client, %.1f us server CPU each\n", name, rounds / took,
           (cpu_of(pid) - cpu) * 1e6 / rounds);
    client_close(&k);
    kill(pid, SIGTERM);
    waitpid(pid, NULL, 0);
}

static void measure_accept(const char *name, const struct server_wish *w, int rounds)
{
    struct server s;
    pid_t pid = server_fork(&s, w);
    struct client k;
    int64_t began = clock_mono_us();
    double cpu = cpu_of(pid), took;

    for (int i = 0; i < rounds; i++) {
        connect_port(&k);
        if (w->implicit)
            client_tls(&k);
        client_expect(&k, "hello\n");
        client_send(&k, "one\nquit\n");
        client_expect(&k, "one\n");
        client_expect(&k, "bye\n");
        client_close(&k);
    }
    took = (double)(clock_mono_us() - began) / 1e6;
    printf("%s: %.0f connect+echo+close/s, %.1f us server CPU each\n", name, rounds / took,
           (cpu_of(pid) - cpu) * 1e6 / rounds);
    kill(pid, SIGTERM);
    waitpid(pid, NULL, 0);
}

int main(int argc, char **argv)
{
    int n = argc > 1 ? atoi(argv[1]) : 10000;
    struct server_wish plain = {.options.unknown_seconds = 3600};
    struct server_wish tls = {.options.unknown_seconds = 3600, .tls = true, .implicit = true};
    struct rlimit r;

    getrlimit(RLIMIT_NOFILE, &r);
    r.rlim_cur = r.rlim_max;
    setrlimit(RLIMIT_NOFILE, &r);
    setvbuf(stdout, NULL, _IONBF, 0);
    shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    check(shared != MAP_FAILED);
    measure_echo("clear", &plain, 50000);
    measure_echo("tls", &tls, 50000);
    measure_accept("clear", &plain, 10000);
    measure_accept("tls", &tls, 1000);
    measure_idle("clear", &plain, n);
    measure_idle("tls", &tls, n);
    return 0;
}
