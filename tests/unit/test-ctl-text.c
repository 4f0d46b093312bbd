/* SPDX-License-Identifier: MIT */

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/text.h"
#include "helpers/suite.h"

/* What f(x) returns, compared and freed. */
#define assert_text(call, expected)                \
        do {                                       \
                char *text_ = (call);              \
                ck_assert_str_eq(text_, expected); \
                free(text_);                       \
        } while (0)

START_TEST(control_characters_are_escaped) {
        assert_text(text_escape_string("plain caf\xc3\xa9 \\ 100%"), "plain caf\xc3\xa9 \\ 100%");
        assert_text(text_escape_string("\x1b[31mred"), "\\x1b[31mred");
        assert_text(text_escape_string("a\nb\tc\x7f"), "a\\x0ab\\x09c\\x7f");
        assert_text(text_escape("a\0b", 3), "a\\x00b");
        /* U+009B is a control sequence introducer in one character. */
        assert_text(text_escape_string("\xc2\x9b"
                                       "31m"),
                    "\\xc2\\x9b31m");
}
END_TEST

START_TEST(text_that_turns_its_direction_is_escaped) {
        assert_text(text_escape_string("a\xe2\x80\xae"
                                       "b"),
                    "a\\xe2\\x80\\xaeb");
        assert_text(text_escape_string("\xef\xbb\xbf"), "\\xef\\xbb\\xbf");
}
END_TEST

START_TEST(bytes_that_are_not_utf8_are_escaped) {
        assert_text(text_escape_string("\xff"
                                       "a\xc3"),
                    "\\xffa\\xc3");
}
END_TEST

START_TEST(width_is_that_of_columns_not_bytes) {
        ck_assert_uint_eq(text_width("abc"), 3);
        ck_assert_uint_eq(text_width("caf\xc3\xa9"), 4);
        /* Two wide characters; an e with a combining accent. */
        ck_assert_uint_eq(text_width("\xe6\x97\xa5\xe6\x9c\xac"), 4);
        ck_assert_uint_eq(text_width("e\xcc\x81"), 1);
}
END_TEST

START_TEST(cut_text_fits_and_says_that_it_is_cut) {
        assert_text(text_cut("abcdef", 6), "abcdef");
        assert_text(text_cut("abcdef", 4), "abc\xe2\x80\xa6");
        assert_text(text_cut("abcdef", 1), "\xe2\x80\xa6");
        assert_text(text_cut("abcdef", 0), "");
        /* A wide character that would stand half in, half out, stays out. */
        assert_text(text_cut("\xe6\x97\xa5\xe6\x9c\xac", 3), "\xe6\x97\xa5\xe2\x80\xa6");
        assert_text(text_cut("a\xe6\x97\xa5\xe6\x9c\xac", 3), "a\xe2\x80\xa6");
}
END_TEST

START_TEST(sizes_are_told_in_binary_units) {
        assert_text(text_format_bytes(0), "0 B");
        assert_text(text_format_bytes(1023), "1023 B");
        assert_text(text_format_bytes(1536), "1.5 KiB");
        assert_text(text_format_bytes(UINT64_C(16) << 20), "16.0 MiB");
        assert_text(text_format_bytes(UINT64_MAX), "16.0 EiB");
}
END_TEST

START_TEST(durations_are_told_in_their_largest_units) {
        assert_text(text_format_duration(0), "0ms");
        assert_text(text_format_duration(12345), "12ms");
        assert_text(text_format_duration(3250000), "3.2s");
        assert_text(text_format_duration(UINT64_C(60000000)), "1m");
        assert_text(text_format_duration(UINT64_C(312000000)), "5m 12s");
        assert_text(text_format_duration(UINT64_C(7380000000)), "2h 3m");
        assert_text(text_format_duration(UINT64_C(349200000000)), "4d 1h");
}
END_TEST

START_TEST(times_are_rfc_3339_in_utc) {
        char text[TEXT_TIME_SIZE];

        text_format_time(UINT64_C(1714566600000123), text);
        ck_assert_str_eq(text, "2024-05-01T12:30:00.000123Z");
        text_format_time(1, text);
        ck_assert_str_eq(text, "1970-01-01T00:00:00.000001Z");
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                control_characters_are_escaped,
                text_that_turns_its_direction_is_escaped,
                bytes_that_are_not_utf8_are_escaped,
                width_is_that_of_columns_not_bytes,
                cut_text_fits_and_says_that_it_is_cut,
                sizes_are_told_in_binary_units,
                durations_are_told_in_their_largest_units,
                times_are_rfc_3339_in_utc,
        };

        text_setup();
        return suite_run("ctl-text", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
