/*
 * imap/parse_search.c - SEARCH: the keys of RFC 9051, 6.4.4, those only RFC 3501 has, MODSEQ (RFC
 * 7162, 3.1.5), and the return options of RFC 4731 and 5182.
 *
 * Keys nest; depth and number are limited here, so whoever walks the tree may recurse.
 */
#include "imap/lexer.h"

#include "base/mem.h"
#include "mime/decode.h"

struct search_parser {
    struct lexer *l;
    struct imap_command *c;
    struct str charset; /* empty: none was told */
    unsigned depth;
    unsigned n_keys;
};

enum search_args {
    ARG_NONE,
    ARG_NOT_NONE, /* no argument, and the key means the opposite */
    ARG_TEXT,
    ARG_FIELD,   /* text, sought in the header field `name` */
    ARG_HEADER,  /* name and text */
    ARG_KEYWORD, /* a keyword */
    ARG_NOT_KEYWORD,
    ARG_DATE,
    ARG_NUMBER,
    ARG_SET,
    ARG_KEY,
    ARG_TWO_KEYS,
    ARG_MODSEQ,
};

static const struct search_word {
    const char *word;
    enum search_kind kind;
    enum search_args args;
    uint8_t flag;
    const char *name;
} search_words[] = {
    {"ALL", SEARCH_ALL, ARG_NONE, 0, NULL},
    {"ANSWERED", SEARCH_FLAG, ARG_NONE, IMAP_ANSWERED, NULL},
    {"BCC", SEARCH_HEADER, ARG_FIELD, 0, "Bcc"},
    {"BEFORE", SEARCH_BEFORE, ARG_DATE, 0, NULL},
    {"BODY", SEARCH_BODY, ARG_TEXT, 0, NULL},
    {"CC", SEARCH_HEADER, ARG_FIELD, 0, "Cc"},
    {"DELETED", SEARCH_FLAG, ARG_NONE, IMAP_DELETED, NULL},
    {"DRAFT", SEARCH_FLAG, ARG_NONE, IMAP_DRAFT, NULL},
    {"FLAGGED", SEARCH_FLAG, ARG_NONE, IMAP_FLAGGED, NULL},
    {"FROM", SEARCH_HEADER, ARG_FIELD, 0, "From"},
    {"HEADER", SEARCH_HEADER, ARG_HEADER, 0, NULL},
    {"KEYWORD", SEARCH_KEYWORD, ARG_KEYWORD, 0, NULL},
    {"LARGER", SEARCH_LARGER, ARG_NUMBER, 0, NULL},
    {"MODSEQ", SEARCH_MODSEQ, ARG_MODSEQ, 0, NULL},
    {"NEW", SEARCH_NEW, ARG_NONE, 0, NULL},
    {"NOT", SEARCH_NOT, ARG_KEY, 0, NULL},
    {"OLD", SEARCH_RECENT, ARG_NOT_NONE, 0, NULL},
    {"ON", SEARCH_ON, ARG_DATE, 0, NULL},
    {"OR", SEARCH_OR, ARG_TWO_KEYS, 0, NULL},
    {"RECENT", SEARCH_RECENT, ARG_NONE, 0, NULL},
    {"SEEN", SEARCH_FLAG, ARG_NONE, IMAP_SEEN, NULL},
    {"SENTBEFORE", SEARCH_SENTBEFORE, ARG_DATE, 0, NULL},
    {"SENTON", SEARCH_SENTON, ARG_DATE, 0, NULL},
    {"SENTSINCE", SEARCH_SENTSINCE, ARG_DATE, 0, NULL},
    {"SINCE", SEARCH_SINCE, ARG_DATE, 0, NULL},
    {"SMALLER", SEARCH_SMALLER, ARG_NUMBER, 0, NULL},
    {"SUBJECT", SEARCH_HEADER, ARG_FIELD, 0, "Subject"},
    {"TEXT", SEARCH_TEXT, ARG_TEXT, 0, NULL},
    {"TO", SEARCH_HEADER, ARG_FIELD, 0, "To"},
    {"UID", SEARCH_UID, ARG_SET, 0, NULL},
    {"UNANSWERED", SEARCH_FLAG, ARG_NOT_NONE, IMAP_ANSWERED, NULL},
    {"UNDELETED", SEARCH_FLAG, ARG_NOT_NONE, IMAP_DELETED, NULL},
    {"UNDRAFT", SEARCH_FLAG, ARG_NOT_NONE, IMAP_DRAFT, NULL},
    {"UNFLAGGED", SEARCH_FLAG, ARG_NOT_NONE, IMAP_FLAGGED, NULL},
    {"UNKEYWORD", SEARCH_KEYWORD, ARG_NOT_KEYWORD, 0, NULL},
    {"UNSEEN", SEARCH_FLAG, ARG_NOT_NONE, IMAP_SEEN, NULL},
};

