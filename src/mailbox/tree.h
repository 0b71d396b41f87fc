/* Names as they are kept: a tree of nodes, so that renaming a mailbox with a thousand inferiors
 * changes one record; and subscriptions, which are names of their own and need no mailbox (RFC
 * 9051, 6.3.7).  A tree is a value: the writer changes a copy and publishes it. */
#ifndef MAILBOX_TREE_H
#define MAILBOX_TREE_H

#include "base/codec.h"
#include "mailbox/names.h"

#include <stdatomic.h>

/* Immutable and shared by the trees that hold it. */
struct node {
    atomic_uint refs;
    uint64_t id;
    uint64_t parent;  /* 0: the first level */
    uint64_t mailbox; /* 0: only a name */
    uint32_t uses;
    struct str leaf;
};

struct sub {
    atomic_uint refs;
    uint64_t id;
    struct str name;
};

struct tree {
    atomic_uint refs;
    size_t n, cap;
    struct node **by_id;
    struct node **by_name; /* by parent, then leaf */
    size_t n_subs, cap_subs;
    struct sub **subs; /* by name */
};

struct tree *tree_new(void);
struct tree *tree_copy(const struct tree *t);
struct tree *tree_ref(struct tree *t);
void tree_unref(struct tree *t);

const struct node *tree_node(const struct tree *t, uint64_t id);
const struct node *tree_child(const struct tree *t, uint64_t parent, struct str leaf);
bool tree_has_children(const struct tree *t, uint64_t id);
const struct node *tree_of_mailbox(const struct tree *t, uint64_t mailbox);
/* By whole name; NULL: no such node.  *missing_out (may be NULL): what of `name` lies below the
 * last node found, which *last_out then is (0: none). */
const struct node *tree_find(const struct tree *t, struct str name, uint64_t *last_out,
                             struct str *missing_out);
struct str tree_name(const struct tree *t, struct arena *a, uint64_t id);
/* Is `id` at or below `above`? */
bool tree_is_below(const struct tree *t, uint64_t id, uint64_t above);
size_t tree_mailboxes(const struct tree *t);

/* Adds, or replaces the node of the same id. */
const struct node *tree_set(struct tree *t, const struct node *like);
void tree_remove(struct tree *t, uint64_t id);
const struct sub *tree_sub(const struct tree *t, struct str name);
void tree_subscribe(struct tree *t, uint64_t id, struct str name);
void tree_unsubscribe(struct tree *t, struct str name);

/* All names, as sessions see them. */
struct names *tree_flatten(const struct tree *t);
struct names *names_ref(struct names *names);

void node_encode(const struct node *n, struct buf *out);
/* `out` is a view into the value; give it to tree_set. */
enum err node_decode(struct str value, struct node *out);
void sub_encode(struct str name, struct buf *out);
enum err sub_decode(struct str value, struct str *out);

/* What name_normalize would return; the writer takes no other. */
bool name_is_sound(struct str name);
/* Levels rise, "INBOX" before all others. */
int name_cmp(struct str a, struct str b);

#endif
