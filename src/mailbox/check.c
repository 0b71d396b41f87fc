/*
 * mailbox/check.c - proving an account (tern check) and mending it.
 *
 * Works on versions beside the living account.  What cannot be told apart from a change on its way
 * is looked at again when the writer is idle.  Mending only ever adds: a message that no mailbox
 * names is put into "Recovered", a mailbox without a name gets one.
 */
#include "mailbox/check_priv.h"

#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void finding(struct checking *k, const char *fmt, ...)
{
    char line[600];
    va_list ap;
    int n = snprintf(line, sizeof(line), "account %llu: ", (unsigned long long)k->acct->id);

    va_start(ap, fmt);
    n += vsnprintf(line + n, sizeof(line) - (size_t)n, fmt, ap);
    va_end(ap);
    if ((size_t)n >= sizeof(line))
        n = sizeof(line) - 1;
    k->report->findings++;
    if (k->say)
        k->say(k->arg, str_n(line, (size_t)n));
}

bool check_quiet(struct checking *k)
{
    if (!k->busy)
        k->busy = !account_quiet(k->acct);
    return !k->busy;
}

/* ---- names ---- */

static void check_node(struct checking *k, const struct tree *t, const struct node *n)
{
    uint64_t at = n->id;
    unsigned depth = 0;

    while (at && depth++ <= NAME_MAX_DEPTH) {
        const struct node *up = tree_node(t, at);

        at = up ? up->parent : UINT64_MAX;
        if (at == UINT64_MAX)
            break;
    }
    if (at)
        finding(k, "the name \"%.*s\" hangs below a name that is not there", STR_FMT(n->leaf));
}

