/*
 * cli/export.c - an account's mailboxes through the local door into files.
 *
 * A mailbox's messages are listed a thousand at a time; their bytes are asked for ahead, so that
 * the server reads one while another is written.
 */
#include "cli/export_priv.h"
#include "cli/mailbox_index.h"
#include "cli/progress.h"

#include "base/mem.h"
#include "mailbox/names.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READS_AHEAD = 32 };

struct mailbox {
    struct str name;
    bool exists, subscribed;
    uint32_t uses, messages;
};

struct export
{
    struct admin_client *client;
    const struct export_options *o;
    const struct export_writer *writer;
    struct export_report *report;
    struct arena *a;
    struct mailbox *mailboxes;
    size_t n_mailboxes, cap;
    int top;
    struct buf index, subscriptions;
    struct progress progress;
    uint64_t all;
    struct buf *why;
};

/* ---- files ---- */

enum err export_write(int fd, struct str bytes, struct buf *why)
{
    while (bytes.n > 0) {
        ssize_t n = write(fd, bytes.p, bytes.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            buf_printf(why, "writing: %s", strerror(errno));
            return errno == ENOSPC || errno == EDQUOT ? ERR_NO_SPACE : ERR_IO;
        }
        bytes = str_from(bytes, (size_t)n);
    }
    return ERR_OK;
}

enum err export_file(int dir, const char *name, struct str bytes, struct buf *why)
{
    int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (fd < 0) {
        buf_printf(why, "%s: %s", name, strerror(errno));
        return ERR_IO;
    }
    enum err e = export_write(fd, bytes, why);
    if (close(fd) != 0 && e == ERR_OK) {
        buf_printf(why, "%s: %s", name, strerror(errno));
        e = ERR_IO;
    }
    return e;
}

/* ---- which mailboxes ---- */

static void take_mailbox(struct export *x, struct dec *d)
{
    struct mailbox m = {.name = arena_str(x->a, dec_str(d))};

    m.exists = dec_u8(d) != 0;
    m.uses = dec_u32(d);
    m.subscribed = dec_u8(d) != 0;
    (void)dec_u32(d); /* uidvalidity */
    (void)dec_u32(d); /* uidnext */
    m.messages = dec_u32(d);
    if (x->n_mailboxes == x->cap) {
        x->cap = 2 * x->cap + 64;
        x->mailboxes = mem_grow(x->mailboxes, x->cap * sizeof *x->mailboxes);
    }
    x->mailboxes[x->n_mailboxes++] = m;
}

static enum err list_mailboxes(struct export *x)
{
    struct dec row;
    bool more = true;

    enc_str(admin_request(x->client, ADMIN_MAILBOX_LIST), str_of(x->o->account));
    TRY(admin_send(x->client));
    for (;;) {
        TRY(admin_row(x->client, &row, &more, x->why));
        if (!more)
            return ERR_OK;
        take_mailbox(x, &row);
    }
}

static enum err choose(struct export *x)
{
    struct str wanted = STR_NONE;
    const char *why = NULL;
    size_t n = 0;

    if (x->o->mailbox && name_normalize(x->a, str_of(x->o->mailbox), &wanted, &why) != ERR_OK) {
        buf_printf(x->why, "\"%s\" is no mailbox name: %s", x->o->mailbox, why);
        return ERR_BAD_NAME;
    }
    for (size_t i = 0; i < x->n_mailboxes; i++) {
        struct mailbox m = x->mailboxes[i];
        if (wanted.p && !str_eq(m.name, wanted))
            continue;
        x->mailboxes[n++] = m;
        x->all += m.messages;
    }
    x->n_mailboxes = n;
    if (wanted.p && (n == 0 || !x->mailboxes[0].exists)) {
        buf_printf(x->why, "%s has no mailbox \"%s\"", x->o->account, x->o->mailbox);
        return ERR_NO_MAILBOX;
    }
    return ERR_OK;
}

/* ---- messages ---- */

struct batch {
    struct arena *a;
    struct export_message *v;
    size_t n;
    size_t asked; /* the message whose bytes are asked for next, and from where */
    uint64_t asked_at;
    size_t pending;
};

static void take_message(struct batch *b, struct dec *d)
{
    struct export_message *m = &b->v[b->n++];

    m->uid = dec_u32(d);
    m->object = dec_u64(d);
    m->size = dec_u64(d);
    m->date = dec_svar(d);
    m->zone_min = (int16_t)dec_svar(d);
    m->flags = dec_u8(d);
    m->n_keywords = dec_var(d);
    m->keywords = ARENA_ARRAY(b->a, struct str, m->n_keywords);
    for (size_t i = 0; i < m->n_keywords; i++)
        m->keywords[i] = arena_str(b->a, dec_str(d));
}

