/* Names: what may be one, and what CREATE, DELETE, RENAME and SUBSCRIBE make of them. */
#include "world.h"

#include "base/mem.h"

static struct name_entry entry_of(struct world *w, const char *name)
{
    struct names *names = account_names(w->acct);
    const struct name_entry *e = names_find(names, str_of(name));
    struct name_entry found = e ? *e : (struct name_entry){.exists = false};

    found.name = STR_NONE;
    names_unref(names);
    return found;
}

/* All names in order, existing ones marked; children with +. */
static void assert_names(struct world *w, const char *want)
{
    struct names *names = account_names(w->acct);
    struct buf b = BUF_INIT;

    for (size_t i = 0; i < names->n; i++) {
        const struct name_entry *e = &names->v[i];

        buf_printf(&b, "%s%.*s%s%s%s", i ? " " : "", STR_FMT(e->name), e->has_children ? "+" : "",
                   e->mailbox  ? ""
                   : e->exists ? "(noselect)"
                               : "(none)",
                   e->subscribed ? "*" : "");
    }
    assert_str(buf_str(&b), str_of(want));
    buf_fini(&b);
    names_unref(names);
}

static enum err do_subscribe(struct world *w, bool on, const char *name)
{
    struct intent in = {.kind = on ? INTENT_SUBSCRIBE : INTENT_UNSUBSCRIBE,
                        .subscribe.name = str_of(name)};

    return world_do(w, &in, NULL);
}

static void superiors_are_made_along(void **state)
{
    struct world w;

    world_open(&w);
    assert_ok(do_create(&w, "a/b/c"));
    assert_int_equal(do_create(&w, "a/b"), ERR_MAILBOX_EXISTS);
    assert_int_equal(do_create(&w, "INBOX"), ERR_MAILBOX_EXISTS);
    assert_ok(do_create(&w, "INBOX/x"));
    assert_ok(do_create(&w, "a b"));
    assert_names(&w, "INBOX+ INBOX/x a+ a/b+ a/b/c a b");
    world_crash(&w);
    assert_names(&w, "INBOX+ INBOX/x a+ a/b+ a/b/c a b");
    world_close(&w);
}

/* RFC 9051, 6.3.5 */
static void deleting_a_name_with_inferiors_leaves_the_name(void **state)
{
    struct world w;

    world_open(&w);
    assert_ok(do_create(&w, "a/b/c"));
    assert_ok(do_delete(&w, "a/b"));
    assert_names(&w, "INBOX a+ a/b+(noselect) a/b/c");
    assert_ok(do_create(&w, "a/b")); /* and it can become one again */
    assert_names(&w, "INBOX a+ a/b+ a/b/c");
    assert_ok(do_delete(&w, "a/b"));
    assert_ok(do_delete(&w, "a/b/c"));
    assert_names(&w, "INBOX a");
    assert_int_equal(do_delete(&w, "INBOX"), ERR_NO_PERM);
    world_crash(&w);
    assert_names(&w, "INBOX a");
    world_close(&w);
}

static void a_deleted_mailbox_is_gone_but_its_versions_live(void **state)
{
    struct version *v, *none;
    struct world w;
    uint64_t id;

    world_open(&w);
    assert_ok(do_create(&w, "x"));
    id = mailbox_named(&w, "x");
    append_many(&w, id, 5);
    v = version_of(&w, id);
    assert_ok(do_delete(&w, "x"));
    assert_int_equal(account_version(w.acct, id, &none), ERR_NO_MAILBOX);
    assert_int_equal(do_append(&w, id, 0, NULL), ERR_NO_MAILBOX);
    versions_compare(v, v);
    version_unref(v);
    world_close(&w);
}

/* RFC 9051, 6.3.6 */
static void inferiors_go_along_when_a_name_changes(void **state)
{
    struct world w;
    uint64_t c;

    world_open(&w);
    assert_ok(do_create(&w, "a/b/c"));
    c = mailbox_named(&w, "a/b/c");
    append_many(&w, c, 2);
    assert_ok(do_rename(&w, "a/b", "x/y"));
    assert_names(&w, "INBOX a x+ x/y+ x/y/c");
    assert_int_equal(mailbox_named(&w, "x/y/c"), c);
    assert_uids(&w, c, "1:2");
    assert_int_equal(do_rename(&w, "x", "x/y/z"), ERR_BAD_NAME);
    assert_int_equal(do_rename(&w, "x", "a"), ERR_MAILBOX_EXISTS);
    world_crash(&w);
    assert_names(&w, "INBOX a x+ x/y+ x/y/c");
    world_close(&w);
}

static void renaming_inbox_moves_its_messages(void **state)
{
    struct world w;

    world_open(&w);
    append_many(&w, 1, 5);
    assert_ok(do_create(&w, "INBOX/sub"));
    assert_ok(do_rename(&w, "INBOX", "old"));
    assert_names(&w, "INBOX+ INBOX/sub old");
    assert_uids(&w, 1, "");
    assert_uids(&w, mailbox_named(&w, "old"), "1:5");
    append_many(&w, 1, 1);
    assert_uids(&w, 1, "6");
    assert_int_equal(do_rename(&w, "INBOX", "old"), ERR_MAILBOX_EXISTS);
    assert_ok(do_rename(&w, "INBOX", "INBOX/deep/er"));
    assert_uids(&w, mailbox_named(&w, "INBOX/deep/er"), "1");
    world_close(&w);
}

