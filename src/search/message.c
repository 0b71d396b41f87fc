/*
 * search/message.c - one message, read at most once for all the keys of a program.
 *
 *   SUMMARY -> HEADER -> FIELDS -> PARTS -> PART ... -> DONE
 *      |                             ^
 *      +--> PARSE (no summary) ------+
 *
 * After each step the program is asked again: as soon as it has a value nothing more is read.  Text
 * is decoded, brought to UTF-8 and folded as it streams by (RFC 9051, 6.4.4: encodings MUST be
 * undone before comparing).
 *
 * What is text: text parts in any encoding, and others unless they are base64, uuencoded or binary,
 * whose bytes are no text ("MAY exclude body parts with terminal content media types other than
 * TEXT and MESSAGE").  BODY looks at no header field; TEXT looks at those of the message, of its
 * parts and of messages within it.
 */
#include "search/search_priv.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "mime/date.h"

enum {
    PIECE = 64 * 1024,
    WHOLE_MAX = 64 * 1024, /* messages up to here are read at once */
    FIELDS_A_STEP = 100,
    SCRATCH_MAX = 256 * 1024,
};

static bool decided(struct search *s)
{
    return search_truth(s, s->key) != UNKNOWN_;
}

/* ---- bytes ---- */

static enum err read_at(struct search *s, uint64_t at, size_t n, struct buf *to)
{
    char *p = buf_reserve(to, n);

    while (n > 0) {
        size_t got = 0;

        TRY(account_read(s->account, s->known.row.object, at, p, n, &got));
        if (got == 0)
            return ERR_IO; /* shorter than its row says */
        to->n += got;
        at += got;
        p += got;
        n -= got;
    }
    return ERR_OK;
}

/* The next bytes of the stretch, at most a piece. */
static enum err next_piece(struct search *s, struct str *out)
{
    struct reading *r = &s->reading;
    uint64_t left = r->end - r->at;
    size_t n = left < PIECE ? (size_t)left : PIECE;

    if (r->has_whole) {
        *out = str_sub(buf_str(&r->whole), (size_t)r->at, n);
    } else {
        buf_clear(&r->piece);
        TRY(read_at(s, r->at, n, &r->piece));
        *out = buf_str(&r->piece);
    }
    r->at += n;
    return ERR_OK;
}

/* A header block, as much of it as is understood anywhere (mime/part.h). */
static enum err load_header(struct search *s, uint64_t at, uint64_t end)
{
    struct reading *r = &s->reading;
    uint64_t n = end - at < MIME_MAX_HEADER ? end - at : MIME_MAX_HEADER;

    buf_clear(&r->header);
    if (r->has_whole)
        buf_add_str(&r->header, str_sub(buf_str(&r->whole), (size_t)at, (size_t)n));
    else
        TRY(read_at(s, at, (size_t)n, &r->header));
    r->fields = mime_fields_of(buf_str(&r->header));
    return ERR_OK;
}

/* ---- summary ---- */

static void set_date(struct known *k, bool has, int64_t utc, int zone_min)
{
    k->date_known = true;
    k->has_date = has;
    k->sent_day = has ? search_day(utc, zone_min) : 0;
}

static void set_date_of_tree(struct known *k, const struct mime_part *root)
{
    struct mime_date d = {0};
    bool has =
        root->envelope && root->envelope->date.p && mime_date_parse(root->envelope->date, &d);

    set_date(k, has, d.utc, d.zone_min);
}

static void summary_step(struct search *s)
{
    struct reading *r = &s->reading;

    if (!r->has_list) {
        r->step = READ_PARSE;
        return;
    }
    r->header_size = r->list.header_size;
    set_date(&s->known, r->list.has_date, r->list.date, r->list.zone_min);
    r->step = READ_HEADER;
}

/* One piece of a message without a usable summary. */
static enum err parse_step(struct search *s)
{
    struct reading *r = &s->reading;
    struct str piece;

