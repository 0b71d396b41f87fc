/*
 * imap/parse_append.c - APPEND (RFC 9051, 6.3.12), also with UTF8 (RFC 6855, 4) and literal8 (RFC
 * 3516).
 *
 * A message that is streamed stands outside the text; what is known before it comes is read by the
 * same code.
 */
#include "imap/lexer.h"

/* "UTF8 (~{n}" */
static enum err lex_utf8_head(struct lexer *l, bool *utf8_out)
{
    *utf8_out = lex_try_word(l, "UTF8");
    if (!*utf8_out)
        return ERR_OK;
    TRY(lex_sp(l));
    TRY(lex_char(l, '(', "Expected ( and a literal8"));
    return lex_at(l, '~') ? ERR_OK : lex_fail(l, "Expected a literal8");
}

static enum err lex_append_head(struct lexer *l, struct imap_command *c, bool *utf8_out)
{
    TRY(lex_sp(l));
    TRY(lex_mailbox(l, &c->append.mailbox));
    TRY(lex_sp(l));
    if (lex_at(l, '(')) {
        TRY(lex_flag_list(l, &c->append.flags));
        TRY(lex_sp(l));
    }
    if (lex_at(l, '"')) {
        TRY(lex_date_time(l, &c->append.date, &c->append.zone_min));
        c->append.has_date = true;
        TRY(lex_sp(l));
    }
    TRY(lex_utf8_head(l, utf8_out));
    return lex_literal_head(l, true, &c->append.message);
}

enum err parse_append_head(struct lexer *l, struct imap_command *c)
{
    bool utf8;

    c->append.message_is_streamed = true;
    return lex_append_head(l, c, &utf8);
}

static enum err lex_message(struct lexer *l, struct imap_command *c)
{
    c->append.message_is_streamed = lex_is_external(l);
    if (c->append.message_is_streamed)
        return ERR_OK;
    if (c->append.message.size > l->text.n - l->at)
        return lex_fail(l, "Unexpected literal");
    c->append.message_bytes = str_sub(l->text, l->at, c->append.message.size);
    l->at += c->append.message.size;
    /* RFC 9051, 4.3.1: only a literal8 may hold NUL. */
    if (!c->append.message.binary && str_has_char(c->append.message_bytes, '\0'))
        return lex_fail(l, "NUL in a literal: such a message must be sent as literal8, ~{n}");
    return ERR_OK;
}

enum err parse_append(struct lexer *l, struct imap_command *c)
{
    bool utf8;

    TRY(lex_append_head(l, c, &utf8));
    TRY(lex_message(l, c));
    return utf8 ? lex_char(l, ')', "Expected ) behind the literal8") : ERR_OK;
}
