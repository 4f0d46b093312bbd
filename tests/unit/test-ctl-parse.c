/* SPDX-License-Identifier: MIT */

#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "ctl/nearest.h"
#include "ctl/parse.h"
#include "helpers/suite.h"

static uint64_t task_of(const char *word) {
        uint64_t task = 0;

        return parse_task_id(word, &task) ? task : 0;
}

static uint64_t duration_of(const char *word) {
        uint64_t duration_ns = 0;

        return parse_duration(word, &duration_ns) ? duration_ns : 0;
}

static bool is_int(const char *word, int64_t expected) {
        int64_t value = 0;

        return parse_int(word, &value) && value == expected;
}

static const char *nearest_of(const char *word, const char *const *names) {
        static struct nearest nearest;

        nearest_init(&nearest, word);
        for (; *names; names++)
                nearest_offer(&nearest, *names);
        return nearest.name;
}

START_TEST(ids_are_taken_with_and_without_their_letter) {
        ck_assert_uint_eq(task_of("t12"), 12);
        ck_assert_uint_eq(task_of("12"), 12);
        ck_assert_uint_eq(task_of("18446744073709551615"), UINT64_MAX);
}
END_TEST

START_TEST(whatever_is_no_whole_id_is_refused) {
        static const char *const words[] = { "",    "t",   "tt1",  "t12x",
                                             "12 ", " 12", "-1",   "+1",
                                             "0",   "t0",  "t012", "0x12",
                                             "T1",  "1.0", "1e3",  "18446744073709551616" };

        for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
                ck_assert_msg(task_of(words[i]) == 0, "\"%s\"", words[i]);
}
END_TEST

START_TEST(durations_have_units_and_seconds_are_the_default) {
        ck_assert_uint_eq(duration_of("5"), UINT64_C(5000000000));
        ck_assert_uint_eq(duration_of("1.5s"), UINT64_C(1500000000));
        ck_assert_uint_eq(duration_of("100ms"), UINT64_C(100000000));
        ck_assert_uint_eq(duration_of("7us"), UINT64_C(7000));
        ck_assert_uint_eq(duration_of("2min"), UINT64_C(120000000000));
        ck_assert_uint_eq(duration_of("2m"), UINT64_C(120000000000));
        ck_assert_uint_eq(duration_of("1h"), UINT64_C(3600000000000));
        ck_assert_uint_eq(duration_of("1d"), UINT64_C(86400000000000));
}
END_TEST

START_TEST(durations_that_are_none_are_refused) {
        static const char *const words[] = { "",      "s",    "-1s",         "0",   "0ms",
                                             "1x",    "1 s",  "inf",         "nan", "1e3s",
                                             "0x10s", "1.s.", "99999999999d" };

        for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
                ck_assert_msg(duration_of(words[i]) == 0, "\"%s\"", words[i]);
}
END_TEST

START_TEST(integers_are_exact_to_their_64_bits) {
        int64_t value;

        ck_assert(is_int("9223372036854775807", INT64_MAX));
        ck_assert(is_int("-9223372036854775808", INT64_MIN));
        ck_assert(is_int("+7", 7));
        ck_assert(is_int("0x1F", 31));
        ck_assert(is_int("010", 10));
        ck_assert(!parse_int("9223372036854775808", &value));
        ck_assert(!parse_int("", &value));
        ck_assert(!parse_int(" 1", &value));
        ck_assert(!parse_int("1.0", &value));
        ck_assert(!parse_int("0x", &value));
}
END_TEST

START_TEST(floats_may_be_infinite_but_not_too_large) {
        double value;

        ck_assert(parse_float("1.5", &value) && value == 1.5);
        ck_assert(parse_float("1e-310", &value) && value > 0);
        ck_assert(parse_float("-inf", &value) && isinf(value));
        ck_assert(parse_float("nan", &value) && isnan(value));
        ck_assert(!parse_float("1e999", &value));
        ck_assert(!parse_float(" 1", &value));
        ck_assert(!parse_float("1x", &value));
        ck_assert(!parse_float("", &value));
}
END_TEST

START_TEST(masks_are_octal) {
        uint32_t mask;

        ck_assert(parse_umask("022", &mask) && mask == 022);
        ck_assert(parse_umask("0777", &mask) && mask == 0777);
        ck_assert(!parse_umask("1000", &mask));
        ck_assert(!parse_umask("089", &mask));
        ck_assert(!parse_umask("", &mask));
}
END_TEST

START_TEST(nearest_name_is_found_by_few_edits) {
        static const char *const names[] = { "run", "submit", "wait", "abort", "version", NULL };

        ck_assert_str_eq(nearest_of("sumbit", names), "submit");
        ck_assert_str_eq(nearest_of("wiat", names), "wait");
        ck_assert_str_eq(nearest_of("abrt", names), "abort");
        ck_assert_str_eq(nearest_of("versoin", names), "version");
        ck_assert_str_eq(nearest_of("rnu", names), "run");
}
END_TEST

START_TEST(distant_name_is_no_suggestion) {
        static const char *const names[] = { "run", "submit", "wait", NULL };

        ck_assert_ptr_null(nearest_of("frobnicate", names));
        ck_assert_ptr_null(nearest_of("ls", names));
        ck_assert_ptr_null(nearest_of("", names));
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                ids_are_taken_with_and_without_their_letter,
                whatever_is_no_whole_id_is_refused,
                durations_have_units_and_seconds_are_the_default,
                durations_that_are_none_are_refused,
                integers_are_exact_to_their_64_bits,
                floats_may_be_infinite_but_not_too_large,
                masks_are_octal,
                nearest_name_is_found_by_few_edits,
                distant_name_is_no_suggestion,
        };

        return suite_run("ctl-parse", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
