/*
 * mime/params.c - parameters of Content-Type and Content-Disposition (RFC 2045 5.1, RFC 2231).
 *
 * First the pieces as they are written, at most MIME_MAX_PARAMS of them; then the parameters they
 * make up.
 */
#include "mime/content_priv.h"

#include "mime/decode.h"
#include "mime/header.h"
#include "mime/lex_priv.h"
#include "mime/words_priv.h"

enum { WHOLE = -1, NO_SECTION = -2 };

/* "name*section*=value" */
struct piece {
    struct str name; /* lower case */
    int section;     /* or WHOLE */
    bool extended;   /* %XX, and a charset in the first */
    struct str value;
    bool used;
};

struct reader {
    struct arena *arena;
    struct piece pieces[MIME_MAX_PARAMS];
    size_t n;
    struct mime_param *first, **tail;
    struct buf text;
};

/* RFC 2231 7: section; absent: WHOLE. */
static int section_of(struct str s)
{
    uint32_t v;

    if (s.n == 0)
        return WHOLE;
    if (s.p[0] != '*' || !str_to_u32(str_from(s, 1), &v) || v > INT32_MAX)
        return NO_SECTION;
    return (int)v;
}

static bool is_token(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (!lex_token_char(s.p[i]))
            return false;
    }
    return s.n > 0;
}

static void add_piece(struct reader *r, struct str name, struct str value)
{
    struct piece p = {.name = lex_lower(r->arena, name), .value = value};
    size_t star;

    if (!is_token(name))
        return;
    p.extended = str_ends(p.name, STR("*"));
    p.name.n -= p.extended;
    star = str_find(p.name, '*');
    p.section = section_of(str_from(p.name, star));
    p.name.n = star;
    if (p.name.n > 0 && p.section != NO_SECTION)
        r->pieces[r->n++] = p;
}

/* Does the next parameter begin here, though there was no ";" before it? */
static bool name_follows(struct lex l)
{
    bool name = lex_token(&l).n > 0;

    lex_blanks(&l);
    return name && lex_peek(&l) == '=';
}

/* An unquoted value is a token; but blanks in file names are common, so it goes on to the ";"
 * unless what stands behind the blanks is a comment or another parameter. */
static struct str bare_value(struct lex *l)
{
    size_t start = l->at;
    size_t end;

    for (;;) {
        while (!lex_end(l) && !lex_blank(lex_peek(l)) && lex_peek(l) != ';')
            l->at++;
        end = l->at;
        lex_blanks(l);
        if (lex_end(l) || lex_peek(l) == ';' || lex_peek(l) == '(' || name_follows(*l))
            return str_sub(l->s, start, end - start);
    }
}

static struct str read_value(struct reader *r, struct lex *l)
{
    struct str inside;

    lex_cfws(l);
    if (lex_peek(l) != '"')
        return bare_value(l);
    if (lex_quoted(l, '"', &inside)) {
        lex_unescape(&r->text, inside);
        return lex_take(r->arena, &r->text);
    }
    l->at++;
    inside = str_from(l->s, l->at);
    lex_until(l, ';');
    return str_trim(str_sub(inside, 0, l->at - (size_t)(inside.p - l->s.p)));
}

static void read_pieces(struct reader *r, struct lex *l)
{
    while (!lex_end(l) && r->n < MIME_MAX_PARAMS) {
        size_t start;
        struct str name;

        lex_cfws(l);
        start = l->at;
        while (!lex_end(l) && lex_peek(l) != ';' && lex_peek(l) != '=')
            l->at++;
        name = str_trim(str_sub(l->s, start, l->at - start));
        if (lex_peek(l) == '=') {
            l->at++;
            add_piece(r, name, read_value(r, l));
            lex_cfws(l);
        }
        if (lex_peek(l) == ';')
            l->at++;
    }
}

static int hex(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *p = c ? strchr(digits, ascii_lower(c)) : NULL;

    return p ? (int)(p - digits) : -1;
}

static void add_percent(struct buf *out, struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        bool coded = s.p[i] == '%' && i + 2 < s.n && hex(s.p[i + 1]) >= 0 && hex(s.p[i + 2]) >= 0;

        buf_add_char(out, coded ? (char)(hex(s.p[i + 1]) << 4 | hex(s.p[i + 2])) : s.p[i]);
        i += coded ? 2 : 0;
    }
}

