/*
 * session/fetch_fields.c - some fields of a header, byte for byte (RFC 9051, 6.4.5.1).
 *
 * Works on pieces, so that a header of any size passes through a fixed buffer; only the name of the
 * line in progress is held, and no more of it than the longest name that is sought.
 */
#include "session/fetch.h"

#include <stdlib.h>

static int name_cmp(const void *a, const void *b)
{
    return str_cmp_nocase(*(const struct str *)a, *(const struct str *)b);
}

void fetch_fields_init(struct fetch_fields *f, struct arena *a, const struct imap_section *section)
{
    f->n = section->n_fields;
    f->not = section->text == SECTION_FIELDS_NOT;
    f->names = ARENA_ARRAY(a, struct str, f->n);
    for (size_t i = 0; i < f->n; i++) {
        f->names[i] = section->fields[i];
        if (f->names[i].n > f->longest)
            f->longest = f->names[i].n;
    }
    if (f->n > 1)
        qsort(f->names, f->n, sizeof(*f->names), name_cmp);
}

/* "Name  :" to the name. */
static struct str bare_name(struct str line)
{
    line.n--;
    while (line.n && (line.p[line.n - 1] == ' ' || line.p[line.n - 1] == '\t'))
        line.n--;
    return line;
}

/* As mime/header.h has it: a line like "From a@b Mon 10:00" is no field. */
static bool is_name(struct str name)
{
    for (size_t i = 0; i < name.n; i++) {
        if (name.p[i] <= ' ' || name.p[i] >= 0x7f)
            return false;
    }
    return name.n > 0;
}

static bool wanted(const struct fetch_fields *f, struct str name)
{
    bool in = f->n && bsearch(&name, f->names, f->n, sizeof(*f->names), name_cmp) != NULL;

    return is_name(name) && in != f->not ;
}

/* The colon was found, or the name is longer than any that is sought: the line's fate is known. */
static void name_done(struct fields_filter *f, bool keep, struct buf *out)
{
    f->kept = keep;
    f->at = keep ? LINE_KEEP : LINE_DROP;
    if (keep)
        buf_add_str(out, buf_str(&f->name));
    buf_clear(&f->name);
}

/* The line has ended and there was no colon in it: the empty line, or none of a header's. */
static void line_without_colon(struct fields_filter *f, struct buf *out)
{
    struct str line = buf_str(&f->name);
    bool empty = str_eq(line, STR("\r\n")) || str_eq(line, STR("\n")) || str_eq(line, STR("\r"));

    if (empty)
        buf_add_str(out, line);
    f->kept = false;
    f->at = LINE_START;
    buf_clear(&f->name);
}

/* Bytes up to and including `end`, or all there are; *found_out: it was among them. */
static struct str take_to(struct str *in, char end, bool *found_out)
{
    size_t n = str_find(*in, end);
    struct str taken;

    *found_out = n < in->n;
    taken = str_sub(*in, 0, n + *found_out);
    *in = str_from(*in, taken.n);
    return taken;
}

static void feed_rest(struct fields_filter *f, struct str *in, struct buf *out)
{
    bool ended;
    struct str line = take_to(in, '\n', &ended);

    if (f->at == LINE_KEEP)
        buf_add_str(out, line);
    if (ended)
        f->at = LINE_START;
}

/* How many bytes of `in` belong to the name: up to and including its colon or the line's end, at
 * most `limit`. */
static size_t name_bytes(struct str in, size_t limit)
{
    size_t n = 0;

    while (n < in.n && n < limit) {
        char ch = in.p[n++];

        if (ch == ':' || ch == '\n')
            break;
    }
    return n;
}

/* A name that is longer than all that are sought is none of them: HEADER.FIELDS drops it, .NOT
 * keeps it. */
static void feed_name(struct fields_filter *f, struct str *in, struct buf *out)
{
    enum { SLACK = 1000 }; /* blanks before the colon */
    size_t limit = f->want->longest + SLACK;
    size_t n = name_bytes(*in, limit - f->name.n);
    char last;

    buf_add(&f->name, in->p, n);
    *in = str_from(*in, n);
    last = f->name.p[f->name.n - 1];
    if (last == '\n')
        line_without_colon(f, out);
    else if (last == ':')
        name_done(f, wanted(f->want, bare_name(buf_str(&f->name))), out);
    else if (f->name.n == limit)
        name_done(f, f->want->not &&is_name(buf_str(&f->name)), out);
}

/* A line that begins with a blank goes on with the field before it (RFC 5322, 2.2.3). */
static void line_start(struct fields_filter *f, char first)
{
    if (first == ' ' || first == '\t')
        f->at = f->kept ? LINE_KEEP : LINE_DROP;
    else
        f->at = LINE_NAME;
}

void fields_filter_feed(struct fields_filter *f, struct str in, struct buf *out)
{
    while (in.n) {
        if (f->at == LINE_START)
            line_start(f, in.p[0]);
        if (f->at == LINE_NAME)
            feed_name(f, &in, out);
        else
            feed_rest(f, &in, out);
    }
}

void fields_filter_end(struct fields_filter *f, struct buf *out)
{
    if (f->at == LINE_NAME && f->name.n)
        line_without_colon(f, out);
}

void fields_filter_fini(struct fields_filter *f)
{
    buf_fini(&f->name);
}