static enum err list_messages(struct export *x, struct batch *b, struct str mailbox, uint32_t from)
{
    struct buf *out = admin_request(x->client, ADMIN_MESSAGES);
    struct dec row;
    bool more = true;

    arena_reset(b->a);
    *b = (struct batch){.a = b->a, .v = ARENA_ARRAY(b->a, struct export_message, ADMIN_ROWS)};
    enc_str(out, str_of(x->o->account));
    enc_str(out, mailbox);
    enc_u32(out, from);
    TRY(admin_send(x->client));
    for (;;) {
        TRY(admin_row(x->client, &row, &more, x->why));
        if (!more)
            return ERR_OK;
        if (b->n < ADMIN_ROWS)
            take_message(b, &row);
    }
}

/* Asks for the next pieces, of as many messages as that takes. */
static enum err ask_ahead(struct export *x, struct batch *b)
{
    while (b->pending < READS_AHEAD && b->asked < b->n) {
        const struct export_message *m = &b->v[b->asked];
        if (b->asked_at < m->size) {
            struct buf *out = admin_request(x->client, ADMIN_READ);
            enc_str(out, str_of(x->o->account));
            enc_u64(out, m->object);
            enc_u64(out, b->asked_at);
            TRY(admin_send(x->client));
            b->pending++;
            b->asked_at += ADMIN_PIECE;
        }
        if (b->asked_at >= m->size) {
            b->asked++;
            b->asked_at = 0;
        }
    }
    return ERR_OK;
}

/* The answer to one READ.  *of_message_out: what is wrong with this message, told in `text`. */
static enum err take_piece(struct export *x, struct batch *b, struct export_box *box, bool write_it,
                           uint64_t *got, enum err *of_message_out, struct buf *text)
{
    struct dec row;
    bool more = true;

    b->pending--;
    for (;;) {
        enum err e = admin_row(x->client, &row, &more, text);
        if (e == ERR_CLOSED) {
            buf_add_str(x->why, buf_str(text));
            return e;
        }
        if (e != ERR_OK)
            *of_message_out = e;
        if (e != ERR_OK || !more)
            return ERR_OK;
        *got += row.n;
        if (write_it)
            TRY(x->writer->bytes(box, str_n(row.p, row.n), x->why));
    }
}

static void left_out(struct export *x, struct str mailbox, uint32_t uid, struct str why)
{
    progress_clear(&x->progress);
    fprintf(stderr, "tern export: %.*s, UID %u: %.*s\n", STR_FMT(mailbox), uid, STR_FMT(why));
    x->report->failed++;
}

static enum err export_message(struct export *x, struct batch *b, struct export_box *box,
                               struct str mailbox, const struct export_message *m)
{
    struct buf text = BUF_INIT;
    enum err of_message = ERR_OK;
    uint64_t got = 0;

    enum err e = x->writer->message(box, m, x->why);
    for (uint64_t at = 0; e == ERR_OK && at < m->size; at += ADMIN_PIECE) {
        e = ask_ahead(x, b);
        if (e == ERR_OK)
            e = take_piece(x, b, box, of_message == ERR_OK, &got, &of_message, &text);
    }
    if (e == ERR_OK && of_message == ERR_OK && got != m->size) {
        buf_printf(&text, "%llu of its %llu bytes are there; see `tern check`",
                   (unsigned long long)got, (unsigned long long)m->size);
        of_message = ERR_CORRUPT;
    }
    if (e == ERR_OK && of_message == ERR_OK) {
        e = x->writer->message_end(box, x->why);
        x->report->messages++;
        x->report->bytes += m->size;
    } else if (e == ERR_OK) {
        e = x->writer->message_drop(box, x->why);
        left_out(x, mailbox, m->uid, buf_str(&text));
    }
    buf_fini(&text);
    return e;
}

static enum err export_messages(struct export *x, struct export_box *box, struct str mailbox)
{
    struct batch b = {.a = arena_new()};
    uint32_t from = 1;
    enum err e = ERR_OK;

    for (;;) {
        e = list_messages(x, &b, mailbox, from);
        for (size_t i = 0; e == ERR_OK && i < b.n; i++) {
            e = export_message(x, &b, box, mailbox, &b.v[i]);
            progress_show(&x->progress, mailbox, x->report->messages, x->all, x->report->messages);
        }
        if (e != ERR_OK || b.n < ADMIN_ROWS || b.v[b.n - 1].uid == UINT32_MAX)
            break;
        from = b.v[b.n - 1].uid + 1;
    }
    arena_free(b.a);
    return e;
}

/* ---- mailboxes ---- */

