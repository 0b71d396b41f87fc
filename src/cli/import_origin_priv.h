/* What the kinds of sources have in common, for import_origin.c, import_files.c and import_mbox.c.
 */
#ifndef CLI_IMPORT_ORIGIN_PRIV_H
#define CLI_IMPORT_ORIGIN_PRIV_H

#include "cli/import_origin.h"

enum { ORIGIN_PIECE = 128 * 1024, ORIGIN_HEADER = 256 * 1024 };

struct origin_kind {
    void (*close)(struct origin *s);
    enum err (*next)(struct origin *s, struct arena *a, struct origin_message *out, bool *got_out,
                     struct buf *why_out);
    /* Bytes as they are kept there; empty: the end. */
    enum err (*read)(struct origin *s, struct str *piece_out);
    enum err (*rewind)(struct origin *s);
    void (*progress)(const struct origin *s, uint64_t *done_out, uint64_t *all_out);
};

/* Begins every source's own struct. */
struct origin {
    const struct origin_kind *kind;
    struct origin_options o;
    bool as_is;   /* of this message: its line ends are those of the wire already */
    bool last_cr; /* the last byte read was CR */
    struct buf wire;
};

enum err origin_files_open(const struct place *p, struct origin **out, struct buf *why_out);
enum err origin_mbox_open(const struct place *p, struct origin **out, struct buf *why_out);

/* INTERNALDATE from a header: the topmost Received field (the last to have had the message), else
 * Date.  false: neither has one. */
bool origin_header_date(struct arena *a, struct str header, int64_t *date_out, int16_t *zone_out);

/* Adds a keyword, unless it is there in any case.  What IMAP does not allow in one becomes "_". */
struct keywords {
    struct str *v;
    size_t n, cap;
};
void keywords_add(struct arena *a, struct keywords *k, struct str word);

#endif
