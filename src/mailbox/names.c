/*
 * mailbox/names.c - names as sessions see them: one sorted list of all; and what may be a name.
 */
#include "mailbox/names.h"

#include "base/check.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "mailbox/tree.h"

#include <stdlib.h>

/* The public list stands in front, so one pointer is both. */
struct names_box {
    struct names names;
    atomic_uint refs;
    struct arena *arena;
};

struct names *names_ref(struct names *names)
{
    atomic_fetch_add_explicit(&((struct names_box *)names)->refs, 1, memory_order_relaxed);
    return names;
}

void names_unref(struct names *names)
{
    struct names_box *box = (struct names_box *)names;

    if (!box || atomic_fetch_sub_explicit(&box->refs, 1, memory_order_acq_rel) != 1)
        return;
    arena_free(box->arena);
    mem_free(box);
}

/* ---- order ---- */

static int level_order(unsigned char c)
{
    return c == NAME_DELIMITER ? 0 : c + 1;
}

static struct str level_one(struct str name)
{
    return str_sub(name, 0, str_find(name, NAME_DELIMITER));
}

static bool is_inbox(struct str level)
{
    return str_eq_nocase(level, STR("INBOX"));
}

int name_cmp(struct str a, struct str b)
{
    bool ia = is_inbox(level_one(a)), ib = is_inbox(level_one(b));
    size_t i = ia && ib ? 5 : 0;

    if (ia != ib)
        return ia ? -1 : 1;
    for (; i < a.n && i < b.n; i++)
        if (a.p[i] != b.p[i])
            return level_order((unsigned char)a.p[i]) - level_order((unsigned char)b.p[i]);
    return (a.n > b.n) - (a.n < b.n);
}

static int entry_cmp(const void *a, const void *b)
{
    const struct name_entry *x = a, *y = b;

    return name_cmp(x->name, y->name);
}

static bool name_is_below(struct str name, struct str above)
{
    return name.n > above.n && name.p[above.n] == NAME_DELIMITER &&
           name_cmp(str_sub(name, 0, above.n), above) == 0;
}

/* ---- flattening ---- */

struct flat {
    struct arena *a;
    struct name_entry *v;
    size_t n, cap;
};

static struct name_entry *flat_add(struct flat *f, struct str name)
{
    if (f->n == f->cap) {
        f->cap = f->cap ? f->cap * 2 : 64;
        f->v = mem_grow(f->v, f->cap * sizeof(*f->v));
    }
    f->v[f->n] = (struct name_entry){.name = name};
    return &f->v[f->n++];
}

/* Parents have smaller places than their children in no order, so names are made by going up; depth
 * is bounded. */
static void flat_nodes(struct flat *f, const struct tree *t)
{
    for (size_t i = 0; i < t->n; i++) {
        const struct node *n = t->by_id[i];
        struct name_entry *e = flat_add(f, tree_name(t, f->a, n->id));

        e->mailbox = n->mailbox;
        e->uses = n->uses;
        e->exists = true;
    }
}

/* A subscribed name and its superiors: the last may exist only through it. */
static void flat_subs(struct flat *f, const struct tree *t)
{
    for (size_t i = 0; i < t->n_subs; i++) {
        struct str name = arena_str(f->a, t->subs[i]->name);

        flat_add(f, name)->subscribed = true;
        for (size_t at = name.n; at-- > 1;)
            if (name.p[at] == NAME_DELIMITER)
                flat_add(f, str_sub(name, 0, at));
    }
}

static void entry_merge(struct name_entry *to, const struct name_entry *from)
{
    if (from->exists) {
        to->mailbox = from->mailbox;
        to->uses = from->uses;
        to->exists = true;
    }
    to->subscribed |= from->subscribed;
}

static void flat_merge(struct flat *f)
{
    size_t n = 0;

    qsort(f->v, f->n, sizeof(*f->v), entry_cmp);
    for (size_t i = 0; i < f->n; i++) {
        if (n && name_cmp(f->v[n - 1].name, f->v[i].name) == 0)
            entry_merge(&f->v[n - 1], &f->v[i]);
        else
            f->v[n++] = f->v[i];
    }
    f->n = n;
}

