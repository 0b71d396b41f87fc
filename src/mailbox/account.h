/* An account: its mailboxes, their names, and its one writer.
 *
 * A change is an intent: a command hands it over and gets a ticket.  At most one batch of an account is in flight;
 * intents that arrive meanwhile queue.  When it returns, the whole queue is evaluated in order against the published
 * versions, which gives UIDs, modseqs and each intent's own result, and becomes the next batch.  Durable: versions
 * are published, tickets complete, watchers are woken.  Failed: the tickets of the batch fail; nothing was published,
 * nothing is to undo.  An intent that alone is refused drops out; the others go on. */
#ifndef MAILBOX_ACCOUNT_H
#define MAILBOX_ACCOUNT_H

#include "base/arena.h"
#include "base/exec.h"
#include "mailbox/names.h"
#include "mailbox/version.h"
#include "store/store.h"

struct account; /* counted */
struct mailstore;

struct mailstore_options {
    size_t cache_bytes;        /* columns in memory; 0: 256 MiB */
    size_t idle_accounts;      /* accounts kept open with nobody in them; 0: 1,000 */
    int64_t expunge_grace;     /* seconds that expunged bodies live on; < 0: the default, one day */
    uint32_t max_mailboxes;    /* per account; 0: 20,000 */
    uint32_t log_records;      /* a mailbox's log is folded when it has more; 0: 256 */
    uint32_t fold_blocks;      /* directory blocks (32,768 messages) folded with one batch at most; 0: 16 */
};

/* Everything above one store.  `x` runs the writers. */
struct mailstore *mailstore_new(struct store *s, struct exec *x, const struct mailstore_options *o);
struct store *mailstore_store(struct mailstore *ms);
struct exec *mailstore_exec(struct mailstore *ms);
/* Folds logs, closes accounts.  No session may be left.  The store stays open. */
void mailstore_close(struct mailstore *ms);

/* The open account, opened if need be (blocks for reads).  A new account number gets an INBOX with its first open.
 * Who may be opened is the directory's matter (mailbox/directory.h). */
enum err account_open(struct mailstore *ms, uint64_t id, struct account **out);
struct account *account_ref(struct account *acct);
void account_unref(struct account *acct);
uint64_t account_id(const struct account *acct);
struct mailstore *account_mailstore(const struct account *acct);

/* ---- reading ---- */

/* All names, as a value; unref it. */
struct names *account_names(struct account *acct);
/* The published version (a reference).  ERR_NO_MAILBOX.  Opens the mailbox if need be. */
enum err account_version(struct account *acct, uint64_t mailbox, struct version **out);
/* Counts without opening: what STATUS tells. */
enum err account_status(struct account *acct, uint64_t mailbox, struct version_head *out);
/* Expunged UIDs with a modseq above `since` (QRESYNC).  *exact_out false: history does not reach back that far and
 * the answer is every UID below uidnext that is not live. */
enum err account_expunged_since(struct account *acct, struct version *v, uint64_t since, struct ranges *out,
                                bool *exact_out);
/* \Recent: returns the first UID no session was told of so far, and takes [it, uidnext of `v`) for the caller. */
uint32_t account_claim_recent(struct account *acct, struct version *v);
/* The same without taking. */
uint32_t account_recent(struct account *acct, uint64_t mailbox);

/* ---- messages ---- */

/* A new object number, never used before in this account, not even by a message that was lost. */
uint64_t account_new_object(struct account *acct);
/* Summary values (imap/summary.h); p == NULL where there is none. One store call for all. */
enum err account_summaries(struct account *acct, struct arena *a, const uint64_t *objects, size_t n,
                           struct str *list_out);
enum err account_summary_more(struct account *acct, struct arena *a, uint64_t object, struct str *more_out);
/* Stores a summary that was made again; nobody waits for it. */
void account_summary_renew(struct account *acct, uint64_t object, struct str list, struct str more);
enum err account_read(struct account *acct, uint64_t object, uint64_t offset, void *to, size_t n, size_t *got_out);

/* ---- changing ---- */

enum intent_kind {
    INTENT_APPEND,
    INTENT_FLAGS,
    INTENT_COPY,
    INTENT_MOVE,
    INTENT_EXPUNGE,
    INTENT_CREATE,
    INTENT_DELETE,
    INTENT_RENAME,
    INTENT_SUBSCRIBE,
    INTENT_UNSUBSCRIBE,
    INTENT_BARRIER, /* changes nothing; completes when everything before it is durable */
};

