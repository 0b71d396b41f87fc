#include "test.h"

#include "base/clock.h"

#include <time.h>

static void real_clocks_agree_with_the_system(void **state)
{
    int64_t before = (int64_t)time(NULL), mono = clock_mono_ms();

    assert_true(clock_wall() >= before - 1 && clock_wall() <= before + 60);
    assert_true(clock_wall_ms() / 1000 >= before - 1);
    assert_true(clock_mono_ms() >= mono);
    assert_true(clock_mono_us() >= mono * 1000);
}

static void a_test_sets_both_clocks_and_gives_them_back(void **state)
{
    clock_set_for_test(1234567, 89);
    assert_int_equal(clock_wall(), 1234);
    assert_int_equal(clock_wall_ms(), 1234567);
    assert_int_equal(clock_mono_ms(), 89);
    assert_int_equal(clock_mono_us(), 89000);
    clock_set_for_test(-1, 0);
    assert_true(clock_wall() > 1600000000);
}

static void days_count_from_1970(void **state)
{
    assert_int_equal(date_days(1970, 1, 1), 0);
    assert_int_equal(date_days(1969, 12, 31), -1);
    assert_int_equal(date_days(2000, 3, 1), 11017);
    assert_int_equal(date_days(2038, 1, 19), 24855);
    assert_int_equal(date_days(9999, 12, 31), 2932896);
    assert_int_equal(date_days(0, 1, 1), -719528);
}

static void every_day_of_six_centuries_goes_there_and_back(void **state)
{
    int y = 1700, m = 1, d = 1;
    int64_t day = date_days(y, m, d);
    int weekday = date_weekday(day);

    assert_int_equal(weekday, 5); /* 1700-01-01 was a Friday */
    while (y < 2300) {
        int y2, m2, d2;

        assert_true(date_valid(y, m, d));
        assert_int_equal(date_days(y, m, d), day);
        assert_int_equal(date_weekday(day), weekday);
        date_civil(day, &y2, &m2, &d2);
        assert_true(y == y2 && m == m2 && d == d2);
        day++;
        weekday = (weekday + 1) % 7;
        if (!date_valid(y, m, ++d)) {
            d = 1;
            m = m % 12 + 1;
            y += m == 1;
        }
    }
}

static void the_system_calendar_agrees(void **state)
{
    for (time_t t = -2000000000; t < 4000000000; t += 86400 * 97) {
        struct tm tm;
        int y, m, d;
        int64_t days = t >= 0 ? t / 86400 : -((-t + 86399) / 86400);

        gmtime_r(&t, &tm);
        date_civil(days, &y, &m, &d);
        assert_int_equal(y, tm.tm_year + 1900);
        assert_int_equal(m, tm.tm_mon + 1);
        assert_int_equal(d, tm.tm_mday);
        assert_int_equal(date_weekday(days), tm.tm_wday);
    }
}

static void days_that_do_not_exist_are_not_valid(void **state)
{
    assert_true(date_valid(2024, 2, 29));
    assert_true(date_valid(2000, 2, 29));
    assert_false(date_valid(1900, 2, 29));
    assert_false(date_valid(2023, 2, 29));
    assert_false(date_valid(2023, 4, 31));
    assert_false(date_valid(2023, 0, 1));
    assert_false(date_valid(2023, 13, 1));
    assert_false(date_valid(2023, 1, 0));
    assert_false(date_valid(2023, 1, 32));
    assert_false(date_valid(-1, 1, 1));
    assert_false(date_valid(10000, 1, 1));
}

static void months_are_known_by_three_letters_of_any_case(void **state)
{
    for (int i = 0; i < 12; i++)
        assert_int_equal(date_month_of(str_of(date_month_names[i])), i + 1);
    assert_int_equal(date_month_of(STR("jAN")), 1);
    assert_int_equal(date_month_of(STR("Janu")), 0);
    assert_int_equal(date_month_of(STR("Ja")), 0);
    assert_int_equal(date_month_of(STR("")), 0);
    assert_int_equal(date_month_of(STR("xxx")), 0);
    assert_string_equal(date_day_names[date_weekday(0)], "Thu");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(real_clocks_agree_with_the_system),
    cmocka_unit_test(a_test_sets_both_clocks_and_gives_them_back),
    cmocka_unit_test(days_count_from_1970),
    cmocka_unit_test(every_day_of_six_centuries_goes_there_and_back),
    cmocka_unit_test(the_system_calendar_agrees),
    cmocka_unit_test(days_that_do_not_exist_are_not_valid),
    cmocka_unit_test(months_are_known_by_three_letters_of_any_case),
};

TESTS_MAIN(tests)
