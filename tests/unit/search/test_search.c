/* Random programs over messages of all kinds: the search room finds what the plain evaluator says.
 */
#include "box.h"
#include "naive.h"

#include "base/mem.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

static uint32_t seed;

static uint32_t rnd(uint32_t n)
{
    seed = seed * 1664525 + 1013904223;
    return (seed >> 8) % n;
}

/* ---- messages ---- */

static const char *const words[] = {"apple",  "Banana",    "cherry", "Grüße",
                                    "straße", "привет",    "日本語", "e\xcc\x81t\x65",
                                    "x-part", "subject: ", "needle", "=?utf-8?Q?caf=C3=A9?=",
                                    "café",   "a b",       "%",      "\"q\""};

static const char *a_word(void)
{
    return words[rnd(ARRAY_LEN(words))];
}

static void add_words(struct buf *b, unsigned n)
{
    while (n--) {
        buf_add_cstr(b, a_word());
        buf_add_cstr(b, rnd(8) ? " " : "\r\n ");
    }
    buf_add_cstr(b, "\r\n");
}

static void add_base64(struct buf *b, struct str s)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (size_t i = 0; i < s.n; i += 3) {
        uint32_t v = 0;
        for (size_t k = 0; k < 3; k++)
            v = v << 8 | (i + k < s.n ? (unsigned char)s.p[i + k] : 0);
        for (size_t k = 0; k < 4; k++)
            buf_add_char(b, k > s.n - i ? '=' : digits[v >> (18 - 6 * k) & 63]);
        if (i % 57 == 54)
            buf_add_cstr(b, "\r\n");
    }
    buf_add_cstr(b, "\r\n");
}

static void add_leaf(struct buf *b, unsigned size)
{
    static const char *const types[] = {"text/plain; charset=utf-8",
                                        "text/html; charset=iso-8859-1",
                                        "text/plain",
                                        "application/octet-stream",
                                        "message/delivery-status",
                                        "text/plain; charset=x-unknown",
                                        "text/plain; charset=utf-16"};
    struct buf body = BUF_INIT;
    bool base64 = rnd(3) == 0;

    buf_printf(b, "Content-Type: %s\r\nX-Part: %s\r\n", types[rnd(ARRAY_LEN(types))], a_word());
    if (base64)
        buf_add_cstr(b, "Content-Transfer-Encoding: base64\r\n");
    else if (rnd(3) == 0)
        buf_add_cstr(b, "Content-Transfer-Encoding: quoted-printable\r\n");
    buf_add_cstr(b, "\r\n");
    add_words(&body, size);
    if (base64)
        add_base64(b, buf_str(&body));
    else
        buf_add_str(b, buf_str(&body));
    buf_fini(&body);
}

static void add_part(struct buf *b, unsigned depth, unsigned size)
{
    unsigned kind = depth ? rnd(4) : 3;

    if (kind == 0) {
        buf_printf(b, "Content-Type: multipart/mixed; boundary=b%u\r\n\r\nneedle preamble\r\n",
                   depth);
        for (unsigned i = rnd(3) + 1; i; i--) {
            buf_printf(b, "--b%u\r\n", depth);
            add_part(b, depth - 1, size);
        }
        buf_printf(b, "--b%u--\r\n", depth);
    } else if (kind == 1) {
        buf_printf(b, "Content-Type: message/rfc822\r\n\r\nSubject: inner %s\r\n", a_word());
        add_part(b, depth - 1, size);
    } else {
        add_leaf(b, size);
    }
}

static void random_message(struct buf *b)
{
    buf_clear(b);
    buf_printf(b, "From: %s <%s@example.org>\r\n", a_word(), rnd(2) ? "ann" : "ben");
    buf_printf(b, "Subject: %s\r\n %s\r\n", a_word(), a_word());
    if (rnd(4))
        buf_printf(b, "Date: %u Mar 2020 %02u:30:00 %+05d\r\n", rnd(28) + 1, rnd(24),
                   (int)rnd(24) * 100 - 1200);
    if (rnd(3) == 0)
        buf_printf(b, "X-Test: %s\r\n", a_word());
    add_part(b, 3, rnd(20) == 0 ? 20000 : rnd(30));
}

