/*
 * mime/decode.c - content transfer encodings, undone in pieces.
 *
 * What comes out does not depend on how the input is cut: everything undecided is in the decoder.
 */
#include "mime/decode.h"

enum { NOT_HEX = 16, PAD = 1, VALID = 128 };

/* RFC 2045 6.8, table 1: the value plus VALID; 0: to be skipped. */
/* clang-format off */
static const unsigned char base64_values[256] = {
    ['='] = PAD,
    ['A'] = 128, 129, 130, 131, 132, 133, 134, 135, 136, 137, 138, 139, 140,
            141, 142, 143, 144, 145, 146, 147, 148, 149, 150, 151, 152, 153,
    ['a'] = 154, 155, 156, 157, 158, 159, 160, 161, 162, 163, 164, 165, 166,
            167, 168, 169, 170, 171, 172, 173, 174, 175, 176, 177, 178, 179,
    ['0'] = 180, 181, 182, 183, 184, 185, 186, 187, 188, 189,
    ['+'] = 190,
    ['/'] = 191,
};
/* clang-format on */

void mime_decoder_init(struct mime_decoder *d, enum mime_cte cte)
{
    *d = (struct mime_decoder){.cte = cte};
}

/* Whole groups of four, as long as nothing has to be skipped.  Returns the bytes read. */
static size_t base64_groups(const unsigned char *in, size_t n, struct buf *out)
{
    size_t groups = n / 4;
    char *to = buf_reserve(out, groups * 3);
    size_t i;

    if (!to)
        return 0;
    for (i = 0; i < groups; i++, in += 4, to += 3) {
        unsigned a = base64_values[in[0]];
        unsigned b = base64_values[in[1]];
        unsigned c = base64_values[in[2]];
        unsigned d = base64_values[in[3]];

        if (!(a & b & c & d & VALID))
            break;
        to[0] = (char)(a << 2 | (b >> 4 & 3));
        to[1] = (char)(b << 4 | (c >> 2 & 15));
        to[2] = (char)(c << 6 | (d & 63));
    }
    out->n += i * 3;
    return i * 4;
}

/* The bytes that are whole in an unfinished group. */
static void base64_flush(struct mime_decoder *d, struct buf *out)
{
    if (d->n_bits >= 12)
        buf_add_char(out, (char)(d->bits >> (d->n_bits - 8)));
    if (d->n_bits >= 18)
        buf_add_char(out, (char)(d->bits >> (d->n_bits - 16)));
    d->bits = 0;
    d->n_bits = 0;
}

static void base64_char(struct mime_decoder *d, unsigned char c, struct buf *out)
{
    unsigned v = base64_values[c];

    if (v == PAD)
        base64_flush(d, out); /* data may go on: two encodings put one behind the other */
    if (!(v & VALID))
        return;
    d->bits = d->bits << 6 | (v & 63);
    d->n_bits += 6;
    if (d->n_bits < 24)
        return;
    buf_add(out, (char[]){(char)(d->bits >> 16), (char)(d->bits >> 8), (char)d->bits}, 3);
    d->bits = 0;
    d->n_bits = 0;
}

static void base64_feed(struct mime_decoder *d, struct str in, struct buf *out)
{
    const unsigned char *p = (const unsigned char *)in.p;
    const unsigned char *end = p + in.n;

    while (p < end) {
        if (d->n_bits == 0 && end - p >= 4)
            p += base64_groups(p, (size_t)(end - p), out);
        if (p < end)
            base64_char(d, *p++, out);
    }
}

static unsigned hex_value(unsigned char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10u : NOT_HEX;
}

static void qp_flush(struct mime_decoder *d, struct buf *out)
{
    buf_add(out, d->held, d->n_held);
    d->n_held = 0;
}

static void qp_hold(struct mime_decoder *d, unsigned char c, struct buf *out)
{
    if (d->n_held == sizeof(d->held))
        qp_flush(d, out); /* longer than any line may be (RFC 2045 6.7, 5): kept */
    d->held[d->n_held++] = c;
}

/* `held` begins with "=".  Returns whether `c` still belongs to it: "=XX", or a soft line break
 * with the blanks that transports add (RFC 2045 6.7, 3 and 5). */
static bool qp_escape(struct mime_decoder *d, unsigned char c, struct buf *out)
{
    unsigned char last = d->held[d->n_held - 1];
    bool hex = hex_value(last) != NOT_HEX && d->n_held == 2;

    if (c == '\n' && !hex)
        d->n_held = 0;
    else if ((d->n_held == 1 && hex_value(c) != NOT_HEX) ||
             (!hex && last != '\r' && (c == ' ' || c == '\t' || c == '\r')))
        qp_hold(d, c, out);
    else if (hex && hex_value(c) != NOT_HEX) {
        buf_add_char(out, (char)(hex_value(last) << 4 | hex_value(c)));
        d->n_held = 0;
    } else {
        qp_flush(d, out);
        return false;
    }
    return true;
}

