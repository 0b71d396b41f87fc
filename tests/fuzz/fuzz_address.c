/* Address lists: balanced groups, clean strings, the limit kept.  The first byte is the limit. */
#include "fuzz.h"

#include "../support/mime_tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct str value = n > 0 ? str_n(data + 1, n - 1) : STR("");
    size_t limit = n > 0 ? data[0] : 0;
    struct arena *a = arena_new();
    size_t all = mime_tree_check_addresses(mime_addresses(a, value, MIME_MAX_ADDRESSES));
    size_t some = mime_tree_check_addresses(mime_addresses(a, value, limit));

    check(all <= 2 * value.n + 2 && some <= limit && some <= all);
    arena_free(a);
    return 0;
}
