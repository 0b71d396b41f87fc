/*
 * mime/address.c - address lists (RFC 5322 3.4 and 4.4, RFC 6532), whatever they look like.
 *
 * Each address is read twice, forward both times: once to find where it ends and whether it has a
 * "<", once for its words.  What is not closed: a quotation mark counts as nothing, a comment goes
 * to the end.
 *
 *  (1) host.p == NULL only in the start and the end of a group; every start has its end.
 *  (2) no string holds CR, LF or NUL.
 */
#include "mime/address.h"

#include "mime/header.h"
#include "mime/lex_priv.h"

struct reader {
    struct arena *arena;
    struct lex l;
    struct mime_address *first, **tail;
    size_t left; /* addresses that may still come */
    bool in_group;
    bool no_quotes; /* a quotation mark was not closed: there are none from here on */
    struct buf text;
    struct str comment; /* the last one in this address: a name in the manner of RFC 822 */
};

static struct mime_address *add(struct reader *r)
{
    struct mime_address *m = ARENA_NEW(r->arena, struct mime_address);

    *r->tail = m;
    r->tail = &m->next;
    r->left--;
    return m;
}

/* A quoted-string at l->at, or false. */
static bool quoted(struct reader *r, struct lex *l, struct str *inside_out)
{
    if (r->no_quotes || lex_peek(l) != '"')
        return false;
    if (lex_quoted(l, '"', inside_out))
        return true;
    r->no_quotes = true;
    return false;
}

/* "[...]" behind an "@"; its ":" and "," separate nothing. */
static void skip_literal(struct lex *l)
{
    size_t n = 1;
    struct str s = str_from(l->s, l->at);

    while (n < s.n && !lex_blank(s.p[n]) && !strchr("[]<>@,;\"(", s.p[n]))
        n++;
    l->at += n < s.n && s.p[n] == ']' ? n + 1 : 1;
}

/* Goes to the byte that ends this address, or its name: one of `stops`, or the end. */
static struct str scan(struct reader *r, const char *stops)
{
    struct lex *l = &r->l;
    size_t start = l->at;
    bool at_sign = false;
    struct str unused;

    while (!lex_end(l) && !strchr(stops, lex_peek(l))) {
        char c = lex_peek(l);

        if (c == '(')
            lex_comment(l);
        else if (c == '[' && at_sign)
            skip_literal(l);
        else if (!quoted(r, l, &unused))
            l->at += c == '\\' && l->at + 1 < l->s.n ? 2 : 1;
        if (!lex_blank(c) && c != '(')
            at_sign = c == '@';
    }
    return str_sub(l->s, start, l->at - start);
}

static void keep_comment(struct reader *r, struct str inside)
{
    struct str s = str_trim(inside);

    if (s.n == 0)
        return;
    lex_unescape(&r->text, s);
    r->comment = lex_take(r->arena, &r->text);
}

/* Moves over one blank or comment, if there is one here. */
static bool skip_space(struct reader *r, struct lex *l)
{
    if (lex_peek(l) == '(')
        keep_comment(r, lex_comment(l));
    else if (lex_blank(lex_peek(l)))
        l->at++;
    else
        return false;
    return true;
}

/* Appends a quoted-string, a quoted pair or a byte without what quotes it; also without bytes of
 * `drop`. */
static void take_text(struct reader *r, struct lex *l, const char *drop, struct buf *out)
{
    struct str inside;

    if (quoted(r, l, &inside)) {
        lex_unescape(out, inside);
        return;
    }
    if (lex_peek(l) == '\\' && l->at + 1 < l->s.n)
        l->at++;
    if (!strchr(drop, lex_peek(l)))
        buf_add_char(out, lex_peek(l));
    l->at++;
}

/* The words of a phrase: quotes and comments removed, blanks made one. */
static struct str phrase(struct reader *r, struct str s)
{
    struct lex l = lex_of(s);
    struct buf words = BUF_INIT;
    bool blank = false;
    struct str result;

    while (!lex_end(&l)) {
        if (skip_space(r, &l)) {
            blank = true;
            continue;
        }
        if (blank && words.n > 0)
            buf_add_char(&words, ' ');
        blank = false;
        take_text(r, &l, "\"", &words);
    }
    result = lex_take(r->arena, &words);
    buf_fini(&words);
    return result;
}

/* What an addr-spec is made of, in order. */
struct spec {
    struct buf words; /* without blanks; quotes removed */
    size_t at;        /* in words: behind the last "@" */
    bool has_at;
    size_t name_end; /* in the source: the words before here are a name, in "John Doe j@d" */
    size_t n_words;  /* separated by blanks */
};

static bool joins(char c)
{
    return c == '@' || c == '.';
}

/* Reads `s` as local-part "@" domain with blanks and comments anywhere between (RFC 5322 4.4).  Two
 * words with nothing that joins them: what stands before the second is no part of the address. */
