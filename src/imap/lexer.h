/* The tokens of RFC 9051, section 9, over the text of one command.  Private to the room: the
 * parse_*.c files are written in these words.  Every function either takes its token and returns
 * ERR_OK, or says in `error` what was expected and returns ERR_SYNTAX; nobody parses on after that.
 */
#ifndef IMAP_LEXER_H
#define IMAP_LEXER_H

#include "imap/command.h"

struct lexer {
    struct arena *a;
    const struct imap_parse_options *o;
    struct imap_parse_error *error;
    struct str text; /* in the arena: tokens are views into it */
    size_t at;
    const size_t *external;
    size_t n_external;
};

enum char_class {
    CHAR_ATOM = 1,    /* ATOM-CHAR */
    CHAR_ASTRING = 2, /* ASTRING-CHAR: also "]" */
    CHAR_LIST = 4,    /* list-char: also "%" and "*" */
    CHAR_TAG = 8,     /* tag: ASTRING-CHAR but "+" */
    CHAR_LABEL = 16,  /* letters, digits, ".", "-", "_": names of items and options */
    CHAR_BASE64 = 32,
};

bool char_is(char c, enum char_class class);

static inline bool lex_at(const struct lexer *l, char c)
{
    return l->at < l->text.n && l->text.p[l->at] == c;
}

static inline bool lex_try(struct lexer *l, char c)
{
    bool found = lex_at(l, c);

    l->at += found;
    return found;
}

/* BAD, with what was expected. */
enum err lex_fail(struct lexer *l, const char *text);
/* NO, with a response code: understood, but not to be done. */
enum err lex_refuse(struct lexer *l, const char *code, const char *text);

enum err lex_char(struct lexer *l, char c, const char *expected);
enum err lex_sp(struct lexer *l);
/* A space with something behind it: another argument of a command that ends with a list. */
bool lex_try_more(struct lexer *l);
/* The end of the command; a space before it is tolerated. */
enum err lex_end(struct lexer *l);

/* The longest run of a class, perhaps empty. */
struct str lex_run(struct lexer *l, enum char_class class);
enum err lex_atom(struct lexer *l, const char *expected, struct str *out);
/* The name of an item or option. */
enum err lex_label(struct lexer *l, const char *expected, struct str *out);
/* Takes `word` if it stands here in any case and no label goes on behind it. */
bool lex_try_word(struct lexer *l, const char *word);

enum err lex_string(struct lexer *l, struct str *out);
enum err lex_nstring(struct lexer *l, struct str *out);
enum err lex_astring(struct lexer *l, struct str *out);
enum err lex_list_mailbox(struct lexer *l, struct str *out);
enum err lex_mailbox(struct lexer *l, struct imap_mailbox *out);
/* What the client means by a name or a pattern, in UTF-8; false: not valid in this session's form.
 */
bool lex_decode_name(struct lexer *l, struct str name, struct str *out);

/* "{n}", "{n+}", with `binary` also "~{n}" and its line end; the bytes behind it are not yet taken.
 */
enum err lex_literal_head(struct lexer *l, bool binary, struct imap_literal *out);
/* Do the bytes that belong here stand outside the text? */
bool lex_is_external(const struct lexer *l);

enum err lex_number(struct lexer *l, uint32_t *out);
enum err lex_nz_number(struct lexer *l, uint32_t *out);
enum err lex_number64(struct lexer *l, uint64_t *out); /* 0 .. 2^63-1 */
enum err lex_set(struct lexer *l, struct imap_set *out);
/* A set without "*" and "$". */
enum err lex_known_set(struct lexer *l, struct imap_set *out);

enum err lex_date(struct lexer *l, int64_t *day_out);
enum err lex_date_time(struct lexer *l, int64_t *utc_out, int16_t *zone_out);

enum err lex_flag_list(struct lexer *l, struct imap_flags *out); /* in parentheses */
enum err lex_flags(struct lexer *l, struct imap_flags *out);     /* in parentheses or not */

/* A list of things that grows in the arena. */
struct list {
    void *v;
    size_t n, cap;
};
void *list_add(struct arena *a, struct list *list, size_t size);

/* A word and the bit it stands for. */
struct word_bit {
    const char *word;
    uint32_t bit;
};
/* Is it `word` (its first letter a capital, or no letter), in any case?  Mostly answered by the
 * first letter. */
static inline bool word_is(struct str s, const char *word)
{
    return s.n > 0 && ascii_upper(s.p[0]) == word[0] && str_eq_nocase(s, str_of(word));
}

/* The bit of `word` in a table that ends with {NULL}; 0: unknown. */
uint32_t word_bit(const struct word_bit *table, struct str word);

struct str str_upper(struct arena *a, struct str s);
enum err lex_status_items(struct lexer *l, uint32_t *items_out); /* in parentheses */

/* One parser per command: what stands behind its name, up to but not including the line end. */
typedef enum err parse_fn(struct lexer *l, struct imap_command *c);
parse_fn parse_none, parse_id, parse_authenticate, parse_login, parse_enable, parse_select,
    parse_create, parse_mailbox_only, parse_rename, parse_list, parse_lsub, parse_status,
    parse_append, parse_expunge, parse_search, parse_fetch, parse_store, parse_copy;
/* Up to the literal of the message, or past it when it is there. */
enum err parse_append_head(struct lexer *l, struct imap_command *c);

#endif
