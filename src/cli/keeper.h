/* The keeper: a thread that goes round the accounts, removes what was expunged long ago and
 * compacts packs, a little at a time, so that nobody notices. */
#ifndef CLI_KEEPER_H
#define CLI_KEEPER_H

#include "cli/core.h"

struct keeper;

struct keeper *keeper_start(struct core *core);
void keeper_stop(struct keeper *k);

#endif
