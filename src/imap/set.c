/*
 * imap/set.c - sequence sets, from how they are written to the numbers they mean.
 */
#include "base/mem.h"
#include "imap/command.h"

static struct range resolve(struct range in, uint32_t last)
{
    uint32_t lo = in.lo != 0 ? in.lo : last;
    uint32_t hi = in.hi != 0 ? in.hi : last;

    return lo <= hi ? (struct range){lo, hi} : (struct range){hi, lo};
}

/* With nothing there is no last number: "*" means nothing then, and neither does a range that ends
 * in it. */
void imap_set_resolve(const struct imap_set *set, uint32_t last, struct ranges *out)
{
    struct range *v = NEW_ARRAY(struct range, set->n > 0 ? set->n : 1);
    size_t n = 0;

    for (size_t i = 0; i < set->n; i++) {
        struct range r = resolve(set->v[i], last);

        if (r.lo > 0)
            v[n++] = r;
    }
    ranges_add_many(out, v, n);
    mem_free(v);
}
