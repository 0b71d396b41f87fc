/* Mail from elsewhere, one mailbox at a time: a source gives its messages in order, each as the
 * bytes that are to be stored, with its date, flags and keywords.  Knows nothing of where they go.
 *
 * Memory does not grow with the number or size of messages.  Nothing is followed that is no regular
 * file: who imports may be root, and who wrote the mail was not. */
#ifndef CLI_IMPORT_ORIGIN_H
#define CLI_IMPORT_ORIGIN_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/* ---- where there is mail ---- */

enum place_kind { PLACE_MAILDIR, PLACE_EML, PLACE_MBOX };

struct place {
    enum place_kind kind;
    const char *path;
    struct str name; /* of the mailbox, UTF-8 with "/"; empty: the top */
    uint32_t uses;   /* enum special_use, as an export of Tern's says */
};

struct places {
    struct place *v;
    size_t n, cap;
    bool maildir; /* the top is a Maildir: it is somebody's INBOX */
    bool has_subscriptions;
    struct str *subscriptions; /* names */
    size_t n_subscriptions;
    struct buf notes; /* a line for each thing that was left out */
};

/* Maildir, Maildir++, a tree of Maildirs, mbox files, .eml files, or an export of Tern's.
 * ERR_IO, ERR_NOT_FOUND: *why_out. */
enum err places_find(struct arena *a, const char *path, struct places *out, struct buf *why_out);
void places_fini(struct places *p);

/* ---- one of them ---- */

enum origin_dates {
    DATES_USUAL,  /* Maildir: time of the file; mbox: From line; .eml: header */
    DATES_NAME,   /* Maildir: the seconds in the file's name */
    DATES_HEADER, /* the topmost Received field, else Date */
};

struct origin_options {
    enum origin_dates dates;
    bool mboxrd; /* ">From " at the start of a line was "From " */
};

struct origin_message {
    struct str label; /* for a person: file, for mbox with the place in it */
    int64_t date;
    int16_t zone_min;
    uint8_t flags; /* enum msgflag */
    struct str *keywords;
    size_t n_keywords;
};

struct origin;

enum err origin_open(const struct place *p, const struct origin_options *o, struct origin **out,
                     struct buf *why_out);
void origin_close(struct origin *s); /* NULL is fine */

/* Goes to the next message.  *got_out false: there is none.  An error is this message's only, and
 * *out has its label: the next call goes on behind it.  The result lives as long as `a`. */
enum err origin_next(struct origin *s, struct arena *a, struct origin_message *out, bool *got_out,
                     struct buf *why_out);
/* The next piece of the message as it will be stored; empty at its end.  Valid until the next call.
 */
enum err origin_read(struct origin *s, struct str *piece_out);
/* Its size; reading begins anew. */
enum err origin_size(struct origin *s, uint64_t *size_out);
enum err origin_rewind(struct origin *s);

/* For a bar: how much of how much is done (files, or bytes of an mbox). */
void origin_progress(const struct origin *s, uint64_t *done_out, uint64_t *all_out);

#endif
