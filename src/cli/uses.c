/*
 * cli/uses.c - special uses (RFC 6154, RFC 8457) as words.
 */
#include "cli/uses.h"

#include "base/mem.h"
#include "mailbox/names.h"

static const struct {
    struct str word;
    uint32_t use;
} uses[] = {
    {STR_INIT("all"), USE_ALL},       {STR_INIT("archive"), USE_ARCHIVE},
    {STR_INIT("drafts"), USE_DRAFTS}, {STR_INIT("flagged"), USE_FLAGGED},
    {STR_INIT("junk"), USE_JUNK},     {STR_INIT("sent"), USE_SENT},
    {STR_INIT("trash"), USE_TRASH},   {STR_INIT("important"), USE_IMPORTANT},
};

uint32_t use_of_word(struct str word)
{
    for (size_t i = 0; i < ARRAY_LEN(uses); i++)
        if (str_eq_nocase(uses[i].word, word))
            return uses[i].use;
    return 0;
}

void uses_put(struct buf *out, uint32_t bits)
{
    size_t before = out->n;

    for (size_t i = 0; i < ARRAY_LEN(uses); i++) {
        if (!(bits & uses[i].use))
            continue;
        if (out->n > before)
            buf_add_char(out, ' ');
        buf_add_str(out, uses[i].word);
    }
}

uint32_t uses_of_words(struct str words)
{
    uint32_t bits = 0;

    while (words.n > 0) {
        size_t end = str_find(words, ' ');
        bits |= use_of_word(str_sub(words, 0, end));
        words = str_from(words, end + 1);
    }
    return bits;
}
