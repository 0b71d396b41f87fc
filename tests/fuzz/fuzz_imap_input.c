/* The cutting of commands: in any pieces the same events, in bounded memory, and nothing held
 * between commands. */
#include "fuzz.h"

#include "base/check.h"
#include "unit/imap/input_run.h"

enum { N_ANSWERS = 16, HEAD = 6 };

struct script {
    enum answer answers[N_ANSWERS];
    size_t piece;
    struct str bytes;
};

/* Four bytes say how literals are answered, two how the input is cut. */
static struct script script_of(const uint8_t *data, size_t n)
{
    struct script s = {.piece = 1, .bytes = STR("")};

    if (n < HEAD)
        return s;
    for (size_t i = 0; i < N_ANSWERS; i++)
        s.answers[i] = data[i / 4] >> i % 4 * 2 & 3;
    s.piece = 1 + (data[4] | (size_t)data[5] << 8) % 300;
    s.bytes = str_n(data + HEAD, n - HEAD);
    return s;
}

static void run_script(const struct script *s, size_t piece, struct buf *log_out)
{
    struct run r = {.answers = s->answers, .n_answers = N_ANSWERS};

    imap_input_init(&r.in);
    run_pieces(&r, s->bytes, piece);
    check(r.in.buf.n <= IMAP_MAX_LINE + IMAP_MAX_COMMAND);
    if (imap_input_idle(&r.in))
        check(r.in.buf.p == NULL);
    imap_input_fini(&r.in);
    *log_out = r.log;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct script s = script_of(data, n);
    struct buf whole = BUF_INIT, pieces = BUF_INIT, bytes = BUF_INIT;

    run_script(&s, s.bytes.n > 0 ? s.bytes.n : 1, &whole);
    run_script(&s, s.piece, &pieces);
    run_script(&s, 1, &bytes);
    check(str_eq(buf_str(&whole), buf_str(&pieces)));
    check(str_eq(buf_str(&whole), buf_str(&bytes)));
    buf_fini(&whole);
    buf_fini(&pieces);
    buf_fini(&bytes);
    return 0;
}
