/* What is the embedded engine's own: its files, their damage, who may open them, how they shrink.
 */
#include "store_test.h"

#include "store/record.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>

struct place_t {
    char dir[64], image[80];
    struct arena *a;
};

static int setup(void **state)
{
    struct place_t *p = NEW(struct place_t);

    dir_make(p->dir);
    snprintf(p->image, sizeof(p->image), "%s-image", p->dir);
    p->a = arena_new();
    *state = p;
    return 0;
}

static int teardown(void **state)
{
    struct place_t *p = *state;

    dir_remove(p->dir);
    dir_remove(p->image);
    arena_free(p->a);
    mem_free(p);
    return 0;
}

/* ---- files by hand ---- */

static struct str file_read_all(struct arena *a, const char *dir, const char *name)
{
    char path[256];
    struct stat st;
    char *p;
    int fd;

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    fd = open(path, O_RDONLY);
    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &st), 0);
    p = arena_alloc(a, (size_t)st.st_size + 1);
    assert_int_equal(pread(fd, p, (size_t)st.st_size, 0), st.st_size);
    close(fd);
    return str_n(p, (size_t)st.st_size);
}

static void file_put(const char *dir, const char *name, const void *bytes, size_t n, off_t offset)
{
    char path[256];
    int fd;

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    fd = open(path, O_RDWR | O_CREAT, 0600);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, bytes, n, offset), n);
    close(fd);
}

/* As kill -9 leaves it: what the kernel has, without a close. */
static void crash_copy(const char *from, const char *to)
{
    char cmd[256];

    snprintf(cmd, sizeof(cmd), "cp -r --sparse=always %s %s", from, to);
    assert_int_equal(system(cmd), 0);
}

/* Finds the n-th (from 0) record of a kind in a pack; false: there are less. */
static bool record_find(struct str pack, enum record_kind kind, size_t n, struct record *out)
{
    for (size_t at = 0; at + RECORD_HEADER <= pack.n; at += RECORD_ALIGN)
        if (record_parse(pack.p + at, out) == ERR_OK && out->kind == kind && n-- == 0)
            return true;
    return false;
}

static size_t packs_count(const char *dir)
{
    char path[256];
    size_t n = 0;
    DIR *d;
    struct dirent *e;

    snprintf(path, sizeof(path), "%s/packs", dir);
    d = opendir(path);
    assert_non_null(d);
    while ((e = readdir(d)))
        n += e->d_name[0] != '.';
    closedir(d);
    return n;
}

/* ---- opening ---- */

static void what_was_written_is_there_after_closing_and_opening(void **state)
{
    struct place_t *p = *state;
    struct store *s;
    uint64_t change;

    assert_ok(small_open(p->dir, &s));
    assert_ok(put_now(s, 1, "k", "v"));
    assert_ok(blob_now(s, 1, 1, 5000));
    assert_ok(blob_now(s, 1, 2, 500000));
    store_close(s);
    assert_ok(small_open(p->dir, &s));
    assert_lit(get_one(s, p->a, 1, "k"), "v");
    assert_true(blob_is(s, 1, 1, 5000));
    assert_true(blob_is(s, 1, 2, 500000));
    assert_ok(store_change(s, 1, &change));
    assert_int_equal(change, 3);
    assert_ok(put_now(s, 1, "k", "w"));
    store_close(s);
    assert_int_equal(packs_count(p->dir), 1); /* it went on in the same pack */
}

static void what_was_acknowledged_is_there_after_kill_9(void **state)
{
    struct place_t *p = *state;
    struct store *s;

    assert_ok(small_open(p->dir, &s));
    for (uint64_t i = 1; i <= 300; i++)
        assert_ok(blob_now(s, i % 3, i, 100 * i));
    crash_copy(p->dir, p->image);
    store_close(s);
    for (int life = 0; life < 3; life++) {
        assert_ok(small_open(p->image, &s));
        for (uint64_t i = 1; i <= 300; i++)
            assert_true(blob_is(s, i % 3, i, 100 * i));
        assert_true(is_sound(s));
        store_close(s);
    }
}

static void a_store_has_one_owner(void **state)
{
    struct place_t *p = *state;
    struct store *s, *t;

    assert_false(embedded_is_store(p->dir));
    assert_false(embedded_is_owned(p->dir));
    assert_ok(small_open(p->dir, &s));
    assert_true(embedded_is_store(p->dir));
    assert_true(embedded_is_owned(p->dir));
    assert_int_equal(small_open(p->dir, &t), ERR_LOCKED);
    assert_null(t);
    store_close(s);
    assert_false(embedded_is_owned(p->dir));
    assert_true(embedded_is_store(p->dir));
}