static void qp_char(struct mime_decoder *d, unsigned char c, struct buf *out)
{
    bool cr = d->n_held > 0 && d->held[d->n_held - 1] == '\r';

    if (c == '\n') {
        d->n_held = 0; /* blanks at the end of a line were added on the way (RFC 2045 6.7, 3) */
        buf_add_cstr(out, cr ? "\r\n" : "\n");
        return;
    }
    if (cr || (c != ' ' && c != '\t' && c != '\r'))
        qp_flush(d, out);
    if (c == ' ' || c == '\t' || c == '\r' || c == '=')
        qp_hold(d, c, out);
    else
        buf_add_char(out, (char)c);
}

static bool qp_plain(unsigned char c)
{
    return c > ' ' ? c != '=' : c != ' ' && c != '\t' && c != '\r' && c != '\n';
}

/* How many bytes from the start of `s` stand for themselves: single blanks between them, too. */
static size_t qp_run(struct str s)
{
    const unsigned char *p = (const unsigned char *)s.p;
    size_t n = 0;

    while (n < s.n && (qp_plain(p[n]) || (p[n] == ' ' && n + 1 < s.n && qp_plain(p[n + 1]))))
        n++;
    return n;
}

static void qp_feed(struct mime_decoder *d, struct str in, struct buf *out)
{
    while (in.n > 0) {
        unsigned char c = (unsigned char)in.p[0];
        size_t n = 1;

        if (d->n_held > 0 && d->held[0] == '=') {
            n = qp_escape(d, c, out);
        } else if (!qp_plain(c)) {
            qp_char(d, c, out);
        } else {
            qp_flush(d, out);
            n = qp_run(in);
            buf_add(out, in.p, n);
        }
        in = str_from(in, n);
    }
}

/* A "=" or blanks at the very end stand before the line end that belongs to the boundary (RFC
 * 2046 5.1.1). */
static void qp_end(struct mime_decoder *d, struct buf *out)
{
    unsigned char last = d->n_held > 0 ? d->held[d->n_held - 1] : 0;
    bool soft = last == '=' || last == ' ' || last == '\t' || (last == '\r' && d->held[0] == '=');

    if (soft)
        d->n_held = 0;
    qp_flush(d, out);
}

enum uu_state { UU_SEEK, UU_SKIP, UU_BEGIN, UU_LENGTH, UU_DATA, UU_TAIL, UU_DONE };

static enum uu_state uu_seek(struct mime_decoder *d, char c)
{
    static const char begin[] = "begin ";

    if (c != begin[d->n_bits])
        return c == '\n' ? UU_SEEK : UU_SKIP;
    d->n_bits++;
    return begin[d->n_bits] ? UU_SEEK : UU_BEGIN;
}

static enum uu_state uu_length(struct mime_decoder *d, char c)
{
    if (c == '\r' || c == '\n')
        return UU_LENGTH;
    if (c < ' ' || c > '`') /* "end", or not uuencoded any more */
        return UU_DONE;
    d->left = (unsigned)(c - ' ') & 63;
    d->bits = 0;
    d->n_bits = 0;
    return d->left ? UU_DATA : UU_TAIL;
}

static enum uu_state uu_data(struct mime_decoder *d, char c, struct buf *out)
{
    if (c == '\n')
        return UU_LENGTH;
    if (c < ' ' || c > '`')
        return UU_DATA;
    d->bits = d->bits << 6 | ((unsigned)(c - ' ') & 63);
    d->n_bits += 6;
    if (d->n_bits < 24)
        return UU_DATA;
    for (int shift = 16; shift >= 0 && d->left > 0; shift -= 8, d->left--)
        buf_add_char(out, (char)(d->bits >> shift));
    d->n_bits = 0;
    return d->left ? UU_DATA : UU_TAIL;
}

static enum uu_state uu_char(struct mime_decoder *d, char c, struct buf *out)
{
    switch ((enum uu_state)d->state) {
    case UU_SEEK:
        return uu_seek(d, c);
    case UU_SKIP:
        d->n_bits = 0;
        return c == '\n' ? UU_SEEK : UU_SKIP;
    case UU_BEGIN:
        return c == '\n' ? UU_LENGTH : UU_BEGIN;
    case UU_LENGTH:
        return uu_length(d, c);
    case UU_DATA:
        return uu_data(d, c, out);
    case UU_TAIL:
        return c == '\n' ? UU_LENGTH : UU_TAIL;
    case UU_DONE:
        break;
    }
    return UU_DONE;
}

static void uu_feed(struct mime_decoder *d, struct str in, struct buf *out)
{
    for (size_t i = 0; i < in.n && d->state != UU_DONE; i++)
        d->state = uu_char(d, in.p[i], out);
}

void mime_decoder_feed(struct mime_decoder *d, struct str in, struct buf *out)
{
    if (d->cte == CTE_BASE64)
        base64_feed(d, in, out);
    else if (d->cte == CTE_QP)
        qp_feed(d, in, out);
    else if (d->cte == CTE_UUENCODE)
        uu_feed(d, in, out);
    else
        buf_add_str(out, in);
}

void mime_decoder_end(struct mime_decoder *d, struct buf *out)
{
    if (d->cte == CTE_BASE64)
        base64_flush(d, out);
    else if (d->cte == CTE_QP)
        qp_end(d, out);
}
