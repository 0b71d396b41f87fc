/* What is exported comes back the same: through the local door, with workers, on the memory store.
 */
#include "test.h"

#include "admin/admin.h"
#include "base/check.h"
#include "base/log.h"
#include "cli/export.h"
#include "cli/import.h"
#include "net/pool.h"
#include "store/memory.h"

#include <ftw.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

struct fixture {
    struct store *store;
    struct pool *pool;
    struct mailstore *ms;
    struct directory *directory;
    struct auth *auth;
    struct admin_door *door;
    struct admin_client *client;
    struct arena *a;
    struct buf why;
    char dir[64];
};

static void open_rooms(struct fixture *f)
{
    static const struct mailstore_options mo = {.expunge_grace = -1};
    static const struct pool_options po = {.workers = 3};
    static const struct auth_options ao = {.any_domain = true};
    static const struct admin_options do_ = {.max_message = 10000000};
    enum err e = ERR_OK;
    int pair[2];

    f->store = memory_open();
    f->pool = pool_new(&po, &e);
    check(f->pool);
    pool_start(f->pool);
    f->ms = mailstore_new(f->store, pool_exec(f->pool), &mo);
    f->directory = directory_open(f->ms, &e);
    check(f->directory);
    f->auth = auth_new(f->ms, f->directory, &ao);
    f->door = admin_door_new(f->ms, f->directory, f->auth, &do_);
    check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
    check(pool_adopt(f->pool, admin_door(f->door), pair[1]) == ERR_OK);
    f->client = admin_client_new(pair[0]);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    log_setup(LOG_ERROR, LOG_OFF);
    open_rooms(f);
    f->a = arena_new();
    strcpy(f->dir, "/tmp/tern-test-trip-XXXXXX");
    check(mkdtemp(f->dir));
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

    admin_client_free(f->client);
    pool_close_all(f->pool);
    admin_door_drain(f->door);
    auth_free(f->auth);
    directory_close(f->directory);
    mailstore_close(f->ms);
    store_close(f->store);
    pool_free(f->pool);
    admin_door_free(f->door);
    nftw(f->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    buf_fini(&f->why);
    arena_free(f->a);
    free(f);
    return 0;
}

/* ---- an account with everything that is difficult ---- */

static void ok(struct fixture *f, enum err e)
{
    if (e != ERR_OK)
        print_error("%s: %.*s\n", err_text(e), STR_FMT(buf_str(&f->why)));
    assert_int_equal(e, ERR_OK);
}

static void add_account(struct fixture *f, const char *name)
{
    ok(f, admin_account_add(f->client, str_of(name), STR("x"), AUTH_COST_LOW, &f->why));
}

static void add_mailbox(struct fixture *f, const char *account, struct str name, uint32_t uses)
{
    struct buf *b = admin_request(f->client, ADMIN_MAILBOX_CREATE);

    enc_str(b, str_of(account));
    enc_str(b, name);
    enc_u32(b, uses);
    ok(f, admin_call(f->client, &f->why));
}

static void subscribe(struct fixture *f, const char *account, struct str name, bool on)
{
    struct buf *b = admin_request(f->client, ADMIN_MAILBOX_SUBSCRIBE);

    enc_str(b, str_of(account));
    enc_str(b, name);
    enc_u8(b, on);
    ok(f, admin_call(f->client, &f->why));
}

static void append(struct fixture *f, const struct admin_message *m, struct str bytes)
{
    struct dec row;
    bool more;

    ok(f, admin_append_begin(f->client, m));
    ok(f, admin_append_data(f->client, bytes));
    ok(f, admin_append_end(f->client, false));
    ok(f, admin_row(f->client, &row, &more, &f->why));
    assert_false(more);
}

static const struct str bodies[] = {
    STR_INIT("A: 1\r\n\r\none\r\n"),
    STR_INIT(""),
    STR_INIT("\r\n"),
    STR_INIT("\n"),
    STR_INIT("no line end"),
    STR_INIT("A: bare\n\nLF\n\n\n"),
    STR_INIT("A: mixed\r\n\nx\r\ry\r"),
    STR_INIT("A: \0 nul\r\n\r\n\0\0"),
    STR_INIT("From here\nFrom a@b Thu Jan  1 00:00:00 2026\nA: x\n\n"),
    STR_INIT("A: 1\r\n\r\n\r\nFrom a@b Thu Jan  1 00:00:00 2026\r\nB: 2\r\n\r\nx\r\n"),
    STR_INIT(">From x\n>>From y\n>"),
    STR_INIT("F"),
    STR_INIT("x\nFrom "),
    STR_INIT(
        "Status: RO\r\nX-Tern-Octets: 5\r\nContent-Length: 3\r\nX-Keywords: a\r\n\r\nkept\r\n"),
    STR_INIT("\xff\xfe 8bit"),
    STR_INIT("\r\n\r\n\r\n\r\n"),
    STR_INIT(" begins with a blank\n\tand a tab\n"),
};

static void fill(struct fixture *f, const char *account, struct str mailbox, size_t n)
{
    static const struct str keywords[] = {STR_INIT("$Forwarded"), STR_INIT("work"),
                                          STR_INIT("a,b"),        STR_INIT("$Label1"),
                                          STR_INIT("P+Q/R"),      STR_INIT("~")};
    static const int64_t dates[] = {1767225600, 0, -1, -1000000000, 4000000000, 253402300799};

    for (size_t i = 0; i < n; i++) {
        struct str many[40];
        struct admin_message m = {.account = str_of(account),
                                  .mailbox = mailbox,
                                  .date = dates[i % 6],
                                  .zone_min =
                                      (int16_t)(i % 5 == 4 ? 0 : (int)(i * 97 % 1440) - 720),
                                  .flags = (uint8_t)(i * 7 % 32),
                                  .keywords = keywords + i % 6,
                                  .n_keywords = i % 6 == 0 ? 0 : 6 - i % 6};
        if (i == 3) {
            for (size_t k = 0; k < 40; k++)
                many[k] = arena_printf(f->a, "key%zu", k);
            m.keywords = many;
            m.n_keywords = 40;
        }
        if (m.date == dates[5])
            m.zone_min = 0;
        append(f, &m, bodies[i % (sizeof bodies / sizeof bodies[0])]);
    }
}

static struct str long_level(struct fixture *f)
{
    struct buf b = BUF_INIT;

    for (int i = 0; i < 60; i++)
        BUF_LIT(&b, "l\xc3\xa4ng");
    struct str s = arena_str(f->a, buf_str(&b));
    buf_fini(&b);
    return s;
}

static void build(struct fixture *f, const char *account)
{
    static const struct str names[] = {
        STR_INIT("A"),
        STR_INIT("A/B.c"),
        STR_INIT("A/B"),
        STR_INIT("A.B"),
        STR_INIT("A.mbox"),
        STR_INIT("A.mbox/x"),
        STR_INIT(".hidden"),
        STR_INIT("100%"),
        STR_INIT("%2Ehidden"),
        STR_INIT("INBOX/x"),
        STR_INIT("R&D"),
        STR_INIT("&AC4-"),
        STR_INIT("\xe6\x97\xa5\xe6\x9c\xac/\xf0\x9f\x90\xa6"),
        STR_INIT("with blank"),
        STR_INIT("cur"),
        STR_INIT("tern-mailboxes"),
        STR_INIT("subscriptions"),
        STR_INIT("a\\b\"c*d"),
    };

    add_account(f, account);
    fill(f, account, STR("INBOX"), 40);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        add_mailbox(f, account, names[i], i == 3 ? 128 : 0);
        if (i % 3 == 0)
            subscribe(f, account, names[i], true);
        fill(f, account, names[i], i % 4 * 3);
    }
    add_mailbox(f, account, long_level(f), 0);
    fill(f, account, long_level(f), 5);
    subscribe(f, account, STR("Gone/Long ago"), true);
    subscribe(f, account, STR("Junk"), false);
}

