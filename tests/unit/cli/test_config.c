#include "test.h"

#include "base/err.h"
#include "cli/config.h"

#include <stdlib.h>
#include <unistd.h>

/* Writes `text` as a file and reads it; complaints begin with "CONF". */
static enum err load(const char *text, struct config *c, struct buf *errors)
{
    char path[] = "/tmp/tern-test-conf-XXXXXX";
    struct buf raw = BUF_INIT;
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    config_defaults(c);
    enum err e = config_load(c, path, &raw);
    unlink(path);
    for (struct str rest = buf_str(&raw); rest.n > 0;) {
        size_t at = str_search(rest, str_of(path));
        buf_add_str(errors, str_sub(rest, 0, at == SIZE_MAX ? rest.n : at));
        if (at == SIZE_MAX)
            break;
        BUF_LIT(errors, "CONF");
        rest = str_from(rest, at + strlen(path));
    }
    buf_fini(&raw);
    return e;
}

/* Each is all that is said, to the letter. */
static const struct {
    const char *text, *complaint;
} broken[] = {
    {"hostnme = \"x\";", "CONF:1: unknown option hostnme; did you mean hostname?\n"},
    {"\n\nlisten_imasp = \":993\";",
     "CONF:3: unknown option listen_imasp; did you mean listen_imaps?\n"},
    {"max_mesage = 5000;", "CONF:1: unknown option max_mesage; did you mean max_message?\n"},
    {"Store = \"/x\";", "CONF:1: unknown option Store; did you mean store?\n"},
    {"ssl_protocols = \"x\";",
     "CONF:1: unknown option ssl_protocols; `tern config default` lists them all\n"},
    {"a = 1; b = 2;", "CONF:1: unknown option a; `tern config default` lists them all\n"
                      "CONF:1: unknown option b; `tern config default` lists them all\n"},
    {"store = 5;", "CONF:1: store needs text in quotes: store = \"...\";\n"},
    {"store = \"\";", "CONF:1: store must be the path of a directory\n"},
    {"store = \"mail\";", "CONF:1: store must be an absolute path: begin it with /\n"},
    {"hostname = \"a b\";", "CONF:1: hostname must be one name, as mail.example.org\n"},
    {"hostname = true;", "CONF:1: hostname needs text in quotes: hostname = \"...\";\n"},
    {"domains = \"a@example.org\";",
     "CONF:1: domains must be domains divided by blanks, without @\n"},
    {"domains = (\"a.example\", \"b.example\");",
     "CONF:1: domains needs text in quotes: domains = \"...\";\n"},
    {"listen_imap = 143;", "CONF:1: listen_imap needs text in quotes: listen_imap = \"...\";\n"},
    {"listen_imap = \"127.0.0.1\";",
     "CONF:1: listen_imap needs a port in each address: ADDRESS:PORT or :PORT\n"},
    {"listen_imap = \":143 :0\";",
     "CONF:1: listen_imap needs a port from 1 to 65535 behind the colon\n"},
    {"listen_imaps = \"127.0.0.1:\";",
     "CONF:1: listen_imaps needs a port from 1 to 65535 behind the colon\n"},
    {"listen_imaps = \":65536\";",
     "CONF:1: listen_imaps needs a port from 1 to 65535 behind the colon\n"},
    {"listen_imaps = \"::1:993\";",
     "CONF:1: listen_imaps needs brackets around an IPv6 address: [::1]:143\n"},
    {"listen_lmtp = \"unix:lmtp\";",
     "CONF:1: listen_lmtp needs an absolute path behind unix:, as unix:/run/x\n"},
    {"tls_cert = \"/x\";", "CONF:1: tls_cert and tls_key go together: set both or none\n"},
    {"\ntls_key = \"/x\";", "CONF:2: tls_cert and tls_key go together: set both or none\n"},
    {"tls_cert = \"c.pem\"; tls_key = \"/k\";",
     "CONF:1: tls_cert must be an absolute path: begin it with /\n"
     "CONF:1: tls_cert and tls_key go together: set both or none\n"},
    {"plain_login = \"yes\";", "CONF:1: plain_login is true or false\n"},
    {"plain_login = 2;", "CONF:1: plain_login = 2 is out of range: 0 to 1\n"},
    {"max_message = \"25 megs\";",
     "CONF:1: max_message needs a number of bytes, or text as \"25 MB\"\n"},
    {"max_message = 100;", "CONF:1: max_message = 100 is out of range: 1024 to 2000000000 bytes\n"},
    {"max_message = \"9999999999 GB\";",
     "CONF:1: max_message needs a number of bytes, or text as \"25 MB\"\n"},
    {"idle_timeout = 60;", "CONF:1: idle_timeout = 60 is out of range: 1800 to 86400 seconds\n"},
    {"idle_timeout = 29.5;", "CONF:1: idle_timeout needs a whole number\n"},
    {"workers = \"8\";", "CONF:1: workers needs a whole number\n"},
    {"workers = -1;", "CONF:1: workers = -1 is out of range: 0 to 1024\n"},
    {"log_level = \"verbose\";", "CONF:1: log_level must be debug, info, warn or error\n"},
    {"log_format = \"xml\";", "CONF:1: log_format must be kv or json\n"},
    {"imap : { port = 143; };",
     "CONF:1: unknown option imap; `tern config default` lists them all\n"},
    {"# one\nhostname = mail.example.org;",
     "CONF:2: syntax error; a line is name = value; and text stands in quotes\n"},
    {"hostname = \"a\"\nuser = \"b\n",
     "CONF:3: syntax error; a line is name = value; and text stands in quotes\n"},
    {"user = \"a\";\nuser = \"b\";",
     "CONF:2: duplicate setting name; a line is name = value; and text stands in quotes\n"},
    {"workers = 4;\nhostnam = \"x\";\nlog_level = 3;\ncache = 1;\n",
     "CONF:2: unknown option hostnam; did you mean hostname?\n"
     "CONF:3: log_level needs text in quotes: log_level = \"...\";\n"
     "CONF:4: cache = 1 is out of range: 1048576 to 1099511627776 bytes\n"},
};

