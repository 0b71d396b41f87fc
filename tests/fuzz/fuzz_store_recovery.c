/* A store of a process that was killed, damaged: it opens or says why not, and never gives out
 * other bytes than were put in.  Each six bytes of the input are one edit of one file: which and
 * how, where (24 bits), with what. Pages of LMDB's file are left alone: they carry no checksum
 * (doc/store-format.md, "What is not covered"). */
#include "fuzz.h"

#include "../store/workload.h"

#include "base/check.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

enum { ACCOUNTS = 2, BATCHES = 14, FILES_MAX = 32, EDIT = 6 };

struct kept {
    char name[320];
    char *bytes;
    size_t n;
    bool editable;
};

static char top[64], work[96];
static struct kept files[FILES_MAX];
static size_t n_files, n_editable;

static enum err tiny_open(const char *dir, bool past_damage, struct store **out)
{
    struct embedded_options o = {
        .pack_size = 64 * 1024, .min_free = 1, .map_size = 1ull << 26, .past_damage = past_damage};

    return embedded_open(dir, &o, out);
}

static void keep_file(const char *path, const char *name)
{
    struct kept *k = &files[n_files++];
    struct stat st;
    int fd = open(path, O_RDONLY);

    check(n_files < FILES_MAX && fd >= 0 && fstat(fd, &st) == 0);
    snprintf(k->name, sizeof(k->name), "%s", name);
    k->n = (size_t)st.st_size;
    k->bytes = mem_new(k->n);
    check(pread(fd, k->bytes, k->n, 0) == st.st_size);
    close(fd);
}

static void keep_dir(const char *dir, const char *sub)
{
    char path[512], name[320];
    struct dirent *e;
    DIR *d;

    snprintf(path, sizeof(path), "%s/%s", dir, sub);
    d = opendir(path);
    check(d);
    while ((e = readdir(d))) {
        if (e->d_type != DT_REG || strcmp(e->d_name, "ballast") == 0 ||
            strcmp(e->d_name, "lock.mdb") == 0)
            continue;
        snprintf(name, sizeof(name), "%s%s%s", sub, sub[0] ? "/" : "", e->d_name);
        snprintf(path, sizeof(path), "%s/%s", dir, name);
        keep_file(path, name);
    }
    closedir(d);
}

static int by_name(const void *a, const void *b)
{
    const struct kept *x = a, *y = b;
    bool map_x = strstr(x->name, ".mdb"), map_y = strstr(y->name, ".mdb");

    return map_x != map_y ? map_x - map_y : strcmp(x->name, y->name);
}

static void forget(void)
{
    for (size_t i = 0; i < n_files; i++)
        mem_free(files[i].bytes);
    dir_remove(top);
}

