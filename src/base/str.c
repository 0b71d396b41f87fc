/*
 * base/str.c - questions to a view of bytes.
 */
#include "base/str.h"

static int nocase_diff(const char *a, const char *b, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int d = (unsigned char)ascii_lower(a[i]) - (unsigned char)ascii_lower(b[i]);

        if (d)
            return d;
    }
    return 0;
}

static int length_diff(struct str a, struct str b)
{
    return (a.n > b.n) - (a.n < b.n);
}

static size_t shorter(struct str a, struct str b)
{
    return a.n < b.n ? a.n : b.n;
}

bool str_eq_nocase(struct str a, struct str b)
{
    return a.n == b.n && nocase_diff(a.p, b.p, a.n) == 0;
}

int str_cmp(struct str a, struct str b)
{
    size_t n = shorter(a, b);
    int d = n ? memcmp(a.p, b.p, n) : 0;

    return d ? d : length_diff(a, b);
}

int str_cmp_nocase(struct str a, struct str b)
{
    int d = nocase_diff(a.p, b.p, shorter(a, b));

    return d ? d : length_diff(a, b);
}

bool str_starts(struct str s, struct str prefix)
{
    return s.n >= prefix.n && str_eq(str_sub(s, 0, prefix.n), prefix);
}

bool str_starts_nocase(struct str s, struct str prefix)
{
    return s.n >= prefix.n && str_eq_nocase(str_sub(s, 0, prefix.n), prefix);
}

bool str_ends(struct str s, struct str suffix)
{
    return s.n >= suffix.n && str_eq(str_from(s, s.n - suffix.n), suffix);
}

struct str str_from(struct str s, size_t from)
{
    return str_sub(s, from, SIZE_MAX);
}

struct str str_sub(struct str s, size_t from, size_t n)
{
    if (!s.p)
        return s;
    if (from > s.n)
        from = s.n;
    if (n > s.n - from)
        n = s.n - from;
    return (struct str){s.p + from, n};
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct str str_trim(struct str s)
{
    size_t from = 0;

    while (s.n > 0 && is_blank(s.p[s.n - 1]))
        s.n--;
    while (from < s.n && is_blank(s.p[from]))
        from++;
    return str_from(s, from);
}

size_t str_find(struct str s, char c)
{
    const char *at = s.n ? memchr(s.p, c, s.n) : NULL;

    return at ? (size_t)(at - s.p) : s.n;
}

size_t str_search(struct str s, struct str needle)
{
    const char *at;

    if (needle.n == 0)
        return 0;
    if (s.n < needle.n)
        return SIZE_MAX;
    at = memmem(s.p, s.n, needle.p, needle.n); /* linear: two-way in the C library */
    return at ? (size_t)(at - s.p) : SIZE_MAX;
}

bool str_has_8bit(struct str s)
{
    size_t i = 0;
    uint64_t word;

    for (; i + sizeof(word) <= s.n; i += sizeof(word)) {
        memcpy(&word, s.p + i, sizeof(word));
        if (word & 0x8080808080808080u)
            return true;
    }
    for (; i < s.n; i++) {
        if (s.p[i] & 0x80)
            return true;
    }
    return false;
}

bool str_has_char(struct str s, char c)
{
    return s.n && memchr(s.p, c, s.n);
}

bool str_to_u64(struct str s, uint64_t *out)
{
    uint64_t v = 0;

    if (s.n == 0)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        if (!ascii_digit(s.p[i]) || __builtin_mul_overflow(v, 10u, &v) ||
            __builtin_add_overflow(v, (uint64_t)(s.p[i] - '0'), &v))
            return false;
    }
    *out = v;
    return true;
}

bool str_to_u32(struct str s, uint32_t *out)
{
    uint64_t v;

    if (!str_to_u64(s, &v) || v > UINT32_MAX)
        return false;
    *out = (uint32_t)v;
    return true;
}
