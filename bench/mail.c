/*
 * bench/mail.c - makes the messages of the load.
 *
 * Text and attachments are slices of two pools that are made once, so that making a message costs
 * little more than copying it: the generator shares the machine with the server it measures.
 */
#include "mail.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LINE = 76, TEXT_LINES = 4096, ATTACHMENT_LINES = 8192, SENDERS = 200 };

static const char *const words[] = {
    "the",      "of",       "and",     "to",      "in",        "is",      "that",     "for",
    "with",     "as",       "on",      "are",     "this",      "be",      "from",     "have",
    "meeting",  "project",  "report",  "budget",  "invoice",   "please",  "regards",  "attached",
    "tomorrow", "question", "server",  "release", "patch",     "branch",  "customer", "contract",
    "schedule", "flight",   "hotel",   "dinner",  "family",    "picture", "weekend",  "number",
    "version",  "problem",  "answer",  "draft",   "agreement", "team",    "office",   "review",
    "mailbox",  "garden",   "winter",  "summer",  "library",   "music",   "letter",   "address",
    "morning",  "evening",  "station", "kitchen", "history",   "science", "language", "country"};
static const char *const first_names[] = {"Anna",  "Bernd", "Chloe", "David", "Elif",
                                          "Farid", "Grace", "Hiro",  "Ines",  "Jonas"};
static const char *const last_names[] = {"Abbott",  "Bianchi", "Costa",  "Dupont", "Eriksen",
                                         "Fischer", "Garcia",  "Hansen", "Ivanov", "Jansen"};
static char (*text_pool)[LINE + 2];
static char (*attachment_pool)[LINE + 2];