/* The files as they are while the owner lives: a checkpoint, and groups behind it. */
static void prepare(void)
{
    char dir[96];
    struct store *s;
    bool more;

    log_setup(LOG_ERROR, LOG_OFF);
    snprintf(top, sizeof(top), "%s/tern-fuzz-XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    check(mkdtemp(top));
    snprintf(dir, sizeof(dir), "%s/store", top);
    snprintf(work, sizeof(work), "%s/work", top);
    check(tiny_open(dir, false, &s) == ERR_OK);
    for (uint64_t n = 1; n <= BATCHES; n++)
        for (uint64_t account = 1; account <= ACCOUNTS; account++) {
            check(store_commit_wait(s, work_batch(s, account, n), n - 1) == ERR_OK);
            if (n == BATCHES / 2)
                check(store_compact(s, 1 << 20, &more) == ERR_OK);
        }
    keep_dir(dir, "");
    keep_dir(dir, "packs");
    keep_dir(dir, "blobs");
    keep_dir(dir, "map");
    store_close(s);
    qsort(files, n_files, sizeof(files[0]), by_name);
    n_editable = n_files - 1;
    check(n_editable >= 3 && strstr(files[n_editable].name, "data.mdb"));
    atexit(forget);
}

/* ---- an image with its damage ---- */

static void file_place(const struct kept *k)
{
    static const char zeros[4096];
    char path[512];
    int fd;

    snprintf(path, sizeof(path), "%s/%s", work, k->name);
    fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    check(fd >= 0 && ftruncate(fd, (off_t)k->n) == 0);
    for (size_t at = 0; at < k->n; at += sizeof(zeros)) {
        size_t n = k->n - at < sizeof(zeros) ? k->n - at : sizeof(zeros);

        if (memcmp(k->bytes + at, zeros, n) != 0)
            check(pwrite(fd, k->bytes + at, n, (off_t)at) == (ssize_t)n);
    }
    close(fd);
}

static void image_place(void)
{
    static const char *const dirs[] = {"", "packs", "blobs", "map", "tmp"};
    char path[512];

    for (size_t i = 0; i < ARRAY_LEN(dirs); i++) {
        snprintf(path, sizeof(path), "%s/%s", work, dirs[i]);
        check(mkdir(path, 0700) == 0);
    }
    for (size_t i = 0; i < n_files; i++)
        file_place(&files[i]);
}

/* Flip, write, cut, zero a sector, or take the file away. */
static void edit(const uint8_t *e)
{
    static const char zeros[512];
    const struct kept *k = &files[e[0] % n_editable];
    size_t at = (e[1] | (size_t)e[2] << 8 | (size_t)e[3] << 16) % (k->n + 1);
    char path[512], byte = 0;
    int fd;

    snprintf(path, sizeof(path), "%s/%s", work, k->name);
    fd = open(path, O_RDWR);
    if (fd < 0)
        return;
    switch (e[4] % 5) {
    case 0:
        if (pread(fd, &byte, 1, (off_t)at) == 1) {
            byte ^= (char)(e[5] ? e[5] : 1);
            check(pwrite(fd, &byte, 1, (off_t)at) == 1);
        }
        break;
    case 1:
        check(pwrite(fd, &e[5], 1, (off_t)at) == 1);
        break;
    case 2:
        check(ftruncate(fd, (off_t)at) == 0);
        break;
    case 3:
        check(pwrite(fd, zeros, sizeof(zeros), (off_t)(at / 512 * 512)) == sizeof(zeros));
        break;
    case 4:
        if (e[5] % 8 == 0)
            unlink(path);
        break;
    }
    close(fd);
}

/* ---- what must hold ---- */

static void blobs_hold(struct store *s, uint64_t account)
{
    for (uint64_t object = 1; object <= BATCHES; object++)
        if (store_blob_verify(s, account, object) == ERR_OK)
            check(blob_is(s, account, object, work_blob_size(account, object)));
}

/* Every value is one that some batch of this key put. */
static void keys_hold(struct store *s, uint64_t account)
{
    struct arena *a = arena_new();
    struct buf want = BUF_INIT;
    char name[16];

    for (int k = 0; k < WORK_KEYS; k++) {
        struct key key;
        struct str keys[1], value;
        bool known = false;

        snprintf(name, sizeof(name), "key%02d", k);
        key = key_of(account, name);
        keys[0] = key_str(&key);
        if (store_get(s, a, keys, 1, &value) != ERR_OK || !value.p)
            continue;
        for (uint64_t n = 1; n <= BATCHES && !known; n++) {
            work_value(account, n, k, &want);
            known = str_eq(value, buf_str(&want));
        }
        check(known);
    }
    buf_fini(&want);
    arena_free(a);
}

static void say_nothing(void *arg, struct str line)
{
}

static bool holds(bool past_damage)
{
    struct store_check_report report;
    struct store *s;
    enum err e = tiny_open(work, past_damage, &s);

    if (e != ERR_OK) {
        check(!s && e != ERR_LOCKED);
        return false;
    }
    for (uint64_t account = 1; account <= ACCOUNTS; account++) {
        keys_hold(s, account);
        blobs_hold(s, account);
    }
    check(store_check(s, true, say_nothing, NULL, &report) == ERR_OK);
    check(put_now(s, 3, "k", "life goes on") == ERR_OK);
    store_close(s);
    return true;
}

static enum err record_holds(void *arg, const struct embedded_record *r, int fd, uint64_t offset)
{
    return ERR_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (n_files == 0)
        prepare();
    image_place();
    for (size_t at = 0; at + EDIT <= n && at < 64 * EDIT; at += EDIT)
        edit(data + at);
    (void)!embedded_each_record(work, record_holds, NULL);
    if (holds(false) || holds(true))
        check(holds(false)); /* what was opened once opens again */
    dir_remove(work);
    return 0;
}