static void read_spec(struct reader *r, struct str s, struct spec *spec)
{
    struct lex l = lex_of(s);
    bool blank = true;
    char last = '\0';

    while (!lex_end(&l)) {
        char c = lex_peek(&l);

        if (skip_space(r, &l)) {
            blank = true;
            continue;
        }
        if (blank && (spec->n_words == 0 || (!joins(c) && !joins(last)))) {
            if (spec->has_at)
                return; /* whatever stands behind the address */
            spec->n_words++;
            spec->name_end = l.at;
            buf_clear(&spec->words);
        }
        blank = false;
        last = c;
        take_text(r, &l, "\">", &spec->words);
        if (c == '@') {
            spec->has_at = true;
            spec->at = spec->words.n;
        }
    }
}

static void set_parts(struct reader *r, struct mime_address *m, const struct spec *spec)
{
    struct str all = arena_str(r->arena, buf_str(&spec->words));

    m->mailbox = spec->has_at ? str_sub(all, 0, spec->at - 1) : all;
    m->host = spec->has_at ? str_from(all, spec->at) : str_from(all, all.n);
}

/* No "<": an addr-spec, or one word that is a mailbox here, or something that is only a name. */
static void bare_address(struct reader *r, struct str s)
{
    struct spec spec = {.words = BUF_INIT};
    struct mime_address *m;

    read_spec(r, s, &spec);
    if (spec.words.n > 0) {
        m = add(r);
        if (spec.has_at || spec.n_words == 1) {
            set_parts(r, m, &spec);
            if (spec.n_words > 1)
                m->name = phrase(r, str_sub(s, 0, spec.name_end));
        } else {
            m->name = phrase(r, s);
            m->mailbox = STR("");
            m->host = STR("");
        }
        if (!m->name.p)
            m->name = r->comment;
    }
    buf_fini(&spec.words);
}

/* RFC 5322 4.4, obs-route: "@a,@b:" in front of the addr-spec, without its ":".  Moves *s behind
 * it. */
static struct str route(struct reader *r, struct str *s)
{
    struct lex l = lex_of(*s);
    size_t colon = str_find(*s, ':');
    struct str text;

    lex_cfws(&l);
    text = str_sub(*s, l.at, colon - l.at);
    if (lex_peek(&l) != '@' || colon <= l.at || colon == s->n || str_has_char(text, '"'))
        return STR_NONE;
    *s = str_from(*s, colon + 1);
    return phrase(r, text);
}

/* Nothing but comments has a meaning behind the ">". */
static void keep_comments(struct reader *r, struct str s)
{
    struct lex l = lex_of(s);
    struct str unused;

    while (!lex_end(&l)) {
        if (lex_peek(&l) == '(')
            keep_comment(r, lex_comment(&l));
        else if (!quoted(r, &l, &unused))
            l.at++;
    }
}

/* l is at the "<". */
static void angle_address(struct reader *r, struct str before)
{
    struct spec spec = {.words = BUF_INIT};
    struct str name = phrase(r, before);
    struct str inside;
    struct str via;

    r->l.at++;
    r->l.at += lex_peek(&r->l) == '<'; /* "<<a@b>>" */
    lex_cfws(&r->l);
    inside = scan(r, lex_peek(&r->l) == '@' ? "<>;" : "<>,;");
    via = route(r, &inside);
    read_spec(r, inside, &spec);
    if (lex_peek(&r->l) == '>')
        r->l.at++;
    keep_comments(r, scan(r, "<,;"));
    if (spec.words.n > 0 || name.n > 0) {
        struct mime_address *m = add(r);

        set_parts(r, m, &spec);
        m->route = via;
        m->name = name.n > 0 ? name : r->comment;
    }
    buf_fini(&spec.words);
}

static void group_start(struct reader *r, struct str name)
{
    r->l.at++;
    if (r->left < 2)
        return;
    r->left--; /* kept for the end */
    r->in_group = true;
    add(r)->mailbox = phrase(r, name);
}

static void group_end(struct reader *r)
{
    if (r->in_group) {
        r->left++;
        add(r);
    }
    r->in_group = false;
}

static void read_one(struct reader *r)
{
    struct str s = scan(r, r->in_group ? "<,;" : "<,;:");

    r->comment = STR_NONE;
    switch (lex_peek(&r->l)) {
    case '<':
        angle_address(r, s);
        break;
    case ':':
        group_start(r, s);
        break;
    case ';':
        bare_address(r, s);
        group_end(r);
        r->l.at++;
        break;
    default:
        bare_address(r, s);
        r->l.at++;
    }
}

struct mime_address *mime_addresses(struct arena *a, struct str value, size_t limit)
{
    struct reader r = {.arena = a, .l = lex_of(mime_unfold(a, value)), .left = limit};

    r.tail = &r.first;
    while (!lex_end(&r.l) && r.left > 0)
        read_one(&r);
    group_end(&r);
    buf_fini(&r.text);
    return r.first;
}
