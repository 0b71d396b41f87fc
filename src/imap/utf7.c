/*
 * imap/utf7.c - modified UTF-7 (RFC 3501, 5.1.3): printable ASCII stands for itself but "&", which
 * is "&-"; the rest is UTF-16 in base64 with "," for "/" and without "=", between "&" and "-".
 */
#include "imap/utf7.h"

#include "base/utf8.h"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

static int digit_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (ascii_digit(c))
        return c - '0' + 52;
    return c == '+' ? 62 : c == ',' ? 63 : -1;
}

/* UTF-16 units as they come; `high` waits for its other half. */
struct units {
    struct buf *out;
    uint32_t high;
};

static bool units_add(struct units *u, uint32_t unit)
{
    bool is_low = unit >= 0xdc00 && unit <= 0xdfff;

    if (is_low != (u->high != 0) || unit == 0)
        return false; /* half a pair, or NUL, which no name holds */
    if (unit >= 0xd800 && unit <= 0xdbff) {
        u->high = unit;
        return true;
    }
    utf8_encode(u->out, is_low ? 0x10000 + ((u->high - 0xd800) << 10) + (unit - 0xdc00) : unit);
    u->high = 0;
    return true;
}

/* What stands between "&" and "-".  Bits that are left over must be fewer than a digit, and 0. */
static bool decode_base64(struct buf *out, struct str in)
{
    struct units u = {.out = out};
    uint32_t bits = 0;
    unsigned n_bits = 0;

    for (size_t i = 0; i < in.n; i++) {
        int v = digit_value(in.p[i]);

        if (v < 0)
            return false;
        bits = bits << 6 | (uint32_t)v;
        n_bits += 6;
        if (n_bits < 16)
            continue;
        n_bits -= 16;
        if (!units_add(&u, bits >> n_bits & 0xffff))
            return false;
        bits &= (1u << n_bits) - 1;
    }
    return u.high == 0 && n_bits < 6 && bits == 0;
}

static bool decode(struct buf *out, struct str in)
{
    for (size_t i = 0; i < in.n; i++) {
        struct str coded;

        if (in.p[i] < ' ' || in.p[i] > '~')
            return false;
        if (in.p[i] != '&') {
            buf_add_char(out, in.p[i]);
            continue;
        }
        coded = str_from(in, i + 1);
        coded.n = str_find(coded, '-');
        i += coded.n + 1;
        if (i == in.n)
            return false; /* no "-" */
        if (coded.n == 0)
            buf_add_char(out, '&');
        else if (!decode_base64(out, coded))
            return false;
    }
    return true;
}

/* Most names are ASCII without "&" and are given back as they are.  Control characters that stand
 * bare are let through: they were sent in a literal, and whether a name may hold them is not a
 * question of its coding. */
static bool needs_decoding(struct str in, bool *bad_out)
{
    bool needed = false;

    *bad_out = false;
    for (size_t i = 0; i < in.n; i++) {
        needed |= in.p[i] == '&';
        *bad_out |= (unsigned char)in.p[i] >= 0x80 || in.p[i] == '\0';
    }
    return needed;
}

bool imap_utf7_decode(struct arena *a, struct str in, struct str *utf8_out)
{
    struct buf out = BUF_INIT;
    bool bad, good;

    if (!needs_decoding(in, &bad) || bad) {
        *utf8_out = in;
        return !bad;
    }
    good = decode(&out, in);
    if (good)
        *utf8_out = arena_str(a, buf_str(&out));
    buf_fini(&out);
    return good;
}

/* base64 that is being written */
struct coder {
    struct buf *out;
    uint32_t bits;
    unsigned n_bits;
    bool open;
};

static void coder_unit(struct coder *c, uint32_t unit)
{
    if (!c->open)
        buf_add_char(c->out, '&');
    c->open = true;
    c->bits = c->bits << 16 | unit;
    for (c->n_bits += 16; c->n_bits >= 6; c->n_bits -= 6)
        buf_add_char(c->out, digits[c->bits >> (c->n_bits - 6) & 63]);
    c->bits &= (1u << c->n_bits) - 1;
}

static void coder_close(struct coder *c)
{
    if (!c->open)
        return;
    if (c->n_bits > 0)
        buf_add_char(c->out, digits[c->bits << (6 - c->n_bits) & 63]);
    buf_add_char(c->out, '-');
    *c = (struct coder){.out = c->out};
}

static void coder_char(struct coder *c, uint32_t cp)
{
    if (cp >= ' ' && cp <= '~') {
        coder_close(c);
        buf_add_char(c->out, (char)cp);
        if (cp == '&')
            buf_add_char(c->out, '-');
    } else if (cp < 0x10000) {
        coder_unit(c, cp);
    } else {
        coder_unit(c, 0xd800 + ((cp - 0x10000) >> 10));
        coder_unit(c, 0xdc00 + ((cp - 0x10000) & 0x3ff));
    }
}

void imap_utf7_encode(struct buf *out, struct str utf8)
{
    struct coder c = {.out = out};

    while (utf8.n > 0) {
        uint32_t cp = 0xfffd;
        int n = utf8_decode(utf8, &cp);

        coder_char(&c, n > 0 ? cp : 0xfffd);
        utf8 = str_from(utf8, n > 0 ? (size_t)n : 1);
    }
    coder_close(&c);
}
