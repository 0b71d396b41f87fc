/*
 * imap/summary.c - what is told of a message again and again, as two stored values
 * (imap/summary.h).
 *
 *   list   flags, date (svar), zone (svar), header size (var), [envelope], [bodystructure]
 *   more   flags, [envelope], [bodystructure], body, [references], parts
 *
 * Both are sealed (base/codec.h): checksum and format number.  Numbers are varints, strings
 * counted.
 */
#include "imap/summary.h"

#include "base/codec.h"
#include "imap/format_priv.h"
#include "imap/summary_priv.h"
#include "mime/date.h"

enum {
    FORMAT = 1,
    REFERENCES_HEAD = 2048, /* of very long References the oldest ... */
    REFERENCES_TAIL = 6144, /* ... and the newest are kept */
};

enum list_flag {
    LIST_HAS_ENVELOPE = 1,
    LIST_HAS_BODYSTRUCTURE = 2,
    LIST_IN_MORE = 4,
    LIST_TOO_LARGE = 8,
    LIST_8BIT = 16,
    LIST_HAS_DATE = 32,
};

enum more_flag {
    MORE_HAS_ENVELOPE = 1,
    MORE_HAS_BODYSTRUCTURE = 2,
    MORE_HAS_REFERENCES = 4,
    MORE_EMPTY = 8,
};

/* What is rendered once and then divided between the two values. */
struct rendered {
    struct buf envelope, bodystructure, body, parts;
    bool saw_8bit;
};

static void render(struct rendered *r, const struct mime_part *root)
{
    struct put p = {.out = &r->envelope, .mode = IMAP_MODE_REV1};

    put_envelope(&p, root->envelope);
    p.out = &r->bodystructure;
    put_body(&p, root, true);
    p.out = &r->body;
    put_body(&p, root, false);
    summary_parts_build(root, &r->parts);
    r->saw_8bit = p.saw_8bit;
}

static void rendered_fini(struct rendered *r)
{
    buf_fini(&r->envelope);
    buf_fini(&r->bodystructure);
    buf_fini(&r->body);
    buf_fini(&r->parts);
}

static void enc_if(struct buf *out, bool there, const struct buf *s)
{
    if (there)
        enc_str(out, buf_str(s));
}

static void list_write(struct buf *out, const struct mime_part *root, const struct rendered *r,
                       unsigned flags)
{
    size_t start = seal_begin(out, FORMAT);
    struct mime_date date = {0};

    if (root->envelope != NULL && root->envelope->date.p != NULL &&
        mime_date_parse(root->envelope->date, &date))
        flags |= LIST_HAS_DATE;
    enc_u8(out, (uint8_t)(flags | (r->saw_8bit ? LIST_8BIT : 0)));
    enc_svar(out, date.utc);
    enc_svar(out, date.zone_min);
    enc_var(out, root->body_at - root->header_at);
    enc_if(out, flags & LIST_HAS_ENVELOPE, &r->envelope);
    enc_if(out, flags & LIST_HAS_BODYSTRUCTURE, &r->bodystructure);
    seal_end(out, start);
}

/* The list with as much in it as there is room for; the rest is left to `more`. */
static unsigned list_fit(struct buf *out, const struct mime_part *root, const struct rendered *r)
{
    static const unsigned tries[] = {
        LIST_HAS_ENVELOPE | LIST_HAS_BODYSTRUCTURE,
        LIST_HAS_ENVELOPE | LIST_IN_MORE,
        LIST_HAS_BODYSTRUCTURE | LIST_IN_MORE,
        LIST_IN_MORE,
    };
    size_t i = 0;

    for (;; i++) {
        buf_clear(out);
        list_write(out, root, r, tries[i]);
        if (out->n <= SUMMARY_LIST_MAX || tries[i] == LIST_IN_MORE)
            return tries[i];
    }
}

