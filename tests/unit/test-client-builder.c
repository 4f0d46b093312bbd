/* SPDX-License-Identifier: MIT */

/* Values: built, encoded, opened, read. */

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gcasync/client.h"
#include "helpers/suite.h"
#include "lib/result.h"

static gcasync_builder *builder;
static gcasync_result *result;

static void begin(void) {
        builder = gcasync_builder_new();
        ck_assert_ptr_nonnull(builder);
}

static void end(void) {
        builder = gcasync_builder_free(builder);
        result = gcasync_result_unref(result);
}

/* What was built, as a receiver sees it. */
static gcasync_view finish(void) {
        struct result_pool pool = { 0 };
        gcasync_view view;
        const void *data;
        size_t size;

        gcasync_result_unref(result);
        ck_assert_int_eq(gcasync_builder_finish(builder, &data, &size), 0);
        ck_assert_int_eq(result_new_succeeded(&pool, 1, data, size, SIZE_MAX, &result), 0);
        ck_assert_int_eq(gcasync_result_get_value(result, &view), 0);
        return view;
}

static gcasync_view element(gcasync_view view, size_t index) {
        gcasync_view found;

        ck_assert_int_eq(gcasync_view_get_element(view, index, &found), 0);
        return found;
}

START_TEST(every_type_comes_back_as_it_was_built) {
        const void *bytes;
        const char *text;
        gcasync_view list;
        int64_t integer;
        double real;
        size_t size;
        bool truth;

        begin();
        gcasync_builder_open_list(builder);
        gcasync_builder_nil(builder);
        gcasync_builder_bool(builder, true);
        gcasync_builder_int(builder, INT64_MIN);
        gcasync_builder_float(builder, -0.5);
        gcasync_builder_string_n(builder, "a\0b", 3);
        gcasync_builder_bytes(builder, "\xff\xfe", 2);
        gcasync_builder_close_list(builder);
        list = finish();
        ck_assert_int_eq(gcasync_view_get_type(list), GCASYNC_TYPE_LIST);
        ck_assert_uint_eq(gcasync_view_get_count(list), 6);
        ck_assert_int_eq(gcasync_view_get_type(element(list, 0)), GCASYNC_TYPE_NIL);
        ck_assert_int_eq(gcasync_view_get_bool(element(list, 1), &truth), 0);
        ck_assert(truth);
        ck_assert_int_eq(gcasync_view_get_int(element(list, 2), &integer), 0);
        ck_assert_int_eq(integer, INT64_MIN);
        ck_assert_int_eq(gcasync_view_get_float(element(list, 3), &real), 0);
        ck_assert(real == -0.5);
        ck_assert_int_eq(gcasync_view_get_float(element(list, 2), &real), 0);
        ck_assert(real == ldexp(-1, 63));
        ck_assert_int_eq(gcasync_view_get_string(element(list, 4), &text, &size), 0);
        ck_assert_uint_eq(size, 3);
        ck_assert_int_eq(memcmp(text, "a\0b", 3), 0);
        ck_assert_int_eq(gcasync_view_get_bytes(element(list, 5), &bytes, &size), 0);
        ck_assert_int_eq(memcmp(bytes, "\xff\xfe", 2), 0);
        end();
}
END_TEST

START_TEST(maps_keep_their_order_and_find_their_keys) {
        gcasync_view map, value;
        const char *key;
        int64_t integer;
        size_t size;

        begin();
        gcasync_builder_open_map(builder);
        gcasync_builder_key(builder, "z");
        gcasync_builder_int(builder, 26);
        gcasync_builder_key(builder, "");
        gcasync_builder_int(builder, 0);
        gcasync_builder_key_n(builder, "ab", 1);
        gcasync_builder_open_map(builder);
        gcasync_builder_close_map(builder);
        gcasync_builder_close_map(builder);
        map = finish();
        ck_assert_int_eq(gcasync_view_get_key(map, 0, &key, &size), 0);
        ck_assert(size == 1 && *key == 'z');
        ck_assert_int_eq(gcasync_view_find(map, "", &value), 0);
        ck_assert_int_eq(gcasync_view_get_int(value, &integer), 0);
        ck_assert_int_eq(integer, 0);
        ck_assert_int_eq(gcasync_view_find(map, "a", &value), 0);
        ck_assert_int_eq(gcasync_view_get_type(value), GCASYNC_TYPE_MAP);
        ck_assert_uint_eq(gcasync_view_get_count(value), 0);
        ck_assert_int_eq(gcasync_view_find(map, "b", &value), GCASYNC_E_ABSENT);
        ck_assert_int_eq(gcasync_view_get_key(map, 3, &key, &size), GCASYNC_E_ABSENT);
        end();
}
END_TEST

