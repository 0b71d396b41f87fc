/* HEADER.FIELDS and its NOT: the same for every way of cutting the header, and what reading its
 * fields one by one gives. */
#include "fuzz.h"

#include "base/check.h"
#include "base/mem.h"
#include "mime/header.h"
#include "mime/parser.h"
#include "session/fetch.h"

static struct str names[] = {STR_INIT("subject"), STR_INIT("X"), STR_INIT("from")};

static void filter(const struct fetch_fields *want, struct str header, size_t piece,
                   struct buf *out)
{
    struct fields_filter f = {.want = want};

    for (; header.n; header = str_from(header, piece))
        fields_filter_feed(&f, str_sub(header, 0, piece), out);
    fields_filter_end(&f, out);
    fields_filter_fini(&f);
}

static bool is_wanted(struct str name)
{
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (str_eq_nocase(name, names[i]))
            return true;
    }
    return false;
}

static void check_fields(struct str header, struct str got, bool not )
{
    struct mime_fields fields = mime_fields_of(header);
    struct mime_field f;

    while (mime_fields_next(&fields, &f)) {
        if (is_wanted(f.name) == not )
            continue;
        check(str_starts(got, f.whole));
        got = str_from(got, f.whole.n);
    }
    check(got.n <= 2); /* the empty line, if there is one */
}

static void check_both_ways(struct arena *a, struct str header, size_t piece, bool not )
{
    struct imap_section section = {.text = not ? SECTION_FIELDS_NOT : SECTION_FIELDS,
                                   .fields = names,
                                   .n_fields = ARRAY_LEN(names)};
    struct fetch_fields want = {0};
    struct buf whole = BUF_INIT, pieces = BUF_INIT;

    fetch_fields_init(&want, a, &section);
    filter(&want, header, header.n + 1, &whole);
    filter(&want, header, piece, &pieces);
    check(str_eq(buf_str(&whole), buf_str(&pieces)));
    check_fields(header, buf_str(&whole), not );
    buf_fini(&whole);
    buf_fini(&pieces);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct arena *a = arena_new();

    if (n > 1) {
        struct str message = str_n(data + 1, n - 1);
        struct str header = str_sub(message, 0, (size_t)mime_parse(a, message)->body_at);

        check_both_ways(a, header, data[0] % 16 + 1, false);
        check_both_ways(a, header, data[0] % 16 + 1, true);
    }
    arena_free(a);
    return 0;
}
