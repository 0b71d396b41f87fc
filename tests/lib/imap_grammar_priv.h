/* The tokens, between the two files of the grammar. */
#ifndef TESTS_IMAP_GRAMMAR_PRIV_H
#define TESTS_IMAP_GRAMMAR_PRIV_H

#include "lib/imap_grammar.h"

struct g {
    struct str s;
    size_t at;
    bool utf8;
    bool structure; /* within ENVELOPE or BODY: no 8-bit outside UTF-8, not even in literals */
    bool more;
    int depth;
    const char *what;
};

typedef bool rule_fn(struct g *g);

bool g_wrong(struct g *g, const char *what);
int g_peek(const struct g *g);
bool g_opt(struct g *g, char c);
bool g_one(struct g *g, char c, const char *what);
bool g_sp(struct g *g);
bool g_open_paren(struct g *g);
bool g_close_paren(struct g *g);
bool g_crlf(struct g *g);
bool g_is_atom_char(int c);
bool g_is_astring_char(int c);
struct str g_take_while(struct g *g, bool (*in)(int));
bool g_is_label_char(int c);
bool g_atom(struct g *g);
bool g_opt_word(struct g *g, const char *word);
bool g_number(struct g *g);
bool g_nz_number(struct g *g);
bool g_number64(struct g *g);
bool g_modseq(struct g *g);
bool g_quoted_char(struct g *g);
bool g_quoted(struct g *g);
bool g_literal(struct g *g, bool binary);
bool g_string(struct g *g);
bool g_nstring(struct g *g);
bool g_nstring_or_literal8(struct g *g);
bool g_astring(struct g *g);
bool g_spaced(struct g *g, rule_fn *item);
bool g_list_of(struct g *g, rule_fn *item);
bool g_list_of_or_empty(struct g *g, rule_fn *item);
bool g_number_set(struct g *g);
bool g_date_time(struct g *g);
bool g_flag(struct g *g);
bool g_flag_perm(struct g *g);
bool g_structure(struct g *g, bool is_envelope, bool extended);

#endif
