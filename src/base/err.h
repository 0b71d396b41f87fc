/* What can go wrong, in one list.  A function that can fail returns `enum err`, and ignoring it warns.
 * Three kinds, told apart at sight: the client's fault (becomes BAD or NO, no log), the world's fault (NO and one
 * log line by the room that decides), our own fault (`check`, which stays in release builds). */
#ifndef BASE_ERR_H
#define BASE_ERR_H

enum [[nodiscard]] err {
    ERR_OK = 0,

    /* the client's fault, or simply an answer */
    ERR_SYNTAX,         /* cannot be parsed */
    ERR_LIMIT,          /* more than a documented limit (doc/limits.md) */
    ERR_TOO_BIG,        /* message larger than allowed */
    ERR_NO_MAILBOX,     /* no such mailbox */
    ERR_MAILBOX_EXISTS, /* the name is taken */
    ERR_HAS_CHILDREN,   /* the mailbox has inferiors, and that matters here */
    ERR_BAD_NAME,       /* not a mailbox (or account) name */
    ERR_NO_SELECT,      /* the name exists but is no mailbox */
    ERR_NO_PERM,        /* a right is missing */
    ERR_READ_ONLY,      /* opened by EXAMINE, or the store is read-only now */
    ERR_EXPUNGED,       /* the message is gone */
    ERR_OVER_QUOTA,
    ERR_CHARSET,        /* a charset nobody here knows */
    ERR_UNKNOWN_CTE,    /* a content transfer encoding nobody here knows */
    ERR_AUTH,           /* name or password wrong; never which of them */
    ERR_NO_ACCOUNT,
    ERR_ACCOUNT_EXISTS,
    ERR_NOT_FOUND,
    ERR_UNSUPPORTED,

    /* the world's fault */
    ERR_NO_MEMORY, /* a client-sized allocation failed; small ones abort (base/mem.h) */
    ERR_NO_SPACE,  /* disk full */
    ERR_IO,
    ERR_CORRUPT,  /* a checksum or a format is wrong; the log line names the file */
    ERR_VERSION,  /* written by a newer Tern: left untouched */
    ERR_LOCKED,   /* another process owns the store */
    ERR_CONFLICT, /* the batch's expectation did not hold */
    ERR_STORE,    /* the store failed and is read-only until restart */
    ERR_CLOSED,   /* shutting down */
    ERR_BUSY,     /* a limit of concurrency; trying again helps */
    ERR_TIMEOUT,
};

/* A short English text without a final dot, for logs and for the command line. */
const char *err_text(enum err e);

#define TRY(expr)                        \
    do {                                 \
        enum err try_err_ = (expr);      \
        if (try_err_ != ERR_OK)          \
            return try_err_;             \
    } while (0)

#endif
