/* SPDX-License-Identifier: MIT */

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "helpers/suite.h"

static void expect_escaped(const char *text, size_t length, const char *expected) {
        char buffer[256];

        ck_assert_str_eq(log_escape(buffer, sizeof(buffer), text, length), expected);
}

/* text is a literal: NUL bytes inside count. */
#define expect_escape(text, expected) expect_escaped("" text, sizeof(text) - 1, (expected))

/* Makes standard error a pipe; returns the end to read. */
static int capture_log(void) {
        int ends[2];

        ck_assert_int_eq(pipe(ends), 0);
        ck_assert_int_eq(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
        ck_assert_int_eq(close(ends[1]), 0);
        return ends[0];
}

static void expect_log(int fd, const char *expected) {
        char line[4096];
        ssize_t n;

        ck_assert_int_eq(close(STDERR_FILENO), 0);
        n = read(fd, line, sizeof(line) - 1);
        ck_assert_int_ge(n, 0);
        line[n] = '\0';
        ck_assert_str_eq(line, expected);
}

START_TEST(text_in_any_script_is_left_alone) {
        expect_escape("", "");
        expect_escape("plain text", "plain text");
        expect_escape("\xc3\xa4 \xe6\xbc\xa2 \xf0\x9f\x98\x80",
                      "\xc3\xa4 \xe6\xbc\xa2 \xf0\x9f\x98\x80");
}
END_TEST

START_TEST(controls_and_backslashes_are_escaped) {
        expect_escape("a\nb\x1b[31m\0\x7f\\",
                      "a\\x0a"
                      "b\\x1b[31m\\x00\\x7f\\x5c");
        expect_escape("\xc2\x9b", "\\xc2\\x9b");
}
END_TEST

START_TEST(bytes_that_are_not_utf8_are_escaped_one_by_one) {
        expect_escape("a\xff\xe2\x82z", "a\\xff\\xe2\\x82z");
}
END_TEST

START_TEST(characters_that_turn_a_line_around_are_escaped) {
        expect_escape("\xe2\x80\xae", "\\xe2\\x80\\xae"); /* right-to-left override */
        expect_escape("\xe2\x81\xa6", "\\xe2\\x81\\xa6"); /* left-to-right isolate */
        expect_escape("\xe2\x80\xa8", "\\xe2\\x80\\xa8"); /* line separator */
        expect_escape("\xef\xbb\xbf", "\\xef\\xbb\\xbf"); /* byte order mark */
}
END_TEST

START_TEST(text_that_does_not_fit_is_cut_and_says_so) {
        char buffer[12];

        ck_assert_str_eq(log_escape(buffer, sizeof(buffer), "0123456789abcdef", 16), "01234567...");
        ck_assert_str_eq(log_escape(buffer, sizeof(buffer), "01234\n6789", 10), "01234...");
}
END_TEST

START_TEST(levels_above_the_maximum_write_nothing) {
        int fd = capture_log();

        log_setup("tester", LOG_LEVEL_NOTICE, LOG_FORMAT_PLAIN);
        log_info("not this");
        log_notice("but %s", "this");
        expect_log(fd, "tester: but this\n");
}
END_TEST

START_TEST(service_manager_gets_priorities) {
        int fd = capture_log();

        log_setup("tester", LOG_LEVEL_DEBUG, LOG_FORMAT_PRIORITY);
        log_error("worst");
        log_debug("least");
        expect_log(fd, "<3>worst\n<7>least\n");
}
END_TEST

START_TEST(overlong_line_is_cut_but_ends_like_a_line) {
        char text[3000], line[4096];
        int fd = capture_log();
        ssize_t n;

        memset(text, 'x', sizeof(text) - 1);
        text[sizeof(text) - 1] = '\0';
        log_setup("tester", LOG_LEVEL_INFO, LOG_FORMAT_PLAIN);
        log_info("%s", text);
        ck_assert_int_eq(close(STDERR_FILENO), 0);
        n = read(fd, line, sizeof(line));
        ck_assert_int_eq(n, 2048 - 1);
        ck_assert_int_eq(line[n - 2], 'x');
        ck_assert_int_eq(line[n - 1], '\n');
}
END_TEST

START_TEST(writing_keeps_errno_even_when_nobody_listens) {
        ck_assert_int_eq(close(STDERR_FILENO), 0);
        errno = ENOTTY;
        log_error("heard by nobody");
        ck_assert_int_eq(errno, ENOTTY);
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                text_in_any_script_is_left_alone,
                controls_and_backslashes_are_escaped,
                bytes_that_are_not_utf8_are_escaped_one_by_one,
                characters_that_turn_a_line_around_are_escaped,
                text_that_does_not_fit_is_cut_and_says_so,
                levels_above_the_maximum_write_nothing,
                service_manager_gets_priorities,
                overlong_line_is_cut_but_ends_like_a_line,
                writing_keeps_errno_even_when_nobody_listens,
        };

        return suite_run("log", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
