/* Text as search reads it: transfer encoding, charset, folding and needles give the same however
 * the bytes are cut. */
#include "fuzz.h"

#include "base/check.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "mime/decode.h"
#include "search/text.h"

static const char *const charsets[] = {
    "",          "utf-8",  "us-ascii", "iso-8859-1", "windows-1252", "iso-2022-jp",
    "shift_jis", "utf-16", "utf-7",    "gb18030",    "big5",         "unheard-of"};

/* Decodes, converts and folds `in`, at most `piece` bytes at a time. */
static void run(struct str in, enum mime_cte cte, struct str charset, size_t piece,
                struct buf *utf8, struct buf *out)
{
    struct mime_charset *c = mime_charset_new(charset);
    struct buf decoded = BUF_INIT, text = BUF_INIT;
    struct mime_decoder d;
    struct fold f = {0};

    mime_decoder_init(&d, cte);
    for (; in.n; in = str_from(in, piece)) {
        buf_clear(&decoded);
        buf_clear(&text);
        mime_decoder_feed(&d, str_sub(in, 0, piece), &decoded);
        mime_charset_feed(c, buf_str(&decoded), &text);
        buf_add_str(utf8, buf_str(&text));
        fold_feed(&f, buf_str(&text), out);
    }
    buf_clear(&decoded);
    buf_clear(&text);
    mime_decoder_end(&d, &decoded);
    mime_charset_feed(c, buf_str(&decoded), &text);
    mime_charset_end(c, &text);
    buf_add_str(utf8, buf_str(&text));
    fold_feed(&f, buf_str(&text), out);
    fold_end(&f, out);
    fold_fini(&f);
    buf_fini(&decoded);
    buf_fini(&text);
}

/* The needle is found exactly where a plain search of the whole folded text finds it. */
static void check_needle(struct str utf8, struct str folded, struct str needle, size_t piece)
{
    struct needle n = {.folded = needle};
    struct needle *all[] = {&n};
    struct text t = {0};

    if (needle.n == 0)
        return;
    text_begin(&t, all, 1);
    for (; utf8.n; utf8 = str_from(utf8, piece))
        text_feed(&t, str_sub(utf8, 0, piece));
    text_end(&t);
    check(n.found == (str_search(folded, needle) != SIZE_MAX));
    text_fini(&t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct buf whole = BUF_INIT, pieces = BUF_INIT, utf8 = BUF_INIT, utf8_pieces = BUF_INIT;

    if (n < 4)
        return 0;
    enum mime_cte cte = (enum mime_cte)(data[0] % (CTE_UNKNOWN + 1));
    struct str charset = str_of(charsets[data[1] % ARRAY_LEN(charsets)]);
    size_t piece = data[2] % 32 + 1;
    struct str in = str_n(data + 4, n - 4);
    size_t from = data[3];

    run(in, cte, charset, in.n + 1, &utf8, &whole);
    run(in, cte, charset, piece, &utf8_pieces, &pieces);
    check(str_eq(buf_str(&utf8), buf_str(&utf8_pieces)));
    check(str_eq(buf_str(&whole), buf_str(&pieces)));
    check_needle(buf_str(&utf8), buf_str(&whole), str_sub(buf_str(&whole), from, piece), piece);
    check_needle(buf_str(&utf8), buf_str(&whole), str_sub(in, from, piece), piece + 1);
    buf_fini(&whole);
    buf_fini(&pieces);
    buf_fini(&utf8);
    buf_fini(&utf8_pieces);
    return 0;
}
