#include "test.h"

#include "cli/import_origin.h"
#include "mailbox/names.h"
#include "mailbox/version.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- a directory to build in ---- */

struct fixture {
    char dir[64];
    struct arena *a;
    struct buf why;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    strcpy(f->dir, "/tmp/tern-test-sources-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    f->a = arena_new();
    *state = f;
    return 0;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    return remove(path);
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    nftw(f->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    buf_fini(&f->why);
    arena_free(f->a);
    free(f);
    return 0;
}

static const char *path_in(struct fixture *f, const char *name)
{
    return arena_cstr(f->a, arena_printf(f->a, "%s/%s", f->dir, name));
}

static void put_dir(struct fixture *f, const char *name)
{
    assert_int_equal(mkdir(path_in(f, name), 0700), 0);
}

static void put(struct fixture *f, const char *name, struct str bytes, time_t when)
{
    int fd = open(path_in(f, name), O_WRONLY | O_CREAT | O_EXCL, 0600);
    struct timespec times[2] = {{.tv_sec = when}, {.tv_sec = when}};

    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes.p, bytes.n), (ssize_t)bytes.n);
    assert_int_equal(futimens(fd, times), 0);
    close(fd);
}

static void put_maildir(struct fixture *f, const char *name)
{
    static const char *const dirs[] = {"cur", "new", "tmp"};

    if (*name)
        put_dir(f, name);
    for (int i = 0; i < 3; i++)
        put_dir(f, arena_cstr(f->a, arena_printf(f->a, "%s%s%s", name, *name ? "/" : "", dirs[i])));
}

/* ---- reading all of it ---- */

struct got {
    struct origin_message m;
    struct str bytes;
    enum err err;
    struct str why;
};

struct all {
    struct got v[512];
    size_t n;
};

static void read_message(struct fixture *f, struct origin *s, struct got *g)
{
    struct buf bytes = BUF_INIT;
    struct str piece;
    uint64_t size;

    assert_ok(origin_size(s, &size));
    do {
        assert_ok(origin_read(s, &piece));
        buf_add_str(&bytes, piece);
    } while (piece.n > 0);
    assert_int_equal(bytes.n, size);
    g->bytes = arena_str(f->a, buf_str(&bytes));
    buf_fini(&bytes);
}

static void read_place(struct fixture *f, const struct place *p, const struct origin_options *o,
                       struct all *out)
{
    struct origin *s;
    uint64_t done, all;
    bool got = true;

    out->n = 0;
    assert_ok(origin_open(p, o, &s, &f->why));
    while (out->n < 512) {
        struct got *g = &out->v[out->n];
        buf_clear(&f->why);
        g->err = origin_next(s, f->a, &g->m, &got, &f->why);
        if (g->err == ERR_OK && !got)
            break;
        if (g->err == ERR_OK)
            read_message(f, s, g);
        g->why = arena_str(f->a, buf_str(&f->why));
        out->n++;
    }
    origin_progress(s, &done, &all);
    assert_int_equal(done, all);
    origin_close(s);
}

static void read_mbox(struct fixture *f, const char *text, bool mboxrd, struct all *out)
{
    struct origin_options o = {.mboxrd = mboxrd};
    struct place p = {.kind = PLACE_MBOX, .path = path_in(f, "mbox")};

    unlink(p.path);
    put(f, "mbox", str_of(text), 1000);
    read_place(f, &p, &o, out);
}

/* ---- mbox ---- */

#define FROM "From a@b Thu Jan  1 00:00:00 2026\n"

