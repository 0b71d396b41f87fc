/*
 * tests/lib/imap_grammar.c - a strict reader of what servers send, one function per rule of RFC
 * 9051, section 9: tokens, ENVELOPE and BODY.
 *
 * A function takes what it is named after and returns true, or notes what it missed and returns
 * false.
 */
#include "lib/imap_grammar_priv.h"

#include "base/utf8.h"

enum { MAX_DEPTH = 1000 };

bool g_wrong(struct g *g, const char *what)
{
    if (g->what == NULL)
        g->what = what;
    if (g->at >= g->s.n)
        g->more = true;
    return false;
}

int g_peek(const struct g *g)
{
    return g->at < g->s.n ? (unsigned char)g->s.p[g->at] : -1;
}

bool g_opt(struct g *g, char c)
{
    bool found = g_peek(g) == (unsigned char)c;

    g->at += found;
    return found;
}

bool g_one(struct g *g, char c, const char *what)
{
    return g_opt(g, c) || g_wrong(g, what);
}

bool g_sp(struct g *g)
{
    return g_one(g, ' ', "SP expected");
}

bool g_open_paren(struct g *g)
{
    return g_one(g, '(', "( expected");
}

bool g_close_paren(struct g *g)
{
    return g_one(g, ')', ") expected");
}

bool g_crlf(struct g *g)
{
    return g_one(g, '\r', "CR expected") && g_one(g, '\n', "LF expected");
}

bool g_is_atom_char(int c)
{
    return c > 0x20 && c < 0x7f && strchr("(){%*\"\\]", c) == NULL;
}

bool g_is_astring_char(int c)
{
    return g_is_atom_char(c) || c == ']';
}

struct str g_take_while(struct g *g, bool (*in)(int))
{
    size_t from = g->at;

    while (g->at < g->s.n && in((unsigned char)g->s.p[g->at]))
        g->at++;
    return str_sub(g->s, from, g->at - from);
}

static bool is_letter_or_digit(int c)
{
    return ascii_alpha((char)c) || ascii_digit((char)c);
}

bool g_is_label_char(int c)
{
    return is_letter_or_digit(c) || c == '.' || c == '-' || c == '=' || c == '_';
}

static bool is_digit_char(int c)
{
    return ascii_digit((char)c);
}

bool g_atom(struct g *g)
{
    return g_take_while(g, g_is_atom_char).n > 0 || g_wrong(g, "atom expected");
}

bool g_opt_word(struct g *g, const char *word)
{
    size_t n = strlen(word);

    if (!str_eq_nocase(str_sub(g->s, g->at, n), str_of(word)))
        return false;
    if (g->at + n < g->s.n && is_letter_or_digit((unsigned char)g->s.p[g->at + n]))
        return false;
    g->at += n;
    return true;
}

static bool number_to(struct g *g, uint64_t least, uint64_t most)
{
    struct str digits = g_take_while(g, is_digit_char);
    uint64_t v;

    if (!str_to_u64(digits, &v) || v < least || v > most)
        return g_wrong(g, "number expected, or it is out of range");
    return least == 0 || digits.p[0] != '0' || g_wrong(g, "nz-number starts with 0");
}

bool g_number(struct g *g)
{
    return number_to(g, 0, UINT32_MAX);
}

bool g_nz_number(struct g *g)
{
    return number_to(g, 1, UINT32_MAX);
}

bool g_number64(struct g *g)
{
    return number_to(g, 0, INT64_MAX);
}

bool g_modseq(struct g *g)
{
    return number_to(g, 1, INT64_MAX);
}

bool g_quoted_char(struct g *g)
{
    int c = g_peek(g);
    uint32_t cp;
    int n;

    if (c <= 0 || c == '\r' || c == '\n')
        return g_wrong(g, "NUL, CR, LF or the end in a quoted string");
    if (c == '\\') {
        g->at++;
        return g_opt(g, '"') || g_opt(g, '\\') || g_wrong(g, "wrong escape");
    }
    n = c < 0x80 ? 1 : g->utf8 ? utf8_decode(str_from(g->s, g->at), &cp) : 0;
    if (n == 0)
        return g_wrong(g, "8-bit in a quoted string that is no UTF-8, or not enabled");
    g->at += (size_t)n;
    return true;
}

bool g_quoted(struct g *g)
{
    if (!g_one(g, '"', "quoted string expected"))
        return false;
    while (!g_opt(g, '"')) {
        if (!g_quoted_char(g))
            return false;
    }
    return true;
}

static bool literal_bytes(struct g *g, size_t n, bool binary)
{
    struct str bytes = str_sub(g->s, g->at, n);

    if (bytes.n < n) {
        g->at = g->s.n;
        return g_wrong(g, "literal is shorter than it says");
    }
    if (!binary && str_has_char(bytes, '\0'))
        return g_wrong(g, "NUL in a literal");
    if (g->structure && str_has_8bit(bytes) && !(g->utf8 && utf8_valid(bytes)))
        return g_wrong(g, "8-bit in a literal of a structure");
    g->at += n;
    return true;
}

