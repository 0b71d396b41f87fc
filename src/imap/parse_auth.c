/*
 * imap/parse_auth.c - who is there: ID, ENABLE, AUTHENTICATE, LOGIN.
 */
#include "imap/lexer.h"

/* RFC 2971, 3.3: at most 30 pairs. */
enum { MAX_ID_PAIRS = 30 };

static enum err lex_id_pair(struct lexer *l, struct list *pairs)
{
    struct imap_id_pair *pair;

    if (pairs->n == MAX_ID_PAIRS)
        return lex_fail(l, "More than 30 pairs in ID");
    pair = list_add(l->a, pairs, sizeof(*pair));
    TRY(lex_string(l, &pair->name));
    TRY(lex_sp(l));
    return lex_nstring(l, &pair->value);
}

enum err parse_id(struct lexer *l, struct imap_command *c)
{
    struct list pairs = {0};

    TRY(lex_sp(l));
    if (lex_try_word(l, "NIL"))
        return ERR_OK;
    TRY(lex_char(l, '(', "Expected NIL or a list of pairs"));
    if (lex_try(l, ')'))
        return ERR_OK;
    do
        TRY(lex_id_pair(l, &pairs));
    while (lex_try(l, ' '));
    c->id.pairs = pairs.v;
    c->id.n = pairs.n;
    return lex_char(l, ')', "Expected a pair or the end of the list");
}

enum err parse_authenticate(struct lexer *l, struct imap_command *c)
{
    TRY(lex_sp(l));
    TRY(lex_atom(l, "Expected the name of a mechanism", &c->authenticate.mechanism));
    c->authenticate.mechanism = str_upper(l->a, c->authenticate.mechanism);
    c->authenticate.has_initial = lex_try_more(l); /* RFC 4959 */
    if (!c->authenticate.has_initial)
        return ERR_OK;
    c->authenticate.initial = lex_run(l, CHAR_BASE64);
    return c->authenticate.initial.n > 0 ? ERR_OK : lex_fail(l, "Expected base64");
}

enum err parse_login(struct lexer *l, struct imap_command *c)
{
    TRY(lex_sp(l));
    TRY(lex_astring(l, &c->login.user));
    TRY(lex_sp(l));
    return lex_astring(l, &c->login.password);
}

enum err parse_enable(struct lexer *l, struct imap_command *c)
{
    struct list names = {0};
    struct str name;

    TRY(lex_sp(l));
    do {
        TRY(lex_atom(l, "Expected the name of a capability", &name));
        *(struct str *)list_add(l->a, &names, sizeof(name)) = str_upper(l->a, name);
    } while (lex_try_more(l));
    c->enable.names = names.v;
    c->enable.n = names.n;
    return ERR_OK;
}
