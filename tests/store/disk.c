/*
 * tests/store/disk.c - see disk.h.
 *
 * Model: a file is its durable bytes and a list of writes that no sync has covered; a directory is
 * its durable names and a list of changes that no fsync of it has covered.  At a power loss an
 * uncovered write has arrived, or has not, or has in part, sector by sector.  Changes of names
 * arrive in their order (the file system journals them), but how many of them is open.  A sync
 * covers what was written before it began.
 */
#include "disk.h"

#include "base/check.h"
#include "base/mem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { MAX_FD = 4096, SECTOR = 512, MAX_FILES = 4096 };

enum event_kind {
    EV_WRITE,
    EV_SYNC,
    EV_TRUNCATE,
    EV_CREATE,
    EV_RENAME,
    EV_UNLINK,
    EV_MKDIR,
    EV_DIRSYNC,
    EV_NOTE
};

struct event {
    enum event_kind kind;
    int file;           /* index into files */
    uint64_t offset, n; /* note: offset is what */
    char *bytes;        /* NULL: zeros */
    size_t covers;      /* a sync: events before this one */
    char *name, *to;    /* below the watched directory */
};

/* The linker's names for what it wrapped. */
int __real_open64(const char *path, int flags, ...);
int __real_openat64(int at, const char *path, int flags, ...);
ssize_t __real_pwrite64(int fd, const void *p, size_t n, off_t offset);
ssize_t __real_pwritev64(int fd, const struct iovec *v, int n, off_t offset);
ssize_t __real_pread64(int fd, void *p, size_t n, off_t offset);
ssize_t __real_writev(int fd, const struct iovec *v, int n);
int __real_fdatasync(int fd);
int __real_fsync(int fd);
int __real_ftruncate64(int fd, off_t size);
int __real_renameat(int from_at, const char *from, int to_at, const char *to);
int __real_unlinkat(int at, const char *name, int flags);
int __real_mkdir(const char *name, mode_t mode);
int __real_mkdirat(int at, const char *name, mode_t mode);
int __real_close(int fd);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char top[PATH_MAX];
static size_t top_n;
static bool watching, recording;
static int file_of_fd[MAX_FD]; /* 1 + index; 0: not watched */
static bool fd_is_dir[MAX_FD];
static char *dir_of_fd[MAX_FD];
static struct event *events;
static size_t n_events, cap_events;
static char *names[MAX_FILES]; /* present name of a file; NULL: none */
static int n_files;

static unsigned fail_calls, fail_at, fail_count, failed_count;
static int fail_errno;
static bool fail_forever;
static atomic_uint slow_ms;
static const char *heal_name;

/* ---- events ---- */

static struct event *event_add_locked(enum event_kind kind)
{
    if (n_events == cap_events) {
        cap_events = cap_events ? 2 * cap_events : 1024;
        events = mem_grow(events, cap_events * sizeof(*events));
    }
    events[n_events] = (struct event){.kind = kind, .file = -1};
    return &events[n_events++];
}

static char *text(const char *s)
{
    return strcpy(mem_raw(strlen(s) + 1), s);
}

static bool all_zero(const char *p, size_t n)
{
    return n == 0 || (p[0] == 0 && memcmp(p, p + 1, n - 1) == 0);
}

static void event_write_locked(int file, const void *p, size_t n, uint64_t offset)
{
    struct event *e = event_add_locked(EV_WRITE);

    e->file = file;
    e->offset = offset;
    e->n = n;
    if (!all_zero(p, n))
        e->bytes = memcpy(mem_raw(n), p, n);
}

static int file_by_name(const char *name)
{
    for (int i = n_files; i-- > 0;)
        if (names[i] && strcmp(names[i], name) == 0)
            return i;
    return -1;
}

static int file_new(const char *name)
{
    check(n_files < MAX_FILES);
    names[n_files] = text(name);
    return n_files++;
}

static bool uninteresting(const char *name)
{
    return strcmp(name, "ballast") == 0 || strcmp(name, "map/lock.mdb") == 0;
}

/* ---- the start ---- */

