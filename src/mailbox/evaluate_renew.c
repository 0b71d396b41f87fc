/*
 * mailbox/evaluate_renew.c - summaries that a reader has made again (protocols 18).
 */
#include "mailbox/stage.h"

struct renewed {
    uint64_t object;
    struct str list, more;
};

void account_summary_renew(struct account *acct, uint64_t object, struct str list, struct str more)
{
    struct intent in = {.kind = (enum intent_kind)INTENT_RENEW};
    struct ticket *t = ticket_new(acct, &in);
    struct renewed *r = ARENA_NEW(t->arena, struct renewed);

    r->object = object;
    r->list = list.p ? arena_str(t->arena, list) : list;
    r->more = more.p ? arena_str(t->arena, more) : more;
    t->payload = r;
    account_submit_own(acct, t);
}

enum err evaluate_renew(struct batch *b, struct ticket *t, enum outcome *how)
{
    const struct renewed *r = t->payload;
    struct intent_message m = {
        .object = r->object, .summary_list = r->list, .summary_more = r->more};

    if (r->list.n > STORE_MAX_VALUE || r->more.n > STORE_MAX_VALUE)
        return ERR_TOO_BIG;
    if (!batch_has_room(b, 2, r->list.n + r->more.n + 64) && b->first) {
        *how = OUTCOME_LATER;
        return ERR_OK;
    }
    batch_put_message(b, &m);
    return ERR_OK;
}
