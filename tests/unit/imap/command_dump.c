/*
 * tests/unit/imap/command_dump.c - a command as one line of text.
 */
#include "command_dump.h"

#include "base/mem.h"
#include "imap/format.h"

static void dump_str(struct buf *out, struct str s)
{
    if (s.p == NULL) {
        BUF_LIT(out, "-");
        return;
    }
    buf_add_char(out, '"');
    for (size_t i = 0; i < s.n; i++) {
        if ((unsigned char)s.p[i] < ' ')
            buf_printf(out, "\\%02x", s.p[i]);
        else
            buf_add_char(out, s.p[i]);
    }
    buf_add_char(out, '"');
}

static void dump_strs(struct buf *out, const struct str *v, size_t n)
{
    buf_add_char(out, '(');
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            buf_add_char(out, ' ');
        dump_str(out, v[i]);
    }
    buf_add_char(out, ')');
}

static void dump_seq(struct buf *out, uint32_t n)
{
    if (n == 0)
        buf_add_char(out, '*');
    else
        buf_add_u64(out, n);
}

static void dump_set(struct buf *out, const struct imap_set *set)
{
    for (size_t i = 0; i < set->n; i++) {
        if (i > 0)
            buf_add_char(out, ',');
        dump_seq(out, set->v[i].lo);
        if (set->v[i].hi != set->v[i].lo) {
            buf_add_char(out, ':');
            dump_seq(out, set->v[i].hi);
        }
    }
    if (set->saved)
        buf_add_cstr(out, set->n > 0 ? ",$" : "$");
}

static void dump_mailbox(struct buf *out, const struct imap_mailbox *m)
{
    dump_str(out, m->name);
    if (m->bad)
        BUF_LIT(out, "!");
}

static void dump_flags(struct buf *out, const struct imap_flags *f)
{
    imap_put_flags(out, f->system, false, f->keywords, f->n_keywords);
}

static void dump_bits(struct buf *out, uint32_t bits, const char *const *names)
{
    for (size_t i = 0; names[i] != NULL; i++) {
        if (bits & 1u << i)
            buf_printf(out, " %s", names[i]);
    }
}

static const char *const status_names[] = {"messages",    "recent",        "uidnext",
                                           "uidvalidity", "unseen",        "deleted",
                                           "size",        "highestmodseq", NULL};

static void dump_id(struct buf *out, const struct imap_command *c)
{
    for (size_t i = 0; i < c->id.n; i++) {
        buf_add_char(out, ' ');
        dump_str(out, c->id.pairs[i].name);
        buf_add_char(out, '=');
        dump_str(out, c->id.pairs[i].value);
    }
}

static void dump_authenticate(struct buf *out, const struct imap_command *c)
{
    buf_printf(out, " %.*s", STR_FMT(c->authenticate.mechanism));
    if (c->authenticate.has_initial)
        buf_printf(out, " initial %.*s", STR_FMT(c->authenticate.initial));
}

static void dump_login(struct buf *out, const struct imap_command *c)
{
    buf_add_char(out, ' ');
    dump_str(out, c->login.user);
    buf_add_char(out, ' ');
    dump_str(out, c->login.password);
}

static void dump_enable(struct buf *out, const struct imap_command *c)
{
    buf_add_char(out, ' ');
    dump_strs(out, c->enable.names, c->enable.n);
}

static void dump_qresync(struct buf *out, const struct imap_qresync *q)
{
    buf_printf(out, " qresync %u %llu", q->uidvalidity, (unsigned long long)q->modseq);
    if (q->has_known) {
        BUF_LIT(out, " known ");
        ranges_format(&q->known, out);
    }
    if (q->has_match) {
        BUF_LIT(out, " match ");
        dump_set(out, &q->match_seqs);
        buf_add_char(out, '=');
        dump_set(out, &q->match_uids);
    }
}

static void dump_select(struct buf *out, const struct imap_command *c)
{
    buf_add_char(out, ' ');
    dump_mailbox(out, &c->select.mailbox);
    if (c->select.condstore)
        BUF_LIT(out, " condstore");
    if (c->select.qresync != NULL)
        dump_qresync(out, c->select.qresync);
}

static void dump_create(struct buf *out, const struct imap_command *c)
{
    buf_add_char(out, ' ');
    dump_mailbox(out, &c->create.mailbox);
    if (c->create.trailing_delimiter)
        BUF_LIT(out, " trailing");
    if (c->create.has_uses) {
        BUF_LIT(out, " use ");
        dump_strs(out, c->create.uses, c->create.n_uses);
    }
}

static void dump_mailbox_only(struct buf *out, const struct imap_command *c)
{
    buf_add_char(out, ' ');
    dump_mailbox(out, &c->mailbox.mailbox);
}

