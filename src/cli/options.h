/* Arguments common to the subcommands: --config, --store, --help; and the configuration they lead
 * to. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "cli/config.h"

#include <getopt.h>

/* The configuration of `path`, or of /etc/tern/tern.conf if that exists and `path` is NULL, else
 * the defaults. `store`: overrides the file's.  On a mistake all of them are printed to standard
 * error; the result is then an exit code of <sysexits.h>, otherwise EX_OK. */
int options_config(const char *path, const char *store, struct config *out);

/* Sets up logging as the configuration says. */
void options_log(const struct config *c);

/* Prints "tern NAME: TEXT" to standard error and returns `code`. */
int options_fail(int code, const char *name, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#define OPTIONS_CONFIG_PATH "/etc/tern/tern.conf"

/* ---- commands that work on a store ---- */

struct options_store {
    const char *config, *store;
    bool past_damage; /* `tern check --repair`: open also what stands before a hole in the journal */
};

/* One of the command's own options.  false: the value makes no sense, which it has said. */
typedef bool options_take_fn(void *arg, int option, const char *value);

enum { OPTIONS_GO_ON = -1 };

/* Takes --config, --store and --help (which prints `help`), and by `take` those of `own`, which
 * ends with an empty one.  OPTIONS_GO_ON: what is left stands from argv[optind] on; otherwise an
 * exit code. */
int options_read(int argc, char **argv, const char *help, const struct option *own,
                 options_take_fn *take, void *arg, struct options_store *out);

#endif
