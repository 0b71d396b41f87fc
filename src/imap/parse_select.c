/*
 * imap/parse_select.c - SELECT and EXAMINE with the parameters of RFC 7162, 3.1.8 and 3.2.5.
 */
#include "imap/lexer.h"

#include <stdlib.h>

static int range_cmp(const void *a, const void *b)
{
    const struct range *x = a, *y = b;

    return (x->lo > y->lo) - (x->lo < y->lo);
}

/* As struct ranges, in the arena.  "9:1" is 1:9. */
static struct ranges normalise(struct arena *a, const struct imap_set *set)
{
    struct ranges r = {.v = ARENA_ARRAY(a, struct range, set->n), .cap = set->n};
    struct range *last = NULL;

    for (size_t i = 0; i < set->n; i++) {
        struct range in = set->v[i];

        r.v[i] = in.lo <= in.hi ? in : (struct range){in.hi, in.lo};
    }
    qsort(r.v, set->n, sizeof(*r.v), range_cmp);
    for (size_t i = 0; i < set->n; i++) {
        if (last != NULL && r.v[i].lo <= (uint64_t)last->hi + 1) {
            last->hi = r.v[i].hi > last->hi ? r.v[i].hi : last->hi;
        } else {
            last = &r.v[r.n++];
            *last = r.v[i];
        }
    }
    return r;
}

/* RFC 7162, 7: known-sequence-set and known-uid-set are in ascending order. */
static enum err lex_rising_set(struct lexer *l, struct imap_set *out, uint64_t *count_out)
{
    uint32_t last = 0;

    *count_out = 0;
    TRY(lex_known_set(l, out));
    for (size_t i = 0; i < out->n; i++) {
        if (out->v[i].lo <= last || out->v[i].hi < out->v[i].lo)
            return lex_fail(l, "Numbers must rise");
        last = out->v[i].hi;
        *count_out += (uint64_t)out->v[i].hi - out->v[i].lo + 1;
    }
    return ERR_OK;
}

/* "(1,5,9 10,50,90)".  Sets that do not pair up are a hint without use (RFC 7162, 3.2.5.2) and are
 * left out. */
static enum err lex_seq_match(struct lexer *l, struct imap_qresync *q)
{
    uint64_t n_seqs, n_uids;

    TRY(lex_char(l, '(', "Expected UIDs or message numbers with their UIDs"));
    TRY(lex_rising_set(l, &q->match_seqs, &n_seqs));
    TRY(lex_sp(l));
    TRY(lex_rising_set(l, &q->match_uids, &n_uids));
    q->has_match = n_seqs == n_uids;
    return lex_char(l, ')', "Expected the end of the message numbers and UIDs");
}

static enum err lex_known_uids(struct lexer *l, struct imap_qresync *q)
{
    struct imap_set set;

    TRY(lex_known_set(l, &set));
    q->has_known = true;
    q->known = normalise(l->a, &set);
    return ERR_OK;
}

/* "(uidvalidity modseq [known-uids] [seq-match-data])" */
static enum err lex_qresync(struct lexer *l, struct imap_command *c)
{
    struct imap_qresync *q = c->select.qresync = ARENA_NEW(l->a, struct imap_qresync);

    TRY(lex_sp(l));
    TRY(lex_char(l, '(', "Expected the parameters of QRESYNC"));
    TRY(lex_nz_number(l, &q->uidvalidity));
    TRY(lex_sp(l));
    TRY(lex_number64(l, &q->modseq));
    if (lex_try(l, ' ')) {
        if (!lex_at(l, '(')) {
            TRY(lex_known_uids(l, q));
            if (lex_try(l, ' '))
                TRY(lex_seq_match(l, q));
        } else {
            TRY(lex_seq_match(l, q));
        }
    }
    return lex_char(l, ')', "Expected the end of the parameters of QRESYNC");
}

static enum err lex_select_param(struct lexer *l, struct imap_command *c)
{
    if (lex_try_word(l, "CONDSTORE")) {
        c->select.condstore = true;
        return ERR_OK;
    }
    if (c->select.qresync == NULL && lex_try_word(l, "QRESYNC"))
        return lex_qresync(l, c);
    return lex_fail(l, "Unknown parameter of SELECT");
}

enum err parse_select(struct lexer *l, struct imap_command *c)
{
    TRY(lex_sp(l));
    TRY(lex_mailbox(l, &c->select.mailbox));
    if (!lex_try_more(l))
        return ERR_OK;
    TRY(lex_char(l, '(', "Expected a list of parameters"));
    do
        TRY(lex_select_param(l, c));
    while (lex_try(l, ' '));
    return lex_char(l, ')', "Expected the end of the parameters");
}
