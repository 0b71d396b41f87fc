/* Modified UTF-7: what decodes is UTF-8 and comes back the same; what was encoded decodes. */
#include "fuzz.h"

#include "base/check.h"
#include "base/utf8.h"
#include "imap/utf7.h"

static struct str round_trip(struct arena *a, struct str utf8)
{
    struct buf coded = BUF_INIT;
    struct str back;

    imap_utf7_encode(&coded, utf8);
    check(!str_has_8bit(buf_str(&coded)));
    check(imap_utf7_decode(a, arena_str(a, buf_str(&coded)), &back));
    buf_fini(&coded);
    return back;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct arena *a = arena_new();
    struct str in = str_n(data, n), out;
    struct buf clean = BUF_INIT;

    if (imap_utf7_decode(a, in, &out)) {
        check(utf8_valid(out) && !str_has_char(out, '\0'));
        check(str_eq(round_trip(a, out), out));
    }
    utf8_scrub(&clean, in);
    if (!str_has_char(in, '\0'))
        check(str_eq(round_trip(a, buf_str(&clean)), buf_str(&clean)));
    buf_fini(&clean);
    arena_free(a);
    return 0;
}
