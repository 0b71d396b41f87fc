#include "test.h"

#include "base/arena.h"

#include <sys/wait.h>
#include <unistd.h>

static void memory_is_zeroed_and_aligned_for_any_type(void **state)
{
    struct arena *a = arena_new();

    for (size_t n = 1; n < 3000; n += 7) {
        char *p = arena_alloc(a, n);

        assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
        for (size_t i = 0; i < n; i++)
            assert_int_equal(p[i], 0);
        memset(p, 0xAB, n); /* the next one must not see it */
    }
    arena_free(a);
}

static void memory_is_zeroed_again_after_a_reset(void **state)
{
    struct arena *a = arena_new();

    memset(arena_alloc(a, 500), 0xFF, 500);
    arena_reset(a);
    char *p = arena_alloc(a, 500);
    for (size_t i = 0; i < 500; i++)
        assert_int_equal(p[i], 0);
    arena_free(a);
}

static void allocations_do_not_overlap(void **state)
{
    struct arena *a = arena_new();
    unsigned char *p[400];

    for (size_t i = 0; i < 400; i++) {
        p[i] = arena_alloc(a, i * 3);
        memset(p[i], (int)(i & 0xFF), i * 3);
    }
    for (size_t i = 0; i < 400; i++) {
        for (size_t j = 0; j < i * 3; j++)
            assert_int_equal(p[i][j], i & 0xFF);
    }
    arena_free(a);
}

static void a_big_allocation_does_not_lose_the_room_in_front(void **state)
{
    struct arena *a = arena_new();
    char *first = arena_alloc(a, 16);
    size_t before;

    memset(arena_alloc(a, 1000000), 1, 1000000);
    before = arena_bytes(a);
    assert_true(before > 1000000);
    char *second = arena_alloc(a, 16);
    assert_int_equal(arena_bytes(a), before);
    assert_true(second > first && second - first < 2048);
    arena_free(a);
}

static void a_reset_keeps_at_most_one_small_block(void **state)
{
    struct arena *a = arena_new();
    size_t empty = arena_bytes(a);

    for (int i = 0; i < 1000; i++)
        arena_alloc(a, 900);
    arena_alloc(a, 300000);
    assert_true(arena_bytes(a) > 1000 * 900);
    arena_reset(a);
    assert_true(arena_bytes(a) <= empty + 2048);
    arena_reset(a);
    arena_free(a);
}

static void an_arena_that_began_with_a_big_block_shrinks_on_reset(void **state)
{
    struct arena *a = arena_new();

    arena_alloc(a, 500000);
    arena_reset(a);
    assert_true(arena_bytes(a) < 4096);
    arena_free(a);
}

static void an_unused_arena_takes_almost_nothing(void **state)
{
    struct arena *a = arena_new();

    assert_true(arena_bytes(a) < 64);
    arena_free(a);
    arena_free(NULL);
}

static void strings_are_copied_with_a_nul_behind(void **state)
{
    struct arena *a = arena_new();
    char source[] = "ab\0cd";
    struct str s = arena_str(a, str_n(source, 5));

    source[0] = 'X';
    assert_str(s, str_n("ab\0cd", 5));
    assert_int_equal(s.p[5], '\0');
    assert_string_equal(arena_cstr(a, STR("hello")), "hello");
    assert_non_null(arena_str(a, STR_NONE).p);
    assert_int_equal(arena_str(a, STR_NONE).n, 0);
    arena_free(a);
}

static void printf_takes_any_length(void **state)
{
    struct arena *a = arena_new();
    char longer[1000];

    assert_lit(arena_printf(a, "%d-%s", 7, "x"), "7-x");
    memset(longer, 'y', sizeof(longer));
    for (int n = 250; n < 262; n++) {
        struct str s = arena_printf(a, "%.*s", n, longer);

        assert_str(s, str_n(longer, (size_t)n));
        assert_int_equal(s.p[n], '\0');
    }
    arena_free(a);
}

static void an_array_whose_size_overflows_stops_the_process(void **state)
{
    int status;
    pid_t child = fork();

    if (child == 0) {
        struct arena *a = arena_new();

        close(STDERR_FILENO);
        arena_array(a, SIZE_MAX / 4, 8);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
}

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>

static void free_space_is_poisoned(void **state)
{
    struct arena *a = arena_new();
    char *p = arena_alloc(a, 10);

    assert_false(__asan_address_is_poisoned(p + 9));
    assert_true(__asan_address_is_poisoned(p + 10));
    assert_true(__asan_address_is_poisoned(p + 16));
    arena_reset(a);
    assert_true(__asan_address_is_poisoned(p));
    arena_free(a);
}
#endif

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(memory_is_zeroed_and_aligned_for_any_type),
    cmocka_unit_test(memory_is_zeroed_again_after_a_reset),
    cmocka_unit_test(allocations_do_not_overlap),
    cmocka_unit_test(a_big_allocation_does_not_lose_the_room_in_front),
    cmocka_unit_test(a_reset_keeps_at_most_one_small_block),
    cmocka_unit_test(an_arena_that_began_with_a_big_block_shrinks_on_reset),
    cmocka_unit_test(an_unused_arena_takes_almost_nothing),
    cmocka_unit_test(strings_are_copied_with_a_nul_behind),
    cmocka_unit_test(printf_takes_any_length),
    cmocka_unit_test(an_array_whose_size_overflows_stops_the_process),
#ifdef __SANITIZE_ADDRESS__
    cmocka_unit_test(free_space_is_poisoned),
#endif
};

TESTS_MAIN(tests)