static void dump_rename(struct buf *out, const struct imap_command *c)
{
    buf_add_char(out, ' ');
    dump_mailbox(out, &c->rename.from);
    buf_add_char(out, ' ');
    dump_mailbox(out, &c->rename.to);
}

static void dump_list(struct buf *out, const struct imap_command *c)
{
    static const char *const options[] = {"subscribed",
                                          "remote",
                                          "recursivematch",
                                          "special-use",
                                          "return-subscribed",
                                          "return-children",
                                          "return-special-use",
                                          "return-status",
                                          NULL};

    buf_add_char(out, ' ');
    dump_str(out, c->list.reference);
    buf_add_char(out, ' ');
    dump_strs(out, c->list.patterns, c->list.n_patterns);
    if (c->list.extended)
        BUF_LIT(out, " extended");
    dump_bits(out, c->list.options, options);
    if (c->list.status != 0)
        BUF_LIT(out, " :");
    dump_bits(out, c->list.status, status_names);
}

static void dump_status(struct buf *out, const struct imap_command *c)
{
    buf_add_char(out, ' ');
    dump_mailbox(out, &c->status.mailbox);
    dump_bits(out, c->status.items, status_names);
}

static void dump_append(struct buf *out, const struct imap_command *c)
{
    buf_add_char(out, ' ');
    dump_mailbox(out, &c->append.mailbox);
    buf_add_char(out, ' ');
    dump_flags(out, &c->append.flags);
    if (c->append.has_date)
        buf_printf(out, " date %lld%+d", (long long)c->append.date, c->append.zone_min);
    buf_printf(out, " %s%s%llu", c->append.message.binary ? "binary " : "",
               c->append.message.sync ? "sync " : "", (unsigned long long)c->append.message.size);
    if (c->append.message_is_streamed) {
        BUF_LIT(out, " streamed");
    } else {
        buf_add_char(out, ' ');
        dump_str(out, c->append.message_bytes);
    }
}

static void dump_expunge(struct buf *out, const struct imap_command *c)
{
    if (c->uid)
        buf_add_char(out, ' ');
    dump_set(out, &c->expunge.set);
}

static void dump_key_args(const struct search_key *key, struct buf *out)
{
    if (key->flag != 0)
        buf_printf(out, " %s", imap_flag_name(key->flag));
    if (key->set != NULL) {
        buf_add_char(out, ' ');
        dump_set(out, key->set);
    }
    if (key->name.p != NULL) {
        buf_add_char(out, ' ');
        dump_str(out, key->name);
    }
    if (key->text.p != NULL) {
        buf_add_char(out, ' ');
        dump_str(out, key->text);
    }
    if (key->kind >= SEARCH_BEFORE && key->kind <= SEARCH_SENTSINCE)
        buf_printf(out, " %lld", (long long)key->day);
    if (key->kind >= SEARCH_LARGER)
        buf_printf(out, " %llu", (unsigned long long)key->number);
}

void search_dump(const struct search_key *key, struct buf *out)
{
    static const char *const names[] = {
        [SEARCH_ALL] = "all",
        [SEARCH_AND] = "and",
        [SEARCH_OR] = "or",
        [SEARCH_NOT] = "not",
        [SEARCH_SEQ] = "seq",
        [SEARCH_UID] = "uid",
        [SEARCH_FLAG] = "flag",
        [SEARCH_KEYWORD] = "keyword",
        [SEARCH_RECENT] = "recent",
        [SEARCH_NEW] = "new",
        [SEARCH_HEADER] = "header",
        [SEARCH_BODY] = "body",
        [SEARCH_TEXT] = "text",
        [SEARCH_BEFORE] = "before",
        [SEARCH_ON] = "on",
        [SEARCH_SINCE] = "since",
        [SEARCH_SENTBEFORE] = "sentbefore",
        [SEARCH_SENTON] = "senton",
        [SEARCH_SENTSINCE] = "sentsince",
        [SEARCH_LARGER] = "larger",
        [SEARCH_SMALLER] = "smaller",
        [SEARCH_MODSEQ] = "modseq",
    };

    buf_printf(out, "(%s", names[key->kind]);
    dump_key_args(key, out);
    for (const struct search_key *child = key->child; child != NULL; child = child->next) {
        buf_add_char(out, ' ');
        search_dump(child, out);
    }
    buf_add_char(out, ')');
}

static void dump_search(struct buf *out, const struct imap_command *c)
{
    static const char *const returns[] = {"min", "max", "all", "count", "save", NULL};

    if (c->search.has_return)
        BUF_LIT(out, " return");
    dump_bits(out, c->search.returns, returns);
    if (c->search.has_modseq)
        BUF_LIT(out, " has-modseq");
    buf_add_char(out, ' ');
    search_dump(c->search.key, out);
}

