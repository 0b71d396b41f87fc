/*
 * Every section of every message: what FETCH sends is compared, byte for byte, with the stretches
 * that a fresh parse of the message gives; with the stored summary and without it, to an IMAP4rev1
 * and to an IMAP4rev2 client.
 */
#include "test.h"
#include "world.h"

#include "base/check.h"
#include "base/log.h"
#include "imap/format.h"
#include "imap/summary.h"
#include "mime/decode.h"
#include "mime/parser.h"

#include <dirent.h>
#include <stdio.h>

enum { FILES_A_DIRECTORY = 60, SIZE_MAX_TRIED = 1000000, PARTS_MAX_TRIED = 40 };

static struct world *w;
static struct account *acct;
static uint64_t inbox;
static const char *file; /* being looked at, for failures */

/* ---- the server ---- */

static void open_world(void)
{
    struct arena *a = arena_new();
    struct account_record r;
    struct names *names;

    w = world_new();
    w->options.drive = true;
    world_account(w, STR("alice"), STR("secret"));
    assert_ok(directory_find(w->directory, a, STR("alice"), &r));
    assert_ok(account_open(w->mailstore, r.id, &acct));
    names = account_names(acct);
    inbox = names_find(names, STR("INBOX"))->mailbox;
    names_unref(names);
    arena_free(a);
}

static void close_world(void)
{
    client_drop(w, 0);
    account_unref(acct);
    world_free(w);
}

static void login(bool rev2)
{
    client_connect(w, 0, false, true);
    client_send(w, 0, STR("a LOGIN alice secret\r\n"));
    if (rev2)
        client_send(w, 0, STR("a ENABLE IMAP4rev2\r\n"));
    w->clients[0].utf8 = rev2;
    client_send(w, 0, STR("a EXAMINE INBOX\r\n"));
}

static void forget_output(void)
{
    conn_detached_take(w->clients[0].conn);
    w->clients[0].seen = 0;
}

/* Sends, checks each response against the grammar, returns them all. */
static struct str ask(struct str line)
{
    struct str one;
    size_t at = 0;

    forget_output();
    client_send(w, 0, line);
    while ((one = client_peek(w, 0)).p) {
        at += one.n;
        client_take(w, 0, one.n);
    }
    if (w->wrong.n)
        fail_msg("%s: %.*s", file, STR_FMT(buf_str(&w->wrong)));
    return str_sub(conn_detached_output(w->clients[0].conn), 0, at);
}

/* "x FETCH 1 item" answers just `want`. */
static void expect(const char *item, struct str want, const char *end)
{
    struct buf line = BUF_INIT, all = BUF_INIT;
    struct str got;

    buf_printf(&line, "x FETCH 1 (%s)\r\n", item);
    got = ask(buf_str(&line));
    if (want.p) {
        buf_add_cstr(&all, "* 1 FETCH (");
        buf_add_str(&all, want);
        buf_add_cstr(&all, ")\r\n");
    }
    buf_add_cstr(&all, end);
    if (!str_starts(got, buf_str(&all)) ||
        str_find(str_from(got, all.n), '\n') + 1 != got.n - all.n)
        fail_msg("%s: %s\ngot  %.*s\nwant %.*s", file, item, (int)(got.n < 700 ? got.n : 700),
                 got.p, (int)(all.n < 700 ? all.n : 700), all.p);
    buf_fini(&line);
    buf_fini(&all);
}

/* ---- what must come ---- */

static void put_bytes(struct buf *out, struct str bytes, bool binary)
{
    if (bytes.n == 0)
        BUF_LIT(out, "\"\"");
    else
        buf_printf(out, "%s{%zu}\r\n", binary && str_has_char(bytes, '\0') ? "~" : "", bytes.n);
    buf_add_str(out, bytes);
}

