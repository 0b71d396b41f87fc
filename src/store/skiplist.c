/*
 * store/skiplist.c - an ordered map that is short to read.
 *
 * A node of height h stands in the lists 0..h-1.  Heights come from a fixed generator, so a test
 * that fails fails again.
 */
#include "store/skiplist.h"

#include "base/mem.h"

enum { MAX_HEIGHT = 20 };

struct skipnode {
    char *key, *value;
    size_t key_n, value_n;
    struct skipnode *next[];
};

struct skiplist {
    struct skipnode *head; /* of the full height, without key */
    uint64_t random;
    size_t count;
};

static struct skipnode *node_new(size_t height)
{
    return mem_new(sizeof(struct skipnode) + height * sizeof(struct skipnode *));
}

static void node_free(struct skipnode *n)
{
    mem_free(n->key);
    mem_free(n->value);
    mem_free(n);
}

static char *bytes_copy(struct str s)
{
    char *p = mem_raw(s.n);

    if (s.n)
        memcpy(p, s.p, s.n);
    return p;
}

static void node_set_value(struct skipnode *n, struct str value)
{
    char *copy = bytes_copy(value);

    mem_free(n->value);
    n->value = copy;
    n->value_n = value.n;
}

struct skiplist *skiplist_new(void)
{
    struct skiplist *l = NEW(struct skiplist);

    l->head = node_new(MAX_HEIGHT);
    l->random = 88172645463325252u;
    return l;
}

void skiplist_free(struct skiplist *l)
{
    struct skipnode *next;

    if (!l)
        return;
    for (struct skipnode *n = l->head; n; n = next) {
        next = n->next[0];
        node_free(n);
    }
    mem_free(l);
}

struct skiplist *skiplist_copy(const struct skiplist *l)
{
    struct skiplist *copy = skiplist_new();

    for (const struct skipnode *n = l->head->next[0]; n; n = n->next[0])
        skiplist_put(copy, skipnode_key(n), skipnode_value(n));
    return copy;
}

size_t skiplist_count(const struct skiplist *l)
{
    return l->count;
}

/* xorshift64; each further level half as likely. */
static size_t next_height(struct skiplist *l)
{
    size_t height = 1;

    l->random ^= l->random << 13;
    l->random ^= l->random >> 7;
    l->random ^= l->random << 17;
    for (uint64_t bits = l->random; (bits & 1) && height < MAX_HEIGHT; bits >>= 1)
        height++;
    return height;
}

/* before[i]: the last node of list i whose key is below `key`. */
static void find_before(const struct skiplist *l, struct str key, struct skipnode **before)
{
    struct skipnode *n = l->head;

    for (size_t i = MAX_HEIGHT; i-- > 0;) {
        while (n->next[i] && str_cmp(skipnode_key(n->next[i]), key) < 0)
            n = n->next[i];
        before[i] = n;
    }
}

void skiplist_put(struct skiplist *l, struct str key, struct str value)
{
    struct skipnode *before[MAX_HEIGHT], *n;
    size_t height;

    find_before(l, key, before);
    n = before[0]->next[0];
    if (n && str_eq(skipnode_key(n), key)) {
        node_set_value(n, value);
        return;
    }
    height = next_height(l);
    n = node_new(height);
    n->key = bytes_copy(key);
    n->key_n = key.n;
    node_set_value(n, value);
    for (size_t i = 0; i < height; i++) {
        n->next[i] = before[i]->next[i];
        before[i]->next[i] = n;
    }
    l->count++;
}

bool skiplist_remove(struct skiplist *l, struct str key)
{
    struct skipnode *before[MAX_HEIGHT], *n;

    find_before(l, key, before);
    n = before[0]->next[0];
    if (!n || !str_eq(skipnode_key(n), key))
        return false;
    for (size_t i = 0; i < MAX_HEIGHT && before[i]->next[i] == n; i++)
        before[i]->next[i] = n->next[i];
    node_free(n);
    l->count--;
    return true;
}

const struct skipnode *skiplist_seek(const struct skiplist *l, struct str key)
{
    struct skipnode *before[MAX_HEIGHT];

    find_before(l, key, before);
    return before[0]->next[0];
}

const struct skipnode *skipnode_next(const struct skipnode *n)
{
    return n->next[0];
}

struct str skipnode_key(const struct skipnode *n)
{
    return str_n(n->key, n->key_n);
}

struct str skipnode_value(const struct skipnode *n)
{
    return str_n(n->value, n->value_n);
}
