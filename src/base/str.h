/* A view of bytes: pointer and length, owns nothing, may hold NUL.  An absent string has p == NULL; an empty one
 * has p != NULL and n == 0.  NUL-terminated text is used only at the edge of the system. */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
    const char *p;
    size_t n;
};

#define STR(lit) ((struct str){"" lit, sizeof(lit) - 1})
#define STR_INIT(lit) {"" lit, sizeof(lit) - 1} /* in tables: STR is no constant */
#define STR_NONE ((struct str){NULL, 0})
#define STR_FMT(s) (int)(s).n, (s).p /* for "%.*s" */

static inline struct str str_of(const char *cstr)
{
    return (struct str){cstr, cstr ? strlen(cstr) : 0};
}

static inline struct str str_n(const void *p, size_t n)
{
    return (struct str){(const char *)p, n};
}

static inline bool str_eq(struct str a, struct str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* ASCII case only; no locale. */
bool str_eq_nocase(struct str a, struct str b);
int str_cmp(struct str a, struct str b); /* bytewise, shorter first */
int str_cmp_nocase(struct str a, struct str b);
bool str_starts(struct str s, struct str prefix);
bool str_starts_nocase(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);

/* From `from` (clamped) on; at most `n` bytes. */
struct str str_from(struct str s, size_t from);
struct str str_sub(struct str s, size_t from, size_t n);
struct str str_trim(struct str s); /* SP, TAB, CR, LF at both ends */

/* Position of the first `c`, or s.n. */
size_t str_find(struct str s, char c);
/* Position of the first `needle`, or SIZE_MAX. */
size_t str_search(struct str s, struct str needle);
bool str_has_8bit(struct str s);
bool str_has_char(struct str s, char c);

/* The whole of `s` is decimal digits (at least one) and fits; otherwise false and *out is untouched. */
bool str_to_u64(struct str s, uint64_t *out);
bool str_to_u32(struct str s, uint32_t *out);

static inline char ascii_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static inline char ascii_upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
}

static inline bool ascii_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline bool ascii_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

#endif
