/*
 * admin/admin.c - frames to ops, and their replies back in order.
 */
#include "admin/admin_priv.h"

#include "base/log.h"
#include "base/mem.h"
#include "net/pool.h"

#include <string.h>
#include <unistd.h>

/* ---- ops ---- */

static struct op *op_new(struct admin *s)
{
    struct op *op = NEW(struct op);

    op->session = s;
    op->door = s->door;
    op->arena = arena_new();
    op->reply.max = ADMIN_REPLY_MAX;
    atomic_fetch_add(&s->refs, 1);
    *s->last = op;
    s->last = &op->next;
    s->n_ops++;
    return op;
}

static void op_free(struct op *op)
{
    for (size_t i = 0; i < op->n_tickets; i++)
        ticket_unref(op->tickets[i]);
    intake_free(op->intake);
    if (op->account)
        account_unref(op->account);
    if (op->password.n)
        explicit_bzero((char *)op->password.p, op->password.n);
    buf_fini(&op->reply);
    arena_free(op->arena);
    mem_free(op);
}

static void admin_free(struct job *j)
{
    struct admin *s = CONTAINER_OF(j, struct admin, end);
    struct admin_door *door = s->door;

    for (struct op *op = s->first, *next; op; op = next) {
        next = op->next;
        op_free(op);
    }
    conn_handle_unref(s->handle);
    mem_free(s);
    pthread_mutex_lock(&door->mutex);
    if (--door->sessions == 0)
        pthread_cond_broadcast(&door->idle);
    pthread_mutex_unlock(&door->mutex);
}

/* The last reference may go within a ticket's `done`, where no ticket can be given back: so a job
 * frees. */
static void admin_unref(struct admin *s)
{
    if (atomic_fetch_sub(&s->refs, 1) != 1)
        return;
    s->end.fn = admin_free;
    exec_submit(mailstore_exec(s->door->ms), &s->end, JOB_LATER);
}

struct buf *op_row(struct op *op, size_t *place_out)
{
    *place_out = op->reply.n;
    enc_u32(&op->reply, 0);
    enc_u8(&op->reply, ADMIN_ROW);
    return &op->reply;
}

void op_row_end(struct op *op, size_t place)
{
    uint32_t n = (uint32_t)(op->reply.n - place - 4);

    if (op->reply.failed)
        return;
    for (int i = 0; i < 4; i++)
        op->reply.p[place + (size_t)i] = (char)(n >> (8 * i));
}

void op_end(struct op *op, enum err e, const char *text)
{
    struct admin *s = op->session;
    size_t place = op->reply.n;

    if (op->reply.failed) {
        buf_fini(&op->reply);
        op->reply.failed = false;
        place = 0;
        e = ERR_LIMIT;
    }
    enc_u32(&op->reply, 0);
    enc_u8(&op->reply, ADMIN_END);
    enc_u32(&op->reply, e);
    enc_str(&op->reply, text ? str_of(text) : STR(""));
    op_row_end(op, place);
    atomic_store(&op->done, true);
    if (atomic_exchange(&s->parked, false))
        conn_complete(s->handle);
    else
        conn_wake(s->handle);
    admin_unref(s);
}

bool op_one_done(struct op *op)
{
    return atomic_fetch_sub(&op->left, 1) == 1;
}

void op_later(struct op *op, void (*fn)(struct job *))
{
    op->job.fn = fn;
    exec_submit(mailstore_exec(op->door->ms), &op->job, JOB_LATER);
}

struct op *op_of_job(struct job *j)
{
    return CONTAINER_OF(j, struct op, job);
}

enum err op_account(struct op *op, struct str name)
{
    struct str normal;

    TRY(account_name_normalize(op->arena, name, &normal));
    TRY(directory_find(op->door->directory, op->arena, normal, &op->record));
    return account_open(op->door->ms, op->record.id, &op->account);
}

