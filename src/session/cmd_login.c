/*
 * session/cmd_login.c - LOGIN (RFC 9051, 6.2.3), and what it shares with AUTHENTICATE.
 */
#include "base/log.h"
#include "session/door_priv.h"
#include "session/login_priv.h"

enum { FAILED_LOGINS_MAX = 10 }; /* of one connection */

static void completed(void *handle)
{
    conn_complete(handle);
}

/* One line that a person or fail2ban can rely on. */
static void log_login(const struct session *s, struct str user, enum err e)
{
    struct kv peer = kv_str("rip", conn_peer(s->conn));

    if (e == ERR_OK)
        log_event(LOG_INFO, "login", kv_str("user", user), peer, kv_u64("conn", conn_id(s->conn)));
    else
        log_event(LOG_WARN, "login-failed", kv_str("user", user), peer, kv_err(e));
}

static enum cmd_step login_failed(struct cmd *c, enum err e)
{
    struct session *s = c->s;

    log_login(s, login_state(c)->user, e);
    if (++s->failed_logins >= FAILED_LOGINS_MAX) {
        session_bye(s, NULL, "Too many failed logins");
        return CMD_DONE;
    }
    if (e == ERR_BUSY)
        return cmd_no(c, "UNAVAILABLE", "Too many logins failed or wait; try again later");
    return cmd_error(c, e, "login");
}

static enum cmd_step login_finish(struct cmd *c)
{
    struct session *s = c->s;
    struct buf code = BUF_INIT;
    uint64_t account = 0;
    struct str name;
    enum err e = login_result(c->login, &account, &name);

    if (e != ERR_OK)
        return login_failed(c, e);
    e = session_login(s, account, name);
    if (e == ERR_BUSY)
        return cmd_no(c, "LIMIT", "The account has too many connections");
    if (e != ERR_OK)
        return cmd_error(c, e, "open account");
    log_login(s, name, ERR_OK);
    BUF_LIT(&code, "CAPABILITY ");
    capability_put(s, &code);
    enum cmd_step step = cmd_ok_code(c, arena_str(c->arena, buf_str(&code)), "Logged in");
    buf_fini(&code);
    return step;
}

enum cmd_step login_begin(struct cmd *c, struct str user, struct str password)
{
    struct session *s = c->s;

    login_state(c)->user = user;
    c->login =
        auth_login_from(s->door->auth, conn_peer(s->conn), user, password, completed, s->handle);
    c->then = login_finish;
    return CMD_WAIT;
}

bool login_allowed(struct cmd *c, enum cmd_step *step_out)
{
    bool allowed = session_may_send_password(c->s);

    if (!allowed)
        *step_out = cmd_no(c, "PRIVACYREQUIRED", "Use TLS first");
    return allowed;
}

struct login_state *login_state(struct cmd *c)
{
    if (c->state == NULL)
        c->state = ARENA_NEW(c->arena, struct login_state);
    return c->state;
}

enum cmd_step cmd_login_run(struct cmd *c)
{
    enum cmd_step step;

    return login_allowed(c, &step) ? login_begin(c, c->in.login.user, c->in.login.password) : step;
}