static void a_directory_with_other_things_is_not_made_a_store(void **state)
{
    struct place_t *p = *state;
    struct store *s;

    file_put(p->dir, "letter.txt", "dear", 4, 0);
    assert_int_equal(small_open(p->dir, &s), ERR_CORRUPT);
    assert_false(embedded_is_store(p->dir));
    assert_lit(file_read_all(p->a, p->dir, "letter.txt"), "dear");
}

static void a_creation_that_was_cut_off_is_begun_again(void **state)
{
    struct place_t *p = *state;
    struct store *s;
    char map[256];

    file_put(p->dir, "lock", "tern-", 5, 0);
    snprintf(map, sizeof(map), "%s/map", p->dir);
    mkdir(map, 0700);
    file_put(p->dir, "map/data.mdb", "garbage", 7, 0);
    assert_ok(small_open(p->dir, &s));
    assert_ok(put_now(s, 1, "k", "v"));
    store_close(s);
}

static void spool_files_of_a_former_life_are_removed(void **state)
{
    struct place_t *p = *state;
    struct store *s;
    char path[256];

    assert_ok(small_open(p->dir, &s));
    store_close(s);
    file_put(p->dir, "tmp/0000000000000007", "half a message", 14, 0);
    snprintf(path, sizeof(path), "%s/tmp/0000000000000007", p->dir);
    assert_ok(small_open(p->dir, &s));
    assert_int_not_equal(access(path, F_OK), 0);
    store_close(s);
}

/* ---- newer formats ---- */

static void a_newer_store_is_refused_and_not_touched(void **state)
{
    struct place_t *p = *state;
    struct str before, after;
    struct store *s;

    assert_ok(small_open(p->dir, &s));
    store_close(s);
    before = file_read_all(p->a, p->dir, "lock");
    assert_true(str_starts(before, STR("tern-store 1 ")));
    file_put(p->dir, "lock", "2", 1, 11);
    before = file_read_all(p->a, p->dir, "checkpoint");
    assert_int_equal(small_open(p->dir, &s), ERR_VERSION);
    after = file_read_all(p->a, p->dir, "checkpoint");
    assert_true(str_eq(before, after));
    assert_true(embedded_is_store(p->dir));
    file_put(p->dir, "lock", "1", 1, 11);
    assert_ok(small_open(p->dir, &s));
    store_close(s);
}

static void a_damaged_lock_file_of_a_full_store_is_refused(void **state)
{
    struct place_t *p = *state;
    struct store *s;

    assert_ok(small_open(p->dir, &s));
    assert_ok(put_now(s, 1, "k", "v"));
    store_close(s);
    file_put(p->dir, "lock", "T", 1, 0);
    assert_int_equal(small_open(p->dir, &s), ERR_CORRUPT);
    file_put(p->dir, "lock", "t", 1, 0);
    assert_ok(small_open(p->dir, &s));
    assert_lit(get_one(s, p->a, 1, "k"), "v");
    store_close(s);
}

/* Turns are counted from 1: a store that was made and opened once has turn 2 in the first slot. */
enum { CHECKPOINT_SLOT = 2 * 65536 + 4096 };

static void the_older_slot_of_the_checkpoint_may_be_damaged_but_not_both(void **state)
{
    struct place_t *p = *state;
    struct store *s;

    assert_ok(small_open(p->dir, &s));
    assert_ok(put_now(s, 1, "k", "v"));
    crash_copy(p->dir, p->image);
    store_close(s);
    file_put(p->image, "checkpoint", "damage", 6, CHECKPOINT_SLOT + 100);
    assert_ok(small_open(p->image, &s));
    assert_lit(get_one(s, p->a, 1, "k"), "v");
    store_close(s);
    file_put(p->image, "checkpoint", "damage", 6, 100);
    file_put(p->image, "checkpoint", "damage", 6, CHECKPOINT_SLOT + 100);
    assert_int_equal(small_open(p->image, &s), ERR_CORRUPT);
}

/* What the older one stands on is written over by then. */
static void a_newest_slot_of_the_checkpoint_that_rots_is_refused(void **state)
{
    struct place_t *p = *state;
    struct store *s;

    assert_ok(small_open(p->dir, &s));
    assert_ok(put_now(s, 1, "k", "v"));
    crash_copy(p->dir, p->image);
    store_close(s);
    file_put(p->image, "checkpoint", "damage", 6, 100);
    assert_int_equal(small_open(p->image, &s), ERR_CORRUPT);
}

