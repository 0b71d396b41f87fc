/* `tern check --deep`: what is kept of each message against what a fresh parse of it gives. */
#ifndef ADMIN_CHECK_SUMMARIES_H
#define ADMIN_CHECK_SUMMARIES_H

#include "mailbox/account.h"

/* A summary that is missing or of another format is no finding: it is made again when it is asked for.  One that reads
 * well and says something else is.  `repair`: it is made again now. */
enum err check_summaries(struct account *acct, struct str account_name, bool repair,
                         store_say_fn *say, void *arg, struct account_check_report *report);

#endif
