/* SPDX-License-Identifier: MIT */

#include <check.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "gc/object-table.h"
#include "gc/region.h"
#include "helpers/suite.h"

#ifdef GCASYNC_SANITIZE
enum {
        LEVELS = 1000000
};
#else
enum {
        LEVELS = 10000000
};
#endif

enum {
        SHARED_LEVELS = 100,
        MANY = 100000,
};

static gca_value make_chain(gca_region *region, int n_levels, gca_value end) {
        for (int i = 0; i < n_levels; i++)
                end = gca_list(region, &end, 1);
        return end;
}

static gca_value make_shared(gca_region *region, int n_levels, gca_value end) {
        for (int i = 0; i < n_levels; i++)
                end = gca_list(region, (gca_value[]){ end, end }, 2);
        return end;
}

/* Asserts that both walks agree about two values of which none can be confused with another. */
static void expect_equal(gca_value a, gca_value b, bool is_equal) {
        ck_assert(gca_equal(a, b) == is_equal);
        ck_assert(gca_equal(b, a) == is_equal);
        ck_assert((gca_hash(a) == gca_hash(b)) == is_equal);
}

static gca_value make_leaf(gca_region *region, int index) {
        switch (index) {
        case 0:
                return gca_nil();
        case 1:
                return gca_bool(false);
        case 2:
                return gca_bool(true);
        case 3:
                return gca_int(region, 0);
        case 4:
                return gca_int(region, 1);
        case 5:
                return gca_int(region, INT64_MAX);
        case 6:
                return gca_int(region, INT64_MIN);
        case 7:
                return gca_float(region, 0.0);
        case 8:
                return gca_float(region, -0.0);
        case 9:
                return gca_float(region, 1.0);
        case 10:
                return gca_float(region, NAN);
        case 11:
                return gca_string(region, "", 0);
        case 12:
                return gca_string(region, "a", 1);
        case 13:
                return gca_string(region, "a\0", 2);
        case 14:
                return gca_bytes(region, "a", 1);
        case 15:
                return gca_bytes(region, "", 0);
        case 16:
                return gca_list(region, NULL, 0);
        default:
                return gca_map(region, NULL, NULL, 0);
        }
}

START_TEST(leaves_equal_only_their_own_kind_and_content) {
        gca_region *region = gca_region_new(0);

        for (int i = 0; i < 18; i++)
                for (int j = 0; j < 18; j++)
                        expect_equal(make_leaf(region, i), make_leaf(region, j), i == j);
        ck_assert(!gca_equal(gca_nil(), GCA_NO_VALUE));
        gca_region_free(region);
}
END_TEST

START_TEST(lists_equal_by_element_length_and_nesting) {
        gca_region *region = gca_region_new(0);
        gca_value one = gca_string(region, "1", 1), two = gca_string(region, "2", 1);
        gca_value ab = gca_list(region, (gca_value[]){ one, two }, 2);
        gca_value ba = gca_list(region, (gca_value[]){ two, one }, 2);
        gca_value ab2 = gca_list(region, (gca_value[]){ gca_string(region, "1", 1), two }, 2);

        expect_equal(ab, ab2, true);
        expect_equal(ab, ba, false);
        expect_equal(ab, gca_list(region, &one, 1), false);
        expect_equal(gca_list(region, &ab, 1), gca_list(region, &ab2, 1), true);
        expect_equal(gca_list(region, &ab, 1), ab, false);
        expect_equal(gca_list(region, &ab, 1), gca_list(region, &ba, 1), false);
        gca_region_free(region);
}
END_TEST

static gca_value make_map(gca_region *region, int n, int step, int odd) {
        gca_builder builder;
        char key[16];

        gca_builder_begin_map(&builder, region);
        for (int i = 0; i < n; i++) {
                int number = (int)((int64_t)i * step % n);
                gca_value value = gca_int(region, number == odd ? -1 : number);

                (void)snprintf(key, sizeof(key), "k%d", number);
                gca_builder_set(&builder, key, gca_list(region, &value, 1));
        }
        return gca_builder_end(&builder);
}

START_TEST(maps_equal_whatever_the_order_of_keys) {
        gca_region *region = gca_region_new(0);

        for (int n = 7; n <= MANY; n *= 9) {
                expect_equal(make_map(region, n, 1, -1), make_map(region, n, 5, -1), true);
                expect_equal(make_map(region, n, 1, -1), make_map(region, n, 5, n / 2), false);
                expect_equal(make_map(region, n, 1, -1), make_map(region, n - 1, 1, -1), false);
        }
        gca_region_free(region);
}
END_TEST