static void expect_bytes(const char *told, const char *asked, struct str bytes, bool binary)
{
    struct buf want = BUF_INIT;

    buf_printf(&want, "%s ", told);
    put_bytes(&want, bytes, binary);
    expect(asked, buf_str(&want), "x OK ");
    buf_fini(&want);
}

static void expect_section(const char *section, struct str bytes)
{
    char told[300], asked[320];

    snprintf(told, sizeof(told), "BODY[%s]", section);
    snprintf(asked, sizeof(asked), "BODY.PEEK[%s]", section);
    expect_bytes(told, asked, bytes, false);
    if (bytes.n < 3)
        return;
    size_t from = bytes.n / 3, n = bytes.n / 2;
    snprintf(told, sizeof(told), "BODY[%s]<%zu>", section, from);
    snprintf(asked, sizeof(asked), "BODY.PEEK[%s]<%zu.%zu>", section, from, n);
    expect_bytes(told, asked, str_sub(bytes, from, n), false);
}

static struct str slice(struct str bytes, uint64_t from, uint64_t to)
{
    return str_sub(bytes, (size_t)from, (size_t)(to - from));
}

/* ---- BINARY ---- */

static void decode(const struct mime_part *p, struct str bytes, struct buf *out)
{
    struct buf raw = BUF_INIT;
    struct mime_decoder d;

    if (p->kind != MIME_SINGLE) {
        buf_add_str(out, bytes);
        return;
    }
    mime_decoder_init(&d, p->cte);
    mime_decoder_feed(&d, bytes, &raw);
    mime_decoder_end(&d, &raw);
    for (size_t i = 0; i < raw.n; i++) {
        if (str_eq(p->type, STR("TEXT")) && raw.p[i] == '\n' && (i == 0 || raw.p[i - 1] != '\r'))
            buf_add_char(out, '\r');
        buf_add_char(out, raw.p[i]);
    }
    buf_fini(&raw);
}

static void expect_binary(const char *number, const struct mime_part *p, struct str bytes)
{
    struct buf whole = BUF_INIT, size = BUF_INIT;
    char told[200], asked[220];

    snprintf(told, sizeof(told), "BINARY[%s]", number);
    snprintf(asked, sizeof(asked), "BINARY.PEEK[%s]", number);
    if (p->kind == MIME_SINGLE && p->cte == CTE_UNKNOWN) {
        expect(asked, STR_NONE, "x NO [UNKNOWN-CTE] ");
        return;
    }
    decode(p, bytes, &whole);
    expect_bytes(told, asked, buf_str(&whole), true);
    snprintf(asked, sizeof(asked), "BINARY.SIZE[%s]", number);
    buf_printf(&size, "%s %zu", asked, whole.n);
    expect(asked, buf_str(&size), "x OK ");
    snprintf(told, sizeof(told), "BINARY[%s]<5>", number);
    snprintf(asked, sizeof(asked), "BINARY.PEEK[%s]<5.70000>", number);
    expect_bytes(told, asked, str_sub(buf_str(&whole), 5, 70000), true);
    buf_fini(&whole);
    buf_fini(&size);
}

/* ---- parts ---- */

static unsigned tried;

static void expect_part(const char *number, struct mime_part *p, struct str bytes);

static void expect_children(const char *number, struct mime_part *p, struct str bytes)
{
    struct mime_part *of = p->kind == MIME_MESSAGE ? p->child : p;
    char below[120];
    unsigned n = 0;

    if (of->kind == MIME_MULTIPART) {
        for (struct mime_part *c = of->child; c; c = c->next) {
            snprintf(below, sizeof(below), "%s.%u", number, ++n);
            expect_part(below, c, bytes);
        }
    } else if (p->kind == MIME_MESSAGE) {
        snprintf(below, sizeof(below), "%s.1", number);
        expect_part(below, of, bytes);
    }
}

static void expect_message_sections(const char *number, const struct mime_part *inner,
                                    struct str bytes)
{
    char section[140];

