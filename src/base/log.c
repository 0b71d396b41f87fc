/*
 * base/log.c - the log.
 *
 * A line is made in place, without the heap, and leaves in one write(2): at most LINE_MAX_BYTES,
 * which a pipe takes whole (PIPE_BUF), so that lines of several threads and processes never mix.  A
 * value that is too long is cut at a character, and ends in "...".
 */
#include "base/log.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

enum {
    LINE_MAX_BYTES = 4096,
    VALUE_MAX_BYTES = 1024,
    LINE_TAIL = 8, /* room for what closes a value and the line */
};

struct line {
    char p[LINE_MAX_BYTES];
    size_t n;
    enum log_form form;
};

static const char *const level_names[] = {"debug", "info", "warn", "error"};

static _Atomic enum log_level least_level = LOG_INFO;
static _Atomic enum log_form log_form = LOG_KV;

void log_setup(enum log_level least, enum log_form form)
{
    least_level = least;
    log_form = form;
}

bool log_wants(enum log_level level)
{
    return log_form != LOG_OFF && level >= least_level;
}

struct kv kv_errno(int errnum)
{
    const char *text = strerrordesc_np(errnum);

    return kv_cstr("errno", text ? text : "unknown error");
}

static bool line_fits(const struct line *l, size_t n)
{
    return l->n + n + LINE_TAIL <= LINE_MAX_BYTES;
}

static void line_add(struct line *l, struct str s)
{
    memcpy(l->p + l->n, s.p, s.n);
    l->n += s.n;
}

/* What stands for `cp` inside quotes when it cannot stand there itself; 0: it can. */
static int escape(enum log_form form, uint32_t cp, char out[static 8])
{
    switch (cp) {
    case '"':
    case '\\':
        return snprintf(out, 8, "\\%c", (char)cp);
    case '\n':
        return snprintf(out, 8, "\\n");
    case '\r':
        return snprintf(out, 8, "\\r");
    case '\t':
        return snprintf(out, 8, "\\t");
    }
    if (cp < 0x20 || (cp >= 0x7F && cp < 0xA0)) /* the controls of ISO 646 and of ISO 6429 */
        return snprintf(out, 8, form == LOG_JSON || cp >= 0x80 ? "\\u%04x" : "\\x%02x",
                        (unsigned)cp);
    return 0;
}

/* Adds the character at the start of `s`; returns its length. */
static size_t line_add_char(struct line *l, struct str s)
{
    char esc[8];
    uint32_t cp;
    int n = utf8_decode(s, &cp);
    int esc_n;

    if (n == 0) {
        line_add(l, STR("\xEF\xBF\xBD"));
        return 1;
    }
    esc_n = escape(l->form, cp, esc);
    line_add(l, esc_n ? str_n(esc, (size_t)esc_n) : str_sub(s, 0, (size_t)n));
    return (size_t)n;
}

static void line_add_text(struct line *l, struct str s)
{
    size_t limit = l->n + VALUE_MAX_BYTES;

    while (s.n) {
        if (l->n + 6 > limit || !line_fits(l, 6)) {
            line_add(l, STR("..."));
            return;
        }
        s = str_from(s, line_add_char(l, s));
    }
}

static bool is_bare(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];

        if (c <= ' ' || c >= 0x7F || c == '"' || c == '=' || c == '\\')
            return false;
    }
    return s.n > 0;
}

static void line_add_value(struct line *l, struct str s)
{
    if (l->form == LOG_JSON && !s.p) {
        line_add(l, STR("null"));
    } else if (l->form == LOG_KV && is_bare(s)) {
        line_add_text(l, s);
    } else {
        line_add(l, STR("\""));
        line_add_text(l, s);
        line_add(l, STR("\""));
    }
}

static void line_add_key(struct line *l, const char *key)
{
    if (l->n > 0 && l->p[l->n - 1] != '{')
        line_add(l, l->form == LOG_JSON ? STR(",") : STR(" "));
    if (l->form == LOG_JSON)
        line_add(l, STR("\""));
    line_add(l, str_of(key));
    line_add(l, l->form == LOG_JSON ? STR("\":") : STR("="));
}

/* A pair that has no room for its key and a number is left out whole. */
static void line_add_kv(struct line *l, const struct kv *kv)
{
    char number[24];
    int n;

    if (!line_fits(l, strlen(kv->key) + 32))
        return;
    line_add_key(l, kv->key);
    switch (kv->kind) {
    case KV_STR:
        line_add_value(l, kv->s);
        return;
    case KV_ERR:
        line_add_value(l, str_of(err_text((enum err)kv->u)));
        return;
    case KV_I64:
        n = snprintf(number, sizeof(number), "%lld", (long long)kv->u);
        break;
    default:
        n = snprintf(number, sizeof(number), "%llu", (unsigned long long)kv->u);
        break;
    }
    line_add(l, str_n(number, (size_t)n));
}

static void line_add_time(struct line *l)
{
    char text[40];
    int64_t ms = clock_wall_ms(), days = ms / 86400000, rest = ms % 86400000;
    int year, month, day;

    date_civil(days, &year, &month, &day);
    snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", year, month, day,
             (int)(rest / 3600000), (int)(rest / 60000 % 60), (int)(rest / 1000 % 60),
             (int)(rest % 1000));
    line_add_key(l, "time");
    line_add_value(l, str_of(text));
}

/* A log that cannot be written has nobody to tell. */
static void line_write(const struct line *l)
{
    size_t done = 0;

    while (done < l->n) {
        ssize_t n = write(STDERR_FILENO, l->p + done, l->n - done);

        if (n > 0)
            done += (size_t)n;
        else if (n == 0 || errno != EINTR)
            return;
    }
}

static void log_line(enum log_form form, enum log_level level, const char *event,
                     const struct kv *kv)
{
    struct line l = {.n = 0, .form = form};
    int saved = errno;

    if (form == LOG_JSON)
        line_add(&l, STR("{"));
    line_add_time(&l);
    line_add_kv(&l, &(struct kv){.key = "level", .kind = KV_STR, .s = str_of(level_names[level])});
    line_add_kv(&l, &(struct kv){.key = "event", .kind = KV_STR, .s = str_of(event)});
    for (; kv->kind != KV_END; kv++)
        line_add_kv(&l, kv);
    if (form == LOG_JSON)
        line_add(&l, STR("}"));
    line_add(&l, STR("\n"));
    line_write(&l);
    errno = saved;
}

void log_write(enum log_level level, const char *event, const struct kv *kv)
{
    enum log_form form = log_form;

    if (form != LOG_OFF)
        log_line(form, level, event, kv);
}

void log_write_always(enum log_level level, const char *event, const struct kv *kv)
{
    log_line(log_form == LOG_JSON ? LOG_JSON : LOG_KV, level, event, kv);
}
