/*
 * tests/lib/imap_grammar_response.c - whole responses: FETCH, status and mailbox data (RFC 9051, 7
 * and 9).
 */
#include "lib/imap_grammar_priv.h"

enum { MAX_ATTRIBUTES = 64 };

/* ---- FETCH ---- */

static bool section_part(struct g *g)
{
    do {
        if (!g_nz_number(g))
            return false;
        if (g_peek(g) == '.' && g->at + 1 < g->s.n && !ascii_digit(g->s.p[g->at + 1]))
            return true;
    } while (g_opt(g, '.'));
    return true;
}

static bool section_msgtext(struct g *g, bool part)
{
    struct str label = g_take_while(g, g_is_label_char);

    if (str_eq_nocase(label, STR("HEADER.FIELDS")) ||
        str_eq_nocase(label, STR("HEADER.FIELDS.NOT")))
        return g_sp(g) && g_list_of(g, g_astring);
    if (str_eq_nocase(label, STR("HEADER")) || str_eq_nocase(label, STR("TEXT")) ||
        (part && str_eq_nocase(label, STR("MIME"))))
        return true;
    return g_wrong(g, "section expected");
}

static bool section(struct g *g, bool binary)
{
    bool part;

    if (!g_one(g, '[', "[ expected"))
        return false;
    if (g_opt(g, ']'))
        return true;
    part = ascii_digit((char)g_peek(g));
    if (part && !section_part(g))
        return false;
    if (!binary && (!part || g_opt(g, '.')) && !section_msgtext(g, part))
        return false;
    return g_one(g, ']', "] expected");
}

static bool origin(struct g *g)
{
    return !g_opt(g, '<') || (g_number64(g) && g_one(g, '>', "> expected"));
}

/* What a message itself holds.  The one departure from the grammar: a message that was given with a
 * NUL (by literal8, or by delivery) is told with it, since what is told must be what was given. */
static bool message_bytes(struct g *g)
{
    return g_peek(g) == '{' ? g_literal(g, true) : g_nstring(g);
}

static bool att_body(struct g *g)
{
    if (g_peek(g) == '[')
        return section(g, false) && origin(g) && g_sp(g) && message_bytes(g);
    return g_sp(g) && g_structure(g, false, false);
}

static bool att_flags(struct g *g)
{
    return g_sp(g) && g_list_of_or_empty(g, g_flag);
}

static bool att_envelope(struct g *g)
{
    return g_sp(g) && g_structure(g, true, false);
}

static bool att_internaldate(struct g *g)
{
    return g_sp(g) && g_date_time(g);
}

static bool att_message_bytes(struct g *g)
{
    return g_sp(g) && message_bytes(g);
}

static bool att_size(struct g *g)
{
    return g_sp(g) && g_number64(g);
}

static bool att_bodystructure(struct g *g)
{
    return g_sp(g) && g_structure(g, false, true);
}

static bool att_binary(struct g *g)
{
    return section(g, true) && origin(g) && g_sp(g) && g_nstring_or_literal8(g);
}

static bool att_binary_size(struct g *g)
{
    return section(g, true) && g_sp(g) && g_number(g);
}

static bool att_uid(struct g *g)
{
    return g_sp(g) && g_nz_number(g);
}

static bool att_modseq(struct g *g)
{
    return g_sp(g) && g_open_paren(g) && g_modseq(g) && g_close_paren(g);
}

static const struct word_rule {
    const char *word;
    rule_fn *rule;
} attributes[] = {
    {"FLAGS", att_flags},
    {"ENVELOPE", att_envelope},
    {"INTERNALDATE", att_internaldate},
    {"RFC822", att_message_bytes},
    {"RFC822.HEADER", att_message_bytes},
    {"RFC822.TEXT", att_message_bytes},
    {"RFC822.SIZE", att_size},
    {"BODY", att_body},
    {"BODYSTRUCTURE", att_bodystructure},
    {"BINARY", att_binary},
    {"BINARY.SIZE", att_binary_size},
    {"UID", att_uid},
    {"MODSEQ", att_modseq},
    {NULL, NULL},
};

static rule_fn *rule_find(const struct word_rule *table, struct str word)
{
    for (; table->word != NULL; table++) {
        if (str_eq_nocase(word, str_of(table->word)))
            return table->rule;
    }
    return NULL;
}

