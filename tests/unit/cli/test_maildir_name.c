#include "test.h"

#include "cli/mailbox_index.h"
#include "cli/maildir_name.h"
#include "mailbox/names.h"
#include "mailbox/version.h"

#include <stdlib.h>

static void names_of_dovecot_and_others_are_read(void **state)
{
    struct maildir_name m;

    maildir_name_parse(STR("1666813693.M20046P2137.host,S=612,W=630:2,FRSab"), &m);
    assert_int_equal(m.seconds, 1666813693);
    assert_true(m.has_size && m.has_wire_size);
    assert_int_equal(m.size, 612);
    assert_int_equal(m.wire_size, 630);
    assert_int_equal(m.flags, FLAG_FLAGGED | FLAG_ANSWERED | FLAG_SEEN);
    assert_int_equal(m.keywords[0], 3);
    maildir_name_parse(STR("1666813693.2137_0.host"), &m);
    assert_int_equal(m.flags, 0);
    assert_false(m.has_size);
    maildir_name_parse(STR("1666813693.x;2,DPT"), &m);
    assert_int_equal(m.flags, FLAG_DRAFT | FLAG_DELETED);
    assert_true(m.passed);
    maildir_name_parse(STR("no number:2,S"), &m);
    assert_int_equal(m.seconds, -1);
    assert_int_equal(m.flags, FLAG_SEEN);
    maildir_name_parse(STR("1.a:1,FRS"), &m); /* experimental, not flags */
    assert_int_equal(m.flags, 0);
    maildir_name_parse(STR("1.a,S=x,W=-5,Z=99999,U=,K=zz,=,:2,"), &m);
    assert_false(m.has_size || m.has_wire_size);
    assert_int_equal(m.zone_min, 0);
    assert_int_equal(m.uid, 0);
    maildir_name_parse(STR(""), &m);
    maildir_name_parse(STR(":2,"), &m);
    maildir_name_parse(STR(",,,"), &m);
}

static void what_is_written_reads_back_the_same(void **state)
{
    srand(1);
    for (int round = 0; round < 5000; round++) {
        struct maildir_name m = {.seconds = rand(),
                                 .size = (uint64_t)rand(),
                                 .uid = 1 + (uint64_t)rand()},
                            got;
        struct buf name = BUF_INIT;
        m.wire_size = m.size;
        m.has_size = m.has_wire_size = true;
        m.zone_min = (int16_t)(rand() % 1681 - 840);
        m.flags = (uint8_t)rand() & FLAGS_ALL;
        m.passed = rand() % 2;
        m.has_date = rand() % 2;
        m.date = m.has_date ? -(int64_t)rand() : 0;
        for (int i = rand() % 20; i > 0; i--) {
            unsigned id = (unsigned)rand() % MAILDIR_KEYWORDS;
            m.keywords[id / 64] |= 1ull << (id % 64);
        }
        maildir_name_put(&name, &m);
        assert_true(name.n <= 255);
        assert_false(str_has_char(buf_str(&name), '/'));
        maildir_name_parse(buf_str(&name), &got);
        assert_memory_equal(&got, &m, sizeof m);
        buf_fini(&name);
    }
}

static void even_all_keywords_fit_into_a_file_name(void **state)
{
    struct maildir_name m = {.seconds = INT64_MAX,
                             .size = UINT64_MAX,
                             .wire_size = UINT64_MAX,
                             .uid = UINT32_MAX,
                             .zone_min = -840,
                             .flags = FLAGS_ALL,
                             .passed = true,
                             .date = INT64_MIN + 1,
                             .has_date = true};
    struct buf name = BUF_INIT;

    memset(m.keywords, 0xff, sizeof m.keywords);
    maildir_name_put(&name, &m);
    assert_in_range(name.n, 200, 290);
    m.seconds = m.date = 0;
    m.size = m.wire_size = 2000000000;
    m.has_date = false;
    buf_clear(&name);
    maildir_name_put(&name, &m);
    assert_true(name.n <= 255);
    buf_fini(&name);
}

static void messages_come_as_they_arrived(void **state)
{
    static const char *const order[] = {
        "1767225601.M2P1.tern,U=2:2,S",
        "1767225600.M3P1.tern,U=3:2,",
        "1767225600.M10P1.tern,U=10:2,",
        "999.M1P1.host:2,",
        "1000.M9P1.host:2,",
        "1000.M10P1.host:2,",
        "1000.M10P1.host,S=5:2,",
    };

    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++)
        for (size_t k = 0; k < sizeof order / sizeof order[0]; k++) {
            int got = maildir_name_cmp(order[i], order[k]);
            if (i == 6 || k == 6)
                continue; /* where it stands beside the sixth does not matter, see the next line */
            assert_int_equal((got > 0) - (got < 0), (i > k) - (i < k));
        }
    assert_int_not_equal(maildir_name_cmp(order[5], order[6]), 0);
}

