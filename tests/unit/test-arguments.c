/* SPDX-License-Identifier: MIT */

#include "helpers/runtime-host.h"
#include "helpers/suite.h"

static const gca_argument_spec specs[] = {
        { .name = "path", .type = GCA_TYPE_STRING, .flags = GCA_ARGUMENT_REQUIRED },
        { .name = "seconds", .type = GCA_TYPE_FLOAT, .default_text = "2" },
        { .name = "data", .type = GCA_TYPE_BYTES, .default_text = "\"abc\"" },
        { .name = "any", .type = GCA_TYPE_NONE },
        { .name = "count", .type = GCA_TYPE_INT, .default_text = "7" },
        { .name = "tags", .type = GCA_TYPE_LIST, .default_text = "[]" },
};

enum {
        PATH,
        SECONDS,
        DATA,
        ANY,
        COUNT,
        TAGS,
};

static void (*check)(gca_task *task);

static gca_poll check_poll(gca_task *task, void *state) {
        (void)state;
        check(task);
        return gca_succeed(task, gca_nil());
}

HOST_KIND(strict_kind,
          GCA_MODE_INLINE,
          check_poll,
          .arguments = specs,
          .n_arguments = sizeof(specs) / sizeof(specs[0]));
HOST_KIND(bare_kind, GCA_MODE_INLINE, check_poll, .flags = 0);

/* Runs a task with the arguments; its message goes to text, "" if it succeeded. */
static void run_with(const gca_kind_entry *kind,
                     gca_value (*make_arguments)(gca_region *region),
                     char *text,
                     size_t size) {
        struct host host = { .n_workers = 1 };
        gca_task *task;

        text[0] = '\0';
        host_start(&host);
        task = gca_task_ref(host_make_task(&host, kind, 0));
        host_task_of(task)->make_arguments = make_arguments;
        gca_task_submit(task);
        if (gca_task_get_state(task) != GCA_TASK_SUCCEEDED) {
                ck_assert_str_eq(gca_task_get_failure_code(task), "invalid-argument");
                (void)snprintf(text, size, "%s", gca_task_get_failure_message(task));
        }
        (void)gca_task_unref(task);
        host_end(&host);
}

static void expect(const gca_kind_entry *kind,
                   gca_value (*make_arguments)(gca_region *region),
                   const char *expected) {
        char text[4096];

        run_with(kind, make_arguments, text, sizeof(text));
        ck_assert_str_eq(text, expected);
}

static void check_nothing(gca_task *task) {
        (void)task;
}

/* ---- what is right ---- */

static gca_value make_path_only(gca_region *region) {
        gca_builder builder;

        gca_builder_begin_map(&builder, region);
        gca_builder_set(&builder, "path", gca_string(region, "/tmp", -1));
        gca_builder_set(&builder, "count", gca_nil());
        return gca_builder_end(&builder);
}

static void check_defaults(gca_task *task) {
        size_t size;

        ck_assert_str_eq(gca_get_string(gca_argument(task, PATH), NULL), "/tmp");
        ck_assert_int_eq(gca_get_type(gca_argument(task, SECONDS)), GCA_TYPE_FLOAT);
        ck_assert(gca_get_float(gca_argument(task, SECONDS)) == 2.0);
        ck_assert_int_eq(gca_get_type(gca_argument(task, DATA)), GCA_TYPE_BYTES);
        ck_assert_mem_eq(gca_get_bytes(gca_argument(task, DATA), &size), "abc", 3);
        ck_assert_uint_eq(size, 3);
        ck_assert(gca_is_nil(gca_argument(task, ANY)));
        ck_assert_int_eq(gca_get_int(gca_argument(task, COUNT)), 7);
        ck_assert_uint_eq(gca_get_count(gca_argument(task, TAGS)), 0);
}

START_TEST(what_is_not_given_or_nil_is_the_default) {
        check = check_defaults;
        expect(&strict_kind, make_path_only, "");
}
END_TEST

static gca_value make_convertible(gca_region *region) {
        gca_builder builder;

        gca_builder_begin_map(&builder, region);
        gca_builder_set(&builder, "seconds", gca_int(region, 3));
        gca_builder_set(&builder, "data", gca_string(region, "xyz", -1));
        gca_builder_set(&builder, "any", gca_bool(true));
        gca_builder_set(&builder, "path", gca_string(region, "", -1));
        return gca_builder_end(&builder);
}