enum err op_mailbox(struct op *op, struct str name, uint64_t *id_out)
{
    struct str normal;
    const char *why;

    TRY(name_normalize(op->arena, name, &normal, &why));
    struct names *names = account_names(op->account);
    const struct name_entry *entry = names_find(names, normal);
    *id_out = entry ? entry->mailbox : 0;
    names_unref(names);
    return *id_out ? ERR_OK : ERR_NO_MAILBOX;
}

static void ticket_done(void *arg)
{
    struct op *op = arg;

    if (!op_one_done(op))
        return;
    for (size_t i = 0; i < op->n_tickets && op->e == ERR_OK; i++)
        op->e = ticket_result(op->tickets[i])->err;
    op_end(op, op->e, op->why);
}

void op_submit(struct op *op, const struct intent *in, size_t n)
{
    atomic_store(&op->left, n + 1);
    for (size_t i = 0; i < n; i++)
        op->tickets[i] = account_submit(op->account, &in[i], ticket_done, op);
    op->n_tickets = n;
    ticket_done(op); /* its own share: nothing ends before all tickets are in place */
}

/* ---- frames ---- */

static const struct {
    op_fn *run;
    bool message; /* its bytes follow in DATA frames */
} verbs[] = {
    [ADMIN_HELLO] = {op_hello, false},
    [ADMIN_ACCOUNT_ADD] = {op_account_add, false},
    [ADMIN_ACCOUNT_PASSWORD] = {op_account_password, false},
    [ADMIN_ACCOUNT_SET] = {op_account_set, false},
    [ADMIN_ACCOUNT_DELETE] = {op_account_delete, false},
    [ADMIN_ACCOUNT_SHOW] = {op_account_show, false},
    [ADMIN_ACCOUNT_LIST] = {op_account_list, false},
    [ADMIN_MAILBOX_LIST] = {op_mailbox_list, false},
    [ADMIN_MAILBOX_CREATE] = {op_mailbox_create, false},
    [ADMIN_MAILBOX_RENAME] = {op_mailbox_rename, false},
    [ADMIN_MAILBOX_DELETE] = {op_mailbox_delete, false},
    [ADMIN_MAILBOX_SUBSCRIBE] = {op_mailbox_subscribe, false},
    [ADMIN_MESSAGES] = {op_messages, false},
    [ADMIN_READ] = {op_read, false},
    [ADMIN_APPEND] = {op_append, true},
    [ADMIN_DELIVER] = {op_deliver, true},
    [ADMIN_CHECK] = {op_check, false},
};

/* Runs one request.  false: the peer does not speak this protocol. */
static bool run_frame(struct admin *s, struct str frame)
{
    struct dec d = dec_of(frame);
    uint8_t verb = dec_u8(&d);

    if (verb == ADMIN_DATA || verb == ADMIN_DATA_END) {
        struct op *op = s->incoming;
        if (!op)
            return false;
        if (verb == ADMIN_DATA) {
            op_message_data(op, str_n(d.p, d.n));
            return true;
        }
        s->incoming = NULL;
        op_message_end(op, dec_u8(&d) != 0);
        return true;
    }
    if (verb >= ARRAY_LEN(verbs) || !verbs[verb].run || s->incoming)
        return false;
    struct op *op = op_new(s);
    if (verbs[verb].message)
        s->incoming = op;
    verbs[verb].run(op, &d);
    return true;
}

enum frame { FRAME_NONE, FRAME_RUN, FRAME_BAD };

static enum frame take_frame(struct admin *s)
{
    struct str in = conn_input(s->conn);
    struct dec d = dec_of(in);
    uint32_t n = dec_u32(&d);
    char copy[ADMIN_FRAME_MAX];

