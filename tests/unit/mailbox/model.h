/* A mailbox account as simple as can be: arrays of messages.  Random intents go to it and to the
 * real one, and both must say the same. */
#ifndef TESTS_MAILBOX_MODEL_H
#define TESTS_MAILBOX_MODEL_H

#include "world.h"

enum { MODEL_BOXES = 6, MODEL_KEYWORDS = 5 };

struct model_message {
    uint32_t uid;
    uint8_t flags;
    uint8_t keywords;
    uint64_t object;
    uint64_t size;
    uint64_t modseq;
};

struct model_box {
    bool exists;
    char name[16];
    uint64_t mailbox;
    uint32_t uidvalidity, uidnext;
    uint64_t modseq; /* as last seen; must never fall */
    struct model_message *v;
    size_t n, cap;
};

struct model {
    struct model_box box[MODEL_BOXES];
    uint32_t last_uidvalidity;
};

/* splitmix64: the same numbers everywhere for a seed */
struct dice {
    uint64_t s;
};
uint64_t dice_roll(struct dice *d, uint64_t below);

void model_init(struct model *m, struct world *w);
void model_fini(struct model *m);
void model_copy(struct model *to, const struct model *from);

/* One random intent to both.  Compares the ticket with what the model expects. */
void model_step(struct model *m, struct world *w, struct dice *d);
/* The whole state. */
void model_compare(struct model *m, struct world *w);
bool model_equals(struct model *m, struct world *w);
/* Modseqs that only the real one can know (of copies). */
void model_learn(struct model_box *b, struct world *w);
void model_learn_all(struct model *m, struct world *w);

/* An intent chosen but not made yet, for when several wait. */
struct model_op {
    unsigned kind;
    unsigned box, to;
    struct ranges uids;
    uint8_t flags, keyword;
    enum flags_mode mode;
    unsigned count;
    bool has_since;
    uint64_t since;
    struct ticket *ticket;
    uint64_t objects[8], sizes[8];
};

void model_choose(struct model *m, struct dice *d, struct model_op *op);
/* One that does not depend on names, so that several may be submitted at once. */
void model_choose_message_op(struct model *m, struct dice *d, struct model_op *op);
void model_submit(struct model *m, struct world *w, struct model_op *op);
/* The effect on the model, checked against the completed ticket; frees the op. */
void model_effect(struct model *m, struct world *w, struct model_op *op);
void model_op_fini(struct model_op *op);

#endif
