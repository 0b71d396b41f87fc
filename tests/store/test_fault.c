/* The n-th file call fails, for every n: nothing acknowledged is lost, a full disk is survived, a
 * bad disk is not trusted again. */
#include "disk.h"
#include "workload.h"

#include "base/clock.h"

#include <errno.h>
#include <pthread.h>

enum { BATCHES = 16, BUDGET_MS = 5000 };

static enum err tiny_open(const char *dir, struct store **out)
{
    struct embedded_options o = {.pack_size = 256 * 1024, .min_free = 1, .map_size = 1ull << 28};

    return embedded_open(dir, &o, out);
}

struct run {
    char top[64], dir[128];
    struct store *s;
    uint64_t acked;
    unsigned no_space; /* batches refused */
    bool broken;
};

static void run_begin(struct run *r)
{
    *r = (struct run){0};
    dir_make(r->top);
    snprintf(r->dir, sizeof(r->dir), "%s/store", r->top);
    assert_ok(tiny_open(r->dir, &r->s)); /* made without faults */
    store_close(r->s);
    disk_watch(r->dir, false);
}

static void run_end(struct run *r)
{
    disk_watch(NULL, false);
    dir_remove(r->top);
}

/* One batch; a full disk is tried again, because the next call may find room. */
static bool step(struct run *r, uint64_t n)
{
    for (int again = 0; again < 4; again++) {
        struct store_batch *b = work_batch(r->s, 1, n);
        enum err e = b ? store_commit_wait(r->s, b, n - 1) : ERR_NO_SPACE;

        if (e == ERR_OK) {
            r->acked = n;
            return true;
        }
        if (e == ERR_STORE || !store_has_room(r->s, 0)) {
            r->broken = true;
            return false;
        }
        assert_int_equal(e, ERR_NO_SPACE);
        r->no_space++;
    }
    return false;
}

static void work(struct run *r)
{
    bool more;

    for (uint64_t n = 1; n <= BATCHES; n++) {
        if (n == BATCHES / 2 && store_compact(r->s, 1 << 20, &more) == ERR_STORE)
            r->broken = true;
        if (r->broken || !step(r, n))
            return;
    }
}

static void reopen_and_look(struct run *r)
{
    disk_fail(0, 0, 0, false);
    assert_ok(tiny_open(r->dir, &r->s));
    assert_true(work_is(r->s, 1, r->acked, r->acked + (r->broken ? 1 : 0)));
    assert_true(is_sound(r->s));
    assert_ok(put_now(r->s, 2, "k", "life goes on"));
    store_close(r->s);
}

/* Every n-th, as long as there is one and time. */
static void each_failure(unsigned calls, int errnum, void (*look)(struct run *r))
{
    int64_t until = clock_mono_ms() + BUDGET_MS;
    unsigned n = 1, hit = 0;
    bool reached = true;

    while (reached && clock_mono_ms() < until) {
        struct run r;

        run_begin(&r);
        disk_fail(calls, n, errnum, false);
        if (tiny_open(r.dir, &r.s) == ERR_OK) {
            work(&r);
            hit += disk_failed();
            reached = disk_failed() > 0;
            look(&r);
            store_close(r.s);
        }
        reopen_and_look(&r);
        run_end(&r);
        n += 1 + n / 24; /* each of the first, then fewer */
    }
    print_message("%u failures met\n", hit);
    assert_true(hit > 2);
}

static void must_have_survived(struct run *r)
{
    assert_false(r->broken);
    assert_int_equal(r->acked, BATCHES);
}

static unsigned unreadable;

