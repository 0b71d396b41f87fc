/*
 * session/fetch_plan.c - what a FETCH command asks for, made ready once for all its messages.
 */
#include "session/fetch.h"

#include "base/hash.h"

/* What an item is called in the answer, and what must be known to tell it. */
static const struct item_kind {
    const char *word;
    unsigned needs;
    bool section; /* "[...]" follows */
    bool bytes;   /* it is, or comes from, a stretch of the message */
} kinds[] = {
    [FETCH_UID] = {"UID", 0, false, false},
    [FETCH_FLAGS] = {"FLAGS", 0, false, false},
    [FETCH_INTERNALDATE] = {"INTERNALDATE", 0, false, false},
    [FETCH_SIZE] = {"RFC822.SIZE", 0, false, false},
    [FETCH_MODSEQ] = {"MODSEQ", 0, false, false},
    [FETCH_ENVELOPE] = {"ENVELOPE", NEEDS_LIST, false, false},
    [FETCH_BODYSTRUCTURE] = {"BODYSTRUCTURE", NEEDS_LIST, false, false},
    [FETCH_BODY] = {"BODY", NEEDS_LIST | NEEDS_MORE, false, false},
    [FETCH_SECTION] = {"BODY", 0, true, true},
    [FETCH_RFC822] = {"RFC822", 0, false, true},
    [FETCH_RFC822_HEADER] = {"RFC822.HEADER", NEEDS_LIST, false, true},
    [FETCH_RFC822_TEXT] = {"RFC822.TEXT", NEEDS_LIST, false, true},
    [FETCH_BINARY] = {"BINARY", 0, true, true},
    [FETCH_BINARY_SIZE] = {"BINARY.SIZE", 0, true, true},
};

/* Only the origin is echoed (RFC 9051, 7.5.2). */
static struct str label(struct arena *a, const struct imap_fetch_item *in)
{
    const struct item_kind *kind = &kinds[in->kind];
    struct buf b = BUF_INIT;
    struct str made;

    buf_add_cstr(&b, kind->word);
    if (kind->section) {
        buf_add_char(&b, '[');
        imap_put_section(&b, &in->section);
        buf_add_char(&b, ']');
    }
    if (in->partial)
        buf_printf(&b, "<%llu>", (unsigned long long)in->offset);
    buf_add_char(&b, ' ');
    made = arena_str(a, buf_str(&b));
    buf_fini(&b);
    return made;
}

static unsigned needs(const struct imap_fetch_item *in)
{
    const struct item_kind *kind = &kinds[in->kind];
    unsigned n = kind->needs | (kind->bytes ? NEEDS_BYTES : 0);

    if (!kind->section)
        return n;
    if (in->section.n_numbers)
        return n | NEEDS_LIST | NEEDS_MORE;
    return n | (in->section.text != SECTION_ALL ? NEEDS_LIST : 0);
}

/* "An item asked for twice is told once": its place is the first one's.  Items that differ only in
 * how much of them is asked for would be told under one label, and are told each. */
static bool asked_before(struct map *seen, struct arena *a, const struct fetch_item *item)
{
    const struct imap_fetch_item *in = item->in;
    struct str key = item->label;

    if (in->partial)
        key = arena_printf(a, "%.*s%llu", STR_FMT(key), (unsigned long long)in->count);
    return map_put(seen, key, seen) != NULL;
}

static void plan_add(struct fetch_plan *plan, struct map *seen, struct arena *a,
                     const struct imap_fetch_item *in)
{
    struct fetch_item *item = &plan->items[plan->n];
    enum imap_section_text text = in->section.text;

    *item = (struct fetch_item){.in = in, .label = label(a, in), .needs = needs(in)};
    /* The first BODY[] sets \Seen even where a BODY.PEEK[] before it is the one that is told. */
    if ((item->needs & NEEDS_BYTES) && !in->peek)
        plan->sets_seen = true;
    if (asked_before(seen, a, item))
        return;
    if (text == SECTION_FIELDS || text == SECTION_FIELDS_NOT)
        fetch_fields_init(&item->fields, a, &in->section);
    plan->needs |= item->needs;
    plan->kinds[plan->n++] = in->kind;
}

static void plan_add_implied(struct fetch_plan *plan, struct map *seen, struct arena *a,
                             enum imap_fetch_kind kind)
{
    struct imap_fetch_item *in = ARENA_NEW(a, struct imap_fetch_item);

    in->kind = kind;
    in->peek = true;
    plan_add(plan, seen, a, in);
}

void fetch_plan_make(struct fetch_plan *plan, struct cmd *c)
{
    size_t n = c->in.fetch.n_items;
    struct map *seen = map_new();

    plan->items = ARENA_ARRAY(c->arena, struct fetch_item, n + 2);
    plan->kinds = ARENA_ARRAY(c->arena, enum imap_fetch_kind, n + 2);
    if (c->in.uid) /* RFC 9051, 6.4.9 */
        plan_add_implied(plan, seen, c->arena, FETCH_UID);
    for (size_t i = 0; i < n; i++)
        plan_add(plan, seen, c->arena, &c->in.fetch.items[i]);
    if (c->in.fetch.has_changedsince) /* RFC 7162, 3.1.4.1 */
        plan_add_implied(plan, seen, c->arena, FETCH_MODSEQ);
    plan->rows_only = plan->needs == 0;
    map_free(seen);
}