START_TEST(maps_with_other_keys_differ) {
        gca_region *region = gca_region_new(0);
        gca_value keys[] = { gca_string(region, "a", 1), gca_string(region, "b", 1) };
        gca_value swapped[] = { keys[1], keys[0] }, values[] = { gca_nil(), gca_nil() };
        gca_value other = gca_string(region, "c", 1);

        expect_equal(gca_map(region, keys, values, 2), gca_map(region, swapped, values, 2), true);
        expect_equal(gca_map(region, keys, values, 1), gca_map(region, &other, values, 1), false);
        values[1] = gca_bool(true);
        expect_equal(gca_map(region, keys, values, 2), gca_map(region, swapped, values, 2), false);
        gca_region_free(region);
}
END_TEST

START_TEST(values_of_ten_million_levels_are_compared_hashed_and_printed) {
        gca_region *region = gca_region_new(0);
        gca_value a = make_chain(region, LEVELS, gca_nil());
        gca_value b = make_chain(region, LEVELS, gca_nil());
        gca_value c = make_chain(region, LEVELS, gca_bool(true));
        char text[64];

        ck_assert(gca_equal(a, b));
        ck_assert(!gca_equal(a, c));
        ck_assert_uint_eq(gca_hash(a), gca_hash(b));
        ck_assert_uint_le(gca_print(a, text, sizeof(text)), sizeof(text) - 1);
        ck_assert(strstr(text, "[[…"));
        gca_region_free(region);
}
END_TEST

START_TEST(value_of_ten_million_levels_outlives_its_scope) {
        gca_region *region = gca_region_new(0);
        gca_value value;
        gca_scope scope;
        int depth = 0;

        gca_scope_begin(region, &scope);
        value = gca_scope_end(region, &scope, make_chain(region, LEVELS, gca_nil()));
        for (; gca_get_type(value) == GCA_TYPE_LIST; depth++)
                value = gca_get_element(value, 0);
        ck_assert_int_eq(depth, LEVELS);
        gca_region_free(region);
}
END_TEST

START_TEST(shared_parts_are_walked_once) {
        gca_region *region = gca_region_new(0);
        gca_value a = make_shared(region, SHARED_LEVELS, gca_nil());
        gca_value b = make_shared(region, SHARED_LEVELS, gca_nil());
        gca_value c = make_shared(region, SHARED_LEVELS, gca_bool(true));
        gca_value d = make_shared(region, SHARED_LEVELS - 1, gca_nil());
        static char text[10000];

        expect_equal(a, b, true);
        expect_equal(a, c, false);
        expect_equal(a, d, false);
        ck_assert_uint_eq(gca_print(a, text, sizeof(text)), sizeof(text) - 1);
        ck_assert(strstr(text, "…"));
        gca_region_free(region);
}
END_TEST

/* [x, x] with lists of one element in between, which the tables leave out. */
START_TEST(shared_parts_behind_chains_are_walked_once) {
        gca_region *region = gca_region_new(0);
        gca_value values[2] = { gca_nil(), gca_nil() };

        for (int i = 0; i < SHARED_LEVELS; i++)
                for (int j = 0; j < 2; j++)
                        values[j] = make_shared(region, 1, make_chain(region, i % 40, values[j]));
        expect_equal(values[0], values[1], true);
        gca_region_free(region);
}
END_TEST

/* Many lists [x] of one long part: a list, a string, a chain. */
START_TEST(long_part_behind_many_lists_is_walked_once) {
        gca_region *region = gca_region_new(0);
        gca_value parts[2][3], values[2][3];

        for (int j = 0; j < 2; j++) {
                gca_builder builder;

                gca_builder_begin_list(&builder, region);
                for (int i = 0; i < MANY; i++)
                        gca_builder_add(&builder, gca_int(region, i));
                parts[j][0] = gca_builder_end(&builder);
                parts[j][1] = gca_string_format(region, "%*d", 1000000, 7);
                parts[j][2] = make_chain(region, MANY, gca_nil());
                for (int k = 0; k < 3; k++) {
                        gca_builder_begin_list(&builder, region);
                        for (int i = 0; i < MANY; i++)
                                gca_builder_add(&builder, gca_list(region, &parts[j][k], 1));
                        values[j][k] = gca_builder_end(&builder);
                }
        }
        for (int k = 0; k < 3; k++)
                expect_equal(values[0][k], values[1][k], true);
        gca_region_free(region);
}
END_TEST

