/*
 * session/cmd_authenticate.c - AUTHENTICATE PLAIN (RFC 9051, 6.2.2; RFC 4616; RFC 4959).
 */
#include "session/login_priv.h"

enum { RESPONSE_MAX = 8 * 1024 }; /* bytes of one line of base64 */

static enum cmd_step response(struct cmd *c, struct str base64)
{
    struct str message, user, password;

    if (!auth_base64_decode(c->arena, base64, &message))
        return cmd_bad(c, "That is not base64");
    enum err e = auth_plain_split(message, &user, &password);
    if (e == ERR_SYNTAX)
        return cmd_bad(c, "That is no message of SASL PLAIN");
    if (e != ERR_OK)
        return cmd_no(c, "AUTHORIZATIONFAILED", "Nobody may act as somebody else here");
    return login_begin(c, user, password);
}

static enum cmd_step read_response(struct cmd *c)
{
    struct str line;
    bool overlong = false;

    if (!session_line(c->s, RESPONSE_MAX, &line, &overlong)) {
        if (!overlong)
            return CMD_INPUT;
        session_bye(c->s, NULL, "The response is too long");
        return CMD_DONE;
    }
    if (str_eq(line, STR("*")))
        return cmd_bad(c, "AUTHENTICATE was cancelled");
    return response(c, line);
}

enum cmd_step cmd_authenticate_run(struct cmd *c)
{
    struct str initial = c->in.authenticate.initial;
    enum cmd_step step;

    if (!str_eq(c->in.authenticate.mechanism, STR("PLAIN")))
        return cmd_no(c, "CANNOT", "That mechanism is not supported");
    if (!login_allowed(c, &step))
        return step;
    if (c->in.authenticate.has_initial)
        return response(c, str_eq(initial, STR("=")) ? STR("") : initial);
    BUF_LIT(session_out(c->s), "+ \r\n"); /* an empty challenge (RFC 9051, 7.6) */
    c->then = read_response;
    return read_response(c);
}
