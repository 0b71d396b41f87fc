#include "test.h"

#include "base/mem.h"
#include "search/text.h"

static bool found_in(struct str hay, struct str folded_needle, size_t piece)
{
    struct needle n = {.folded = folded_needle};
    struct needle *all[] = {&n};
    struct text t = {0};

    text_begin(&t, all, 1);
    for (; hay.n; hay = str_from(hay, piece))
        text_feed(&t, str_sub(hay, 0, piece));
    text_end(&t);
    text_fini(&t);
    return n.found;
}

static void a_needle_is_found_across_any_cut_and_in_any_case(void **state)
{
    struct str hay = STR("The quick brown Fox jumps");

    for (size_t piece = 1; piece <= hay.n; piece++) {
        assert_true(found_in(hay, STR("the"), piece));
        assert_true(found_in(hay, STR("jumps"), piece));
        assert_true(found_in(hay, STR("k brown f"), piece));
        assert_false(found_in(hay, STR("k  brown"), piece));
        assert_false(found_in(hay, STR("jumps "), piece));
    }
}

static void a_needle_is_found_wherever_it_lies_in_a_long_text(void **state)
{
    struct buf hay = BUF_INIT;

    for (size_t at = 16350; at < 16420; at++) {
        buf_clear(&hay);
        for (size_t i = 0; i < 40000; i++)
            buf_add_char(&hay, i == at ? 'N' : i == at + 1 ? 'D' : 'e');
        assert_true(found_in(buf_str(&hay), STR("eende"), 40000));
        assert_true(found_in(buf_str(&hay), STR("eende"), 5000));
        assert_false(found_in(buf_str(&hay), STR("nnd"), 5000));
        assert_false(found_in(buf_str(&hay), STR("ndd"), 900));
        assert_true(found_in(buf_str(&hay), STR("ende"), 777));
        assert_true(found_in(buf_str(&hay), STR("nd"), 64));
    }
    buf_fini(&hay);
}

static void short_and_long_needles_are_sought_side_by_side(void **state)
{
    struct buf hay = BUF_INIT, longest = BUF_INIT;
    struct needle a = {.folded = STR("q")}, b, c = {.folded = STR("zz")};
    struct needle *all[] = {&a, &b, &c};
    struct text t = {0};

    for (int i = 0; i < 30000; i++)
        buf_add_char(&longest, (char)('a' + i % 16));
    b = (struct needle){.folded = buf_str(&longest)};
    for (int i = 0; i < 50000; i++)
        buf_add_char(&hay, 'x');
    buf_add_str(&hay, buf_str(&longest));
    buf_add_cstr(&hay, "qz");
    text_begin(&t, all, 3);
    for (size_t at = 0; at < hay.n; at += 9000)
        text_feed(&t, str_sub(buf_str(&hay), at, 9000));
    text_end(&t);
    assert_true(a.found);
    assert_true(b.found);
    assert_false(c.found);
    /* The next text begins with nothing of the last one. */
    text_begin(&t, all, 3);
    text_feed(&t, STR("z"));
    text_end(&t);
    assert_false(c.found);
    text_fini(&t);
    buf_fini(&hay);
    buf_fini(&longest);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_needle_is_found_across_any_cut_and_in_any_case),
    cmocka_unit_test(a_needle_is_found_wherever_it_lies_in_a_long_text),
    cmocka_unit_test(short_and_long_needles_are_sought_side_by_side),
};

TESTS_MAIN(tests)
