/*
 * auth/auth.c - logins being checked.
 *
 *   auth_login -> JOB_FIRST: who is it, is the password
 *                 remembered, may he still fail? -------------- yes, or never --> done
 *                    `- no: queue -> JOB_LATER, the slow hash ------------------> done
 *
 *  (1) Slow hashes run on at most SLOW_AT_ONCE workers, so guessing takes no more of the machine
 *      than that.
 *  (2) `done` is called under the login's lock: once login_unref has cleared it there, it is not
 *      called any more.
 *  (3) An unknown user is hashed against a secret that nobody knows the password of.
 */
#include "auth/auth_priv.h"
#include "base/mem.h"

#include <openssl/rand.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

enum { SLOW_AT_ONCE = 2, SLOW_WAITING_MAX = 20000, REMEMBER_SECONDS = 600 };

struct login {
    atomic_uint refs;
    struct auth *auth;
    struct job job;
    struct login *next; /* in the queue for the slow hash */
    struct str peer, user, password;
    struct arena *arena;          /* all strings; the record's, too */
    struct account_record record; /* id 0: unknown or disabled */
    struct mac mac;
    pthread_mutex_t lock; /* what follows */
    login_done_fn *done;
    void *arg;
    bool is_done;
    enum err err;
};

struct auth {
    struct directory *directory;
    struct exec *exec;
    struct auth_options o;
    struct arena *arena;
    pthread_mutex_t lock; /* what follows */
    struct remember *remember;
    struct limits *limits;
    struct str nobody; /* a secret; made when it is first needed */
    struct login *first, *last;
    unsigned waiting, running;
};

struct auth *auth_new(struct mailstore *ms, struct directory *d, const struct auth_options *o)
{
    struct auth *a = NEW(struct auth);

    a->directory = d;
    a->exec = mailstore_exec(ms);
    a->arena = arena_new();
    if (o != NULL)
        a->o = *o;
    a->o.domains = arena_str(a->arena, a->o.domains.p == NULL ? STR("") : a->o.domains);
    a->remember =
        remember_new(a->o.remember_seconds > 0 ? a->o.remember_seconds : REMEMBER_SECONDS);
    a->limits = limits_new();
    pthread_mutex_init(&a->lock, NULL);
    return a;
}

/* ---- a login's end ---- */

static void login_drop(struct login *l)
{
    if (atomic_fetch_sub(&l->refs, 1) != 1)
        return;
    auth_wipe((char *)(uintptr_t)l->password.p, l->password.n);
    pthread_mutex_destroy(&l->lock);
    arena_free(l->arena);
    mem_free(l);
}

/* Also gives up the reference of who worked on it. */
static void login_end(struct login *l, enum err e)
{
    pthread_mutex_lock(&l->lock);
    l->err = e;
    l->is_done = true;
    if (l->done != NULL)
        l->done(l->arg);
    l->done = NULL;
    pthread_mutex_unlock(&l->lock);
    login_drop(l);
}

void auth_free(struct auth *a)
{
    if (a == NULL)
        return;
    while (a->first != NULL) {
        struct login *l = a->first;
        a->first = l->next;
        login_end(l, ERR_CLOSED);
    }
    remember_free(a->remember);
    limits_free(a->limits);
    pthread_mutex_destroy(&a->lock);
    arena_free(a->arena);
    mem_free(a);
}

/* ---- the slow hash ---- */

/* A secret whose password nobody knows. */
static struct str secret_of_nobody(struct arena *a)
{
    unsigned char noise[16];
    char password[2 * sizeof(noise) + 1];
    struct str secret = STR("");

    if (RAND_bytes(noise, sizeof(noise)) != 1)
        return secret;
    for (size_t i = 0; i < sizeof(noise); i++)
        snprintf(password + 2 * i, 3, "%02x", noise[i]);
    return auth_secret_make(a, str_of(password), AUTH_COST_NORMAL, &secret) == ERR_OK ? secret
                                                                                      : STR("");
}

/* What an unknown user is measured against, as slow as any; made when the first one comes. */
static struct str nobody(struct auth *a, struct arena *own)
{
    pthread_mutex_lock(&a->lock);
    struct str secret = a->nobody;
    pthread_mutex_unlock(&a->lock);
    if (secret.p != NULL)
        return secret;
    secret = secret_of_nobody(own);
    pthread_mutex_lock(&a->lock);
    if (a->nobody.p == NULL)
        a->nobody = arena_str(a->arena, secret);
    pthread_mutex_unlock(&a->lock);
    return secret;
}

static void slow_run(struct job *j);

