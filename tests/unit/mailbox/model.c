#include "model.h"

#include "base/mem.h"

enum { OP_APPEND, OP_FLAGS, OP_COPY, OP_MOVE, OP_EXPUNGE, OP_CREATE, OP_DELETE, OP_RENAME };

uint64_t dice_roll(struct dice *d, uint64_t below)
{
    uint64_t z = (d->s += 0x9e3779b97f4a7c15ull);

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ z >> 27) * 0x94d049bb133111ebull;
    return (z ^ z >> 31) % below;
}

static void box_put(struct model_box *b, struct model_message m)
{
    if (b->n == b->cap) {
        b->cap = b->cap ? b->cap * 2 : 16;
        b->v = mem_grow(b->v, b->cap * sizeof(*b->v));
    }
    b->v[b->n++] = m;
}

static void box_look(struct model_box *b, struct world *w)
{
    struct version *v = version_of(w, b->mailbox);

    b->uidvalidity = version_head(v)->uidvalidity;
    b->uidnext = version_head(v)->uidnext;
    b->modseq = version_head(v)->modseq;
    version_unref(v);
}

void model_init(struct model *m, struct world *w)
{
    *m = (struct model){.last_uidvalidity = 0};
    m->box[0].exists = true;
    strcpy(m->box[0].name, "INBOX");
    m->box[0].mailbox = 1;
    box_look(&m->box[0], w);
    m->last_uidvalidity = m->box[0].uidvalidity;
    for (unsigned i = 1; i < MODEL_BOXES; i++)
        snprintf(m->box[i].name, sizeof(m->box[i].name), "box%u", i);
}

void model_fini(struct model *m)
{
    for (unsigned i = 0; i < MODEL_BOXES; i++)
        mem_free(m->box[i].v);
}

void model_copy(struct model *to, const struct model *from)
{
    *to = *from;
    for (unsigned i = 0; i < MODEL_BOXES; i++) {
        to->box[i].v = NEW_ARRAY(struct model_message, from->box[i].cap + 1);
        if (from->box[i].n)
            memcpy(to->box[i].v, from->box[i].v, from->box[i].n * sizeof(*to->box[i].v));
        to->box[i].cap = from->box[i].cap + 1;
    }
}

/* ---- choosing ---- */

static void choose_uids(const struct model_box *b, struct dice *d, struct ranges *out)
{
    unsigned n = 1 + (unsigned)dice_roll(d, 4);

    *out = RANGES_INIT;
    while (n--) {
        uint32_t lo = 1 + (uint32_t)dice_roll(d, b->uidnext + 2);
        uint32_t len = (uint32_t)(dice_roll(d, 3) ? dice_roll(d, 6) : dice_roll(d, b->uidnext + 1));

        ranges_add(out, lo, lo + len);
    }
}

void model_choose_message_op(struct model *m, struct dice *d, struct model_op *op)
{
    do {
        model_choose(m, d, op);
        if (op->kind > OP_EXPUNGE)
            ranges_fini(&op->uids);
    } while (op->kind > OP_EXPUNGE);
    op->has_since = false;
}

void model_choose(struct model *m, struct dice *d, struct model_op *op)
{
    static const unsigned char odds[] = {OP_APPEND, OP_APPEND, OP_APPEND, OP_APPEND,  OP_APPEND,
                                         OP_FLAGS,  OP_FLAGS,  OP_FLAGS,  OP_FLAGS,   OP_COPY,
                                         OP_COPY,   OP_MOVE,   OP_MOVE,   OP_EXPUNGE, OP_EXPUNGE,
                                         OP_CREATE, OP_CREATE, OP_DELETE, OP_RENAME,  OP_FLAGS};

    *op = (struct model_op){.kind = odds[dice_roll(d, sizeof(odds))]};
    op->box = (unsigned)dice_roll(d, MODEL_BOXES);
    if (dice_roll(d, 2))
        op->box = 0;
    op->to = (unsigned)dice_roll(d, MODEL_BOXES);
    op->flags = (uint8_t)dice_roll(d, 32);
    if (dice_roll(d, 2))
        op->flags &= FLAG_DELETED | FLAG_SEEN;
    op->keyword = dice_roll(d, 3) ? 0 : (uint8_t)dice_roll(d, 1 << MODEL_KEYWORDS);
    if (op->kind == OP_COPY && m->box[op->box].n > 150) /* copies into itself double it */
        op->kind = OP_MOVE;
    if (op->kind == OP_APPEND && m->box[op->box].n > 800)
        op->kind = OP_EXPUNGE;
    op->mode = (enum flags_mode)dice_roll(d, 3);
    op->count = 1 + (unsigned)dice_roll(d, 8);
    op->has_since = dice_roll(d, 4) == 0;
    op->since = dice_roll(d, m->box[op->box].modseq + 2);
    choose_uids(&m->box[op->box], d, &op->uids);
}

