/* The power goes at any moment: what was acknowledged is there, whole, and no batch is there by
 * half. */
#include "disk.h"
#include "workload.h"

#include "base/clock.h"

#include <pthread.h>

enum { ACCOUNTS = 4, BATCHES = 40, BUDGET_MS = 14000, RECOVERY_CUTS = 40 };

static uint64_t
    submitted[ACCOUNTS + 1]; /* of the whole run; more than any cut has seen is allowed */

struct acked {
    uint64_t n[ACCOUNTS + 1];
};

static void count_ack(void *arg, uint64_t what)
{
    struct acked *a = arg;
    uint64_t account = what >> 32, n = what & 0xffffffff;

    if (n > a->n[account])
        a->n[account] = n;
}

struct client {
    struct store *s;
    uint64_t account, from, to;
};

static void *client_main(void *arg)
{
    struct client *c = arg;

    for (uint64_t n = c->from; n <= c->to; n++) {
        submitted[c->account] = n;
        if (store_commit_wait(c->s, work_batch(c->s, c->account, n), n - 1) != ERR_OK)
            abort();
        disk_note(c->account << 32 | n);
    }
    return NULL;
}

static enum err tiny_open(const char *dir, struct store **out)
{
    struct embedded_options o = {.pack_size = 256 * 1024, .min_free = 1, .map_size = 1ull << 28};

    return embedded_open(dir, &o, out);
}

static void clients_run(struct store *s, uint64_t from, uint64_t to)
{
    struct client c[ACCOUNTS];
    pthread_t t[ACCOUNTS];

    for (uint64_t i = 0; i < ACCOUNTS; i++) {
        c[i] = (struct client){s, i + 1, from, to};
        assert_int_equal(pthread_create(&t[i], NULL, client_main, &c[i]), 0);
    }
    for (size_t i = 0; i < ACCOUNTS; i++)
        pthread_join(t[i], NULL);
}

static void compact_all(struct store *s)
{
    bool more = true;

    while (more)
        assert_ok(store_compact(s, 1 << 20, &more));
}

/* Two lives: the second begins with a clean store. */
static void record(const char *dir)
{
    struct store *s;

    disk_watch(dir, true);
    for (uint64_t life = 0; life < 2; life++) {
        uint64_t half = BATCHES / 2, from = life * half;

        assert_ok(tiny_open(dir, &s));
        clients_run(s, from + 1, from + half / 2);
        compact_all(s);
        clients_run(s, from + half / 2 + 1, from + half);
        store_close(s);
    }
}

/* Opens it and looks at everything. */
static bool image_is_right(const char *dir, const struct acked *least)
{
    struct store *s;
    bool ok = true;
    enum err e = tiny_open(dir, &s);

    if (e != ERR_OK) {
        print_error("does not open: %s\n", err_text(e));
        return false;
    }
    for (uint64_t a = 1; a <= ACCOUNTS && ok; a++) {
        ok = work_is(s, a, least->n[a], submitted[a]);
        ok = ok && put_now(s, a, "life goes on", "yes") == ERR_OK;
    }
    ok = ok && is_sound(s);
    store_close(s);
    return ok;
}

static void cut(const char *top, size_t end, uint64_t seed)
{
    struct acked least = {0};
    char dir[128];

    snprintf(dir, sizeof(dir), "%s/image", top);
    disk_notes(end, count_ack, &least);
    disk_rebuild(end, seed, dir);
    if (!image_is_right(dir, &least)) {
        print_error("at event %zu of %zu, seed %llu; kept in %s\n", end, disk_events(),
                    (unsigned long long)seed, dir);
        fail();
    }
    dir_remove(dir);
}

static void a_power_loss_loses_nothing_acknowledged_and_halves_nothing(void **state)
{
    int64_t until = clock_mono_ms() + BUDGET_MS;
    char top[64], dir[128];
    size_t n, cuts = 0;
    uint64_t seed = 1;

    dir_make(top);
    snprintf(dir, sizeof(dir), "%s/store", top);
    record(dir);
    disk_fail(0, 0, 0, false);
    n = disk_events();
    /* The images are opened with nobody watching: they are elsewhere. */
    for (uint64_t round = 0; round < 64 && clock_mono_ms() < until; round++)
        for (size_t i = round % 2 ? (size_t)work_random(round, 1, 1) % 7 : 0;
             i <= n && clock_mono_ms() < until; i += round % 2 ? 7 : 1) {
            /* Even rounds: at each sync and just behind it; odd rounds: anywhere. */
            if (round % 2 == 0 && !(i < n && disk_is_sync(i)) && !(i > 0 && disk_is_sync(i - 1)))
                continue;
            if (round % 2 == 0 && work_random(round, i, 7) % 4)
                continue; /* a quarter of them in each round */
            cut(top, i, seed++);
            cuts++;
        }
    print_message("%zu events, %zu cuts\n", n, cuts);
    assert_true(cuts > 50);
    disk_watch(NULL, false);
    dir_remove(top);
}

/* Recovery itself is cut off, and recovered from. */
static void a_power_loss_during_recovery_is_recovered_from(void **state)
{
    struct acked least = {0};
    char top[64], dir[128], image[128], again[128];
    struct store *s;
    size_t n;

    dir_make(top);
    snprintf(dir, sizeof(dir), "%s/store", top);
    snprintf(image, sizeof(image), "%s/image", top);
    snprintf(again, sizeof(again), "%s/again", top);
    record(dir);
    n = disk_events() * 3 / 4;
    disk_notes(n, count_ack, &least);
    disk_rebuild(n, 2, image);
    disk_watch(image, true);
    assert_ok(tiny_open(image, &s));
    store_close(s);
    for (uint64_t i = 0; i < RECOVERY_CUTS; i++) {
        /* From behind what was there at the start. */
        size_t first = 0, end;

        while (!disk_is_sync(first))
            first++;
        while (first < disk_events() && disk_is_sync(first))
            first++;
        end = first + (disk_events() - first) * i / (RECOVERY_CUTS - 1);
        disk_rebuild(end, i, again);
        if (!image_is_right(again, &least)) {
            print_error("at event %zu of %zu of the recovery\n", end, disk_events());
            fail();
        }
        dir_remove(again);
    }
    disk_watch(NULL, false);
    dir_remove(top);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_power_loss_loses_nothing_acknowledged_and_halves_nothing),
    cmocka_unit_test(a_power_loss_during_recovery_is_recovered_from),
};

int main(void)
{
    log_setup(LOG_ERROR, LOG_KV);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
