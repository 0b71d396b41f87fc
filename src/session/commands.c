/*
 * session/commands.c - what may be asked in which state, as data.
 *
 * The sync level is the most that may be told before the reply: expunges never within FETCH, STORE
 * or SEARCH by sequence number (RFC 9051, 7.5.1), which CMD_SEQS says.
 */
#include "base/mem.h"
#include "session/session_priv.h"

/* name, states, sync, flags, run */
static const struct command commands[] = {
    {IMAP_CAPABILITY, STATE_ANY, SYNC_ALL, 0, cmd_capability_run},
    {IMAP_NOOP, STATE_ANY, SYNC_ALL, 0, cmd_noop_run},
    {IMAP_LOGOUT, STATE_ANY, SYNC_NONE, 0, cmd_logout_run},
    {IMAP_ID, STATE_ANY, SYNC_ALL, 0, cmd_id_run},

    {IMAP_STARTTLS, STATE_NONE, SYNC_NONE, 0, cmd_starttls_run},
    {IMAP_AUTHENTICATE, STATE_NONE, SYNC_NONE, 0, cmd_authenticate_run},
    {IMAP_LOGIN, STATE_NONE, SYNC_NONE, 0, cmd_login_run},

    {IMAP_ENABLE, STATE_AUTH | STATE_SELECTED, SYNC_ALL, 0, cmd_enable_run},
    {IMAP_SELECT, STATE_AUTH | STATE_SELECTED, SYNC_NONE, 0, cmd_select_run},
    {IMAP_EXAMINE, STATE_AUTH | STATE_SELECTED, SYNC_NONE, 0, cmd_select_run},
    {IMAP_CREATE, STATE_AUTH | STATE_SELECTED, SYNC_ALL, 0, cmd_create_run},
    {IMAP_DELETE, STATE_AUTH | STATE_SELECTED, SYNC_ALL, 0, cmd_delete_run},
    {IMAP_RENAME, STATE_AUTH | STATE_SELECTED, SYNC_ALL, 0, cmd_rename_run},
    {IMAP_SUBSCRIBE, STATE_AUTH | STATE_SELECTED, SYNC_ALL, 0, cmd_subscribe_run},
    {IMAP_UNSUBSCRIBE, STATE_AUTH | STATE_SELECTED, SYNC_ALL, 0, cmd_subscribe_run},
    {IMAP_LIST, STATE_AUTH | STATE_SELECTED, SYNC_ALL, 0, cmd_list_run},
    {IMAP_LSUB, STATE_AUTH | STATE_SELECTED, SYNC_ALL, 0, cmd_lsub_run},
    {IMAP_NAMESPACE, STATE_AUTH | STATE_SELECTED, SYNC_ALL, 0, cmd_namespace_run},
    {IMAP_STATUS, STATE_AUTH | STATE_SELECTED, SYNC_ALL, 0, cmd_status_run},
    {IMAP_APPEND, STATE_AUTH | STATE_SELECTED, SYNC_ALL, 0, cmd_append_run},
    {IMAP_IDLE, STATE_AUTH | STATE_SELECTED, SYNC_ALL, 0, cmd_idle_run},

    {IMAP_CHECK, STATE_SELECTED, SYNC_ALL, 0, cmd_noop_run},
    {IMAP_CLOSE, STATE_SELECTED, SYNC_NONE, 0, cmd_close_run},
    {IMAP_UNSELECT, STATE_SELECTED, SYNC_NONE, 0, cmd_close_run},
    {IMAP_EXPUNGE, STATE_SELECTED, SYNC_ALL, CMD_NEEDS_WRITE, cmd_expunge_run},
    {IMAP_SEARCH, STATE_SELECTED, SYNC_ALL, CMD_SEQS, cmd_search_run},
    {IMAP_FETCH, STATE_SELECTED, SYNC_ALL, CMD_SEQS, cmd_fetch_run},
    {IMAP_STORE, STATE_SELECTED, SYNC_ALL, CMD_SEQS | CMD_NEEDS_WRITE, cmd_store_run},
    {IMAP_COPY, STATE_SELECTED, SYNC_ALL, 0, cmd_copy_run},
    {IMAP_MOVE, STATE_SELECTED, SYNC_ALL, CMD_NEEDS_WRITE, cmd_move_run},
};

const struct command *command_find(enum imap_name name)
{
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        if (commands[i].name == name)
            return &commands[i];
    }
    return NULL;
}
