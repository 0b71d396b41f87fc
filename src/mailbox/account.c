/*
 * mailbox/account.c - an account and its open mailboxes: reading them, asking them.
 *
 * A mailbox is read from the store by whoever needs it first, outside the lock; others wait for
 * him.  Only the writer changes what is published, so the store's values of a mailbox do not change
 * while it is read: a batch touches only mailboxes that are open.
 */
#include "mailbox/account_priv.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"
#include "mailbox/keys.h"

#include <openssl/rand.h>

uint64_t account_id(const struct account *acct)
{
    return acct->id;
}

struct mailstore *account_mailstore(const struct account *acct)
{
    return acct->ms;
}

/* ---- open mailboxes ---- */

static size_t mailbox_at(const struct account *acct, uint64_t id)
{
    size_t lo = 0, hi = acct->n_mailboxes;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (acct->mailboxes[mid]->id < id)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

struct mailbox *account_mailbox_find_locked(struct account *acct, uint64_t id)
{
    size_t i = mailbox_at(acct, id);

    return i < acct->n_mailboxes && acct->mailboxes[i]->id == id ? acct->mailboxes[i] : NULL;
}

void account_mailbox_add_locked(struct account *acct, struct mailbox *m)
{
    size_t i = mailbox_at(acct, m->id);

    if (acct->n_mailboxes == acct->cap_mailboxes) {
        acct->cap_mailboxes = acct->cap_mailboxes ? acct->cap_mailboxes * 2 : 4;
        acct->mailboxes = mem_grow(acct->mailboxes, acct->cap_mailboxes * sizeof(*acct->mailboxes));
    }
    memmove(acct->mailboxes + i + 1, acct->mailboxes + i,
            (acct->n_mailboxes - i) * sizeof(*acct->mailboxes));
    acct->mailboxes[i] = m;
    acct->n_mailboxes++;
}

void account_mailbox_end_locked(struct account *acct, struct mailbox *m)
{
    size_t i = mailbox_at(acct, m->id);

    check(!m->loading && i < acct->n_mailboxes && acct->mailboxes[i] == m);
    acct->n_mailboxes--;
    memmove(acct->mailboxes + i, acct->mailboxes + i + 1,
            (acct->n_mailboxes - i) * sizeof(*acct->mailboxes));
    mailbox_free(m);
}

struct mailbox *mailbox_new(struct account *acct, uint64_t id)
{
    struct mailbox *m = NEW(struct mailbox);

    m->id = id;
    m->shelf = shelf_new(acct->ms->store, acct->ms->cache, acct->id, id);
    return m;
}

void mailbox_free(struct mailbox *m)
{
    if (!m)
        return;
    version_unref(m->version);
    shelf_unref(m->shelf);
    log_list_fini(&m->log);
    mem_free(m->garbage);
    mem_free(m);
}

void mailbox_garbage(struct mailbox *m, uint64_t serial, char kind, uint32_t part, uint32_t gen)
{
    if (gen == 0)
        return;
    if (m->n_garbage == m->cap_garbage) {
        m->cap_garbage = m->cap_garbage ? m->cap_garbage * 2 : 16;
        m->garbage = mem_grow(m->garbage, m->cap_garbage * sizeof(*m->garbage));
    }
    m->garbage[m->n_garbage++] = (struct garbage){serial, {kind, part, gen}};
}

struct version *mailbox_first_version(struct mailbox *m, uint32_t uidvalidity)
{
    struct version *v = version_new(m->shelf);

    v->head = (struct version_head){
        .mailbox = m->id, .uidvalidity = uidvalidity, .uidnext = 1, .modseq = 1, .recent_from = 1};
    v->disk = (struct disk){.folded = 1, .next_chunk = 1, .next_block = 1, .next_gen = 1};
    v->keywords = keytable_new();
    m->recent = 1;
    return v;
}

/* Reads it without the lock. */
static enum err mailbox_load(struct account *acct, struct mailbox *m)
{
    struct version *v = NULL;
    struct log_list log;
    enum err e;

    m->loading = true;
    pthread_mutex_unlock(&acct->lock);
    e = mailbox_read(m->shelf, &v, &log);
    pthread_mutex_lock(&acct->lock);
    m->loading = false;
    if (e == ERR_OK) {
        version_publish(v);
        m->version = v;
        m->log = log;
        m->recent = v->head.recent_from;
    } else {
        account_mailbox_end_locked(acct, m);
    }
    pthread_cond_broadcast(&acct->changed);
    return e;
}

static enum err mailbox_get_locked(struct account *acct, uint64_t id, struct mailbox **out)
{
    struct mailbox *m = account_mailbox_find_locked(acct, id);

    while (m && m->loading) {
        pthread_cond_wait(&acct->changed, &acct->lock);
        m = account_mailbox_find_locked(acct, id);
    }
    if (!m) {
        m = mailbox_new(acct, id);
        account_mailbox_add_locked(acct, m);
    }
    if (!m->version)
        TRY(mailbox_load(acct, m));
    m->used = ++acct->clock;
    *out = m;
    return ERR_OK;
}

enum err account_mailbox(struct account *acct, uint64_t id, struct mailbox **out,
                         struct version **v_out)
{
    enum err e;

    pthread_mutex_lock(&acct->lock);
    e = mailbox_get_locked(acct, id, out);
    if (e == ERR_OK) {
        *v_out = version_ref((*out)->version);
        (*out)->pins++;
    }
    pthread_mutex_unlock(&acct->lock);
    return e;
}

void account_mailbox_unpin(struct account *acct, struct mailbox *m)
{
    pthread_mutex_lock(&acct->lock);
    m->pins--;
    pthread_mutex_unlock(&acct->lock);
}

/* Nobody reads a version of it or makes one. */
static bool mailbox_is_idle(const struct mailbox *m)
{
    return m->version && !m->loading && m->pins == 0 && atomic_load(&m->version->refs) == 1 &&
           shelf_alive(m->shelf) == 1;
}

/* The idle one that was not used for the longest time; *long_logs_out: there are idle ones that
 * must be folded first, because reading their logs again would take long. */
static struct mailbox *mailbox_to_close(struct account *acct, bool *long_logs_out)
{
    struct mailbox *oldest = NULL;

    for (size_t i = 0; i < acct->n_mailboxes; i++) {
        struct mailbox *m = acct->mailboxes[i];

        if (!mailbox_is_idle(m))
            continue;
        if (m->version->disk.log_records >= LOG_CLOSE_RECORDS)
            *long_logs_out = true;
        else if (!oldest || m->used < oldest->used)
            oldest = m;
    }
    return oldest;
}

void account_trim(struct account *acct)
{
    bool long_logs = false, fold = false;

    pthread_mutex_lock(&acct->lock);
    while (acct->n_mailboxes > MAILBOXES_OPEN && !acct->fresh) {
        struct mailbox *m = mailbox_to_close(acct, &long_logs);

        if (!m)
            break;
        account_mailbox_end_locked(acct, m);
    }
    if (acct->n_mailboxes > MAILBOXES_OPEN && long_logs && !acct->folding)
        fold = acct->folding = true;
    pthread_mutex_unlock(&acct->lock);
    if (fold) {
        struct intent in = {.kind = (enum intent_kind)INTENT_FOLD};

        account_submit_own(acct, ticket_new(acct, &in));
    }
}

/* ---- the account's record ---- */

enum { ACCOUNT_FORMAT = 1 };

void counters_encode(const struct counters *c, struct buf *out)
{
    size_t start = seal_begin(out, ACCOUNT_FORMAT);

    enc_var(out, c->next_node);
    enc_var(out, c->next_mailbox);
    enc_var(out, c->object_bound);
    enc_var(out, c->last_uidvalidity);
    buf_add(out, c->secret, sizeof(c->secret));
    seal_end(out, start);
}

enum err counters_decode(struct str value, struct counters *out)
{
    struct str secret;
    struct dec d;
    uint8_t format;

    TRY(seal_open(value, ACCOUNT_FORMAT, &format, &d));
    out->next_node = dec_var(&d);
    out->next_mailbox = dec_var(&d);
    out->object_bound = dec_var(&d);
    out->last_uidvalidity = (uint32_t)dec_var(&d);
    secret = dec_bytes(&d, sizeof(out->secret));
    if (d.bad || d.n)
        return ERR_CORRUPT;
    memcpy(out->secret, secret.p, sizeof(out->secret));
    return ERR_OK;
}

enum { SCAN_ROWS = 500 };

typedef enum err tree_row_fn(struct tree *t, const struct store_row *r);

static enum err account_each(struct account *acct, enum key_kind kind, tree_row_fn *fn,
                             struct tree *t)
{
    struct key prefix = key_kind(acct->id, kind);
    struct key from = prefix;
    size_t n = SCAN_ROWS;
    enum err e = ERR_OK;

    while (e == ERR_OK && n == SCAN_ROWS) {
        struct arena *a = arena_new();
        struct store_row *rows;

        e = store_scan(acct->ms->store, a, key_str(&prefix), key_str(&from), SCAN_ROWS, &rows, &n);
        for (size_t i = 0; e == ERR_OK && i < n; i++) {
            e = fn(t, &rows[i]);
            from = key_one(acct->id, kind, key_id(rows[i].key) + 1);
        }
        arena_free(a);
    }
    return e;
}

static enum err node_row(struct tree *t, const struct store_row *r)
{
    struct node n;

    TRY(node_decode(r->value, &n));
    if (n.id != key_id(r->key))
        return ERR_CORRUPT;
    tree_set(t, &n);
    return ERR_OK;
}

static enum err sub_row(struct tree *t, const struct store_row *r)
{
    struct str name;

    TRY(sub_decode(r->value, &name));
    if (!tree_sub(t, name))
        tree_subscribe(t, key_id(r->key), name);
    return ERR_OK;
}

static uint32_t uidvalidity_now(uint32_t last)
{
    int64_t now = clock_wall();
    uint32_t clock = now > 0 && now < UINT32_MAX ? (uint32_t)now : 1;

    return clock > last ? clock : last + 1;
}

/* Every account has an INBOX (RFC 9051, 5.1). */
static void account_make_first(struct account *acct)
{
    struct node inbox = {.id = 1, .mailbox = 1, .leaf = STR("INBOX")};
    struct mailbox *m = mailbox_new(acct, 1);

    acct->fresh = true;
    acct->counters = (struct counters){.next_node = 2, .next_mailbox = 2, .object_bound = 1};
    acct->counters.last_uidvalidity = uidvalidity_now(0);
    check(RAND_bytes(acct->counters.secret, sizeof(acct->counters.secret)) == 1);
    tree_set(acct->tree, &inbox);
    m->version = mailbox_first_version(m, acct->counters.last_uidvalidity);
    version_publish(m->version);
    account_mailbox_add_locked(acct, m);
}

/* *found_out false: the store knows nothing of the account. */
static enum err account_fetch(struct account *acct, struct counters *counters, struct tree *t,
                              bool *found_out)
{
    struct key key = key_kind(acct->id, KEY_ACCOUNT);
    struct str name = key_str(&key), value;
    struct arena *a = arena_new();
    enum err e = store_get(acct->ms->store, a, &name, 1, &value);

    *found_out = e == ERR_OK && value.p;
    if (*found_out)
        e = counters_decode(value, counters);
    arena_free(a);
    if (*found_out && e == ERR_OK)
        e = account_each(acct, KEY_NODE, node_row, t);
    if (*found_out && e == ERR_OK)
        e = account_each(acct, KEY_SUB, sub_row, t);
    return e;
}

enum err account_load(struct account *acct)
{
    enum err e = store_change(acct->ms->store, acct->id, &acct->change);
    bool found = false;

    acct->tree = tree_new();
    if (e == ERR_OK)
        e = account_fetch(acct, &acct->counters, acct->tree, &found);
    if (e == ERR_OK && !found)
        account_make_first(acct);
    atomic_store(&acct->next_object, acct->counters.object_bound);
    if (e != ERR_OK)
        log_event(LOG_ERROR, "account", kv_u64("account", acct->id), kv_err(e));
    return e;
}

/* ---- after a conflict ---- */

static enum err mailbox_reload(struct account *acct, struct mailbox *m)
{
    struct version *v, *old;
    struct log_list log;

    TRY(mailbox_read(m->shelf, &v, &log));
    pthread_mutex_lock(&acct->lock);
    log_list_fini(&m->log);
    m->log = log;
    m->n_garbage = 0;
    version_publish(v);
    old = m->version;
    m->version = v;
    pthread_mutex_unlock(&acct->lock);
    version_unref(old);
    return ERR_OK;
}

/* Readers may open further mailboxes meanwhile: those read what is there now. */
static enum err mailboxes_reload(struct account *acct)
{
    uint64_t id = 0;
    enum err e = ERR_OK;

    while (e == ERR_OK) {
        struct mailbox *m;
        size_t i;

        pthread_mutex_lock(&acct->lock);
        i = mailbox_at(acct, id + 1);
        m = i < acct->n_mailboxes ? acct->mailboxes[i] : NULL;
        id = m ? m->id : id;
        if (m && (m->loading || !m->version))
            m = NULL;
        pthread_mutex_unlock(&acct->lock);
        if (i >= acct->n_mailboxes)
            break;
        if (m)
            e = mailbox_reload(acct, m);
        if (e == ERR_NO_MAILBOX) {
            pthread_mutex_lock(&acct->lock);
            account_mailbox_end_locked(acct, m);
            pthread_mutex_unlock(&acct->lock);
            e = ERR_OK;
        }
    }
    return e;
}

enum err account_reload(struct account *acct)
{
    struct tree *t = tree_new(), *old = t;
    struct names *flat = NULL;
    bool found;
    enum err e = account_fetch(acct, &acct->counters, t, &found);

    cache_forget(acct->ms->cache, acct->id);
    if (e == ERR_OK && found)
        e = mailboxes_reload(acct);
    if (e == ERR_OK && found) {
        pthread_mutex_lock(&acct->lock);
        old = acct->tree;
        acct->tree = t;
        flat = acct->flat;
        acct->flat = NULL;
        pthread_mutex_unlock(&acct->lock);
        acct->change = acct->batch_change;
        acct->fresh = false;
    }
    tree_unref(old);
    names_unref(flat);
    return e == ERR_OK && !found ? ERR_CONFLICT : e;
}

void account_destroy(struct account *acct)
{
    check(!acct->queue && !acct->busy && !acct->watches);
    for (size_t i = 0; i < acct->n_mailboxes; i++)
        mailbox_free(acct->mailboxes[i]);
    mem_free(acct->mailboxes);
    names_unref(acct->flat);
    tree_unref(acct->tree);
    mem_free(acct->guard);
    reap_state_free(acct->reap);
    pthread_cond_destroy(&acct->changed);
    pthread_mutex_destroy(&acct->lock);
    mem_free(acct);
}

/* ---- asking ---- */

struct names *account_names(struct account *acct)
{
    struct names *names;
    struct tree *tree;

    pthread_mutex_lock(&acct->lock);
    names = acct->flat ? names_ref(acct->flat) : NULL;
    tree = tree_ref(acct->tree);
    pthread_mutex_unlock(&acct->lock);
    if (!names) {
        names = tree_flatten(tree);
        pthread_mutex_lock(&acct->lock);
        if (!acct->flat && acct->tree == tree)
            acct->flat = names_ref(names);
        pthread_mutex_unlock(&acct->lock);
    }
    tree_unref(tree);
    return names;
}

enum err account_version(struct account *acct, uint64_t mailbox, struct version **out)
{
    struct mailbox *m;
    bool many;
    enum err e;

    pthread_mutex_lock(&acct->lock);
    e = mailbox_get_locked(acct, mailbox, &m);
    if (e == ERR_OK)
        *out = version_ref(m->version);
    many = acct->n_mailboxes > MAILBOXES_OPEN;
    pthread_mutex_unlock(&acct->lock);
    if (many)
        account_trim(acct);
    return e;
}

enum err account_status(struct account *acct, uint64_t mailbox, struct version_head *out)
{
    struct mailbox *m;
    struct arena *a;
    struct head h;
    enum err e;

    pthread_mutex_lock(&acct->lock);
    m = account_mailbox_find_locked(acct, mailbox);
    if (m && m->version) {
        *out = m->version->head;
        out->recent_from = m->recent;
        pthread_mutex_unlock(&acct->lock);
        return ERR_OK;
    }
    pthread_mutex_unlock(&acct->lock);
    a = arena_new();
    e = head_read(acct->ms->store, acct->id, mailbox, a, &h);
    if (e == ERR_OK)
        *out = h.counts;
    arena_free(a);
    return e;
}

/* ---- \Recent (RFC 3501, 2.3.2) ---- */

uint32_t account_claim_recent(struct account *acct, struct version *v)
{
    struct mailbox *m;
    uint32_t first = v->head.uidnext;

    pthread_mutex_lock(&acct->lock);
    m = account_mailbox_find_locked(acct, v->head.mailbox);
    if (m && m->version && m->shelf == v->shelf) {
        if (m->recent < first)
            first = m->recent;
        if (m->recent < v->head.uidnext)
            m->recent = v->head.uidnext;
    }
    pthread_mutex_unlock(&acct->lock);
    return first;
}

uint32_t account_recent(struct account *acct, uint64_t mailbox)
{
    struct version_head h;

    return account_status(acct, mailbox, &h) == ERR_OK ? h.recent_from : 0;
}

/* ---- messages ---- */

uint64_t account_new_object(struct account *acct)
{
    return atomic_fetch_add(&acct->next_object, 1);
}

static enum err summaries_get(struct account *acct, struct arena *a, enum key_kind kind,
                              const uint64_t *objects, size_t n, struct str *out)
{
    struct key *keys = ARENA_ARRAY(a, struct key, n);
    struct str *names = ARENA_ARRAY(a, struct str, n);

    for (size_t i = 0; i < n; i++) {
        keys[i] = key_one(acct->id, kind, objects[i]);
        names[i] = key_str(&keys[i]);
    }
    return store_get(acct->ms->store, a, names, n, out);
}

enum err account_summaries(struct account *acct, struct arena *a, const uint64_t *objects, size_t n,
                           struct str *list_out)
{
    return summaries_get(acct, a, KEY_LIST, objects, n, list_out);
}

enum err account_summary_more(struct account *acct, struct arena *a, uint64_t object,
                              struct str *more_out)
{
    return summaries_get(acct, a, KEY_MORE, &object, 1, more_out);
}

enum err account_read(struct account *acct, uint64_t object, uint64_t offset, void *to, size_t n,
                      size_t *got_out)
{
    return store_blob_read(acct->ms->store, acct->id, object, offset, to, n, got_out);
}