    snprintf(section, sizeof(section), "%s.HEADER", number);
    expect_section(section, slice(bytes, inner->header_at, inner->body_at));
    snprintf(section, sizeof(section), "%s.TEXT", number);
    expect_section(section, slice(bytes, inner->body_at, inner->end));
}

static void expect_part(const char *number, struct mime_part *p, struct str bytes)
{
    char section[140];

    if (strlen(number) > 100 || tried++ > PARTS_MAX_TRIED)
        return;
    expect_section(number, slice(bytes, p->body_at, p->end));
    snprintf(section, sizeof(section), "%s.MIME", number);
    expect_section(section, slice(bytes, p->header_at, p->body_at));
    if (p->kind == MIME_MESSAGE)
        expect_message_sections(number, p->child, bytes);
    expect_binary(number, p, slice(bytes, p->body_at, p->end));
    expect_children(number, p, bytes);
}

static void expect_parts(struct mime_part *root, struct str bytes)
{
    char number[20];
    unsigned n = 0;

    tried = 0;
    if (root->kind != MIME_MULTIPART) {
        expect_part("1", root, bytes);
        return;
    }
    for (struct mime_part *c = root->child; c; c = c->next) {
        snprintf(number, sizeof(number), "%u", ++n);
        expect_part(number, c, bytes);
    }
    char asked[40];
    snprintf(number, sizeof(number), "BODY[%u] NIL", n + 1);
    snprintf(asked, sizeof(asked), "BODY.PEEK[%u]", n + 1);
    expect(asked, str_of(number), "x OK ");
}

static void expect_structure(const struct mime_part *root, enum imap_mode mode)
{
    struct buf want = BUF_INIT;

    BUF_LIT(&want, "ENVELOPE ");
    imap_put_envelope(&want, root->envelope, mode);
    expect("ENVELOPE", buf_str(&want), "x OK ");
    buf_clear(&want);
    BUF_LIT(&want, "BODYSTRUCTURE ");
    imap_put_body(&want, root, true, mode);
    BUF_LIT(&want, " BODY ");
    imap_put_body(&want, root, false, mode);
    expect("BODYSTRUCTURE BODY", buf_str(&want), "x OK ");
    buf_fini(&want);
}

static void expect_all(struct mime_part *root, struct str bytes, enum imap_mode mode)
{
    char size[40];

    snprintf(size, sizeof(size), "RFC822.SIZE %zu", bytes.n);
    expect("RFC822.SIZE", str_of(size), "x OK ");
    expect_section("", bytes);
    expect_section("HEADER", slice(bytes, 0, root->body_at));
    expect_section("TEXT", slice(bytes, root->body_at, bytes.n));
    expect_bytes("RFC822.HEADER", "RFC822.HEADER", slice(bytes, 0, root->body_at), false);
    expect_structure(root, mode);
    expect_parts(root, bytes);
}

/* ---- messages ---- */

/* One message alone in INBOX. */
static uint64_t deliver(struct str bytes, const struct mime_part *root, bool summary)
{
    struct store_blob_info info = {account_id(acct), account_new_object(acct), 0};
    struct store_blob *blob = store_blob_begin(w->store, &info);
    struct buf list = BUF_INIT, more = BUF_INIT;
    struct intent_message m = {
        .object = info.object, .blob = blob, .size = bytes.n, .flags = FLAG_DELETED};
    struct intent clear = {.kind = INTENT_EXPUNGE, .mailbox = inbox};
    struct intent in = {.kind = INTENT_APPEND, .mailbox = inbox, .append = {&m, 1}};

    check(store_blob_append(blob, bytes) == ERR_OK && store_blob_finish(blob) == ERR_OK);
    summary_build(root, &list, &more);
    m.summary_list = summary ? buf_str(&list) : STR("what no version can read");
    m.summary_more = summary ? buf_str(&more) : STR("");
    ticket_unref(account_submit(acct, &clear, NULL, NULL));
    ticket_unref(account_submit(acct, &in, NULL, NULL));
    world_turn(w);
    buf_fini(&list);
    buf_fini(&more);
    return info.object;
}

