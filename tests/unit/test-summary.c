/* SPDX-License-Identifier: MIT */

#include <check.h>
#include <string.h>

#include "base/utf8.h"
#include "daemon/summary.h"
#include "daemon/value-encode.h"
#include "helpers/suite.h"

static const gca_argument_spec specs[] = {
        { .name = "argv", .type = GCA_TYPE_LIST },
        { .name = "env", .type = GCA_TYPE_MAP, .flags = GCA_ARGUMENT_SENSITIVE },
        { .name = "stdin", .type = GCA_TYPE_BYTES, .flags = GCA_ARGUMENT_SENSITIVE },
        { .name = "umask", .type = GCA_TYPE_INT, .flags = GCA_ARGUMENT_OCTAL },
};
static const gca_kind kind = { .size = sizeof(kind),
                               .name = "run",
                               .arguments = specs,
                               .n_arguments = 4 };
static struct summary summary;

static void summarize(gca_region *region, gca_value arguments) {
        struct value_encoder *encoder = value_encoder_new();
        struct graph_chunk encoded;

        ck_assert(gca_is_value(arguments));
        ck_assert_int_eq(value_encoder_write(encoder, arguments, 1 << 20, 1 << 24, &encoded), 0);
        summary_make(&summary, &kind, encoded);
        ck_assert_uint_eq(strlen(summary.text), summary.length);
        value_encoder_free(encoder);
        gca_region_free(region);
}

START_TEST(sensitive_arguments_show_names_and_no_values) {
        gca_region *region = gca_region_new(0);
        gca_value secret = gca_string(region, "secret", -1);
        gca_builder env, arguments;

        gca_builder_begin_map(&env, region);
        gca_builder_set(&env, "PATH", secret);
        gca_builder_set(&env, "TOKEN", secret);
        gca_builder_begin_map(&arguments, region);
        gca_builder_set(&arguments,
                        "argv",
                        gca_list(region, (gca_value[]){ gca_string(region, "ls", -1) }, 1));
        gca_builder_set(&arguments, "env", gca_builder_end(&env));
        gca_builder_set(&arguments, "stdin", gca_bytes(region, "secret", 6));
        gca_builder_set(&arguments, "pasword", secret);
        summarize(region, gca_builder_end(&arguments));
        ck_assert_str_eq(summary.text, "argv=[\"ls\"] env={PATH,TOKEN} stdin=… pasword=…");
}
END_TEST

START_TEST(modes_and_masks_are_written_in_octal) {
        gca_region *region = gca_region_new(0);
        gca_value keys[] = { gca_string(region, "umask", -1) };

        summarize(region, gca_map(region, keys, (gca_value[]){ gca_int(region, 18) }, 1));
        ck_assert_str_eq(summary.text, "umask=022");
        region = gca_region_new(0);
        keys[0] = gca_string(region, "umask", -1);
        summarize(region, gca_map(region, keys, (gca_value[]){ gca_nil() }, 1));
        ck_assert_str_eq(summary.text, "umask=null");
}
END_TEST

START_TEST(long_summary_is_cut_between_characters) {
        gca_region *region = gca_region_new(0);
        gca_builder arguments;

        gca_builder_begin_map(&arguments, region);
        for (int i = 0; i < 40; i++) {
                char name[32];

                (void)snprintf(name, sizeof(name), "größe%d", i);
                gca_builder_set(&arguments, name, gca_nil());
        }
        summarize(region, gca_builder_end(&arguments));
        ck_assert_uint_lt(summary.length, SUMMARY_SIZE);
        ck_assert_uint_gt(summary.length, SUMMARY_SIZE - 10);
        ck_assert(summary.is_cut);
        ck_assert(utf8_is_valid(summary.text, summary.length));
        ck_assert_str_eq(summary.text + summary.length - strlen("…"), "…");
}
END_TEST

START_TEST(arguments_too_large_to_look_at_stand_as_their_size) {
        gca_region *region = gca_region_new(0);
        gca_builder arguments;

        gca_builder_begin_map(&arguments, region);
        gca_builder_set(&arguments, "argv", gca_bytes(region, NULL, 1 << 20));
        summarize(region, gca_builder_end(&arguments));
        ck_assert_ptr_nonnull(strstr(summary.text, "bytes)"));
}
END_TEST

START_TEST(what_is_no_map_stands_as_its_size) {
        const uint8_t garbage[] = { 1, 2, 3 };
        gca_region *region = gca_region_new(0);

        summary_make(&summary, &kind, (struct graph_chunk){ garbage, 3 });
        ck_assert_str_eq(summary.text, "(3 bytes)");
        summary_make(&summary, &kind, (struct graph_chunk){ NULL, 0 });
        ck_assert_str_eq(summary.text, "");
        summarize(region, gca_nil());
        ck_assert_ptr_nonnull(strstr(summary.text, "bytes)"));
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                sensitive_arguments_show_names_and_no_values,
                modes_and_masks_are_written_in_octal,
                long_summary_is_cut_between_characters,
                arguments_too_large_to_look_at_stand_as_their_size,
                what_is_no_map_stands_as_its_size,
        };

        return suite_run("summary", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
