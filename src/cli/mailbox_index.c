/*
 * cli/mailbox_index.c - names, special uses and subscriptions beside exported mail.
 */
#include "cli/mailbox_index.h"

#include "cli/maildir_name.h"
#include "cli/uses.h"

static const struct str index_head = STR_INIT(INDEX_FILE " 1\n");
static const struct str subscriptions_head = STR_INIT("V\t2\n\n");

void index_begin(struct buf *out)
{
    buf_add_str(out, index_head);
}

/* Neither places nor names hold control characters, so TAB and LF divide them. */
void index_put(struct buf *out, struct str place, struct str name, uint32_t uses)
{
    buf_add_str(out, place);
    buf_add_char(out, '\t');
    buf_add_str(out, name);
    buf_add_char(out, '\t');
    uses_put(out, uses);
    buf_add_char(out, '\n');
}

void subscriptions_begin(struct buf *out)
{
    buf_add_str(out, subscriptions_head);
}

void subscriptions_put(struct buf *out, struct str name)
{
    bool first = true;

    while (name.n > 0) {
        size_t end = str_find(name, '/');
        if (!first)
            buf_add_char(out, '\t');
        first = false;
        maildir_level_encode(out, str_sub(name, 0, end));
        name = str_from(name, end + 1);
    }
    buf_add_char(out, '\n');
}

/* ---- reading ---- */

static struct str next_line(struct str *text)
{
    size_t end = str_find(*text, '\n');
    struct str line = str_sub(*text, 0, end);

    *text = str_from(*text, end + 1);
    if (line.n > 0 && line.p[line.n - 1] == '\r')
        line.n--;
    return line;
}

static size_t lines(struct str text)
{
    size_t n = 0;

    while (text.n > 0) {
        (void)next_line(&text);
        n++;
    }
    return n;
}

bool index_parse(struct arena *a, struct str text, struct index_entry **out, size_t *n_out)
{
    if (!str_starts(text, index_head))
        return false;
    text = str_from(text, index_head.n);
    *out = ARENA_ARRAY(a, struct index_entry, lines(text));
    *n_out = 0;
    while (text.n > 0) {
        struct str line = next_line(&text);
        size_t first = str_find(line, '\t');
        struct str rest = str_from(line, first + 1);
        size_t second = str_find(rest, '\t');
        struct index_entry *e = &(*out)[*n_out];
        e->place = str_sub(line, 0, first);
        e->name = str_sub(rest, 0, second);
        e->uses = uses_of_words(str_from(rest, second + 1));
        *n_out += e->name.n > 0;
    }
    return true;
}

static struct str name_of(struct arena *a, struct str line, char delimiter)
{
    struct buf name = BUF_INIT;

    while (line.n > 0) {
        size_t end = str_find(line, delimiter);
        struct str level;
        if (maildir_level_decode(a, str_sub(line, 0, end), &level)) {
            if (name.n)
                buf_add_char(&name, '/');
            buf_add_str(&name, level);
        }
        line = str_from(line, end + 1);
    }
    struct str out = arena_str(a, buf_str(&name));
    buf_fini(&name);
    return out;
}

void subscriptions_parse(struct arena *a, struct str text, struct str **out, size_t *n_out)
{
    bool second_version = str_starts(text, subscriptions_head);

    if (second_version)
        text = str_from(text, subscriptions_head.n);
    *out = ARENA_ARRAY(a, struct str, lines(text));
    *n_out = 0;
    while (text.n > 0) {
        struct str name = name_of(a, next_line(&text), second_version ? '\t' : '.');
        if (name.n > 0)
            (*out)[(*n_out)++] = name;
    }
}