/* What could not be read was made again from the message, and stored. */
static void expect_renewed(struct arena *a, uint64_t object)
{
    struct summary_list list;
    struct str value = STR_NONE;

    world_turn(w);
    assert_ok(account_summaries(acct, a, &object, 1, &value));
    if (!value.p || summary_list_read(value, &list) != ERR_OK)
        fail_msg("%s: the summary was not renewed", file);
}

static void try_message(struct str bytes)
{
    struct arena *a = arena_new();
    struct mime_part *root = mime_parse(a, bytes);

    uint64_t object = 0;

    for (int round = 0; round < 3; round++) {
        bool rev2 = round == 1;

        object = deliver(bytes, root, round < 2);
        login(rev2);
        expect_all(root, bytes, rev2 ? IMAP_MODE_UTF8 : IMAP_MODE_REV1);
    }
    expect_renewed(a, object);
    arena_free(a);
}

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

static size_t try_directory(const char *path)
{
    DIR *d = opendir(path);
    struct dirent *e;
    size_t n = 0;

    while (d && (e = readdir(d)) && n < FILES_A_DIRECTORY) {
        struct arena *a = arena_new();
        struct str bytes = e->d_name[0] == '.'
                               ? STR("")
                               : read_file(a, arena_printf(a, "%s/%s", path, e->d_name).p);

        file = e->d_name;
        if (bytes.n && bytes.n < SIZE_MAX_TRIED) {
            try_message(bytes);
            n++;
        }
        arena_free(a);
    }
    if (d)
        closedir(d);
    return n;
}

static void every_section_of_the_corpus_is_the_stretch_a_parse_gives(void **state)
{
    static const char *const dirs[] = {"synthetic", "mimekit", "mime4j", "cpython",
                                       "stalwart-mail-parser"};
    size_t n = 0;

    open_world();
    for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
        char path[200];

        snprintf(path, sizeof(path), "../shared/corpus/%s", dirs[i]);
        n += try_directory(path);
    }
    close_world();
    if (n == 0) {
        print_message("no mail corpus here\n");
        skip();
    }
}

static void a_long_header_passes_in_pieces(void **state)
{
    struct buf m = BUF_INIT, kept = BUF_INIT;

    open_world();
    file = "long header";
    for (unsigned i = 0; i < 20000; i++) {
        size_t from = m.n;

        buf_printf(&m, "X-%u: value %u\r\n\tand more of it\r\n", i % 7, i);
        if (i % 7 == 3)
            buf_add_str(&kept, str_from(buf_str(&m), from));
    }
    buf_add_cstr(&m, "\r\nbody\r\n");
    buf_add_cstr(&kept, "\r\n");
    struct arena *a = arena_new();
    deliver(buf_str(&m), mime_parse(a, buf_str(&m)), true);
    login(false);
    expect_section("HEADER.FIELDS (x-3)", buf_str(&kept));
    expect_section("HEADER.FIELDS.NOT (X-0 x-1 X-2 X-4 X-5 x-6)", buf_str(&kept));
    arena_free(a);
    buf_fini(&m);
    buf_fini(&kept);
    close_world();
}

static void a_long_part_is_decoded_in_pieces(void **state)
{
    struct buf m = BUF_INIT;
    struct arena *a = arena_new();
    struct mime_part *root;

    open_world();
    file = "long part";
    buf_add_cstr(&m, "Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n");
    for (unsigned i = 0; i < 6000; i++)
        buf_add_cstr(&m, "VGhlIHF1aWNrIGJyb3duIGZveAphbmQgYSBsb25nIGxpbmUgb2YgdGV4dAo=\r\n");
    root = mime_parse(a, buf_str(&m));
    deliver(buf_str(&m), root, true);
    login(false);
    expect_binary("1", root, slice(buf_str(&m), root->body_at, root->end));
    arena_free(a);
    buf_fini(&m);
    close_world();
}

