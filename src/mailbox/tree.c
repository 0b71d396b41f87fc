/*
 * mailbox/tree.c - the tree of names and the subscriptions, as values.
 *
 *  (1) by_id and by_name hold the same nodes, each in its order.
 *  (2) A node's parent is in the tree, and chains of parents end (the writer never moves a node
 * below itself).
 */
#include "mailbox/tree.h"

#include "base/check.h"
#include "base/mem.h"

struct tree *tree_new(void)
{
    struct tree *t = NEW(struct tree);

    atomic_init(&t->refs, 1);
    return t;
}

struct tree *tree_ref(struct tree *t)
{
    atomic_fetch_add_explicit(&t->refs, 1, memory_order_relaxed);
    return t;
}

static void node_unref(struct node *n)
{
    if (atomic_fetch_sub_explicit(&n->refs, 1, memory_order_acq_rel) == 1)
        mem_free(n);
}

static void sub_unref(struct sub *s)
{
    if (atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) == 1)
        mem_free(s);
}

void tree_unref(struct tree *t)
{
    if (!t || atomic_fetch_sub_explicit(&t->refs, 1, memory_order_acq_rel) != 1)
        return;
    for (size_t i = 0; i < t->n; i++)
        node_unref(t->by_id[i]);
    for (size_t i = 0; i < t->n_subs; i++)
        sub_unref(t->subs[i]);
    mem_free(t->by_id);
    mem_free(t->by_name);
    mem_free(t->subs);
    mem_free(t);
}

static void *pointers_copy(const void *from, size_t n, size_t cap)
{
    void **to = NEW_ARRAY(void *, cap ? cap : 1);

    if (n)
        memcpy(to, from, n * sizeof(*to));
    return to;
}

struct tree *tree_copy(const struct tree *from)
{
    struct tree *t = tree_new();

    t->n = from->n;
    t->cap = from->n + 16;
    t->by_id = pointers_copy(from->by_id, t->n, t->cap);
    t->by_name = pointers_copy(from->by_name, t->n, t->cap);
    t->n_subs = from->n_subs;
    t->cap_subs = from->n_subs + 16;
    t->subs = pointers_copy(from->subs, t->n_subs, t->cap_subs);
    for (size_t i = 0; i < t->n; i++)
        atomic_fetch_add_explicit(&t->by_id[i]->refs, 1, memory_order_relaxed);
    for (size_t i = 0; i < t->n_subs; i++)
        atomic_fetch_add_explicit(&t->subs[i]->refs, 1, memory_order_relaxed);
    return t;
}

/* ---- finding ---- */