/* Starts what may run; under the lock. */
static void start_slow_locked(struct auth *a)
{
    while (a->running < SLOW_AT_ONCE && a->first != NULL) {
        struct login *l = a->first;
        a->first = l->next;
        a->waiting--;
        a->running++;
        l->job = (struct job){.fn = slow_run};
        exec_submit(a->exec, &l->job, JOB_LATER);
    }
}

static void slow_run(struct job *j)
{
    struct login *l = CONTAINER_OF(j, struct login, job);
    struct auth *a = l->auth;
    bool known = l->record.id != 0;
    bool right =
        auth_secret_verify(known ? l->record.secret : nobody(a, l->arena), l->password) && known;

    pthread_mutex_lock(&a->lock);
    if (right) {
        remember_add(a->remember, l->record.id, &l->mac);
        limits_passed(a->limits, l->peer, l->user);
    } else {
        limits_failed(a->limits, l->peer, l->user, &l->mac);
    }
    a->running--;
    start_slow_locked(a);
    pthread_mutex_unlock(&a->lock);
    login_end(l, right ? ERR_OK : ERR_AUTH);
}

/* false: there is no more room to wait in. */
static bool queue_locked(struct auth *a, struct login *l)
{
    if (a->waiting >= SLOW_WAITING_MAX)
        return false;
    l->next = NULL;
    if (a->first == NULL)
        a->first = l;
    else
        a->last->next = l;
    a->last = l;
    a->waiting++;
    start_slow_locked(a);
    return true;
}

/* ---- the quick part ---- */

static bool is_ours_to_say(enum err e)
{
    return e != ERR_OK && e != ERR_NO_ACCOUNT && e != ERR_BAD_NAME;
}

/* Decides without the slow hash, or queues it.  true: decided. */
static bool decide_locked(struct auth *a, struct login *l, enum err *out)
{
    *out = ERR_OK;
    if (l->record.id != 0 && remember_has(a->remember, l->record.id, &l->mac))
        return true;
    *out = ERR_AUTH;
    if (limits_same(a->limits, l->peer, l->user, &l->mac))
        return true;
    *out = ERR_BUSY;
    return !limits_allow(a->limits, l->peer, l->user) || !queue_locked(a, l);
}

static void quick_run(struct job *j)
{
    struct login *l = CONTAINER_OF(j, struct login, job);
    struct auth *a = l->auth;
    enum err e = auth_resolve(&a->o, a->directory, l->arena, l->user, &l->record, NULL);

    if (is_ours_to_say(e)) {
        login_end(l, e);
        return;
    }
    if (e != ERR_OK || l->record.disabled)
        l->record = (struct account_record){.secret = STR("")};
    remember_mac(a->remember, l->record.id, l->record.secret, l->password, &l->mac);
    pthread_mutex_lock(&a->lock);
    bool decided = decide_locked(a, l, &e);
    pthread_mutex_unlock(&a->lock);
    if (decided)
        login_end(l, e);
}

struct login *auth_login_from(struct auth *a, struct str peer, struct str user, struct str password,
                              login_done_fn *done, void *arg)
{
    struct login *l = NEW(struct login);

    l->auth = a;
    l->arena = arena_new();
    l->peer = arena_str(l->arena, peer);
    l->user = arena_str(l->arena, user);
    l->password = arena_str(l->arena, password);
    l->done = done;
    l->arg = arg;
    atomic_init(&l->refs, 2); /* the caller's and the job's */
    pthread_mutex_init(&l->lock, NULL);
    l->job = (struct job){.fn = quick_run};
    exec_submit(a->exec, &l->job, JOB_FIRST);
    return l;
}

struct login *auth_login(struct auth *a, struct str user, struct str password, login_done_fn *done,
                         void *arg)
{
    return auth_login_from(a, STR(""), user, password, done, arg);
}

bool login_is_done(const struct login *l)
{
    struct login *own = (struct login *)(uintptr_t)l;

    pthread_mutex_lock(&own->lock);
    bool is_done = own->is_done;
    pthread_mutex_unlock(&own->lock);
    return is_done;
}

enum err login_result(const struct login *l, uint64_t *account_out, struct str *name_out)
{
    *account_out = l->record.id;
    *name_out = l->record.name;
    return l->err;
}

void login_unref(struct login *l)
{
    if (l == NULL)
        return;
    pthread_mutex_lock(&l->lock);
    l->done = NULL;
    pthread_mutex_unlock(&l->lock);
    login_drop(l);
}

void auth_forget(struct auth *a, uint64_t account)
{
    pthread_mutex_lock(&a->lock);
    remember_drop(a->remember, account);
    pthread_mutex_unlock(&a->lock);
}

enum err auth_account_of(struct auth *a, struct arena *ar, struct str address,
                         struct account_record *out, struct str *detail_out)
{
    return auth_resolve(&a->o, a->directory, ar, address, out, detail_out);
}