static void dump_item(struct buf *out, const struct imap_fetch_item *item)
{
    static const char *const kinds[] = {
        [FETCH_UID] = "uid",
        [FETCH_FLAGS] = "flags",
        [FETCH_INTERNALDATE] = "internaldate",
        [FETCH_SIZE] = "size",
        [FETCH_ENVELOPE] = "envelope",
        [FETCH_BODYSTRUCTURE] = "bodystructure",
        [FETCH_BODY] = "body",
        [FETCH_MODSEQ] = "modseq",
        [FETCH_SECTION] = "section",
        [FETCH_RFC822] = "rfc822",
        [FETCH_RFC822_HEADER] = "rfc822.header",
        [FETCH_RFC822_TEXT] = "rfc822.text",
        [FETCH_BINARY] = "binary",
        [FETCH_BINARY_SIZE] = "binary.size",
    };

    buf_printf(out, " %s%s", kinds[item->kind], item->peek ? ".peek" : "");
    if (item->kind == FETCH_SECTION || item->kind >= FETCH_BINARY) {
        buf_add_char(out, '[');
        imap_put_section(out, &item->section);
        buf_add_char(out, ']');
    }
    if (item->partial)
        buf_printf(out, "<%llu.%llu>", (unsigned long long)item->offset,
                   (unsigned long long)item->count);
}

static void dump_fetch(struct buf *out, const struct imap_command *c)
{
    buf_add_char(out, ' ');
    dump_set(out, &c->fetch.set);
    for (size_t i = 0; i < c->fetch.n_items; i++)
        dump_item(out, &c->fetch.items[i]);
    if (c->fetch.has_changedsince)
        buf_printf(out, " changedsince %llu", (unsigned long long)c->fetch.changedsince);
    if (c->fetch.vanished)
        BUF_LIT(out, " vanished");
}

static void dump_store(struct buf *out, const struct imap_command *c)
{
    buf_add_char(out, ' ');
    dump_set(out, &c->store.set);
    if (c->store.has_unchangedsince)
        buf_printf(out, " unchangedsince %llu", (unsigned long long)c->store.unchangedsince);
    buf_printf(out, " %s%s ", (const char *[]){"set", "add", "remove"}[c->store.mode],
               c->store.silent ? " silent" : "");
    dump_flags(out, &c->store.flags);
}

static void dump_copy(struct buf *out, const struct imap_command *c)
{
    buf_add_char(out, ' ');
    dump_set(out, &c->copy.set);
    buf_add_char(out, ' ');
    dump_mailbox(out, &c->copy.mailbox);
}

static const struct dumper {
    enum imap_name name;
    void (*dump)(struct buf *out, const struct imap_command *c);
} dumpers[] = {
    {IMAP_ID, dump_id},
    {IMAP_AUTHENTICATE, dump_authenticate},
    {IMAP_LOGIN, dump_login},
    {IMAP_ENABLE, dump_enable},
    {IMAP_SELECT, dump_select},
    {IMAP_EXAMINE, dump_select},
    {IMAP_CREATE, dump_create},
    {IMAP_DELETE, dump_mailbox_only},
    {IMAP_SUBSCRIBE, dump_mailbox_only},
    {IMAP_UNSUBSCRIBE, dump_mailbox_only},
    {IMAP_RENAME, dump_rename},
    {IMAP_LIST, dump_list},
    {IMAP_LSUB, dump_list},
    {IMAP_STATUS, dump_status},
    {IMAP_APPEND, dump_append},
    {IMAP_EXPUNGE, dump_expunge},
    {IMAP_SEARCH, dump_search},
    {IMAP_FETCH, dump_fetch},
    {IMAP_STORE, dump_store},
    {IMAP_COPY, dump_copy},
    {IMAP_MOVE, dump_copy},
};

void command_dump(const struct imap_command *c, struct buf *out)
{
    buf_printf(out, "%.*s %s%.*s", STR_FMT(c->tag), c->uid ? "UID " : "", STR_FMT(c->name_text));
    for (size_t i = 0; i < ARRAY_LEN(dumpers); i++) {
        if (dumpers[i].name == c->name)
            dumpers[i].dump(out, c);
    }
}

void parse_dump(struct arena *a, struct imap_text text, const struct imap_parse_options *o,
                struct buf *out)
{
    struct imap_parse_error error;
    struct imap_command c;

    if (imap_parse(a, text, o, &c, &error) == ERR_OK) {
        command_dump(&c, out);
        return;
    }
    buf_printf(out, "%s ", error.no ? "NO" : "BAD");
    if (error.code != NULL)
        buf_printf(out, "[%s] ", error.code);
    buf_add_cstr(out, error.text);
}