void model_op_fini(struct model_op *op)
{
    ticket_unref(op->ticket);
    ranges_fini(&op->uids);
    op->ticket = NULL;
}

/* ---- submitting ---- */

static const struct str keyword_names[MODEL_KEYWORDS] = {
    {"$Work", 5}, {"$Forwarded", 10}, {"a", 1}, {"Bb", 2}, {"$Junk", 5}};

static size_t keyword_list(uint8_t set, struct str *out)
{
    size_t n = 0;

    for (unsigned i = 0; i < MODEL_KEYWORDS; i++)
        if (set >> i & 1)
            out[n++] = keyword_names[i];
    return n;
}

static void submit_messages(struct model_box *b, struct world *w, struct model_op *op)
{
    struct intent_message msg[8] = {0};
    struct str kw[MODEL_KEYWORDS];
    size_t n = keyword_list(op->keyword, kw);
    struct intent in = {.kind = INTENT_APPEND, .mailbox = b->mailbox, .append = {msg, op->count}};

    for (unsigned i = 0; i < op->count; i++) {
        msg[i] = (struct intent_message){.object = account_new_object(w->acct),
                                         .size = 100 + i,
                                         .date = 1600000000,
                                         .flags = op->flags,
                                         .keywords = kw,
                                         .n_keywords = n};
        op->objects[i] = msg[i].object;
        op->sizes[i] = msg[i].size;
    }
    op->ticket = account_submit(w->acct, &in, NULL, NULL);
}

void model_submit(struct model *m, struct world *w, struct model_op *op)
{
    struct model_box *b = &m->box[op->box];
    struct intent in = {.mailbox = b->exists ? b->mailbox : 999999};
    struct str kw[MODEL_KEYWORDS];
    char name[32];

    switch (op->kind) {
    case OP_APPEND:
        submit_messages(b->exists ? b : &(struct model_box){.mailbox = 999999}, w, op);
        return;
    case OP_FLAGS:
        in.kind = INTENT_FLAGS;
        in.flags.uids = &op->uids;
        in.flags.mode = op->mode;
        in.flags.flags = op->flags;
        in.flags.keywords = kw;
        in.flags.n_keywords = keyword_list(op->keyword, kw);
        in.flags.has_unchangedsince = op->has_since;
        in.flags.unchangedsince = op->since;
        break;
    case OP_COPY:
    case OP_MOVE:
        in.kind = op->kind == OP_COPY ? INTENT_COPY : INTENT_MOVE;
        in.copy.uids = &op->uids;
        in.copy.to = m->box[op->to].exists ? m->box[op->to].mailbox : 999999;
        break;
    case OP_EXPUNGE:
        in.kind = INTENT_EXPUNGE;
        in.expunge.uids = op->has_since ? &op->uids : NULL;
        break;
    case OP_CREATE:
        in.kind = INTENT_CREATE;
        in.create.name = str_of(b->name);
        break;
    case OP_DELETE:
        in.kind = INTENT_DELETE;
        break;
    case OP_RENAME:
        in.kind = INTENT_RENAME;
        snprintf(name, sizeof(name), "%s", m->box[op->to].name);
        in.rename.name = str_of(name);
        break;
    }
    op->ticket = account_submit(w->acct, &in, NULL, NULL);
}

/* ---- effects ---- */

static void effect_append(struct model_box *b, struct model_op *op, const struct ticket_result *r)
{
    assert_int_equal(r->uidvalidity, b->uidvalidity);
    assert_int_equal(ranges_count(&r->to_uids), op->count);
    assert_int_equal(r->to_uids.v[0].lo, b->uidnext);
    assert_true(r->modseq > b->modseq);
    for (unsigned i = 0; i < op->count; i++)
        box_put(b, (struct model_message){b->uidnext++, op->flags, op->keyword, op->objects[i],
                                          op->sizes[i], r->modseq});
    b->modseq = r->modseq;
}

static void effect_flags(struct model_box *b, struct model_op *op, const struct ticket_result *r)
{
    struct ranges missing = RANGES_INIT;
    bool any = false;

    ranges_copy(&missing, &op->uids);
    for (size_t i = 0; i < b->n; i++) {
        struct model_message *m = &b->v[i];
        uint8_t flags, keywords;

        if (!ranges_has(&op->uids, m->uid))
            continue;
        ranges_remove(&missing, m->uid, m->uid);
        if (op->has_since && m->modseq > op->since) {
            assert_true(ranges_has(&r->modified, m->uid));
            assert_false(ranges_has(&r->changed, m->uid));
            continue;
        }
        assert_false(ranges_has(&r->modified, m->uid));
        flags = op->mode == FLAGS_SET   ? op->flags
                : op->mode == FLAGS_ADD ? m->flags | op->flags
                                        : m->flags & ~op->flags;
        keywords = op->mode == FLAGS_SET   ? op->keyword
                   : op->mode == FLAGS_ADD ? m->keywords | op->keyword
                                           : m->keywords & ~op->keyword;
        assert_int_equal(ranges_has(&r->changed, m->uid),
                         flags != m->flags || keywords != m->keywords);
        if (flags != m->flags || keywords != m->keywords) {
            m->flags = flags;
            m->keywords = keywords;
            m->modseq = r->modseq;
            any = true;
        }
    }
    ranges_subtract(&missing, &r->missing);
    assert_int_equal(missing.n, 0);
    ranges_fini(&missing);
    if (b->modseq)
        assert_true(any ? r->modseq > b->modseq : r->modseq == b->modseq);
    b->modseq = r->modseq;
}

