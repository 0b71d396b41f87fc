/* Dates of RFC 5322 3.3 and the broken ones found in mail. */
#ifndef MIME_DATE_H
#define MIME_DATE_H

#include "base/str.h"

struct mime_date {
    int64_t utc;      /* seconds since 1970 */
    int16_t zone_min; /* minutes east of UTC as written; 0 where unknown */
};

bool mime_date_parse(struct str value, struct mime_date *out); /* false: no date in it */

#endif
