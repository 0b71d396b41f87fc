/*
 * cli/serve.c - `tern serve` and `tern config`.
 */
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/server.h"

#include "base/log.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

static const char serve_help[] =
    "usage: tern serve [--config FILE]\n"
    "\n"
    "Runs the server until SIGTERM or SIGINT.  Without FILE it reads " OPTIONS_CONFIG_PATH "\n"
    "if that exists, and otherwise runs with the defaults (see `tern config default`).\n";

static const struct option long_options[] = {
    {"config", required_argument, NULL, 'c'}, {"help", no_argument, NULL, 'h'}, {0}};

int serve_command(int argc, char **argv)
{
    const char *path = NULL;
    struct config config;
    struct server server;
    struct buf why = BUF_INIT;

    for (int c; (c = getopt_long(argc, argv, "c:h", long_options, NULL)) != -1;) {
        if (c == 'c')
            path = optarg;
        else
            return fputs(serve_help, c == 'h' ? stdout : stderr), c == 'h' ? EX_OK : EX_USAGE;
    }
    if (optind < argc)
        return options_fail(EX_USAGE, "serve", "unexpected argument \"%s\"", argv[optind]);
    int code = options_config(path, NULL, &config);
    if (code != EX_OK)
        return code;
    options_log(&config);
    if (server_open(&config, &server, &why) != ERR_OK) {
        code = options_fail(EX_UNAVAILABLE, "serve", "%.*s", STR_FMT(buf_str(&why)));
    } else {
        log_event(LOG_INFO, "serving", kv_cstr("imap", config.listen_imap),
                  kv_cstr("imaps", config.listen_imaps), kv_cstr("lmtp", config.listen_lmtp),
                  kv_cstr("store", config.store));
        server_run(&server);
        server_close(&server);
    }
    buf_fini(&why);
    config_fini(&config);
    return code;
}

static const char config_help[] =
    "usage: tern config check [FILE]    all mistakes of FILE at once; exit code 0 if there are "
    "none\n"
    "       tern config show [FILE]     what is in force with FILE\n"
    "       tern config default         every option with its default and what it is for\n"
    "\n"
    "Without FILE: " OPTIONS_CONFIG_PATH " if that exists, else the defaults.\n";

int config_command(int argc, char **argv)
{
    const char *verb = argc > 1 ? argv[1] : "", *path = argc > 2 ? argv[2] : NULL;
    bool check = strcmp(verb, "check") == 0, show = strcmp(verb, "show") == 0,
         defaults = strcmp(verb, "default") == 0;
    struct buf text = BUF_INIT;
    struct config config;

    if (strcmp(verb, "--help") == 0 || strcmp(verb, "-h") == 0)
        return fputs(config_help, stdout), EX_OK;
    if ((!check && !show && !defaults) || argc > 3 || (defaults && path))
        return fputs(config_help, stderr), EX_USAGE;
    if (defaults) {
        config_defaults(&config);
    } else {
        int code = options_config(path, NULL, &config);
        if (code != EX_OK)
            return code;
    }
    if (check)
        printf("%s: no mistakes\n", config.path ? config.path : "the defaults");
    else
        config_print(&config, defaults, &text);
    fwrite(text.p ? text.p : "", 1, text.n, stdout);
    buf_fini(&text);
    config_fini(&config);
    return EX_OK;
}
