/*
 * tests/lib/imap_structure.c - ENVELOPE, BODY, BODYSTRUCTURE, the summary and its table of parts,
 * of any message.
 */
#include "lib/imap_structure.h"

#include "base/check.h"
#include "imap/format.h"
#include "imap/summary.h"
#include "lib/imap_grammar.h"
#include "mime/parser.h"

#include <stdio.h>

enum { MAX_LOOKUPS = 300, MAX_NUMBERS = 2 * MIME_MAX_DEPTH + 2 };

struct rendering {
    struct buf envelope, body, bodystructure;
};

static void must(bool good, struct str text, const struct grammar_error *error)
{
    if (good)
        return;
    fprintf(stderr, "%s at %zu of:\n%.*s\n", error->what, error->at, STR_FMT(text));
    check(good);
}

static void render(const struct mime_part *root, enum imap_mode mode, struct rendering *r)
{
    bool utf8 = mode == IMAP_MODE_UTF8;
    struct grammar_error error;

    imap_put_envelope(&r->envelope, root->envelope, mode);
    must(grammar_envelope(buf_str(&r->envelope), utf8, &error), buf_str(&r->envelope), &error);
    imap_put_body(&r->body, root, false, mode);
    must(grammar_body(buf_str(&r->body), false, utf8, &error), buf_str(&r->body), &error);
    imap_put_body(&r->bodystructure, root, true, mode);
    must(grammar_body(buf_str(&r->bodystructure), true, utf8, &error), buf_str(&r->bodystructure),
         &error);
}

static void rendering_fini(struct rendering *r)
{
    buf_fini(&r->envelope);
    buf_fini(&r->body);
    buf_fini(&r->bodystructure);
}

static bool same(const struct rendering *a, const struct rendering *b)
{
    return str_eq(buf_str(&a->envelope), buf_str(&b->envelope)) &&
           str_eq(buf_str(&a->body), buf_str(&b->body)) &&
           str_eq(buf_str(&a->bodystructure), buf_str(&b->bodystructure));
}

/* ---- the table of parts against the tree ---- */

struct lookup {
    struct mime_part *root;
    struct str table;
    uint32_t numbers[MAX_NUMBERS];
    size_t n;
    int n_lookups;
};

static void check_same_part(const struct summary_part *a, const struct summary_part *b)
{
    check(a->header_at == b->header_at && a->body_at == b->body_at && a->end == b->end);
    check(a->cte == b->cte && a->kind == b->kind && a->is_text == b->is_text);
    check(a->is_message_root == b->is_message_root);
    check(a->inner_header_at == b->inner_header_at && a->inner_body_at == b->inner_body_at &&
          a->inner_end == b->inner_end);
    check((a->charset.p == NULL) == (b->charset.p == NULL) && str_eq(a->charset, b->charset));
}

static bool lookup(struct lookup *l)
{
    struct summary_part from_table, from_tree;
    bool found = summary_part_of_tree(l->root, l->numbers, l->n, &from_tree);

    l->n_lookups++;
    check(summary_part_find(l->table, l->numbers, l->n, &from_table) == found);
    if (found)
        check_same_part(&from_table, &from_tree);
    return found;
}

static void lookup_below(struct lookup *l);

static bool lookup_child(struct lookup *l, uint32_t number)
{
    bool found = false;

    if (l->n == MAX_NUMBERS || l->n_lookups > MAX_LOOKUPS)
        return false;
    l->numbers[l->n++] = number;
    if (lookup(l)) {
        found = true;
        lookup_below(l);
    }
    l->n--;
    return found;
}

/* All numbers that are there, and some that are not. */
static void lookup_below(struct lookup *l)
{
    uint32_t number = 1;

    while (lookup_child(l, number))
        number++;
    check(!lookup_child(l, 0));
    check(!lookup_child(l, UINT32_MAX));
}

/* The parts in the order of the tree; returns how many. */
static size_t walk(const struct mime_part *p, const struct summary_part *parts, size_t n)
{
    size_t at = 0;

    for (; p != NULL; p = p->next) {
        check(at < n);
        check(parts[at].header_at == p->header_at && parts[at].end == p->end &&
              parts[at].kind == p->kind);
        at++;
        at += walk(p->child, parts + at, n - at);
    }
    return at;
}

static void check_all_parts(const struct mime_part *root, struct str table)
{
    struct arena *a = arena_new();
    struct summary_part *parts;
    size_t n = summary_parts_all(a, table, &parts);

    check(walk(root, parts, n) == n);
    arena_free(a);
}

/* ---- the summary ---- */

static void check_told(struct str told, const struct buf *want)
{
    check(told.p != NULL && str_eq(told, buf_str(want)));
}

static void check_summary_values(struct mime_part *root, const struct rendering *r,
                                 struct str list_value, struct str more_value)
{
    struct summary_list list;
    struct summary_more more;
    struct lookup l = {.root = root};

    check(summary_list_read(list_value, &list) == ERR_OK);
    check(summary_more_read(more_value, &more) == ERR_OK);
    check(list.header_size == root->body_at - root->header_at);
    if (list.too_large) {
        check(list.envelope.p == NULL && list.bodystructure.p == NULL && more.parts.p == NULL);
        return;
    }
    check_told(list.envelope.p != NULL ? list.envelope : more.envelope, &r->envelope);
    check_told(list.bodystructure.p != NULL ? list.bodystructure : more.bodystructure,
               &r->bodystructure);
    check(list.in_more == (list.envelope.p == NULL || list.bodystructure.p == NULL));
    check_told(more.body, &r->body);
    check((more.references.p == NULL) == (root->references.p == NULL));
    l.table = more.parts;
    check_all_parts(root, l.table);
    check(lookup(&l));
    lookup_below(&l);
}

static void check_summary(struct mime_part *root, const struct rendering *rev1,
                          const struct rendering *utf8)
{
    struct buf list_value = BUF_INIT, more_value = BUF_INIT;
    struct summary_list list;

    summary_build(root, &list_value, &more_value);
    check(list_value.n > 0 && list_value.n <= SUMMARY_LIST_MAX);
    check(more_value.n > 0 && more_value.n <= SUMMARY_MORE_MAX);
    check_summary_values(root, rev1, buf_str(&list_value), buf_str(&more_value));
    check(summary_list_read(buf_str(&list_value), &list) == ERR_OK);
    check(list.has_8bit || same(rev1, utf8));
    buf_fini(&list_value);
    buf_fini(&more_value);
}

void imap_structure_check(struct str message)
{
    struct arena *a = arena_new();
    struct mime_part *root = mime_parse(a, message);
    struct rendering rev1 = {0}, utf8 = {0};

    render(root, IMAP_MODE_REV1, &rev1);
    render(root, IMAP_MODE_UTF8, &utf8);
    check(!str_has_8bit(buf_str(&rev1.envelope)) && !str_has_8bit(buf_str(&rev1.bodystructure)));
    check_summary(root, &rev1, &utf8);
    rendering_fini(&rev1);
    rendering_fini(&utf8);
    arena_free(a);
}
