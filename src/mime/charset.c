/*
 * mime/charset.c - texts in any charset, as UTF-8.
 *
 * Only charsets named in charset_names.c reach iconv: a message cannot make it load anything else.
 * The commonest (UTF-8, Latin 1) are done here.  What cannot be converted becomes U+FFFD.
 */
#include "mime/charset_priv.h"
#include "mime/decode.h"

#include "base/mem.h"
#include "base/utf8.h"

#include <errno.h>
#include <iconv.h>

enum kind {
    AS_GUESSED, /* UTF-8 as long as it is valid, windows-1252 from there on */
    AS_UTF8,
    AS_1252,
    AS_ICONV,
    AS_UNKNOWN, /* only ASCII is understood */
};

enum { HELD_MAX = 32, UNIT_MAX = 4 };

struct mime_charset {
    enum kind kind;
    iconv_t cd;
    size_t unit; /* bytes to skip where nothing fits */
    char held[HELD_MAX];
    size_t n_held;
};

/* The 32 places where windows-1252 differs from ISO 8859-1; 0: none. */
static const uint16_t cp1252_high[32] = {
    0x20ac, 0,      0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017d, 0,      0,      0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
    0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0,      0x017e, 0x0178,
};

static void add_replacement(struct buf *out)
{
    BUF_LIT(out, "\xef\xbf\xbd");
}

static size_t ascii_run(struct str in)
{
    size_t n = 0;

    while (n < in.n && (unsigned char)in.p[n] < 0x80)
        n++;
    return n;
}

static void add_1252(struct buf *out, struct str in)
{
    while (in.n > 0) {
        size_t n = ascii_run(in);
        unsigned char c;

        buf_add(out, in.p, n);
        in = str_from(in, n);
        if (in.n == 0)
            break;
        c = (unsigned char)in.p[0];
        if (c >= 0xa0)
            utf8_encode(out, c);
        else if (cp1252_high[c - 0x80])
            utf8_encode(out, cp1252_high[c - 0x80]);
        else
            add_replacement(out);
        in = str_from(in, 1);
    }
}

static void add_ascii(struct buf *out, struct str in)
{
    while (in.n > 0) {
        size_t n = ascii_run(in);

        buf_add(out, in.p, n);
        if (n < in.n)
            add_replacement(out);
        in = str_from(in, n + 1);
    }
}

static bool charset_open(struct mime_charset *c, struct str name)
{
    const char *known = mime_charset_name(name);

    *c = (struct mime_charset){.kind = AS_UNKNOWN, .unit = 1};
    if (name.n == 0 || (known && strcmp(known, CHARSET_GUESS) == 0)) {
        c->kind = AS_GUESSED;
    } else if (known && strcmp(known, CHARSET_UTF8) == 0) {
        c->kind = AS_UTF8;
    } else if (known && strcmp(known, CHARSET_1252) == 0) {
        c->kind = AS_1252;
    } else if (known) {
        c->cd = iconv_open("UTF-8", known);
        c->unit = strncmp(known, "UTF-16", 6) == 0 ? 2 : strncmp(known, "UTF-32", 6) == 0 ? 4 : 1;
        if (c->cd != (iconv_t)-1)
            c->kind = AS_ICONV;
    }
    return c->kind != AS_UNKNOWN;
}

static void charset_close(struct mime_charset *c)
{
    if (c->kind == AS_ICONV)
        iconv_close(c->cd);
}

bool mime_charset_known(struct str charset)
{
    struct mime_charset c;
    bool known = mime_charset_name(charset) && charset_open(&c, charset);

    if (known)
        charset_close(&c);
    return known;
}

/* How many bytes at the end of `s` may be the beginning of a longer character. */
static size_t utf8_tail(struct str s)
{
    for (size_t back = 1; back <= 3 && back <= s.n; back++) {
        unsigned char c = (unsigned char)s.p[s.n - back];
        size_t needs = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc0 ? 2 : 1;

        if (c < 0x80 || c >= 0xc0)
            return needs > back ? back : 0;
    }
    return 0;
}

/* Length of the prefix that is valid UTF-8. */
static size_t utf8_prefix(struct str s)
{
    size_t at = 0;
    uint32_t cp;

    while (at < s.n) {
        int n;

        at += ascii_run(str_from(s, at));
        n = at < s.n ? utf8_decode(str_from(s, at), &cp) : 0;
        if (n == 0)
            break;
        at += (size_t)n;
    }
    return at;
}

/* Converts all of `s` but a character at its end that is not whole; returns the length of that.  A
 * guess that turns out wrong is windows-1252 from there on. */
