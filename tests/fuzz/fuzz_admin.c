/* Frames of the local door, whole and in pieces: the answers are frames, no more ends than
 * requests.  (They need not be the same: requests sent ahead run beside each other.) */
#include "fuzz.h"

#include "admin/admin.h"
#include "admin/protocol.h"
#include "base/check.h"
#include "base/codec.h"
#include "lib/rooms.h"

/* Hashing a password costs a millisecond, and each input begins with the same accounts: so a world
 * is made for each run of an input, with the one account that names in inputs are likely to mean.
 */
static struct str talk(struct str in, size_t piece, struct buf *out)
{
    struct admin_options o = {.max_message = 3000};
    struct rooms rooms;

    rooms_open(&rooms);
    rooms_account(&rooms, "a", true, false);
    struct admin_door *door = admin_door_new(rooms.ms, rooms.directory, rooms.auth, &o);
    struct conn *c = conn_detached_new(admin_door(door), false, true);
    for (size_t i = 0; i < in.n; i += piece)
        buf_add_str(out, rooms_say(&rooms, c, str_sub(in, i, piece)));
    conn_detached_eof(c);
    buf_add_str(out, rooms_say(&rooms, c, STR("")));
    conn_detached_free(c);
    test_exec_run(&rooms.exec);
    admin_door_free(door);
    rooms_close(&rooms);
    return buf_str(out);
}

static void check_replies(struct str in, struct str out)
{
    size_t ends = 0;

    while (out.n > 0) {
        struct dec d = dec_of(out);
        uint32_t n = dec_u32(&d);
        check(!d.bad && n > 0 && n <= d.n);
        uint8_t kind = dec_u8(&d);
        check(kind == ADMIN_ROW || kind == ADMIN_END);
        ends += kind == ADMIN_END;
        out = str_from(out, 4 + (size_t)n);
    }
    check(ends <= in.n / 5); /* the shortest request */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct buf one = BUF_INIT, two = BUF_INIT;
    struct str in = str_n(data, n);

    if (n > 20000)
        return 0;
    check_replies(in, talk(in, n ? n : 1, &one));
    check_replies(in, talk(in, 1 + (n ? data[n / 2] % 9u : 0), &two));
    buf_fini(&one);
    buf_fini(&two);
    return 0;
}