static const struct {
    const char *text;
    const char *messages[4];
} mboxes[] = {
    {FROM "A: 1\n\none\n\n" FROM "A: 2\n\ntwo\n", {"A: 1\r\n\r\none\r\n", "A: 2\r\n\r\ntwo\r\n"}},
    /* an empty line at the end of the file is the mbox's; without it nothing is missing */
    {FROM "A: 1\n\none\n\n", {"A: 1\r\n\r\none\r\n"}},
    {FROM "A: 1\n\none", {"A: 1\r\n\r\none"}},
    /* only one empty line is the mbox's */
    {FROM "A: 1\n\none\n\n\n\n" FROM "A: 2\n\n\n", {"A: 1\r\n\r\none\r\n\r\n\r\n", "A: 2\r\n\r\n"}},
    /* CRLF throughout */
    {"From a@b Thu Jan  1 00:00:00 2026\r\nA: 1\r\n\r\none\r\n\r\nFrom a@b Thu Jan  1 00:00:00 "
     "2026\r\nA: "
     "2\r\n\r\ntwo\r\n",
     {"A: 1\r\n\r\none\r\n", "A: 2\r\n\r\ntwo\r\n"}},
    /* text is no separator */
    {FROM "A: 1\n\nFrom here\n\nFrom there on\n",
     {"A: 1\r\n\r\nFrom here\r\n\r\nFrom there on\r\n"}},
    {FROM "A: 1\n\nx\nFrom a@b Thu Jan  1 00:00:00 2026\nno field\n",
     {"A: 1\r\n\r\nx\r\nFrom a@b Thu Jan  1 00:00:00 2026\r\nno field\r\n"}},
    /* without an empty line between, but beyond doubt */
    {FROM "A: 1\n\none\n" FROM "A: 2\n\ntwo\n", {"A: 1\r\n\r\none\r\n", "A: 2\r\n\r\ntwo\r\n"}},
    {"From - \nA: 1\n\none\nFrom - \nA: 2\n\ntwo\n",
     {"A: 1\r\n\r\none\r\n", "A: 2\r\n\r\ntwo\r\n"}},
    /* a separator where another message's header is not at its end */
    {FROM "A: 1\n" FROM "A: 2\n\ntwo\n", {"A: 1\r\n", "A: 2\r\n\r\ntwo\r\n"}},
    /* no body, no header */
    {FROM "A: 1\n\n" FROM "A: 2\n", {"A: 1\r\n\r\n", "A: 2\r\n"}},
    {FROM "\nbody\n\n" FROM "\n", {"\r\nbody\r\n", "\r\n"}},
    {FROM, {""}},
    /* a right Content-Length spans From lines, a wrong one is passed over */
    {FROM "Content-Length: 66\n\nx\n\nFrom a@b Thu Jan  1 00:00:00 2026\nA: not a message of its "
          "own\n\n" FROM "A: 2\n\ntwo\n",
     {"\r\nx\r\n\r\nFrom a@b Thu Jan  1 00:00:00 2026\r\nA: not a message of its own\r\n\r\n",
      "A: 2\r\n\r\ntwo\r\n"}},
    {FROM "Content-Length: 3\nA: 1\n\none\n\n" FROM "Content-Length: 4000\nA: 2\n\ntwo\n",
     {"A: 1\r\n\r\none\r\n", "A: 2\r\n\r\ntwo\r\n"}},
    /* the mbox's own fields go, the message's stay */
    {FROM "Status: RO\nA: 1\nX-UID: 5\nX-Keywords: x\n  y\nB: 2\nX-Status: A\n\none\n",
     {"A: 1\r\nB: 2\r\n\r\none\r\n"}},
    /* a mail reader's own message is none */
    {"From MAILER-DAEMON Thu Jan  1 00:00:00 2026\nDate: x\nSubject: DON'T DELETE THIS MESSAGE -- "
     "FOLDER INTERNAL "
     "DATA\nX-IMAP: 1 2\n\nThis text is part of the internal format.\n\n" FROM "A: 1\n\none\n",
     {"A: 1\r\n\r\none\r\n"}},
    {"\n\n" FROM "A: 1\n\none\n", {"A: 1\r\n\r\none\r\n"}},
    {"", {NULL}},
};