/* ---- an account as text ---- */

static void describe_messages(struct fixture *f, const char *account, struct str mailbox,
                              struct buf *out)
{
    struct buf *b = admin_request(f->client, ADMIN_MESSAGES);
    struct dec d;
    bool more = true;
    uint64_t objects[100], sizes[100];
    size_t n = 0;

    enc_str(b, str_of(account));
    enc_str(b, mailbox);
    enc_u32(b, 1);
    ok(f, admin_send(f->client));
    for (;;) {
        ok(f, admin_row(f->client, &d, &more, &f->why));
        if (!more)
            break;
        uint32_t uid = dec_u32(&d);
        assert_true(n < 100);
        objects[n] = dec_u64(&d);
        sizes[n++] = dec_u64(&d);
        buf_printf(out, " %u %lld", uid, (long long)dec_svar(&d));
        buf_printf(out, " %lld", (long long)dec_svar(&d));
        buf_printf(out, " %02x", dec_u8(&d));
        for (uint64_t k = dec_var(&d); k > 0; k--)
            buf_printf(out, " %.*s", STR_FMT(dec_str(&d)));
        buf_add_char(out, '\n');
    }
    for (size_t i = 0; i < n; i++) {
        b = admin_request(f->client, ADMIN_READ);
        enc_str(b, str_of(account));
        enc_u64(b, objects[i]);
        enc_u64(b, 0);
        ok(f, admin_send(f->client));
        ok(f, admin_row(f->client, &d, &more, &f->why));
        assert_int_equal(d.n, sizes[i]);
        buf_printf(out, " %llu:", (unsigned long long)sizes[i]);
        buf_add(out, d.p, d.n);
        buf_add_char(out, '\n');
        ok(f, admin_row(f->client, &d, &more, &f->why));
    }
}

