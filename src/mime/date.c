/*
 * mime/date.c - dates, read by what each word can only be.
 *
 * RFC 5322 3.3 and 4.3 in any order of words, so that ctime(3), ISO 8601 and IMAP's own form are
 * read, too: a word with ":" is the time, letters are a month, a zone or nothing, numbers are day
 * and year by their size and place.  Days of the week are not looked at: they are wrong often
 * enough.
 */
#include "mime/date.h"

#include "mime/lex_priv.h"

#include "base/clock.h"
#include "base/mem.h"

enum { MINUTE = 60, HOUR = 3600, DAY = 86400, TEXT_MAX = 500 };

struct reading {
    int year, month, day; /* 0: not yet */
    bool has_year;
    bool has_time;
    bool has_zone;
    bool pm, am;
    int hour, minute, second;
    int zone;
    size_t after; /* place just behind the time or the zone's name: a sign there begins an offset */
};

/* RFC 5322 4.3, obs-zone, and others met often. */
static const struct zone {
    struct str name;
    int minutes;
} zones[] = {
    {STR_INIT("UT"), 0},      {STR_INIT("GMT"), 0},     {STR_INIT("UTC"), 0},
    {STR_INIT("Z"), 0},       {STR_INIT("EST"), -300},  {STR_INIT("EDT"), -240},
    {STR_INIT("CST"), -360},  {STR_INIT("CDT"), -300},  {STR_INIT("MST"), -420},
    {STR_INIT("MDT"), -360},  {STR_INIT("PST"), -480},  {STR_INIT("PDT"), -420},
    {STR_INIT("AKST"), -540}, {STR_INIT("AKDT"), -480}, {STR_INIT("HST"), -600},
    {STR_INIT("BST"), 60},    {STR_INIT("WET"), 0},     {STR_INIT("WEST"), 60},
    {STR_INIT("CET"), 60},    {STR_INIT("MET"), 60},    {STR_INIT("CEST"), 120},
    {STR_INIT("MEST"), 120},  {STR_INIT("EET"), 120},   {STR_INIT("EEST"), 180},
    {STR_INIT("MSK"), 180},   {STR_INIT("JST"), 540},   {STR_INIT("KST"), 540},
    {STR_INIT("AEST"), 600},  {STR_INIT("AEDT"), 660},  {STR_INIT("NZST"), 720},
    {STR_INIT("NZDT"), 780},
};

static struct str digits(struct lex *l)
{
    size_t start = l->at;

    while (ascii_digit(lex_peek(l)))
        l->at++;
    return str_sub(l->s, start, l->at - start);
}

static struct str letters(struct lex *l)
{
    size_t start = l->at;

    while (ascii_alpha(lex_peek(l)))
        l->at++;
    return str_sub(l->s, start, l->at - start);
}

/* Numbers too long to be part of a date are -1. */
static int small_number(struct str s)
{
    int v = 0;

    if (s.n == 0 || s.n > 8)
        return -1;
    for (size_t i = 0; i < s.n; i++)
        v = v * 10 + (s.p[i] - '0');
    return v;
}

/* RFC 5322 4.3: two digits are 1950-2049, three digits count from 1900. */
static void set_year(struct reading *r, struct str s)
{
    int v = small_number(s);

    if (s.n <= 2)
        v += v < 50 ? 2000 : 1900;
    else if (s.n == 3)
        v += 1900;
    r->year = v;
    r->has_year = true;
}

/* Another number of the time behind the ":" or "." at l->at, blanks and comments around it (RFC
 * 5322 4.3); -1: none. */
static int time_part(struct lex *l, char separator)
{
    struct lex ahead = *l;

    lex_cfws(&ahead);
    if (lex_peek(&ahead) != separator)
        return -1;
    ahead.at++;
    lex_cfws(&ahead);
    if (!ascii_digit(lex_peek(&ahead)))
        return -1;
    *l = ahead;
    return small_number(digits(l));
}

/* ":mm[:ss[.fraction]]" behind the hour; "." is met for ":". */
static bool read_time(struct reading *r, struct lex *l, int hour)
{
    char separator = r->day && r->month && r->has_year && lex_peek(l) == '.' ? '.' : ':';
    struct lex before = *l;
    int minute = time_part(l, separator);

    if (l->at == before.at)
        return false;
    r->hour = hour;
    r->minute = minute;
    before = *l;
    r->second = time_part(l, separator);
    if (l->at == before.at)
        r->second = 0;
    if (lex_peek(l) == '.' || lex_peek(l) == ',') {
        l->at++;
        digits(l);
    }
    r->has_time = true;
    r->after = l->at;
    return true;
}

