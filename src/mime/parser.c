/*
 * mime/parser.c - a message understood while it streams in.
 *
 * Line by line.  Only the head of a line is ever looked at, so it is all that is kept of a line
 * that is cut by the end of a piece; the header block that is being read is kept, too, up to
 * MIME_MAX_HEADER.
 *
 *        +---------------- line end ------------------+
 *        v                                            |
 *     HEADER --empty line--> BODY --"--boundary"--> DELIMITER
 *
 * A boundary ends a HEADER, too.  "--boundary--" leads to the BODY of the multipart: its epilogue.
 *
 * The open parts are a chain from `open` up to the root; the open multiparts whose boundary is
 * looked for stand in `levels`, innermost last.
 *
 *  (1) A part's [header_at, end) lies inside its parent's body; siblings follow one another.
 *  (2) Every container has a child: `reserved` keeps room under MIME_MAX_PARTS for those that
 *      have none yet.
 *  (3) Until a part is closed its `lines` is the number of line ends before its body.
 *
 * The line end before a boundary belongs to the boundary (RFC 2046 5.1.1).  The empty line that
 * ends a header belongs to the header, even if a boundary follows at once.
 */
#include "mime/parser.h"

#include "mime/entity_priv.h"
#include "mime/header_priv.h"

#include "base/mem.h"

enum {
    MAX_BOUNDARY = 1000, /* RFC 2046 5.1.1 allows 70 */
    HEAD_ROOM = 1024,    /* "--" boundary, a few blanks, "--" and what stands behind it */
};

enum state { HEADER, BODY, DELIMITER };

struct level {
    struct mime_part *part;
    struct mime_part *last; /* its last child so far */
    struct str boundary;    /* without the "--" */
};

/* A place where a part may end. */
struct cut {
    uint64_t at;
    uint64_t lf; /* line ends before it */
    bool ended;  /* the byte before it is a line end */
};

struct mime_parser {
    struct arena *arena;
    enum state state;
    uint64_t at; /* bytes seen */
    uint64_t lf; /* line ends seen */

    struct mime_part *root;
    struct mime_part *open;
    size_t depth; /* of `open`; the root's is 1 */
    size_t n_parts;
    size_t reserved;
    size_t addresses_left;
    struct level levels[MIME_MAX_DEPTH];
    size_t n_levels;

    struct buf header;  /* the block of `open`, while state is HEADER */
    uint64_t header_lf; /* line ends before it */
    bool field_seen;    /* it has a line that is a field */
    bool text_seen;     /* it has a line that is not empty */

    bool in_line;         /* the head of this line has been looked at */
    char head[HEAD_ROOM]; /* of a line that was cut before it could be looked at */
    size_t n_head;

    /* How the last bytes stood: what a boundary must know about the line before it. */
    uint64_t line_at; /* where this line begins */
    bool prev_crlf;   /* the line before ended in CRLF */
    bool prev_empty;  /* ... and held nothing else */
    char last;        /* the last byte seen */
};

/* --- parts --- */

/* The root's place in the chain above `p` decides what type it has when it says none. */
static struct mime_part *part_new(struct mime_parser *p, struct mime_part *parent, uint64_t at)
{
    struct mime_part *m = ARENA_NEW(p->arena, struct mime_part);

    m->parent = parent;
    m->header_at = at;
    m->body_at = at;
    if (!parent || parent->kind == MIME_MESSAGE)
        m->envelope = ARENA_NEW(p->arena, struct mime_envelope);
    p->n_parts++;
    return m;
}

/* `at`: where its header begins, that is, where all has been read up to. */
static void part_open(struct mime_parser *p, struct mime_part *parent, uint64_t at, uint64_t lf)
{
    struct mime_part *m = part_new(p, parent, at);

    p->open = m;
    p->depth++;
    p->state = HEADER;
    p->header_lf = lf;
    p->field_seen = false;
    p->text_seen = false;
    buf_clear(&p->header);
}

static bool room_for_parts(const struct mime_parser *p, size_t n)
{
    return p->n_parts + p->reserved + n <= MIME_MAX_PARTS;
}

/* The next part of the multipart at the innermost level; there is room. */
static void child_open(struct mime_parser *p)
{
    struct level *l = &p->levels[p->n_levels - 1];

    if (!l->last)
        p->reserved--;
    part_open(p, l->part, p->at, p->lf);
    *(l->last ? &l->last->next : &l->part->child) = p->open;
    l->last = p->open;
}

