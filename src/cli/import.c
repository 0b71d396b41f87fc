/*
 * cli/import.c - the messages of a source into an account, many at a time.
 *
 * Appends are sent ahead, up to ADMIN_AHEAD, so that they share their syncs; `flight` remembers
 * which message each answer is about.  A message that is refused is counted, told and left; what
 * stands in the way of all (no room, no server) ends the import.
 */
#include "cli/import.h"

#include "cli/import_match.h"
#include "cli/progress.h"

#include "base/check.h"
#include "base/mem.h"
#include "mailbox/names.h"

#include <stdio.h>

struct flight {
    struct buf label;
    uint64_t size;
};

struct import {
    struct admin_client *client;
    const struct import_options *o;
    struct import_report *report;
    struct import_mailbox now;
    struct str target; /* its name in the account */
    struct match *match;
    struct progress progress;
    struct flight flights[ADMIN_AHEAD];
    size_t first, n; /* a ring */
    struct buf *why;
};

/* ---- answers ---- */

static void failed(struct import *im, struct str label, struct str why)
{
    progress_clear(&im->progress);
    fprintf(stderr, "tern import: %.*s: %.*s\n", STR_FMT(label), STR_FMT(why));
    im->now.failed++;
}

/* Would every other message meet it, too? */
static bool stops_all(enum err e)
{
    switch (e) {
    case ERR_NO_ACCOUNT:
    case ERR_NO_MAILBOX:
    case ERR_NO_PERM:
    case ERR_OVER_QUOTA:
    case ERR_NO_SPACE:
    case ERR_NO_MEMORY:
    case ERR_IO:
    case ERR_CORRUPT:
    case ERR_STORE:
    case ERR_CLOSED:
        return true;
    default:
        return false;
    }
}

static enum err take_answer(struct import *im)
{
    struct flight *f = &im->flights[im->first];
    struct buf why = BUF_INIT;
    struct dec row;
    bool more = true;
    enum err e = ERR_OK;

    while (e == ERR_OK && more)
        e = admin_row(im->client, &row, &more, &why);
    im->first = (im->first + 1) % ADMIN_AHEAD;
    im->n--;
    if (e == ERR_OK) {
        im->now.imported++;
        im->report->bytes += f->size;
    } else if (stops_all(e)) {
        buf_printf(im->why, "%.*s: %.*s", STR_FMT(buf_str(&f->label)), STR_FMT(buf_str(&why)));
    } else {
        failed(im, buf_str(&f->label), buf_str(&why));
        e = ERR_OK;
    }
    buf_fini(&why);
    return e;
}

static enum err take_down_to(struct import *im, size_t n)
{
    while (im->n > n)
        TRY(take_answer(im));
    return ERR_OK;
}

/* ---- one message ---- */

static enum err send_message(struct import *im, struct origin *s, const struct origin_message *m)
{
    struct admin_message am = {.account = str_of(im->o->account),
                               .mailbox = im->target,
                               .date = m->date,
                               .zone_min = m->zone_min,
                               .flags = m->flags,
                               .keywords = m->keywords,
                               .n_keywords = m->n_keywords};
    struct flight *f = &im->flights[(im->first + im->n) % ADMIN_AHEAD];
    struct str piece;
    enum err e;

    f->size = 0;
    TRY(admin_append_begin(im->client, &am));
    while ((e = origin_read(s, &piece)) == ERR_OK && piece.n > 0) {
        f->size += piece.n;
        TRY(admin_append_data(im->client, piece));
    }
    TRY(admin_append_end(im->client, e != ERR_OK));
    if (e != ERR_OK) {
        /* Begun, so it will be answered: take that away from the count of what came in. */
        failed(im, m->label, STR("could not be read to its end"));
        TRY(take_down_to(im, 0));
        return admin_row(im->client, &(struct dec){0}, &(bool){0}, im->why);
    }
    buf_clear(&f->label);
    buf_add_str(&f->label, m->label);
    im->n++;
    return ERR_OK;
}

static enum err is_there(struct import *im, struct origin *s, const struct origin_message *m,
                         bool *there_out)
{
    *there_out = false;
    if (!im->match || !match_possible(im->match, m->date))
        return ERR_OK;
    TRY(take_down_to(im, 0));
    return match_take(im->match, im->client, s, m->date, there_out, im->why);
}

static enum err import_message(struct import *im, struct origin *s, const struct origin_message *m)
{
    bool there;

    TRY(is_there(im, s, m, &there));
    if (there) {
        im->now.skipped++;
        return ERR_OK;
    }
    if (im->n == ADMIN_AHEAD)
        TRY(take_down_to(im, ADMIN_AHEAD / 2));
    return send_message(im, s, m);
}

static enum err import_messages(struct import *im, struct origin *s)
{
    struct arena *a = arena_new();
    struct buf why = BUF_INIT;
    bool got = true;
    enum err e = ERR_OK;

    while (e == ERR_OK) {
        struct origin_message m;
        uint64_t done, all;
        arena_reset(a);
        buf_clear(&why);
        enum err of_message = origin_next(s, a, &m, &got, &why);
        if (of_message == ERR_OK && !got)
            break;
        im->now.found++;
        if (of_message == ERR_OK)
            e = import_message(im, s, &m);
        else
            failed(im, m.label, buf_str(&why));
        origin_progress(s, &done, &all);
        progress_show(&im->progress, im->target, done, all, im->report->found + im->now.found);
    }
    if (e == ERR_OK)
        e = take_down_to(im, 0);
    buf_fini(&why);
    arena_free(a);
    return e;
}