static enum err export_mailbox(struct export *x, const struct mailbox *m, size_t number)
{
    struct export_box *box;
    struct str place;

    TRY(x->writer->begin(x->top, x->a, m->name, number, &box, &place, x->why));
    enum err e = export_messages(x, box, m->name);
    enum err at_end = x->writer->end(box, x->why);
    if (e == ERR_OK)
        e = at_end;
    if (e != ERR_OK)
        return e;
    index_put(&x->index, place, m->name, m->uses);
    x->report->mailboxes++;
    return ERR_OK;
}

static enum err export_all(struct export *x)
{
    index_begin(&x->index);
    subscriptions_begin(&x->subscriptions);
    for (size_t i = 0; i < x->n_mailboxes; i++) {
        const struct mailbox *m = &x->mailboxes[i];
        if (m->exists)
            TRY(export_mailbox(x, m, i));
        if (m->subscribed)
            subscriptions_put(&x->subscriptions, m->name);
    }
    TRY(export_file(x->top, INDEX_FILE, buf_str(&x->index), x->why));
    return export_file(x->top, SUBSCRIPTIONS_FILE, buf_str(&x->subscriptions), x->why);
}

/* ---- the place ---- */

static bool is_empty_dir(const char *path)
{
    DIR *d = opendir(path);
    size_t n = 0;

    if (!d)
        return false;
    for (const struct dirent *e; (e = readdir(d));)
        n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
    closedir(d);
    return n == 0;
}

static enum err look_at_place(const struct export_options *o, const char *old, struct buf *why)
{
    if (access(o->path, F_OK) != 0 || is_empty_dir(o->path))
        return ERR_OK;
    if (!o->force) {
        buf_printf(why, "%s is there and not empty; --force renames it to %s first", o->path, old);
        return ERR_IO;
    }
    if (access(old, F_OK) == 0) {
        buf_printf(why, "%s is there, too; remove or rename it", old);
        return ERR_IO;
    }
    return ERR_OK;
}

static enum err open_partial(struct export *x, const char *partial)
{
    if (mkdir(partial, 0700) == 0)
        x->top = open(partial, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (x->top >= 0)
        return ERR_OK;
    buf_printf(x->why, "%s: %s%s", partial, strerror(errno),
               errno == EEXIST ? ": what an export that was interrupted has left; remove it" : "");
    return ERR_IO;
}

/* All of it is on disk before it gets its name. */
static enum err put_in_place(struct export *x, const char *partial, const char *old)
{
    const char *path = x->o->path;
    struct stat st;

    if (syncfs(x->top) != 0) {
        buf_printf(x->why, "%s: %s", partial, strerror(errno));
        return ERR_IO;
    }
    if (stat(path, &st) == 0 && (!S_ISDIR(st.st_mode) || !is_empty_dir(path)) &&
        rename(path, old) != 0) {
        buf_printf(x->why, "%s to %s: %s", path, old, strerror(errno));
        return ERR_IO;
    }
    if (rename(partial, path) != 0 || syncfs(x->top) != 0) {
        buf_printf(x->why, "%s to %s: %s; the export is whole and stands under the first name",
                   partial, path, strerror(errno));
        return ERR_IO;
    }
    return ERR_OK;
}

static enum err run(struct export *x)
{
    struct str path = str_of(x->o->path);

    while (path.n > 1 && path.p[path.n - 1] == '/')
        path.n--;
    const char *partial = arena_cstr(x->a, arena_printf(x->a, "%.*s.partial", STR_FMT(path)));
    const char *old = arena_cstr(x->a, arena_printf(x->a, "%.*s.old", STR_FMT(path)));
    TRY(list_mailboxes(x));
    TRY(choose(x));
    TRY(look_at_place(x->o, old, x->why));
    TRY(open_partial(x, partial));
    enum err e = export_all(x);
    if (e == ERR_OK)
        e = put_in_place(x, partial, old);
    else
        buf_printf(x->why, "; what there is stands in %s", partial);
    progress_clear(&x->progress);
    return e;
}

enum err export_run(struct admin_client *client, const struct export_options *o,
                    struct export_report *out, struct buf *why_out)
{
    struct export x = {.client = client,
                       .o = o,
                       .writer = o->form == EXPORT_MBOX ? &export_mbox : &export_maildir,
                       .report = out,
                       .a = arena_new(),
                       .top = -1,
                       .why = why_out};

    *out = (struct export_report){0};
    progress_begin(&x.progress, o->progress);
    enum err e = run(&x);
    if (x.top >= 0)
        close(x.top);
    mem_free(x.mailboxes);
    buf_fini(&x.index);
    buf_fini(&x.subscriptions);
    arena_free(x.a);
    return e;
}