static void load_file(const char *path, const char *name)
{
    struct event *e;
    struct stat st;
    int fd = __real_open64(path, O_RDONLY), file = file_new(name);
    char *p;

    check(fd >= 0 && fstat(fd, &st) == 0);
    p = mem_new((size_t)st.st_size);
    check(__real_pread64(fd, p, (size_t)st.st_size, 0) == st.st_size);
    e = event_add_locked(EV_CREATE);
    e->file = file;
    e->name = text(name);
    event_write_locked(file, p, (size_t)st.st_size, 0);
    mem_free(p);
    __real_close(fd);
}

static void load_dir(const char *path, const char *name)
{
    char sub[PATH_MAX], sub_name[PATH_MAX];
    DIR *d = opendir(path);
    struct dirent *x;

    while (d && (x = readdir(d))) {
        if (x->d_name[0] == '.')
            continue;
        snprintf(sub, sizeof(sub), "%s/%s", path, x->d_name);
        snprintf(sub_name, sizeof(sub_name), "%s%s%s", name, name[0] ? "/" : "", x->d_name);
        if (x->d_type == DT_DIR) {
            event_add_locked(EV_MKDIR)->name = text(sub_name);
            load_dir(sub, sub_name);
        } else if (!uninteresting(sub_name)) {
            load_file(sub, sub_name);
        }
    }
    if (d)
        closedir(d);
}

static void forget_all(void)
{
    for (size_t i = 0; i < n_events; i++) {
        mem_free(events[i].bytes);
        mem_free(events[i].name);
        mem_free(events[i].to);
    }
    n_events = 0;
    for (int i = 0; i < n_files; i++) {
        mem_free(names[i]);
        names[i] = NULL;
    }
    n_files = 0;
    for (int i = 0; i < MAX_FD; i++) {
        file_of_fd[i] = 0;
        fd_is_dir[i] = false;
        mem_free(dir_of_fd[i]);
        dir_of_fd[i] = NULL;
    }
}

void disk_watch(const char *dir, bool record)
{
    pthread_mutex_lock(&lock);
    watching = recording = false;
    fail_calls = 0;
    forget_all();
    if (dir) {
        snprintf(top, sizeof(top), "%s", dir);
        top_n = strlen(top);
        load_dir(dir, "");
        for (int i = 0; i < n_files; i++) {
            struct event *e = event_add_locked(EV_SYNC);

            e->file = i;
            e->covers = n_events;
        }
        event_add_locked(EV_DIRSYNC)->covers = n_events;
        watching = true;
        recording = record;
    }
    pthread_mutex_unlock(&lock);
}

/* The name below the watched directory, or NULL. */
static const char *below(const char *path)
{
    if (!watching || strncmp(path, top, top_n) != 0)
        return NULL;
    if (path[top_n] == 0)
        return "";
    return path[top_n] == '/' ? path + top_n + 1 : NULL;
}

static bool fd_path(int fd, char path[static PATH_MAX])
{
    char link[64];
    ssize_t n;

    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    n = readlink(link, path, PATH_MAX - 1);
    if (n < 0)
        return false;
    path[n] = 0;
    return true;
}

/* `at` and `name` as a name below the watched directory; false: elsewhere. */
static bool name_at(int at, const char *name, char out[static PATH_MAX])
{
    char path[PATH_MAX], whole[2 * PATH_MAX];
    const char *b;

    if (name[0] == '/' || at == AT_FDCWD) {
        snprintf(whole, sizeof(whole), "%s", name);
    } else {
        if (!fd_path(at, path))
            return false;
        snprintf(whole, sizeof(whole), "%s/%s", path, name);
    }
    b = below(whole);
    if (!b)
        return false;
    snprintf(out, PATH_MAX, "%s", b);
    return true;
}

/* ---- failing ---- */

void disk_fail(unsigned calls, unsigned n, int errnum, bool forever)
{
    pthread_mutex_lock(&lock);
    fail_calls = calls;
    fail_at = n;
    fail_errno = errnum;
    fail_forever = forever;
    fail_count = failed_count = 0;
    pthread_mutex_unlock(&lock);
}

