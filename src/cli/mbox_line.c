/*
 * cli/mbox_line.c - From lines, flag fields and quoting of mbox.
 */
#include "cli/mbox_line.h"

#include "base/clock.h"
#include "base/mem.h"
#include "mailbox/version.h"

/* ---- From lines ---- */

enum { TOKENS = 16 };

static size_t split(struct str s, struct str *tokens)
{
    size_t n = 0;

    while (s.n > 0 && n < TOKENS) {
        while (s.n > 0 && (*s.p == ' ' || *s.p == '\t'))
            s = str_from(s, 1);
        size_t end = 0;
        while (end < s.n && s.p[end] != ' ' && s.p[end] != '\t')
            end++;
        if (end > 0)
            tokens[n++] = str_sub(s, 0, end);
        s = str_from(s, end);
    }
    return n;
}

/* "9:05", "09:05:07" */
static bool time_of(struct str s, int *sec_out)
{
    uint32_t part[3] = {0};
    size_t n = 0;

    while (s.n > 0 && n < 3) {
        size_t end = str_find(s, ':');
        if (!str_to_u32(str_sub(s, 0, end), &part[n++]))
            return false;
        s = str_from(s, end + 1);
    }
    if (n < 2 || s.n > 0 || part[0] > 23 || part[1] > 59 || part[2] > 60)
        return false;
    *sec_out = (int)(part[0] * 3600 + part[1] * 60 + part[2]);
    return true;
}

/* "+0200" */
static bool zone_of(struct str s, int *min_out)
{
    uint32_t n;

    if (s.n != 5 || (*s.p != '+' && *s.p != '-') || !str_to_u32(str_from(s, 1), &n) ||
        n / 100 > 23 || n % 100 > 59)
        return false;
    int min = (int)(n / 100 * 60 + n % 100);
    *min_out = *s.p == '-' ? -min : min;
    return true;
}

/* "Jan 1 00:00:00", then year and zone in either order; other words (MEST) are passed over.
 * Without a zone: UTC, as in the mbox of qmail, whose form this is. */
static bool date_at(const struct str *t, size_t n, struct mbox_from *out)
{
    uint32_t day, year = 0, number;
    bool has_year = false;
    int sec, zone = 0, month = date_month_of(t[0]);

    if (n < 4 || !month || !str_to_u32(t[1], &day) || !time_of(t[2], &sec))
        return false;
    for (size_t i = 3; i < n; i++) {
        if (zone_of(t[i], &zone) || has_year || t[i].n != 4 || !str_to_u32(t[i], &number))
            continue;
        year = number;
        has_year = true;
    }
    if (!has_year || !date_valid((int)year, month, (int)day))
        return false;
    out->has_date = true;
    out->zone_min = (int16_t)zone;
    out->date = date_days((int)year, month, (int)day) * 86400 + sec - zone * 60;
    return true;
}

static bool is_day_name(struct str s)
{
    for (int i = 0; i < 7; i++)
        if (str_eq(s, str_of(date_day_names[i])))
            return true;
    return false;
}

bool mbox_from_parse(struct str line, struct mbox_from *out)
{
    struct str tokens[TOKENS];

    *out = (struct mbox_from){0};
    if (!str_starts(line, STR("From ")))
        return false;
    size_t n = split(str_from(line, 5), tokens);
    for (size_t i = 0; i + 3 < n; i++) {
        if (!date_at(tokens + i, n - i, out))
            continue;
        out->sure = i > 0 && is_day_name(tokens[i - 1]);
        return true;
    }
    out->sure = n == 1 && str_eq(tokens[0], STR("-"));
    return out->sure;
}

void mbox_from_put(struct buf *out, int64_t date, int16_t zone_min)
{
    int64_t local = date + zone_min * 60, days = local / 86400, sec = local % 86400;
    int year, month, day;

    if (sec < 0) {
        sec += 86400;
        days--;
    }
    date_civil(days, &year, &month, &day);
    buf_printf(out, "From MAILER-DAEMON %s %s %2d %02d:%02d:%02d %04d",
               date_day_names[date_weekday(days)], date_month_names[month - 1], day,
               (int)(sec / 3600), (int)(sec / 60 % 60), (int)(sec % 60), year);
    if (zone_min) {
        int z = zone_min < 0 ? -zone_min : zone_min;
        buf_printf(out, " %c%02d%02d", zone_min < 0 ? '-' : '+', z / 60, z % 60);
    }
    buf_add_char(out, '\n');
}

/* ---- flags ---- */

static const struct {
    char letter;
    uint8_t flag;
} status_letters[] = {{'R', FLAG_SEEN},
                      {'A', FLAG_ANSWERED},
                      {'F', FLAG_FLAGGED},
                      {'D', FLAG_DELETED},
                      {'T', FLAG_DRAFT}};

static void status(struct str value, struct mbox_flags *out)
{
    for (size_t i = 0; i < value.n; i++)
        for (size_t k = 0; k < ARRAY_LEN(status_letters); k++)
            if (status_letters[k].letter == value.p[i])
                out->flags |= status_letters[k].flag;
}

