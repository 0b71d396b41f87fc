/* The lines of an mbox that are not its messages': "From sender date" before each, and the fields
 * that keep flags.
 *
 * Tern's own export writes the mboxrd form and, in front of each message's own header, the fields
 *   Status: RO
 *   X-Status: AF
 *   X-Keywords: $Forwarded work
 *   X-Tern-Octets: 1234
 * of which the last is always there.  Behind its line the message follows as it is stored, octet
 * for octet but for mboxrd's quoting, 1234 octets of it; import takes exactly these back. */
#ifndef CLI_MBOX_LINE_H
#define CLI_MBOX_LINE_H

#include "base/arena.h"
#include "base/buf.h"

struct mbox_from {
    bool has_date;
    bool sure; /* with the day's name, or Netscape's: no line of text looks like this */
    int64_t date;
    int16_t zone_min;
};

/* A whole line without its end.  Is it one that begins a message?  It has a date in some order, or
 * is the "From - " of old Netscape. */
bool mbox_from_parse(struct str line, struct mbox_from *out);
void mbox_from_put(struct buf *out, int64_t date, int16_t zone_min);

struct mbox_flags {
    uint8_t flags; /* enum msgflag */
    bool forwarded;
    struct str keywords; /* words divided by blanks; in the value that was given */
};

/* If the field is one of mbox's own its meaning is added to `out`.  Content-Length goes there, too:
 * *length_out.  false: the field is the message's. */
bool mbox_field(struct str name, struct str value, struct mbox_flags *out, uint64_t *length_out);

/* The lines "Status:" and "X-Status:" of these flags. */
void mbox_flags_put(struct buf *out, uint8_t flags);

/* Undoes mboxrd's quoting in pieces: a line of ">"s and then "From " loses its first ">". */
struct mbox_unquote {
    enum { UNQUOTE_START, UNQUOTE_MARKS, UNQUOTE_INSIDE } state;
    unsigned matched; /* of "From " behind the marks, held back like the first mark */
};
void mbox_unquote(struct mbox_unquote *u, struct str in, struct buf *out);
void mbox_unquote_end(struct mbox_unquote *u, struct buf *out);

/* Puts a ">" in front of each line that is ">"s and then "From ". */
struct mbox_quote {
    bool inside;      /* behind the start of a line and its marks */
    unsigned matched; /* of "From ", held back */
};
void mbox_quote(struct mbox_quote *q, struct str in, struct buf *out);
void mbox_quote_end(struct mbox_quote *q, struct buf *out);

#endif
