/* SPDX-License-Identifier: MIT */

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "gc/map.h"
#include "gc/region.h"
#include "helpers/suite.h"

enum {
        MANY = 100000
};

static gca_value keys[MANY + 1], values[MANY + 1];

/* n keys, "k0", "k1", …, each with its number as value. */
static void make_entries(gca_region *region, size_t n) {
        for (size_t i = 0; i < n; i++) {
                keys[i] = gca_string_format(region, "k%zu", i);
                values[i] = gca_int(region, (int64_t)i);
        }
}

static void expect_entries(gca_value map, size_t n) {
        char key[32];

        ck_assert_uint_eq(gca_get_count(map), n);
        for (size_t i = 0; i < n; i++) {
                (void)snprintf(key, sizeof(key), "k%zu", i);
                ck_assert_str_eq(gca_get_string(gca_get_key(map, i), NULL), key);
                ck_assert_int_eq(gca_get_int(gca_get_element(map, i)), (int64_t)i);
                ck_assert_int_eq(gca_get_int(gca_find(map, key, -1)), (int64_t)i);
        }
        ck_assert(!gca_is_value(gca_find(map, "k", -1)));
        ck_assert(!gca_is_value(gca_find(map, "", 0)));
        ck_assert(!gca_is_value(gca_find(map, "k00", 3)));
}

START_TEST(entries_are_found_by_key_and_keep_their_order) {
        gca_region *region = gca_region_new(0);

        make_entries(region, 200);
        for (size_t n = 0; n <= 200; n++)
                expect_entries(gca_map(region, keys, values, n), n);
        region_verify(region);
        gca_region_free(region);
}
END_TEST

START_TEST(hundred_thousand_entries_are_found) {
        gca_region *region = gca_region_new(0);

        make_entries(region, MANY);
        expect_entries(gca_map(region, keys, values, MANY), MANY);
        gca_region_free(region);
}
END_TEST

START_TEST(map_without_entries_is_a_map) {
        gca_region *region = gca_region_new(0);
        gca_value map = gca_map(region, NULL, NULL, 0);

        ck_assert_int_eq(gca_get_type(map), GCA_TYPE_MAP);
        ck_assert_uint_eq(gca_get_count(map), 0);
        ck_assert(!gca_is_value(gca_find(map, "", 0)));
        gca_region_free(region);
}
END_TEST

START_TEST(key_that_stands_there_twice_gives_no_value) {
        gca_region *region = gca_region_new(0);

        make_entries(region, 100);
        for (size_t n = 2; n <= 100; n++) {
                gca_value last = keys[n - 1];
                size_t bytes;

                keys[n - 1] = gca_string_format(region, "k%zu", n / 3);
                bytes = gca_region_get_bytes(region);
                ck_assert(!gca_is_value(gca_map(region, keys, values, n)));
                ck_assert_uint_eq(gca_region_get_bytes(region), bytes);
                keys[n - 1] = last;
        }
        ck_assert(!gca_region_is_exhausted(region));
        region_verify(region);
        gca_region_free(region);
}
END_TEST

START_TEST(large_map_with_a_key_twice_is_given_back) {
        gca_region *region = gca_region_new(0);
        size_t bytes;

        make_entries(region, MANY);
        keys[MANY] = gca_string(region, "k5", -1);
        values[MANY] = gca_nil();
        bytes = gca_region_get_bytes(region);
        ck_assert(!gca_is_value(gca_map(region, keys, values, MANY + 1)));
        ck_assert_uint_eq(gca_region_get_bytes(region), bytes);
        gca_region_free(region);
}
END_TEST

START_TEST(key_that_is_no_string_gives_no_value) {
        gca_region *region = gca_region_new(0);
        gca_value wrong[] = {
                gca_int(region, 1), gca_nil(), gca_bytes(region, "k", 1), GCA_NO_VALUE
        };
        gca_value value = gca_nil();

        for (size_t i = 0; i < SUITE_SIZE(wrong); i++)
                ck_assert(!gca_is_value(gca_map(region, &wrong[i], &value, 1)));
        gca_region_free(region);
}
END_TEST

START_TEST(keys_may_be_empty_and_hold_nul) {
        gca_region *region = gca_region_new(0);
        gca_value map;

        keys[0] = gca_string(region, "", 0);
        keys[1] = gca_string(region, "\0", 1);
        keys[2] = gca_string(region, "a\0b", 3);
        keys[3] = gca_string(region, "a", 1);
        for (int i = 0; i < 4; i++)
                values[i] = gca_int(region, i);
        map = gca_map(region, keys, values, 4);
        ck_assert_int_eq(gca_get_int(gca_find(map, "", -1)), 0);
        ck_assert_int_eq(gca_get_int(gca_find(map, "\0", 1)), 1);
        ck_assert_int_eq(gca_get_int(gca_find(map, "a\0b", 3)), 2);
        ck_assert_int_eq(gca_get_int(gca_find(map, "a", -1)), 3);
        gca_region_free(region);
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                entries_are_found_by_key_and_keep_their_order,
                hundred_thousand_entries_are_found,
                map_without_entries_is_a_map,
                key_that_stands_there_twice_gives_no_value,
                large_map_with_a_key_twice_is_given_back,
                key_that_is_no_string_gives_no_value,
                keys_may_be_empty_and_hold_nul,
        };

        return suite_run("map", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
