/* Sets as records: what decodes is a set, and encodes to a set that is equal. */
#include "fuzz.h"

#include "base/check.h"
#include "base/ranges.h"

static void check_set(const struct ranges *r)
{
    for (size_t i = 0; i < r->n; i++) {
        check(r->v[i].lo > 0 && r->v[i].lo <= r->v[i].hi);
        check(i == 0 || (uint64_t)r->v[i - 1].hi + 1 < r->v[i].lo);
    }
}

static void check_back(const struct ranges *r)
{
    struct ranges back = RANGES_INIT;
    struct buf b = BUF_INIT;
    struct dec d;

    ranges_encode(r, &b);
    d = dec_of(buf_str(&b));
    check(ranges_decode(&back, &d) && d.n == 0);
    ranges_subtract(&back, r);
    check(back.n == 0);
    ranges_fini(&back);
    buf_fini(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct ranges a = RANGES_INIT, b = RANGES_INIT, both = RANGES_INIT;
    struct dec d = dec_of(str_n(data, n));

    if (ranges_decode(&a, &d) && ranges_decode(&b, &d)) {
        check_set(&a);
        check_back(&a);
        ranges_copy(&both, &a);
        ranges_intersect(&both, &b);
        check_set(&both);
        uint64_t sum = ranges_count(&a) + ranges_count(&b), shared = ranges_count(&both);
        ranges_union(&a, &b);
        check_set(&a);
        check(ranges_count(&a) + shared == sum);
    }
    ranges_fini(&a);
    ranges_fini(&b);
    ranges_fini(&both);
    return 0;
}
