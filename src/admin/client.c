/*
 * admin/client.c - requests out, replies in.
 *
 * What is sent is gathered and written when an answer is waited for or much has gathered, so that
 * many small requests cost few system calls.  The server reads on while it works on ADMIN_AHEAD
 * requests; before sending more than that the client must take answers, or both ends would wait for
 * each other.
 */
#include "admin/client.h"

#include "base/mem.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { GATHER = 64 * 1024 };

struct admin_client {
    int fd;
    struct buf out;
    size_t frame; /* where the request being made begins in `out` */
    struct buf in;
    size_t in_used; /* of `in`, up to the end of the row that was returned */
    size_t ahead;
};

struct admin_client *admin_client_new(int fd)
{
    struct admin_client *c = NEW(struct admin_client);

    c->fd = fd;
    return c;
}

void admin_client_free(struct admin_client *c)
{
    if (!c)
        return;
    close(c->fd);
    buf_fini(&c->out);
    buf_fini(&c->in);
    mem_free(c);
}

/* ---- bytes ---- */

static enum err flush(struct admin_client *c)
{
    size_t done = 0;

    while (done < c->out.n) {
        ssize_t n = send(c->fd, c->out.p + done, c->out.n - done, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return ERR_CLOSED;
        done += (size_t)n;
    }
    buf_clear(&c->out);
    return ERR_OK;
}

static enum err fill(struct admin_client *c)
{
    char *to = buf_reserve(&c->in, GATHER);

    if (!to)
        return ERR_LIMIT;
    for (;;) {
        ssize_t n = recv(c->fd, to, GATHER, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return ERR_CLOSED;
        c->in.n += (size_t)n;
        return ERR_OK;
    }
}

struct buf *admin_request(struct admin_client *c, enum admin_verb verb)
{
    c->frame = c->out.n;
    enc_u32(&c->out, 0);
    enc_u8(&c->out, (uint8_t)verb);
    return &c->out;
}

static void seal_frame(struct admin_client *c)
{
    uint32_t n = (uint32_t)(c->out.n - c->frame - 4);

    for (int i = 0; i < 4; i++)
        c->out.p[c->frame + (size_t)i] = (char)(n >> (8 * i));
}

static enum err send_frame(struct admin_client *c)
{
    if (c->out.n - c->frame - 4 > ADMIN_FRAME_MAX) {
        c->out.n = c->frame;
        return ERR_LIMIT;
    }
    seal_frame(c);
    return c->out.n >= GATHER ? flush(c) : ERR_OK;
}

enum err admin_send(struct admin_client *c)
{
    TRY(send_frame(c));
    c->ahead++;
    return ERR_OK;
}

size_t admin_ahead(const struct admin_client *c)
{
    return c->ahead;
}

/* ---- replies ---- */

static enum err next_frame(struct admin_client *c, struct str *frame_out)
{
    for (;;) {
        struct dec d = dec_of(str_from(buf_str(&c->in), c->in_used));
        uint32_t n = dec_u32(&d);
        if (!d.bad && d.n >= n) {
            *frame_out = dec_bytes(&d, n);
            c->in_used += 4 + (size_t)n;
            return ERR_OK;
        }
        TRY(flush(c)); /* what the answer is to may be in there still */
        buf_shift(&c->in, c->in_used);
        c->in_used = 0;
        TRY(fill(c));
    }
}

enum err admin_row(struct admin_client *c, struct dec *row_out, bool *more_out, struct buf *why_out)
{
    struct str frame;

    *more_out = false;
    enum err e = next_frame(c, &frame);
    if (e != ERR_OK) {
        if (why_out)
            buf_printf(why_out, "the server closed the connection");
        return e;
    }
    *row_out = dec_of(frame);
    if (dec_u8(row_out) == ADMIN_ROW) {
        *more_out = true;
        return ERR_OK;
    }
    e = (enum err)dec_u32(row_out);
    struct str text = dec_str(row_out);
    if (e != ERR_OK && why_out)
        buf_add_str(why_out, text.n ? text : str_of(err_text(e)));
    c->ahead--;
    return e;
}

enum err admin_call(struct admin_client *c, struct buf *why_out)
{
    struct dec row;
    bool more;

    TRY(admin_send(c));
    do {
        TRY(admin_row(c, &row, &more, why_out));
    } while (more);
    return ERR_OK;
}

/* ---- some requests ---- */

bool admin_store_is_empty(struct admin_client *c)
{
    struct dec row;
    bool more, empty = false;

    admin_request(c, ADMIN_HELLO);
    if (admin_send(c) != ERR_OK)
        return false;
    while (admin_row(c, &row, &more, NULL) == ERR_OK && more) {
        (void)dec_u32(&row);
        empty = dec_u8(&row) == 0;
    }
    return empty;
}

static enum err send_add(struct admin_client *c, struct str name, struct str password,
                         enum auth_cost cost)
{
    struct buf *b = admin_request(c, ADMIN_ACCOUNT_ADD);

    enc_str(b, name);
    enc_str(b, password);
    enc_u8(b, (uint8_t)cost);
    return admin_send(c);
}

static enum err finish_one(struct admin_client *c, struct buf *why)
{
    struct dec row;
    bool more;
    enum err e;

    do
        e = admin_row(c, &row, &more, why);
    while (e == ERR_OK && more);
    return e;
}

enum err admin_account_add(struct admin_client *c, struct str name, struct str password,
                           enum auth_cost cost, struct buf *why_out)
{
    TRY(send_add(c, name, password, cost));
    return finish_one(c, why_out);
}

static enum err finish_add(struct admin_client *c, struct buf *why)
{
    size_t before = why->n;
    enum err e = finish_one(c, why);

    if (e != ERR_ACCOUNT_EXISTS)
        return e;
    why->n = before;
    return ERR_OK;
}

enum err admin_account_add_later(struct admin_client *c, struct str name, struct str password,
                                 enum auth_cost cost, struct buf *why_out)
{
    if (c->ahead >= ADMIN_AHEAD)
        TRY(finish_add(c, why_out));
    return send_add(c, name, password, cost);
}

enum err admin_account_add_finish(struct admin_client *c, struct buf *why_out)
{
    while (c->ahead > 0)
        TRY(finish_add(c, why_out));
    return ERR_OK;
}

/* ---- messages ---- */

enum err admin_append_begin(struct admin_client *c, const struct admin_message *m)
{
    struct buf *b = admin_request(c, ADMIN_APPEND);

    enc_str(b, m->account);
    enc_str(b, m->mailbox);
    enc_svar(b, m->date);
    enc_svar(b, m->zone_min);
    enc_u8(b, m->flags);
    enc_var(b, m->n_keywords);
    for (size_t i = 0; i < m->n_keywords; i++)
        enc_str(b, m->keywords[i]);
    return admin_send(c);
}

enum err admin_append_data(struct admin_client *c, struct str bytes)
{
    while (bytes.n > 0) {
        struct str piece = str_sub(bytes, 0, ADMIN_FRAME_MAX - 16);
        buf_add_str(admin_request(c, ADMIN_DATA), piece);
        TRY(send_frame(c));
        bytes = str_from(bytes, piece.n);
    }
    return ERR_OK;
}

enum err admin_append_end(struct admin_client *c, bool forget)
{
    enc_u8(admin_request(c, ADMIN_DATA_END), forget);
    return send_frame(c);
}
