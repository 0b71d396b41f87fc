/*
 * cli/options.c - what the subcommands' arguments have in common.
 */
#include "cli/options.h"

#include "base/check.h"
#include "base/log.h"
#include "base/mem.h"

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

/* ---- commands that work on a store ---- */

enum { OPTIONS_MAX = 24, OPTION_CONFIG = 1000, OPTION_STORE, OPTION_HELP };

static const struct option store_options[] = {{"config", required_argument, NULL, OPTION_CONFIG},
                                              {"store", required_argument, NULL, OPTION_STORE},
                                              {"help", no_argument, NULL, OPTION_HELP},
                                              {0}};

int options_read(int argc, char **argv, const char *help, const struct option *own,
                 options_take_fn *take, void *arg, struct options_store *out)
{
    struct option all[OPTIONS_MAX];
    size_t n = 0;

    for (const struct option *o = own; o->name; o++)
        all[n++] = *o;
    check(n + ARRAY_LEN(store_options) <= OPTIONS_MAX);
    memcpy(all + n, store_options, sizeof store_options);
    *out = (struct options_store){0};
    optind = 0; /* also when it was used before */
    for (int c; (c = getopt_long(argc, argv, "h", all, NULL)) != -1;) {
        if (c == OPTION_CONFIG)
            out->config = optarg;
        else if (c == OPTION_STORE)
            out->store = optarg;
        else if (c == OPTION_HELP || c == 'h')
            return fputs(help, stdout), EX_OK;
        else if (c == '?')
            return fprintf(stderr, "`tern %s --help` tells what there is\n", argv[0]), EX_USAGE;
        else if (!take(arg, c, optarg))
            return EX_USAGE;
    }
    return OPTIONS_GO_ON;
}
