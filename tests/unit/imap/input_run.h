/* A client's bytes through imap_input, in pieces, and what happened as text. */
#ifndef TESTS_IMAP_INPUT_RUN_H
#define TESTS_IMAP_INPUT_RUN_H

#include "base/buf.h"
#include "imap/input.h"

enum answer { TAKE, STREAM, SKIP, REFUSE };

struct run {
    struct imap_input in;
    struct buf log;
    const enum answer *answers; /* to literals, in order; TAKE behind their end */
    size_t n_answers;
    uint64_t streaming; /* bytes that the owner takes itself */
    bool fatal;
};

/* Feeds one piece and logs its events. */
void run_piece(struct run *r, struct str piece);
void run_pieces(struct run *r, struct str s, size_t piece);

#endif
