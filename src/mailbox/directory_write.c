/*
 * mailbox/directory_write.c - adding, changing and removing accounts: one writer, many changes a
 * batch.
 *
 *  (1) Each change is answered once, after its batch.
 *  (2) A change sees those before it in the same batch (`pending`), else cache and store.
 */
#include "mailbox/directory_priv.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/mem.h"

enum { BATCH_CHANGES = 1000, BATCH_ROOM = STORE_MAX_BATCH_BYTES - 64 * 1024 };

enum dchange_kind { ADD, UPDATE, REMOVE, FORGET };

struct dchange {
    struct dchange *next;
    enum dchange_kind kind;
    struct account_record *r;   /* as asked for, name normalised */
    struct account_record *now; /* as it will be; NULL: gone */
    enum err err;
    uint64_t id; /* of FORGET: given */
    directory_done_fn *done;
    void *arg;
};

struct dbatch {
    struct dchange *first, **end;
    struct map *pending; /* name -> the last change of it */
    struct store_batch *sb;
    size_t n;
    uint64_t next_id;
};

/* ---- evaluating ---- */

/* What there is of that name, as this batch would leave it. */
static enum err now_is(struct directory *d, struct dbatch *b, struct arena *a, struct str name,
                       struct account_record *out)
{
    const struct dchange *c = map_get(b->pending, name);

    if (!c)
        return directory_lookup(d, a, name, out);
    if (!c->now)
        return ERR_NO_ACCOUNT;
    *out = *c->now;
    return ERR_OK;
}

static void put_record(struct dbatch *b, const struct account_record *r)
{
    struct key_name key = key_user(r->name);
    struct buf value = BUF_INIT;

    user_encode(r, &value);
    store_batch_put(b->sb, (struct str){key.p, key.n}, buf_str(&value));
    buf_fini(&value);
}

static enum err evaluate_add(struct dbatch *b, struct dchange *c, enum err found)
{
    if (found == ERR_OK)
        return ERR_ACCOUNT_EXISTS;
    if (found != ERR_NO_ACCOUNT)
        return found;
    c->now = record_copy(c->r);
    c->now->id = b->next_id++;
    if (c->now->created == 0)
        c->now->created = clock_wall();
    put_record(b, c->now);
    return ERR_OK;
}

static enum err evaluate_update(struct dbatch *b, struct dchange *c,
                                const struct account_record *old)
{
    c->now = record_copy(c->r);
    c->now->id = old->id;
    c->now->created = old->created;
    put_record(b, c->now);
    return ERR_OK;
}

static enum err evaluate_remove(struct dbatch *b, struct dchange *c,
                                const struct account_record *old)
{
    struct key_name key = key_user(c->r->name);
    struct key gone = key_one(DIRECTORY_ACCOUNT, KEY_GONE, old->id);
    struct buf value = BUF_INIT;
    size_t start = seal_begin(&value, 1);

    enc_svar(&value, clock_wall());
    seal_end(&value, start);
    store_batch_delete(b->sb, (struct str){key.p, key.n});
    store_batch_put(b->sb, key_str(&gone), buf_str(&value));
    buf_fini(&value);
    return ERR_OK;
}

static void evaluate_forget(struct dbatch *b, const struct dchange *c)
{
    struct key key = key_one(DIRECTORY_ACCOUNT, KEY_GONE, c->id);

    store_batch_delete(b->sb, key_str(&key));
}

static void evaluate_named(struct directory *d, struct dbatch *b, struct dchange *c)
{
    struct arena *a = arena_new();
    struct account_record old = {.id = 0};
    enum err found = c->err == ERR_OK ? now_is(d, b, a, c->r->name, &old) : c->err;

    if (c->err == ERR_OK && c->kind == ADD)
        c->err = evaluate_add(b, c, found);
    else if (found != ERR_OK)
        c->err = found;
    else if (c->kind == UPDATE)
        c->err = evaluate_update(b, c, &old);
    else
        c->err = evaluate_remove(b, c, &old);
    if (c->err == ERR_OK) {
        c->id = c->now ? c->now->id : old.id;
        map_put(b->pending, c->r->name, c);
    }
    arena_free(a);
}

static void evaluate(struct directory *d, struct dbatch *b, struct dchange *c)
{
    if (c->kind == FORGET)
        evaluate_forget(b, c);
    else
        evaluate_named(d, b, c);
}

static void put_next_id(struct dbatch *b)
{
    struct key key = key_kind(DIRECTORY_ACCOUNT, KEY_ACCOUNT);
    struct buf value = BUF_INIT;
    size_t start = seal_begin(&value, 1);

    enc_var(&value, b->next_id);
    seal_end(&value, start);
    store_batch_put(b->sb, key_str(&key), buf_str(&value));
    buf_fini(&value);
}

/* ---- the queue ---- */

static struct dchange *queue_take(struct directory *d)
{
    struct dchange *c;

    pthread_mutex_lock(&d->lock);
    c = d->queue;
    if (c) {
        d->queue = c->next;
        if (!d->queue)
            d->queue_end = &d->queue;
        c->next = NULL;
    }
    pthread_mutex_unlock(&d->lock);
    return c;
}

static struct dbatch *batch_make(struct directory *d, struct dchange *again)
{
    struct dbatch *b = NEW(struct dbatch);