START_TEST(getters_of_other_types_say_so) {
        gcasync_view list, value;
        const void *bytes;
        const char *text;
        int64_t integer;
        double real;
        size_t size;
        bool truth;

        begin();
        gcasync_builder_open_list(builder);
        gcasync_builder_string(builder, "5");
        gcasync_builder_close_list(builder);
        list = finish();
        value = element(list, 0);
        ck_assert_int_eq(gcasync_view_get_bool(value, &truth), GCASYNC_E_TYPE);
        ck_assert_int_eq(gcasync_view_get_int(value, &integer), GCASYNC_E_TYPE);
        ck_assert_int_eq(gcasync_view_get_float(value, &real), GCASYNC_E_TYPE);
        ck_assert_int_eq(gcasync_view_get_bytes(value, &bytes, &size), GCASYNC_E_TYPE);
        ck_assert_int_eq(gcasync_view_get_string(list, &text, &size), GCASYNC_E_TYPE);
        ck_assert_int_eq(gcasync_view_get_key(list, 0, &text, &size), GCASYNC_E_TYPE);
        ck_assert_int_eq(gcasync_view_find(list, "x", &value), GCASYNC_E_TYPE);
        ck_assert_int_eq(gcasync_view_get_element(value, 0, &value), GCASYNC_E_TYPE);
        ck_assert_int_eq(gcasync_view_get_element(list, 1, &value), GCASYNC_E_ABSENT);
        ck_assert_uint_eq(gcasync_view_get_count(value), 0);
        end();
}
END_TEST

START_TEST(view_of_nothing_is_nil) {
        gcasync_view nothing = { 0 };
        int64_t integer;

        ck_assert_int_eq(gcasync_view_get_type(nothing), GCASYNC_TYPE_NIL);
        ck_assert_int_eq(gcasync_view_get_int(nothing, &integer), GCASYNC_E_TYPE);
        ck_assert_uint_eq(gcasync_view_get_count(nothing), 0);
}
END_TEST

START_TEST(a_million_levels_are_built_and_read) {
        enum {
                DEPTH = 1000000
        };
        gcasync_view view;
        size_t depth = 0;

        begin();
        for (size_t i = 0; i < DEPTH; i++) {
                if (i % 2 == 0) {
                        gcasync_builder_open_list(builder);
                        continue;
                }
                gcasync_builder_open_map(builder);
                gcasync_builder_key(builder, "k");
        }
        gcasync_builder_nil(builder);
        for (size_t i = DEPTH; i > 0; i--) {
                if (i % 2 == 0)
                        gcasync_builder_close_map(builder);
                else
                        gcasync_builder_close_list(builder);
        }
        for (view = finish(); gcasync_view_get_count(view) == 1; view = element(view, 0))
                depth++;
        ck_assert_uint_eq(depth, DEPTH);
        end();
}
END_TEST

START_TEST(finished_value_stays_until_the_builder_changes) {
        const void *data, *again;
        size_t size, size_again;

        begin();
        gcasync_builder_string(builder, "x");
        ck_assert_int_eq(gcasync_builder_finish(builder, &data, &size), 0);
        ck_assert_int_eq(gcasync_builder_finish(builder, &again, &size_again), 0);
        ck_assert_ptr_eq(data, again);
        ck_assert_uint_eq(size, size_again);
        gcasync_builder_reset(builder);
        ck_assert_int_eq(gcasync_builder_finish(builder, &data, &size), GCASYNC_E_INVALID);
        gcasync_builder_int(builder, 4);
        ck_assert_int_eq(gcasync_view_get_type(finish()), GCASYNC_TYPE_INT);
        end();
}
END_TEST

static void key_outside(void) {
        gcasync_builder_key(builder, "k");
}

