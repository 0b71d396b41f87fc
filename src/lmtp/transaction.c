/*
 * lmtp/transaction.c - MAIL, RCPT, DATA and BDAT: what is to be delivered, and to whom.
 *
 * A recipient is looked up at RCPT, so that an unknown one is refused before a byte of the message
 * was sent.
 */
#include "lmtp/lmtp_priv.h"

#include "base/log.h"

void lmtp_reset(struct lmtp *l)
{
    for (struct recipient *r = l->first; r; r = r->next) {
        ticket_unref(r->ticket);
        account_unref(r->account);
    }
    intake_free(l->intake);
    arena_free(l->arena);
    l->arena = NULL;
    l->intake = NULL;
    l->first = NULL;
    l->last = &l->first;
    l->n_recipients = l->n_targets = 0;
    l->has_sender = l->chunking = l->skipping = l->last_chunk = false;
    l->phase = PHASE_COMMAND;
}

/* "FROM:" or "TO:" in any case; what follows it. */
static bool after_keyword(struct str args, struct str keyword, struct str *rest_out)
{
    if (!str_starts_nocase(args, keyword))
        return false;
    *rest_out = str_from(args, keyword.n);
    return true;
}

/* The answer to a parameter of MAIL, or NULL if it is fine. */
static const char *mail_param(struct lmtp *l, const struct lmtp_param *p)
{
    uint64_t size;

    if (str_eq(p->name, STR("SIZE"))) {
        if (!str_to_u64(p->value, &size))
            return "501 5.5.4 SIZE needs a number";
        if (size > l->door->o.max_message)
            return "552 5.3.4 The message is larger than this server takes";
        return store_has_room(mailstore_store(l->door->ms), size)
                   ? NULL
                   : "452 4.3.1 No room on the disk now";
    }
    if (str_eq(p->name, STR("BODY"))) {
        bool known =
            str_eq_nocase(p->value, STR("7BIT")) || str_eq_nocase(p->value, STR("8BITMIME"));
        return known ? NULL : "501 5.5.4 BODY is 7BIT or 8BITMIME";
    }
    if (str_eq(p->name, STR("SMTPUTF8")) && !p->value.p)
        return NULL;
    return "555 5.5.4 Parameter not known";
}

void lmtp_mail(struct lmtp *l, struct str args)
{
    struct lmtp_path path;
    struct str rest;

    if (l->has_sender) {
        lmtp_reply(l, "503 5.5.1 There is a sender already: RSET first");
        return;
    }
    if (!l->arena)
        l->arena = arena_new();
    const char *refusal = NULL;
    if (!after_keyword(args, STR("FROM:"), &rest) || !lmtp_path_parse(l->arena, rest, &path))
        refusal = "501 5.1.7 MAIL FROM:<address> expected";
    for (size_t i = 0; !refusal && i < path.n_params; i++)
        refusal = mail_param(l, &path.params[i]);
    if (refusal) {
        lmtp_reset(l); /* nothing is kept of what was refused */
        lmtp_reply(l, refusal);
        return;
    }
    l->sender = path.address;
    l->has_sender = true;
    lmtp_reply(l, "250 2.1.0 Sender noted");
}

/* The mailbox of the detail if the account wishes that and has it, else INBOX (RFC 5233 names the
 * idea). */
static uint64_t target_mailbox(struct lmtp *l, struct account *acct, bool detail_wanted,
                               struct str detail)
{
    struct names *names = account_names(acct);
    const struct name_entry *e = NULL;
    struct str name;
    const char *why;

    if (detail_wanted && detail.n && name_normalize(l->arena, detail, &name, &why) == ERR_OK)
        e = names_find(names, name);
    if (!e || !e->mailbox)
        e = names_find(names, STR("INBOX"));
    uint64_t id = e ? e->mailbox : 0;
    names_unref(names);
    return id;
}

static const char *rcpt_refusal(enum err e)
{
    switch (e) {
    case ERR_NO_ACCOUNT:
    case ERR_BAD_NAME:
        return "550 5.1.1 Nobody of that name here";
    case ERR_NO_PERM:
        return "550 5.2.1 The account is disabled";
    case ERR_SYNTAX:
        return "501 5.1.3 RCPT TO:<address> expected";
    default:
        return "451 4.3.0 The store does not answer now, try again";
    }
}

