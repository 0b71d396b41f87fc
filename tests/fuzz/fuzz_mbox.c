/* Any bytes as an mbox: its messages end, their sizes are true, none is read past the file; and any
 * bytes as a message of an mbox of ours come back. */
#include "fuzz.h"

#include "base/check.h"
#include "cli/import_origin.h"
#include "cli/mbox_line.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

static struct str all_of(struct arena *a, struct origin *s)
{
    struct buf bytes = BUF_INIT;
    struct str piece;
    uint64_t size;

    check(origin_size(s, &size) == ERR_OK);
    do {
        check(origin_read(s, &piece) == ERR_OK);
        buf_add_str(&bytes, piece);
    } while (piece.n > 0);
    check(bytes.n == size);
    struct str out = arena_str(a, buf_str(&bytes));
    buf_fini(&bytes);
    return out;
}

/* The messages of these bytes; their first one in `first_out`. */
static size_t read_all(struct arena *a, struct str text, bool mboxrd, struct str *first_out)
{
    char path[64];
    int fd = memfd_create("mbox", MFD_CLOEXEC);
    struct place p = {.kind = PLACE_MBOX, .path = path};
    struct origin_options o = {.mboxrd = mboxrd};
    struct origin_message m;
    struct origin *s;
    struct buf why = BUF_INIT;
    size_t n = 0, bytes = 0;
    bool got = true;

    check(fd >= 0 && write(fd, text.p, text.n) == (ssize_t)text.n);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    check(origin_open(&p, &o, &s, &why) == ERR_OK);
    for (;;) {
        enum err e = origin_next(s, a, &m, &got, &why);
        if (e == ERR_OK && !got)
            break;
        check(++n <= text.n + 1);
        if (e != ERR_OK)
            continue;
        struct str message = all_of(a, s);
        bytes += message.n;
        if (n == 1 && first_out)
            *first_out = message;
    }
    check(bytes <= 2 * text.n);
    origin_close(s);
    close(fd);
    buf_fini(&why);
    return n;
}

static void check_export(struct arena *a, struct str message)
{
    struct buf text = BUF_INIT;
    struct mbox_quote q = {0};
    struct str back = STR_NONE;

    mbox_from_put(&text, 1767225600, 0);
    mbox_flags_put(&text, 1);
    buf_printf(&text, "X-Tern-Octets: %zu\n", message.n);
    mbox_quote(&q, message, &text);
    mbox_quote_end(&q, &text);
    if (message.n == 0 || message.p[message.n - 1] != '\n')
        buf_add_char(&text, '\n');
    buf_add_char(&text, '\n');
    buf_add_cstr(&text, "From a@b Thu Jan  1 00:00:00 2026\nA: 2\n\n");
    check(read_all(a, buf_str(&text), false, &back) == 2);
    check(str_eq(back, message));
    buf_fini(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct arena *a = arena_new();
    struct str in = str_n(data, n);

    if (n <= 300000) {
        read_all(a, in, n % 2, NULL);
        check_export(a, in);
    }
    arena_free(a);
    return 0;
}