static void fill(struct box *b, unsigned n)
{
    struct buf m = BUF_INIT;

    for (unsigned i = 0; i < n; i++) {
        random_message(&m);
        box_add(b, &(struct box_message){.bytes = buf_str(&m),
                                         .flags = (uint8_t)rnd(32),
                                         .keyword = rnd(3)   ? NULL
                                                    : rnd(2) ? "$Work"
                                                             : "Later",
                                         .date = 1583020800 + (int64_t)rnd(10 * 86400),
                                         .zone_min = (int16_t)((int)rnd(49) * 30 - 720),
                                         .no_summary = rnd(10) == 0});
    }
    buf_fini(&m);
}

/* ---- programs ---- */

static struct search_key *new_key(struct arena *a, enum search_kind kind)
{
    struct search_key *k = ARENA_NEW(a, struct search_key);

    k->kind = kind;
    return k;
}

static struct search_key *random_key(struct arena *a, unsigned depth);

static struct search_key *joined(struct arena *a, enum search_kind kind, unsigned n, unsigned depth)
{
    struct search_key *k = new_key(a, kind), **next = &k->child;

    for (; n; n--) {
        *next = random_key(a, depth);
        next = &(*next)->next;
    }
    return k;
}

static struct search_key *text_key(struct arena *a)
{
    static const char *const names[] = {"From",         "subject", "X-Test",
                                        "content-type", "Date",    "x-part"};
    struct search_key *k = new_key(a, SEARCH_HEADER + rnd(3));
    struct str word = str_of(a_word());

    k->name = str_of(names[rnd(ARRAY_LEN(names))]);
    k->text = rnd(6) ? str_sub(word, 0, word.n) : STR("");
    return k;
}

static struct search_key *set_key(struct arena *a)
{
    struct search_key *k = new_key(a, SEARCH_UID);
    uint32_t lo = rnd(BOX_MAX) + 1;

    ranges_add(&k->uids, lo, lo + rnd(BOX_MAX));
    ranges_add(&k->uids, 1, rnd(30));
    return k;
}

static struct search_key *leaf_key(struct arena *a)
{
    static const char *const keywords[] = {"$work", "LATER", "Never"};
    struct search_key *k = new_key(a, SEARCH_ALL);

    switch (rnd(12)) {
    case 0:
        return set_key(a);
    case 1:
    case 2:
        k->kind = SEARCH_FLAG;
        k->flag = (uint8_t)(1u << rnd(5));
        break;
    case 3:
        k->kind = SEARCH_KEYWORD;
        k->text = str_of(keywords[rnd(3)]);
        break;
    case 4:
        k->kind = rnd(2) ? SEARCH_RECENT : SEARCH_NEW;
        break;
    case 5:
        k->kind = SEARCH_BEFORE + rnd(3);
        k->day = 18322 + rnd(12);
        break;
    case 6:
        k->kind = SEARCH_SENTBEFORE + rnd(3);
        k->day = 18322 + rnd(31);
        break;
    case 7:
        k->kind = rnd(2) ? SEARCH_LARGER : SEARCH_SMALLER;
        k->number = rnd(3000);
        break;
    case 8:
        k->kind = SEARCH_MODSEQ;
        k->number = rnd(400);
        break;
    case 9:
        break;
    default:
        return text_key(a);
    }
    return k;
}

static struct search_key *random_key(struct arena *a, unsigned depth)
{
    switch (depth ? rnd(5) : 4) {
    case 0:
        return joined(a, SEARCH_AND, rnd(3) + 1, depth - 1);
    case 1:
        return joined(a, SEARCH_OR, 2, depth - 1);
    case 2:
        return joined(a, SEARCH_NOT, 1, depth - 1);
    default:
        return leaf_key(a);
    }
}

static void free_sets(struct search_key *k)
{
    for (; k; k = k->next) {
        ranges_fini(&k->uids);
        free_sets(k->child);
    }
}

/* ---- the comparison ---- */

static void naive_search(struct box *b, const struct search_key *key, const struct ranges *recent,
                         struct ranges *out)
{
    struct naive n = {.version = box_version(b), .recent = recent};

