#include "test.h"

#include "mime/date.h"

static void test_date(struct str s, int64_t utc, int zone, const char *file, int line)
{
    struct mime_date d = {0};

    if (mime_date_parse(s, &d) && d.utc == utc && d.zone_min == zone)
        return;
    print_error("\"%.*s\": %lld, %d\n", STR_FMT(s), (long long)d.utc, d.zone_min);
    _fail(file, line);
}

#define assert_date(text, utc, zone) test_date(STR(text), (utc), (zone), __FILE__, __LINE__)

enum { JUL_17 = 837561600 /* 1996-07-17 00:00:00 UTC */, HOUR = 3600, T = 2 * HOUR + 23 * 60 + 25 };

static bool parses(struct str s)
{
    struct mime_date d;

    return mime_date_parse(s, &d);
}

static void dates_of_rfc_5322_are_read(void **state)
{
    assert_date("Wed, 17 Jul 1996 02:23:25 -0700 (PDT)", JUL_17 + T + 7 * HOUR, -420);
    assert_date("17 Jul 1996 02:23:25 +0200", JUL_17 + T - 2 * HOUR, 120);
    assert_date(" 17 Jul 1996 02:23 +0000", JUL_17 + T - 25, 0);
    assert_date("Wed,\r\n 17\r\n Jul\r\n 1996 02:23:25\t+0530", JUL_17 + T - 5 * HOUR - 1800, 330);
    assert_date("Fri, 21 Nov 1997 09(comment):   55  :  06 -0600", 880127706, -360); /* A.6.3 */
    assert_date("31 Dec 2000 16:01:33 -0800", 978307293, -480); /* RFC 5256 2.2 */
    assert_date("Thu, 1 Jan 1970 00:00:00 +0000", 0, 0);
    assert_date("Mon, 29 Feb 2016 23:59:60 +0000", 1456790399, 0);
}

static void obsolete_years_are_read(void **state)
{
    assert_date("17 Jul 96 02:23:25 GMT", JUL_17 + T, 0);
    assert_date("17 Jul 49 00:00:00 GMT", 2510092800, 0);
    assert_date("17 Jul 50 00:00:00 GMT", -614131200, 0);
    assert_date("17 Jul 096 02:23:25 GMT", JUL_17 + T, 0);
    assert_date("17 Jul 101 00:00:00 GMT", 995328000, 0);
}

static void obsolete_zones_are_read(void **state)
{
    assert_date("17 Jul 1996 02:23:25 UT", JUL_17 + T, 0);
    assert_date("17 Jul 1996 02:23:25 EST", JUL_17 + T + 5 * HOUR, -300);
    assert_date("17 Jul 1996 02:23:25 edt", JUL_17 + T + 4 * HOUR, -240);
    assert_date("17 Jul 1996 02:23:25 PDT", JUL_17 + T + 7 * HOUR, -420);
    assert_date("17 Jul 1996 02:23:25 CEST", JUL_17 + T - 2 * HOUR, 120);
    assert_date("17 Jul 1996 02:23:25 A", JUL_17 + T, 0); /* RFC 5322 4.3: as -0000 */
    assert_date("17 Jul 1996 02:23:25 XYZ", JUL_17 + T, 0);
    assert_date("17 Jul 1996 02:23:25", JUL_17 + T, 0);
}

static void offsets_are_read_as_they_are_met(void **state)
{
    assert_date("17 Jul 1996 02:23:25 +02:00", JUL_17 + T - 2 * HOUR, 120);
    assert_date("17 Jul 1996 02:23:25 +2", JUL_17 + T - 2 * HOUR, 120);
    assert_date("17 Jul 1996 02:23:25 GMT+0200", JUL_17 + T - 2 * HOUR, 120);
    assert_date("17 Jul 1996 02:23:25-0700", JUL_17 + T + 7 * HOUR, -420);
    assert_date("17 Jul 1996 02:23:25 \"GMT\"", JUL_17 + T, 0);
    assert_date("17 Jul 1996 02:23:25 +9999", JUL_17 + T, 0); /* impossible: UTC (RFC 5256 2.2) */
}