void disk_heal_on_unlink(const char *name)
{
    pthread_mutex_lock(&lock);
    heal_name = name;
    pthread_mutex_unlock(&lock);
}

unsigned disk_calls(void)
{
    return fail_count;
}

unsigned disk_failed(void)
{
    return failed_count;
}

static bool fails_locked(enum disk_call call)
{
    if (!(fail_calls & call))
        return false;
    fail_count++;
    if (fail_at == 0 || !(fail_count == fail_at || (fail_forever && fail_count > fail_at)))
        return false;
    failed_count++;
    errno = fail_errno;
    return true;
}

static bool fails(int fd, enum disk_call call)
{
    bool yes;

    if (fd < 0 || fd >= MAX_FD)
        return false;
    pthread_mutex_lock(&lock);
    yes = watching && file_of_fd[fd] && fails_locked(call);
    pthread_mutex_unlock(&lock);
    return yes;
}

static bool write_fails(int fd, size_t n, uint64_t offset)
{
    struct stat st;

    if (fail_errno == ENOSPC && fstat(fd, &st) == 0 && offset + n <= (uint64_t)st.st_size)
        return false;
    return fails(fd, DISK_WRITE);
}

/* ---- the wrapped calls ---- */

int __wrap_open(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...);
int __wrap_openat64(int at, const char *path, int flags, ...);
ssize_t __wrap_pwrite(int fd, const void *p, size_t n, off_t offset);
ssize_t __wrap_pwrite64(int fd, const void *p, size_t n, off_t offset);
ssize_t __wrap_pwritev64(int fd, const struct iovec *v, int n, off_t offset);
ssize_t __wrap_pread64(int fd, void *p, size_t n, off_t offset);
ssize_t __wrap_writev(int fd, const struct iovec *v, int n);
int __wrap_fdatasync(int fd);
int __wrap_fsync(int fd);
int __wrap_ftruncate(int fd, off_t size);
int __wrap_ftruncate64(int fd, off_t size);
int __wrap_renameat(int from_at, const char *from, int to_at, const char *to);
int __wrap_unlinkat(int at, const char *name, int flags);
int __wrap_mkdir(const char *name, mode_t mode);
int __wrap_mkdirat(int at, const char *name, mode_t mode);
int __wrap_close(int fd);

static void opened_locked(int fd, const char *name, bool created)
{
    struct stat st;
    int file;

    if (fd >= MAX_FD || fstat(fd, &st) < 0)
        return;
    fd_is_dir[fd] = S_ISDIR(st.st_mode);
    mem_free(dir_of_fd[fd]);
    dir_of_fd[fd] = text(name);
    if (fd_is_dir[fd] || uninteresting(name)) {
        file_of_fd[fd] = fd_is_dir[fd] ? -1 : 0;
        return;
    }
    file = file_by_name(name);
    if (created || file < 0) {
        struct event *e;

        file = file_new(name);
        e = event_add_locked(EV_CREATE);
        e->file = file;
        e->name = text(name);
    }
    file_of_fd[fd] = file + 1;
}

static int open_watched(int at, const char *path, int flags, mode_t mode)
{
    char name[PATH_MAX];
    bool created;
    int fd;

    pthread_mutex_lock(&lock);
    if (!name_at(at, path, name)) {
        pthread_mutex_unlock(&lock);
        return __real_openat64(at, path, flags, mode);
    }
    created = (flags & O_CREAT) && faccessat(at, path, F_OK, 0) < 0;
    if (created && fails_locked(DISK_NAME)) {
        pthread_mutex_unlock(&lock);
        return -1;
    }
    fd = __real_openat64(at, path, flags, mode);
    if (fd >= 0)
        opened_locked(fd, name, created);
    pthread_mutex_unlock(&lock);
    return fd;
}

#define OPEN_MODE(flags)                                                                           \
    mode_t mode = 0;                                                                               \
    if ((flags)&O_CREAT) {                                                                         \
        va_list args;                                                                              \
        va_start(args, flags);                                                                     \
        mode = va_arg(args, mode_t);                                                               \
        va_end(args);                                                                              \
    }

int __wrap_open(const char *path, int flags, ...)
{
    OPEN_MODE(flags)
    return open_watched(AT_FDCWD, path, flags, mode);
}

