/*
 * lmtp/body.c - the message's bytes, from DATA (dots undone) or BDAT (as they are), into the
 * intake.
 *
 * Only CR LF . CR LF ends DATA: a bare LF around the dot is part of the message, so nobody can
 * smuggle a second message in (RFC 5321, 2.3.8 and 4.5.2).  After an error the bytes are read on
 * and forgotten; the answer comes at the end, as the protocol wants it.
 */
#include "lmtp/lmtp_priv.h"

static void feed(struct lmtp *l, struct str bytes)
{
    /* The intake keeps its first error and tells it again from intake_finish. */
    (void)!intake_feed(l->intake, bytes);
    l->line_start = bytes.n >= 2 && bytes.p[bytes.n - 1] == '\n' && bytes.p[bytes.n - 2] == '\r';
}

/* At the start of a line that begins with a dot.  Returns the bytes used; 0: more input is needed.
 */
static size_t take_dot(struct lmtp *l, struct str in, bool *end_out)
{
    if (in.n >= 3 && in.p[1] == '\r' && in.p[2] == '\n') {
        *end_out = true;
        return 3;
    }
    if (in.n == 1 || (in.n == 2 && in.p[1] == '\r'))
        return 0;
    l->line_start = false;
    return 1; /* the dot that the client put before the line's own first character */
}

/* From here to the first line start that begins with a dot, or as far as the input goes.  A CR at
 * the very end stays unread: with the next byte it may be a line end. */
static size_t plain_length(struct str in)
{
    size_t at = str_search(in, STR("\r\n."));

    if (at != SIZE_MAX)
        return at + 2;
    if (in.n >= 2 && in.p[in.n - 1] == '\n' && in.p[in.n - 2] == '\r')
        return in.n;
    return in.p[in.n - 1] == '\r' ? in.n - 1 : in.n;
}

bool lmtp_take_data(struct lmtp *l)
{
    bool end = false;

    while (!end && !conn_turn_over(l->conn)) {
        struct str in = conn_input(l->conn);
        if (in.n == 0)
            return false;
        if (l->line_start && in.p[0] == '.') {
            size_t used = take_dot(l, in, &end);
            if (used == 0)
                return false;
            conn_used(l->conn, used);
            continue;
        }
        size_t n = plain_length(in);
        if (n == 0)
            return false;
        feed(l, str_sub(in, 0, n));
        conn_used(l->conn, n);
    }
    return end;
}

bool lmtp_take_chunk(struct lmtp *l)
{
    while (l->chunk_left > 0 && !conn_turn_over(l->conn)) {
        struct str in = conn_input(l->conn);
        if (in.n == 0)
            return false;
        if (in.n > l->chunk_left)
            in.n = (size_t)l->chunk_left;
        if (!l->skipping)
            feed(l, in);
        l->chunk_left -= in.n;
        conn_used(l->conn, in.n);
    }
    if (l->chunk_left > 0)
        return false;
    if (l->skipping) {
        lmtp_reply(l, l->n_recipients ? "452 4.3.1 No room on the disk now"
                                      : "503 5.5.1 No recipient was accepted");
        lmtp_reset(l);
    } else if (!l->last_chunk) {
        lmtp_reply(l, "250 2.0.0 Chunk taken");
        l->phase = PHASE_COMMAND;
    }
    return true;
}