bool g_literal(struct g *g, bool binary)
{
    size_t from;
    uint64_t n;

    if (!g_one(g, '{', "literal expected"))
        return false;
    from = g->at;
    if (!g_number64(g) || !str_to_u64(str_sub(g->s, from, g->at - from), &n))
        return false;
    return g_one(g, '}', "} expected") && g_crlf(g) && literal_bytes(g, n, binary);
}

bool g_string(struct g *g)
{
    return g_peek(g) == '{' ? g_literal(g, false) : g_quoted(g);
}

bool g_nstring(struct g *g)
{
    return g_opt_word(g, "NIL") || g_string(g);
}

bool g_nstring_or_literal8(struct g *g)
{
    return g_opt(g, '~') ? g_literal(g, true) : g_nstring(g);
}

bool g_astring(struct g *g)
{
    if (g_peek(g) == '"' || g_peek(g) == '{')
        return g_string(g);
    return g_take_while(g, g_is_astring_char).n > 0 || g_wrong(g, "astring expected");
}

/* item *(SP item) up to, not including, a ")" */
bool g_spaced(struct g *g, rule_fn *item)
{
    do {
        if (!item(g))
            return false;
    } while (g_opt(g, ' '));
    return true;
}

/* "(" item *(SP item) ")" */
bool g_list_of(struct g *g, rule_fn *item)
{
    return g_open_paren(g) && g_spaced(g, item) && g_close_paren(g);
}

bool g_list_of_or_empty(struct g *g, rule_fn *item)
{
    return g_open_paren(g) && (g_opt(g, ')') || (g_spaced(g, item) && g_close_paren(g)));
}

/* ---- sets, dates, flags ---- */

static bool uid_or_range(struct g *g)
{
    return g_nz_number(g) && (!g_opt(g, ':') || g_nz_number(g));
}

bool g_number_set(struct g *g)
{
    do {
        if (!uid_or_range(g))
            return false;
    } while (g_opt(g, ','));
    return true;
}

static bool digits(struct g *g, int n, int most, int *out)
{
    *out = 0;
    for (; n > 0; n--, g->at++) {
        if (!ascii_digit((char)g_peek(g)))
            return g_wrong(g, "digit expected");
        *out = *out * 10 + g_peek(g) - '0';
    }
    return *out <= most || g_wrong(g, "number out of range in a date");
}

static bool month(struct g *g)
{
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

    for (const char *p = names; *p != '\0'; p += 3) {
        if (str_eq(str_sub(g->s, g->at, 3), str_n(p, 3))) {
            g->at += 3;
            return true;
        }
    }
    return g_wrong(g, "month expected");
}

bool g_date_time(struct g *g)
{
    int day, v;

    if (!g_one(g, '"', "date-time expected") || !digits(g, g_opt(g, ' ') ? 1 : 2, 31, &day))
        return false;
    if (day == 0)
        return g_wrong(g, "day 0");
    return g_one(g, '-', "- expected") && month(g) && g_one(g, '-', "- expected") &&
           digits(g, 4, 9999, &v) && (v > 0 || g_wrong(g, "year 0")) && g_sp(g) &&
           digits(g, 2, 23, &v) && g_one(g, ':', ": expected") && digits(g, 2, 59, &v) &&
           g_one(g, ':', ": expected") && digits(g, 2, 60, &v) && g_sp(g) &&
           (g_opt(g, '+') || g_one(g, '-', "zone expected")) && digits(g, 2, 23, &v) &&
           digits(g, 2, 59, &v) && g_one(g, '"', "\" expected");
}

bool g_flag(struct g *g)
{
    g_opt(g, '\\');
    return g_atom(g);
}

bool g_flag_perm(struct g *g)
{
    if (str_eq(str_sub(g->s, g->at, 2), STR("\\*"))) {
        g->at += 2;
        return true;
    }
    return g_flag(g);
}

/* ---- ENVELOPE ---- */

/* "(" addr-name SP addr-adl SP addr-mailbox SP addr-host ")" */
static bool address(struct g *g, bool *nil_mailbox, bool *nil_host)
{
    bool good = g_open_paren(g) && g_nstring(g) && g_sp(g) && g_nstring(g) && g_sp(g);

    *nil_mailbox = g_opt_word(g, "NIL");
    good = good && (*nil_mailbox || g_string(g)) && g_sp(g);
    *nil_host = g_opt_word(g, "NIL");
    return good && (*nil_host || g_string(g)) && g_close_paren(g);
}

/* "(" 1*address ")" / nil */
static bool addresses(struct g *g)
{
    bool in_group = false, nil_mailbox, nil_host;

    if (g_opt_word(g, "NIL"))
        return true;
    if (!g_open_paren(g))
        return false;
    do {
        if (!address(g, &nil_mailbox, &nil_host))
            return false;
        if (nil_mailbox && !nil_host)
            return g_wrong(g, "address with a host and no mailbox");
        if (nil_host && in_group != nil_mailbox)
            return g_wrong(g, "group begins in a group, or ends outside of one");
        in_group = nil_host ? !nil_mailbox : in_group;
    } while (g_peek(g) == '(');
    return !in_group ? g_close_paren(g) : g_wrong(g, "group does not end");
}

