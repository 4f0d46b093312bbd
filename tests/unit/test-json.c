/* SPDX-License-Identifier: MIT */

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gc/memory.h"
#include "gc/region.h"
#include "helpers/suite.h"

#ifdef GCASYNC_SANITIZE
enum {
        LEVELS = 200000
};
#else
enum {
        LEVELS = 10000000
};
#endif

enum {
        SHARED_LEVELS = 100,
        MANY = 200000,
};

static void expect_json(gca_value value, const char *expected) {
        char text[256];
        bool is_cut = true;

        ck_assert(gca_write_json(value, text, sizeof(text), &is_cut) == strlen(expected));
        ck_assert_str_eq(text, expected);
        ck_assert(!is_cut);
}

START_TEST(leaves_are_written_as_json_has_them) {
        gca_region *region = gca_region_new(0);

        expect_json(gca_nil(), "null");
        expect_json(gca_bool(true), "true");
        expect_json(gca_bool(false), "false");
        expect_json(gca_int(region, INT64_MIN), "-9223372036854775808");
        expect_json(gca_float(region, 1), "1.0");
        expect_json(gca_float(region, 0.1), "0.1");
        expect_json(gca_float(region, 1e300), "1e+300");
        expect_json(gca_float(region, NAN), "\"NaN\"");
        expect_json(gca_float(region, -INFINITY), "\"-Infinity\"");
        expect_json(gca_string(region, "a\"\\\n\x01\x7f\xc2\x80\xc3\xa4", -1),
                    "\"a\\\"\\\\\\n\\u0001\\u007f\\u0080\xc3\xa4\"");
        expect_json(gca_string(region, "\0", 1), "\"\\u0000\"");
        gca_region_free(region);
}
END_TEST

START_TEST(bytes_are_written_in_base64) {
        gca_region *region = gca_region_new(0);

        expect_json(gca_bytes(region, "", 0), "{\"base64\":\"\"}");
        expect_json(gca_bytes(region, "f", 1), "{\"base64\":\"Zg==\"}");
        expect_json(gca_bytes(region, "fo", 2), "{\"base64\":\"Zm8=\"}");
        expect_json(gca_bytes(region, "foo", 3), "{\"base64\":\"Zm9v\"}");
        expect_json(gca_bytes(region, "\xff\xfe\xfd\xfc", 4), "{\"base64\":\"//79/A==\"}");
        gca_region_free(region);
}
END_TEST

/* {"a":[1,"two",[]],"b":{}} */
static gca_value make_sample(gca_region *region) {
        gca_value list[] = { gca_int(region, 1),
                             gca_string(region, "two", 3),
                             gca_list(region, NULL, 0) };
        gca_builder builder;

        gca_builder_begin_map(&builder, region);
        gca_builder_set(&builder, "a", gca_list(region, list, 3));
        gca_builder_set(&builder, "b", gca_map(region, NULL, NULL, 0));
        return gca_builder_end(&builder);
}

START_TEST(lists_and_maps_nest) {
        gca_region *region = gca_region_new(0);

        expect_json(make_sample(region), "{\"a\":[1,\"two\",[]],\"b\":{}}");
        gca_region_free(region);
}
END_TEST

/* Whether brackets outside strings match: that it is JSON, as far as cutting could spoil it. */
static bool is_balanced(const char *text, size_t length) {
        bool is_in_string = false;
        size_t depth = 0;

        for (size_t i = 0; i < length; i++) {
                char c = text[i];

                if (is_in_string && c == '\\')
                        i++;
                else if (c == '"')
                        is_in_string = !is_in_string;
                else if (!is_in_string && (c == '[' || c == '{'))
                        depth++;
                else if (!is_in_string && (c == ']' || c == '}') && depth-- == 0)
                        return false;
        }
        return depth == 0 && !is_in_string && length > 0;
}

static bool is_balanced_value(gca_value string) {
        size_t length;
        const char *text = gca_get_string(string, &length);

        return is_balanced(text, length);
}

START_TEST(what_does_not_fit_is_counted_where_it_stood) {
        gca_region *region = gca_region_new(0);
        gca_value one = gca_int(region, 1), list, sample = make_sample(region);
        gca_value elements[] = { one,
                                 gca_string(region, "a string that is too long for it", -1),
                                 one };
        char text[64];
        bool is_cut = false;

        list = gca_list(region, elements, 3);
        ck_assert(gca_write_json(list, text, 32, &is_cut) > 0);
        ck_assert_str_eq(text, "[1,{\"$cut\":2}]");
        ck_assert(is_cut);
        ck_assert(gca_write_json(sample, text, 30, &is_cut) > 0);
        ck_assert_str_eq(text, "{\"$cut\":2}");
        ck_assert(gca_write_json(elements[1], text, 11, &is_cut) == 10);
        ck_assert_str_eq(text, "{\"$cut\":1}");
        ck_assert(gca_write_json(elements[1], text, 10, &is_cut) == 0);
        ck_assert(gca_write_json(GCA_NO_VALUE, text, sizeof(text), NULL) == 0);
        gca_region_free(region);
}
END_TEST

