/*
 * store/layout.c - the directory of a store: who owns it, what version it is, how full the disk is.
 *
 * `lock` holds one line, "tern-store <format> <32 hex digits>\n", and the owner's lock.  A
 * directory is fresh as long as it has neither a checkpoint nor a pack: then whatever a creation
 * that was cut off has left may be made again.
 */
#include "store/embedded_priv.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { ROOM_AGE_MS = 1000, LINE_MAX_BYTES = 128 };

/* ---- the lock ---- */

static bool owned(int fd)
{
    struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

    return fcntl(fd, F_OFD_GETLK, &l) == 0 && l.l_type != F_UNLCK;
}

static enum err own(int fd, const char *path)
{
    struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

    if (fcntl(fd, F_OFD_SETLK, &l) == 0)
        return ERR_OK;
    if (errno == EAGAIN || errno == EACCES)
        return ERR_LOCKED;
    log_event(LOG_ERROR, "store_lock_failed", kv_cstr("dir", path), kv_errno(errno));
    return ERR_IO;
}

/* A lock file that is not ours is never written. */
static enum err line_parse(struct str line, uint64_t id[2])
{
    char text[LINE_MAX_BYTES];
    unsigned format;
    int end = 0;

    if (line.n >= sizeof(text) || memchr(line.p, 0, line.n))
        return ERR_CORRUPT;
    memcpy(text, line.p, line.n);
    text[line.n] = 0;
    if (sscanf(text, "tern-store %u ", &format) == 1 && format > STORE_FORMAT)
        return ERR_VERSION;
    if (sscanf(text, "tern-store %u %16" SCNx64 "%16" SCNx64 "\n%n", &format, &id[0], &id[1],
               &end) != 3 ||
        format != STORE_FORMAT || (size_t)end != line.n)
        return ERR_CORRUPT;
    return ERR_OK;
}

static enum err line_read(int fd, uint64_t id[2])
{
    char text[LINE_MAX_BYTES];
    size_t n;

    TRY(file_read(fd, "lock", text, sizeof(text), 0, &n));
    return line_parse(str_n(text, n), id);
}

/* Its own name must be durable, too, before anything in it is acknowledged.  Who may not read the
 * directory above cannot see to it. */
static enum err name_sync(struct embedded *s)
{
    int up = openat(s->dir, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    enum err e = up >= 0 ? dir_sync(up, s->path) : ERR_OK;

    if (up >= 0)
        close(up);
    return e;
}

enum err layout_begin(struct embedded *s)
{
    char text[LINE_MAX_BYTES];
    int n;

