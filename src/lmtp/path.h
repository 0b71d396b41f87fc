/* MAIL FROM:<...> and RCPT TO:<...> with their parameters (RFC 5321, 4.1.2; RFC 6531). */
#ifndef LMTP_PATH_H
#define LMTP_PATH_H

#include "base/arena.h"
#include "base/str.h"

struct lmtp_param {
    struct str name;  /* upper case */
    struct str value; /* p NULL: none */
};

enum { LMTP_MAX_PARAMS = 20 };

struct lmtp_path {
    struct str address; /* "local@domain", quotes and source route removed; empty: <> */
    struct lmtp_param params[LMTP_MAX_PARAMS];
    size_t n_params;
};

/* `s` is what stands behind "FROM:" or "TO:".  false: cannot be parsed. */
bool lmtp_path_parse(struct arena *a, struct str s, struct lmtp_path *out);

#endif