static size_t utf8_take(struct mime_charset *c, struct str s, struct buf *out)
{
    size_t tail = utf8_tail(s);
    size_t n = s.n - tail;

    if (c->kind == AS_GUESSED)
        n = utf8_prefix(str_sub(s, 0, n));
    if (c->kind == AS_GUESSED && n < s.n - tail)
        c->kind = AS_1252;
    if (c->kind == AS_1252) {
        buf_add(out, s.p, n);
        add_1252(out, str_from(s, n));
        return 0;
    }
    utf8_scrub(out, str_sub(s, 0, n));
    return tail;
}

static void utf8_feed(struct mime_charset *c, struct str in, struct buf *out)
{
    while (c->n_held > 0 && in.n > 0) {
        size_t n = c->n_held + 1;

        c->held[n - 1] = in.p[0];
        in = str_from(in, 1);
        c->n_held = utf8_take(c, str_n(c->held, n), out);
        memmove(c->held, c->held + n - c->n_held, c->n_held);
    }
    if (c->kind == AS_1252) {
        add_1252(out, in);
    } else if (in.n > 0) {
        c->n_held = utf8_take(c, in, out);
        memcpy(c->held, in.p + in.n - c->n_held, c->n_held);
    }
}

/* Converts from *in on; returns false where the last character is not whole. */
static bool iconv_run(struct mime_charset *c, struct str *in, struct buf *out)
{
    while (in->n > 0 && !out->failed) {
        char *to = buf_reserve(out, in->n + 64);
        char *from = (char *)in->p;
        size_t room = in->n + 64;
        size_t before = room;
        size_t r;

        if (!to)
            return true;
        r = iconv(c->cd, &from, &in->n, &to, &room);
        in->p = from;
        out->n += before - room;
        if (r == (size_t)-1 && errno == EINVAL)
            return false;
        if (r == (size_t)-1 && errno == EILSEQ) {
            add_replacement(out);
            *in = str_from(*in, c->unit);
        }
    }
    return true;
}

static void iconv_feed(struct mime_charset *c, struct str in, struct buf *out)
{
    while (c->n_held > 0 && in.n > 0) {
        struct str held = str_n(c->held, c->n_held + 1);

        c->held[c->n_held++] = in.p[0];
        in = str_from(in, 1);
        if (iconv_run(c, &held, out)) {
            c->n_held = 0;
        } else {
            memmove(c->held, held.p, held.n);
            c->n_held = held.n;
        }
        if (c->n_held == HELD_MAX) { /* no charset has such characters */
            add_replacement(out);
            c->n_held = 0;
        }
    }
    if (!iconv_run(c, &in, out)) {
        size_t n = in.n < HELD_MAX - 1 ? in.n : HELD_MAX - 1;

        memcpy(c->held, in.p, n);
        c->n_held = n;
    }
}

static void charset_feed(struct mime_charset *c, struct str in, struct buf *out)
{
    if (in.n == 0)
        return;
    switch (c->kind) {
    case AS_GUESSED:
    case AS_UTF8:
        utf8_feed(c, in, out);
        break;
    case AS_1252:
        add_1252(out, in);
        break;
    case AS_ICONV:
        iconv_feed(c, in, out);
        break;
    case AS_UNKNOWN:
        add_ascii(out, in);
        break;
    }
}

static void charset_finish(struct mime_charset *c, struct buf *out)
{
    size_t room = 64;
    char *to;

    if (c->kind == AS_GUESSED)
        add_1252(out, str_n(c->held, c->n_held));
    else if (c->n_held > 0)
        add_replacement(out);
    if (c->kind != AS_ICONV)
        return;
    to = buf_reserve(out, room); /* some hold a character back, to combine it with the next */
    if (to && iconv(c->cd, NULL, NULL, &to, &room) != (size_t)-1)
        out->n += 64 - room;
}

void mime_to_utf8(struct str charset, struct str in, struct buf *out)
{
    struct mime_charset c;

    charset_open(&c, charset);
    if (c.kind == AS_GUESSED && !utf8_valid(in))
        c.kind = AS_1252; /* the whole is here: no mixture */
    charset_feed(&c, in, out);
    charset_finish(&c, out);
    charset_close(&c);
}

struct mime_charset *mime_charset_new(struct str charset)
{
    struct mime_charset *c = NEW(struct mime_charset);

    charset_open(c, charset);
    return c;
}

void mime_charset_feed(struct mime_charset *c, struct str in, struct buf *out)
{
    charset_feed(c, in, out);
}

void mime_charset_end(struct mime_charset *c, struct buf *out)
{
    charset_finish(c, out);
    charset_close(c);
    mem_free(c);
}
