/*
 * mime/part.c - finding parts by IMAP's numbers.
 */
#include "mime/part.h"

struct mime_part *mime_part_child(const struct mime_part *p, uint32_t n)
{
    struct mime_part *c = p->kind == MIME_MULTIPART && n > 0 ? p->child : NULL;

    while (c && --n > 0)
        c = c->next;
    return c;
}

/* The message itself, or one inside a MIME_MESSAGE.  Its body has numbers of its own: those of its
 * parts if it is a multipart, otherwise only 1, which is the body (RFC 9051, 6.4.5.1: "every
 * message has at least one part number"). */
static struct mime_part *message_part(struct mime_part *message, uint32_t n)
{
    if (message->kind == MIME_MULTIPART)
        return mime_part_child(message, n);
    return n == 1 ? message : NULL;
}

struct mime_part *mime_part_find(struct mime_part *root, const uint32_t *numbers, size_t n)
{
    struct mime_part *p = root;

    for (size_t i = 0; i < n && p; i++) {
        if (i == 0)
            p = message_part(p, numbers[i]);
        else if (p->kind == MIME_MESSAGE)
            p = message_part(p->child, numbers[i]);
        else
            p = mime_part_child(p, numbers[i]);
    }
    return p;
}

struct str mime_param_get(const struct mime_param *params, struct str name_lower)
{
    struct str found = STR_NONE;

    for (const struct mime_param *p = params; p; p = p->next) {
        if (!str_eq(p->name, name_lower))
            continue;
        if (p->extended)
            return p->value;
        if (!found.p)
            found = p->value;
    }
    return found;
}
