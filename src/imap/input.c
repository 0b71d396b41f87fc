/*
 * imap/input.c - cuts what a client sends into commands.
 *
 *              "{n}" line end            take, stream
 *   LINE ----------------------> ASKING ---------------> LITERAL / LINE
 *    |  ^                          | skip                    |
 *    |  '--------------------------+-------------------------' all bytes are there
 *    |                             v
 *    | line end                  DROP_LITERAL <---> DROP_LINE <--- too long
 *    v                             |                   | line end
 *   DONE                           '-----> TELL_BAD <--'          (unless it was told already)
 *
 *  (1) Cutting the same bytes in other pieces gives the same events: what is decided at the
 *      end of a line looks only at the quotes and the last bytes of that line, which are kept
 *      as they pass.
 *  (2) A command that is thrown away takes no memory beyond its first IMAP_MAX_LINE bytes,
 *      kept until BAD was said.
 *  (3) Bytes of a non-synchronising literal never become a command, also when theirs is
 *      thrown away.
 */
#include "imap/input.h"

#include "base/check.h"
#include "imap/lexer.h"

enum state { LINE, ASKING, LITERAL, DONE, DROP_LINE, DROP_LITERAL, TELL_BAD };

enum announced { NO_LITERAL, A_LITERAL, TOO_LARGE };

void imap_input_init(struct imap_input *in)
{
    *in = (struct imap_input){0};
}

void imap_input_fini(struct imap_input *in)
{
    buf_fini(&in->buf);
    imap_input_init(in);
}

bool imap_input_idle(const struct imap_input *in)
{
    return in->state == LINE && in->line_bytes == 0;
}

/* Between commands nothing is kept: what a command took is a small part of its own cost. */
static void input_reset(struct imap_input *in)
{
    imap_input_fini(in);
}

static void start_segment(struct imap_input *in)
{
    in->quoted = in->escaped = false;
    in->n_tail = 0;
}

/* Keeps the last bytes of the line. */
static void tail_add(struct imap_input *in, struct str s)
{
    size_t keep = sizeof(in->tail);

    if (s.n >= keep) {
        memcpy(in->tail, s.p + s.n - keep, keep);
        in->n_tail = keep;
        return;
    }
    if (in->n_tail + s.n > keep) {
        size_t drop = in->n_tail + s.n - keep;

        memmove(in->tail, in->tail + drop, in->n_tail - drop);
        in->n_tail -= drop;
    }
    memcpy(in->tail + in->n_tail, s.p, s.n);
    in->n_tail += s.n;
}

static void line_scan(struct imap_input *in, struct str s)
{
    tail_add(in, s);
    if (!in->quoted && !str_has_char(s, '"'))
        return;
    for (size_t i = 0; i < s.n; i++) {
        if (in->escaped)
            in->escaped = false;
        else if (s.p[i] == '"')
            in->quoted = !in->quoted;
        else if (in->quoted && s.p[i] == '\\')
            in->escaped = true;
    }
}

static bool tail_drop(struct str *tail, char c)
{
    bool found = tail->n > 0 && tail->p[tail->n - 1] == c;

    tail->n -= found;
    return found;
}

/* Does the line that just ended announce a literal?  "{n}", "{n+}", "~{n}", "~{n+}" (RFC 7888, 8;
 * RFC 3516, 7). */
static enum announced line_literal(const struct imap_input *in, struct imap_literal *out)
{
    struct str tail = str_n(in->tail, in->n_tail), digits;
    size_t end;

    tail_drop(&tail, '\n');
    tail_drop(&tail, '\r');
    if (in->quoted || !tail_drop(&tail, '}'))
        return NO_LITERAL;
    *out = (struct imap_literal){.sync = !tail_drop(&tail, '+')};
    for (end = tail.n; tail.n > 0 && ascii_digit(tail.p[tail.n - 1]);)
        tail.n--;
    digits = str_n(tail.p + tail.n, end - tail.n);
    if (digits.n == 0)
        return NO_LITERAL;
    if (tail.n == 0 && in->n_tail == sizeof(in->tail))
        return TOO_LARGE; /* more digits than are kept */
    if (!tail_drop(&tail, '{'))
        return NO_LITERAL;
    out->binary = tail_drop(&tail, '~');
    return str_to_u64(digits, &out->size) && out->size <= INT64_MAX ? A_LITERAL : TOO_LARGE;
}

