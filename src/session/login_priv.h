/* What LOGIN and AUTHENTICATE share. */
#ifndef SESSION_LOGIN_PRIV_H
#define SESSION_LOGIN_PRIV_H

#include "session/session_priv.h"

struct login_state {
    struct str user; /* for the log */
};

struct login_state *login_state(struct cmd *c);
/* false: the reply is set (RFC 9051, 6.2.3; RFC 5530 PRIVACYREQUIRED). */
bool login_allowed(struct cmd *c, enum cmd_step *step_out);
/* Has the password checked and ends the command. */
enum cmd_step login_begin(struct cmd *c, struct str user, struct str password);

#endif
