/*
 * cli/config.c - reading, checking and writing the configuration.
 *
 * Options are the lines of options.def and nothing else: reading, range checks, defaults and the
 * text of `tern config` all walk this one table.
 */
#include "cli/config.h"

#include "base/mem.h"

#include <errno.h>
#include <libconfig.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum kind { STRING, BOOL, INT, SIZE };

struct option {
    enum kind kind;
    const char *name;
    size_t offset;
    const char *text_default;
    int64_t number_default;
    int64_t least, most;
    const char *unit;
    const char *sentence;
};

#define DEFAULT_STRING(d) .text_default = (d)
#define DEFAULT_BOOL(d) .number_default = (d)
#define DEFAULT_INT(d) .number_default = (d)
#define DEFAULT_SIZE(d) .number_default = (d)

static const struct option options[] = {
#define OPTION(k, n, def, lo, hi, u, s)                                                            \
    {.kind = k,                                                                                    \
     .name = #n,                                                                                   \
     .offset = offsetof(struct config, n),                                                         \
     DEFAULT_##k(def),                                                                             \
     .least = lo,                                                                                  \
     .most = hi,                                                                                   \
     .unit = u,                                                                                    \
     .sentence = s},
#include "cli/options.def"
#undef OPTION
};

static char **text_at(struct config *c, const struct option *o)
{
    return (char **)(void *)((char *)c + o->offset);
}

static int64_t *number_at(struct config *c, const struct option *o)
{
    return (int64_t *)(void *)((char *)c + o->offset);
}

static char *copy(const char *s)
{
    char *p = mem_new(strlen(s) + 1);

    return memcpy(p, s, strlen(s));
}

void config_defaults(struct config *c)
{
    *c = (struct config){0};
    for (size_t i = 0; i < ARRAY_LEN(options); i++) {
        if (options[i].kind == STRING)
            *text_at(c, &options[i]) = copy(options[i].text_default);
        else
            *number_at(c, &options[i]) = options[i].number_default;
    }
}

void config_fini(struct config *c)
{
    for (size_t i = 0; i < ARRAY_LEN(options); i++)
        if (options[i].kind == STRING)
            mem_free(*text_at(c, &options[i]));
    *c = (struct config){0};
}

/* ---- suggestions ---- */

enum { NAME_LONG = 64 };

static unsigned least_of(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Edit distance (insert, delete, replace, swap two neighbours), small strings only. */
static unsigned distance(struct str a, struct str b)
{
    unsigned rows[3][NAME_LONG + 1], *before = rows[0], *above = rows[1], *row = rows[2];

    for (unsigned j = 0; j <= b.n; j++)
        above[j] = j;
    for (size_t i = 1; i <= a.n; i++) {
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= b.n; j++) {
            char x = ascii_lower(a.p[i - 1]), y = ascii_lower(b.p[j - 1]);
            row[j] = least_of(above[j - 1] + (x != y), least_of(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && x == ascii_lower(b.p[j - 2]) && y == ascii_lower(a.p[i - 2]))
                row[j] = least_of(row[j], before[j - 2] + 1);
        }
        unsigned *next = before;
        before = above;
        above = row;
        row = next;
    }
    return above[b.n];
}

const char *config_nearest(struct str name)
{
    const char *best = NULL;
    unsigned best_distance = 2 * 4;

    if (name.n > NAME_LONG)
        return NULL;
    for (size_t i = 0; i < ARRAY_LEN(options); i++) {
        struct str other = str_of(options[i].name);
        unsigned d = 2 * distance(name, other) + (name.n != other.n);
        if (d < best_distance) {
            best_distance = d;
            best = options[i].name;
        }
    }
    return best;
}

static const struct option *find(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(options); i++)
        if (strcmp(options[i].name, name) == 0)
            return &options[i];
    return NULL;
}

/* ---- reading ---- */

/* "FILE:LINE: ", also of a file that was included. */
static void where(struct buf *errors, const char *path, const config_setting_t *s)
{
    const char *file = config_setting_source_file(s);

    buf_printf(errors, "%s:%u: ", file ? file : path, config_setting_source_line(s));
}

static void complain(struct buf *errors, const char *path, const config_setting_t *s,
                     const char *fmt, const char *a, const char *b)
{
    where(errors, path, s);
    buf_printf(errors, fmt, a, b); // NOLINT: formats are literals of this file
    buf_add_char(errors, '\n');
}

/* What is wrong with a text, as the rest of a sentence that begins with the option's name; NULL:
 * nothing. */