static int u64_order(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

/* No two mailboxes of an account have the same UIDVALIDITY, no two names the same mailbox. */
static void check_unique(struct checking *k, uint64_t *v, size_t n, const char *what)
{
    if (n)
        qsort(v, n, sizeof(*v), u64_order);
    for (size_t i = 1; i < n; i++)
        if (v[i] == v[i - 1])
            finding(k, "%s %llu is there twice", what, (unsigned long long)v[i]);
}

static enum err check_names(struct checking *k, const struct tree *t)
{
    uint64_t *ids = NEW_ARRAY(uint64_t, t->n + 1), *validities = NEW_ARRAY(uint64_t, t->n + 1);
    size_t n = 0, n_heads = 0;
    enum err e = ERR_OK;

    for (size_t i = 0; e == ERR_OK && i < t->n; i++) {
        struct version_head h;

        check_node(k, t, t->by_id[i]);
        if (t->by_id[i]->mailbox == 0)
            continue;
        ids[n++] = t->by_id[i]->mailbox;
        e = account_status(k->acct, t->by_id[i]->mailbox, &h);
        if (e == ERR_OK)
            validities[n_heads++] = h.uidvalidity;
        else if (e == ERR_NO_MAILBOX && check_quiet(k))
            finding(k, "the name \"%.*s\" names a mailbox that is not there",
                    STR_FMT(t->by_id[i]->leaf));
        if (e == ERR_NO_MAILBOX || e == ERR_CORRUPT || e == ERR_VERSION)
            e = ERR_OK; /* told with the mailbox */
    }
    check_unique(k, ids, n, "the mailbox number");
    check_unique(k, validities, n_heads, "the UIDVALIDITY");
    mem_free(ids);
    mem_free(validities);
    return e;
}

static struct tree *tree_now(struct account *acct)
{
    struct tree *t;

    pthread_mutex_lock(&acct->lock);
    t = tree_ref(acct->tree);
    pthread_mutex_unlock(&acct->lock);
    return t;
}

static enum err check_mailboxes(struct checking *k, const struct tree *t)
{
    struct arena *a = arena_new();
    enum err e = ERR_OK;

    for (size_t i = 0; e == ERR_OK && i < t->n; i++)
        if (t->by_id[i]->mailbox)
            e = check_mailbox(k, t->by_id[i]->mailbox, tree_name(t, a, t->by_id[i]->id));
    arena_free(a);
    return e;
}

/* ---- keys by mailbox ---- */

enum { KEYS_A_SCAN = 256 };

typedef enum err mailbox_key_fn(struct checking *k, uint64_t mailbox);

static enum err each_key(struct checking *k, enum key_kind kind, mailbox_key_fn *fn)
{
    struct key prefix = key_kind(k->acct->id, kind), from = prefix;
    size_t n = KEYS_A_SCAN;
    enum err e = ERR_OK;

    while (e == ERR_OK && n == KEYS_A_SCAN) {
        struct arena *a = arena_new();
        struct store_row *rows;

        e = store_scan(k->acct->ms->store, a, key_str(&prefix), key_str(&from), KEYS_A_SCAN, &rows,
                       &n);
        for (size_t i = 0; e == ERR_OK && i < n; i++) {
            e = fn(k, key_id(rows[i].key));
            from = key_one(k->acct->id, kind, key_id(rows[i].key) + 1);
        }
        arena_free(a);
    }
    return e;
}

static enum err head_has_name(struct checking *k, uint64_t mailbox)
{
    struct tree *t = tree_now(k->acct);
    bool named = tree_of_mailbox(t, mailbox) != NULL;

    tree_unref(t);
    if (named || !check_quiet(k))
        return ERR_OK;
    t = tree_now(k->acct);
    named = tree_of_mailbox(t, mailbox) != NULL;
    tree_unref(t);
    if (named)
        return ERR_OK;
    finding(k, "mailbox %llu has no name", (unsigned long long)mailbox);
    if (k->repair && k->repairs->n_unnamed < REPAIR_OBJECTS)
        k->repairs->unnamed[k->repairs->n_unnamed++] = mailbox;
    return check_mailbox(k, mailbox, STR("(no name)"));
}

/* What a deleted mailbox names is waiting for the reaper. */
static enum err grave_names(struct checking *k, uint64_t mailbox)
{
    return reap_objects_of(&k->named, mailbox);
}

/* ---- bodies that nobody names ---- */

static void objects_sort(struct reap_state *r)
{
    if (r->n)
        qsort(r->objects, r->n, sizeof(*r->objects), u64_order);
}

static bool object_named(const struct reap_state *r, uint64_t object)
{
    return r->n && bsearch(&object, r->objects, r->n, sizeof(object), u64_order);
}

enum { BLOBS_A_LIST = 4096 };

/* Bodies below `bound` that were not named when everything was looked at. */
static enum err blobs_unnamed(struct checking *k, uint64_t bound, struct reap_state *lost)
{
    uint64_t from = 0;
    size_t n = BLOBS_A_LIST;
    enum err e = ERR_OK;

    objects_sort(&k->named);
    while (e == ERR_OK && n == BLOBS_A_LIST && from < bound) {
        struct arena *a = arena_new();
        uint64_t *objects;

        e = store_blob_list(k->acct->ms->store, a, k->acct->id, from, BLOBS_A_LIST, &objects, &n);
        for (size_t i = 0; e == ERR_OK && i < n; i++) {
            from = objects[i] + 1;
            if (objects[i] < bound && !object_named(&k->named, objects[i]))
                reap_object(lost, objects[i]);
        }
        arena_free(a);
    }
    return e;
}

static void repair_object(struct checking *k, uint64_t object)
{
    struct repair *r = k->repairs;
    uint64_t size;

    if (r->n_objects == REPAIR_OBJECTS ||
        store_blob_stat(k->acct->ms->store, k->acct->id, object, &size) != ERR_OK)
        return;
    r->objects[r->n_objects++] = (struct repair_object){object, size};
}

/* Looked at again with the writer idle: what was on its way has arrived. */
static enum err check_bodies(struct checking *k, uint64_t bound)
{
    struct reap_state lost = {.acct = k->acct, .tolerant = true};
    enum err e = blobs_unnamed(k, bound, &lost);

    if (e == ERR_OK && lost.n && check_quiet(k)) {
        e = reap_look(&lost);
        for (size_t i = 0; e == ERR_OK && i < lost.n; i++) {
            finding(k, "a message (object %llu) is in no mailbox",
                    (unsigned long long)lost.objects[i]);
            if (k->repair)
                repair_object(k, lost.objects[i]);
        }
    }
    mem_free(lost.objects);
    return e;
}

/* ---- all ---- */

static enum err check_all(struct checking *k)
{
    uint64_t bound = atomic_load(&k->acct->next_object);
    struct tree *t = tree_now(k->acct);
    enum err e = check_names(k, t);

    if (e == ERR_OK)
        e = check_mailboxes(k, t);
    if (e == ERR_OK)
        e = each_key(k, KEY_HEAD, head_has_name);
    if (e == ERR_OK)
        e = each_key(k, KEY_TOMB, grave_names);
    if (e == ERR_OK)
        e = check_bodies(k, bound);
    tree_unref(t);
    return e;
}

/* Nobody waits for it: it is durable with the account's next batch. */
static void repair_submit(struct checking *k)
{
    struct intent in = {.kind = (enum intent_kind)INTENT_REPAIR};
    struct ticket *t;

    if (k->repairs->n_objects + k->repairs->n_unnamed == 0)
        return;
    k->report->repaired += k->repairs->n_objects + k->repairs->n_unnamed;
    t = ticket_new(k->acct, &in);
    t->payload = arena_alloc(t->arena, sizeof(*k->repairs));
    memcpy(t->payload, k->repairs, sizeof(*k->repairs));
    account_submit_own(k->acct, t);
}

/* The reaper must not remove what this is looking at: one of them at a time. */
static bool reaper_hold(struct account *acct, bool on)
{
    bool held;

    pthread_mutex_lock(&acct->lock);
    held = on && reap_of(acct)->running;
    if (!held)
        acct->reap->running = on;
    pthread_mutex_unlock(&acct->lock);
    return !held;
}

enum err account_check(struct account *acct, bool deep, bool repair, store_say_fn *say, void *arg,
                       struct account_check_report *out)
{
    struct checking k = {
        .acct = acct, .deep = deep, .repair = repair, .say = say, .arg = arg, .report = out};
    enum err e;

    *out = (struct account_check_report){0};
    if (!reaper_hold(acct, true))
        return ERR_BUSY;
    k.named.acct = acct;
    k.repairs = NEW(struct repair);
    e = check_all(&k);
    reaper_hold(acct, false);
    if (e == ERR_OK && repair)
        repair_submit(&k);
    mem_free(k.named.objects);
    mem_free(k.repairs);
    return e;
}
