#include "table.h"

static void select_takes_condstore_and_qresync(void **state)
{
    static const struct row rows[] = {
        {"SELECT INBOX", "SELECT \"INBOX\""},
        {"EXAMINE inbox (condstore)", "EXAMINE \"INBOX\" condstore"},
        {"SELECT x (QRESYNC (67890007 20050715194045000))",
         "SELECT \"x\" qresync 67890007 20050715194045000"},
        {"SELECT x (QRESYNC (1 0))", "SELECT \"x\" qresync 1 0"},
        {"SELECT x (QRESYNC (1 2 41,43:211,5))", "SELECT \"x\" qresync 1 2 known 5,41,43:211"},
        {"SELECT x (QRESYNC (1 2 9:1,4:12))", "SELECT \"x\" qresync 1 2 known 1:12"},
        {"SELECT x (QRESYNC (1 2 1:4294967295,7))", "SELECT \"x\" qresync 1 2 known 1:4294967295"},
        {"SELECT x (QRESYNC (1 2 1:29997 (5000,7500,9000 15000,22500,27000)))",
         "SELECT \"x\" qresync 1 2 known 1:29997 match 5000,7500,9000=15000,22500,27000"},
        {"SELECT x (QRESYNC (1 2 (1,3:4 10,20,30)))",
         "SELECT \"x\" qresync 1 2 match 1,3:4=10,20,30"},
        {"SELECT x (QRESYNC (1 2 (1,2 10)))", "SELECT \"x\" qresync 1 2"},
        {"SELECT x (CONDSTORE QRESYNC (1 2))", "SELECT \"x\" condstore qresync 1 2"},
        {"SELECT x (QRESYNC (0 2))", "BAD Expected a number that does not start with 0"},
        {"SELECT x (QRESYNC (1 9223372036854775807))",
         "SELECT \"x\" qresync 1 9223372036854775807"},
        {"SELECT x (QRESYNC (1 9223372036854775808))", "BAD Number too large"},
        {"SELECT x (QRESYNC (4294967296 1))", "BAD Number too large"},
        {"SELECT x (QRESYNC (1 2 1:*))", "BAD * is not allowed here"},
        {"SELECT x (QRESYNC (1 2 $))", "BAD $ is not allowed here"},
        {"SELECT x (QRESYNC (1 2 (2,1 1,2)))", "BAD Numbers must rise"},
        {"SELECT x (QRESYNC (1 2 (1,2 1,*)))", "BAD * is not allowed here"},
        {"SELECT x (QRESYNC (1 2 (1,2 1,1)))", "BAD Numbers must rise"},
        {"SELECT x (QRESYNC (1 2 (5:3 1:3)))", "BAD Numbers must rise"},
        {"SELECT x (QRESYNC (1))", "BAD Expected a space and an argument"},
        {"SELECT x (QRESYNC)", "BAD Expected a space and an argument"},
        {"SELECT x (QRESYNC (1 2) QRESYNC (1 2))", "BAD Unknown parameter of SELECT"},
        {"SELECT x (ANNOTATE)", "BAD Unknown parameter of SELECT"},
        {"SELECT x ()", "BAD Unknown parameter of SELECT"},
        {"SELECT x (CONDSTORE", "BAD Expected the end of the parameters"},
        {"SELECT x CONDSTORE", "BAD Expected a list of parameters"},
    };

    TABLE_CHECK(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(select_takes_condstore_and_qresync),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
