/* Where one command ends: cuts the client's bytes into commands with their literals (RFC 9051, 2.2, 4.3; RFC 7888).
 * It does not parse; it asks its owner what to do with each literal before taking a byte of it. */
#ifndef IMAP_INPUT_H
#define IMAP_INPUT_H

#include "base/buf.h"

enum {
    IMAP_MAX_LINE = 64 * 1024,        /* text of one command without its literals */
    IMAP_MAX_COMMAND = 256 * 1024,    /* with the literals taken into memory */
    IMAP_MAX_LITERALS = 1000,         /* of one command */
    IMAP_MAX_STREAMED = 4,            /* of one command */
    IMAP_MAX_TAG = 1000,              /* a longer one is answered with "*" */
    IMAP_MAX_SKIPPED = 16 * 1024 * 1024, /* bytes of a line that is thrown away; then IMAP_FATAL */
};

enum imap_event {
    IMAP_MORE,     /* everything was used; give more */
    IMAP_COMMAND,  /* in->text is a whole command (its last CRLF included); call imap_input_next when done with it */
    IMAP_LITERAL,  /* in->literal was announced; call exactly one of take, stream, skip, refuse */
    IMAP_BAD,      /* in->why says what; the line was or will be skipped: answer BAD (tag in in->text) and go on */
    IMAP_FATAL,    /* the client does not stop: answer BYE */
};

struct imap_literal {
    uint64_t size;
    bool sync;   /* waits for "+": {n}; otherwise {n+} */
    bool binary; /* literal8: ~{n} */
};

/* The text of a command: its bytes as sent, literals in place behind their {n} CRLF, except the streamed ones,
 * whose bytes are elsewhere: external[] holds the positions where they would stand. */
struct imap_text {
    struct str bytes;
    const size_t *external;
    size_t n_external;
};

struct imap_input {
    struct buf buf;
    size_t external[IMAP_MAX_STREAMED];
    size_t n_external;
    size_t n_literals;
    size_t line_bytes;
    uint64_t want; /* literal bytes still to come into buf, or to be skipped */
    int state;
    struct imap_literal literal;
    const char *why;    /* set: the command is thrown away */
    bool told;          /* ... and that was said */
    bool quoted;        /* within a quoted string */
    bool escaped;       /* ... behind a backslash */
    uint64_t skipped;   /* bytes thrown away of this command, the literals of imap_input_skip not counted */
    char tail[32];      /* the last bytes of the line */
    size_t n_tail;
};

void imap_input_init(struct imap_input *in);
void imap_input_fini(struct imap_input *in);
bool imap_input_idle(const struct imap_input *in); /* between commands, nothing held: memory was given back */

/* Uses some or all of `bytes`, then says what happened.  Empty lines before a command are skipped.  A bare LF ends
 * a line as CRLF does. */
enum imap_event imap_input_feed(struct imap_input *in, struct str bytes, size_t *used_out);

/* At IMAP_LITERAL: is there room to take it?  If not, it can be streamed, skipped or refused; one that is taken all the
 * same is skipped and the command comes as IMAP_BAD. */
bool imap_input_fits(const struct imap_input *in);
/* At IMAP_LITERAL: its bytes go into the command (the owner has sent "+" if it is a sync one). */
void imap_input_take(struct imap_input *in);
/* ... the owner reads literal.size bytes from the connection itself, then feeds on. */
void imap_input_stream(struct imap_input *in);
/* ... non-synchronising bytes are thrown away, and the whole command then comes as IMAP_BAD. */
void imap_input_skip(struct imap_input *in, const char *why);
/* ... synchronising: the client was told NO or BAD; the command is forgotten.  (Non-synchronising: the same, and its bytes
 * and the rest of its command are thrown away without another event.) */
void imap_input_refuse(struct imap_input *in);

struct imap_text imap_input_text(const struct imap_input *in);
void imap_input_next(struct imap_input *in);

/* The tag at the start of what has arrived, if it is one ("*" otherwise): for BAD answers. */
struct str imap_input_tag(const struct imap_input *in);

#endif
