/* SPDX-License-Identifier: MIT */

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "daemon/value-decode.h"
#include "daemon/value-encode.h"
#include "helpers/suite.h"

enum {
        NODES_MAX = 1 << 20,
        SIZE_MAX_BYTES = 16 << 20,
        DEPTH = 100000,
};

static gca_region *region;
static struct value_encoder *encoder;

static void begin(void) {
        region = gca_region_new(0);
        encoder = value_encoder_new();
        ck_assert_ptr_nonnull(region);
        ck_assert_ptr_nonnull(encoder);
}

static void end(void) {
        region = gca_region_free(region);
        encoder = value_encoder_free(encoder);
}

static struct graph_chunk encode(gca_value value) {
        struct graph_chunk encoded;

        ck_assert_int_eq(value_encoder_write(encoder, value, NODES_MAX, SIZE_MAX_BYTES, &encoded),
                         0);
        return encoded;
}

static gca_value decode(struct graph_chunk encoded) {
        gca_value value = GCA_NO_VALUE;
        const char *reason = "";

        ck_assert_msg(value_decode(region, encoded, NODES_MAX, &value, &reason) == 0, "%s", reason);
        return value;
}

static void expect_same_back(gca_value value) {
        ck_assert(gca_is_value(value));
        ck_assert(gca_equal(decode(encode(value)), value));
}

static gca_value int_of(int64_t number) {
        return gca_int(region, number);
}

START_TEST(every_type_comes_back_as_it_was) {
        begin();
        expect_same_back(gca_nil());
        expect_same_back(gca_bool(true));
        expect_same_back(gca_bool(false));
        expect_same_back(int_of(INT64_MIN));
        expect_same_back(int_of(INT64_MAX));
        expect_same_back(int_of(0));
        expect_same_back(gca_float(region, -0.0));
        expect_same_back(gca_float(region, 1e300));
        expect_same_back(gca_string(region, "", -1));
        expect_same_back(gca_string(region, "nul \0 inside, ä", 16));
        expect_same_back(gca_bytes(region, "\xff\x00\x80", 3));
        expect_same_back(gca_bytes(region, "", 0));
        expect_same_back(gca_list(region, NULL, 0));
        expect_same_back(gca_map(region, NULL, NULL, 0));
        end();
}
END_TEST

START_TEST(nested_lists_and_maps_come_back_as_they_were) {
        gca_builder builder;
        gca_value list;

        begin();
        list = gca_list(region, (gca_value[]){ int_of(1), gca_nil(), gca_float(region, 2.5) }, 3);
        gca_builder_begin_map(&builder, region);
        gca_builder_set(&builder, "list", list);
        gca_builder_set(&builder, "empty", gca_list(region, NULL, 0));
        gca_builder_set(&builder, "text", gca_string(region, "hello", -1));
        gca_builder_set(&builder, "lists", gca_list(region, (gca_value[]){ list, list }, 2));
        expect_same_back(gca_builder_end(&builder));
        end();
}
END_TEST

START_TEST(wide_list_comes_back_as_it_was) {
        gca_builder builder;

        begin();
        gca_builder_begin_list(&builder, region);
        for (int i = 0; i < 50000; i++)
                gca_builder_add(&builder, gca_string_format(region, "element %d", i));
        expect_same_back(gca_builder_end(&builder));
        end();
}
END_TEST

START_TEST(encoder_serves_one_value_after_the_other) {
        begin();
        for (int i = 0; i < 100; i++)
                expect_same_back(
                        gca_list(region,
                                 (gca_value[]){ gca_list(region, (gca_value[]){ int_of(i) }, 1) },
                                 1));
        end();
}
END_TEST

/* Each level refers to the one below twice: 2^100 paths, 101 nodes. */
static gca_value make_doubled(void) {
        gca_value value = int_of(7);

        for (int i = 0; i < 100; i++)
                value = gca_list(region, (gca_value[]){ value, value }, 2);
        return value;
}

START_TEST(shared_values_are_written_once_and_stay_shared) {
        gca_value copy;
        struct graph_chunk encoded;

        begin();
        encoded = encode(make_doubled());
        ck_assert_uint_lt(encoded.size, 1000);
        copy = decode(encoded);
        /* The int at the bottom is immediate and stands twice; all above it is shared. */
        for (int i = 0; i < 99; i++) {
                ck_assert(gca_get_element(copy, 0).word == gca_get_element(copy, 1).word);
                copy = gca_get_element(copy, 0);
        }
        end();
}
END_TEST