static const char *wrong_level(const char *v)
{
    static const char *const words[] = {"debug", "info", "warn", "error"};

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (strcmp(words[i], v) == 0)
            return NULL;
    return "must be debug, info, warn or error";
}

static const char *wrong_format(const char *v)
{
    return strcmp(v, "kv") && strcmp(v, "json") ? "must be kv or json" : NULL;
}

static const char *wrong_path(const char *v)
{
    return *v && *v != '/' ? "must be an absolute path: begin it with /" : NULL;
}

static const char *wrong_store(const char *v)
{
    return *v ? wrong_path(v) : "must be the path of a directory";
}

static const char *wrong_hostname(const char *v)
{
    return v[strcspn(v, " \t@/:")] ? "must be one name, as mail.example.org" : NULL;
}

static const char *wrong_domains(const char *v)
{
    return v[strcspn(v, "@,;")] ? "must be domains divided by blanks, without @" : NULL;
}

static const char *wrong_address(struct str address)
{
    uint32_t port;
    size_t colon = address.n;

    if (str_starts(address, STR("unix:")))
        return address.n > 5 && address.p[5] == '/'
                   ? NULL
                   : "needs an absolute path behind unix:, as unix:/run/x";
    while (colon > 0 && address.p[colon - 1] != ':')
        colon--;
    if (colon == 0)
        return "needs a port in each address: ADDRESS:PORT or :PORT";
    struct str service = str_from(address, colon);
    bool named = service.n > 0 && ascii_alpha(*service.p); /* ":imaps" of /etc/services */
    if (!named && (!str_to_u32(service, &port) || port == 0 || port > 65535))
        return "needs a port from 1 to 65535 behind the colon";
    struct str host = str_sub(address, 0, colon - 1);
    if (str_has_char(host, ':') && (*host.p != '[' || host.p[host.n - 1] != ']'))
        return "needs brackets around an IPv6 address: [::1]:143";
    return NULL;
}

static const char *wrong_listen(const char *v)
{
    for (struct str rest = str_of(v); rest.n > 0;) {
        size_t end = str_find(rest, ' ');
        const char *wrong = end > 0 ? wrong_address(str_sub(rest, 0, end)) : NULL;
        if (wrong)
            return wrong;
        rest = str_from(rest, end + 1);
    }
    return NULL;
}

static const struct {
    const char *name;
    const char *(*wrong)(const char *value);
} texts[] = {
    {"store", wrong_store},        {"hostname", wrong_hostname},   {"domains", wrong_domains},
    {"listen_imap", wrong_listen}, {"listen_imaps", wrong_listen}, {"listen_lmtp", wrong_listen},
    {"tls_cert", wrong_path},      {"tls_key", wrong_path},        {"log_level", wrong_level},
    {"log_format", wrong_format},
};

static const char *wrong_text(const char *name, const char *value)
{
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        if (strcmp(texts[i].name, name) == 0)
            return texts[i].wrong(value);
    return NULL;
}

static void take_text(struct config *c, const struct option *o, config_setting_t *s,
                      const char *path, struct buf *errors)
{
    if (config_setting_type(s) != CONFIG_TYPE_STRING) {
        complain(errors, path, s, "%s needs text in quotes: %s = \"...\";", o->name, o->name);
        return;
    }
    const char *value = config_setting_get_string(s), *wrong = wrong_text(o->name, value);
    if (wrong) {
        complain(errors, path, s, "%s %s", o->name, wrong);
        return;
    }
    mem_free(*text_at(c, o));
    *text_at(c, o) = copy(value);
}

/* "25MB", "1 GiB": text for sizes; plain numbers are bytes. */
static bool parse_size(const char *s, int64_t *out)
{
    static const struct {
        const char *unit;
        int64_t factor;
    } units[] = {{"", 1},          {"kB", 1000},       {"KB", 1000},
                 {"MB", 1000000},  {"GB", 1000000000}, {"KiB", 1 << 10},
                 {"MiB", 1 << 20}, {"GiB", 1 << 30},   {"K", 1 << 10},
                 {"M", 1 << 20},   {"G", 1 << 30}};
    char *end;

    errno = 0;
    long long n = strtoll(s, &end, 10);
    if (end == s || errno || n < 0)
        return false;
    while (*end == ' ')
        end++;
    for (size_t i = 0; i < ARRAY_LEN(units); i++)
        if (strcmp(end, units[i].unit) == 0)
            return !__builtin_mul_overflow((int64_t)n, units[i].factor, out);
    return false;
}

