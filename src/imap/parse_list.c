/*
 * imap/parse_list.c - LIST with the options of RFC 9051, 6.3.9 (RFC 5258, 5819, 6154), and LSUB.
 */
#include "imap/lexer.h"

static const struct word_bit select_options[] = {
    {"SUBSCRIBED", LIST_SUBSCRIBED},
    {"REMOTE", LIST_REMOTE},
    {"RECURSIVEMATCH", LIST_RECURSIVEMATCH},
    {"SPECIAL-USE", LIST_SPECIAL_USE},
    {NULL, 0},
};

static const struct word_bit return_options[] = {
    {"SUBSCRIBED", LIST_RETURN_SUBSCRIBED},
    {"CHILDREN", LIST_RETURN_CHILDREN},
    {"SPECIAL-USE", LIST_RETURN_SPECIAL_USE},
    {"STATUS", LIST_RETURN_STATUS},
    {NULL, 0},
};

/* RFC 5258, 3: an option that the server does not know is BAD. */
static enum err lex_option(struct lexer *l, const struct word_bit *table, struct imap_command *c,
                           uint32_t *bit_out)
{
    struct str label;

    TRY(lex_label(l, "Expected an option of LIST", &label));
    *bit_out = word_bit(table, label);
    if (*bit_out == 0)
        return lex_fail(l, "Unknown option of LIST");
    c->list.options |= *bit_out;
    return ERR_OK;
}

/* RFC 5258, 3.1: RECURSIVEMATCH asks for another option that says what is to match. */
static enum err lex_select_options(struct lexer *l, struct imap_command *c)
{
    uint32_t bit;

    c->list.extended = true;
    if (!lex_try(l, ')')) {
        do
            TRY(lex_option(l, select_options, c, &bit));
        while (lex_try(l, ' '));
        TRY(lex_char(l, ')', "Expected an option of LIST or the end of the list"));
    }
    if ((c->list.options & LIST_RECURSIVEMATCH) &&
        !(c->list.options & (LIST_SUBSCRIBED | LIST_SPECIAL_USE)))
        return lex_fail(l, "RECURSIVEMATCH needs SUBSCRIBED beside it");
    return lex_sp(l);
}

static enum err lex_return_option(struct lexer *l, struct imap_command *c)
{
    uint32_t bit;

    TRY(lex_option(l, return_options, c, &bit));
    if (bit != LIST_RETURN_STATUS)
        return ERR_OK;
    TRY(lex_sp(l));
    return lex_status_items(l, &c->list.status);
}

static enum err lex_return_options(struct lexer *l, struct imap_command *c)
{
    c->list.extended = true;
    if (!lex_try_word(l, "RETURN"))
        return lex_fail(l, "Expected RETURN");
    TRY(lex_sp(l));
    TRY(lex_char(l, '(', "Expected a list of return options"));
    if (lex_try(l, ')'))
        return ERR_OK;
    do
        TRY(lex_return_option(l, c));
    while (lex_try(l, ' '));
    return lex_char(l, ')', "Expected an option of LIST or the end of the list");
}

/* A pattern that is no valid name stays as it was sent: it matches nothing, which is no error. */
static enum err lex_pattern(struct lexer *l, struct list *patterns)
{
    struct str sent, pattern;

    TRY(lex_list_mailbox(l, &sent));
    if (!lex_decode_name(l, sent, &pattern))
        pattern = sent;
    *(struct str *)list_add(l->a, patterns, sizeof(pattern)) = pattern;
    return ERR_OK;
}

static enum err lex_patterns(struct lexer *l, struct imap_command *c, struct list *patterns)
{
    if (!lex_try(l, '('))
        return lex_pattern(l, patterns);
    c->list.extended = true;
    do
        TRY(lex_pattern(l, patterns));
    while (lex_try(l, ' '));
    return lex_char(l, ')', "Expected a pattern or the end of the list");
}

static enum err lex_reference(struct lexer *l, struct imap_command *c)
{
    struct str sent;

    TRY(lex_astring(l, &sent));
    if (!lex_decode_name(l, sent, &c->list.reference))
        c->list.reference = sent;
    return lex_sp(l);
}

enum err parse_list(struct lexer *l, struct imap_command *c)
{
    struct list patterns = {0};

    TRY(lex_sp(l));
    if (lex_try(l, '('))
        TRY(lex_select_options(l, c));
    TRY(lex_reference(l, c));
    TRY(lex_patterns(l, c, &patterns));
    c->list.patterns = patterns.v;
    c->list.n_patterns = patterns.n;
    return lex_try_more(l) ? lex_return_options(l, c) : ERR_OK;
}

/* RFC 3501, 6.3.9 */
enum err parse_lsub(struct lexer *l, struct imap_command *c)
{
    struct list patterns = {0};

    TRY(lex_sp(l));
    TRY(lex_reference(l, c));
    TRY(lex_pattern(l, &patterns));
    c->list.patterns = patterns.v;
    c->list.n_patterns = patterns.n;
    return ERR_OK;
}