static void box_take_out(struct model_box *b, const struct ranges *uids)
{
    size_t k = 0;

    for (size_t i = 0; i < b->n; i++)
        if (!ranges_has(uids, b->v[i].uid))
            b->v[k++] = b->v[i];
    b->n = k;
}

static void effect_copy(struct model_box *b, struct model_box *to, struct world *w, bool move,
                        const struct ranges *uids, const struct ticket_result *r)
{
    struct ranges came = RANGES_INIT;
    size_t n = b->n;

    for (size_t i = 0; i < n; i++) {
        struct model_message m = b->v[i];

        if (!ranges_has(uids, m.uid))
            continue;
        ranges_add(&came, m.uid, m.uid);
        m.uid = to->uidnext++;
        m.modseq = 0; /* found out below */
        box_put(to, m);
    }
    assert_int_equal(ranges_count(&r->from_uids), ranges_count(&came));
    assert_int_equal(ranges_count(&r->to_uids), ranges_count(&came));
    if (came.n)
        assert_int_equal(r->to_uids.v[r->to_uids.n - 1].hi, to->uidnext - 1);
    assert_int_equal(ranges_count(&r->expunged), move ? ranges_count(&came) : 0);
    if (move)
        box_take_out(b, &came);
    ranges_fini(&came);
}

static void effect_create(struct model *m, struct model_box *b, struct world *w,
                          const struct ticket_result *r)
{
    assert_true(r->uidvalidity > m->last_uidvalidity);
    m->last_uidvalidity = r->uidvalidity;
    b->exists = true;
    b->mailbox = r->mailbox;
    b->uidvalidity = r->uidvalidity;
    b->uidnext = 1;
    b->modseq = 1;
    b->n = 0;
}

static enum err expected(struct model *m, const struct model_op *op)
{
    const struct model_box *b = &m->box[op->box], *to = &m->box[op->to];

    if (op->kind == OP_CREATE)
        return b->exists ? ERR_MAILBOX_EXISTS : ERR_OK;
    if (!b->exists)
        return ERR_NO_MAILBOX;
    if ((op->kind == OP_COPY || op->kind == OP_MOVE) && !to->exists)
        return ERR_NO_MAILBOX;
    if (op->kind == OP_DELETE && op->box == 0)
        return ERR_NO_PERM;
    if (op->kind == OP_RENAME && to->exists)
        return ERR_MAILBOX_EXISTS;
    return ERR_OK;
}

static void effect_rename(struct model *m, struct world *w, struct model_op *op,
                          const struct ticket_result *r)
{
    struct model_box *b = &m->box[op->box], *to = &m->box[op->to];
    struct ranges all = RANGES_INIT;
    struct model_box moved;

    if (op->box == 0) {
        effect_create(
            m, to, w,
            &(struct ticket_result){.uidvalidity = r->uidvalidity, .mailbox = r->mailbox});
        ranges_add(&all, 1, UINT32_MAX);
        effect_copy(b, to, w, true, &all, r);
        ranges_fini(&all);
        return;
    }
    moved = *to;
    memcpy(moved.name, b->name, sizeof(moved.name));
    memcpy(b->name, to->name, sizeof(b->name));
    *to = *b;
    *b = moved;
}

