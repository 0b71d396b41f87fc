/*
 * imap/flags.c - flags by name, and lists of them (RFC 9051, 2.3.2).
 */
#include "imap/flags.h"

#include "base/mem.h"
#include "imap/lexer.h"

enum { MAX_FLAGS = 1000 }; /* of one list: what is compared with each other is bounded */

static const struct word_bit system_flags[] = {
    {"\\Seen", IMAP_SEEN},       {"\\Answered", IMAP_ANSWERED}, {"\\Flagged", IMAP_FLAGGED},
    {"\\Deleted", IMAP_DELETED}, {"\\Draft", IMAP_DRAFT},       {NULL, 0},
};

const char *imap_flag_name(uint8_t flag)
{
    for (const struct word_bit *f = system_flags; f->word != NULL; f++) {
        if (f->bit == flag)
            return f->word;
    }
    return NULL;
}

static bool has_keyword(const struct list *keywords, struct str keyword)
{
    const struct str *v = keywords->v;

    for (size_t i = 0; i < keywords->n; i++) {
        if (str_eq_nocase(v[i], keyword))
            return true;
    }
    return false;
}

static enum err lex_keyword(struct lexer *l, struct list *keywords)
{
    struct str keyword;

    TRY(lex_atom(l, "Expected a flag", &keyword));
    if (keyword.n > IMAP_MAX_KEYWORD)
        return lex_refuse(l, "LIMIT", "Keyword is longer than 100 bytes");
    if (!has_keyword(keywords, keyword))
        *(struct str *)list_add(l->a, keywords, sizeof(struct str)) = keyword;
    return ERR_OK;
}

/* A system flag that nobody here has, \Recent among them, changes nothing: RFC 9051, 7.1
 * (PERMANENTFLAGS) lets a server ignore flags that cannot be stored, and old clients send back all
 * that they were told. */
static enum err lex_system_flag(struct lexer *l, uint8_t *system)
{
    size_t from = l->at++;
    struct str name;

    TRY(lex_atom(l, "Expected the name of a system flag", &name));
    *system |= (uint8_t)word_bit(system_flags, str_sub(l->text, from, name.n + 1));
    return ERR_OK;
}

static enum err lex_flags_until(struct lexer *l, struct imap_flags *out)
{
    struct list keywords = {0};
    size_t n = 0;

    *out = (struct imap_flags){0};
    do {
        if (++n > MAX_FLAGS)
            return lex_refuse(l, "LIMIT", "Too many flags");
        TRY(lex_at(l, '\\') ? lex_system_flag(l, &out->system) : lex_keyword(l, &keywords));
    } while (lex_try_more(l));
    out->keywords = keywords.v;
    out->n_keywords = keywords.n;
    return ERR_OK;
}

enum err lex_flag_list(struct lexer *l, struct imap_flags *out)
{
    *out = (struct imap_flags){0};
    TRY(lex_char(l, '(', "Expected a list of flags"));
    if (lex_try(l, ')'))
        return ERR_OK;
    TRY(lex_flags_until(l, out));
    return lex_char(l, ')', "Expected a flag or the end of the list");
}

enum err lex_flags(struct lexer *l, struct imap_flags *out)
{
    return lex_at(l, '(') ? lex_flag_list(l, out) : lex_flags_until(l, out);
}
