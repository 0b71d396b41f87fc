/*
 * mailbox/check_mailbox.c - proving one mailbox, on a version of it: nothing it names changes
 * meanwhile.
 */
#include "mailbox/check_priv.h"

#include "base/mem.h"

struct mailbox_check {
    struct checking *k;
    struct version *v;
    struct str name;
    uint32_t last_uid;
    uint64_t messages, unseen, deleted, bytes;
};

static void body_check(struct mailbox_check *m, uint32_t uid, uint64_t object, uint64_t size)
{
    struct store *store = m->k->acct->ms->store;
    uint64_t have = 0;
    enum err e = store_blob_stat(store, m->k->acct->id, object, &have);

    if (e != ERR_OK)
        finding(m->k, "mailbox \"%.*s\": message UID %u has no body (object %llu): %s",
                STR_FMT(m->name), uid, (unsigned long long)object, err_text(e));
    else if (have != size)
        finding(m->k, "mailbox \"%.*s\": message UID %u should have %llu bytes and has %llu",
                STR_FMT(m->name), uid, (unsigned long long)size, (unsigned long long)have);
    else if (m->k->deep && (e = store_blob_verify(store, m->k->acct->id, object)) != ERR_OK)
        finding(m->k, "mailbox \"%.*s\": message UID %u: %s", STR_FMT(m->name), uid, err_text(e));
}

static void row_check(struct mailbox_check *m, const struct chunk *c, const struct row *r)
{
    if (r->uid <= m->last_uid || r->uid < c->first_uid || r->uid > c->last_uid ||
        r->uid >= m->v->head.uidnext)
        finding(m->k, "mailbox \"%.*s\": UID %u is out of order", STR_FMT(m->name), r->uid);
    m->last_uid = r->uid;
    if (r->modseq > m->v->head.modseq || r->modseq > c->max_modseq)
        finding(m->k, "mailbox \"%.*s\": UID %u has a modseq above the mailbox's", STR_FMT(m->name),
                r->uid);
    m->messages++;
    m->unseen += !(r->flags & FLAG_SEEN);
    m->deleted += (r->flags & FLAG_DELETED) != 0;
    m->bytes += r->size;
    reap_object(&m->k->named, r->object);
    body_check(m, r->uid, r->object, r->size);
}

static void chunk_check(struct mailbox_check *m, const struct chunk *c)
{
    struct columns cols;
    uint64_t most = 0;
    enum err e = columns_load(m->v, c, &cols);

    if (e != ERR_OK) {
        finding(m->k, "mailbox \"%.*s\": messages UID %u to %u cannot be read: %s",
                STR_FMT(m->name), c->first_uid, c->last_uid, err_text(e));
        return;
    }
    for (unsigned i = 0; i < c->slots; i++) {
        struct row r;

        if (bits_has(&state_of(cols.state)->dead, i))
            continue;
        row_fill(&r, stable_of(cols.stable), state_of(cols.state), i);
        row_check(m, c, &r);
        most = r.modseq > most ? r.modseq : most;
    }
    if (c->live && most != c->max_modseq)
        finding(m->k, "mailbox \"%.*s\": the directory is wrong about modseqs of UID %u to %u",
                STR_FMT(m->name), c->first_uid, c->last_uid);
    columns_fini(&cols);
}

static void head_check(struct mailbox_check *m)
{
    const struct version_head *h = &m->v->head;

    if (m->messages != h->messages || m->unseen != h->unseen || m->deleted != h->deleted ||
        m->bytes != h->bytes)
        finding(m->k,
                "mailbox \"%.*s\": the counts (%u messages, %u unseen, %llu bytes) are not what is "
                "there "
                "(%llu, %llu, %llu)",
                STR_FMT(m->name), h->messages, h->unseen, (unsigned long long)h->bytes,
                (unsigned long long)m->messages, (unsigned long long)m->unseen,
                (unsigned long long)m->bytes);
}

struct history_check {
    struct mailbox_check *m;
    struct ranges gone;
};

static enum err history_note(void *arg, uint64_t modseq, size_t parts, const struct history *h)
{
    struct history_check *c = arg;

    ranges_union(&c->gone, &h->uids);
    for (size_t i = 0; i < h->n_objects; i++)
        reap_object(&c->m->k->named, h->objects[i]);
    return ERR_OK;
}

/* A UID that is there cannot have been expunged. */
static enum err history_check(struct mailbox_check *m)
{
    struct history_check c = {m, RANGES_INIT};
    struct ranges live = RANGES_INIT;
    const struct account *acct = m->k->acct;
    enum err e = history_each(acct->ms->store, acct->id, m->v->head.mailbox, 0, m->v->head.modseq,
                              history_note, &c);

    if (e == ERR_OK)
        e = version_uids(m->v, 1, UINT32_MAX, &live);
    if (e == ERR_CORRUPT || e == ERR_VERSION) {
        finding(m->k, "mailbox \"%.*s\": the expunge history cannot be read: %s", STR_FMT(m->name),
                err_text(e));
        e = ERR_OK;
    } else if (e == ERR_OK) {
        ranges_intersect(&c.gone, &live);
        if (c.gone.n)
            finding(m->k, "mailbox \"%.*s\": UID %u is there and in the expunge history",
                    STR_FMT(m->name), c.gone.v[0].lo);
    }
    ranges_fini(&c.gone);
    ranges_fini(&live);
    return e;
}

/* What the store has must lead to the counts of the head: mailbox_read says so. */
static void store_agrees(struct mailbox_check *m)
{
    struct shelf *shelf =
        shelf_new(m->k->acct->ms->store, m->k->acct->ms->cache, m->k->acct->id, m->v->head.mailbox);
    struct log_list log;
    struct version *v = NULL;
    enum err e = ERR_CORRUPT;

    for (unsigned i = 0; e == ERR_CORRUPT && i < 3 && check_quiet(m->k); i++) {
        e = mailbox_read(shelf, &v, &log);
        if (e == ERR_OK)
            log_list_fini(&log);
    }
    if (e == ERR_OK)
        version_unref(v);
    else if (e == ERR_CORRUPT && check_quiet(m->k))
        finding(m->k, "mailbox \"%.*s\": head, chunks and log do not agree", STR_FMT(m->name));
    shelf_unref(shelf);
}

enum err check_mailbox(struct checking *k, uint64_t mailbox, struct str name)
{
    struct mailbox_check m = {.k = k, .name = name};
    enum err e = account_version(k->acct, mailbox, &m.v);

    if (e == ERR_NO_MAILBOX)
        return ERR_OK;
    k->report->mailboxes++;
    if (e == ERR_CORRUPT || e == ERR_VERSION) {
        finding(k, "mailbox \"%.*s\" cannot be opened: %s", STR_FMT(name), err_text(e));
        return ERR_OK;
    }
    TRY(e);
    for (struct place p = version_first(m.v); p.c; p = place_next(m.v, p))
        chunk_check(&m, p.c);
    k->report->messages += m.messages;
    head_check(&m);
    e = history_check(&m);
    store_agrees(&m);
    version_unref(m.v);
    return e;
}