/* The name of an attribute with its section and origin, for telling whether it came before. */
static struct str attribute_name(const struct g *g, size_t from)
{
    struct str s = str_from(g->s, from);
    size_t n = str_find(s, ' ');
    size_t bracket = str_find(s, '[');

    if (bracket < n) {
        n = bracket + str_find(str_from(s, bracket), ']');
        n += str_find(str_from(s, n), ' ');
    }
    return str_sub(s, 0, n);
}

static bool once(struct g *g, struct str *names, size_t n, struct str name)
{
    for (size_t i = 0; i < n; i++) {
        if (str_eq_nocase(names[i], name))
            return g_wrong(g, "attribute comes twice");
    }
    names[n] = name;
    return true;
}

static bool msg_att(struct g *g)
{
    struct str names[MAX_ATTRIBUTES];
    size_t n = 0;

    if (!g_open_paren(g))
        return false;
    do {
        size_t from = g->at;
        rule_fn *rule = rule_find(attributes, g_take_while(g, g_is_label_char));

        if (rule == NULL || n == MAX_ATTRIBUTES)
            return g_wrong(g, "FETCH attribute expected");
        if (!rule(g) || !once(g, names, n++, attribute_name(g, from)))
            return false;
    } while (g_opt(g, ' '));
    return g_close_paren(g);
}

/* ---- response text ---- */

static bool text(struct g *g)
{
    size_t from = g->at;

    while (g_peek(g) >= 0 && g_peek(g) != '\r' && g_peek(g) != '\n') {
        if (g_peek(g) == 0 || (g_peek(g) >= 0x80 && !g->utf8))
            return g_wrong(g, "NUL or 8-bit in text");
        g->at++;
    }
    return g->at > from || g_wrong(g, "text expected");
}

static bool capability(struct g *g)
{
    return g_atom(g);
}

static bool code_capability(struct g *g)
{
    return g_sp(g) && g_spaced(g, capability);
}

static bool code_badcharset(struct g *g)
{
    return !g_opt(g, ' ') || g_list_of(g, g_astring);
}

static bool code_permanentflags(struct g *g)
{
    return g_sp(g) && g_list_of_or_empty(g, g_flag_perm);
}

static bool code_nz_number(struct g *g)
{
    return g_sp(g) && g_nz_number(g);
}

static bool code_modseq(struct g *g)
{
    return g_sp(g) && g_modseq(g);
}

static bool code_set(struct g *g)
{
    return g_sp(g) && g_number_set(g);
}

static bool code_appenduid(struct g *g)
{
    return g_sp(g) && g_nz_number(g) && g_sp(g) && g_number_set(g);
}

static bool code_copyuid(struct g *g)
{
    return code_appenduid(g) && g_sp(g) && g_number_set(g);
}

static bool code_bare(struct g *g)
{
    return true;
}

static const struct word_rule codes[] = {
    {"CAPABILITY", code_capability},
    {"BADCHARSET", code_badcharset},
    {"PERMANENTFLAGS", code_permanentflags},
    {"UIDNEXT", code_nz_number},
    {"UIDVALIDITY", code_nz_number},
    {"UNSEEN", code_nz_number},
    {"HIGHESTMODSEQ", code_modseq},
    {"MODIFIED", code_set},
    {"APPENDUID", code_appenduid},
    {"COPYUID", code_copyuid},
    {"ALERT", code_bare},
    {"PARSE", code_bare},
    {"READ-ONLY", code_bare},
    {"READ-WRITE", code_bare},
    {"TRYCREATE", code_bare},
    {"NOMODSEQ", code_bare},
    {"CLOSED", code_bare},
    {NULL, NULL},
};

/* atom [SP 1*<any TEXT-CHAR except "]">] */
static bool other_code(struct g *g)
{
    if (!g_opt(g, ' '))
        return true;
    while (g_peek(g) > 0 && g_peek(g) < 0x80 && g_peek(g) != ']' && g_peek(g) != '\r' &&
           g_peek(g) != '\n')
        g->at++;
    return true;
}

