/*
 * imap/match.c - LIST patterns (RFC 9051, 6.3.9).
 *
 * All places in the pattern where the name read so far can stand are followed at once, so that no
 * pattern makes it go back.  After k characters no place behind 2k + 1 can be reached, so that of a
 * long pattern only its start counts.
 */
#include "imap/match.h"

#include "base/mem.h"

enum { INBOX_LEN = 5, SMALL = 1024 };

struct matcher {
    struct str pattern; /* at most one wildcard in a row */
    bool cut;           /* the pattern goes on, beyond what the name can reach */
    bool *on, *next;    /* pattern.n + 1 places each: where we may be */
    size_t last;        /* no place behind this is on */
};

static bool is_wild(char c)
{
    return c == '*' || c == '%';
}

/* "*%*" means "*". */
static void matcher_pattern(struct matcher *m, struct str in, char *p, size_t limit)
{
    size_t n = 0, i;

    for (i = 0; i < in.n && n < limit; i++) {
        if (n == 0 || !is_wild(in.p[i]) || !is_wild(p[n - 1]))
            p[n++] = in.p[i];
        else if (in.p[i] == '*')
            p[n - 1] = '*';
    }
    m->pattern = str_n(p, n);
    m->cut = i < in.n;
}

/* A wildcard may also stand for nothing. */
static void set_on(struct matcher *m, bool *row, size_t i)
{
    row[i] = true;
    if (i < m->pattern.n && is_wild(m->pattern.p[i]))
        row[++i] = true;
    m->last = i > m->last ? i : m->last;
}

static void step(struct matcher *m, char c, char delimiter, bool any_case)
{
    size_t last = m->last;
    bool *done = m->on;

    m->last = 0;
    for (size_t i = 0; i <= last && i < m->pattern.n; i++) {
        char p = m->pattern.p[i];

        if (!m->on[i])
            continue;
        if (is_wild(p)) {
            if (p == '*' || c != delimiter)
                set_on(m, m->next, i);
        } else if (p == c || (any_case && ascii_lower(p) == ascii_lower(c))) {
            set_on(m, m->next, i + 1);
        }
    }
    memset(m->on, 0, last + 1);
    m->on = m->next;
    m->next = done;
}

/* INBOX, alone or with something below it */
static bool is_inbox(struct str name, char delimiter)
{
    return str_starts_nocase(name, STR("INBOX")) &&
           (name.n == INBOX_LEN || name.p[INBOX_LEN] == delimiter);
}

static void run(struct matcher *m, struct str name, char delimiter)
{
    bool inbox = is_inbox(name, delimiter);

    set_on(m, m->on, 0);
    for (size_t i = 0; i < name.n; i++)
        step(m, name.p[i], delimiter, inbox && i < INBOX_LEN);
}

/* With `below`: the name's delimiter follows, and something must be left to match what comes behind
 * it. */
static bool match(struct str pattern, struct str name, char delimiter, bool below)
{
    char small[3 * SMALL];
    size_t limit = 2 * name.n + 4;
    char *memory = 3 * (limit + 1) <= sizeof(small) ? small : mem_raw(3 * (limit + 1));
    struct matcher m = {.on = (bool *)memory, .next = (bool *)memory + limit + 1};
    bool found = false;

    memset(memory, 0, 2 * (limit + 1));
    matcher_pattern(&m, pattern, memory + 2 * (limit + 1), limit);
    run(&m, name, delimiter);
    if (below) {
        step(&m, delimiter, delimiter, false);
        for (size_t i = 0; i <= m.last && i < m.pattern.n; i++)
            found |= m.on[i];
    } else {
        found = !m.cut && m.on[m.pattern.n];
    }
    if (memory != small)
        mem_free(memory);
    return found;
}

bool imap_match(struct str pattern, struct str name, char delimiter)
{
    return match(pattern, name, delimiter, false);
}

bool imap_match_below(struct str pattern, struct str name, char delimiter)
{
    return match(pattern, name, delimiter, true);
}
