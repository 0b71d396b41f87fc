#include "table.h"

static void every_key_is_known(void **state)
{
    static const struct row rows[] = {
        {"SEARCH ALL", "SEARCH (all)"},
        {"SEARCH ANSWERED", "SEARCH (flag \\Answered)"},
        {"SEARCH bcc x", "SEARCH (header \"Bcc\" \"x\")"},
        {"SEARCH BEFORE 1-Feb-1994", "SEARCH (before 8797)"},
        {"SEARCH BODY \"a b\"", "SEARCH (body \"a b\")"},
        {"SEARCH CC x", "SEARCH (header \"Cc\" \"x\")"},
        {"SEARCH DELETED", "SEARCH (flag \\Deleted)"},
        {"SEARCH DRAFT", "SEARCH (flag \\Draft)"},
        {"SEARCH FLAGGED", "SEARCH (flag \\Flagged)"},
        {"SEARCH FROM \"Smith\"", "SEARCH (header \"From\" \"Smith\")"},
        {"SEARCH HEADER X-Foo \"\"", "SEARCH (header \"X-Foo\" \"\")"},
        {"SEARCH KEYWORD $Junk", "SEARCH (keyword \"$Junk\")"},
        {"SEARCH LARGER 4294967296", "SEARCH (larger 4294967296)"},
        {"SEARCH NEW", "SEARCH (new)"},
        {"SEARCH NOT SEEN", "SEARCH (not (flag \\Seen))"},
        {"SEARCH OLD", "SEARCH (not (recent))"},
        {"SEARCH ON \"01-Jan-1970\"", "SEARCH (on 0)"},
        {"SEARCH OR SEEN DRAFT", "SEARCH (or (flag \\Seen) (flag \\Draft))"},
        {"SEARCH RECENT", "SEARCH (recent)"},
        {"SEARCH SEEN", "SEARCH (flag \\Seen)"},
        {"SEARCH SENTBEFORE 31-dec-1969", "SEARCH (sentbefore -1)"},
        {"SEARCH SENTON 29-FEB-2000", "SEARCH (senton 11016)"},
        {"SEARCH SENTSINCE 1-Jan-2000", "SEARCH (sentsince 10957)"},
        {"SEARCH SINCE 1-Jan-2000", "SEARCH (since 10957)"},
        {"SEARCH SMALLER 0", "SEARCH (smaller 0)"},
        {"SEARCH SUBJECT {3}\r\nabc", "SEARCH (header \"Subject\" \"abc\")"},
        {"SEARCH TEXT x", "SEARCH (text \"x\")"},
        {"SEARCH TO x", "SEARCH (header \"To\" \"x\")"},
        {"SEARCH UID 1,3:*", "SEARCH (uid 1,3:*)"},
        {"SEARCH UID $", "SEARCH (uid $)"},
        {"SEARCH UNANSWERED", "SEARCH (not (flag \\Answered))"},
        {"SEARCH UNDELETED", "SEARCH (not (flag \\Deleted))"},
        {"SEARCH UNDRAFT", "SEARCH (not (flag \\Draft))"},
        {"SEARCH UNFLAGGED", "SEARCH (not (flag \\Flagged))"},
        {"SEARCH UNKEYWORD x", "SEARCH (not (keyword \"x\"))"},
        {"SEARCH unseen", "SEARCH (not (flag \\Seen))"},
        {"SEARCH 2:4", "SEARCH (seq 2:4)"},
        {"SEARCH *", "SEARCH (seq *)"},
        {"SEARCH $", "SEARCH (seq $)"},
        {"SEARCH MODSEQ 620162338", "SEARCH has-modseq (modseq 620162338)"},
        {"SEARCH MODSEQ \"/flags/\\\\draft\" all 0", "SEARCH has-modseq (modseq 0)"},
        {"SEARCH MODSEQ \"/flags/$x\" priv 9223372036854775807",
         "SEARCH has-modseq (modseq 9223372036854775807)"},
    };

    TABLE_CHECK(rows);
}