/* Rather than a literal that is shorter than it says: the message is left out, and the others are
 * told. */
static void a_message_whose_bytes_are_not_there_is_left_out(void **state)
{
    struct str bytes = STR("Subject: cut\r\n\r\nonly so much\r\n");
    struct arena *a = arena_new();
    struct mime_part *root = mime_parse(a, bytes);
    struct store_blob_info info;
    struct intent_message m = {0};
    struct intent in = {.kind = INTENT_APPEND, .append = {&m, 1}};

    open_world();
    file = "cut";
    deliver(bytes, root, true);
    info = (struct store_blob_info){account_id(acct), account_new_object(acct), 0};
    m = (struct intent_message){.object = info.object, .size = bytes.n + 300000};
    m.blob = store_blob_begin(w->store, &info);
    check(store_blob_append(m.blob, bytes) == ERR_OK && store_blob_finish(m.blob) == ERR_OK);
    in.mailbox = inbox;
    ticket_unref(account_submit(acct, &in, NULL, NULL));
    world_turn(w);
    login(false);
    log_setup(LOG_ERROR, LOG_OFF);
    struct str got = ask(STR("x FETCH 1:2 (UID BODY.PEEK[])\r\n"));
    assert_true(str_search(got, STR("* 1 FETCH (UID ")) != SIZE_MAX);
    assert_true(str_search(got, STR("* 2 FETCH")) == SIZE_MAX);
    assert_true(str_search(got, STR("x NO [")) != SIZE_MAX);
    log_setup(LOG_ERROR, LOG_KV);
    arena_free(a);
    close_world();
}

/* A length was promised.  Whatever else were said would be taken for the message, so nothing is. */
static void a_literal_that_cannot_be_finished_ends_the_connection(void **state)
{
    struct buf m = BUF_INIT;
    struct arena *a = arena_new();
    struct store_batch *batch;
    uint64_t object, change;

    open_world();
    file = "cut off";
    buf_add_cstr(&m, "Subject: long\r\n\r\n");
    while (m.n < 2000000)
        buf_add_cstr(&m, "a line of a message that will not come to its end\r\n");
    object = deliver(buf_str(&m), mime_parse(a, buf_str(&m)), true);
    login(false);
    forget_output();
    conn_detached_stall(w->clients[0].conn, true);
    client_send(w, 0, STR("x FETCH 1 BODY.PEEK[]\r\n"));
    batch = store_batch_new(account_id(acct));
    store_batch_drop(batch, object);
    assert_ok(store_change(w->store, account_id(acct), &change));
    assert_ok(store_commit_wait(w->store, batch, change));
    log_setup(LOG_ERROR, LOG_OFF);
    conn_detached_stall(w->clients[0].conn, false);
    world_turn(w);
    log_setup(LOG_ERROR, LOG_KV);
    assert_true(w->clients[0].closed);
    struct str got = conn_detached_output(w->clients[0].conn);
    struct str head = STR("* 1 FETCH (BODY[] {");
    assert_true(str_starts(got, head) && got.n < m.n);
    got = str_from(got, str_find(got, '\n') + 1);
    assert_true(str_eq(got, str_sub(buf_str(&m), 0, got.n)));
    arena_free(a);
    buf_fini(&m);
    close_world();
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_long_header_passes_in_pieces),
    cmocka_unit_test(a_long_part_is_decoded_in_pieces),
    cmocka_unit_test(a_message_whose_bytes_are_not_there_is_left_out),
    cmocka_unit_test(a_literal_that_cannot_be_finished_ends_the_connection),
    cmocka_unit_test(every_section_of_the_corpus_is_the_stretch_a_parse_gives),
};

int main(void)
{
    log_setup(LOG_WARN, LOG_KV);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
