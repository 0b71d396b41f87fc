/*
 * imap/lexer.c - the tokens of a command: atoms, strings, numbers, names.
 *
 * Strict where the grammar of RFC 9051, 9 is clear; what is tolerated is said where it is.  Nothing
 * here looks at a byte twice but to unescape it, so time is linear in the command.
 */
#include "imap/lexer.h"

#include "base/mem.h"
#include "base/utf8.h"
#include "imap/utf7.h"

enum {
    _ = 0,
    L = CHAR_LIST,                                          /* "%" and "*" */
    R = CHAR_LIST | CHAR_ASTRING | CHAR_TAG,                /* "]" */
    P = CHAR_ATOM | CHAR_LIST | CHAR_ASTRING | CHAR_TAG,    /* other ATOM-CHARs */
    A = CHAR_ATOM | CHAR_LIST | CHAR_ASTRING | CHAR_BASE64, /* "+" */
    S = P | CHAR_BASE64,
    W = P | CHAR_LABEL,
    B = W | CHAR_BASE64,
};

/* RFC 9051, 9: ATOM-CHAR, ASTRING-CHAR, list-char, tag.  Behind 0x7f there is nothing. */
/* clang-format off */
static const unsigned char classes[256] = {
    _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, /* 0x00 */
    _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, /* 0x10 */
    _, P, _, P, P, L, P, P, _, _, L, A, P, W, W, S, /* 0x20 */
    B, B, B, B, B, B, B, B, B, B, P, P, P, S, P, P, /* 0x30 0123456789:;<=>? */
    P, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, /* 0x40 @ABCDEFGHIJKLMNO */
    B, B, B, B, B, B, B, B, B, B, B, P, _, R, P, W, /* 0x50 PQRSTUVWXYZ[\]^_ */
    P, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, /* 0x60 `abcdefghijklmno */
    B, B, B, B, B, B, B, B, B, B, B, _, P, P, P, _, /* 0x70 pqrstuvwxyz{|}~ */
};
/* clang-format on */

bool char_is(char c, enum char_class class)
{
    return (classes[(unsigned char)c] & class) != 0;
}

enum err lex_fail(struct lexer *l, const char *text)
{
    *l->error = (struct imap_parse_error){.text = text, .at = l->at};
    return ERR_SYNTAX;
}

enum err lex_refuse(struct lexer *l, const char *code, const char *text)
{
    *l->error = (struct imap_parse_error){.text = text, .code = code, .no = true, .at = l->at};
    return ERR_SYNTAX;
}

enum err lex_char(struct lexer *l, char c, const char *expected)
{
    return lex_try(l, c) ? ERR_OK : lex_fail(l, expected);
}

enum err lex_sp(struct lexer *l)
{
    return lex_char(l, ' ', "Expected a space and an argument");
}

static bool lex_try_eol(struct lexer *l)
{
    size_t at = l->at;

    lex_try(l, '\r');
    if (lex_try(l, '\n'))
        return true;
    l->at = at;
    return false;
}

bool lex_try_more(struct lexer *l)
{
    size_t i = l->at + 1;

    return i < l->text.n && l->text.p[i] != ' ' && l->text.p[i] != '\r' && l->text.p[i] != '\n' &&
           lex_try(l, ' ');
}

enum err lex_end(struct lexer *l)
{
    while (lex_try(l, ' '))
        ;
    if (!lex_try_eol(l) || l->at != l->text.n)
        return lex_fail(l, "Unexpected text behind the command's arguments");
    return ERR_OK;
}

struct str lex_run(struct lexer *l, enum char_class class)
{
    size_t from = l->at;

    while (l->at < l->text.n && char_is(l->text.p[l->at], class))
        l->at++;
    return str_sub(l->text, from, l->at - from);
}

static enum err lex_run_of(struct lexer *l, enum char_class class, const char *expected,
                           struct str *out)
{
    *out = lex_run(l, class);
    return out->n > 0 ? ERR_OK : lex_fail(l, expected);
}

enum err lex_atom(struct lexer *l, const char *expected, struct str *out)
{
    return lex_run_of(l, CHAR_ATOM, expected, out);
}

enum err lex_label(struct lexer *l, const char *expected, struct str *out)
{
    return lex_run_of(l, CHAR_LABEL, expected, out);
}

bool lex_try_word(struct lexer *l, const char *word)
{
    size_t from = l->at;

    if (str_eq_nocase(lex_run(l, CHAR_LABEL), str_of(word)))
        return true;
    l->at = from;
    return false;
}

/* Copies `raw` without the backslashes of its escapes. */
static struct str unescape(struct arena *a, struct str raw)
{
    char *p = arena_alloc(a, raw.n + 1);
    size_t n = 0;

    for (size_t i = 0; i < raw.n; i++) {
        if (raw.p[i] == '\\')
            i++;
        p[n++] = raw.p[i];
    }
    return str_n(p, n);
}

