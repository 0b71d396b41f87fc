/* Time.  Wall time may jump; nothing that must be ordered depends on it.  Tests set both. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include "base/str.h"

int64_t clock_wall(void);      /* seconds since 1970 */
int64_t clock_wall_ms(void);
int64_t clock_mono_ms(void);   /* never goes back */
int64_t clock_mono_us(void);
/* Tests: from now on both clocks stand at these values until set again; wall < 0: back to the real ones. */
void clock_set_for_test(int64_t wall_ms, int64_t mono_ms);

/* Civil dates without time zones or locale (proleptic Gregorian). */
int64_t date_days(int year, int month, int day); /* days since 1970-01-01; month 1..12 */
void date_civil(int64_t days, int *year_out, int *month_out, int *day_out);
int date_weekday(int64_t days);                  /* 0 Sunday */
bool date_valid(int year, int month, int day);
extern const char date_month_names[12][4];       /* "Jan" ... */
extern const char date_day_names[7][4];          /* "Sun" ... */
/* 1..12, or 0: three letters, any case. */
int date_month_of(struct str s);

#endif
