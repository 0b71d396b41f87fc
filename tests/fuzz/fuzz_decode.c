/* Encodings and texts: what comes out does not depend on the cutting and is what the headers
 * promise.  The first byte chooses what is tried, the second how it is cut. */
#include "fuzz.h"

#include "../support/mime_tree.h"

#include "mime/date.h"
#include "mime/decode.h"
#include "mime/header.h"

#include <stdlib.h>

static void check_cte(enum mime_cte cte, struct str in, size_t piece)
{
    struct buf whole = BUF_INIT;
    struct buf pieces = BUF_INIT;
    struct mime_decoder d;

    mime_decoder_init(&d, cte);
    mime_decoder_feed(&d, in, &whole);
    mime_decoder_end(&d, &whole);
    mime_decoder_init(&d, cte);
    for (struct str rest = in; rest.n > 0; rest = str_from(rest, piece))
        mime_decoder_feed(&d, str_sub(rest, 0, piece), &pieces);
    mime_decoder_end(&d, &pieces);
    check(str_eq(buf_str(&whole), buf_str(&pieces)));
    check(whole.n <= in.n);
    buf_fini(&whole);
    buf_fini(&pieces);
}

static void convert(struct str charset, struct str in, size_t piece, struct buf *out)
{
    struct mime_charset *c = mime_charset_new(charset);

    for (; in.n > 0; in = str_from(in, piece))
        mime_charset_feed(c, str_sub(in, 0, piece), out);
    mime_charset_end(c, out);
}

/* `in` is the charset's name up to a line end, then the text. */
static void check_charset(struct str in, size_t piece)
{
    struct str name = str_sub(in, 0, str_find(in, '\n'));
    struct str text = str_from(in, name.n + 1);
    struct buf whole = BUF_INIT;
    struct buf pieces = BUF_INIT;

    convert(name, text, text.n + 1, &whole);
    convert(name, text, piece, &pieces);
    check(utf8_valid(buf_str(&whole)) && utf8_valid(buf_str(&pieces)));
    /* Behind a wrong byte iconv's stateful decoders (UTF-7) go on in a state that depends on the
     * cutting. */
    if (name.n == 0 || str_search(buf_str(&whole), STR("\xef\xbf\xbd")) == SIZE_MAX)
        check(str_eq(buf_str(&whole), buf_str(&pieces)));
    buf_clear(&whole);
    mime_to_utf8(name, text, &whole);
    check(utf8_valid(buf_str(&whole)));
    buf_fini(&whole);
    buf_fini(&pieces);
}

static bool ascii_only(struct str s)
{
    return !str_has_8bit(s);
}

static void check_words(struct str in)
{
    struct arena *a = arena_new();
    struct str text = mime_decode_text(a, in);
    struct buf coded = BUF_INIT;

    check(utf8_valid(text) && mime_tree_line_free(text));
    mime_encode_text(&coded, text);
    check(ascii_only(buf_str(&coded)));
    if (str_search(text, STR("=?")) == SIZE_MAX)
        check(str_eq(str_trim(mime_decode_text(a, buf_str(&coded))), str_trim(text)));
    buf_clear(&coded);
    mime_encode_text(&coded, in);
    check(ascii_only(buf_str(&coded)));
    buf_fini(&coded);
    arena_free(a);
}

static void check_params(struct str in)
{
    struct arena *a = arena_new();
    struct buf message = BUF_INIT;

    buf_add_cstr(&message, "Content-Type: text/plain");
    buf_add_str(&message, mime_unfold(a, in));
    buf_add_cstr(&message, "\r\nContent-Disposition: attachment");
    buf_add_str(&message, mime_unfold(a, in));
    mime_tree_check_root(mime_parse(a, buf_str(&message)), buf_str(&message));
    buf_fini(&message);
    arena_free(a);
}

static void check_date(struct str in)
{
    struct mime_date d;

    if (!mime_date_parse(in, &d))
        return;
    check(abs(d.zone_min) < 24 * 60);
    check(d.utc >= -62167219200 - 86400 && d.utc < 253402300800 + 86400); /* the years 0 to 9999 */
}

static void check_subject(struct str in)
{
    struct arena *a = arena_new();
    struct str *ids;
    bool reply;
    size_t n;

    check(utf8_valid(mime_base_subject(a, in, &reply)));
    n = mime_message_ids(a, in, &ids);
    for (size_t i = 0; i < n; i++)
        check(ids[i].n > 0 && mime_tree_line_free(ids[i]));
    arena_free(a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct str in = n > 2 ? str_n(data + 2, n - 2) : STR("");
    size_t piece = n > 1 ? data[1] % 32u + 1 : 1;

    switch (n > 0 ? data[0] % 8 : 0) {
    case 0:
        check_cte(CTE_BASE64, in, piece);
        break;
    case 1:
        check_cte(CTE_QP, in, piece);
        break;
    case 2:
        check_cte(CTE_UUENCODE, in, piece);
        break;
    case 3:
        check_charset(in, piece);
        break;
    case 4:
        check_words(in);
        break;
    case 5:
        check_params(in);
        break;
    case 6:
        check_date(in);
        break;
    case 7:
        check_subject(in);
        break;
    }
    return 0;
}