/* The first node with an id >= `id`. */
static size_t id_at(const struct tree *t, uint64_t id)
{
    size_t lo = 0, hi = t->n;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (t->by_id[mid]->id < id)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

/* The first node at or behind (parent, leaf). */
static size_t name_at(const struct tree *t, uint64_t parent, struct str leaf)
{
    size_t lo = 0, hi = t->n;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        const struct node *n = t->by_name[mid];

        if (n->parent < parent || (n->parent == parent && str_cmp(n->leaf, leaf) < 0))
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

const struct node *tree_node(const struct tree *t, uint64_t id)
{
    size_t i = id_at(t, id);

    return i < t->n && t->by_id[i]->id == id ? t->by_id[i] : NULL;
}

const struct node *tree_child(const struct tree *t, uint64_t parent, struct str leaf)
{
    size_t i = name_at(t, parent, leaf);

    if (i == t->n || t->by_name[i]->parent != parent || !str_eq(t->by_name[i]->leaf, leaf))
        return NULL;
    return t->by_name[i];
}

bool tree_has_children(const struct tree *t, uint64_t id)
{
    size_t i = name_at(t, id, STR(""));

    return i < t->n && t->by_name[i]->parent == id;
}

const struct node *tree_of_mailbox(const struct tree *t, uint64_t mailbox)
{
    for (size_t i = 0; mailbox && i < t->n; i++)
        if (t->by_id[i]->mailbox == mailbox)
            return t->by_id[i];
    return NULL;
}

const struct node *tree_find(const struct tree *t, struct str name, uint64_t *last_out,
                             struct str *missing_out)
{
    const struct node *n = NULL;
    uint64_t at = 0;

    while (name.n) {
        size_t level = str_find(name, NAME_DELIMITER);

        n = tree_child(t, at, str_sub(name, 0, level));
        if (!n)
            break;
        at = n->id;
        name = str_from(name, level + 1);
    }
    if (last_out)
        *last_out = at;
    if (missing_out)
        *missing_out = name;
    return n;
}

struct str tree_name(const struct tree *t, struct arena *a, uint64_t id)
{
    const struct node *chain[NAME_MAX_DEPTH];
    struct buf b = BUF_INIT;
    struct str name;
    unsigned n = 0;

    for (const struct node *at = tree_node(t, id); at && n < NAME_MAX_DEPTH;
         at = tree_node(t, at->parent))
        chain[n++] = at;
    while (n-- > 0) {
        if (b.n)
            buf_add_char(&b, NAME_DELIMITER);
        buf_add_str(&b, chain[n]->leaf);
    }
    name = arena_str(a, buf_str(&b));
    buf_fini(&b);
    return name;
}

bool tree_is_below(const struct tree *t, uint64_t id, uint64_t above)
{
    while (id && id != above) {
        const struct node *n = tree_node(t, id);

        id = n ? n->parent : 0;
    }
    return id == above;
}

size_t tree_mailboxes(const struct tree *t)
{
    size_t n = 0;

    for (size_t i = 0; i < t->n; i++)
        n += t->by_id[i]->mailbox != 0;
    return n;
}

/* ---- changing ---- */

static struct node *node_new(const struct node *like)
{
    struct node *n = mem_new(sizeof(*n) + like->leaf.n);
    char *p = (char *)(n + 1);

    atomic_init(&n->refs, 1);
    n->id = like->id;
    n->parent = like->parent;
    n->mailbox = like->mailbox;
    n->uses = like->uses;
    memcpy(p, like->leaf.p, like->leaf.n);
    n->leaf = str_n(p, like->leaf.n);
    return n;
}

static void insert_at(void *array, size_t n, size_t at, void *what)
{
    void **v = array;

    memmove(v + at + 1, v + at, (n - at) * sizeof(*v));
    v[at] = what;
}

static void remove_at(void *array, size_t n, size_t at)
{
    void **v = array;

    memmove(v + at, v + at + 1, (n - at - 1) * sizeof(*v));
}

void tree_remove(struct tree *t, uint64_t id)
{
    size_t i = id_at(t, id);
    struct node *n;

    if (i == t->n || t->by_id[i]->id != id)
        return;
    n = t->by_id[i];
    remove_at(t->by_name, t->n, name_at(t, n->parent, n->leaf));
    remove_at(t->by_id, t->n, i);
    t->n--;
    node_unref(n);
}

const struct node *tree_set(struct tree *t, const struct node *like)
{
    struct node *n = node_new(like);

    tree_remove(t, like->id);
    if (t->n == t->cap) {
        t->cap = t->cap ? t->cap * 2 : 16;
        t->by_id = mem_grow(t->by_id, t->cap * sizeof(*t->by_id));
        t->by_name = mem_grow(t->by_name, t->cap * sizeof(*t->by_name));
    }
    insert_at(t->by_id, t->n, id_at(t, n->id), n);
    insert_at(t->by_name, t->n, name_at(t, n->parent, n->leaf), n);
    t->n++;
    return n;
}

/* ---- subscriptions ---- */

static size_t sub_at(const struct tree *t, struct str name)
{
    size_t lo = 0, hi = t->n_subs;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (name_cmp(t->subs[mid]->name, name) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

const struct sub *tree_sub(const struct tree *t, struct str name)
{
    size_t i = sub_at(t, name);

    return i < t->n_subs && str_eq(t->subs[i]->name, name) ? t->subs[i] : NULL;
}

void tree_subscribe(struct tree *t, uint64_t id, struct str name)
{
    struct sub *s = mem_new(sizeof(*s) + name.n);
    char *p = (char *)(s + 1);

    atomic_init(&s->refs, 1);
    s->id = id;
    memcpy(p, name.p, name.n);
    s->name = str_n(p, name.n);
    if (t->n_subs == t->cap_subs) {
        t->cap_subs = t->cap_subs ? t->cap_subs * 2 : 16;
        t->subs = mem_grow(t->subs, t->cap_subs * sizeof(*t->subs));
    }
    insert_at(t->subs, t->n_subs, sub_at(t, name), s);
    t->n_subs++;
}

void tree_unsubscribe(struct tree *t, struct str name)
{
    size_t i = sub_at(t, name);

    check(i < t->n_subs && str_eq(t->subs[i]->name, name));
    sub_unref(t->subs[i]);
    remove_at(t->subs, t->n_subs, i);
    t->n_subs--;
}

/* ---- as stored ---- */

enum { NODE_FORMAT = 1, SUB_FORMAT = 1 };

void node_encode(const struct node *n, struct buf *out)
{
    size_t start = seal_begin(out, NODE_FORMAT);

    enc_var(out, n->id);
    enc_var(out, n->parent);
    enc_var(out, n->mailbox);
    enc_var(out, n->uses);
    enc_str(out, n->leaf);
    seal_end(out, start);
}

enum err node_decode(struct str value, struct node *out)
{
    struct dec d;
    uint8_t format;

    TRY(seal_open(value, NODE_FORMAT, &format, &d));
    *out = (struct node){.id = dec_var(&d)};
    out->parent = dec_var(&d);
    out->mailbox = dec_var(&d);
    out->uses = (uint32_t)dec_var(&d);
    out->leaf = dec_str(&d);
    return d.bad || d.n || out->id == 0 || out->leaf.n == 0 || out->leaf.n > NAME_MAX_BYTES ||
                   out->id == out->parent
               ? ERR_CORRUPT
               : ERR_OK;
}

void sub_encode(struct str name, struct buf *out)
{
    size_t start = seal_begin(out, SUB_FORMAT);

    enc_str(out, name);
    seal_end(out, start);
}

enum err sub_decode(struct str value, struct str *out)
{
    struct dec d;
    uint8_t format;

    TRY(seal_open(value, SUB_FORMAT, &format, &d));
    *out = dec_str(&d);
    return d.bad || d.n || out->n == 0 || out->n > NAME_MAX_BYTES ? ERR_CORRUPT : ERR_OK;
}
