/* An LMTP conversation, whole and in pieces: the answers are the same, every line is a reply, and
 * as many messages are there as were said to be delivered. */
#include "fuzz.h"

#include "base/check.h"
#include "lib/rooms.h"
#include "lmtp/lmtp.h"

enum { INPUTS_A_WORLD = 500 };

static struct rooms rooms;
static struct lmtp_door *door;
static unsigned inputs;

/* Made anew now and then, so that memory does not grow for ever. */
static void world(void)
{
    struct lmtp_options o = {.max_message = 3000, .hostname = STR("h")};

    if (door && inputs++ < INPUTS_A_WORLD)
        return;
    if (door) {
        lmtp_door_free(door);
        rooms_close(&rooms);
    }
    inputs = 0;
    rooms_open(&rooms);
    rooms_account(&rooms, "a", true, false);
    rooms_mailbox(&rooms, "a", "m");
    door = lmtp_door_new(rooms.ms, rooms.auth, &o);
}

static int delivered(void)
{
    return rooms_count(&rooms, "a", "INBOX") + rooms_count(&rooms, "a", "m");
}

static struct str talk(struct str in, size_t piece)
{
    struct conn *c = conn_detached_new(lmtp_door(door), false, true);
    struct buf out = BUF_INIT;

    for (size_t i = 0; i < in.n; i += piece)
        buf_add_str(&out, rooms_say(&rooms, c, str_sub(in, i, piece)));
    conn_detached_eof(c);
    buf_add_str(&out, rooms_say(&rooms, c, STR("")));
    conn_detached_free(c);
    struct str s = arena_str(rooms.a, buf_str(&out));
    buf_fini(&out);
    return s;
}

static int successes(struct str replies)
{
    int n = 0;

    while (replies.n > 0) {
        size_t end = str_search(replies, STR("\r\n"));
        check(end != SIZE_MAX && end > 4);
        for (int i = 0; i < 3; i++)
            check(ascii_digit(replies.p[i]));
        check(replies.p[3] == ' ' || replies.p[3] == '-');
        n += str_starts(replies, STR("250 2.1.5 Delivered\r\n"));
        replies = str_from(replies, end + 2);
    }
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct str in = str_n(data, n);

    if (n > 20000)
        return 0;
    world();
    int before = delivered();
    struct str whole = talk(in, n ? n : 1);
    int after = delivered();
    /* Two recipients of one mailbox share a message. */
    check(after - before <= successes(whole) && (after > before) == (successes(whole) > 0));
    size_t piece = 1 + (n ? data[n / 2] % 7u : 0);
    struct str pieces = talk(in, piece);
    check(str_eq(whole, pieces));
    check(delivered() - after == after - before);
    return 0;
}
