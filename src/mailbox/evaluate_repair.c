/*
 * mailbox/evaluate_repair.c - what a check found without a place gets one.
 */
#include "mailbox/check_priv.h"

#include "base/clock.h"
#include "base/mem.h"

#include <stdio.h>

static enum err recovered_mailbox(struct batch *b, struct touched **out, enum outcome *how)
{
    const struct node *n = tree_find(batch_tree(b), STR("Recovered"), NULL, NULL);

    if (n && n->mailbox)
        return batch_touch(b, n->mailbox, out);
    return mailbox_make(b, STR("Recovered"), 0, out, how);
}

/* Somebody may have given it a place meanwhile; then it has two, which loses nothing. */
static enum err objects_recover(struct batch *b, const struct repair *r, enum outcome *how)
{
    struct change c = {.kind = CHANGE_APPEND};
    struct touched *to;
    struct row *rows;
    enum err e;

    if (r->n_objects == 0)
        return ERR_OK;
    TRY(recovered_mailbox(b, &to, how));
    if (*how != OUTCOME_DONE)
        return ERR_OK;
    if (r->n_objects > UINT32_MAX - to->b.v->head.uidnext)
        return ERR_LIMIT;
    c.modseq = to->b.v->head.modseq + 1;
    rows = NEW_ARRAY(struct row, r->n_objects);
    for (size_t i = 0; i < r->n_objects; i++)
        rows[i] = (struct row){.uid = to->b.v->head.uidnext + (uint32_t)i,
                               .object = r->objects[i].object,
                               .size = r->objects[i].size,
                               .date = clock_wall(),
                               .saved = clock_wall(),
                               .modseq = c.modseq};
    c.append.rows = rows;
    c.append.n = r->n_objects;
    e = batch_change(b, to, &c);
    mem_free(rows);
    return e;
}

static void mailbox_name(struct batch *b, uint64_t mailbox)
{
    char leaf[40];
    int n = snprintf(leaf, sizeof(leaf), "Recovered-%llu", (unsigned long long)mailbox);

    if (!tree_of_mailbox(batch_tree(b), mailbox) &&
        !tree_child(batch_tree(b), 0, str_n(leaf, (size_t)n)))
        node_adopt(b, str_n(leaf, (size_t)n), mailbox);
}

enum err evaluate_repair(struct batch *b, struct ticket *t, enum outcome *how)
{
    const struct repair *r = t->payload;

    if (b->first) {
        *how = OUTCOME_LATER;
        return ERR_OK;
    }
    for (size_t i = 0; i < r->n_unnamed; i++)
        mailbox_name(b, r->unnamed[i]);
    return objects_recover(b, r, how);
}
