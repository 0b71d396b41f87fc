/*
 * search/fold.c - utf8_fold in pieces.
 *
 * Folding normalises, so a character may still change when a mark follows it.  Text is therefore
 * cut only where the next character begins anew in every normal form.  ASCII always does; so do the
 * letters of the ranges below, which never stand second in a composition (Unicode, UAX #15, 3:
 * "starters" that are NFC_QC=Yes; conservative: what is missing here costs time, not truth).
 *
 * A run of anything else is cut after MARKS_MAX characters.  No language writes such a run, and
 * putting marks in order takes time that is quadratic in its length (UAX #15, 13: the stream-safe
 * format allows 30).
 */
#include "search/fold.h"

#include "base/mem.h"
#include "base/utf8.h"

enum { MARKS_MAX = 64 };

static const struct {
    uint32_t lo, hi;
} letters[] = {
    {0x00C0, 0x024F},                   /* Latin */
    {0x0391, 0x03CE},                   /* Greek */
    {0x0400, 0x0482},                   /* Cyrillic */
    {0x048A, 0x052F}, {0x05D0, 0x05EA}, /* Hebrew */
    {0x0621, 0x064A},                   /* Arabic */
    {0x0905, 0x0939},                   /* Devanagari */
    {0x0E01, 0x0E2E},                   /* Thai */
    {0x1EA0, 0x1EF9},                   /* Latin, Vietnamese */
    {0x3041, 0x3096},                   /* Hiragana */
    {0x30A1, 0x30FA},                   /* Katakana */
    {0x3400, 0x9FFF},                   /* Han */
    {0xAC00, 0xD7A3},                   /* Hangul */
};

static bool begins_anew(uint32_t cp)
{
    for (size_t i = 0; i < ARRAY_LEN(letters); i++) {
        if (cp >= letters[i].lo && cp <= letters[i].hi)
            return true;
    }
    return cp < 0x80;
}

/* The character at `s`, and whether text may be cut before it.  0: it is not all there yet. */
static size_t next_char(struct str s, bool final, bool *anew_out)
{
    uint32_t cp;
    int n = utf8_decode(s, &cp);

    *anew_out = n > 0 && begins_anew(cp);
    if (n > 0)
        return (size_t)n;
    return final || s.n >= 4 ? 1 : 0; /* no UTF-8: a byte */
}

/* How much of `s`, which begins at a cut, can be folded now. */
static size_t ready(struct str s, bool final)
{
    size_t cut = 0, at = 0, marks = 0;

    while (at < s.n) {
        bool anew;
        size_t n = next_char(str_from(s, at), final, &anew);

        if (n == 0)
            return cut;
        if (anew) {
            cut = at;
            marks = 0;
        } else if (++marks > MARKS_MAX) {
            return at;
        }
        at += n;
    }
    return final ? s.n : cut;
}

static void fold_some(struct fold *f, struct str in, bool final, struct buf *out)
{
    size_t n;

    while ((n = ready(in, final)) > 0) {
        utf8_fold(out, str_sub(in, 0, n));
        in = str_from(in, n);
    }
    /* `in` may lie in held, behind what was folded. */
    if (in.n)
        memmove(f->held.p, in.p, in.n);
    f->held.n = in.n;
}

/* ---- ASCII: nearly all mail ---- */

enum { WORD = 8, QUIET = 16 }; /* QUIET: a run of ASCII that is worth leaving the slow way for */

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

static uint64_t word_at(const char *p)
{
    uint64_t w;

    memcpy(&w, p, WORD);
    return w;
}

static size_t ascii_run(struct str s)
{
    size_t n = 0;

    while (n + WORD <= s.n && !(word_at(s.p + n) & EACH(0x80)))
        n += WORD;
    while (n < s.n && !(s.p[n] & 0x80))
        n++;
    return n;
}

/* Eight letters at once: the sums carry into a byte's high bit from "A" and from "[" on. */
static uint64_t word_lower(uint64_t w)
{
    uint64_t from_a = w + EACH(0x80 - 'A'), behind_z = w + EACH(0x80 - 'Z' - 1);

    return w | (from_a & ~behind_z & EACH(0x80)) >> 2;
}

static void add_lower(struct buf *out, struct str s)
{
    char *to = buf_reserve(out, s.n);
    size_t n = 0;

    if (!to)
        return;
    for (; n + WORD <= s.n; n += WORD) {
        uint64_t w = word_lower(word_at(s.p + n));

        memcpy(to + n, &w, WORD);
    }
    for (; n < s.n; n++)
        to[n] = ascii_lower(s.p[n]);
    out->n += s.n;
}

/* Takes ASCII from the start of `in`; returns how much.  Its last character waits for a mark. */
static size_t fold_ascii(struct fold *f, struct str in, struct buf *out)
{
    size_t n = str_has_8bit(buf_str(&f->held)) ? 0 : ascii_run(in);

    if (n == 0)
        return 0;
    add_lower(out, buf_str(&f->held));
    add_lower(out, str_sub(in, 0, n - 1));
    buf_clear(&f->held);
    buf_add_char(&f->held, in.p[n - 1]);
    return n;
}

/* How much of `in` to take the slow way: up to a run of ASCII and its first character, at which it
 * is cut. */
static size_t slow_run(struct str in)
{
    size_t n = 0;

    while (n < in.n) {
        size_t quiet = ascii_run(str_from(in, n));

        if (quiet >= QUIET)
            return n + 1;
        n += quiet;
        while (n < in.n && (in.p[n] & 0x80))
            n++;
    }
    return n;
}

void fold_feed(struct fold *f, struct str in, struct buf *out)
{
    while (in.n) {
        size_t n = fold_ascii(f, in, out);

        if (n == 0) {
            n = slow_run(in);
            buf_add_str(&f->held, str_sub(in, 0, n));
            fold_some(f, buf_str(&f->held), false, out);
        }
        in = str_from(in, n);
    }
}

void fold_end(struct fold *f, struct buf *out)
{
    fold_some(f, buf_str(&f->held), true, out);
    buf_clear(&f->held);
}

void fold_fini(struct fold *f)
{
    buf_fini(&f->held);
}
