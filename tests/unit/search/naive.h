/* What SEARCH must find, written as plainly as can be: every key looks at the whole message. */
#ifndef TESTS_SEARCH_NAIVE_H
#define TESTS_SEARCH_NAIVE_H

#include "imap/search.h"
#include "mailbox/version.h"

struct naive {
    struct version *version;
    const struct ranges *recent;
    struct row row;
    struct str bytes;
};

bool naive_matches(const struct naive *n, const struct search_key *key);

#endif
