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

/* Plain ASCII behind plain ASCII: nearly all mail. Its last character waits for a mark. */
static bool fold_plain(struct fold *f, struct str in, struct buf *out)
{
    if (str_has_8bit(in) || str_has_8bit(buf_str(&f->held)))
        return false;
    utf8_fold(out, buf_str(&f->held));
    utf8_fold(out, str_sub(in, 0, in.n - 1));
    buf_clear(&f->held);
    buf_add_char(&f->held, in.p[in.n - 1]);
    return true;
}

void fold_feed(struct fold *f, struct str in, struct buf *out)
{
    if (in.n == 0 || fold_plain(f, in, out))
        return;
    buf_add_str(&f->held, in);
    fold_some(f, buf_str(&f->held), false, out);
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