/* resp-text, with text behind every code */
static bool resp_text(struct g *g)
{
    if (g_opt(g, '[')) {
        struct str name = g_take_while(g, g_is_atom_char);
        rule_fn *rule = rule_find(codes, name);

        if (name.n == 0)
            return g_wrong(g, "response code expected");
        if (!(rule != NULL ? rule(g) : other_code(g)) || !g_one(g, ']', "] expected") || !g_sp(g))
            return false;
    }
    return text(g);
}

static bool status_response(struct g *g)
{
    return g_sp(g) && resp_text(g);
}

/* ---- mailbox data ---- */

static bool delimiter(struct g *g)
{
    return g_opt_word(g, "NIL") || (g_one(g, '"', "delimiter expected") && g_quoted_char(g) &&
                                    g_one(g, '"', "\" expected"));
}

static bool list_flag(struct g *g)
{
    return g_one(g, '\\', "mailbox attribute expected") && g_atom(g);
}

/* tagged-ext-comp, loosely: any balanced list of astrings */
static bool ext_value(struct g *g)
{
    if (g_peek(g) != '(')
        return g_astring(g);
    return g_list_of_or_empty(g, ext_value);
}

static bool list_extended_item(struct g *g)
{
    return g_astring(g) && g_sp(g) && ext_value(g);
}

static bool data_list(struct g *g)
{
    if (!g_sp(g) || !g_list_of_or_empty(g, list_flag) || !g_sp(g) || !delimiter(g) || !g_sp(g) ||
        !g_astring(g))
        return false;
    return !g_opt(g, ' ') || g_list_of_or_empty(g, list_extended_item);
}

static bool status_att(struct g *g)
{
    struct str name = g_take_while(g, g_is_label_char);
    bool nz = str_eq_nocase(name, STR("UIDNEXT")) || str_eq_nocase(name, STR("UIDVALIDITY"));

    if (str_eq_nocase(name, STR("MAILBOXID")))
        return g_sp(g) && g_list_of(g, g_astring);
    if (name.n == 0)
        return g_wrong(g, "status attribute expected");
    return g_sp(g) && (nz ? g_nz_number(g) : g_number64(g));
}

static bool data_status(struct g *g)
{
    return g_sp(g) && g_astring(g) && g_sp(g) && g_list_of(g, status_att);
}

static bool data_search(struct g *g)
{
    while (g_opt(g, ' ')) {
        if (g_peek(g) == '(')
            return g_open_paren(g) && (g_opt_word(g, "MODSEQ") || g_wrong(g, "MODSEQ expected")) &&
                   g_sp(g) && g_modseq(g) && g_close_paren(g);
        if (!g_nz_number(g))
            return false;
    }
    return true;
}

static bool return_data(struct g *g)
{
    if (g_opt_word(g, "MIN") || g_opt_word(g, "MAX"))
        return g_sp(g) && g_nz_number(g);
    if (g_opt_word(g, "COUNT"))
        return g_sp(g) && g_number(g);
    if (g_opt_word(g, "ALL"))
        return g_sp(g) && g_number_set(g);
    if (g_opt_word(g, "MODSEQ"))
        return g_sp(g) && g_modseq(g);
    return g_atom(g) && g_sp(g) && ext_value(g);
}

/* [SP "(" "TAG" SP tag-string ")"] [SP "UID"] *(SP search-return-data); the tag quoted */
static bool data_esearch(struct g *g)
{
    if (!g_opt(g, ' '))
        return true;
    if (g_peek(g) == '(') {
        if (!g_open_paren(g) || !(g_opt_word(g, "TAG") || g_wrong(g, "TAG expected")) || !g_sp(g) ||
            !g_quoted(g) || !g_close_paren(g))
            return false;
        if (!g_opt(g, ' '))
            return true;
    }
    if (g_opt_word(g, "UID") && !g_opt(g, ' '))
        return true;
    return g_spaced(g, return_data);
}

static bool namespace_descr(struct g *g)
{
    return g_open_paren(g) && g_string(g) && g_sp(g) && delimiter(g) && g_close_paren(g);
}

static bool namespace(struct g *g)
{
    if (g_opt_word(g, "NIL"))
        return true;
    if (!g_open_paren(g))
        return false;
    do {
        if (!namespace_descr(g))
            return false;
    } while (g_peek(g) == '(');
    return g_close_paren(g);
}

