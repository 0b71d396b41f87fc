/*
 * session/special_use.c - special-use attributes as words.
 *
 * \All and \Flagged show messages that live elsewhere.  There are no such mailboxes here, so none
 * can be created with them (RFC 6154, 3: "if the server cannot create a mailbox with the designated
 * special use").
 */
#include "session/special_use.h"

#include "base/mem.h"
#include "mailbox/names.h"

static const struct use {
    const char *word;
    uint32_t bit;
    bool creatable;
} uses_known[] = {
    {"\\All", USE_ALL, false},      {"\\Archive", USE_ARCHIVE, true},
    {"\\Drafts", USE_DRAFTS, true}, {"\\Flagged", USE_FLAGGED, false},
    {"\\Junk", USE_JUNK, true},     {"\\Sent", USE_SENT, true},
    {"\\Trash", USE_TRASH, true},   {"\\Important", USE_IMPORTANT, true},
};

void special_use_put(struct buf *out, uint32_t uses)
{
    for (size_t i = 0; i < ARRAY_LEN(uses_known); i++) {
        if (uses & uses_known[i].bit) {
            buf_add_char(out, ' ');
            buf_add_cstr(out, uses_known[i].word);
        }
    }
}

uint32_t special_use_creatable(struct str attribute)
{
    for (size_t i = 0; i < ARRAY_LEN(uses_known); i++) {
        if (uses_known[i].creatable && str_eq_nocase(attribute, str_of(uses_known[i].word)))
            return uses_known[i].bit;
    }
    return 0;
}