/* As a power loss leaves it that came while the newest slot was written: without its mark. */
static void a_newest_slot_of_the_checkpoint_that_was_cut_short_costs_nothing(void **state)
{
    static const char none[64];
    struct place_t *p = *state;
    struct store *s;

    assert_ok(small_open(p->dir, &s));
    assert_ok(put_now(s, 1, "k", "v"));
    crash_copy(p->dir, p->image);
    store_close(s);
    file_put(p->image, "checkpoint", "damage", 6, 100);
    file_put(p->image, "checkpoint", none, sizeof(none), 2 * CHECKPOINT_SLOT);
    assert_ok(small_open(p->image, &s));
    assert_lit(get_one(s, p->a, 1, "k"), "v");
    assert_true(is_sound(s));
    store_close(s);
}

/* ---- damage ---- */

static bool stands_at(struct store *s, uint64_t want)
{
    uint64_t change;

    return store_change(s, 1, &change) == ERR_OK && change == want;
}

static void a_hole_in_the_journal_is_refused_unless_told_to_stop_before_it(void **state)
{
    struct embedded_options o = {
        .pack_size = 1024 * 1024, .min_free = 1, .map_size = 1ull << 30, .past_damage = true};
    struct place_t *p = *state;
    struct record r;
    struct store *s;
    struct str pack;
    uint64_t change;

    assert_ok(small_open(p->dir, &s));
    for (int i = 0; i < 10; i++)
        assert_ok(put_now(s, 1, "k", "v"));
    crash_copy(p->dir, p->image);
    store_close(s);
    pack = file_read_all(p->a, p->image, "packs/00000001.pack");
    assert_true(record_find(pack, RECORD_GROUP, 4, &r));
    file_put(p->image, "packs/00000001.pack", "damage", 6, (off_t)(r.offset + RECORD_HEADER));
    assert_int_equal(small_open(p->image, &s), ERR_CORRUPT);
    assert_ok(embedded_open(p->image, &o, &s));
    assert_ok(store_change(s, 1, &change));
    assert_int_equal(change, 4);
    assert_ok(put_now(s, 1, "k", "v"));
    store_close(s);
    assert_ok(small_open(p->image, &s)); /* what was behind the hole stays void */
    assert_ok(store_change(s, 1, &change));
    assert_int_equal(change, 5);
    store_close(s);
}

static void a_torn_end_of_the_journal_is_void(void **state)
{
    struct place_t *p = *state;
    struct record r;
    struct store *s;
    uint64_t change;

    assert_ok(small_open(p->dir, &s));
    for (int i = 0; i < 10; i++)
        assert_ok(put_now(s, 1, "k", "v"));
    crash_copy(p->dir, p->image);
    store_close(s);
    assert_true(
        record_find(file_read_all(p->a, p->image, "packs/00000001.pack"), RECORD_GROUP, 9, &r));
    file_put(p->image, "packs/00000001.pack", "damage", 6, (off_t)(r.offset + RECORD_HEADER));
    assert_ok(small_open(p->image, &s));
    assert_ok(store_change(s, 1, &change));
    assert_int_equal(change, 9);
    store_close(s);
}

/* On a full disk the first try at a group may have been cut short, and the next one held: where
 * files are not overwritten in place even the zeros written ahead need room. */
static void a_try_that_was_cut_short_does_not_hide_the_one_that_held(void **state)
{
    struct place_t *p = *state;
    char header[RECORD_HEADER], value[600] = {0};
    struct record r;
    struct store *s;
    struct str pack;
    off_t first;

    memset(value, 'v', sizeof(value) - 1);
    assert_ok(small_open(p->dir, &s));
    for (int i = 0; i < 5; i++)
        assert_ok(put_now(s, 1, "k", value));
    crash_copy(p->dir, p->image);
    store_close(s);
    pack = file_read_all(p->a, p->image, "packs/00000001.pack");
    assert_true(record_find(pack, RECORD_GROUP, 4, &r));
    first = (off_t)r.offset;
    r.offset += record_space(r.length);
    record_format(&r, header);
    file_put(p->image, "packs/00000001.pack", header, sizeof(header), (off_t)r.offset);
    file_put(p->image, "packs/00000001.pack", pack.p + first + RECORD_HEADER, r.length,
             (off_t)r.offset + RECORD_HEADER);
    file_put(p->image, "packs/00000001.pack", "cut short", 9, first + RECORD_HEADER + 100);
    assert_ok(small_open(p->image, &s));
    assert_true(stands_at(s, 5));
    store_close(s);
}