int __wrap_open64(const char *path, int flags, ...)
{
    OPEN_MODE(flags)
    return open_watched(AT_FDCWD, path, flags, mode);
}

int __wrap_openat64(int at, const char *path, int flags, ...)
{
    OPEN_MODE(flags)
    return open_watched(at, path, flags, mode);
}

int __wrap_close(int fd)
{
    if (fd >= 0 && fd < MAX_FD) {
        pthread_mutex_lock(&lock);
        file_of_fd[fd] = 0;
        fd_is_dir[fd] = false;
        pthread_mutex_unlock(&lock);
    }
    return __real_close(fd);
}

/* Written down before it is done: from now on it may reach the disk. */
static void note_write(int fd, const void *p, size_t n, uint64_t offset)
{
    if (fd < 0 || fd >= MAX_FD)
        return;
    pthread_mutex_lock(&lock);
    if (recording && file_of_fd[fd] > 0)
        event_write_locked(file_of_fd[fd] - 1, p, n, offset);
    pthread_mutex_unlock(&lock);
}

static void note_writev(int fd, const struct iovec *v, int n, uint64_t offset)
{
    for (int i = 0; i < n; i++) {
        note_write(fd, v[i].iov_base, v[i].iov_len, offset);
        offset += v[i].iov_len;
    }
}

static size_t writev_bytes(const struct iovec *v, int n)
{
    size_t bytes = 0;

    for (int i = 0; i < n; i++)
        bytes += v[i].iov_len;
    return bytes;
}

ssize_t __wrap_pwrite64(int fd, const void *p, size_t n, off_t offset)
{
    if (write_fails(fd, n, (uint64_t)offset))
        return -1;
    note_write(fd, p, n, (uint64_t)offset);
    return __real_pwrite64(fd, p, n, offset);
}

ssize_t __wrap_pwrite(int fd, const void *p, size_t n, off_t offset)
{
    return __wrap_pwrite64(fd, p, n, offset);
}

ssize_t __wrap_pwritev64(int fd, const struct iovec *v, int n, off_t offset)
{
    if (write_fails(fd, writev_bytes(v, n), (uint64_t)offset))
        return -1;
    note_writev(fd, v, n, (uint64_t)offset);
    return __real_pwritev64(fd, v, n, offset);
}

ssize_t __wrap_writev(int fd, const struct iovec *v, int n)
{
    off_t offset = lseek(fd, 0, SEEK_CUR);

    if (offset >= 0 && write_fails(fd, writev_bytes(v, n), (uint64_t)offset))
        return -1;
    if (offset >= 0)
        note_writev(fd, v, n, (uint64_t)offset);
    return __real_writev(fd, v, n);
}

ssize_t __wrap_pread64(int fd, void *p, size_t n, off_t offset)
{
    return fails(fd, DISK_READ) ? -1 : __real_pread64(fd, p, n, offset);
}

void disk_slow_syncs(unsigned ms)
{
    slow_ms = ms;
}

static int sync_watched(int fd, int (*real)(int))
{
    size_t covers;
    int rc;

    if (slow_ms)
        usleep(slow_ms * 1000);
    if (fails(fd, DISK_SYNC))
        return -1;
    pthread_mutex_lock(&lock);
    covers = n_events;
    pthread_mutex_unlock(&lock);
    rc = real(fd);
    if (rc == 0 && fd < MAX_FD) {
        pthread_mutex_lock(&lock);
        if (recording && (file_of_fd[fd] > 0 || fd_is_dir[fd])) {
            struct event *e = event_add_locked(fd_is_dir[fd] ? EV_DIRSYNC : EV_SYNC);

            e->file = file_of_fd[fd] - 1;
            e->covers = covers;
        }
        pthread_mutex_unlock(&lock);
    }
    return rc;
}

int __wrap_fdatasync(int fd)
{
    return sync_watched(fd, __real_fdatasync);
}

int __wrap_fsync(int fd)
{
    return sync_watched(fd, __real_fsync);
}

