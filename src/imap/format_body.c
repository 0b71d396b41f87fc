/*
 * imap/format_body.c - BODYSTRUCTURE and BODY (RFC 9051, 7.5.2 and 9: body).
 *
 * The grammar knows a part by its type: TEXT has lines, MESSAGE/RFC822 has an envelope.  So a part
 * that is not what its type says (a message that was not looked into) is told as
 * application/octet-stream.  Depth is limited by mime/part.h.
 */
#include "imap/format_priv.h"

static void put_space(struct put *p)
{
    buf_add_char(p->out, ' ');
}

/* A value that came with a charset (RFC 2231).  IMAP4rev2 wants it decoded, under the name "foo*"
 * (RFC 9051, 7.5.2: body parameter parenthesized list).  RFC 3501 says nothing of decoding and its
 * strings are 7-bit, so there it is told in the form that MIME itself gives such a value, which
 * every client can read: utf-8''caf%C3%A9. */
static void put_extended(struct put *p, const struct mime_param *param)
{
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    struct buf value = BUF_INIT;

    p->saw_8bit = true;
    buf_printf(&value, "%.*s*", STR_FMT(param->name));
    put_string(p, buf_str(&value));
    put_space(p);
    buf_clear(&value);
    if (p->mode == IMAP_MODE_REV1)
        BUF_LIT(&value, "utf-8''");
    for (size_t i = 0; i < param->value.n; i++) {
        char c = param->value.p[i];
        if (p->mode == IMAP_MODE_UTF8 || (c != '\0' && strchr(plain, c)))
            buf_add_char(&value, c);
        else
            buf_printf(&value, "%%%02X", (unsigned char)c);
    }
    put_string(p, buf_str(&value));
    buf_fini(&value);
}

/* "(" string SP string *(SP string SP string) ")" / nil */
static void put_params(struct put *p, const struct mime_param *param)
{
    if (param == NULL) {
        BUF_LIT(p->out, "NIL");
        return;
    }
    buf_add_char(p->out, '(');
    for (const struct mime_param *i = param; i != NULL; i = i->next) {
        if (i != param)
            put_space(p);
        if (i->extended) {
            put_extended(p, i);
            continue;
        }
        put_string(p, i->name);
        put_space(p);
        put_string(p, i->value);
    }
    buf_add_char(p->out, ')');
}

/* "(" string SP body-fld-param ")" / nil */
static void put_disposition(struct put *p, const struct mime_part *part)
{
    if (part->disposition.p == NULL) {
        BUF_LIT(p->out, "NIL");
        return;
    }
    buf_add_char(p->out, '(');
    put_string(p, part->disposition);
    put_space(p);
    put_params(p, part->disposition_params);
    buf_add_char(p->out, ')');
}

/* nstring / "(" string *(SP string) ")" */
static void put_languages(struct put *p, const struct mime_part *part)
{
    if (part->n_languages < 2) {
        put_nstring(p, part->n_languages == 1 ? part->languages[0] : STR_NONE);
        return;
    }
    buf_add_char(p->out, '(');
    for (size_t i = 0; i < part->n_languages; i++) {
        if (i > 0)
            put_space(p);
        put_string(p, part->languages[i]);
    }
    buf_add_char(p->out, ')');
}

/* what both body-ext-1part and body-ext-mpart end with */
static void put_extension(struct put *p, const struct mime_part *part)
{
    put_space(p);
    put_disposition(p, part);
    put_space(p);
    put_languages(p, part);
    put_space(p);
    put_nstring(p, part->location);
}

/* body-fld-octets is a 32-bit number. */
static void put_octets(struct put *p, const struct mime_part *part)
{
    uint64_t n = part->end - part->body_at;

    buf_add_u64(p->out, n < UINT32_MAX ? n : UINT32_MAX);
}

static void put_fields(struct put *p, const struct mime_part *part)
{
    put_space(p);
    put_params(p, part->params);
    put_space(p);
    put_nstring(p, part->id);
    put_space(p);
    put_nstring(p, part->description);
    put_space(p);
    put_string(p, part->encoding);
    put_space(p);
    put_octets(p, part);
}

static void put_lines(struct put *p, const struct mime_part *part)
{
    put_space(p);
    buf_add_u64(p->out, part->lines);
}

enum body_form { FORM_BASIC, FORM_TEXT, FORM_MESSAGE, FORM_DISGUISED };

/* Types are upper case (mime/part.h).  The grammar of RFC 3501 knows an envelope only of RFC822:
 * its readers would take that of GLOBAL for extension data. */
static enum body_form body_form(struct put *p, const struct mime_part *part)
{
    bool global = str_eq_nocase(part->subtype, STR("GLOBAL"));
    bool message = str_eq_nocase(part->type, STR("MESSAGE")) &&
                   (global || str_eq_nocase(part->subtype, STR("RFC822")));

    if (part->kind == MIME_MESSAGE && message && part->child != NULL) {
        p->saw_8bit = p->saw_8bit || global;
        return global && p->mode == IMAP_MODE_REV1 ? FORM_BASIC : FORM_MESSAGE;
    }
    if (part->kind == MIME_MESSAGE || message || str_eq_nocase(part->type, STR("MULTIPART")) ||
        part->type.n == 0 || part->subtype.n == 0)
        return FORM_DISGUISED;
    return str_eq_nocase(part->type, STR("TEXT")) ? FORM_TEXT : FORM_BASIC;
}

static void put_single(struct put *p, const struct mime_part *part, bool extended)
{
    enum body_form form = body_form(p, part);

    put_string(p, form == FORM_DISGUISED ? STR("APPLICATION") : part->type);
    put_space(p);
    put_string(p, form == FORM_DISGUISED ? STR("OCTET-STREAM") : part->subtype);
    put_fields(p, part);
    if (form == FORM_MESSAGE) {
        put_space(p);
        put_envelope(p, part->child->envelope);
        put_space(p);
        put_body(p, part->child, extended);
    }
    if (form == FORM_MESSAGE || form == FORM_TEXT)
        put_lines(p, part);
    if (!extended)
        return;
    put_space(p);
    put_nstring(p, part->md5);
    put_extension(p, part);
}

/* 1*body SP media-subtype [SP body-ext-mpart] */
static void put_multipart(struct put *p, const struct mime_part *part, bool extended)
{
    for (const struct mime_part *child = part->child; child != NULL; child = child->next)
        put_body(p, child, extended);
    put_space(p);
    put_string(p, part->subtype.n > 0 ? part->subtype : STR("MIXED"));
    if (!extended)
        return;
    put_space(p);
    put_params(p, part->params);
    put_extension(p, part);
}

void put_body(struct put *p, const struct mime_part *part, bool extended)
{
    buf_add_char(p->out, '(');
    if (part->kind == MIME_MULTIPART && part->child != NULL)
        put_multipart(p, part, extended);
    else
        put_single(p, part, extended);
    buf_add_char(p->out, ')');
}

void imap_put_body(struct buf *out, const struct mime_part *p, bool extended, enum imap_mode mode)
{
    put_body(&(struct put){.out = out, .mode = mode}, p, extended);
}
