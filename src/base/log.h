/* Log: one event a line, on stderr, as key=value or JSON.  Secrets and message text are never logged.
 * Thread: any; a line is written whole. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/err.h"
#include "base/str.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

enum log_form { LOG_KV, LOG_JSON, LOG_OFF };

void log_setup(enum log_level least, enum log_form form);
bool log_wants(enum log_level level);

struct kv {
    const char *key;
    enum { KV_END, KV_STR, KV_U64, KV_I64, KV_ERR } kind;
    struct str s;
    uint64_t u;
};

static inline struct kv kv_str(const char *key, struct str s)
{
    return (struct kv){.key = key, .kind = KV_STR, .s = s};
}

static inline struct kv kv_cstr(const char *key, const char *s)
{
    return (struct kv){.key = key, .kind = KV_STR, .s = str_of(s)};
}

static inline struct kv kv_u64(const char *key, uint64_t u)
{
    return (struct kv){.key = key, .kind = KV_U64, .u = u};
}

static inline struct kv kv_i64(const char *key, int64_t i)
{
    return (struct kv){.key = key, .kind = KV_I64, .u = (uint64_t)i};
}

static inline struct kv kv_err(enum err e)
{
    return (struct kv){.key = "err", .kind = KV_ERR, .u = e};
}

/* errno as text */
struct kv kv_errno(int errnum);

void log_write(enum log_level level, const char *event, const struct kv *kv);
/* Even when the log is off: the last words of the process. */
void log_write_always(enum log_level level, const char *event, const struct kv *kv);

/* log_event(LOG_INFO, "login", kv_str("user", u), kv_u64("n", 3)); */
#define log_event(level, event, ...)                                                       \
    do {                                                                                   \
        if (log_wants(level))                                                              \
            log_write((level), (event), (const struct kv[]){__VA_ARGS__ __VA_OPT__(, )(struct kv){0}}); \
    } while (0)

#endif