    if (!r->parser) {
        r->parser = mime_parser_new(r->arena);
        r->at = 0;
        r->end = s->known.row.size;
    }
    if (r->at < r->end) {
        TRY(next_piece(s, &piece));
        mime_parser_feed(r->parser, piece);
        return ERR_OK;
    }
    r->tree = mime_parser_finish(r->parser);
    mime_parser_free(r->parser);
    r->parser = NULL;
    set_date_of_tree(&s->known, r->tree);
    /* Either nothing is known of the message yet, or only its parts were missing. */
    r->step = r->has_list ? READ_PARTS : READ_HEADER;
    r->header_size = r->tree->body_at;
    return ERR_OK;
}

/* ---- fields ---- */

/* What a person would read.  Most fields are ASCII without encoded words and only need unfolding.
 */
static struct str field_text(struct reading *r, struct str value)
{
    if (str_has_8bit(value) || str_search(value, STR("=?")) != SIZE_MAX)
        return mime_decode_text(r->scratch, value);
    value = str_trim(value);
    buf_clear(&r->utf8);
    char *to = buf_reserve(&r->utf8, value.n);
    for (size_t i = 0; i < value.n; i++) {
        char ch = value.p[i];

        if (ch != '\r' && ch != '\n' && ch != '\0')
            to[r->utf8.n++] = ch;
    }
    return buf_str(&r->utf8);
}

/* HEADER keys of this name.  Without a text they ask whether the field is there. */
static void match_header_keys(struct search *s, struct str name, struct str value)
{
    struct reading *r = &s->reading;
    bool folded = false;

    for (size_t i = 0; i < s->n_terms; i++) {
        struct term *t = &s->terms[i];

        if (t->key->kind != SEARCH_HEADER || t->needle.found || !str_eq_nocase(t->key->name, name))
            continue;
        if (!folded) {
            buf_clear(&r->decoded);
            utf8_fold(&r->decoded, field_text(r, value));
            folded = true;
        }
        t->needle.found = str_search(buf_str(&r->decoded), t->needle.folded) != SIZE_MAX;
    }
}

static void feed_field(struct search *s, const struct mime_field *f)
{
    struct text *t = &s->reading.text;

    text_feed(t, f->name);
    text_feed(t, STR(": "));
    text_feed(t, field_text(&s->reading, f->value));
    text_feed(t, STR("\n"));
}

/* Some fields of the block in progress; `message`: of the message's own header. */
static bool fields_step(struct search *s, bool message)
{
    struct reading *r = &s->reading;
    struct mime_field f;

    if (!r->texting && s->n_header_needles)
        text_begin(&r->text, s->header_needles, s->n_header_needles);
    r->texting = s->n_header_needles > 0;
    for (unsigned i = 0; i < FIELDS_A_STEP; i++) {
        if (!mime_fields_next(&r->fields, &f)) {
            if (r->texting)
                text_end(&r->text);
            r->texting = false;
            return true;
        }
        if (message)
            match_header_keys(s, f.name, f.value);
        if (r->texting)
            feed_field(s, &f);
        if (arena_bytes(r->scratch) > SCRATCH_MAX)
            arena_reset(r->scratch);
    }
    return false;
}

static void decide(struct search *s, enum search_kind kind)
{
    for (size_t i = 0; i < s->n_terms; i++) {
        if (s->terms[i].key->kind == kind)
            s->terms[i].decided = true;
    }
}

static enum err header_step(struct search *s)
{
    struct reading *r = &s->reading;
    uint64_t size = s->known.row.size;
    uint64_t n = r->header_size < size ? r->header_size : size;

    if (!(s->asks & ASKS_HEADER)) {
        r->step = READ_PARTS;
        return ERR_OK;
    }
    if ((s->asks & ASKS_BODY) && size <= WHOLE_MAX) {
        buf_clear(&r->whole);
        TRY(read_at(s, 0, (size_t)size, &r->whole));
        r->has_whole = true;
    }
    TRY(load_header(s, 0, n));
    r->step = READ_FIELDS;
    return ERR_OK;
}

/* ---- parts ---- */

