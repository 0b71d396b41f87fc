/* Every message of the corpus gives a valid tree, and the same one however it is cut. */
#include "test.h"

#include "mime_tree.h"

#include "base/buf.h"

#include <dirent.h>
#include <stdlib.h>

static const char *corpus_dir(void)
{
    const char *dir = getenv("TERN_CORPUS");

    return dir ? dir : "../shared/corpus";
}

static bool read_file(const char *path, struct buf *out)
{
    FILE *f = fopen(path, "rb");
    char piece[65536];
    size_t n;

    buf_clear(out);
    if (!f)
        return false;
    while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
        buf_add(out, piece, n);
    fclose(f);
    return true;
}

/* The tree of `message` in pieces of `size` bytes; 0: of 1 to 97 bytes in turn. */
static void dump_in_pieces(struct str message, size_t size, struct buf *out)
{
    struct arena *a = arena_new();
    struct mime_parser *p = mime_parser_new(a);
    struct mime_part *root;
    size_t turn = 0;

    for (struct str rest = message; rest.n > 0;) {
        size_t want = size ? size : turn++ % 97 + 1;
        struct str piece = str_sub(rest, 0, want);

        mime_parser_feed(p, piece);
        rest = str_from(rest, piece.n);
    }
    root = mime_parser_finish(p);
    mime_parser_free(p);
    mime_tree_check_root(root, message);
    buf_clear(out);
    mime_tree_dump(out, root);
    arena_free(a);
}

static void check_message(struct str message)
{
    static const size_t sizes[] = {0, 1, 7, 4096};
    struct buf whole = BUF_INIT;
    struct buf pieces = BUF_INIT;

    dump_in_pieces(message, message.n + 1, &whole);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        if (message.n > 2000000 && sizes[i] && sizes[i] < 1000)
            continue; /* says nothing new, and takes long under the sanitizers */
        dump_in_pieces(message, sizes[i], &pieces);
        assert_str(buf_str(&pieces), buf_str(&whole));
    }
    buf_fini(&whole);
    buf_fini(&pieces);
}

static size_t check_folder(struct arena *a, const char *path)
{
    struct buf message = BUF_INIT;
    DIR *d = opendir(path);
    struct dirent *entry;
    size_t n = 0;

    while (d && (entry = readdir(d))) {
        const char *file = arena_printf(a, "%s/%s", path, entry->d_name).p;

        if (!str_ends(str_of(entry->d_name), STR(".eml")) || !read_file(file, &message))
            continue;
        check_message(buf_str(&message));
        n++;
    }
    if (d)
        closedir(d);
    buf_fini(&message);
    return n;
}

static void every_message_gives_one_valid_tree(void **state)
{
    struct arena *a = arena_new();
    DIR *top = opendir(corpus_dir());
    struct dirent *entry;
    size_t n = 0;

    if (!top) {
        arena_free(a);
        print_message("no corpus at %s (TERN_CORPUS names another place)\n", corpus_dir());
        skip();
    }
    while ((entry = readdir(top))) {
        if (entry->d_name[0] != '.')
            n += check_folder(a, arena_printf(a, "%s/%s", corpus_dir(), entry->d_name).p);
    }
    closedir(top);
    arena_free(a);
    assert_true(n > 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(every_message_gives_one_valid_tree),
};

TESTS_MAIN(tests)
