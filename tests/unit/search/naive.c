#include "naive.h"

#include "base/utf8.h"
#include "mime/date.h"
#include "mime/decode.h"
#include "mime/header.h"
#include "mime/parser.h"

/* Floor, so that days before 1970 are days, too. */
static int64_t day_of(int64_t utc, int zone_min)
{
    int64_t t = utc + (int64_t)zone_min * 60;
    int64_t day = t / 86400;

    return t % 86400 < 0 ? day - 1 : day;
}

static bool folded_has(struct str text, struct str needle)
{
    struct buf a = BUF_INIT, b = BUF_INIT;
    bool has;

    utf8_fold(&a, text);
    utf8_fold(&b, needle);
    has = str_search(buf_str(&a), buf_str(&b)) != SIZE_MAX;
    buf_fini(&a);
    buf_fini(&b);
    return has;
}

static struct str slice(struct str bytes, uint64_t from, uint64_t to)
{
    return str_sub(bytes, (size_t)from, (size_t)(to - from));
}

static bool header_has(struct arena *a, struct str block, struct str name, struct str text)
{
    struct mime_fields fields = mime_fields_of(block);
    struct mime_field f;

    while (mime_fields_next(&fields, &f)) {
        if (str_eq_nocase(f.name, name) && folded_has(mime_decode_text(a, f.value), text))
            return true;
    }
    return false;
}

static bool any_field_has(struct arena *a, struct str block, struct str text)
{
    struct mime_fields fields = mime_fields_of(block);
    struct buf all = BUF_INIT;
    struct mime_field f;
    bool has;

    while (mime_fields_next(&fields, &f)) {
        buf_add_str(&all, f.name);
        buf_add_cstr(&all, ": ");
        buf_add_str(&all, mime_decode_text(a, f.value));
        buf_add_cstr(&all, "\n");
    }
    has = folded_has(buf_str(&all), text);
    buf_fini(&all);
    return has;
}

static bool body_has(const struct mime_part *p, struct str bytes, struct str text)
{
    bool is_text = str_eq_nocase(p->type, STR("TEXT"));
    bool readable = p->cte == CTE_7BIT || p->cte == CTE_8BIT || p->cte == CTE_QP;
    struct str charset = is_text ? mime_param_get(p->params, STR("charset")) : STR_NONE;
    struct buf decoded = BUF_INIT, utf8 = BUF_INIT;
    struct mime_decoder d;
    bool has;

    if (p->kind != MIME_SINGLE || (!is_text && !readable))
        return false;
    mime_decoder_init(&d, p->cte);
    mime_decoder_feed(&d, slice(bytes, p->body_at, p->end), &decoded);
    mime_decoder_end(&d, &decoded);
    struct mime_charset *c = mime_charset_new(charset.p ? charset : STR(""));
    mime_charset_feed(c, buf_str(&decoded), &utf8);
    mime_charset_end(c, &utf8);
    has = folded_has(buf_str(&utf8), text);
    buf_fini(&decoded);
    buf_fini(&utf8);
    return has;
}

/* `headers`: fields of parts and of messages within count, too. */
static bool parts_have(struct arena *a, const struct mime_part *p, struct str bytes,
                       struct str text, bool headers)
{
    for (; p; p = p->next) {
        if (body_has(p, bytes, text) ||
            (headers && any_field_has(a, slice(bytes, p->header_at, p->body_at), text)) ||
            parts_have(a, p->child, bytes, text, headers))
            return true;
    }
    return false;
}

static bool text_matches(const struct naive *n, const struct search_key *key)
{
    struct arena *a = arena_new();
    struct mime_part *root = mime_parse(a, n->bytes);
    bool has;

    if (key->kind == SEARCH_HEADER)
        has = header_has(a, slice(n->bytes, 0, root->body_at), key->name, key->text);
    else
        has =
            parts_have(a, root, n->bytes, key->text, key->kind == SEARCH_TEXT) || key->text.n == 0;
    arena_free(a);
    return has;
}

static bool compare_day(enum search_kind kind, int64_t day, int64_t asked)
{
    if (kind == SEARCH_BEFORE || kind == SEARCH_SENTBEFORE)
        return day < asked;
    return kind == SEARCH_ON || kind == SEARCH_SENTON ? day == asked : day >= asked;
}

static bool sent_matches(const struct naive *n, const struct search_key *key)
{
    struct arena *a = arena_new();
    struct mime_part *root = mime_parse(a, n->bytes);
    struct mime_date d;
    bool has = root->envelope->date.p && mime_date_parse(root->envelope->date, &d) &&
               compare_day(key->kind, day_of(d.utc, d.zone_min), key->day);

    arena_free(a);
    return has;
}

static bool keyword_matches(const struct naive *n, struct str keyword)
{
    for (unsigned id = 0; id < version_keywords(n->version); id++) {
        if (str_eq_nocase(version_keyword(n->version, id), keyword))
            return keyword_has(&n->row.keywords, id);
    }
    return false;
}

static bool children_match(const struct naive *n, const struct search_key *key)
{
    bool all = true, some = false;

    for (const struct search_key *child = key->child; child; child = child->next) {
        bool m = naive_matches(n, child);

        all = all && m;
        some = some || m;
    }
    return key->kind == SEARCH_AND ? all : some;
}

bool naive_matches(const struct naive *n, const struct search_key *key)
{
    bool recent = ranges_has(n->recent, n->row.uid);

    switch (key->kind) {
    case SEARCH_AND:
    case SEARCH_OR:
        return children_match(n, key);
    case SEARCH_NOT:
        return !naive_matches(n, key->child);
    case SEARCH_UID:
        return ranges_has(&key->uids, n->row.uid);
    case SEARCH_FLAG:
        return (n->row.flags & key->flag) != 0;
    case SEARCH_KEYWORD:
        return keyword_matches(n, key->text);
    case SEARCH_RECENT:
        return recent;
    case SEARCH_NEW:
        return recent && !(n->row.flags & FLAG_SEEN);
    case SEARCH_BEFORE:
    case SEARCH_ON:
    case SEARCH_SINCE:
        return compare_day(key->kind, day_of(n->row.date, n->row.zone_min), key->day);
    case SEARCH_SENTBEFORE:
    case SEARCH_SENTON:
    case SEARCH_SENTSINCE:
        return sent_matches(n, key);
    case SEARCH_LARGER:
        return n->row.size > key->number;
    case SEARCH_SMALLER:
        return n->row.size < key->number;
    case SEARCH_MODSEQ:
        return n->row.modseq >= key->number;
    case SEARCH_HEADER:
    case SEARCH_BODY:
    case SEARCH_TEXT:
        return text_matches(n, key);
    default:
        return true;
    }
}
