#include "mailbox/batch.h"
void reap_state_free(struct reap_state *r) { (void)r; }
enum err evaluate_reap(struct batch *b, struct ticket *t, enum outcome *how) { return ERR_OK; }