static void keys_combine(void **state)
{
    static const struct row rows[] = {
        {"SEARCH SEEN DRAFT", "SEARCH (and (flag \\Seen) (flag \\Draft))"},
        {"SEARCH (SEEN)", "SEARCH (flag \\Seen)"},
        {"SEARCH ((SEEN) (DRAFT 1))", "SEARCH (and (flag \\Seen) (and (flag \\Draft) (seq 1)))"},
        {"SEARCH NOT (SEEN DRAFT)", "SEARCH (not (and (flag \\Seen) (flag \\Draft)))"},
        {"SEARCH NOT NOT UNSEEN", "SEARCH (not (not (not (flag \\Seen))))"},
        {"SEARCH OR (1:2 SEEN) OR DRAFT NEW 3",
         "SEARCH (and (or (and (seq 1:2) (flag \\Seen)) (or (flag \\Draft) (new))) (seq 3))"},
        {"SEARCH OR UNSEEN UNDELETED", "SEARCH (or (not (flag \\Seen)) (not (flag \\Deleted)))"},
        {"UID SEARCH ALL OR HEADER SUBJECT x HEADER FROM x",
         "UID SEARCH (and (all) (or (header \"SUBJECT\" \"x\") (header \"FROM\" \"x\")))"},
    };

    TABLE_CHECK(rows);
}

static void wrong_programs_are_bad(void **state)
{
    static const struct row rows[] = {
        {"SEARCH", "BAD Expected a space and an argument"},
        {"SEARCH ", "BAD Expected a search key"},
        {"SEARCH ()", "BAD Expected a search key"},
        {"SEARCH (SEEN", "BAD Expected a search key or the end of the list"},
        {"SEARCH SEEN)", "BAD Unexpected text behind the command's arguments"},
        {"SEARCH NONSENSE", "BAD Unknown search key"},
        {"SEARCH OR SEEN", "BAD Expected a space and an argument"},
        {"SEARCH NOT", "BAD Expected a space and an argument"},
        {"SEARCH SINCE yesterday", "BAD Expected a date such as 1-Feb-1994"},
        {"SEARCH SINCE 30-Feb-1994", "BAD Expected a date such as 1-Feb-1994"},
        {"SEARCH SINCE 1-Feb-94", "BAD Expected a date such as 1-Feb-1994"},
        {"SEARCH SINCE \"1-Feb-1994", "BAD Expected a date such as 1-Feb-1994"},
        {"SEARCH SINCE 001-Feb-1994", "BAD Expected a date such as 1-Feb-1994"},
        {"SEARCH LARGER -1", "BAD Expected a number"},
        {"SEARCH LARGER 9223372036854775808", "BAD Number too large"},
        {"SEARCH KEYWORD \\Seen", "BAD Expected a keyword"},
        {"SEARCH KEYWORD \"a\"", "BAD Expected a keyword"},
        {"SEARCH HEADER x", "BAD Expected a space and an argument"},
        {"SEARCH MODSEQ \"foo\" all 1", "BAD Unknown entry name of MODSEQ"},
        {"SEARCH MODSEQ \"/flags/x\" some 1", "BAD Expected priv, shared or all"},
        {"SEARCH SEEN  DRAFT", "BAD Unexpected text behind the command's arguments"},
        {"SEARCH SEENDRAFT", "BAD Unknown search key"},
        {"SEARCH 1:x", "BAD Expected a number"},
        {"SEARCH UID x", "BAD Expected a number"},
    };

    TABLE_CHECK(rows);
}

