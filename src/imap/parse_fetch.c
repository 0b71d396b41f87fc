/*
 * imap/parse_fetch.c - FETCH: items (RFC 9051, 6.4.5; RFC 3501 for RFC822.*; RFC 3516 for BINARY)
 * and modifiers (RFC 7162, 3.1.4 and 3.2.6).
 */
#include "imap/lexer.h"

#include "base/mem.h"

enum { MAX_ITEMS = 1000 }; /* each may be answered by a whole message */

enum section_form { NO_SECTION, SECTION, SECTION_BINARY };

static const struct fetch_word {
    const char *word;
    enum imap_fetch_kind kind;
    enum section_form section;
    bool peek;
    bool no_partial;
} fetch_words[] = {
    {"UID", FETCH_UID, NO_SECTION, false, false},
    {"FLAGS", FETCH_FLAGS, NO_SECTION, false, false},
    {"INTERNALDATE", FETCH_INTERNALDATE, NO_SECTION, false, false},
    {"RFC822.SIZE", FETCH_SIZE, NO_SECTION, false, false},
    {"ENVELOPE", FETCH_ENVELOPE, NO_SECTION, false, false},
    {"BODYSTRUCTURE", FETCH_BODYSTRUCTURE, NO_SECTION, false, false},
    {"BODY", FETCH_BODY, NO_SECTION, false, false},
    {"BODY", FETCH_SECTION, SECTION, false, false},
    {"BODY.PEEK", FETCH_SECTION, SECTION, true, false},
    {"MODSEQ", FETCH_MODSEQ, NO_SECTION, false, false},
    {"RFC822", FETCH_RFC822, NO_SECTION, false, false},
    {"RFC822.HEADER", FETCH_RFC822_HEADER, NO_SECTION, true, false},
    {"RFC822.TEXT", FETCH_RFC822_TEXT, NO_SECTION, false, false},
    {"BINARY", FETCH_BINARY, SECTION_BINARY, false, false},
    {"BINARY.PEEK", FETCH_BINARY, SECTION_BINARY, true, false},
    {"BINARY.SIZE", FETCH_BINARY_SIZE, SECTION_BINARY, true, true},
};

/* RFC 9051, 6.4.5 */
static const struct fetch_macro {
    const char *word;
    size_t n;
    enum imap_fetch_kind kinds[5];
} macros[] = {
    {"ALL", 4, {FETCH_FLAGS, FETCH_INTERNALDATE, FETCH_SIZE, FETCH_ENVELOPE}},
    {"FAST", 3, {FETCH_FLAGS, FETCH_INTERNALDATE, FETCH_SIZE}},
    {"FULL", 5, {FETCH_FLAGS, FETCH_INTERNALDATE, FETCH_SIZE, FETCH_ENVELOPE, FETCH_BODY}},
};

static const struct section_word {
    const char *word;
    enum imap_section_text text;
} section_words[] = {
    {"HEADER", SECTION_HEADER},
    {"HEADER.FIELDS", SECTION_FIELDS},
    {"HEADER.FIELDS.NOT", SECTION_FIELDS_NOT},
    {"TEXT", SECTION_TEXT},
    {"MIME", SECTION_MIME},
};

static bool at_digit(const struct lexer *l)
{
    return l->at < l->text.n && ascii_digit(l->text.p[l->at]);
}

/* header-list: "(" astring *(SP astring) ")" */
static enum err lex_header_list(struct lexer *l, struct imap_section *s)
{
    struct list fields = {0};

    TRY(lex_sp(l));
    TRY(lex_char(l, '(', "Expected a list of header fields"));
    do {
        struct str *field = list_add(l->a, &fields, sizeof(*field));

        TRY(lex_astring(l, field));
    } while (lex_try(l, ' '));
    s->fields = fields.v;
    s->n_fields = fields.n;
    return lex_char(l, ')', "Expected a header field or the end of the list");
}

static enum err lex_section_text(struct lexer *l, struct imap_section *s)
{
    struct str label;

    TRY(lex_label(l, "Expected HEADER, TEXT, MIME or a part number", &label));
    for (size_t i = 0; i < ARRAY_LEN(section_words); i++) {
        if (!word_is(label, section_words[i].word))
            continue;
        s->text = section_words[i].text;
        if (s->text == SECTION_MIME && s->n_numbers == 0)
            break;
        return s->text == SECTION_FIELDS || s->text == SECTION_FIELDS_NOT ? lex_header_list(l, s)
                                                                          : ERR_OK;
    }
    return lex_fail(l, "Unknown section");
}

/* section-part; a "." with no number behind it is left for what follows. */
static enum err lex_section_numbers(struct lexer *l, struct imap_section *s, bool *more_out)
{
    struct list numbers = {0};

    *more_out = true;
    while (*more_out && at_digit(l)) {
        uint32_t *number = list_add(l->a, &numbers, sizeof(*number));

        TRY(lex_nz_number(l, number));
        *more_out = lex_try(l, '.');
    }
    s->numbers = numbers.v;
    s->n_numbers = numbers.n;
    return ERR_OK;
}

/* "[" [section-spec] "]" */
static enum err lex_section(struct lexer *l, enum section_form form, struct imap_section *s)
{
    bool more;

