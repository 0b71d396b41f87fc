/* Our own mistakes: a condition that can be false only through a bug of ours.  Stays in release builds: it is better
 * to stop (everything acknowledged is on disk) than to tell a client a wrong number. */
#ifndef BASE_CHECK_H
#define BASE_CHECK_H

[[gnu::noreturn]] void check_failed(const char *cond, const char *file, int line);

#define check(cond) (__builtin_expect(!!(cond), 1) ? (void)0 : check_failed(#cond, __FILE__, __LINE__))

#endif