/* From here on the command is thrown away; BAD is said at its end, or now. */
static enum imap_event say_bad(struct imap_input *in, const char *why)
{
    if (in->why == NULL)
        in->why = why;
    if (in->told) {
        input_reset(in);
        return IMAP_MORE;
    }
    in->told = true;
    return IMAP_BAD;
}

static enum imap_event say_fatal(struct imap_input *in, const char *why)
{
    in->why = why;
    return IMAP_FATAL;
}

/* The end of a command that was thrown away. */
static enum imap_event bad_end(struct imap_input *in, const char *why)
{
    in->state = DONE;
    return say_bad(in, why);
}

/* ... but a literal that is on its way is not a command. */
static enum imap_event bad_literal(struct imap_input *in, const char *why)
{
    if (in->literal.sync)
        return bad_end(in, why);
    in->why = why;
    in->state = DROP_LITERAL;
    in->want = in->literal.size;
    in->skipped += in->want < IMAP_MAX_SKIPPED ? in->want : IMAP_MAX_SKIPPED;
    return in->skipped >= IMAP_MAX_SKIPPED ? say_fatal(in, "Too much of one command") : IMAP_MORE;
}

static enum imap_event too_large(struct imap_input *in)
{
    /* RFC 7888, 4: there is no end to a non-synchronising literal that cannot be counted. */
    if (!in->literal.sync)
        return say_fatal(in, "Literal too large");
    return bad_end(in, "Literal too large");
}

/* A line has ended: literal, or end of the command. */
static enum imap_event line_end(struct imap_input *in)
{
    enum announced a = line_literal(in, &in->literal);

    if (a == TOO_LARGE)
        return too_large(in);
    if (in->why != NULL)
        return a == A_LITERAL ? bad_literal(in, in->why) : bad_end(in, in->why);
    if (a == NO_LITERAL) {
        in->state = DONE;
        return IMAP_COMMAND;
    }
    if (++in->n_literals > IMAP_MAX_LITERALS || in->n_external == IMAP_MAX_STREAMED)
        return bad_literal(in, "Too many literals");
    in->state = ASKING;
    return IMAP_LITERAL;
}

/* The next piece of the line, its LF included if it is there. */
static struct str line_piece(struct str bytes, bool *ended_out)
{
    size_t n = str_find(bytes, '\n');

    *ended_out = n < bytes.n;
    return str_sub(bytes, 0, n + *ended_out);
}

/* RFC 3501 has none, but clients send empty lines before commands. */
static bool is_empty_line(const struct imap_input *in)
{
    return in->n_literals == 0 &&
           (in->line_bytes == 1 || (in->line_bytes == 2 && in->buf.p[0] == '\r'));
}

static enum imap_event line_too_long(struct imap_input *in)
{
    in->state = DROP_LINE;
    in->told = true;
    in->why = "Command line too long";
    return IMAP_BAD;
}

static enum imap_event feed_line(struct imap_input *in, struct str bytes, size_t *used)
{
    bool ended;
    struct str piece = line_piece(bytes, &ended);
    size_t room = IMAP_MAX_LINE - in->line_bytes;

    bool too_long = piece.n > room;

    if (too_long)
        piece.n = room;
    *used += piece.n;
    in->line_bytes += piece.n;
    buf_add(&in->buf, piece.p, piece.n);
    line_scan(in, piece);
    if (too_long)
        return line_too_long(in);
    if (!ended)
        return IMAP_MORE;
    if (is_empty_line(in)) {
        input_reset(in);
        return IMAP_MORE;
    }
    return line_end(in);
}

static enum imap_event feed_dropped_line(struct imap_input *in, struct str bytes, size_t *used)
{
    bool ended;
    struct str piece = line_piece(bytes, &ended);

