/*
 * search/text.c - substrings of a streamed text.
 *
 * Pieces are folded into a window, which is looked at when it is worth it and then cut down to what
 * a needle might still need.  Memory: the window and the longest needle.
 */
#include "search/text.h"

enum { LOOK_AT = 16 * 1024 }; /* new bytes */

void text_begin(struct text *t, struct needle **needles, size_t n)
{
    t->needles = needles;
    t->n = n;
    t->keep = 0;
    t->seen = 0;
    buf_clear(&t->window);
    buf_clear(&t->fold.held);
    for (size_t i = 0; i < n; i++) {
        if (needles[i]->folded.n > t->keep + 1)
            t->keep = needles[i]->folded.n - 1;
    }
}

/* What was looked at cannot hold a needle, but its last bytes may begin one. */
static bool look(struct text *t)
{
    bool some = false;

    for (size_t i = 0; i < t->n; i++) {
        struct needle *k = t->needles[i];
        size_t back = k->folded.n ? k->folded.n - 1 : 0;
        struct str hay = str_from(buf_str(&t->window), t->seen > back ? t->seen - back : 0);

        if (k->found || hay.n < k->folded.n)
            continue;
        k->found = memmem(hay.p, hay.n, k->folded.p, k->folded.n) != NULL;
        some |= k->found;
    }
    if (t->window.n > t->keep)
        buf_shift(&t->window, t->window.n - t->keep);
    t->seen = t->window.n;
    return some;
}

bool text_feed(struct text *t, struct str utf8)
{
    fold_feed(&t->fold, utf8, &t->window);
    return t->window.n - t->seen >= LOOK_AT && look(t);
}

bool text_end(struct text *t)
{
    bool some;

    fold_end(&t->fold, &t->window);
    some = look(t);
    buf_clear(&t->window);
    t->seen = 0;
    return some;
}

void text_fini(struct text *t)
{
    fold_fini(&t->fold);
    buf_fini(&t->window);
}