static bool envelope(struct g *g)
{
    if (!g_open_paren(g) || !g_nstring(g) || !g_sp(g) || !g_nstring(g))
        return false;
    for (int i = 0; i < 6; i++) {
        if (!g_sp(g) || !addresses(g))
            return false;
    }
    return g_sp(g) && g_nstring(g) && g_sp(g) && g_nstring(g) && g_close_paren(g);
}

/* ---- BODY ---- */

static bool body(struct g *g, bool extended);

static bool param(struct g *g)
{
    return g_string(g) && g_sp(g) && g_string(g);
}

static bool body_fld_param(struct g *g)
{
    return g_opt_word(g, "NIL") || g_list_of(g, param);
}

static bool body_fld_dsp(struct g *g)
{
    return g_opt_word(g, "NIL") ||
           (g_open_paren(g) && g_string(g) && g_sp(g) && body_fld_param(g) && g_close_paren(g));
}

static bool body_fld_lang(struct g *g)
{
    return g_peek(g) == '(' ? g_list_of(g, g_string) : g_nstring(g);
}

/* [SP body-fld-dsp [SP body-fld-lang [SP body-fld-loc]]]; all of it, as a server sends it */
static bool body_ext_end(struct g *g)
{
    return g_sp(g) && body_fld_dsp(g) && g_sp(g) && body_fld_lang(g) && g_sp(g) && g_nstring(g);
}

static bool body_fields(struct g *g)
{
    return body_fld_param(g) && g_sp(g) && g_nstring(g) && g_sp(g) && g_nstring(g) && g_sp(g) &&
           g_string(g) && g_sp(g) && g_number(g);
}

static bool body_mpart(struct g *g, bool extended)
{
    do {
        if (!body(g, extended))
            return false;
    } while (g_peek(g) == '(');
    if (!g_sp(g) || !g_string(g))
        return false;
    return !extended || (g_sp(g) && body_fld_param(g) && body_ext_end(g));
}

static bool opt_quoted_word(struct g *g, const char *word)
{
    size_t from = g->at;

    if (g_opt(g, '"') && g_opt_word(g, word) && g_opt(g, '"'))
        return true;
    g->at = from;
    return false;
}

static bool media_is(struct g *g, const char *type, const char *subtype)
{
    size_t from = g->at;

    if (opt_quoted_word(g, type) && g_opt(g, ' ') && opt_quoted_word(g, subtype))
        return true;
    g->at = from;
    return false;
}

static bool body_msg(struct g *g, bool extended)
{
    return g_sp(g) && body_fields(g) && g_sp(g) && envelope(g) && g_sp(g) && body(g, extended) &&
           g_sp(g) && g_number64(g);
}

static bool body_1part(struct g *g, bool extended)
{
    bool good;

    /* GLOBAL has an envelope since RFC 9051; by RFC 3501 it is a part like any other. */
    if (media_is(g, "MESSAGE", "RFC822") || (g->utf8 && media_is(g, "MESSAGE", "GLOBAL"))) {
        good = body_msg(g, extended);
    } else if (opt_quoted_word(g, "TEXT")) {
        good = g_sp(g) && g_string(g) && g_sp(g) && body_fields(g) && g_sp(g) && g_number64(g);
    } else if (opt_quoted_word(g, "MULTIPART")) {
        return g_wrong(g, "a single part of type MULTIPART");
    } else {
        good = g_string(g) && g_sp(g) && g_string(g) && g_sp(g) && body_fields(g);
    }
    return good && (!extended || (g_sp(g) && g_nstring(g) && body_ext_end(g)));
}

static bool body(struct g *g, bool extended)
{
    bool good;

    if (++g->depth > MAX_DEPTH)
        return g_wrong(g, "nested too deeply");
    good = g_open_paren(g) &&
           (g_peek(g) == '(' ? body_mpart(g, extended) : body_1part(g, extended)) &&
           g_close_paren(g);
    g->depth--;
    return good;
}

bool g_structure(struct g *g, bool is_envelope, bool extended)
{
    bool good;

    g->structure = true;
    good = is_envelope ? envelope(g) : body(g, extended);
    g->structure = false;
    return good;
}

/* ---- what others call ---- */

static bool finish(struct g *g, bool good, struct grammar_error *error_out)
{
    if (good && g->at < g->s.n)
        good = g_wrong(g, "something behind the end");
    *error_out = (struct grammar_error){good ? NULL : g->what, g->at};
    return good;
}

bool grammar_envelope(struct str s, bool utf8, struct grammar_error *error_out)
{
    struct g g = {.s = s, .utf8 = utf8};

    return finish(&g, g_structure(&g, true, false), error_out);
}

bool grammar_body(struct str s, bool extended, bool utf8, struct grammar_error *error_out)
{
    struct g g = {.s = s, .utf8 = utf8};

    return finish(&g, g_structure(&g, false, extended), error_out);
}