/* Four hexadecimal digits; Mozilla's own bits. */
static void mozilla_status(struct str value, struct mbox_flags *out)
{
    static const struct {
        unsigned bit;
        uint8_t flag;
    } bits[] = {{1, FLAG_SEEN}, {2, FLAG_ANSWERED}, {4, FLAG_FLAGGED}, {8, FLAG_DELETED}};
    unsigned n = 0;

    for (size_t i = 0; i < value.n && i < 8; i++) {
        const char *at = strchr("0123456789abcdef", ascii_lower(value.p[i]));
        if (!at || !*at)
            return;
        n = n * 16 + (unsigned)(at - "0123456789abcdef");
    }
    for (size_t i = 0; i < ARRAY_LEN(bits); i++)
        if (n & bits[i].bit)
            out->flags |= bits[i].flag;
    out->forwarded = out->forwarded || (n & 0x1000);
}

static void keywords(struct str value, struct mbox_flags *out)
{
    if (!out->keywords.n)
        out->keywords = value;
}

static void nothing(struct str value, struct mbox_flags *out)
{
}

static const struct {
    struct str name;
    void (*take)(struct str value, struct mbox_flags *out);
} fields[] = {
    {STR_INIT("Status"), status},
    {STR_INIT("X-Status"), status},
    {STR_INIT("X-Keywords"), keywords},
    {STR_INIT("X-Mozilla-Status"), mozilla_status},
    {STR_INIT("X-Mozilla-Status2"), nothing},
    {STR_INIT("X-Mozilla-Keys"), keywords},
    {STR_INIT("X-UID"), nothing},
    {STR_INIT("X-IMAP"), nothing},
    {STR_INIT("X-IMAPbase"), nothing},
    {STR_INIT("Content-Length"), nothing},
};

bool mbox_field(struct str name, struct str value, struct mbox_flags *out, uint64_t *length_out)
{
    value = str_trim(value);
    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        if (!str_eq_nocase(name, fields[i].name))
            continue;
        fields[i].take(value, out);
        if (str_eq_nocase(name, STR("Content-Length")))
            (void)str_to_u64(value, length_out);
        return true;
    }
    return false;
}

void mbox_flags_put(struct buf *out, uint8_t flags)
{
    buf_printf(out, "Status: %sO\n", flags & FLAG_SEEN ? "R" : "");
    if (!(flags & ~FLAG_SEEN))
        return;
    BUF_LIT(out, "X-Status: ");
    for (size_t k = 1; k < ARRAY_LEN(status_letters); k++)
        if (flags & status_letters[k].flag)
            buf_add_char(out, status_letters[k].letter);
    buf_add_char(out, '\n');
}

/* ---- quoting ---- */

static const char from[] = "From ";

/* What was held back belongs to the message after all. */
static void release(struct mbox_unquote *u, struct buf *out)
{
    if (u->state == UNQUOTE_MARKS) {
        buf_add_char(out, '>');
        buf_add(out, from, u->matched);
    }
    u->matched = 0;
}

/* One byte in the state MARKS.  All held-back marks but the first are written: they are alike, so
 * it does not matter which of them goes. */
static void mark(struct mbox_unquote *u, char c, struct buf *out)
{
    if (c == '>' && u->matched == 0) {
        buf_add_char(out, '>');
        return;
    }
    if (c == from[u->matched]) {
        if (++u->matched < 5)
            return;
        buf_add(out, from, 5);
        u->matched = 0;
        u->state = UNQUOTE_INSIDE;
        return;
    }
    release(u, out);
    buf_add_char(out, c);
    u->state = c == '\n' ? UNQUOTE_START : UNQUOTE_INSIDE;
}

void mbox_unquote(struct mbox_unquote *u, struct str in, struct buf *out)
{
    while (in.n > 0) {
        if (u->state == UNQUOTE_START && *in.p == '>') {
            u->state = UNQUOTE_MARKS;
            in = str_from(in, 1);
        } else if (u->state == UNQUOTE_MARKS) {
            mark(u, *in.p, out);
            in = str_from(in, 1);
        } else {
            size_t end = str_find(in, '\n');
            u->state = end < in.n ? UNQUOTE_START : UNQUOTE_INSIDE;
            struct str line = str_sub(in, 0, end + 1);
            buf_add_str(out, line);
            in = str_from(in, line.n);
        }
    }
}

void mbox_unquote_end(struct mbox_unquote *u, struct buf *out)
{
    release(u, out);
    *u = (struct mbox_unquote){0};
}

/* At the start of a line, perhaps behind ">"s.  The mark is put right before "From ": among other
 * marks nobody sees where it stands. */
static void start_line(struct mbox_quote *q, char c, struct buf *out)
{
    if (c == from[q->matched]) {
        if (++q->matched < 5)
            return;
        BUF_LIT(out, ">From ");
        q->matched = 0;
        q->inside = true;
        return;
    }
    bool mark_again = c == '>' && q->matched == 0;
    buf_add(out, from, q->matched);
    buf_add_char(out, c);
    q->matched = 0;
    q->inside = c != '\n' && !mark_again;
}

void mbox_quote(struct mbox_quote *q, struct str in, struct buf *out)
{
    while (in.n > 0) {
        if (!q->inside) {
            start_line(q, *in.p, out);
            in = str_from(in, 1);
            continue;
        }
        size_t end = str_find(in, '\n');
        struct str line = str_sub(in, 0, end + 1);
        buf_add_str(out, line);
        q->inside = end == in.n;
        in = str_from(in, line.n);
    }
}

void mbox_quote_end(struct mbox_quote *q, struct buf *out)
{
    buf_add(out, from, q->matched);
    *q = (struct mbox_quote){0};
}
