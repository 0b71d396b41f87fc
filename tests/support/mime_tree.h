/* Trees of parts: what must hold for every one, and all of one as text, so that two can be
 * compared. */
#ifndef TESTS_MIME_TREE_H
#define TESTS_MIME_TREE_H

#include "base/check.h"
#include "base/utf8.h"
#include "mime/parser.h"

static inline bool mime_tree_line_free(struct str s)
{
    return !str_has_char(s, '\0') && !str_has_char(s, '\r') && !str_has_char(s, '\n');
}

static inline void mime_tree_check_token(struct str s)
{
    check(s.p && s.n > 0);
    for (size_t i = 0; i < s.n; i++)
        check(s.p[i] > ' ' && s.p[i] < 0x7f && s.p[i] != '"' && s.p[i] != '\\' &&
              ascii_upper(s.p[i]) == s.p[i]);
}

static inline void mime_tree_check_params(const struct mime_param *p)
{
    size_t n = 0;

    for (; p; p = p->next, n++) {
        check(p->name.n > 0 && !str_has_8bit(p->name) && mime_tree_line_free(p->name));
        check(p->value.p && mime_tree_line_free(p->value) && utf8_valid(p->value));
    }
    check(n <= MIME_MAX_PARAMS);
}

/* Groups are balanced; everything but their ends has a mailbox and a host. */
static inline size_t mime_tree_check_addresses(const struct mime_address *a)
{
    bool in_group = false;
    size_t n = 0;

    for (; a; a = a->next, n++) {
        check(mime_tree_line_free(a->name) && mime_tree_line_free(a->route));
        check(mime_tree_line_free(a->mailbox) && mime_tree_line_free(a->host));
        check(a->mailbox.p || !a->host.p);
        if (a->host.p)
            continue;
        check(in_group == !a->mailbox.p);
        in_group = !in_group;
    }
    check(!in_group);
    return n;
}

static inline void mime_tree_check_envelope(const struct mime_envelope *e)
{
    check(mime_tree_line_free(e->date) && mime_tree_line_free(e->subject));
    check(mime_tree_line_free(e->in_reply_to) && mime_tree_line_free(e->message_id));
    check(mime_tree_check_addresses(e->from) <= MIME_MAX_ADDRESSES);
    check(mime_tree_check_addresses(e->sender) <= MIME_MAX_ADDRESSES);
    check(mime_tree_check_addresses(e->reply_to) <= MIME_MAX_ADDRESSES);
    check(mime_tree_check_addresses(e->to) <= MIME_MAX_ADDRESSES);
    check(mime_tree_check_addresses(e->cc) <= MIME_MAX_ADDRESSES);
    check(mime_tree_check_addresses(e->bcc) <= MIME_MAX_ADDRESSES);
    check(e->sender || !e->from);
    check(e->reply_to || !e->from);
}

static inline bool mime_tree_is(const struct mime_part *p, struct str type, struct str subtype)
{
    return str_eq(p->type, type) && (!subtype.p || str_eq(p->subtype, subtype));
}

/* Line ends in the body, plus one for a last line without. */
static inline uint64_t mime_tree_lines(struct str body)
{
    uint64_t n = body.n > 0 && body.p[body.n - 1] != '\n';

    for (size_t i = 0; i < body.n; i++)
        n += body.p[i] == '\n';
    return n;
}

static inline void mime_tree_check_strings(const struct mime_part *p)
{
    mime_tree_check_token(p->type);
    mime_tree_check_token(p->subtype);
    mime_tree_check_token(p->encoding);
    mime_tree_check_params(p->params);
    mime_tree_check_params(p->disposition_params);
    check(mime_tree_line_free(p->id) && mime_tree_line_free(p->description));
    check(mime_tree_line_free(p->md5) && mime_tree_line_free(p->location));
    check(mime_tree_line_free(p->disposition) && !str_has_8bit(p->disposition));
    check(mime_tree_line_free(p->references) && (!p->references.p || !p->parent));
    for (size_t i = 0; i < p->n_languages; i++)
        check(p->languages[i].n > 0 && mime_tree_line_free(p->languages[i]));
    check((p->envelope != NULL) == (!p->parent || p->parent->kind == MIME_MESSAGE));
    if (p->envelope)
        mime_tree_check_envelope(p->envelope);
}

