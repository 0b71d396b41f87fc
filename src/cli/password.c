/*
 * cli/password.c - a password from a terminal, a file or standard input.
 */
#include "cli/password.h"

#include "auth/auth.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

void password_wipe(struct buf *password)
{
    if (password->p)
        explicit_bzero(password->p, password->cap);
    buf_fini(password);
}

/* Byte by byte, so that what follows the line stays for others.  Has room for all from the start:
 * growing would leave copies behind. */
static enum err read_line(int fd, struct buf *out, const char *from, struct buf *why)
{
    bool end = false;

    buf_clear(out);
    buf_reserve(out, PASSWORD_MAX + 2);
    while (!end && out->n < PASSWORD_MAX + 2) {
        ssize_t n = read(fd, out->p + out->n, 1);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            buf_printf(why, "%s: %s", from, strerror(errno));
            return ERR_IO;
        }
        end = n == 0 || out->p[out->n] == '\n';
        out->n += n > 0 && !end;
    }
    if (out->n > 0 && out->p[out->n - 1] == '\r')
        out->n--;
    if (out->n == 0 || out->n > PASSWORD_MAX) {
        buf_printf(why, "%s: %s", from,
                   out->n ? "a password has at most 1024 bytes"
                          : "no password there, the first line is empty");
        return ERR_SYNTAX;
    }
    return ERR_OK;
}

static const int deadly[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};
enum { DEADLY = sizeof deadly / sizeof deadly[0] };

static volatile sig_atomic_t caught;

static void note(int sig)
{
    caught = sig;
}

/* Whatever ends the question, the terminal gets its echo back first. */
static enum err ask_once(int tty, const char *prompt, struct buf *out, struct buf *why)
{
    struct termios before, silent;
    struct sigaction old[DEADLY], mine = {.sa_handler = note};

    if (tcgetattr(tty, &before) != 0) {
        buf_printf(why, "the terminal: %s", strerror(errno));
        return ERR_IO;
    }
    caught = 0;
    for (int i = 0; i < DEADLY; i++)
        sigaction(deadly[i], &mine, &old[i]);
    silent = before;
    silent.c_lflag &= ~(tcflag_t)ECHO;
    silent.c_lflag |= ECHONL;
    tcsetattr(tty, TCSAFLUSH, &silent);
    ssize_t said = write(tty, prompt, strlen(prompt));
    enum err e = said < 0 ? ERR_IO : read_line(tty, out, "the terminal", why);
    tcsetattr(tty, TCSAFLUSH, &before);
    for (int i = 0; i < DEADLY; i++)
        sigaction(deadly[i], &old[i], NULL);
    if (caught)
        raise(caught);
    return e;
}

static enum err ask(int tty, struct buf *out, struct buf *why)
{
    struct buf again = BUF_INIT;

    enum err e = ask_once(tty, "Password: ", out, why);
    if (e == ERR_OK)
        e = ask_once(tty, "Once more: ", &again, why);
    if (e == ERR_OK && !str_eq(buf_str(out), buf_str(&again))) {
        buf_printf(why, "the two are not the same; nothing was changed");
        e = ERR_SYNTAX;
    }
    password_wipe(&again);
    return e;
}

static enum err from_file(const char *file, struct buf *out, struct buf *why)
{
    int fd = open(file, O_RDONLY | O_CLOEXEC);

    if (fd < 0) {
        buf_printf(why, "%s: %s", file, strerror(errno));
        return ERR_IO;
    }
    enum err e = read_line(fd, out, file, why);
    close(fd);
    return e;
}

enum err password_read(const char *file, struct buf *out, struct buf *why_out)
{
    if (file && strcmp(file, "-") != 0)
        return from_file(file, out, why_out);
    if (file || !isatty(STDIN_FILENO))
        return read_line(STDIN_FILENO, out, "standard input", why_out);
    return ask(STDIN_FILENO, out, why_out);
}
