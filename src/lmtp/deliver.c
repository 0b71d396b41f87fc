/*
 * lmtp/deliver.c - the message is complete: one append to each mailbox, all at once, then one
 * answer for each recipient in the order of RCPT (RFC 2033, 4.2), each true by then.
 */
#include "lmtp/lmtp_priv.h"

#include "base/clock.h"
#include "base/log.h"

/* Return-Path (RFC 5321, 4.4: final delivery adds it) and Received, before the message's own
 * header. */
static void put_trace(struct lmtp *l, struct buf *out)
{
    int64_t now = clock_wall(), days = now / 86400, sec = now % 86400;
    int year, month, day;

    date_civil(days, &year, &month, &day);
    buf_printf(out, "Return-Path: <%.*s>\r\n", STR_FMT(l->sender));
    buf_printf(out, "Received: by %s with LMTP", l->door->hostname);
    if (l->n_recipients == 1)
        buf_printf(out, "\r\n\tfor <%.*s>", STR_FMT(l->first->address));
    buf_printf(out, ";\r\n\t%s, %d %s %04d %02d:%02d:%02d +0000\r\n",
               date_day_names[date_weekday(days)], day, date_month_names[month - 1], year,
               (int)(sec / 3600), (int)(sec / 60 % 60), (int)(sec % 60));
}

enum err lmtp_begin_body(struct lmtp *l)
{
    struct intake_options o = {.max_bytes = l->door->o.max_message};
    struct buf trace = BUF_INIT;

    if (!store_has_room(mailstore_store(l->door->ms), 0))
        return ERR_NO_SPACE;
    put_trace(l, &trace);
    o.max_bytes += trace.n; /* the limit is told in SIZE and is the client's bytes */
    l->intake = intake_new(&o);
    for (struct recipient *r = l->first; r; r = r->next)
        if (!r->same)
            intake_add(l->intake, r->account);
    enum err e = intake_feed(l->intake, buf_str(&trace));
    buf_fini(&trace);
    return e;
}

/* The last one to be done wakes the conversation. */
static void one_done(void *arg)
{
    struct lmtp *l = arg;

    if (atomic_fetch_sub(&l->pending, 1) == 1)
        conn_complete(l->handle);
}

static void submit(struct lmtp *l, struct recipient *r)
{
    struct intent_message m = {0};
    struct intent in = {.kind = INTENT_APPEND, .mailbox = r->mailbox};

    intake_message(l->intake, r->target, &m);
    m.date = clock_wall();
    in.append.messages = &m;
    in.append.n = 1;
    atomic_fetch_add(&l->pending, 1);
    r->ticket = account_submit(r->account, &in, one_done, l);
}

enum conn_step lmtp_deliver(struct lmtp *l)
{
    l->body = intake_finish(l->intake);
    l->phase = PHASE_DELIVER;
    atomic_store(&l->pending, 1);
    if (l->body == ERR_OK) {
        for (struct recipient *r = l->first; r; r = r->next)
            if (!r->same)
                submit(l, r);
    }
    one_done(l);
    return CONN_WAIT;
}

static const char *answer(enum err e)
{
    switch (e) {
    case ERR_OK:
        return "250 2.1.5 Delivered";
    case ERR_TOO_BIG:
        return "552 5.3.4 The message is larger than this server takes";
    case ERR_OVER_QUOTA:
        return "452 4.2.2 The mailbox is full";
    case ERR_NO_SPACE:
        return "452 4.3.1 No room on the disk now";
    case ERR_NO_MAILBOX:
        return "451 4.2.1 The mailbox went away, try again";
    default:
        return "451 4.3.0 Could not be stored, try again";
    }
}

static enum err result_of(const struct lmtp *l, const struct recipient *r)
{
    const struct recipient *o = l->first;

    if (r->same)
        for (; o != r; o = o->next)
            if (o->account == r->account && o->mailbox == r->mailbox)
                return result_of(l, o);
    return r->ticket ? ticket_result(r->ticket)->err : ERR_STORE;
}

void lmtp_delivered(struct lmtp *l)
{
    for (struct recipient *r = l->first; r; r = r->next) {
        enum err e = l->body != ERR_OK ? l->body : result_of(l, r);
        lmtp_reply(l, answer(e));
        log_event(e == ERR_OK ? LOG_INFO : LOG_WARN, "delivery", kv_str("to", r->address),
                  kv_str("from", l->sender), kv_u64("size", intake_size(l->intake)), kv_err(e));
    }
    lmtp_reset(l);
}
