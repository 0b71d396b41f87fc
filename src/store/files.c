/*
 * store/files.c - file calls with our errors.
 */
#include "store/files.h"

#include "base/check.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ZERO_PIECE = 256 * 1024 };

enum err errno_err(int errnum)
{
    switch (errnum) {
    case ENOSPC:
    case EDQUOT:
        return ERR_NO_SPACE;
    case ENOENT:
        return ERR_NOT_FOUND;
    case EMFILE:
    case ENFILE:
        return ERR_BUSY;
    case ENOMEM:
        return ERR_NO_MEMORY;
    default:
        return ERR_IO;
    }
}

static enum err failed(const char *call, const char *name)
{
    enum err e = errno_err(errno);

    if (e == ERR_IO)
        log_event(LOG_ERROR, "store_file_failed", kv_cstr("call", call), kv_cstr("file", name),
                  kv_errno(errno));
    return e;
}

enum err file_open(int dirfd, const char *name, int flags, int *fd_out)
{
    *fd_out = openat(dirfd, name, flags | O_CLOEXEC, 0600);
    return *fd_out < 0 ? failed("open", name) : ERR_OK;
}

enum err file_write(int fd, const char *name, const void *p, size_t n, uint64_t offset)
{
    const char *at = p;

    while (n > 0) {
        ssize_t done = pwrite(fd, at, n, (off_t)offset);

        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return failed("write", name);
        at += done;
        n -= (size_t)done;
        offset += (uint64_t)done;
    }
    return ERR_OK;
}

enum err file_read(int fd, const char *name, void *p, size_t n, uint64_t offset, size_t *got_out)
{
    char *at = p;

    *got_out = 0;
    while (*got_out < n) {
        ssize_t done = pread(fd, at + *got_out, n - *got_out, (off_t)(offset + *got_out));

        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return failed("read", name);
        if (done == 0)
            break;
        *got_out += (size_t)done;
    }
    return ERR_OK;
}

enum err file_sync(int fd, const char *name)
{
    if (fdatasync(fd) == 0)
        return ERR_OK;
    (void)failed("fdatasync", name);
    return ERR_IO; /* a sync that failed for want of space has lost writes all the same */
}

enum err dir_sync(int dirfd, const char *name)
{
    if (fsync(dirfd) == 0)
        return ERR_OK;
    (void)failed("fsync", name);
    return ERR_IO;
}

enum err file_size(int fd, const char *name, uint64_t *size_out)
{
    struct stat st;

    *size_out = 0;
    if (fstat(fd, &st) < 0)
        return failed("fstat", name);
    *size_out = (uint64_t)st.st_size;
    return ERR_OK;
}

enum err file_zero(int fd, const char *name, uint64_t from, uint64_t to, uint64_t *reached_out)
{
    static const char zeros[ZERO_PIECE];

    *reached_out = from;
    while (*reached_out < to) {
        size_t n = to - *reached_out < ZERO_PIECE ? (size_t)(to - *reached_out) : ZERO_PIECE;

        TRY(file_write(fd, name, zeros, n, *reached_out));
        *reached_out += n;
    }
    return ERR_OK;
}

uint64_t random_u64(void)
{
    uint64_t v;

    do
        check(getrandom(&v, sizeof(v), 0) == (ssize_t)sizeof(v));
    while (v == 0);
    return v;
}
