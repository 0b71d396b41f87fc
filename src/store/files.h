/* File calls with our errors: whole reads and writes, syncs, names.  A failure that means the disk
 * is bad is logged here, once, with the file's name; a full disk is an answer and is not. */
#ifndef STORE_FILES_H
#define STORE_FILES_H

#include "base/err.h"
#include "base/str.h"

#include <sys/types.h>

/* ENOSPC and EDQUOT: ERR_NO_SPACE; ENOENT: ERR_NOT_FOUND; EMFILE and ENFILE: ERR_BUSY; ENOMEM:
 * ERR_NO_MEMORY; otherwise ERR_IO, the only one that says something about the disk. */
enum err errno_err(int errnum);

enum err file_open(int dirfd, const char *name, int flags, int *fd_out);
enum err file_write(int fd, const char *name, const void *p, size_t n, uint64_t offset);
/* Less than n at the end of the file only. */
enum err file_read(int fd, const char *name, void *p, size_t n, uint64_t offset, size_t *got_out);
enum err file_sync(int fd, const char *name); /* data, and what is needed to find it */
enum err dir_sync(int dirfd, const char *name);
enum err file_size(int fd, const char *name, uint64_t *size_out);
/* Zeros from `from` to `to`, in pieces; *reached_out says how far it came. */
enum err file_zero(int fd, const char *name, uint64_t from, uint64_t to, uint64_t *reached_out);

uint64_t random_u64(void); /* never 0 */

#endif
