#include "test.h"

#include "base/mem.h"
#include "base/utf8.h"
#include "search/fold.h"

#include <stdlib.h>

static void fold_in_pieces(struct str in, size_t piece, struct buf *out)
{
    struct fold f = {0};

    buf_clear(out);
    for (; in.n; in = str_from(in, piece))
        fold_feed(&f, str_sub(in, 0, piece), out);
    fold_end(&f, out);
    fold_fini(&f);
}

static const struct str texts[] = {
    STR_INIT(""),
    STR_INIT("A"),
    STR_INIT("Hello, WORLD\r\nagain"),
    STR_INIT("Gr\xc3\xbc\xc3\x9f"
             "e aus K\xc3\x96LN"),
    STR_INIT("e\xcc\x81t\x65\xcc\x81"), /* marks behind ASCII */
    STR_INIT("\xcc\x81\xcc\x81 leading marks"),
    STR_INIT("\xd0\x9f\xd0\xa0\xd0\x98\xd0\x92\xd0\x95\xd0\xa2"), /* Cyrillic */
    STR_INIT("\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e"),             /* Han */
    STR_INIT("\xef\xbd\xb6\xef\xbe\x9e\xef\xbd\xb7\xef\xbe\x9e"), /* half-width kana with marks */
    STR_INIT("\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab"),             /* Hangul in jamo */
    STR_INIT("\xef\xac\x81 ligature, \xe2\x84\xab unit, \xc2\xad soft"),
};

static void pieces_give_what_the_whole_gives(void **state)
{
    struct buf want = BUF_INIT, got = BUF_INIT;

    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        buf_clear(&want);
        utf8_fold(&want, texts[i]);
        for (size_t piece = 1; piece <= texts[i].n + 1; piece++) {
            fold_in_pieces(texts[i], piece, &got);
            assert_str(buf_str(&got), buf_str(&want));
        }
    }
    buf_fini(&want);
    buf_fini(&got);
}

static void a_run_of_marks_without_end_is_cut_at_the_same_places_in_any_pieces(void **state)
{
    struct buf in = BUF_INIT, want = BUF_INIT, got = BUF_INIT;

    buf_add_char(&in, 'a');
    for (int i = 0; i < 500; i++)
        buf_add_cstr(&in, i % 3 ? "\xcc\x81" : "\xcc\xa7");
    fold_in_pieces(buf_str(&in), in.n, &want);
    for (size_t piece = 1; piece < 200; piece += 7) {
        fold_in_pieces(buf_str(&in), piece, &got);
        assert_str(buf_str(&got), buf_str(&want));
    }
    buf_fini(&in);
    buf_fini(&want);
    buf_fini(&got);
}

/* Any two characters: does a cut that fold makes change what folding gives? */
static void no_character_is_cut_from_a_mark_that_composes_with_it(void **state)
{
    static const uint32_t second[] = {0x301,  0x308, 0x327,  0x3099, 0x309A, 0xFF9E, 0x1161,
                                      0x11A8, 0x9BE, 0x93C,  'a',    0x410,  0x4E00, 0x304B,
                                      0xE01,  0x628, 0xAC00, 0x1EA0, 0x915};
    struct buf in = BUF_INIT, want = BUF_INIT, got = BUF_INIT;

    for (uint32_t first = 1; first < 0x11000; first += first < 0x3200 ? 1 : 37) {
        if (first >= 0xD800 && first <= 0xDFFF)
            continue;
        for (size_t i = 0; i < ARRAY_LEN(second); i++) {
            buf_clear(&in);
            buf_clear(&want);
            utf8_encode(&in, first);
            utf8_encode(&in, second[i]);
            utf8_fold(&want, buf_str(&in));
            fold_in_pieces(buf_str(&in), 1, &got);
            if (!str_eq(buf_str(&got), buf_str(&want)))
                fail_msg("U+%04X U+%04X", first, second[i]);
        }
    }
    buf_fini(&in);
    buf_fini(&want);
    buf_fini(&got);
}

/* The ranges of fold.c, each letter behind what composes most. */
static void before_a_letter_of_the_table_every_cut_is_harmless(void **state)
{
    static const uint32_t first[] = {'a',   0x1112, 0x1161, 0xAC00, 0x304B, 0x915,
                                     0x3C9, 0x9C7,  0xE40,  0x627,  0x1DF};
    static const uint32_t ranges[][2] = {
        {0x00A0, 0x00AC}, {0x00AE, 0x024F}, {0x0386, 0x03CE}, {0x0400, 0x0482}, {0x048A, 0x052F},
        {0x05D0, 0x05EA}, {0x0621, 0x064A}, {0x0905, 0x0939}, {0x0E01, 0x0E2E}, {0x1E00, 0x1EF9},
        {0x1F00, 0x1FBC}, {0x2010, 0x2027}, {0x2030, 0x205E}, {0x3000, 0x3029}, {0x3030, 0x303E},
        {0x3041, 0x3096}, {0x30A1, 0x30FA}, {0x3400, 0x9FFF}, {0xAC00, 0xD7A3}, {0xFF01, 0xFF5E}};
    struct buf in = BUF_INIT, want = BUF_INIT, got = BUF_INIT;

    for (size_t i = 0; i < ARRAY_LEN(ranges) * ARRAY_LEN(first); i++) {
        const uint32_t *range = ranges[i / ARRAY_LEN(first)];
        for (uint32_t then = range[0]; then <= range[1]; then += then < 0x3400 ? 1 : 41) {
            buf_clear(&in);
            buf_clear(&want);
            utf8_encode(&in, first[i % ARRAY_LEN(first)]);
            utf8_encode(&in, then);
            utf8_fold(&want, buf_str(&in));
            fold_in_pieces(buf_str(&in), 1, &got);
            if (!str_eq(buf_str(&got), buf_str(&want)))
                fail_msg("U+%04X U+%04X", first[i % ARRAY_LEN(first)], then);
        }
    }
    buf_fini(&in);
    buf_fini(&want);
    buf_fini(&got);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(pieces_give_what_the_whole_gives),
    cmocka_unit_test(a_run_of_marks_without_end_is_cut_at_the_same_places_in_any_pieces),
    cmocka_unit_test(no_character_is_cut_from_a_mark_that_composes_with_it),
    cmocka_unit_test(before_a_letter_of_the_table_every_cut_is_harmless),
};

TESTS_MAIN(tests)