static void references_write(struct buf *out, struct str references)
{
    struct buf cut = BUF_INIT;

    if (references.n > REFERENCES_HEAD + REFERENCES_TAIL) {
        struct str tail = str_from(references, references.n - REFERENCES_TAIL);

        buf_add(&cut, references.p, REFERENCES_HEAD);
        while (cut.n > 0 && cut.p[cut.n - 1] != '>')
            cut.n--;
        buf_add_str(&cut, str_from(tail, str_find(tail, '<')));
        references = buf_str(&cut);
    }
    enc_str(out, references);
    buf_fini(&cut);
}

static void more_write(struct buf *out, const struct mime_part *root, const struct rendered *r,
                       unsigned list_flags)
{
    size_t start = seal_begin(out, FORMAT);
    unsigned flags = (list_flags & LIST_HAS_ENVELOPE ? 0 : MORE_HAS_ENVELOPE) |
                     (list_flags & LIST_HAS_BODYSTRUCTURE ? 0 : MORE_HAS_BODYSTRUCTURE) |
                     (root->references.p != NULL ? MORE_HAS_REFERENCES : 0);

    enc_u8(out, (uint8_t)flags);
    enc_if(out, flags & MORE_HAS_ENVELOPE, &r->envelope);
    enc_if(out, flags & MORE_HAS_BODYSTRUCTURE, &r->bodystructure);
    enc_str(out, buf_str(&r->body));
    if (flags & MORE_HAS_REFERENCES)
        references_write(out, root->references);
    enc_str(out, buf_str(&r->parts));
    seal_end(out, start);
}

static void too_large_write(struct buf *list_out, struct buf *more_out,
                            const struct mime_part *root, const struct rendered *r)
{
    size_t start;

    buf_clear(list_out);
    buf_clear(more_out);
    list_write(list_out, root, r, LIST_TOO_LARGE);
    start = seal_begin(more_out, FORMAT);
    enc_u8(more_out, MORE_EMPTY);
    seal_end(more_out, start);
}

void summary_build(const struct mime_part *root, struct buf *list_out, struct buf *more_out)
{
    struct rendered r = {0};
    unsigned flags;

    render(&r, root);
    buf_clear(list_out);
    buf_clear(more_out);
    flags = list_fit(list_out, root, &r);
    more_write(more_out, root, &r, flags);
    if (more_out->n > SUMMARY_MORE_MAX)
        too_large_write(list_out, more_out, root, &r);
    rendered_fini(&r);
}

static struct str dec_if(struct dec *d, bool there)
{
    return there ? dec_str(d) : STR_NONE;
}

static enum err dec_done(const struct dec *d)
{
    return d->bad || d->n > 0 ? ERR_CORRUPT : ERR_OK;
}

enum err summary_list_read(struct str value, struct summary_list *out)
{
    uint8_t format, flags;
    struct dec d;

    TRY(seal_open(value, FORMAT, &format, &d));
    flags = dec_u8(&d);
    *out = (struct summary_list){
        .in_more = flags & LIST_IN_MORE,
        .too_large = flags & LIST_TOO_LARGE,
        .has_8bit = flags & LIST_8BIT,
        .has_date = flags & LIST_HAS_DATE,
    };
    out->date = dec_svar(&d);
    out->zone_min = (int16_t)dec_svar(&d);
    out->header_size = dec_var(&d);
    out->envelope = dec_if(&d, flags & LIST_HAS_ENVELOPE);
    out->bodystructure = dec_if(&d, flags & LIST_HAS_BODYSTRUCTURE);
    return dec_done(&d);
}

enum err summary_more_read(struct str value, struct summary_more *out)
{
    uint8_t format, flags;
    struct dec d;

    TRY(seal_open(value, FORMAT, &format, &d));
    flags = dec_u8(&d);
    *out = (struct summary_more){0};
    out->envelope = dec_if(&d, flags & MORE_HAS_ENVELOPE);
    out->bodystructure = dec_if(&d, flags & MORE_HAS_BODYSTRUCTURE);
    out->body = dec_if(&d, !(flags & MORE_EMPTY));
    out->references = dec_if(&d, flags & MORE_HAS_REFERENCES);
    out->parts = dec_if(&d, !(flags & MORE_EMPTY));
    return dec_done(&d);
}
