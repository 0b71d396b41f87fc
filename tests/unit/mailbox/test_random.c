/* Random intents against the model; crashes, failures, reopening.  MODEL_SEED and MODEL_ROUNDS
 * choose. */
#include "model.h"

#include "base/log.h"
#include "base/mem.h"

#include <stdlib.h>
#include <time.h>

static uint64_t seed_of(const char *what)
{
    const char *env = getenv("MODEL_SEED");
    uint64_t seed =
        env ? strtoull(env, NULL, 0) : (uint64_t)time(NULL) * 1000003u ^ (uint64_t)clock();

    print_message("%s: MODEL_SEED=%llu\n", what, (unsigned long long)seed);
    return seed;
}

static unsigned rounds(unsigned normal)
{
    const char *env = getenv("MODEL_ROUNDS");

    return env ? (unsigned)atoi(env) : normal;
}

/* Versions that were published some time ago and are still held. */
struct past {
    struct version *v[8];
};

static void past_forget(struct past *p)
{
    for (size_t i = 0; i < ARRAY_LEN(p->v); i++) {
        version_unref(p->v[i]);
        p->v[i] = NULL;
    }
}

static void past_compare(struct past *p, struct world *w, struct dice *d)
{
    struct version **at = &p->v[dice_roll(d, ARRAY_LEN(p->v))];
    struct version *now = version_of(w, 1);

    if (*at)
        versions_compare(*at, now);
    version_unref(*at);
    *at = now;
}

static void random_walk(const char *what, const struct mailstore_options *o, bool embedded,
                        unsigned n)
{
    struct dice d = {seed_of(what)};
    struct past past = {{NULL}};
    struct world w;
    struct model m;

    if (embedded)
        world_open_embedded(&w, o);
    else
        world_open_with(&w, o);
    model_init(&m, &w);
    for (unsigned i = 0; i < n; i++) {
        model_step(&m, &w, &d);
        if (dice_roll(&d, 50) == 0)
            model_compare(&m, &w);
        if (dice_roll(&d, 20) == 0)
            past_compare(&past, &w, &d);
        if (dice_roll(&d, 200) == 0) {
            past_forget(&past);
            if (dice_roll(&d, 2))
                world_reopen(&w);
            else
                world_crash(&w);
            model_compare(&m, &w);
        }
    }
    past_forget(&past);
    model_compare(&m, &w);
    model_fini(&m);
    world_close(&w);
}

static void random_intents_do_what_the_model_does(void **state)
{
    random_walk("intents", NULL, false, rounds(2500));
}

static void folding_all_the_time_changes_nothing(void **state)
{
    struct mailstore_options o = {
        .log_records = 3, .fold_blocks = 1, .expunge_grace = -1, .cache_bytes = 20000};

    random_walk("folding", &o, false, rounds(2500));
}

static void the_embedded_engine_does_the_same(void **state)
{
    struct mailstore_options o = {.log_records = 10, .fold_blocks = 1, .expunge_grace = -1};

    random_walk("embedded", &o, true, rounds(400));
}

/* ---- several at once, with commits that end as they like ---- */

enum { AT_ONCE = 24 };

struct wave {
    struct model_op op[AT_ONCE];
    size_t n;
};

static void wave_submit(struct wave *wave, struct model *m, struct world *w, struct dice *d)
{
    wave->n = 1 + dice_roll(d, AT_ONCE);
    for (size_t i = 0; i < wave->n; i++) {
        model_choose_message_op(m, d, &wave->op[i]);
        model_submit(m, w, &wave->op[i]);
        if (dice_roll(d, 3) == 0)
            test_exec_turn(&w->exec);
    }
}

static void wave_finish(struct wave *wave, struct model *m, struct world *w)
{
    for (size_t i = 0; i < wave->n; i++)
        model_effect(m, w, &wave->op[i]);
    model_learn_all(m, w);
}

static void commits_end(struct world *w, struct dice *d, bool failing)
{
    static const enum err ends[] = {ERR_OK, ERR_OK, ERR_IO, ERR_OK, ERR_CONFLICT};

    while (test_exec_run(&w->exec) || memory_waiting(w->store))
        if (memory_waiting(w->store))
            memory_end(w->store, 0, failing ? ends[dice_roll(d, ARRAY_LEN(ends))] : ERR_OK);
}

static void a_failed_batch_leaves_no_trace(void **state)
{
    struct mailstore_options o = {.log_records = 5, .fold_blocks = 1, .expunge_grace = -1};
    struct dice d = {seed_of("failures")};
    struct wave wave;
    struct world w;
    struct model m;

    world_open_with(&w, &o);
    model_init(&m, &w);
    for (unsigned i = 0; i < 50; i++)
        model_step(&m, &w, &d);
    memory_auto(w.store, false);
    for (unsigned i = 0; i < rounds(300); i++) {
        wave_submit(&wave, &m, &w, &d);
        commits_end(&w, &d, true);
        wave_finish(&wave, &m, &w);
        if (i % 16 == 0)
            model_compare(&m, &w);
    }
    model_compare(&m, &w);
    model_fini(&m);
    world_close(&w);
}

/* What was acknowledged when it crashed is there; what was not is there as far as some intent, or
 * not at all. */
static void wave_crash(struct wave *wave, struct model *m, struct world *w, struct dice *d)
{
    struct store *after;
    struct model now;
    struct world w2;
    size_t acked = 0;
    bool found = false;

    for (unsigned turns = (unsigned)dice_roll(d, 12); turns > 0; turns--) {
        if (dice_roll(d, 2))
            test_exec_turn(&w->exec);
        else if (memory_waiting(w->store))
            memory_end(w->store, 0, ERR_OK);
    }
    after = memory_crash(w->store);
    while (acked < wave->n && ticket_is_done(wave->op[acked].ticket))
        acked++;
    commits_end(w, d, false);
    world_open_on(&w2, after, &w->options);
    model_copy(&now, m);
    for (size_t i = 0; i <= wave->n; i++) {
        found |= i >= acked && model_equals(&now, &w2);
        if (i < wave->n)
            model_effect(&now, w, &wave->op[i]);
    }
    assert_true(found);
    model_fini(m);
    *m = now;
    model_learn_all(m, w);
    world_close(&w2);
}

static void what_was_acknowledged_survives_a_crash(void **state)
{
    struct mailstore_options o = {.log_records = 4, .fold_blocks = 2, .expunge_grace = -1};
    struct dice d = {seed_of("crashes")};
    struct wave wave;
    struct world w;
    struct model m;

    world_open_with(&w, &o);
    model_init(&m, &w);
    for (unsigned i = 0; i < 50; i++)
        model_step(&m, &w, &d);
    memory_auto(w.store, false);
    for (unsigned i = 0; i < rounds(300); i++) {
        wave_submit(&wave, &m, &w, &d);
        wave_crash(&wave, &m, &w, &d);
    }
    model_compare(&m, &w);
    model_fini(&m);
    world_close(&w);
}

int main(void)
{
    log_setup(LOG_ERROR, LOG_OFF); /* conflicts and failures are wanted here */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_intents_do_what_the_model_does),
        cmocka_unit_test(folding_all_the_time_changes_nothing),
        cmocka_unit_test(the_embedded_engine_does_the_same),
        cmocka_unit_test(a_failed_batch_leaves_no_trace),
        cmocka_unit_test(what_was_acknowledged_survives_a_crash),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