/* Group n + 1 is written when n is durable: where its torn beginning is, n was acknowledged. */
static void a_group_that_another_followed_is_not_void_whatever_became_of_its_bodies(void **state)
{
    struct place_t *p = *state;
    char header[RECORD_HEADER];
    struct record group, body;
    struct store *s;
    struct str pack;

    assert_ok(small_open(p->dir, &s));
    assert_ok(put_now(s, 1, "k", "v"));
    assert_ok(blob_now(s, 1, 1, 5000));
    crash_copy(p->dir, p->image);
    store_close(s);
    pack = file_read_all(p->a, p->image, "packs/00000001.pack");
    assert_true(record_find(pack, RECORD_GROUP, 1, &group));
    assert_true(record_find(pack, RECORD_BODY, 0, &body));
    file_put(p->image, "packs/00000001.pack", "rot", 3, (off_t)body.offset + RECORD_HEADER + 9);
    group.offset += record_space(group.length);
    group.info.object++;
    record_format(&group, header);
    file_put(p->image, "packs/00000001.pack", header, sizeof(header), (off_t)group.offset);
    assert_ok(small_open(p->image, &s));
    assert_true(stands_at(s, 2));
    assert_int_equal(store_blob_verify(s, 1, 1), ERR_CORRUPT);
    store_close(s);
}

struct lines {
    size_t n;
    char last[512];
};

static void lines_add(void *arg, struct str line)
{
    struct lines *l = arg;

    l->n++;
    snprintf(l->last, sizeof(l->last), "%.*s", STR_FMT(line));
}

static void a_flipped_byte_in_a_body_is_found_and_the_body_is_kept(void **state)
{
    struct place_t *p = *state;
    struct store_check_report report;
    struct lines lines = {0};
    struct record r;
    struct store *s;
    size_t got;
    char byte;

    assert_ok(small_open(p->dir, &s));
    assert_ok(blob_now(s, 1, 1, 5000));
    assert_ok(blob_now(s, 1, 2, 5000));
    assert_true(
        record_find(file_read_all(p->a, p->dir, "packs/00000001.pack"), RECORD_BODY, 0, &r));
    assert_ok(store_blob_read(s, 1, r.info.object, 100, &byte, 1, &got));
    byte ^= 1;
    file_put(p->dir, "packs/00000001.pack", &byte, 1, (off_t)(r.offset + RECORD_HEADER + 100));
    assert_int_equal(store_blob_verify(s, 1, r.info.object), ERR_CORRUPT);
    assert_ok(store_blob_verify(s, 1, 3 - r.info.object));
    assert_ok(store_check(s, true, lines_add, &lines, &report));
    assert_int_equal(report.findings, 1);
    assert_int_equal(report.repaired, 0);
    assert_non_null(strstr(lines.last, "checksum"));
    assert_ok(store_blob_read(s, 1, r.info.object, 0, &byte, 1, &got));
    assert_int_equal(got, 1);
    store_close(s);
}

static void an_entry_without_a_record_is_found_and_dropped_only_by_repair(void **state)
{
    static const char nothing[RECORD_HEADER];
    struct place_t *p = *state;
    struct store_check_report report;
    struct lines lines = {0};
    struct record r;
    struct store *s;
    uint64_t size;

    assert_ok(small_open(p->dir, &s));
    assert_ok(blob_now(s, 1, 1, 5000));
    assert_ok(blob_now(s, 1, 2, 5000));
    assert_true(
        record_find(file_read_all(p->a, p->dir, "packs/00000001.pack"), RECORD_BODY, 0, &r));
    file_put(p->dir, "packs/00000001.pack", nothing, sizeof(nothing), (off_t)r.offset);
    assert_ok(store_check(s, false, lines_add, &lines, &report));
    assert_int_equal(report.findings, 1);
    assert_ok(store_blob_stat(s, 1, r.info.object, &size));
    assert_ok(store_check(s, true, lines_add, &lines, &report));
    assert_int_equal(report.repaired, 1);
    assert_non_null(strstr(lines.last, "dropped"));
    assert_int_equal(store_blob_stat(s, 1, r.info.object, &size), ERR_NOT_FOUND);
    assert_true(is_sound(s));
    store_close(s);
}

