#include "test.h"

#include "cli/mbox_line.h"
#include "mailbox/version.h"

#include <stdlib.h>

/* ---- From lines ---- */

static const struct {
    const char *line;
    bool from, has_date, sure;
    int64_t date;
    int zone;
} lines[] = {
    {"From mox Wed Oct 26 19:48:13 2022", true, true, true, 1666813693, 0},
    {"From - Mon Jun  3 12:50:27 1996", true, true, true, 833806227, 0},
    {"From a@b Thu Jan 1 00:00 2026", true, true, true, 1767225600, 0},
    {"From a@b Thu Jan  1 02:00:00 2026 +0200", true, true, true, 1767225600, 120},
    {"From a@b Thu Jan  1 02:00:00 +0200 2026", true, true, true, 1767225600, 120},
    {"From a@b Wed Dec 31 19:00:00 EST 2025", true, true, true, 1767207600, 0},
    {"From 123@xxx Thu Jan 01 00:00:00 +0000 2026", true, true, true, 1767225600, 0},
    {"From a b c Thu Jan  1 00:00:00 2026", true, true, true, 1767225600, 0},
    {"From a@b Jan  1 00:00:00 2026", true, true, false, 1767225600, 0},
    {"From - ", true, false, true, 0, 0},
    {"From -", true, false, true, 0, 0},
    {"From MAILER-DAEMON Sat Jan  1 00:00:00 0000", true, true, true, -62167219200, 0},
    {"From the sea", false, false, false, 0, 0},
    {"From", false, false, false, 0, 0},
    {"From: a@b Thu Jan  1 00:00:00 2026", false, false, false, 0, 0},
    {"from a@b Thu Jan  1 00:00:00 2026", false, false, false, 0, 0},
    {">From a@b Thu Jan  1 00:00:00 2026", false, false, false, 0, 0},
    {"From a@b Thu Jan 32 00:00:00 2026", false, false, false, 0, 0},
    {"From a@b Thu Feb 30 00:00:00 2026", false, false, false, 0, 0},
    {"From a@b Thu Jan  1 24:00:00 2026", false, false, false, 0, 0},
    {"From a@b Thu Jan  1 00:00:00", false, false, false, 0, 0},
    {"From a@b Thu Jan  1 00:00:00:00 2026", false, false, false, 0, 0},
    {"From now until Jan 1 we are 12 of 2026", false, false, false, 0, 0},
};

static void a_from_line_has_a_date_or_is_netscapes(void **state)
{
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct mbox_from from;
        bool is = mbox_from_parse(str_of(lines[i].line), &from);
        if (is != lines[i].from || from.date != lines[i].date)
            print_error("%s: %d %lld\n", lines[i].line, is, (long long)from.date);
        assert_int_equal(is, lines[i].from);
        assert_int_equal(from.has_date, lines[i].has_date);
        assert_int_equal(from.date, lines[i].date);
        assert_int_equal(from.zone_min, lines[i].zone);
        if (is)
            assert_int_equal(from.sure, lines[i].sure);
    }
}

static void a_from_line_that_was_written_reads_back_the_same(void **state)
{
    static const int64_t dates[] = {0,         -1,        1767225600, 253402300799, -62167219200,
                                    951782400, 4102444799};
    static const int16_t zones[] = {0, 60, -90, 14 * 60, -12 * 60, 345};

    for (size_t i = 0; i < sizeof dates / sizeof dates[0]; i++) {
        for (size_t k = 0; k < sizeof zones / sizeof zones[0]; k++) {
            struct buf line = BUF_INIT;
            struct mbox_from from;
            if ((i == 3 && zones[k] > 0) || (i == 4 && zones[k] < 0))
                continue; /* the year would not have four digits */
            mbox_from_put(&line, dates[i], zones[k]);
            assert_true(mbox_from_parse(str_trim(buf_str(&line)), &from));
            assert_int_equal(from.date, dates[i]);
            assert_int_equal(from.zone_min, zones[k]);
            assert_true(from.sure);
            buf_fini(&line);
        }
    }
}

/* ---- flags ---- */

static void fields_of_the_mbox_become_flags(void **state)
{
    static const struct {
        const char *name, *value;
        uint8_t flags;
    } cases[] = {
        {"Status", "RO", FLAG_SEEN},
        {"Status", "O", 0},
        {"status", " R ", FLAG_SEEN},
        {"X-Status", "AFTD", FLAG_ANSWERED | FLAG_FLAGGED | FLAG_DRAFT | FLAG_DELETED},
        {"X-Mozilla-Status", "0005", FLAG_SEEN | FLAG_FLAGGED},
        {"X-Mozilla-Status", "000a", FLAG_ANSWERED | FLAG_DELETED},
        {"X-Mozilla-Status", "zz", 0},
        {"X-UID", "17", 0},
        {"X-IMAPbase", "1 2", 0},
    };
    uint64_t length = 7;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct mbox_flags f = {0};
        assert_true(mbox_field(str_of(cases[i].name), str_of(cases[i].value), &f, &length));
        assert_int_equal(f.flags, cases[i].flags);
    }
    struct mbox_flags f = {0};
    assert_true(mbox_field(STR("X-Mozilla-Status"), STR("1001"), &f, &length));
    assert_true(f.forwarded);
    assert_true(mbox_field(STR("X-Keywords"), STR("a b"), &f, &length));
    assert_lit(f.keywords, "a b");
    assert_int_equal(length, 7);
    assert_true(mbox_field(STR("Content-Length"), STR(" 12 "), &f, &length));
    assert_int_equal(length, 12);
    assert_false(mbox_field(STR("Subject"), STR("x"), &f, &length));
    assert_false(mbox_field(STR("X-Status-Of"), STR("A"), &f, &length));
}

