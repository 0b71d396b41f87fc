/* A command's text: every outcome is a whole command, whose fields can all be read, or an error
 * with a text; the same bytes give the same command again. */
#include "fuzz.h"

#include "base/check.h"
#include "unit/imap/command_dump.h"

enum { UTF8 = 1, EXTERNAL = 2 };

static void check_error(struct arena *a, struct imap_text text, const struct imap_parse_options *o)
{
    struct imap_parse_error error;
    struct imap_command c;
    enum err e = imap_parse(a, text, o, &c, &error);

    check(e == ERR_OK || e == ERR_SYNTAX);
    check((e == ERR_OK) == (error.text == NULL));
    check(e != ERR_OK || (c.name != IMAP_UNKNOWN && c.tag.p != NULL));
    check(error.at <= text.bytes.n);
}

static void check_early(struct arena *a, struct imap_text text, const struct imap_parse_options *o)
{
    struct imap_command c;
    bool uid;

    if (imap_parse_append_start(a, text, o, &c)) {
        check(imap_peek_name(text, &uid) == IMAP_APPEND && !uid);
        check(c.append.mailbox.name.p != NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    unsigned how = n > 0 ? data[0] : 0;
    struct imap_parse_options o = {.utf8 = how & UTF8, .rev2 = how & UTF8};
    struct arena *a = arena_new();
    struct imap_text text = {.bytes = n > 0 ? str_n(data + 1, n - 1) : STR("")};
    struct buf once = BUF_INIT, twice = BUF_INIT;
    size_t external = str_find(text.bytes, '\n') + 1;

    if (how & EXTERNAL) {
        text.external = &external;
        text.n_external = 1;
    }
    check_error(a, text, &o);
    check_early(a, text, &o);
    parse_dump(a, text, &o, &once);
    parse_dump(a, text, &o, &twice);
    check(str_eq(buf_str(&once), buf_str(&twice)));
    buf_fini(&once);
    buf_fini(&twice);
    arena_free(a);
    return 0;
}
