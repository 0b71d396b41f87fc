#include "test.h"

#include "base/codec.h"

static const uint64_t numbers[] = {
    0,
    1,
    127,
    128,
    255,
    256,
    16383,
    16384,
    65535,
    65536,
    0x7FFFFFFF,
    0xFFFFFFFF,
    0x100000000,
    0x7FFFFFFFFFFFFFFF,
    0x8000000000000000,
    0xFFFFFFFFFFFFFFFF,
};

enum { N_NUMBERS = sizeof(numbers) / sizeof(numbers[0]) };

static void numbers_have_the_documented_bytes(void **state)
{
    struct buf b = BUF_INIT;

    enc_u8(&b, 0x01);
    enc_u16(&b, 0x0203);
    enc_u32(&b, 0x04050607);
    enc_u64(&b, 0x08090A0B0C0D0E0F);
    enc_be32(&b, 0x10111213);
    enc_be64(&b, 0x1415161718191A1B);
    enc_var(&b, 300);
    enc_svar(&b, -2);
    enc_str(&b, STR("hi"));
    assert_lit(buf_str(&b), "\x01\x03\x02\x07\x06\x05\x04\x0F\x0E\x0D\x0C\x0B\x0A\x09\x08"
                            "\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1A\x1B"
                            "\xAC\x02\x03\x02hi");
    buf_fini(&b);
}

static void every_number_comes_back(void **state)
{
    struct buf b = BUF_INIT;
    struct dec d;

    for (size_t i = 0; i < N_NUMBERS; i++) {
        enc_u8(&b, (uint8_t)numbers[i]);
        enc_u16(&b, (uint16_t)numbers[i]);
        enc_u32(&b, (uint32_t)numbers[i]);
        enc_u64(&b, numbers[i]);
        enc_var(&b, numbers[i]);
        enc_svar(&b, (int64_t)numbers[i]);
        enc_be32(&b, (uint32_t)numbers[i]);
        enc_be64(&b, numbers[i]);
    }
    d = dec_of(buf_str(&b));
    for (size_t i = 0; i < N_NUMBERS; i++) {
        assert_int_equal(dec_u8(&d), (uint8_t)numbers[i]);
        assert_int_equal(dec_u16(&d), (uint16_t)numbers[i]);
        assert_int_equal(dec_u32(&d), (uint32_t)numbers[i]);
        assert_true(dec_u64(&d) == numbers[i]);
        assert_true(dec_var(&d) == numbers[i]);
        assert_true(dec_svar(&d) == (int64_t)numbers[i]);
        assert_int_equal(dec_be32(&d), (uint32_t)numbers[i]);
        assert_true(dec_be64(&d) == numbers[i]);
    }
    assert_false(d.bad);
    assert_int_equal(d.n, 0);
    buf_fini(&b);
}

static void big_endian_keys_sort_as_their_numbers(void **state)
{
    struct buf last = BUF_INIT, next = BUF_INIT;

    for (size_t i = 1; i < N_NUMBERS; i++) {
        buf_clear(&last);
        buf_clear(&next);
        enc_be64(&last, numbers[i - 1]);
        enc_be64(&next, numbers[i]);
        assert_true(str_cmp(buf_str(&last), buf_str(&next)) < 0);
    }
    buf_fini(&last);
    buf_fini(&next);
}

static void strings_are_views_into_the_input(void **state)
{
    struct buf b = BUF_INIT;
    struct dec d;
    struct str s;

    enc_str(&b, STR("a\0b"));
    enc_str(&b, STR(""));
    BUF_LIT(&b, "rest");
    d = dec_of(buf_str(&b));
    s = dec_str(&d);
    assert_lit(s, "a\0b");
    assert_ptr_equal(s.p, b.p + 1);
    s = dec_str(&d);
    assert_int_equal(s.n, 0);
    assert_non_null(s.p);
    assert_lit(dec_bytes(&d, 4), "rest");
    assert_false(d.bad);
    buf_fini(&b);
}

static void a_fault_is_sticky_and_everything_reads_as_zero(void **state)
{
    struct dec d = dec_of(STR("\x01\x02\x03"));

    assert_int_equal(dec_u8(&d), 1);
    assert_int_equal(dec_u32(&d), 0);
    assert_true(d.bad);
    assert_int_equal(dec_u8(&d), 0); /* though two bytes were left */
    assert_int_equal(dec_u16(&d), 0);
    assert_int_equal(dec_var(&d), 0);
    assert_int_equal(dec_svar(&d), 0);
    assert_int_equal(dec_be64(&d), 0);
    assert_int_equal(dec_str(&d).n, 0);
    assert_non_null(dec_str(&d).p);
    assert_int_equal(d.n, 0);
}

