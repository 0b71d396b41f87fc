#include "test.h"

#include "base/err.h"

static enum err fails_with(enum err e, int *reached)
{
    TRY(e);
    (*reached)++;
    return ERR_OK;
}

static void every_error_has_a_text_of_its_own(void **state)
{
    for (int e = ERR_OK; e <= ERR_TIMEOUT; e++) {
        const char *text = err_text((enum err)e);

        assert_string_not_equal(text, "unknown error");
        assert_int_not_equal(text[strlen(text) - 1], '.');
        for (int other = ERR_OK; other < e; other++)
            assert_string_not_equal(text, err_text((enum err)other));
    }
}

static void a_number_that_is_no_error_has_a_text_too(void **state)
{
    assert_string_equal(err_text((enum err)(ERR_TIMEOUT + 1)), "unknown error");
    assert_string_equal(err_text((enum err)0x7FFFFFFF), "unknown error");
}

static void try_returns_early_only_on_an_error(void **state)
{
    int reached = 0;

    assert_int_equal(fails_with(ERR_IO, &reached), ERR_IO);
    assert_int_equal(reached, 0);
    assert_int_equal(fails_with(ERR_OK, &reached), ERR_OK);
    assert_int_equal(reached, 1);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(every_error_has_a_text_of_its_own),
    cmocka_unit_test(a_number_that_is_no_error_has_a_text_too),
    cmocka_unit_test(try_returns_early_only_on_an_error),
};

TESTS_MAIN(tests)
