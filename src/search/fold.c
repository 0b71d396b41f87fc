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

#include <stdatomic.h>

enum { MARKS_MAX = 64 };

static const struct {
    uint32_t lo, hi;
} letters[] = {
    {0x00A0, 0x00AC}, /* signs, without the soft hyphen, which is ignored */
    {0x00AE, 0x024F}, /* signs and Latin */
    {0x0386, 0x03CE}, /* Greek */
    {0x0400, 0x0482}, /* Cyrillic */
    {0x048A, 0x052F}, /* ... */
    {0x05D0, 0x05EA}, /* Hebrew */
    {0x0621, 0x064A}, /* Arabic */
    {0x0905, 0x0939}, /* Devanagari */
    {0x0E01, 0x0E2E}, /* Thai */
    {0x1E00, 0x1EF9}, /* Latin */
    {0x1F00, 0x1FBC}, /* Greek */
    {0x2010, 0x2027}, /* punctuation */
    {0x2030, 0x205E}, /* ... */
    {0x3000, 0x3029}, /* of Chinese, Japanese, Korean, without their tone marks */
    {0x3030, 0x303E}, /* ... */
    {0x3041, 0x3096}, /* Hiragana */
    {0x30A1, 0x30FA}, /* Katakana */
    {0x3400, 0x9FFF}, /* Han */
    {0xAC00, 0xD7A3}, /* Hangul */
    {0xFF01, 0xFF5E}, /* full-width ASCII */
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

enum { WORD = 8, LETTERS_AGAIN = 4 };

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

/* ---- letters: most of what is not ASCII ---- */

/* What a letter of the table above folds to when nothing follows that changes it: its bytes and, on
 * top, their number. Filled as letters are met, by any thread: all find the same. */
enum { TABLE = 0x10000, LENGTH_SHIFT = 24, FOLDED_MAX = 3 };

#define NOT_SIMPLE UINT32_MAX /* no letter, or too long for the table: the slow way */

static _Atomic uint32_t simple[TABLE];

static uint32_t simple_find(uint32_t cp)
{
    struct buf one = BUF_INIT, folded = BUF_INIT;
    uint32_t found = NOT_SIMPLE;

    if (begins_anew(cp)) {
        utf8_encode(&one, cp);
        utf8_fold(&folded, buf_str(&one));
    }
    if (folded.n > 0 && folded.n <= FOLDED_MAX) {
        found = (uint32_t)folded.n << LENGTH_SHIFT;
        for (size_t i = 0; i < folded.n; i++)
            found |= (uint32_t)(unsigned char)folded.p[i] << 8 * i;
    }
    buf_fini(&one);
    buf_fini(&folded);
    return found;
}

static uint32_t simple_of(uint32_t cp)
{
    uint32_t found = atomic_load_explicit(&simple[cp], memory_order_relaxed);

    if (found == 0) {
        found = simple_find(cp);
        atomic_store_explicit(&simple[cp], found, memory_order_relaxed);
    }
    return found;
}

/* A character of up to three bytes; 0: it is longer, cut or wrong. */
static size_t quick_char(const char *p, size_t n, uint32_t *cp_out)
{
    unsigned char a = (unsigned char)p[0], b, c;

    *cp_out = a;
    if (a < 0x80)
        return 1;
    if (n < 2 || a < 0xC2 || a >= 0xF0 || ((b = (unsigned char)p[1]) & 0xC0) != 0x80)
        return 0;
    *cp_out = (a & 0x1Fu) << 6 | (b & 0x3Fu);
    if (a < 0xE0)
        return 2;
    if (n < 3 || ((c = (unsigned char)p[2]) & 0xC0) != 0x80)
        return 0;
    *cp_out = (a & 0x0Fu) << 12 | (b & 0x3Fu) << 6 | (c & 0x3Fu);
    return *cp_out >= 0x800 && (*cp_out < 0xD800 || *cp_out > 0xDFFF) ? 3 : 0;
}

/* What the last character, which waited, folds to now that another letter follows.  0: nothing
 * waits. */
static bool waiting_simple(const struct fold *f, uint32_t *out)
{
    uint32_t cp;

    *out = 0;
    if (f->held.n == 0)
        return true;
    if (quick_char(f->held.p, f->held.n, &cp) != f->held.n)
        return false;
    *out = simple_of(cp);
    return *out != NOT_SIMPLE;
}

static char *put_simple(char *to, uint32_t folded)
{
    for (uint32_t n = folded >> LENGTH_SHIFT; n; n--, folded >>= 8)
        *to++ = (char)folded;
    return to;
}

/* Takes letters from the start of `in`, until there is something else or much ASCII; returns how
 * much. */
static size_t fold_letters(struct fold *f, struct str in, struct buf *out)
{
    uint32_t waits, cp, folded;
    size_t at = 0, n = 0;
    char *to;

    if (!waiting_simple(f, &waits))
        return 0;
    to = buf_reserve(out, in.n * FOLDED_MAX + FOLDED_MAX);
    while (to && at < in.n) {
        size_t k = quick_char(in.p + at, in.n - at, &cp);

        if (k == 0 || (folded = simple_of(cp)) == NOT_SIMPLE)
            break;
        to = put_simple(to, waits);
        waits = folded;
        n = k;
        at += k;
        if (k == 1 && in.n - at >= WORD && !(word_at(in.p + at) & EACH(0x80)))
            break;
    }
    if (at == 0)
        return 0;
    out->n = (size_t)(to - out->p);
    buf_clear(&f->held);
    buf_add(&f->held, in.p + at - n, n);
    return at;
}

/* ---- all ---- */

/* How much of `in` to take the slow way: until letters come that can be folded one by one. */
static size_t slow_run(struct str in)
{
    size_t n = 0, letters_seen = 0;

    while (n < in.n && letters_seen < LETTERS_AGAIN) {
        uint32_t cp;
        size_t k = quick_char(in.p + n, in.n - n, &cp);

        letters_seen = k && simple_of(cp) != NOT_SIMPLE ? letters_seen + 1 : 0;
        n += k ? k : 1;
    }
    return n;
}

void fold_feed(struct fold *f, struct str in, struct buf *out)
{
    while (in.n) {
        size_t n = fold_ascii(f, in, out);

        if (n == 0)
            n = fold_letters(f, in, out);
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
