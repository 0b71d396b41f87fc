/* A subcommand at work on a store: its configuration, its way to the store, and how it ends. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "cli/admin_session.h"
#include "cli/options.h"

#include <stdio.h>

struct command {
    const char *name;
    struct config config;
    struct admin_session *session;
    struct admin_client *client;
    struct buf why; /* what failed, for a person */
};

/* EX_OK, or an exit code, with the reason said and nothing left open. */
int command_open(struct command *c, const char *name, const struct options_store *o, bool create);
/* Says what failed, if something did, and closes.  Returns the exit code. */
int command_close(struct command *c, enum err e);

/* The exit code of <sysexits.h> that fits. */
int command_code(enum err e);

/* Asks on the terminal; the answer must be `word`.  Without a terminal: no. */
bool command_confirm(const char *question, const char *word);

/* Sends the request that was begun and hands each row to `row`. */
typedef void command_row_fn(void *arg, struct dec *row);
enum err command_rows(struct command *c, command_row_fn *row, void *arg);

/* 1234567 bytes as "1.2 MB" */
struct command_size {
    char text[16];
};
struct command_size command_size(uint64_t bytes);

/* Text of others on a terminal: control characters become "?". */
void command_print(FILE *to, struct str s);

#endif
