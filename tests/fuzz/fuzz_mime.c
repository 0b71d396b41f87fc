/* The parser: any bytes give a valid tree, and the same one however they are cut.  The first byte
 * says how. */
#include "fuzz.h"

#include "../support/mime_tree.h"

#include "mime/header.h"

/* Pieces of 1 to 255 bytes, their sizes from a small generator; step 0: all at once. */
static struct mime_part *parse_in_pieces(struct arena *a, struct str message, uint8_t step)
{
    struct mime_parser *p = mime_parser_new(a);
    struct mime_part *root;
    uint32_t x = step;

    for (struct str rest = message; rest.n > 0;) {
        size_t want = rest.n;

        x = x * 1103515245 + 12345;
        if (step)
            want = step < 128 ? step : 1 + (x >> 16 & 0xff);
        mime_parser_feed(p, str_sub(rest, 0, want));
        rest = str_from(rest, want);
    }
    root = mime_parser_finish(p);
    mime_parser_free(p);
    mime_tree_check_root(root, message);
    return root;
}

/* Fields lie in their block in order, and hold what they say. */
static void check_fields(const struct mime_part *p, struct str message)
{
    struct str block = str_sub(message, p->header_at, p->body_at - p->header_at);
    struct mime_fields fields = mime_fields_of(block);
    struct mime_field f;
    const char *at = block.p;

    while (mime_fields_next(&fields, &f)) {
        check(f.whole.p >= at && f.whole.p + f.whole.n <= block.p + block.n);
        check(f.name.p == f.whole.p && f.name.n > 0 && f.value.p > f.name.p + f.name.n);
        check(f.value.p + f.value.n <= f.whole.p + f.whole.n);
        at = f.whole.p + f.whole.n;
    }
    for (const struct mime_part *c = p->child; c; c = c->next)
        check_fields(c, message);
}

/* Every part is found by its number.  `numbers` holds those of p's parents. */
static void check_numbers(struct mime_part *root, struct mime_part *p, uint32_t *numbers, size_t n)
{
    struct mime_part *inside = p->kind == MIME_MESSAGE ? p->child : p;

    check(mime_part_find(root, numbers, n) == p);
    if (p == root && p->kind != MIME_MULTIPART) {
        numbers[n++] = 1;
        check(mime_part_find(root, numbers, n) == p);
    }
    if (inside != p && inside->kind != MIME_MULTIPART) {
        numbers[n] = 1;
        check_numbers(root, inside, numbers, n + 1);
        return;
    }
    numbers[n] = 0;
    if (inside->kind == MIME_MULTIPART) {
        for (struct mime_part *c = inside->child; c && numbers[n] < 20; c = c->next) {
            numbers[n]++;
            check_numbers(root, c, numbers, n + 1);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct str message = n > 0 ? str_n(data + 1, n - 1) : STR("");
    struct arena *a = arena_new();
    struct buf whole = BUF_INIT;
    struct buf pieces = BUF_INIT;
    uint32_t numbers[2 * MIME_MAX_DEPTH];
    struct mime_part *root = parse_in_pieces(a, message, 0);

    check_fields(root, message);
    check_numbers(root, root, numbers, 0);
    mime_tree_dump(&whole, root);
    mime_tree_dump(&pieces, parse_in_pieces(a, message, n > 0 ? data[0] | 1 : 1));
    check(str_eq(buf_str(&whole), buf_str(&pieces)));
    buf_fini(&whole);
    buf_fini(&pieces);
    arena_free(a);
    return 0;
}
