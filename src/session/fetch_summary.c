/*
 * session/fetch_summary.c - ENVELOPE, BODYSTRUCTURE and the places of parts: copied from the
 * summary that was stored with the message, or made from its bytes where there is none that can be
 * read (protocols.md 18).
 */
#include "session/fetch.h"

#include "imap/format.h"

enum { PARSE_PIECE = 64 * 1024 };

/* Does some item show the structure, which the renderer tells differently where UTF-8 may be said?
 */
static bool shows(const struct fetch *f, enum imap_fetch_kind kind)
{
    for (size_t i = 0; i < f->plan.n; i++) {
        if (f->plan.items[i].in->kind == kind)
            return true;
    }
    return false;
}

static bool shows_text(const struct fetch *f)
{
    return shows(f, FETCH_ENVELOPE) || shows(f, FETCH_BODYSTRUCTURE) || shows(f, FETCH_BODY);
}

static void read_list(struct fetch *f, struct message *m)
{
    enum err e = m->list_value.p ? summary_list_read(m->list_value, &m->list) : ERR_NOT_FOUND;

    m->has_list = e == ERR_OK;
    m->renew = e != ERR_OK && e != ERR_VERSION;
}

static void read_more(struct fetch *f, struct message *m)
{
    struct str value = STR_NONE;
    enum err e = account_summary_more(f->account, f->arena, m->row.object, &value);

    if (e == ERR_OK)
        e = value.p ? summary_more_read(value, &m->more) : ERR_NOT_FOUND;
    m->has_more = e == ERR_OK;
    m->renew = e != ERR_OK && e != ERR_VERSION;
}

/* Is what was stored enough?  Reads the second value where it is needed. */
static bool summary_suffices(struct fetch *f, struct message *m)
{
    bool more = f->plan.needs & NEEDS_MORE;

    if (!(f->plan.needs & (NEEDS_LIST | NEEDS_MORE)))
        return true;
    read_list(f, m);
    if (!m->has_list)
        return false;
    if (f->mode == IMAP_MODE_UTF8 && m->list.has_8bit && shows_text(f))
        return false;
    more = more || (m->list.in_more && shows_text(f));
    if (m->list.too_large)
        return !more && !shows_text(f);
    if (more)
        read_more(f, m);
    return !more || m->has_more;
}

static void renew(struct fetch *f, const struct message *m)
{
    struct buf list = BUF_INIT, more = BUF_INIT;

    summary_build(m->tree, &list, &more);
    account_summary_renew(f->account, m->row.object, buf_str(&list), buf_str(&more));
    buf_fini(&list);
    buf_fini(&more);
}

static enum err parse_piece(struct fetch *f, struct message *m, bool *done_out)
{
    uint64_t left = m->row.size - m->parsed;
    size_t n = left < PARSE_PIECE ? (size_t)left : PARSE_PIECE;
    size_t got = 0;

    buf_clear(&f->piece);
    if (n) {
        TRY(account_read(f->account, m->row.object, m->parsed, buf_reserve(&f->piece, n), n, &got));
        if (got == 0)
            return ERR_IO;
        mime_parser_feed(m->parser, str_n(f->piece.p, got));
        m->parsed += got;
    }
    *done_out = m->parsed == m->row.size;
    if (!*done_out)
        return ERR_OK;
    m->tree = mime_parser_finish(m->parser);
    mime_parser_free(m->parser);
    m->parser = NULL;
    if (m->renew)
        renew(f, m);
    return ERR_OK;
}

enum err fetch_look(struct fetch *f, bool *done_out)
{
    struct message *m = f->m;

    if (!m->parser) {
        *done_out = summary_suffices(f, m);
        if (*done_out)
            return ERR_OK;
        m->parser = mime_parser_new(f->arena);
    }
    return parse_piece(f, m, done_out);
}

void message_end(struct message *m)
{
    if (m->parser)
        mime_parser_free(m->parser);
    m->parser = NULL;
}

void fetch_put_envelope(struct fetch *f, struct buf *out)
{
    struct message *m = f->m;

    if (m->tree)
        imap_put_envelope(out, m->tree->envelope, f->mode);
    else
        buf_add_str(out, m->list.envelope.p ? m->list.envelope : m->more.envelope);
}

void fetch_put_structure(struct fetch *f, struct buf *out, bool extended)
{
    struct message *m = f->m;

    if (m->tree)
        imap_put_body(out, m->tree, extended, f->mode);
    else if (!extended)
        buf_add_str(out, m->more.body);
    else
        buf_add_str(out, m->list.bodystructure.p ? m->list.bodystructure : m->more.bodystructure);
}
