/*
 * imap/summary_parts.c - the table of a message's parts: a tree written flat, searched where it
 * lies.
 *
 *   part   u32 bytes of the rest, children included
 *          u8  kind (2 bits), encoding (3 bits) << 2, is text << 5, has a charset << 6
 *          var header_at, counted from the parent's;  var header bytes;  var body bytes
 *          [str charset]
 *          its children, one after the other
 *
 * A part that is not wanted is passed over by its length, so finding 1.2.3 reads six parts and not
 * the tree.
 */
#include "imap/summary_priv.h"

#include "base/codec.h"

enum { KIND_BITS = 3, CTE_SHIFT = 2, CTE_BITS = 7, IS_TEXT = 32, HAS_CHARSET = 64 };

_Static_assert((int)MIME_MESSAGE <= (int)KIND_BITS && (int)CTE_UNKNOWN <= (int)CTE_BITS,
               "kinds and encodings fit their bits");

static bool part_is_text(const struct mime_part *p)
{
    return p->kind == MIME_SINGLE && str_eq_nocase(p->type, STR("TEXT"));
}

static struct str part_charset(const struct mime_part *p)
{
    return part_is_text(p) ? mime_param_get(p->params, STR("charset")) : STR_NONE;
}

static void put_length(struct buf *out, size_t at, size_t n)
{
    for (int i = 0; i < 4 && !out->failed; i++)
        out->p[at + (size_t)i] = (char)(n >> 8 * i & 0xff);
}

static void part_write(const struct mime_part *p, uint64_t base, struct buf *out)
{
    struct str charset = part_charset(p);
    size_t at = out->n;

    enc_u32(out, 0);
    enc_u8(out,
           (uint8_t)((unsigned)p->kind | (unsigned)p->cte << CTE_SHIFT |
                     (part_is_text(p) ? IS_TEXT : 0u) | (charset.p != NULL ? HAS_CHARSET : 0u)));
    enc_var(out, p->header_at - base);
    enc_var(out, p->body_at - p->header_at);
    enc_var(out, p->end - p->body_at);
    if (charset.p != NULL)
        enc_str(out, charset);
    for (const struct mime_part *child = p->child; child != NULL; child = child->next)
        part_write(child, p->header_at, out);
    put_length(out, at, out->n - at - 4);
}

void summary_parts_build(const struct mime_part *root, struct buf *out)
{
    part_write(root, 0, out);
}

/* A part as it lies in the table, its children not yet read. */
struct entry {
    struct summary_part part;
    uint64_t base; /* its header_at, from which its children count */
    struct dec children;
};

/* Takes one part from `d`; false: there is none. */
static bool entry_next(struct dec *d, uint64_t base, struct entry *out)
{
    struct str bytes = d->n > 0 ? dec_bytes(d, dec_u32(d)) : STR("");
    struct dec in = dec_of(bytes);
    unsigned flags = dec_u8(&in);

    *out = (struct entry){0};
    out->part.kind = flags & KIND_BITS;
    out->part.cte = flags >> CTE_SHIFT & CTE_BITS;
    out->part.is_text = flags & IS_TEXT;
    out->part.header_at = out->base = base + dec_var(&in);
    out->part.body_at = out->part.header_at + dec_var(&in);
    out->part.end = out->part.body_at + dec_var(&in);
    if (flags & HAS_CHARSET)
        out->part.charset = dec_str(&in);
    out->children = in;
    return !d->bad && !in.bad;
}

static bool entry_child(const struct entry *e, uint32_t n, struct entry *out)
{
    struct dec d = e->children;
    uint64_t base = e->base;

    for (uint32_t i = 0; i < n; i++) {
        if (!entry_next(&d, base, out))
            return false;
    }
    return n > 0;
}

/* One number of a section.  *is_message: `e` is a message rather than a part that may hold one. */
static bool entry_step(struct entry *e, bool *is_message, uint32_t n)
{
    struct entry from = *e;

    if (!*is_message && from.part.kind == MIME_MESSAGE) {
        struct entry outer = from;

        if (!entry_child(&outer, 1, &from))
            return false;
        *is_message = true;
    }
    if (from.part.kind == MIME_MULTIPART) {
        if (!entry_child(&from, n, e))
            return false;
    } else if (*is_message && n == 1) {
        *e = from; /* part 1 of a message that is no multipart is its body */
    } else {
        return false;
    }
    *is_message = false;
    return true;
}

static void set_inner(struct summary_part *out, const struct summary_part *inner)
{
    out->inner_header_at = inner->header_at;
    out->inner_body_at = inner->body_at;
    out->inner_end = inner->end;
}

bool summary_part_find(struct str table, const uint32_t *numbers, size_t n,
                       struct summary_part *out)
{
    struct dec d = dec_of(table);
    bool is_message = true;
    struct entry e, inner;

    if (!entry_next(&d, 0, &e))
        return false;
    for (size_t i = 0; i < n; i++) {
        if (!entry_step(&e, &is_message, numbers[i]))
            return false;
    }
    *out = e.part;
    out->is_message_root = n == 0;
    if (out->kind == MIME_MESSAGE && entry_child(&e, 1, &inner))
        set_inner(out, &inner.part);
    return true;
}

/* Appends the parts of `d` and those within them; out NULL: only counts. */
static size_t collect(struct dec d, uint64_t base, struct summary_part *out)
{
    struct entry e;
    size_t n = 0;

    while (entry_next(&d, base, &e)) {
        if (out != NULL)
            out[n] = e.part;
        n++;
        n += collect(e.children, e.base, out != NULL ? out + n : NULL);
    }
    return n;
}

size_t summary_parts_all(struct arena *a, struct str table, struct summary_part **out)
{
    size_t n = collect(dec_of(table), 0, NULL);

    *out = ARENA_ARRAY(a, struct summary_part, n);
    return collect(dec_of(table), 0, *out);
}

static struct summary_part part_of(const struct mime_part *p)
{
    return (struct summary_part){
        .header_at = p->header_at,
        .body_at = p->body_at,
        .end = p->end,
        .cte = p->cte,
        .kind = p->kind,
        .charset = part_charset(p),
        .is_text = part_is_text(p),
    };
}

bool summary_part_of_tree(struct mime_part *root, const uint32_t *numbers, size_t n,
                          struct summary_part *out)
{
    const struct mime_part *p = mime_part_find(root, numbers, n);
    struct summary_part inner;

    if (p == NULL)
        return false;
    *out = part_of(p);
    out->is_message_root = n == 0;
    if (p->kind == MIME_MESSAGE && p->child != NULL) {
        inner = part_of(p->child);
        set_inner(out, &inner);
    }
    return true;
}
