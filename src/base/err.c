/*
 * base/err.c - the texts of the errors.
 */
#include "base/err.h"

#include "base/mem.h"

static const char *const err_texts[] = {
    [ERR_OK] = "success",
    [ERR_SYNTAX] = "syntax error",
    [ERR_LIMIT] = "a limit is exceeded",
    [ERR_TOO_BIG] = "message too big",
    [ERR_NO_MAILBOX] = "no such mailbox",
    [ERR_MAILBOX_EXISTS] = "mailbox exists already",
    [ERR_HAS_CHILDREN] = "mailbox has children",
    [ERR_BAD_NAME] = "name is not allowed",
    [ERR_NO_SELECT] = "name exists but is not a mailbox",
    [ERR_NO_PERM] = "permission denied",
    [ERR_READ_ONLY] = "read-only",
    [ERR_EXPUNGED] = "message is gone",
    [ERR_OVER_QUOTA] = "over quota",
    [ERR_CHARSET] = "unknown charset",
    [ERR_UNKNOWN_CTE] = "unknown content transfer encoding",
    [ERR_AUTH] = "authentication failed",
    [ERR_NO_ACCOUNT] = "no such account",
    [ERR_ACCOUNT_EXISTS] = "account exists already",
    [ERR_NOT_FOUND] = "not found",
    [ERR_UNSUPPORTED] = "not supported",
    [ERR_NO_MEMORY] = "out of memory",
    [ERR_NO_SPACE] = "no space left on the disk",
    [ERR_IO] = "input/output error",
    [ERR_CORRUPT] = "stored data is corrupt",
    [ERR_VERSION] = "written by a newer version of Tern",
    [ERR_LOCKED] = "in use by another process",
    [ERR_CONFLICT] = "changed by somebody else meanwhile",
    [ERR_STORE] = "the store has failed and is read-only until restart",
    [ERR_CLOSED] = "shutting down",
    [ERR_BUSY] = "busy, try again",
    [ERR_TIMEOUT] = "timed out",
};

const char *err_text(enum err e)
{
    if ((size_t)e >= ARRAY_LEN(err_texts) || !err_texts[e])
        return "unknown error";
    return err_texts[e];
}
