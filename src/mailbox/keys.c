/*
 * mailbox/keys.c - building and taking apart keys.  Numbers are big-endian, so keys sort as their
 * numbers do.
 */
#include "mailbox/keys.h"

enum { AT_KIND = 8, AT_ID = 9, AT_MODSEQ = 17, AT_PART = 25 };

static void key_add(struct key *k, uint64_t v, unsigned bytes)
{
    for (unsigned i = bytes; i-- > 0;)
        k->p[k->n++] = (char)(v >> (8 * i));
}

struct key key_kind(uint64_t account, enum key_kind kind)
{
    struct key k = {.n = 0};

    key_add(&k, account, 8);
    key_add(&k, kind, 1);
    return k;
}

struct key key_one(uint64_t account, enum key_kind kind, uint64_t id)
{
    struct key k = key_kind(account, kind);

    key_add(&k, id, 8);
    return k;
}

struct key key_generation(uint64_t account, enum key_kind kind, uint64_t mailbox, uint32_t part,
                          uint32_t gen)
{
    struct key k = key_one(account, kind, mailbox);

    key_add(&k, part, 4);
    key_add(&k, gen, 4);
    return k;
}

struct key key_modseq(uint64_t account, enum key_kind kind, uint64_t mailbox, uint64_t modseq,
                      uint16_t part)
{
    struct key k = key_one(account, kind, mailbox);

    key_add(&k, modseq, 8);
    key_add(&k, part, 2);
    return k;
}

static uint64_t key_number(struct str key, size_t at, unsigned bytes)
{
    uint64_t v = 0;

    if (key.n < at + bytes)
        return 0;
    for (unsigned i = 0; i < bytes; i++)
        v = v << 8 | (unsigned char)key.p[at + i];
    return v;
}

uint64_t key_id(struct str key)
{
    return key_number(key, AT_ID, 8);
}

uint64_t key_modseq_of(struct str key)
{
    return key_number(key, AT_MODSEQ, 8);
}

unsigned key_part_of(struct str key)
{
    return (unsigned)key_number(key, AT_PART, 2);
}