static enum err parse_key(struct search_parser *p, struct search_key **out);

static enum err new_key(struct search_parser *p, enum search_kind kind, struct search_key **out)
{
    if (++p->n_keys > IMAP_SEARCH_MAX_KEYS)
        return lex_refuse(p->l, "LIMIT", "Too many search keys");
    *out = ARENA_NEW(p->l->a, struct search_key);
    (*out)->kind = kind;
    return ERR_OK;
}

/* Puts a NOT around *key. */
static enum err negate(struct search_parser *p, struct search_key **key)
{
    struct search_key *child = *key;

    TRY(new_key(p, SEARCH_NOT, key));
    (*key)->child = child;
    return ERR_OK;
}

/* The string in UTF-8.  Text that is ASCII is so in each charset that is taken but the UTF-16
 * family. */
static enum err lex_search_text(struct search_parser *p, struct str *out)
{
    struct buf utf8 = BUF_INIT;
    bool plain = p->charset.n == 0 || str_starts_nocase(p->charset, STR("UTF-8"));

    TRY(lex_astring(p->l, out));
    if (plain && !str_has_8bit(*out))
        return ERR_OK;
    mime_to_utf8(p->charset, *out, &utf8);
    *out = arena_str(p->l->a, buf_str(&utf8));
    buf_fini(&utf8);
    return ERR_OK;
}

static enum err lex_search_set(struct search_parser *p, struct search_key *key)
{
    key->set = ARENA_NEW(p->l->a, struct imap_set);
    return lex_set(p->l, key->set);
}

/* "MODSEQ" [entry-name SP entry-type] SP n; the entry is checked for its form only. */
static enum err lex_search_modseq(struct search_parser *p, struct search_key *key)
{
    struct str entry;

    p->c->search.has_modseq = true;
    if (lex_at(p->l, '"')) {
        TRY(lex_string(p->l, &entry));
        if (!str_starts_nocase(entry, STR("/flags/")))
            return lex_fail(p->l, "Unknown entry name of MODSEQ");
        TRY(lex_sp(p->l));
        if (!lex_try_word(p->l, "priv") && !lex_try_word(p->l, "shared") &&
            !lex_try_word(p->l, "all"))
            return lex_fail(p->l, "Expected priv, shared or all");
        TRY(lex_sp(p->l));
    }
    return lex_number64(p->l, &key->number);
}

static enum err parse_two_keys(struct search_parser *p, struct search_key *key)
{
    TRY(parse_key(p, &key->child));
    TRY(lex_sp(p->l));
    return parse_key(p, &key->child->next);
}

static enum err parse_args(struct search_parser *p, enum search_args args, struct search_key *key)
{
    switch (args) {
    case ARG_NONE:
    case ARG_NOT_NONE:
        return ERR_OK;
    case ARG_HEADER:
        TRY(lex_astring(p->l, &key->name));
        TRY(lex_sp(p->l));
        return lex_search_text(p, &key->text);
    case ARG_TEXT:
    case ARG_FIELD:
        return lex_search_text(p, &key->text);
    case ARG_KEYWORD:
    case ARG_NOT_KEYWORD:
        return lex_atom(p->l, "Expected a keyword", &key->text);
    case ARG_DATE:
        return lex_date(p->l, &key->day);
    case ARG_NUMBER:
        return lex_number64(p->l, &key->number);
    case ARG_SET:
        return lex_search_set(p, key);
    case ARG_KEY:
        return parse_key(p, &key->child);
    case ARG_TWO_KEYS:
        return parse_two_keys(p, key);
    case ARG_MODSEQ:
        return lex_search_modseq(p, key);
    }
    return ERR_SYNTAX;
}

static const struct search_word *search_word_find(struct str label)
{
    for (size_t i = 0; i < ARRAY_LEN(search_words); i++) {
        if (word_is(label, search_words[i].word))
            return &search_words[i];
    }
    return NULL;
}

