/*
 * net/pool.c - the pool's life: made, started, stopped, freed; and its one-second tick.
 */
#include "net/pool.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "net/pool_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum {
    DEFAULT_UNKNOWN = 20000,
    DEFAULT_UNKNOWN_S = 60,
    FILES_RESERVED = 256, /* for the store, spools, logs: not for connections */
    STILL_WAITING_S = 10,
};

/* ---- limits ---- */

static uint32_t descriptors_allowed(void)
{
    struct rlimit r;

    if (getrlimit(RLIMIT_NOFILE, &r) != 0)
        return 1024;
    if (r.rlim_cur < r.rlim_max) {
        r.rlim_cur = r.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &r); /* what there is then is asked again */
        (void)getrlimit(RLIMIT_NOFILE, &r);
    }
    return r.rlim_cur > UINT32_MAX ? UINT32_MAX : (uint32_t)r.rlim_cur;
}

static uint32_t connections_allowed(void)
{
    uint32_t n = descriptors_allowed();

    return n > 2 * FILES_RESERVED ? n - FILES_RESERVED : n / 2;
}

static unsigned default_workers(void)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);

    return cores > 2 ? (unsigned)cores * 4 : 8;
}

static void fill_defaults(struct pool_options *o)
{
    uint32_t connections = connections_allowed();

    o->workers = o->workers ? o->workers : default_workers();
    o->max_connections = o->max_connections ? o->max_connections : connections;
    o->max_unknown = o->max_unknown ? o->max_unknown : DEFAULT_UNKNOWN;
    o->unknown_seconds = o->unknown_seconds ? o->unknown_seconds : DEFAULT_UNKNOWN_S;
}

/* ---- the tick ---- */

static void refresh_certificates(struct pool *p)
{
    struct tls_context *t;
    bool seen;

    for (uint32_t i = 0; i < p->listeners_n; i++) {
        t = p->listeners[i]->tls;
        seen = false;
        for (uint32_t j = 0; j < i; j++)
            seen |= p->listeners[j]->tls == t;
        if (t && !seen)
            tls_context_refresh(t);
    }
}

static void pool_tick(struct job *j)
{
    struct pool *p = CONTAINER_OF(j, struct pool, tick);
    uint64_t expired;

    if (read(p->tick_fd, &expired, sizeof(expired)) < 0)
        check(errno == EAGAIN || errno == EINTR);
    wheel_tick(&p->wheel, turn_seconds());
    for (uint32_t i = 0; i < p->listeners_n; i++)
        listener_resume(p->listeners[i]);
    if (++p->ticks % POOL_REFRESH_S == 0)
        refresh_certificates(p);
    atomic_store(&p->tick_queued, false);
    poll_arm(p, EPOLL_CTL_MOD, p->tick_fd, EPOLLIN, POLL_TICK);
}

/* ---- life ---- */

static bool open_descriptors(struct pool *p)
{
    struct itimerspec second = {.it_interval.tv_sec = 1, .it_value.tv_sec = 1};

    p->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    p->kick_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    p->stop_fd = eventfd(0, EFD_CLOEXEC);
    p->tick_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    p->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    return p->epoll_fd >= 0 && p->kick_fd >= 0 && p->stop_fd >= 0 && p->tick_fd >= 0 &&
           timerfd_settime(p->tick_fd, 0, &second, NULL) == 0;
}

static void close_descriptors(struct pool *p)
{
    int fds[] = {p->epoll_fd, p->kick_fd, p->stop_fd, p->tick_fd, p->spare_fd};

    for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
        if (fds[i] >= 0)
            close(fds[i]);
    }
}

/* The kick is edge-triggered: each write wakes one sleeper, and nobody reads it. */
static void watch_specials(struct pool *p)
{
    struct epoll_event ev = {.events = EPOLLIN | EPOLLET, .data.u64 = POLL_KICK};
    int rc = epoll_ctl(p->epoll_fd, EPOLL_CTL_ADD, p->kick_fd, &ev);

    check(rc == 0);
    poll_arm(p, EPOLL_CTL_ADD, p->tick_fd, EPOLLIN, POLL_TICK);
}