static void check_converted(gca_task *task) {
        ck_assert(gca_get_float(gca_argument(task, SECONDS)) == 3.0);
        ck_assert_int_eq(gca_get_type(gca_argument(task, SECONDS)), GCA_TYPE_FLOAT);
        ck_assert_mem_eq(gca_get_bytes(gca_argument(task, DATA), NULL), "xyz", 3);
        ck_assert(gca_get_bool(gca_argument(task, ANY)));
}

START_TEST(kind_finds_the_types_it_declared) {
        check = check_converted;
        expect(&strict_kind, make_convertible, "");
}
END_TEST

START_TEST(kind_without_arguments_takes_none) {
        check = check_nothing;
        expect(&bare_kind, NULL, "");
        expect(&bare_kind, make_path_only, "unknown argument \"path\"; unknown argument \"count\"");
}
END_TEST

/* ---- what is wrong ---- */

static gca_value make_all_wrong(gca_region *region) {
        gca_builder builder;

        gca_builder_begin_map(&builder, region);
        gca_builder_set(&builder, "pth", gca_string(region, "/tmp", -1));
        gca_builder_set(&builder, "colour", gca_nil());
        gca_builder_set(&builder, "count", gca_string(region, "7", -1));
        gca_builder_set(&builder, "data", gca_int(region, 1));
        return gca_builder_end(&builder);
}

START_TEST(every_fault_is_told_in_one_message) {
        check = check_nothing;
        expect(&strict_kind,
               make_all_wrong,
               "unknown argument \"pth\" (is \"path\" meant?); unknown argument \"colour\"; "
               "argument \"path\" is missing; argument \"data\" must be of type bytes, not int; "
               "argument \"count\" must be of type int, not string");
}
END_TEST

static gca_value make_nil_path(gca_region *region) {
        gca_builder builder;

        gca_builder_begin_map(&builder, region);
        gca_builder_set(&builder, "path", gca_nil());
        return gca_builder_end(&builder);
}

START_TEST(nil_does_not_stand_for_a_required_argument) {
        check = check_nothing;
        expect(&strict_kind, make_nil_path, "argument \"path\" must be of type string, not nil");
}
END_TEST

static gca_value make_list(gca_region *region) {
        return gca_list(region, NULL, 0);
}

START_TEST(arguments_that_are_no_map_are_refused) {
        check = check_nothing;
        expect(&strict_kind, make_list, "the arguments are not a map");
        expect(&bare_kind, make_list, "the arguments are not a map");
}
END_TEST

static gca_value make_thousands(gca_region *region) {
        gca_builder builder;
        char key[300];

        gca_builder_begin_map(&builder, region);
        for (size_t i = 0; i < 1000; i++) {
                (void)snprintf(key, sizeof(key), "%0*zu\x1b", 200, i);
                gca_builder_set(&builder, key, gca_nil());
        }
        return gca_builder_end(&builder);
}

START_TEST(message_is_bounded_and_escaped) {
        char text[4096];

        check = check_nothing;
        run_with(&strict_kind, make_thousands, text, sizeof(text));
        ck_assert_uint_lt(strlen(text), 2560);
        ck_assert_ptr_null(strchr(text, '\x1b'));
        ck_assert_ptr_nonnull(strstr(text, "; and 993 more"));
}
END_TEST

static gca_value make_escape(gca_region *region) {
        gca_builder builder;

        gca_builder_begin_map(&builder, region);
        gca_builder_set(&builder, "a\n", gca_nil());
        return gca_builder_end(&builder);
}

START_TEST(unknown_name_is_shown_escaped) {
        check = check_nothing;
        expect(&bare_kind, make_escape, "unknown argument \"a\\x0a\"");
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                what_is_not_given_or_nil_is_the_default,
                kind_finds_the_types_it_declared,
                kind_without_arguments_takes_none,
                every_fault_is_told_in_one_message,
                nil_does_not_stand_for_a_required_argument,
                arguments_that_are_no_map_are_refused,
                message_is_bounded_and_escaped,
                unknown_name_is_shown_escaped,
        };

        return suite_run("arguments", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
