/* Sequence sets: what they resolve to is what the obvious way says, and reads back as itself. */
#include "fuzz.h"

#include "base/check.h"
#include "imap/command.h"

enum { SMALL = 300 };

static bool set_parse(struct arena *a, struct str text, struct imap_set *out)
{
    static const struct imap_parse_options o = {0};
    struct buf line = BUF_INIT;
    struct imap_parse_error error;
    struct imap_command c;
    bool good;

    BUF_LIT(&line, "a COPY ");
    buf_add_str(&line, text);
    BUF_LIT(&line, " x\r\n");
    good = imap_parse(a, (struct imap_text){.bytes = buf_str(&line)}, &o, &c, &error) == ERR_OK;
    buf_fini(&line);
    if (good)
        *out = c.copy.set;
    return good && !c.copy.set.saved && str_eq(c.copy.mailbox.name, STR("x"));
}

/* Is x in it?  By the words of RFC 9051, 9: seq-range. */
static bool set_has(const struct imap_set *set, uint32_t last, uint32_t x)
{
    for (size_t i = 0; i < set->n; i++) {
        uint32_t lo = set->v[i].lo != 0 ? set->v[i].lo : last;
        uint32_t hi = set->v[i].hi != 0 ? set->v[i].hi : last;

        if (lo != 0 && hi != 0 && ((lo <= x && x <= hi) || (hi <= x && x <= lo)))
            return true;
    }
    return false;
}

static void check_resolved(struct arena *a, const struct imap_set *set, uint32_t last)
{
    struct ranges r = RANGES_INIT, back = RANGES_INIT;
    struct buf text = BUF_INIT;
    struct imap_set again;

    imap_set_resolve(set, last, &r);
    for (uint32_t x = 1; x < SMALL; x++)
        check(ranges_has(&r, x) == set_has(set, last, x));
    ranges_format(&r, &text);
    if (r.n > 0) {
        check(set_parse(a, buf_str(&text), &again));
        imap_set_resolve(&again, 0, &back);
        check(back.n == r.n && memcmp(back.v, r.v, r.n * sizeof(*r.v)) == 0);
    }
    buf_fini(&text);
    ranges_fini(&r);
    ranges_fini(&back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct arena *a = arena_new();
    struct imap_set set;

    if (n > 0 && set_parse(a, str_n(data + 1, n - 1), &set)) {
        check(set.n > 0);
        check_resolved(a, &set, data[0]);
    }
    arena_free(a);
    return 0;
}