    for (size_t i = 0; i < b->n; i++) {
        bool got;

        if (b->kept[i].expunged)
            continue;
        assert_ok(version_row(n.version, b->kept[i].uid, &n.row, &got));
        assert_true(got);
        n.bytes = b->kept[i].bytes;
        if (naive_matches(&n, key))
            ranges_add(out, n.row.uid, n.row.uid);
    }
    version_unref(n.version);
}

static void put_key(const struct search_key *k, struct buf *out)
{
    buf_printf(out, "(%d %.*s \"%.*s\" %u %llu %lld ", k->kind, STR_FMT(k->name), STR_FMT(k->text),
               k->flag, (unsigned long long)k->number, (long long)k->day);
    ranges_format(&k->uids, out);
    for (const struct search_key *c = k->child; c; c = c->next)
        put_key(c, out);
    buf_add_char(out, ')');
}

static void compare(struct box *b, struct search_key *key, const struct ranges *recent, int64_t us)
{
    struct ranges got = RANGES_INIT, want = RANGES_INIT;
    struct buf a = BUF_INIT, w = BUF_INIT, k = BUF_INIT;

    naive_search(b, key, recent, &want);
    box_search(b, key, recent, us, &got);
    ranges_format(&got, &a);
    ranges_format(&want, &w);
    put_key(key, &k);
    if (!str_eq(buf_str(&a), buf_str(&w)))
        fail_msg("program %.*s\ngot  %.*s\nwant %.*s", STR_FMT(buf_str(&k)), STR_FMT(buf_str(&a)),
                 STR_FMT(buf_str(&w)));
    ranges_fini(&got);
    ranges_fini(&want);
    buf_fini(&a);
    buf_fini(&w);
    buf_fini(&k);
}

static void random_programs_find_what_the_plain_evaluator_finds(void **state)
{
    struct ranges recent = RANGES_INIT;
    struct box b;

    seed = 20201;
    box_open(&b);
    fill(&b, 60);
    box_expunge(&b, 11, 13);
    box_expunge(&b, 40, 40);
    ranges_add(&recent, 30, 1000);
    for (unsigned i = 0; i < 600; i++) {
        struct arena *a = arena_new();
        struct search_key *key = random_key(a, 4);

        compare(&b, key, &recent, i % 2 ? 0 : 1000000);
        free_sets(key);
        arena_free(a);
    }
    ranges_fini(&recent);
    box_close(&b);
}

/* ---- mail as it is ---- */

static struct str read_file(struct arena *a, const char *path)
{
    FILE *f = fopen(path, "rb");
    struct buf b = BUF_INIT;
    char piece[4096];
    size_t n;
    struct str s;

    while (f && (n = fread(piece, 1, sizeof(piece), f)) > 0)
        buf_add(&b, piece, n);
    if (f)
        fclose(f);
    s = arena_str(a, buf_str(&b));
    buf_fini(&b);
    return s;
}

static void add_directory(struct box *b, const char *path, size_t most)
{
    DIR *d = opendir(path);
    struct dirent *e;

    while (d && (e = readdir(d)) && most) {
        struct arena *a = arena_new();
        struct str bytes = e->d_name[0] == '.'
                               ? STR("")
                               : read_file(a, arena_printf(a, "%s/%s", path, e->d_name).p);

        if (bytes.n && bytes.n < 300000) {
            box_add(b, &(struct box_message){
                           .bytes = bytes, .date = 1583020800, .no_summary = rnd(20) == 0});
            most--;
        }
        arena_free(a);
    }
    if (d)
        closedir(d);
}