START_TEST(large_bytes_listed_often_are_written_once) {
        gca_value elements[100], bytes;

        begin();
        bytes = gca_bytes(region, NULL, 100000);
        for (size_t i = 0; i < 100; i++)
                elements[i] = bytes;
        ck_assert_uint_lt(encode(gca_list(region, elements, 100)).size, 110000);
        end();
}
END_TEST

START_TEST(depth_costs_no_stack) {
        gca_value value;

        begin();
        value = gca_nil();
        for (int i = 0; i < DEPTH; i++)
                value = gca_list(region, &value, 1);
        value = decode(encode(value));
        for (int i = 0; i < DEPTH; i++) {
                ck_assert_uint_eq(gca_get_count(value), 1);
                value = gca_get_element(value, 0);
        }
        ck_assert(gca_is_nil(value));
        end();
}
END_TEST

START_TEST(value_above_a_bound_is_not_written) {
        struct graph_chunk encoded;
        gca_value list, bytes;

        begin();
        list = gca_list(region, (gca_value[]){ int_of(1), int_of(2), int_of(3) }, 3);
        bytes = gca_bytes(region, NULL, 1000);
        ck_assert_int_eq(value_encoder_write(encoder, list, 3, 1000, &encoded),
                         VALUE_ENCODE_E_TOO_LARGE);
        ck_assert_int_eq(value_encoder_write(encoder, list, 4, 1000, &encoded), 0);
        ck_assert_int_eq(value_encoder_write(encoder, bytes, 4, 1000, &encoded),
                         VALUE_ENCODE_E_TOO_LARGE);
        ck_assert_int_eq(value_encoder_write(encoder, bytes, 4, 1010, &encoded), 0);
        end();
}
END_TEST

START_TEST(bytes_that_are_no_graph_are_malformed) {
        const uint8_t garbage[] = { 0xff, 0xff, 0xff };
        const char *reason = NULL;
        gca_value value;

        begin();
        ck_assert_int_eq(
                value_decode(
                        region, (struct graph_chunk){ garbage, 3 }, NODES_MAX, &value, &reason),
                VALUE_DECODE_E_MALFORMED);
        ck_assert_ptr_nonnull(reason);
        ck_assert_int_eq(
                value_decode(region, (struct graph_chunk){ NULL, 0 }, NODES_MAX, &value, &reason),
                VALUE_DECODE_E_MALFORMED);
        end();
}
END_TEST

START_TEST(graph_with_too_many_nodes_is_not_read) {
        const char *reason = NULL;
        struct graph_chunk encoded;
        gca_value value;

        begin();
        encoded = encode(gca_list(region, (gca_value[]){ int_of(1), int_of(2) }, 2));
        ck_assert_int_eq(value_decode(region, encoded, 2, &value, &reason),
                         VALUE_DECODE_E_TOO_LARGE);
        ck_assert_ptr_nonnull(reason);
        end();
}
END_TEST

START_TEST(full_region_is_told) {
        gca_region *small = gca_region_new(64 << 10);
        const char *reason = NULL;
        gca_value value;

        begin();
        ck_assert_int_eq(value_decode(small,
                                      encode(gca_bytes(region, NULL, 1 << 20)),
                                      NODES_MAX,
                                      &value,
                                      &reason),
                         VALUE_DECODE_E_REGION_FULL);
        gca_region_free(small);
        end();
}
END_TEST

START_TEST(thread_keeps_its_encoder) {
        struct value_encoder *mine = value_encoder_for_thread();

        ck_assert_ptr_nonnull(mine);
        ck_assert_ptr_eq(value_encoder_for_thread(), mine);
        value_encoder_release_thread();
        value_encoder_release_thread();
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                every_type_comes_back_as_it_was,
                nested_lists_and_maps_come_back_as_they_were,
                wide_list_comes_back_as_it_was,
                encoder_serves_one_value_after_the_other,
                shared_values_are_written_once_and_stay_shared,
                large_bytes_listed_often_are_written_once,
                depth_costs_no_stack,
                value_above_a_bound_is_not_written,
                bytes_that_are_no_graph_are_malformed,
                graph_with_too_many_nodes_is_not_read,
                full_region_is_told,
                thread_keeps_its_encoder,
        };

        return suite_run("value-codec", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
