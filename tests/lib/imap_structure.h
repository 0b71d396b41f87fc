/* Everything that must hold of what IMAP says about the structure of a message, for any bytes: for
 * the corpus, and for the fuzzer. */
#ifndef TESTS_IMAP_STRUCTURE_H
#define TESTS_IMAP_STRUCTURE_H

#include "base/str.h"

/* Ends the process where something does not hold, after printing it. */
void imap_structure_check(struct str message);

#endif
