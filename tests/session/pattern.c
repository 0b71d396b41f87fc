#include "pattern.h"

#include "base/check.h"

#include <stdio.h>

static const struct named *find(const struct named *v, size_t n, struct str name)
{
    for (size_t i = 0; i < n; i++) {
        if (str_eq(v[i].name, name))
            return &v[i];
    }
    return NULL;
}

/* "{name}" at the start of `s`; bytes used, 0: it is none. */
static size_t braces(struct str s, struct str *name_out)
{
    size_t end = str_find(s, '}');

    if (s.n == 0 || s.p[0] != '{' || end == s.n)
        return 0;
    *name_out = str_sub(s, 1, end - 1);
    return end + 1;
}

/* What stands for itself behind "%": its text, in `scratch` if it must be made.  0: it is something
 * else. */
static size_t fixed(const struct names_known *k, struct str p, char scratch[32], struct str *out)
{
    struct str name;
    char kind = p.n > 1 ? p.p[1] : '\0';
    size_t used = kind == '@' || kind == '#' ? braces(str_from(p, 2), &name) : 0;
    const struct named *m = used > 0 ? find(k->messages, k->n_messages, name) : NULL;

    if (kind == 'n' || kind == '%' || kind == '0' || kind == 'l') {
        *out = kind == 'n'   ? STR("\r\n")
               : kind == '0' ? STR("\0")
               : kind == 'l' ? STR("\n")
                             : STR("%");
        return 2;
    }
    if (m == NULL)
        return 0;
    snprintf(scratch, 32, "%zu", m->value.n);
    *out = kind == '@' ? m->value : str_of(scratch);
    return used + 2;
}

static size_t word_length(struct str text)
{
    size_t n = 0;

    while (n < text.n && strchr(" ()[]\"\r\n", text.p[n]) == NULL)
        n++;
    return n;
}

static bool match(struct names_known *k, struct str p, struct str t);

static bool match_any(struct names_known *k, struct str p, struct str t)
{
    for (size_t i = 0; i <= t.n; i++) {
        size_t vars = k->n_vars;
        if (match(k, p, str_from(t, i)))
            return true;
        k->n_vars = vars;
    }
    return false;
}

static bool match_number(struct names_known *k, struct str p, struct str t)
{
    size_t n = 0;

    while (n < t.n && ascii_digit(t.p[n]))
        n++;
    return n > 0 && match(k, p, str_from(t, n));
}

static bool match_name(struct names_known *k, struct str name, struct str p, struct str t)
{
    size_t n = word_length(t);
    const struct named *v = find(k->vars, k->n_vars, name);

    if (n == 0 || (v != NULL && !str_eq(v->value, str_sub(t, 0, n))))
        return false;
    if (v == NULL) {
        check(k->n_vars < NAMES_MAX);
        k->vars[k->n_vars++] = (struct named){name, arena_str(k->arena, str_sub(t, 0, n))};
    }
    return match(k, p, str_from(t, n));
}

static bool match(struct names_known *k, struct str p, struct str t)
{
    while (p.n > 0) {
        char scratch[32];
        struct str text = str_sub(p, 0, 1), name;
        size_t used = 1;
        if (p.p[0] == '%') {
            if (str_starts(p, STR("%*")))
                return match_any(k, str_from(p, 2), t);
            if (str_starts(p, STR("%d")))
                return match_number(k, str_from(p, 2), t);
            if ((used = braces(str_from(p, 1), &name)) > 0)
                return match_name(k, name, str_from(p, used + 1), t);
            used = fixed(k, p, scratch, &text);
            check(used > 0); /* a pattern that nothing can match */
        }
        if (!str_starts(t, text))
            return false;
        t = str_from(t, text.n);
        p = str_from(p, used);
    }
    return t.n == 0;
}

bool pattern_match(struct names_known *k, struct str pattern, struct str text)
{
    size_t vars = k->n_vars;

    if (match(k, pattern, text))
        return true;
    k->n_vars = vars;
    return false;
}

bool pattern_expand(const struct names_known *k, struct str p, struct buf *out)
{
    while (p.n > 0) {
        char scratch[32];
        struct str text = str_sub(p, 0, 1), name;
        size_t used = 1, var = p.p[0] == '%' ? braces(str_from(p, 1), &name) : 0;
        const struct named *v = var > 0 ? find(k->vars, k->n_vars, name) : NULL;
        if (v != NULL) {
            text = v->value;
            used = var + 1;
        } else if (p.p[0] == '%') {
            used = fixed(k, p, scratch, &text);
        }
        if (used == 0) {
            if (p.n > 1 && strchr("{@#", p.p[1]) != NULL)
                return false;
            used = 1; /* LIST "" % */
        }
        buf_add_str(out, text);
        p = str_from(p, used);
    }
    return true;
}
