/*
 * base/utf8.c - UTF-8, strictly, and its normal forms by utf8proc.
 */
#include "base/utf8.h"

#include "base/mem.h"

#include <stdlib.h>
#include <utf8proc.h>

enum {
    QUIET_RUN = 32,    /* so much ASCII ends a piece that needs utf8proc */
    PIECE_LONG = 4096, /* from here on any ASCII ends it */
};

#define REPLACEMENT "\xEF\xBF\xBD" /* U+FFFD */

/* What may follow a first byte (Unicode, table 3-7): length, and the bounds of the second byte.
 * These bounds are what keeps out overlong forms, surrogates and everything above U+10FFFF. */
struct lead {
    unsigned char from, to, n, second_lo, second_hi;
};

static const struct lead leads[] = {
    {0xC2, 0xDF, 2, 0x80, 0xBF}, {0xE0, 0xE0, 3, 0xA0, 0xBF}, {0xE1, 0xEC, 3, 0x80, 0xBF},
    {0xED, 0xED, 3, 0x80, 0x9F}, {0xEE, 0xEF, 3, 0x80, 0xBF}, {0xF0, 0xF0, 4, 0x90, 0xBF},
    {0xF1, 0xF3, 4, 0x80, 0xBF}, {0xF4, 0xF4, 4, 0x80, 0x8F},
};

static const struct lead *lead_of(unsigned char c)
{
    for (size_t i = 0; i < ARRAY_LEN(leads); i++) {
        if (c >= leads[i].from && c <= leads[i].to)
            return &leads[i];
    }
    return NULL;
}

/* How many bytes at the start of `s` belong to the beginning of one character; whole_out: it is
 * complete.  At least 1: an invalid piece is maximal in the sense of Unicode, 3.9. */
static size_t char_span(struct str s, bool *whole_out)
{
    const unsigned char *p = (const unsigned char *)s.p;
    const struct lead *l;
    size_t n = 1;

    *whole_out = p[0] < 0x80;
    if (*whole_out)
        return 1;
    l = lead_of(p[0]);
    if (!l)
        return 1;
    while (n < l->n && n < s.n) {
        unsigned char lo = n == 1 ? l->second_lo : 0x80, hi = n == 1 ? l->second_hi : 0xBF;

        if (p[n] < lo || p[n] > hi)
            return n;
        n++;
    }
    *whole_out = n == l->n;
    return n;
}

/* Length of the ASCII run at the start of `s`. */
static size_t ascii_run(struct str s)
{
    size_t i = 0;
    uint64_t word;

    for (; i + sizeof(word) <= s.n; i += sizeof(word)) {
        memcpy(&word, s.p + i, sizeof(word));
        if (word & 0x8080808080808080u)
            break;
    }
    while (i < s.n && !(s.p[i] & 0x80))
        i++;
    return i;
}

/* Length of the longest valid prefix. */
static size_t valid_run(struct str s)
{
    size_t at = 0;

    for (;;) {
        bool whole;
        size_t n;

        at += ascii_run(str_from(s, at));
        if (at == s.n)
            return at;
        n = char_span(str_from(s, at), &whole);
        if (!whole)
            return at;
        at += n;
    }
}

bool utf8_valid(struct str s)
{
    return valid_run(s) == s.n;
}

int utf8_decode(struct str s, uint32_t *cp_out)
{
    static const unsigned char masks[5] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    bool whole;
    size_t n;
    uint32_t cp;

    if (s.n == 0)
        return 0;
    n = char_span(s, &whole);
    if (!whole)
        return 0;
    cp = (unsigned char)s.p[0] & masks[n];
    for (size_t i = 1; i < n; i++)
        cp = cp << 6 | ((unsigned char)s.p[i] & 0x3F);
    *cp_out = cp;
    return (int)n;
}

void utf8_encode(struct buf *b, uint32_t cp)
{
    unsigned char out[4];

    if (cp > 0x10FFFF || (cp >= 0xD800 && cp <= 0xDFFF))
        cp = 0xFFFD;
    buf_add(b, out, (size_t)utf8proc_encode_char((utf8proc_int32_t)cp, out));
}

void utf8_scrub(struct buf *out, struct str s)
{
    size_t at = 0;

    while (at < s.n) {
        size_t good = valid_run(str_from(s, at));
        bool whole;

        buf_add(out, s.p + at, good);
        at += good;
        if (at == s.n)
            break;
        BUF_LIT(out, REPLACEMENT);
        at += char_span(str_from(s, at), &whole);
    }
}

size_t utf8_cut(struct str s, size_t n)
{
    if (n >= s.n)
        return s.n;
    for (size_t back = 0; back <= 3 && back <= n; back++) {
        if ((s.p[n - back] & 0xC0) != 0x80)
            return n - back;
    }
    return n; /* not UTF-8: any place is as good */
}

bool utf8_nfc(struct arena *a, struct str s, struct str *out)
{
    utf8proc_uint8_t *made = NULL;
    utf8proc_ssize_t n;

    if (!str_has_8bit(s)) {
        *out = arena_str(a, s);
        return true;
    }
    if (!utf8_valid(s))
        return false;
    n = utf8proc_map((const utf8proc_uint8_t *)s.p, (utf8proc_ssize_t)s.n, &made,
                     UTF8PROC_STABLE | UTF8PROC_COMPOSE);
    if (n < 0)
        return false;
    *out = arena_str(a, str_n(made, (size_t)n));
    free(made);
    return true;
}

static void fold_ascii(struct buf *out, struct str s)
{
    char *to = buf_reserve(out, s.n);

    if (!to)
        return;
    for (size_t i = 0; i < s.n; i++)
        to[i] = ascii_lower(s.p[i]);
    out->n += s.n;
}

static void fold_piece(struct buf *out, struct str s)
{
    utf8proc_uint8_t *made = NULL;
    utf8proc_ssize_t n = utf8proc_map((const utf8proc_uint8_t *)s.p, (utf8proc_ssize_t)s.n, &made,
                                      UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT |
                                          UTF8PROC_CASEFOLD | UTF8PROC_IGNORE);

    if (n < 0) {
        out->failed = true; /* valid UTF-8 fails only when memory ends */
        return;
    }
    buf_add(out, made, (size_t)n);
    free(made);
}

/* Where the piece that begins `s` and needs utf8proc ends: before an ASCII character.  Such a
 * character begins anew in every normal form (its combining class is 0 and it never composes with
 * what stands before). */
static size_t piece_end(struct str s)
{
    size_t at = 0;

    while (at < s.n) {
        size_t quiet = ascii_run(str_from(s, at));

        if (at && quiet && (quiet >= QUIET_RUN || at >= PIECE_LONG || at + quiet == s.n))
            return at;
        at += quiet;
        while (at < s.n && (s.p[at] & 0x80))
            at++;
    }
    return at;
}

static void fold_valid(struct buf *out, struct str s)
{
    while (s.n) {
        size_t quiet = ascii_run(s);
        size_t n;

        if (quiet < s.n && quiet)
            quiet--; /* a mark may follow the last one */
        fold_ascii(out, str_sub(s, 0, quiet));
        s = str_from(s, quiet);
        n = piece_end(s);
        if (n)
            fold_piece(out, str_sub(s, 0, n));
        s = str_from(s, n);
    }
}

void utf8_fold(struct buf *out, struct str s)
{
    struct buf clean = BUF_INIT;

    if (utf8_valid(s)) {
        fold_valid(out, s);
        return;
    }
    utf8_scrub(&clean, s);
    fold_valid(out, buf_str(&clean));
    buf_fini(&clean);
}
