#include "box.h"

#include "base/check.h"
#include "imap/summary.h"
#include "mime/parser.h"

void box_open(struct box *b)
{
    struct names *names;

    *b = (struct box){.arena = arena_new(), .store = memory_open()};
    test_exec_init(&b->exec);
    b->ms = mailstore_new(b->store, &b->exec.exec, NULL);
    assert_ok(account_open(b->ms, 7, &b->acct));
    test_exec_run(&b->exec);
    names = account_names(b->acct);
    b->mailbox = names_find(names, STR("INBOX"))->mailbox;
    names_unref(names);
}

void box_close(struct box *b)
{
    test_exec_run(&b->exec);
    account_unref(b->acct);
    test_exec_run(&b->exec);
    mailstore_close(b->ms);
    store_close(b->store);
    arena_free(b->arena);
}

static enum err submit(struct box *b, const struct intent *in)
{
    struct ticket *t = account_submit(b->acct, in, NULL, NULL);
    enum err e;

    test_exec_run(&b->exec);
    check(ticket_is_done(t));
    e = ticket_result(t)->err;
    if (e == ERR_OK && in->kind == INTENT_APPEND)
        b->kept[b->n++].uid = ticket_result(t)->to_uids.v[0].lo;
    ticket_unref(t);
    return e;
}

static struct store_blob *blob_of(struct box *b, uint64_t object, struct str bytes)
{
    struct store_blob_info info = {account_id(b->acct), object, 1700000000};
    struct store_blob *blob = store_blob_begin(b->store, &info);

    check(store_blob_append(blob, bytes) == ERR_OK);
    check(store_blob_finish(blob) == ERR_OK);
    return blob;
}

void box_add(struct box *b, const struct box_message *m)
{
    struct buf list = BUF_INIT, more = BUF_INIT;
    struct arena *a = arena_new();
    struct str keyword = str_of(m->keyword);
    struct intent_message in = {.object = account_new_object(b->acct),
                                .size = m->bytes.n,
                                .date = m->date,
                                .zone_min = m->zone_min,
                                .flags = m->flags,
                                .keywords = &keyword,
                                .n_keywords = m->keyword != NULL};

    check(b->n < BOX_MAX);
    b->kept[b->n].bytes = arena_str(b->arena, m->bytes);
    summary_build(mime_parse(a, m->bytes), &list, &more);
    if (!m->no_summary) {
        in.summary_list = buf_str(&list);
        in.summary_more = buf_str(&more);
    }
    in.blob = blob_of(b, in.object, m->bytes);
    assert_ok(submit(
        b, &(struct intent){.kind = INTENT_APPEND, .mailbox = b->mailbox, .append = {&in, 1}}));
    buf_fini(&list);
    buf_fini(&more);
    arena_free(a);
}

void box_expunge(struct box *b, uint32_t lo, uint32_t hi)
{
    struct ranges uids = RANGES_INIT;
    struct intent in = {.kind = INTENT_FLAGS, .mailbox = b->mailbox};

    ranges_add(&uids, lo, hi);
    in.flags.uids = &uids;
    in.flags.mode = FLAGS_ADD;
    in.flags.flags = FLAG_DELETED;
    assert_ok(submit(b, &in));
    in = (struct intent){.kind = INTENT_EXPUNGE, .mailbox = b->mailbox, .expunge = {&uids}};
    assert_ok(submit(b, &in));
    for (size_t i = 0; i < b->n; i++)
        b->kept[i].expunged |= ranges_has(&uids, b->kept[i].uid);
    ranges_fini(&uids);
}

struct version *box_version(struct box *b)
{
    struct version *v;

    assert_ok(account_version(b->acct, b->mailbox, &v));
    return v;
}

void box_search(struct box *b, struct search_key *key, const struct ranges *recent, int64_t us,
                struct ranges *out)
{
    struct arena *a = arena_new();
    struct search_options o = {.recent = recent ? *recent : RANGES_INIT};
    struct version *v = box_version(b);
    struct search *s = search_new(a, b->acct, v, key, &o);
    bool done = false;

    while (!done)
        assert_ok(search_run(s, us, &done));
    ranges_copy(out, search_found(s));
    search_free(s);
    version_unref(v);
    arena_free(a);
}
