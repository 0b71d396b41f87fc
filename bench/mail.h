/*
 * bench/mail.h - mail as people have it, the same for the same number.
 *
 * 60 % plain text of 2 to 8 KB, 30 % text and HTML of 10 to 40 KB, 10 % with an attachment of 50 to
 * 500 KB in base64; threads, lists, encoded subjects.  Words that searches look for stand at known
 * numbers.  Thread: one.
 */
#pragma once

#include <stddef.h>

enum mail_shape {
    MAIL_AS_FOUND, /* the mixture above */
    MAIL_PLAIN,    /* plain text of a wished size */
};

/* What the answers must be: every k-th message, from number 0. */
enum {
    MAIL_UNSEEN_EACH = 10,
    MAIL_FLAGGED_EACH = 29,
    MAIL_SUBJECT_EACH = 41,   /* MAIL_SUBJECT_WORD */
    MAIL_INSIDE_EACH = 53,    /* MAIL_INSIDE_WORD, in the middle of a word */
    MAIL_FROM_EACH = 67,      /* MAIL_FROM_WORD */
    MAIL_WORD_EACH = 97,      /* MAIL_WORD */
    MAIL_SECONDS_APART = 900, /* internal dates, from 1 January 2024, 00:00 UTC */
};
#define MAIL_SUBJECT_WORD "zanzibar"
#define MAIL_INSIDE_WORD "phonebri"
#define MAIL_FROM_WORD "okonkwo"
#define MAIL_WORD "quetzalcoatl"
#define MAIL_FIELDS "FROM TO SUBJECT DATE MESSAGE-ID"

struct mail {
    char *p;
    size_t n, cap;
    size_t fields_n; /* bytes of BODY[HEADER.FIELDS (MAIL_FIELDS)] */
    size_t part_n;   /* bytes of BODY[1] */
    char date[40];   /* internal date, as APPEND wants it */
    char flags[32];
};

/* Number `index` into `m`, whose memory is used again.  `size`: of MAIL_PLAIN. */
void mail_make(struct mail *m, long index, enum mail_shape shape, size_t size);