static enum err find_recipient(struct lmtp *l, struct str address, struct recipient *r)
{
    struct account_record rec;
    struct str detail;

    TRY(auth_account_of(l->door->auth, l->arena, address, &rec, &detail));
    if (rec.disabled)
        return ERR_NO_PERM;
    TRY(account_open(l->door->ms, rec.id, &r->account));
    r->mailbox = target_mailbox(l, r->account, rec.detail, detail);
    if (r->mailbox == 0) {
        account_unref(r->account);
        r->account = NULL;
        return ERR_NO_MAILBOX;
    }
    return ERR_OK;
}

/* One blob for each account, one delivery for each mailbox. */
static void place(struct lmtp *l, struct recipient *r)
{
    r->target = l->n_targets;
    for (struct recipient *o = l->first; o; o = o->next) {
        if (o->account != r->account)
            continue;
        r->same = r->same || o->mailbox == r->mailbox;
        if (r->same) {
            r->target = o->target;
            return;
        }
    }
    l->n_targets++;
}

void lmtp_rcpt(struct lmtp *l, struct str args)
{
    struct lmtp_path path;
    struct str rest;

    if (!l->has_sender) {
        lmtp_reply(l, "503 5.5.1 MAIL first");
        return;
    }
    /* Those that were refused have taken memory, too. */
    if (l->n_recipients == LMTP_MAX_RECIPIENTS || arena_bytes(l->arena) > LMTP_MAX_MEMORY) {
        lmtp_reply(l, "452 4.5.3 Too many recipients: send these first");
        return;
    }
    if (l->chunking) {
        lmtp_reply(l, "503 5.5.1 The message is on its way already");
        return;
    }
    if (!after_keyword(args, STR("TO:"), &rest) || !lmtp_path_parse(l->arena, rest, &path) ||
        path.address.n == 0) {
        lmtp_reply(l, rcpt_refusal(ERR_SYNTAX));
        return;
    }
    if (path.n_params > 0) {
        lmtp_reply(l, "555 5.5.4 Parameter not known");
        return;
    }
    struct recipient *r = ARENA_NEW(l->arena, struct recipient);
    r->address = path.address;
    enum err e = find_recipient(l, path.address, r);
    if (e != ERR_OK) {
        lmtp_reply(l, rcpt_refusal(e));
        return;
    }
    place(l, r);
    *l->last = r;
    l->last = &r->next;
    l->n_recipients++;
    lmtp_reply(l, "250 2.1.5 Recipient known");
}

void lmtp_data(struct lmtp *l, struct str args)
{
    if (args.n > 0) {
        lmtp_reply(l, "501 5.5.4 DATA takes nothing");
        return;
    }
    if (l->chunking) {
        lmtp_reply(l, "503 5.5.1 BDAT was used: go on with it or RSET");
        return;
    }
    /* RFC 2033, 4.2: with no recipient accepted DATA must fail with 503. */
    if (l->n_recipients == 0) {
        lmtp_reply(l, "503 5.5.1 No recipient was accepted");
        return;
    }
    if (lmtp_begin_body(l) != ERR_OK) {
        lmtp_reply(l, "452 4.3.1 No room on the disk now");
        lmtp_reset(l);
        return;
    }
    l->line_start = true;
    l->phase = PHASE_DATA;
    lmtp_reply(l, "354 The message, then a line with a dot");
}

/* RFC 3030, 2: the octets follow at once, so also a refused chunk's must be read. */
void lmtp_bdat(struct lmtp *l, struct str args)
{
    size_t space = str_find(args, ' ');
    struct str size = str_sub(args, 0, space), last = str_trim(str_from(args, space));

    if (!str_to_u64(size, &l->chunk_left) || (last.n && !str_eq_nocase(last, STR("LAST")))) {
        lmtp_reply(l, "501 5.5.4 BDAT needs a size, then perhaps LAST");
        l->quit = true; /* where the octets end is unknown now */
        return;
    }
    l->last_chunk = last.n > 0;
    l->skipping = l->n_recipients == 0;
    if (!l->skipping && !l->chunking && lmtp_begin_body(l) != ERR_OK)
        l->skipping = true;
    l->chunking = true;
    l->phase = PHASE_CHUNK;
}
