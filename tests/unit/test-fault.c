/* SPDX-License-Identifier: MIT */

#include <check.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "helpers/suite.h"

static int fail_deep(void) {
        return fault_raise(-ENOSPC);
}

static int pass_on(void) {
        return fault_pass(fail_deep());
}

START_TEST(faults_and_outcomes_pass_unchanged) {
        ck_assert_int_eq(fault_raise(-EIO), -EIO);
        ck_assert_int_eq(fault_pass(-EIO), -EIO);
        ck_assert_int_eq(fault_pass(7), 7);
        ck_assert_int_eq(fault_pass(0), 0);
}
END_TEST

START_TEST(folding_makes_faults_of_unhandled_outcomes_only) {
        ck_assert_int_eq(fault_fold(0), 0);
        ck_assert_int_eq(fault_fold(-EIO), -EIO);
        ck_assert_int_eq(fault_fold(3), -ENOTRECOVERABLE);
}
END_TEST

START_TEST(failure_arrives_with_its_path_at_level_debug) {
        char text[4096] = { 0 };
        int ends[2];

        ck_assert_int_eq(pipe(ends), 0);
        ck_assert_int_eq(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
        log_setup("tester", LOG_LEVEL_DEBUG, LOG_FORMAT_PLAIN);
        ck_assert_int_eq(pass_on(), -ENOSPC);
        ck_assert_int_gt(read(ends[0], text, sizeof(text) - 1), 0);
        ck_assert_ptr_nonnull(strstr(text, "fault raised: "));
        ck_assert_ptr_nonnull(strstr(text, "fail_deep()"));
        ck_assert_ptr_nonnull(strstr(text, "fault passed: "));
        ck_assert_ptr_nonnull(strstr(text, "pass_on()"));
        ck_assert_ptr_nonnull(strstr(text, strerror(ENOSPC)));
}
END_TEST

START_TEST(tracing_keeps_errno) {
        errno = ENOTTY;
        (void)fault_raise(-EIO);
        ck_assert_int_eq(errno, ENOTTY);
}
END_TEST

START_TEST(deadlines_that_overflow_are_never) {
        ck_assert_uint_eq(clock_add_ns(10, 5), 15);
        ck_assert_uint_eq(clock_add_ns(10, CLOCK_NEVER), CLOCK_NEVER);
        ck_assert_uint_eq(clock_add_ns(CLOCK_NEVER - 4, 5), CLOCK_NEVER);
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                faults_and_outcomes_pass_unchanged,
                folding_makes_faults_of_unhandled_outcomes_only,
                failure_arrives_with_its_path_at_level_debug,
                tracing_keeps_errno,
                deadlines_that_overflow_are_never,
        };

        return suite_run("fault", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
