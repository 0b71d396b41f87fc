/*
 * mailbox/evaluate_names.c - CREATE, DELETE, RENAME, SUBSCRIBE, UNSUBSCRIBE.
 *
 * Only the writer's copy of the tree is changed.  A name without mailbox (what DELETE leaves of a
 * mailbox with inferiors) goes with the last of its inferiors.
 */
#include "mailbox/stage.h"

#include "base/mem.h"

/* ---- nodes ---- */

static void node_put(struct batch *b, const struct node *like)
{
    struct key key = key_one(b->acct->id, KEY_NODE, like->id);
    struct buf value = BUF_INIT;

    node_encode(like, &value);
    batch_put(b, &key, &value);
    buf_fini(&value);
    tree_set(batch_tree_change(b), like);
}

static void node_delete(struct batch *b, uint64_t id)
{
    struct key key = key_one(b->acct->id, KEY_NODE, id);

    store_batch_delete(b->sb, key_str(&key));
    tree_remove(batch_tree_change(b), id);
}

/* A node with a new, empty mailbox. */
static uint64_t node_make(struct batch *b, uint64_t parent, struct str leaf, uint32_t uses,
                          struct touched **to_out)
{
    struct touched *to = batch_create(b);
    struct node n = {.id = b->counters.next_node++,
                     .parent = parent,
                     .mailbox = to->id,
                     .uses = uses,
                     .leaf = leaf};

    node_put(b, &n);
    *to_out = to;
    return n.id;
}

/* `missing` below `parent`, all but its last level: superiors are mailboxes like others (RFC
 * 9051, 6.3.4). */
static uint64_t superiors_make(struct batch *b, uint64_t parent, struct str missing,
                               struct str *leaf_out)
{
    struct touched *to;
    size_t level;

    while ((level = str_find(missing, NAME_DELIMITER)) < missing.n) {
        parent = node_make(b, parent, str_sub(missing, 0, level), 0, &to);
        missing = str_from(missing, level + 1);
    }
    *leaf_out = missing;
    return parent;
}

static size_t levels_of(struct str name)
{
    size_t n = name.n != 0;

    for (size_t i = 0; i < name.n; i++)
        n += name.p[i] == NAME_DELIMITER;
    return n;
}

/* Each mailbox made takes a node and a head. */
enum { MAKE_KEYS = 4, MAKE_BYTES = 1024 };

static bool batch_has_room_for(struct batch *b, size_t mailboxes)
{
    return batch_has_room(b, mailboxes * MAKE_KEYS, mailboxes * (MAKE_BYTES + NAME_MAX_BYTES));
}

static enum err name_check(struct batch *b, struct str name, size_t more)
{
    if (!name_is_sound(name))
        return ERR_BAD_NAME;
    if (tree_mailboxes(batch_tree(b)) + more > b->acct->ms->options.max_mailboxes)
        return ERR_LIMIT;
    return ERR_OK;
}

/* ---- CREATE ---- */

/* A name that is there without a mailbox gets one. */
static void node_fill(struct batch *b, const struct node *old, uint32_t uses,
                      struct touched **to_out)
{
    struct arena *a = arena_new();
    struct node n = {
        .id = old->id, .parent = old->parent, .uses = uses, .leaf = arena_str(a, old->leaf)};

    *to_out = batch_create(b);
    n.mailbox = (*to_out)->id;
    node_put(b, &n);
    arena_free(a);
}

enum err mailbox_make(struct batch *b, struct str name, uint32_t uses, struct touched **to_out,
                      enum outcome *how)
{
    struct str missing, leaf;
    uint64_t last;
    const struct node *found = tree_find(batch_tree(b), name, &last, &missing);

    if (found && found->mailbox)
        return ERR_MAILBOX_EXISTS;
    TRY(name_check(b, name, levels_of(missing)));
    if (!batch_has_room_for(b, levels_of(missing) + 1) && b->first) {
        *how = OUTCOME_LATER;
        return ERR_OK;
    }
    if (found) {
        node_fill(b, found, uses, to_out);
        return ERR_OK;
    }
    last = superiors_make(b, last, missing, &leaf);
    node_make(b, last, leaf, uses, to_out);
    return ERR_OK;
}

