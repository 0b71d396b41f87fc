/* A hundred thousand messages: everything stays right, and nothing takes long.  With TERN_BENCH=n
 * the same on n messages, with figures. */
#include "world.h"

#include "base/clock.h"
#include "base/mem.h"

#include <stdlib.h>
#include <time.h>

static uint64_t cpu_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static uint64_t since;

static void begin(void)
{
    since = cpu_us();
}

static void figure(const char *what, unsigned times)
{
    if (getenv("TERN_BENCH"))
        print_message("%-46s %10.1f us\n", what, (double)(cpu_us() - since) / times);
}

static size_t scale(void)
{
    const char *env = getenv("TERN_BENCH");

    return env ? strtoul(env, NULL, 10) : 100000;
}

static void append_one(struct world *w, unsigned times)
{
    for (unsigned i = 0; i < times; i++)
        append_many(w, 1, 1);
}

static void a_large_mailbox_works_in_every_way(void **state)
{
    size_t n = scale();
    struct version *before, *after;
    struct version_delta d;
    struct ranges all;
    struct ticket *t;
    uint32_t rank, uid, box;
    bool got;
    struct world w;

    if (getenv("TERN_BENCH_EMBEDDED"))
        world_open_embedded(&w, NULL);
    else
        world_open(&w);
    begin();
    append_many(&w, 1, n);
    figure("append, 1,000 at a time: each", (unsigned)n);
    world_reopen(&w);
    begin();
    before = version_of(&w, 1);
    figure("open, cold", 1);
    assert_int_equal(version_head(before)->messages, n);
    begin();
    assert_ok(version_first_unseen(before, &rank, &got));
    figure("first unseen, cold", 1);
    assert_true(got && rank == 0);
    begin();
    assert_ok(version_rank(before, (uint32_t)n / 2, &rank));
    assert_ok(version_nth(before, (uint32_t)n / 3, &uid));
    figure("rank and nth", 1);
    assert_int_equal(rank, n / 2 - 1);
    assert_int_equal(uid, n / 3 + 1);

    append_one(&w, 1);
    begin();
    append_one(&w, 200);
    figure("append of one: evaluate, commit, publish", 200);
    after = version_of(&w, 1);
    begin();
    for (unsigned i = 0; i < 100; i++) {
        assert_ok(version_diff(before, after, &d));
        assert_int_equal(ranges_count(&d.added), 201);
        version_delta_fini(&d);
    }
    figure("difference after 201 appends", 100);
    version_unref(before);

    assert_ok(do_flags(&w, 1, 1000, 1000, FLAGS_ADD, FLAG_SEEN, NULL));
    before = version_of(&w, 1);
    begin();
    for (unsigned i = 0; i < 100; i++) {
        assert_ok(version_diff(after, before, &d));
        assert_int_equal(ranges_count(&d.changed), 1);
        version_delta_fini(&d);
    }
    figure("difference after one flag", 100);
    version_unref(after);
    version_unref(before);

    ranges_of(&all, 1, (uint32_t)(n < 100000 ? n : 100000));
    begin();
    t = submit_flags(&w, 1, &all, FLAGS_ADD, FLAG_SEEN, NULL);
    world_wait(&w, t);
    figure("STORE on 100,000, states not in memory", 1);
    assert_int_equal(ranges_count(&ticket_result(t)->changed), (n < 100000 ? n : 100000) - 1);
    ticket_unref(t);
    begin();
    t = submit_flags(&w, 1, &all, FLAGS_ADD, FLAG_FLAGGED, "$Work");
    world_wait(&w, t);
    figure("STORE on 100,000, warm", 1);
    ticket_unref(t);

    assert_ok(do_create(&w, "copy"));
    box = (uint32_t)mailbox_named(&w, "copy");
    begin();
    t = submit_copy(&w, false, 1, &all, box);
    world_wait(&w, t);
    figure("COPY of 100,000", 1);
    assert_ok(ticket_result(t)->err);
    assert_int_equal(ranges_count(&ticket_result(t)->to_uids), ranges_count(&all));
    ticket_unref(t);
    assert_int_equal(row_of(&w, box, 77).flags, FLAG_SEEN | FLAG_FLAGGED);

    assert_ok(do_flags(&w, 1, 2, (uint32_t)n - 1, FLAGS_ADD, FLAG_DELETED, NULL));
    begin();
    assert_ok(do_expunge(&w, 1));
    figure("EXPUNGE of nearly all", 1);
    assert_int_equal(version_head((before = version_of(&w, 1)))->messages, 203);
    version_unref(before);
    world_crash(&w);
    assert_int_equal(version_head((before = version_of(&w, 1)))->messages, 203);
    version_unref(before);
    assert_int_equal(row_of(&w, box, 77).flags, FLAG_SEEN | FLAG_FLAGGED);
    world_reopen(&w);
    assert_int_equal(version_head((before = version_of(&w, 1)))->messages, 203);
    version_unref(before);
    ranges_fini(&all);
    world_close(&w);
}

/* More than one batch may move or expunge at once. */
static void very_large_moves_and_expunges_go_in_slices(void **state)
{
    enum { N = 450 * 1000 };
    struct ranges all;
    struct ticket *t;
    uint64_t box;
    struct world w;

    world_open(&w);
    append_many(&w, 1, N);
    assert_ok(do_create(&w, "there"));
    box = mailbox_named(&w, "there");
    ranges_of(&all, 1, N + 10);
    t = submit_copy(&w, true, 1, &all, box);
    world_wait(&w, t);
    assert_ok(ticket_result(t)->err);
    assert_ranges(&ticket_result(t)->from_uids, "1:450000");
    assert_ranges(&ticket_result(t)->to_uids, "1:450000");
    assert_ranges(&ticket_result(t)->expunged, "1:450000");
    ticket_unref(t);
    assert_uids(&w, 1, "");
    assert_uids(&w, box, "1:450000");
    assert_ok(do_copy(&w, true, box, 1, N, box));
    assert_uids(&w, box, "450001:900000");
    assert_ok(do_flags(&w, box, 1, UINT32_MAX - 1, FLAGS_ADD, FLAG_DELETED, NULL));
    assert_ok(do_expunge(&w, box));
    assert_uids(&w, box, "");
    ranges_fini(&all);
    world_crash(&w);
    assert_uids(&w, box, "");
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_large_mailbox_works_in_every_way),
        cmocka_unit_test(very_large_moves_and_expunges_go_in_slices),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
