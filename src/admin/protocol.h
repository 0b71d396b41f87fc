/* What is spoken on the local socket.  Both ends are the same program, so there is no version
 * negotiation beyond the number in the first reply.
 *
 * A request is a frame: length (4 bytes, little-endian, of what follows), verb, fields
 * (base/codec.h).  Replies come in the order of the requests: any number of ROW frames, then one
 * END.  Requests may be sent ahead; up to ADMIN_AHEAD are worked on at the same time. */
#ifndef ADMIN_PROTOCOL_H
#define ADMIN_PROTOCOL_H

enum {
    ADMIN_PROTOCOL = 1,
    ADMIN_FRAME_MAX = 32 * 1024, /* of a request */
    ADMIN_REPLY_MAX = 16 << 20,  /* all replies to one request */
    ADMIN_AHEAD = 128,
    ADMIN_ROWS = 1000,        /* of a listing; ask again from the last one */
    ADMIN_PIECE = 256 * 1024, /* bytes of one READ */
};

enum admin_verb {
    ADMIN_HELLO = 1,         /* -> ROW protocol, accounts there are (0 or 1: some) */
    ADMIN_ACCOUNT_ADD,       /* name, password, cost */
    ADMIN_ACCOUNT_PASSWORD,  /* name, password */
    ADMIN_ACCOUNT_SET,       /* name, disabled (0, 1, 2: leave), detail (same) */
    ADMIN_ACCOUNT_DELETE,    /* name */
    ADMIN_ACCOUNT_SHOW,      /* name -> ROW as in the list, mailboxes, messages, bytes */
    ADMIN_ACCOUNT_LIST,      /* after -> ROW name, id, disabled, detail, created */
    ADMIN_MAILBOX_LIST,      /* account -> ROW name, exists, uses, subscribed, uidvalidity, uidnext,
                                messages, unseen, bytes */
    ADMIN_MAILBOX_CREATE,    /* account, name, uses */
    ADMIN_MAILBOX_RENAME,    /* account, name, new name */
    ADMIN_MAILBOX_DELETE,    /* account, name */
    ADMIN_MAILBOX_SUBSCRIBE, /* account, name, on */
    ADMIN_MESSAGES, /* account, mailbox, from uid -> ROW uid, object, size, date, zone, flags, n,
                       keywords... */
    ADMIN_READ,     /* account, object, offset -> ROW bytes */
    ADMIN_APPEND,   /* account, mailbox, date, zone, flags, n, keywords...; then DATA frames, then
                       DATA_END.  Octets are kept as they are. */
    ADMIN_DELIVER,  /* address, has sender (0, 1), sender; then DATA frames, then DATA_END.  Bare LF
                       becomes CRLF. */
    ADMIN_DATA,     /* bytes of the message that is on its way: no reply of its own */
    ADMIN_DATA_END, /* ends it: the reply to APPEND or DELIVER comes now.  Field: 1 to forget the
                       message */
    ADMIN_CHECK, /* account ("" all), deep, repair -> ROW line ..., END with counts in its text */
};

enum admin_reply {
    ADMIN_ROW = 1, /* fields */
    ADMIN_END = 2, /* error number (enum err), text for a person */
};

#endif
