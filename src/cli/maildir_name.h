/* What stands in the name of a Maildir file: "1767225600.M0000000007P1.tern,S=612,W=612,U=7:2,FS".
 *
 * Fields behind commas: S size of the file and W size with CRLF line ends are Dovecot's and
 * others'; where W is the file's size it is in the wire's form and its bytes are taken as they are.
 * U (UID: gives the order), Z (zone of INTERNALDATE, minutes), D (INTERNALDATE itself, where a file
 * system's clock does not reach) and K (keywords beyond the letters a to z, a number in hexadecimal
 * digits, lowest bit the 27th) are Tern's; others ignore them. */
#ifndef CLI_MAILDIR_NAME_H
#define CLI_MAILDIR_NAME_H

#include "base/arena.h"
#include "base/buf.h"

enum {
    MAILDIR_LETTERS = 26,
    MAILDIR_KEYWORDS = 512,
    MAILDIR_EXTRA = MAILDIR_KEYWORDS - MAILDIR_LETTERS
};

struct maildir_name {
    int64_t seconds; /* the number it begins with, or -1 */
    int64_t date;    /* of D */
    bool has_date;
    uint64_t size, wire_size;
    bool has_size, has_wire_size;
    uint64_t uid; /* 0: none */
    int16_t zone_min;
    uint8_t flags;        /* enum msgflag */
    bool passed;          /* P: forwarded, bounced */
    uint64_t keywords[8]; /* bits: numbers of dovecot-keywords */
};

void maildir_name_parse(struct str name, struct maildir_name *out);
void maildir_name_put(struct buf *out, const struct maildir_name *m);
/* The order in which messages came: U where both have it, else as numbers and text compare. */
int maildir_name_cmp(const char *a, const char *b);

static inline bool maildir_has_keyword(const struct maildir_name *m, unsigned id)
{
    return id < MAILDIR_KEYWORDS && (m->keywords[id / 64] >> (id % 64) & 1);
}

/* ---- mailbox names: ".A.B" of Maildir++ is "A/B"; levels are modified UTF-7 ---- */

/* ".Entw&APw-rfe.2026" to "Entwürfe/2026".  What Tern does not allow in names becomes "_"; what is
 * no modified UTF-7 is taken as it stands.  false: nothing of a name is left. */
bool maildir_folder_decode(struct arena *a, struct str dir, struct str *name_out);
/* The other way; a dot within a level becomes "&AC4-", which decodes to a dot. */
void maildir_folder_encode(struct buf *out, struct str name);
/* One level, without dots in front or between. */
void maildir_level_encode(struct buf *out, struct str level);
bool maildir_level_decode(struct arena *a, struct str level, struct str *out);

#endif
