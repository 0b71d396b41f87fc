/*
 * cli/privileges.c - root is needed for ports below 1024 and nothing else.
 *
 * An empty user name means: stay who you are.  That is for the demo and for containers, whose root
 * is nobody.
 */
#include "cli/privileges.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

static bool needed(const char *user)
{
    return geteuid() == 0 && *user;
}

static enum err look_up(const char *user, struct passwd **out, struct buf *why)
{
    *out = getpwnam(user);
    if (*out)
        return ERR_OK;
    buf_printf(why,
               "there is no user \"%s\" to become: create it (adduser --system --group %s) or set "
               "user = \"...\"",
               user, user);
    return ERR_NOT_FOUND;
}

static enum err make_path(char *path, struct buf *why)
{
    for (char *p = path + 1;; p++) {
        char c = *p;
        if (c != '/' && c != '\0')
            continue;
        *p = '\0';
        int rc = mkdir(path, c ? 0755 : 0700);
        int err = errno;
        if (rc != 0 && err != EEXIST) {
            buf_printf(why, "the directory %s cannot be made: %s", path, strerror(err));
            *p = c;
            return ERR_IO;
        }
        *p = c;
        if (!c)
            return ERR_OK;
    }
}

enum err privileges_directory(const char *user, const char *dir, struct buf *why_out)
{
    char path[4096];
    struct passwd *pw = NULL;

    if (!*dir || strlen(dir) >= sizeof path) {
        buf_printf(why_out, "the path of the store is %s", *dir ? "too long" : "empty");
        return ERR_BAD_NAME;
    }
    strcpy(path, dir);
    if (access(dir, F_OK) == 0)
        return ERR_OK;
    if (needed(user))
        TRY(look_up(user, &pw, why_out));
    TRY(make_path(path, why_out));
    if (pw && chown(dir, pw->pw_uid, pw->pw_gid) != 0) {
        buf_printf(why_out, "%s cannot be given to %s: %s", dir, user, strerror(errno));
        return ERR_IO;
    }
    return ERR_OK;
}

enum err privileges_drop(const char *user, struct buf *why_out)
{
    struct passwd *pw;

    if (!needed(user))
        return ERR_OK;
    TRY(look_up(user, &pw, why_out));
    if (initgroups(user, pw->pw_gid) != 0 || setgid(pw->pw_gid) != 0 || setuid(pw->pw_uid) != 0 ||
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        buf_printf(why_out, "cannot become %s: %s", user, strerror(errno));
        return ERR_NO_PERM;
    }
    if (setuid(0) == 0) {
        buf_printf(why_out, "became %s, but could become root again", user);
        return ERR_NO_PERM;
    }
    return ERR_OK;
}