static bool data_namespace(struct g *g)
{
    return g_sp(g) && namespace(g) && g_sp(g) && namespace(g) && g_sp(g) && namespace(g);
}

static bool data_enabled(struct g *g)
{
    return !g_opt(g, ' ') || g_spaced(g, capability);
}

static bool id_pair(struct g *g)
{
    return g_string(g) && g_sp(g) && g_nstring(g);
}

static bool data_id(struct g *g)
{
    return g_sp(g) && (g_opt_word(g, "NIL") || g_list_of_or_empty(g, id_pair));
}

static bool data_vanished(struct g *g)
{
    if (!g_sp(g))
        return false;
    if (g_peek(g) == '(')
        return g_open_paren(g) && (g_opt_word(g, "EARLIER") || g_wrong(g, "EARLIER expected")) &&
               g_close_paren(g) && g_sp(g) && g_number_set(g);
    return g_number_set(g);
}

static const struct word_rule untagged[] = {
    {"OK", status_response},
    {"NO", status_response},
    {"BAD", status_response},
    {"BYE", status_response},
    {"PREAUTH", status_response},
    {"CAPABILITY", code_capability},
    {"FLAGS", att_flags},
    {"LIST", data_list},
    {"LSUB", data_list},
    {"STATUS", data_status},
    {"SEARCH", data_search},
    {"ESEARCH", data_esearch},
    {"NAMESPACE", data_namespace},
    {"ENABLED", data_enabled},
    {"ID", data_id},
    {"VANISHED", data_vanished},
    {NULL, NULL},
};

static bool message_data(struct g *g)
{
    size_t from = g->at;
    bool zero = g_number(g) && g->at == from + 1 && g->s.p[from] == '0';

    if (g->what != NULL || !g_sp(g))
        return false;
    if (g_opt_word(g, "EXISTS") || g_opt_word(g, "RECENT"))
        return true;
    if (zero)
        return g_wrong(g, "message number 0");
    if (g_opt_word(g, "EXPUNGE"))
        return true;
    return (g_opt_word(g, "FETCH") || g_wrong(g, "message data expected")) && g_sp(g) && msg_att(g);
}

static bool untagged_data(struct g *g)
{
    rule_fn *rule;

    if (ascii_digit((char)g_peek(g)))
        return message_data(g);
    rule = rule_find(untagged, g_take_while(g, g_is_label_char));
    return rule != NULL ? rule(g) : g_wrong(g, "untagged response expected");
}

static bool tagged(struct g *g)
{
    if (g_take_while(g, g_is_astring_char).n == 0 || str_has_char(str_sub(g->s, 0, g->at), '+'))
        return g_wrong(g, "tag expected");
    return g_sp(g) &&
           (g_opt_word(g, "OK") || g_opt_word(g, "NO") || g_opt_word(g, "BAD") ||
            g_wrong(g, "OK, NO or BAD expected")) &&
           status_response(g);
}

/* "+" SP (resp-text / base64); the base64 may be empty */
static bool continuation(struct g *g)
{
    return g_sp(g) && (g_peek(g) == '\r' || resp_text(g));
}

static bool response(struct g *g)
{
    if (g_opt(g, '*'))
        return g_sp(g) && untagged_data(g) && g_crlf(g);
    if (g_opt(g, '+'))
        return continuation(g) && g_crlf(g);
    return tagged(g) && g_crlf(g);
}

/* ---- what others call ---- */

size_t grammar_response(struct str s, bool utf8, bool *more_out, struct grammar_error *error_out)
{
    struct g g = {.s = s, .utf8 = utf8};
    bool good = response(&g);

    *more_out = !good && (g.more || !str_has_char(str_from(s, g.at), '\n'));
    *error_out = (struct grammar_error){good ? NULL : g.what, g.at};
    return good ? g.at : 0;
}

bool grammar_responses(struct str s, bool utf8, struct grammar_error *error_out)
{
    size_t at = 0;
    bool more;

    *error_out = (struct grammar_error){0};
    while (at < s.n) {
        size_t n = grammar_response(str_from(s, at), utf8, &more, error_out);

        error_out->at += n == 0 ? at : 0;
        if (n == 0)
            return false;
        at += n;
    }
    return true;
}