struct box {
    struct str name;
    bool exists;
};

static struct str describe(struct fixture *f, const char *account)
{
    struct buf out = BUF_INIT;
    struct box boxes[100];
    struct dec d;
    bool more = true;
    size_t n = 0;

    enc_str(admin_request(f->client, ADMIN_MAILBOX_LIST), str_of(account));
    ok(f, admin_send(f->client));
    for (;;) {
        ok(f, admin_row(f->client, &d, &more, &f->why));
        if (!more)
            break;
        assert_true(n < 100);
        boxes[n].name = arena_str(f->a, dec_str(&d));
        boxes[n++].exists = dec_u8(&d);
        buf_printf(&out, "%.*s", STR_FMT(boxes[n - 1].name));
        buf_printf(&out, " exists %d", boxes[n - 1].exists);
        buf_printf(&out, " uses %u", dec_u32(&d));
        buf_printf(&out, " subscribed %u\n", dec_u8(&d));
    }
    for (size_t i = 0; i < n; i++) {
        buf_printf(&out, "-- %.*s\n", STR_FMT(boxes[i].name));
        if (boxes[i].exists)
            describe_messages(f, account, boxes[i].name, &out);
    }
    struct str s = arena_str(f->a, buf_str(&out));
    buf_fini(&out);
    return s;
}

/* Keywords of a mailbox are listed in the order of their first use, which import keeps. */
static void same_accounts(struct fixture *f, const char *one, const char *two)
{
    struct str x = describe(f, one), y = describe(f, two);

    if (!str_eq(x, y)) {
        size_t at = 0;
        while (at < x.n && at < y.n && x.p[at] == y.p[at])
            at++;
        size_t from = at > 200 ? at - 200 : 0;
        print_error("differ at %zu:\n%.*s\n---- and ----\n%.*s\n", at,
                    STR_FMT(str_sub(x, from, 400)), STR_FMT(str_sub(y, from, 400)));
    }
    assert_true(x.n > 5000);
    assert_true(str_eq(x, y));
}

/* ---- the trips ---- */

static struct import_report import(struct fixture *f, const char *account, const char *path,
                                   bool resume)
{
    struct import_options o = {.account = account, .path = path, .resume = resume};
    struct import_report r;

    ok(f, import_run(f->client, &o, &r, &f->why));
    assert_int_equal(r.failed, 0);
    assert_int_equal(r.found, r.imported + r.skipped);
    return r;
}

static void round_trip(struct fixture *f, enum export_form form)
{
    const char *path = arena_cstr(f->a, arena_printf(f->a, "%s/one", f->dir));
    const char *again = arena_cstr(f->a, arena_printf(f->a, "%s/two", f->dir));
    struct export_options o = {.account = "ann", .path = path, .form = form};
    struct export_report r, r2;

    build(f, "ann");
    ok(f, export_run(f->client, &o, &r, &f->why));
    assert_int_equal(r.failed, 0);
    add_account(f, "ben");
    subscribe(f, "ben", STR("Junk"), false); /* an import adds subscriptions, it takes none away */
    struct import_report i = import(f, "ben", path, true);
    assert_int_equal(i.imported, r.messages);
    assert_int_equal(i.bytes, r.bytes);
    same_accounts(f, "ann", "ben");
    o.account = "ben";
    o.path = again;
    ok(f, export_run(f->client, &o, &r2, &f->why));
    assert_int_equal(r2.messages, r.messages);
    i = import(f, "ben", again, true);
    assert_int_equal(i.imported, 0);
    assert_int_equal(i.skipped, r.messages);
    same_accounts(f, "ann", "ben");
}

static void a_maildir_export_comes_back_the_same(void **state)
{
    round_trip(*state, EXPORT_MAILDIR);
}

static void an_mbox_export_comes_back_the_same(void **state)
{
    round_trip(*state, EXPORT_MBOX);
}