    if (in->told)
        buf_fini(&in->buf);
    *used += piece.n;
    in->skipped += piece.n;
    line_scan(in, piece);
    if (in->skipped > IMAP_MAX_SKIPPED)
        return say_fatal(in, "Command line far too long");
    return ended ? line_end(in) : IMAP_MORE;
}

static size_t literal_part(struct imap_input *in, struct str bytes, size_t *used)
{
    size_t n = in->want < bytes.n ? in->want : bytes.n;

    in->want -= n;
    *used += n;
    return n;
}

static enum imap_event feed_literal(struct imap_input *in, struct str bytes, size_t *used)
{
    buf_add(&in->buf, bytes.p, literal_part(in, bytes, used));
    if (in->want == 0) {
        in->state = LINE;
        start_segment(in);
    }
    return IMAP_MORE;
}

static enum imap_event feed_dropped_literal(struct imap_input *in, struct str bytes, size_t *used)
{
    literal_part(in, bytes, used);
    if (in->want == 0) {
        in->state = DROP_LINE;
        start_segment(in);
    }
    return IMAP_MORE;
}

static enum imap_event feed_some(struct imap_input *in, struct str bytes, size_t *used)
{
    switch ((enum state)in->state) {
    case DONE:
        input_reset(in);
        return IMAP_MORE;
    case LINE:
        return feed_line(in, bytes, used);
    case LITERAL:
        return feed_literal(in, bytes, used);
    case DROP_LINE:
        return feed_dropped_line(in, bytes, used);
    case DROP_LITERAL:
        return feed_dropped_literal(in, bytes, used);
    case TELL_BAD:
    case ASKING:
        break;
    }
    check(in->state != ASKING); /* the owner must decide first */
    return bad_end(in, in->why);
}

enum imap_event imap_input_feed(struct imap_input *in, struct str bytes, size_t *used_out)
{
    enum imap_event event = IMAP_MORE;

    *used_out = 0;
    while (event == IMAP_MORE && (*used_out < bytes.n || in->state == TELL_BAD))
        event = feed_some(in, str_from(bytes, *used_out), used_out);
    return event;
}

bool imap_input_fits(const struct imap_input *in)
{
    return in->buf.n <= IMAP_MAX_COMMAND && in->literal.size <= IMAP_MAX_COMMAND - in->buf.n;
}

void imap_input_take(struct imap_input *in)
{
    check(in->state == ASKING);
    in->want = in->literal.size;
    in->state = LITERAL;
    if (!imap_input_fits(in)) {
        in->why = "Command too large";
        in->state = DROP_LITERAL;
    } else if (in->want == 0) {
        in->state = LINE;
    }
    start_segment(in);
}

void imap_input_stream(struct imap_input *in)
{
    check(in->state == ASKING);
    in->external[in->n_external++] = in->buf.n;
    in->state = LINE;
    start_segment(in);
}

void imap_input_skip(struct imap_input *in, const char *why)
{
    check(in->state == ASKING);
    in->why = why;
    in->want = in->literal.size;
    in->state = in->literal.sync ? TELL_BAD : DROP_LITERAL;
    start_segment(in);
}

void imap_input_refuse(struct imap_input *in)
{
    check(in->state == ASKING);
    if (in->literal.sync) {
        input_reset(in);
        return;
    }
    imap_input_skip(in, "Refused");
    in->told = true;
}

struct imap_text imap_input_text(const struct imap_input *in)
{
    return (struct imap_text){buf_str(&in->buf), in->external, in->n_external};
}

void imap_input_next(struct imap_input *in)
{
    if (in->state == DONE)
        input_reset(in);
    else if (in->told)
        buf_fini(&in->buf);
}

struct str imap_input_tag(const struct imap_input *in)
{
    struct str tag = str_sub(buf_str(&in->buf), 0, IMAP_MAX_TAG + 1);
    size_t n = 0;

    while (n < tag.n && char_is(tag.p[n], CHAR_TAG))
        n++;
    if (n == 0 || n > IMAP_MAX_TAG ||
        (n < tag.n && tag.p[n] != ' ' && tag.p[n] != '\r' && tag.p[n] != '\n'))
        return STR("*");
    return str_sub(tag, 0, n);
}