static void an_mbox_is_taken_apart(void **state)
{
    struct fixture *f = *state;
    struct all *all = calloc(1, sizeof *all);

    for (size_t i = 0; i < sizeof mboxes / sizeof mboxes[0]; i++) {
        read_mbox(f, mboxes[i].text, false, all);
        size_t n = 0;
        while (mboxes[i].messages[n])
            n++;
        if (all->n != n)
            print_error("case %zu\n", i);
        assert_int_equal(all->n, n);
        for (size_t k = 0; k < n; k++) {
            if (!str_eq(all->v[k].bytes, str_of(mboxes[i].messages[k])))
                print_error("case %zu\n", i);
            assert_str(all->v[k].bytes, str_of(mboxes[i].messages[k]));
            if (!str_starts(str_of(mboxes[i].text), STR("From -")))
                assert_int_equal(all->v[k].m.date, 1767225600);
        }
    }
    free(all);
}

static void quoting_is_undone_only_if_it_is_said_to_be_mboxrd(void **state)
{
    static const char text[] = FROM "A: 1\n\n>From x\n>>From y\n>z\n";
    struct fixture *f = *state;
    struct all *all = calloc(1, sizeof *all);

    read_mbox(f, text, false, all);
    assert_lit(all->v[0].bytes, "A: 1\r\n\r\n>From x\r\n>>From y\r\n>z\r\n");
    read_mbox(f, text, true, all);
    assert_lit(all->v[0].bytes, "A: 1\r\n\r\nFrom x\r\n>From y\r\n>z\r\n");
    free(all);
}

static void flags_dates_and_keywords_come_from_the_mbox(void **state)
{
    struct fixture *f = *state;
    struct all *all = calloc(1, sizeof *all);

    read_mbox(f,
              "From a@b Thu Jan  1 02:00:00 2026 +0200\nStatus: RO\nX-Status: AF\n"
              "X-Keywords: work  $Label1 WORK (x\nA: 1\n\n\n"
              "From - \nX-Mozilla-Status: 1001\nDate: Thu, 01 Jan 2026 01:00:00 +0100\n\n\n"
              "From - \nX-Mozilla-Status: 1000\n\nx\n",
              false, all);
    assert_int_equal(all->n, 3);
    assert_int_equal(all->v[0].m.flags, FLAG_SEEN | FLAG_ANSWERED | FLAG_FLAGGED);
    assert_int_equal(all->v[0].m.date, 1767225600);
    assert_int_equal(all->v[0].m.zone_min, 120);
    assert_int_equal(all->v[0].m.n_keywords, 3);
    assert_lit(all->v[0].m.keywords[0], "work");
    assert_lit(all->v[0].m.keywords[1], "$Label1");
    assert_lit(all->v[0].m.keywords[2], "_x");
    assert_int_equal(all->v[1].m.flags, FLAG_SEEN);
    assert_lit(all->v[1].m.keywords[0], "$Forwarded");
    assert_int_equal(all->v[1].m.date, 1767225600);
    assert_int_equal(all->v[1].m.zone_min, 60);
    assert_int_equal(all->v[2].m.date, 1000); /* the file's */
    free(all);
}

static void messages_longer_than_any_buffer_are_whole(void **state)
{
    struct fixture *f = *state;
    struct all *all = calloc(1, sizeof *all);
    struct buf text = BUF_INIT, want = BUF_INIT;

    /* From lines fall on every place relative to the window they are looked for in. */
    for (size_t extra = 0; extra < 40; extra++) {
        buf_clear(&text);
        buf_clear(&want);
        buf_add_cstr(&text, FROM "A: 1\n\n");
        buf_add_cstr(&want, "A: 1\r\n\r\n");
        while (text.n < 2 * 128 * 1024 - 60 + extra) {
            buf_add_char(&text, 'x');
            buf_add_char(&want, 'x');
        }
        BUF_LIT(&want, "\r\n");
        buf_add_cstr(&text, "\n\n" FROM "A: 2\n\ntwo\n");
        buf_add_char(&text, '\0');
        read_mbox(f, text.p, false, all);
        assert_int_equal(all->n, 2);
        assert_true(str_eq(all->v[0].bytes, buf_str(&want)));
        assert_lit(all->v[1].bytes, "A: 2\r\n\r\ntwo\r\n");
    }
    buf_fini(&text);
    buf_fini(&want);
    free(all);
}

