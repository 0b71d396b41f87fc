/*
 * mime/words.c - encoded words of RFC 2047 (with the language of RFC 2231 5), read and written.
 *
 * Reading is lenient: words need no blanks around them and may hold blanks.  The text of a word
 * ends at the first
 * "?", so no byte is looked at more than a few times, however many words begin and never end.
 */
#include "mime/words_priv.h"

#include "mime/decode.h"
#include "mime/header.h"
#include "mime/lex_priv.h"

#include "base/utf8.h"

enum {
    WORD_ROOM = 75 - 12, /* RFC 2047 2: at most 75 characters, "=?UTF-8?Q?" and "?=" among them */
    CHARSET_MAX = 128,
};

struct word {
    struct str charset;
    enum mime_cte cte;
    struct str text;
    size_t len; /* of all of it */
};

/* Is there an encoded word at the start of `s`? */
static bool word_at(struct str s, struct word *out)
{
    struct str rest = str_from(s, 2);
    size_t n = str_find(str_sub(rest, 0, CHARSET_MAX), '?');
    char encoding;

    if (!str_starts(s, STR("=?")) || n + 3 > rest.n || rest.p[n] != '?' || rest.p[n + 2] != '?')
        return false;
    encoding = ascii_lower(rest.p[n + 1]);
    if (encoding != 'q' && encoding != 'b')
        return false;
    out->charset = str_sub(rest, 0, n);
    out->charset.n = str_find(out->charset, '*');
    out->cte = encoding == 'b' ? CTE_BASE64 : CTE_QP;
    rest = str_from(rest, n + 3);
    n = str_find(rest, '?');
    if (n + 1 >= rest.n || rest.p[n + 1] != '=')
        return false;
    out->text = str_sub(rest, 0, n);
    out->len = (size_t)(rest.p - s.p) + n + 2;
    return true;
}

/* The "Q" encoding (RFC 2047 4.2) is quoted-printable with "_" for a blank, and no lines. */
static void decode_q(struct str text, struct buf *out)
{
    static const char digits[] = "0123456789ABCDEF0123456789abcdef";

    for (size_t i = 0; i < text.n; i++) {
        const char *hi = NULL;
        const char *lo = NULL;

        if (text.p[i] == '=' && i + 2 < text.n) {
            hi = memchr(digits, text.p[i + 1], 32);
            lo = memchr(digits, text.p[i + 2], 32);
        }
        if (hi && lo) {
            buf_add_char(out, (char)(((hi - digits) & 15) << 4 | ((lo - digits) & 15)));
            i += 2;
        } else {
            buf_add_char(out, text.p[i] == '_' ? ' ' : text.p[i]);
        }
    }
}

static void decode_word(const struct word *w, struct buf *bytes)
{
    struct mime_decoder d;

    if (w->cte == CTE_QP) {
        decode_q(w->text, bytes);
        return;
    }
    mime_decoder_init(&d, CTE_BASE64);
    mime_decoder_feed(&d, w->text, bytes);
    mime_decoder_end(&d, bytes);
}

/* Adjacent words of one charset are converted together: a character may be split between them. */
struct run {
    struct str charset;
    struct buf bytes;
};

static void run_flush(struct run *r, struct buf *out)
{
    if (r->bytes.n > 0)
        mime_to_utf8(r->charset, buf_str(&r->bytes), out);
    buf_clear(&r->bytes);
}

static bool all_blank(struct str s)
{
    return str_trim(s).n == 0;
}

/* Controls that would break a line or a C string have no place in a decoded text. */
static void drop_controls(struct buf *b, size_t from)
{
    size_t n = from;

    for (size_t i = from; i < b->n; i++) {
        if (b->p[i] != '\0' && b->p[i] != '\r' && b->p[i] != '\n')
            b->p[n++] = b->p[i];
    }
    b->n = n;
}

void mime_decode_words(struct buf *out, struct str s)
{
    struct run run = {STR(""), BUF_INIT};
    size_t from = out->n;
    size_t plain = 0; /* from here to `at` there was no word */
    bool after_word = false;
    struct word w;

    for (size_t at = 0; at < s.n;) {
        const char *mark = memmem(s.p + at, s.n - at, "=?", 2);
        bool adjacent;

        if (!mark)
            break;
        at = (size_t)(mark - s.p);
        if (!word_at(str_from(s, at), &w)) {
            at++;
            continue;
        }
        adjacent = after_word && all_blank(str_sub(s, plain, at - plain)); /* RFC 2047 6.2 */
        if (!adjacent || !str_eq_nocase(run.charset, w.charset))
            run_flush(&run, out);
        if (!adjacent)
            mime_to_utf8(STR(""), str_sub(s, plain, at - plain), out);
        run.charset = w.charset;
        decode_word(&w, &run.bytes);
        at += w.len;
        plain = at;
        after_word = true;
    }
    run_flush(&run, out);
    mime_to_utf8(STR(""), str_from(s, plain), out);
    drop_controls(out, from);
    buf_fini(&run.bytes);
}

