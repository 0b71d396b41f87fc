/*
 * auth/sasl.c - what AUTHENTICATE PLAIN is made of (RFC 4616, RFC 4648).
 */
#include "auth/auth.h"

enum err auth_plain_split(struct str message, struct str *user_out, struct str *password_out)
{
    size_t first = str_find(message, '\0');
    struct str authzid = str_sub(message, 0, first), rest = str_from(message, first + 1);
    size_t second = str_find(rest, '\0');

    if (first == message.n || second == rest.n)
        return ERR_SYNTAX;
    *user_out = str_sub(rest, 0, second);
    *password_out = str_from(rest, second + 1);
    if (user_out->n == 0 || password_out->n == 0 || str_has_char(*password_out, '\0'))
        return ERR_SYNTAX;
    return authzid.n == 0 || str_eq(authzid, *user_out) ? ERR_OK : ERR_AUTH;
}

/* The value of a base64 digit, or -1. */
static int digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (ascii_digit(c))
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Four characters, the last `pad` of which are "=". */
static bool decode_group(const char *in, int pad, char *out)
{
    uint32_t bits = 0;

    for (int i = 0; i < 4; i++) {
        int v = i >= 4 - pad ? 0 : digit(in[i]);
        if (v < 0)
            return false;
        bits = bits << 6 | (uint32_t)v;
    }
    for (int i = 0; i < 3; i++)
        out[i] = (char)(bits >> (16 - 8 * i));
    /* RFC 4648, 3.5: bits behind the end must be zero. */
    return pad == 0 || (bits & ((UINT32_C(1) << (8 * pad)) - 1)) == 0;
}

bool auth_base64_decode(struct arena *a, struct str in, struct str *out)
{
    int pad = in.n == 0 || in.p[in.n - 1] != '=' ? 0 : in.n >= 2 && in.p[in.n - 2] == '=' ? 2 : 1;
    char *p = arena_alloc(a, in.n / 4 * 3 + 1);

    if (in.n % 4 != 0)
        return false;
    for (size_t i = 0; i < in.n; i += 4) {
        if (!decode_group(in.p + i, i + 4 == in.n ? pad : 0, p + i / 4 * 3))
            return false;
    }
    *out = str_n(p, in.n / 4 * 3 - (size_t)pad);
    return true;
}