void model_effect(struct model *m, struct world *w, struct model_op *op)
{
    struct model_box *b = &m->box[op->box], *to = &m->box[op->to];
    const struct ticket_result *r = ticket_result(op->ticket);
    struct ranges gone = RANGES_INIT;

    if (r->err == ERR_IO || r->err == ERR_CONFLICT) { /* as the test wanted: nothing happened */
        model_op_fini(op);
        return;
    }
    assert_int_equal(r->err, expected(m, op));
    if (r->err == ERR_OK) {
        switch (op->kind) {
        case OP_APPEND:
            effect_append(b, op, r);
            break;
        case OP_FLAGS:
            effect_flags(b, op, r);
            break;
        case OP_COPY:
        case OP_MOVE:
            effect_copy(b, to, w, op->kind == OP_MOVE, &op->uids, r);
            break;
        case OP_EXPUNGE:
            for (size_t i = 0; i < b->n; i++)
                if (b->v[i].flags & FLAG_DELETED &&
                    (!op->has_since || ranges_has(&op->uids, b->v[i].uid)))
                    ranges_add(&gone, b->v[i].uid, b->v[i].uid);
            assert_int_equal(ranges_count(&gone), ranges_count(&r->expunged));
            box_take_out(b, &gone);
            break;
        case OP_CREATE:
            effect_create(m, b, w, r);
            break;
        case OP_DELETE:
            b->exists = false;
            b->n = 0;
            break;
        case OP_RENAME:
            effect_rename(m, w, op, r);
            break;
        }
        /* what only the real one knows: the modseq of copies and expunges */
        if (op->kind == OP_COPY || op->kind == OP_MOVE || op->kind == OP_RENAME ||
            op->kind == OP_EXPUNGE)
            for (unsigned i = 0; i < MODEL_BOXES; i++)
                if (m->box[i].exists)
                    m->box[i].modseq = 0;
    }
    ranges_fini(&gone);
    model_op_fini(op);
}

void model_step(struct model *m, struct world *w, struct dice *d)
{
    struct model_op op;

    model_choose(m, d, &op);
    model_submit(m, w, &op);
    world_wait(w, op.ticket);
    model_effect(m, w, &op);
    model_learn_all(m, w);
}

void model_learn_all(struct model *m, struct world *w)
{
    for (unsigned i = 0; i < MODEL_BOXES; i++)
        if (m->box[i].exists && m->box[i].modseq == 0)
            model_learn(&m->box[i], w);
}

/* ---- comparing ---- */

static uint8_t model_keywords(struct version *v, const struct row *r)
{
    uint8_t set = 0;

    for (unsigned i = 0; i < MODEL_KEYWORDS; i++) {
        int id = version_keyword_find(v, keyword_names[i]);

        if (id >= 0 && keyword_has(&r->keywords, (unsigned)id))
            set |= (uint8_t)(1 << i);
    }
    return set;
}

static bool row_equals(struct version *v, const struct row *r, const struct model_message *m)
{
    return r->uid == m->uid && r->flags == m->flags && model_keywords(v, r) == m->keywords &&
           r->object == m->object && r->size == m->size &&
           (m->modseq == 0 || r->modseq == m->modseq) && r->modseq <= version_head(v)->modseq;
}

static bool head_equals(const struct version_head *h, const struct model_box *b)
{
    uint32_t unseen = 0, deleted = 0;
    uint64_t bytes = 0;

    for (size_t i = 0; i < b->n; i++) {
        unseen += !(b->v[i].flags & FLAG_SEEN);
        deleted += (b->v[i].flags & FLAG_DELETED) != 0;
        bytes += b->v[i].size;
    }
    return h->messages == b->n && h->unseen == unseen && h->deleted == deleted &&
           h->bytes == bytes && h->uidnext == b->uidnext && h->uidvalidity == b->uidvalidity &&
           h->modseq >= b->modseq;
}

static bool box_equals(struct model_box *b, struct world *w)
{
    struct version *v;
    struct cursor c;
    struct row r;
    bool same, got = true;
    size_t i = 0;

    if (account_version(w->acct, b->mailbox, &v) != ERR_OK)
        return false;
    same = head_equals(version_head(v), b);
    cursor_init(&c, v);
    while (same && got) {
        if (cursor_next(&c, &r, &got) != ERR_OK)
            same = false;
        else if (got)
            same = i < b->n && row_equals(v, &r, &b->v[i++]);
    }
    cursor_fini(&c);
    version_unref(v);
    return same && i == b->n;
}

bool model_equals(struct model *m, struct world *w)
{
    for (unsigned i = 0; i < MODEL_BOXES; i++) {
        uint64_t id = mailbox_named(w, m->box[i].name);

        if (id != (m->box[i].exists ? m->box[i].mailbox : 0))
            return false;
        if (id && !box_equals(&m->box[i], w))
            return false;
    }
    return true;
}

void model_compare(struct model *m, struct world *w)
{
    assert_true(model_equals(m, w));
}

void model_learn(struct model_box *b, struct world *w)
{
    struct version *v = version_of(w, b->mailbox);
    struct cursor c;
    struct row r;
    bool got = true;
    size_t i = 0;

    b->modseq = version_head(v)->modseq;
    cursor_init(&c, v);
    while (i < b->n) {
        assert_ok(cursor_next(&c, &r, &got));
        if (!got)
            break;
        if (b->v[i].uid == r.uid && b->v[i].modseq == 0)
            b->v[i].modseq = r.modseq;
        i++;
    }
    cursor_fini(&c);
    version_unref(v);
}