static void every_mistake_is_told_with_its_line_and_what_to_do(void **state)
{
    size_t wrong = 0;

    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        struct buf errors = BUF_INIT;
        struct config c;
        assert_int_equal(load(broken[i].text, &c, &errors), ERR_SYNTAX);
        if (!str_eq(buf_str(&errors), str_of(broken[i].complaint))) {
            print_error("%s\n-> %.*swant %s", broken[i].text, STR_FMT(buf_str(&errors)),
                        broken[i].complaint);
            wrong++;
        }
        buf_fini(&errors);
        config_fini(&c);
    }
    assert_int_equal(wrong, 0);
}

static void a_file_that_is_not_there_is_told(void **state)
{
    struct buf errors = BUF_INIT;
    struct config c;

    config_defaults(&c);
    assert_int_equal(config_load(&c, "/nowhere/tern.conf", &errors), ERR_IO);
    assert_lit(buf_str(&errors), "/nowhere/tern.conf: cannot be read: No such file or directory\n");
    buf_fini(&errors);
    config_fini(&c);
}

static void what_is_set_goes_over_the_defaults(void **state)
{
    struct buf errors = BUF_INIT;
    struct config c;

    assert_ok(load("// a comment\nhostname = \"mail.example.org\";\nlisten_imap = \"127.0.0.1:143 "
                   "[::1]:143\";\n"
                   "plain_login = true\nmax_message = \"25 MB\"; cache = \"1GiB\"\nworkers = 3;",
                   &c, &errors));
    assert_int_equal(errors.n, 0);
    assert_string_equal(c.hostname, "mail.example.org");
    assert_string_equal(c.listen_imap, "127.0.0.1:143 [::1]:143");
    assert_string_equal(c.store, "/var/lib/tern");
    assert_int_equal(c.plain_login, 1);
    assert_int_equal(c.max_message, 25000000);
    assert_int_equal(c.cache, 1 << 30);
    assert_int_equal(c.workers, 3);
    assert_int_equal(c.idle_timeout, 1860);
    buf_fini(&errors);
    config_fini(&c);
}

