/*
 * store/guard.c - SIGBUS becomes an error of the call that read the bad page.
 *
 * One handler for the process, one jump target per thread.  A SIGBUS outside a guarded call is
 * passed on to the handler that was there before (a sanitizer's, or the default: the process ends).
 */
#include "store/guard.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stddef.h>

static _Thread_local sigjmp_buf *target;
static struct sigaction before;

static void on_sigbus(int sig, siginfo_t *info, void *context)
{
    sigjmp_buf *to = target;

    if (to) {
        target = NULL;
        siglongjmp(*to, 1);
    }
    if (before.sa_flags & SA_SIGINFO) {
        before.sa_sigaction(sig, info, context);
        return;
    }
    sigaction(sig, &before, NULL); /* the access is made again and meets it */
}

/* Whoever took the signal since the last store was opened gets what is not ours. */
void guard_install(void)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    /* SA_NODEFER: the jump out of the handler would leave the signal blocked. */
    struct sigaction act = {.sa_sigaction = on_sigbus, .sa_flags = SA_SIGINFO | SA_NODEFER}, now;

    pthread_mutex_lock(&lock);
    if (sigaction(SIGBUS, NULL, &now) == 0 &&
        !((now.sa_flags & SA_SIGINFO) && now.sa_sigaction == on_sigbus)) {
        before = now;
        sigaction(SIGBUS, &act, NULL);
    }
    pthread_mutex_unlock(&lock);
}

enum err guard_run(enum err (*fn)(void *arg), void *arg)
{
    sigjmp_buf here;
    enum err e;

    if (sigsetjmp(here, 0) != 0)
        return ERR_IO;
    target = &here;
    e = fn(arg);
    target = NULL;
    return e;
}

void guard_trip(void)
{
    sigjmp_buf *to = target;

    if (to) {
        target = NULL;
        siglongjmp(*to, 1);
    }
}