/* "+hhmm", "+hh:mm", "+hh" */
static void read_offset(struct reading *r, struct lex *l)
{
    int sign = l->s.p[l->at++] == '-' ? -1 : 1;
    struct str d = digits(l);
    int v = small_number(d);

    if (d.n <= 2 && lex_peek(l) == ':') {
        l->at++;
        v = v * 100 + small_number(digits(l));
    } else if (d.n <= 2) {
        v *= 100;
    }
    if (v < 0 || v / 100 > 23 || v % 100 > 59)
        return; /* an impossible zone is UTC (RFC 5256 2.2) */
    r->zone = sign * (v / 100 * 60 + v % 100);
    r->has_zone = true;
}

static void read_zone_name(struct reading *r, struct lex *l, struct str word)
{
    for (size_t i = 0; i < ARRAY_LEN(zones); i++) {
        if (!r->has_zone && str_eq_nocase(zones[i].name, word)) {
            r->zone = zones[i].minutes;
            r->has_zone = true;
            r->after = l->at;
        }
    }
}

static void read_word(struct reading *r, struct lex *l)
{
    struct str word = letters(l);
    int month = word.n >= 3 ? date_month_of(str_sub(word, 0, 3)) : 0;

    if (month && !r->month)
        r->month = month;
    else if (str_eq_nocase(word, STR("pm")))
        r->pm = true;
    else if (str_eq_nocase(word, STR("am")))
        r->am = true;
    else if (r->has_time)
        read_zone_name(r, l, word);
}

/* A month in digits is joined to the number before it: "1996-07", "17/07", "17.07". */
static bool joined(const struct lex *l)
{
    char before = l->at >= 2 ? l->s.p[l->at - 1] : ' ';

    return (before == '-' || before == '/' || before == '.') && ascii_digit(l->s.p[l->at - 2]);
}

static void read_number(struct reading *r, struct lex *l)
{
    bool month_fits = joined(l) && !r->month;
    struct str d = digits(l);
    int v = small_number(d);

    if (!r->has_time && d.n <= 2 && read_time(r, l, v))
        return;
    if (d.n == 8 && !r->day && !r->has_year) { /* ISO 8601, basic */
        r->year = v / 10000;
        r->has_year = true;
        r->month = v / 100 % 100;
        r->day = v % 100;
    } else if (d.n >= 3 || (r->day && r->month)) {
        if (!r->has_year)
            set_year(r, d);
    } else if (month_fits &&
               (r->has_year || r->day)) { /* behind the year in ISO 8601, else behind the day */
        r->month = v;
    } else if (!r->day) {
        r->day = v;
    }
}

/* A sign begins an offset behind the time, and joins the parts of a date anywhere else. */
static bool offset_follows(const struct reading *r, const struct lex *l)
{
    bool sign = lex_peek(l) == '+' || lex_peek(l) == '-';
    bool digit = l->at + 1 < l->s.n && ascii_digit(l->s.p[l->at + 1]);

    return sign && digit && r->has_time && (l->at == r->after || lex_blank(l->s.p[l->at - 1]));
}

static void read_next(struct reading *r, struct lex *l)
{
    char c = lex_peek(l);

    if (ascii_digit(c))
        read_number(r, l);
    else if (ascii_alpha(c))
        read_word(r, l);
    else if (c == '(')
        lex_comment(l);
    else if (offset_follows(r, l))
        read_offset(r, l);
    else
        l->at++;
}

/* "07/17/1996": where the second number can only be a day. */
static void swap_month(struct reading *r)
{
    if (r->month > 12 && r->day >= 1 && r->day <= 12) {
        int day = r->month;

        r->month = r->day;
        r->day = day;
    }
}

/* RFC 5256 2.2: an impossible time is 00:00:00. */
static int seconds_of_day(const struct reading *r)
{
    int hour = r->hour;

    if (r->pm && hour < 12)
        hour += 12;
    else if (r->am && hour == 12)
        hour = 0;
    if (hour < 0 || hour > 23 || r->minute < 0 || r->minute > 59 || r->second < 0 || r->second > 60)
        return 0;
    return hour * HOUR + r->minute * MINUTE + (r->second > 59 ? 59 : r->second);
}

bool mime_date_parse(struct str value, struct mime_date *out)
{
    struct lex l = lex_of(str_sub(value, 0, TEXT_MAX));
    struct reading r = {0};

    while (!lex_end(&l))
        read_next(&r, &l);
    swap_month(&r);
    if (!r.has_year || !date_valid(r.year, r.month, r.day))
        return false;
    out->zone_min = (int16_t)r.zone;
    out->utc =
        date_days(r.year, r.month, r.day) * DAY + seconds_of_day(&r) - (int64_t)r.zone * MINUTE;
    return true;
}