/* Inferiors follow their superior, so the chain of superiors of an entry is a stack. */
static void flat_children(struct flat *f)
{
    size_t stack[NAME_MAX_DEPTH + 1], depth = 0;

    for (size_t i = 0; i < f->n; i++) {
        while (depth && !name_is_below(f->v[i].name, f->v[stack[depth - 1]].name))
            depth--;
        for (size_t k = depth; f->v[i].exists && k-- > 0 && !f->v[stack[k]].has_children;)
            f->v[stack[k]].has_children = true;
        if (depth < ARRAY_LEN(stack))
            stack[depth++] = i;
    }
}

struct names *tree_flatten(const struct tree *t)
{
    struct names_box *box = NEW(struct names_box);
    struct flat f = {.a = arena_new()};
    struct name_entry *v;

    flat_nodes(&f, t);
    flat_subs(&f, t);
    if (f.n)
        flat_merge(&f);
    flat_children(&f);
    v = ARENA_ARRAY(f.a, struct name_entry, f.n);
    if (f.n)
        memcpy(v, f.v, f.n * sizeof(*v));
    mem_free(f.v);
    atomic_init(&box->refs, 1);
    box->arena = f.a;
    box->names = (struct names){f.n, v};
    return &box->names;
}

/* ---- asking ---- */

/* The first entry at or behind `name`. */
static size_t names_at(const struct names *names, struct str name)
{
    size_t lo = 0, hi = names->n;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (name_cmp(names->v[mid].name, name) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

const struct name_entry *names_find(const struct names *names, struct str name)
{
    size_t i = names_at(names, name);

    return i < names->n && name_cmp(names->v[i].name, name) == 0 ? &names->v[i] : NULL;
}

const struct name_entry *names_of_mailbox(const struct names *names, uint64_t mailbox)
{
    for (size_t i = 0; mailbox && i < names->n; i++)
        if (names->v[i].mailbox == mailbox)
            return &names->v[i];
    return NULL;
}

size_t names_below(const struct names *names, struct str name, size_t *end_out)
{
    size_t from = names_at(names, name), end;

    if (from < names->n && name_cmp(names->v[from].name, name) == 0)
        from++;
    for (end = from; end < names->n && name_is_below(names->v[end].name, name);)
        end++;
    *end_out = end;
    return from;
}

/* ---- what may be a name ---- */

/* NULL: nothing is wrong with it. */
static const char *level_fault(struct str level)
{
    uint32_t cp;
    int len;

    if (level.n == 0)
        return "a level of the name is empty";
    for (size_t at = 0; at < level.n; at += (size_t)len) {
        len = utf8_decode(str_from(level, at), &cp);
        if (len == 0)
            return "the name is not valid UTF-8";
        /* Net-Unicode (RFC 5198) leaves no room for controls; U+2028 and U+2029 end lines. */
        if (cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || cp == 0x2028 || cp == 0x2029)
            return "the name holds a control character";
    }
    return NULL;
}

static const char *name_fault(struct str name)
{
    unsigned depth = 0;

    if (name.n == 0)
        return "the name is empty";
    if (name.n > NAME_MAX_BYTES)
        return "the name is too long";
    for (size_t at = 0; at <= name.n;) {
        struct str level = level_one(str_from(name, at));
        const char *fault = level_fault(level);

        if (fault)
            return fault;
        if (++depth > NAME_MAX_DEPTH)
            return "the name has too many levels";
        at += level.n + 1;
    }
    return NULL;
}

bool name_is_sound(struct str name)
{
    struct str top = level_one(name);

    return !name_fault(name) && (!is_inbox(top) || str_eq(top, STR("INBOX")));
}

enum err name_normalize(struct arena *a, struct str name, struct str *out, const char **why_out)
{
    struct str composed = name;
    const char *fault = NULL;

    if (name.n > NAME_MAX_BYTES)
        fault = "the name is too long";
    else if (name.n && !utf8_nfc(a, name, &composed))
        fault = "the name is not valid UTF-8";
    if (!fault)
        fault = name_fault(composed);
    if (why_out)
        *why_out = fault;
    if (fault)
        return ERR_BAD_NAME;
    *out = arena_str(a, composed);
    if (is_inbox(level_one(
            *out))) /* RFC 9051, 5.1: in any case; so that its inferiors have one superior */
        memcpy((char *)(uintptr_t)out->p, "INBOX", 5);
    return ERR_OK;
}
