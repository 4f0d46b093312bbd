/* SPDX-License-Identifier: MIT */

#include <check.h>

#include <gcasync/client.h>

#include "ctl/exit-code.h"
#include "helpers/suite.h"

START_TEST(each_error_leads_to_its_exit_code) {
        ck_assert_int_eq(exit_code_from_error(GCASYNC_E_OK), 0);
        ck_assert_int_eq(exit_code_from_error(GCASYNC_E_INTERNAL), 1);
        ck_assert_int_eq(exit_code_from_error(GCASYNC_E_INVALID_REQUEST), 2);
        ck_assert_int_eq(exit_code_from_error(GCASYNC_E_NOT_FOUND), 3);
        ck_assert_int_eq(exit_code_from_error(GCASYNC_E_GONE), 3);
        ck_assert_int_eq(exit_code_from_error(GCASYNC_E_NO_DAEMON), 4);
        ck_assert_int_eq(exit_code_from_error(GCASYNC_E_DENIED), 5);
        ck_assert_int_eq(exit_code_from_error(GCASYNC_E_CONFLICT), 6);
        ck_assert_int_eq(exit_code_from_error(GCASYNC_E_LIMIT), 7);
        ck_assert_int_eq(exit_code_from_error(GCASYNC_E_BUSY), 7);
        ck_assert_int_eq(exit_code_from_error(GCASYNC_E_VERSION), 8);
        ck_assert_int_eq(exit_code_from_error(GCASYNC_E_TIMED_OUT), 124);
}
END_TEST

START_TEST(no_error_of_the_library_looks_like_success) {
#define X(name, value, word, text) \
        ck_assert_msg((value) == 0 || exit_code_from_error(value) != EXIT_CODE_OK, "%s", word);
        GCASYNC_ERROR_MAP(X)
#undef X
        ck_assert_int_eq(exit_code_from_error(-1), EXIT_CODE_FAILED);
        ck_assert_int_eq(exit_code_from_error(9999), EXIT_CODE_FAILED);
}
END_TEST

START_TEST(run_cannot_mistake_an_error_for_a_status) {
        ck_assert_int_eq(exit_code_from_task_error(EXIT_CODE_NOT_FOUND), EXIT_CODE_NOT_STARTED);
        ck_assert_int_eq(exit_code_from_task_error(EXIT_CODE_FAILED), EXIT_CODE_NOT_STARTED);
        ck_assert_int_eq(exit_code_from_task_error(EXIT_CODE_NO_DAEMON), EXIT_CODE_NOT_STARTED);
        ck_assert_int_eq(exit_code_from_task_error(EXIT_CODE_USAGE), EXIT_CODE_USAGE);
        ck_assert_int_eq(exit_code_from_task_error(EXIT_CODE_TIMED_OUT), EXIT_CODE_TIMED_OUT);
        ck_assert_int_eq(exit_code_from_task_error(EXIT_CODE_OK), EXIT_CODE_OK);
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                each_error_leads_to_its_exit_code,
                no_error_of_the_library_looks_like_success,
                run_cannot_mistake_an_error_for_a_status,
        };

        return suite_run("ctl-exit-code", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
