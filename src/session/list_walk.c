/*
 * session/list_walk.c - which names LIST and LSUB tell (RFC 9051, 6.3.9.3 and 6.3.9.6).
 *
 * Names are sorted so that what lies below a name follows it.  "Is something selected below?" is
 * then a difference of two sums, and the whole list costs one pass however deep it is.
 */
#include "session/list_walk.h"

#include "base/utf8.h"
#include "imap/match.h"

void list_walk_init(struct list_walk *w, struct arena *a, const struct names *names,
                    struct str reference, const struct str *patterns, size_t n_patterns)
{
    w->names = names;
    w->patterns = ARENA_ARRAY(a, struct str, n_patterns);
    for (size_t i = 0; i < n_patterns; i++) {
        struct str whole = arena_printf(a, "%.*s%.*s", STR_FMT(reference), STR_FMT(patterns[i]));

        /* Names are in normal form; what has none can match no name, and empty patterns are ignored
         * whatever the reference is (RFC 9051, 6.3.9). */
        if (patterns[i].n > 0 && utf8_nfc(a, whole, &whole))
            w->patterns[w->n_patterns++] = whole;
    }
}

static bool matches(const struct list_walk *w, struct str name)
{
    for (size_t i = 0; i < w->n_patterns; i++) {
        if (imap_match(w->patterns[i], name, NAME_DELIMITER))
            return true;
    }
    return false;
}

/* RFC 9051, 6.3.9.1: subscribed names need not exist. */
static bool selected(const struct list_walk *w, const struct name_entry *e)
{
    bool in = w->subscribed ? e->subscribed : e->exists;

    return in && (!w->special_use || e->uses != 0);
}

void list_walk_children(struct list_walk *w, struct arena *a)
{
    w->children = true;
    w->selected = ARENA_ARRAY(a, uint32_t, w->names->n + 1);
    w->hidden = ARENA_ARRAY(a, uint32_t, w->names->n + 1);
}

bool list_walk_sum(struct list_walk *w)
{
    const struct name_entry *e;
    bool is;

    if (!w->children || w->summed == w->names->n)
        return false;
    e = &w->names->v[w->summed];
    is = selected(w, e);
    w->selected[w->summed + 1] = w->selected[w->summed] + is;
    w->hidden[w->summed + 1] = w->hidden[w->summed] + (is && !matches(w, e->name));
    w->summed++;
    return true;
}

struct list_verdict list_walk_judge(const struct list_walk *w, size_t i)
{
    const struct name_entry *e = &w->names->v[i];
    struct list_verdict v = {.matches = matches(w, e->name)};
    size_t begin, end;

    if (!v.matches)
        return v;
    v.selected = selected(w, e);
    if (!w->children)
        return v;
    begin = names_below(w->names, e->name, &end);
    v.below = w->selected[end] > w->selected[begin];
    v.hidden = w->hidden[end] > w->hidden[begin];
    return v;
}
