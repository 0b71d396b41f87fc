/*
 * session/cmd_enable.c - ENABLE (RFC 5161; RFC 9051, 6.3.1).
 *
 * With a mailbox selected, what is pending is told in the old form first, so that a client is never
 * told half of a change in one form and half in the other.
 */
#include "session/session_priv.h"

enum { ENABLE_REV2 = 1, ENABLE_CONDSTORE = 2, ENABLE_QRESYNC = 4 };

struct enable_name {
    struct str upper;
    const char *told;
    unsigned bit;
};

static const struct enable_name names[] = {
    {STR_INIT("IMAP4REV2"), "IMAP4rev2", ENABLE_REV2},
    {STR_INIT("CONDSTORE"), "CONDSTORE", ENABLE_CONDSTORE},
    {STR_INIT("QRESYNC"), "QRESYNC", ENABLE_QRESYNC},
};

static unsigned enabled_now(const struct session *s)
{
    return (s->rev2 ? ENABLE_REV2 : 0) | (s->condstore ? ENABLE_CONDSTORE : 0) |
           (s->qresync ? ENABLE_QRESYNC : 0);
}

static unsigned asked(const struct imap_command *in)
{
    unsigned bits = 0;

    for (size_t i = 0; i < in->enable.n; i++) {
        for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++) {
            if (str_eq(in->enable.names[i], names[k].upper))
                bits |= names[k].bit;
        }
    }
    return bits;
}

enum cmd_step cmd_enable_run(struct cmd *c)
{
    struct session *s = c->s;
    enum cmd_step step = sync_step(s, c, SYNC_ALL);

    if (step != CMD_DONE)
        return step;
    unsigned fresh = asked(&c->in) & ~enabled_now(s);
    BUF_LIT(session_out(s), "* ENABLED");
    for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++) {
        if (fresh & names[k].bit)
            buf_printf(session_out(s), " %s", names[k].told);
    }
    BUF_LIT(session_out(s), "\r\n");
    if (fresh & ENABLE_REV2)
        s->rev2 = s->utf8 = true;
    if (fresh & ENABLE_QRESYNC)
        s->qresync = true;
    if (fresh &
        (ENABLE_CONDSTORE | ENABLE_QRESYNC)) /* RFC 7162, 3.2.3: QRESYNC means CONDSTORE, too */
        session_enable_condstore(s);
    return cmd_ok(c, "ENABLE completed");
}
