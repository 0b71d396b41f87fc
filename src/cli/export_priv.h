/* The two forms of an export, for export.c. */
#ifndef CLI_EXPORT_PRIV_H
#define CLI_EXPORT_PRIV_H

#include "cli/export.h"

struct export_message {
    uint32_t uid;
    uint64_t object, size;
    int64_t date;
    int16_t zone_min;
    uint8_t flags;
    struct str *keywords;
    size_t n_keywords;
};

/* A mailbox being written.  All calls say in *why what failed. */
struct export_box;

struct export_writer {
    /* `place_out`: its file or directory, relative to the top. */
    enum err (*begin)(int top, struct arena *a, struct str name, size_t number,
                      struct export_box **out, struct str *place_out, struct buf *why);
    enum err (*message)(struct export_box *b, const struct export_message *m, struct buf *why);
    enum err (*bytes)(struct export_box *b, struct str bytes, struct buf *why);
    enum err (*message_end)(struct export_box *b, struct buf *why);
    /* Throws away the message that was begun. */
    enum err (*message_drop)(struct export_box *b, struct buf *why);
    enum err (*end)(struct export_box *b, struct buf *why); /* and frees, also on failure */
};

extern const struct export_writer export_maildir, export_mbox;

/* write(2), all of it. */
enum err export_write(int fd, struct str bytes, struct buf *why);
/* Makes the file, which is not there yet, with these bytes. */
enum err export_file(int dir, const char *name, struct str bytes, struct buf *why);

#endif