static void must_be_readable(struct run *r)
{
    struct store_blob *blob;
    uint64_t change;

    if (!r->broken)
        return;
    /* What was acknowledged can be read (unless LMDB's meta page was what failed: then it refuses
     * that, too), nothing can be written, and nothing is synced any more. */
    assert_false(store_has_room(r->s, 1));
    if (store_change(r->s, 1, &change) == ERR_OK)
        assert_true(work_is(r->s, 1, r->acked, r->acked));
    else
        unreadable++;
    disk_fail(DISK_SYNC, 0, 0, false);
    assert_int_equal(store_commit_wait(r->s, store_batch_new(1), 0), ERR_STORE);
    assert_int_equal(store_blob_finish(blob = blob_new(r->s, 1, 99, 10)), ERR_STORE);
    store_blob_abort(blob);
    assert_int_equal(disk_calls(), 0);
}

static void a_moment_without_space_loses_nothing_and_stops_nothing(void **state)
{
    each_failure(DISK_WRITE | DISK_NAME, ENOSPC, must_have_survived);
}

static void after_a_failed_write_the_store_only_reads(void **state)
{
    unreadable = 0;
    each_failure(DISK_WRITE, EIO, must_be_readable);
    assert_true(unreadable < 10);
}

static void after_a_failed_sync_the_store_only_reads(void **state)
{
    each_failure(DISK_SYNC, EIO, must_be_readable);
}

static void a_name_that_cannot_be_made_loses_nothing(void **state)
{
    each_failure(DISK_NAME, EIO, must_be_readable);
}

static void a_full_disk_refuses_mail_and_goes_on_when_there_is_room(void **state)
{
    struct run r;
    uint64_t n = 0;
    enum err e = ERR_OK;

    run_begin(&r);
    assert_ok(tiny_open(r.dir, &r.s));
    assert_ok(blob_now(r.s, 1, 1, 5000));
    disk_fail(DISK_WRITE | DISK_NAME, 1, ENOSPC, true);
    while (e == ERR_OK && ++n < 1000)
        e = blob_now(r.s, 2, n, 9000);
    assert_int_equal(e, ERR_NO_SPACE);
    assert_true(blob_is(r.s, 1, 1, 5000));
    disk_fail(0, 0, 0, false);
    assert_ok(blob_now(r.s, 2, n, 9000));
    for (uint64_t i = 1; i <= n; i++)
        assert_true(blob_is(r.s, 2, i, 9000));
    store_close(r.s);
    assert_ok(tiny_open(r.dir, &r.s));
    assert_true(blob_is(r.s, 2, n, 9000));
    assert_true(is_sound(r.s));
    store_close(r.s);
    run_end(&r);
}

/* A body that no batch takes. */
static enum err fill(struct store *s, uint64_t object)
{
    struct store_blob *b = blob_new(s, 1, object, 60000);
    enum err e = store_blob_finish(b);

    store_blob_abort(b);
    return e;
}

static void on_a_full_disk_deleting_goes_on_from_the_ballast(void **state)
{
    char ballast[160];
    struct run r;
    uint64_t n = 0, changes = 0;
    enum err e = ERR_OK;

    run_begin(&r);
    snprintf(ballast, sizeof(ballast), "%s/ballast", r.dir);
    assert_ok(tiny_open(r.dir, &r.s));
    assert_int_equal(access(ballast, F_OK), 0);
    disk_heal_on_unlink("ballast");
    disk_fail(DISK_WRITE | DISK_NAME, 1, ENOSPC, true);
    while (n < 1000 && (e = fill(r.s, ++n)) == ERR_OK)
        ;
    /* Bodies do not touch it; changes go on, and take it when they must. */
    assert_int_equal(e, ERR_NO_SPACE);
    assert_int_equal(access(ballast, F_OK), 0);
    while (disk_failed() > 0 && changes++ < 5000)
        assert_ok(put_now(r.s, 2, "k", "a flag change"));
    assert_true(changes < 5000);
    assert_ok(put_now(r.s, 2, "k", "the last"));
    store_close(r.s);
    run_end(&r);
}