static size_t tree_parts(const struct mime_part *p, struct summary_part *out)
{
    size_t n = 0;

    for (; p; p = p->next) {
        if (out) {
            struct str charset = mime_param_get(p->params, STR("charset"));
            bool text = p->kind == MIME_SINGLE && str_eq_nocase(p->type, STR("TEXT"));

            out[n] = (struct summary_part){.header_at = p->header_at,
                                           .body_at = p->body_at,
                                           .end = p->end,
                                           .kind = p->kind,
                                           .cte = p->cte,
                                           .is_text = text,
                                           .charset = text ? charset : STR_NONE};
        }
        n++;
        n += tree_parts(p->child, out ? out + n : NULL);
    }
    return n;
}

/* The parts from the summary; false: there is none that can be read. */
static bool stored_parts(struct search *s)
{
    struct reading *r = &s->reading;
    struct str value = STR_NONE;
    struct summary_more more;

    if (!r->has_list || r->list.too_large)
        return false;
    if (account_summary_more(s->account, r->arena, s->known.row.object, &value) != ERR_OK ||
        !value.p || summary_more_read(value, &more) != ERR_OK)
        return false;
    r->n_parts = summary_parts_all(r->arena, more.parts, &r->parts);
    return r->n_parts > 0;
}

static void parts_step(struct search *s)
{
    struct reading *r = &s->reading;

    if (!(s->asks & ASKS_BODY)) {
        r->step = READ_DONE;
        return;
    }
    if (r->tree) {
        r->n_parts = tree_parts(r->tree, NULL);
        r->parts = ARENA_ARRAY(r->arena, struct summary_part, r->n_parts);
        tree_parts(r->tree, r->parts);
    } else if (!stored_parts(s)) {
        r->step = READ_PARSE;
        return;
    }
    r->part = 0;
    r->in_header = false; /* the first one is the message: its header was read */
    r->at = r->end = 0;
    r->step = READ_PART;
}

static bool is_sought(const struct summary_part *p)
{
    bool readable = p->cte == CTE_7BIT || p->cte == CTE_8BIT || p->cte == CTE_QP;

    return p->kind == MIME_SINGLE && (p->is_text || readable);
}

/* Charsets in which ASCII bytes are ASCII and nothing else, whatever stands around them. */
static bool ascii_is_itself(struct str charset)
{
    static const char *const plain[] = {"utf-8", "us-ascii", "iso-8859-", "windows-125", "koi8-"};

    for (size_t i = 0; i < ARRAY_LEN(plain); i++) {
        if (str_starts_nocase(charset, str_of(plain[i])))
            return true;
    }
    return charset.n == 0;
}

/* Decoded bytes as UTF-8.  A converter is made when the first byte asks for one. */
static struct str to_utf8(struct reading *r, struct str charset, struct str in)
{
    if (!r->charset) {
        if (ascii_is_itself(charset) && !str_has_8bit(in))
            return in;
        r->charset = mime_charset_new(charset.p ? charset : STR(""));
    }
    buf_clear(&r->utf8);
    mime_charset_feed(r->charset, in, &r->utf8);
    return buf_str(&r->utf8);
}

static bool identity(enum mime_cte cte)
{
    return cte == CTE_7BIT || cte == CTE_8BIT || cte == CTE_BINARY || cte == CTE_UNKNOWN;
}

static void body_begin(struct search *s, const struct summary_part *p)
{
    struct reading *r = &s->reading;

    mime_decoder_init(&r->decoder, p->cte);
    text_begin(&r->text, s->body_needles, s->n_body_needles);
    r->texting = true;
}

static void body_end(struct reading *r, const struct summary_part *p)
{
    buf_clear(&r->decoded);
    mime_decoder_end(&r->decoder, &r->decoded);
    text_feed(&r->text, to_utf8(r, p->charset, buf_str(&r->decoded)));
    if (r->charset) {
        buf_clear(&r->utf8);
        mime_charset_end(r->charset, &r->utf8);
        r->charset = NULL;
        text_feed(&r->text, buf_str(&r->utf8));
    }
    text_end(&r->text);
    r->texting = false;
}

static enum err body_piece(struct search *s, const struct summary_part *p)
{
    struct reading *r = &s->reading;
    struct str piece;

    TRY(next_piece(s, &piece));
    if (!identity(p->cte)) {
        buf_clear(&r->decoded);
        mime_decoder_feed(&r->decoder, piece, &r->decoded);
        piece = buf_str(&r->decoded);
    }
    text_feed(&r->text, to_utf8(r, p->charset, piece));
    return ERR_OK;
}

