/* Proving an account: what check.c and check_mailbox.c share. */
#ifndef MAILBOX_CHECK_PRIV_H
#define MAILBOX_CHECK_PRIV_H

#include "mailbox/reap.h"

struct checking {
    struct account *acct;
    bool deep, repair;
    store_say_fn *say;
    void *arg;
    struct account_check_report *report;
    struct reap_state named; /* objects that some mailbox, history or grave names */
    struct repair *repairs;
    bool busy; /* the writer was never seen idle: what needs that is not looked at */
};

/* The writer is idle now: what the store has is published.  Waits a little, the first time. */
bool check_quiet(struct checking *k);

/* One finding, as a line for a person. */
void finding(struct checking *k, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Everything of one mailbox; notes the objects it names. */
enum err check_mailbox(struct checking *k, uint64_t mailbox, struct str name);

/* What a check asks the writer to mend. */
enum { REPAIR_OBJECTS = 500 };

struct repair {
    struct repair_object {
        uint64_t object, size;
    } objects[REPAIR_OBJECTS];
    size_t n_objects;
    uint64_t unnamed[REPAIR_OBJECTS]; /* mailboxes without a name */
    size_t n_unnamed;
};

#endif
