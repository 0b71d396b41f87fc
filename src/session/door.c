/*
 * session/door.c - where IMAP sessions begin, and how many one account may have.
 */
#include "session/door_priv.h"

#include "base/mem.h"

#include <stdatomic.h>

enum {
    DEFAULT_IDLE_SECONDS = 1860, /* RFC 9051, 5.4: not below 30 minutes */
    DEFAULT_LOGIN_SECONDS = 60,
    DEFAULT_MAX_SESSIONS = 1000,
};

#define DEFAULT_MAX_MESSAGE UINT64_C(100000000)
#define LITERALS_MAX (UINT64_C(64) * 1024 * 1024)

static struct session_options with_defaults(const struct session_options *o)
{
    struct session_options all = o == NULL ? (struct session_options){0} : *o;

    if (all.max_message == 0)
        all.max_message = DEFAULT_MAX_MESSAGE;
    if (all.idle_seconds == 0)
        all.idle_seconds = DEFAULT_IDLE_SECONDS;
    if (all.login_seconds == 0)
        all.login_seconds = DEFAULT_LOGIN_SECONDS;
    if (all.max_sessions == 0)
        all.max_sessions = DEFAULT_MAX_SESSIONS;
    return all;
}

struct session_door *session_door_new(struct mailstore *ms, struct directory *d, struct auth *a,
                                      const struct session_options *o)
{
    struct session_door *door = NEW(struct session_door);

    door->door = (struct door){.name = "imap",
                               .open = session_open,
                               .run = session_run,
                               .close = session_close,
                               .busy = "* BYE [UNAVAILABLE] Too many connections\r\n"};
    door->mailstore = ms;
    door->directory = d;
    door->auth = a;
    door->options = with_defaults(o);
    door->sessions = map_new();
    pthread_mutex_init(&door->lock, NULL);
    return door;
}

struct door *session_door(struct session_door *d)
{
    return &d->door;
}

void session_door_free(struct session_door *d)
{
    if (d == NULL)
        return;
    map_free(d->sessions);
    pthread_mutex_destroy(&d->lock);
    mem_free(d);
}

/* The counts stand in the map's values themselves. */
bool door_enter(struct session_door *d, uint64_t account)
{
    struct str key = str_n(&account, sizeof(account));

    pthread_mutex_lock(&d->lock);
    uintptr_t n = (uintptr_t)map_get(d->sessions, key);
    bool fits = n < d->options.max_sessions;
    if (fits)
        map_put(d->sessions, key, (void *)(n + 1));
    pthread_mutex_unlock(&d->lock);
    return fits;
}

void door_leave(struct session_door *d, uint64_t account)
{
    struct str key = str_n(&account, sizeof(account));

    pthread_mutex_lock(&d->lock);
    uintptr_t n = (uintptr_t)map_get(d->sessions, key);
    map_put(d->sessions, key, (void *)(n - 1));
    pthread_mutex_unlock(&d->lock);
}

bool door_hold(struct session_door *d, uint64_t bytes)
{
    if (atomic_fetch_add(&d->literals, bytes) + bytes <= LITERALS_MAX)
        return true;
    atomic_fetch_sub(&d->literals, bytes);
    return false;
}

void door_release(struct session_door *d, uint64_t bytes)
{
    atomic_fetch_sub(&d->literals, bytes);
}