/* The part's body, a piece a step; then the next part, its header first. */
static enum err part_body_step(struct search *s, const struct summary_part *p)
{
    struct reading *r = &s->reading;

    if (!r->texting && is_sought(p)) {
        r->at = p->body_at;
        r->end = p->end < s->known.row.size ? p->end : s->known.row.size;
        body_begin(s, p);
    }
    if (r->texting && r->at < r->end)
        return body_piece(s, p);
    if (r->texting)
        body_end(r, p);
    r->part++;
    r->in_header = s->n_header_needles > 0;
    if (r->part < r->n_parts && r->in_header)
        return load_header(s, r->parts[r->part].header_at, r->parts[r->part].body_at);
    return ERR_OK;
}

static enum err part_step(struct search *s)
{
    struct reading *r = &s->reading;

    if (r->part == r->n_parts) {
        r->step = READ_DONE;
        return ERR_OK;
    }
    if (!r->in_header)
        return part_body_step(s, &r->parts[r->part]);
    if (fields_step(s, false))
        r->in_header = false;
    return ERR_OK;
}

/* ---- all ---- */

static enum err one_step(struct search *s)
{
    struct reading *r = &s->reading;

    switch (r->step) {
    case READ_SUMMARY:
        summary_step(s);
        return ERR_OK;
    case READ_PARSE:
        return parse_step(s);
    case READ_HEADER:
        return header_step(s);
    case READ_FIELDS:
        if (fields_step(s, true)) {
            decide(s, SEARCH_HEADER);
            r->step = READ_PARTS;
        }
        return ERR_OK;
    case READ_PARTS:
        parts_step(s);
        return ERR_OK;
    case READ_PART:
        return part_step(s);
    case READ_DONE:
        return ERR_OK;
    }
    return ERR_OK;
}

/* Nothing more can be known of it. */
static void all_read(struct search *s)
{
    s->known.date_known = true;
    for (size_t i = 0; i < s->n_terms; i++)
        s->terms[i].decided = true;
}

enum err reading_step(struct search *s, bool *more_out)
{
    struct reading *r = &s->reading;
    enum err e = one_step(s);

    /* One message that cannot be read must not hide all others: it has no text. */
    if (e != ERR_OK) {
        log_event(LOG_ERROR, "search", kv_u64("object", s->known.row.object), kv_err(e));
        r->step = READ_DONE;
    }
    if (r->step == READ_DONE)
        all_read(s);
    *more_out = !decided(s);
    return ERR_OK;
}

static void reading_reset(struct reading *r)
{
    if (r->charset) {
        buf_clear(&r->utf8);
        mime_charset_end(r->charset, &r->utf8);
    }
    if (r->parser)
        mime_parser_free(r->parser);
    r->charset = NULL;
    r->parser = NULL;
    r->tree = NULL;
    r->texting = r->has_whole = false;
    arena_reset(r->arena);
    arena_reset(r->scratch);
}

void reading_begin(struct search *s, const struct candidate *c)
{
    struct reading *r = &s->reading;

    if (!r->arena) {
        r->arena = arena_new();
        r->scratch = arena_new();
    }
    s->known = (struct known){.row = c->row};
    r->step = READ_SUMMARY;
    r->has_list = c->list_value.p && summary_list_read(c->list_value, &r->list) == ERR_OK;
}

void reading_end(struct search *s)
{
    if (s->reading.arena)
        reading_reset(&s->reading);
    for (size_t i = 0; i < s->n_terms; i++) {
        struct term *t = &s->terms[i];

        t->decided = false;
        t->needle.found = t->needle.folded.n == 0 && t->key->kind != SEARCH_HEADER;
    }
}

void reading_fini(struct search *s)
{
    struct reading *r = &s->reading;

    if (r->arena)
        reading_reset(r);
    arena_free(r->arena);
    arena_free(r->scratch);
    buf_fini(&r->whole);
    buf_fini(&r->header);
    buf_fini(&r->piece);
    buf_fini(&r->decoded);
    buf_fini(&r->utf8);
    text_fini(&r->text);
}