struct pool *pool_new(const struct pool_options *o, enum err *err_out)
{
    struct pool *p = NEW(struct pool);

    p->options = *o;
    fill_defaults(&p->options);
    if (!open_descriptors(p)) {
        log_event(LOG_ERROR, "pool_failed", kv_errno(errno));
        close_descriptors(p);
        mem_free(p);
        *err_out = ERR_IO;
        return NULL;
    }
    p->exec.submit = pool_submit;
    p->queue.push = pool_push;
    p->tick.fn = pool_tick;
    runq_init(&p->runq, p->options.workers, p->kick_fd);
    wheel_init(&p->wheel, turn_seconds());
    peers_init(&p->peers);
    pthread_mutex_init(&p->spare_lock, NULL);
    pthread_mutex_init(&p->end_lock, NULL);
    pthread_cond_init(&p->end_cond, NULL);
    watch_specials(p);
    *err_out = ERR_OK;
    return p;
}

struct exec *pool_exec(struct pool *p)
{
    return &p->exec;
}

/* Signals are the main thread's. */
void pool_start(struct pool *p)
{
    sigset_t all, before;
    char name[16];

    if (p->threads_n)
        return;
    p->threads = NEW_ARRAY(pthread_t, p->options.workers);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (; p->threads_n < p->options.workers; p->threads_n++) {
        int rc = pthread_create(&p->threads[p->threads_n], NULL, worker_main, p);

        check(rc == 0);
        snprintf(name, sizeof(name), "worker-%u", p->threads_n);
        pthread_setname_np(p->threads[p->threads_n], name);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void pool_run(struct pool *p)
{
    uint64_t stops;

    pool_start(p);
    while (read(p->stop_fd, &stops, sizeof(stops)) < 0)
        check(errno == EINTR);
}

/* Only write(2): allowed in a signal handler. */
void pool_stop(struct pool *p)
{
    int saved = errno;
    uint64_t one = 1;
    ssize_t n = write(p->stop_fd, &one, sizeof(one));

    check(n == sizeof(one));
    errno = saved;
}

static void stop_connections(struct pool *p)
{
    uint32_t n = slot_count();
    struct slot *s;

    for (uint32_t i = 0; i < n; i++) {
        s = slot_at(i);
        if (slot_signal_in(s, &p->queue, SLOT_STOP))
            slot_push(s, false);
    }
}

static void wait_for_connections(struct pool *p)
{
    struct timespec until;

    pthread_mutex_lock(&p->end_lock);
    while (p->connections) {
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec += STILL_WAITING_S;
        if (pthread_cond_timedwait(&p->end_cond, &p->end_lock, &until) == ETIMEDOUT)
            log_event(LOG_WARN, "stop_waits", kv_u64("connections", p->connections));
    }
    pthread_mutex_unlock(&p->end_lock);
}

void pool_close_all(struct pool *p)
{
    p->stopping = true;
    for (uint32_t i = 0; i < p->listeners_n; i++)
        listener_close(p->listeners[i]);
    pool_start(p);
    stop_connections(p);
    wait_for_connections(p);
}

void pool_free(struct pool *p)
{
    if (!p)
        return;
    pool_close_all(p);
    runq_end(&p->runq);
    for (unsigned i = 0; i < p->threads_n; i++)
        pthread_join(p->threads[i], NULL);
    for (uint32_t i = 0; i < p->listeners_n; i++)
        listener_free(p->listeners[i]);
    runq_fini(&p->runq);
    wheel_fini(&p->wheel);
    peers_fini(&p->peers);
    pthread_mutex_destroy(&p->spare_lock);
    pthread_mutex_destroy(&p->end_lock);
    pthread_cond_destroy(&p->end_cond);
    close_descriptors(p);
    mem_free(p->threads);
    mem_free(p);
}

void pool_stats(struct pool *p, struct pool_stats *out)
{
    *out = (struct pool_stats){
        .connections = p->connections,
        .accepted = p->accepted,
        .refused = p->refused,
        .bytes_in = p->bytes_in,
        .bytes_out = p->bytes_out,
    };
    runq_count(&p->runq, &out->queued_first, &out->queued_later);
}