/* RFC 9051, 6.3.7: a subscription is to a name. */
static void subscriptions_outlive_mailboxes(void **state)
{
    struct world w;

    world_open(&w);
    assert_ok(do_create(&w, "a"));
    assert_ok(do_subscribe(&w, true, "a"));
    assert_ok(do_subscribe(&w, true, "a"));
    assert_ok(do_subscribe(&w, true, "no/such"));
    assert_ok(do_delete(&w, "a"));
    assert_names(&w, "INBOX a(none)* no(none) no/such(none)*");
    world_crash(&w);
    assert_names(&w, "INBOX a(none)* no(none) no/such(none)*");
    assert_ok(do_subscribe(&w, false, "a"));
    assert_ok(do_subscribe(&w, false, "never"));
    assert_names(&w, "INBOX no(none) no/such(none)*");
    world_close(&w);
}

static void uses_stay_with_the_mailbox(void **state)
{
    struct intent in = {.kind = INTENT_CREATE,
                        .create = {.name = STR("Papers"), .uses = USE_ARCHIVE}};
    struct world w;

    world_open(&w);
    assert_ok(world_do(&w, &in, NULL));
    assert_ok(do_rename(&w, "Papers", "Old papers"));
    world_crash(&w);
    assert_int_equal(entry_of(&w, "Old papers").uses, USE_ARCHIVE);
    world_close(&w);
}

static void limits_hold(void **state)
{
    struct mailstore_options o = {.max_mailboxes = 5, .expunge_grace = -1};
    struct world w;
    char deep[400] = "a";

    world_open_with(&w, &o);
    assert_int_equal(do_create(&w, "a/b/c/d/e"), ERR_LIMIT);
    assert_ok(do_create(&w, "a/b/c/d"));
    assert_int_equal(do_create(&w, "e"), ERR_LIMIT);
    for (unsigned i = 0; i < NAME_MAX_DEPTH; i++)
        strcat(deep, "/a");
    assert_int_equal(do_create(&w, deep), ERR_BAD_NAME);
    assert_int_equal(do_create(&w, ""), ERR_BAD_NAME);
    assert_int_equal(do_create(&w, "x//y"), ERR_BAD_NAME);
    assert_int_equal(do_create(&w, "x/"), ERR_BAD_NAME);
    assert_int_equal(do_create(&w, "inbox/y"), ERR_BAD_NAME);
    assert_int_equal(do_subscribe(&w, true, "a\r\nb"), ERR_BAD_NAME);
    world_close(&w);
}

static void what_may_be_a_name(void **state)
{
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"a", "a"},
        {"inbox", "INBOX"},
        {"InBox/x", "INBOX/x"},
        {"x/inbox", "x/inbox"},
        {"", NULL},
        {"a//b", NULL},
        {"/a", NULL},
        {"a/", NULL},
        {"a\001b", NULL},
        {"e\xcc\x81", "\xc3\xa9"},
        {"\xff", NULL},
        {"a\xe2\x80\xa8z", NULL},
        {"Entwürfe", "Entwürfe"},
        {"a%b*", "a%b*"},
    };
    struct arena *a = arena_new();

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *why;
        struct str out;
        enum err e = name_normalize(a, str_of(cases[i].in), &out, &why);

        assert_int_equal(e, cases[i].out ? ERR_OK : ERR_BAD_NAME);
        if (cases[i].out)
            assert_str(out, str_of(cases[i].out));
        else
            assert_non_null(why);
    }
    arena_free(a);
}

static void names_below_a_name_stand_together(void **state)
{
    struct names *names;
    size_t from, end;
    struct world w;

    world_open(&w);
    assert_ok(do_create(&w, "a/b"));
    assert_ok(do_create(&w, "a/c/d"));
    assert_ok(do_create(&w, "a-b"));
    assert_ok(do_create(&w, "ab"));
    names = account_names(w.acct);
    from = names_below(names, STR("a"), &end);
    assert_int_equal(end - from, 3);
    assert_lit(names->v[from].name, "a/b");
    from = names_below(names, STR("nothing"), &end);
    assert_int_equal(end - from, 0);
    names_unref(names);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(superiors_are_made_along),
        cmocka_unit_test(deleting_a_name_with_inferiors_leaves_the_name),
        cmocka_unit_test(a_deleted_mailbox_is_gone_but_its_versions_live),
        cmocka_unit_test(inferiors_go_along_when_a_name_changes),
        cmocka_unit_test(renaming_inbox_moves_its_messages),
        cmocka_unit_test(subscriptions_outlive_mailboxes),
        cmocka_unit_test(uses_stay_with_the_mailbox),
        cmocka_unit_test(limits_hold),
        cmocka_unit_test(what_may_be_a_name),
        cmocka_unit_test(names_below_a_name_stand_together),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