static void what_claims_to_be_an_export_of_ours_must_fit_to_the_octet(void **state)
{
    static const char head[] = FROM "Status: O\nX-Tern-Octets: ";
    struct fixture *f = *state;
    struct all *all = calloc(1, sizeof *all);

    /* "A: 1\n\n>From x\n" quoted; bare LF stays. */
    read_mbox(f, arena_cstr(f->a, arena_printf(f->a, "%s14\nA: 1\n\n>>From x\n\n", head)), false,
              all);
    assert_lit(all->v[0].bytes, "A: 1\n\n>From x\n");
    read_mbox(f, arena_cstr(f->a, arena_printf(f->a, "%s13\nA: 1\n\n>>From x\n\n", head)), false,
              all);
    assert_lit(all->v[0].bytes, "A: 1\n\n>From x");
    /* Somebody else's, or edited: an ordinary message. */
    read_mbox(f, arena_cstr(f->a, arena_printf(f->a, "%s5\nA: 1\n\n>>From x\n\n", head)), false,
              all);
    assert_lit(all->v[0].bytes, "X-Tern-Octets: 5\r\nA: 1\r\n\r\n>>From x\r\n");
    read_mbox(f, FROM "Subject: x\nX-Tern-Octets: 1\n\ny\n", false, all);
    assert_lit(all->v[0].bytes, "Subject: x\r\nX-Tern-Octets: 1\r\n\r\ny\r\n");
    free(all);
}

static void the_mboxes_of_the_corpus_have_all_their_messages(void **state)
{
    static const struct {
        const char *path;
        size_t n;
    } files[] = {{"../shared/corpus/mbox/mox-imaptest.mbox", 48},
                 {"../shared/corpus/mbox/mimekit-content-length.mbox", 29}};
    struct fixture *f = *state;
    struct all *all = calloc(1, sizeof *all);

    for (size_t i = 0; i < 2; i++) {
        struct origin_options o = {0};
        struct place p = {.kind = PLACE_MBOX, .path = files[i].path};
        if (access(p.path, R_OK) != 0) {
            print_message("%s is missing\n", p.path);
            free(all);
            skip();
        }
        read_place(f, &p, &o, all);
        assert_int_equal(all->n, files[i].n);
        for (size_t k = 0; k < all->n; k++) {
            assert_ok(all->v[k].err);
            assert_false(str_starts(all->v[k].bytes, STR("From ")));
            assert_int_not_equal(str_search(all->v[k].bytes, STR("\r\n\r\n")), SIZE_MAX);
        }
    }
    free(all);
}

/* ---- Maildir and .eml ---- */

static void a_maildir_gives_its_files_with_what_their_names_say(void **state)
{
    struct fixture *f = *state;
    struct all *all = calloc(1, sizeof *all);
    struct origin_options o = {0};
    struct place p = {.kind = PLACE_MAILDIR, .path = f->dir};

    put_maildir(f, "");
    put(f, "dovecot-keywords", STR("0 work\n1 $Label1\n27 far\nx y\n"), 0);
    put(f, "cur/1000.M1.h:2,Sab", STR("A: 1\n\none\r\ntwo\n"), 111);
    put(f, "new/1001.M1.h", STR("A: 2\n"), 222);
    put(f, "cur/1002.M1.h,S=7,W=7:2,P", STR("A: 3\n\nx"), 333);
    put(f, "cur/1003.M1.h,Z=-60,K=2:2,", STR(""), 444);
    put(f, "cur/.hidden", STR("x"), 0);
    put(f, "tmp/999.M1.h", STR("x"), 0);
    read_place(f, &p, &o, all);
    assert_int_equal(all->n, 4);
    assert_lit(all->v[0].bytes, "A: 1\r\n\r\none\r\ntwo\r\n");
    assert_int_equal(all->v[0].m.date, 111);
    assert_int_equal(all->v[0].m.flags, FLAG_SEEN);
    assert_int_equal(all->v[0].m.n_keywords, 2);
    assert_lit(all->v[0].m.keywords[1], "$Label1");
    assert_lit(all->v[1].bytes, "A: 2\r\n");
    assert_int_equal(all->v[1].m.flags, 0);
    assert_lit(all->v[2].bytes, "A: 3\n\nx");
    assert_lit(all->v[2].m.keywords[0], "$Forwarded");
    assert_lit(all->v[3].bytes, "");
    assert_int_equal(all->v[3].m.zone_min, -60);
    assert_lit(all->v[3].m.keywords[0], "far");
    o.dates = DATES_NAME;
    read_place(f, &p, &o, all);
    assert_int_equal(all->v[0].m.date, 1000);
    free(all);
}

