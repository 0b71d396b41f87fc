/* Patterns for responses: text that must be there, and where it varies
 *
 *   %*          anything, also nothing         %d   a number
 *   %n          CRLF                           %%   a percent sign      %0  NUL      %l  LF
 *   %{name}     up to the next blank, bracket or quote; the first time it is remembered, later it
 *               must be the same
 *   %@{name}    the bytes of message `name`    %#{name}   their number
 *
 * The same in what is sent, without the first two; any other % there stands for itself. */
#ifndef TESTS_SESSION_PATTERN_H
#define TESTS_SESSION_PATTERN_H

#include "base/arena.h"
#include "base/buf.h"

enum { NAMES_MAX = 64 };

struct named {
    struct str name, value;
};

struct names_known {
    struct arena *arena;
    struct named vars[NAMES_MAX];
    size_t n_vars;
    struct named messages[NAMES_MAX];
    size_t n_messages;
};

/* Of the whole of `text`. */
bool pattern_match(struct names_known *k, struct str pattern, struct str text);
/* false: a name that is not known. */
bool pattern_expand(const struct names_known *k, struct str pattern, struct buf *out);

#endif