static enum err parse_named_key(struct search_parser *p, struct search_key **out)
{
    const struct search_word *word;
    struct str label;

    TRY(lex_label(p->l, "Expected a search key", &label));
    word = search_word_find(label);
    if (word == NULL)
        return lex_fail(p->l, "Unknown search key");
    TRY(new_key(p, word->kind, out));
    (*out)->flag = word->flag;
    if (word->name != NULL)
        (*out)->name = str_of(word->name);
    if (word->args != ARG_NONE && word->args != ARG_NOT_NONE)
        TRY(lex_sp(p->l));
    TRY(parse_args(p, word->args, *out));
    return word->args == ARG_NOT_NONE || word->args == ARG_NOT_KEYWORD ? negate(p, out) : ERR_OK;
}

/* Keys side by side are an AND; one alone is itself. */
static enum err parse_keys(struct search_parser *p, struct search_key **out)
{
    struct search_key *first, **next;

    TRY(parse_key(p, &first));
    next = &first->next;
    while (lex_try_more(p->l)) {
        TRY(parse_key(p, next));
        next = &(*next)->next;
    }
    if (first->next == NULL) {
        *out = first;
        return ERR_OK;
    }
    TRY(new_key(p, SEARCH_AND, out));
    (*out)->child = first;
    return ERR_OK;
}

static enum err parse_key_inner(struct search_parser *p, struct search_key **out)
{
    struct lexer *l = p->l;

    if (lex_try(l, '(')) {
        TRY(parse_keys(p, out));
        return lex_char(l, ')', "Expected a search key or the end of the list");
    }
    if (lex_at(l, '*') || lex_at(l, '$') || (l->at < l->text.n && ascii_digit(l->text.p[l->at]))) {
        TRY(new_key(p, SEARCH_SEQ, out));
        return lex_search_set(p, *out);
    }
    return parse_named_key(p, out);
}

static enum err parse_key(struct search_parser *p, struct search_key **out)
{
    if (++p->depth > IMAP_SEARCH_MAX_DEPTH)
        return lex_refuse(p->l, "LIMIT", "Search keys are nested too deeply");
    TRY(parse_key_inner(p, out));
    p->depth--;
    return ERR_OK;
}

static const struct word_bit return_options[] = {
    {"MIN", RETURN_MIN},     {"MAX", RETURN_MAX},   {"ALL", RETURN_ALL},
    {"COUNT", RETURN_COUNT}, {"SAVE", RETURN_SAVE}, {NULL, 0},
};

/* "RETURN (" [options] ")"; none means ALL (RFC 4731, 3.1). */
static enum err lex_returns(struct lexer *l, struct imap_command *c)
{
    struct str label;
    uint32_t bit;

    c->search.has_return = true;
    TRY(lex_sp(l));
    TRY(lex_char(l, '(', "Expected a list of return options"));
    if (lex_try(l, ')')) {
        c->search.returns = RETURN_ALL;
        return ERR_OK;
    }
    do {
        TRY(lex_label(l, "Expected a return option", &label));
        bit = word_bit(return_options, label);
        if (bit == 0)
            return lex_fail(l, "Unknown return option");
        c->search.returns |= bit;
    } while (lex_try(l, ' '));
    return lex_char(l, ')', "Expected a return option or the end of the list");
}

/* US-ASCII is read as the UTF-8 that it is part of. */
static enum err lex_charset(struct search_parser *p)
{
    struct str charset;

    TRY(lex_sp(p->l));
    TRY(lex_astring(p->l, &charset));
    if (str_eq_nocase(charset, STR("US-ASCII")) || str_eq_nocase(charset, STR("UTF-8")))
        p->charset = STR("UTF-8");
    else if (mime_charset_known(charset))
        p->charset = charset;
    else
        return lex_refuse(p->l, "BADCHARSET (US-ASCII UTF-8)", "Unknown charset");
    return lex_sp(p->l);
}

enum err parse_search(struct lexer *l, struct imap_command *c)
{
    struct search_parser p = {.l = l, .c = c, .charset = STR("")};

    TRY(lex_sp(l));
    if (lex_try_word(l, "RETURN")) {
        TRY(lex_returns(l, c));
        TRY(lex_sp(l));
    }
    if (lex_try_word(l, "CHARSET"))
        TRY(lex_charset(&p));
    return parse_keys(&p, &c->search.key);
}