static void key_in_list(void) {
        gcasync_builder_open_list(builder);
        gcasync_builder_key(builder, "k");
}

static void value_without_key(void) {
        gcasync_builder_open_map(builder);
        gcasync_builder_nil(builder);
}

static void key_after_key(void) {
        gcasync_builder_open_map(builder);
        gcasync_builder_key(builder, "k");
        gcasync_builder_key(builder, "l");
}

static void map_closed_after_key(void) {
        gcasync_builder_open_map(builder);
        gcasync_builder_key(builder, "k");
        gcasync_builder_close_map(builder);
}

static void wrong_close(void) {
        gcasync_builder_open_list(builder);
        gcasync_builder_close_map(builder);
}

static void close_of_nothing(void) {
        gcasync_builder_close_list(builder);
}

static void two_values(void) {
        gcasync_builder_nil(builder);
        gcasync_builder_nil(builder);
}

static void string_not_utf8(void) {
        gcasync_builder_string(builder, "\xc0\x80");
}

static void key_not_utf8(void) {
        gcasync_builder_open_map(builder);
        gcasync_builder_key(builder, "\xff");
        gcasync_builder_nil(builder);
        gcasync_builder_close_map(builder);
}

static void key_twice(void) {
        gcasync_builder_open_map(builder);
        for (size_t i = 0; i < 2; i++) {
                gcasync_builder_key(builder, "k");
                gcasync_builder_nil(builder);
        }
        gcasync_builder_close_map(builder);
}

START_TEST(misuse_sticks_until_reset) {
        static void (*const misuses[])(void) = {
                key_outside,          key_in_list,  value_without_key, key_after_key,
                map_closed_after_key, wrong_close,  two_values,        close_of_nothing,
                string_not_utf8,      key_not_utf8, key_twice,
        };
        const void *data;
        size_t size;

        begin();
        for (size_t i = 0; i < sizeof(misuses) / sizeof(*misuses); i++) {
                misuses[i]();
                ck_assert_int_eq(gcasync_builder_get_error(builder), GCASYNC_E_INVALID);
                gcasync_builder_int(builder, 1);
                gcasync_builder_close_list(builder);
                ck_assert_int_eq(gcasync_builder_finish(builder, &data, &size), GCASYNC_E_INVALID);
                gcasync_builder_reset(builder);
                ck_assert_int_eq(gcasync_builder_get_error(builder), 0);
        }
        end();
}
END_TEST

START_TEST(value_that_is_still_open_is_not_finished) {
        const void *data;
        size_t size;

        begin();
        gcasync_builder_open_list(builder);
        ck_assert_int_eq(gcasync_builder_finish(builder, &data, &size), GCASYNC_E_INVALID);
        ck_assert_int_eq(gcasync_builder_get_error(builder), 0);
        gcasync_builder_close_list(builder);
        ck_assert_uint_eq(gcasync_view_get_count(finish()), 0);
        end();
}
END_TEST

START_TEST(wide_maps_are_built_and_read) {
        enum {
                WIDTH = 20000
        };
        gcasync_view map, value;
        char key[16];
        int64_t integer;

        begin();
        gcasync_builder_open_map(builder);
        for (int i = 0; i < WIDTH; i++) {
                (void)snprintf(key, sizeof(key), "key-%d", i);
                gcasync_builder_key(builder, key);
                gcasync_builder_int(builder, i);
        }
        gcasync_builder_close_map(builder);
        map = finish();
        ck_assert_uint_eq(gcasync_view_get_count(map), WIDTH);
        ck_assert_int_eq(gcasync_view_find(map, "key-19999", &value), 0);
        ck_assert_int_eq(gcasync_view_get_int(value, &integer), 0);
        ck_assert_int_eq(integer, 19999);
        end();
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                every_type_comes_back_as_it_was_built,
                maps_keep_their_order_and_find_their_keys,
                getters_of_other_types_say_so,
                view_of_nothing_is_nil,
                a_million_levels_are_built_and_read,
                finished_value_stays_until_the_builder_changes,
                misuse_sticks_until_reset,
                value_that_is_still_open_is_not_finished,
                wide_maps_are_built_and_read,
        };

        return suite_run("client-builder", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