/* RFC 2046 5.1.1 asks for one body part at least; what is a multipart without any to an IMAP
 * client? */
static void child_empty(struct mime_parser *p, struct mime_part *multipart, uint64_t at)
{
    struct mime_part *m = part_new(p, multipart, at);

    m->end = at;
    mime_entity_read(&(struct mime_entity){.arena = p->arena, .part = m}, STR(""));
    multipart->child = m;
    p->reserved--;
}

static uint64_t lines_to(const struct mime_part *m, const struct cut *cut)
{
    if (cut->at <= m->body_at)
        return 0;
    return cut->lf - m->lines + !cut->ended;
}

/* Closes the open parts below `upto` (NULL: all) at `cut`; but where a header reaches behind it,
 * that part and those around it at `full`. */
static void close_parts(struct mime_parser *p, struct mime_part *upto, struct cut cut,
                        struct cut full)
{
    while (p->open != upto) {
        struct mime_part *m = p->open;

        if (m->body_at > cut.at)
            cut = full;
        m->lines = lines_to(m, &cut);
        m->end = cut.at;
        if (m->kind == MIME_MULTIPART && !m->child)
            child_empty(p, m, m->end);
        p->open = m->parent;
        p->depth--;
    }
    p->state = BODY;
}

/* --- the end of a header --- */

static bool is_message_type(const struct mime_part *m)
{
    return str_eq(m->type, STR("MESSAGE")) &&
           (str_eq(m->subtype, STR("RFC822")) || str_eq(m->subtype, STR("GLOBAL")));
}

/* What a part is, within the limits.  A message in an encoding other than 7bit, 8bit and binary is
 * none (RFC 2046 5.2.1 forbids it, RFC 6532 3.7 allows it for message/global): it is a leaf, and
 * since IMAP gives MESSAGE/RFC822 an envelope (RFC 9051 9, body-type-basic), one of
 * application/octet-stream. */
static enum mime_kind kind_of(const struct mime_parser *p, struct mime_part *m)
{
    bool multipart = str_eq(m->type, STR("MULTIPART"));
    bool message = is_message_type(m);

    if (!multipart && !message)
        return MIME_SINGLE;
    if (p->depth < MIME_MAX_DEPTH && room_for_parts(p, 1)) {
        if (multipart)
            return MIME_MULTIPART;
        if (m->cte == CTE_7BIT || m->cte == CTE_8BIT || m->cte == CTE_BINARY)
            return MIME_MESSAGE;
    }
    m->type = STR("APPLICATION");
    m->subtype = STR("OCTET-STREAM");
    return MIME_SINGLE;
}

static void level_push(struct mime_parser *p, struct str boundary)
{
    while (boundary.n > 0 && boundary.p[boundary.n - 1] == ' ')
        boundary.n--; /* RFC 2046 5.1.1: a boundary does not end with white space */
    p->reserved++;
    if (boundary.n > 0 && boundary.n <= MAX_BOUNDARY)
        p->levels[p->n_levels++] = (struct level){p->open, NULL, boundary};
}

static void header_done(struct mime_parser *p);

static void message_begin(struct mime_parser *p, struct mime_part *m, bool no_header)
{
    part_open(p, m, m->body_at, m->lines);
    m->child = p->open;
    if (no_header) {
        p->text_seen = true;
        header_done(p);
    }
}

static bool in_digest(const struct mime_part *m)
{
    return m->parent && m->parent->kind == MIME_MULTIPART &&
           str_eq(m->parent->subtype, STR("DIGEST"));
}

/* The header block of `open` ends here.  A block without a single field that is not just an empty
 * line is no header but the body of a part that has none. */
static void header_done(struct mime_parser *p)
{
    struct mime_part *m = p->open;
    bool none = p->text_seen && !p->field_seen;
    struct mime_entity e = {.arena = p->arena, .part = m, .addresses_left = &p->addresses_left};

    m->body_at = none ? m->header_at : p->at;
    m->lines = none ? p->header_lf : p->lf;
    p->state = BODY;
    e.in_digest = in_digest(m);
    mime_entity_read(&e, none ? STR("") : buf_str(&p->header));
    buf_clear(&p->header);
    m->kind = kind_of(p, m);
    if (m->kind == MIME_MULTIPART)
        level_push(p, e.boundary);
    else if (m->kind == MIME_MESSAGE)
        message_begin(p, m, none);
}