static void broken_and_foreign_mail_is_searched_like_any_other(void **state)
{
    static const char *const dirs[] = {
        "mimekit", "stalwart-mail-parser", "synthetic", "mime4j", "cpython", "ruby-mail"};
    static const char *const needles[] = {
        "the", "test", "é", "Content-Type: text", "multipart", "日本", "Ü", "a", "--"};
    struct ranges recent = RANGES_INIT;
    struct box b;

    seed = 5;
    box_open(&b);
    for (size_t i = 0; i < ARRAY_LEN(dirs); i++) {
        char path[200];

        snprintf(path, sizeof(path), "../shared/corpus/%s", dirs[i]);
        add_directory(&b, path, 40);
    }
    if (b.n == 0) {
        print_message("no mail corpus here\n");
        box_close(&b);
        skip();
    }
    for (size_t i = 0; i < ARRAY_LEN(needles); i++) {
        struct search_key body = {.kind = SEARCH_BODY, .text = str_of(needles[i])};
        struct search_key text = {.kind = SEARCH_TEXT, .text = str_of(needles[i])};
        struct search_key subject = {
            .kind = SEARCH_HEADER, .name = STR("Subject"), .text = str_of(needles[i])};

        compare(&b, &body, &recent, 0);
        compare(&b, &text, &recent, 1000000);
        compare(&b, &subject, &recent, 1000000);
    }
    box_close(&b);
}

static void a_search_without_time_still_comes_to_an_end(void **state)
{
    struct search_key key = {.kind = SEARCH_BODY, .text = STR("needle")};
    struct search_options o = {0};
    struct arena *a = arena_new();
    struct buf m = BUF_INIT;
    uint32_t steps = 0, done, all, before = 0;
    struct box b;
    bool end = false;

    seed = 3;
    box_open(&b);
    buf_add_cstr(&m, "Subject: long\r\n\r\n");
    while (m.n < 3000000)
        buf_add_cstr(&m, "hay hay hay hay hay hay hay hay\r\n");
    buf_add_cstr(&m, "NEEDLE");
    box_add(&b, &(struct box_message){.bytes = buf_str(&m)});
    struct version *v = box_version(&b);
    struct search *s = search_new(a, b.acct, v, &key, &o);
    while (!end) {
        assert_ok(search_run(s, 0, &end));
        search_progress(s, &done, &all);
        assert_true(done >= before && done <= all && all == 1);
        before = done;
        steps++;
    }
    assert_true(steps > 40); /* no step took more than a piece */
    assert_int_equal(ranges_count(search_found(s)), 1);
    search_free(s);
    version_unref(v);
    buf_fini(&m);
    box_close(&b);
    arena_free(a);
}

static void a_search_can_be_left_in_the_middle(void **state)
{
    struct search_key key = {.kind = SEARCH_TEXT, .text = STR("nowhere to be found")};
    struct box b;

    seed = 11;
    box_open(&b);
    fill(&b, 30);
    for (unsigned left = 1; left < 60; left += 3) {
        struct arena *a = arena_new();
        struct version *v = box_version(&b);
        struct search *s = search_new(a, b.acct, v, &key, &(struct search_options){0});
        bool done;

        for (unsigned i = 0; i < left; i++)
            assert_ok(search_run(s, 0, &done));
        search_free(s);
        version_unref(v);
        arena_free(a);
    }
    box_close(&b);
}

static void the_highest_modseq_of_what_was_found_is_told(void **state)
{
    struct search_key small = {.kind = SEARCH_UID};
    struct search_key modseq = {.kind = SEARCH_MODSEQ, .number = 1, .next = &small};
    struct search_key key = {.kind = SEARCH_AND, .child = &modseq};
    struct arena *a = arena_new();
    struct row row;
    struct box b;
    bool got, done = false;

    seed = 4;
    box_open(&b);
    fill(&b, 12);
    ranges_add(&small.uids, 2, 9);
    struct version *v = box_version(&b);
    struct search *s = search_new(a, b.acct, v, &key, &(struct search_options){0});
    while (!done)
        assert_ok(search_run(s, 100, &done));
    assert_ok(version_row(v, 9, &row, &got));
    assert_int_equal(search_modseq(s), row.modseq);
    assert_int_equal(ranges_count(search_found(s)), 8);
    search_free(s);
    version_unref(v);
    ranges_fini(&small.uids);
    box_close(&b);
    arena_free(a);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(random_programs_find_what_the_plain_evaluator_finds),
    cmocka_unit_test(broken_and_foreign_mail_is_searched_like_any_other),
    cmocka_unit_test(a_search_without_time_still_comes_to_an_end),
    cmocka_unit_test(a_search_can_be_left_in_the_middle),
    cmocka_unit_test(the_highest_modseq_of_what_was_found_is_told),
};

TESTS_MAIN(tests)
