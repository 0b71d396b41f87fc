/*
 * mailbox/directory.c - finding accounts by name.
 *
 * Records lie in account 0 under their normalised name, so they are listed in order.  A bounded
 * cache in front; what is read from the store enters it only if nothing was published meanwhile.
 */
#include "mailbox/directory_priv.h"

#include "base/mem.h"
#include "base/utf8.h"

/* ---- names ---- */

static bool name_char_ok(uint32_t cp)
{
    return cp > 0x20 && cp != 0x7f && !(cp >= 0x80 && cp <= 0xa0) && cp != '/' && cp != 0x2028 &&
           cp != 0x2029;
}

static bool name_ok(struct str name)
{
    uint32_t cp;
    int len;

    for (size_t at = 0; at < name.n; at += (size_t)len) {
        len = utf8_decode(str_from(name, at), &cp);
        if (len == 0 || !name_char_ok(cp))
            return false;
    }
    return name.n > 0 && name.n <= ACCOUNT_NAME_MAX;
}

enum err account_name_normalize(struct arena *a, struct str name, struct str *out)
{
    struct buf folded = BUF_MAX(8 * ACCOUNT_NAME_MAX);
    struct str composed;
    bool ok = name.n > 0 && name.n <= 4 * ACCOUNT_NAME_MAX && utf8_valid(name);

    if (ok) {
        utf8_fold(&folded, name);
        ok = !folded.failed && utf8_nfc(a, buf_str(&folded), &composed) && name_ok(composed);
    }
    if (ok)
        *out = arena_str(a, composed);
    buf_fini(&folded);
    return ok ? ERR_OK : ERR_BAD_NAME;
}

/* ---- records ---- */

enum { USER_FORMAT = 1, USER_DISABLED = 1, USER_DETAIL = 2 };

struct key_name key_user(struct str name)
{
    struct key prefix = key_kind(DIRECTORY_ACCOUNT, KEY_USER);
    struct key_name k = {.n = prefix.n};

    memcpy(k.p, prefix.p, prefix.n);
    if (name.n > ACCOUNT_NAME_MAX)
        name.n = ACCOUNT_NAME_MAX;
    if (name.n > 0) /* no name has no address */
        memcpy(k.p + k.n, name.p, name.n);
    k.n += name.n;
    return k;
}

void user_encode(const struct account_record *r, struct buf *out)
{
    size_t start = seal_begin(out, USER_FORMAT);

    enc_var(out, r->id);
    enc_u8(out, (uint8_t)((r->disabled ? USER_DISABLED : 0) | (r->detail ? USER_DETAIL : 0)));
    enc_svar(out, r->created);
    enc_str(out, r->secret);
    seal_end(out, start);
}

enum err user_decode(struct str value, struct account_record *out)
{
    struct dec d;
    uint8_t format, bits;

    TRY(seal_open(value, USER_FORMAT, &format, &d));
    *out = (struct account_record){.id = dec_var(&d)};
    bits = dec_u8(&d);
    out->disabled = bits & USER_DISABLED;
    out->detail = bits & USER_DETAIL;
    out->created = dec_svar(&d);
    out->secret = dec_str(&d);
    return d.bad || d.n || out->id == 0 || out->secret.n > ACCOUNT_SECRET_MAX ? ERR_CORRUPT
                                                                              : ERR_OK;
}

struct account_record *record_copy(const struct account_record *r)
{
    struct account_record *c = mem_new(sizeof(*c) + r->name.n + r->secret.n);
    char *p = (char *)(c + 1);

    *c = *r;
    c->name = str_n(p, r->name.n);
    memcpy(p, r->name.p, r->name.n);
    p += r->name.n;
    c->secret = str_n(p, r->secret.n);
    if (r->secret.n)
        memcpy(p, r->secret.p, r->secret.n);
    return c;
}

/* ---- cache ---- */

static void cached_free(void *arg, struct str key, void *value)
{
    mem_free(value);
}

static void cache_empty_locked(struct directory *d)
{
    map_each(d->cache, cached_free, NULL);
    map_free(d->cache);
    d->cache = map_new();
}

/* Takes `copy` (NULL: there is none of that name). */
void directory_remember_locked(struct directory *d, struct str name, struct account_record *copy)
{
    if (copy && map_count(d->cache) >= CACHED_MAX)
        cache_empty_locked(d);
    mem_free(map_put(d->cache, name, copy));
}

static void record_to_arena(struct arena *a, const struct account_record *r,
                            struct account_record *out)
{
    *out = *r;
    out->name = arena_str(a, r->name);
    out->secret = arena_str(a, r->secret);
}