/* Levels of lists that all hold the whole level below, each in an order of its own: without classes every list
 * would be compared with every other. */
START_TEST(crosswise_sharing_is_compared_in_the_time_of_its_size) {
        enum {
                WIDTH = 300,
                DEPTH = 6
        };
        static gca_value levels[2][WIDTH], turned[WIDTH], above[WIDTH];
        gca_region *region = gca_region_new(0);

        for (int j = 0; j < 2; j++) {
                for (int i = 0; i < WIDTH; i++)
                        levels[j][i] = gca_list(region, (gca_value[]){ gca_nil() }, 1);
                for (int depth = 0; depth < DEPTH; depth++) {
                        for (int i = 0; i < WIDTH; i++) {
                                for (int k = 0; k < WIDTH; k++)
                                        turned[k] = levels[j][(k * (j + 1) + i) % WIDTH];
                                above[i] = gca_list(region, turned, WIDTH);
                        }
                        memcpy(levels[j], above, sizeof(above));
                }
        }
        expect_equal(levels[0][0], levels[1][1], true);
        gca_region_free(region);
}
END_TEST

START_TEST(small_values_are_walked_without_memory) {
        gca_region *region = gca_region_new(0);
        gca_value a = make_map(region, 20, 1, -1), b = make_map(region, 20, 3, -1);
        char text[1000];

        (void)memory_fail_at(1);
        ck_assert(gca_equal(a, b));
        ck_assert_uint_eq(gca_hash(a), gca_hash(b));
        ck_assert_uint_gt(gca_print(a, text, sizeof(text)), 0);
        ck_assert_uint_eq(memory_fail_at(0), 0);
        gca_region_free(region);
}
END_TEST

/* Enough long strings to be remembered, and shared lists. */
static gca_value make_heavy(gca_region *region) {
        gca_builder builder;

        gca_builder_begin_list(&builder, region);
        gca_builder_add(&builder, make_shared(region, SHARED_LEVELS, gca_nil()));
        for (int i = 0; i < 1000; i++)
                gca_builder_add(&builder,
                                gca_string_format(region, "%*d", 2 * WALK_LIGHT_BYTES, i));
        return gca_builder_end(&builder);
}

START_TEST(walks_without_memory_say_so) {
        gca_region *region = gca_region_new(0);
        gca_value a = make_heavy(region), b = make_heavy(region);
        static char text[1000];
        uint64_t hash = gca_hash(a);
        size_t n;

        (void)memory_fail_at(0);
        ck_assert(gca_equal(a, b));
        n = memory_fail_at(1);
        ck_assert_uint_gt(n, 1);
        for (size_t i = 1; i <= n; i++) {
                (void)memory_fail_at(i);
                ck_assert(!gca_equal(a, b));
        }
        (void)memory_fail_at(0);
        ck_assert_uint_eq(gca_hash(b), hash);
        n = memory_fail_at(1);
        for (size_t i = 1; i <= n; i++) {
                (void)memory_fail_at(i);
                ck_assert_uint_eq(gca_hash(b), 0);
        }
        (void)memory_fail_at(1);
        ck_assert_uint_eq(gca_print(a, text, sizeof(text)), 64 + strlen("…"));
        (void)memory_fail_at(0);
        gca_region_free(region);
}
END_TEST

/* ---- print ---- */

static void expect_print(gca_value value, const char *expected) {
        char text[1000];

        ck_assert_uint_eq(gca_print(value, text, sizeof(text)), strlen(expected));
        ck_assert_str_eq(text, expected);
}

START_TEST(leaves_are_printed_as_json) {
        gca_region *region = gca_region_new(0);

        expect_print(GCA_NO_VALUE, "none");
        expect_print(gca_nil(), "null");
        expect_print(gca_bool(true), "true");
        expect_print(gca_int(region, INT64_MIN), "-9223372036854775808");
        expect_print(gca_string(region, "a\"\\\n\t\x01\x7f€\xc2\x85", -1),
                     "\"a\\\"\\\\\\n\\t\\u0001\\u007f€\\u0085\"");
        expect_print(gca_string(region, "\0", 1), "\"\\u0000\"");
        expect_print(gca_bytes(region, "ab\"\\\0\xff", 6), "b\"ab\\x22\\x5c\\x00\\xff\"");
        gca_region_free(region);
}
END_TEST