static void a_lost_own_file_is_found(void **state)
{
    struct place_t *p = *state;
    struct store_check_report report;
    struct lines lines = {0};
    struct store *s;
    char cmd[256];

    assert_ok(small_open(p->dir, &s));
    assert_ok(blob_now(s, 1, 1, 500000));
    snprintf(cmd, sizeof(cmd), "rm %s/blobs/*", p->dir);
    assert_int_equal(system(cmd), 0);
    assert_int_equal(store_blob_verify(s, 1, 1), ERR_CORRUPT);
    assert_ok(store_check(s, false, lines_add, &lines, &report));
    assert_int_equal(report.findings, 1);
    store_close(s);
}

static void an_own_file_that_nothing_names_is_removed_by_repair_after_a_day(void **state)
{
    static const char name[] = "blobs/0000000000000001-0000000000000002-0000000000000003";
    struct place_t *p = *state;
    struct store_check_report report;
    struct lines lines = {0};
    struct timespec old[2] = {{1000, 0}, {1000, 0}};
    struct store *s;
    char path[256];

    assert_ok(small_open(p->dir, &s));
    file_put(p->dir, name, "lost", 4, 0);
    assert_ok(store_check(s, true, lines_add, &lines, &report));
    assert_int_equal(report.findings, 0);
    snprintf(path, sizeof(path), "%s/%s", p->dir, name);
    assert_int_equal(utimensat(AT_FDCWD, path, old, 0), 0);
    assert_ok(store_check(s, true, lines_add, &lines, &report));
    assert_int_equal(report.findings, 1);
    assert_int_equal(report.repaired, 1);
    assert_int_not_equal(access(path, F_OK), 0);
    store_close(s);
}

static void a_map_that_ends_too_early_is_refused(void **state)
{
    struct place_t *p = *state;
    struct store *s;
    char path[256];

    assert_ok(small_open(p->dir, &s));
    assert_ok(put_now(s, 1, "k", "v"));
    store_close(s);
    snprintf(path, sizeof(path), "%s/map/data.mdb", p->dir);
    assert_int_equal(truncate(path, 8192), 0);
    assert_int_equal(small_open(p->dir, &s), ERR_CORRUPT);
}

static void a_bad_sector_under_the_map_is_an_error_and_not_the_end(void **state)
{
    struct place_t *p = *state;
    struct str value = {0};
    struct key k = key_of(1, "k");
    struct str keys[1] = {key_str(&k)};
    struct store *s;
    char path[256];

#ifdef __SANITIZE_THREAD__
    skip(); /* the thread sanitizer keeps this signal for itself */
#endif
    assert_ok(small_open(p->dir, &s));
    for (int i = 0; i < 50; i++)
        assert_ok(put_now(s, 1, "k", "v"));
    snprintf(path, sizeof(path), "%s/map/data.mdb", p->dir);
    assert_int_equal(truncate(path, 8192), 0); /* reading beyond it is SIGBUS, as a bad sector is */
    assert_int_equal(store_get(s, p->a, keys, 1, &value), ERR_IO);
    assert_null(value.p);
    assert_int_equal(store_get(s, p->a, keys, 1, &value), ERR_IO);
    assert_int_equal(put_now(s, 1, "k", "v"), ERR_IO);
    assert_int_equal(store_commit_wait(s, store_batch_new(1), 50), ERR_STORE);
    assert_false(store_has_room(s, 1));
    store_close(s);
}

/* ---- shrinking ---- */

static void packs_that_are_mostly_dead_are_emptied_and_removed(void **state)
{
    struct place_t *p = *state;
    struct store *s;
    bool more = true;
    size_t before;

    assert_ok(small_open(p->dir, &s));
    for (uint64_t i = 1; i <= 100; i++)
        assert_ok(blob_now(s, 1, i, 60000));
    for (uint64_t i = 1; i <= 100; i++)
        if (i % 10)
            assert_ok(drop_now(s, 1, i));
    before = packs_count(p->dir);
    for (int i = 0; more && i < 100; i++)
        assert_ok(store_compact(s, 200000, &more));
    assert_false(more);
    assert_true(packs_count(p->dir) < before / 2);
    for (uint64_t i = 10; i <= 100; i += 10)
        assert_true(blob_is(s, 1, i, 60000));
    assert_true(is_sound(s));
    store_close(s);
    assert_ok(small_open(p->dir, &s));
    for (uint64_t i = 10; i <= 100; i += 10)
        assert_true(blob_is(s, 1, i, 60000));
    store_close(s);
}

