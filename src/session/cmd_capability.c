/*
 * session/cmd_capability.c - CAPABILITY (RFC 9051, 6.1.1): what works on this connection now.
 */
#include "session/door_priv.h"
#include "session/session_priv.h"

static const char *const always = "IMAP4rev1 IMAP4rev2 LITERAL+ SASL-IR ID ENABLE";

/* What makes no sense before login is told after it, so that a greeting is short. */
static const char *const logged_in = " IDLE NAMESPACE CHILDREN LIST-EXTENDED LIST-STATUS "
                                     "SPECIAL-USE CREATE-SPECIAL-USE STATUS=SIZE UNSELECT UIDPLUS"
                                     " MOVE ESEARCH SEARCHRES BINARY CONDSTORE QRESYNC";

bool session_may_send_password(const struct session *s)
{
    return conn_is_tls(s->conn) || conn_is_loopback(s->conn) || s->door->options.plain_login;
}

void capability_put(struct session *s, struct buf *out)
{
    buf_add_cstr(out, always);
    if (s->state != STATE_NONE) {
        buf_add_cstr(out, logged_in);
        return;
    }
    if (conn_can_tls(s->conn))
        BUF_LIT(out, " STARTTLS");
    /* RFC 9051, 6.2.3 and 11.1 */
    buf_add_cstr(out, session_may_send_password(s) ? " AUTH=PLAIN" : " LOGINDISABLED");
}

enum cmd_step cmd_capability_run(struct cmd *c)
{
    struct buf *out = session_out(c->s);

    BUF_LIT(out, "* CAPABILITY ");
    capability_put(c->s, out);
    BUF_LIT(out, "\r\n");
    return cmd_ok(c, "CAPABILITY completed");
}