/* Returns how many parts there are. */
static inline size_t mime_tree_check(const struct mime_part *p, struct str message, size_t depth)
{
    uint64_t at = p->body_at;
    size_t n = 1;

    check(depth <= MIME_MAX_DEPTH);
    check(p->header_at <= p->body_at && p->body_at <= p->end && p->end <= message.n);
    check(p->lines == mime_tree_lines(str_sub(message, p->body_at, p->end - p->body_at)));
    check((p->kind == MIME_MULTIPART) == mime_tree_is(p, STR("MULTIPART"), STR_NONE));
    check((p->kind == MIME_MESSAGE) == (mime_tree_is(p, STR("MESSAGE"), STR("RFC822")) ||
                                        mime_tree_is(p, STR("MESSAGE"), STR("GLOBAL"))));
    check((p->kind == MIME_SINGLE) == !p->child);
    check(p->kind != MIME_MESSAGE ||
          (!p->child->next && p->child->header_at == p->body_at && p->child->end == p->end));
    mime_tree_check_strings(p);
    for (const struct mime_part *c = p->child; c; c = c->next) {
        check(c->parent == p && c->header_at >= at && c->end <= p->end);
        at = c->end;
        n += mime_tree_check(c, message, depth + 1);
    }
    return n;
}

static inline void mime_tree_check_root(const struct mime_part *root, struct str message)
{
    check(!root->parent && !root->next && root->header_at == 0 && root->end == message.n);
    check(mime_tree_check(root, message, 1) <= MIME_MAX_PARTS);
}

static inline void mime_tree_dump_str(struct buf *b, const char *label, struct str s)
{
    if (!s.p)
        return;
    buf_printf(b, " %s=%zu:", label, s.n);
    buf_add_str(b, s);
}

static inline void mime_tree_dump_params(struct buf *b, const struct mime_param *p)
{
    for (; p; p = p->next) {
        mime_tree_dump_str(b, p->extended ? "extended" : "plain", p->name);
        mime_tree_dump_str(b, "value", p->value);
    }
}

static inline void mime_tree_dump_list(struct buf *b, const char *label,
                                       const struct mime_address *a)
{
    buf_printf(b, " %s", label);
    for (; a; a = a->next) {
        mime_tree_dump_str(b, "name", a->name);
        mime_tree_dump_str(b, "route", a->route);
        mime_tree_dump_str(b, "mailbox", a->mailbox);
        mime_tree_dump_str(b, "host", a->host);
    }
}

static inline void mime_tree_dump_envelope(struct buf *b, const struct mime_envelope *e)
{
    mime_tree_dump_str(b, "date", e->date);
    mime_tree_dump_str(b, "subject", e->subject);
    mime_tree_dump_list(b, "from", e->from);
    mime_tree_dump_list(b, "sender", e->sender);
    mime_tree_dump_list(b, "reply-to", e->reply_to);
    mime_tree_dump_list(b, "to", e->to);
    mime_tree_dump_list(b, "cc", e->cc);
    mime_tree_dump_list(b, "bcc", e->bcc);
    mime_tree_dump_str(b, "in-reply-to", e->in_reply_to);
    mime_tree_dump_str(b, "message-id", e->message_id);
}

/* Everything of a tree, one part a line. */
static inline void mime_tree_dump(struct buf *b, const struct mime_part *p)
{
    buf_printf(b, "(%d %llu %llu %llu %llu %d", p->kind, (unsigned long long)p->header_at,
               (unsigned long long)p->body_at, (unsigned long long)p->end,
               (unsigned long long)p->lines, p->cte);
    mime_tree_dump_str(b, "type", p->type);
    mime_tree_dump_str(b, "subtype", p->subtype);
    mime_tree_dump_params(b, p->params);
    mime_tree_dump_str(b, "encoding", p->encoding);
    mime_tree_dump_str(b, "id", p->id);
    mime_tree_dump_str(b, "description", p->description);
    mime_tree_dump_str(b, "md5", p->md5);
    mime_tree_dump_str(b, "disposition", p->disposition);
    mime_tree_dump_params(b, p->disposition_params);
    for (size_t i = 0; i < p->n_languages; i++)
        mime_tree_dump_str(b, "language", p->languages[i]);
    mime_tree_dump_str(b, "location", p->location);
    mime_tree_dump_str(b, "references", p->references);
    if (p->envelope)
        mime_tree_dump_envelope(b, p->envelope);
    for (const struct mime_part *c = p->child; c; c = c->next)
        mime_tree_dump(b, c);
    BUF_LIT(b, ")\n");
}

#endif
