/*
 * session/cmd_id.c - ID (RFC 2971).
 *
 * What the client says of itself is only logged, and no behaviour depends on it (RFC 2971, 1).
 */
#include "base/log.h"
#include "session/session_priv.h"

enum { ID_LOGGED_MAX = 100 }; /* bytes of one value */

static struct str id_value(const struct imap_command *in, struct str name)
{
    for (size_t i = 0; i < in->id.n; i++) {
        if (str_eq_nocase(in->id.pairs[i].name, name) && in->id.pairs[i].value.p != NULL)
            return str_sub(in->id.pairs[i].value, 0, ID_LOGGED_MAX);
    }
    return STR("");
}

enum cmd_step cmd_id_run(struct cmd *c)
{
    log_event(LOG_DEBUG, "client", kv_u64("conn", conn_id(c->s->conn)),
              kv_str("name", id_value(&c->in, STR("name"))),
              kv_str("version", id_value(&c->in, STR("version"))));
    BUF_LIT(session_out(c->s), "* ID (\"name\" \"Tern\" \"version\" \"" TERN_VERSION "\")\r\n");
    return cmd_ok(c, "ID completed");
}
