/*
 * imap/lex_number.c - numbers, sequence sets and dates.
 */
#include "base/clock.h"
#include "imap/lexer.h"

/* RFC 9051, 4.2 and 9: a number over its limit is BAD, never cut. */
static enum err lex_digits(struct lexer *l, uint64_t max, uint64_t *out)
{
    uint64_t v = 0;
    size_t from = l->at;

    for (; l->at < l->text.n && ascii_digit(l->text.p[l->at]); l->at++) {
        unsigned digit = (unsigned)(l->text.p[l->at] - '0');

        if (v > (max - digit) / 10)
            return lex_fail(l, "Number too large");
        v = v * 10 + digit;
    }
    if (l->at == from)
        return lex_fail(l, "Expected a number");
    *out = v;
    return ERR_OK;
}

enum err lex_number(struct lexer *l, uint32_t *out)
{
    uint64_t v;

    TRY(lex_digits(l, UINT32_MAX, &v));
    *out = (uint32_t)v;
    return ERR_OK;
}

enum err lex_nz_number(struct lexer *l, uint32_t *out)
{
    if (lex_at(l, '0'))
        return lex_fail(l, "Expected a number that does not start with 0");
    return lex_number(l, out);
}

enum err lex_number64(struct lexer *l, uint64_t *out)
{
    return lex_digits(l, INT64_MAX, out);
}

/* A full line of one-digit numbers is what a set can have at most. */
static size_t count_ranges(const struct lexer *l)
{
    size_t n = 1;

    for (size_t i = l->at; i < l->text.n; i++) {
        char c = l->text.p[i];

        if (c == ',')
            n++;
        else if (!ascii_digit(c) && c != ':' && c != '*')
            break;
    }
    return n;
}

static enum err lex_seq_number(struct lexer *l, uint32_t *out)
{
    *out = 0;
    return lex_try(l, '*') ? ERR_OK : lex_nz_number(l, out);
}

static enum err lex_seq_range(struct lexer *l, struct range *out)
{
    TRY(lex_seq_number(l, &out->lo));
    out->hi = out->lo;
    return lex_try(l, ':') ? lex_seq_number(l, &out->hi) : ERR_OK;
}

enum err lex_set(struct lexer *l, struct imap_set *out)
{
    *out = (struct imap_set){.v = ARENA_ARRAY(l->a, struct range, count_ranges(l))};
    do {
        /* "$" may end a set, but nothing goes on behind it (RFC 9051, 9: sequence-set). */
        out->saved = lex_try(l, '$');
        if (out->saved)
            return ERR_OK;
        TRY(lex_seq_range(l, &out->v[out->n]));
        out->n++;
    } while (lex_try(l, ','));
    return ERR_OK;
}

enum err lex_known_set(struct lexer *l, struct imap_set *out)
{
    TRY(lex_set(l, out));
    if (out->saved)
        return lex_fail(l, "$ is not allowed here");
    for (size_t i = 0; i < out->n; i++) {
        if (out->v[i].lo == 0 || out->v[i].hi == 0)
            return lex_fail(l, "* is not allowed here");
    }
    return ERR_OK;
}

/* Between `least` and `most` digits. */
static bool take_digits(struct lexer *l, int least, int most, int *out)
{
    int n = 0;

    for (*out = 0; n < most && l->at < l->text.n && ascii_digit(l->text.p[l->at]); n++)
        *out = *out * 10 + (l->text.p[l->at++] - '0');
    return n >= least;
}

/* date-text (RFC 9051, 9): 1-Feb-1994 */
static bool take_date_text(struct lexer *l, int64_t *day_out)
{
    int year, month, day;

    if (!take_digits(l, 1, 2, &day) || !lex_try(l, '-'))
        return false;
    month = date_month_of(str_sub(l->text, l->at, 3));
    if (month == 0)
        return false;
    l->at += 3;
    if (!lex_try(l, '-') || !take_digits(l, 4, 4, &year) || !date_valid(year, month, day))
        return false;
    *day_out = date_days(year, month, day);
    return true;
}

enum err lex_date(struct lexer *l, int64_t *day_out)
{
    bool quoted = lex_try(l, '"');

    if (!take_date_text(l, day_out) || (quoted && !lex_try(l, '"')))
        return lex_fail(l, "Expected a date such as 1-Feb-1994");
    return ERR_OK;
}

static bool take_time(struct lexer *l, int64_t *seconds_out)
{
    int h, m, s;

    if (!take_digits(l, 2, 2, &h) || !lex_try(l, ':') || !take_digits(l, 2, 2, &m) ||
        !lex_try(l, ':') || !take_digits(l, 2, 2, &s))
        return false;
    *seconds_out = h * 3600 + m * 60 + s;
    return h < 24 && m < 60 && s <= 60; /* 60: a leap second */
}

static bool take_zone(struct lexer *l, int16_t *zone_out)
{
    bool west = lex_at(l, '-');
    int h, m;

    if ((!lex_try(l, '+') && !lex_try(l, '-')) || !take_digits(l, 2, 2, &h) ||
        !take_digits(l, 2, 2, &m) || h >= 24 || m >= 60)
        return false;
    *zone_out = (int16_t)(west ? -(h * 60 + m) : h * 60 + m);
    return true;
}

/* date-time: " 1-Feb-1994 21:52:25 -0800"; the blank before a single digit may be missing. */
enum err lex_date_time(struct lexer *l, int64_t *utc_out, int16_t *zone_out)
{
    int64_t day = 0, seconds = 0;
    bool good = lex_try(l, '"');

    if (good)
        lex_try(l, ' ');
    good = good && take_date_text(l, &day) && lex_try(l, ' ') && take_time(l, &seconds) &&
           lex_try(l, ' ') && take_zone(l, zone_out) && lex_try(l, '"');
    if (!good)
        return lex_fail(l, "Expected a date and time such as \" 1-Feb-1994 21:52:25 -0800\"");
    *utc_out = day * 86400 + seconds - *zone_out * 60;
    return ERR_OK;
}