START_TEST(text_is_whole_wherever_it_is_cut) {
        gca_region *region = gca_region_new(0);
        gca_value sample = make_sample(region), list[] = { sample, sample, gca_float(region, 2) };
        char text[128];
        size_t full, previous = 0;

        sample = gca_list(region, list, 3);
        full = gca_write_json(sample, text, sizeof(text), NULL);
        for (size_t size = 1; size <= sizeof(text); size++) {
                bool is_cut = false;
                size_t length = gca_write_json(sample, text, size, &is_cut);

                ck_assert(length < size && length == strlen(text));
                ck_assert(length == 0 || is_balanced(text, length));
                ck_assert(length == 0 || is_cut == (length < full || strstr(text, "$cut")));
                previous = length;
        }
        ck_assert(previous == full);
        gca_region_free(region);
}
END_TEST

START_TEST(millions_of_levels_are_written) {
        gca_region *region = gca_region_new(0);
        gca_value value = gca_nil(), text;
        bool is_cut = true;
        size_t length;

        for (int i = 0; i < LEVELS; i++)
                value = gca_list(region, &value, 1);
        text = gca_to_json(region, value, 0, &is_cut);
        ck_assert(gca_is_value(text) && !is_cut);
        ck_assert(is_balanced_value(text));
        gca_get_string(text, &length);
        ck_assert(length == 2 * (size_t)LEVELS + strlen("null"));
        text = gca_to_json(region, value, 1000, &is_cut);
        ck_assert(gca_is_value(text) && is_cut);
        gca_get_string(text, &length);
        ck_assert(is_balanced_value(text) && length <= 1000);
        gca_region_free(region);
}
END_TEST

START_TEST(exponentially_many_paths_give_bounded_text) {
        gca_region *region = gca_region_new(0);
        gca_value value = gca_string(region, "end", 3), text;
        bool is_cut = false;
        size_t length;

        for (int i = 0; i < SHARED_LEVELS; i++)
                value = gca_list(region, (gca_value[]){ value, value }, 2);
        text = gca_to_json(region, value, 0, &is_cut);
        ck_assert(gca_is_value(text) && is_cut);
        ck_assert(is_balanced_value(text));
        gca_get_string(text, &length);
        ck_assert_uint_lt(length, 4000000);
        ck_assert(strstr(gca_get_string(text, NULL), "[{\"$cut\":2}]") != NULL);
        gca_region_free(region);
}
END_TEST

START_TEST(a_long_text_shared_by_many_gives_bounded_text) {
        gca_region *region = gca_region_new(0);
        gca_value string = gca_bytes(region, NULL, 300000), text;
        gca_builder builder;
        bool is_cut = false;

        gca_builder_begin_list(&builder, region);
        for (int i = 0; i < MANY; i++)
                gca_builder_add(&builder, string);
        text = gca_to_json(region, gca_builder_end(&builder), 0, &is_cut);
        ck_assert(gca_is_value(text) && is_cut);
        gca_region_free(region);
}
END_TEST

START_TEST(parts_shared_a_few_times_are_written_each_time) {
        gca_region *region = gca_region_new(0);
        gca_value part, whole[6], text;
        gca_builder builder;
        bool is_cut = true;

        gca_builder_begin_list(&builder, region);
        for (int i = 0; i < MANY; i++) {
                gca_value number = gca_int(region, i);

                gca_builder_add(&builder, gca_list(region, &number, 1));
        }
        part = gca_builder_end(&builder);
        for (size_t i = 0; i < 6; i++)
                whole[i] = part;
        text = gca_to_json(region, gca_list(region, whole, 6), 0, &is_cut);
        ck_assert(gca_is_value(text) && !is_cut);
        gca_region_free(region);
}
END_TEST

START_TEST(text_counts_against_the_regions_limit) {
        gca_region *region = gca_region_new(100000);
        gca_value bytes = gca_bytes(region, NULL, 50000);
        size_t used = gca_region_get_bytes(region);

        ck_assert(gca_is_value(bytes));
        ck_assert(!gca_is_value(gca_to_json(region, bytes, 0, NULL)));
        ck_assert(gca_region_is_exhausted(region));
        ck_assert(gca_region_get_bytes(region) <= used + 100);
        ck_assert(gca_is_value(gca_to_json(region, bytes, 100, NULL)));
        region_verify(region);
        gca_region_free(region);
}
END_TEST

START_TEST(every_allocation_may_fail) {
        gca_region *region = gca_region_new(0);
        gca_value value = gca_nil(), text = GCA_NO_VALUE;

        for (int i = 0; i < SHARED_LEVELS; i++)
                value = gca_list(region, (gca_value[]){ value, value }, 2);
        for (size_t n = 1; !gca_is_value(text); n++) {
                (void)memory_fail_at(n);
                text = gca_to_json(region, value, 0, NULL);
                (void)memory_fail_at(0);
                region_verify(region);
                ck_assert_uint_lt(n, 1000);
        }
        gca_region_free(region);
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                leaves_are_written_as_json_has_them,
                bytes_are_written_in_base64,
                lists_and_maps_nest,
                what_does_not_fit_is_counted_where_it_stood,
                text_is_whole_wherever_it_is_cut,
                millions_of_levels_are_written,
                exponentially_many_paths_give_bounded_text,
                a_long_text_shared_by_many_gives_bounded_text,
                parts_shared_a_few_times_are_written_each_time,
                text_counts_against_the_regions_limit,
                every_allocation_may_fail,
        };

        return suite_run("json", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
