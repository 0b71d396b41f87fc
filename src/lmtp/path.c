/*
 * lmtp/path.c - reverse-path and forward-path, with ESMTP parameters.
 *
 * The address is only taken apart here, not judged: who it is, is auth's matter.  A quoted local
 * part loses its quotes, since "a b"@x and a\ b@x name the same mailbox (RFC 5321, 4.1.2).
 */
#include "lmtp/path.h"

#include "base/buf.h"
#include "base/utf8.h"

struct scan {
    struct str in;
    size_t at;
};

static bool more(const struct scan *s)
{
    return s->at < s->in.n;
}

static char look(const struct scan *s)
{
    return more(s) ? s->in.p[s->at] : '\0';
}

static void skip_blanks(struct scan *s)
{
    while (look(s) == ' ' || look(s) == '\t')
        s->at++;
}

/* "@a,@b:" before the address: obsolete, ignored (RFC 5321, appendix C). */
static bool skip_route(struct scan *s)
{
    if (look(s) != '@')
        return true;
    size_t colon = str_find(str_from(s->in, s->at), ':');
    if (s->at + colon >= s->in.n)
        return false;
    s->at += colon + 1;
    return true;
}

static bool quoted_local(struct scan *s, struct buf *out)
{
    for (s->at++; more(s); s->at++) {
        char c = look(s);
        if (c == '"') {
            s->at++;
            return true;
        }
        if (c == '\\') {
            s->at++;
            if (!more(s))
                return false;
            c = look(s);
        }
        if ((unsigned char)c < ' ' || c == 127)
            return false;
        buf_add_char(out, c);
    }
    return false;
}

static bool plain_run(struct scan *s, struct buf *out, const char *stops)
{
    size_t start = s->at;

    while (more(s) && !strchr(stops, look(s))) {
        unsigned char c = (unsigned char)look(s);
        if (c <= ' ' || c == 127 || c == '<' || c == '"' || c == '\\')
            return false;
        buf_add_char(out, (char)c);
        s->at++;
    }
    return s->at > start;
}

/* Local part, then "@domain" unless it is left out ("<postmaster>", and local names in LMTP). */
static bool address(struct scan *s, struct buf *out)
{
    if (look(s) == '"' ? !quoted_local(s, out) : !plain_run(s, out, "@>"))
        return false;
    if (look(s) != '@')
        return true;
    buf_add_char(out, '@');
    s->at++;
    return plain_run(s, out, ">");
}

static bool params(struct arena *a, struct scan *s, struct lmtp_path *out)
{
    for (skip_blanks(s); more(s); skip_blanks(s)) {
        if (out->n_params == LMTP_MAX_PARAMS)
            return false;
        struct lmtp_param *p = &out->params[out->n_params++];
        size_t start = s->at;
        while (ascii_alpha(look(s)) || ascii_digit(look(s)) || (look(s) == '-' && s->at > start))
            s->at++;
        if (s->at == start)
            return false;
        char *name = arena_alloc(a, s->at - start);
        for (size_t i = start; i < s->at; i++)
            name[i - start] = ascii_upper(s->in.p[i]);
        p->name = str_n(name, s->at - start);
        p->value = STR_NONE;
        if (look(s) == '=') {
            start = ++s->at;
            while (more(s) && look(s) != ' ' && look(s) != '\t')
                s->at++;
            p->value = arena_str(a, str_sub(s->in, start, s->at - start));
        } else if (more(s) && look(s) != ' ' && look(s) != '\t') {
            return false;
        }
    }
    return true;
}

bool lmtp_path_parse(struct arena *a, struct str in, struct lmtp_path *out)
{
    struct scan s = {in, 0};
    struct buf addr = BUF_INIT;

    *out = (struct lmtp_path){.address = STR("")};
    skip_blanks(&s);
    if (look(&s) != '<')
        return false;
    s.at++;
    bool ok = skip_route(&s);
    if (ok && look(&s) != '>')
        ok = address(&s, &addr);
    ok = ok && look(&s) == '>' && utf8_valid(buf_str(&addr));
    if (ok) {
        out->address = arena_str(a, buf_str(&addr));
        s.at++;
        ok = (!more(&s) || look(&s) == ' ' || look(&s) == '\t') && params(a, &s, out);
    }
    buf_fini(&addr);
    return ok;
}