static void links_and_directories_are_not_read_as_messages(void **state)
{
    struct fixture *f = *state;
    struct all *all = calloc(1, sizeof *all);
    struct origin_options o = {0};
    struct place p = {.kind = PLACE_MAILDIR, .path = f->dir};

    put_maildir(f, "");
    put(f, "secret", STR("root's"), 0);
    assert_int_equal(symlink(path_in(f, "secret"), path_in(f, "cur/1.a:2,")), 0);
    assert_int_equal(mkfifo(path_in(f, "cur/2.a:2,"), 0600), 0);
    put(f, "cur/3.a:2,", STR("A: 3\n"), 0);
    put_dir(f, "cur/4.a:2,");
    read_place(f, &p, &o, all);
    assert_int_equal(all->n, 3);
    assert_int_not_equal(all->v[0].err, ERR_OK);
    assert_true(str_ends(all->v[0].m.label, STR("cur/1.a:2,")));
    assert_lit(all->v[0].why, "a symbolic link, which is not followed");
    assert_int_not_equal(all->v[1].err, ERR_OK);
    assert_lit(all->v[1].why, "not a regular file");
    assert_lit(all->v[2].bytes, "A: 3\r\n");
    free(all);
}

static void eml_files_have_the_date_of_their_header(void **state)
{
    struct fixture *f = *state;
    struct all *all = calloc(1, sizeof *all);
    struct origin_options o = {0};
    struct place p = {.kind = PLACE_EML, .path = f->dir};

    put(f, "1.eml", STR("Date: Thu, 01 Jan 2026 01:00:00 +0100\n\nx\n"), 5);
    put(f, "2.EML",
        STR("Received: by x; Fri, 02 Jan 2026 00:00:00 +0000\nReceived: by y; Thu, 01 Jan 2025 "
            "00:00:00 +0000\nDate: Thu, 01 Jan 2026 00:00:00 +0000\n\n"),
        5);
    put(f, "10.eml", STR("A: no date\n\n"), 5);
    put(f, "4.txt", STR("x"), 5);
    read_place(f, &p, &o, all);
    assert_int_equal(all->n, 3);
    assert_int_equal(all->v[0].m.date, 1767225600);
    assert_int_equal(all->v[0].m.zone_min, 60);
    assert_int_equal(all->v[1].m.date, 1767225600 + 86400);
    assert_int_equal(all->v[2].m.date, 5);
    p.path = path_in(f, "10.eml");
    read_place(f, &p, &o, all);
    assert_int_equal(all->n, 1);
    assert_lit(all->v[0].bytes, "A: no date\r\n\r\n");
    free(all);
}

/* ---- where there is mail ---- */

static void expect_places(struct fixture *f, const char *path, const char *want)
{
    static const char *const kinds[] = {"maildir", "eml", "mbox"};
    struct places p;
    struct buf got = BUF_INIT;

    assert_ok(places_find(f->a, path, &p, &f->why));
    for (size_t i = 0; i < p.n; i++)
        buf_printf(&got, "%s \"%.*s\"\n", kinds[p.v[i].kind], STR_FMT(p.v[i].name));
    assert_str(buf_str(&got), str_of(want));
    buf_fini(&got);
    places_fini(&p);
}

