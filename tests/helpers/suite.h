/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The main() of a test program: one suite of one case, each test in a process of its own, bounded by a
 * time limit (Check multiplies it by $CK_TIMEOUT_MULTIPLIER).
 *
 *     int main(void) {
 *             const TTest *tests[] = { first_behaviour, second_behaviour };
 *
 *             return suite_run("thing", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
 *     }
 */

#include <check.h>
#include <stddef.h>
#include <stdio.h>

#define SUITE_SIZE(tests) (sizeof(tests) / sizeof((tests)[0]))

enum {
        SUITE_TIMEOUT_S = 60,      /* for what computes */
        SUITE_TIMEOUT_E2E_S = 120, /* for what starts a daemon */
};

/* Says, for scripts/test to count, that a test cannot run here. */
static inline void suite_skip(const TTest *test, const char *reason) {
        printf("# skip: %s: %s\n", test->name, reason);
}

/* Returns the program's exit status. */
static inline int
suite_run(const char *name, const TTest *const *tests, size_t n_tests, double timeout_s) {
        Suite *suite = suite_create(name);
        TCase *tcase = tcase_create(name);
        SRunner *runner = srunner_create(suite);
        int n_failed;

        suite_add_tcase(suite, tcase);
        tcase_set_timeout(tcase, timeout_s);
        for (size_t i = 0; i < n_tests; i++)
                tcase_add_test(tcase, tests[i]);
        (void)fflush(stdout);
        srunner_run_all(runner, CK_ENV);
        n_failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return n_failed > 0;
}