static void other_orders_of_words_are_read(void **state)
{
    assert_date("Wed Jul 17 02:23:25 1996", JUL_17 + T, 0);
    assert_date("Wed Jul 17 02:23:25 PDT 1996", JUL_17 + T + 7 * HOUR, -420);
    assert_date("Wed Jul 17 02:23:25 -0700 1996", JUL_17 + T + 7 * HOUR, -420);
    assert_date("Wed Jul 17 02:23:25 1996 -0700", JUL_17 + T + 7 * HOUR, -420);
    assert_date("17-Jul-1996 02:23:25 -0700", JUL_17 + T + 7 * HOUR, -420);
    assert_date("Wed, 17-Jul-96 02:23:25 GMT", JUL_17 + T, 0);
    assert_date("02:23:25 17-Jul-1996", JUL_17 + T, 0);
    assert_date("July 17, 1996 2:23:25 AM", JUL_17 + T, 0);
    assert_date("Wednesday, July 17, 1996 2:23:25PM", JUL_17 + T + 12 * HOUR, 0);
    assert_date("Wed,17 Jul 1996 12:23:25 am", JUL_17 + T - 2 * HOUR, 0);
    assert_date("17 Jul 1996", JUL_17, 0);
    assert_date("17 Jul 1996 02.23.25 +0000", JUL_17 + T, 0);
}

static void numeric_dates_are_read(void **state)
{
    assert_date("1996-07-17T02:23:25Z", JUL_17 + T, 0);
    assert_date("1996-07-17T02:23:25.123456-07:00", JUL_17 + T + 7 * HOUR, -420);
    assert_date("1996-07-17 02:23:25 -0700", JUL_17 + T + 7 * HOUR, -420);
    assert_date("1996/07/17 02:23:25", JUL_17 + T, 0);
    assert_date("17/07/1996 02:23:25", JUL_17 + T, 0);
    assert_date("07/17/1996 02:23:25", JUL_17 + T, 0);
    assert_date("17.07.1996 02:23:25", JUL_17 + T, 0);
    assert_date("19960717", JUL_17, 0);
}

static void an_impossible_time_is_midnight(void **state)
{
    assert_date("17 Jul 1996 25:00:00 +0000", JUL_17, 0);
    assert_date("17 Jul 1996 02:61 +0000", JUL_17, 0);
    assert_date("17 Jul 1996 02:99999999999:25 +0000", JUL_17, 0);
}

static void an_impossible_date_is_none(void **state)
{
    assert_false(parses(STR("")));
    assert_false(parses(STR("yesterday")));
    assert_false(parses(STR("31 Feb 1996 02:23:25 +0000")));
    assert_false(parses(STR("0 Jan 1900 00:00:00 +0000")));
    assert_false(parses(STR("17 Jul 19100 00:00:00 +0000")));
    assert_false(parses(STR("17 Jul 99999999999999999999")));
    assert_false(parses(STR("17 Foo 1996")));
    assert_false(parses(STR("Wed, 02:23:25 -0700")));
    assert_false(parses(STR("((((")));
    assert_false(parses(STR("17 Jul (1996")));
    assert_false(parses(STR("8 8 8")));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(dates_of_rfc_5322_are_read),
    cmocka_unit_test(obsolete_years_are_read),
    cmocka_unit_test(obsolete_zones_are_read),
    cmocka_unit_test(offsets_are_read_as_they_are_met),
    cmocka_unit_test(other_orders_of_words_are_read),
    cmocka_unit_test(numeric_dates_are_read),
    cmocka_unit_test(an_impossible_time_is_midnight),
    cmocka_unit_test(an_impossible_date_is_none),
};

TESTS_MAIN(tests)