static void every_set_of_flags_reads_back(void **state)
{
    for (unsigned flags = 0; flags <= FLAGS_ALL; flags++) {
        struct buf text = BUF_INIT;
        struct mbox_flags f = {0};
        uint64_t length;
        mbox_flags_put(&text, (uint8_t)flags);
        for (struct str rest = buf_str(&text); rest.n > 0;) {
            size_t colon = str_find(rest, ':'), end = str_find(rest, '\n');
            assert_true(mbox_field(str_sub(rest, 0, colon),
                                   str_sub(rest, colon + 1, end - colon - 1), &f, &length));
            rest = str_from(rest, end + 1);
        }
        assert_int_equal(f.flags, flags);
        buf_fini(&text);
    }
}

/* ---- quoting ---- */

static const struct {
    const char *plain, *quoted;
} quotes[] = {
    {"", ""},
    {"From x", ">From x"},
    {"From", "From"},
    {"From:", "From:"},
    {">From x\n", ">>From x\n"},
    {">>>From x\n", ">>>>From x\n"},
    {"a\nFrom b\nc", "a\n>From b\nc"},
    {"a From b\n From c\nFrom d", "a From b\n From c\n>From d"},
    {">", ">"},
    {"\nFro", "\nFro"},
    {"\n>Fro\nm ", "\n>Fro\nm "},
    {"\rFrom x", "\rFrom x"},
    {"a\r\nFrom x\r\n", "a\r\n>From x\r\n"},
    {"FFrom x\nFroFrom x\n", "FFrom x\nFroFrom x\n"},
    {"> From x\n>F>From x", "> From x\n>F>From x"},
    {"From From \n", ">From From \n"},
};

static void quote_at(struct str in, size_t cut, struct buf *out)
{
    struct mbox_quote q = {0};

    mbox_quote(&q, str_sub(in, 0, cut), out);
    mbox_quote(&q, str_from(in, cut), out);
    mbox_quote_end(&q, out);
}

static void unquote_at(struct str in, size_t cut, struct buf *out)
{
    struct mbox_unquote u = {0};

    mbox_unquote(&u, str_sub(in, 0, cut), out);
    mbox_unquote(&u, str_from(in, cut), out);
    mbox_unquote_end(&u, out);
}

static void quoting_is_mboxrds_and_undone_wherever_the_bytes_are_cut(void **state)
{
    for (size_t i = 0; i < sizeof quotes / sizeof quotes[0]; i++) {
        struct str plain = str_of(quotes[i].plain), quoted = str_of(quotes[i].quoted);
        struct buf out = BUF_INIT;
        for (size_t cut = 0; cut <= plain.n; cut++) {
            buf_clear(&out);
            quote_at(plain, cut, &out);
            assert_str(buf_str(&out), quoted);
        }
        for (size_t cut = 0; cut <= quoted.n; cut++) {
            buf_clear(&out);
            unquote_at(quoted, cut, &out);
            assert_str(buf_str(&out), plain);
        }
        buf_fini(&out);
    }
}

static void random_text_of_the_letters_that_matter_survives(void **state)
{
    static const char letters[] = ">>From \n\r";
    struct buf quoted = BUF_INIT, back = BUF_INIT;

    srand(1);
    for (int round = 0; round < 20000; round++) {
        char text[24];
        size_t n = (size_t)rand() % sizeof text, cut = (size_t)rand() % sizeof text;
        for (size_t i = 0; i < n; i++)
            text[i] = letters[(size_t)rand() % (sizeof letters - 1)];
        /* Letters alone seldom make the word. */
        if (n > 8 && rand() % 2)
            memcpy(text + (size_t)rand() % (n - 6), "From ", 5);
        buf_clear(&quoted);
        buf_clear(&back);
        quote_at(str_n(text, n), cut < n ? cut : n, &quoted);
        assert_int_equal(str_search(buf_str(&quoted), STR("\nFrom ")), SIZE_MAX);
        assert_false(str_starts(buf_str(&quoted), STR("From ")));
        unquote_at(buf_str(&quoted), cut < quoted.n ? cut : quoted.n, &back);
        assert_str(buf_str(&back), str_n(text, n));
    }
    buf_fini(&quoted);
    buf_fini(&back);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_from_line_has_a_date_or_is_netscapes),
        cmocka_unit_test(a_from_line_that_was_written_reads_back_the_same),
        cmocka_unit_test(fields_of_the_mbox_become_flags),
        cmocka_unit_test(every_set_of_flags_reads_back),
        cmocka_unit_test(quoting_is_mboxrds_and_undone_wherever_the_bytes_are_cut),
        cmocka_unit_test(random_text_of_the_letters_that_matter_survives),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
