/* SPDX-License-Identifier: MIT */

#include <check.h>
#include <string.h>

#include "daemon/limits.h"
#include "helpers/suite.h"

static struct limits limits;
static char message[256];

static int set(const char *text) {
        limits_init(&limits);
        message[0] = '\0';
        return limits_set(&limits, text, message, sizeof(message));
}

START_TEST(limits_begin_with_the_defaults_of_the_table) {
        limits_init(&limits);
        for (size_t i = 0; i < LIMIT_COUNT; i++)
                ck_assert_uint_eq(limits_get(&limits, (enum limit)i),
                                  limit_get_info((enum limit)i)->default_value);
        ck_assert_uint_eq(limits_get(&limits, LIMIT_FRAME_BYTES), 16 << 20);
        ck_assert_uint_eq(limits_get(&limits, LIMIT_TASKS), 100000);
}
END_TEST

START_TEST(number_sets_the_limit_that_is_named) {
        ck_assert_int_eq(set("sessions=7"), 0);
        ck_assert_uint_eq(limits_get(&limits, LIMIT_SESSIONS), 7);
        ck_assert_uint_eq(limits_get(&limits, LIMIT_TASKS), 100000);
}
END_TEST

START_TEST(suffixes_of_bytes_are_powers_of_1024_and_of_counts_of_1000) {
        ck_assert_int_eq(set("queued-bytes=2G"), 0);
        ck_assert_uint_eq(limits_get(&limits, LIMIT_QUEUED_BYTES), UINT64_C(2) << 30);
        ck_assert_int_eq(set("tasks=2M"), 0);
        ck_assert_uint_eq(limits_get(&limits, LIMIT_TASKS), 2000000);
}
END_TEST

START_TEST(duration_takes_no_suffix) {
        ck_assert_int_eq(set("hello-ms=100"), 0);
        ck_assert_uint_eq(limits_get(&limits, LIMIT_HELLO_MS), 100);
        ck_assert_int_eq(set("hello-ms=1K"), LIMITS_E_SYNTAX);
        ck_assert_ptr_nonnull(strstr(message, "hello-ms"));
}
END_TEST

START_TEST(what_is_no_number_is_refused) {
        const char *const wrong[] = { "tasks=",    "tasks=x",  "tasks=-1", "tasks= 1",
                                      "tasks=1KK", "tasks=1k", "tasks=+1", "tasks=0x10" };

        for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
                ck_assert_int_eq(set(wrong[i]), LIMITS_E_SYNTAX);
                ck_assert_uint_eq(limits_get(&limits, LIMIT_TASKS), 100000);
        }
        ck_assert_int_eq(set("tasks"), LIMITS_E_SYNTAX);
}
END_TEST

START_TEST(unknown_name_is_answered_with_the_nearest) {
        ck_assert_int_eq(set("frame-byte=1"), LIMITS_E_UNKNOWN);
        ck_assert_ptr_nonnull(strstr(message, "did you mean \"frame-bytes\""));
        ck_assert_int_eq(set("zzzzzz=1"), LIMITS_E_UNKNOWN);
        ck_assert_ptr_null(strstr(message, "did you mean"));
}
END_TEST

START_TEST(value_out_of_range_is_refused_with_the_range) {
        ck_assert_int_eq(set("frame-bytes=1"), LIMITS_E_RANGE);
        ck_assert_ptr_nonnull(strstr(message, "1024"));
        ck_assert_int_eq(set("sessions=0"), LIMITS_E_RANGE);
        ck_assert_int_eq(set("queued-bytes=99999999999999999999"), LIMITS_E_RANGE);
        ck_assert_int_eq(set("queued-bytes=18446744073709551615G"), LIMITS_E_RANGE);
}
END_TEST

START_TEST(reached_limits_are_counted_one_by_one) {
        limits_init(&limits);
        limits_count_reached(&limits, LIMIT_TASKS);
        limits_count_reached(&limits, LIMIT_TASKS);
        ck_assert_uint_eq(limits.n_reached[LIMIT_TASKS], 2);
        ck_assert_uint_eq(limits.n_reached[LIMIT_SESSIONS], 0);
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                limits_begin_with_the_defaults_of_the_table,
                number_sets_the_limit_that_is_named,
                suffixes_of_bytes_are_powers_of_1024_and_of_counts_of_1000,
                duration_takes_no_suffix,
                what_is_no_number_is_refused,
                unknown_name_is_answered_with_the_nearest,
                value_out_of_range_is_refused_with_the_range,
                reached_limits_are_counted_one_by_one,
        };

        return suite_run("limits", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
