/* Pack records as bytes, and the walk that finds them. */
#include "store_test.h"

#include "base/hash.h"
#include "store/record.h"

#include <stdio.h>

struct file {
    FILE *f;
    int fd;
    char window[RECORD_WINDOW];
};

static int setup(void **state)
{
    struct file *f = NEW(struct file);

    f->f = tmpfile();
    f->fd = fileno(f->f);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct file *f = *state;

    fclose(f->f);
    mem_free(f);
    return 0;
}

static void write_record(struct file *f, uint64_t segment, uint64_t offset, struct str body,
                         uint64_t object)
{
    struct record r = {RECORD_BODY, segment, offset, body.n, {1, object, -5}, hash_checksum(body)};
    char header[RECORD_HEADER];

    record_format(&r, header);
    assert_int_equal(pwrite(f->fd, header, sizeof(header), (off_t)offset), sizeof(header));
    assert_int_equal(pwrite(f->fd, body.p, body.n, (off_t)(offset + RECORD_HEADER)), body.n);
}

static struct record_walk walk_from(struct file *f, uint64_t segment, uint64_t offset)
{
    return (struct record_walk){f->fd, "test", segment, offset, f->window, 0, 0};
}

static void a_record_reads_as_it_was_written(void **state)
{
    struct record r = {RECORD_GROUP, 11, 22, 33, {44, 55, -66}, 77}, got;
    char header[RECORD_HEADER];

    record_format(&r, header);
    assert_ok(record_parse(header, &got));
    assert_int_equal(got.kind, RECORD_GROUP);
    assert_int_equal(got.segment, 11);
    assert_int_equal(got.offset, 22);
    assert_int_equal(got.length, 33);
    assert_int_equal(got.info.account, 44);
    assert_int_equal(got.info.object, 55);
    assert_int_equal(got.info.date, -66);
    assert_int_equal(got.sum, 77);
}

static void a_header_with_any_byte_changed_is_none(void **state)
{
    struct record r = {RECORD_BODY, 11, 22, 33, {44, 55, -66}, 77}, got;
    char header[RECORD_HEADER];

    record_format(&r, header);
    for (size_t i = 0; i < sizeof(header); i++) {
        header[i] ^= 0x40;
        assert_int_equal(record_parse(header, &got), ERR_NOT_FOUND);
        header[i] ^= 0x40;
    }
    assert_ok(record_parse(header, &got));
}

static void a_record_of_a_newer_format_is_known_as_such(void **state)
{
    struct record r = {RECORD_BODY, 11, 0, 0, {44, 55, -66}, 77}, got;
    struct file *f = *state;
    struct record_walk w;
    struct buf sum = BUF_INIT;
    char header[RECORD_HEADER];

    record_format(&r, header);
    header[4] = RECORD_FORMAT + 1;
    enc_u64(&sum, hash_checksum(str_n(header, RECORD_HEADER - 8)));
    memcpy(header + RECORD_HEADER - 8, sum.p, 8);
    buf_fini(&sum);
    assert_int_equal(record_parse(header, &got), ERR_VERSION);
    assert_int_equal(pwrite(f->fd, header, sizeof(header), 0), sizeof(header));
    w = walk_from(f, 11, 0);
    assert_int_equal(record_next(&w, &got), ERR_VERSION);
}

static void the_walk_steps_over_holes_torn_records_and_other_segments(void **state)
{
    struct file *f = *state;
    struct record_walk w = walk_from(f, 9, 0);
    struct record r;

    write_record(f, 9, 0, STR("first"), 1);
    write_record(f, 9, 1024, STR("its header is torn next"), 2);
    assert_int_equal(pwrite(f->fd, "x", 1, 1024 + 10), 1);
    write_record(f, 8, 2048, STR("another segment's"), 3);
    write_record(f, 9, 300032, STR("far behind, in another window"), 4);
    assert_ok(record_next(&w, &r));
    assert_int_equal(r.info.object, 1);
    assert_ok(record_next(&w, &r));
    assert_int_equal(r.info.object, 4);
    assert_ok(record_verify(f->fd, "test", &r));
    assert_int_equal(record_next(&w, &r), ERR_NOT_FOUND);
    w = walk_from(f, 0, 0);
    assert_ok(record_next(&w, &r));
    assert_ok(record_next(&w, &r));
    assert_int_equal(r.info.object, 3); /* of any segment */
}

static void a_record_inside_a_body_is_not_met(void **state)
{
    struct file *f = *state;
    struct record_walk w = walk_from(f, 9, 0);
    char body[512];
    struct record r;

    memset(body, 'x', sizeof(body));
    write_record(f, 9, 0, str_n(body, sizeof(body)), 1);
    write_record(f, 9, 256, STR("a message that holds a copy of a pack"), 2);
    assert_ok(record_next(&w, &r));
    assert_int_equal(r.info.object, 1);
    assert_int_equal(record_verify(f->fd, "test", &r), ERR_CORRUPT);
    assert_int_equal(record_next(&w, &r), ERR_NOT_FOUND);
}

static void a_body_that_is_cut_off_is_corrupt(void **state)
{
    struct file *f = *state;
    struct record_walk w = walk_from(f, 9, 0);
    char body[1000] = "";
    struct record r;

    write_record(f, 9, 0, str_n(body, sizeof(body)), 1);
    assert_int_equal(ftruncate(f->fd, 500), 0);
    assert_ok(record_next(&w, &r));
    assert_int_equal(record_verify(f->fd, "test", &r), ERR_CORRUPT);
}

static void a_pack_header_reads_as_it_was_written(void **state)
{
    struct pack_header h = {7, {8, 9}, 10}, got;
    char bytes[PACK_HEADER];

    pack_header_format(&h, bytes);
    assert_ok(pack_header_parse(bytes, &got));
    assert_int_equal(got.segment, 7);
    assert_int_equal(got.store[1], 9);
    assert_int_equal(got.no, 10);
    bytes[20] ^= 1;
    assert_int_equal(pack_header_parse(bytes, &got), ERR_CORRUPT);
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

static const struct CMUnitTest tests[] = {
    TEST(a_record_reads_as_it_was_written),
    TEST(a_header_with_any_byte_changed_is_none),
    TEST(a_record_of_a_newer_format_is_known_as_such),
    TEST(the_walk_steps_over_holes_torn_records_and_other_segments),
    TEST(a_record_inside_a_body_is_not_met),
    TEST(a_body_that_is_cut_off_is_corrupt),
    TEST(a_pack_header_reads_as_it_was_written),
};

TESTS_MAIN(tests)