void node_adopt(struct batch *b, struct str leaf, uint64_t mailbox)
{
    struct node n = {.id = b->counters.next_node++, .mailbox = mailbox, .leaf = leaf};

    if (b->counters.next_mailbox <= mailbox)
        b->counters.next_mailbox = mailbox + 1;
    b->counters_changed = true;
    node_put(b, &n);
}

enum err evaluate_create(struct batch *b, struct ticket *t, enum outcome *how)
{
    struct touched *to;

    TRY(mailbox_make(b, t->in.create.name, t->in.create.uses, &to, how));
    if (*how != OUTCOME_DONE)
        return ERR_OK;
    t->result.mailbox = to->id;
    t->result.uidvalidity = to->b.v->head.uidvalidity;
    t->result.modseq = to->b.v->head.modseq;
    return ERR_OK;
}

/* ---- DELETE ---- */

static bool is_inbox(const struct node *n)
{
    return n->parent == 0 && str_eq(n->leaf, STR("INBOX"));
}

/* Names without mailbox and inferiors, upwards from `id`. */
static void names_prune(struct batch *b, uint64_t id)
{
    const struct node *n;

    while ((n = tree_node(batch_tree(b), id)) && n->mailbox == 0 &&
           !tree_has_children(batch_tree(b), id)) {
        uint64_t parent = n->parent;

        node_delete(b, id);
        id = parent;
    }
}

/* A mailbox that cannot be read can still be deleted. */
static enum err mailbox_unlink(struct batch *b, uint64_t mailbox)
{
    struct touched *to;
    enum err e = batch_touch(b, mailbox, &to);

    if (e == ERR_CORRUPT || e == ERR_VERSION)
        to = batch_touch_blind(b, mailbox);
    else
        TRY(e);
    to->deleted = to->changed = true;
    b->changes++;
    return ERR_OK;
}

enum err evaluate_delete(struct batch *b, struct ticket *t, enum outcome *how)
{
    const struct node *n = tree_of_mailbox(batch_tree(b), t->in.mailbox);
    struct arena *a;
    struct node bare;

    if (!n)
        return ERR_NO_MAILBOX;
    if (is_inbox(n)) /* RFC 9051, 6.3.5 */
        return ERR_NO_PERM;
    a = arena_new();
    bare = (struct node){.id = n->id, .parent = n->parent, .leaf = arena_str(a, n->leaf)};
    enum err e = mailbox_unlink(b, t->in.mailbox);

    if (e == ERR_OK && tree_has_children(batch_tree(b), bare.id)) {
        node_put(b, &bare);
    } else if (e == ERR_OK) {
        node_delete(b, bare.id);
        names_prune(b, bare.parent);
    }
    arena_free(a);
    return e;
}

/* ---- RENAME ---- */

/* RFC 9051, 6.3.6: the messages of INBOX move to a new mailbox, INBOX stays and is empty. */
static enum err rename_inbox(struct batch *b, struct ticket *t, enum outcome *how)
{
    struct touched *from, *to;
    struct ranges all = RANGES_INIT;
    enum err e;

    TRY(batch_touch(b, t->in.mailbox, &from));
    if (b->first) { /* may take several batches; the first of them makes the mailbox */
        *how = OUTCOME_LATER;
        return ERR_OK;
    }
    if (t->result.mailbox == 0) {
        TRY(mailbox_make(b, t->in.rename.name, 0, &to, how));
        t->result.mailbox = to->id;
    } else {
        TRY(batch_touch(b, t->result.mailbox, &to));
    }
    t->result.uidvalidity = to->b.v->head.uidvalidity;
    b->closed = true;
    e = version_uids(from->b.v, 1, UINT32_MAX, &all);
    if (e == ERR_OK)
        e = batch_copy(b, t, from, to, true, &all, how);
    if (e == ERR_OK)
        t->result.modseq = to->b.v->head.modseq;
    ranges_fini(&all);
    return e;
}

/* The longest and the deepest name at or below `id`. */
static void names_most(const struct tree *t, uint64_t id, size_t *bytes_out, size_t *levels_out)
{
    struct arena *a = arena_new();

    *bytes_out = *levels_out = 0;
    for (size_t i = 0; i < t->n; i++) {
        struct str name;

        if (!tree_is_below(t, t->by_id[i]->id, id))
            continue;
        name = tree_name(t, a, t->by_id[i]->id);
        *bytes_out = name.n > *bytes_out ? name.n : *bytes_out;
        *levels_out = levels_of(name) > *levels_out ? levels_of(name) : *levels_out;
    }
    arena_free(a);
}