/* 8-bit bytes are taken in every mode: what they mean (UTF-8, a CHARSET, an error) is known to who
 * asked. */
static enum err lex_quoted(struct lexer *l, struct str *out)
{
    bool escapes = false;
    size_t from = ++l->at;

    for (;; l->at++) {
        char c = l->at < l->text.n ? l->text.p[l->at] : '\n';

        if (c == '"')
            break;
        if (c == '\r' || c == '\n')
            return lex_fail(l, "Quoted string without its closing quote");
        if (c == '\0')
            return lex_fail(l, "NUL in a quoted string");
        if (c != '\\')
            continue;
        escapes = true;
        l->at++;
        if (!lex_at(l, '"') && !lex_at(l, '\\'))
            return lex_fail(l, "Only \\\" and \\\\ may be escaped in a quoted string");
    }
    *out = str_sub(l->text, from, l->at - from);
    l->at++;
    if (escapes)
        *out = unescape(l->a, *out);
    return ERR_OK;
}

bool lex_is_external(const struct lexer *l)
{
    for (size_t i = 0; i < l->n_external; i++) {
        if (l->external[i] == l->at)
            return true;
    }
    return false;
}

enum err lex_literal_head(struct lexer *l, bool binary, struct imap_literal *out)
{
    *out = (struct imap_literal){.binary = binary && lex_try(l, '~')};
    TRY(lex_char(l, '{', "Expected a literal"));
    TRY(lex_number64(l, &out->size));
    out->sync = !lex_try(l, '+');
    TRY(lex_char(l, '}', "Expected the } of a literal"));
    return lex_try_eol(l) ? ERR_OK : lex_fail(l, "A literal's size must end its line");
}

static enum err lex_literal(struct lexer *l, struct str *out)
{
    struct imap_literal head;

    TRY(lex_literal_head(l, false, &head));
    if (lex_is_external(l) || head.size > l->text.n - l->at)
        return lex_fail(l, "Unexpected literal");
    *out = str_sub(l->text, l->at, head.size);
    l->at += head.size;
    /* RFC 9051, 4.3: CHAR8 is any octet but NUL. */
    return str_has_char(*out, '\0') ? lex_fail(l, "NUL in a literal") : ERR_OK;
}

enum err lex_string(struct lexer *l, struct str *out)
{
    if (lex_at(l, '"'))
        return lex_quoted(l, out);
    if (lex_at(l, '{'))
        return lex_literal(l, out);
    return lex_fail(l, "Expected a string");
}

enum err lex_nstring(struct lexer *l, struct str *out)
{
    if (!lex_try_word(l, "NIL"))
        return lex_string(l, out);
    *out = STR_NONE;
    return ERR_OK;
}

static enum err lex_string_or(struct lexer *l, enum char_class class, struct str *out)
{
    if (lex_at(l, '"') || lex_at(l, '{'))
        return lex_string(l, out);
    return lex_run_of(l, class, "Expected an atom or a string", out);
}

enum err lex_astring(struct lexer *l, struct str *out)
{
    return lex_string_or(l, CHAR_ASTRING, out);
}

enum err lex_list_mailbox(struct lexer *l, struct str *out)
{
    return lex_string_or(l, CHAR_LIST, out);
}

bool lex_decode_name(struct lexer *l, struct str name, struct str *out)
{
    *out = name;
    /* RFC 9051, 5.1 and RFC 6855, 3: with UTF-8 enabled names are UTF-8 and "&" is an ordinary
     * character. */
    return l->o->utf8 ? utf8_valid(name) : imap_utf7_decode(l->a, name, out);
}

enum err lex_mailbox(struct lexer *l, struct imap_mailbox *out)
{
    struct str sent;

    TRY(lex_astring(l, &sent));
    if (str_eq_nocase(sent, STR("INBOX"))) {
        *out = (struct imap_mailbox){.name = STR("INBOX")};
        return ERR_OK;
    }
    out->bad = !lex_decode_name(l, sent, &out->name);
    if (out->bad)
        out->name = sent;
    return ERR_OK;
}

void *list_add(struct arena *a, struct list *list, size_t size)
{
    if (list->n == list->cap) {
        size_t cap = list->cap > 0 ? 2 * list->cap : 4;
        void *v = arena_array(a, cap, size);

        if (list->n > 0)
            memcpy(v, list->v, list->n * size);
        list->v = v;
        list->cap = cap;
    }
    return (char *)list->v + size * list->n++;
}

uint32_t word_bit(const struct word_bit *table, struct str word)
{
    for (; table->word != NULL; table++) {
        if (word_is(word, table->word))
            return table->bit;
    }
    return 0;
}

struct str str_upper(struct arena *a, struct str s)
{
    char *p = arena_alloc(a, s.n + 1);

    for (size_t i = 0; i < s.n; i++)
        p[i] = ascii_upper(s.p[i]);
    return str_n(p, s.n);
}
