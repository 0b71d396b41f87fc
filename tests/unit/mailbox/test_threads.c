/* Readers, several submitters and the writer on threads of their own: for the thread sanitizer. */
#include "world.h"

#include "base/check.h"
#include "base/mem.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

/* An executor of two threads. */
struct workers {
    struct exec exec;
    pthread_mutex_t lock;
    pthread_cond_t come;
    struct job *first, **end;
    bool stop;
    pthread_t thread[2];
};

static void workers_submit(struct exec *x, struct job *j, enum job_prio prio)
{
    struct workers *w = (struct workers *)x;

    j->next = NULL;
    pthread_mutex_lock(&w->lock);
    *w->end = j;
    w->end = &j->next;
    pthread_cond_signal(&w->come);
    pthread_mutex_unlock(&w->lock);
}

static void *workers_main(void *arg)
{
    struct workers *w = arg;

    pthread_mutex_lock(&w->lock);
    for (;;) {
        struct job *j = w->first;

        if (!j && w->stop)
            break;
        if (!j) {
            pthread_cond_wait(&w->come, &w->lock);
            continue;
        }
        w->first = j->next;
        if (!w->first)
            w->end = &w->first;
        pthread_mutex_unlock(&w->lock);
        j->fn(j);
        pthread_mutex_lock(&w->lock);
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

static void workers_start(struct workers *w)
{
    *w = (struct workers){.exec = {workers_submit}};
    w->end = &w->first;
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->come, NULL);
    for (size_t i = 0; i < 2; i++)
        check(pthread_create(&w->thread[i], NULL, workers_main, w) == 0);
}

static void workers_stop(struct workers *w)
{
    pthread_mutex_lock(&w->lock);
    w->stop = true;
    pthread_cond_broadcast(&w->come);
    pthread_mutex_unlock(&w->lock);
    for (size_t i = 0; i < 2; i++)
        pthread_join(w->thread[i], NULL);
    pthread_cond_destroy(&w->come);
    pthread_mutex_destroy(&w->lock);
}

/* ---- what they do ---- */

struct waiter {
    pthread_mutex_t lock;
    pthread_cond_t come;
    unsigned came;
};

static void waiter_wake(void *arg)
{
    struct waiter *w = arg;

    pthread_mutex_lock(&w->lock);
    w->came++;
    pthread_cond_broadcast(&w->come);
    pthread_mutex_unlock(&w->lock);
}

static enum err submit_and_wait(struct account *acct, const struct intent *in)
{
    struct waiter w = {.came = 0};
    struct ticket *t;
    enum err e;

    pthread_mutex_init(&w.lock, NULL);
    pthread_cond_init(&w.come, NULL);
    t = account_submit(acct, in, waiter_wake, &w);
    pthread_mutex_lock(&w.lock);
    while (!w.came)
        pthread_cond_wait(&w.come, &w.lock);
    pthread_mutex_unlock(&w.lock);
    e = ticket_result(t)->err;
    ticket_unref(t);
    pthread_cond_destroy(&w.come);
    pthread_mutex_destroy(&w.lock);
    return e;
}

struct shared {
    struct account *acct;
    atomic_bool stop;
    atomic_uint appended;
};

enum { TIMES = 400 };

static void *appender(void *arg)
{
    struct shared *s = arg;

    for (unsigned i = 0; i < TIMES; i++) {
        struct intent_message m[3] = {0};
        struct intent in = {.kind = INTENT_APPEND, .mailbox = 1, .append = {m, 3}};

        for (size_t k = 0; k < 3; k++)
            m[k] = (struct intent_message){.object = account_new_object(s->acct), .size = 10};
        check(submit_and_wait(s->acct, &in) == ERR_OK);
        atomic_fetch_add(&s->appended, 3);
    }
    return NULL;
}

static void *flagger(void *arg)
{
    struct shared *s = arg;
    unsigned dice = 1;

    for (unsigned i = 0; i < TIMES; i++) {
        struct str kw = STR("$k");
        struct intent in = {.kind = INTENT_FLAGS, .mailbox = 1};
        struct ranges uids;

        dice = dice * 1103515245 + 12345;
        ranges_of(&uids, 1 + dice / 65536 % 500, 1 + dice / 65536 % 500 + 100);
        in.flags.uids = &uids;
        in.flags.mode = (enum flags_mode)(1 + i % 2);
        in.flags.flags = i % 7 == 0 ? FLAG_DELETED : FLAG_SEEN;
        in.flags.keywords = &kw;
        in.flags.n_keywords = i % 3 == 0;
        check(submit_and_wait(s->acct, &in) == ERR_OK);
        if (i % 20 == 19) {
            struct intent ex = {.kind = INTENT_EXPUNGE, .mailbox = 1};

            check(submit_and_wait(s->acct, &ex) == ERR_OK);
        }
        ranges_fini(&uids);
    }
    return NULL;
}

static void read_all(struct version *v, struct version *before)
{
    struct version_delta d;
    struct cursor c;
    struct row r;
    bool got = true;
    uint32_t n = 0, unseen = 0;

    cursor_init(&c, v);
    while (got) {
        check(cursor_next(&c, &r, &got) == ERR_OK);
        n += got;
        unseen += got && !(r.flags & FLAG_SEEN);
    }
    cursor_fini(&c);
    check(n == version_head(v)->messages && unseen == version_head(v)->unseen);
    check(version_diff(before, v, &d) == ERR_OK);
    check(version_head(before)->messages + ranges_count(&d.added) - ranges_count(&d.expunged) == n);
    version_delta_fini(&d);
}

static void *reader(void *arg)
{
    struct shared *s = arg;
    struct waiter w = {.came = 0};
    struct watch *watch;
    struct version *before;

    pthread_mutex_init(&w.lock, NULL);
    pthread_cond_init(&w.come, NULL);
    watch = account_watch(s->acct, 1, waiter_wake, &w);
    check(account_version(s->acct, 1, &before) == ERR_OK);
    while (!atomic_load(&s->stop)) {
        struct version *v;

        check(account_version(s->acct, 1, &v) == ERR_OK);
        read_all(v, before);
        account_claim_recent(s->acct, v);
        version_unref(before);
        before = v;
    }
    version_unref(before);
    account_unwatch(watch);
    pthread_cond_destroy(&w.come);
    pthread_mutex_destroy(&w.lock);
    return NULL;
}

static void *namer(void *arg)
{
    struct shared *s = arg;

    for (unsigned i = 0; i < TIMES / 5; i++) {
        struct intent make = {.kind = INTENT_CREATE, .create.name = STR("a/b")};
        struct intent drop = {.kind = INTENT_DELETE};
        struct names *names;

        check(submit_and_wait(s->acct, &make) == ERR_OK);
        names = account_names(s->acct);
        drop.mailbox = names_find(names, STR("a/b"))->mailbox;
        names_unref(names);
        check(submit_and_wait(s->acct, &drop) == ERR_OK);
    }
    return NULL;
}

static void everything_at_once_stays_consistent(void **state)
{
    static void *(*const mains[])(void *) = {appender, appender, flagger, namer, reader, reader};
    struct mailstore_options o = {.log_records = 7, .cache_bytes = 100000, .expunge_grace = 0};
    struct store *store = memory_open();
    struct workers w;
    struct mailstore *ms;
    struct shared s = {.acct = NULL};
    pthread_t thread[ARRAY_LEN(mains)];
    struct version *v;
    bool more;

    workers_start(&w);
    ms = mailstore_new(store, &w.exec, &o);
    assert_ok(account_open(ms, 3, &s.acct));
    for (size_t i = 0; i < ARRAY_LEN(mains); i++)
        assert_int_equal(pthread_create(&thread[i], NULL, mains[i], &s), 0);
    for (unsigned i = 0; i < 10; i++)
        assert_ok(account_reap(s.acct, &more));
    for (size_t i = 0; i < 4; i++)
        pthread_join(thread[i], NULL);
    atomic_store(&s.stop, true);
    for (size_t i = 4; i < ARRAY_LEN(mains); i++)
        pthread_join(thread[i], NULL);
    assert_ok(account_version(s.acct, 1, &v));
    assert_int_equal(version_head(v)->uidnext, atomic_load(&s.appended) + 1);
    version_unref(v);
    account_unref(s.acct);
    mailstore_close(ms);
    workers_stop(&w);
    store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_at_once_stays_consistent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
