/* The small words that structured fields are made of (RFC 5322 3.2, RFC 2045 5.1).  All of it works
 * on unfolded text: no CR, LF or NUL.  Every step moves forward only, so a field is read in linear
 * time. */
#ifndef MIME_LEX_PRIV_H
#define MIME_LEX_PRIV_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"

struct lex {
    struct str s;
    size_t at;
};

static inline struct lex lex_of(struct str s)
{
    return (struct lex){s, 0};
}

static inline bool lex_end(const struct lex *l)
{
    return l->at >= l->s.n;
}

/* The next byte, or NUL at the end. */
static inline char lex_peek(const struct lex *l)
{
    return lex_end(l) ? '\0' : l->s.p[l->at];
}

static inline bool lex_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool lex_token_char(char c); /* RFC 2045 5.1, token */

void lex_blanks(struct lex *l);
/* Skips one comment with those nested in it; an unclosed one goes to the end.  Returns what is
 * inside, as it stands.  The next byte is "(". */
struct str lex_comment(struct lex *l);
void lex_cfws(struct lex *l);          /* blanks and comments */
struct str lex_token(struct lex *l);   /* may be empty */
void lex_until(struct lex *l, char c); /* up to `c` or the end */

/* A quoted-string (or a domain literal: `close`), the next byte opens it.  Returns false, and moves
 * nothing, when it is not closed; otherwise what is inside, quoted pairs not yet undone. */
bool lex_quoted(struct lex *l, char close, struct str *inside_out);
/* Appends with quoted pairs undone (RFC 5322 3.2.1). */
void lex_unescape(struct buf *out, struct str inside);

/* Copies in upper or lower case (ASCII). */
struct str lex_upper(struct arena *a, struct str s);
struct str lex_lower(struct arena *a, struct str s);
/* The buffer's content into the arena; empties the buffer. */
struct str lex_take(struct arena *a, struct buf *b);

#endif