/* --- boundaries --- */

/* RFC 2046 5.1.1, bcharsnospace */
static bool boundary_char(char c)
{
    return ascii_alpha(c) || ascii_digit(c) || (c && strchr("'()+_,-./:=?", c));
}

static bool boundary_ends(struct str rest)
{
    return rest.n == 0 || !boundary_char(rest.p[0]);
}

/* Is `line` (behind its "--") this boundary?  "It is sufficient that the boundary appear in its
 * entirety" (RFC 2046 5.1.1): what follows is not looked at, unless it would make the boundary a
 * longer one.  Of a boundary that was declared with blanks at its end, these are left out before
 * the last "--", too. */
static bool boundary_is(struct str line, struct str boundary, bool *last_out)
{
    struct str rest = str_from(line, boundary.n);
    struct str tail = rest;

    if (!str_starts(line, boundary))
        return false;
    while (str_starts(tail, STR(" ")))
        tail = str_from(tail, 1);
    *last_out = str_starts(tail, STR("--")) && boundary_ends(str_from(tail, 2));
    return *last_out || boundary_ends(rest);
}

/* The level whose boundary this line is, or NULL: the longest, and among equals the innermost. */
static struct level *level_find(struct mime_parser *p, struct str line, bool *last_out)
{
    struct level *best = NULL;
    bool last;

    for (size_t i = p->n_levels; i > 0; i--) {
        struct level *l = &p->levels[i - 1];

        if ((best && best->boundary.n >= l->boundary.n) || !boundary_is(line, l->boundary, &last))
            continue;
        best = l;
        *last_out = last;
    }
    return best;
}

/* A boundary line begins at line_at. */
static void boundary_seen(struct mime_parser *p, struct level *l, bool last)
{
    struct cut full = {p->line_at, p->lf, true};
    struct cut cut = full;

    if (p->line_at > 0) {
        cut.at -= 1u + p->prev_crlf;
        cut.lf--;
        cut.ended = p->prev_empty;
    }
    while (p->state == HEADER)
        header_done(p); /* a message inside has a header, too */
    close_parts(p, l->part, cut, full);
    p->n_levels = (size_t)(l - p->levels) + !last;
    if (!last)
        p->state = DELIMITER;
}

/* --- lines --- */

static bool line_is_empty(struct str head)
{
    return head.n > 0 &&
           (head.p[0] == '\n' || (head.n > 1 && head.p[0] == '\r' && head.p[1] == '\n'));
}

/* May another part begin here?  Its first part every multipart has; and the header that is being
 * read may turn out to be a container's.  When the limit is reached, boundaries are text of the
 * part before them: so it can still be fetched. */
static bool may_begin(const struct mime_parser *p, const struct level *l)
{
    return !l->last || room_for_parts(p, p->state == HEADER ? 2 : 1);
}

/* Looks at the head of a line: all of it, or its first HEAD_ROOM bytes.  Nothing of the line has
 * been counted yet. */
static void head_seen(struct mime_parser *p, struct str head)
{
    size_t colon;
    bool last = false;
    struct level *l = NULL;

    p->in_line = true;
    p->line_at = p->at;
    if (p->n_levels > 0 && head.n > 2 && head.p[0] == '-' && head.p[1] == '-')
        l = level_find(p, str_from(head, 2), &last);
    if (l && (last || may_begin(p, l))) {
        boundary_seen(p, l, last);
        return;
    }
    if (p->state != HEADER)
        return;
    p->field_seen |= mime_field_name(head, &colon) > 0;
    p->text_seen |= !line_is_empty(head) && head.n > 0;
}

/* A line is over. */
static void line_end(struct mime_parser *p)
{
    p->in_line = false;
    if (p->state == DELIMITER)
        child_open(p);
    else if (p->state == HEADER && p->prev_empty)
        header_done(p);
}

static void header_keep(struct mime_parser *p, struct str bytes)
{
    size_t room = MIME_MAX_HEADER - p->header.n;

    if (p->state == HEADER)
        buf_add(&p->header, bytes.p, bytes.n < room ? bytes.n : room);
}

