/*
 * imap/parse_store.c - commands on messages other than FETCH and SEARCH: STORE, COPY, MOVE,
 * EXPUNGE.
 */
#include "imap/lexer.h"

/* RFC 7162, 3.1.3: "(UNCHANGEDSINCE n)", once. */
static enum err lex_store_modifiers(struct lexer *l, struct imap_command *c)
{
    if (!lex_try_word(l, "UNCHANGEDSINCE"))
        return lex_fail(l, "Unknown modifier of STORE");
    TRY(lex_sp(l));
    TRY(lex_number64(l, &c->store.unchangedsince));
    c->store.has_unchangedsince = true;
    TRY(lex_char(l, ')', "Expected the end of the modifiers"));
    return lex_sp(l);
}

static enum imap_store_mode lex_store_mode(struct lexer *l)
{
    if (lex_try(l, '+'))
        return STORE_ADD;
    return lex_try(l, '-') ? STORE_REMOVE : STORE_SET;
}

enum err parse_store(struct lexer *l, struct imap_command *c)
{
    TRY(lex_sp(l));
    TRY(lex_set(l, &c->store.set));
    TRY(lex_sp(l));
    if (lex_try(l, '('))
        TRY(lex_store_modifiers(l, c));
    c->store.mode = lex_store_mode(l);
    c->store.silent = lex_try_word(l, "FLAGS.SILENT");
    if (!c->store.silent && !lex_try_word(l, "FLAGS"))
        return lex_fail(l, "Expected FLAGS, +FLAGS or -FLAGS, with or without .SILENT");
    TRY(lex_sp(l));
    return lex_flags(l, &c->store.flags);
}

enum err parse_copy(struct lexer *l, struct imap_command *c)
{
    TRY(lex_sp(l));
    TRY(lex_set(l, &c->copy.set));
    TRY(lex_sp(l));
    return lex_mailbox(l, &c->copy.mailbox);
}

/* RFC 4315, 2.1: only "UID EXPUNGE" takes a set. */
enum err parse_expunge(struct lexer *l, struct imap_command *c)
{
    if (!c->uid)
        return ERR_OK;
    TRY(lex_sp(l));
    return lex_set(l, &c->expunge.set);
}
