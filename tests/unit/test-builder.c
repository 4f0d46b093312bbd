/* SPDX-License-Identifier: MIT */

#include <check.h>
#include <stdio.h>

#include "gc/region.h"
#include "helpers/suite.h"

static gca_value build_list(gca_region *region, int n, bool has_strings) {
        gca_builder builder;

        gca_builder_begin_list(&builder, region);
        for (int i = 0; i < n; i++)
                gca_builder_add(&builder,
                                has_strings ? gca_string_format(region, "%d", i)
                                            : gca_int(region, i));
        return gca_builder_end(&builder);
}

START_TEST(list_of_any_length_is_built) {
        for (int n = 0; n < 20000; n = n * 2 + 1) {
                gca_region *region = gca_region_new(0);
                gca_value list = build_list(region, n, false);

                region_verify(region);
                ck_assert_uint_eq(gca_get_count(list), (size_t)n);
                for (int i = 0; i < n; i++)
                        ck_assert_int_eq(gca_get_int(gca_get_element(list, (size_t)i)), i);
                gca_region_free(region);
        }
}
END_TEST

START_TEST(elements_allocated_meanwhile_do_not_disturb) {
        gca_region *region = gca_region_new(0);
        gca_value list = build_list(region, 20000, true);
        char text[16];

        region_verify(region);
        ck_assert_uint_eq(gca_get_count(list), 20000);
        for (int i = 0; i < 20000; i++) {
                (void)snprintf(text, sizeof(text), "%d", i);
                ck_assert_str_eq(gca_get_string(gca_get_element(list, (size_t)i), NULL), text);
        }
        gca_region_free(region);
}
END_TEST

START_TEST(list_takes_no_more_than_its_elements_when_nothing_comes_between) {
        gca_region *region = gca_region_new(0);

        (void)build_list(region, 100, false);
        ck_assert_uint_eq(gca_region_get_bytes(region), 8 + 100 * sizeof(gca_value));
        (void)build_list(region, 10000, false);
        region_verify(region);
        gca_region_free(region);
}
END_TEST

static gca_value build_map(gca_region *region, int n, int step) {
        gca_builder builder;
        char key[16];

        gca_builder_begin_map(&builder, region);
        for (int i = 0; i < n; i++) {
                (void)snprintf(key, sizeof(key), "k%d", i * step % n);
                gca_builder_set(&builder, key, gca_int(region, i));
        }
        return gca_builder_end(&builder);
}

START_TEST(map_of_any_size_is_built) {
        for (int n = 0; n < 20000; n = n * 2 + 1) {
                gca_region *region = gca_region_new(0);
                gca_value map = build_map(region, n, 1);

                region_verify(region);
                ck_assert_uint_eq(gca_get_count(map), (size_t)n);
                if (n > 0)
                        ck_assert_int_eq(gca_get_int(gca_find(map, "k0", -1)), 0);
                gca_region_free(region);
        }
}
END_TEST

START_TEST(fault_sticks_and_gives_no_value_at_the_end) {
        gca_region *region = gca_region_new(0);
        gca_builder builder;

        gca_builder_begin_list(&builder, region);
        gca_builder_add(&builder, gca_nil());
        gca_builder_add(&builder, GCA_NO_VALUE);
        gca_builder_add(&builder, gca_nil());
        ck_assert(!gca_is_value(gca_builder_end(&builder)));
        gca_builder_begin_map(&builder, region);
        gca_builder_set(&builder, "\xff", gca_nil());
        gca_builder_set(&builder, "good", gca_nil());
        ck_assert(!gca_is_value(gca_builder_end(&builder)));
        ck_assert(!gca_is_value(build_map(region, 100, 2)));
        region_verify(region);
        gca_region_free(region);
}
END_TEST

START_TEST(builder_that_ended_gives_no_value) {
        gca_region *region = gca_region_new(0);
        gca_builder builder;

        gca_builder_begin_list(&builder, region);
        ck_assert(gca_is_value(gca_builder_end(&builder)));
        gca_builder_add(&builder, gca_nil());
        ck_assert(!gca_is_value(gca_builder_end(&builder)));
        gca_region_free(region);
}
END_TEST

START_TEST(builder_stands_around_scopes_that_make_its_elements) {
        gca_region *region = gca_region_new(0);
        gca_builder builder;
        gca_value list;

        gca_builder_begin_list(&builder, region);
        for (int i = 0; i < 1000; i++) {
                gca_scope scope;

                gca_scope_begin(region, &scope);
                (void)gca_bytes(region, NULL, 5000);
                gca_builder_add(&builder,
                                gca_scope_end(region, &scope, gca_string_format(region, "%d", i)));
        }
        list = gca_builder_end(&builder);
        region_verify(region);
        ck_assert_str_eq(gca_get_string(gca_get_element(list, 999), NULL), "999");
        ck_assert_uint_lt(gca_region_get_bytes(region), 1000 * 16 + 4 * 1024 * sizeof(gca_value));
        gca_region_free(region);
}
END_TEST

START_TEST(limit_stops_a_builder) {
        gca_region *region = gca_region_new(100000);

        ck_assert(!gca_is_value(build_list(region, 100000, false)));
        ck_assert(gca_region_is_exhausted(region));
        region_verify(region);
        gca_region_free(region);
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                list_of_any_length_is_built,
                elements_allocated_meanwhile_do_not_disturb,
                list_takes_no_more_than_its_elements_when_nothing_comes_between,
                map_of_any_size_is_built,
                fault_sticks_and_gives_no_value_at_the_end,
                builder_that_ended_gives_no_value,
                builder_stands_around_scopes_that_make_its_elements,
                limit_stops_a_builder,
        };

        return suite_run("builder", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
