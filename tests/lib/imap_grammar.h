/* What a client that believes the standard to the letter would refuse: checks server responses
 * against RFC 9051, section 9 (and the RFCs 2971, 3501, 4315, 5161, 5258, 7162 that extend it).
 * Written apart from src/imap, and sharing nothing with it, so that a misreading must be made twice
 * to pass.  Stricter than the grammar where clients are: groups in addresses begin and end, no
 * attribute comes twice in a FETCH, text follows every response code. */
#ifndef TESTS_IMAP_GRAMMAR_H
#define TESTS_IMAP_GRAMMAR_H

#include "base/str.h"

struct grammar_error {
    const char *what;
    size_t at;
};

/* Each takes the whole of `s` or says what is wrong and where.  `utf8`: IMAP4rev2 or UTF8=ACCEPT is
 * enabled. */
bool grammar_envelope(struct str s, bool utf8, struct grammar_error *error_out);
bool grammar_body(struct str s, bool extended, bool utf8, struct grammar_error *error_out);

/* One response (untagged, tagged or a continuation) from the start of `s`, its CRLF included.
 * Returns its bytes; 0: wrong.  If the response is not yet complete (a line end or literal bytes
 * are missing) *more_out is set, too. */
size_t grammar_response(struct str s, bool utf8, bool *more_out, struct grammar_error *error_out);

/* Any number of whole responses. */
bool grammar_responses(struct str s, bool utf8, struct grammar_error *error_out);

#endif
