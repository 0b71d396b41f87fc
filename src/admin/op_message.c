/*
 * admin/op_message.c - messages on their way in (APPEND, DELIVER) and out (MESSAGES, READ).
 *
 * Once begun, an incoming message takes its bytes whatever is wrong; the first error is told at its
 * end.
 */
#include "admin/admin_priv.h"

#include "base/clock.h"
#include "base/mem.h"

static void fail(struct op *op, enum err e, const char *why)
{
    if (op->e != ERR_OK || e == ERR_OK)
        return;
    op->e = e;
    op->why = why;
}

static void begin_body(struct op *op, bool to_crlf)
{
    struct intake_options o = {.max_bytes = op->door->o.max_message, .to_crlf = to_crlf};

    if (op->e != ERR_OK)
        return;
    if (!store_has_room(mailstore_store(op->door->ms), 0)) {
        fail(op, ERR_NO_SPACE, "no room on the disk");
        return;
    }
    op->intake = intake_new(&o);
    intake_add(op->intake, op->account);
}

void op_append(struct op *op, struct dec *d)
{
    struct str account = dec_str(d), mailbox = dec_str(d);

    op->message.date = dec_svar(d);
    op->message.zone_min = (int16_t)dec_svar(d);
    op->message.flags = dec_u8(d) & FLAGS_ALL;
    uint64_t n = dec_var(d);
    struct str *keywords = ARENA_ARRAY(op->arena, struct str, n <= KEYWORDS_MAX ? n : 0);
    for (size_t i = 0; i < n && i < KEYWORDS_MAX; i++)
        keywords[i] = arena_str(op->arena, dec_str(d));
    op->message.keywords = keywords;
    op->message.n_keywords = n;
    if (d->bad || n > KEYWORDS_MAX)
        fail(op, ERR_SYNTAX, "a malformed request");
    if (op->e == ERR_OK)
        fail(op, op_account(op, account), "no account of that name");
    if (op->e == ERR_OK)
        fail(op, op_mailbox(op, mailbox, &op->mailbox), "no mailbox of that name");
    begin_body(op, false);
}

/* As LMTP's RCPT (RFC 2033): the detail's mailbox where the account wishes it, else INBOX. */
void op_deliver(struct op *op, struct dec *d)
{
    struct str address = dec_str(d), detail;
    bool has_sender = dec_u8(d) != 0;
    struct str sender = dec_str(d);
    struct buf trace = BUF_INIT;

    fail(op, auth_account_of(op->door->auth, op->arena, address, &op->record, &detail),
         "nobody of that name here");
    if (op->e == ERR_OK && op->record.disabled)
        fail(op, ERR_NO_PERM, "the account is disabled");
    if (op->e == ERR_OK)
        fail(op, account_open(op->door->ms, op->record.id, &op->account), NULL);
    if (op->e == ERR_OK &&
        !(op->record.detail && detail.n && op_mailbox(op, detail, &op->mailbox) == ERR_OK))
        fail(op, op_mailbox(op, STR("INBOX"), &op->mailbox), "the account has no INBOX");
    op->message.date = clock_wall();
    begin_body(op, true);
    if (op->intake && has_sender) {
        buf_printf(&trace, "Return-Path: <%.*s>\r\n", STR_FMT(sender));
        fail(op, intake_feed(op->intake, buf_str(&trace)), NULL);
        buf_fini(&trace);
    }
}

void op_message_data(struct op *op, struct str bytes)
{
    if (op->e == ERR_OK && op->intake)
        fail(op, intake_feed(op->intake, bytes), NULL);
}

void op_message_end(struct op *op, bool forget)
{
    struct intent in = {.kind = INTENT_APPEND, .mailbox = op->mailbox};
    struct intent_message given = op->message;

    if (op->e == ERR_OK && !forget)
        fail(op, intake_finish(op->intake), NULL);
    if (op->e != ERR_OK || forget) {
        op_end(op, op->e, op->why);
        return;
    }
    intake_message(op->intake, 0, &op->message);
    op->message.date = given.date;
    op->message.zone_min = given.zone_min;
    op->message.flags = given.flags;
    op->message.keywords = given.keywords;
    op->message.n_keywords = given.n_keywords;
    in.append.messages = &op->message;
    in.append.n = 1;
    op_submit(op, &in, 1);
}

/* ---- out ---- */

static void put_message(struct op *op, struct version *v, const struct row *r)
{
    size_t place, n = 0;
    struct buf *b = op_row(op, &place);

    for (unsigned k = 0; k < version_keywords(v); k++)
        n += keyword_has(&r->keywords, k);
    enc_u32(b, r->uid);
    enc_u64(b, r->object);
    enc_u64(b, r->size);
    enc_svar(b, r->date);
    enc_svar(b, r->zone_min);
    enc_u8(b, r->flags);
    enc_var(b, n);
    for (unsigned k = 0; k < version_keywords(v); k++)
        if (keyword_has(&r->keywords, k))
            enc_str(b, version_keyword(v, k));
    op_row_end(op, place);
}

void op_messages(struct op *op, struct dec *d)
{
    struct str account = dec_str(d), mailbox = dec_str(d);
    uint32_t from = dec_u32(d);
    struct version *v = NULL;
    struct cursor c;
    struct row row;
    bool got = true;

    fail(op, op_account(op, account), "no account of that name");
    if (op->e == ERR_OK)
        fail(op, op_mailbox(op, mailbox, &op->mailbox), "no mailbox of that name");
    if (op->e == ERR_OK)
        fail(op, account_version(op->account, op->mailbox, &v), NULL);
    if (op->e == ERR_OK) {
        cursor_init(&c, v);
        fail(op, cursor_seek(&c, from), NULL);
        for (size_t i = 0; i < ADMIN_ROWS && op->e == ERR_OK && got; i++) {
            fail(op, cursor_next(&c, &row, &got), NULL);
            if (op->e == ERR_OK && got)
                put_message(op, v, &row);
        }
        cursor_fini(&c);
    }
    if (v)
        version_unref(v);
    op_end(op, op->e, op->why);
}

void op_read(struct op *op, struct dec *d)
{
    struct str account = dec_str(d);
    uint64_t object = dec_u64(d), offset = dec_u64(d);
    char *piece = mem_raw(ADMIN_PIECE);
    size_t got = 0, place;

    fail(op, op_account(op, account), "no account of that name");
    if (op->e == ERR_OK)
        fail(op, account_read(op->account, object, offset, piece, ADMIN_PIECE, &got), NULL);
    if (op->e == ERR_OK) {
        buf_add(op_row(op, &place), piece, got);
        op_row_end(op, place);
    }
    mem_free(piece);
    op_end(op, op->e, op->why);
}