    TRY(lex_char(l, '[', "Expected a section in brackets"));
    if (lex_try(l, ']'))
        return ERR_OK;
    TRY(lex_section_numbers(l, s, &more));
    if (more && form == SECTION_BINARY)
        return lex_fail(l, "Expected a part number");
    if (more)
        TRY(lex_section_text(l, s));
    return lex_char(l, ']', "Expected the ] of a section");
}

/* The origin is told again, and the numbers of RFC 3501 have 32 bits. */
static enum err lex_origin(struct lexer *l, uint64_t *out)
{
    TRY(lex_number64(l, out));
    return l->o->rev2 || *out <= UINT32_MAX ? ERR_OK : lex_fail(l, "Number too large");
}

/* "<" number64 "." nz-number64 ">" */
static enum err lex_partial(struct lexer *l, struct imap_fetch_item *item)
{
    if (!lex_try(l, '<'))
        return ERR_OK;
    item->partial = true;
    TRY(lex_origin(l, &item->offset));
    TRY(lex_char(l, '.', "Expected <offset.count>"));
    TRY(lex_number64(l, &item->count));
    if (item->count == 0)
        return lex_fail(l, "The count of <offset.count> is 0");
    return lex_char(l, '>', "Expected the > of <offset.count>");
}

static const struct fetch_word *fetch_word_find(struct str label, bool section)
{
    for (size_t i = 0; i < ARRAY_LEN(fetch_words); i++) {
        if ((fetch_words[i].section != NO_SECTION) == section &&
            word_is(label, fetch_words[i].word))
            return &fetch_words[i];
    }
    return NULL;
}

/* Items without a section are answered once, however often they are asked for. */
static void add_item(struct lexer *l, struct list *items, struct imap_fetch_item item, bool once)
{
    const struct imap_fetch_item *v = items->v;

    for (size_t i = 0; once && i < items->n; i++) {
        if (v[i].kind == item.kind)
            return;
    }
    *(struct imap_fetch_item *)list_add(l->a, items, sizeof(item)) = item;
}

static enum err lex_fetch_item(struct lexer *l, struct list *items)
{
    struct imap_fetch_item item = {0};
    const struct fetch_word *word;
    struct str label;

    if (items->n == MAX_ITEMS)
        return lex_refuse(l, "LIMIT", "Too many items in FETCH");
    TRY(lex_label(l, "Expected an item of FETCH", &label));
    word = fetch_word_find(label, lex_at(l, '['));
    if (word == NULL)
        return lex_fail(l, "Unknown item of FETCH");
    item.kind = word->kind;
    item.peek = word->peek;
    if (word->section != NO_SECTION) {
        TRY(lex_section(l, word->section, &item.section));
        if (!word->no_partial)
            TRY(lex_partial(l, &item));
    }
    add_item(l, items, item, word->section == NO_SECTION);
    return ERR_OK;
}

static bool lex_try_macro(struct lexer *l, struct list *items)
{
    for (size_t i = 0; i < ARRAY_LEN(macros); i++) {
        if (!lex_try_word(l, macros[i].word))
            continue;
        for (size_t k = 0; k < macros[i].n; k++)
            add_item(l, items, (struct imap_fetch_item){.kind = macros[i].kinds[k]}, true);
        return true;
    }
    return false;
}

static enum err lex_fetch_items(struct lexer *l, struct list *items)
{
    if (lex_try_macro(l, items))
        return ERR_OK;
    if (!lex_try(l, '('))
        return lex_fetch_item(l, items);
    do
        TRY(lex_fetch_item(l, items));
    while (lex_try(l, ' '));
    return lex_char(l, ')', "Expected an item of FETCH or the end of the list");
}

static enum err lex_fetch_modifier(struct lexer *l, struct imap_command *c)
{
    if (lex_try_word(l, "VANISHED")) {
        c->fetch.vanished = true;
        return ERR_OK;
    }
    if (c->fetch.has_changedsince || !lex_try_word(l, "CHANGEDSINCE"))
        return lex_fail(l, "Unknown modifier of FETCH");
    TRY(lex_sp(l));
    c->fetch.has_changedsince = true;
    return lex_number64(l, &c->fetch.changedsince); /* iOS sends 0 */
}

/* RFC 7162, 3.2.6: VANISHED only with CHANGEDSINCE, and only in UID FETCH. */
static enum err lex_fetch_modifiers(struct lexer *l, struct imap_command *c)
{
    TRY(lex_char(l, '(', "Expected a list of modifiers"));
    do
        TRY(lex_fetch_modifier(l, c));
    while (lex_try(l, ' '));
    TRY(lex_char(l, ')', "Expected a modifier of FETCH or the end of the list"));
    if (c->fetch.vanished && (!c->fetch.has_changedsince || !c->uid))
        return lex_fail(l, "VANISHED needs UID FETCH with CHANGEDSINCE");
    return ERR_OK;
}

enum err parse_fetch(struct lexer *l, struct imap_command *c)
{
    struct list items = {0};

    TRY(lex_sp(l));
    TRY(lex_set(l, &c->fetch.set));
    TRY(lex_sp(l));
    TRY(lex_fetch_items(l, &items));
    c->fetch.items = items.v;
    c->fetch.n_items = items.n;
    return lex_try_more(l) ? lex_fetch_modifiers(l, c) : ERR_OK;
}