static uint64_t mix(uint64_t x)
{
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

static uint64_t dice(uint64_t *state, uint64_t below)
{
    *state = mix(*state);
    return *state % below;
}

/* Every line of a pool has the same length, so that a slice needs no search. */
static void make_pools(void)
{
    static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint64_t state = 1;

    text_pool = malloc(sizeof *text_pool * TEXT_LINES);
    attachment_pool = malloc(sizeof *attachment_pool * ATTACHMENT_LINES);
    for (size_t i = 0; i < TEXT_LINES; i++) {
        char line[LINE + 32];
        size_t n = 0;
        while (n < LINE)
            n +=
                (size_t)sprintf(line + n, "%s ", words[dice(&state, sizeof words / sizeof *words)]);
        memcpy(text_pool[i], line, LINE - 1);
        memcpy(text_pool[i] + LINE - 1, ".\r\n", 3);
    }
    for (size_t i = 0; i < ATTACHMENT_LINES; i++) {
        for (size_t k = 0; k < LINE; k++)
            attachment_pool[i][k] = base64[dice(&state, 64)];
        memcpy(attachment_pool[i] + LINE, "\r\n", 2);
    }
}

static void put(struct mail *m, const void *p, size_t n)
{
    if (m->n + n > m->cap) {
        m->cap = (m->n + n) * 2;
        m->p = realloc(m->p, m->cap);
    }
    memcpy(m->p + m->n, p, n);
    m->n += n;
}

static void putf(struct mail *m, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void putf(struct mail *m, const char *fmt, ...)
{
    char text[2048];
    va_list ap;

    va_start(ap, fmt);
    int n = vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    put(m, text, (size_t)n);
}

static void put_lines(struct mail *m, uint64_t *state, char (*pool)[LINE + 2], size_t n_pool,
                      size_t bytes)
{
    while (bytes >= LINE + 2) {
        size_t at = dice(state, n_pool), n = bytes / (LINE + 2);
        if (n > n_pool - at)
            n = n_pool - at;
        put(m, pool[at], n * (LINE + 2));
        bytes -= n * (LINE + 2);
    }
}

static void put_text(struct mail *m, uint64_t *state, long index, size_t bytes)
{
    if (index % MAIL_WORD_EACH == 0)
        putf(m, "They told us of Quetzalcoatl, whose feathers are green.\r\n");
    if (index % MAIL_INSIDE_EACH == 0)
        putf(m, "The xylophonebricks have arrived.\r\n");
    if (index % 4 == 3)
        putf(m, "Viele Gr\xc3\xbc\xc3\x9f"
                "e aus K\xc3\xb6ln, \xc3\xa0 bient\xc3\xb4t.\r\n");
    put_lines(m, state, text_pool, TEXT_LINES, bytes);
}

static void put_trace(struct mail *m, uint64_t *state, const char *date)
{
    putf(m, "Return-Path: <bounce-%08x@example.net>\r\n", (unsigned)dice(state, UINT32_MAX));
    for (int hop = 0; hop < 3; hop++)
        putf(m,
             "Received: from mx%d.example.net (mx%d.example.net [192.0.2.%d])\r\n"
             "\tby mail%d.example.org (Postfix) with ESMTPS id %012llX\r\n"
             "\tfor <bench@example.org>; %s\r\n",
             hop, hop, hop + 7, hop, (unsigned long long)(dice(state, 1ull << 48)), date);
    putf(m,
         "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.net; s=s1;\r\n"
         "\th=from:to:subject:date:message-id:mime-version:content-type;\r\n"
         "\tbh=%.44s;\r\n\tb=%.70s\r\n\t %.70s\r\n\t %.70s\r\n\t %.70s\r\n",
         attachment_pool[dice(state, ATTACHMENT_LINES)],
         attachment_pool[dice(state, ATTACHMENT_LINES)],
         attachment_pool[dice(state, ATTACHMENT_LINES)],
         attachment_pool[dice(state, ATTACHMENT_LINES)],
         attachment_pool[dice(state, ATTACHMENT_LINES)]);
}

static void put_subject(struct mail *m, uint64_t *state, long index, bool answer)
{
    putf(m, "Subject: %s", answer ? "Re: " : "");
    if (index % 7 == 0)
        putf(m, "=?UTF-8?Q?Caf=C3=A9_%s?= ", words[dice(state, 64)]);
    if (index % MAIL_SUBJECT_EACH == 0)
        putf(m, "Zanzibar ");
    for (uint64_t k = 2 + dice(state, 5); k > 0; k--)
        putf(m, "%s%s", words[dice(state, 64)], k > 1 ? " " : "\r\n");
}

/* The fields that MAIL_FIELDS asks for, one behind another. */
static void put_fields(struct mail *m, uint64_t *state, long index, const char *date)
{
    uint64_t who = dice(state, SENDERS);
    size_t begin = m->n;

    if (index % MAIL_FROM_EACH == 0)
        putf(m, "From: Wilhelmina Okonkwo <wilhelmina@example.net>\r\n");
    else
        putf(m, "From: %s %s <sender%llu@example.net>\r\n", first_names[who % 10],
             last_names[who / 10 % 10], (unsigned long long)who);
    putf(m, "To: Bench <bench@example.org>%s\r\n",
         index % 5 == 0 ? ",\r\n\t\"Smith, Jo\" <jo.smith@example.com>" : "");
    put_subject(m, state, index, index % 3 != 0);
    putf(m, "Date: %s\r\nMessage-ID: <%ld.%s@example.net>\r\n", date, index, "bench");
    m->fields_n = m->n - begin + 2;
}

static void put_plain(struct mail *m, uint64_t *state, long index, size_t bytes)
{
    putf(m, "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n");
    size_t begin = m->n;
    put_text(m, state, index, bytes);
    m->part_n = m->n - begin;
}

static void put_alternative(struct mail *m, uint64_t *state, long index, size_t bytes)
{
    putf(m,
         "Content-Type: multipart/alternative; boundary=\"alt-%ld\"\r\n\r\n--alt-%ld\r\n"
         "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n",
         index, index);
    size_t begin = m->n;
    put_text(m, state, index, bytes / 4);
    m->part_n = m->n - begin;
    putf(m,
         "\r\n--alt-%ld\r\nContent-Type: text/html; charset=utf-8\r\n"
         "Content-Transfer-Encoding: 8bit\r\n\r\n<html><body><p style=\"margin:0\">\r\n",
         index);
    put_lines(m, state, text_pool, TEXT_LINES, bytes * 3 / 4);
    putf(m, "</p></body></html>\r\n--alt-%ld--\r\n", index);
}

static void put_mixed(struct mail *m, uint64_t *state, long index, size_t bytes)
{
    putf(m,
         "Content-Type: multipart/mixed; boundary=\"mix-%ld\"\r\n\r\n--mix-%ld\r\n"
         "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n",
         index, index);
    size_t begin = m->n;
    put_text(m, state, index, 2000);
    m->part_n = m->n - begin;
    putf(m,
         "\r\n--mix-%ld\r\nContent-Type: application/pdf; name=\"file-%ld.pdf\"\r\n"
         "Content-Disposition: attachment; filename=\"file-%ld.pdf\"\r\n"
         "Content-Transfer-Encoding: base64\r\n\r\n",
         index, index, index);
    put_lines(m, state, attachment_pool, ATTACHMENT_LINES, bytes);
    putf(m, "\r\n--mix-%ld--\r\n", index);
}

void mail_make(struct mail *m, long index, enum mail_shape shape, size_t size)
{
    uint64_t state = mix((uint64_t)index);
    time_t when = 1704067200 + (time_t)index * MAIL_SECONDS_APART;
    struct tm tm;
    char date[48];

    if (!text_pool)
        make_pools();
    gmtime_r(&when, &tm);
    strftime(m->date, sizeof m->date, "%d-%b-%Y %H:%M:%S +0000", &tm);
    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S +0000", &tm);
    bool seen = index % MAIL_UNSEEN_EACH, flagged = index % MAIL_FLAGGED_EACH == 0;
    snprintf(m->flags, sizeof m->flags, "%s%s%s", seen ? "\\Seen" : "", seen && flagged ? " " : "",
             flagged ? "\\Flagged" : "");
    m->n = 0;
    put_trace(m, &state, date);
    put_fields(m, &state, index, date);
    if (index % 3 != 0) /* threads of three */
        putf(m, "In-Reply-To: <%ld.bench@example.net>\r\nReferences: <%ld.bench@example.net>\r\n",
             index - index % 3, index - index % 3);
    putf(m, "MIME-Version: 1.0\r\n");
    uint64_t kind = dice(&state, 10);
    if (shape == MAIL_PLAIN)
        put_plain(m, &state, index, size > m->n + 200 ? size - m->n - 90 : 160);
    else if (kind < 6)
        put_plain(m, &state, index, 2000 + dice(&state, 6000));
    else if (kind < 9)
        put_alternative(m, &state, index, 10000 + dice(&state, 30000));
    else
        put_mixed(m, &state, index, 50000 + dice(&state, 450000));
}
