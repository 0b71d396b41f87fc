/* The engine of the tests: everything in memory, and the test decides when, in what order and how commits end. */
#ifndef STORE_MEMORY_H
#define STORE_MEMORY_H

#include "store/store.h"

struct store *memory_open(void);

/* true: commits end by themselves within store_commit (the default); false: they wait for memory_end. */
void memory_auto(struct store *s, bool on);
size_t memory_waiting(struct store *s);             /* commits in flight */
void memory_end(struct store *s, size_t i, enum err how); /* ends the i-th of them (0: the oldest) */
void memory_full(struct store *s, bool on);         /* store_has_room says no, blobs and commits fail ERR_NO_SPACE */
/* A second store with what is durable in this one, as after kill -9: commits in flight are not in it. */
struct store *memory_crash(struct store *s);

#endif