enum flags_mode { FLAGS_SET, FLAGS_ADD, FLAGS_REMOVE };

struct intent_message {
    uint64_t object;
    struct store_blob *blob; /* finished; the intent takes it, success or not */
    uint64_t size;
    int64_t date;
    int16_t zone_min;
    uint8_t flags;
    const struct str *keywords;
    size_t n_keywords;
    struct str summary_list, summary_more;
};

struct intent {
    enum intent_kind kind;
    uint64_t mailbox; /* what it is about (not CREATE, SUBSCRIBE, UNSUBSCRIBE, BARRIER) */
    union {
        struct {
            const struct intent_message *messages; /* all or none */
            size_t n;
        } append;
        struct {
            const struct ranges *uids;
            enum flags_mode mode;
            uint8_t flags;
            const struct str *keywords;
            size_t n_keywords;
            bool has_unchangedsince;
            uint64_t unchangedsince;
        } flags;
        struct {
            const struct ranges *uids;
            uint64_t to;
            bool whole; /* ERR_EXPUNGED if any of them is gone; otherwise those are left out */
        } copy; /* COPY, MOVE: all or none */
        struct {
            const struct ranges *uids; /* NULL: all; only those with \Deleted go */
        } expunge;
        struct {
            struct str name; /* missing superiors are made, too */
            uint32_t uses;   /* enum special_use bits */
        } create;
        struct {
            struct str name; /* inferiors go along; of INBOX: its messages move, it stays */
            struct str from; /* of a name that has inferiors but no mailbox; intent.mailbox is then 0 */
        } rename;
        struct {
            struct str name;
        } subscribe;
    };
};

struct ticket_result {
    enum err err;
    uint32_t uidvalidity;      /* of the mailbox that got messages */
    uint64_t mailbox;          /* made by CREATE */
    struct ranges from_uids;   /* COPY, MOVE: in rising order ... */
    struct ranges to_uids;     /* ... and what they became, pairwise; APPEND: the new UIDs */
    struct ranges expunged;    /* EXPUNGE, MOVE */
    struct ranges modified;    /* FLAGS: not done because of UNCHANGEDSINCE */
    struct ranges missing;     /* FLAGS, COPY, MOVE: asked for, but gone */
    struct ranges changed;     /* FLAGS: really changed */
    bool keyword_limit;        /* FLAGS, APPEND: a keyword was one too many (then err is ERR_LIMIT) */
    uint64_t modseq;           /* the mailbox's after this intent */
};

struct ticket; /* counted; the submitter holds one reference */

/* Completes the ticket later (or already within the call); then `done(arg)` is called once, on any thread, and must
 * only wake somebody.  Owns: copies what it needs; the caller's memory may end.  Never blocks. */
typedef void ticket_done_fn(void *arg);
struct ticket *account_submit(struct account *acct, const struct intent *in, ticket_done_fn *done, void *arg);
bool ticket_is_done(const struct ticket *t);
const struct ticket_result *ticket_result(const struct ticket *t); /* once done */
/* `done` will not be called any more once this returns. */
void ticket_unref(struct ticket *t);

/* ---- being told ---- */

/* `wake(arg)` after each publication that touches the mailbox (0: any mailbox or name of the account), on any thread,
 * under no lock; it must only wake somebody.  May be called spuriously. */
typedef void watch_fn(void *arg);
struct watch;
struct watch *account_watch(struct account *acct, uint64_t mailbox, watch_fn *wake, void *arg);
void account_unwatch(struct watch *w); /* NULL is fine; `wake` is not running any more when it returns */

/* ---- proving and mending (protocols.md 22) ---- */

struct account_check_report {
    uint64_t mailboxes, messages, findings, repaired;
};
/* deep: bodies are read and checksums compared.  repair never removes a message: what has no place goes to the
 * mailbox "Recovered".  Runs against a live account, too. */
enum err account_check(struct account *acct, bool deep, bool repair, store_say_fn *say, void *arg,
                       struct account_check_report *out);

/* One slice of removing what was expunged longer ago than the grace. */
enum err account_reap(struct account *acct, bool *more_out);

#endif
