/*
 * mailbox/shelf.c - which versions of a mailbox are alive; and the keyword table.
 */
#include "mailbox/version_priv.h"

#include "base/check.h"
#include "base/mem.h"

struct shelf *shelf_new(struct store *store, struct cache *cache, uint64_t account,
                        uint64_t mailbox)
{
    struct shelf *s = NEW(struct shelf);

    atomic_init(&s->refs, 1);
    s->account = account;
    s->mailbox = mailbox;
    s->store = store;
    s->cache = cache;
    pthread_mutex_init(&s->lock, NULL);
    return s;
}

struct shelf *shelf_ref(struct shelf *s)
{
    atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
    return s;
}

void shelf_unref(struct shelf *s)
{
    if (!s || atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) != 1)
        return;
    check(!s->oldest);
    pthread_mutex_destroy(&s->lock);
    mem_free(s);
}

uint64_t shelf_oldest(struct shelf *s)
{
    uint64_t oldest;

    pthread_mutex_lock(&s->lock);
    oldest = s->oldest ? s->oldest->serial : s->serial + 1;
    pthread_mutex_unlock(&s->lock);
    return oldest;
}

uint64_t shelf_oldest_modseq(struct shelf *s)
{
    uint64_t modseq;

    pthread_mutex_lock(&s->lock);
    modseq = s->oldest ? s->oldest->head.modseq : UINT64_MAX;
    pthread_mutex_unlock(&s->lock);
    return modseq;
}

uint64_t shelf_serial(struct shelf *s)
{
    uint64_t serial;

    pthread_mutex_lock(&s->lock);
    serial = s->serial;
    pthread_mutex_unlock(&s->lock);
    return serial;
}

size_t shelf_alive(struct shelf *s)
{
    size_t n = 0;

    pthread_mutex_lock(&s->lock);
    for (struct version *v = s->oldest; v; v = v->newer)
        n++;
    pthread_mutex_unlock(&s->lock);
    return n;
}

/* ---- keywords ---- */

enum { KEYWORDS_FORMAT = 1 };

struct keytable *keytable_new(void)
{
    struct keytable *t = NEW(struct keytable);

    atomic_init(&t->refs, 1);
    return t;
}

struct keytable *keytable_ref(struct keytable *t)
{
    atomic_fetch_add_explicit(&t->refs, 1, memory_order_relaxed);
    return t;
}

void keytable_unref(struct keytable *t)
{
    if (t && atomic_fetch_sub_explicit(&t->refs, 1, memory_order_acq_rel) == 1)
        mem_free(t);
}

int keytable_find(const struct keytable *t, struct str name)
{
    for (unsigned i = 0; i < t->n; i++)
        if (str_eq_nocase(t->name[i], name))
            return (int)i;
    return -1;
}

/* The names' bytes stand behind the table, in one piece of memory. */
static struct keytable *keytable_of(const struct str *names, unsigned n)
{
    size_t bytes = 0;
    struct keytable *t;
    char *p;

    for (unsigned i = 0; i < n; i++)
        bytes += names[i].n;
    t = mem_new(sizeof(*t) + n * sizeof(t->name[0]) + bytes);
    p = (char *)(t->name + n);
    atomic_init(&t->refs, 1);
    t->n = n;
    for (unsigned i = 0; i < n; i++) {
        t->name[i] = str_n(p, names[i].n);
        memcpy(p, names[i].p, names[i].n);
        p += names[i].n;
    }
    return t;
}

struct keytable *keytable_add(const struct keytable *t, struct str name)
{
    struct str names[KEYWORDS_MAX];

    check(t->n < KEYWORDS_MAX);
    memcpy(names, t->name, t->n * sizeof(*names));
    names[t->n] = name;
    return keytable_of(names, t->n + 1);
}

void keytable_encode(const struct keytable *t, struct buf *out)
{
    size_t start = seal_begin(out, KEYWORDS_FORMAT);

    enc_var(out, t->n);
    for (unsigned i = 0; i < t->n; i++)
        enc_str(out, t->name[i]);
    seal_end(out, start);
}

enum err keytable_decode(struct str value, struct keytable **out)
{
    struct str names[KEYWORDS_MAX];
    struct dec d;
    uint8_t format;
    uint64_t n;

    TRY(seal_open(value, KEYWORDS_FORMAT, &format, &d));
    n = dec_var(&d);
    if (n > KEYWORDS_MAX)
        return ERR_CORRUPT;
    for (unsigned i = 0; i < n; i++)
        names[i] = dec_str(&d);
    if (d.bad || d.n)
        return ERR_CORRUPT;
    *out = keytable_of(names, (unsigned)n);
    return ERR_OK;
}
