/*
 * base/clock.c - the two clocks, and dates.
 */
#include "base/clock.h"

#include "base/check.h"

#include <stdatomic.h>
#include <time.h>

const char date_month_names[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
const char date_day_names[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

static _Atomic int64_t test_wall_ms = -1;
static _Atomic int64_t test_mono_ms;

static int64_t clock_us(clockid_t id)
{
    struct timespec t;
    int rc = clock_gettime(id, &t);

    check(rc == 0);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t clock_wall(void)
{
    return clock_wall_ms() / 1000;
}

int64_t clock_wall_ms(void)
{
    int64_t set = test_wall_ms;

    return set >= 0 ? set : clock_us(CLOCK_REALTIME) / 1000;
}

int64_t clock_mono_ms(void)
{
    return clock_mono_us() / 1000;
}

int64_t clock_mono_us(void)
{
    return test_wall_ms >= 0 ? test_mono_ms * 1000 : clock_us(CLOCK_MONOTONIC);
}

void clock_set_for_test(int64_t wall_ms, int64_t mono_ms)
{
    test_mono_ms = mono_ms;
    test_wall_ms = wall_ms;
}

/* Years are counted from March, so that the leap day is a year's last; 400 years are 146,097 days,
 * and 719,468 days lie between 0000-03-01 and 1970-01-01. */
int64_t date_days(int year, int month, int day)
{
    int64_t y = (int64_t)year - (month <= 2);
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

    return era * 146097 + day_of_era - 719468;
}

void date_civil(int64_t days, int *year_out, int *month_out, int *day_out)
{
    int64_t z = days + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t from_march = (5 * doy + 2) / 153;
    int month = (int)(from_march < 10 ? from_march + 3 : from_march - 9);

    *day_out = (int)(doy - (153 * from_march + 2) / 5 + 1);
    *month_out = month;
    *year_out = (int)(yoe + era * 400 + (month <= 2));
}

int date_weekday(int64_t days)
{
    int64_t d = (days + 4) % 7; /* 1970-01-01 was a Thursday */

    return (int)(d < 0 ? d + 7 : d);
}

static bool is_leap(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

bool date_valid(int year, int month, int day)
{
    static const int lengths[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    if (year < 0 || year > 9999 || month < 1 || month > 12 || day < 1)
        return false;
    return day <= lengths[month - 1] + (month == 2 && is_leap(year));
}

int date_month_of(struct str s)
{
    for (int i = 0; i < 12; i++) {
        if (str_eq_nocase(s, str_n(date_month_names[i], 3)))
            return i + 1;
    }
    return 0;
}