/* Counts bytes of one line: up to and including its line end, or a piece without one. */
static void count(struct mime_parser *p, struct str bytes)
{
    char before = bytes.n > 1 ? bytes.p[bytes.n - 2] : p->last;

    header_keep(p, bytes);
    p->at += bytes.n;
    p->last = bytes.p[bytes.n - 1];
    if (p->last != '\n')
        return;
    p->lf++;
    p->prev_crlf = before == '\r' && p->at - p->line_at > 1;
    p->prev_empty = p->at - p->line_at == 1u + p->prev_crlf;
    line_end(p);
}

/* Takes the head of a line from `bytes`, if it is whole; else keeps what there is of it.  Returns
 * the bytes used. */
static size_t take_head(struct mime_parser *p, struct str bytes)
{
    size_t want = HEAD_ROOM - p->n_head;
    size_t n = bytes.n < want ? bytes.n : want;
    const char *lf = memchr(bytes.p, '\n', n);
    struct str head;

    if (lf)
        n = (size_t)(lf - bytes.p) + 1;
    if (p->n_head == 0 && (lf || n == want)) {
        head_seen(p, str_sub(bytes, 0, n));
        return 0;
    }
    memcpy(p->head + p->n_head, bytes.p, n);
    p->n_head += n;
    if (!lf && n < want)
        return n;
    head = str_n(p->head, p->n_head);
    p->n_head = 0;
    head_seen(p, head);
    count(p, head);
    return n;
}

/* The bytes up to and including the next line end. */
static size_t take_rest(struct mime_parser *p, struct str bytes)
{
    size_t n = mime_line_len(bytes);

    count(p, str_sub(bytes, 0, n));
    return n;
}

/* A body in which no boundary is looked for: only its line ends count. */
static size_t take_flat(struct mime_parser *p, struct str bytes)
{
    const char *at = bytes.p;
    const char *end = bytes.p + bytes.n;

    while ((at = memchr(at, '\n', (size_t)(end - at)))) {
        p->lf++;
        at++;
    }
    p->at += bytes.n;
    p->last = bytes.p[bytes.n - 1];
    return bytes.n;
}

/* In a body a line matters only if it begins with "--". */
static size_t take_body_line(struct mime_parser *p, struct str bytes)
{
    if (p->n_head > 0 || bytes.p[0] == '-')
        return take_head(p, bytes);
    p->in_line = true;
    p->line_at = p->at;
    return take_rest(p, bytes);
}

void mime_parser_feed(struct mime_parser *p, struct str bytes)
{
    while (bytes.n > 0) {
        size_t n;

        if (p->state == BODY && p->n_levels == 0 && p->n_head == 0)
            n = take_flat(p, bytes);
        else if (p->in_line)
            n = take_rest(p, bytes);
        else if (p->state == BODY)
            n = take_body_line(p, bytes);
        else
            n = take_head(p, bytes);
        bytes = str_from(bytes, n);
    }
}

struct mime_part *mime_parser_finish(struct mime_parser *p)
{
    struct cut end;

    if (p->n_head > 0) {
        struct str head = str_n(p->head, p->n_head);

        p->n_head = 0;
        head_seen(p, head);
        count(p, head);
    }
    if (p->state == DELIMITER)
        child_open(p);
    while (p->state == HEADER)
        header_done(p);
    end = (struct cut){p->at, p->lf, p->at == 0 || p->last == '\n'};
    close_parts(p, NULL, end, end);
    return p->root;
}

struct mime_parser *mime_parser_new(struct arena *a)
{
    struct mime_parser *p = NEW(struct mime_parser);

    p->arena = a;
    p->addresses_left = MIME_MAX_ADDRESSES;
    part_open(p, NULL, 0, 0);
    p->root = p->open;
    return p;
}

void mime_parser_free(struct mime_parser *p)
{
    if (!p)
        return;
    buf_fini(&p->header);
    mem_free(p);
}

struct mime_part *mime_parse(struct arena *a, struct str message)
{
    struct mime_parser *p = mime_parser_new(a);
    struct mime_part *root;

    mime_parser_feed(p, message);
    root = mime_parser_finish(p);
    mime_parser_free(p);
    return root;
}
