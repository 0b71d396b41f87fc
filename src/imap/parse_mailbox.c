/*
 * imap/parse_mailbox.c - commands on names: CREATE, DELETE, RENAME, SUBSCRIBE, UNSUBSCRIBE, STATUS.
 */
#include "imap/lexer.h"
#include "imap/utf7.h"

/* A name that is to be given: modified UTF-7 in its one true form (RFC 9051, appendix A.1: "SHOULD
 * verify").  Names that are looked up may be in any. */
static enum err lex_new_mailbox(struct lexer *l, struct imap_mailbox *out)
{
    struct buf coded = BUF_INIT;
    size_t from = l->at;
    struct str sent;

    TRY(lex_mailbox(l, out));
    l->at = from;
    TRY(lex_astring(l, &sent));
    if (l->o->utf8 || out->bad || !str_has_char(sent, '&'))
        return ERR_OK;
    imap_utf7_encode(&coded, out->name);
    out->bad = !str_eq(buf_str(&coded), sent);
    buf_fini(&coded);
    return ERR_OK;
}

enum err parse_mailbox_only(struct lexer *l, struct imap_command *c)
{
    TRY(lex_sp(l));
    return lex_mailbox(l, &c->mailbox.mailbox);
}

/* RFC 6154, 6: use-attr is "\" atom. */
static enum err lex_use_attr(struct lexer *l, struct list *uses)
{
    size_t from = l->at;
    struct str name;

    TRY(lex_char(l, '\\', "Expected a special use such as \\Drafts"));
    TRY(lex_atom(l, "Expected a special use such as \\Drafts", &name));
    *(struct str *)list_add(l->a, uses, sizeof(name)) = str_sub(l->text, from, name.n + 1);
    return ERR_OK;
}

/* USE (\Drafts \Sent) */
static enum err lex_create_use(struct lexer *l, struct imap_command *c)
{
    struct list uses = {0};

    if (c->create.has_uses || !lex_try_word(l, "USE"))
        return lex_fail(l, "Unknown parameter of CREATE");
    TRY(lex_sp(l));
    TRY(lex_char(l, '(', "Expected a list of special uses"));
    c->create.has_uses = true;
    if (lex_try(l, ')'))
        return ERR_OK;
    do
        TRY(lex_use_attr(l, &uses));
    while (lex_try(l, ' '));
    c->create.uses = uses.v;
    c->create.n_uses = uses.n;
    return lex_char(l, ')', "Expected a special use or the end of the list");
}

/* RFC 9051, 6.3.4: a name that ends in the delimiter only says what will be below it. */
static void create_trim_delimiter(struct imap_command *c)
{
    struct str *name = &c->create.mailbox.name;

    if (name->n > 1 && name->p[name->n - 1] == '/') {
        name->n--;
        c->create.trailing_delimiter = true;
    }
    if (str_eq_nocase(*name, STR("INBOX")))
        *name = STR("INBOX");
}

enum err parse_create(struct lexer *l, struct imap_command *c)
{
    TRY(lex_sp(l));
    TRY(lex_new_mailbox(l, &c->create.mailbox));
    create_trim_delimiter(c);
    if (!lex_try_more(l))
        return ERR_OK;
    TRY(lex_char(l, '(', "Expected a list of parameters"));
    do
        TRY(lex_create_use(l, c));
    while (lex_try(l, ' '));
    return lex_char(l, ')', "Expected the end of the parameters");
}

enum err parse_rename(struct lexer *l, struct imap_command *c)
{
    TRY(lex_sp(l));
    TRY(lex_mailbox(l, &c->rename.from));
    TRY(lex_sp(l));
    return lex_new_mailbox(l, &c->rename.to);
}

/* RFC 9051, 9: status-att; RFC 3501: RECENT; RFC 7162: HIGHESTMODSEQ. */
static const struct word_bit status_items[] = {
    {"MESSAGES", STATUS_MESSAGES},
    {"RECENT", STATUS_RECENT},
    {"UIDNEXT", STATUS_UIDNEXT},
    {"UIDVALIDITY", STATUS_UIDVALIDITY},
    {"UNSEEN", STATUS_UNSEEN},
    {"DELETED", STATUS_DELETED},
    {"SIZE", STATUS_SIZE},
    {"HIGHESTMODSEQ", STATUS_HIGHESTMODSEQ},
    {NULL, 0},
};

enum err lex_status_items(struct lexer *l, uint32_t *items_out)
{
    struct str label;
    uint32_t bit;

    *items_out = 0;
    TRY(lex_char(l, '(', "Expected a list of status items"));
    do {
        TRY(lex_label(l, "Expected a status item", &label));
        bit = word_bit(status_items, label);
        if (bit == 0)
            return lex_fail(l, "Unknown status item");
        *items_out |= bit;
    } while (lex_try(l, ' '));
    return lex_char(l, ')', "Expected a status item or the end of the list");
}

enum err parse_status(struct lexer *l, struct imap_command *c)
{
    TRY(lex_sp(l));
    TRY(lex_mailbox(l, &c->status.mailbox));
    TRY(lex_sp(l));
    return lex_status_items(l, &c->status.items);
}
