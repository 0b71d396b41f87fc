/* UTF-8: what scrubbing, cutting and folding give is valid, whatever comes in. */
#include "fuzz.h"

#include "base/check.h"
#include "base/utf8.h"

static void check_cuts(struct str s)
{
    for (size_t n = 0; n <= s.n && n < 64; n++) {
        size_t cut = utf8_cut(s, n);

        check(cut <= n && n - cut <= 3);
        check(utf8_valid(str_sub(s, 0, cut)));
    }
}

static void check_normal_form(struct str s)
{
    struct arena *a = arena_new();
    struct str once, twice;

    check(utf8_nfc(a, s, &once));
    check(utf8_valid(once));
    check(utf8_nfc(a, once, &twice));
    check(str_eq(once, twice));
    arena_free(a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct str s = str_n(data, n);
    struct buf clean = BUF_INIT, folded = BUF_INIT, again = BUF_INIT;

    utf8_scrub(&clean, s);
    check(utf8_valid(buf_str(&clean)));
    check(!utf8_valid(s) || str_eq(s, buf_str(&clean)));
    check_cuts(buf_str(&clean));
    check_normal_form(buf_str(&clean));
    utf8_fold(&folded, s);
    check(utf8_valid(buf_str(&folded)));
    utf8_fold(&again, buf_str(&clean));
    check(str_eq(buf_str(&folded), buf_str(&again)));
    buf_fini(&clean);
    buf_fini(&folded);
    buf_fini(&again);
    return 0;
}