static void a_damaged_body_keeps_its_pack_and_does_not_stop_compaction(void **state)
{
    struct place_t *p = *state;
    struct record r;
    struct store *s;
    bool more = true;
    int rounds = 0;

    assert_ok(small_open(p->dir, &s));
    for (uint64_t i = 1; i <= 40; i++)
        assert_ok(blob_now(s, 1, i, 60000));
    assert_true(
        record_find(file_read_all(p->a, p->dir, "packs/00000001.pack"), RECORD_BODY, 0, &r));
    file_put(p->dir, "packs/00000001.pack", "damage", 6, (off_t)(r.offset + RECORD_HEADER));
    for (uint64_t i = 1; i <= 40; i++)
        if (i != r.info.object)
            assert_ok(drop_now(s, 1, i));
    while (more && rounds++ < 100)
        assert_ok(store_compact(s, 200000, &more));
    assert_false(more);
    assert_int_equal(store_blob_verify(s, 1, r.info.object), ERR_CORRUPT);
    store_close(s);
}

/* ---- looking, and salvage ---- */

static void a_looker_sees_what_the_owner_does_and_changes_nothing(void **state)
{
    struct embedded_options look = {.read_only = true, .map_size = 1ull << 30};
    struct place_t *p = *state;
    struct store_blob *blob;
    struct store *s, *l;

    assert_ok(small_open(p->dir, &s));
    assert_ok(blob_now(s, 1, 1, 5000));
    assert_ok(embedded_open(p->dir, &look, &l));
    assert_true(blob_is(l, 1, 1, 5000));
    for (uint64_t i = 2; i < 60; i++)
        assert_ok(blob_now(s, 1, i, 60000));
    assert_true(blob_is(l, 1, 59, 60000)); /* in a pack that is newer than the look */
    assert_int_equal(store_commit_wait(l, store_batch_new(1), 59), ERR_READ_ONLY);
    blob = store_blob_begin(l, &(struct store_blob_info){1, 99, 0});
    assert_int_equal(store_blob_finish(blob), ERR_READ_ONLY);
    store_blob_abort(blob);
    store_close(l);
    crash_copy(p->dir, p->image);
    store_close(s);
    assert_ok(embedded_open(p->dir, &look, &l));
    assert_true(blob_is(l, 1, 1, 5000));
    store_close(l);
    assert_int_equal(embedded_open(p->image, &look, &l),
                     ERR_CORRUPT); /* it must be recovered first */
}

struct found {
    size_t n, sound, bad;
    uint64_t bytes;
};

static enum err found_add(void *arg, const struct embedded_record *r, int fd, uint64_t offset)
{
    struct found *f = arg;
    char *want = mem_raw(r->size), *got = mem_raw(r->size);

    f->n++;
    f->sound += r->sound;
    f->bytes += r->size;
    assert_int_equal(r->info.date, 1000 + (int64_t)r->info.object);
    assert_int_equal(pread(fd, got, r->size, (off_t)offset), r->size);
    blob_bytes(want, r->size, r->info.account, r->info.object);
    f->bad += memcmp(want, got, r->size) != 0;
    mem_free(want);
    mem_free(got);
    return ERR_OK;
}

static void mail_is_found_without_the_map(void **state)
{
    struct place_t *p = *state;
    struct found f = {0};
    struct store *s;
    char cmd[256];

    assert_ok(small_open(p->dir, &s));
    for (uint64_t i = 1; i <= 50; i++)
        assert_ok(blob_now(s, i % 5, i, 40000));
    assert_ok(blob_now(s, 1, 51, 700000));
    store_close(s);
    snprintf(cmd, sizeof(cmd), "rm -r %s/map %s/checkpoint", p->dir, p->dir);
    assert_int_equal(system(cmd), 0);
    assert_int_equal(small_open(p->dir, &s), ERR_CORRUPT); /* never made anew over packs */
    assert_ok(embedded_each_record(p->dir, found_add, &f));
    assert_int_equal(f.n, 51);
    assert_int_equal(f.sound, 51);
    assert_int_equal(f.bad, 0);
    assert_int_equal(f.bytes, 50 * 40000 + 700000);
}

