/*
 * admin/check_summaries.c - summaries are derived data, so they can be proven: by making them again.
 *
 * It stands here and not in mailbox, since only a room above imap knows how a summary is made.
 */
#include "admin/check_summaries.h"

#include "imap/summary.h"
#include "intake/intake.h"

struct look {
    struct account *acct;
    struct str account_name, mailbox_name;
    bool repair;
    store_say_fn *say;
    void *arg;
    struct account_check_report *report;
    struct arena *a;
    struct buf list, more; /* made again */
};

static void differs(struct look *l, uint32_t uid)
{
    struct str line = arena_printf(
        l->a, "account %.*s, mailbox %.*s: the summary of UID %u is not that of the message",
        STR_FMT(l->account_name), STR_FMT(l->mailbox_name), uid);

    l->say(l->arg, line);
    l->report->findings++;
}

/* Kept values that cannot be read are no finding: whoever asks makes them again. */
static bool is_readable(struct str list)
{
    struct summary_list parsed;

    return list.p && summary_list_read(list, &parsed) == ERR_OK;
}

static enum err look_at(struct look *l, const struct row *row)
{
    struct str list, more;

    TRY(account_summaries(l->acct, l->a, &row->object, 1, &list));
    if (!is_readable(list))
        return ERR_OK;
    TRY(account_summary_more(l->acct, l->a, row->object, &more));
    TRY(intake_summarize(l->acct, row->object, &l->list, &l->more));
    if (str_eq(list, buf_str(&l->list)) && (!more.p || str_eq(more, buf_str(&l->more))))
        return ERR_OK;
    differs(l, row->uid);
    if (l->repair) {
        account_summary_renew(l->acct, row->object, buf_str(&l->list), buf_str(&l->more));
        l->report->repaired++;
    }
    return ERR_OK;
}

static enum err look_through(struct look *l, uint64_t mailbox)
{
    struct version *v;
    struct cursor c;
    struct row row;
    bool got = true;

    TRY(account_version(l->acct, mailbox, &v));
    cursor_init(&c, v);
    enum err e = cursor_seek(&c, 1);
    while (e == ERR_OK && got) {
        e = cursor_next(&c, &row, &got);
        if (e == ERR_OK && got)
            e = look_at(l, &row);
        /* A body that is damaged has been told by account_check. */
        if (e == ERR_CORRUPT || e == ERR_NOT_FOUND)
            e = ERR_OK;
        arena_reset(l->a);
    }
    cursor_fini(&c);
    version_unref(v);
    return e;
}

enum err check_summaries(struct account *acct, struct str account_name, bool repair,
                         store_say_fn *say, void *arg, struct account_check_report *report)
{
    struct look l = {.acct = acct,
                     .account_name = account_name,
                     .repair = repair,
                     .say = say,
                     .arg = arg,
                     .report = report,
                     .a = arena_new()};
    struct names *names = account_names(acct);
    enum err e = ERR_OK;

    for (size_t i = 0; e == ERR_OK && i < names->n; i++) {
        l.mailbox_name = names->v[i].name;
        if (names->v[i].mailbox)
            e = look_through(&l, names->v[i].mailbox);
        if (e == ERR_NO_MAILBOX)
            e = ERR_OK; /* deleted meanwhile */
    }
    names_unref(names);
    buf_fini(&l.list);
    buf_fini(&l.more);
    arena_free(l.a);
    return e;
}
