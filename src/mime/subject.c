/*
 * mime/subject.c - the base subject (RFC 5256 2.1), by exactly its steps.
 */
#include "mime/header.h"

#include "mime/lex_priv.h"
#include "mime/words_priv.h"

#include "base/utf8.h"

struct subject {
    struct str s;
    size_t no_reply; /* between s.p and here stand only blobs that no "re:" follows: not to be
                        looked at again */
    bool is_reply;
};

/* Step 1: tabs and folds to blanks, many blanks to one. */
static struct str one_blank(struct arena *a, struct str s)
{
    char *p = arena_alloc(a, s.n + 1);
    size_t n = 0;

    for (size_t i = 0; i < s.n; i++) {
        if (!lex_blank(s.p[i]))
            p[n++] = s.p[i];
        else if (n == 0 || p[n - 1] != ' ')
            p[n++] = ' ';
    }
    return str_n(p, n);
}

static void drop_front(struct subject *j, size_t n)
{
    j->s = str_from(j->s, n);
    j->no_reply = j->no_reply > n ? j->no_reply - n : 0;
}

/* Step 2: subj-trailer = "(fwd)" / WSP */
static void drop_trailers(struct subject *j)
{
    for (;;) {
        if (str_ends(j->s, STR(" "))) {
            j->s.n--;
        } else if (j->s.n >= 5 && str_eq_nocase(str_from(j->s, j->s.n - 5), STR("(fwd)"))) {
            j->s.n -= 5;
            j->is_reply = true;
        } else {
            return;
        }
    }
}

static size_t blank_len(struct str s)
{
    return str_starts(s, STR(" ")) ? 1 : 0; /* never two: step 1 */
}

/* subj-blob = "[" *BLOBCHAR "]" *WSP; BLOBCHAR is neither "[" nor "]".  0: there is none. */
static size_t blob_len(struct str s)
{
    size_t n = 1;

    if (!str_starts(s, STR("[")))
        return 0;
    while (n < s.n && s.p[n] != '[' && s.p[n] != ']')
        n++;
    return n < s.n && s.p[n] == ']' ? n + 1 + blank_len(str_from(s, n + 1)) : 0;
}

/* subj-refwd = ("re" / ("fw" ["d"])) *WSP [subj-blob] ":" */
static size_t refwd_len(struct str s)
{
    size_t n = 0;

    if (str_starts_nocase(s, STR("fwd")))
        n = 3;
    else if (str_starts_nocase(s, STR("re")) || str_starts_nocase(s, STR("fw")))
        n = 2;
    if (n == 0)
        return 0;
    n += blank_len(str_from(s, n));
    n += blob_len(str_from(s, n));
    return n < s.n && s.p[n] == ':' ? n + 1 : 0;
}

/* Step 3: subj-leader = (*subj-blob subj-refwd) / WSP */
static bool drop_leader(struct subject *j)
{
    size_t blobs = 0;
    size_t n;

    if (blank_len(j->s)) {
        drop_front(j, 1);
        return true;
    }
    if (j->no_reply > 0)
        return false;
    while ((n = blob_len(str_from(j->s, blobs))) > 0)
        blobs += n;
    n = refwd_len(str_from(j->s, blobs));
    if (n == 0) {
        j->no_reply = blobs;
        return false;
    }
    drop_front(j, blobs + n);
    j->is_reply = true;
    return true;
}

/* Step 4: a blob goes when something stays. */
static bool drop_blob(struct subject *j)
{
    size_t n = blob_len(j->s);

    if (n == 0 || n == j->s.n)
        return false;
    drop_front(j, n);
    return true;
}

/* Step 6: "[fwd:" ... "]" */
static bool drop_forward(struct subject *j)
{
    if (!str_starts_nocase(j->s, STR("[fwd:")) || !str_ends(j->s, STR("]")))
        return false;
    j->s = str_sub(j->s, 5, j->s.n - 6);
    j->no_reply = 0;
    j->is_reply = true;
    return true;
}

struct str mime_base_subject(struct arena *a, struct str raw_subject, bool *is_reply_out)
{
    struct subject j = {.s = one_blank(a, mime_decode_text(a, raw_subject))};
    struct buf folded = BUF_INIT;
    struct str base;

    do {
        drop_trailers(&j);
        while (drop_leader(&j) || drop_blob(&j))
            ;
    } while (drop_forward(&j));
    utf8_fold(&folded, j.s);
    base = lex_take(a, &folded);
    buf_fini(&folded);
    *is_reply_out = j.is_reply;
    return base;
}
