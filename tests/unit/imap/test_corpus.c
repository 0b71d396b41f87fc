/* Every message of the corpus has an ENVELOPE and a BODYSTRUCTURE that a strict reader takes. */
#include "test.h"

#include "base/mem.h"
#include "lib/imap_structure.h"

#include <ftw.h>
#include <stdlib.h>

static int n_messages;

static int check_file(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    FILE *f;
    char *p;
    size_t n;

    if (type != FTW_F || !str_ends(str_of(path), STR(".eml")) || st->st_size > 2 << 20)
        return 0;
    f = fopen(path, "rb");
    assert_non_null(f);
    p = mem_raw((size_t)st->st_size + 1);
    n = fread(p, 1, (size_t)st->st_size, f);
    fclose(f);
    imap_structure_check(str_n(p, n));
    mem_free(p);
    n_messages++;
    return 0;
}

static void structures_of_the_corpus_are_within_the_grammar(void **state)
{
    if (nftw("../shared/corpus", check_file, 20, FTW_PHYS) != 0) {
        print_message("skipped: no ../shared/corpus\n");
        skip();
    }
    assert_true(n_messages > 3000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(structures_of_the_corpus_are_within_the_grammar),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