/* ---- one mailbox ---- */

/* The top goes where the user says or to INBOX; what is below the top goes below that mailbox if
 * the user named one, else beside INBOX. */
static struct str target_of(struct import *im, struct arena *a, struct str name)
{
    struct str base = im->o->mailbox ? str_of(im->o->mailbox) : STR("");
    struct str target = base, normal;
    const char *why;

    if (name.n)
        target = base.n ? arena_printf(a, "%.*s/%.*s", STR_FMT(base), STR_FMT(name)) : name;
    else if (!base.n)
        target = STR("INBOX");
    return name_normalize(a, target, &normal, &why) == ERR_OK ? normal : target;
}

static enum err create(struct import *im, uint32_t uses, bool *made_out)
{
    struct buf why = BUF_INIT;
    struct buf *b = admin_request(im->client, ADMIN_MAILBOX_CREATE);

    enc_str(b, str_of(im->o->account));
    enc_str(b, im->target);
    enc_u32(b, uses);
    enum err e = admin_call(im->client, &why);
    *made_out = e == ERR_OK;
    if (e == ERR_MAILBOX_EXISTS)
        e = ERR_OK;
    if (e != ERR_OK)
        buf_printf(im->why, "mailbox \"%.*s\": %.*s", STR_FMT(im->target), STR_FMT(buf_str(&why)));
    buf_fini(&why);
    return e;
}

static enum err subscribe(struct import *im, struct str name)
{
    struct buf *b = admin_request(im->client, ADMIN_MAILBOX_SUBSCRIBE);

    enc_str(b, str_of(im->o->account));
    enc_str(b, name);
    enc_u8(b, 1);
    return admin_call(im->client, im->why);
}

/* INBOX is always there.  A mailbox that is new is subscribed, unless the source says what is. */
static enum err prepare(struct import *im, const struct place *p, bool subscribes)
{
    bool made = false;

    if (!str_eq(im->target, STR("INBOX")))
        TRY(create(im, p->uses, &made));
    if (made && subscribes)
        TRY(subscribe(im, im->target));
    im->report->mailboxes += made;
    if (!im->o->resume || made)
        return ERR_OK;
    return match_new(im->client, str_of(im->o->account), im->target, &im->match, im->why);
}

static void add_up(struct import *im)
{
    im->report->found += im->now.found;
    im->report->imported += im->now.imported;
    im->report->skipped += im->now.skipped;
    im->report->failed += im->now.failed;
    progress_clear(&im->progress);
    if (im->o->mailbox_done)
        im->o->mailbox_done(im->o->arg, &im->now);
}

static enum err import_place(struct import *im, struct arena *a, const struct place *p,
                             bool subscribes)
{
    struct origin *s = NULL;

    im->target = target_of(im, a, p->name);
    im->now = (struct import_mailbox){.name = im->target};
    enum err e = origin_open(p, &im->o->origin, &s, im->why);
    if (e == ERR_OK)
        e = prepare(im, p, subscribes);
    if (e == ERR_OK)
        e = import_messages(im, s);
    origin_close(s);
    match_free(im->match);
    im->match = NULL;
    add_up(im);
    return e;
}

/* ---- all ---- */

static enum err account_exists(struct import *im)
{
    struct dec row;
    bool more = true;

    enc_str(admin_request(im->client, ADMIN_ACCOUNT_SHOW), str_of(im->o->account));
    TRY(admin_send(im->client));
    while (more) {
        enum err e = admin_row(im->client, &row, &more, im->why);
        if (e == ERR_NO_ACCOUNT)
            buf_printf(im->why, " (\"%s\"); `tern account add` makes one", im->o->account);
        TRY(e);
    }
    return ERR_OK;
}

static enum err import_places(struct import *im, struct arena *a, const struct places *p)
{
    if (p->notes.n)
        fprintf(stderr, "tern import: left out:\n%.*s", STR_FMT(buf_str(&p->notes)));
    for (size_t i = 0; i < p->n; i++)
        TRY(import_place(im, a, &p->v[i], !p->has_subscriptions));
    for (size_t i = 0; i < p->n_subscriptions; i++)
        TRY(subscribe(im, target_of(im, a, p->subscriptions[i])));
    return ERR_OK;
}

enum err import_run(struct admin_client *client, const struct import_options *o,
                    struct import_report *out, struct buf *why_out)
{
    struct import *im = NEW(struct import);
    struct arena *a = arena_new();
    struct places places = {0};

    *out = (struct import_report){0};
    im->client = client;
    im->o = o;
    im->report = out;
    im->why = why_out;
    progress_begin(&im->progress, o->progress);
    check(admin_ahead(client) == 0);
    enum err e = account_exists(im);
    if (e == ERR_OK)
        e = places_find(a, o->path, &places, why_out);
    if (e == ERR_OK)
        e = import_places(im, a, &places);
    places_fini(&places);
    for (size_t i = 0; i < ADMIN_AHEAD; i++)
        buf_fini(&im->flights[i].label);
    mem_free(im);
    arena_free(a);
    return e;
}