static void maildir_folders_stand_beside_the_inbox(void **state)
{
    struct fixture *f = *state;
    struct places p;

    put_maildir(f, "");
    put_maildir(f, ".Sent");
    put_maildir(f, ".A.B&APw-");
    put_dir(f, ".notmail");
    put(f, "subscriptions", STR("Sent\nA.B&APw-\n"), 0);
    assert_int_equal(symlink("/", path_in(f, ".Link")), 0);
    expect_places(f, f->dir, "maildir \"\"\nmaildir \"A/B\xc3\xbc\"\nmaildir \"Sent\"\n");
    assert_ok(places_find(f->a, f->dir, &p, &f->why));
    assert_true(p.maildir && p.has_subscriptions);
    assert_int_equal(p.n_subscriptions, 2);
    assert_int_not_equal(str_search(buf_str(&p.notes), STR(".Link: a symbolic link")), SIZE_MAX);
    places_fini(&p);
}

static void a_tree_of_anything_is_walked(void **state)
{
    struct fixture *f = *state;

    put_dir(f, "A");
    put_maildir(f, "A/one");
    put_dir(f, "A/two.sbd");
    put(f, "A/two", STR(FROM "A: 1\n\nx\n"), 0);
    put(f, "A/two.msf", STR("// index"), 0);
    put(f, "A/two.sbd/Inbox.mbox", STR(FROM "A: 1\n\nx\n"), 0);
    put(f, "A/two.sbd/empty.mbox", STR(""), 0);
    put_dir(f, "E");
    put(f, "E/1.eml", STR("A: 1\n"), 0);
    put(f, "E/note.txt", STR("x"), 0);
    put_dir(f, ".git");
    put(f, ".git/x.eml", STR("x"), 0);
    expect_places(f, f->dir,
                  "maildir \"A/one\"\nmbox \"A/two\"\nmbox \"A/two/Inbox\"\nmbox "
                  "\"A/two/empty\"\neml \"E\"\n");
    expect_places(f, path_in(f, "A/two"), "mbox \"\"\n");
    expect_places(f, path_in(f, "E/1.eml"), "eml \"\"\n");
    expect_places(f, arena_cstr(f->a, arena_printf(f->a, "%s///", path_in(f, "E"))), "eml \"\"\n");
}

static void the_index_goes_before_what_paths_say(void **state)
{
    struct fixture *f = *state;
    struct places p;

    put_maildir(f, "");
    put_maildir(f, ".tern-1");
    put(f, "tern-mailboxes", STR("tern-mailboxes 1\n.\tINBOX\t\n.tern-1\tA very long name\tsent\n"),
        0);
    assert_ok(places_find(f->a, f->dir, &p, &f->why));
    assert_int_equal(p.n, 2);
    assert_lit(p.v[0].name, "");
    assert_lit(p.v[1].name, "A very long name");
    assert_int_equal(p.v[1].uses, USE_SENT);
    places_fini(&p);
}

static void where_there_is_no_mail_it_is_said(void **state)
{
    struct fixture *f = *state;
    struct places p;

    assert_int_equal(places_find(f->a, f->dir, &p, &f->why), ERR_NOT_FOUND);
    assert_int_not_equal(str_search(buf_str(&f->why), STR("no mail there")), SIZE_MAX);
    buf_clear(&f->why);
    assert_int_equal(places_find(f->a, path_in(f, "none"), &p, &f->why), ERR_NOT_FOUND);
    assert_int_not_equal(str_search(buf_str(&f->why), STR("No such file")), SIZE_MAX);
    put(f, "text", STR("hello\n"), 0);
    assert_int_equal(places_find(f->a, path_in(f, "text"), &p, &f->why), ERR_NOT_FOUND);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_mbox_is_taken_apart),
        TEST(quoting_is_undone_only_if_it_is_said_to_be_mboxrd),
        TEST(flags_dates_and_keywords_come_from_the_mbox),
        TEST(messages_longer_than_any_buffer_are_whole),
        TEST(what_claims_to_be_an_export_of_ours_must_fit_to_the_octet),
        TEST(the_mboxes_of_the_corpus_have_all_their_messages),
        TEST(a_maildir_gives_its_files_with_what_their_names_say),
        TEST(links_and_directories_are_not_read_as_messages),
        TEST(eml_files_have_the_date_of_their_header),
        TEST(maildir_folders_stand_beside_the_inbox),
        TEST(a_tree_of_anything_is_walked),
        TEST(the_index_goes_before_what_paths_say),
        TEST(where_there_is_no_mail_it_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
