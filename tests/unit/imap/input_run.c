/*
 * tests/unit/imap/input_run.c - the owner of an imap_input, for tests.
 */
#include "input_run.h"

#include "base/check.h"

static enum answer next_answer(struct run *r)
{
    if (r->n_answers == 0)
        return TAKE;
    r->n_answers--;
    return *r->answers++;
}

static void on_literal(struct run *r)
{
    buf_printf(&r->log, "literal %llu%s%s\n", (unsigned long long)r->in.literal.size,
               r->in.literal.sync ? "" : "+", r->in.literal.binary ? " binary" : "");
    switch (next_answer(r)) {
    case TAKE:
        imap_input_take(&r->in);
        break;
    case STREAM:
        r->streaming = r->in.literal.size;
        imap_input_stream(&r->in);
        break;
    case SKIP:
        imap_input_skip(&r->in, "skipped");
        break;
    case REFUSE:
        imap_input_refuse(&r->in);
        break;
    }
}

static void log_text(struct buf *log, struct str s)
{
    if (s.n > 100) {
        buf_printf(log, "%zu bytes", s.n);
        return;
    }
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] >= ' ')
            buf_add_char(log, s.p[i]);
        else
            buf_printf(log, "\\%c", s.p[i] == '\r' ? 'r' : s.p[i] == '\n' ? 'n' : '0');
    }
}

static void on_command(struct run *r)
{
    struct imap_text text = imap_input_text(&r->in);

    BUF_LIT(&r->log, "command ");
    log_text(&r->log, text.bytes);
    for (size_t i = 0; i < text.n_external; i++)
        buf_printf(&r->log, " external %zu", text.external[i]);
    BUF_LIT(&r->log, "\n");
    imap_input_next(&r->in);
}

static void on_event(struct run *r, enum imap_event event)
{
    if (event == IMAP_LITERAL)
        on_literal(r);
    else if (event == IMAP_COMMAND)
        on_command(r);
    else if (event == IMAP_BAD)
        buf_printf(&r->log, "bad %.*s %s\n", STR_FMT(imap_input_tag(&r->in)), r->in.why);
    else if (event == IMAP_FATAL)
        buf_printf(&r->log, "fatal %s\n", r->in.why);
    r->fatal = event == IMAP_FATAL;
}

void run_piece(struct run *r, struct str piece)
{
    while (!r->fatal) {
        enum imap_event event;
        size_t used = r->streaming < piece.n ? r->streaming : piece.n;

        r->streaming -= used;
        piece = str_from(piece, used);
        event = imap_input_feed(&r->in, piece, &used);
        check(used <= piece.n);
        piece = str_from(piece, used);
        if (event == IMAP_MORE) {
            check(piece.n == 0);
            return;
        }
        on_event(r, event);
    }
}

void run_pieces(struct run *r, struct str s, size_t piece)
{
    for (size_t i = 0; i < s.n; i += piece)
        run_piece(r, str_sub(s, i, piece));
    run_piece(r, STR(""));
}