static void a_full_disk_does_not_keep_the_store_from_opening(void **state)
{
    char copy[160], cmd[400];
    struct run r;

    run_begin(&r);
    snprintf(copy, sizeof(copy), "%s/copy", r.top);
    snprintf(cmd, sizeof(cmd), "cp -r --sparse=always %s %s", r.dir, copy);
    assert_ok(tiny_open(r.dir, &r.s));
    assert_ok(put_now(r.s, 1, "k", "v"));
    assert_int_equal(system(cmd), 0); /* as killed: it must begin a new pack */
    store_close(r.s);
    disk_watch(copy, false);
    disk_heal_on_unlink("ballast");
    disk_fail(DISK_WRITE | DISK_NAME, 1, ENOSPC, true);
    assert_ok(tiny_open(copy, &r.s));
    assert_ok(put_now(r.s, 1, "k", "w"));
    store_close(r.s);
    run_end(&r);
}

static void a_large_blob_that_does_not_fit_leaves_nothing_behind(void **state)
{
    struct run r;

    run_begin(&r);
    assert_ok(tiny_open(r.dir, &r.s));
    disk_fail(DISK_WRITE, 3, ENOSPC, true);
    assert_int_equal(blob_now(r.s, 1, 1, 3000000), ERR_NO_SPACE);
    disk_fail(0, 0, 0, false);
    assert_ok(blob_now(r.s, 1, 1, 3000000));
    assert_true(blob_is(r.s, 1, 1, 3000000));
    store_close(r.s);
    run_end(&r);
}

static void a_read_error_is_this_readers_only(void **state)
{
    char byte;
    size_t got;
    struct run r;

    run_begin(&r);
    assert_ok(tiny_open(r.dir, &r.s));
    assert_ok(blob_now(r.s, 1, 1, 5000));
    disk_fail(DISK_READ, 1, EIO, false);
    assert_int_equal(store_blob_read(r.s, 1, 1, 0, &byte, 1, &got), ERR_IO);
    assert_ok(store_blob_read(r.s, 1, 1, 0, &byte, 1, &got));
    assert_ok(put_now(r.s, 1, "k", "v"));
    store_close(r.s);
    run_end(&r);
}

static void *compact_meanwhile(void *store)
{
    static enum err e;
    bool more;

    usleep(50 * 1000);
    e = store_compact(store, 1, &more);
    return &e;
}

/* The commit fails while compaction waits for the checkpoint behind it. */
static void who_waits_for_a_checkpoint_that_will_not_come_is_told(void **state)
{
    pthread_t thread;
    struct run r;
    void *e;

    run_begin(&r);
    assert_ok(tiny_open(r.dir, &r.s));
    assert_ok(put_now(r.s, 1, "k", "v"));
    disk_slow_syncs(200);
    disk_fail(DISK_SYNC, 1, EIO, true);
    assert_int_equal(pthread_create(&thread, NULL, compact_meanwhile, r.s), 0);
    assert_int_equal(put_now(r.s, 1, "k", "w"), ERR_STORE);
    assert_int_equal(pthread_join(thread, &e), 0);
    assert_int_equal(*(enum err *)e, ERR_STORE);
    disk_slow_syncs(0);
    disk_fail(0, 0, 0, false);
    store_close(r.s);
    run_end(&r);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_moment_without_space_loses_nothing_and_stops_nothing),
    cmocka_unit_test(after_a_failed_write_the_store_only_reads),
    cmocka_unit_test(after_a_failed_sync_the_store_only_reads),
    cmocka_unit_test(a_name_that_cannot_be_made_loses_nothing),
    cmocka_unit_test(a_full_disk_refuses_mail_and_goes_on_when_there_is_room),
    cmocka_unit_test(on_a_full_disk_deleting_goes_on_from_the_ballast),
    cmocka_unit_test(a_full_disk_does_not_keep_the_store_from_opening),
    cmocka_unit_test(a_large_blob_that_does_not_fit_leaves_nothing_behind),
    cmocka_unit_test(a_read_error_is_this_readers_only),
    cmocka_unit_test(who_waits_for_a_checkpoint_that_will_not_come_is_told),
};

int main(void)
{
    log_setup(LOG_ERROR, getenv("TERN_TEST_LOG") ? LOG_KV : LOG_OFF);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