static void what_is_there_twice_stays_twice(void **state)
{
    struct fixture *f = *state;
    const char *path = arena_cstr(f->a, arena_printf(f->a, "%s/one", f->dir));
    struct export_options o = {.account = "ann", .path = path};
    struct admin_message m = {.account = STR("ann"), .mailbox = STR("INBOX"), .date = 5};
    struct export_report r;

    add_account(f, "ann");
    add_account(f, "ben");
    for (int i = 0; i < 3; i++)
        append(f, &m, STR("A: same\r\n\r\n"));
    append(f, &m, STR("A: othe\r\n\r\n")); /* the same size and date */
    ok(f, export_run(f->client, &o, &r, &f->why));
    m.account = STR("ben");
    append(f, &m, STR("A: same\r\n\r\n"));
    struct import_report i = import(f, "ben", path, true);
    assert_int_equal(i.skipped, 1);
    assert_int_equal(i.imported, 3);
    i = import(f, "ben", path, true);
    assert_int_equal(i.skipped, 4);
    i = import(f, "ben", path, false);
    assert_int_equal(i.imported, 4);
}

static void an_export_does_not_touch_what_is_there(void **state)
{
    struct fixture *f = *state;
    struct export_options o = {.account = "ann", .path = f->dir};
    struct export_report r;
    const char *file = arena_cstr(f->a, arena_printf(f->a, "%s/precious", f->dir));
    const char *old = arena_cstr(f->a, arena_printf(f->a, "%s.old", f->dir));

    add_account(f, "ann");
    FILE *p = fopen(file, "w");
    assert_non_null(p);
    fclose(p);
    assert_int_equal(export_run(f->client, &o, &r, &f->why), ERR_IO);
    assert_int_not_equal(str_search(buf_str(&f->why), STR("not empty")), SIZE_MAX);
    assert_int_equal(access(file, F_OK), 0);
    o.force = true;
    buf_clear(&f->why);
    ok(f, export_run(f->client, &o, &r, &f->why));
    assert_int_equal(access(arena_cstr(f->a, arena_printf(f->a, "%s/precious", old)), F_OK), 0);
    assert_int_equal(export_run(f->client, &o, &r, &f->why), ERR_IO); /* .old is there */
    nftw(old, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void nobody_and_nothing_are_told(void **state)
{
    struct fixture *f = *state;
    struct import_options io = {.account = "nobody", .path = f->dir};
    struct export_options eo = {.account = "nobody", .path = "/nowhere/x"};
    struct import_report ir;
    struct export_report er;

    assert_int_equal(import_run(f->client, &io, &ir, &f->why), ERR_NO_ACCOUNT);
    assert_int_not_equal(str_search(buf_str(&f->why), STR("tern account add")), SIZE_MAX);
    assert_int_equal(export_run(f->client, &eo, &er, &f->why), ERR_NO_ACCOUNT);
    add_account(f, "ann");
    io.account = eo.account = "ann";
    assert_int_equal(import_run(f->client, &io, &ir, &f->why), ERR_NOT_FOUND);
    assert_int_equal(export_run(f->client, &eo, &er, &f->why), ERR_IO);
    eo.mailbox = "None";
    assert_int_equal(export_run(f->client, &eo, &er, &f->why), ERR_NO_MAILBOX);
}

/* More than fits into what is sent ahead, and into a listing. */
static void thousands_of_messages_keep_their_order(void **state)
{
    struct fixture *f = *state;
    const char *path = arena_cstr(f->a, arena_printf(f->a, "%s/one", f->dir));
    struct export_options o = {.account = "ann", .path = path};
    struct export_report r;

    add_account(f, "ann");
    add_account(f, "ben");
    for (int i = 0; i < 2500; i++) {
        struct admin_message m = {.account = STR("ann"), .mailbox = STR("INBOX"), .date = 5000 - i};
        append(f, &m, arena_printf(f->a, "N: %d\r\n\r\n", i));
    }
    ok(f, export_run(f->client, &o, &r, &f->why));
    assert_int_equal(r.messages, 2500);
    assert_int_equal(import(f, "ben", path, true).imported, 2500);
    o.account = "ben";
    o.form = EXPORT_MBOX;
    o.path = arena_cstr(f->a, arena_printf(f->a, "%s/two", f->dir));
    ok(f, export_run(f->client, &o, &r, &f->why));
    FILE *mbox = fopen(arena_cstr(f->a, arena_printf(f->a, "%s/INBOX.mbox", o.path)), "r");
    char line[200];
    int next = 0, got;
    assert_non_null(mbox);
    while (fgets(line, sizeof line, mbox))
        if (sscanf(line, "N: %d", &got) == 1)
            assert_int_equal(got, next++);
    fclose(mbox);
    assert_int_equal(next, 2500);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_maildir_export_comes_back_the_same), TEST(an_mbox_export_comes_back_the_same),
        TEST(what_is_there_twice_stays_twice),      TEST(an_export_does_not_touch_what_is_there),
        TEST(nobody_and_nothing_are_told),          TEST(thousands_of_messages_keep_their_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
