/*
 * mime/entity.c - a header block, field by field.
 *
 * The table says what is done with each field that matters.  Of a field that may stand only once
 * the first counts; the address lists of repeated fields are joined.  A value longer than
 * MIME_MAX_FIELD_KEPT is cut.
 */
#include "mime/entity_priv.h"

#include "mime/content_priv.h"
#include "mime/header.h"

#include "base/mem.h"
#include "base/utf8.h"

#include <stddef.h>

enum { MAX_READERS = 32 };

struct work {
    struct mime_entity *e;
    bool done[MAX_READERS]; /* the field has been seen */
    struct mime_address **tails[MAX_READERS];
    size_t i; /* of the reader that runs */
};

/* A string of the envelope at `at`. */
static void read_envelope_text(struct work *w, struct str value, size_t at)
{
    struct mime_envelope *env = w->e->part->envelope;

    if (env)
        *(struct str *)((char *)env + at) = mime_unfold(w->e->arena, value);
}

/* A list of the envelope at `at`; the field may be repeated (RFC 5322 3.6 forbids it, mail does
 * it). */
static void read_envelope_list(struct work *w, struct str value, size_t at)
{
    struct mime_envelope *env = w->e->part->envelope;
    struct mime_address ***tail = &w->tails[w->i];
    size_t *left = w->e->addresses_left;

    if (!env || *left == 0)
        return;
    if (!*tail)
        *tail = (struct mime_address **)((char *)env + at);
    **tail = mime_addresses(w->e->arena, value, *left);
    while (**tail) {
        *tail = &(**tail)->next;
        --*left;
    }
}

static void read_part_text(struct work *w, struct str value, size_t at)
{
    struct str s = mime_unfold(w->e->arena, value);

    if (s.n > 0)
        *(struct str *)((char *)w->e->part + at) = s;
}

static void read_references(struct work *w, struct str value, size_t at)
{
    if (!w->e->part->parent)
        read_part_text(w, value, at);
}

static void read_type(struct work *w, struct str value, size_t at)
{
    mime_content_type(w->e->arena, w->e->part, value, &w->e->boundary);
}

static void read_encoding(struct work *w, struct str value, size_t at)
{
    mime_content_encoding(w->e->arena, w->e->part, value);
}

static void read_disposition(struct work *w, struct str value, size_t at)
{
    mime_content_disposition(w->e->arena, w->e->part, value);
}

static void read_language(struct work *w, struct str value, size_t at)
{
    mime_content_language(w->e->arena, w->e->part, value);
}

static void read_location(struct work *w, struct str value, size_t at)
{
    mime_content_location(w->e->arena, w->e->part, value);
}

#define IN_ENVELOPE(field) offsetof(struct mime_envelope, field)
#define IN_PART(field) offsetof(struct mime_part, field)

static const struct reader {
    struct str name;
    void (*read)(struct work *w, struct str value, size_t at);
    size_t at;
    bool again; /* may be repeated */
} readers[] = {
    {STR_INIT("Date"), read_envelope_text, IN_ENVELOPE(date), false},
    {STR_INIT("Subject"), read_envelope_text, IN_ENVELOPE(subject), false},
    {STR_INIT("In-Reply-To"), read_envelope_text, IN_ENVELOPE(in_reply_to), false},
    {STR_INIT("Message-ID"), read_envelope_text, IN_ENVELOPE(message_id), false},
    {STR_INIT("From"), read_envelope_list, IN_ENVELOPE(from), true},
    {STR_INIT("Sender"), read_envelope_list, IN_ENVELOPE(sender), true},
    {STR_INIT("Reply-To"), read_envelope_list, IN_ENVELOPE(reply_to), true},
    {STR_INIT("To"), read_envelope_list, IN_ENVELOPE(to), true},
    {STR_INIT("Cc"), read_envelope_list, IN_ENVELOPE(cc), true},
    {STR_INIT("Bcc"), read_envelope_list, IN_ENVELOPE(bcc), true},
    {STR_INIT("References"), read_references, IN_PART(references), false},
    {STR_INIT("Content-Type"), read_type, 0, false},
    {STR_INIT("Content-Transfer-Encoding"), read_encoding, 0, false},
    {STR_INIT("Content-ID"), read_part_text, IN_PART(id), false},
    {STR_INIT("Content-Description"), read_part_text, IN_PART(description), false},
    {STR_INIT("Content-MD5"), read_part_text, IN_PART(md5), false},
    {STR_INIT("Content-Disposition"), read_disposition, 0, false},
    {STR_INIT("Content-Language"), read_language, 0, false},
    {STR_INIT("Content-Location"), read_location, 0, false},
};
_Static_assert(ARRAY_LEN(readers) <= MAX_READERS, "struct work has a place for each");

/* Long values end at a character; lists of addresses at the last comma, so that none is half. */
static struct str kept(struct str value, const struct reader *r)
{
    const char *comma;

    if (value.n <= MIME_MAX_FIELD_KEPT)
        return value;
    value.n = utf8_cut(value, MIME_MAX_FIELD_KEPT);
    comma = r->read == read_envelope_list ? memrchr(value.p, ',', value.n) : NULL;
    if (comma)
        value.n = (size_t)(comma - value.p);
    return value;
}

static void read_field(struct work *w, const struct mime_field *f)
{
    for (size_t i = 0; i < ARRAY_LEN(readers); i++) {
        const struct reader *r = &readers[i];

        if (!str_eq_nocase(r->name, f->name))
            continue;
        w->i = i;
        if (!w->done[i] || r->again)
            r->read(w, kept(f->value, r), r->at);
        w->done[i] = true;
        return;
    }
}

/* RFC 9051 7.5.2: absent or empty Sender and Reply-To are as From. */
static void default_from(struct mime_envelope *env)
{
    if (!env->sender)
        env->sender = env->from;
    if (!env->reply_to)
        env->reply_to = env->from;
}

void mime_entity_read(struct mime_entity *e, struct str block)
{
    struct work w = {.e = e};
    struct mime_fields fields = mime_fields_of(block);
    struct mime_field f;

    e->boundary = STR_NONE;
    e->part->encoding = STR("7BIT");
    e->part->cte = CTE_7BIT;
    mime_content_default(e->arena, e->part, e->in_digest);
    while (mime_fields_next(&fields, &f))
        read_field(&w, &f);
    if (e->part->envelope)
        default_from(e->part->envelope);
}