static void an_empty_file_gives_the_defaults(void **state)
{
    struct buf errors = BUF_INIT;
    struct config c, d;

    assert_ok(load("", &c, &errors));
    config_defaults(&d);
    struct buf one = BUF_INIT, two = BUF_INIT;
    config_print(&c, false, &one);
    config_print(&d, false, &two);
    assert_str(buf_str(&one), buf_str(&two));
    buf_fini(&one);
    buf_fini(&two);
    config_fini(&c);
    config_fini(&d);
}

static void what_is_printed_reads_back_the_same(void **state)
{
    struct buf errors = BUF_INIT, once = BUF_INIT, twice = BUF_INIT;
    struct config c, d;

    assert_ok(
        load("hostname = \"a\\\"b\\\\c\"; cache = 1099511627776L; workers = 7; plain_login = true;",
             &c, &errors));
    for (int comments = 0; comments < 2; comments++) {
        buf_clear(&once);
        buf_clear(&twice);
        config_print(&c, comments != 0, &once);
        buf_add_char(&once, '\0');
        assert_ok(load(once.p, &d, &errors));
        config_print(&d, comments != 0, &twice);
        buf_add_char(&twice, '\0');
        assert_str(buf_str(&once), buf_str(&twice));
        config_fini(&d);
    }
    buf_fini(&once);
    buf_fini(&twice);
    buf_fini(&errors);
    config_fini(&c);
}

static void the_example_that_is_installed_has_no_mistakes(void **state)
{
    struct buf errors = BUF_INIT;
    struct config c;

    config_defaults(&c);
    assert_ok(config_load(&c, "dist/tern.conf", &errors));
    assert_int_equal(errors.n, 0);
    assert_string_equal(c.domains, "example.org");
    config_fini(&c);
}

/* ---- tern.conf(5) ---- */

struct option {
    const char *kind, *name, *text;
    int64_t number, least, most;
    const char *unit;
};

#define AS_STRING(d) .text = (d)
#define AS_BOOL(d) .number = (d)
#define AS_INT(d) .number = (d)
#define AS_SIZE(d) .number = (d)
static const struct option options[] = {
#define OPTION(k, n, def, lo, hi, u, s)                                                            \
    {.kind = #k, .name = #n, AS_##k(def), .least = lo, .most = hi, .unit = u},
#include "cli/options.def"
#undef OPTION
};

static void put_default(const struct option *o, struct buf *out)
{
    if (strcmp(o->kind, "STRING") == 0)
        buf_printf(out, *o->text ? "Default: \\(dq%s\\(dq.\n" : "Default: empty.\n", o->text);
    else if (strcmp(o->kind, "BOOL") == 0)
        buf_printf(out, "Default: %s.\n", o->number ? "true" : "false");
    else
        buf_printf(out, "Default: %lld%s%s; %lld to %lld.\n", (long long)o->number,
                   *o->unit ? " " : "", o->unit, (long long)o->least, (long long)o->most);
}

static void the_manual_has_every_option_with_its_default_in_order_and_no_other(void **state)
{
    struct buf want = BUF_INIT, got = BUF_INIT;
    char line[1024];
    FILE *f = fopen("doc/man/tern.conf.5", "r");

    assert_non_null(f);
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        buf_printf(&want, ".It Ic %s\n", options[i].name);
        put_default(&options[i], &want);
    }
    while (fgets(line, sizeof line, f))
        if (str_starts(str_of(line), STR(".It Ic ")) || str_starts(str_of(line), STR("Default: ")))
            buf_add_cstr(&got, line);
    fclose(f);
    assert_str(buf_str(&got), buf_str(&want));
    buf_fini(&want);
    buf_fini(&got);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_mistake_is_told_with_its_line_and_what_to_do),
        cmocka_unit_test(a_file_that_is_not_there_is_told),
        cmocka_unit_test(what_is_set_goes_over_the_defaults),
        cmocka_unit_test(an_empty_file_gives_the_defaults),
        cmocka_unit_test(what_is_printed_reads_back_the_same),
        cmocka_unit_test(the_example_that_is_installed_has_no_mistakes),
        cmocka_unit_test(the_manual_has_every_option_with_its_default_in_order_and_no_other),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
