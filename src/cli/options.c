/*
 * cli/options.c - what the subcommands' arguments have in common.
 */
#include "cli/options.h"

#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

int options_config(const char *path, const char *store, struct config *out)
{
    struct buf errors = BUF_INIT;
    enum err e = ERR_OK;

    config_defaults(out);
    if (!path && access(OPTIONS_CONFIG_PATH, F_OK) == 0)
        path = OPTIONS_CONFIG_PATH;
    if (path)
        e = config_load(out, path, &errors);
    if (store) {
        free(out->store);
        out->store = strdup(store);
    }
    if (e != ERR_OK)
        fwrite(errors.p, 1, errors.n, stderr);
    buf_fini(&errors);
    if (e == ERR_OK)
        return EX_OK;
    config_fini(out);
    return e == ERR_IO ? EX_NOINPUT : EX_CONFIG;
}

void options_log(const struct config *c)
{
    static const char *const levels[] = {"debug", "info", "warn", "error"};
    enum log_level level = LOG_INFO;

    for (unsigned i = 0; i < 4; i++)
        if (strcmp(levels[i], c->log_level) == 0)
            level = (enum log_level)i;
    log_setup(level, strcmp(c->log_format, "json") == 0 ? LOG_JSON : LOG_KV);
}

int options_fail(int code, const char *name, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    fprintf(stderr, "tern %s: ", name);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
    va_end(ap);
    return code;
}
