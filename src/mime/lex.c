/*
 * mime/lex.c - the small words that structured fields are made of.
 */
#include "mime/lex_priv.h"

bool lex_token_char(char c)
{
    return c > ' ' && c < 0x7f && !strchr("()<>@,;:\\\"/[]?=", c);
}

void lex_blanks(struct lex *l)
{
    while (!lex_end(l) && lex_blank(l->s.p[l->at]))
        l->at++;
}

struct str lex_comment(struct lex *l)
{
    size_t start = ++l->at;
    size_t depth = 1;

    for (; !lex_end(l); l->at++) {
        char c = l->s.p[l->at];

        if (c == '(')
            depth++;
        else if (c == ')' && --depth == 0)
            return str_sub(l->s, start, l->at++ - start);
        else if (c == '\\' && l->at + 1 < l->s.n)
            l->at++;
    }
    return str_from(l->s, start);
}

void lex_cfws(struct lex *l)
{
    lex_blanks(l);
    while (lex_peek(l) == '(') {
        lex_comment(l);
        lex_blanks(l);
    }
}

struct str lex_token(struct lex *l)
{
    size_t start = l->at;

    while (!lex_end(l) && lex_token_char(l->s.p[l->at]))
        l->at++;
    return str_sub(l->s, start, l->at - start);
}

void lex_until(struct lex *l, char c)
{
    l->at += str_find(str_from(l->s, l->at), c);
}

bool lex_quoted(struct lex *l, char close, struct str *inside_out)
{
    for (size_t i = l->at + 1; i < l->s.n; i++) {
        if (l->s.p[i] == close) {
            *inside_out = str_sub(l->s, l->at + 1, i - l->at - 1);
            l->at = i + 1;
            return true;
        }
        if (l->s.p[i] == '\\')
            i++;
    }
    return false;
}

void lex_unescape(struct buf *out, struct str inside)
{
    for (size_t i = 0; i < inside.n; i++) {
        if (inside.p[i] == '\\' && i + 1 < inside.n)
            i++;
        buf_add_char(out, inside.p[i]);
    }
}

static struct str mapped(struct arena *a, struct str s, char (*map)(char))
{
    char *p = arena_alloc(a, s.n + 1);

    for (size_t i = 0; i < s.n; i++)
        p[i] = map(s.p[i]);
    return str_n(p, s.n);
}

struct str lex_upper(struct arena *a, struct str s)
{
    return mapped(a, s, ascii_upper);
}

struct str lex_lower(struct arena *a, struct str s)
{
    return mapped(a, s, ascii_lower);
}

struct str lex_take(struct arena *a, struct buf *b)
{
    struct str s = arena_str(a, buf_str(b));

    buf_clear(b);
    return s;
}
