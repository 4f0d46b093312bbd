/* SPDX-License-Identifier: MIT */

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gc/region.h"
#include "helpers/suite.h"

static const int64_t edges[] = {
        0,
        1,
        -1,
        INT64_MAX,
        INT64_MIN,
        VALUE_SMALL_INT_MAX,
        VALUE_SMALL_INT_MIN,
        INT32_MAX,
        INT32_MIN,
        UINT32_MAX,
        1234567890123,
        VALUE_SMALL_INT_MAX + 1,
        VALUE_SMALL_INT_MIN - 1,
};

START_TEST(integers_come_back_whatever_their_size) {
        gca_region *region = gca_region_new(0);

        for (size_t i = 0; i < sizeof(edges) / sizeof(edges[0]); i++) {
                gca_value value = gca_int(region, edges[i]);

                ck_assert_int_eq(gca_get_type(value), GCA_TYPE_INT);
                ck_assert_int_eq(gca_get_int(value), edges[i]);
        }
        region_verify(region);
        gca_region_free(region);
}
END_TEST

START_TEST(small_integers_nil_and_booleans_take_no_memory) {
        gca_region *region = gca_region_new(0);

        ck_assert(gca_is_value(gca_int(region, 0)));
        ck_assert(gca_is_value(gca_int(region, VALUE_SMALL_INT_MIN)));
        ck_assert(gca_is_value(gca_int(region, VALUE_SMALL_INT_MAX)));
        ck_assert(gca_is_nil(gca_nil()));
        ck_assert(gca_get_bool(gca_bool(true)));
        ck_assert(!gca_get_bool(gca_bool(false)));
        ck_assert_uint_eq(gca_region_get_bytes(region), 0);
        gca_region_free(region);
}
END_TEST

START_TEST(floats_come_back_bit_for_bit) {
        const double numbers[] = { 0.0, -0.0, 1.5, -1e308, 5e-324, INFINITY, -INFINITY, NAN };
        gca_region *region = gca_region_new(0);

        for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
                gca_value value = gca_float(region, numbers[i]);
                double number = gca_get_float(value);

                ck_assert_int_eq(gca_get_type(value), GCA_TYPE_FLOAT);
                ck_assert(memcmp(&number, &numbers[i], sizeof(number)) == 0);
        }
        ck_assert(gca_get_float(gca_int(region, -3)) == -3.0);
        gca_region_free(region);
}
END_TEST

START_TEST(strings_are_terminated_and_may_hold_nul) {
        gca_region *region = gca_region_new(0);
        size_t length;
        const char *text = gca_get_string(gca_string(region, "a\0b", 3), &length);

        ck_assert_uint_eq(length, 3);
        ck_assert(memcmp(text, "a\0b", 4) == 0);
        text = gca_get_string(gca_string(region, "eight...", -1), &length);
        ck_assert_uint_eq(length, 8);
        ck_assert_str_eq(text, "eight...");
        ck_assert_str_eq(gca_get_string(gca_string(region, "abcdef", 3), NULL), "abc");
        region_verify(region);
        gca_region_free(region);
}
END_TEST

START_TEST(nothing_makes_an_empty_string_list_and_bytes) {
        gca_region *region = gca_region_new(0);
        size_t length = 1;

        ck_assert_str_eq(gca_get_string(gca_string(region, "", 0), &length), "");
        ck_assert_uint_eq(length, 0);
        ck_assert_str_eq(gca_get_string(gca_string(region, NULL, 0), NULL), "");
        ck_assert_uint_eq(gca_get_count(gca_list(region, NULL, 0)), 0);
        ck_assert_ptr_nonnull(gca_get_bytes(gca_bytes(region, NULL, 0), &length));
        ck_assert_uint_eq(length, 0);
        region_verify(region);
        gca_region_free(region);
}
END_TEST

START_TEST(text_that_is_not_utf8_gives_no_value) {
        gca_region *region = gca_region_new(0);

        ck_assert(!gca_is_value(gca_string(region, "\xff", -1)));
        ck_assert(!gca_is_value(gca_string(region, "€", 2)));
        ck_assert(!gca_is_value(gca_string_format(region, "%.2s", "€")));
        ck_assert(!gca_is_value(gca_string_format(region, "%300s%.2s", "", "€")));
        ck_assert(!gca_region_is_exhausted(region));
        region_verify(region);
        gca_region_free(region);
}
END_TEST

START_TEST(formatted_text_may_be_short_or_long) {
        gca_region *region = gca_region_new(0);
        size_t length;

        ck_assert_str_eq(gca_get_string(gca_string_format(region, "%d-%s", 7, "x"), NULL), "7-x");
        for (int n = 254; n < 259; n++) {
                const char *text =
                        gca_get_string(gca_string_format(region, "%*s%d", n, "", n), &length);

                ck_assert_uint_eq(length, (size_t)n + 3);
                ck_assert_int_eq(atoi(text + n), n);
        }
        region_verify(region);
        gca_region_free(region);
}
END_TEST

