/* SPDX-License-Identifier: MIT */

#include <check.h>
#include <locale.h>
#include <stdint.h>
#include <string.h>

#include "helpers/suite.h"
#include "runtime/default-text.h"

static gca_region *region;

static void setup(void) {
        region = gca_region_new(0);
        ck_assert_ptr_nonnull(region);
}

static gca_value parse(const char *text, gca_type type) {
        gca_value value = GCA_NO_VALUE;
        int r = default_text_parse(region, text, type, &value);

        ck_assert_msg(r == 0, "%s: outcome %d", text, r);
        return value;
}

static void expect_outcome(const char *text, gca_type type, int outcome) {
        gca_value value;
        int r = default_text_parse(region, text, type, &value);

        ck_assert_msg(r == outcome, "%s: outcome %d, not %d", text, r, outcome);
}

static void expect_string(const char *text, const char *expected, size_t expected_length) {
        size_t length;
        const char *found = gca_get_string(parse(text, GCA_TYPE_STRING), &length);

        ck_assert_uint_eq(length, expected_length);
        ck_assert_mem_eq(found, expected, length);
}

START_TEST(words_and_empty_containers_are_parsed) {
        setup();
        ck_assert(gca_is_nil(parse("null", GCA_TYPE_NONE)));
        ck_assert(gca_get_bool(parse("true", GCA_TYPE_BOOL)));
        ck_assert(!gca_get_bool(parse("false", GCA_TYPE_NONE)));
        ck_assert_uint_eq(gca_get_count(parse("[]", GCA_TYPE_LIST)), 0);
        ck_assert_uint_eq(gca_get_count(parse("{}", GCA_TYPE_MAP)), 0);
        gca_region_free(region);
}
END_TEST

START_TEST(ints_keep_all_64_bits) {
        setup();
        ck_assert_int_eq(gca_get_int(parse("0", GCA_TYPE_INT)), 0);
        ck_assert_int_eq(gca_get_int(parse("-17", GCA_TYPE_INT)), -17);
        ck_assert_int_eq(gca_get_int(parse("9223372036854775807", GCA_TYPE_INT)), INT64_MAX);
        ck_assert_int_eq(gca_get_int(parse("-9223372036854775808", GCA_TYPE_INT)), INT64_MIN);
        ck_assert_int_eq(gca_get_type(parse("9223372036854775808", GCA_TYPE_NONE)), GCA_TYPE_FLOAT);
        gca_region_free(region);
}
END_TEST

START_TEST(floats_are_parsed_whatever_the_locale) {
        setup();
        (void)setlocale(LC_ALL, "de_DE.UTF-8");
        ck_assert(gca_get_float(parse("1.5", GCA_TYPE_FLOAT)) == 1.5);
        ck_assert(gca_get_float(parse("-2e3", GCA_TYPE_FLOAT)) == -2000);
        ck_assert(gca_get_float(parse("3", GCA_TYPE_FLOAT)) == 3);
        gca_region_free(region);
}
END_TEST

START_TEST(strings_are_unescaped) {
        setup();
        expect_string("\"\"", "", 0);
        expect_string("\"a\\n\\\"\\\\\\/\\t\"", "a\n\"\\/\t", 6);
        expect_string("\"\\u0041\\u00e4\\u20ac\\ud83d\\ude00\"", "A\u00e4\u20ac\U0001f600", 10);
        expect_string("\"x\\u0000y\"", "x\0y", 3);
        gca_region_free(region);
}
END_TEST

START_TEST(malformed_text_is_told) {
        static const char *const texts[] = {
                "",
                " 1",
                "1 ",
                "01",
                "-",
                "1.",
                ".5",
                "1e",
                "0x10",
                "nan",
                "1e999",
                "True",
                "nil",
                "\"a",
                "a\"",
                "\"a\"b",
                "\"\n\"",
                "\"\\x\"",
                "\"\\u12\"",
                "\"\\ud800\"",
                "\"\\udc00\"",
                "\"\\ud800\\u0041\"",
                "\"\xff\"",
                "\"\\",
                "[1]",
                "{\"a\":1}",
                "[ ]",
        };

        setup();
        for (size_t i = 0; i < SUITE_SIZE(texts); i++)
                expect_outcome(texts[i], GCA_TYPE_NONE, DEFAULT_TEXT_E_MALFORMED);
        gca_region_free(region);
}
END_TEST

START_TEST(value_of_another_type_is_told) {
        setup();
        expect_outcome("1", GCA_TYPE_STRING, DEFAULT_TEXT_E_TYPE);
        expect_outcome("1.0", GCA_TYPE_INT, DEFAULT_TEXT_E_TYPE);
        expect_outcome("null", GCA_TYPE_INT, DEFAULT_TEXT_E_TYPE);
        expect_outcome("\"a\"", GCA_TYPE_BOOL, DEFAULT_TEXT_E_TYPE);
        expect_outcome("\"a\"", GCA_TYPE_BYTES, 0);
        expect_outcome("[]", GCA_TYPE_MAP, DEFAULT_TEXT_E_TYPE);
        gca_region_free(region);
}
END_TEST

START_TEST(no_memory_is_a_fault) {
        char text[4096];
        gca_value value;

        memset(text, 'a', sizeof(text));
        text[0] = text[sizeof(text) - 2] = '"';
        text[sizeof(text) - 1] = '\0';
        region = gca_region_new(64);
        ck_assert_ptr_nonnull(region);
        ck_assert_int_lt(default_text_parse(region, text, GCA_TYPE_STRING, &value), 0);
        gca_region_free(region);
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                words_and_empty_containers_are_parsed,
                ints_keep_all_64_bits,
                floats_are_parsed_whatever_the_locale,
                strings_are_unescaped,
                malformed_text_is_told,
                value_of_another_type_is_told,
                no_memory_is_a_fault,
        };

        return suite_run("default-text", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
