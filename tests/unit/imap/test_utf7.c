#include "test.h"

#include "base/mem.h"
#include "imap/utf7.h"

static void names_go_to_utf7_and_back(void **state)
{
    static const struct {
        const char *utf8, *utf7;
    } rows[] = {
        {"INBOX", "INBOX"},
        {"", ""},
        {"a&b", "a&-b"},
        {"&", "&-"},
        {"&&", "&-&-"},
        {"~peter/mail/\xE5\x8F\xB0\xE5\x8C\x97/\xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E",
         "~peter/mail/&U,BTFw-/&ZeVnLIqe-"}, /* RFC 3501, 5.1.3 */
        {"Entw\xC3\xBCrfe", "Entw&APw-rfe"},
        {"\xF0\x9F\x98\x80", "&2D3eAA-"},
        {"x\xF0\x9F\x98\x80\xF0\x9F\x98\x81y", "x&2D3eANg93gE-y"},
        {"\xC3\xA4&\xC3\xB6", "&AOQ-&-&APY-"},
        {"\x7F", "&AH8-"},
        {"\t", "&AAk-"},
        {"\xEF\xBF\xBF", "&,,8-"},
        {"\xF4\x8F\xBF\xBF", "&2,,f,w-"},
    };
    struct arena *a = arena_new();

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct buf coded = BUF_INIT;
        struct str back = STR_NONE;

        imap_utf7_encode(&coded, str_of(rows[i].utf8));
        assert_str(buf_str(&coded), str_of(rows[i].utf7));
        assert_true(imap_utf7_decode(a, str_of(rows[i].utf7), &back));
        assert_str(back, str_of(rows[i].utf8));
        buf_fini(&coded);
    }
    arena_free(a);
}

static void wrong_utf7_is_refused(void **state)
{
    static const char *const bad[] = {
        "&",      "a&b",      "a&b-c",  "&A-",      "&AO-",       "&AOQ",   "&AOR-",
        "&AOQA-", "&2D0-",    "&3gA-",  "&2D0AQQ-", "&2D3YPQ-",   "&AOQ=-", "&AOQ/-",
        "&AOQ -", "\xC3\xA4", "&\xC3-", "&AAA-",    "a&AOQ-\x80",
    };
    struct arena *a = arena_new();
    struct str out;

    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        if (imap_utf7_decode(a, str_of(bad[i]), &out))
            fail_msg("taken: %s", bad[i]);
    }
    assert_false(imap_utf7_decode(a, STR("a\0b"), &out));
    arena_free(a);
}

static void needless_encoding_is_tolerated(void **state)
{
    struct arena *a = arena_new();
    struct str out;

    assert_true(imap_utf7_decode(a, STR("&AGEAYg-"), &out));
    assert_lit(out, "ab");
    assert_true(imap_utf7_decode(a, STR("&ACY-"), &out));
    assert_lit(out, "&");
    assert_true(imap_utf7_decode(a, STR("&AOQ-&APY-"), &out)); /* two runs in a row */
    assert_lit(out, "\xC3\xA4\xC3\xB6");
    arena_free(a);
}

static void broken_utf8_is_encoded_as_replacement(void **state)
{
    struct buf out = BUF_INIT;

    imap_utf7_encode(&out, STR("a\xFF"
                               "b"));
    assert_lit(buf_str(&out), "a&,,0-b");
    buf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_go_to_utf7_and_back),
        cmocka_unit_test(wrong_utf7_is_refused),
        cmocka_unit_test(needless_encoding_is_tolerated),
        cmocka_unit_test(broken_utf8_is_encoded_as_replacement),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