START_TEST(floats_are_printed_with_the_fewest_digits_that_tell_them) {
        gca_region *region = gca_region_new(0);

        expect_print(gca_float(region, 0.1), "0.1");
        expect_print(gca_float(region, 0.1 + 0.2), "0.30000000000000004");
        expect_print(gca_float(region, 1.0), "1.0");
        expect_print(gca_float(region, -0.0), "-0.0");
        expect_print(gca_float(region, 1e300), "1e+300");
        expect_print(gca_float(region, 5e-324), "4.94065645841247e-324");
        expect_print(gca_float(region, -1.7976931348623157e308), "-1.7976931348623157e+308");
        expect_print(gca_float(region, -NAN), "NaN");
        expect_print(gca_float(region, INFINITY), "Infinity");
        expect_print(gca_float(region, -INFINITY), "-Infinity");
        gca_region_free(region);
}
END_TEST

START_TEST(containers_are_printed_as_json) {
        gca_region *region = gca_region_new(0);
        gca_value keys[] = { gca_string(region, "a", 1), gca_string(region, "\n", 1) };
        gca_value values[] = { gca_int(region, 1), gca_list(region, NULL, 0) };
        gca_value map = gca_map(region, keys, values, 2);

        expect_print(map, "{\"a\": 1, \"\\n\": []}");
        expect_print(gca_list(region, (gca_value[]){ map, gca_nil() }, 2),
                     "[{\"a\": 1, \"\\n\": []}, null]");
        expect_print(gca_map(region, NULL, NULL, 0), "{}");
        gca_region_free(region);
}
END_TEST

START_TEST(text_is_cut_at_any_size_and_stays_whole_characters) {
        const char *whole = "[\"€€\\u0001\", b\"\\xff\", 12345]";
        gca_region *region = gca_region_new(0);
        gca_value value = gca_list(region,
                                   (gca_value[]){ gca_string(region, "€€\x01", -1),
                                                  gca_bytes(region, "\xff", 1),
                                                  gca_int(region, 12345) },
                                   3);
        char text[100];

        for (size_t size = 1; size <= strlen(whole); size++) {
                size_t length;

                memset(text, 'x', sizeof(text));
                length = gca_print(value, text, size);
                ck_assert_uint_lt(length, size);
                ck_assert_uint_eq(strlen(text), length);
                ck_assert_int_eq(text[size], 'x');
                ck_assert(gca_is_value(gca_string(region, text, -1)));
                if (size > 3) {
                        ck_assert_str_eq(text + length - 3, "…");
                        ck_assert(strncmp(text, whole, length - 3) == 0);
                }
        }
        ck_assert_uint_eq(gca_print(value, text, strlen(whole) + 1), strlen(whole));
        ck_assert_str_eq(text, whole);
        ck_assert_uint_eq(gca_print(value, text, 0), 0);
        gca_region_free(region);
}
END_TEST

START_TEST(locale_does_not_matter) {
        gca_region *region = gca_region_new(0);

        if (!setlocale(LC_ALL, "de_DE.UTF-8"))
                suite_skip(locale_does_not_matter, "no locale with a decimal comma");
        expect_print(gca_float(region, 1.5), "1.5");
        gca_region_free(region);
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                leaves_equal_only_their_own_kind_and_content,
                lists_equal_by_element_length_and_nesting,
                maps_equal_whatever_the_order_of_keys,
                maps_with_other_keys_differ,
                values_of_ten_million_levels_are_compared_hashed_and_printed,
                value_of_ten_million_levels_outlives_its_scope,
                shared_parts_are_walked_once,
                shared_parts_behind_chains_are_walked_once,
                long_part_behind_many_lists_is_walked_once,
                crosswise_sharing_is_compared_in_the_time_of_its_size,
                small_values_are_walked_without_memory,
                walks_without_memory_say_so,
                leaves_are_printed_as_json,
                floats_are_printed_with_the_fewest_digits_that_tell_them,
                containers_are_printed_as_json,
                text_is_cut_at_any_size_and_stays_whole_characters,
                locale_does_not_matter,
        };

        return suite_run("value-walk", tests, SUITE_SIZE(tests), 3 * SUITE_TIMEOUT_S);
}
