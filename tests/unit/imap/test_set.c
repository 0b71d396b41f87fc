/* Sequence sets and the names of flags. */
#include "test.h"

#include "base/mem.h"
#include "imap/command.h"

static void check_resolve(struct range *v, size_t n, uint32_t last, const char *want)
{
    struct imap_set set = {.v = v, .n = n};
    struct ranges r = RANGES_INIT;
    struct buf out = BUF_INIT;

    imap_set_resolve(&set, last, &r);
    ranges_format(&r, &out);
    assert_str(buf_str(&out), str_of(want));
    buf_fini(&out);
    ranges_fini(&r);
}

#define RESOLVE(last, want, ...)                                                                   \
    do {                                                                                           \
        struct range v_[] = {__VA_ARGS__};                                                         \
        check_resolve(v_, ARRAY_LEN(v_), (last), (want));                                          \
    } while (0)

static void sets_resolve_to_numbers(void **state)
{
    RESOLVE(15, "2,4:7,9,12:15", {2, 2}, {4, 7}, {9, 9}, {12, 0});
    RESOLVE(10, "4:10", {0, 4}, {5, 7}); /* RFC 9051, 9: *:4,5:7 */
    RESOLVE(3, "1:3", {3, 1});
    RESOLVE(7, "7", {0, 0});
    RESOLVE(7, "7:9999", {9999, 0}); /* the last message is in it */
    RESOLVE(7, "1:4294967295", {1, UINT32_MAX});
    RESOLVE(0, "", {0, 0});
    RESOLVE(0, "", {1, 0});
    RESOLVE(0, "1:5", {1, 5});
}

static void flags_have_names(void **state)
{
    assert_string_equal(imap_flag_name(IMAP_SEEN), "\\Seen");
    assert_string_equal(imap_flag_name(IMAP_DRAFT), "\\Draft");
    assert_null(imap_flag_name(IMAP_SEEN | IMAP_DRAFT));
    assert_null(imap_flag_name(0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sets_resolve_to_numbers),
        cmocka_unit_test(flags_have_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