static enum err record_read(struct directory *d, struct arena *a, struct str name,
                            struct account_record *out)
{
    struct key_name key = key_user(name);
    struct str at = {key.p, key.n}, value;

    TRY(store_get(d->store, a, &at, 1, &value));
    if (!value.p)
        return ERR_NO_ACCOUNT;
    TRY(user_decode(value, out));
    out->name = arena_str(a, name);
    return ERR_OK;
}

enum err directory_lookup(struct directory *d, struct arena *a, struct str name,
                          struct account_record *out)
{
    const struct account_record *cached;
    uint64_t generation;
    enum err e;

    pthread_mutex_lock(&d->lock);
    cached = map_get(d->cache, name);
    if (cached)
        record_to_arena(a, cached, out);
    generation = d->generation;
    pthread_mutex_unlock(&d->lock);
    if (cached)
        return ERR_OK;
    e = record_read(d, a, name, out);
    if (e != ERR_OK)
        return e;
    pthread_mutex_lock(&d->lock);
    if (generation == d->generation)
        directory_remember_locked(d, name, record_copy(out));
    pthread_mutex_unlock(&d->lock);
    return ERR_OK;
}

enum err directory_find(struct directory *d, struct arena *a, struct str name,
                        struct account_record *out)
{
    struct str normal;

    if (account_name_normalize(a, name, &normal) != ERR_OK)
        return ERR_NO_ACCOUNT;
    return directory_lookup(d, a, normal, out);
}

/* The first key behind that of `after`: nothing sorts between a key and itself with a NUL. */
static struct str key_behind(struct arena *a, struct str after)
{
    struct key_name key = key_user(after);
    struct str s = arena_str(a, (struct str){key.p, key.n});

    return (struct str){s.p, s.n + (after.p ? 1 : 0)};
}

enum err directory_list(struct directory *d, struct arena *a, struct str after, size_t limit,
                        struct account_record **records_out, size_t *n_out)
{
    struct key prefix = key_kind(DIRECTORY_ACCOUNT, KEY_USER);
    struct store_row *rows;
    size_t n;

    *n_out = 0;
    TRY(store_scan(d->store, a, key_str(&prefix), key_behind(a, after.p ? after : STR_NONE), limit,
                   &rows, &n));
    *records_out = ARENA_ARRAY(a, struct account_record, n);
    for (size_t i = 0; i < n; i++) {
        TRY(user_decode(rows[i].value, &(*records_out)[i]));
        (*records_out)[i].name = str_from(rows[i].key, prefix.n);
    }
    *n_out = n;
    return ERR_OK;
}

/* ---- life ---- */

static enum err directory_read(struct directory *d)
{
    struct key key = key_kind(DIRECTORY_ACCOUNT, KEY_ACCOUNT);
    struct str name = key_str(&key), value;
    struct arena *a = arena_new();
    enum err e = store_change(d->store, DIRECTORY_ACCOUNT, &d->change);
    uint8_t format;
    struct dec body;

    d->next_id = 1;
    if (e == ERR_OK)
        e = store_get(d->store, a, &name, 1, &value);
    if (e == ERR_OK && value.p) {
        e = seal_open(value, 1, &format, &body);
        if (e == ERR_OK)
            d->next_id = dec_var(&body);
        if (e == ERR_OK && (body.bad || d->next_id == 0))
            e = ERR_CORRUPT;
    }
    arena_free(a);
    return e;
}

static void directory_free(struct directory *d)
{
    cache_empty_locked(d);
    map_free(d->cache);
    pthread_cond_destroy(&d->changed);
    pthread_mutex_destroy(&d->lock);
    mem_free(d);
}

struct directory *directory_open(struct mailstore *ms, enum err *err_out)
{
    struct directory *d = NEW(struct directory);

    d->ms = ms;
    d->store = mailstore_store(ms);
    d->exec = mailstore_exec(ms);
    pthread_mutex_init(&d->lock, NULL);
    pthread_cond_init(&d->changed, NULL);
    d->cache = map_new();
    d->queue_end = &d->queue;
    d->job.fn = directory_run;
    d->gone_job.fn = directory_gone_run;
    *err_out = directory_read(d);
    if (*err_out != ERR_OK) {
        directory_free(d);
        return NULL;
    }
    directory_gone_start(d);
    return d;
}

void directory_close(struct directory *d)
{
    if (!d)
        return;
    pthread_mutex_lock(&d->lock);
    d->closing = true;
    while (d->busy || d->gone_busy)
        pthread_cond_wait(&d->changed, &d->lock);
    pthread_mutex_unlock(&d->lock);
    directory_free(d);
}