START_TEST(bytes_are_copied_or_zero_and_writable) {
        gca_region *region = gca_region_new(0);
        gca_value zero = gca_bytes(region, NULL, 5), copy = gca_bytes(region, "\0\xff", 2);
        size_t size;

        ck_assert(memcmp(gca_get_bytes(zero, &size), "\0\0\0\0\0", 5) == 0);
        ck_assert_uint_eq(size, 5);
        memcpy(gca_bytes_get_mutable(zero), "hello", 5);
        ck_assert(memcmp(gca_get_bytes(zero, NULL), "hello", 5) == 0);
        ck_assert(memcmp(gca_get_bytes(copy, &size), "\0\xff", 2) == 0);
        ck_assert_uint_eq(size, 2);
        ck_assert(memcmp(gca_get_bytes(gca_string(region, "text", -1), &size), "text", 4) == 0);
        ck_assert_ptr_null(gca_bytes_get_mutable(GCA_NO_VALUE));
        gca_region_free(region);
}
END_TEST

START_TEST(list_keeps_its_elements) {
        gca_region *region = gca_region_new(0);
        gca_value elements[] = { gca_int(region, 7), gca_nil(), gca_string(region, "x", 1) };
        gca_value list = gca_list(region, elements, 3);

        ck_assert_int_eq(gca_get_type(list), GCA_TYPE_LIST);
        ck_assert_uint_eq(gca_get_count(list), 3);
        for (size_t i = 0; i < 3; i++)
                ck_assert_uint_eq(gca_get_element(list, i).word, elements[i].word);
        region_verify(region);
        gca_region_free(region);
}
END_TEST

/* What is made where the call stands (gcasync/value-inline.h) is what the library's functions make. */
START_TEST(constructors_in_the_header_make_what_those_of_the_library_make) {
        gca_value (*list)(gca_region *, const gca_value *, size_t) = gca_list;
        gca_value (*bytes)(gca_region *, const void *, size_t) = gca_bytes;
        gca_value (*element)(gca_value, size_t) = gca_get_element;
        gca_region *region = gca_region_new(0);
        size_t n;

        /* From within a chunk to past its end. */
        for (int i = 0; i < 1000; i++) {
                gca_value text = gca_bytes(region, "text", 4), number = gca_int(region, i);
                gca_value pair = gca_list(region, (gca_value[]){ text, number }, 2);
                gca_value same = list(region, (gca_value[]){ bytes(region, "text", 4), number }, 2);

                ck_assert(gca_equal(pair, same));
                ck_assert_uint_eq(gca_get_element(pair, 1).word, element(same, 1).word);
                ck_assert_uint_eq(gca_get_elements(pair, &n)[1].word, number.word);
                ck_assert_uint_eq(n, 2);
                ck_assert_mem_eq(gca_get_bytes(gca_get_element(same, 0), NULL), "text", 4);
        }
        region_verify(region);
        gca_region_free(region);
}
END_TEST

START_TEST(no_value_is_passed_on_through_any_expression) {
        gca_region *region = gca_region_new(0);
        gca_value bad = gca_string(region, "\xff", -1);
        gca_value key = gca_string(region, "k", 1);
        gca_value list = gca_list(region, (gca_value[]){ gca_nil(), bad }, 2);

        ck_assert(!gca_is_value(list));
        ck_assert(!gca_is_value(gca_map(region, &key, &list, 1)));
        ck_assert(!gca_is_value(gca_map(region, &bad, &key, 1)));
        ck_assert_int_eq(gca_get_type(list), GCA_TYPE_NONE);
        ck_assert(!gca_is_nil(list));
        gca_region_free(region);
}
END_TEST

START_TEST(types_have_names) {
        ck_assert_str_eq(gca_type_to_string(GCA_TYPE_NONE), "none");
        ck_assert_str_eq(gca_type_to_string(GCA_TYPE_NIL), "nil");
        ck_assert_str_eq(gca_type_to_string(GCA_TYPE_MAP), "map");
        ck_assert_str_eq(gca_type_to_string((gca_type)99), "unknown");
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                integers_come_back_whatever_their_size,
                small_integers_nil_and_booleans_take_no_memory,
                floats_come_back_bit_for_bit,
                strings_are_terminated_and_may_hold_nul,
                nothing_makes_an_empty_string_list_and_bytes,
                text_that_is_not_utf8_gives_no_value,
                formatted_text_may_be_short_or_long,
                bytes_are_copied_or_zero_and_writable,
                list_keeps_its_elements,
                constructors_in_the_header_make_what_those_of_the_library_make,
                no_value_is_passed_on_through_any_expression,
                types_have_names,
        };

        return suite_run("value", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
