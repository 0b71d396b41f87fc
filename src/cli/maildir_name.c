/*
 * cli/maildir_name.c - the names of Maildir's files and folders, read and written.
 */
#include "cli/maildir_name.h"

#include "base/mem.h"
#include "base/utf8.h"
#include "imap/utf7.h"
#include "mailbox/version.h"

#include <string.h>

/* ---- file names ---- */

static const struct {
    char letter;
    uint8_t flag;
} letters[] = {
    {'D', FLAG_DRAFT}, {'F', FLAG_FLAGGED}, {'R', FLAG_ANSWERED},
    {'S', FLAG_SEEN},  {'T', FLAG_DELETED},
};

static void parse_flags(struct str s, struct maildir_name *out)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        for (size_t k = 0; k < ARRAY_LEN(letters); k++)
            if (letters[k].letter == c)
                out->flags |= letters[k].flag;
        out->passed = out->passed || c == 'P';
        if (c >= 'a' && c <= 'z')
            out->keywords[0] |= 1ull << (c - 'a');
    }
}

static int hex_value(char c)
{
    if (ascii_digit(c))
        return c - '0';
    c = ascii_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void parse_extra(struct str s, struct maildir_name *out)
{
    if (s.n > (MAILDIR_EXTRA + 3) / 4)
        return;
    for (size_t i = 0; i < s.n; i++) {
        int v = hex_value(s.p[s.n - 1 - i]);
        for (unsigned bit = 0; v > 0 && bit < 4; bit++) {
            unsigned id = MAILDIR_LETTERS + 4 * (unsigned)i + bit;
            if ((v >> bit & 1) && id < MAILDIR_KEYWORDS)
                out->keywords[id / 64] |= 1ull << (id % 64);
        }
    }
}

static void parse_field(struct str f, struct maildir_name *out)
{
    struct str value = str_from(f, 2);
    uint64_t n;

    if (f.n < 3 || f.p[1] != '=')
        return;
    bool negative = value.p[0] == '-';
    if (f.p[0] == 'K')
        parse_extra(value, out);
    if (!str_to_u64(str_from(value, negative), &n) || n > INT64_MAX ||
        (negative && !strchr("ZD", f.p[0])))
        return;
    if (f.p[0] == 'S') {
        out->size = n;
        out->has_size = true;
    } else if (f.p[0] == 'W') {
        out->wire_size = n;
        out->has_wire_size = true;
    } else if (f.p[0] == 'U') {
        out->uid = n;
    } else if (f.p[0] == 'D') {
        out->date = negative ? -(int64_t)n : (int64_t)n;
        out->has_date = true;
    } else if (f.p[0] == 'Z' && n < 24 * 60) {
        out->zone_min = (int16_t)(negative ? -(int)n : (int)n);
    }
}

/* Behind the last ":2,"; some systems write ";2," or "!2,". */
static size_t info_at(struct str name)
{
    for (size_t i = name.n; i >= 3; i--)
        if (name.p[i - 1] == ',' && name.p[i - 2] == '2' && strchr(":;!", name.p[i - 3]))
            return i - 3;
    return name.n;
}

void maildir_name_parse(struct str name, struct maildir_name *out)
{
    size_t info = info_at(name);
    struct str base = str_sub(name, 0, info);
    uint64_t seconds;

    *out = (struct maildir_name){.seconds = -1};
    if (str_to_u64(str_sub(base, 0, str_find(base, '.')), &seconds) && seconds <= INT64_MAX)
        out->seconds = (int64_t)seconds;
    for (struct str rest = str_from(base, str_find(base, ',') + 1); rest.n > 0;) {
        size_t end = str_find(rest, ',');
        parse_field(str_sub(rest, 0, end), out);
        rest = str_from(rest, end + 1);
    }
    parse_flags(str_from(name, info + 3), out);
}

static void put_extra(struct buf *out, const struct maildir_name *m)
{
    bool any = false;

    for (int i = (MAILDIR_EXTRA + 3) / 4 - 1; i >= 0; i--) {
        unsigned v = 0;
        for (unsigned bit = 0; bit < 4; bit++)
            v |= (unsigned)maildir_has_keyword(m, MAILDIR_LETTERS + 4 * (unsigned)i + bit) << bit;
        if (v && !any)
            BUF_LIT(out, ",K=");
        any = any || v;
        if (any)
            buf_add_char(out, "0123456789abcdef"[v]);
    }
}

void maildir_name_put(struct buf *out, const struct maildir_name *m)
{
    buf_printf(out, "%lld.M%010lluP1.tern,S=%llu,W=%llu,U=%llu",
               (long long)(m->seconds > 0 ? m->seconds : 0), (unsigned long long)m->uid,
               (unsigned long long)m->size, (unsigned long long)m->wire_size,
               (unsigned long long)m->uid);
    if (m->zone_min)
        buf_printf(out, ",Z=%d", m->zone_min);
    if (m->has_date)
        buf_printf(out, ",D=%lld", (long long)m->date);
    put_extra(out, m);
    BUF_LIT(out, ":2,");
    /* In the order of ASCII, as the Maildir specification asks. */
    for (char c = 'D'; c <= 'T'; c++) {
        if (c == 'P' && m->passed)
            buf_add_char(out, c);
        for (size_t k = 0; k < ARRAY_LEN(letters); k++)
            if (letters[k].letter == c && (m->flags & letters[k].flag))
                buf_add_char(out, c);
    }
    for (unsigned id = 0; id < MAILDIR_LETTERS; id++)
        if (maildir_has_keyword(m, id))
            buf_add_char(out, (char)('a' + (int)id));
}

int maildir_name_cmp(const char *a, const char *b)
{
    struct maildir_name x, y;

    maildir_name_parse(str_of(a), &x);
    maildir_name_parse(str_of(b), &y);
    if (x.uid != y.uid) {
        if (!x.uid || !y.uid)
            return x.uid ? -1 : 1;
        return x.uid < y.uid ? -1 : 1;
    }
    return strverscmp(a, b);
}

/* ---- folder names ---- */

bool maildir_level_decode(struct arena *a, struct str level, struct str *out)
{
    struct str utf8;
    struct buf clean = BUF_INIT;

    if (!imap_utf7_decode(a, level, &utf8))
        utf8 = level;
    utf8_scrub(&clean, utf8);
    for (size_t i = 0; i < clean.n; i++)
        if ((unsigned char)clean.p[i] < ' ' || clean.p[i] == 127 || clean.p[i] == '/')
            clean.p[i] = '_';
    *out = arena_str(a, buf_str(&clean));
    buf_fini(&clean);
    return out->n > 0;
}

bool maildir_folder_decode(struct arena *a, struct str dir, struct str *name_out)
{
    struct buf name = BUF_INIT;

    while (dir.n > 0) {
        size_t dot = str_find(dir, '.');
        struct str level;
        if (maildir_level_decode(a, str_sub(dir, 0, dot), &level)) {
            if (name.n)
                buf_add_char(&name, '/');
            buf_add_str(&name, level);
        }
        dir = str_from(dir, dot + 1);
    }
    *name_out = arena_str(a, buf_str(&name));
    buf_fini(&name);
    return name_out->n > 0;
}

void maildir_level_encode(struct buf *out, struct str level)
{
    struct buf utf7 = BUF_INIT;

    imap_utf7_encode(&utf7, level);
    for (size_t i = 0; i < utf7.n; i++) {
        if (utf7.p[i] == '.')
            BUF_LIT(out, "&AC4-");
        else
            buf_add_char(out, utf7.p[i]);
    }
    buf_fini(&utf7);
}

void maildir_folder_encode(struct buf *out, struct str name)
{
    while (name.n > 0) {
        size_t end = str_find(name, '/');
        buf_add_char(out, '.');
        maildir_level_encode(out, str_sub(name, 0, end));
        name = str_from(name, end + 1);
    }
}