static void a_string_longer_than_the_input_is_a_fault(void **state)
{
    struct buf b = BUF_INIT;
    struct dec d;

    enc_var(&b, UINT64_MAX);
    BUF_LIT(&b, "abc");
    d = dec_of(buf_str(&b));
    assert_int_equal(dec_str(&d).n, 0);
    assert_true(d.bad);
    d = dec_of(STR("\x04"
                   "abc"));
    assert_int_equal(dec_str(&d).n, 0);
    assert_true(d.bad);
    buf_fini(&b);
}

static void a_varint_of_more_than_64_bits_is_a_fault(void **state)
{
    static const struct str bad[] = {
        STR_INIT("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x02"),
        STR_INIT("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01"),
        STR_INIT("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00"),
        STR_INIT("\x80"),
        STR_INIT(""),
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct dec d = dec_of(bad[i]);

        assert_int_equal(dec_var(&d), 0);
        assert_true(d.bad);
    }
}

static void seal(struct buf *b, uint8_t format, struct str body)
{
    size_t start = seal_begin(b, format);

    buf_add_str(b, body);
    seal_end(b, start);
}

static void a_sealed_value_opens(void **state)
{
    struct buf b = BUF_INIT;
    uint8_t format = 0;
    struct dec body;

    seal(&b, 3, STR("body"));
    assert_int_equal(b.n, 1 + 4 + 8);
    assert_int_equal(seal_open(buf_str(&b), 3, &format, &body), ERR_OK);
    assert_int_equal(format, 3);
    assert_lit(str_n(body.p, body.n), "body");
    assert_int_equal(seal_open(buf_str(&b), 9, &format, &body), ERR_OK);
    buf_fini(&b);
}

static void a_value_may_be_sealed_behind_others(void **state)
{
    struct buf b = BUF_INIT;
    uint8_t format;
    struct dec body;
    size_t first;

    seal(&b, 1, STR("one"));
    first = b.n;
    seal(&b, 2, STR(""));
    assert_int_equal(seal_open(str_sub(buf_str(&b), 0, first), 2, &format, &body), ERR_OK);
    assert_lit(str_n(body.p, body.n), "one");
    assert_int_equal(seal_open(str_from(buf_str(&b), first), 2, &format, &body), ERR_OK);
    assert_int_equal(body.n, 0);
    buf_fini(&b);
}

static void every_flipped_bit_and_every_cut_is_seen(void **state)
{
    struct buf b = BUF_INIT;
    uint8_t format;
    struct dec body;

    seal(&b, 1, STR("some body of a record"));
    for (size_t bit = 0; bit < b.n * 8; bit++) {
        b.p[bit / 8] ^= (char)(1 << bit % 8);
        assert_int_equal(seal_open(buf_str(&b), 1, &format, &body), ERR_CORRUPT);
        b.p[bit / 8] ^= (char)(1 << bit % 8);
    }
    for (size_t n = 0; n < b.n; n++)
        assert_int_equal(seal_open(str_sub(buf_str(&b), 0, n), 1, &format, &body), ERR_CORRUPT);
    assert_int_equal(seal_open(buf_str(&b), 1, &format, &body), ERR_OK);
    buf_fini(&b);
}

static void a_newer_format_is_told_from_a_corrupt_one(void **state)
{
    struct buf b = BUF_INIT;
    uint8_t format;
    struct dec body;

    seal(&b, 4, STR("x"));
    assert_int_equal(seal_open(buf_str(&b), 3, &format, &body), ERR_VERSION);
    assert_int_equal(format, 4);
    buf_fini(&b);
}

static void sealing_a_failed_buffer_leaves_it_failed(void **state)
{
    struct buf b = BUF_MAX(6);

    seal(&b, 1, STR("abc"));
    assert_true(b.failed);
    buf_fini(&b);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(numbers_have_the_documented_bytes),
    cmocka_unit_test(every_number_comes_back),
    cmocka_unit_test(big_endian_keys_sort_as_their_numbers),
    cmocka_unit_test(strings_are_views_into_the_input),
    cmocka_unit_test(a_fault_is_sticky_and_everything_reads_as_zero),
    cmocka_unit_test(a_string_longer_than_the_input_is_a_fault),
    cmocka_unit_test(a_varint_of_more_than_64_bits_is_a_fault),
    cmocka_unit_test(a_sealed_value_opens),
    cmocka_unit_test(a_value_may_be_sealed_behind_others),
    cmocka_unit_test(every_flipped_bit_and_every_cut_is_seen),
    cmocka_unit_test(a_newer_format_is_told_from_a_corrupt_one),
    cmocka_unit_test(sealing_a_failed_buffer_leaves_it_failed),
};

TESTS_MAIN(tests)