    if (d.bad)
        return FRAME_NONE;
    if (n == 0 || n > ADMIN_FRAME_MAX)
        return FRAME_BAD;
    if (d.n < n)
        return FRAME_NONE;
    /* A verb may add output, which moves nothing, or wake the connection; a copy keeps the fields
     * safe from both. */
    memcpy(copy, d.p, n);
    conn_used(s->conn, 4 + (size_t)n);
    bool ok = run_frame(s, str_n(copy, n));
    explicit_bzero(copy, n); /* it may have held a password */
    return ok ? FRAME_RUN : FRAME_BAD;
}

/* ---- turns ---- */

static void send_done(struct admin *s)
{
    while (s->first && s->first != s->incoming && atomic_load(&s->first->done) &&
           !conn_out_full(s->conn)) {
        struct op *op = s->first;
        buf_add_str(conn_out(s->conn), buf_str(&op->reply));
        s->first = op->next;
        if (!s->first)
            s->last = &s->first;
        s->n_ops--;
        op_free(op);
    }
}

/* Too many ops are under way to take more input: wait for one.  false: one is done already. */
static bool park(struct admin *s)
{
    atomic_store(&s->parked, true);
    if (!atomic_load(&s->first->done))
        return true;
    /* Lost: somebody else ended an op and took the parking; his completion will come. */
    return !atomic_exchange(&s->parked, false);
}

static enum conn_step admin_run(void *session)
{
    struct admin *s = session;

    for (;;) {
        send_done(s);
        if (conn_out_full(s->conn))
            return CONN_FLUSH;
        if (conn_turn_over(s->conn))
            return CONN_AGAIN;
        if (s->n_ops >= ADMIN_AHEAD && !s->incoming) {
            if (park(s))
                return CONN_WAIT;
            continue;
        }
        switch (take_frame(s)) {
        case FRAME_RUN:
            break;
        case FRAME_BAD:
            log_event(LOG_WARN, "admin_bad_frame");
            return CONN_CLOSE;
        case FRAME_NONE:
            if (conn_eof(s->conn))
                return CONN_CLOSE;
            return CONN_READ;
        }
    }
}

/* Whoever may read the store's files may use this door: root, and the user the server runs as. */
static void *admin_open(struct door *door, struct conn *c)
{
    long uid = conn_peer_uid(c);

    if (uid > 0 && (uid_t)uid != geteuid()) {
        log_event(LOG_WARN, "admin_refused", kv_i64("uid", uid));
        return NULL;
    }
    struct admin *s = NEW(struct admin);
    atomic_store(&s->refs, 1);
    s->door = CONTAINER_OF(door, struct admin_door, door);
    s->conn = c;
    s->handle = conn_handle(c);
    s->last = &s->first;
    pthread_mutex_lock(&s->door->mutex);
    s->door->sessions++;
    pthread_mutex_unlock(&s->door->mutex);
    conn_known(c);
    return s;
}

static void admin_close(void *session)
{
    struct admin *s = session;

    if (s->incoming)
        op_end(s->incoming, ERR_CLOSED, NULL);
    s->conn = NULL;
    admin_unref(s);
}

struct admin_door *admin_door_new(struct mailstore *ms, struct directory *d, struct auth *a,
                                  const struct admin_options *o)
{
    struct admin_door *door = NEW(struct admin_door);

    door->door =
        (struct door){.name = "admin", .open = admin_open, .run = admin_run, .close = admin_close};
    door->ms = ms;
    door->directory = d;
    door->auth = a;
    door->o = *o;
    pthread_mutex_init(&door->mutex, NULL);
    pthread_cond_init(&door->idle, NULL);
    return door;
}

struct door *admin_door(struct admin_door *d)
{
    return &d->door;
}

void admin_door_drain(struct admin_door *d)
{
    pthread_mutex_lock(&d->mutex);
    while (d->sessions > 0)
        pthread_cond_wait(&d->idle, &d->mutex);
    pthread_mutex_unlock(&d->mutex);
}

void admin_door_free(struct admin_door *d)
{
    if (!d)
        return;
    pthread_cond_destroy(&d->idle);
    pthread_mutex_destroy(&d->mutex);
    mem_free(d);
}