/* Do the names of all inferiors stay within the limits? */
static bool rename_fits(const struct tree *t, const struct node *n, struct str to)
{
    struct arena *a = arena_new();
    struct str from = tree_name(t, a, n->id);
    size_t bytes, levels;
    bool fits;

    names_most(t, n->id, &bytes, &levels);
    fits = bytes - from.n + to.n <= NAME_MAX_BYTES &&
           levels - levels_of(from) + levels_of(to) <= NAME_MAX_DEPTH;

    arena_free(a);
    return fits;
}

/* The node moves, and with it all below. */
static void rename_node(struct batch *b, const struct node *n, struct str to)
{
    struct arena *a = arena_new();
    struct node moved = {.id = n->id, .mailbox = n->mailbox, .uses = n->uses};
    uint64_t old_parent = n->parent, last;
    struct str missing, leaf;

    tree_find(batch_tree(b), to, &last, &missing);
    moved.parent = superiors_make(b, last, missing, &leaf);
    moved.leaf = arena_str(a, leaf);
    node_put(b, &moved);
    names_prune(b, old_parent);
    arena_free(a);
}

/* A name without mailbox is known by itself only. */
static const struct node *rename_source(struct batch *b, const struct intent *in)
{
    struct str missing;
    uint64_t last;

    if (in->mailbox)
        return tree_of_mailbox(batch_tree(b), in->mailbox);
    return in->rename.from.n ? tree_find(batch_tree(b), in->rename.from, &last, &missing) : NULL;
}

enum err evaluate_rename(struct batch *b, struct ticket *t, enum outcome *how)
{
    const struct node *n = rename_source(b, &t->in);
    struct str missing;
    uint64_t last;

    if (!n)
        return ERR_NO_MAILBOX;
    if (is_inbox(n))
        return rename_inbox(b, t, how);
    if (tree_find(batch_tree(b), t->in.rename.name, &last, &missing))
        return ERR_MAILBOX_EXISTS;
    if (tree_is_below(batch_tree(b), last, n->id)) /* below itself */
        return ERR_BAD_NAME;
    TRY(name_check(b, t->in.rename.name, levels_of(missing) - 1));
    if (!rename_fits(batch_tree(b), n, t->in.rename.name))
        return ERR_BAD_NAME;
    if (!batch_has_room_for(b, levels_of(missing) + 1) && b->first) {
        *how = OUTCOME_LATER;
        return ERR_OK;
    }
    rename_node(b, n, t->in.rename.name);
    return ERR_OK;
}

/* ---- subscriptions: names, whether or not there is a mailbox (RFC 9051, 6.3.7) ---- */

enum { SUBSCRIPTIONS_PER_MAILBOX = 2 };

enum err evaluate_subscribe(struct batch *b, struct ticket *t, enum outcome *how)
{
    struct str name = t->in.subscribe.name;
    struct buf value = BUF_INIT;
    struct key key;

    if (!name_is_sound(name))
        return ERR_BAD_NAME;
    if (tree_sub(batch_tree(b), name))
        return ERR_OK;
    if (batch_tree(b)->n_subs >=
        (size_t)b->acct->ms->options.max_mailboxes * SUBSCRIPTIONS_PER_MAILBOX)
        return ERR_LIMIT;
    key = key_one(b->acct->id, KEY_SUB, b->counters.next_node);
    sub_encode(name, &value);
    batch_put(b, &key, &value);
    buf_fini(&value);
    tree_subscribe(batch_tree_change(b), b->counters.next_node++, name);
    b->counters_changed = true;
    return ERR_OK;
}

enum err evaluate_unsubscribe(struct batch *b, struct ticket *t, enum outcome *how)
{
    const struct sub *s = tree_sub(batch_tree(b), t->in.subscribe.name);
    struct key key;

    if (!s)
        return ERR_OK;
    key = key_one(b->acct->id, KEY_SUB, s->id);
    store_batch_delete(b->sb, key_str(&key));
    tree_unsubscribe(batch_tree_change(b), t->in.subscribe.name);
    return ERR_OK;
}
