/* The configuration: one small text file (libconfig's syntax, `name = value;`) that the server only
 * reads.  Every option has a right default, so no file is needed.  All mistakes are reported at
 * once, with line and suggestion. */
#ifndef CLI_CONFIG_H
#define CLI_CONFIG_H

#include "base/buf.h"
#include "base/err.h"

struct config {
    const char *path; /* NULL: no file */
    bool past_damage; /* no option: see struct options_store */
#define CONFIG_FIELD_STRING char *
#define CONFIG_FIELD_BOOL int64_t
#define CONFIG_FIELD_INT int64_t
#define CONFIG_FIELD_SIZE int64_t
#define OPTION(kind, name, def, least, most, unit, sentence) CONFIG_FIELD_##kind name;
#include "cli/options.def"
#undef OPTION
};

void config_defaults(struct config *c);
void config_fini(struct config *c);

/* Reads `path` over the defaults.  ERR_SYNTAX: `errors_out` holds one line for each mistake
 * ("file:line: what; what to do").  ERR_IO: it cannot be read; said there, too. */
enum err config_load(struct config *c, const char *path, struct buf *errors_out);

/* The whole configuration as a file that would give it; `comments`: with each option's sentence. */
void config_print(const struct config *c, bool comments, struct buf *out);

/* The option nearest in spelling to `name`, or NULL. */
const char *config_nearest(struct str name);

#endif