struct str mime_decode_text(struct arena *a, struct str value)
{
    struct buf b = BUF_INIT;
    struct str text;

    mime_decode_words(&b, mime_unfold(a, value));
    text = lex_take(a, &b);
    buf_fini(&b);
    return text;
}

/* In a phrase only these need no "=XX" (RFC 2047 5, (3)). */
static bool q_plain(char c)
{
    return ascii_alpha(c) || ascii_digit(c) || strchr("!*+-/", c);
}

static size_t q_len(struct str s)
{
    size_t n = 0;

    for (size_t i = 0; i < s.n; i++)
        n += s.p[i] == ' ' || (s.p[i] && q_plain(s.p[i])) ? 1 : 3;
    return n;
}

static void add_q(struct buf *out, struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == ' ')
            buf_add_char(out, '_');
        else if (s.p[i] && q_plain(s.p[i]))
            buf_add_char(out, s.p[i]);
        else
            buf_printf(out, "=%02X", (unsigned char)s.p[i]);
    }
}

static void add_b(struct buf *out, struct str s)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (size_t i = 0; i < s.n; i += 3) {
        size_t n = s.n - i < 3 ? s.n - i : 3;
        uint32_t v = 0;

        for (size_t k = 0; k < 3; k++)
            v = v << 8 | (k < n ? (unsigned char)s.p[i + k] : 0);
        for (size_t k = 0; k < 4; k++)
            buf_add_char(out, k <= n ? digits[v >> (18 - 6 * k) & 63] : '=');
    }
}

/* One word for as much of `s` as fits; each word holds whole characters (RFC 2047 5).  Returns the
 * bytes used. */
static size_t add_word(struct buf *out, struct str s, bool b)
{
    size_t n = 0;
    uint32_t cp;

    while (n < s.n) {
        int len = utf8_decode(str_from(s, n), &cp);
        size_t next = n + (len > 0 ? (size_t)len : 1);
        size_t room = b ? (next + 2) / 3 * 4 : q_len(str_sub(s, 0, next));

        if (room > WORD_ROOM)
            break;
        n = next;
    }
    buf_add_cstr(out, b ? "=?UTF-8?B?" : "=?UTF-8?Q?");
    (b ? add_b : add_q)(out, str_sub(s, 0, n));
    BUF_LIT(out, "?=");
    return n;
}

static void add_words(struct buf *out, struct str s)
{
    bool b = q_len(s) > (s.n + 2) / 3 * 4;

    while (s.n > 0) {
        size_t n = add_word(out, s, b);

        s = str_from(s, n);
        if (s.n > 0)
            buf_add_char(out, ' ');
    }
}

static size_t blanks_len(struct str s)
{
    size_t n = 0;

    while (n < s.n && lex_blank(s.p[n]))
        n++;
    return n;
}

/* The word at the start of `s`. */
static struct str black(struct str s)
{
    size_t n = 0;

    while (n < s.n && !lex_blank(s.p[n]))
        n++;
    return str_sub(s, 0, n);
}

static bool is_word(struct str s)
{
    struct word w;

    return word_at(s, &w) && w.len == s.n;
}

/* From the word at the start of `s` to the last of those behind it that hold 8-bit bytes, too. */
static size_t coded_len(struct str s)
{
    size_t end = 0;

    for (;;) {
        size_t blanks = blanks_len(str_from(s, end));
        struct str word = black(str_from(s, end + blanks));

        if (!str_has_8bit(word))
            return end;
        end += blanks + word.n;
    }
}

/* Encodes words with the blanks between them.  A reader drops blanks between encoded words (RFC
 * 2047 6.2), so where `before` or the next word is one already, the blanks on that side are
 * encoded, too. */
static size_t encode_run(struct buf *out, struct str s, size_t blanks, bool before)
{
    size_t end = blanks + coded_len(str_from(s, blanks));
    size_t after = blanks_len(str_from(s, end));
    bool next = is_word(black(str_from(s, end + after)));
    size_t from = before ? 0 : blanks;

    buf_add(out, s.p, blanks);
    add_words(out, str_sub(s, from, end + (next ? after : 0) - from));
    return end;
}

void mime_encode_text(struct buf *out, struct str text)
{
    struct buf utf8 = BUF_INIT;
    struct str s;
    bool encoded = false; /* the word before is one that was there */

    if (!str_has_8bit(text)) {
        buf_add_str(out, text);
        return;
    }
    mime_to_utf8(STR(""), text, &utf8);
    for (s = buf_str(&utf8); s.n > 0;) {
        size_t n = blanks_len(s);
        struct str word = black(str_from(s, n));

        if (str_has_8bit(word)) {
            n = encode_run(out, s, n, encoded);
        } else {
            n += word.n;
            buf_add(out, s.p, n);
        }
        encoded = is_word(word);
        s = str_from(s, n);
    }
    buf_fini(&utf8);
}
