/* Values of the mailbox room, with a right checksum and anything inside: each decodes or is
 * refused; what decodes, encodes to something that decodes to the same bytes.  Changes are also
 * made, on an empty mailbox, which must stay readable.  The first byte says what it is. */
#include "fuzz.h"

#include "base/check.h"
#include "base/mem.h"
#include "mailbox/account_priv.h"
#include "mailbox/builder.h"
#include "mailbox/directory_priv.h"
#include "mailbox/history.h"
#include "store/memory.h"

static struct buf sealed(struct str body)
{
    struct buf b = BUF_INIT;
    size_t start = seal_begin(&b, 1);

    buf_add_str(&b, body);
    seal_end(&b, start);
    return b;
}

static void check_again(struct buf *once, struct buf *twice)
{
    check(str_eq(buf_str(once), buf_str(twice)));
    buf_fini(once);
    buf_fini(twice);
}

static void try_stable(struct str value)
{
    unsigned slots = stable_slots(value);
    struct buf once = BUF_INIT, twice = BUF_INIT;
    struct block *b, *again;

    if (stable_decode(value, slots, 100, &b) != ERR_OK)
        return;
    stable_encode(stable_of(b), slots, 100, &once);
    check(stable_decode(buf_str(&once), slots, 100, &again) == ERR_OK);
    stable_encode(stable_of(again), slots, 100, &twice);
    check_again(&once, &twice);
    block_unref(b);
    block_unref(again);
}

static void try_state(struct str value)
{
    for (unsigned slots = 0; slots <= CHUNK_MESSAGES; slots += 1 + slots / 2) {
        struct buf once = BUF_INIT, twice = BUF_INIT;
        struct block *b, *again;

        if (state_decode(value, slots, &b) != ERR_OK)
            continue;
        state_encode(state_of(b), slots, &once);
        check(state_decode(buf_str(&once), slots, &again) == ERR_OK);
        state_encode(state_of(again), slots, &twice);
        check_again(&once, &twice);
        block_unref(b);
        block_unref(again);
    }
}

static void try_directory(struct str value)
{
    struct buf once = BUF_INIT, twice = BUF_INIT;
    struct dirblock *d, *again;

    if (dirblock_decode(value, &d) != ERR_OK)
        return;
    dirblock_encode(d, &once);
    check(dirblock_decode(buf_str(&once), &again) == ERR_OK);
    dirblock_encode(again, &twice);
    check_again(&once, &twice);
    dirblock_unref(d);
    dirblock_unref(again);
}

static void try_small(struct str value)
{
    struct arena *a = arena_new();
    struct account_record user;
    struct keytable *keys;
    struct counters counters;
    struct node node;
    struct head head;
    struct str name;
    int64_t when;

    if (head_decode(value, a, &head) == ERR_OK)
        check(head.counts.uidnext > 0);
    if (keytable_decode(value, &keys) == ERR_OK)
        keytable_unref(keys);
    if (node_decode(value, &node) == ERR_OK)
        check(node.id && node.leaf.n);
    if (sub_decode(value, &name) == ERR_OK)
        check(name.n);
    if (counters_decode(value, &counters) != ERR_OK || tomb_decode(value, &when) != ERR_OK ||
        user_decode(value, &user) != ERR_OK)
        check(value.p);
    arena_free(a);
}

static void try_history(struct str record)
{
    struct arena *a = arena_new();
    struct buf once = BUF_INIT;
    struct history h, again;

    if (history_decode(record, a, &h) == ERR_OK) {
        history_encode(h.when, &h.uids, h.objects, h.n_objects, &once);
        check(history_decode(buf_str(&once), a, &again) == ERR_OK);
        check(again.n_objects == h.n_objects && again.uids.n == h.uids.n);
        history_fini(&again);
        history_fini(&h);
        buf_fini(&once);
    }
    arena_free(a);
}

/* ---- changes ---- */

static void read_all(struct version *v)
{
    struct ranges uids = RANGES_INIT;
    struct cursor c;
    struct row r;
    bool got = true;
    uint32_t last = 0;

    version_seal(v);
    cursor_init(&c, v);
    while (got && cursor_next(&c, &r, &got) == ERR_OK && got) {
        check(r.uid > last);
        last = r.uid;
    }
    cursor_fini(&c);
    if (version_uids(v, 1, UINT32_MAX, &uids) == ERR_OK)
        check(ranges_count(&uids) == v->head.messages);
    ranges_fini(&uids);
}

static void change_back(const struct change *c)
{
    struct arena *a = arena_new();
    struct buf once = BUF_INIT, twice = BUF_INIT;
    struct change again;
    struct dec d;

    change_encode(c, &once);
    d = dec_of(buf_str(&once));
    change_decode(&d, a, &again);
    check(!d.bad && d.n == 0);
    change_encode(&again, &twice);
    check_again(&once, &twice);
    change_fini(&again);
    arena_free(a);
}

static void try_changes(struct str record)
{
    struct store *store = memory_open();
    struct cache *cache = cache_new(1 << 20);
    struct shelf *shelf = shelf_new(store, cache, 7, 1);
    struct version *v = version_new(shelf);
    struct arena *a = arena_new();
    struct dec d = dec_of(record);
    struct builder b;
    enum err e = ERR_OK;

    v->keywords = keytable_new();
    v->head.uidnext = v->head.modseq = 1;
    v->disk = (struct disk){.next_chunk = 1, .next_block = 1, .next_gen = 1};
    builder_of(&b, v, 1);
    while (e == ERR_OK && d.n && !d.bad) {
        struct change c;

        change_decode(&d, a, &c);
        if (!d.bad) {
            change_back(&c);
            e = builder_apply(&b, &c);
        }
        change_fini(&c);
    }
    if (e == ERR_OK)
        read_all(v);
    builder_fini(&b);
    shelf_unref(shelf);
    arena_free(a);
    cache_free(cache);
    store_close(store);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static void (*const tries[])(struct str value) = {try_stable, try_state, try_directory,
                                                      try_small};
    struct str body = str_n(data + 1, n ? n - 1 : 0);

    if (n == 0)
        return 0;
    if (data[0] % 8 < ARRAY_LEN(tries)) {
        struct buf value = sealed(body);

        tries[data[0] % 8](buf_str(&value));
        tries[data[0] % 8](body);
        buf_fini(&value);
    } else if (data[0] % 8 < 6) {
        try_history(body);
    } else {
        try_changes(body);
    }
    return 0;
}
