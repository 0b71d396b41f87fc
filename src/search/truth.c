/*
 * search/truth.c - a program's value for one message, with what is known of it so far.
 *
 * Three values: what was not looked at yet is UNKNOWN_, and AND and OR have a value as soon as one
 * side decides it.  So the same function says "this row cannot match" and, in the middle of a body,
 * "it matches, no need to read on".
 */
#include "search/search_priv.h"

static enum truth truth_of(bool b)
{
    return b ? TRUE_ : FALSE_;
}

int64_t search_day(int64_t utc, int zone_min)
{
    int64_t local = utc + INT64_C(60) * zone_min;

    return local >= 0 ? local / 86400 : -((-local + 86399) / 86400);
}

static bool day_matches(enum search_kind kind, int64_t day, int64_t asked)
{
    switch (kind) {
    case SEARCH_BEFORE:
    case SEARCH_SENTBEFORE:
        return day < asked;
    case SEARCH_ON:
    case SEARCH_SENTON:
        return day == asked;
    default:
        return day >= asked;
    }
}

/* RFC 9051, 6.4.4: the day as it was written, whatever the zone.  A message without a date was sent
 * on no day. */
static enum truth sent_truth(const struct known *k, const struct search_key *key)
{
    if (!k->date_known)
        return UNKNOWN_;
    return truth_of(k->has_date && day_matches(key->kind, k->sent_day, key->day));
}

static enum truth text_truth(const struct search *s, const struct search_key *key)
{
    const struct term *t = &s->terms[key->note];

    if (t->needle.found)
        return TRUE_;
    return t->decided ? FALSE_ : UNKNOWN_;
}

/* note: the keyword's number and one, 0 where the mailbox does not know it. */
static bool has_keyword(const struct row *row, const struct search_key *key)
{
    return key->note && keyword_has(&row->keywords, key->note - 1);
}

static bool is_recent(const struct search *s, const struct row *row)
{
    return ranges_has(&s->options.recent, row->uid);
}

static enum truth leaf_truth(const struct search *s, const struct search_key *key)
{
    const struct row *row = &s->known.row;

    switch (key->kind) {
    case SEARCH_UID:
        return truth_of(ranges_has(&key->uids, row->uid));
    case SEARCH_FLAG:
        return truth_of(row->flags & key->flag);
    case SEARCH_KEYWORD:
        return truth_of(has_keyword(row, key));
    case SEARCH_RECENT:
        return truth_of(is_recent(s, row));
    case SEARCH_NEW:
        return truth_of(is_recent(s, row) && !(row->flags & FLAG_SEEN));
    case SEARCH_BEFORE:
    case SEARCH_ON:
    case SEARCH_SINCE:
        return truth_of(day_matches(key->kind, search_day(row->date, row->zone_min), key->day));
    case SEARCH_LARGER:
        return truth_of(row->size > key->number);
    case SEARCH_SMALLER:
        return truth_of(row->size < key->number);
    case SEARCH_MODSEQ: /* RFC 7162, 3.1.5: "equal to or greater" */
        return truth_of(row->modseq >= key->number);
    case SEARCH_SENTBEFORE:
    case SEARCH_SENTON:
    case SEARCH_SENTSINCE:
        return sent_truth(&s->known, key);
    case SEARCH_HEADER:
    case SEARCH_BODY:
    case SEARCH_TEXT:
        return text_truth(s, key);
    default:
        return TRUE_;
    }
}

/* `decides`: the value of one child that settles all (FALSE_ for AND, TRUE_ for OR). */
static enum truth joined_truth(const struct search *s, const struct search_key *child,
                               enum truth decides)
{
    enum truth all = decides == FALSE_ ? TRUE_ : FALSE_;

    for (; child; child = child->next) {
        enum truth t = search_truth(s, child);

        if (t == decides)
            return decides;
        if (t == UNKNOWN_)
            all = UNKNOWN_;
    }
    return all;
}

enum truth search_truth(const struct search *s, const struct search_key *key)
{
    switch (key->kind) {
    case SEARCH_AND:
        return joined_truth(s, key->child, FALSE_);
    case SEARCH_OR:
        return joined_truth(s, key->child, TRUE_);
    case SEARCH_NOT:
        return (enum truth)(TRUE_ - search_truth(s, key->child));
    default:
        return leaf_truth(s, key);
    }
}