int __wrap_ftruncate64(int fd, off_t size)
{
    if (fails(fd, DISK_WRITE))
        return -1;
    pthread_mutex_lock(&lock);
    if (recording && fd < MAX_FD && file_of_fd[fd] > 0) {
        struct event *e = event_add_locked(EV_TRUNCATE);

        e->file = file_of_fd[fd] - 1;
        e->n = (uint64_t)size;
    }
    pthread_mutex_unlock(&lock);
    return __real_ftruncate64(fd, size);
}

int __wrap_ftruncate(int fd, off_t size)
{
    return __wrap_ftruncate64(fd, size);
}

int __wrap_renameat(int from_at, const char *from, int to_at, const char *to)
{
    char a[PATH_MAX], b[PATH_MAX];
    int rc;

    pthread_mutex_lock(&lock);
    if (!name_at(from_at, from, a) || !name_at(to_at, to, b)) {
        pthread_mutex_unlock(&lock);
        return __real_renameat(from_at, from, to_at, to);
    }
    if (fails_locked(DISK_NAME)) {
        pthread_mutex_unlock(&lock);
        return -1;
    }
    rc = __real_renameat(from_at, from, to_at, to);
    if (rc == 0) {
        int old = file_by_name(b), file = file_by_name(a);
        struct event *e = event_add_locked(EV_RENAME);

        e->file = file;
        e->name = text(a);
        e->to = text(b);
        if (old >= 0) {
            mem_free(names[old]);
            names[old] = NULL;
        }
        if (file >= 0) {
            mem_free(names[file]);
            names[file] = text(b);
        }
    }
    pthread_mutex_unlock(&lock);
    return rc;
}

int __wrap_unlinkat(int at, const char *name, int flags)
{
    char n[PATH_MAX];
    int rc;

    pthread_mutex_lock(&lock);
    rc = __real_unlinkat(at, name, flags);
    if (rc == 0 && name_at(at, name, n)) {
        int file = file_by_name(n);

        if (heal_name && strcmp(n, heal_name) == 0) {
            fail_calls = failed_count = 0;
            heal_name = NULL;
        }
        if (file >= 0) {
            event_add_locked(EV_UNLINK)->name = text(n);
            mem_free(names[file]);
            names[file] = NULL;
        }
    }
    pthread_mutex_unlock(&lock);
    return rc;
}

int __wrap_mkdirat(int at, const char *name, mode_t mode)
{
    char n[PATH_MAX];
    int rc;

    pthread_mutex_lock(&lock);
    if (name_at(at, name, n) && faccessat(at, name, F_OK, 0) < 0 && fails_locked(DISK_NAME)) {
        pthread_mutex_unlock(&lock);
        return -1;
    }
    rc = __real_mkdirat(at, name, mode);
    if (rc == 0 && name_at(at, name, n))
        event_add_locked(EV_MKDIR)->name = text(n);
    pthread_mutex_unlock(&lock);
    return rc;
}

int __wrap_mkdir(const char *name, mode_t mode)
{
    return __wrap_mkdirat(AT_FDCWD, name, mode);
}

/* ---- rebuilding ---- */

size_t disk_events(void)
{
    size_t n;

    pthread_mutex_lock(&lock);
    n = n_events;
    pthread_mutex_unlock(&lock);
    return n;
}

void disk_note(uint64_t what)
{
    pthread_mutex_lock(&lock);
    if (recording)
        event_add_locked(EV_NOTE)->offset = what;
    pthread_mutex_unlock(&lock);
}

bool disk_is_sync(size_t i)
{
    return events[i].kind == EV_SYNC || events[i].kind == EV_DIRSYNC;
}

void disk_notes(size_t end, void (*fn)(void *arg, uint64_t what), void *arg)
{
    for (size_t i = 0; i < end; i++)
        if (events[i].kind == EV_NOTE)
            fn(arg, events[i].offset);
}