    b->end = &b->first;
    b->pending = map_new();
    b->sb = store_batch_new(DIRECTORY_ACCOUNT);
    b->next_id = d->next_id;
    while (b->n < BATCH_CHANGES && store_batch_bytes(b->sb) < BATCH_ROOM) {
        struct dchange *c = again ? again : queue_take(d);

        if (!c)
            break;
        again = again ? again->next : NULL;
        c->next = NULL;
        *b->end = c;
        b->end = &c->next;
        b->n++;
        evaluate(d, b, c);
    }
    check(!again);
    if (b->next_id != d->next_id)
        put_next_id(b);
    return b;
}

static void change_free(struct dchange *c)
{
    mem_free(c->r);
    mem_free(c->now);
    mem_free(c);
}

static void batch_end(struct directory *d, struct dbatch *b, enum err e)
{
    for (struct dchange *c = b->first, *next; c; c = next) {
        next = c->next;
        c->done(c->arg, e != ERR_OK ? e : c->err, c->id);
        change_free(c);
    }
    map_free(b->pending);
    store_batch_free(b->sb);
    mem_free(b);
}

/* ---- committing ---- */

static void committed(void *arg, enum err e, uint64_t change)
{
    struct directory *d = arg;

    d->batch_err = e;
    if (e == ERR_OK || e == ERR_CONFLICT)
        d->change = change;
    exec_submit(d->exec, &d->job, JOB_FIRST);
}

static void publish(struct directory *d, struct dbatch *b)
{
    bool gone = false;

    pthread_mutex_lock(&d->lock);
    d->generation++;
    for (struct dchange *c = b->first; c; c = c->next) {
        if (c->err != ERR_OK || c->kind == FORGET)
            continue;
        gone |= c->kind == REMOVE;
        directory_remember_locked(d, c->r->name, c->now ? record_copy(c->now) : NULL);
    }
    pthread_mutex_unlock(&d->lock);
    d->next_id = b->next_id;
    if (gone)
        directory_gone_start(d);
}

/* Somebody else wrote: once more, against what is there now. */
static struct dbatch *try_again(struct directory *d, struct dbatch *b)
{
    struct dchange *first = b->first;

    for (struct dchange *c = first; c; c = c->next) {
        mem_free(c->now);
        c->now = NULL;
        if (!c->r || c->r->name.n)
            c->err = ERR_OK;
    }
    b->first = NULL;
    batch_end(d, b, ERR_OK);
    d->again = true;
    return batch_make(d, first);
}

static void commit(struct directory *d, struct dbatch *b)
{
    struct store_batch *sb = b->sb;

    b->sb = NULL;
    d->batch = b;
    store_commit(d->store, sb, d->change, committed, d);
}

static struct dbatch *finish(struct directory *d)
{
    struct dbatch *b = d->batch;

    d->batch = NULL;
    if (d->batch_err == ERR_CONFLICT && !d->again)
        return try_again(d, b);
    d->again = false;
    if (d->batch_err == ERR_OK)
        publish(d, b);
    batch_end(d, b, d->batch_err);
    return NULL;
}

static bool rest(struct directory *d)
{
    bool empty;

    pthread_mutex_lock(&d->lock);
    empty = !d->queue;
    if (empty)
        d->busy = false;
    pthread_cond_broadcast(&d->changed);
    pthread_mutex_unlock(&d->lock);
    return empty;
}

void directory_run(struct job *j)
{
    struct directory *d = CONTAINER_OF(j, struct directory, job);
    struct dbatch *b = d->batch ? finish(d) : NULL;

    while (b || !rest(d)) {
        if (!b)
            b = batch_make(d, NULL);
        if (store_batch_keys(b->sb)) {
            commit(d, b);
            return;
        }
        batch_end(d, b, ERR_OK);
        b = NULL;
    }
}

/* ---- asking for changes ---- */

static void enqueue(struct directory *d, struct dchange *c, enum dchange_kind kind,
                    directory_done_fn *done, void *arg)
{
    bool start;

    c->kind = kind;
    c->done = done;
    c->arg = arg;
    pthread_mutex_lock(&d->lock);
    *d->queue_end = c;
    d->queue_end = &c->next;
    start = !d->busy;
    d->busy = true;
    pthread_mutex_unlock(&d->lock);
    if (start)
        exec_submit(d->exec, &d->job, JOB_FIRST);
}

/* A name or secret that cannot be is answered in its turn, like everything else. */
static struct dchange *change_of(const struct account_record *r)
{
    struct dchange *c = NEW(struct dchange);
    struct account_record like = *r;
    struct arena *a = arena_new();

    c->err = account_name_normalize(a, r->name, &like.name);
    if (c->err == ERR_OK && r->secret.n > ACCOUNT_SECRET_MAX)
        c->err = ERR_LIMIT;
    if (c->err != ERR_OK)
        like.name = like.secret = STR("");
    c->r = record_copy(&like);
    arena_free(a);
    return c;
}

void directory_add(struct directory *d, const struct account_record *r, directory_done_fn *done,
                   void *arg)
{
    enqueue(d, change_of(r), ADD, done, arg);
}

void directory_update(struct directory *d, const struct account_record *r, directory_done_fn *done,
                      void *arg)
{
    enqueue(d, change_of(r), UPDATE, done, arg);
}

void directory_remove(struct directory *d, struct str name, directory_done_fn *done, void *arg)
{
    struct account_record r = {.name = name};

    enqueue(d, change_of(&r), REMOVE, done, arg);
}

void directory_forget_gone(struct directory *d, uint64_t account, directory_done_fn *done,
                           void *arg)
{
    struct dchange *c = NEW(struct dchange);

    c->id = account;
    enqueue(d, c, FORGET, done, arg);
}
