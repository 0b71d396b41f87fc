/* Tables of commands and what they mean, as command_dump.h writes it. */
#ifndef TESTS_IMAP_TABLE_H
#define TESTS_IMAP_TABLE_H

#include "test.h"

#include "base/mem.h"
#include "command_dump.h"

struct row {
    const char *line; /* tag and CRLF are put around it */
    const char *want; /* without the tag */
};

static inline void table_check_row(struct str line, const struct imap_parse_options *o,
                                   const char *want)
{
    struct arena *a = arena_new();
    struct buf in = BUF_INIT, got = BUF_INIT;
    bool good = strncmp(want, "BAD ", 4) != 0 && strncmp(want, "NO ", 3) != 0;
    struct str expected = good ? arena_printf(a, "a1 %s", want) : str_of(want);

    BUF_LIT(&in, "a1 ");
    buf_add_str(&in, line);
    BUF_LIT(&in, "\r\n");
    parse_dump(a, (struct imap_text){.bytes = buf_str(&in)}, o, &got);
    if (!str_eq(buf_str(&got), expected))
        print_error("line: %.*s\n", STR_FMT(line));
    assert_str(buf_str(&got), expected);
    buf_fini(&in);
    buf_fini(&got);
    arena_free(a);
}

static inline void table_check(const struct row *rows, size_t n, struct imap_parse_options o)
{
    for (size_t i = 0; i < n; i++)
        table_check_row(str_of(rows[i].line), &o, rows[i].want);
}

#define TABLE_CHECK(rows)                                                                          \
    table_check((rows), ARRAY_LEN(rows), (struct imap_parse_options){.utf8 = false})
#define TABLE_CHECK_UTF8(rows)                                                                     \
    table_check((rows), ARRAY_LEN(rows), (struct imap_parse_options){.utf8 = true, .rev2 = true})

#endif