/* ---- folders ---- */

static const struct {
    const char *dir, *name;
} folders[] = {
    {".Sent", "Sent"},
    {".A.B.C", "A/B/C"},
    {".INBOX.x", "INBOX/x"},
    {".Entw&APw-rfe", "Entw\xc3\xbcrfe"},
    {".a&AC4-b", "a.b"},
    {".&AC4-", "."},
    {".R&-D", "R&D"},
    {".&ZeVnLIqe-", "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e"},
    {".&2D3cJg-", "\xf0\x9f\x90\xa6"},
    {".with blank", "with blank"},
};

static void folders_are_levels_in_modified_utf7(void **state)
{
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        struct arena *a = arena_new();
        struct buf dir = BUF_INIT;
        struct str name;
        assert_true(maildir_folder_decode(a, str_of(folders[i].dir), &name));
        assert_str(name, str_of(folders[i].name));
        maildir_folder_encode(&dir, name);
        assert_str(buf_str(&dir), str_of(folders[i].dir));
        buf_fini(&dir);
        arena_free(a);
    }
}

static void folders_that_are_no_names_become_some(void **state)
{
    static const struct {
        const char *dir, *name; /* NULL: nothing is left */
    } cases[] = {
        {"..A...B.", "A/B"},   {".", NULL},
        {"..", NULL},          {".a&AC8-b", "a_b"},
        {".a\x01\x7f", "a__"}, {".a\xff", "a\xef\xbf\xbd"},
        {".a&!!-b", "a&!!-b"}, {".\xc3\xbc", "\xc3\xbc"},
        {".&AAo-", "_"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct arena *a = arena_new();
        struct str name;
        bool ok = maildir_folder_decode(a, str_of(cases[i].dir), &name);
        assert_int_equal(ok, cases[i].name != NULL);
        if (ok)
            assert_str(name, str_of(cases[i].name));
        arena_free(a);
    }
}

/* ---- beside the mail ---- */

static void subscriptions_are_read_in_both_forms_and_written_in_the_newer(void **state)
{
    struct arena *a = arena_new();
    struct buf text = BUF_INIT;
    struct str *names;
    size_t n;

    subscriptions_parse(a, STR("INBOX\nSent.2025\r\nEntw&APw-rfe\n\n"), &names, &n);
    assert_int_equal(n, 3);
    assert_lit(names[1], "Sent/2025");
    assert_lit(names[2], "Entw\xc3\xbcrfe");
    subscriptions_begin(&text);
    subscriptions_put(&text, STR("a.b/Entw\xc3\xbcrfe"));
    subscriptions_put(&text, STR("INBOX"));
    assert_lit(buf_str(&text), "V\t2\n\na&AC4-b\tEntw&APw-rfe\nINBOX\n");
    subscriptions_parse(a, buf_str(&text), &names, &n);
    assert_int_equal(n, 2);
    assert_lit(names[0], "a.b/Entw\xc3\xbcrfe");
    buf_fini(&text);
    arena_free(a);
}

static void the_index_tells_names_and_uses(void **state)
{
    struct arena *a = arena_new();
    struct buf text = BUF_INIT;
    struct index_entry *e;
    size_t n;

    index_begin(&text);
    index_put(&text, STR("."), STR("INBOX"), 0);
    index_put(&text, STR(".x"), STR("A/\xc3\xbc"), USE_SENT | USE_ARCHIVE);
    assert_true(index_parse(a, buf_str(&text), &e, &n));
    assert_int_equal(n, 2);
    assert_lit(e[0].place, ".");
    assert_int_equal(e[0].uses, 0);
    assert_lit(e[1].name, "A/\xc3\xbc");
    assert_int_equal(e[1].uses, USE_SENT | USE_ARCHIVE);
    assert_false(index_parse(a, STR("something else\n"), &e, &n));
    assert_true(index_parse(a, STR("tern-mailboxes 1\nx\n\n\t\t\n.y\tY"), &e, &n));
    assert_int_equal(n, 1);
    buf_fini(&text);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_dovecot_and_others_are_read),
        cmocka_unit_test(what_is_written_reads_back_the_same),
        cmocka_unit_test(even_all_keywords_fit_into_a_file_name),
        cmocka_unit_test(messages_come_as_they_arrived),
        cmocka_unit_test(folders_are_levels_in_modified_utf7),
        cmocka_unit_test(folders_that_are_no_names_become_some),
        cmocka_unit_test(subscriptions_are_read_in_both_forms_and_written_in_the_newer),
        cmocka_unit_test(the_index_tells_names_and_uses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