/* "charset'language'": cut off *s; absent where it is not written (RFC 2231 4). */
static struct str take_charset(struct str *s)
{
    size_t first = str_find(*s, '\'');
    size_t second = first + 1 + str_find(str_from(*s, first + 1), '\'');
    struct str charset = str_sub(*s, 0, first);

    if (second >= s->n)
        return STR_NONE;
    *s = str_from(*s, second + 1);
    return charset;
}

/* The pieces of one value: those of one name whose sections follow one another (RFC 2231 3: no
 * gaps; what stands behind a gap is dropped).  Some writers begin with 1. */
struct chain {
    struct piece *pieces[MIME_MAX_PARAMS];
    size_t n;
    bool extended;
};

static struct piece *find_section(struct reader *r, struct str name, int section)
{
    for (size_t i = 0; i < r->n; i++) {
        struct piece *p = &r->pieces[i];

        if (p->section == section && !p->used && str_eq(p->name, name))
            return p;
    }
    return NULL;
}

static void collect(struct reader *r, struct piece *first, struct chain *c)
{
    struct str name = first->name;
    int section = find_section(r, name, 0) ? 0 : 1;
    struct piece *p = first->section == WHOLE ? first : find_section(r, name, section);

    for (; p; p = first->section == WHOLE ? NULL : find_section(r, name, ++section)) {
        c->pieces[c->n++] = p;
        c->extended |= p->extended;
        p->used = true;
    }
}

/* RFC 2231: the bytes of all pieces, then out of their charset.  false: nobody knows it. */
static bool decode_extended(struct chain *c, struct buf *out)
{
    struct buf bytes = BUF_INIT;
    struct str charset = STR_NONE;
    bool known;

    for (size_t i = 0; i < c->n; i++) {
        struct str value = c->pieces[i]->value;

        if (i == 0 && c->pieces[i]->extended)
            charset = take_charset(&value);
        if (c->pieces[i]->extended)
            add_percent(&bytes, value);
        else
            buf_add_str(&bytes, value);
    }
    known = charset.n == 0 || mime_charset_known(charset);
    if (known)
        mime_to_utf8(charset, buf_str(&bytes), out);
    buf_fini(&bytes);
    return known;
}

static void join(struct chain *c, struct buf *out)
{
    for (size_t i = 0; i < c->n; i++)
        buf_add_str(out, c->pieces[i]->value);
}

static bool seen(struct reader *r, struct str name, bool extended)
{
    for (struct mime_param *p = r->first; p; p = p->next) {
        if (p->extended == extended && str_eq(p->name, name))
            return true;
    }
    return false;
}

/* NUL, CR and LF can only come from a %XX or an encoded word. */
static struct str cleaned(struct arena *a, struct buf *text)
{
    return mime_unfold(a, buf_str(text));
}

static void add_param(struct reader *r, struct piece *first, struct str *boundary_out)
{
    struct chain c = {0};
    struct buf raw = BUF_INIT;
    struct mime_param *param;

    collect(r, first, &c);
    if (c.n > 0 && !seen(r, first->name, c.extended)) {
        bool boundary = str_eq(first->name, STR("boundary"));

        param = ARENA_NEW(r->arena, struct mime_param);
        join(&c, &raw);
        if (boundary && boundary_out && !boundary_out->p)
            *boundary_out = arena_str(r->arena, buf_str(&raw));
        buf_clear(&r->text);
        if (boundary || (c.extended && !decode_extended(&c, &r->text)))
            mime_to_utf8(STR(""), buf_str(&raw), &r->text);
        else if (!c.extended)
            mime_decode_words(&r->text, buf_str(&raw));
        *param = (struct mime_param){
            .name = first->name, .value = cleaned(r->arena, &r->text), .extended = c.extended};
        *r->tail = param;
        r->tail = &param->next;
    }
    buf_fini(&raw);
}

struct mime_param *mime_params_parse(struct arena *a, struct str tail, struct str *boundary_out)
{
    struct reader r = {.arena = a};
    struct lex l = lex_of(tail);

    if (boundary_out)
        *boundary_out = STR_NONE;
    r.tail = &r.first;
    read_pieces(&r, &l);
    for (size_t i = 0; i < r.n; i++) {
        if (!r.pieces[i].used)
            add_param(&r, &r.pieces[i], boundary_out);
    }
    buf_fini(&r.text);
    return r.first;
}
