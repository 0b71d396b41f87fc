/*
 * mime/content.c - what the Content-* fields say about a part.
 *
 * What is written outside of their grammar is read as the default, so that type, subtype and
 * encoding are always tokens.
 */
#include "mime/content_priv.h"

#include "mime/header.h"
#include "mime/lex_priv.h"

#include "base/mem.h"

static struct mime_param *ascii_charset(struct arena *a)
{
    struct mime_param *p = ARENA_NEW(a, struct mime_param);

    p->name = STR("charset");
    p->value = STR("us-ascii");
    return p;
}

/* RFC 2045 5.2: text/plain; charset=us-ascii */
void mime_content_default(struct arena *a, struct mime_part *p, bool in_digest)
{
    p->type = in_digest ? STR("MESSAGE") : STR("TEXT");
    p->subtype = in_digest ? STR("RFC822") : STR("PLAIN");
    p->params = in_digest ? NULL : ascii_charset(a);
}

/* A type without a subtype says little; what it most likely meant. */
static struct str missing_subtype(struct str *type)
{
    if (str_eq(*type, STR("TEXT")))
        return STR("PLAIN");
    if (str_eq(*type, STR("MULTIPART")))
        return STR("MIXED"); /* RFC 2046 5.1.3: the subtype that others are treated as */
    *type = STR("APPLICATION");
    return STR("OCTET-STREAM");
}

void mime_content_type(struct arena *a, struct mime_part *p, struct str value,
                       struct str *boundary_out)
{
    struct lex l = lex_of(mime_unfold(a, value));
    struct str type;
    struct str subtype = STR("");

    lex_cfws(&l);
    type = lex_upper(a, lex_token(&l));
    lex_cfws(&l);
    if (lex_peek(&l) == '/') {
        l.at++;
        lex_cfws(&l);
        subtype = lex_upper(a, lex_token(&l));
        lex_cfws(&l);
        if (!lex_end(&l) && lex_peek(&l) == '/') /* "text/plain/x" */
            lex_until(&l, ';');
    }
    if (type.n == 0 || (subtype.n == 0 && lex_peek(&l) == '='))
        return;
    p->subtype = subtype.n > 0 ? subtype : missing_subtype(&type);
    p->type = type;
    p->params = mime_params_parse(a, str_from(l.s, l.at), boundary_out);
}

static const struct encoding {
    struct str name;
    enum mime_cte cte;
} encodings[] = {
    {STR_INIT("7BIT"), CTE_7BIT},         {STR_INIT("8BIT"), CTE_8BIT},
    {STR_INIT("BINARY"), CTE_BINARY},     {STR_INIT("QUOTED-PRINTABLE"), CTE_QP},
    {STR_INIT("BASE64"), CTE_BASE64},     {STR_INIT("X-UUENCODE"), CTE_UUENCODE},
    {STR_INIT("UUENCODE"), CTE_UUENCODE}, {STR_INIT("X-UUE"), CTE_UUENCODE},
    {STR_INIT("X-UU"), CTE_UUENCODE},     {STR_INIT("7-BIT"), CTE_7BIT},
    {STR_INIT("8-BIT"), CTE_8BIT},
};

void mime_content_encoding(struct arena *a, struct mime_part *p, struct str value)
{
    struct lex l = lex_of(mime_unfold(a, value));
    struct str token;

    lex_cfws(&l);
    l.at += lex_peek(&l) == '"';
    token = lex_token(&l);
    if (token.n == 0)
        return;
    p->encoding = lex_upper(a, token);
    p->cte = CTE_UNKNOWN;
    for (size_t i = 0; i < ARRAY_LEN(encodings); i++) {
        if (str_eq(encodings[i].name, p->encoding))
            p->cte = encodings[i].cte;
    }
}

void mime_content_disposition(struct arena *a, struct mime_part *p, struct str value)
{
    struct lex l = lex_of(mime_unfold(a, value));
    struct str token;
    size_t start;

    lex_cfws(&l);
    l.at += lex_peek(&l) == '"';
    start = l.at;
    token = lex_token(&l);
    l.at += lex_peek(&l) == '"';
    lex_cfws(&l);
    if (lex_peek(&l) == '=') { /* the type is missing, a parameter stands in its place */
        l.at = start;
        token = STR_NONE;
    }
    p->disposition_params = mime_params_parse(a, str_from(l.s, l.at), NULL);
    if (token.n > 0)
        p->disposition = lex_lower(a, token);
    else if (p->disposition_params)
        p->disposition = STR("attachment"); /* RFC 2183 2.8: as an unknown type is treated */
}

void mime_content_language(struct arena *a, struct mime_part *p, struct str value)
{
    struct lex l = lex_of(mime_unfold(a, value));

    p->languages = ARENA_ARRAY(a, struct str, MIME_MAX_PARAMS);
    while (!lex_end(&l) && p->n_languages < MIME_MAX_PARAMS) {
        struct str tag;

        lex_cfws(&l);
        tag = lex_token(&l);
        if (tag.n > 0)
            p->languages[p->n_languages++] = arena_str(a, tag);
        lex_until(&l, ',');
        l.at++;
    }
}

/* RFC 2557 4.4.1: what folding put into a URI is taken out again. */
void mime_content_location(struct arena *a, struct mime_part *p, struct str value)
{
    struct str s = str_trim(value);
    char *to = arena_alloc(a, s.n + 1);
    size_t n = 0;

    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '\n') {
            while (i + 1 < s.n && lex_blank(s.p[i + 1]))
                i++;
        } else if (s.p[i] != '\r' && s.p[i] != '\0') {
            to[n++] = s.p[i];
        }
    }
    p->location = str_n(to, n);
}