static void results_can_be_chosen(void **state)
{
    static const struct row rows[] = {
        {"SEARCH RETURN () SEEN", "SEARCH return all (flag \\Seen)"},
        {"SEARCH RETURN (MIN COUNT) UNSEEN", "SEARCH return min count (not (flag \\Seen))"},
        {"UID SEARCH RETURN (SAVE) ALL", "UID SEARCH return save (all)"},
        {"SEARCH return (all max save) ALL", "SEARCH return max all save (all)"},
        {"SEARCH RETURN (MIN) CHARSET UTF-8 ALL", "SEARCH return min (all)"},
        {"SEARCH RETURN (PARTIAL 1:5) ALL", "BAD Unknown return option"},
        {"SEARCH RETURN ALL", "BAD Expected a list of return options"},
        {"SEARCH RETURN (ALL)", "BAD Expected a space and an argument"},
        {"SEARCH RETURN (ALL", "BAD Expected a return option or the end of the list"},
    };

    TABLE_CHECK(rows);
}

static void text_comes_as_utf8(void **state)
{
    static const struct row rows[] = {
        {"SEARCH CHARSET UTF-8 SUBJECT {2}\r\n\xC3\xA4",
         "SEARCH (header \"Subject\" \"\xC3\xA4\")"},
        {"SEARCH CHARSET utf-8 SUBJECT \"\xC3\xA4\"", "SEARCH (header \"Subject\" \"\xC3\xA4\")"},
        {"SEARCH SUBJECT \"\xC3\xA4\"", "SEARCH (header \"Subject\" \"\xC3\xA4\")"},
        {"SEARCH CHARSET US-ASCII ALL", "SEARCH (all)"},
        {"SEARCH CHARSET \"us-ascii\" ALL", "SEARCH (all)"},
        {"SEARCH CHARSET ISO-8859-1 BODY {1}\r\n\xE4", "SEARCH (body \"\xC3\xA4\")"},
        {"SEARCH CHARSET KOI8-R TEXT {1}\r\n\xC1", "SEARCH (text \"\xD0\xB0\")"},
        {"SEARCH CHARSET X-NONSENSE ALL", "NO [BADCHARSET (US-ASCII UTF-8)] Unknown charset"},
        {"SEARCH CHARSET \"\" ALL", "NO [BADCHARSET (US-ASCII UTF-8)] Unknown charset"},
        {"SEARCH CHARSET UTF-8", "BAD Expected a space and an argument"},
        {"SEARCH CHARSET", "BAD Expected a space and an argument"},
    };

    TABLE_CHECK(rows);
}

static void nest(struct buf *line, const char *word, int n, const char *end)
{
    buf_clear(line);
    BUF_LIT(line, "SEARCH ");
    for (int i = 0; i < n; i++)
        buf_add_cstr(line, word);
    buf_add_cstr(line, end);
}

static void keys_have_a_depth_and_a_count(void **state)
{
    static const struct imap_parse_options o = {0};
    struct buf line = BUF_INIT;

    nest(&line, "(", 20000, "");
    table_check_row(buf_str(&line), &o, "NO [LIMIT] Search keys are nested too deeply");
    nest(&line, "NOT ", 15000, "SEEN");
    table_check_row(buf_str(&line), &o, "NO [LIMIT] Search keys are nested too deeply");
    nest(&line, "OR SEEN ", 100, "SEEN");
    table_check_row(buf_str(&line), &o, "NO [LIMIT] Search keys are nested too deeply");
    nest(&line, "SEEN ", 1000, "SEEN");
    table_check_row(buf_str(&line), &o, "NO [LIMIT] Too many search keys");
    nest(&line, "UNSEEN ", 501, "SEEN");
    table_check_row(buf_str(&line), &o, "NO [LIMIT] Too many search keys");
    nest(&line, "(", 99, "SEEN");
    for (int i = 0; i < 99; i++)
        BUF_LIT(&line, ")");
    table_check_row(buf_str(&line), &o, "SEARCH (flag \\Seen)");
    buf_fini(&line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_is_known),     cmocka_unit_test(keys_combine),
        cmocka_unit_test(wrong_programs_are_bad), cmocka_unit_test(results_can_be_chosen),
        cmocka_unit_test(text_comes_as_utf8),     cmocka_unit_test(keys_have_a_depth_and_a_count),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
