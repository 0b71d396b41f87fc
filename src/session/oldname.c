/*
 * session/oldname.c - telling a client that its name was brought into normal form (RFC
 * 9051, 6.3.9.7).
 */
#include "session/wide.h"

#include "mailbox/names.h"

/* Mailbox data after the attributes: " "/" name". */
void list_put_name(struct session *s, struct str name)
{
    struct buf *out = session_out(s);

    buf_add_cstr(out, " \"/\" ");
    imap_put_mailbox(out, name, session_mode(s));
}

/* Extended data is for those who know it, and "inbox" is a spelling of INBOX rather than another
 * name. */
bool oldname_differs(const struct session *s, struct str name, struct str supplied)
{
    return s->rev2 && !str_eq_nocase(name, supplied);
}

void oldname_tell(struct session *s, const char *attribute, struct str name, struct str supplied)
{
    struct buf *out = session_out(s);

    buf_printf(out, "* LIST (%s)", attribute);
    list_put_name(s, name);
    BUF_LIT(out, " (\"OLDNAME\" (");
    imap_put_mailbox(out, supplied, session_mode(s));
    BUF_LIT(out, "))\r\n");
}
