/*
 * cli/core.c - opening a store with all that stands on it, and closing it in the other order.
 */
#include "cli/core.h"

#include "store/embedded.h"

#include <string.h>

static enum err open_store(const struct config *c, struct core *core, struct buf *why)
{
    struct embedded_options o = {.past_damage = c->past_damage};
    enum err e = embedded_open(c->store, &o, &core->store);

    if (e == ERR_LOCKED)
        buf_printf(why, "the store %s is in use by another process", c->store);
    else if (e == ERR_VERSION)
        buf_printf(why, "the store %s was written by a newer Tern and was left untouched",
                   c->store);
    else if (e != ERR_OK)
        buf_printf(why, "the store %s cannot be opened: %s", c->store, err_text(e));
    return e;
}

static struct auth_options auth_options_of(const struct config *c)
{
    struct auth_options o = {.remember_seconds = c->password_memory ? (int)c->password_memory : -1};

    o.any_domain = strcmp(c->domains, "*") == 0;
    o.domains = o.any_domain ? STR("") : str_of(c->domains);
    return o;
}

static enum err open_rooms(const struct config *c, struct core *core, struct buf *why)
{
    struct pool_options po = {.workers = (unsigned)c->workers,
                              .max_connections = (uint32_t)c->max_connections,
                              .max_per_peer = (uint32_t)c->max_connections_per_address,
                              .unknown_seconds = (uint32_t)c->login_timeout};
    struct mailstore_options mo = {.cache_bytes = (size_t)c->cache,
                                   .expunge_grace = c->expunged_bytes_gone_within};
    struct auth_options ao = auth_options_of(c);
    enum err e = ERR_OK;

    core->pool = pool_new(&po, &e);
    if (!core->pool) {
        buf_printf(why, "workers cannot be started: %s", err_text(e));
        return e;
    }
    pool_start(core->pool);
    core->ms = mailstore_new(core->store, pool_exec(core->pool), &mo);
    core->directory = directory_open(core->ms, &e);
    if (!core->directory) {
        buf_printf(why, "the account directory in %s cannot be read: %s", c->store, err_text(e));
        return e;
    }
    core->auth = auth_new(core->ms, core->directory, &ao);
    return ERR_OK;
}

enum err core_open(const struct config *c, struct core *out, struct buf *why_out)
{
    *out = (struct core){0};
    enum err e = open_store(c, out, why_out);
    if (e == ERR_OK)
        e = open_rooms(c, out, why_out);
    if (e != ERR_OK)
        core_close(out);
    return e;
}

void core_close(struct core *core)
{
    if (core->auth)
        auth_free(core->auth);
    if (core->directory)
        directory_close(core->directory);
    if (core->ms)
        mailstore_close(core->ms);
    if (core->store)
        store_close(core->store);
    if (core->pool)
        pool_free(core->pool);
    *core = (struct core){0};
}
