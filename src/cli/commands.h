/* The subcommands of `tern`: each gets its own arguments (argv[0] is its name) and returns an exit
 * code of <sysexits.h>. */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

typedef int command_fn(int argc, char **argv);

command_fn serve_command, demo_command, config_command, account_command, mailbox_command,
    import_command, export_command, deliver_command, check_command;

#endif
