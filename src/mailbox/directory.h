/* Who has an account: names to numbers and credentials.  Lives in account 0 of the store. */
#ifndef MAILBOX_DIRECTORY_H
#define MAILBOX_DIRECTORY_H

#include "mailbox/account.h"

struct directory;

enum { ACCOUNT_NAME_MAX = 255, ACCOUNT_SECRET_MAX = 4096 };

struct account_record {
    uint64_t id;
    struct str name;    /* normalised */
    struct str secret;  /* auth's, opaque here */
    bool disabled;
    bool detail;        /* user+detail delivers into the mailbox "detail" if it exists */
    int64_t created;
};

struct directory *directory_open(struct mailstore *ms, enum err *err_out);
void directory_close(struct directory *d);

/* As account names are compared: normal form C, case folded, no control characters, blanks or "/", not empty.
 * ERR_BAD_NAME. */
enum err account_name_normalize(struct arena *a, struct str name, struct str *out);

/* ERR_NO_ACCOUNT.  Cached; blocks for a read at most. */
enum err directory_find(struct directory *d, struct arena *a, struct str name, struct account_record *out);
/* Names after `after` (absent: from the first), rising, at most `limit`. */
enum err directory_list(struct directory *d, struct arena *a, struct str after, size_t limit,
                        struct account_record **records_out, size_t *n_out);

/* Changes: `done` once, when durable or refused, on any thread, must only hand on.  Many at once share their syncs.
 * ERR_ACCOUNT_EXISTS, ERR_NO_ACCOUNT, ERR_BAD_NAME. */
typedef void directory_done_fn(void *arg, enum err e, uint64_t account);
void directory_add(struct directory *d, const struct account_record *r, directory_done_fn *done, void *arg);
/* secret, disabled and detail are set. */
void directory_update(struct directory *d, const struct account_record *r, directory_done_fn *done, void *arg);
/* The account's name goes at once; its mail is removed by the reaper. */
void directory_remove(struct directory *d, struct str name, directory_done_fn *done, void *arg);

#endif