    s->id[0] = random_u64();
    s->id[1] = random_u64();
    n = snprintf(text, sizeof(text), "tern-store %d %016" PRIx64 "%016" PRIx64 "\n", STORE_FORMAT,
                 s->id[0], s->id[1]);
    if (ftruncate(s->lock, 0) < 0)
        return errno_err(errno);
    TRY(file_write(s->lock, "lock", text, (size_t)n, 0));
    TRY(file_sync(s->lock, "lock"));
    TRY(dir_sync(s->dir, s->path));
    return name_sync(s);
}

/* ---- the directories ---- */

static bool is_dot(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static bool dir_each(int fd, bool (*fn)(int fd, const char *name))
{
    int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = copy < 0 ? NULL : fdopendir(copy);
    struct dirent *e;
    bool all = true;

    if (!d) {
        if (copy >= 0)
            close(copy);
        return false;
    }
    while (all && (e = readdir(d)))
        if (!is_dot(e->d_name))
            all = fn(fd, e->d_name);
    closedir(d);
    return all;
}

static bool not_foreign(int fd, const char *name)
{
    static const char *const ours[] = {"lock", "lost+found", "map", "packs", "blobs", "tmp"};

    for (size_t i = 0; i < ARRAY_LEN(ours); i++)
        if (strcmp(name, ours[i]) == 0)
            return true;
    return false;
}

static bool not_pack(int fd, const char *name)
{
    return !str_ends(str_of(name), STR(".pack"));
}

static bool unlink_one(int fd, const char *name)
{
    (void)unlinkat(fd, name, 0);
    return true;
}

void layout_tidy(struct embedded *s)
{
    dir_each(s->tmp_dir, unlink_one);
}

static enum err sub_open(struct embedded *s, const char *name, int *fd_out)
{
    if (!s->o.read_only && mkdirat(s->dir, name, 0700) < 0 && errno != EEXIST) {
        log_event(LOG_ERROR, "store_mkdir_failed", kv_cstr("dir", s->path), kv_cstr("name", name),
                  kv_errno(errno));
        return errno_err(errno);
    }
    return file_open(s->dir, name, O_RDONLY | O_DIRECTORY, fd_out);
}

static enum err subs_open(struct embedded *s)
{
    TRY(sub_open(s, "packs", &s->packs_dir));
    TRY(sub_open(s, "map", &s->map_dir));
    TRY(sub_open(s, "blobs", &s->blobs_dir));
    return sub_open(s, "tmp", &s->tmp_dir);
}

static enum err dir_open(struct embedded *s)
{
    if (!s->o.read_only && mkdir(s->path, 0700) < 0 && errno != EEXIST) {
        log_event(LOG_ERROR, "store_mkdir_failed", kv_cstr("dir", s->path), kv_errno(errno));
        return errno_err(errno);
    }
    return file_open(AT_FDCWD, s->path, O_RDONLY | O_DIRECTORY, &s->dir);
}

static enum err lock_open(struct embedded *s)
{
    bool there = faccessat(s->dir, "lock", F_OK, 0) == 0;

    if (s->o.read_only)
        return file_open(s->dir, "lock", O_RDONLY, &s->lock);
    if (!there && !dir_each(s->dir, not_foreign)) {
        log_event(LOG_ERROR, "not_a_store", kv_cstr("dir", s->path),
                  kv_cstr("hint", "the directory is not empty and has no file `lock`"));
        return ERR_CORRUPT;
    }
    TRY(file_open(s->dir, "lock", O_RDWR | O_CREAT, &s->lock));
    return own(s->lock, s->path);
}

static bool is_fresh(const struct embedded *s)
{
    return faccessat(s->dir, "checkpoint", F_OK, 0) < 0 && errno == ENOENT &&
           dir_each(s->packs_dir, not_pack);
}

enum err layout_open(struct embedded *s, bool *fresh_out)
{
    enum err line;

    *fresh_out = false;
    TRY(dir_open(s));
    TRY(lock_open(s));
    line = line_read(s->lock, s->id);
    if (line == ERR_VERSION)
        log_event(LOG_ERROR, "store_is_newer", kv_cstr("dir", s->path), kv_cstr("file", "lock"));
    if (line != ERR_OK && line != ERR_CORRUPT)
        return line;
    TRY(subs_open(s));
    s->ballast = faccessat(s->dir, "ballast", F_OK, 0) == 0;
    *fresh_out = !s->o.read_only && is_fresh(s);
    if (line == ERR_CORRUPT && !*fresh_out) {
        log_event(
            LOG_ERROR, "store_lock_file_bad", kv_cstr("dir", s->path),
            kv_cstr("hint", "its line is \"tern-store 1 <32 hex digits>\"; any digits will do"));
        return ERR_CORRUPT;
    }
    return ERR_OK;
}

static void fd_close(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

void layout_close(struct embedded *s)
{
    int *all[] = {&s->slots,     &s->tmp_dir, &s->blobs_dir, &s->map_dir,
                  &s->packs_dir, &s->lock,    &s->dir};

    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        fd_close(all[i]);
}

/* ---- questions from outside ---- */

bool embedded_is_store(const char *dir)
{
    uint64_t id[2];
    enum err e;
    int d, fd = -1;

    d = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (d >= 0)
        fd = openat(d, "lock", O_RDONLY | O_CLOEXEC);
    e = fd >= 0 ? line_read(fd, id) : ERR_NOT_FOUND;
    fd_close(&fd);
    fd_close(&d);
    return e == ERR_OK || e == ERR_VERSION;
}

bool embedded_is_owned(const char *dir)
{
    int d, fd = -1;
    bool yes;

    d = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (d >= 0)
        fd = openat(d, "lock", O_RDONLY | O_CLOEXEC);
    yes = fd >= 0 && owned(fd);
    fd_close(&fd);
    fd_close(&d);
    return yes;
}

/* ---- room ---- */

static uint64_t room_now(struct embedded *s)
{
    struct statvfs v;

    return fstatvfs(s->dir, &v) == 0 ? (uint64_t)v.f_bavail * v.f_frsize : 0;
}

bool room_for(struct embedded *s, uint64_t bytes)
{
    int64_t now = clock_mono_ms();
    uint64_t room;

    pthread_mutex_lock(&s->room_lock);
    if (s->room_asked == 0 || now < s->room_asked || now - s->room_asked >= ROOM_AGE_MS) {
        s->room = room_now(s);
        s->room_asked = now ? now : 1;
    }
    room = s->room;
    pthread_mutex_unlock(&s->room_lock);
    return room >= s->o.min_free && room - s->o.min_free >= bytes;
}

/* Blocks only, no zeros: nothing is ever written into it. */
static bool ballast_fill(struct embedded *s, uint64_t size)
{
    int fd = openat(s->dir, "ballast", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    struct stat st;
    bool ok;

    if (fd < 0)
        return false;
    ok = (fstat(fd, &st) == 0 && (uint64_t)st.st_blocks * 512 >= size) ||
         posix_fallocate(fd, 0, (off_t)size) == 0;
    close(fd);
    if (!ok)
        (void)unlinkat(s->dir, "ballast", 0);
    return ok;
}

/* As large as a pack (64 MB), but no more than a hundredth of what is free. */
void ballast_make(struct embedded *s)
{
    uint64_t room = room_now(s), size = room / 100 < s->o.pack_size ? room / 100 : s->o.pack_size;

    pthread_mutex_lock(&s->room_lock);
    if (!s->ballast && room > s->o.min_free + 2 * size)
        s->ballast = ballast_fill(s, size);
    pthread_mutex_unlock(&s->room_lock);
}

bool ballast_drop(struct embedded *s)
{
    bool there;

    pthread_mutex_lock(&s->room_lock);
    there = s->ballast && unlinkat(s->dir, "ballast", 0) == 0;
    s->ballast = false;
    s->room_asked = 0;
    pthread_mutex_unlock(&s->room_lock);
    if (there)
        log_event(
            LOG_WARN, "store_disk_full", kv_cstr("dir", s->path),
            kv_cstr("hint", "the ballast is released: deleting goes on, mail is not accepted"));
    return there;
}
