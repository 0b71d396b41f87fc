/*
 * search/bounds.c - where matches can be, found with sets alone: flags, keywords, UIDs and modseqs
 * have them ready, by bitmap and directory, so that nothing is looked at that they exclude.
 *
 * Each key has a bound: a set that holds all its matches, and whether it holds nothing else
 * ("exact").  What has no set has no bound; what NOT is put before needs an exact one.  Sets cost
 * memory, so only the upper levels of a program and its first keys are asked; what is left out is
 * found by looking at rows, which is slower and as right.
 */
#include "search/search_priv.h"

enum { DEPTH_MAX = 6, KEYS_MAX = 40 };

struct bound {
    struct ranges uids;
    bool any; /* no bound: every live message; `uids` is then empty */
    bool exact;
};

struct bounds {
    struct search *s;
    unsigned keys; /* still to be asked */
};

static enum err bound_of(struct bounds *b, const struct search_key *key, unsigned depth,
                         struct bound *out);

static enum err modseq_bound(struct search *s, uint64_t from, struct bound *out)
{
    out->any = from <= 1;
    return out->any ? ERR_OK : version_changed_since(s->version, from - 1, &out->uids);
}

static enum err keyword_bound(struct search *s, const struct search_key *key, struct bound *out)
{
    return key->note ? version_uids_keyword(s->version, key->note - 1, &out->uids) : ERR_OK;
}

static enum err recent_bound(struct search *s, bool unseen, struct bound *out)
{
    struct ranges set = RANGES_INIT;
    enum err e = ERR_OK;

    TRY(version_live(s->version, &s->options.recent, &out->uids));
    if (!unseen)
        return ERR_OK;
    e = version_uids_flags(s->version, 0, FLAG_SEEN, &set);
    ranges_intersect(&out->uids, &set);
    ranges_fini(&set);
    return e;
}

static enum err set_bound(struct search *s, const struct search_key *key, struct bound *out)
{
    *out = (struct bound){.exact = true};
    switch (key->kind) {
    case SEARCH_UID:
        return version_live(s->version, &key->uids, &out->uids);
    case SEARCH_FLAG:
        return version_uids_flags(s->version, key->flag, 0, &out->uids);
    case SEARCH_KEYWORD:
        return keyword_bound(s, key, out);
    case SEARCH_RECENT:
    case SEARCH_NEW:
        return recent_bound(s, key->kind == SEARCH_NEW, out);
    case SEARCH_MODSEQ:
        return modseq_bound(s, key->number, out);
    case SEARCH_ALL:
        out->any = true;
        return ERR_OK;
    default:
        *out = (struct bound){.any = true};
        return ERR_OK;
    }
}

static enum err all_live(struct search *s, struct ranges *out)
{
    return version_uids(s->version, 1, UINT32_MAX, out);
}

/* Everything else, if it is known what the key matches; otherwise anything. */
static enum err not_bound(struct search *s, struct bound *b)
{
    struct ranges all = RANGES_INIT;
    enum err e;

    if (!b->exact) {
        ranges_clear(&b->uids);
        b->any = true;
        return ERR_OK;
    }
    if (b->any) {
        b->any = false;
        return ERR_OK;
    }
    e = all_live(s, &all);
    ranges_subtract(&all, &b->uids);
    ranges_fini(&b->uids);
    b->uids = all;
    return e;
}

static void and_with(struct bound *to, struct bound *b)
{
    to->exact = to->exact && b->exact;
    if (to->any)
        ranges_copy(&to->uids, &b->uids);
    else if (!b->any)
        ranges_intersect(&to->uids, &b->uids);
    to->any = to->any && b->any;
}

/* Where one side has no bound the other's does not help; "all or some" is exactly all. */
static void or_with(struct bound *to, struct bound *b)
{
    to->exact = (to->exact && b->exact) || (to->exact && to->any) || (b->exact && b->any);
    to->any = to->any || b->any;
    if (to->any)
        ranges_clear(&to->uids);
    else
        ranges_union(&to->uids, &b->uids);
}

static enum err joined_bound(struct bounds *b, const struct search_key *key, unsigned depth,
                             struct bound *out)
{
    bool and = key->kind == SEARCH_AND;

    *out = (struct bound){.any = and, .exact = true};
    for (const struct search_key *child = key->child; child; child = child->next) {
        struct bound one;
        enum err e = bound_of(b, child, depth, &one);

        if (e == ERR_OK)
            (and? and_with : or_with)(out, &one);
        ranges_fini(&one.uids);
        TRY(e);
    }
    return ERR_OK;
}

static enum err bound_of(struct bounds *b, const struct search_key *key, unsigned depth,
                         struct bound *out)
{
    *out = (struct bound){.any = true};
    if (depth == DEPTH_MAX || b->keys == 0)
        return ERR_OK;
    b->keys--;
    if (key->kind == SEARCH_AND || key->kind == SEARCH_OR)
        return joined_bound(b, key, depth + 1, out);
    if (key->kind != SEARCH_NOT)
        return set_bound(b->s, key, out);
    TRY(bound_of(b, key->child, depth + 1, out));
    return not_bound(b->s, out);
}

enum err search_bounds(struct search *s, struct ranges *out, bool *exact_out)
{
    struct bounds b = {s, KEYS_MAX};
    struct bound bound;
    enum err e = bound_of(&b, s->key, 0, &bound);

    *exact_out = bound.exact;
    if (e == ERR_OK && bound.any)
        e = all_live(s, &bound.uids);
    ranges_fini(out);
    *out = bound.uids;
    return e;
}
