/* SPDX-License-Identifier: MIT */

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/document.h"
#include "helpers/suite.h"

static struct document document;
static char *text;
static size_t text_size;

static void begin(bool is_pretty) {
        FILE *file = open_memstream(&text, &text_size);

        ck_assert_ptr_nonnull(file);
        document_init(&document, file, is_pretty);
}

/* Ends the document and compares it with what is expected and a newline. */
static void assert_written(const char *expected) {
        document_end(&document);
        ck_assert_int_eq(fclose(document.file), 0);
        ck_assert_uint_eq(text_size, strlen(expected) + 1);
        ck_assert_mem_eq(text, expected, strlen(expected));
        ck_assert_int_eq(text[text_size - 1], '\n');
        free(text);
}

START_TEST(compact_document_is_one_line) {
        begin(false);
        document_open_map(&document);
        document_set_text(&document, "schema", "x");
        document_key(&document, "list");
        document_open_list(&document);
        document_add_null(&document);
        document_add_bool(&document, true);
        document_open_map(&document);
        document_close_map(&document);
        document_close_list(&document);
        document_set_bool(&document, "last", false);
        document_close_map(&document);
        assert_written("{\"schema\": \"x\", \"list\": [null, true, {}], \"last\": false}");
}
END_TEST

START_TEST(pretty_document_has_two_blanks_a_level) {
        begin(true);
        document_open_map(&document);
        document_key(&document, "list");
        document_open_list(&document);
        document_add_int(&document, 1);
        document_add_int(&document, 2);
        document_close_list(&document);
        document_key(&document, "empty");
        document_open_list(&document);
        document_close_list(&document);
        document_close_map(&document);
        assert_written("{\n  \"list\": [\n    1,\n    2\n  ],\n  \"empty\": []\n}");
}
END_TEST

START_TEST(integers_are_written_in_full) {
        begin(false);
        document_open_list(&document);
        document_add_int(&document, INT64_MIN);
        document_add_int(&document, INT64_MAX);
        document_add_uint(&document, UINT64_MAX);
        document_close_list(&document);
        assert_written("[-9223372036854775808, 9223372036854775807, 18446744073709551615]");
}
END_TEST

START_TEST(floats_are_short_and_come_back_as_they_were) {
        begin(false);
        document_open_list(&document);
        document_add_float(&document, 0.1);
        document_add_float(&document, 1);
        document_add_float(&document, -0.0);
        document_add_float(&document, 1e300);
        document_add_float(&document, 0.1 + 0.2);
        document_close_list(&document);
        assert_written("[0.1, 1.0, -0.0, 1e+300, 0.30000000000000004]");
}
END_TEST

START_TEST(numbers_that_json_lacks_are_strings) {
        begin(false);
        document_open_list(&document);
        document_add_float(&document, NAN);
        document_add_float(&document, INFINITY);
        document_add_float(&document, -INFINITY);
        document_close_list(&document);
        assert_written("[\"NaN\", \"Infinity\", \"-Infinity\"]");
}
END_TEST

START_TEST(text_is_escaped_and_safe_for_a_terminal) {
        begin(false);
        document_add_text(&document,
                          "q\"b\\n\nt\te\x1b"
                          "d\x7f"
                          "c\xc2\x9b"
                          "u\xc3\xa9z\0",
                          20);
        assert_written("\"q\\\"b\\\\n\\nt\\te\\u001bd\\u007fc\\u009bu\xc3\xa9z\\u0000\"");
}
END_TEST

START_TEST(text_that_turns_its_direction_is_escaped) {
        begin(false);
        document_add_text(&document,
                          "a\xe2\x80\xae"
                          "b\xf0\x9f\x98\x80",
                          9);
        assert_written("\"a\\u202eb\xf0\x9f\x98\x80\"");
}
END_TEST

START_TEST(text_that_is_not_utf8_is_written_as_bytes) {
        begin(false);
        document_add_text(&document, "\xff\xfe", 2);
        assert_written("{\"base64\": \"//4=\"}");
}
END_TEST

START_TEST(bytes_are_base64_with_padding) {
        begin(false);
        document_open_list(&document);
        document_add_bytes(&document, "", 0);
        document_add_bytes(&document, "f", 1);
        document_add_bytes(&document, "fo", 2);
        document_add_bytes(&document, "foo", 3);
        document_close_list(&document);
        assert_written("[{\"base64\": \"\"}, {\"base64\": \"Zg==\"}, {\"base64\": \"Zm8=\"}, "
                       "{\"base64\": \"Zm9v\"}]");
}
END_TEST

START_TEST(tasks_and_times_are_strings_and_null_where_there_is_none) {
        begin(false);
        document_open_map(&document);
        document_set_task(&document, "task", 12);
        document_set_task(&document, "none", 0);
        document_set_time(&document, "at", UINT64_C(1714566600000000));
        document_set_time(&document, "never", 0);
        document_close_map(&document);
        assert_written(
                "{\"task\": \"t12\", \"none\": null, \"at\": \"2024-05-01T12:30:00.000000Z\", "
                "\"never\": null}");
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                compact_document_is_one_line,
                pretty_document_has_two_blanks_a_level,
                integers_are_written_in_full,
                floats_are_short_and_come_back_as_they_were,
                numbers_that_json_lacks_are_strings,
                text_is_escaped_and_safe_for_a_terminal,
                text_that_turns_its_direction_is_escaped,
                text_that_is_not_utf8_is_written_as_bytes,
                bytes_are_base64_with_padding,
                tasks_and_times_are_strings_and_null_where_there_is_none,
        };

        return suite_run("ctl-document", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
