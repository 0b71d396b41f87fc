/*
 * imap/format.c - strings, names, flags and dates as IMAP writes them.
 *
 * Whatever the value, the result is within the grammar of RFC 9051, 9: a reader that believes it is
 * never wrong.
 */
#include "imap/format_priv.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "imap/lexer.h"
#include "imap/utf7.h"
#include "mime/header.h"

enum byte_class {
    NEEDS_ESCAPE = 1,  /* in a quoted string */
    NEEDS_LITERAL = 2, /* CR, LF */
    IS_NUL = 4,
    IS_8BIT = 8,
};

static const unsigned char classes[128] = {
    ['\0'] = IS_NUL,      ['\r'] = NEEDS_LITERAL, ['\n'] = NEEDS_LITERAL,
    ['"'] = NEEDS_ESCAPE, ['\\'] = NEEDS_ESCAPE,
};

static unsigned class_of(char c)
{
    return (unsigned char)c < 0x80 ? classes[(unsigned char)c] : IS_8BIT;
}

static unsigned classify(struct str s)
{
    unsigned all = 0;

    for (size_t i = 0; i < s.n; i++)
        all |= class_of(s.p[i]);
    return all;
}

static void put_escaped(struct buf *out, struct str s)
{
    buf_add_char(out, '"');
    for (size_t i = 0; i < s.n; i++) {
        if (class_of(s.p[i]) == NEEDS_ESCAPE)
            buf_add_char(out, '\\');
        buf_add_char(out, s.p[i]);
    }
    buf_add_char(out, '"');
}

static void put_plain(struct buf *out, struct str s)
{
    char *p = buf_reserve(out, s.n + 2);

    if (p == NULL)
        return;
    p[0] = '"';
    if (s.n > 0)
        memcpy(p + 1, s.p, s.n);
    p[s.n + 1] = '"';
    out->n += s.n + 2;
}

void imap_put_quoted(struct buf *out, struct str s)
{
    if (classify(s) & NEEDS_ESCAPE)
        put_escaped(out, s);
    else
        put_plain(out, s);
}

void imap_put_literal(struct buf *out, struct str s)
{
    buf_add_char(out, '{');
    buf_add_u64(out, s.n);
    BUF_LIT(out, "}\r\n");
    buf_add_str(out, s);
}

/* 7-bit or valid UTF-8, without NUL */
static void put_clean(struct buf *out, struct str s)
{
    if (classify(s) & NEEDS_LITERAL)
        imap_put_literal(out, s);
    else
        imap_put_quoted(out, s);
}

static void drop_nuls(struct buf *b)
{
    size_t n = 0;

    for (size_t i = 0; i < b->n; i++) {
        if (b->p[i] != '\0')
            b->p[n++] = b->p[i];
    }
    b->n = n;
}

/* The few strings that cannot be told as they are. */
static void put_mended(struct put *p, struct str s)
{
    struct buf clean = BUF_INIT, told = BUF_INIT;

    buf_add_str(&clean, s);
    drop_nuls(&clean);
    if (!str_has_8bit(s))
        buf_add_str(&told, buf_str(&clean));
    else if (p->mode == IMAP_MODE_UTF8)
        utf8_scrub(&told, buf_str(&clean));
    else
        mime_encode_text(&told, buf_str(&clean));
    put_clean(p->out, buf_str(&told));
    buf_fini(&clean);
    buf_fini(&told);
}

void put_string(struct put *p, struct str s)
{
    unsigned all = classify(s);

    if (all & IS_8BIT)
        p->saw_8bit = true;
    if (all == 0)
        put_plain(p->out, s);
    else if (all & (IS_8BIT | IS_NUL))
        put_mended(p, s);
    else
        put_clean(p->out, s);
}

void put_nstring(struct put *p, struct str s)
{
    if (s.p == NULL)
        BUF_LIT(p->out, "NIL");
    else
        put_string(p, s);
}

void imap_put_string(struct buf *out, struct str s, enum imap_mode mode)
{
    put_string(&(struct put){.out = out, .mode = mode}, s);
}

void imap_put_nstring(struct buf *out, struct str s, enum imap_mode mode)
{
    put_nstring(&(struct put){.out = out, .mode = mode}, s);
}

static bool all_in(struct str s, enum char_class class)
{
    for (size_t i = 0; i < s.n; i++) {
        if (!char_is(s.p[i], class))
            return false;
    }
    return s.n > 0;
}

/* "NIL" as an atom could be taken for the absent string. */
void imap_put_astring(struct buf *out, struct str s, enum imap_mode mode)
{
    if (all_in(s, CHAR_ASTRING) && !str_eq_nocase(s, STR("NIL")))
        buf_add_str(out, s);
    else
        imap_put_string(out, s, mode);
}

void imap_put_mailbox(struct buf *out, struct str name_utf8, enum imap_mode mode)
{
    struct buf coded = BUF_INIT;

    if (mode == IMAP_MODE_UTF8 || (!str_has_8bit(name_utf8) && !str_has_char(name_utf8, '&') &&
                                   all_in(name_utf8, CHAR_ASTRING))) {
        imap_put_astring(out, name_utf8, mode);
        return;
    }
    imap_utf7_encode(&coded, name_utf8);
    imap_put_astring(out, buf_str(&coded), mode);
    buf_fini(&coded);
}

