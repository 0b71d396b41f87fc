/*
 * mime/header.c - header fields as they stand in the bytes.
 */
#include "mime/header_priv.h"

#include "mime/lex_priv.h"

size_t mime_field_name(struct str line, size_t *colon_out)
{
    size_t n = 0;
    size_t colon;

    while (n < line.n && line.p[n] > ' ' && line.p[n] < 0x7f && line.p[n] != ':')
        n++;
    for (colon = n; colon < line.n && (line.p[colon] == ' ' || line.p[colon] == '\t');)
        colon++;
    if (n == 0 || colon == line.n || line.p[colon] != ':')
        return 0;
    *colon_out = colon;
    return n;
}

/* Where the line at the start of `s` ends with the lines that continue it (RFC 5322 2.2.3). */
static size_t folded_len(struct str s)
{
    size_t at = mime_line_len(s);

    while (at < s.n && (s.p[at] == ' ' || s.p[at] == '\t'))
        at += mime_line_len(str_from(s, at));
    return at;
}

static bool empty_line(struct str s)
{
    return s.n == 0 || s.p[0] == '\n' || (s.n > 1 && s.p[0] == '\r' && s.p[1] == '\n');
}

static struct str without_line_end(struct str s)
{
    if (s.n > 0 && s.p[s.n - 1] == '\n') {
        s.n--;
        if (s.n > 0 && s.p[s.n - 1] == '\r')
            s.n--;
    }
    return s;
}

bool mime_fields_next(struct mime_fields *f, struct mime_field *out)
{
    while (!empty_line(f->rest)) {
        struct str whole = str_sub(f->rest, 0, folded_len(f->rest));
        size_t colon;
        size_t name = mime_field_name(whole, &colon);

        f->rest = str_from(f->rest, whole.n);
        if (name == 0)
            continue;
        out->name = str_sub(whole, 0, name);
        out->value = str_from(without_line_end(whole), colon + 1);
        out->whole = whole;
        return true;
    }
    return false;
}

struct str mime_unfold(struct arena *a, struct str value)
{
    struct str s = str_trim(value);
    char *p = arena_alloc(a, s.n + 1);
    size_t n = 0;

    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] != '\r' && s.p[i] != '\n' && s.p[i] != '\0')
            p[n++] = s.p[i];
    }
    return str_trim(str_n(p, n)); /* a NUL may have hidden a blank at the edge */
}

/* One id as it is compared: <"a"@b> and <a@b> are the same (RFC 5256 3, REFERENCES), blanks of
 * folding are none. */
static struct str message_id(struct arena *a, struct str inside)
{
    char *p = arena_alloc(a, inside.n + 1);
    size_t n = 0;
    bool quoted = false;

    for (size_t i = 0; i < inside.n; i++) {
        char c = inside.p[i];

        bool escape = c == '\\' && quoted && i + 1 < inside.n;

        if (escape)
            c = inside.p[++i];
        else if (c == '"')
            quoted = !quoted;
        if (c == '\r' || c == '\n' || c == '\0' || (!escape && c == '"') ||
            (!quoted && lex_blank(c)))
            continue;
        p[n++] = c;
    }
    return str_n(p, n);
}

/* What stands between the "<" at l->at and its ">"; another "<" before it begins anew. */
static bool next_id(struct lex *l, struct str *inside_out)
{
    size_t start;

    lex_until(l, '<');
    start = l->at + 1;
    for (size_t i = start; i < l->s.n; i++) {
        if (l->s.p[i] == '<') {
            start = i + 1;
        } else if (l->s.p[i] == '>') {
            *inside_out = str_sub(l->s, start, i - start);
            l->at = i + 1;
            return true;
        }
    }
    return false;
}

size_t mime_message_ids(struct arena *a, struct str value, struct str **ids_out)
{
    struct lex l = lex_of(value);
    struct str inside;
    size_t most = 0;
    size_t n = 0;

    for (size_t i = 0; i < value.n; i++)
        most += value.p[i] == '>';
    *ids_out = ARENA_ARRAY(a, struct str, most + 1);
    while (next_id(&l, &inside)) {
        struct str id = message_id(a, inside);

        if (id.n > 0)
            (*ids_out)[n++] = id;
    }
    return n;
}