static uint64_t seed_next(uint64_t *seed)
{
    *seed += 0x9e3779b97f4a7c15u;
    uint64_t z = *seed;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

struct image {
    char *name; /* NULL: not in a directory */
    int fd;
    size_t covered; /* writes before this event are durable */
};

/* A power loss of one kind: everything arrived, nothing did, or any sectors. */
static void image_write(int fd, const struct event *e, bool durable, int mood, uint64_t *seed)
{
    static const char zeros[1 << 20];
    const char *p = e->bytes ? e->bytes : zeros;

    if (!durable && mood == 1)
        return;
    check(e->bytes || e->n <= sizeof(zeros));
    if (durable || mood == 0) {
        check(__real_pwrite64(fd, p, e->n, (off_t)e->offset) == (ssize_t)e->n);
        return;
    }
    for (uint64_t at = 0, n; at < e->n; at += n) {
        n = SECTOR - (e->offset + at) % SECTOR;
        n = n < e->n - at ? n : e->n - at;
        if (seed_next(seed) & 1)
            check(__real_pwrite64(fd, p + at, n, (off_t)(e->offset + at)) == (ssize_t)n);
    }
}

static int image_of(struct image *v, const char *name)
{
    for (int i = 0; i < n_files; i++)
        if (v[i].name && strcmp(v[i].name, name) == 0)
            return i;
    return -1;
}

static void image_name(struct image *v, const struct event *e, const char *dir)
{
    char path[2 * PATH_MAX];
    int old;

    switch (e->kind) {
    case EV_MKDIR:
        snprintf(path, sizeof(path), "%s/%s", dir, e->name);
        if (e->name[0]) /* the watched directory itself is made in any case */
            check(__real_mkdir(path, 0700) == 0);
        break;
    case EV_CREATE:
        v[e->file].name = e->name;
        break;
    case EV_RENAME:
        old = image_of(v, e->to);
        if (old >= 0)
            v[old].name = NULL;
        if (e->file >= 0)
            v[e->file].name = e->to;
        break;
    case EV_UNLINK:
        old = image_of(v, e->name);
        if (old >= 0)
            v[old].name = NULL;
        break;
    default:
        break;
    }
}

static bool is_name_event(const struct event *e)
{
    return e->kind == EV_MKDIR || e->kind == EV_CREATE || e->kind == EV_RENAME ||
           e->kind == EV_UNLINK;
}

/* Up to which event have names arrived? */
static size_t names_end(size_t end, int mood, uint64_t *seed)
{
    size_t sure = 0;

    for (size_t i = 0; i < end; i++)
        if (events[i].kind == EV_DIRSYNC && events[i].covers > sure)
            sure = events[i].covers;
    if (mood == 0)
        return end;
    return mood == 1 ? sure : sure + seed_next(seed) % (end - sure + 1);
}

static void image_file(const struct image *im, int file, size_t end, const char *dir, int mood,
                       uint64_t *seed)
{
    char path[2 * PATH_MAX];
    int fd;

    snprintf(path, sizeof(path), "%s/%s", dir, im->name);
    fd = __real_open64(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    check(fd >= 0);
    for (size_t i = 0; i < end; i++) {
        if (events[i].file != file)
            continue;
        if (events[i].kind == EV_WRITE)
            image_write(fd, &events[i], i < im->covered, mood, seed);
        else if (events[i].kind == EV_TRUNCATE && (i < im->covered || mood == 0))
            check(__real_ftruncate64(fd, (off_t)events[i].n) == 0);
    }
    __real_close(fd);
}

void disk_rebuild(size_t end, uint64_t seed, const char *dir)
{
    struct image *v = mem_new_array((size_t)n_files + 1, sizeof(*v));
    int mood = (int)(seed % 4); /* 2, 3: any sectors */
    size_t names_to;

    pthread_mutex_lock(&lock);
    check(__real_mkdir(dir, 0700) == 0);
    names_to = names_end(end, mood, &seed);
    for (size_t i = 0; i < end; i++) {
        if (events[i].kind == EV_SYNC && events[i].covers > v[events[i].file].covered)
            v[events[i].file].covered = events[i].covers;
        if (i < names_to && is_name_event(&events[i]))
            image_name(v, &events[i], dir);
    }
    for (int i = 0; i < n_files; i++)
        if (v[i].name)
            image_file(&v[i], i, end, dir, mood, &seed);
    pthread_mutex_unlock(&lock);
    mem_free(v);
}
