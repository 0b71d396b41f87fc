/* Commands that the standards themselves show, and what becomes of them when they are cut or
 * changed. */
#include "test.h"

#include "base/mem.h"
#include "command_dump.h"

#include <stdlib.h>

static const struct imap_parse_options rev1 = {0};

static struct str read_file(struct arena *a, const char *path)
{
    static char block[65536];
    FILE *f = fopen(path, "rb");
    size_t n;

    assert_non_null(f);
    n = fread(block, 1, sizeof(block), f);
    assert_true(n > 0 && n < sizeof(block));
    fclose(f);
    return arena_str(a, str_n(block, n));
}

/* "\r\n" within the line becomes a line end; one is put behind it. */
static struct str command_of(struct arena *a, struct str line)
{
    struct buf b = BUF_INIT;
    struct str out;

    while (line.n > 0) {
        size_t at = str_search(line, STR("\\r\\n"));

        buf_add_str(&b, str_sub(line, 0, at));
        BUF_LIT(&b, "\r\n");
        line = at == SIZE_MAX ? STR("") : str_from(line, at + 4);
    }
    out = arena_str(a, buf_str(&b));
    buf_fini(&b);
    return out;
}

typedef void example_fn(struct arena *a, struct str command, bool good);

static void each_example(example_fn *fn)
{
    struct arena *all = arena_new();
    struct str rest = read_file(all, "tests/unit/imap/examples.txt");
    int n = 0;

    while (rest.n > 0) {
        size_t end = str_find(rest, '\n');
        struct str line = str_sub(rest, 0, end);
        bool good = !str_starts(line, STR("!"));
        struct arena *a = arena_new();

        rest = str_from(rest, end + 1);
        if (line.n > 0 && line.p[0] != '#') {
            fn(a, command_of(a, good ? line : str_from(line, 1)), good);
            n++;
        }
        arena_free(a);
    }
    assert_true(n > 150);
    arena_free(all);
}

static struct str dump(struct arena *a, struct str command)
{
    struct buf b = BUF_INIT;
    struct str out;

    parse_dump(a, (struct imap_text){.bytes = command}, &rev1, &b);
    out = arena_str(a, buf_str(&b));
    buf_fini(&b);
    return out;
}

static bool is_good(struct str dumped)
{
    return !str_starts(dumped, STR("BAD ")) && !str_starts(dumped, STR("NO "));
}

static void check_outcome(struct arena *a, struct str command, bool good)
{
    struct str got = dump(a, command);

    if (is_good(got) != good)
        fail_msg("%.*s%.*s", STR_FMT(command), STR_FMT(got));
}

static void examples_are_understood(void **state)
{
    each_example(check_outcome);
}

static void check_bare_lf(struct arena *a, struct str command, bool good)
{
    struct buf b = BUF_INIT;

    for (size_t i = 0; i < command.n; i++) {
        if (command.p[i] != '\r')
            buf_add_char(&b, command.p[i]);
    }
    if (str_search(command, STR("}\r\n")) == SIZE_MAX)
        assert_str(dump(a, buf_str(&b)), dump(a, command));
    buf_fini(&b);
}

static void bare_lf_means_the_same(void **state)
{
    each_example(check_bare_lf);
}

static void check_cuts(struct arena *a, struct str command, bool good)
{
    for (size_t n = 0; n < command.n; n++)
        assert_false(is_good(dump(a, str_sub(command, 0, n))));
}

static void no_part_of_an_example_is_a_command(void **state)
{
    each_example(check_cuts);
}

/* What is sent for a changed byte is not known, but it is one command or an error, and no memory is
 * touched that is not its own (the sanitizers see to that). */
static void check_changes(struct arena *a, struct str command, bool good)
{
    static const char bytes[] = {'\0', ' ', '"',  '(',  ')',  '{', '}',
                                 '*',  '$', '\\', '\r', '\n', '9', '\xff'};
    char *copy = mem_raw(command.n);

    for (size_t i = 0; i < command.n; i++) {
        for (size_t k = 0; k < sizeof(bytes); k++) {
            struct imap_command c;
            struct imap_parse_error error;

            memcpy(copy, command.p, command.n);
            copy[i] = bytes[k];
            if (imap_parse(a, (struct imap_text){.bytes = str_n(copy, command.n)}, &rev1, &c,
                           &error) != ERR_OK)
                assert_non_null(error.text);
        }
        arena_reset(a);
    }
    mem_free(copy);
}

static void check_changes_of_copy(struct arena *a, struct str command, bool good)
{
    struct arena *scratch = arena_new();

    check_changes(scratch, command, good);
    arena_free(scratch);
}

static void changed_examples_are_commands_or_errors(void **state)
{
    each_example(check_changes_of_copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(examples_are_understood),
        cmocka_unit_test(bare_lf_means_the_same),
        cmocka_unit_test(no_part_of_an_example_is_a_command),
        cmocka_unit_test(changed_examples_are_commands_or_errors),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