static void take_number(struct config *c, const struct option *o, config_setting_t *s,
                        const char *path, struct buf *errors)
{
    int type = config_setting_type(s);
    int64_t n = 0;
    bool ok = false;

    if (type == CONFIG_TYPE_INT || type == CONFIG_TYPE_INT64) {
        n = config_setting_get_int64(s);
        if (type == CONFIG_TYPE_INT)
            n = config_setting_get_int(s);
        ok = true;
    } else if (type == CONFIG_TYPE_BOOL && o->kind == BOOL) {
        n = config_setting_get_bool(s);
        ok = true;
    } else if (type == CONFIG_TYPE_STRING && o->kind == SIZE) {
        ok = parse_size(config_setting_get_string(s), &n);
    }
    if (!ok) {
        complain(errors, path, s,
                 o->kind == BOOL   ? "%s is true or false%s"
                 : o->kind == SIZE ? "%s needs a number of bytes, or text as \"25 MB\"%s"
                                   : "%s needs a whole number%s",
                 o->name, "");
        return;
    }
    if (n < o->least || n > o->most) {
        where(errors, path, s);
        buf_printf(errors, "%s = %lld is out of range: %lld to %lld%s%s\n", o->name, (long long)n,
                   (long long)o->least, (long long)o->most, *o->unit ? " " : "", o->unit);
        return;
    }
    *number_at(c, o) = n;
}

static void take_setting(struct config *c, config_setting_t *s, const char *path,
                         struct buf *errors)
{
    const char *name = config_setting_name(s);
    const struct option *o = find(name);

    if (!o) {
        const char *near = config_nearest(str_of(name));
        complain(errors, path, s,
                 near ? "unknown option %s; did you mean %s?" : "unknown option %s%s", name,
                 near ? near : "; `tern config default` lists them all");
        return;
    }
    if (o->kind == STRING)
        take_text(c, o, s, path, errors);
    else
        take_number(c, o, s, path, errors);
}

enum err config_load(struct config *c, const char *path, struct buf *errors_out)
{
    config_t file;
    enum err e = ERR_OK;

    config_init(&file);
    if (config_read_file(&file, path) != CONFIG_TRUE) {
        bool io = config_error_type(&file) == CONFIG_ERR_FILE_IO;
        if (io)
            buf_printf(errors_out, "%s: cannot be read: %s\n", path, strerror(errno));
        else
            buf_printf(errors_out, "%s:%d: %s; a line is name = value; and text stands in quotes\n",
                       config_error_file(&file) ? config_error_file(&file) : path,
                       config_error_line(&file), config_error_text(&file));
        e = io ? ERR_IO : ERR_SYNTAX;
    } else {
        size_t before = errors_out->n;
        config_setting_t *root = config_root_setting(&file);
        for (int i = 0; i < config_setting_length(root); i++)
            take_setting(c, config_setting_get_elem(root, (unsigned)i), path, errors_out);
        const config_setting_t *cert = config_lookup(&file, "tls_cert"),
                               *key = config_lookup(&file, "tls_key");
        if ((*c->tls_cert != '\0') != (*c->tls_key != '\0') && (cert || key))
            complain(errors_out, path, cert ? cert : key, "%s and %s go together: set both or none",
                     "tls_cert", "tls_key");
        e = errors_out->n > before ? ERR_SYNTAX : ERR_OK;
    }
    config_destroy(&file);
    c->path = path;
    return e;
}

/* ---- writing ---- */

static void write_text(struct buf *out, const char *s)
{
    buf_add_char(out, '"');
    for (; *s; s++) {
        if (*s == '"' || *s == '\\')
            buf_add_char(out, '\\');
        buf_add_char(out, *s);
    }
    buf_add_char(out, '"');
}

void config_print(const struct config *c, bool comments, struct buf *out)
{
    for (size_t i = 0; i < ARRAY_LEN(options); i++) {
        const struct option *o = &options[i];
        if (comments)
            buf_printf(out, "%s# %s%s%s%s\n", i ? "\n" : "", o->sentence, *o->unit ? " (" : "",
                       o->unit, *o->unit ? ")" : "");
        buf_printf(out, "%s = ", o->name);
        int64_t n = o->kind == STRING ? 0 : *number_at((struct config *)c, o);
        if (o->kind == STRING)
            write_text(out, *text_at((struct config *)c, o));
        else if (o->kind == BOOL)
            buf_add_cstr(out, n ? "true" : "false");
        else
            buf_printf(out, "%lld%s", (long long)n, n > INT32_MAX ? "L" : "");
        BUF_LIT(out, ";\n");
    }
}