static void salvage_says_which_record_is_not_sound(void **state)
{
    struct place_t *p = *state;
    struct found f = {0};
    struct record r;
    struct store *s;

    assert_ok(small_open(p->dir, &s));
    assert_ok(blob_now(s, 1, 1, 5000));
    assert_ok(blob_now(s, 1, 2, 5000));
    store_close(s);
    assert_true(
        record_find(file_read_all(p->a, p->dir, "packs/00000001.pack"), RECORD_BODY, 1, &r));
    file_put(p->dir, "packs/00000001.pack", "damage", 6, (off_t)(r.offset + RECORD_HEADER));
    assert_ok(embedded_each_record(p->dir, found_add, &f));
    assert_int_equal(f.n, 2);
    assert_int_equal(f.sound, 1);
}

/* ---- room ---- */

static void below_the_free_space_mark_there_is_no_room(void **state)
{
    struct embedded_options o = {
        .pack_size = 1024 * 1024, .min_free = 1ull << 60, .map_size = 1ull << 30};
    struct place_t *p = *state;
    struct store *s;

    assert_ok(embedded_open(p->dir, &o, &s));
    assert_false(store_has_room(s, 1));
    assert_ok(put_now(s, 1, "k", "flags and deletes go on"));
    store_close(s);
}

static void a_small_map_grows_when_it_is_full(void **state)
{
    struct embedded_options o = {.pack_size = 1024 * 1024, .min_free = 1, .map_size = 1024 * 1024};
    struct place_t *p = *state;
    char name[16], value[2000];
    struct store *s;

    memset(value, 'v', sizeof(value) - 1);
    value[sizeof(value) - 1] = 0;
    assert_ok(embedded_open(p->dir, &o, &s));
    for (int i = 0; i < 2000; i++) {
        snprintf(name, sizeof(name), "%d", i);
        assert_ok(put_now(s, 1, name, value));
    }
    for (int i = 0; i < 2000; i++) {
        snprintf(name, sizeof(name), "%d", i);
        assert_int_equal(get_one(s, p->a, 1, name).n, sizeof(value) - 1);
    }
    store_close(s);
    assert_ok(embedded_open(p->dir, &o, &s)); /* the file is larger than the map asked for */
    assert_int_equal(get_one(s, p->a, 1, "1999").n, sizeof(value) - 1);
    store_close(s);
}

static void a_commit_needs_one_sync(void **state)
{
    struct place_t *p = *state;
    struct embedded_stats before, after;
    struct store *s;

    assert_ok(small_open(p->dir, &s));
    embedded_stats(s, &before);
    for (uint64_t i = 1; i <= 20; i++)
        assert_ok(blob_now(s, 1, i, 1000));
    embedded_stats(s, &after);
    assert_int_equal(after.commits - before.commits, 20);
    assert_int_equal(after.syncs - before.syncs, 20);
    assert_int_equal(after.blob_bytes - before.blob_bytes, 20000);
    store_close(s);
}

enum { BEFORE = 7 };

/* What a killed owner leaves: a checkpoint behind the first keys, and `more` behind it. */
static void owner_life(const char *dir, int more)
{
    struct store *s;
    bool again;
    char name[16];

    if (small_open(dir, &s) != ERR_OK)
        _exit(1);
    for (int i = 0; i < BEFORE + more; i++) {
        snprintf(name, sizeof(name), "key%d", i);
        if (put_now(s, 1, name, "v") != ERR_OK)
            _exit(1);
        if (i == BEFORE - 1 && store_compact(s, 1, &again) != ERR_OK)
            _exit(1);
    }
}

static void looker_life(const char *dir)
{
    struct embedded_options o = {
        .pack_size = 1024 * 1024, .min_free = 1, .map_size = 1ull << 30, .read_only = true};
    struct store *s;
    uint64_t change;

    if (embedded_open(dir, &o, &s) != ERR_OK || store_change(s, 1, &change) != ERR_OK)
        _exit(1);
}

static void say(int fd)
{
    assert_int_equal(write(fd, "x", 1), 1);
}

static void hear(int fd)
{
    char c;

    assert_int_equal(read(fd, &c, 1), 1);
}

static pid_t process(const char *dir, int more, int said)
{
    pid_t pid = fork();

    if (pid != 0)
        return pid;
    if (more >= 0)
        owner_life(dir, more);
    else
        looker_life(dir);
    say(said);
    pause();
    _exit(0);
}

