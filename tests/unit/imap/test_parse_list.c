#include "table.h"

static void list_takes_patterns_and_options(void **state)
{
    static const struct row rows[] = {
        {"LIST \"\" \"\"", "LIST \"\" (\"\")"},
        {"LIST \"\" *", "LIST \"\" (\"*\")"},
        {"LIST ~/Mail/ %", "LIST \"~/Mail/\" (\"%\")"},
        {"LIST \"\" &AOQ-*", "LIST \"\" (\"\xC3\xA4*\")"},
        {"LIST \"\" &*", "LIST \"\" (\"&*\")"},
        {"LIST \"\" a]b", "LIST \"\" (\"a]b\")"},
        {"LIST \"\" {2}\r\n%a", "LIST \"\" (\"%a\")"},
        {"LIST () \"\" *", "LIST \"\" (\"*\") extended"},
        {"LIST (SUBSCRIBED) \"\" *", "LIST \"\" (\"*\") extended subscribed"},
        {"list (remote subscribed recursivematch) \"\" (a b% \"c\")",
         "LIST \"\" (\"a\" \"b%\" \"c\") extended subscribed remote recursivematch"},
        {"LIST (SPECIAL-USE) \"\" *", "LIST \"\" (\"*\") extended special-use"},
        {"LIST (SPECIAL-USE RECURSIVEMATCH) \"\" *",
         "LIST \"\" (\"*\") extended recursivematch special-use"},
        {"LIST \"\" * RETURN ()", "LIST \"\" (\"*\") extended"},
        {"LIST \"\" % RETURN (SUBSCRIBED CHILDREN SPECIAL-USE)",
         "LIST \"\" (\"%\") extended return-subscribed return-children return-special-use"},
        {"LIST \"\" % RETURN (STATUS (MESSAGES UNSEEN))",
         "LIST \"\" (\"%\") extended return-status : messages unseen"},
        {"LIST (SUBSCRIBED) \"\" % RETURN (STATUS (SIZE) CHILDREN)",
         "LIST \"\" (\"%\") extended subscribed return-children return-status : size"},
        {"LIST (RECURSIVEMATCH) \"\" *", "BAD RECURSIVEMATCH needs SUBSCRIBED beside it"},
        {"LIST (REMOTE RECURSIVEMATCH) \"\" *", "BAD RECURSIVEMATCH needs SUBSCRIBED beside it"},
        {"LIST (CHILDREN) \"\" *", "BAD Unknown option of LIST"},
        {"LIST \"\" * RETURN (REMOTE)", "BAD Unknown option of LIST"},
        {"LIST \"\" * RETURN (STATUS)", "BAD Expected a space and an argument"},
        {"LIST \"\" * RETURN (STATUS ())", "BAD Expected a status item"},
        {"LIST \"\" * RETURN", "BAD Expected a space and an argument"},
        {"LIST \"\" * FOO", "BAD Expected RETURN"},
        {"LIST \"\" ()", "BAD Expected an atom or a string"},
        {"LIST \"\"", "BAD Expected a space and an argument"},
        {"LIST % \"\"", "BAD Expected an atom or a string"},
        {"LSUB \"#news.\" \"comp.mail.*\"", "LSUB \"#news.\" (\"comp.mail.*\")"},
        {"LSUB () \"\" *", "BAD Expected an atom or a string"},
        {"LSUB \"\" * RETURN ()", "BAD Unexpected text behind the command's arguments"},
    };

    TABLE_CHECK(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(list_takes_patterns_and_options),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