enum { FLAG_NAME = 11 }; /* the longest of them, with its space */

/* In the order of their bits; \Recent behind them. */
static const struct flag_name {
    char text[FLAG_NAME + 1];
    size_t n;
} flag_names[] = {
    {"\\Seen ", 6},    {"\\Answered ", 10}, {"\\Flagged ", 9},
    {"\\Deleted ", 9}, {"\\Draft ", 7},     {"\\Recent ", 8},
};

static void put_system_flags(struct buf *out, unsigned bits)
{
    char *p = buf_reserve(out, ARRAY_LEN(flag_names) * FLAG_NAME);
    char *start = p;

    for (size_t i = 0; p != NULL && i < ARRAY_LEN(flag_names); i++) {
        if (!(bits & 1u << i))
            continue;
        memcpy(p, flag_names[i].text, FLAG_NAME);
        p += flag_names[i].n;
    }
    out->n += p != NULL ? (size_t)(p - start) : 0;
}

/* A keyword that is no atom cannot be told and is left out. */
void imap_put_flags(struct buf *out, uint8_t system, bool recent, const struct str *keywords,
                    size_t n)
{
    size_t start;

    buf_add_char(out, '(');
    start = out->n;
    put_system_flags(out, (system & 31u) | (recent ? 32u : 0u));
    for (size_t i = 0; i < n; i++) {
        if (all_in(keywords[i], CHAR_ATOM)) {
            buf_add_str(out, keywords[i]);
            buf_add_char(out, ' ');
        }
    }
    if (out->n > start)
        out->n--; /* the last space */
    buf_add_char(out, ')');
}

static int64_t clamp(int64_t v, int64_t least, int64_t most)
{
    return v < least ? least : v > most ? most : v;
}

static void put_2(char *p, int v, char tens)
{
    p[0] = v < 10 ? tens : (char)('0' + v / 10);
    p[1] = (char)('0' + v % 10);
}

/* date-time of RFC 9051, 9.  Years 1 to 9999 can be told, and zones of less than a day. */
void imap_put_internaldate(struct buf *out, int64_t utc, int16_t zone_min)
{
    static const char form[] = "\"dd-Mon-yyyy hh:mm:ss +zzzz\"";
    int zone = zone_min > -24 * 60 && zone_min < 24 * 60 ? zone_min : 0;
    int64_t local =
        clamp(utc, date_days(1, 1, 1) * 86400 + 86400, date_days(9999, 12, 31) * 86400 - 1);
    int64_t day, second;
    int year, month, mday;
    char *p = buf_reserve(out, sizeof(form) - 1);

    if (p == NULL)
        return;
    local += zone * 60;
    day = local / 86400 - (local % 86400 < 0);
    second = local - day * 86400;
    date_civil(day, &year, &month, &mday);
    memcpy(p, form, sizeof(form) - 1);
    put_2(p + 1, mday, ' ');
    memcpy(p + 4, date_month_names[month - 1], 3);
    put_2(p + 8, year / 100, '0');
    put_2(p + 10, year % 100, '0');
    put_2(p + 13, (int)(second / 3600), '0');
    put_2(p + 16, (int)(second / 60 % 60), '0');
    put_2(p + 19, (int)(second % 60), '0');
    p[22] = zone < 0 ? '-' : '+';
    zone = zone < 0 ? -zone : zone;
    put_2(p + 23, zone / 60, '0');
    put_2(p + 25, zone % 60, '0');
    out->n += sizeof(form) - 1;
}

static void put_header_list(struct buf *out, const struct imap_section *s)
{
    BUF_LIT(out, " (");
    for (size_t i = 0; i < s->n_fields; i++) {
        if (i > 0)
            buf_add_char(out, ' ');
        imap_put_astring(out, s->fields[i], IMAP_MODE_REV1);
    }
    buf_add_char(out, ')');
}

void imap_put_section(struct buf *out, const struct imap_section *s)
{
    static const char *const texts[] = {
        [SECTION_HEADER] = "HEADER",
        [SECTION_FIELDS] = "HEADER.FIELDS",
        [SECTION_FIELDS_NOT] = "HEADER.FIELDS.NOT",
        [SECTION_TEXT] = "TEXT",
        [SECTION_MIME] = "MIME",
    };

    for (size_t i = 0; i < s->n_numbers; i++) {
        if (i > 0)
            buf_add_char(out, '.');
        buf_add_u64(out, s->numbers[i]);
    }
    if (s->text == SECTION_ALL)
        return;
    if (s->n_numbers > 0)
        buf_add_char(out, '.');
    buf_add_cstr(out, texts[s->text]);
    if (s->text == SECTION_FIELDS || s->text == SECTION_FIELDS_NOT)
        put_header_list(out, s);
}

void imap_put_text(struct buf *out, struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] >= ' ' && s.p[i] <= '~' && s.p[i] != ']')
            buf_add_char(out, s.p[i]);
    }
}