static void process_end(pid_t pid)
{
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* LMDB's table of readers outlives the owner where somebody looks, and it knows of later changes
 * than the map that was put back. */
static void an_owner_killed_under_a_lookers_eyes_loses_nothing(void **state)
{
    struct place_t *p = *state;
    char name[16];
    int said[2];

    assert_int_equal(pipe(said), 0);
    for (int more = 0; more < 4; more++) {
        struct store *s;
        pid_t owner = process(p->dir, more, said[1]), looker;

        hear(said[0]);
        looker = process(p->dir, -1, said[1]);
        hear(said[0]);
        process_end(owner);
        assert_ok(small_open(p->dir, &s));
        for (int i = 0; i < BEFORE + more; i++) {
            snprintf(name, sizeof(name), "key%d", i);
            assert_lit(get_one(s, p->a, 1, name), "v");
        }
        store_close(s);
        process_end(looker);
        dir_remove(p->dir);
    }
    close(said[0]);
    close(said[1]);
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

/* How many packs this process has open. */
static size_t packs_open(void)
{
    DIR *d = opendir("/proc/self/fd");
    struct dirent *e;
    size_t n = 0;

    assert_non_null(d);
    while ((e = readdir(d))) {
        char to[256];
        ssize_t got = readlinkat(dirfd(d), e->d_name, to, sizeof(to));

        n += got > 0 && str_ends(str_n(to, (size_t)got), STR(".pack"));
    }
    closedir(d);
    return n;
}

static void packs_that_end_with_bodies_nobody_took_are_closed(void **state)
{
    struct embedded_options o = {.pack_size = 64 * 1024, .min_free = 1, .map_size = 1ull << 30};
    struct place_t *p = *state;
    struct store *s;

    assert_ok(embedded_open(p->dir, &o, &s));
    for (uint64_t i = 1; i <= 200; i++) {
        struct store_blob *b = blob_new(s, 1, i, 50000);

        assert_ok(store_blob_finish(b));
        store_blob_abort(b);
    }
    assert_true(packs_count(p->dir) >= 200);
    assert_true(packs_open() <= 130);
    assert_ok(blob_now(s, 1, 1000, 5000));
    assert_true(blob_is(s, 1, 1000, 5000));
    store_close(s);
}

static const struct CMUnitTest tests[] = {
    TEST(what_was_written_is_there_after_closing_and_opening),
    TEST(what_was_acknowledged_is_there_after_kill_9),
    TEST(a_store_has_one_owner),
    TEST(a_directory_with_other_things_is_not_made_a_store),
    TEST(a_creation_that_was_cut_off_is_begun_again),
    TEST(spool_files_of_a_former_life_are_removed),
    TEST(a_newer_store_is_refused_and_not_touched),
    TEST(a_damaged_lock_file_of_a_full_store_is_refused),
    TEST(the_older_slot_of_the_checkpoint_may_be_damaged_but_not_both),
    TEST(a_newest_slot_of_the_checkpoint_that_rots_is_refused),
    TEST(a_newest_slot_of_the_checkpoint_that_was_cut_short_costs_nothing),
    TEST(a_hole_in_the_journal_is_refused_unless_told_to_stop_before_it),
    TEST(a_torn_end_of_the_journal_is_void),
    TEST(a_try_that_was_cut_short_does_not_hide_the_one_that_held),
    TEST(a_group_that_another_followed_is_not_void_whatever_became_of_its_bodies),
    TEST(a_flipped_byte_in_a_body_is_found_and_the_body_is_kept),
    TEST(an_entry_without_a_record_is_found_and_dropped_only_by_repair),
    TEST(a_lost_own_file_is_found),
    TEST(an_own_file_that_nothing_names_is_removed_by_repair_after_a_day),
    TEST(a_map_that_ends_too_early_is_refused),
    TEST(a_bad_sector_under_the_map_is_an_error_and_not_the_end),
    TEST(packs_that_are_mostly_dead_are_emptied_and_removed),
    TEST(a_damaged_body_keeps_its_pack_and_does_not_stop_compaction),
    TEST(a_looker_sees_what_the_owner_does_and_changes_nothing),
    TEST(an_owner_killed_under_a_lookers_eyes_loses_nothing),
    TEST(mail_is_found_without_the_map),
    TEST(salvage_says_which_record_is_not_sound),
    TEST(below_the_free_space_mark_there_is_no_room),
    TEST(a_small_map_grows_when_it_is_full),
    TEST(a_commit_needs_one_sync),
    TEST(packs_that_end_with_bodies_nobody_took_are_closed),
};

int main(void)
{
    log_setup(LOG_ERROR, getenv("TERN_TEST_LOG") ? LOG_KV : LOG_OFF);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
