/*
 * session/fetch_section.c - where a section of a message is (RFC 9051, 6.4.5.1), and its bytes in
 * pieces.
 *
 * Sections are stretches of the message as it was given.  Some are changed on their way out:
 * HEADER.FIELDS leaves lines out, BINARY undoes the transfer encoding.  Whatever it is, nobody
 * holds more than a piece of it.
 */
#include "session/fetch.h"

#include "base/mem.h"

/* ---- where ---- */

static uint64_t header_size(const struct message *m)
{
    uint64_t n = m->tree ? m->tree->body_at : m->list.header_size;

    return n < m->row.size ? n : m->row.size;
}

/* A section without part numbers: of the message itself. */
static void locate_root(const struct message *m, enum imap_section_text text, struct content *out)
{
    out->at = 0;
    out->end = m->row.size;
    switch (text) {
    case SECTION_HEADER:
    case SECTION_MIME:
    case SECTION_FIELDS:
    case SECTION_FIELDS_NOT:
        out->end = header_size(m);
        break;
    case SECTION_TEXT:
        out->at = header_size(m);
        break;
    case SECTION_ALL:
        break;
    }
}

static bool find_part(const struct message *m, const struct imap_section *s,
                      struct summary_part *out)
{
    if (m->tree)
        return summary_part_of_tree(m->tree, s->numbers, s->n_numbers, out);
    return m->has_more && summary_part_find(m->more.parts, s->numbers, s->n_numbers, out);
}

/* HEADER and TEXT mean something only of a part that holds a message (RFC 9051, 6.4.5.1). */
static void locate_part(const struct message *m, const struct imap_section *s, struct content *out,
                        struct summary_part *part_out)
{
    const struct summary_part *p = part_out;

    *out = (struct content){.absent = !find_part(m, s, part_out)};
    if (out->absent)
        return;
    switch (s->text) {
    case SECTION_ALL:
        out->at = p->body_at;
        out->end = p->end;
        break;
    case SECTION_MIME:
        out->at = p->header_at;
        out->end = p->body_at;
        break;
    case SECTION_TEXT:
        out->absent = p->kind != MIME_MESSAGE;
        out->at = p->inner_body_at;
        out->end = p->inner_end;
        break;
    default:
        out->absent = p->kind != MIME_MESSAGE;
        out->at = p->inner_header_at;
        out->end = p->inner_body_at;
    }
}

static enum imap_section_text text_of(const struct imap_fetch_item *in)
{
    if (in->kind == FETCH_RFC822_HEADER)
        return SECTION_HEADER;
    return in->kind == FETCH_RFC822_TEXT ? SECTION_TEXT : in->section.text;
}

/* What BINARY makes of a part.  Only leaves have an encoding to undo. */
static enum err locate_binary(const struct summary_part *part, struct content *out)
{
    bool leaf = part->kind == MIME_SINGLE;

    out->how = SOURCE_DECODE;
    out->cte = leaf ? part->cte : CTE_BINARY;
    out->text = leaf && part->is_text;
    return out->cte == CTE_UNKNOWN ? ERR_UNKNOWN_CTE : ERR_OK;
}

enum err fetch_locate(struct fetch *f, const struct fetch_item *item, struct content *out)
{
    const struct imap_fetch_item *in = item->in;
    struct summary_part part = {.cte = CTE_BINARY, .kind = MIME_MULTIPART};

    *out = (struct content){0};
    if (in->section.n_numbers)
        locate_part(f->m, &in->section, out, &part);
    else
        locate_root(f->m, text_of(in), out);
    if (out->absent)
        return ERR_OK;
    if (out->end > f->m->row.size || out->at > out->end)
        return ERR_CORRUPT;
    if (in->kind == FETCH_BINARY || in->kind == FETCH_BINARY_SIZE)
        return locate_binary(&part, out);
    if (in->section.text == SECTION_FIELDS || in->section.text == SECTION_FIELDS_NOT)
        out->how = SOURCE_FIELDS;
    out->plain = out->how == SOURCE_COPY;
    return ERR_OK;
}

/* ---- the bytes ---- */

void fetch_source(struct fetch *f, const struct fetch_item *item, const struct content *k,
                  struct source *out)
{
    *out = (struct source){
        .account = f->account,
        .object = f->m->row.object,
        .at = k->at,
        .end = k->end,
        .how = k->how,
        .filter.want = &item->fields,
        .to_crlf = k->text,
    };
    if (k->how == SOURCE_DECODE)
        mime_decoder_init(&out->decoder, k->cte);
}

void source_fini(struct source *s)
{
    fields_filter_fini(&s->filter);
    buf_fini(&s->raw);
    buf_fini(&s->decoded);
}

static enum err read_piece(struct source *s, struct buf *to)
{
    uint64_t left = s->end - s->at;
    size_t n = left < FETCH_PIECE ? (size_t)left : FETCH_PIECE;
    char *p = buf_reserve(to, n);
    size_t got = 0;

    TRY(account_read(s->account, s->object, s->at, p, n, &got));
    if (got == 0)
        return ERR_IO; /* shorter than its row says */
    to->n += got;
    s->at += got;
    return ERR_OK;
}

/* RFC 9051, 7.5.2: lines of text end in CRLF in BINARY, however they are kept. */
static void add_crlf(struct source *s, struct str in, struct buf *out)
{
    while (in.n) {
        size_t n = str_find(in, '\n');
        bool found = n < in.n;
        char before = n ? in.p[n - 1] : s->after_cr ? '\r' : '\0';

        buf_add(out, in.p, n);
        if (found)
            buf_add_cstr(out, before == '\r' ? "\n" : "\r\n");
        s->after_cr = !found && before == '\r';
        in = str_from(in, n + found);
    }
}

static void add_decoded(struct source *s, struct buf *out)
{
    if (s->ended)
        mime_decoder_end(&s->decoder, &s->decoded);
    else
        mime_decoder_feed(&s->decoder, buf_str(&s->raw), &s->decoded);
    if (s->to_crlf)
        add_crlf(s, buf_str(&s->decoded), out);
    else
        buf_add_str(out, buf_str(&s->decoded));
    buf_clear(&s->decoded);
}

enum err source_next(struct source *s, struct buf *out)
{
    if (s->at == s->end)
        s->ended = true;
    if (s->how == SOURCE_COPY)
        return s->ended ? ERR_OK : read_piece(s, out);
    buf_clear(&s->raw);
    if (!s->ended)
        TRY(read_piece(s, &s->raw));
    if (s->how == SOURCE_DECODE)
        add_decoded(s, out);
    else if (s->ended)
        fields_filter_end(&s->filter, out);
    else
        fields_filter_feed(&s->filter, buf_str(&s->raw), out);
    return ERR_OK;
}
