/*
 * imap/parse.c - a command's tag and name, and the table of who parses the rest.
 *
 * The text is copied into the command's arena once; every string of the command is a view into that
 * copy.
 */
#include "imap/lexer.h"

#include "base/mem.h"

enum {
    MAX_NAME = 16, /* no command's name is longer */
    UID_TOO = 1,   /* "UID x" exists besides "x" */
};

struct parser {
    const char *name;
    enum imap_name id;
    unsigned flags;
    parse_fn *parse;
};

static const struct parser parsers[] = {
    {"FETCH", IMAP_FETCH, UID_TOO, parse_fetch},
    {"NOOP", IMAP_NOOP, 0, parse_none},
    {"IDLE", IMAP_IDLE, 0, parse_none},
    {"STORE", IMAP_STORE, UID_TOO, parse_store},
    {"SEARCH", IMAP_SEARCH, UID_TOO, parse_search},
    {"COPY", IMAP_COPY, UID_TOO, parse_copy},
    {"MOVE", IMAP_MOVE, UID_TOO, parse_copy},
    {"EXPUNGE", IMAP_EXPUNGE, UID_TOO, parse_expunge},
    {"SELECT", IMAP_SELECT, 0, parse_select},
    {"EXAMINE", IMAP_EXAMINE, 0, parse_select},
    {"STATUS", IMAP_STATUS, 0, parse_status},
    {"LIST", IMAP_LIST, 0, parse_list},
    {"LSUB", IMAP_LSUB, 0, parse_lsub},
    {"APPEND", IMAP_APPEND, 0, parse_append},
    {"CAPABILITY", IMAP_CAPABILITY, 0, parse_none},
    {"LOGIN", IMAP_LOGIN, 0, parse_login},
    {"AUTHENTICATE", IMAP_AUTHENTICATE, 0, parse_authenticate},
    {"LOGOUT", IMAP_LOGOUT, 0, parse_none},
    {"ID", IMAP_ID, 0, parse_id},
    {"ENABLE", IMAP_ENABLE, 0, parse_enable},
    {"NAMESPACE", IMAP_NAMESPACE, 0, parse_none},
    {"STARTTLS", IMAP_STARTTLS, 0, parse_none},
    {"CREATE", IMAP_CREATE, 0, parse_create},
    {"DELETE", IMAP_DELETE, 0, parse_mailbox_only},
    {"RENAME", IMAP_RENAME, 0, parse_rename},
    {"SUBSCRIBE", IMAP_SUBSCRIBE, 0, parse_mailbox_only},
    {"UNSUBSCRIBE", IMAP_UNSUBSCRIBE, 0, parse_mailbox_only},
    {"CHECK", IMAP_CHECK, 0, parse_none},
    {"CLOSE", IMAP_CLOSE, 0, parse_none},
    {"UNSELECT", IMAP_UNSELECT, 0, parse_none},
};

enum err parse_none(struct lexer *l, struct imap_command *c)
{
    return ERR_OK;
}

static const struct parser *parser_find(struct str name)
{
    for (size_t i = 0; i < ARRAY_LEN(parsers); i++) {
        if (word_is(name, parsers[i].name))
            return &parsers[i];
    }
    return NULL;
}

static struct str lex_command_word(struct lexer *l)
{
    struct str word = lex_run(l, CHAR_LABEL);

    return word.n <= MAX_NAME ? word : STR("");
}

/* The command's name, "UID" included where it stands before it.  NULL: unknown. */
static const struct parser *lex_command_name(struct lexer *l, struct str *name_out, bool *uid_out)
{
    const struct parser *p;

    *name_out = lex_command_word(l);
    *uid_out = str_eq_nocase(*name_out, STR("UID")) && lex_try(l, ' ');
    if (*uid_out)
        *name_out = lex_command_word(l);
    p = parser_find(*name_out);
    if (p != NULL && *uid_out && !(p->flags & UID_TOO))
        return NULL;
    return p;
}

/* Letters only: it goes into messages. */
static struct str name_text(struct arena *a, struct str name)
{
    char *p = arena_alloc(a, name.n + 1);
    size_t n = 0;

    for (size_t i = 0; i < name.n; i++) {
        if (ascii_alpha(name.p[i]))
            p[n++] = ascii_upper(name.p[i]);
    }
    return str_n(p, n);
}

static struct lexer lexer_of(struct arena *a, struct imap_text text,
                             const struct imap_parse_options *o, struct imap_parse_error *error)
{
    return (struct lexer){
        .a = a,
        .o = o,
        .error = error,
        .text = text.bytes,
        .external = text.external,
        .n_external = text.n_external,
    };
}

/* "tag SP name" */
static enum err lex_command(struct lexer *l, struct imap_command *out,
                            const struct parser **parser_out)
{
    struct str tag = lex_run(l, CHAR_TAG), name;

    if (tag.n == 0 || !(lex_at(l, ' ') || lex_at(l, '\r') || lex_at(l, '\n')))
        return lex_fail(l, "Expected a tag");
    out->tag = tag;
    TRY(lex_char(l, ' ', "Expected a command behind the tag"));
    *parser_out = lex_command_name(l, &name, &out->uid);
    out->name_text = name_text(l->a, name);
    if (*parser_out == NULL)
        return lex_fail(l, "Unknown command");
    out->name = (*parser_out)->id;
    return ERR_OK;
}

enum err imap_parse(struct arena *a, struct imap_text text, const struct imap_parse_options *o,
                    struct imap_command *out, struct imap_parse_error *error_out)
{
    struct lexer l = lexer_of(a, text, o, error_out);
    const struct parser *parser;

    l.text = arena_str(a, text.bytes);
    *out = (struct imap_command){0};
    *error_out = (struct imap_parse_error){0};
    TRY(lex_command(&l, out, &parser));
    TRY(parser->parse(&l, out));
    return lex_end(&l);
}

bool imap_parse_append_start(struct arena *a, struct imap_text text,
                             const struct imap_parse_options *o, struct imap_command *out)
{
    struct imap_parse_error error;
    struct lexer l = lexer_of(a, text, o, &error);
    const struct parser *parser;

    l.text = arena_str(a, text.bytes);
    *out = (struct imap_command){0};
    return lex_command(&l, out, &parser) == ERR_OK && out->name == IMAP_APPEND &&
           parse_append_head(&l, out) == ERR_OK && l.at == l.text.n;
}

enum imap_name imap_peek_name(struct imap_text text, bool *uid_out)
{
    struct imap_parse_options o = {0};
    struct imap_parse_error error;
    struct lexer l = lexer_of(NULL, text, &o, &error);
    const struct parser *parser;
    struct str name;

    *uid_out = false;
    if (lex_run(&l, CHAR_TAG).n == 0 || !lex_try(&l, ' '))
        return IMAP_UNKNOWN;
    parser = lex_command_name(&l, &name, uid_out);
    return parser != NULL ? parser->id : IMAP_UNKNOWN;
}
