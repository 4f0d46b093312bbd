/* SPDX-License-Identifier: MIT */
/*
 * Every constructor with the n-th request for memory failing, for n = 1, 2, … until it succeeds: what it
 * returns is no value, the region is sound, and it can be used as if nothing had happened.
 */

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "gc/region.h"
#include "helpers/suite.h"

enum {
        MANY = 3000
};

static gca_value keys[MANY], values[MANY];

typedef gca_value (*constructor)(gca_region *region);

static gca_value make_int(gca_region *region) {
        return gca_int(region, INT64_MAX);
}

static gca_value make_float(gca_region *region) {
        return gca_float(region, 1.0);
}

static gca_value make_string(gca_region *region) {
        return gca_string(region, "text", -1);
}

static gca_value make_formatted(gca_region *region) {
        return gca_string_format(region, "%1000d", 1);
}

static gca_value make_bytes(gca_region *region) {
        return gca_bytes(region, NULL, 3000);
}

static gca_value make_large_bytes(gca_region *region) {
        return gca_bytes(region, NULL, 100000);
}

static gca_value make_plain(gca_region *region) {
        return gca_region_allocate(region, 100) ? gca_nil() : GCA_NO_VALUE;
}

static gca_value make_list(gca_region *region) {
        gca_value parts[] = { make_string(region), make_large_bytes(region) };

        return gca_list(region, parts, 2);
}

static gca_value make_long_list(gca_region *region) {
        gca_builder builder;

        gca_builder_begin_list(&builder, region);
        for (int i = 0; i < 20000; i++)
                gca_builder_add(&builder, gca_int(region, i));
        return gca_builder_end(&builder);
}

static gca_value make_map(gca_region *region) {
        for (int i = 0; i < MANY; i++) {
                keys[i] = gca_string_format(region, "%d", i);
                values[i] = gca_int(region, i);
        }
        return gca_map(region, keys, values, MANY);
}

static gca_value make_built_map(gca_region *region) {
        gca_builder builder;
        char key[16];

        gca_builder_begin_map(&builder, region);
        for (int i = 0; i < 2 * MANY; i++) {
                (void)snprintf(key, sizeof(key), "%d", i);
                gca_builder_set(&builder, key, gca_float(region, i));
        }
        return gca_builder_end(&builder);
}

static gca_value make_chain(gca_region *region) {
        gca_value value = gca_nil();

        for (int i = 0; i < 20000; i++)
                value = gca_list(region, &value, 1);
        return value;
}

/* A result that takes several chunks and owns large objects. */
static gca_value make_in_scopes(gca_region *region) {
        gca_scope scopes[2];
        gca_value value;

        gca_scope_begin(region, &scopes[0]);
        gca_scope_begin(region, &scopes[1]);
        value = make_built_map(region);
        value = gca_list(
                region,
                (gca_value[]){
                        value, make_list(region), make_long_list(region), make_chain(region) },
                4);
        value = gca_scope_end(region, &scopes[1], value);
        value = gca_list(region, (gca_value[]){ value, make_string(region) }, 2);
        return gca_scope_end(region, &scopes[0], value);
}

static const constructor constructors[] = {
        make_int,         make_float,     make_string,    make_formatted, make_bytes,
        make_large_bytes, make_plain,     make_list,      make_long_list, make_chain,
        make_map,         make_built_map, make_in_scopes,
};

/* How many requests failed, one a run, before there was none left to fail. A failure may be overcome: an array that
 * cannot shrink stays as it is. */
static size_t count_failures(constructor construct, gca_region *region) {
        size_t n = 0, n_requests;
        gca_value value;

        do {
                gca_scope scope;

                gca_scope_begin(region, &scope);
                (void)memory_fail_at(++n);
                value = construct(region);
                n_requests = memory_fail_at(0);
                region_verify(region);
                gca_scope_end(region, &scope, GCA_NO_VALUE);
                region_verify(region);
                ck_assert_uint_eq(gca_region_get_bytes(region), 0);
                ck_assert(!gca_region_is_exhausted(region));
        } while (n_requests >= n);
        ck_assert(gca_is_value(value));
        return n - 1;
}

START_TEST(constructor_survives_each_failing_allocation) {
        constructor construct = constructors[_i];
        struct gca_region region;

        /* Without a cache, so that every chunk is a request. */
        region_init(&region, NULL, 0);
        ck_assert_uint_gt(count_failures(construct, &region), 0);
        region_deinit(&region);
}
END_TEST

/* The same with the memory limit, byte for byte where that is quick, else in steps. */
START_TEST(constructor_survives_each_limit) {
        constructor construct = constructors[_i];
        struct gca_region region;
        gca_value value = GCA_NO_VALUE;

        for (size_t limit = 8; !gca_is_value(value); limit += 8 + limit / 64 * 8) {
                region_init(&region, NULL, limit);
                value = construct(&region);
                region_verify(&region);
                ck_assert(gca_is_value(value) || gca_region_is_exhausted(&region));
                ck_assert_uint_le(gca_region_get_bytes(&region), limit);
                region_deinit(&region);
        }
}
END_TEST

START_TEST(region_needs_memory_to_be_made) {
        (void)memory_fail_at(1);
        ck_assert_ptr_null(gca_region_new(0));
        (void)memory_fail_at(0);
        ck_assert_ptr_null(gca_region_free(NULL));
}
END_TEST

int main(void) {
        Suite *suite = suite_create("value-failure");
        TCase *tcase = tcase_create("value-failure");
        SRunner *runner = srunner_create(suite);
        int n_failed;

        suite_add_tcase(suite, tcase);
        tcase_set_timeout(tcase, SUITE_TIMEOUT_S);
        tcase_add_loop_test(
                tcase, constructor_survives_each_failing_allocation, 0, SUITE_SIZE(constructors));
        tcase_add_loop_test(tcase, constructor_survives_each_limit, 0, SUITE_SIZE(constructors));
        tcase_add_test(tcase, region_needs_memory_to_be_made);
        srunner_run_all(runner, CK_ENV);
        n_failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return n_failed > 0;
}
